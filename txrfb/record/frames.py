# -*- test-case-name: tests.record.test_export -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The frames of a film of a recording: which there are, and their pixels.

When they are is known from the times of the blocks alone, so that a film is made in one
go, and it is known from the beginning how many frames it has and how large they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, inf
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from twisted.internet.task import Clock

from txrfb._screen.renderedcursor import RenderedCursor
from txrfb._wire.messages import Limits
from txrfb.geometry import Rectangle
from txrfb.pixels import Surface
from txrfb.record._checks import checkSeconds
from txrfb.record.fbs import openRecording, readBlocks, sizeOf
from txrfb.record.player import RecordingFramebuffer

__all__ = ["Frame", "Frames", "Pictures"]

#: Colors, C{uint8}, shape (height, width, 3): red, green and blue.
Colors = NDArray[np.uint8]

#: For how many seconds of a film a frame stands before it is repeated.
_LONGEST = 1.0

#: How fast a film can be: from, to.
_SPEEDS = (0.01, 1000.0)

#: The longest film, in seconds: each second is a frame at least.
_MOST = 30 * 86400.0


class _Player(RecordingFramebuffer):
    """
    Keeps where the pointer is.
    """

    pointer: tuple[int, int] | None = None

    def movePointer(self, x: int, y: int) -> None:
        """
        See L{BaseFramebuffer.movePointer}.
        """
        self.pointer = x, y


class Pictures:
    """
    What is to be seen in a recording at a time.
    """

    def __init__(self, path: str | Path, hasPointer: bool = True) -> None:
        """
        @param path: The recording.

        @param hasPointer: Whether the pointer is drawn where the recording says that
            it was, if it does.

        @raise ValueError: if it is no recording.

        @raise OSError: if it cannot be read.
        """
        self._clock = Clock()
        self._player = _Player(path, clock=self._clock)
        self._hasPointer = hasPointer
        self._player.pause()
        self._player.start()
        if self._player._ending:
            raise ValueError(self._player._ending)

    @property
    def duration(self) -> float:
        """
        How many seconds there are; fewer than it seemed once it is known to be broken.
        """
        return self._player.duration

    @property
    def name(self) -> str:
        """
        The desktop's, at the time of the last picture.
        """
        return self._player.name

    def close(self) -> None:
        """
        Read no more.
        """
        self._player.stop()

    def at(self, seconds: float) -> Colors:
        """
        @param seconds: A time.

        @return: The picture of that.

        @raise ValueError: if there is none.

        @raise OSError: if it cannot be read.
        """
        player = self._player
        sought = player.seek(seconds)
        while not sought.called:
            self._clock.advance(0)
        if not player.width:
            reason = player._ending or "it is cut off before the first"
            raise ValueError(f"there is no picture: {reason}")
        canvas = player.pixels
        surface = Surface(canvas, player.stride, player.width, player.height)
        array = surface.array()
        if self._hasPointer and player.cursor is not None and player.pointer:
            cursor = RenderedCursor(player.cursor, *player.pointer)
            array = cursor.compose(surface, Rectangle(0, 0, *surface[2:])).array()
        colors: Colors = np.ascontiguousarray(array[..., 2::-1])
        return colors


class Frame(NamedTuple):
    """
    A frame of a film.

    @ivar tick: When it is shown, in frames since the first.
    @ivar ticks: For how long.
    @ivar seconds: The time of the recording that it shows.
    """

    tick: int
    ticks: int
    seconds: float


class Frames:
    """
    The frames of a part of a recording.

    @ivar rate: How many ticks a second has.
    @ivar frames: When they are.
    @ivar width: Columns of the widest.
    @ivar height: Rows of the highest.
    """

    def __init__(
        self,
        path: Path,
        start: float = 0.0,
        end: float | None = None,
        speed: float = 1.0,
        rate: int = 10,
        idle: float = 2.0,
        hasPointer: bool = True,
    ) -> None:
        """
        @param path: The recording.

        @param start: Its first second that is shown.

        @param end: The last; C{None} for that of the recording.

        @param speed: How many seconds of it one second of the film shows.

        @param rate: How many frames a second has at the most.

        @param idle: To how many seconds times without anything new are cut; 0 for
            none.

        @raise ValueError: if it is no recording, or there is nothing between C{start}
            and C{end}.

        @raise OSError: if it cannot be read.
        """
        for name, seconds in (("from", start), ("to", end), ("idle", idle)):
            checkSeconds(name, 0.0 if seconds is None else seconds)
        if not _SPEEDS[0] <= speed <= _SPEEDS[1]:
            low, high = _SPEEDS
            raise ValueError(f"speed {speed:g}: expected {low:g} to {high:g}")
        if not 1 <= rate <= 120:
            raise ValueError(f"fps {rate}: expected 1 to 120")
        self.rate = rate
        self._path, self._hasPointer = path, hasPointer
        pictures = Pictures(path)
        last = pictures.duration
        end = last if end is None else min(end, last)
        if start > end:
            raise ValueError(
                f"there is nothing from {start:g} to {end:g} s; the recording has"
                f" {last:g} seconds"
            )
        first = pictures.at(start)
        pictures.close()
        self.height, self.width = first.shape[:2]
        times = [round(start * 1000), *self._times(start, end), round(end * 1000)]
        self.frames = _framesOf(times, speed, rate, idle or inf)

    def _times(self, start: float, end: float) -> list[int]:
        """
        @return: When there is something new, in milliseconds.
        """
        times: list[int] = []
        before = 0
        with openRecording(self._path) as file:
            try:
                for block in readBlocks(file):
                    before = max(block.milliseconds, before)
                    if before > end * 1000:
                        break
                    size = sizeOf(block.data)
                    if before > start * 1000:
                        times.append(before)
                        # Larger ones are not painted.
                        if size is not None and size[0] * size[1] <= Limits().pixels:
                            self.width = max(self.width, size[0])
                            self.height = max(self.height, size[1])
            except ValueError:
                pass  # it is broken there
        return times

    @property
    def seconds(self) -> float:
        """
        How long the film is.
        """
        last = self.frames[-1]
        return (last.tick + last.ticks) / self.rate

    def __iter__(self) -> Iterator[tuple[Frame, Colors]]:
        """
        Each frame and its colors.  What is smaller than the largest is in the top left
        corner; the rest is black.
        """
        pictures = Pictures(self._path, self._hasPointer)
        try:
            for frame in self.frames:
                colors = pictures.at(min(frame.seconds, pictures.duration))
                height, width = colors.shape[:2]
                if (width, height) != (self.width, self.height):
                    whole: Any = np.zeros((self.height, self.width, 3), np.uint8)
                    part = colors[: self.height, : self.width]
                    whole[: part.shape[0], : part.shape[1]] = part
                    colors = whole
                yield frame, colors
        finally:
            pictures.close()


def _framesOf(times: list[int], speed: float, rate: int, idle: float) -> list[Frame]:
    """
    @param times: When there is something new, in milliseconds; and the end.

    @return: The frames: of what happens within a tick, the last.
    """
    passed, before = 0.0, times[0]
    shown: dict[int, float] = {}
    for time in times:
        passed += min((time - before) / 1000, idle) / speed
        before = time
        shown[int(passed * rate + 1e-6)] = time / 1000
    if passed > _MOST:
        raise ValueError(
            f"a film of {passed / 86400:.0f} days: {_MOST / 86400:.0f} are the most;"
            " show less of it, or cut idle times"
        )
    last = max(ceil(passed * rate - 1e-6), max(shown) + 1)
    longest = max(round(_LONGEST * rate), 1)
    frames = []
    ticks = sorted(shown)
    for tick, next in zip(ticks, [*ticks[1:], last], strict=True):
        for begin in range(tick, next, longest):
            length = min(longest, next - begin)
            frames.append(Frame(begin, length, shown[tick]))
    return frames
