# -*- test-case-name: tests.screen.test_shadow -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The picture as it was at the newest frame, and what changed when.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from txrfb import kernels
from txrfb._screen.heap import keepFreed
from txrfb._screen.tiles import TILE, rectanglesOf, touchedTiles
from txrfb.geometry import Copy, ExactRectangle, Rectangle, Region
from txrfb.pixels import Surface

if TYPE_CHECKING:
    from txrfb.interfaces import IFramebuffer

#: What was moved is looked for in changes of more than so many pixels.
_MOVED_AREA = 50_000

#: After so many large changes in which nothing was moved, it is looked for in one of so
#: many.
_PATIENCE, _SELDOM = 4, 4

#: The bytes of a line of a cache, most often.
_LINE = 64

#: Of so many frames is known exactly what changed, for viewers that missed some; unless
#: those are more rectangles than so many: then they are sent the tiles.
_FRAMES, _RECTANGLES = 8, 32


class Shadow:
    """
    A copy of a framebuffer's pixels, and for each of its tiles the number of the
    frame in which it changed last.

    @ivar surface: The pixels.
    @ivar bounds: All of them.
    @ivar serial: The number of the newest frame.
    @ivar damage: What changed in the newest frame, besides what was copied.
    @ivar copies: What was copied in the newest frame, before that changed.
    """

    def __init__(self, width: int, height: int, serial: int) -> None:
        """
        @param width: Columns.

        @param height: Rows.

        @param serial: The number of the frame in which everything is new.
        """
        keepFreed(width * height * 4)
        # Nothing of it is real before there is a picture in it: of a daemon to which
        # nobody comes it would be a large part.  It is not shared with other processes:
        # pages of memory that could be take 12 ms for 1920x1080 pixels, and not 1.
        pixels = _aligned(width * height * 4)
        self.surface = Surface(pixels, width * 4, width, height)
        self.bounds = Rectangle(0, 0, width, height)
        self.serial = serial
        self.damage: list[Rectangle] = [self.bounds]
        self.copies: list[Copy] = []
        # The damage of the newest frames, back to the last in which something was
        # copied.
        self._recent: deque[list[Rectangle]] = deque(maxlen=_FRAMES)
        # In how many large changes in a row nothing was found to have moved.
        self._misses = 0
        # Whether what was moved last was an area, and no rows.
        self._areasFirst = False
        self._serials = np.full(
            (-(-height // TILE), -(-width // TILE)), serial, np.int64
        )

    def damageSince(self, serial: int) -> list[Rectangle]:
        """
        @param serial: The number of a frame.

        @return: Rectangles, which do not overlap, of all that is newer.
        """
        if serial == self.serial:
            return []
        if serial == self.serial - 1 and not self.copies:
            return self.damage
        missed = self.serial - serial
        if missed <= len(self._recent):
            newest = list(self._recent)[-missed:]
            if sum(map(len, newest)) <= _RECTANGLES:
                return list(Region(chain(*newest)).rectangles)
        tiles = (self._serials > serial).tobytes()
        return rectanglesOf(tiles, self.bounds)

    def newest(self, rectangle: Rectangle) -> int:
        """
        @return: The number of the frame in which a rectangle changed last.
        """
        return int(self._serials[touchedTiles(rectangle)].max())

    def update(
        self,
        framebuffer: IFramebuffer,
        region: Region,
        told: Iterable[Copy],
        findScrolls: bool,
    ) -> bool:
        """
        Compare with the framebuffer, and become like it.

        @param framebuffer: It has the size of this, and stands still.

        @param region: Where it may have changed.

        @param told: The copies that the application announced.

        @param findScrolls: Whether to find out what was scrolled, or moved.

        @return: Whether anything changed: then it is a new frame.

        @raise Exception: whatever the framebuffer makes of it that its pixels are
            read.  Then this is a new frame of which some is older, some newer, and
            all of it counts as changed.
        """
        try:
            damage, copies = self._compare(framebuffer, region, told, findScrolls)
        except BaseException:
            self.serial += 1
            self.damage, self.copies = [self.bounds], []
            self._serials[:] = self.serial
            self._recent.clear()
            raise
        if not (damage or copies):
            return False
        self.serial += 1
        for copy in copies:
            self._serials[touchedTiles(copy.rectangle)] = self.serial
        # Every tile that one of them touches has something that changed.
        for rectangle in damage:
            self._serials[touchedTiles(rectangle)] = self.serial
        self.damage = damage
        self.copies = copies
        if copies:
            self._recent.clear()
        else:
            self._recent.append(damage)
        return True

    def _compare(
        self,
        framebuffer: IFramebuffer,
        region: Region,
        told: Iterable[Copy],
        findScrolls: bool,
    ) -> tuple[list[Rectangle], list[Copy]]:
        """
        @return: What changed besides what was copied, and what was copied.
        """
        copies = self._copy(told, region) if told else []
        exact, parts = self._partsOf(region)
        if findScrolls and not copies:
            copies, parts = self._searchAll(framebuffer, parts)
        found = kernels.takeChanges(
            *self.surface[:2],
            framebuffer.pixels,
            framebuffer.stride,
            exact + parts,
            len(exact),
            TILE,
            framebuffer.paddingVaries,
        )
        return list(map(Rectangle._make, found)), copies

    def _partsOf(self, region: Region) -> tuple[list[Rectangle], list[Rectangle]]:
        """
        @return: What has changed for sure, and where to look.  These need not be
            disjoint, as what was found once is like the framebuffer when it is looked
            at again; but all that is around them is less if they overlap much.
        """
        bounds, parts = self.bounds, list(region.parts)
        # Most often it is one, inside.
        if len(parts) == 1 and type(parts[0]) is Rectangle:
            if bounds.contains(parts[0]):
                return [], parts
        parts = list(region.intersection(bounds).parts)
        exact: list[Rectangle] = [
            part for part in parts if isinstance(part, ExactRectangle)
        ]
        if exact:
            parts = [part for part in parts if not isinstance(part, ExactRectangle)]
        if len(parts) > 1:
            around = Region(parts).bounds
            if sum([part.width * part.height for part in parts]) > around.area:
                return exact, [around]
        return exact, parts

    def _searchAll(
        self, framebuffer: IFramebuffer, parts: list[Rectangle]
    ) -> tuple[list[Copy], list[Rectangle]]:
        """
        Look for what was moved in the parts that are large.

        @return: What was copied, and where else something may have changed.
        """
        if len(parts) > 1:
            # Where a window was, and where it is: one thing was moved in all of it.
            around = Region(parts).bounds
            if sum([part.width * part.height for part in parts]) * 4 > around.area * 3:
                parts = [around]
        copies: list[Copy] = []
        left = []
        for part in parts:
            if copies or part.width * part.height <= _MOVED_AREA:
                left.append(part)
                continue
            changed = self._changed(framebuffer, part)
            if changed is None:
                continue
            left.append(changed)
            if changed.area > _MOVED_AREA:
                copies = self._search(framebuffer, changed)
            else:
                self._misses = 0
        for copy in copies:
            # There each pixel was compared when that was found.
            left = [rest for part in left for rest in part.subtract(copy[0])]
        return copies, left

    def _copy(self, told: Iterable[Copy], region: Region) -> list[Copy]:
        """
        Do to the shadow what the application says it did to the pixels.
        """
        shadow, stride = self.surface[:2]
        copies = []
        for rectangle, x, y in told:
            dx, dy = rectangle.x - x, rectangle.y - y
            source = rectangle.translated(-dx, -dy).intersection(self.bounds)
            target = source.translated(dx, dy).intersection(self.bounds)
            # What is not compared afterwards must not be moved.
            if target.isEmpty or not region.contains(target):
                continue
            source = target.translated(-dx, -dy)
            kernels.moveRectangle(shadow, stride, *source, target.x, target.y)
            copies.append(Copy(target, source.x, source.y))
        return copies

    def _changed(self, framebuffer: IFramebuffer, part: Rectangle) -> Rectangle | None:
        """
        @return: What is around all of a part that changed.
        """
        framed = (framebuffer.pixels, framebuffer.stride)
        found = kernels.changedBounds(*self.surface[:2], *framed, *part)
        return None if found is None else Rectangle._make(found)

    def _search(self, framebuffer: IFramebuffer, part: Rectangle) -> list[Copy]:
        """
        Look for what was moved; where nothing was found in several frames in a row, as
        in a film, only in some of those that follow.
        """
        if self._misses >= _PATIENCE and self._misses % _SELDOM:
            self._misses += 1
            return []
        found = self._findMove(framebuffer, part)
        self._misses = 0 if found else self._misses + 1
        return found

    def _findMove(self, framebuffer: IFramebuffer, part: Rectangle) -> list[Copy]:
        """
        Find out whether a part of the picture was moved, and do so to the shadow.
        """
        shadow, stride = self.surface[:2]
        found = kernels.findMove(
            *(shadow, stride, framebuffer.pixels, framebuffer.stride),
            *part,
            self._areasFirst,
        )
        if found is None:
            return []
        x, y, width, height, fromX, fromY = found
        self._areasFirst = width < part.width
        kernels.moveRectangle(shadow, stride, fromX, fromY, width, height, x, y)
        return [Copy(Rectangle(x, y, width, height), fromX, fromY)]


def _aligned(size: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """
    @return: So many bytes of 0, from where a line of a cache begins.
    """
    memory = np.zeros(size + _LINE - 1, np.uint8)
    start = -memory.__array_interface__["data"][0] % _LINE
    return memory[start : start + size]
