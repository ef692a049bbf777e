# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.gathering}: sockets that are read together.
"""

from __future__ import annotations

import select
import socket
from functools import partial
from typing import Any
from unittest import skipUnless

from twisted.internet import reactor as running
from twisted.internet import tcp
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint
from twisted.internet.interfaces import IReactorFDSet
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import deferLater
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface import implementer

from txrfb._session.gathering import FEW, Gathering
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.protocol import RFBFactory


@implementer(IReactorFDSet)
class Reactor:
    """
    A reactor that remembers who wants to read and write.
    """

    def __init__(self) -> None:
        self.readers: set[Any] = set()
        self.writers: set[Any] = set()

    def addReader(self, reader: Any) -> None:
        """
        It wants to read.
        """
        self.readers.add(reader)

    def removeReader(self, reader: Any) -> None:
        """
        It does not.
        """
        self.readers.discard(reader)

    def addWriter(self, writer: Any) -> None:
        """
        It wants to write.
        """
        self.writers.add(writer)

    def removeWriter(self, writer: Any) -> None:
        """
        It does not.
        """
        self.writers.discard(writer)

    def removeAll(self) -> list[Any]:
        """
        Nobody does any more.
        """
        return [*self.getReaders(), *self.getWriters()]

    def getReaders(self) -> list[Any]:
        """
        @return: Who wants to read.
        """
        return list(self.readers)

    def getWriters(self) -> list[Any]:
        """
        @return: Who wants to write.
        """
        return list(self.writers)


@skipUnless(hasattr(select, "epoll"), "there is no epoll here")
class GatheringTests(SynchronousTestCase):
    """
    More viewers than the reactor reads from.
    """

    def setUp(self) -> None:
        """
        As many viewers as it does read from.
        """
        self.reactor = Reactor()
        self.gathering = Gathering(self.reactor)
        self.got: list[bytes] = []
        self.first = [self.come()[2] for _ in range(FEW)]

    def come(self, received: Any = None) -> tuple[Any, socket.socket, Any]:
        """
        Another comes.

        @return: Its transport, the socket of its viewer, and what reads from it.
        """
        near, far = socket.socketpair()
        near.setblocking(False)
        self.addCleanup(near.close)
        self.addCleanup(far.close)
        reactor: Any = self.reactor
        transport = tcp.Connection(near, Protocol(), reactor)
        transport.connected = True
        transport.startReading()
        intake = self.gathering.add(transport, received or self.got.append)
        return transport, far, intake

    def test_few(self) -> None:
        """
        The first are left to the reactor.
        """
        self.assertEqual(self.reactor.readers, set(self.first))

    def test_together(self) -> None:
        """
        Of the others one descriptor is all that the reactor has to do with.
        """
        others = [self.come() for _ in range(5)]
        self.assertEqual(self.reactor.readers, {*self.first, self.gathering})
        for number, (_, far, _) in enumerate(others):
            far.send(b"%d" % number)
        self.gathering.doRead()
        self.assertEqual(sorted(self.got), [b"0", b"1", b"2", b"3", b"4"])
        self.gathering.doRead()
        self.assertEqual(len(self.got), 5)

    def test_anotherOfTheFirst(self) -> None:
        """
        When one of the first has left, the next is left to the reactor.
        """
        self.gathering.leave(self.first[3])
        transport, _, intake = self.come()
        self.assertIs(intake, transport)
        self.assertIn(transport, self.reactor.readers)

    def test_paused(self) -> None:
        """
        Who is paused is not read, and is again when it is resumed.
        """
        transport, far, intake = self.come()
        far.send(b"one")
        intake.pauseProducing()
        self.assertNotIn(self.gathering, self.reactor.readers)
        self.assertNotIn(transport, self.reactor.readers)
        intake.resumeProducing()
        intake.resumeProducing()
        self.gathering.doRead()
        self.assertEqual(self.got, [b"one"])

    def test_pausedAtItsEnd(self) -> None:
        """
        Who ends while it is paused is not read any more.
        """
        transport, _, intake = self.come()
        intake.pauseProducing()
        transport.disconnecting = True
        intake.resumeProducing()
        self.assertNotIn(self.gathering, self.reactor.readers)

    def test_end(self) -> None:
        """
        The end of a connection is for the transport to find.
        """
        transport, far, _ = self.come()
        other = self.come()
        far.close()
        other[1].send(b"more")
        self.gathering.doRead()
        self.assertIn(transport, self.reactor.readers)
        self.assertEqual(self.got, [b"more"])

    def test_lost(self) -> None:
        """
        Who is lost and closed already can be left, and its number used again.
        """
        transport, _, intake = self.come()
        transport.getHandle().close()
        self.gathering.leave(intake)
        self.gathering.leave(intake)
        _, far, _ = self.come()
        far.send(b"new")
        self.gathering.doRead()
        self.assertEqual(self.got, [b"new"])

    def test_ended(self) -> None:
        """
        Who is ended by what another has sent, in the same turn, is not read.
        """
        intakes: list[Any] = []

        def received(data: bytes) -> None:
            self.got.append(data)
            for intake in intakes:
                self.gathering.leave(intake)

        for _ in range(3):
            _, far, intake = self.come(received)
            intakes.append(intake)
            far.send(b"end")
        self.gathering.doRead()
        self.assertEqual(self.got, [b"end"])
        self.assertEqual(self.gathering.fileno(), -1)

    def test_raises(self) -> None:
        """
        An error is the end of the connection that it comes from, and of no other.
        """

        def received(data: bytes) -> None:
            raise ValueError(data)

        transport, far, _ = self.come(received)
        self.patch(transport, "abortConnection", lambda: self.got.append(b"aborted"))
        far.send(b"bad")
        _, good, _ = self.come()
        good.send(b"good")
        self.gathering.doRead()
        self.assertEqual(sorted(self.got), [b"aborted", b"good"])
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_stopping(self) -> None:
        """
        When the reactor stops, all transports are told.
        """
        lost: list[Any] = []
        for _ in range(3):
            transport, _, _ = self.come()
            self.patch(transport, "connectionLost", lost.append)
        reason = Failure(OSError("over"))
        self.gathering.connectionLost(reason)
        self.assertEqual(lost, [reason] * 3)
        self.assertEqual(self.reactor.readers, set(self.first))

    def test_others(self) -> None:
        """
        What is no plain socket is never read here.
        """
        transport = StringTransport()
        self.assertIs(self.gathering.add(transport, self.got.append), transport)


class Talker(Protocol):
    """
    A viewer that says what it is told to, and keeps what it hears.
    """

    def __init__(self) -> None:
        self.heard = b""
        self.lost: Deferred[None] = Deferred()

    def dataReceived(self, data: bytes) -> None:
        """
        Keep it.
        """
        self.heard += data

    def connectionLost(self, reason: Any = None) -> None:
        """
        Note it.
        """
        self.lost.callback(None)


def _haveMore(due: list[tuple[Talker, int]]) -> bool:
    """
    @return: Whether all have heard more than so much.
    """
    return all(len(one.heard) > size for one, size in due)


class RealTests(TestCase):
    """
    Many viewers on real sockets.
    """

    async def until(self, isSo: Any) -> None:
        """
        Wait for something, two minutes at the most.
        """
        reactor: Any = running
        for _ in range(12000):
            if isSo():
                return
            await deferLater(reactor, 0.01)
        self.fail("it did not come")

    async def test_many(self) -> None:
        """
        All of them are served, whoever reads what they send; those that leave are
        gone, and the port can be closed.
        """
        reactor: Any = running
        framebuffer = MemoryFramebuffer(64, 48)
        factory = RFBFactory(framebuffer, maxViewers=100)
        server = TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1")
        port = await server.listen(factory)
        talkers: list[Talker] = []
        for _ in range(3 * FEW):
            client = TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port)
            talker: Any = await client.connect(Factory.forProtocol(Talker))
            talkers.append(talker)
            talker.transport.write(b"RFB 003.008\n\1\1")
        await self.until(lambda: len(factory.viewers) == len(talkers))
        request = factory.display.request
        await self.until(lambda: all(len(one.heard) >= 24 for one in talkers))
        for number in range(4):
            due = [(one, len(one.heard)) for one in talkers]
            for one in talkers:
                transport: Any = one.transport
                transport.write(request)
            framebuffer.fill((number + 1, 2, 3))
            await self.until(partial(_haveMore, due))
        for one in talkers[::2]:
            transport = one.transport
            transport.loseConnection()
        half = len(talkers[1::2])
        await self.until(lambda: len(factory.viewers) == half)
        for viewer in list(factory.viewers):
            viewer.disconnect("the test is over")
        for one in talkers:
            await one.lost
        await port.stopListening()
        await self.until(lambda: not factory.viewers)
