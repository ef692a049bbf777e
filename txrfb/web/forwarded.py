# -*- test-case-name: tests.web.test_forwarded -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What a proxy says of the browser for which it asks: the headers X-Forwarded-For and its
kind, and Forwarded (RFC 7239).

Anybody can send these headers, and most proxies pass on what they get, and add to it:
so they count only from proxies that are trusted, and only as far as one of these has
written them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from twisted.web.http_headers import Headers

from txrfb.error import WebSocketError
from txrfb.security.admission.addresses import (
    Networks,
    addressKey,
    isUser,
    parseAddress,
)

__all__ = ["Forwarding", "Hop"]

#: What stands for those who open a UNIX socket, in place of a network.
UNIX = "unix"

#: How many proxies there may be, one behind the other.
_MAX_HOPS = 32

#: One pair of a header Forwarded, and what ends it.
_PAIR = re.compile(r'\s*([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*))\s*([;,]|$)')

#: An address with a port, or an IPv6 address in brackets.
_NODE = re.compile(r"\[([^]]+)\](?::\d+)?|([\d.]+):\d+")


class Hop(NamedTuple):
    """
    Who asked, as far as is known.

    @ivar host: The address; C{None} if there is none.
    @ivar isSecure: Whether by https; C{None} if it was not said.
    @ivar name: By what name the server was asked for; empty if it was not said.
    @ivar isForwarded: Whether a proxy has said it.
    """

    host: str | None
    isSecure: bool | None = None
    name: str = ""
    isForwarded: bool = False


class Forwarding:
    """
    The proxies whose word counts.
    """

    def __init__(self, trusted: Iterable[str] = ()) -> None:
        """
        @param trusted: Addresses and networks of proxies; C{"unix"} for whoever may
            open a UNIX socket.

        @raise ValueError: if one is none of these.
        """
        names = [text.strip() for text in trusted]
        self._trustsUnix = UNIX in names
        self._networks = Networks([name for name in names if name != UNIX])

    def trusts(self, host: str | None) -> bool:
        """
        @param host: The address of the other end of a connection, as
            L{IViewerStream<txrfb.interfaces.IViewerStream>} has it.

        @return: Whether it is that of a proxy which is trusted.
        """
        if host is None or isUser(host):
            return self._trustsUnix
        return self._networks.names(host)

    def hop(self, host: str | None, headers: Headers) -> Hop:
        """
        @param host: The address of the other end of the connection.

        @param headers: What came from there.

        @return: Who has asked.

        @raise WebSocketError: if a proxy that is trusted does not say it in a way that
            can be understood.
        """
        if not self.trusts(host):
            return Hop(host)
        old = self._last(_simple(headers))
        new = self._last(_standard(headers))
        if old and new and addressKey(old.host) != addressKey(new.host):
            raise WebSocketError(
                "Forwarded and X-Forwarded-For name different viewers: the proxy should"
                " write one of them, and drop the other"
            )
        return new or old or Hop(host)

    def _last(self, hops: list[Hop]) -> Hop | None:
        """
        @return: The last that is not a trusted proxy's own address.
        """
        for hop in reversed(hops):
            if parseAddress(hop.host) is None:
                raise WebSocketError(
                    f"the proxy says that the viewer is at {hop.host!r}, which is no"
                    " address"
                )
            if not self._networks.names(hop.host):
                return hop
        return hops[0] if hops else None


def _values(headers: Headers, name: str) -> list[str]:
    raw = headers.getRawHeaders(name.encode("ascii")) or []
    return [value.decode("latin-1").strip() for value in raw]


def _simple(headers: Headers) -> list[Hop]:
    """
    @return: Who asked whom, by the headers that everybody has.
    """
    nodes = ",".join(_values(headers, "x-forwarded-for")).split(",")
    nodes = [node.strip() for node in nodes if node.strip()]
    schemes = ",".join(_values(headers, "x-forwarded-proto")).split(",")
    names = ",".join(_values(headers, "x-forwarded-host")).split(",")
    scheme, name = schemes[-1].strip().lower(), names[-1].strip()
    isSecure = scheme in ("https", "wss") if scheme else None
    return [Hop(_address(node), isSecure, name, True) for node in nodes[-_MAX_HOPS:]]


def _standard(headers: Headers) -> list[Hop]:
    """
    @return: Who asked whom, by the header of RFC 7239.

    @raise WebSocketError: if it is not as it should be.
    """
    text = ", ".join(_values(headers, "forwarded"))
    hops: list[Hop] = []
    pairs: dict[str, str] = {}
    at = 0
    while at < len(text):
        found = _PAIR.match(text, at)
        if found is None:
            raise WebSocketError(f"the proxy's header Forwarded is none: {text[:80]!r}")
        name, quoted, plain, end = found.groups()
        value = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        pairs[name.lower()] = value
        at = found.end()
        if end != ";":
            scheme = pairs.get("proto", "").lower()
            hops.append(
                Hop(
                    _address(pairs.get("for", "unknown")),
                    scheme in ("https", "wss") if scheme else None,
                    pairs.get("host", ""),
                    True,
                )
            )
            pairs = {}
    return hops[-_MAX_HOPS:]


def _address(node: str) -> str:
    """
    @return: The address in what stands for somebody, without a port.
    """
    found = _NODE.fullmatch(node)
    return node if found is None else found[1] or found[2]
