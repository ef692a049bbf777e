# -*- test-case-name: tests.session.test_requests -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The pending update requests of one viewer (RFC 6143, section 7.5.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from txrfb.geometry import Rectangle, Region, joined

_NOTHING = Region()

#: How many rectangles are kept as they were asked for; more are merged where they are
#: near each other, in so many columns and rows.
_FEW = 8
_CELLS = 3

#: Of how many rectangles consists what is carried on from update to update.
_COMPLEXITY = 8

#: How many pairs of rectangles are compared to find out exactly what they share: that
#: takes as long as it takes to encode something small.
_PAIRS = 32


class Area:
    """
    What was asked for of the screen.  Adding to it costs the same however much there
    is: what is many is made larger, never smaller.

    @ivar isAny: Whether anything was asked for.
    @ivar isAll: Whether everything was.
    """

    __slots__ = ("_boxes", "_few", "isAll", "isAny")

    def __init__(self) -> None:
        self.isAny = False
        self.isAll = False
        self._few: list[Rectangle] = []
        self._boxes: dict[tuple[int, int], Rectangle] = {}

    def add(self, rectangle: Rectangle, bounds: Rectangle) -> bool:
        """
        @param rectangle: It lies inside the screen, and is not empty.

        @param bounds: The screen.

        @return: Whether it was not asked for already.
        """
        few = self._few
        if self.isAll or rectangle in few:
            return False
        if rectangle == bounds:
            self.clear()
            self.isAll = True
        self.isAny = True
        if len(few) < _FEW:
            few.append(rectangle)
            return True
        cell = (
            rectangle.x * _CELLS // bounds.width,
            rectangle.y * _CELLS // bounds.height,
        )
        box = self._boxes.get(cell, rectangle)
        merged = self._boxes[cell] = box.union(rectangle)
        return merged != box or box is rectangle

    def clear(self) -> None:
        """
        Nothing is asked for any more.
        """
        self.isAny = self.isAll = False
        self._few.clear()
        self._boxes.clear()

    def clip(self, bounds: Rectangle) -> None:
        """
        The screen has another size.
        """
        rectangles = self.region.intersection(bounds).rectangles
        self.clear()
        for rectangle in rectangles:
            self.add(rectangle, bounds)

    @property
    def rectangles(self) -> tuple[Rectangle, ...]:
        """
        All of it; some may overlap.
        """
        return (*self._few, *self._boxes.values())

    @property
    def region(self) -> Region:
        """
        All of it.
        """
        return Region(self.rectangles)


class UpdateRequests:
    """
    The requests of a viewer, merged, and what it missed by asking for less than
    everything.

    Whatever is asked for, this stays small, and a request costs little.  L{Member
    <txrfb._session.instep.Member>} does without a call: if nothing else is pending or
    owed, C{all}, C{isPending} and C{isSimple} say that everything is wanted.

    @ivar isPending: Whether anything is wanted.
    @ivar isSimple: Whether everything that changes is wanted, and nothing else.
    @ivar wantsPixels: Whether pixels are wanted somewhere, changed or not.
    @ivar isContinuous: Whether updates are wanted without being asked for.
    @ivar all: Whether whatever changes is wanted.
    @ivar owed: What the viewer has older than its frame, because it did not ask for
        it then.
    """

    __slots__ = (
        "_continuous",
        "_missing",
        "_pixels",
        "_some",
        "all",
        "isContinuous",
        "isPending",
        "isSimple",
        "owed",
        "wantsPixels",
    )

    def __init__(self) -> None:
        self.isPending = False
        self.isSimple = False
        self.isContinuous = False
        self.wantsPixels = False
        self.all = False
        self.owed = _NOTHING
        # Where changes are wanted, and where pixels are, changed or not.
        self._some = Area()
        self._pixels = Area()
        # What of it stays wanted, however often it is sent.
        self._continuous = Rectangle(0, 0, 0, 0)
        # What will be owed when the update under way is sent.
        self._missing = _NOTHING

    def add(self, incremental: bool, rectangle: Rectangle, bounds: Rectangle) -> bool:
        """
        Something more is wanted.

        @param incremental: Whether only if it changes.

        @param rectangle: Where.

        @param bounds: The screen; what is outside is ignored.

        @return: Whether there was something inside that was not wanted already.
        """
        if incremental and self.all:
            return False
        if rectangle != bounds:
            rectangle = rectangle.intersection(bounds)
            if rectangle.isEmpty:
                return False
        if not incremental:
            isNew = self._pixels.add(rectangle, bounds)
        elif rectangle == bounds:
            isNew = self.all = True
        else:
            isNew = self._some.add(rectangle, bounds)
        if isNew:
            self._note()
        return isNew

    @property
    def some(self) -> Region:
        """
        Where changes are wanted, if not everywhere.
        """
        return self._some.region

    @property
    def pixels(self) -> Region:
        """
        Where pixels are wanted, changed or not.
        """
        return self._pixels.region

    def setContinuous(self, rectangle: Rectangle | None, bounds: Rectangle) -> None:
        """
        Changes are wanted from now on without being asked for.

        @param rectangle: Where; C{None} for no longer.
        """
        self.isContinuous = rectangle is not None
        if rectangle is not None:
            self._continuous = rectangle
        self.all = False
        self._some.clear()
        self._renew(bounds)

    def owe(self, region: Region) -> None:
        """
        Something is to be sent though it did not change, when changes are wanted.
        """
        self.owed = self.owed.union(region).simplified(_COMPLEXITY)
        self._missing = self._missing.union(region).simplified(_COMPLEXITY)
        self._note()

    def resized(self, bounds: Rectangle) -> None:
        """
        The screen has another size, and everything in it is new.
        """
        self.owed = self._missing = _NOTHING
        self._pixels.clip(bounds)
        self._some.clip(bounds)
        self._renew(bounds)

    def choose(self, new: Sequence[Rectangle]) -> list[Rectangle]:
        """
        What this takes is bounded: where there is much of everything, somewhat more is
        chosen, of what was asked for, and more is owed.

        @param new: What is newer than the frame that the viewer has.

        @return: What of it, and of what it is owed, is wanted now; of many rectangles,
            some may overlap.
        """
        owed, pixels = self.owed.rectangles, self._pixels.rectangles
        if self.all:
            self._missing = _NOTHING
            return [*new, *_outside((*owed, *pixels), new)]
        due = [*new, *_outside(owed, new)]
        wanted = self._some.rectangles
        self._missing = _merged(_outside(due, (*wanted, *pixels)))
        chosen = [*_inside(due, wanted), *pixels]
        return list(Region(chosen)) if len(chosen) <= _COMPLEXITY else chosen

    def begin(self, bounds: Rectangle, everything: bool = False) -> None:
        """
        An update with what is wanted begins: the requests are answered by it.

        @param everything: Whether nothing will be owed after it.
        """
        self.all = False
        if self._some.isAny:
            self._some.clear()
        if self._pixels.isAny:
            self._pixels.clear()
        if everything:
            self._missing = _NOTHING
        self._renew(bounds)

    def finish(self) -> None:
        """
        The update that began is sent.
        """
        if self.owed is not self._missing:
            self.owed = self._missing
            self._note()

    def _renew(self, bounds: Rectangle) -> None:
        if self.isContinuous:
            self.add(True, self._continuous, bounds)
        self._note()

    def _note(self) -> None:
        """
        Something is wanted that was not, or the reverse.
        """
        pixels = self.wantsPixels = self._pixels.isAny
        self.isPending = self.all or pixels or self._some.isAny
        self.isSimple = self.all and not (pixels or self.owed.rectangles)


def _edges(rectangles: Sequence[Rectangle]) -> Any:
    """
    @return: Of each rectangle a row: left, top, right, bottom.
    """
    edges = np.array(rectangles, np.int32)
    edges[:, 2:] += edges[:, :2]
    return edges


def _outside(
    rectangles: Sequence[Rectangle], others: Sequence[Rectangle]
) -> list[Rectangle]:
    """
    @return: What of the rectangles is outside of the others; if they are many, those
        that are not wholly inside of one of these.
    """
    if not rectangles or not others:
        return list(rectangles)
    if len(rectangles) * len(others) <= _PAIRS:
        left = list(rectangles)
        for other in others:
            left = [piece for one in left for piece in one.subtract(other)]
        return left
    inner, outer = _edges(rectangles)[:, None], _edges(others)
    isInside = (outer[:, :2] <= inner[..., :2]) & (outer[:, 2:] >= inner[..., 2:])
    isCovered = isInside.all(axis=2).any(axis=1)
    return [one for one, is_ in zip(rectangles, isCovered.tolist()) if not is_]


def _inside(
    rectangles: Sequence[Rectangle], others: Sequence[Rectangle]
) -> list[Rectangle]:
    """
    @return: What of the rectangles is inside of the others; if they are many, for each
        of these the smallest rectangle around that.
    """
    if not rectangles or not others:
        return []
    if len(others) == 1 or len(rectangles) * len(others) <= _PAIRS:
        both = (one.intersection(other) for one in rectangles for other in others)
        return [one for one in both if not one.isEmpty]
    inner, outer = _edges(rectangles), _edges(others)[:, None]
    start = np.maximum(inner[:, :2], outer[..., :2])
    end = np.minimum(inner[:, 2:], outer[..., 2:])
    isAny = (start < end).all(axis=2)
    found = []
    for starts, ends, some in zip(start, end, isAny):
        if some.any():
            x, y = starts[some].min(axis=0).tolist()
            right, bottom = ends[some].max(axis=0).tolist()
            found.append(Rectangle(x, y, right - x, bottom - y))
    return found


def _merged(rectangles: list[Rectangle]) -> Region:
    """
    @return: At least the pixels of the rectangles, in few.
    """
    ordered = sorted(rectangles, key=lambda one: (one.y, one.x))
    return Region(joined(ordered, _COMPLEXITY))
