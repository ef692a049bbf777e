# -*- test-case-name: tests.web.test_origins -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Origins (RFC 6454): from which pages a WebSocket may be opened.

Browsers let any page open a WebSocket to anywhere, and say in the header Origin which
page it is.  A page of a stranger must not reach a server that only the browser's user
can reach.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

from txrfb.security.admission.addresses import parseAddress

__all__ = ["Origin", "Origins"]

_PORTS = {"http": 80, "https": 443}

#: The origin of pages that have none, such as files.
_NULL = "null"


class Origin(NamedTuple):
    """
    An origin.

    @ivar scheme: C{"http"}, C{"https"}, or something else.
    @ivar host: Its host, in lower case; without brackets, if it is an IPv6 address.
    @ivar port: Its port; C{None} if it has none and its scheme has no usual one.
    """

    scheme: str
    host: str
    port: int | None

    @classmethod
    def parse(cls, text: str) -> Origin:
        """
        @param text: What a browser says, like C{"https://desk.example:8443"}.

        @raise ValueError: if it is no origin.
        """
        parts = urlsplit(text)
        host, scheme = parts.hostname, parts.scheme
        if not host or text.count("/") != 2 or "@" in text or parts.query:
            raise ValueError(f"{text!r} is no origin, like https://desk.example:8443")
        return cls(scheme, _bare(host), parts.port or _PORTS.get(scheme))

    @property
    def isSecureContext(self) -> bool:
        """
        Whether browsers do cryptography for such a page.
        """
        return self.scheme != "http" or _isThisMachine(self.host)


def _bare(host: str) -> str:
    return host.lower().rstrip(".").strip("[]")


def _isThisMachine(host: str) -> bool:
    """
    @return: Whether browsers take a host for their own machine.
    """
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = parseAddress(host)
    return address is not None and address.is_loopback


def _isOwn(host: str) -> bool:
    """
    @return: Whether no stranger can have a name lead here that is this.
    """
    if _isThisMachine(host) or parseAddress(host) is not None:
        return True
    own = socket.gethostname().lower()
    return host in (own, own.partition(".")[0], f"{own.partition('.')[0]}.local")


def _authority(text: str) -> tuple[str, int | None]:
    """
    @param text: A header C{Host}.

    @return: The host, and the port if there is one.

    @raise ValueError: if it is neither.
    """
    parts = urlsplit(f"//{text}")
    return _bare(parts.hostname or ""), parts.port


class Origins:
    """
    The origins from which a WebSocket may be opened.
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        """
        @param allowed: Those that are allowed besides the server's own, like
            C{"https://desk.example"}; C{"*"} for all, C{"null"} for files.

        @raise ValueError: if one is no origin.
        """
        texts = [text.strip().rstrip("/") for text in allowed]
        self._allowsAll = "*" in texts
        self._allowsNull = _NULL in texts
        self._allowed = {
            Origin.parse(text) for text in texts if text not in ("*", _NULL)
        }

    def objection(
        self, origin: str | None, hosts: Iterable[str], isSecure: bool, isNamed: bool
    ) -> str:
        """
        @param origin: The header Origin; C{None} if there is none, as with programs
            that are no browsers.

        @param hosts: By what names the server was asked for, with their ports if they
            have any: its header Host, and what a proxy says that it was.

        @param isSecure: Whether the WebSocket is inside TLS.

        @param isNamed: Whether it matters by which name the server was asked for: if
            anybody on its machine may come in, a stranger may have a name of his own
            lead to it (DNS rebinding).

        @return: Why a WebSocket may not be opened; empty if it may.
        """
        if origin is None or self._allowsAll:
            return ""
        if origin == _NULL:
            return "" if self._allowsNull else _foreign(origin)
        try:
            known = Origin.parse(origin)
            named = [_authority(host) for host in hosts]
        except ValueError:
            return "Origin or Host cannot be understood"
        if known in self._allowed:
            return ""
        if isSecure and known.scheme != "https":
            return _foreign(origin)
        usual = _PORTS.get(known.scheme)
        if known.scheme not in _PORTS or not any(
            host == known.host and (port or usual) == known.port for host, port in named
        ):
            return _foreign(origin)
        if isNamed and not _isOwn(known.host):
            return (
                f"a page of {origin}, whose name may be anybody's; --web-origin"
                f" {origin} allows it"
            )
        return ""


def _foreign(origin: str) -> str:
    return (
        f"a page of {origin!r}, which is not this server's; --web-origin {origin}"
        " allows it"
    )
