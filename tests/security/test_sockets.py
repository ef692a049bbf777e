# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.sockets}.
"""

from __future__ import annotations

import resource
import socket
from typing import Any

from twisted.internet.address import IPv4Address, UNIXAddress
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import StringTransport
from twisted.protocols.haproxy import proxyEndpoint
from twisted.trial.unittest import SynchronousTestCase

from txrfb.security import sockets
from txrfb.security.sockets import connectionLimit, hostOf, isProxied, watchPeer


class Transport:
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
            self.assertTrue(watchPeer(Transport(handle), 20, 5, 4, 45.5))
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
        self.assertFalse(watchPeer(Transport(self.socket(socket.AF_UNIX))))
        self.assertFalse(watchPeer(Transport(None)))
        self.assertFalse(watchPeer(StringTransport()))

    def test_closed(self) -> None:
        """
        A connection that is gone already is no error.
        """
        handle = self.socket(socket.AF_INET)
        handle.close()
        self.assertFalse(watchPeer(Transport(handle)))


class LimitTests(SynchronousTestCase):
    """
    Descriptors, and connections.
    """

    def test_limit(self) -> None:
        """
        There are never more connections than descriptors, less some for other
        things.
        """
        self.patch(sockets, "descriptors", lambda: 1000)
        self.assertEqual(connectionLimit(), 936)
        self.assertEqual(connectionLimit(100), 100)
        self.assertEqual(connectionLimit(5000), 936)
        self.assertEqual(connectionLimit(5000, reserve=2000), 1)

    def test_unknown(self) -> None:
        """
        Where there is no limit, what is wanted counts.
        """
        self.patch(sockets, "descriptors", lambda: None)
        self.assertEqual(connectionLimit(), 0)
        self.assertEqual(connectionLimit(100), 100)

    def test_system(self) -> None:
        """
        The system is asked.
        """
        limit = (60, 100)
        self.patch(resource, "getrlimit", lambda which: limit)
        self.assertEqual(sockets.descriptors(), 60)
        limit = (resource.RLIM_INFINITY, 0)
        self.assertIsNone(sockets.descriptors())


class WhereTests(SynchronousTestCase):
    """
    Where somebody comes from.
    """

    def test_host(self) -> None:
        """
        The address, if there is one.
        """
        peer = IPv4Address("TCP", "192.0.2.1", 5900)
        self.assertEqual(hostOf(StringTransport(peerAddress=peer)), "192.0.2.1")
        unix = StringTransport(peerAddress=UNIXAddress(None))
        self.assertIsNone(hostOf(unix))

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
        server: Any = made[0].transport
        self.assertTrue(isProxied(server))
        self.assertEqual(hostOf(server), "192.0.2.1")
        wrapper.dataReceived(b"PROXY TCP4 198.51.100.7 192.0.2.9 1 2\r\nx")
        self.assertEqual(hostOf(server), "198.51.100.7")
        self.assertFalse(isProxied(transport))
