# -*- test-case-name: tests.web.test_forwarded -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.web.forwarded}.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.http_headers import Headers

from txrfb.error import WebSocketError
from txrfb.web.forwarded import Forwarding, Hop

PROXY, VIEWER, LIAR = "192.0.2.1", "203.0.113.5", "198.51.100.66"


def hop(
    *lines: str, host: str | None = PROXY, trusted: tuple[str, ...] = (PROXY,)
) -> Hop:
    """
    @param lines: Headers as they are written.

    @return: Who has asked.
    """
    headers = Headers()
    for line in lines:
        name, _, value = line.partition(": ")
        headers.addRawHeader(name.encode("ascii"), value.encode("utf-8"))
    return Forwarding(trusted).hop(host, headers)


class ForwardingTests(SynchronousTestCase):
    """
    Whom a proxy asks for.
    """

    def test_strangers(self) -> None:
        """
        Anybody can write these headers: from others than proxies they mean nothing.
        """
        for host in (LIAR, "127.0.0.1", "uid 1000", None):
            for line in (
                f"X-Forwarded-For: {VIEWER}",
                f"Forwarded: for={VIEWER};proto=https",
                "Forwarded: =;;=",
            ):
                self.assertEqual(hop(line, host=host), Hop(host))
        self.assertEqual(hop("X-Forwarded-For: 1.2.3.4", trusted=()), Hop(PROXY))

    def test_none(self) -> None:
        """
        A proxy that says nothing is taken for the viewer.
        """
        self.assertEqual(hop(), Hop(PROXY))
        self.assertEqual(hop("X-Forwarded-For: "), Hop(PROXY))
        self.assertEqual(hop("X-Forwarded-Proto: https"), Hop(PROXY))

    def test_simple(self) -> None:
        """
        X-Forwarded-For has the address, with or without a port.
        """
        for text, host in (
            (VIEWER, VIEWER),
            (f"{VIEWER}:40312", VIEWER),
            ("2001:db8::5", "2001:db8::5"),
            ("[2001:db8::5]:40312", "2001:db8::5"),
            ("[2001:db8::5]", "2001:db8::5"),
        ):
            found = hop(f"X-Forwarded-For: {text}")
            self.assertEqual(found, Hop(host, None, "", True))

    def test_chain(self) -> None:
        """
        What stands before the proxies' own addresses was written by others, who may
        lie.
        """
        for lines in (
            [f"X-Forwarded-For: {LIAR}, {VIEWER}"],
            [f"X-Forwarded-For: {LIAR}", f"X-Forwarded-For: {VIEWER}"],
            [f"X-Forwarded-For: nonsense, {VIEWER}"],
            [f"X-Forwarded-For: {LIAR}, {VIEWER}, 192.0.2.2"],
            [f"Forwarded: for={LIAR}, for={VIEWER}, for=192.0.2.2"],
            [f"Forwarded: for={LIAR}", f"Forwarded: for={VIEWER}"],
        ):
            found = hop(*lines, trusted=("192.0.2.0/24",))
            self.assertEqual(found.host, VIEWER, lines)
        # Somebody at a proxy himself.
        self.assertEqual(hop(f"X-Forwarded-For: {PROXY}").host, PROXY)

    def test_more(self) -> None:
        """
        A proxy can say as well how, and by what name, it was asked.
        """
        found = hop(
            f"X-Forwarded-For: {VIEWER}",
            "X-Forwarded-Proto: https",
            "X-Forwarded-Host: desk.example",
        )
        self.assertEqual(found, Hop(VIEWER, True, "desk.example", True))
        found = hop(f"X-Forwarded-For: {VIEWER}", "X-Forwarded-Proto: http")
        self.assertIs(found.isSecure, False)

    def test_standard(self) -> None:
        """
        Forwarded says all of that in one.
        """
        for text, wanted in (
            (f"for={VIEWER}", Hop(VIEWER, None, "", True)),
            (f'For="{VIEWER}:40312"', Hop(VIEWER, None, "", True)),
            (
                'for="[2001:db8::5]:1";proto=https;by=_hidden;host=desk.example',
                Hop("2001:db8::5", True, "desk.example", True),
            ),
            (
                f'by="a,b;c=\\"d";proto=http;for={VIEWER}',
                Hop(VIEWER, False, "", True),
            ),
        ):
            self.assertEqual(hop(f"Forwarded: {text}"), wanted)

    def test_both(self) -> None:
        """
        Where both say the same, either will do.  Where they do not, one of them was
        passed on as the viewer had written it, and nobody knows which.
        """
        old, new = f"X-Forwarded-For: {VIEWER}", f"Forwarded: for={VIEWER};proto=https"
        self.assertEqual(hop(old, new), Hop(VIEWER, True, "", True))
        self.assertRaises(WebSocketError, hop, f"X-Forwarded-For: {LIAR}", new)
        self.assertRaises(WebSocketError, hop, old, f"Forwarded: for={LIAR}")

    def test_wrong(self) -> None:
        """
        A proxy that says it wrongly, or hides it, is no help: nobody is let in as
        nobody.
        """
        for line in (
            "X-Forwarded-For: unknown",
            "X-Forwarded-For: 999.1.1.1",
            "X-Forwarded-For: desk.example",
            f"X-Forwarded-For: {VIEWER}, unknown",
            "Forwarded: for=unknown",
            "Forwarded: for=_hidden",
            "Forwarded: proto=https",
            "Forwarded: for",
            'Forwarded: for="' + VIEWER,
            f"Forwarded: for={VIEWER} proto=https",
        ):
            self.assertRaises(WebSocketError, hop, line)

    def test_unix(self) -> None:
        """
        Who may open a UNIX socket can be a proxy, too.
        """
        line = f"X-Forwarded-For: {VIEWER}"
        for host in ("uid 33", None):
            self.assertEqual(hop(line, host=host, trusted=("unix",)).host, VIEWER)
            self.assertEqual(hop(line, host=host).host, host)
        self.assertEqual(hop(line, trusted=("unix",)).host, PROXY)

    def test_notANetwork(self) -> None:
        """
        What is no network cannot be trusted.
        """
        self.assertRaises(ValueError, Forwarding, ["proxy.example"])

    @given(st.lists(st.text(max_size=30), max_size=4))
    def test_anything(self, texts: list[str]) -> None:
        """
        Whatever a proxy says, it is an address that comes of it, or an error.
        """
        for name in ("X-Forwarded-For", "Forwarded", "X-Forwarded-Proto"):
            clean = ("".join(c for c in text if c not in "\r\n\0") for text in texts)
            try:
                found = hop(*(f"{name}: {text}" for text in clean))
            except WebSocketError:
                continue
            self.assertIsNotNone(found.host)
