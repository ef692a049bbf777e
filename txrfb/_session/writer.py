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
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from twisted.python.failure import Failure

from txrfb._screen.plan import CHUNK, Plan
from txrfb._session.sending import ISender
from txrfb._session.turns import Account, Share, Turns
from txrfb._wire.messages import Message, packUpdate
from txrfb.error import OutboxFull

if TYPE_CHECKING:
    from txrfb.interfaces import IEncoder

#: How many messages may wait for a viewer that reads nothing.
_MAX_MESSAGES = 64

#: How many bytes of them may: what is shared with other viewers does not count.
MAX_HELD = 1 << 19

#: Of messages that are worthless when they are late, no more than so many wait, and no
#: more than so many bytes.
_ROOM = 8
_ROOM_BYTES = MAX_HELD // 2


class ITeller(Protocol):
    """
    Takes down what is sent; see L{txrfb._wire.transcript.Transcript}.
    """

    def tx(self, name: str, size: int, detail: str = "") -> None: ...
    def beginUpdate(self, count: int, encoding: int | None, serial: int) -> None: ...
    def wrote(self, size: int) -> None: ...
    def endUpdate(self) -> None: ...
    def whole(self, update: list[Any]) -> None: ...


class Update(NamedTuple):
    """
    An update to be written.

    @ivar plan: Its pixels; C{None} if there are none.
    @ivar extras: The rectangles that come before those of the plan, with their
        headers.
    @ivar isUrgent: Whether it is what a viewer waits for that sees what changes; not
        what it asks for again.
    """

    plan: Plan | None
    extras: list[bytes]
    isUrgent: bool = True


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


class _Waiting(NamedTuple):
    """
    A message that waits for its turn.

    @ivar label: Its name in the log.
    @ivar head: What is this viewer's alone.
    @ivar tail: What follows, which other viewers may share.
    @ivar replaces: What it is news of, if only the newest counts.
    """

    label: str
    head: bytes
    tail: bytes
    replaces: str


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
    @ivar turns: The turns of all viewers.
    @ivar bytesSent: How many bytes were written, an update counting at its end.
    """

    def __init__(
        self,
        sender: ISender,
        turns: Turns,
        account: Account,
        teller: ITeller,
        failed: Callable[[str, Failure | None], None],
    ) -> None:
        """
        @param sender: What is written to; see L{use}.

        @param turns: The turns of all viewers.

        @param account: The viewer's account of them.

        @param teller: Takes down what was written.

        @param failed: Called with the reason, and the exception if there was one,
            when the viewer cannot be served any longer; by then this is stopped.
        """
        self.source: IUpdateSource = _NoUpdates()
        self.plan: Plan | None = None
        self.isPaused = False
        self.isStopped = False
        self.bytesSent = 0
        self._sender = sender
        self._teller = teller
        self._failed = failed
        # Messages that wait for their turn.
        self._waiting: deque[_Waiting] = deque()
        # The encodings whose stream is open on this connection.
        self._opened: set[int] = set()
        # Where the update is, what is left of a long piece, and what was written.
        self._next = 0
        self._rest = b""
        self._restFrom = 0
        self._planBytes = 0
        # What comes before the plan, and whether its beginning waits for a turn.
        self._extras: list[bytes] = []
        self._isPostponed = False
        # How many bytes wait that are this viewer's alone.
        self._waitingBytes = 0
        self._isRunning = self._isInTurns = False
        self.turns = turns
        self._share = Share(self._work, account, isWriting=True)

    def use(self, sender: ISender) -> None:
        """
        The handshake is over: write to something else from now on, in the midst of
        nothing, and in turns with others.
        """
        self._sender = sender
        self._isInTurns = True

    def stop(self) -> None:
        """
        Write nothing any more, and hold nothing.
        """
        self.isStopped = True
        self.plan = None
        self._rest = b""
        self._waiting.clear()
        self._waitingBytes = 0
        self.turns.stop(self._share)

    @property
    def queued(self) -> tuple[int, int, int]:
        """
        What waits for room: how many messages, how many rectangles of the update under
        way, and how many bytes of one that is written in pieces.
        """
        plan = self.plan
        rectangles = 0 if plan is None else len(plan.pieces) - self._next
        rest = len(self._rest) - self._restFrom if self._rest else 0
        return len(self._waiting), rectangles, rest

    # -- What is to be written -------------------------------------------------------

    @property
    def held(self) -> int:
        """
        How many bytes wait to be written, what other viewers share left out.
        """
        rest = 0 if self.plan is None else len(self._rest) - self._restFrom
        return self._waitingBytes + rest

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
        head = message.head()
        if replaces:
            for one in [one for one in waiting if one.replaces == replaces]:
                waiting.remove(one)
                self._waitingBytes -= len(one.head)
        size = self._waitingBytes + len(head)
        if len(waiting) >= _MAX_MESSAGES or size > MAX_HELD:
            full = OutboxFull(
                f"{len(waiting)} messages of {self._waitingBytes} bytes wait, and the"
                " viewer reads none"
            )
            self.stop()
            self._failed(str(full), None)
            return
        self._waitingBytes = size
        waiting.append(_Waiting(message.label, head, message.tail, replaces))
        self.pump()

    def sayIfRoom(self, message: Message) -> None:
        """
        Send a message, between updates, that is worthless when it is late: if there
        is no room now, it is dropped.
        """
        isFull = len(self._waiting) >= _ROOM or self._waitingBytes >= _ROOM_BYTES
        if not (self.isPaused or self.isStopped or isFull):
            self.say(message)

    def sayNow(self, message: Message) -> None:
        """
        Send a message right behind what was written last, whatever waits.
        """
        data = message.toBytes()
        self._teller.tx(message.label, len(data))
        self._sender.write(data)

    # -- The writing -----------------------------------------------------------------

    def pump(self) -> None:
        """
        Write as long as there is something to write, and room.
        """
        if self._isRunning:
            return  # a write may call pauseProducing or resumeProducing
        if self._isInTurns:
            self.turns.follow(self._share)
        else:
            # Handshakes are paced elsewhere.  What follows may be TLS, or the end.
            self._run(lambda: False)

    def _work(self, isEnough: Callable[[], bool]) -> bool:
        """
        Go on in a turn.
        """
        return not self._isRunning and self._run(isEnough)

    def _run(self, isEnough: Callable[[], bool]) -> bool:
        """
        Write until there is nothing to write, or no room, or it is enough.

        @return: Whether there is more to write, and room.
        """
        self._isRunning = True
        try:
            return self._write(isEnough)
        except Exception:
            self.fail(Failure())
            return False
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

    def _write(self, isEnough: Callable[[], bool]) -> bool:
        while not self.isStopped:
            plan = self.plan
            if self._rest:
                if self.isPaused:
                    return False
                start = self._restFrom
                self._restFrom = end = self._sender.writeSome(self._rest, start)
                if end >= len(self._rest):
                    self._rest = b""
                if plan is not None:
                    self._teller.wrote(end - start)
            elif plan is None:
                if self.isPaused:
                    return False
                if self._waiting:
                    self._writeMessage()
                elif not self._begin():
                    return False
                elif self._isPostponed:
                    return True
            elif not self._isPostponed and self._next >= len(plan.pieces):
                # Its last byte is written, whether there is room for more or not.
                self.plan = None
                self._share.isUrgent, self._share.isMuch = True, False
                self._finish(plan, self._planBytes)
            elif self.isPaused:
                return False
            else:
                if self._isPostponed:
                    self._isPostponed = False
                    self._open(plan)
                else:
                    data, self._next = plan.chunk(self._next)
                    self._planBytes += len(data)
                    self._send(data)
                if self._next < len(plan.pieces) and isEnough():
                    return True
        return False

    def sendWhole(self, data: bytes, entry: list[Any]) -> None:
        """
        Send an update that is decided elsewhere; while there is room, no update is
        under way, and nothing waits.

        @param data: All of it, and perhaps a fence behind it; its encoding's stream is
            open.

        @param entry: What is taken down of it: see
            L{wholeUpdate<txrfb._wire.lines.wholeUpdate>}.
        """
        size = entry[3]
        self.bytesSent += size
        self._teller.whole(entry)
        if len(data) > size:
            self._teller.tx("Fence", len(data) - size)
        self._sender.write(data)

    def isOpenFor(self, encoder: IEncoder) -> bool:
        """
        @return: Whether nothing waits, and the next update by this encoder is like
            those of others.
        """
        isOpened = encoder.number in self._opened or not encoder.opens
        return isOpened and not (self.isPaused or self.isStopped or self._waiting)

    def fail(self, failure: Failure) -> None:
        """
        The viewer cannot be served any longer.
        """
        self.stop()
        self._failed("an update failed", failure)

    def _begin(self) -> bool:
        """
        Begin the next update, if there is one.

        @return: Whether there is something to write, or something was written.
        """
        update = self.source.nextUpdate()
        if update is None:
            return bool(self._waiting)
        plan, extras = update.plan, update.extras
        if plan is None:
            data = packUpdate(len(extras)) + b"".join(extras)
            self._teller.beginUpdate(len(extras), None, 0)
            self._teller.wrote(len(data))
            self._sender.write(data)
            self._finish(None, len(data))
            return True
        self.plan, self._extras = plan, extras
        self._next = self._planBytes = 0
        self._share.isUrgent = update.isUrgent
        self._isPostponed = not update.isUrgent
        if not self._isPostponed:
            self._open(plan)
        return True

    def _open(self, plan: Plan) -> None:
        """
        Write the beginning of an update.
        """
        extras, self._extras = self._extras, []
        encoder = plan.encoder
        # Before anything is encoded, which may be what fails.
        count = plan.count + len(extras)
        self._teller.beginUpdate(count, encoder.number, plan.serial)
        opening = bool(
            encoder.opens and encoder.number not in self._opened and plan.isOpening
        )
        if opening:
            self._opened.add(encoder.number)
        if extras or opening:
            data, self._next = plan.head(extras, opening)
        else:
            data, self._next = plan.chunk(0)
        self._planBytes += len(data)
        self._send(data)

    def _send(self, data: bytes) -> None:
        if len(data) > CHUNK:
            self._rest, self._restFrom = data, 0
        else:
            if self.plan is not None:
                self._teller.wrote(len(data))
            self._sender.write(data)

    def _finish(self, plan: Plan | None, size: int) -> None:
        """
        An update is written.
        """
        self._teller.endUpdate()
        self.bytesSent += size
        self.source.updateSent(plan, size)

    def _writeMessage(self) -> None:
        label, head, tail, _ = self._waiting.popleft()
        size = len(head) + len(tail)
        self._waitingBytes -= len(head)
        self._teller.tx(label, size)
        self.bytesSent += size
        if size <= CHUNK:
            self._sender.write(head + tail)
        elif len(head) <= CHUNK:
            self._sender.write(head)
            self._send(tail)
        else:
            self._send(head + tail)
