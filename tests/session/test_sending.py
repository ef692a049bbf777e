# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.sending}, on sockets that take what they are told to.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet import reactor, tcp
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint
from twisted.internet.interfaces import IPushProducer, ISSLTransport
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface import directlyProvides, implementer

from txrfb._session.sending import PIECE, DirectSender, TransportSender, senderFor


class Socket:
    """
    A socket of which each call of C{send} takes what comes next in a list: so many
    bytes, or an error; all bytes, when the list is at its end.

    @ivar got: What was sent.
    """

    def __init__(self, *answers: int | OSError) -> None:
        self.got = b""
        self._answers = list(answers)

    def fileno(self) -> int:
        """
        No descriptor.
        """
        return -1

    def setblocking(self, flag: bool) -> None:
        """
        Nothing blocks here.
        """

    def send(self, data: bytes) -> int:
        """
        Take some.
        """
        answer = self._answers.pop(0) if self._answers else len(data)
        if isinstance(answer, OSError):
            raise answer
        self.got += data[:answer]
        return min(answer, len(data))


class Reactor:
    """
    A reactor that remembers who wants to write.
    """

    def __init__(self) -> None:
        self.writers: set[Any] = set()

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


@implementer(IPushProducer)
class Producer:
    """
    A producer that remembers what it was told.
    """

    def __init__(self) -> None:
        self.told: list[str] = []

    def pauseProducing(self) -> None:
        """
        There is no room.
        """
        self.told.append("pause")

    def resumeProducing(self) -> None:
        """
        There is room.
        """
        self.told.append("resume")

    def stopProducing(self) -> None:
        """
        The connection is lost.
        """
        self.told.append("stop")


def connection(socket: Socket) -> tuple[tcp.Connection, Reactor]:
    """
    @return: Twisted's transport on such a socket, and its reactor.
    """
    loop: Any = Reactor()
    skt: Any = socket
    transport = tcp.Connection(skt, Protocol(), loop)
    transport.connected = True
    return transport, loop


class DirectTests(SynchronousTestCase):
    """
    Bytes to a socket that has room for some.
    """

    def begin(self, *answers: int | OSError) -> None:
        """
        Begin, with a transport that has nothing to send any more.
        """
        self.socket = Socket(*answers)
        self.transport, self.reactor = connection(self.socket)
        self.sender = senderFor(self.transport)
        self.producer = Producer()
        self.sender.registerProducer(self.producer, True)
        self.flush()
        self.producer.told.clear()

    def flush(self) -> None:
        """
        The reactor comes round, until the transport has nothing to send.
        """
        while self.reactor.writers:
            self.transport.doWrite()

    def started(self, *answers: int | OSError) -> None:
        """
        The same when the first bytes have gone through the transport.
        """
        self.begin(1, *answers)
        self.sender.write(b"!")
        self.flush()
        self.socket.got = b""
        self.producer.told.clear()

    def test_first(self) -> None:
        """
        What was written first may be in the transport still: nothing passes it by.
        """
        self.socket = Socket()
        self.transport, self.reactor = connection(self.socket)
        self.transport.write(b"first ")
        self.sender = senderFor(self.transport)
        self.sender.registerProducer(Producer(), True)
        self.sender.write(b"second ")
        self.flush()
        self.sender.write(b"third")
        self.assertEqual(self.socket.got, b"first second third")
        self.assertEqual(self.reactor.writers, set())

    def test_all(self) -> None:
        """
        What the socket takes is sent at once, and the transport has nothing to do.
        """
        self.started()
        self.sender.write(b"abc")
        self.assertEqual(self.socket.got, b"abc")
        self.assertEqual(self.reactor.writers, set())
        self.assertEqual(self.producer.told, [])

    def test_some(self) -> None:
        """
        What the socket does not take the transport sends, and the producer waits until
        it has.
        """
        for answer in (0, 1, BlockingIOError(errno.EAGAIN, "no room")):
            self.started(answer)
            self.sender.write(b"abc")
            self.assertEqual(self.producer.told, ["pause"])
            self.sender.write(b"def")
            self.flush()
            self.assertEqual(self.socket.got, b"abcdef")
            self.assertEqual(self.producer.told, ["pause", "resume"])
            self.sender.write(b"ghi")
            self.assertEqual(self.socket.got, b"abcdefghi")

    def test_long(self) -> None:
        """
        Of a long piece the socket is given all at once; of what it does not take the
        transport is given no more than it is to hold, and the rest is told apart.
        """
        data = bytes(range(250)) * 1000
        self.started()
        self.assertEqual(self.sender.writeSome(data, 0), len(data))
        self.assertEqual(self.socket.got, data)
        self.assertEqual(self.producer.told, [])
        for answer in (0, 1, 100_000, 249_900, BlockingIOError(errno.EAGAIN, "no")):
            self.started(answer)
            taken = 10 + answer if isinstance(answer, int) else 10
            end = self.sender.writeSome(data, 10)
            self.assertEqual(end, min(taken + PIECE, len(data)))
            self.assertEqual(self.producer.told, ["pause"])
            self.assertEqual(self.socket.got, data[10:taken])
            self.flush()
            self.assertEqual(self.producer.told, ["pause", "resume"])
            self.assertEqual(self.sender.writeSome(data, end), len(data))
            self.assertEqual(self.socket.got, data[10:])
            self.assertEqual(self.reactor.writers, set())

    def test_lost(self) -> None:
        """
        When the peer is gone nothing is sent any more, in neither way; that the
        connection is lost the transport finds out when it has read what came before.
        """
        for gone in (BrokenPipeError(errno.EPIPE), ConnectionResetError()):
            self.started(*[gone] * 3)
            self.sender.write(b"abc")
            self.assertEqual(self.sender.writeSome(b"abcdef", 2), 2)
            self.sender.write(b"abc")
            self.assertEqual(self.producer.told, ["pause"])
            self.assertEqual(self.socket.got, b"")
            self.assertEqual(self.reactor.writers, set())

    def test_noRoute(self) -> None:
        """
        Of all else that keeps bytes from being sent the transport finds out, as it
        always does.
        """
        self.started(*[OSError(errno.EHOSTUNREACH, "no route")] * 2)
        self.sender.write(b"abc")
        self.assertEqual(self.producer.told, ["pause"])
        self.assertIsInstance(self.transport.doWrite(), Exception)

    @settings(max_examples=100, deadline=None)
    @given(
        st.lists(st.binary(min_size=1, max_size=9), max_size=12),
        st.lists(st.one_of(st.integers(0, 9), st.just(-1)), max_size=30),
        st.lists(st.booleans(), max_size=12),
    )
    def test_order(
        self, pieces: list[bytes], answers: list[int], turns: list[bool]
    ) -> None:
        """
        Whatever the socket takes, everything is sent once and in order.
        """
        full = BlockingIOError(errno.EAGAIN, "no room")
        self.begin(*(full if answer < 0 else answer for answer in answers))
        comesRound: Iterator[bool] = iter(turns)
        for piece in pieces:
            self.sender.write(piece)
            if next(comesRound, True) and self.reactor.writers:
                self.transport.doWrite()
        self.flush()
        self.assertEqual(self.socket.got, b"".join(pieces))
        told = self.producer.told
        self.assertEqual(told, ["pause", "resume"] * (len(told) // 2))


class SenderTests(TestCase):
    """
    What is chosen for which transport.
    """

    def test_others(self) -> None:
        """
        Transports that are no plain sockets write themselves.
        """
        other = StringTransport()
        sender = senderFor(other)
        self.assertIsInstance(sender, TransportSender)
        sender.registerProducer(producer := Producer(), True)
        self.assertIs(other.producer, producer)
        sender.write(b"abc")
        data = bytes(range(250)) * 1000
        at = 0
        while at < len(data):
            was, at = at, sender.writeSome(data, at)
            self.assertLessEqual(at - was, PIECE)
        self.assertEqual(other.value(), b"abc" + data)
        secure, _ = connection(Socket())
        directlyProvides(secure, ISSLTransport)
        self.assertIsInstance(senderFor(secure), TransportSender)

    async def test_tcp(self) -> None:
        """
        On real sockets all arrives, however much there is, and the connection ends.
        """
        data = bytes(range(256)) * 40000
        got: list[bytes] = []
        sent: Deferred[None] = Deferred()
        ended: Deferred[None] = Deferred()

        class Server(Protocol):
            def connectionMade(self) -> None:
                transport: Any = self.transport
                sender = senderFor(transport)
                assert isinstance(sender, DirectSender)
                producer = Producer()
                sender.registerProducer(producer, True)
                left = [
                    data[start : start + 50000] for start in range(0, len(data), 50000)
                ]

                def resumed() -> None:
                    producer.told.clear()
                    while left and not producer.told:
                        sender.write(left.pop(0))
                    if not left:
                        transport.unregisterProducer()
                        transport.loseConnection()
                        sent.callback(None)

                producer.resumeProducing = resumed  # type: ignore[method-assign]
                resumed()

        class Client(Protocol):
            def dataReceived(self, data: bytes) -> None:
                got.append(data)

            def connectionLost(self, reason: Any = None) -> None:
                ended.callback(None)

        loop: Any = reactor
        endpoint = TCP4ServerEndpoint(loop, 0, interface="127.0.0.1")
        port = await endpoint.listen(Factory.forProtocol(Server))
        address: Any = port.getHost()
        await TCP4ClientEndpoint(loop, "127.0.0.1", address.port).connect(
            Factory.forProtocol(Client)
        )
        await sent
        await ended
        await port.stopListening()
        self.assertEqual(b"".join(got), data)
