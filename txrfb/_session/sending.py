# -*- test-case-name: tests.session.test_sending -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What is written to a viewer reaches the kernel at once, if there is room.

Twisted's transports send when the reactor comes round to it, and hold what they are
given until then: that costs two calls of C{epoll_ctl} for every frame of every viewer,
and a large update takes a turn of the reactor for each piece.  Where the transport is a
plain socket, the bytes are given to the kernel here, and only those that it has no room
for to the transport.
"""

from __future__ import annotations

from typing import Any, Protocol

from twisted.internet.abstract import FileDescriptor
from twisted.internet.interfaces import (
    IPullProducer,
    IPushProducer,
    ISSLTransport,
    ITCPTransport,
)
from zope.interface import implementer

#: How many bytes a transport is given at once, which it holds until it can send them.
PIECE = 1 << 16


class ISender(Protocol):
    """
    The part of L{IConsumer<twisted.internet.interfaces.IConsumer>} that is needed, and
    a way to write what is long.
    """

    def write(self, data: bytes, /) -> object: ...

    def writeSome(self, data: bytes, start: int, /) -> int:
        """
        Write some of a long piece, as much as there is room for.

        @param start: Where to begin.

        @return: Where to go on, when there is room again.
        """

    def registerProducer(self, producer: Any, streaming: bool, /) -> object: ...


def senderFor(transport: Any) -> ISender:
    """
    @param transport: A transport on which nothing is written in another way from now
        on, and that has no producer.

    @return: What writes to it.
    """
    return DirectSender(transport) if isPlain(transport) else TransportSender(transport)


def isPlain(transport: Any) -> bool:
    """
    @return: Whether what is written to a transport is what its socket is to send.
    """
    return (
        isinstance(transport, FileDescriptor)
        and ITCPTransport.providedBy(transport)
        and not ISSLTransport.providedBy(transport)
    )


class TransportSender:
    """
    Gives bytes to a transport, which holds them.
    """

    def __init__(self, transport: Any) -> None:
        """
        @param transport: A transport, or what writes to one.
        """
        self._transport = transport

    def write(self, data: bytes) -> None:
        """
        Give it bytes.
        """
        self._transport.write(data)

    def registerProducer(self, producer: IPushProducer, streaming: bool) -> None:
        """
        Have it tell a producer when there is no room.
        """
        self._transport.registerProducer(producer, streaming)

    def writeSome(self, data: bytes, start: int) -> int:
        """
        See L{ISender.writeSome}.
        """
        end = min(start + PIECE, len(data))
        self._transport.write(data[start:end])
        return end


@implementer(IPullProducer)
class DirectSender:
    """
    Gives bytes to the socket of a transport.

    For the transport this is a pull producer, which is asked for more whenever the
    transport holds nothing: only then may bytes pass it by.
    """

    def __init__(self, transport: Any) -> None:
        """
        @param transport: A transport of TCP or of a UNIX socket.
        """
        self._transport = transport
        self._send = transport.getHandle().send
        self._producer: IPushProducer | None = None
        # Whether the transport may hold something: what was written before this was
        # there may be in it still.
        self._isHolding = True
        self._isPaused = False

    def registerProducer(self, producer: IPushProducer, streaming: bool) -> None:
        """
        Tell a push producer when there is no room, and when there is again.
        """
        self._transport.registerProducer(self, False)
        # It was asked for the first bytes in this: that says nothing.
        self._producer = producer

    def write(self, data: bytes) -> None:
        """
        Send bytes, or have the transport send them when it can.
        """
        sent = 0
        if not self._isHolding:
            try:
                sent = self._send(data)
            except (BrokenPipeError, ConnectionResetError):
                self._pause()
                return
            except OSError:
                pass  # no room; or the connection is lost, as the transport will notice
            if sent == len(data):
                return
            self._isHolding = True
        self._hold(data[sent:] if sent else data)

    def writeSome(self, data: bytes, start: int) -> int:
        """
        See L{ISender.writeSome}.  The kernel is given all at once: to send 900 kB in
        pieces of L{PIECE} took twice the processor's time.
        """
        if not self._isHolding:
            try:
                start += self._send(memoryview(data)[start:])
            except (BrokenPipeError, ConnectionResetError):
                self._pause()
                return start
            except OSError:
                pass  # as above
            if start == len(data):
                return start
            self._isHolding = True
        end = min(start + PIECE, len(data))
        # By this the reactor learns that there is something to send.
        self._hold(data[start:end])
        return end

    def _hold(self, data: bytes) -> None:
        """
        Have the transport send bytes when it can.
        """
        self._transport.write(data)
        self._pause()

    def _pause(self) -> None:
        """
        Have no more to send; for good, if that is because the peer is gone.  What it
        said before is read all the same, which it would not be any more if the
        transport found out by writing.
        """
        if not self._isPaused and self._producer is not None:
            self._isPaused = True
            self._producer.pauseProducing()

    def resumeProducing(self) -> None:
        """
        See L{IPullProducer.resumeProducing}: the transport holds nothing.
        """
        producer = self._producer
        if producer is None:
            return
        self._isHolding = False
        if self._isPaused:
            self._isPaused = False
            producer.resumeProducing()

    def stopProducing(self) -> None:
        """
        See L{IPullProducer}: the connection is lost.
        """
        if self._producer is not None:
            self._producer.stopProducing()
