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


class ISender(Protocol):
    """
    The part of L{IConsumer<twisted.internet.interfaces.IConsumer>} that is needed.
    """

    def write(self, data: bytes, /) -> object: ...

    def registerProducer(self, producer: Any, streaming: bool, /) -> object: ...


def senderFor(transport: Any) -> ISender:
    """
    @param transport: A transport on which nothing is written in another way from now
        on, and that has no producer.

    @return: What writes to it.
    """
    isPlain = (
        isinstance(transport, FileDescriptor)
        and ITCPTransport.providedBy(transport)
        and not ISSLTransport.providedBy(transport)
    )
    return DirectSender(transport) if isPlain else transport


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
            except OSError:
                # No room; or the connection is lost, which the transport will notice.
                pass
            if sent == len(data):
                return
            self._isHolding = True
        self._transport.write(data[sent:] if sent else data)
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
