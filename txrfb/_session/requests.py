# -*- test-case-name: tests.session.test_requests -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The pending update requests of one viewer (RFC 6143, section 7.5.3).
"""

from __future__ import annotations

from collections.abc import Sequence

from txrfb.geometry import Rectangle, Region

_NOTHING = Region()

#: How many rectangles are kept as they were asked for; more are merged where they are
#: near each other, in so many columns and rows.
_FEW = 8
_CELLS = 3

#: Of how many rectangles a region consists that is carried on from update to update:
#: to subtract one such from another is a matter of some hundred comparisons.
_COMPLEXITY = 16


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
    def region(self) -> Region:
        """
        All of it.
        """
        return Region((*self._few, *self._boxes.values()))


class UpdateRequests:
    """
    The requests of a viewer, merged, and what it missed by asking for less than
    everything.

    Whatever is asked for, this stays small, and a request costs little.

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

    def choose(self, new: Sequence[Rectangle]) -> Region:
        """
        @param new: What is newer than the frame that the viewer has.

        @return: What of it, and of what it is owed, is wanted now.
        """
        due = Region(new).union(self.owed)
        changed = due if self.all else due.intersection(self._some.region)
        chosen = changed.union(self._pixels.region)
        self._missing = due.subtract(chosen).simplified(_COMPLEXITY)
        return chosen

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
