# -*- test-case-name: tests.session.test_losslessrefresh -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The lossless refresh: what a viewer was sent as JPEG is sent again, exactly, when it
has come to rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from txrfb._screen.tiles import TILE, rectanglesOf, tilesWithin, touchedTiles
from txrfb.geometry import Rectangle, Region

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall, IReactorTime

    from txrfb._screen.plan import Plan

#: For how many seconds pixels must have stood still to be sent again.
REST = 0.5

#: How many seconds earlier will do.
_EARLY = 0.002

#: For how many seconds those who are sent the same are taken to be sent it together.
_SOON = 0.05

#: How many pixels are sent again at once: few enough not to delay what is new.
_AREA = 1 << 18

#: While something moves, what rests is sent again no sooner than so many seconds after
#: the last time, and after as long a pause as that took: so it has half of the link at
#: the most.
_PAUSE = 0.1

_MAX_PAUSE = 5.0

#: It is sent in smaller parts if one took longer than that, and in larger ones if it
#: took much less.
_MIN_AREA, _LONG, _SHORT = 1 << 14, 0.05, 0.01

#: Of how many tiles that are sent in parts is known which parts they are, and of how
#: many rectangles those consist.
_CUT_TILES, _CUTS = 256, 8


_NOTHING = Region()


class LossyTiles:
    """
    The tiles of a display that a viewer was sent as JPEG, and since when.  Viewers that
    were sent the same have the same: what comes after a plan is another, made once.

    @ivar oldest: Since when the tile is lossy that is so for the longest time, in
        seconds; infinity if none is.
    """

    def __init__(self, bounds: Rectangle) -> None:
        """
        @param bounds: All of the display.
        """
        self._bounds = bounds
        shape = (-(-bounds.height // TILE), -(-bounds.width // TILE))
        # The time at which a tile became lossy; infinity if it is not.
        self._since: np.ndarray[Any, np.dtype[np.float64]] = np.full(shape, np.inf)
        # What is exact of tiles that are lossy elsewhere, by row and column.
        self._exact: dict[tuple[int, int], Region] = {}
        self.oldest = inf

    def copied(self) -> LossyTiles:
        """
        @return: The same, to be changed.
        """
        copy = LossyTiles(self._bounds)
        copy._since = self._since.copy()
        copy._exact = dict(self._exact)
        copy.oldest = self.oldest
        return copy

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
        if self._exact:
            lossy = {tile for tile in self._exact if since[tile] == now}
            self._forget(lossy)
        self.oldest = float(since.min())

    def sentAgain(self, rectangles: Sequence[Rectangle]) -> None:
        """
        A viewer has been sent this without loss.
        """
        for rectangle in rectangles:
            self._since[tilesWithin(rectangle, self._bounds)] = inf
            for tile in self._cut(rectangle):
                whole = self._tile(tile)
                part = Region((rectangle.intersection(whole),))
                exact = part.union(self._exact.pop(tile, part))
                if exact.contains(whole):
                    self._since[tile] = inf
                    continue
                if len(self._exact) >= _CUT_TILES:
                    del self._exact[next(iter(self._exact))]
                self._exact[tile] = exact if len(exact) <= _CUTS else part
        if self._exact:
            self._forget({tile for tile in self._exact if self._since[tile] == inf})
        self.oldest = float(self._since.min())

    def before(
        self, time: float, limit: int, wanted: Region | None = None
    ) -> list[Rectangle]:
        """
        @param time: A time, in seconds.

        @param limit: About how many pixels are wanted.

        @param wanted: Where; C{None} for everywhere.

        @return: What is lossy since before then: whole tiles, or what is wanted of
            them, as rectangles that do not overlap.
        """
        lossy = self._since <= time
        chosen: list[Rectangle] = []
        if wanted is not None:
            whole = np.zeros(lossy.shape, bool)
            cut: set[tuple[int, int]] = set()
            for rectangle in wanted.rectangles:
                whole[tilesWithin(rectangle, self._bounds)] = True
                cut.update(self._cut(rectangle))
            for tile in sorted(cut):
                if lossy[tile] and not whole[tile]:
                    missing = wanted.intersection(self._tile(tile))
                    missing = missing.subtract(self._exact.get(tile, _NOTHING))
                    chosen.extend(missing.rectangles)
            lossy &= whole
        area = sum(rectangle.area for rectangle in chosen)
        for rectangle in rectanglesOf(lossy.tobytes(), self._bounds):
            if area >= limit:
                break
            columns = max(1, (limit - area) // (TILE * TILE)) * TILE
            width = min(columns, rectangle.width)
            rows = max(1, (limit - area) // (width * TILE)) * TILE
            height = min(rows, rectangle.height)
            part = rectangle._replace(width=width, height=height)
            chosen.append(part)
            area += part.area
        return chosen

    def _tile(self, tile: tuple[int, int]) -> Rectangle:
        row, column = tile
        whole = Rectangle(column * TILE, row * TILE, TILE, TILE)
        return whole.intersection(self._bounds)

    def _cut(self, rectangle: Rectangle) -> list[tuple[int, int]]:
        """
        @return: The tiles of which a rectangle has a part and not all, by row and
            column.
        """
        rows, columns = touchedTiles(rectangle)
        if tilesWithin(rectangle, self._bounds) == (rows, columns):
            return []
        return [
            (row, column)
            for row in range(rows.start, rows.stop)
            for column in range(columns.start, columns.stop)
            if not rectangle.contains(self._tile((row, column)))
        ]

    def _forget(self, tiles: Iterable[tuple[int, int]]) -> None:
        for tile in tiles:
            del self._exact[tile]


def lossyAfter(
    plan: Plan, before: LossyTiles | None, bounds: Rectangle, now: float
) -> LossyTiles | None:
    """
    @param plan: What was sent.

    @param before: What was lossy of a viewer's picture before; C{None} for nothing.

    @param bounds: All of the display.

    @param now: The time, in seconds.

    @return: What is lossy after it; the same object for all who had the same before.
    """
    if before is None and not plan.lossy:
        return None
    known = plan.lossyAfter
    if known is not None and known[0] is before and 0 <= now - known[2] < _SOON:
        after: LossyTiles | None = known[1]
        return after
    tiles = LossyTiles(bounds) if before is None else before.copied()
    tiles.sent(plan, now)
    after = None if tiles.oldest == inf else tiles
    plan.lossyAfter = before, after, now
    return after


class LosslessRefresh:
    """
    Sees to it that one viewer gets exactly what it has only approximately, as soon as
    it rests: between updates, and in small parts while something else moves.

    @ivar isIdle: Whether the viewer has everything exactly.
    @ivar lossy: What it has only approximately; C{None} if that is nothing.
    """

    def __init__(self, clock: IReactorTime, wake: Callable[[], None]) -> None:
        """
        @param clock: What time is taken from.

        @param wake: Called when something may be due.
        """
        self._clock = clock
        self._wake = wake
        self.isIdle = True
        self.lossy: LossyTiles | None = None
        self._timer: IDelayedCall | None = None
        # When something new was sent last, and since when something is lossy.
        self._newTime = 0.0
        self._oldest = inf
        # What is sent again, since when, and until when nothing is while something
        # moves; how many pixels at once.
        self._sending: list[Rectangle] = []
        self._begun = 0.0
        self._pausedUntil = 0.0
        self._area = _AREA // 2

    def sent(self, plan: Plan, bounds: Rectangle) -> None:
        """
        The viewer has been sent all of a plan.

        @param bounds: All of the display.
        """
        lossy, now = self.lossy, self._clock.seconds()
        if self._sending:
            assert lossy is not None
            lossy = lossy.copied()
            lossy.sentAgain(self._sending)
            self._sending = []
            took = max(now - self._begun, 0.0)
            self._pausedUntil = now + min(max(took, _PAUSE), _MAX_PAUSE)
            if took > _LONG:
                self._area = max(self._area // 2, _MIN_AREA)
            elif took < _SHORT:
                self._area = min(self._area * 2, _AREA)
            self._become(lossy, now)
        else:
            self.follow(lossyAfter(plan, lossy, bounds, now), now)

    def follow(self, lossy: LossyTiles | None, now: float) -> None:
        """
        The viewer has been sent something new.

        @param lossy: What is lossy now.

        @param now: The time, in seconds.
        """
        self._newTime = now
        if lossy is not self.lossy:
            self._become(lossy, now)

    def _become(self, lossy: LossyTiles | None, now: float) -> None:
        if lossy is None or lossy.oldest == inf:
            self.forget()
            return
        self.lossy, self.isIdle, self._oldest = lossy, False, lossy.oldest
        if self._timer is None:
            self._schedule(now)

    @property
    def isDue(self) -> bool:
        """
        Whether something has rested for long enough to be sent again.
        """
        return not self.isIdle and self._clock.seconds() - REST + _EARLY >= self._oldest

    def due(self, wanted: Region | None = None) -> list[Rectangle]:
        """
        @param wanted: Where the viewer wants something; C{None} for everywhere.

        @return: What is to be sent again now; if there is anything, the next plan
            that is L{sent} has it.
        """
        if self.lossy is None:
            return []
        now = self._clock.seconds()
        # Sums are rounded, and timers may be early.
        time = now - REST + _EARLY
        if time < self._oldest:
            return []
        area = _AREA
        if time < self._newTime:
            # Something moves.  If the clock was set back, the pause is none.
            if now + _EARLY < self._pausedUntil <= now + _MAX_PAUSE:
                return []
            area = self._area
        self._begun = now
        self._sending = self.lossy.before(time, area, wanted)
        return self._sending

    def forget(self) -> None:
        """
        Nothing is lossy: the viewer will get everything anew, or nothing any more.
        """
        self.lossy = None
        self.isIdle = True
        self._sending = []
        self._oldest = inf
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _schedule(self, now: float) -> None:
        due = max(self._oldest + REST, self._pausedUntil)
        self._timer = self._clock.callLater(max(due - now, 0.0), self._due)

    def _due(self) -> None:
        self._timer = None
        now = self._clock.seconds()
        if now + _EARLY < self._oldest + REST:
            # It is more recent than when this was scheduled.
            self._schedule(now)
        else:
            # What cannot be sent now is asked for by the next request.
            self._wake()
