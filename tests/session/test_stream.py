# -*- test-case-name: tests.session.test_stream -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.stream}.
"""

from __future__ import annotations

import socket
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.interfaces import ITCPTransport
from twisted.trial.unittest import SkipTest, SynchronousTestCase
from zope.interface import directlyProvides

from txrfb._session.stream import textOf, tune


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
            (UNIXAddress(b"/run/rfb"), "unix:b'/run/rfb'"),
            (None, "None"),
        ):
            self.assertEqual(textOf(address), text)
