# -*- test-case-name: tests.web.test_site -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The site of C{twistd rfb --web}: what strangers may have of it before they have opened a
WebSocket is bounded, as it is for viewers that come by TCP.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import choice
from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import IProtocolFactory
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel
from twisted.web.resource import IResource, Resource
from twisted.web.server import Request, Site
from zope.interface import implementer_only

from txrfb._session.stream import streamOf
from txrfb._wire.transcript import Transcript
from txrfb.error import WebSocketError
from txrfb.security.admission.addresses import addressKey
from txrfb.security.admission.room import WaitingRoom
from txrfb.web.forwarded import Forwarding
from txrfb.web.visitors import visitorOf

if TYPE_CHECKING:
    from txrfb.security.admission.gate import Gate

__all__ = ["WebSite", "treeOf"]

#: The seconds in which a browser must ask for something, and for which its connection
#: is kept when it has.
_PATIENCE = 30.0

#: How many connections there may be that are no WebSockets.
_MAX_WAITING = 128

#: How many bytes the headers of a request may have, and how many headers there may be.
_MAX_HEADERS, _MAX_COUNT = 16 << 10, 64

#: For how many seconds browsers are to come by https alone, once they did.
_HSTS = b"max-age=31536000"

#: What pages may do: nothing but what is from here.  noVNC shows pictures that it has
#: made itself.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self';"
    " img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self';"
    " manifest-src 'self'; base-uri 'none'; form-action 'none'"
)


class _Bodiless:
    """
    A resource that says how long its answer would be.
    """

    def __init__(self, resource: Any) -> None:
        """
        @param resource: What answers.
        """
        self._resource = resource

    def render(self, request: Request) -> Any:
        """
        See C{Resource.render}.
        """
        body = self._resource.render(request)
        if not isinstance(body, bytes) or not body:
            return body  # it is on its way, or none: the resource knows of HEAD
        request.setHeader(b"content-length", b"%d" % len(body))
        return b""


class _Request(Request):
    """
    A request whose answer has what all answers have.
    """

    def render(self, resrc: Any) -> None:
        """
        Have a resource answer.  Of answers to HEAD that have a body Twisted would write
        a line into the log each time.
        """
        Request.render(self, _Bodiless(resrc) if self.method == b"HEAD" else resrc)

    def process(self) -> None:
        """
        Answer.
        """
        channel: Any = self.channel
        channel.wasAsked = True
        channel.site.decorate(self)
        if channel.site.isDraining:
            channel.drain()
        Request.process(self)


class Channel(HTTPChannel):
    """
    A connection of a browser, or of whatever has connected.

    @ivar wasAsked: Whether a request has come.
    """

    requestFactory = _Request
    totalHeadersSize = _MAX_HEADERS
    maxHeaders = _MAX_COUNT

    site: WebSite
    transport: Any

    wasAsked = False

    _key: Any = None
    _isWaiting = False

    def connectionMade(self) -> None:
        """
        Wait for a request, if whoever has connected may ask for anything.
        """
        HTTPChannel.connectionMade(self)
        stream = streamOf(self.transport)
        objection = self.site.objection(stream)
        if objection:
            self.site.gate.noise.refused(stream.host, objection, objection)
            self.transport.abortConnection()
            return
        # Connections that a proxy made count each for itself.
        self._key = self if stream.isProxied else addressKey(stream.host)
        self._isWaiting = True
        self.site.channels.add(self)
        self.site.waiting.enter(self._key, self.drop)

    def headerReceived(self, line: bytes) -> bool:
        """
        Take a header; but only programs have use for a body, whose length is said.
        """
        name, _, value = line.partition(b":")
        name, value = name.strip().lower(), value.strip()
        most = self.site.maxBody
        if name == b"transfer-encoding" and most:
            return self._refuse(411, "Length Required", "The length must be said.")
        isLength = name == b"content-length"
        isShort = value.isdigit() and len(value) < 10 and int(value) <= most
        if name == b"transfer-encoding" or (isLength and not isShort):
            return self._refuse(
                *(413, "Content Too Large"),
                f"The most that is taken are {most} bytes."
                if most
                else "Nothing here has use for a body.",
            )
        return bool(HTTPChannel.headerReceived(self, line))

    def _refuse(self, status: int, title: str, detail: str) -> bool:
        """
        Refuse a request before its body has come.

        @return: That there is nothing more to be read.
        """
        told = {"type": "about:blank", "title": title, "status": status}
        body = json.dumps({**told, "detail": detail}).encode("ascii") + b"\n"
        lines = (
            f"HTTP/1.1 {status} {title}",
            "Content-Type: application/problem+json",
            f"Content-Length: {len(body)}",
            "Connection: close",
        )
        head = "\r\n".join(lines).encode("ascii") + b"\r\n\r\n"
        self.transport.write(head + body)
        self.transport.loseConnection()
        return False

    def upgraded(self) -> None:
        """
        It is a WebSocket now, which is counted as a viewer.
        """
        if self._isWaiting:
            self._isWaiting = False
            self.site.channels.discard(self)
            self.site.waiting.leave(self._key, self.drop)

    def drain(self) -> None:
        """
        Close the connection when what was asked for, or is to be, has been answered.
        """
        if self.requests:
            self.persistent = False
            self.requests[-1].setHeader(b"connection", b"close")
        elif self.wasAsked:
            HTTPChannel.loseConnection(self)

    def drop(self) -> None:
        """
        Close the connection, as there is no room for it, or the server stops.
        """
        self.upgraded()
        self.transport.abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        It is over.
        """
        self.upgraded()
        HTTPChannel.connectionLost(self, reason)


# Not what Site is besides, which chooses HTTP/2 by ALPN: WebSockets need HTTP/1.1, and
# older Twisteds change a context for that which is in use; pyOpenSSL refuses it.
@implementer_only(IProtocolFactory)
class WebSite(Site):
    """
    A site at one endpoint.

    @ivar gate: What decides about viewers.
    @ivar waiting: The connections that are no WebSockets.
    @ivar channels: The same, in no order.
    @ivar isDraining: Whether connections are closed when a request is answered.
    @ivar maxBody: How many bytes the body of a request may have.
    """

    noisy = False

    _log = Logger()

    def __init__(
        self,
        resource: IResource,
        gate: Gate,
        forwarding: Forwarding,
        ancestors: Sequence[str] = (),
        maxBody: int = 0,
    ) -> None:
        """
        @param resource: What is there.

        @param gate: What decides about viewers.

        @param forwarding: The proxies whose word counts.

        @param ancestors: The origins of pages that may frame those from here.

        @param maxBody: How many bytes the body of a request may have.
        """
        Site.__init__(self, resource, requestFactory=_Request, timeout=_PATIENCE)
        own: Any = Channel
        self.protocol = own  # type: ignore[method-assign]
        self.gate = gate
        self.maxBody = maxBody
        self._forwarding = forwarding
        self.waiting = WaitingRoom(_MAX_WAITING, choice)
        self.channels: set[Channel] = set()
        self.isDraining = False
        framing = " ".join(ancestors) or "'none'"
        self._policy = f"{_POLICY}; frame-ancestors {framing}".encode("ascii")

    def objection(self, stream: Any) -> str:
        """
        @param stream: What somebody has connected by.

        @return: Why nothing can be asked for; empty if it can.
        """
        host = stream.host
        if stream.isProxied:
            isKnown = self.gate.proxies.permit(host)
            return "" if isKnown else "PROXY headers are not taken from there"
        # A proxy is no viewer.
        if self._forwarding.trusts(host) or self.gate.networks.permit(host):
            return ""
        return "address not allowed"

    def decorate(self, request: Any) -> None:
        """
        Give an answer the headers that all answers have.
        """
        set_ = request.setHeader
        set_(b"content-security-policy", self._policy)
        set_(b"x-content-type-options", b"nosniff")
        # A token may stand in the address.
        set_(b"referrer-policy", b"no-referrer")
        set_(b"cross-origin-resource-policy", b"same-origin")
        set_(b"cache-control", b"no-cache")
        try:
            isSecure = visitorOf(request, self._forwarding).isSecure
        except WebSocketError:
            return
        if isSecure:
            set_(b"strict-transport-security", _HSTS)

    def log(self, request: Any) -> None:
        """
        See C{Site.log}: only if messages are traced, as C{twistd}'s own log writes what
        is for debugging, too, and strangers and probes would fill it.  Nor is a token
        in it.
        """
        if not Transcript.tracing:
            return
        self._log.debug(
            "{host} {method} {path} {code}",
            host=getattr(request.getClientAddress(), "host", None),
            method=request.method.decode("latin-1"),
            path=request.path.decode("latin-1"),
            code=request.code,
        )

    def drain(self) -> None:
        """
        Close connections that were kept for another request, and others when theirs is
        answered, which may be yet to come: a browser, or a proxy, would go on by them
        and never find whoever listens now.  WebSockets stay.
        """
        self.isDraining = True
        for channel in list(self.channels):
            channel.drain()

    def close(self) -> None:
        """
        Close all connections that are no WebSockets.
        """
        for drop in self.waiting.all():
            drop()


class _Directory(Resource):
    """
    What has other resources below it.  Pages refer to these from where they are, so
    that whoever asks for one without its slash is led to it.
    """

    def __init__(self, nothing: IResource | None) -> None:
        Resource.__init__(self)
        self._nothing = nothing

    def getChild(self, path: bytes, request: Any) -> Any:
        """
        See C{Resource.getChild}.
        """
        if self._nothing is not None:
            return self._nothing
        return Resource.getChild(self, path, request)

    def render_GET(self, request: Any) -> bytes:
        """
        Lead to the page, if there is one.
        """
        if b"" not in self.children or not request.path.strip(b"/"):
            request.setResponseCode(404)
            return b"There is nothing here.\n"
        _, question, query = request.uri.partition(b"?")
        last = request.path.rpartition(b"/")[2]
        request.setResponseCode(308)
        request.setHeader(b"location", last + b"/" + question + query)
        return b""


def treeOf(
    leaves: dict[str, IResource], prefix: str = "", nothing: IResource | None = None
) -> Resource:
    """
    @param leaves: Resources by their path.

    @param prefix: A path before that.

    @param nothing: What is at all other paths; what C{twisted.web} has there if not
        given.

    @return: The root of a tree that has them, and nothing else.
    """
    root = _Directory(nothing)
    for path, leaf in leaves.items():
        parts = [part for part in f"{prefix}/{path}".split("/") if part]
        parts += [""] * (not path or path.endswith("/"))
        at = root
        for part in parts[:-1]:
            name = part.encode("utf-8")
            if name not in at.children:
                at.putChild(name, _Directory(nothing))
            at = at.children[name]
        at.putChild(parts[-1].encode("utf-8"), leaf)
    return root
