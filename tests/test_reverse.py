# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.reverse}.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone, ConnectionRefusedError
from twisted.internet.interfaces import IProtocolFactory, IStreamClientEndpoint
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import capturedLogs, formatEvent
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.protocol import RFBFactory
from txrfb.reverse import ReverseConnection, outgoing, repeaterBlock

VERSION = b"RFB 003.008\n"


class Transport(StringTransport):
    """
    A transport that closes when it is told to, and can be aborted.
    """

    protocol: Any = None
    isMade = False

    def loseConnection(self) -> None:
        """
        Close, but not before the endpoint knows of the connection.
        """
        if self.isMade and not self.disconnecting:
            self.protocol.connectionLost(Failure(ConnectionDone()))
        super().loseConnection()

    def made(self) -> None:
        """
        The endpoint knows of it.
        """
        self.isMade = True
        if self.disconnecting:
            self.protocol.connectionLost(Failure(ConnectionDone()))

    def abortConnection(self) -> None:
        """
        Likewise.
        """
        self.loseConnection()


@implementer(IStreamClientEndpoint)
class Endpoint:
    """
    An endpoint whose attempts succeed or fail when the test says so.
    """

    def __init__(self) -> None:
        self.attempts: list[tuple[IProtocolFactory, Deferred[Any]]] = []

    def connect(self, factory: IProtocolFactory) -> Deferred[Any]:
        """
        Note the attempt.
        """
        attempt: Deferred[Any] = Deferred()
        self.attempts.append((factory, attempt))
        return attempt

    def fail(self) -> None:
        """
        Let the only attempt fail.
        """
        [(_, attempt)] = self.attempts
        self.attempts.clear()
        attempt.errback(Failure(ConnectionRefusedError()))

    def succeed(self) -> Transport:
        """
        Let the only attempt succeed.
        """
        [(factory, attempt)] = self.attempts
        self.attempts.clear()
        address = IPv4Address("TCP", "192.0.2.7", 5500)
        transport = Transport(peerAddress=address)
        protocol = transport.protocol = factory.buildProtocol(address)
        assert protocol is not None
        protocol.makeConnection(transport)
        attempt.callback(protocol)
        transport.made()
        return transport


class ReverseTestCase(SynchronousTestCase):
    """
    What is needed to try L{ReverseConnection}.
    """

    def setUp(self) -> None:
        """
        A server without a password.
        """
        self.clock: Any = Clock()
        self.endpoint = Endpoint()
        self.factory = RFBFactory(MemoryFramebuffer(64, 48), reactor=self.clock)
        self.fraction = 0.5

    def start(self, repeaterID: str | None = None) -> ReverseConnection:
        """
        @return: A service that runs until the test is over.
        """
        service = ReverseConnection(
            self.factory,
            self.endpoint,
            "viewer.example",
            repeaterID,
            self.clock,
            lambda: self.fraction,
        )
        service.startService()
        self.addCleanup(lambda: service.stopService() if service.running else None)
        return service

    def assertWaits(self, seconds: float) -> None:
        """
        Fail unless the next attempt is made after so many seconds.
        """
        self.clock.advance(seconds - 0.01)
        self.assertEqual(self.endpoint.attempts, [])
        self.clock.advance(0.02)
        self.assertEqual(len(self.endpoint.attempts), 1)

    def login(self, transport: Transport) -> None:
        """
        Be a viewer that logs in.
        """
        protocol = transport.protocol
        for data in (VERSION, b"\1", b"\1"):
            protocol.dataReceived(data)


class BackOffTests(ReverseTestCase):
    """
    When it is tried again.
    """

    def test_failures(self) -> None:
        """
        After failures it is tried ever more seldom, but once a minute; the log says
        why, and not each time.
        """
        self.start()
        with capturedLogs() as events:
            for seconds in (1, 2, 4, 8, 16, 32, 60, 60):
                self.endpoint.fail()
                self.assertWaits(seconds)
        texts = list(map(formatEvent, events))
        self.assertEqual(len(texts), 4)
        self.assertRegex(
            texts[0],
            r"Cannot connect to viewer.example: Connection was refused.*;"
            r" trying again in 1\.0 s",
        )

    def test_jitter(self) -> None:
        """
        By chance it is a quarter less, or more.
        """
        self.fraction = 0.0
        self.start()
        self.endpoint.fail()
        self.assertWaits(0.75)
        self.fraction = 1.0
        self.endpoint.fail()
        self.assertWaits(2.5)

    def test_ends(self) -> None:
        """
        A viewer that goes at once is called as seldom as one that does not come; after
        a connection that was of use the next is tried soon.
        """
        self.start()
        for stays, seconds in ((0, 1), (5, 2), (5, 4), (31, 1), (0, 2)):
            transport = self.endpoint.succeed()
            self.login(transport)
            self.assertEqual(len(self.factory.viewers), 1)
            self.clock.advance(stays)
            transport.loseConnection()
            self.assertEqual(self.factory.viewers, [])
            self.assertWaits(seconds)

    def test_drain(self) -> None:
        """
        A server that takes no more viewers keeps one that has logged in, and does not
        call it again; whoever has not is left, and not waited for.
        """
        service = self.start()
        transport = self.endpoint.succeed()
        self.login(transport)
        service.drain()
        self.clock.advance(100)
        self.assertEqual(len(self.factory.viewers), 1)
        transport.loseConnection()
        self.clock.advance(100)
        self.assertEqual(self.endpoint.attempts, [])
        self.assertFalse(service.running)
        for repeaterID in (None, "1234"):
            service = self.start(repeaterID)
            transport = self.endpoint.succeed()
            service.drain()
            self.clock.advance(100)
            self.assertEqual(
                (self.factory.connections, self.endpoint.attempts), ([], [])
            )
        service = self.start()
        self.endpoint.fail()
        service.drain()
        self.clock.advance(100)
        self.assertEqual(self.endpoint.attempts, [])

    def test_stop(self) -> None:
        """
        When it stops, its connection is closed, and no more are made.
        """
        service = self.start()
        transport = self.endpoint.succeed()
        self.successResultOf(service.stopService())
        self.assertTrue(transport.disconnecting)
        self.clock.advance(100)
        self.assertEqual(self.endpoint.attempts, [])

    def test_noRoom(self) -> None:
        """
        Where there is no room for one more connection it is closed, and tried again.
        """
        self.factory.gate.maxConnections = 1
        other = Transport()
        protocol = other.protocol = self.factory.buildProtocol(None)
        assert protocol is not None
        protocol.makeConnection(other)
        self.start()
        with capturedLogs():
            transport = self.endpoint.succeed()
        self.assertTrue(transport.disconnecting)
        self.assertWaits(1)


class SessionTests(ReverseTestCase):
    """
    What is said on the connection.
    """

    def test_viewer(self) -> None:
        """
        A viewer that listens is greeted like all others, and must be as quick.
        """
        self.start()
        transport = self.endpoint.succeed()
        self.assertEqual(transport.value(), VERSION)
        self.clock.advance(self.factory.limits.handshakeTimeout + 1)
        self.assertTrue(transport.disconnecting)

    def test_once(self) -> None:
        """
        Without the service one connection can be made by the endpoint alone.
        """
        self.endpoint.connect(outgoing(self.factory, "7"))
        transport = self.endpoint.succeed()
        self.assertEqual(transport.value(), b"ID:7" + bytes(246) + VERSION)
        self.login(transport)
        self.assertEqual(len(self.factory.viewers), 1)
        transport.loseConnection()
        self.clock.advance(100)
        self.assertEqual(self.endpoint.attempts, [])

    def test_repeater(self) -> None:
        """
        A repeater is told who this is in 250 bytes.  It may be silent for as long as it
        likes; the viewer that comes at last has as much time as others.
        """
        self.start("1234")
        transport = self.endpoint.succeed()
        self.assertEqual(transport.value(), b"ID:1234" + bytes(243) + VERSION)
        self.clock.advance(100000)
        self.assertFalse(transport.disconnecting)
        transport.protocol.dataReceived(VERSION)
        self.clock.advance(self.factory.limits.handshakeTimeout - 1)
        self.assertFalse(transport.disconnecting)
        self.clock.advance(2)
        self.assertTrue(transport.disconnecting)
        self.clock.advance(1)
        self.login(self.endpoint.succeed())
        self.assertEqual(len(self.factory.viewers), 1)

    def test_identifier(self) -> None:
        """
        What cannot be an identifier is refused with its value.
        """
        for wrong in ("", "x" * 247, "\u00fc"):
            error = self.assertRaises(ValueError, repeaterBlock, wrong)
            self.assertIn(f"{wrong!r} is no identifier for a repeater", str(error))
            self.assertRaises(ValueError, self.start, wrong)
        self.assertEqual(len(repeaterBlock("x" * 246)), 250)
