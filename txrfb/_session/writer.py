# -*- test-case-name: tests.session.test_writer -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
How what one viewer is sent gets to its transport: small messages, and between them
updates, piece by piece, as long as there is room.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from twisted.python.failure import Failure

from txrfb._screen.plan import CHUNK, Plan
from txrfb._session.outbox import Outbox
from txrfb._wire.messages import FramebufferUpdate
from txrfb.error import OutboxFull

if TYPE_CHECKING:
    from twisted.internet.interfaces import IConsumer, IDelayedCall, IReactorTime

#: For how long one viewer's update may keep the reactor from other things.
_TURN = 0.005

#: Of small messages that must not be late, no more than so many wait.
_ROOM = 8


class ITeller(Protocol):
    """
    Who is told what is sent; see L{txrfb._wire.transcript.Transcript}.
    """

    def tx(self, name: str, size: int, detail: str = "") -> None: ...


class Writer:
    """
    Writes to one transport what it has room for.

    What it holds is one piece of an update that waits to be written, one L{Plan},
    and a few small messages.

    @ivar plan: The update under way; C{None} between updates.
    @ivar isPaused: Whether the transport has no room.
    @ivar isStopped: Whether nothing will be written any more.
    @ivar bytesSent: How many bytes were written, an update counting at its end.
    """

    def __init__(
        self,
        consumer: IConsumer,
        clock: IReactorTime,
        teller: ITeller,
        begin: Callable[[], bool],
        finished: Callable[[Plan, int], None],
        failed: Callable[[str, Failure | None], None],
    ) -> None:
        """
        @param consumer: What is written to.

        @param clock: What time is taken from.

        @param teller: Who is told what was written.

        @param begin: Called between updates, when no small message waits; it
            L{start}s an update, or says or writes something else, and returns
            whether it did.

        @param finished: Called with an update, and its size in bytes, when its last
            byte is written.

        @param failed: Called with the reason, and the exception if there was one,
            when the viewer cannot be served any longer; by then this is stopped.
        """
        self.plan: Plan | None = None
        self.isPaused = False
        self.isStopped = False
        self.bytesSent = 0
        self._consumer = consumer
        self._clock = clock
        self._teller = teller
        self._begin = begin
        self._finished = finished
        self._failed = failed
        self._outbox = Outbox()
        # The encodings whose stream is open on this connection.
        self._opened: set[int] = set()
        # Where the update is, what is left of a long piece, and what was written.
        self._next = 0
        self._rest = b""
        self._restFrom = 0
        self._planBytes = 0
        self._isRunning = False
        self._turn: IDelayedCall | None = None

    def stop(self) -> None:
        """
        Write nothing any more, and hold nothing.
        """
        self.isStopped = True
        self.plan = None
        self._rest = b""
        self._outbox.clear()
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None

    # -- What is to be written -------------------------------------------------------

    def say(self, name: str, data: bytes, newest: bool = False) -> None:
        """
        Send a small message, between updates.

        @param name: What it is, for the log.

        @param newest: Whether one of the same name that still waits is worth
            nothing any more.
        """
        if self.isStopped:
            return
        try:
            self._outbox.add(name, data, newest)
        except OutboxFull as full:
            self.stop()
            self._failed(str(full), None)
            return
        self.pump()

    def sayIfRoom(self, name: str, data: bytes) -> None:
        """
        Send a small message, between updates, that is worth nothing when it is
        late: if there is no room now, it is dropped.
        """
        if not (self.isPaused or self.isStopped) and len(self._outbox) < _ROOM:
            self.say(name, data)

    def start(self, plan: Plan, extras: list[bytes]) -> None:
        """
        Begin an update.

        @param extras: Rectangles that come before those of the plan.
        """
        self.plan = plan
        self._planBytes = 0
        encoder = plan.encoder
        opening = bool(
            plan.pieces and encoder.opens and encoder.number not in self._opened
        )
        if opening:
            self._opened.add(encoder.number)
        if extras or opening:
            data, self._next = plan.head(extras, opening)
        else:
            data, self._next = plan.chunk(0)
        self._send(data)

    def writeRectangles(self, rectangles: list[bytes]) -> int:
        """
        Write, at once, an update of rectangles that are no pixels.

        @return: Its size in bytes.
        """
        data = FramebufferUpdate(len(rectangles)).toBytes() + b"".join(rectangles)
        self._consumer.write(data)
        self._told(len(data), len(rectangles))
        return len(data)

    def writeMark(self, name: str, data: bytes) -> None:
        """
        Write a message at once, behind what was just written.
        """
        self._teller.tx(name, len(data))
        self._consumer.write(data)

    # -- The writing -----------------------------------------------------------------

    def pump(self) -> None:
        """
        Write as long as there is something to write, and room.
        """
        # A write may call pauseProducing or resumeProducing before it returns.
        if self._isRunning or self._turn is not None:
            return
        self._isRunning = True
        try:
            self._write()
        except Exception:
            failure = Failure()
            self.stop()
            self._failed("an update failed", failure)
        finally:
            self._isRunning = False

    def together(self, act: Callable[[], None]) -> None:
        """
        Do something, and write nothing before it is done.
        """
        self._isRunning = True
        try:
            act()
        finally:
            self._isRunning = False
        self.pump()

    def _write(self) -> None:
        seconds = self._clock.seconds
        start = seconds()
        while not self.isStopped:
            plan = self.plan
            if plan is None:
                if self.isPaused:
                    return
                if self._outbox:
                    self._writeSmall()
                elif not self._begin():
                    return
            elif not self._rest and self._next >= len(plan.pieces):
                # Its last byte is written, whether there is room for more or not.
                self.plan = None
                self._told(self._planBytes, plan.count)
                self._finished(plan, self._planBytes)
            elif self.isPaused:
                return
            elif self._rest:
                data = self._rest[self._restFrom : self._restFrom + CHUNK]
                self._restFrom += CHUNK
                if self._restFrom >= len(self._rest):
                    self._rest = b""
                self._consumer.write(data)
            elif seconds() - start > _TURN:
                # Let others have their turn: their keys are as urgent as these
                # pixels.
                self._turn = self._clock.callLater(0, self._nextTurn)
                return
            else:
                data, self._next = plan.chunk(self._next)
                self._send(data)

    def _nextTurn(self) -> None:
        self._turn = None
        self.pump()

    def _send(self, data: bytes) -> None:
        self._planBytes += len(data)
        if len(data) > CHUNK:
            self._rest, self._restFrom = data, 0
        else:
            self._consumer.write(data)

    def _writeSmall(self) -> None:
        while self._outbox:
            name, data = self._outbox.take()
            self._teller.tx(name, len(data))
            self.bytesSent += len(data)
            for start in range(0, len(data), CHUNK):
                self._consumer.write(data[start : start + CHUNK])

    def _told(self, size: int, count: int) -> None:
        """
        An update is written.
        """
        self._teller.tx("FramebufferUpdate", size, f"{count} rectangles")
        self.bytesSent += size
