# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.testing.wire}: it does what TCP does in Twisted.
"""

from __future__ import annotations

from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IConsumer, IPushProducer, ITransport
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from txrfb.testing.wire import Link, connect, trafficOn


class End(Protocol):
    """
    Writes down what comes.
    """

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.ended: list[type[BaseException] | None] = []
        self.broken = False

    def dataReceived(self, data: bytes) -> None:
        """
        Bytes.
        """
        if self.broken:
            raise ZeroDivisionError()
        self.pieces.append(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        The end.
        """
        self.ended.append(reason.type)


@implementer(IPushProducer)
class Producer:
    """
    Records what is called.
    """

    def __init__(self) -> None:
        self.told: list[str] = []

    def pauseProducing(self) -> None:
        """
        Full.
        """
        self.told.append("pause")

    def resumeProducing(self) -> None:
        """
        Empty.
        """
        self.told.append("resume")

    def stopProducing(self) -> None:
        """
        Over.
        """
        self.told.append("stop")


class WireTests(SynchronousTestCase):
    """
    Two ends.
    """

    def setUp(self) -> None:
        """
        Connect them.
        """
        self.connect(Link())

    def connect(self, link: Link) -> None:
        """
        Connect new ones.
        """
        self.clock = Clock()
        self.server, self.client = End(), End()
        self.ours, self.theirs = connect(
            self.clock, self.server, self.client, link, 50000
        )

    def heard(self) -> bytes:
        """
        @return: What the client heard.
        """
        return b"".join(self.client.pieces)

    def test_interfaces(self) -> None:
        """
        It is a transport.
        """
        for interface in (ITransport, IConsumer, IPushProducer):
            verifyObject(interface, self.ours)
        self.assertEqual(self.ours.getPeer(), self.theirs.getHost())
        self.assertEqual(self.ours.getHost().port, 5900)

    def test_notAtOnce(self) -> None:
        """
        Nothing arrives before the writer has returned; what is written in one moment
        arrives together.
        """
        self.ours.write(b"ab")
        self.ours.writeSequence([b"c", b"d"])
        self.assertEqual(self.client.pieces, [])
        self.clock.advance(0)
        self.assertEqual(self.client.pieces, [b"abcd"])

    def test_bothWays(self) -> None:
        """
        Both can write.
        """
        self.ours.write(b"down")
        self.theirs.write(b"up")
        self.clock.advance(0)
        self.assertEqual((self.client.pieces, self.server.pieces), ([b"down"], [b"up"]))

    def test_onlyBytes(self) -> None:
        """
        Only bytes are written.
        """
        for data in ("text", bytearray(b"abc"), memoryview(b"abc")):
            self.assertRaises(TypeError, self.ours.write, data)

    def test_order(self) -> None:
        """
        Everything arrives in order, over any link.
        """
        data = bytes(range(256)) * 300
        for link in (Link(), Link(100_000), Link(0, 0.3), Link(1_000_000, 0.02)):
            self.connect(link)
            for at in range(0, len(data), 700):
                self.ours.write(data[at : at + 700])
                if at % 1400:
                    self.clock.advance(0.001)
            self.clock.pump([0.01] * 200)
            self.assertEqual(self.heard(), data)
            self.assertEqual(trafficOn(self.clock).pending, 0)

    def test_shorterWay(self) -> None:
        """
        When the way becomes shorter, nothing overtakes what was sent before.
        """
        self.ours.link = Link(delay=0.1)
        self.ours.write(b"one")
        self.clock.advance(0.01)
        self.ours.link = Link(delay=0.02)
        self.ours.write(b"two")
        self.clock.advance(0.01)
        self.ours.link = Link()
        self.ours.write(b"three")
        self.ours.loseConnection()
        self.clock.advance(0.07)
        self.assertEqual(self.client.pieces, [])
        self.clock.advance(0.02)
        self.assertEqual(self.client.pieces, [b"one", b"two", b"three"])
        self.assertEqual(self.client.ended, [ConnectionDone])

    def test_producer(self) -> None:
        """
        A push producer is told to pause above 64 KiB, once, and to resume when all
        is away.
        """
        producer = Producer()
        self.ours.registerProducer(producer, True)
        self.ours.write(bytes(65536))
        self.assertEqual(producer.told, [])
        self.ours.write(b"1")
        self.ours.write(bytes(100_000))
        self.assertEqual(producer.told, ["pause"])
        self.assertEqual(self.ours.waiting, 165537)
        self.clock.advance(0)
        self.assertEqual(producer.told, ["pause", "resume"])
        self.assertEqual(len(self.heard()), 165537)
        self.assertRaises(RuntimeError, self.ours.registerProducer, producer, True)
        self.ours.unregisterProducer()
        self.ours.write(bytes(100_000))
        self.assertEqual(producer.told, ["pause", "resume"])

    def test_pullProducer(self) -> None:
        """
        A pull producer is asked whenever there is room.
        """
        producer = Producer()
        self.ours.registerProducer(producer, False)
        self.assertEqual(producer.told, ["resume"])
        self.ours.write(b"a")
        self.clock.advance(0)
        self.assertEqual(producer.told, ["resume", "resume"])

    def test_pausedReader(self) -> None:
        """
        A reader that pauses gets nothing, and the writer is paused.
        """
        producer = Producer()
        self.ours.registerProducer(producer, True)
        self.theirs.pauseProducing()
        self.ours.write(bytes(70_000))
        self.clock.advance(10)
        self.assertEqual((self.heard(), producer.told), (b"", ["pause"]))
        self.theirs.resumeProducing()
        self.clock.advance(0)
        self.assertEqual(len(self.heard()), 70_000)
        self.assertEqual(producer.told, ["pause", "resume"])

    def test_pausedWhileUnderWay(self) -> None:
        """
        What is under way when somebody stops reading waits at the end.
        """
        self.connect(Link(0, 1))
        self.ours.write(b"abc")
        self.clock.advance(0.5)
        self.theirs.pauseProducing()
        self.clock.advance(5)
        self.assertEqual(self.heard(), b"")
        self.ours.loseConnection()
        self.clock.pump([0, 5])
        self.assertEqual(self.client.ended, [])
        self.theirs.resumeProducing()
        self.assertEqual((self.heard(), self.client.ended), (b"abc", [ConnectionDone]))

    def test_close(self) -> None:
        """
        Closing lets everything arrive first; then both ends hear of it, once.
        """
        self.ours.write(bytes(200_000))
        self.ours.loseConnection()
        self.ours.loseConnection()
        self.assertTrue(self.ours.disconnecting)
        self.assertEqual(self.server.ended, [])
        self.clock.advance(0)
        self.assertEqual(len(self.heard()), 200_000)
        self.assertEqual(self.server.ended, [ConnectionDone])
        self.assertEqual(self.client.ended, [ConnectionDone])
        self.theirs.loseConnection()
        self.ours.write(b"more")
        self.clock.advance(1)
        self.assertEqual(len(self.heard()), 200_000)

    def test_closeWithProducer(self) -> None:
        """
        While a producer is paused, closing waits for it.
        """
        producer = Producer()
        self.ours.registerProducer(producer, True)
        self.ours.write(bytes(70_000))
        self.ours.loseConnection()
        self.clock.advance(0)
        self.assertEqual(producer.told, ["pause", "resume"])
        self.ours.unregisterProducer()
        self.clock.advance(0)
        self.assertEqual(self.server.ended, [ConnectionDone])

    def test_nothingIsReadWhileClosing(self) -> None:
        """
        An end that closes reads nothing more.
        """
        self.ours.write(b"a")
        self.ours.loseConnection()
        self.theirs.write(b"b")
        self.clock.advance(1)
        self.assertEqual(self.server.pieces, [])

    def test_abort(self) -> None:
        """
        Aborting drops what was not away, and is heard as a loss.
        """
        producer = Producer()
        self.ours.registerProducer(producer, True)
        self.theirs.pauseProducing()
        self.ours.write(bytes(70_000))
        self.ours.abortConnection()
        self.clock.advance(0)
        self.assertEqual(producer.told, ["pause", "stop"])
        self.assertEqual(self.server.ended, [ConnectionAborted])
        self.assertEqual(self.client.ended, [ConnectionLost])
        self.assertEqual((self.heard(), self.ours.waiting), (b"", 0))

    def test_producerAfterTheEnd(self) -> None:
        """
        A producer that comes too late is stopped.
        """
        self.ours.abortConnection()
        producer = Producer()
        self.ours.registerProducer(producer, True)
        self.assertEqual(producer.told, ["stop"])

    def test_stopProducing(self) -> None:
        """
        Stopping to read closes the connection.
        """
        self.theirs.stopProducing()
        self.clock.advance(0)
        self.assertEqual(self.server.ended, [ConnectionDone])

    def test_broken(self) -> None:
        """
        A protocol that fails is logged and closed, as a reactor does it.
        """
        self.client.broken = True
        self.ours.write(b"a")
        self.clock.advance(0)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(self.client.ended, [ZeroDivisionError])
        self.assertEqual(self.server.ended, [ConnectionLost])

    def test_traffic(self) -> None:
        """
        It is known when bytes arrived last.
        """
        traffic = trafficOn(self.clock)
        self.clock.advance(3)
        self.ours.write(b"a")
        self.assertEqual((traffic.last, traffic.pending), (0, 1))
        self.clock.advance(0)
        self.assertEqual((traffic.last, traffic.pending), (3, 0))
