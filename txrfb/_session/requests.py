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


class UpdateRequests:
    """
    The requests of a viewer, merged, and what it missed by asking for less than
    everything.

    Whatever is asked for, this stays small: regions are simplified, which makes them
    larger, never smaller.

    @ivar isPending: Whether anything is wanted.
    @ivar isSimple: Whether everything that changes is wanted, and nothing else.
    @ivar isContinuous: Whether updates are wanted without being asked for.
    @ivar all: Whether whatever changes is wanted.
    @ivar some: Where changes are wanted.
    @ivar pixels: Where pixels are wanted, changed or not.
    @ivar owed: What the viewer has older than its frame, because it did not ask for
        it then.
    """

    __slots__ = (
        "_continuous",
        "_missing",
        "all",
        "isContinuous",
        "isPending",
        "isSimple",
        "owed",
        "pixels",
        "some",
    )

    def __init__(self) -> None:
        self.isPending = False
        self.isSimple = False
        self.isContinuous = False
        self.all = False
        self.some = _NOTHING
        self.pixels = _NOTHING
        self.owed = _NOTHING
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

        @return: Whether there was something inside.
        """
        if incremental and rectangle == bounds:
            self.all = True
        else:
            wanted = rectangle.intersection(bounds)
            if wanted.isEmpty:
                return False
            if not incremental:
                self.pixels = self.pixels.union(wanted).simplified()
            elif wanted == bounds:
                self.all = True
            else:
                self.some = self.some.union(wanted).simplified()
        self._note()
        return True

    def setContinuous(self, rectangle: Rectangle | None, bounds: Rectangle) -> None:
        """
        Changes are wanted from now on without being asked for.

        @param rectangle: Where; C{None} for no longer.
        """
        self.isContinuous = rectangle is not None
        if rectangle is not None:
            self._continuous = rectangle
        self.all = False
        self.some = _NOTHING
        self._renew(bounds)

    def owe(self, region: Region) -> None:
        """
        Something is to be sent though it did not change, when changes are wanted.
        """
        self.owed = self.owed.union(region).simplified()
        self._missing = self._missing.union(region).simplified()
        self._note()

    def resized(self, bounds: Rectangle) -> None:
        """
        The screen has another size, and everything in it is new.
        """
        self.owed = self._missing = _NOTHING
        self.pixels = self.pixels.intersection(bounds)
        self.some = self.some.intersection(bounds)
        self._renew(bounds)

    def choose(self, new: Sequence[Rectangle]) -> Region:
        """
        @param new: What is newer than the frame that the viewer has.

        @return: What of it, and of what it is owed, is wanted now.
        """
        due = Region(new).union(self.owed)
        changed = due if self.all else due.intersection(self.some)
        chosen = changed.union(self.pixels)
        self._missing = due.subtract(chosen).simplified()
        return chosen

    def begin(self, bounds: Rectangle, everything: bool = False) -> None:
        """
        An update with what is wanted begins: the requests are answered by it.

        @param everything: Whether nothing will be owed after it.
        """
        self.all = False
        self.some = self.pixels = _NOTHING
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
        pixels = bool(self.pixels.rectangles)
        self.isPending = self.all or pixels or bool(self.some.rectangles)
        self.isSimple = self.all and not (pixels or self.owed.rectangles)
