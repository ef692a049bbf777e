# -*- test-case-name: tests.session.test_losslessrefresh -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The lossless refresh: what a viewer was sent as JPEG is sent again, exactly, when it
has come to rest.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from txrfb._screen.tiles import TILE, rectanglesOf, tilesWithin, touchedTiles
from txrfb.geometry import Rectangle

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall, IReactorTime

    from txrfb._screen.plan import Plan

#: For how many seconds pixels must have stood still to be sent again.
REST = 0.5

#: How many pixels are sent again at once: few enough not to delay what is new.
_AREA = 1 << 18

#: While there is always something new, pixels must have stood still for more seconds
#: than that, and fewer are sent again at once, and only every L{REST} seconds.
_LONG_REST = 5.0
_SMALL_AREA = 1 << 16


class LossyTiles:
    """
    The tiles of a display that one viewer was sent as JPEG, and since when.
    """

    def __init__(self, bounds: Rectangle) -> None:
        """
        @param bounds: All of the display.
        """
        self._bounds = bounds
        shape = (-(-bounds.height // TILE), -(-bounds.width // TILE))
        # The time at which a tile became lossy; infinity if it is not.
        self._since: np.ndarray[Any, np.dtype[np.float64]] = np.full(shape, np.inf)

    def sent(self, plan: Plan, now: float) -> None:
        """
        A viewer has been sent all of a plan.

        @param now: The time, in seconds.
        """
        since = self._since
        for copy in plan.copies:
            x, y = copy.x, copy.y
            source = Rectangle(x, y, copy.rectangle.width, copy.rectangle.height)
            if np.isfinite(since[touchedTiles(source)]).any():
                since[touchedTiles(copy.rectangle)] = now
        for isLossy, tiles in plan.lossyTiles(self._bounds):
            since[tiles] = now if isLossy else inf

    def sentAgain(self, rectangles: list[Rectangle]) -> None:
        """
        A viewer has been sent whole tiles without loss.
        """
        for rectangle in rectangles:
            self._since[tilesWithin(rectangle, self._bounds)] = inf

    @property
    def oldest(self) -> float:
        """
        Since when the tile is lossy that is so for the longest time, in seconds;
        infinity if none is.
        """
        return float(self._since.min())

    def before(self, time: float, limit: int) -> list[Rectangle]:
        """
        @param time: A time, in seconds.

        @param limit: About how many pixels are wanted.

        @return: Whole tiles that are lossy since before then, as rectangles that do
            not overlap.
        """
        chosen = []
        area = 0
        tiles = (self._since <= time).tobytes()
        for rectangle in rectanglesOf(tiles, self._bounds):
            rows = max(1, (limit - area) // (rectangle.width * TILE)) * TILE
            part = rectangle._replace(height=min(rows, rectangle.height))
            chosen.append(part)
            area += part.area
            if area >= limit:
                break
        return chosen


class LosslessRefresh:
    """
    Sees to it that one viewer gets exactly what it has only approximately, when
    there is nothing else to send.

    @ivar isIdle: Whether the viewer has everything exactly.
    """

    def __init__(self, clock: IReactorTime, wake: Callable[[], None]) -> None:
        """
        @param clock: What time is taken from.

        @param wake: Called when something may be due.
        """
        self._clock = clock
        self._wake = wake
        self.isIdle = True
        self._lossy: LossyTiles | None = None
        self._timer: IDelayedCall | None = None
        # When something new was sent last, and something again.
        self._sending: list[Rectangle] = []
        self._newTime = 0.0
        self._againTime = 0.0

    def sent(self, plan: Plan, bounds: Rectangle) -> None:
        """
        The viewer has been sent all of a plan.

        @param bounds: All of the display.
        """
        lossy = self._lossy
        if lossy is None:
            if not plan.lossy:
                return
            lossy = self._lossy = LossyTiles(bounds)
            self.isIdle = False
        now = self._clock.seconds()
        if self._sending:
            lossy.sentAgain(self._sending)
            self._sending = []
            self._againTime = now
        else:
            lossy.sent(plan, now)
            self._newTime = now
        if lossy.oldest == inf:
            self.forget()
        else:
            self._schedule(lossy.oldest + REST - now)

    def due(self) -> list[Rectangle]:
        """
        @return: What is to be sent again now; if there is anything, the next plan
            that is L{sent} has it.
        """
        if self._lossy is None:
            return []
        now = self._clock.seconds()
        if now - self._newTime >= REST:
            self._sending = self._lossy.before(now - REST, _AREA)
        elif now - self._againTime >= REST:
            self._sending = self._lossy.before(now - _LONG_REST, _SMALL_AREA)
        return self._sending

    def forget(self) -> None:
        """
        Nothing is lossy: the viewer will get everything anew, or nothing any more.
        """
        self._lossy = None
        self.isIdle = True
        self._sending = []
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _schedule(self, wait: float) -> None:
        if self._timer is None:
            self._timer = self._clock.callLater(max(wait, 0.0), self._due)

    def _due(self) -> None:
        self._timer = None
        self._wake()
        if self._lossy is not None:
            self._schedule(REST)
