# -*- test-case-name: tests.testing.test_wire -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A connection in memory, on a clock, which looks like TCP to Twisted's protocols.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeVar, cast
from weakref import WeakKeyDictionary

from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import (
    IConsumer,
    IProducer,
    IProtocol,
    IPushProducer,
    ITransport,
)
from twisted.internet.task import Clock
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from txrfb.interfaces import IViewerStream

if TYPE_CHECKING:
    from twisted.protocols.tls import TLSMemoryBIOProtocol

__all__ = ["Link", "MemoryTransport", "Traffic", "connect", "trafficOn"]

T = TypeVar("T")

#: Bytes that a transport takes before it pauses its producer, and reads at once: as in
#: C{twisted.internet.abstract}.
_BUFFER = 1 << 16

#: The port of the end that listens.
_SERVER = 5900

#: For how long a narrow link is busy with one piece, in seconds.
_PIECE = 0.01


@dataclass(frozen=True)
class Link:
    """
    What a connection runs over.

    @ivar bandwidth: Bytes a second, each way; 0 for no limit.
    @ivar delay: Seconds from one end to the other.
    """

    bandwidth: float = 0
    delay: float = 0

    def __post_init__(self) -> None:
        if not (self.bandwidth >= 0 and self.delay >= 0):
            raise ValueError(f"{self}: neither can be negative")


class Traffic:
    """
    What moves on all connections that share a clock.

    @ivar last: When bytes arrived last, in seconds of the clock.
    @ivar pending: How many pieces are on their way.
    """

    def __init__(self, clock: Clock) -> None:
        """
        @param clock: What time is taken from.
        """
        self.last = clock.seconds()
        self.pending = 0


_traffics: WeakKeyDictionary[Clock, Traffic] = WeakKeyDictionary()


def trafficOn(clock: Clock) -> Traffic:
    """
    @return: What moves on connections with this clock.
    """
    traffic = _traffics.get(clock)
    if traffic is None:
        traffic = _traffics[clock] = Traffic(clock)
    return traffic


@implementer(ITransport, IConsumer, IPushProducer, IViewerStream)
class MemoryTransport:
    """
    One end of a connection, which can begin TLS.

    @ivar clock: What time is taken from.
    @ivar link: What bytes from here run over; it may be changed at any time.
    @ivar disconnecting: Whether it is to be closed once everything is written.
    @ivar disconnected: Whether it is closed.
    """

    _log = Logger()

    isProxied = isWebSocket = awaitsViewer = False
    isSecureContext = True
    credentials = None
    host = "127.0.0.1"

    def __init__(
        self, clock: Clock, protocol: IProtocol, link: Link, port: int
    ) -> None:
        """
        @param clock: What time is taken from.

        @param protocol: The protocol at this end.

        @param link: What bytes from here run over.

        @param port: The number of the port of this end.
        """
        self.link = link
        self.disconnecting = False
        self.disconnected = False
        self.producer: IPushProducer | None = None
        self.streamingProducer = False
        self.clock = clock
        self._protocol = protocol
        self._tls: TLSMemoryBIOProtocol | None = None
        self._host = IPv4Address("TCP", self.host, port)
        self._traffic = trafficOn(clock)
        self._buffer = bytearray()
        self._isSending = False
        self._isProducerPaused = False
        # What the other end is still to be told, and when the last of it arrives.
        self._onTheWay: deque[Callable[[], None]] = deque()
        self._arrival = 0.0
        # What arrived while nobody read, and how the other side ended then.
        self._isReadingPaused = False
        self._unread: list[bytes] = []
        self._end: Exception | None = None
        self._other: MemoryTransport

    def join(self, other: MemoryTransport) -> None:
        """
        Connect with the other end.
        """
        self._other, other._other = other, self

    @property
    def waiting(self) -> int:
        """
        How many bytes were written here and not sent yet.
        """
        return len(self._buffer)

    # -- Writing ---------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """
        See L{ITransport.write}.
        """
        if not isinstance(data, bytes):
            raise TypeError(f"{type(data).__name__} was written; it must be bytes")
        if self._tls is not None:
            self._tls.write(data)
        else:
            self.send(data)

    def send(self, data: bytes) -> None:
        """
        Write to the other end, past any TLS.
        """
        if self.disconnected or not data:
            return
        self._buffer += data
        if (
            self.producer is not None
            and self.streamingProducer
            and not self._isProducerPaused
            and len(self._buffer) > _BUFFER
        ):
            self._isProducerPaused = True
            self.producer.pauseProducing()
        self._pump()

    def writeSequence(self, data: Iterable[bytes]) -> None:
        """
        See L{ITransport.writeSequence}.
        """
        self.write(b"".join(data))

    def registerProducer(self, producer: IProducer, streaming: bool) -> None:
        """
        See L{IConsumer.registerProducer}.
        """
        if self._tls is not None:
            self._tls.registerProducer(producer, streaming)
        else:
            self.register(producer, streaming)

    def register(self, producer: IProducer, streaming: bool) -> None:
        """
        Register what makes the bytes that are sent.
        """
        if self.producer is not None:
            raise RuntimeError(f"{self.producer} is registered, {producer} cannot be")
        if self.disconnected:
            producer.stopProducing()
            return
        # A pull producer is never paused.
        self.producer = cast(IPushProducer, producer)
        self.streamingProducer = streaming
        self._isProducerPaused = False
        if not streaming:
            self.producer.resumeProducing()

    def unregisterProducer(self) -> None:
        """
        See L{IConsumer.unregisterProducer}.
        """
        if self._tls is not None:
            self._tls.unregisterProducer()
        else:
            self.unregister()

    def unregister(self) -> None:
        """
        What made the bytes makes no more.
        """
        self.producer = None
        self.streamingProducer = False
        self._pump()

    def _pump(self) -> None:
        """
        Send a piece, if there is one and somebody reads.
        """
        if self._isSending or self.disconnected:
            return
        if self._other._isReadingPaused and self._buffer:
            return
        if not (self._buffer or self.disconnecting):
            return
        self._isSending = True
        self._traffic.pending += 1
        bandwidth = self.link.bandwidth
        if not bandwidth:
            # What is written until then arrives together.
            self.clock.callLater(0, self._sent)
            return
        piece = self._take(max(1, int(bandwidth * _PIECE)))
        self.clock.callLater(len(piece) / bandwidth, self._sent, piece)

    def _take(self, size: int = _BUFFER) -> bytes:
        piece = bytes(self._buffer[: min(size, _BUFFER)])
        del self._buffer[: len(piece)]
        return piece

    def _sent(self, piece: bytes | None = None) -> None:
        self._isSending = False
        self._traffic.pending -= 1
        if self.disconnected:
            return
        if piece is None:
            piece = b"" if self._other._isReadingPaused else self._take()
        if piece:
            self._later(self._other._arrived, piece)
        if not self._buffer:
            if self.producer is not None and (
                self._isProducerPaused or not self.streamingProducer
            ):
                self._isProducerPaused = False
                self.producer.resumeProducing()
            elif self.disconnecting:
                self._close(ConnectionDone())
            return
        self._pump()

    def _later(self, tell: Callable[[T], None], argument: T) -> None:
        """
        Call a method of the other end after the link's delay, in order.
        """
        if not (self.link.delay or self._onTheWay):
            tell(argument)
            return
        self._traffic.pending += 1
        self._onTheWay.append(lambda: tell(argument))
        # Nothing overtakes what was sent when the way was longer.
        now = self.clock.seconds()
        self._arrival = max(self._arrival, now + self.link.delay)
        self.clock.callLater(self._arrival - now, self._arrive)

    def _arrive(self) -> None:
        self._traffic.pending -= 1
        self._onTheWay.popleft()()

    # -- TLS -------------------------------------------------------------------------

    @property
    def isSecure(self) -> bool:
        """
        See L{IViewerStream}.
        """
        return self._tls is not None

    @property
    def canStartTLS(self) -> bool:
        """
        See L{IViewerStream}.
        """
        return self._tls is None and find_spec("OpenSSL") is not None

    def startTLS(self, creator: Any, normal: bool = True) -> None:
        """
        See L{ITLSTransport<twisted.internet.interfaces.ITLSTransport>}.
        """
        from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol

        producer, streaming = self.producer, self.streamingProducer
        if producer is not None:
            self.unregister()
        # The one that listens has the known port.
        isClient = (self._host.port != _SERVER) is normal
        factory = TLSMemoryBIOFactory(creator, isClient, cast(Any, None))
        tls = TLSMemoryBIOProtocol(factory, self._protocol, False)
        self._protocol = self._tls = tls
        tls.makeConnection(_Beneath(self))
        if producer is not None:
            tls.registerProducer(producer, streaming)

    # -- Reading ---------------------------------------------------------------------

    def pauseProducing(self) -> None:
        """
        Read nothing more.
        """
        self._isReadingPaused = True

    def resumeProducing(self) -> None:
        """
        Read on.
        """
        self._isReadingPaused = False
        unread, self._unread = self._unread, []
        for piece in unread:
            self._arrived(piece)
        if self._end is not None and not self._isReadingPaused:
            self._close(self._end)
        self._other._pump()

    def stopProducing(self) -> None:
        """
        Close the connection.
        """
        self.loseConnection()

    def _arrived(self, piece: bytes) -> None:
        self._traffic.last = self.clock.seconds()
        if self.disconnected or self.disconnecting:
            return
        if self._isReadingPaused:
            self._unread.append(piece)
            return
        try:
            self._protocol.dataReceived(piece)
        except Exception as error:
            # A reactor does the same.
            self._log.failure("a protocol failed")
            self._close(error)

    # -- The end ---------------------------------------------------------------------

    def loseConnection(self) -> None:
        """
        See L{ITransport.loseConnection}.
        """
        if self._tls is not None:
            self._tls.loseConnection()
        else:
            self.lose()

    def lose(self) -> None:
        """
        Close once everything is sent.
        """
        if not (self.disconnected or self.disconnecting):
            self.disconnecting = True
            self._pump()

    def abortConnection(self) -> None:
        """
        Close at once.
        """
        self._close(ConnectionAborted())

    def _close(self, reason: BaseException) -> None:
        if self.disconnected:
            return
        self.disconnected = True
        self._buffer.clear()
        self._unread.clear()
        self._traffic.last = self.clock.seconds()
        producer, self.producer = self.producer, None
        if producer is not None:
            producer.stopProducing()
        self._protocol.connectionLost(Failure(reason))
        clean = isinstance(reason, ConnectionDone)
        self._later(self._other._lost, ConnectionDone() if clean else ConnectionLost())

    def _lost(self, reason: Exception) -> None:
        """
        The other end is closed.
        """
        if self._isReadingPaused and self._unread:
            self._end = reason
        else:
            self._close(reason)

    def getPeer(self) -> IPv4Address:
        """
        See L{ITransport.getPeer}.
        """
        return self._other._host

    def getHost(self) -> IPv4Address:
        """
        See L{ITransport.getHost}.
        """
        return self._host


@implementer(ITransport, IConsumer)
class _Beneath:
    """
    A transport as TLS on it sees it.
    """

    def __init__(self, transport: MemoryTransport) -> None:
        self.write = transport.send
        self.registerProducer = transport.register
        self.unregisterProducer = transport.unregister
        self.loseConnection = transport.lose
        self._transport = transport
        self.getPeer, self.getHost = transport.getPeer, transport.getHost

    def writeSequence(self, data: Iterable[bytes]) -> None:
        """
        See L{ITransport.writeSequence}.
        """
        self.write(b"".join(data))

    def abortConnection(self) -> None:
        """
        Close soon, as TLS does not expect to have lost the connection by then.
        """
        self._transport.clock.callLater(0, self._transport.abortConnection)


def connect(
    clock: Clock, server: IProtocol, client: IProtocol, link: Link, port: int
) -> tuple[MemoryTransport, MemoryTransport]:
    """
    Connect two protocols.

    @param clock: What time is taken from.

    @param server: The protocol of one end.

    @param client: That of the other.

    @param link: What is between them.

    @param port: The number of the client's port.

    @return: The server's transport, and the client's.
    """
    ours = MemoryTransport(clock, server, link, _SERVER)
    theirs = MemoryTransport(clock, client, link, port)
    ours.join(theirs)
    client.makeConnection(theirs)
    server.makeConnection(ours)
    return ours, theirs
