# -*- test-case-name: tests.screen.test_motion -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Where the picture moves as a video does: for a second or more, all of a large rectangle,
and not as something drawn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from txrfb._screen.tiles import TILE, rectanglesOf, touchedTiles
from txrfb.encodings.content import isDrawn
from txrfb.geometry import Rectangle

if TYPE_CHECKING:
    from txrfb.pixels import Surface

#: What moves is looked at in so many frames at the most, and in those of so many
#: seconds: a slow viewer has three frames a second.
_FRAMES, _AGE = 64, 5.0

#: It is a video after so many frames, and so many seconds.
_LEAST, _BEGIN = 8, 1.0

#: For so many seconds it stays one.
_EVERY = 0.5

#: The sides of a video at the least, and its pixels at the most.
_SIDE, _AREA = 256, 2560 * 1600

#: So many videos are known at a time.
_VIDEOS = 2

#: What changes in more parts than that is looked at as a whole, and is no video.
_PARTS = 64

#: Its edge is found in so many frames.
_EDGED = 16


class _Frame(NamedTuple):
    """
    What changed in a frame.

    @ivar time: When, in seconds.
    @ivar damage: Where.
    @ivar tiles: Which tiles that touches: of shape (rows, columns).
    """

    time: float
    damage: list[Rectangle]
    tiles: np.ndarray[Any, np.dtype[np.bool_]]


class Motion:
    """
    Finds the videos of a picture.

    @ivar videos: Where they are; they do not overlap, and their sides are even.
    """

    def __init__(self, bounds: Rectangle) -> None:
        """
        @param bounds: All of the picture.
        """
        self.videos: list[Rectangle] = []
        self._bounds = bounds
        self._frames: deque[_Frame] = deque()
        # In how many of those a tile has changed.
        self._counts = np.zeros(
            (-(-bounds.height // TILE), -(-bounds.width // TILE)), np.int32
        )
        self._lookedAt = 0.0

    def frame(self, damage: Sequence[Rectangle], surface: Surface, now: float) -> None:
        """
        There is a next frame.

        @param damage: What changed in it.

        @param surface: Its pixels.

        @param now: The time, in seconds.
        """
        tiles = np.zeros(self._counts.shape, np.bool_)
        for rectangle in damage:
            tiles[touchedTiles(rectangle)] = True
        kept = list(damage)
        if len(kept) > _PARTS:
            kept = [_around(kept)]
        frames = self._frames
        frames.append(_Frame(now, kept, tiles))
        self._counts += tiles
        while len(frames) > _FRAMES or not 0 <= now - frames[0].time <= _AGE:
            self._counts -= frames.popleft().tiles
        span = now - frames[0].time
        if len(frames) < _LEAST or span < _BEGIN:
            self.videos = []
        elif not 0 <= now - self._lookedAt < _EVERY:
            self._lookedAt = now
            self.videos = self._look(surface)

    def _look(self, surface: Surface) -> list[Rectangle]:
        """
        @return: The videos that there are.
        """
        hot = self._counts * 2 > len(self._frames)
        parts = rectanglesOf(hot.tobytes(), self._bounds)
        if len(parts) > _PARTS:
            return []
        found: list[Rectangle] = []
        for part in sorted(_joined(parts), key=lambda one: -one.area)[:_VIDEOS]:
            video = self._edged(part)
            if video is None or isDrawn(surface, video):
                continue
            for before in self.videos:
                # One that grew less for some frames stays what it is.
                if before.contains(video) and video.area * 2 >= before.area:
                    video = before
            if not any(map(video.intersects, found)):
                found.append(video)
        return found

    def _edged(self, part: Rectangle) -> Rectangle | None:
        """
        @param part: Tiles that change.

        @return: What changes of them; C{None} if that is no video.
        """
        newest = list(self._frames)[-_EDGED:]
        changed = [
            one.intersection(part)
            for frame in newest
            for one in frame.damage
            if one.intersects(part)
        ]
        if not changed:
            return None
        video = _even(_around(changed), self._bounds)
        area = sum(one.area for one in changed) / len(newest)
        if min(video.width, video.height) < _SIDE or video.area > _AREA:
            return None
        return video if area * 2 >= video.area else None


def _around(rectangles: Sequence[Rectangle]) -> Rectangle:
    """
    @return: The smallest rectangle around others.
    """
    around = rectangles[0]
    for one in rectangles:
        around = around.union(one)
    return around


def _joined(parts: Sequence[Rectangle]) -> list[Rectangle]:
    """
    @return: Rectangles that do not touch, around those that do.
    """
    joined: list[Rectangle] = []
    for part in parts:
        while True:
            near = Rectangle(part.x - 1, part.y - 1, part.width + 2, part.height + 2)
            touching = [one for one in joined if one.intersects(near)]
            if not touching:
                break
            joined = [one for one in joined if one not in touching]
            part = _around([part, *touching])
        joined.append(part)
    return joined


def _even(rectangle: Rectangle, bounds: Rectangle) -> Rectangle:
    """
    @return: A rectangle with even sides, as a color of a video is that of two by two
        pixels: a column or a row larger if there is room for it, or smaller.
    """
    x, width = _evenSide(rectangle.x, rectangle.width, bounds.width)
    y, height = _evenSide(rectangle.y, rectangle.height, bounds.height)
    return Rectangle(x, y, width, height)


def _evenSide(start: int, size: int, limit: int) -> tuple[int, int]:
    if not size % 2:
        return start, size
    if start + size < limit:
        return start, size + 1
    if start:
        return start - 1, size + 1
    return start, size - 1
