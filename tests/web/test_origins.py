# -*- test-case-name: tests.web.test_origins -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.web.origins}.
"""

from __future__ import annotations

import socket
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from txrfb.web.origins import Origin, Origins


class OriginTests(SynchronousTestCase):
    """
    From which pages a WebSocket may be opened.
    """

    def objection(
        self,
        origin: str | None,
        *hosts: str,
        allowed: tuple[str, ...] = (),
        isSecure: bool = False,
        isNamed: bool = False,
    ) -> str:
        """
        @return: What there is against it.
        """
        return Origins(allowed).objection(origin, hosts, isSecure, isNamed)

    def test_same(self) -> None:
        """
        Pages of the server itself may, however its name is written.
        """
        for origin, host in (
            ("http://desk.example", "desk.example"),
            ("http://desk.example", "desk.example:80"),
            ("http://desk.example:6080", "desk.example:6080"),
            ("http://Desk.Example:6080", "desk.example:6080"),
            ("http://desk.example:6080", "DESK.example.:6080"),
            ("https://desk.example", "desk.example"),
            ("https://desk.example", "desk.example:443"),
            ("http://[::1]:6080", "[::1]:6080"),
            ("http://192.0.2.1:6080", "192.0.2.1:6080"),
        ):
            self.assertEqual(self.objection(origin, host), "", origin)

    def test_foreign(self) -> None:
        """
        Pages of others may not, and it is said which option would allow it.
        """
        for origin, host in (
            ("http://evil.example", "desk.example"),
            ("http://evil.example:6080", "desk.example:6080"),
            ("http://desk.example", "desk.example:6080"),
            ("http://desk.example:6081", "desk.example:6080"),
            ("https://desk.example", "desk.example:80"),
            ("http://desk.example.evil.example", "desk.example"),
            ("http://evildesk.example", "desk.example"),
            ("null", "desk.example"),
            ("chrome-extension://abcdef", "abcdef"),
            ("file://desk.example", "desk.example"),
            ("http://desk.example", ""),
        ):
            said = self.objection(origin, host)
            self.assertIn(f"--web-origin {origin}", said, origin)

    def test_programs(self) -> None:
        """
        Programs that are no browsers say no origin.
        """
        self.assertEqual(self.objection(None, "desk.example", isNamed=True), "")

    def test_secure(self) -> None:
        """
        A page by http may not open a WebSocket inside TLS: somebody in between can
        have written it.
        """
        one, host = "http://desk.example", "desk.example"
        self.assertIn("--web-origin", self.objection(one, host, isSecure=True))
        self.assertEqual(
            self.objection(one, host, isSecure=True, allowed=(one,)),
            "",
        )
        two = "https://desk.example"
        self.assertEqual(self.objection(two, host, isSecure=True), "")

    def test_allowed(self) -> None:
        """
        Others may that were allowed.
        """
        for allowed in (
            ("https://page.example",),
            ("https://page.example/",),
            ("https://PAGE.example:443", "http://other.example"),
            ("*",),
        ):
            self.assertEqual(
                self.objection("https://page.example", "desk:1", allowed=allowed), ""
            )
        for allowed in (
            ("http://page.example",),
            ("https://page.example:8443",),
            ("https://example",),
        ):
            self.assertNotEqual(
                self.objection("https://page.example", "desk:1", allowed=allowed), ""
            )
        self.assertEqual(self.objection("null", "desk", allowed=("null",)), "")
        self.assertNotEqual(self.objection("null", "desk", allowed=("http://a",)), "")

    def test_notAnOrigin(self) -> None:
        """
        What is no origin cannot be allowed.
        """
        for text in ("page.example", "https://page.example/path", "https://", "",
                     "https://user@page.example", "https://page.example?x",
                     "https://page.example:port"):  # fmt: skip
            self.assertRaises(ValueError, Origins, [text])

    def test_forwarded(self) -> None:
        """
        The name that a proxy was asked for is as good as its own.
        """
        self.assertEqual(
            self.objection("https://desk.example", "127.0.0.1:6080", "desk.example"),
            "",
        )

    def test_rebinding(self) -> None:
        """
        If anybody may come in who is on this machine, the name of the page must be one
        that nobody else can have lead here.
        """

        def named(host: str, *allowed: str) -> str:
            origin = f"http://{host}:6080"
            return self.objection(origin, f"{host}:6080", isNamed=True, allowed=allowed)

        self.patch(socket, "gethostname", lambda: "Desk.lan.example")
        for host in ("localhost", "127.0.0.1", "[::1]", "192.0.2.1", "a.localhost",
                     "desk", "desk.lan.example", "desk.local"):  # fmt: skip
            self.assertEqual(named(host), "", host)
        self.assertIn("--web-origin http://evil.example:6080", named("evil.example"))
        self.assertEqual(named("evil.example", "http://evil.example:6080"), "")

    @given(st.text(max_size=40), st.text(max_size=40))
    def test_anything(self, origin: str, host: str) -> None:
        """
        Whatever browsers say is no exception.
        """
        for one in (origin, f"http://{origin}", f"https://[{origin}]:{host}"):
            answer: Any = self.objection(one, host, isNamed=True)
            self.assertIsInstance(answer, str)

    def test_secureContext(self) -> None:
        """
        Browsers do cryptography for pages by https, and for those of their own
        machine.
        """
        for text, isSecure in (
            ("https://desk.example", True),
            ("http://desk.example", False),
            ("http://192.0.2.1:6080", False),
            ("http://localhost:6080", True),
            ("http://desk.localhost:6080", True),
            ("http://127.0.0.1:6080", True),
            ("http://127.9.9.9", True),
            ("http://[::1]:6080", True),
            ("http://localhost.example", False),
        ):
            self.assertEqual(Origin.parse(text).isSecureContext, isSecure, text)
