# -*- test-case-name: tests.record.test_player -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
How a recording is played: blocks are painted when their time comes, and a place is
looked for.

One block is in memory at a time.  Blocks are painted in slices of L{SLICE} seconds, and
between them the reactor does what else there is, however many lie before the place that
is looked for; meanwhile viewers keep the picture that they have.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from txrfb._callbacks import tell
from txrfb._wire.messages import Bell, ServerCutText
from txrfb._wire.messages.clipboard import CutTextPiece, ExtendedCutText
from txrfb.client.events import ClientEvent
from txrfb.error import ConnectionFailed, ProtocolError
from txrfb.feeds.fed import FedFramebuffer
from txrfb.feeds.opening import opening
from txrfb.record._blocks import Blocks
from txrfb.record._checks import checkedSpeed, checkSeconds
from txrfb.record.fbs import HEAD, MAGIC, Block, sizeOf

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall, IReactorTime

__all__ = ["HOLD", "SLICE", "Playing"]

#: For how many seconds it paints before anything else has its turn.
SLICE = 0.002

#: For how many seconds the last picture is shown before the first comes again.
HOLD = 1.0

#: A player that is late by more seconds than these does not hurry to make up for it.
_LATE = 1.0

_STOPPED = "the player was stopped"

#: What is not told of while a place is looked for.
_SOUNDS = (Bell, ServerCutText, ExtendedCutText, CutTextPiece)


class Playing(FedFramebuffer):
    """
    A recording whose pictures come when it is their time.

    @ivar path: Where it is.
    @ivar loop: Whether it begins again when it has ended.
    """

    _log = Logger()

    def __init__(
        self,
        path: str | Path,
        speed: float,
        loop: bool,
        start: float,
        idle: float,
        clock: IReactorTime | None,
    ) -> None:
        """
        See L{RecordingFramebuffer<txrfb.record.RecordingFramebuffer>}.
        """
        self.path = Path(path)
        super().__init__(self.path.name, clock=clock)
        self.loop = bool(loop)
        self._speed = checkedSpeed(speed)
        checkSeconds("idle", idle)
        checkSeconds("start", start)
        self._idle = idle or inf
        self._start = float(start)
        self._blocks = Blocks(self.path)
        self._index = self._blocks.index
        if start > self.duration:
            raise ValueError(
                f"start {start:g}: the recording has {self.duration:g} seconds"
            )
        self._isWatched = self._isTurning = self._isPlaying = False
        # Whether the first viewer starts the clock.
        self._isAwaited = True
        # Where in the recording it was, and when.
        self._at, self._since = 0.0, 0.0
        # The place that is looked for, and who waits for it.
        self._goal: float | None = None
        self._seeking: list[Deferred[None]] = []
        # The last that was painted, and the one that painting began with.
        self._last: Block | None = None
        self._first = -1
        # Whether there were others since.
        self._isBehind = False
        self._isAtEnd = False
        self._timer: IDelayedCall | None = None
        # Called when anything but the position has changed.
        self._listening: list[Callable[[], None]] = []

    @property
    def duration(self) -> float:
        """
        How long the recording is, in seconds, as far as it is written.
        """
        return self._index.milliseconds / 1000

    @property
    def position(self) -> float:
        """
        Which second of the recording is shown, or is looked for.
        """
        if self._goal is not None:
            return self._goal
        if not self._isPlaying:
            return self._at
        passed = (self._clock.seconds() - self._since) * self._speed
        block = self._blocks.peeked
        # What comes next is not shown before it is painted, though its time has come.
        limit = self.duration if block is None else _timeOf(block) - 0.001
        return max(self._at, min(self._at + passed, limit))

    @property
    def isPlaying(self) -> bool:
        """
        Whether the clock runs.
        """
        return self._isPlaying

    # -- The service -----------------------------------------------------------------

    def start(self) -> None:
        """
        Open the file, and show the picture to begin with.
        """
        if self._blocks.isOpen:
            return
        try:
            self._blocks.open()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            self._end(f"{self.path}: {reason}")
            return
        if self._index.wrong:
            self._sayWrong()
        self._look(self._start if self._goal is None else self._goal)

    def stop(self) -> None:
        """
        Close the file.
        """
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._blocks.close()
        self._isPlaying = False
        self.lost(_STOPPED)
        self._changed()
        seeking, self._seeking = self._seeking, []
        for one in seeking:
            one.errback(ConnectionFailed(_STOPPED))

    # -- Where it is -----------------------------------------------------------------

    def _stand(self) -> None:
        """
        Count from here and now.
        """
        if self._goal is None:
            self._at = self.position
        self._since = self._clock.seconds()

    def _look(self, seconds: float) -> None:
        """
        Look for a place.
        """
        self._goal = seconds
        self._isAtEnd = False
        if not self._blocks.isOpen:
            return  # it is the one to begin with
        goal = _milliseconds(seconds)
        index, last = self._index, self._last
        key = index.keyAt(goal)
        isLost = last is None or self.connection is None or self._isBehind
        isBack = last is not None and last.milliseconds > goal
        if key is not None and (isLost or isBack or key.offset > self._blocks.offset):
            self._jump(key.offset)
        elif isLost or isBack:
            self._jump(len(MAGIC))
        self._schedule()

    def _jump(self, offset: int) -> None:
        """
        Go on with the block there.
        """
        self._blocks.jump(offset)
        self._first = offset
        self._last = None
        self._isBehind = False
        # Decoders remember nothing of what was before.
        self.begin()
        if offset != len(MAGIC):
            self.feed(opening(1, 1, self._index.name))

    def _due(self, block: Block) -> float:
        """
        @return: When a block is to be painted.
        """
        gap = min(max(_timeOf(block) - self._at, 0.0), self._idle)
        return self._since + gap / self._speed

    # -- How it goes on --------------------------------------------------------------

    def _schedule(self) -> None:
        """
        Go on when there is something to do.
        """
        if self._isTurning or not self._blocks.isOpen:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        connection, delay = self.connection, None
        if self._goal is not None or (connection is not None and connection.isPaused):
            delay = 0.0
        elif self._isPlaying and self._isAtEnd:
            delay = HOLD
        elif self._isPlaying:
            block, now = self._blocks.peeked, self._clock.seconds()
            delay = 0.0 if block is None else max(self._due(block) - now, 0.0)
        if delay is not None:
            self._timer = self._clock.callLater(delay, self._turn)

    def _turn(self) -> None:
        self._timer = None
        seconds = self._clock.seconds
        end = seconds() + SLICE
        self._isTurning = True
        try:
            if self._isAtEnd and self._goal is None:
                self._again()
            else:
                self._work(lambda: seconds() >= end)
        except (ProtocolError, ValueError, OSError) as error:
            self._broken(error)
        finally:
            self._isTurning = False
        self._schedule()

    def _work(self, isEnough: Callable[[], bool]) -> None:
        """
        Paint what is due, until it is enough.
        """
        while True:
            connection = self.connection
            if connection is not None and connection.isPaused:
                self.feed(b"", isEnough)
                if connection.isPaused:
                    return
            block = self._blocks.peek()
            if block is None:
                self._atEnd()
                return
            if self._goal is not None:
                # Before there was a picture, the first is shown.
                if block.milliseconds > _milliseconds(self._goal) and not self._isNew:
                    self._found()
                    continue
            elif not self._isPlaying:
                return
            else:
                now, due = self._clock.seconds(), self._due(block)
                if due > now:
                    return
                isCut = _timeOf(block) - self._at > self._idle
                self._at = max(_timeOf(block), self._at)
                self._since = max(due, now - _LATE)
                if isCut:
                    self._changed()
            self._paint(block, isEnough)
            if isEnough():
                return

    def _paint(self, block: Block, isEnough: Callable[[], bool]) -> None:
        self._blocks.peeked, self._last = None, block
        isIdle = not self._isWatched and self._goal is None and not self._isNew
        if isIdle and self._index.isOurs:
            self._isBehind = True
            return
        data = block.data
        connection = self.connection
        if connection is not None and self._index.isOurs:
            size = connection.width, connection.height
            if sizeOf(data) == size:
                # The canvas stays, so that only what is new is sent to viewers.
                data = data[HEAD:]
        self.feed(data, isEnough)

    def _found(self) -> None:
        """
        The picture that was looked for is there.
        """
        assert self._goal is not None
        self._at, self._goal = self._goal, None
        self._since = self._clock.seconds()
        if not self._isHalf:
            self._show()
        seeking, self._seeking = self._seeking, []
        for one in seeking:
            one.callback(None)
        self._changed()

    def _atEnd(self) -> None:
        """
        There are no more blocks.
        """
        self._isAtEnd = True
        self._isPlaying = self._isPlaying and self.loop
        if self._goal is None:
            self._at = self.duration
            self._changed()
        else:
            self._goal = self.duration
            self._found()

    def _again(self) -> None:
        """
        The last picture has been shown for long enough.
        """
        self._isAtEnd = False
        try:
            hasMore = self._blocks.peek() is not None
        except (ValueError, OSError) as error:
            self._broken(error)
            return
        if not hasMore:
            self._look(0.0)

    def _changed(self) -> None:
        """
        Something but the position has changed, or that has jumped.
        """
        for call in list(self._listening):
            tell(self._clock, call)

    def _broken(self, error: Exception) -> None:
        """
        A block cannot be read or understood: the recording ends before it.
        """
        last, index = self._last, self._index
        offset = self._blocks.offset if last is None else last.offset
        if index.isOurs and offset == self._first != len(MAGIC):
            # Somebody else's, that looks as ours do.
            index.distrust()
            self._last = None
            self._look(self.position)
            return
        reason = getattr(error, "strerror", None) or str(error)
        until = _milliseconds(self._at) if last is None else last.milliseconds
        index.cut(offset, until, reason)
        self._blocks.jump(offset)
        self._sayWrong()
        self.lost(f"{self.path}, at byte {index.end}: {index.wrong}")
        self._atEnd()

    def _sayWrong(self) -> None:
        self._log.warn(
            "fbs:{path}: broken at byte {offset}, after {seconds:g} s: {wrong}; it is"
            " played up to there",
            path=self.path,
            offset=self._index.end,
            seconds=self.duration,
            wrong=self._index.wrong,
        )

    def _end(self, reason: str) -> None:
        self._log.error("fbs:{reason}", reason=reason)
        self.lost(reason)

    # -- What viewers see ------------------------------------------------------------

    @property
    def _isHalf(self) -> bool:
        """
        What is on the way to a place is nothing to see.
        """
        return self._goal is not None or super()._isHalf

    def take(self, event: ClientEvent) -> None:
        """
        See L{FedFramebuffer.take}.
        """
        if self._goal is None or not isinstance(event, _SOUNDS):
            super().take(event)


def _timeOf(block: Block) -> float:
    return block.milliseconds / 1000


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
