# -*- test-case-name: tests.client.test_outgoing -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The one way out to a server.

A server may ask for answers without end and read none of them.  What it asks for while
it takes nothing is bounded: of what replaces what came before it (a clipboard) the
newest waits, and of the rest L{MOST} bytes.  Reading goes on meanwhile: a server that
does one thing at a time takes nothing before what it sends was read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall, IReactorTime

__all__ = ["MOST", "Outgoing"]

#: How many bytes of answers wait for a server that does not take what it is sent.
MOST = 1 << 18


@implementer(IPushProducer)
class Outgoing:
    """
    Writes to a transport.

    @ivar isFull: Whether the server does not take what it is sent.
    """

    def __init__(self, clock: IReactorTime) -> None:
        """
        @param clock: What time is taken from.
        """
        self.isFull = False
        self._clock = clock
        self._transport: Any = None
        self._isRegistered = False
        self._answers = 0
        self._later: dict[object, Callable[[], None]] = {}
        self._rooms: list[Deferred[None]] = []
        self._abortion: IDelayedCall | None = None

    def use(self, transport: Any) -> None:
        """
        Write to this.

        @param transport: Transports of tests may take no producers.
        """
        self._transport = transport
        if hasattr(transport, "registerProducer"):
            self._isRegistered = True
            transport.registerProducer(self, True)

    def write(self, data: bytes, isAnswer: bool = False) -> bool:
        """
        Write.

        @param isAnswer: Whether it is said because of something that the server said.

        @return: Whether the server has not asked for more than it takes.
        """
        if isAnswer and self.isFull:
            self._answers += len(data)
            if self._answers > MOST:
                return False
        if self._transport is not None:
            self._transport.write(data)
        return True

    def whenRoom(self, what: object, say: Callable[[], None]) -> None:
        """
        Say something when the server takes more.

        @param what: What it is: the newest of a kind replaces what waits.
        """
        if self.isFull:
            self._later.pop(what, None)
            self._later[what] = say
        else:
            say()

    def room(self) -> Deferred[None] | None:
        """
        @return: C{None} if the server takes more; else what fires when it does.
        """
        if not self.isFull:
            return None
        room: Deferred[None] = Deferred(self._rooms.remove)
        self._rooms.append(room)
        return room

    def close(self, patience: float | None = None) -> None:
        """
        Close the connection when the server has taken what was written.

        @param patience: For how many seconds it may do so, and end its side of TLS;
            C{None} for as long as it likes.
        """
        transport = self._transport
        if transport is None:
            return
        # While a producer is registered, TLS does not close.
        if self._isRegistered:
            self._isRegistered = False
            transport.unregisterProducer()
        transport.loseConnection()
        if patience is not None and self._transport is not None:
            self._abortion = self._clock.callLater(patience, self._abort)

    def _abort(self) -> None:
        self._abortion = None
        self._transport.abortConnection()

    def lost(self) -> None:
        """
        The connection has ended.
        """
        self._transport = None
        self._isRegistered = False
        if self._abortion is not None:
            self._abortion.cancel()
            self._abortion = None
        self._later.clear()
        self.resumeProducing()

    # -- The transport, as its producer ----------------------------------------------

    def pauseProducing(self) -> None:
        """
        The server does not take what it is sent.
        """
        self.isFull = True

    def resumeProducing(self) -> None:
        """
        It does again.
        """
        self.isFull = False
        self._answers = 0
        while self._later and not self.isFull:
            self._later.pop(next(iter(self._later)))()
        rooms, self._rooms = self._rooms, []
        for room in rooms:
            room.callback(None)

    def stopProducing(self) -> None:
        """
        The connection is lost.
        """
