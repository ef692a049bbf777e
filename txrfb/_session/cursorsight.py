# -*- test-case-name: tests.session.test_cursorsight -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
How one viewer sees the pointer: it draws it itself, where its own is; or it is drawn
into its picture, as somebody else moves it.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING

from txrfb._screen.followers import Change
from txrfb.encodings.constants import POINTER_POSITION, VMWARE_CURSOR_POSITION
from txrfb.geometry import Rectangle, Region

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall, IReactorTime

    from txrfb._screen.display import Display
    from txrfb._screen.renderedcursor import RenderedCursor
    from txrfb._session.pseudorectangles import PseudoRectangles
    from txrfb._session.requests import UpdateRequests

#: For how many seconds a viewer's own pointer must have rested for it to see another.
REST = 1.0

#: By how many seconds timers may be early.
_EARLY = 0.002

_NOWHERE = Rectangle(0, 0, 0, 0)


class CursorSight:
    """
    Draws the cursor into the picture of a viewer that does not draw it, or that would
    not see where somebody else, or the application, has moved it: if it does not move
    it itself, and cannot be told, or does not follow.  Such a viewer is sent an empty
    shape meanwhile.
    """

    def __init__(
        self,
        display: Display,
        clock: IReactorTime,
        pseudo: PseudoRectangles,
        requests: UpdateRequests,
        mayPoint: Callable[[], bool],
        changed: Callable[[], None],
    ) -> None:
        """
        @param display: What is shown.

        @param clock: What time is taken from.

        @param pseudo: Knows what the viewer can be told, and tells it.

        @param requests: What the viewer is owed.

        @param mayPoint: Says whether the viewer may move the pointer.

        @param changed: Called when there is something new to see.
        """
        self._display = display
        self._clock = clock
        self._pseudo = pseudo
        self._requests = requests
        self._mayPoint = mayPoint
        self._changed = changed
        self._isDrawn = True
        # Where the viewer put the pointer, and when.
        self._own = (0, 0)
        self._movedAt = -inf
        # Where the pointer is, and when the application moved it first since then.
        self._place = display.desktop.pointer
        self._warpedAt = -inf
        # Where it was drawn since it was told that it moved.
        self._drawn = _NOWHERE
        self._timer: IDelayedCall | None = None

    def stop(self) -> None:
        """
        The viewer has left.
        """
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @property
    def isDrawn(self) -> bool:
        """
        Whether the cursor is drawn into the picture.
        """
        return self._isDrawn and self._display.desktop.cursor is not None

    @property
    def drawn(self) -> Rectangle:
        """
        Where the viewer's picture may have it.
        """
        return self._drawn.intersection(self._display.bounds)

    def overlay(self) -> RenderedCursor | None:
        """
        @return: What is to be drawn now.
        """
        if not self.isDrawn:
            return None
        overlay = self._display.desktop.overlay
        if overlay is not None:
            self._drawn = self._drawn.union(overlay.rectangle)
        return overlay

    def pointed(self, x: int, y: int) -> None:
        """
        The viewer itself moves the pointer.
        """
        self._own = (x, y)
        self._movedAt = self._clock.seconds()
        if self._isDrawn and self._pseudo.drawsCursor:
            self.update()

    def moved(self, old: RenderedCursor | None) -> None:
        """
        The cursor has another shape, or is elsewhere.

        @param old: As it was.
        """
        if self._isDrawn and old is not None:
            self._drawn = self._drawn.union(old.rectangle)
        desktop = self._display.desktop
        if desktop.pointer != self._place:
            self._place = desktop.pointer
            if desktop.isWarped and self._warpedAt <= self._movedAt:
                self._warpedAt = self._clock.seconds()
        self.update()

    def update(self) -> None:
        """
        What counts for this may be otherwise.
        """
        wasDrawn, self._isDrawn = self._isDrawn, self._isToBeDrawn()
        desktop = self._display.desktop
        drawn, self._drawn = self._drawn, _NOWHERE
        self._owe(drawn)
        overlay = desktop.overlay
        if overlay is not None and self._isDrawn:
            self._owe(overlay.rectangle)
        # It is drawn for those who have not said yet what they draw themselves.
        if self._isDrawn != wasDrawn or self._isDrawn != self._pseudo.hidesCursor:
            self._pseudo.hidesCursor = self._isDrawn
            if desktop.cursor is not None:
                self._pseudo.note(Change.CURSOR)
        elif not self._isDrawn:
            return
        self._changed()

    def _owe(self, rectangle: Rectangle) -> None:
        part = rectangle.intersection(self._display.bounds)
        if not part.isEmpty:
            self._requests.owe(Region((part,)))

    def _isToBeDrawn(self) -> bool:
        pseudo, desktop = self._pseudo, self._display.desktop
        if not pseudo.drawsCursor:
            return True
        if pseudo.takes(POINTER_POSITION):
            return False
        if not self._mayPoint():
            return True
        if desktop.pointer == self._own:
            return False
        rested = self._movedAt
        if pseudo.takes(VMWARE_CURSOR_POSITION):
            # It may put its own where it is told that the application has put it.
            # TigerVNC's viewer does so only while it has grabbed the pointer.
            rested = max(rested, self._warpedAt)
        left = rested + REST - self._clock.seconds()
        if left <= _EARLY or left > REST:  # the clock may have been set back
            return True
        if self._timer is None:
            self._timer = self._clock.callLater(left, self._rested)
        return False

    def _rested(self) -> None:
        self._timer = None
        if not self._isDrawn:
            self.update()
