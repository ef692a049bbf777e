# -*- test-case-name: tests.web.test_resource -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The resource at which browsers open a WebSocket to a server.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from h11 import ProtocolError as BadRequest
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel, Request
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET
from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import AcceptConnection
from wsproto.handshake import H11Handshake
from wsproto.utilities import ProtocolError

from txrfb.error import WebSocketError
from txrfb.security.accounts.tokens import IToken
from txrfb.web.forwarded import Forwarding
from txrfb.web.news import TALKING, Newsroom
from txrfb.web.origins import Origins
from txrfb.web.proofs import proofIn
from txrfb.web.transport import PING, WebSocketTransport
from txrfb.web.visitors import Visitor, headerOf, visitorOf

if TYPE_CHECKING:
    from txrfb.protocol import RFBFactory

__all__ = ["WebSocketResource"]

#: The subprotocols there are, the best first: RFB with news besides, see
#: L{txrfb.web.news}, and the one that noVNC asked for once, and others still do.
_SUBPROTOCOLS = (TALKING, "binary")

#: The version of WebSocket that there is (section 4.4).
_VERSION = b"13"


class WebSocketResource(Resource):
    """
    Serves viewers in browsers, as an L{RFBFactory<txrfb.protocol.RFBFactory>} serves
    others: by the same logins, rights and limits.

    Put it where noVNC looks for it, at C{/websockify}, or anywhere::

        site.putChild(b"websockify", WebSocketResource(factory))
    """

    isLeaf = True

    def __init__(
        self,
        factory: RFBFactory,
        origins: Iterable[str] | Origins = (),
        proxies: Iterable[str] | Forwarding = (),
        ping: float = PING,
        basic: bool = False,
    ) -> None:
        """
        @param factory: What serves viewers.

        @param origins: The origins of pages that may open a WebSocket, besides those
            that come from the same host and port as this; C{"*"} for all.

        @param proxies: The addresses and networks of proxies that say who a viewer is
            by X-Forwarded-For or Forwarded; C{"unix"} for whoever may open a UNIX
            socket.

        @param ping: The seconds from one ping to the next; 0 for none.

        @param basic: Whether names and passwords by HTTP Basic are judged in place of
            what RFB would ask for.

        @raise ValueError: if an origin or a network is none.
        """
        Resource.__init__(self)
        self._factory = factory
        self._origins = origins if isinstance(origins, Origins) else Origins(origins)
        if not isinstance(proxies, Forwarding):
            proxies = Forwarding(proxies)
        self._forwarding = proxies
        self._ping = ping
        self._basic = basic
        self._open: dict[WebSocketTransport, None] = {}
        self._newsroom = Newsroom(factory.clock)

    def goAway(self) -> None:
        """
        Close all WebSockets, as the server stops.
        """
        for transport in list(self._open):
            transport.goAway()

    def render_HEAD(self, request: Request) -> bytes:
        """
        Say that there is nothing to be had but a WebSocket.
        """
        return self._upgradeRequired(request)

    def render_GET(self, request: Request) -> bytes | int:
        """
        Open a WebSocket (section 4.2).
        """
        if (headerOf(request, "upgrade") or "").lower() != "websocket":
            return self._upgradeRequired(request)
        if headerOf(request, "sec-websocket-version") != _VERSION.decode("ascii"):
            return self._upgradeRequired(request)
        try:
            visitor = visitorOf(request, self._forwarding)
        except WebSocketError as error:
            peer = request.getClientAddress()
            return self._refuse(request, 400, getattr(peer, "host", None), str(error))
        objection = self._origins.objection(
            visitor.origin,
            visitor.hosts,
            visitor.isSecure,
            # Only who is on this machine already is let in without a password.
            self._factory.gate.isOpen() and not visitor.isForwarded,
        )
        if len(request.requestHeaders.getRawHeaders(b"origin", [])) > 1:
            objection = "more than one Origin"
        if objection:
            return self._refuse(request, 403, visitor.host, objection)
        try:
            accepted, connection, talks = _handshake(request)
        except WebSocketError as error:
            return self._refuse(request, 400, visitor.host, str(error))
        gate = self._factory.gate
        proof = proofIn(request, gate.portal, self._basic)
        needsToken = IToken in gate.portal.listCredentialsInterfaces()
        if proof is None and needsToken and gate.isOpen():
            request.setHeader("www-authenticate", "Bearer")
            return self._refuse(request, 401, visitor.host, "a token is needed")
        visitor = replace(visitor, credentials=proof)
        protocol = self._factory.buildProtocol(visitor.address)
        if protocol is None:
            return _say(request, 503, "There are too many connections.")
        self._take(request, visitor, accepted, connection, talks, protocol)
        return NOT_DONE_YET

    def _take(
        self,
        request: Request,
        visitor: Visitor,
        accepted: bytes,
        connection: Connection,
        talks: bool,
        protocol: Any,
    ) -> None:
        """
        Take a connection over from HTTP.
        """
        channel: Any = request.channel
        lower = channel.transport
        lower.write(accepted)
        factory = self._factory
        transport = WebSocketTransport(
            lower, connection, visitor, factory.clock, factory.turns, self._ping
        )
        self._open[transport] = None

        def lost(reason: Failure) -> None:
            del self._open[transport]
            if talks:
                self._newsroom.close(protocol)
            transport.connectionLost(reason)

        if talks:
            transport.heard = self._newsroom.open(protocol, transport.tell)
        _takeOver(channel, transport, lost)
        transport.start(protocol)

    def _refuse(
        self, request: Request, code: int, host: str | None, reason: str
    ) -> bytes:
        """
        Refuse, and have the log say why.
        """
        kind = "not a WebSocket" if code == 400 else "WebSocket not allowed"
        self._factory.gate.noise.refused(host, kind, f"WebSocket: {reason}")
        return _say(request, code, "This is not allowed." if code == 403 else reason)

    def _upgradeRequired(self, request: Request) -> bytes:
        request.setHeader("upgrade", "websocket")
        request.setHeader("sec-websocket-version", _VERSION)
        return _say(request, 426, "There is nothing here but a WebSocket.")


def _say(request: Request, code: int, text: str) -> bytes:
    """
    @return: A sentence that is all of the answer.
    """
    # Twisted has no name for this one.
    request.setResponseCode(code, b"Upgrade Required" if code == 426 else None)
    request.setHeader("content-type", "text/plain; charset=utf-8")
    request.setHeader("cache-control", "no-store")
    return f"{text}\n".encode()


def _handshake(request: Request) -> tuple[bytes, Connection, bool]:
    """
    @return: What accepts a WebSocket, what takes its frames apart, and whether there
        are news in it besides RFB.

    @raise WebSocketError: if the request is not for one.
    """
    headers = request.requestHeaders
    keys = headers.getRawHeaders(b"sec-websocket-key", [])
    try:
        isKey = len(keys) == 1 and len(base64.b64decode(keys[0], validate=True)) == 16
    except binascii.Error:
        isKey = False
    if not isKey:
        raise WebSocketError("Sec-WebSocket-Key is not one of 16 bytes in base64")
    if not isinstance(request.channel, HTTPChannel):
        raise WebSocketError("a WebSocket needs HTTP/1.1")
    handshake = H11Handshake(ConnectionType.SERVER)
    pairs = [
        (name.lower(), value)
        for name, values in headers.getAllRawHeaders()
        for value in values
        # As much of it as concerns WebSockets.
        if name.lower() in (b"host", b"upgrade", b"connection")
        or name.lower().startswith(b"sec-websocket-")
    ]
    try:
        handshake.initiate_upgrade_connection(pairs, "/")
        [asked] = handshake.events()
        offered: Any = asked
        able = (one for one in _SUBPROTOCOLS if one in offered.subprotocols)
        chosen = next(able, None)
        accepted = handshake.send(AcceptConnection(subprotocol=chosen))
    except (ProtocolError, BadRequest, ValueError) as error:
        raise WebSocketError(f"the request is not right: {error}") from error
    assert handshake.connection is not None
    return accepted, handshake.connection, chosen == TALKING


def _takeOver(channel: Any, transport: WebSocketTransport, lost: Any) -> None:
    """
    Have what a channel of Twisted's gets from here on go to a WebSocket.

    Twisted has no public name for that.  Its own WebSockets do the same (C{_
    protocolUpgradeForWebsockets}); what comes behind the request in the same bytes is
    at the channel's C{rawDataReceived}, as it would be for the next request.
    """
    forget = channel.connectionLost

    def connectionLost(reason: Failure) -> None:
        lost(reason)
        forget(reason)

    channel.setTimeout(None)
    upgraded = getattr(channel, "upgraded", None)
    if upgraded is not None:
        upgraded()
    channel.dataReceived = channel.rawDataReceived = transport.dataReceived
    channel.connectionLost = connectionLost
