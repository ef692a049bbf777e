# -*- test-case-name: tests.session.test_writer -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The one way out to a viewer: small messages, and between them updates, piece by piece,
as long as there is room.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

from twisted.python.failure import Failure

from txrfb._screen.plan import CHUNK, Plan
from txrfb._wire.messages import Message, packUpdate
from txrfb.error import OutboxFull

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall, IReactorTime

#: For how many seconds one viewer's update may keep the reactor from other things.
_TURN = 0.005

#: How many messages may wait for a viewer that reads nothing.
_MAX_MESSAGES = 64

#: Of messages that are worthless when they are late, no more than so many wait.
_ROOM = 8


class IConsumer(Protocol):
    """
    What bytes are written to.
    """

    def write(self, data: bytes, /) -> object: ...


class ITeller(Protocol):
    """
    Takes down what is sent; see L{txrfb._wire.transcript.Transcript}.
    """

    def tx(self, name: str, size: int, detail: str = "") -> None: ...
    def beginUpdate(self, count: int, encoding: int | None, serial: int) -> None: ...
    def wrote(self, size: int) -> None: ...
    def endUpdate(self) -> None: ...


class Update(NamedTuple):
    """
    An update to be written.

    @ivar plan: Its pixels; C{None} if there are none.
    @ivar extras: The rectangles that come before those of the plan, with their
        headers.
    """

    plan: Plan | None
    extras: list[bytes]


class IUpdateSource(Protocol):
    """
    What has updates for a viewer; see L{txrfb._session.updates.UpdateProducer}.
    """

    def nextUpdate(self) -> Update | None:
        """
        Called between updates, when there is room and no message waits.

        @return: The update to write now; C{None} if there is none, though something
            may have been said instead.
        """

    def updateSent(self, plan: Plan | None, size: int) -> None:
        """
        The last byte of an update was written.

        @param plan: Its pixels, if it had some.

        @param size: How many bytes it had.
        """


class _NoUpdates:
    """
    The source before there is another.
    """

    def nextUpdate(self) -> Update | None:
        """
        There is no update.
        """
        return None

    def updateSent(self, plan: Plan | None, size: int) -> None:
        """
        No update is sent.
        """


class Writer:
    """
    Writes to one transport what it has room for.

    What it holds is one piece of an update that waits to be written, one L{Plan},
    and a few small messages.

    @ivar source: What has updates.
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
        failed: Callable[[str, Failure | None], None],
    ) -> None:
        """
        @param consumer: What is written to.

        @param clock: What time is taken from.

        @param teller: Takes down what was written.

        @param failed: Called with the reason, and the exception if there was one,
            when the viewer cannot be served any longer; by then this is stopped.
        """
        self.source: IUpdateSource = _NoUpdates()
        self.plan: Plan | None = None
        self.isPaused = False
        self.isStopped = False
        self.bytesSent = 0
        self._consumer = consumer
        self._clock = clock
        self._teller = teller
        self._failed = failed
        # Messages that wait for their turn, and what each replaces.
        self._waiting: deque[tuple[Message, str]] = deque()
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
        self._waiting.clear()
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None

    @property
    def held(self) -> tuple[int, int, int]:
        """
        What waits for room: how many messages, how many rectangles of the update under
        way, and how many bytes of one that is written in pieces.
        """
        plan = self.plan
        rectangles = 0 if plan is None else len(plan.pieces) - self._next
        rest = len(self._rest) - self._restFrom if self._rest else 0
        return len(self._waiting), rectangles, rest

    # -- What is to be written -------------------------------------------------------

    def say(self, message: Message, replaces: str = "") -> None:
        """
        Send a message, between updates.

        @param message: The message.

        @param replaces: What it is news of, if only the newest counts: what waits
            and replaces the same is dropped.
        """
        if self.isStopped:
            return
        waiting = self._waiting
        if replaces:
            for one in [one for one in waiting if one[1] == replaces]:
                waiting.remove(one)
        if len(waiting) >= _MAX_MESSAGES:
            full = OutboxFull(
                f"{_MAX_MESSAGES} messages wait, and the viewer reads none"
            )
            self.stop()
            self._failed(str(full), None)
            return
        waiting.append((message, replaces))
        self.pump()

    def sayIfRoom(self, message: Message) -> None:
        """
        Send a message, between updates, that is worthless when it is late: if there
        is no room now, it is dropped.
        """
        if not (self.isPaused or self.isStopped) and len(self._waiting) < _ROOM:
            self.say(message)

    def sayNow(self, message: Message) -> None:
        """
        Send a message right behind what was written last, whatever waits.
        """
        data = message.toBytes()
        self._teller.tx(message.label, len(data))
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
                if self._waiting:
                    self._writeMessages()
                elif not self._begin():
                    return
            elif not self._rest and self._next >= len(plan.pieces):
                # Its last byte is written, whether there is room for more or not.
                self.plan = None
                self._finish(plan, self._planBytes)
            elif self.isPaused:
                return
            elif self._rest:
                data = self._rest[self._restFrom : self._restFrom + CHUNK]
                self._restFrom += CHUNK
                if self._restFrom >= len(self._rest):
                    self._rest = b""
                self._teller.wrote(len(data))
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

    def _begin(self) -> bool:
        """
        Begin the next update, if there is one.

        @return: Whether there is something to write, or something was written.
        """
        update = self.source.nextUpdate()
        if update is None:
            return bool(self._waiting)
        plan, extras = update
        if plan is None:
            data = packUpdate(len(extras)) + b"".join(extras)
            self._teller.beginUpdate(len(extras), None, 0)
            self._teller.wrote(len(data))
            self._consumer.write(data)
            self._finish(None, len(data))
            return True
        self.plan = plan
        self._planBytes = 0
        encoder = plan.encoder
        # Before anything is encoded, which may be what fails.
        count = plan.count + len(extras)
        self._teller.beginUpdate(count, encoder.number, plan.serial)
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
        return True

    def _send(self, data: bytes) -> None:
        self._planBytes += len(data)
        if len(data) > CHUNK:
            self._rest, self._restFrom = data, 0
        else:
            self._teller.wrote(len(data))
            self._consumer.write(data)

    def _finish(self, plan: Plan | None, size: int) -> None:
        """
        An update is written.
        """
        self._teller.endUpdate()
        self.bytesSent += size
        self.source.updateSent(plan, size)

    def _writeMessages(self) -> None:
        while self._waiting:
            message, _ = self._waiting.popleft()
            data = message.toBytes()
            self._teller.tx(message.label, len(data))
            self.bytesSent += len(data)
            for start in range(0, len(data), CHUNK):
                self._consumer.write(data[start : start + CHUNK])
