# -*- test-case-name: tests.web.test_resource -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Who asks for a page or a WebSocket.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from twisted.cred.credentials import ICredentials
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress
from twisted.web.http import Request

from txrfb._session.stream import streamOf
from txrfb.security.admission.addresses import parseAddress
from txrfb.web.forwarded import Forwarding
from txrfb.web.origins import Origin

__all__ = ["Visitor", "headerOf", "visitorOf"]


@dataclass(frozen=True, slots=True)
class Visitor:
    """
    Somebody with a browser.

    @ivar host: The address, as L{IViewerStream<txrfb.interfaces.IViewerStream>} has it.
    @ivar address: The same for the log.
    @ivar isSecure: Whether TLS protects what passes between.
    @ivar isSecureContext: As L{IViewerStream<txrfb.interfaces.IViewerStream>} has it.
    @ivar isForwarded: Whether a proxy asks, and has said for whom.
    @ivar origin: The header Origin; C{None} if there is none.
    @ivar hosts: By what names the server was asked for.
    @ivar credentials: What was shown besides; C{None} for nothing.
    """

    host: str | None
    address: IAddress
    isSecure: bool
    isSecureContext: bool
    isForwarded: bool
    origin: str | None
    hosts: tuple[str, ...]
    credentials: ICredentials | None = None


def headerOf(request: Request, name: str) -> str | None:
    """
    @return: A header, the last if there is more than one; C{None} if there is none.
        Browsers may send any bytes, which Twisted would take for UTF-8.
    """
    values = request.requestHeaders.getRawHeaders(name.encode("ascii"))
    return values[-1].decode("latin-1") if values else None


def visitorOf(request: Request, forwarding: Forwarding) -> Visitor:
    """
    @param request: A request.

    @param forwarding: The proxies whose word counts.

    @return: Who has sent it.

    @raise WebSocketError: if such a proxy does not say who.
    """
    transport: Any = request.channel.transport
    stream = streamOf(transport)
    hop = forwarding.hop(stream.host, request.requestHeaders)
    address: IAddress = transport.getPeer()
    if hop.isForwarded and hop.host is not None:
        parsed = parseAddress(hop.host)
        kind = IPv6Address if parsed and parsed.version == 6 else IPv4Address
        address = kind("TCP", str(parsed), 0)
    isSecure = stream.isSecure if hop.isSecure is None else hop.isSecure
    origin = headerOf(request, "origin")
    try:
        context = origin is None or Origin.parse(origin).isSecureContext
    except ValueError:
        # Of files, and of what is no page.
        context = True
    names = (headerOf(request, "host") or "", hop.name)
    return Visitor(
        hop.host,
        address,
        isSecure,
        context,
        hop.isForwarded,
        origin,
        tuple(name for name in names if name),
    )
