# -*- test-case-name: tests.session.test_stream -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.stream}.
"""

from __future__ import annotations

import os
import socket
from typing import Any

from OpenSSL import SSL
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import ISSLTransport, ITCPTransport, ITLSTransport
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import StringTransport
from twisted.protocols.haproxy import proxyEndpoint
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.python.failure import Failure
from twisted.trial.unittest import SkipTest, SynchronousTestCase
from zope.interface import directlyProvides, implementer
from zope.interface.verify import verifyObject

from txrfb._session.stream import streamOf, textOf, tune, watchPeer, whyLost
from txrfb.interfaces import IViewerStream


class Connected:
    """
    Some transport, on a real socket.

    @ivar delays: What was said of Nagle's algorithm.
    """

    def __init__(self, handle: socket.socket) -> None:
        self.delays: list[bool] = []
        self._handle = handle

    def getHandle(self) -> socket.socket:
        """
        The socket.
        """
        return self._handle

    def setTcpNoDelay(self, enabled: bool) -> None:
        """
        As every TCP transport has it; sockets that are not TCP's refuse.
        """
        self._handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, enabled)
        self.delays.append(enabled)


class WhyLostTests(SynchronousTestCase):
    """
    Why a connection ended, for the log.
    """

    def test_words(self) -> None:
        """
        It is in words of this program: viewers that leave without an end of TLS are
        usual, and no mystery.
        """
        plain, secure = StringTransport(), StringTransport()
        directlyProvides(secure, ISSLTransport)
        wrong = SSL.Error([("SSL routines", "", "wrong version number")])
        for error, transport, words in (
            (ConnectionDone(), plain, "the viewer closed the connection"),
            (ConnectionDone(), secure, "the viewer closed the connection"),
            (ConnectionLost(), plain, "the connection was lost"),
            (
                ConnectionLost(),
                secure,
                "the connection was closed without an end of TLS, as viewers do",
            ),
            (wrong, secure, "the connection was lost: what came is not TLS"),
            (ValueError("odd"), plain, "the connection was lost: odd"),
        ):
            self.assertEqual(whyLost(Failure(error), transport), words)


class TuneTests(SynchronousTestCase):
    """
    What is said to the kernel of a connection.
    """

    def transport(self, family: int, *interfaces: Any) -> Connected:
        """
        @return: A transport of this address family that provides the interfaces.
        """
        handle = socket.socket(family)
        self.addCleanup(handle.close)
        made = Connected(handle)
        directlyProvides(made, *interfaces)
        return made

    def test_tcp(self) -> None:
        """
        A TCP connection sends small things at once, and the kernel holds little.
        """
        option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
        if option is None:
            raise SkipTest("this system does not have TCP_NOTSENT_LOWAT")
        transport = self.transport(socket.AF_INET, ITCPTransport)
        tune(transport)
        self.assertEqual(transport.delays, [True])
        held = transport.getHandle().getsockopt(socket.IPPROTO_TCP, option)
        self.assertEqual(held, 1 << 17)

    def test_unix(self) -> None:
        """
        A UNIX socket that says it is TCP's is left as it is.
        """
        transport = self.transport(socket.AF_UNIX, ITCPTransport)
        tune(transport)
        self.assertEqual(transport.delays, [])

    def test_others(self) -> None:
        """
        Other transports are not touched.
        """
        transport = self.transport(socket.AF_INET)
        tune(transport)
        self.assertEqual(transport.delays, [])


class TextTests(SynchronousTestCase):
    """
    Addresses as people read them.
    """

    def test_textOf(self) -> None:
        """
        Hosts with their port, sockets with their path, others as they say it.
        """
        for address, text in (
            (IPv4Address("TCP", "192.0.2.1", 5900), "192.0.2.1:5900"),
            (IPv6Address("TCP", "2001:db8::1", 5900), "[2001:db8::1]:5900"),
            (IPv6Address("TCP", "::ffff:192.0.2.1", 5900), "192.0.2.1:5900"),
            (IPv6Address("TCP", "fe80::1%eth0", 5900), "[fe80::1%eth0]:5900"),
            (UNIXAddress(b"/run/rfb"), "unix:/run/rfb"),
            (UNIXAddress(None), "unix"),
            (None, "None"),
        ):
            self.assertEqual(textOf(address), text)


class Handle:
    """
    A transport of which only the socket matters.
    """

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    def getHandle(self) -> Any:
        return self._handle


class WatchPeerTests(SynchronousTestCase):
    """
    Finding out that nobody is there.
    """

    def socket(self, family: int) -> socket.socket:
        """
        @return: A socket that lives as long as the test.
        """
        made = socket.socket(family, socket.SOCK_STREAM)
        self.addCleanup(made.close)
        return made

    def test_tcp(self) -> None:
        """
        Both ways to find out are set on a TCP socket.
        """
        for family in (socket.AF_INET, socket.AF_INET6):
            handle = self.socket(family)
            self.assertTrue(watchPeer(Handle(handle), 20, 5, 4, 45.5))
            options = [
                handle.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
                handle.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
                handle.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
                handle.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT),
                handle.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
            ]
            self.assertEqual(options, [1, 20, 5, 4, 45500])

    def test_other(self) -> None:
        """
        Nothing happens to a UNIX socket, or where there is none.
        """
        self.assertFalse(watchPeer(Handle(self.socket(socket.AF_UNIX))))
        self.assertFalse(watchPeer(Handle(None)))
        self.assertFalse(watchPeer(StringTransport()))

    def test_closed(self) -> None:
        """
        A connection that is gone already is no error.
        """
        handle = self.socket(socket.AF_INET)
        handle.close()
        self.assertFalse(watchPeer(Handle(handle)))


class WhereTests(SynchronousTestCase):
    """
    Where somebody comes from.
    """

    def test_host(self) -> None:
        """
        The address, if there is one; that of IPv4 of who comes by IPv4 to a socket that
        takes both.
        """
        for peer, host in (
            (IPv4Address("TCP", "192.0.2.1", 5900), "192.0.2.1"),
            (IPv6Address("TCP", "::ffff:192.0.2.1", 5900), "192.0.2.1"),
            (IPv6Address("TCP", "fe80::1%eth0", 5900), "fe80::1%eth0"),
        ):
            stream = streamOf(StringTransport(peerAddress=peer))
            self.assertEqual(stream.host, host)
        unix = StringTransport(peerAddress=UNIXAddress(None))
        self.assertIsNone(streamOf(unix).host)

    def test_user(self) -> None:
        """
        On a UNIX socket it is who has the other end, where the system tells.
        """
        transport: Any = StringTransport(peerAddress=UNIXAddress(None))
        self.assertIsNone(streamOf(transport).host)
        if not hasattr(socket, "SO_PEERCRED"):
            raise SkipTest("this system does not have SO_PEERCRED")
        ours, theirs = socket.socketpair()
        self.addCleanup(theirs.close)
        transport.getHandle = lambda: ours
        self.assertEqual(streamOf(transport).host, f"uid {os.getuid()}")
        ours.close()
        self.assertIsNone(streamOf(transport).host)

    def test_proxy(self) -> None:
        """
        A connection through C{haproxy:} is known as such, and before the viewer says
        anything its address is the proxy's.
        """
        made: list[Protocol] = []

        class Server(Protocol):
            def connectionMade(self) -> None:
                made.append(self)

        class Endpoint:
            def listen(self, factory: Any) -> None:
                self.factory = factory

        endpoint: Any = Endpoint()
        proxyEndpoint(endpoint).listen(Factory.forProtocol(Server))
        peer = IPv4Address("TCP", "192.0.2.1", 5900)
        transport = StringTransport(peerAddress=peer)
        wrapper = endpoint.factory.buildProtocol(peer)
        wrapper.makeConnection(transport)
        server = streamOf(made[0].transport)
        self.assertTrue(server.isProxied)
        self.assertEqual(server.host, "192.0.2.1")
        wrapper.dataReceived(b"PROXY TCP4 198.51.100.7 192.0.2.9 1 2\r\nx")
        self.assertEqual(server.host, "198.51.100.7")
        self.assertFalse(streamOf(transport).isProxied)

    def test_underTLS(self) -> None:
        """
        So is one whose TLS is inside of what a proxy passes on.
        """
        layers: list[ProtocolWrapper] = []

        class Server(Protocol):
            pass

        factory = WrappingFactory(Factory.forProtocol(Server))

        class Endpoint:
            def listen(self, factory: Any) -> None:
                self.factory = factory

        endpoint: Any = Endpoint()
        proxyEndpoint(endpoint).listen(factory)
        wrapper = endpoint.factory.buildProtocol(None)
        wrapper.makeConnection(StringTransport())
        layers.extend(factory.protocols)
        self.assertEqual(len(layers), 1)
        self.assertTrue(streamOf(layers[0]).isProxied)

    def test_security(self) -> None:
        """
        TLS is there, or can begin, as the transport says.
        """
        plain, capable, secure = (StringTransport() for _ in range(3))
        directlyProvides(capable, ITLSTransport)
        directlyProvides(secure, ISSLTransport, ITLSTransport)
        self.assertEqual(
            [
                (streamOf(one).canStartTLS, streamOf(one).isSecure)
                for one in (plain, capable, secure)
            ],
            [(False, False), (True, False), (False, True)],
        )

    def test_own(self) -> None:
        """
        A transport that knows better, such as a WebSocket's, is asked itself.
        """

        @implementer(IViewerStream)
        class WebSocket(StringTransport):
            host = "192.0.2.77"
            isProxied = isSecure = canStartTLS = isSecureContext = False
            isWebSocket = True
            awaitsViewer = False
            credentials = None

        transport = WebSocket()
        self.assertIs(streamOf(transport), transport)
        self.assertTrue(verifyObject(IViewerStream, transport))
        self.assertTrue(verifyObject(IViewerStream, streamOf(StringTransport())))
