# -*- test-case-name: tests.record.test_recorder -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A recording while it is made: what there is to write, in its order, and the thread that
writes it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure

from txrfb._screen.preparation import Anticipation
from txrfb._wire.messages import ServerCutText, packUpdate
from txrfb.encodings import constants
from txrfb.feeds.opening import opening, wholeHead
from txrfb.protocol import TappedUpdate, UpdateTap
from txrfb.record._witness import Witness
from txrfb.record.files import Order, RecordingFiles

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall

    from txrfb.protocol import RFBFactory

__all__ = ["KEY_REST", "KEY_SECONDS", "KEY_SIZES", "SMALL", "Recording", "Settings"]

#: After so many seconds a change is followed by a whole picture,
KEY_SECONDS = 10.0

#: and after changes of so many times the size of the last one,
KEY_SIZES = 3

#: but not within so many seconds, as a film would be hardly anything else.
KEY_REST = 2.0

#: How many bytes of what is no update may wait for the disk.
SMALL = 1 << 16

#: What is recorded: no more than every player of the format reads, also those that
#: know no pointers with alpha.  The name is told only if there is another.
_ENCODINGS = (
    constants.TIGHT,
    constants.COPY_RECT,
    constants.CURSOR,
    constants.POINTER_POSITION,
    constants.DESKTOP_NAME,
    constants.COMPRESSION_LEVEL_0 + 2,
)

#: The seconds that the end of a recording may take.
_PATIENCE = 3.0

_log = Logger()


@dataclass(frozen=True)
class Settings:
    """
    What a recording is to be like.

    @ivar factory: What serves the screen.
    @ivar directory: Where recordings go.
    @ivar interval: The least seconds from one update to the next.
    @ivar fileSize: After how many bytes the next file begins; 0 for never.
    @ivar fileSeconds: After how many seconds it does.
    @ivar clipboard: Whether texts that the application copies are in it.
    @ivar input: Whether the index has keys and buttons.
    @ivar inThread: Has a thread call a function with arguments.
    @ivar now: Says what time it is, in UTC.
    """

    factory: RFBFactory
    directory: str
    interval: float
    fileSize: int
    fileSeconds: float
    clipboard: bool
    input: bool
    inThread: Callable[..., Deferred[Any]]
    now: Callable[[], datetime]


class Recording:
    """
    What is recorded between a start of a L{Recorder<txrfb.record.Recorder>} and its
    stop.

    @ivar files: What is written to; a thread has them while L{_isWriting}.
    @ivar isRunning: Whether there may be more to record.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._factory = factory = settings.factory
        self._clock = factory.clock
        self.files = RecordingFiles(settings.directory)
        self.isRunning = self._isWriting = False
        self._tap = UpdateTap(
            *(factory, self._take),
            encodings=_ENCODINGS,
            told=self._told,
            failed=self._tapFailed,
        )
        # What is to be done next, and how much of it is no update.
        self._orders: list[Order] = []
        self._small = self._lost = 0
        # Fires when there is room for another update; the one of an update that is not
        # yet being written, all that have not fired, and what waits for its time.
        self._next: Deferred[None] | None = None
        self._rooms: list[Deferred[None]] = []
        self._pause: IDelayedCall | None = None
        # Waits for a screen that has no size yet.
        self._anticipation = Anticipation(factory.preparation, self._startTap)
        self._due = 0.0
        self._ended: Deferred[None] | None = None
        # When the file began and what time its last block has, in milliseconds; the
        # whole picture before, and what came after it.
        self._hasBegun = False
        self._began = self._keyTime = 0.0
        self._last = self._keySize = self._since = 0
        self._witness = Witness(factory, self._line, self._push)
        self._logged = ""

    def start(self) -> None:
        """
        Begin.
        """
        self.isRunning = True
        self._anticipation.start()

    def _startTap(self) -> None:
        # Files begin with the name.
        self._tap.knownName = self._factory.name
        self._tap.start()

    def _halt(self) -> None:
        """
        Take no more.
        """
        self.isRunning = False
        self._witness.stop()
        self._tap.stop()
        self._anticipation.stop()
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        rooms, self._rooms, self._next = self._rooms, [], None
        for room in rooms:
            room.callback(None)

    def stop(self) -> Deferred[None]:
        """
        End.

        @return: Fires when all is written.
        """
        if not self.isRunning:
            return succeed(None)
        self._halt()
        if self._hasBegun:
            self._line("stopped", {})
        self._orders.append((self.files.end, ()))
        ended = self._ended = Deferred()
        self._push()

        def late(failure: Failure) -> None:
            _log.warn(
                "Stopped without waiting for the recording {path} to be written",
                path=self.files.path or self._settings.directory,
            )

        return ended.addTimeout(_PATIENCE, self._clock).addErrback(late)

    # -- What there is to record -----------------------------------------------------

    def _milliseconds(self) -> int:
        # Players go forth only, and clocks may be put back.
        passed = round((self._clock.seconds() - self._began) * 1000)
        self._last = max(self._last, passed)
        return self._last

    def _take(self, update: TappedUpdate) -> Deferred[None]:
        """
        There is an update.

        @return: Fires when there is room for another.
        """
        now = self._clock.seconds()
        settings = self._settings
        least = max(settings.fileSize, 2 * self._keySize)
        size = self.files.size + self.files.indexSize
        isFull = bool(settings.fileSize) and size >= least
        isFull = isFull or now - self._began >= settings.fileSeconds
        data = [packUpdate(update.rectangles), *update.pieces]
        if update.isWhole:
            if isFull or not self._hasBegun:
                self._begin(update.width, update.height)
            self._keyTime, self._keySize, self._since = now, update.size, 0
            data.insert(0, wholeHead(update.width, update.height))
        else:
            self._since += update.size
            age = now - self._keyTime
            isMuch = self._since >= KEY_SIZES * self._keySize and age >= KEY_REST
            # After a change only: a screen that rests is not written down again.
            if isFull:
                self._tap.knownName = self._factory.name
            if isFull or isMuch or age >= KEY_SECONDS:
                self._tap.wantWhole()
        order = data, self._milliseconds(), update.isWhole
        self._orders.append((self.files.block, order))
        self._due = now + settings.interval
        room = self._next = Deferred()
        self._rooms.append(room)
        self._push()
        return room

    def _begin(self, width: int, height: int) -> None:
        """
        Begin a file.
        """
        self._hasBegun = True
        self._began, self._last = self._clock.seconds(), 0
        now = self._settings.now()
        name = f"{now:%Y%m%dT%H%M%SZ}"
        self._orders.append((self.files.begin, (name,)))
        factory = self._factory
        self._line("began", {"at": f"{now:%Y-%m-%dT%H:%M:%S}Z"})
        self._witness.begin(self._settings.input)
        first = [opening(width, height, factory.name)]
        self._orders.append((self.files.block, (first, 0)))

    def _told(self, message: bytes) -> None:
        """
        The bell rings, or there is something new in the clipboard.
        """
        isText = message[:1] == bytes([ServerCutText.type])
        if self._hasBegun and (self._settings.clipboard or not isText):
            order = [message], self._milliseconds()
            self._add((self.files.block, order), len(message) + 8)
            self._push()

    def _line(self, event: str, what: dict[str, Any]) -> None:
        """
        The index says what happened.
        """
        line = {"ms": self._milliseconds(), "event": event, **what}
        self._add((self.files.line, (line,)), len(str(line)))

    def _add(self, order: Order, size: int) -> None:
        """
        Have something small written; unless the disk is so slow that there is no room
        for it, which the index says.
        """
        if self._small and self._small + size > SMALL:
            self._lost += 1
            return
        self._small += size
        self._orders.append(order)

    # -- The thread ------------------------------------------------------------------

    def _push(self) -> None:
        """
        Have the next things done, if the last are.
        """
        if self._isWriting or not self._orders:
            return
        orders, self._orders = self._orders, []
        if self._lost:
            line = {"ms": self._last, "event": "lost", "count": self._lost}
            orders.append((self.files.line, (line,)))
        self._small = self._lost = 0
        room, self._next = self._next, None
        self._isWriting = True
        done = maybeDeferred(self._settings.inThread, self.files.do, orders)
        done.addCallback(self._written, room).addErrback(self._broke)

    def _written(self, _: object, room: Deferred[None] | None) -> None:
        self._isWriting = False
        if self.files.path != self._logged:
            self._logged = self.files.path
            _log.info("Recording to {path}", path=self._logged)
        if room in self._rooms:
            wait = self._due - self._clock.seconds()
            if wait > 0:
                self._pause = self._clock.callLater(wait, self._giveRoom, room)
            else:
                self._giveRoom(room)
        self._push()
        self._sayEnded()

    def _giveRoom(self, room: Deferred[None]) -> None:
        self._pause = None
        self._rooms.remove(room)
        room.callback(None)

    def _sayEnded(self) -> None:
        if self._ended is not None and not self._isWriting and not self._orders:
            ended, self._ended = self._ended, None
            ended.callback(None)

    def _tapFailed(self, failure: Failure) -> None:
        # The disk has not answered for a minute, or there is no more to be had.
        self._end(failure)

    def _broke(self, failure: Failure) -> None:
        self._isWriting = False
        self._end(failure)

    def _end(self, failure: Failure) -> None:
        """
        It cannot go on.
        """
        self._orders = []
        error = failure.value
        if self.isRunning:
            self._halt()
        elif self._ended is None:
            return
        # Nothing, if it is from there that it comes.
        self._orders.append((self.files.end, ()))
        self._push()
        where = self.files.path or self._settings.directory
        if isinstance(error, OSError):
            reason = error.strerror or str(error)
            _log.error(
                "The recording {path} ends: {reason}; the server goes on without",
                path=where,
                reason=reason,
            )
        else:
            _log.failure(
                "The recording {path} ends; the server goes on without",
                failure,
                path=where,
            )
