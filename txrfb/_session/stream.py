# -*- test-case-name: tests.session.test_stream -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The stream between a server and one viewer: what a transport is made of, and what its
socket needs.
"""

from __future__ import annotations

import os
import socket
import struct
from typing import Any

from twisted.internet.address import UNIXAddress
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import ISSLTransport, ITCPTransport, ITLSTransport
from twisted.protocols.haproxy._wrapper import HAProxyProtocolWrapper
from twisted.protocols.policies import ProtocolWrapper
from twisted.python.failure import Failure
from zope.interface import implementer

from txrfb.interfaces import IExplainedClose, IViewerStream
from txrfb.security.admission.addresses import parseAddress, userOf
from txrfb.security.tls.failures import tlsProblem

#: Process, user and group, as C{SO_PEERCRED} tells them (C{struct ucred} of Linux).
_UCRED = struct.Struct("iII")

#: How many bytes the kernel holds back before it says that there is no more room.
_UNSENT = 1 << 17


def streamOf(transport: Any) -> IViewerStream:
    """
    @param transport: A transport of Twisted's, or one that is an L{IViewerStream}.

    @return: What it is made of.
    """
    stream: IViewerStream | None = IViewerStream(transport, None)
    return TransportStream(transport) if stream is None else stream


@implementer(IViewerStream)
class TransportStream:
    """
    A transport of Twisted's.
    """

    isWebSocket = False
    # A program may stand between that makes a stream of a browser's WebSocket.
    isSecureContext = True
    credentials = None

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self.isSecure = ISSLTransport.providedBy(transport)
        self.canStartTLS = ITLSTransport.providedBy(transport) and not self.isSecure
        layer = transport
        # TLS may be above it.
        while isinstance(layer, ProtocolWrapper) and not _isProxy(layer):
            layer = layer.transport
        self.isProxied = _isProxy(layer)
        self.awaitsViewer = bool(getattr(transport, "awaitsViewer", False))

    @property
    def host(self) -> str | None:
        """
        See L{IViewerStream}.
        """
        peer = self._transport.getPeer()
        host = getattr(peer, "host", None)
        if isinstance(host, str):
            return _unmapped(host)
        # Who opened a proxy's connection is not the viewer.
        if self.isProxied or not isinstance(peer, UNIXAddress):
            return None
        uid = _uidOf(self._transport)
        return None if uid is None else userOf(uid)


def _uidOf(transport: Any) -> int | None:
    """
    @return: Who opened the other end of a UNIX socket; C{None} if the system does not
        tell.
    """
    option = getattr(socket, "SO_PEERCRED", None)
    getHandle = getattr(transport, "getHandle", None)
    if option is None or getHandle is None:
        return None
    try:
        told = getHandle().getsockopt(socket.SOL_SOCKET, option, _UCRED.size)
    except OSError:
        return None
    return int(_UCRED.unpack(told)[1])


def _isProxy(layer: Any) -> bool:
    return isinstance(layer, HAProxyProtocolWrapper)


def whyLost(reason: Failure, transport: Any) -> str:
    """
    @param reason: Why a connection ended, on which a viewer had logged in.

    @param transport: What it ran on.

    @return: It, in words.
    """
    if reason.check(ConnectionDone):
        return "the viewer closed the connection"
    problem = tlsProblem(reason.value)
    if problem is None and type(reason.value) is ConnectionLost:
        # Of this Twisted says no more than that it was "in a non-clean fashion".
        if ISSLTransport.providedBy(transport):
            return "the connection was closed without an end of TLS, as viewers do"
        return "the connection was lost"
    return f"the connection was lost: {problem or reason.getErrorMessage()}"


def watchPeer(
    transport: Any,
    idle: int = 30,
    interval: int = 10,
    count: int = 3,
    unanswered: float = 60.0,
) -> bool:
    """
    Have the kernel find out that the other side is no longer there.  Keep-alive
    does that while nothing is said, and the time limit for unanswered bytes while
    something is: each is blind for the other's case.

    @param transport: A transport; if it is not TCP nothing happens.

    @param idle: The seconds of silence before the first probe.

    @param interval: The seconds between probes.

    @param count: How many probes may stay without answer.

    @param unanswered: The seconds for which written bytes may stay unanswered.
        A viewer that is there and reads nothing is closed after that time, too.

    @return: Whether it is TCP.
    """
    getHandle = getattr(transport, "getHandle", None)
    if getHandle is None:
        return False
    handle = getHandle()
    # A UNIX socket's transport says that it is one of TCP.
    if getattr(handle, "family", None) not in (socket.AF_INET, socket.AF_INET6):
        return False
    settings = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    for name, value in (
        ("TCP_KEEPIDLE", idle),
        ("TCP_KEEPINTVL", interval),
        ("TCP_KEEPCNT", count),
        ("TCP_USER_TIMEOUT", round(unanswered * 1000)),
    ):
        # Not every system has every one of them.
        option = getattr(socket, name, None)
        if option is not None:
            settings.append((socket.IPPROTO_TCP, option, value))
    try:
        for level, option, value in settings:
            handle.setsockopt(level, option, value)
    except OSError:
        # The other side was quick to go away: reading will tell.
        return False
    return True


def close(transport: Any, reason: str | None, isFault: bool) -> None:
    """
    Close a transport, and have it tell why if it can.

    @param reason: See L{IExplainedClose.closeFor}.

    @param isFault: Likewise.
    """
    telling = IExplainedClose(transport, None)
    if telling is None:
        transport.loseConnection()
    else:
        telling.closeFor(reason, isFault)


def tune(transport: Any) -> None:
    """
    Make a TCP connection send small things at once, and hold little that is stale.
    """
    if not ITCPTransport.providedBy(transport):
        return
    tcp: Any = transport
    try:
        tcp.setTcpNoDelay(True)
        handle = tcp.getHandle()
        option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
        if option is not None:
            handle.setsockopt(socket.IPPROTO_TCP, option, _UNSENT)
    except (OSError, AttributeError):
        pass  # a UNIX socket says it is a TCP transport, and has neither


def _unmapped(host: str) -> str:
    """
    @return: An address as people know it: who comes by IPv4 to a socket of IPv6 has one
        of IPv4.
    """
    address = parseAddress(host)
    return str(address) if address is not None and address.version == 4 else host


def textOf(address: Any) -> str:
    """
    @return: An address for people to read.
    """
    host = getattr(address, "host", None)
    if host is not None:
        host = _unmapped(host)
        if not address.port:
            # A proxy has told it, and no port.
            return host
        return f"[{host}]:{address.port}" if ":" in host else f"{host}:{address.port}"
    if isinstance(address, UNIXAddress):
        # That of a viewer most often has no name.
        return f"unix:{os.fsdecode(address.name)}" if address.name else "unix"
    return str(address)
