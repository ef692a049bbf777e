# -*- test-case-name: tests.session.test_updates -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The choice of what one viewer is sent next of the picture, and by which encoder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from txrfb._screen.videos import Seen
from txrfb._session.capabilities import NOTHING, Capabilities
from txrfb.geometry import Region
from txrfb.pixels import NATIVE, PixelFormat

if TYPE_CHECKING:
    from txrfb._screen.display import Display
    from txrfb._screen.plan import Plan
    from txrfb._screen.renderedcursor import RenderedCursor
    from txrfb._session.cursorsight import CursorSight
    from txrfb._session.losslessrefresh import LosslessRefresh, LossyTiles
    from txrfb._session.requests import UpdateRequests
    from txrfb.interfaces import IEncoder


class Choice:
    """
    Plans the next update of one viewer: what is newer than what it has, as far as it
    asked for it, or what is to be sent again without loss.

    @ivar format: The viewer's pixel format.
    @ivar refresh: What it has only approximately, and is to be sent again.
    @ivar seen: What the viewer has of videos; C{None} if it is sent none.
    """

    def __init__(
        self,
        display: Display,
        requests: UpdateRequests,
        cursorSight: CursorSight,
        refresh: LosslessRefresh,
    ) -> None:
        """
        @param display: What is shown.

        @param requests: What the viewer asked for.

        @param cursorSight: How it sees the pointer.

        @param refresh: What it has only approximately.
        """
        self.format = NATIVE
        self._display = display
        self._requests = requests
        self._cursorSight = cursorSight
        self.refresh = refresh
        self._capabilities = NOTHING
        self._encoder: IEncoder | None = None
        self.seen: Seen | None = None

    def use(self, capabilities: Capabilities, format: PixelFormat) -> None:
        """
        The viewer has said what it reads.
        """
        self._capabilities = capabilities
        self.format = format
        self._encoder = None
        quality = capabilities.videoFor(format)
        if not quality or self._display.planner.videos is None:
            self.seen = None
        elif self.seen is None or self.seen.quality != quality:
            self.seen = Seen(quality)

    def sent(self, seen: Seen) -> None:
        """
        The viewer has been sent all of a plan.

        @param seen: What it has of videos then; if it wants another quality by now,
            that is nothing of those.
        """
        if self.seen is not None and self.seen.quality == seen.quality:
            self.seen = seen

    @property
    def isUsual(self) -> bool:
        """
        Whether the viewer is sent what all are that have the same encoder, when
        something changes: there is nothing that only this one sees.
        """
        requests = self._requests
        return (
            (requests.isSimple or not requests.isPending)
            and not requests.owed.rectangles
            and not self.refresh.isDue
            and not self._cursorSight.isDrawn
        )

    @property
    def lossy(self) -> LossyTiles | None:
        """
        What of its picture the viewer has only approximately.
        """
        return self.refresh.lossy

    def follow(self, lossy: LossyTiles | None, now: float) -> None:
        """
        See L{LosslessRefresh.follow}.
        """
        self.refresh.follow(lossy, now)

    @property
    def canCopy(self) -> bool:
        """
        Whether the viewer can copy what it has, if that is exactly the frame before.
        """
        return self._capabilities.copyRect

    @property
    def encoder(self) -> IEncoder:
        """
        What encodes for the viewer.
        """
        encoder = self._encoder
        if encoder is None:
            capabilities = self._capabilities
            encoder = self._encoder = self._display.planner.encoder(
                capabilities.encodingFor(self.format), self.format, capabilities.level
            )
        return encoder

    def plan(self, serial: int, isExact: bool) -> tuple[Plan | None, bool]:
        """
        @param serial: The number of the frame that the viewer has.

        @param isExact: Whether it has that, and no mixture of two.

        @return: What it is sent next, and whether it then has everything.
        """
        display, requests = self._display, self._requests
        encoder = self.encoder
        overlay = self._cursorSight.overlay()
        plan: Plan | None = None
        isNew = serial != display.serial
        if overlay is not None and isNew and requests.isSimple:
            if isExact and self.canCopy and display.planner.hasCopies(serial):
                drawn = self._cursorSight.drawn
                return display.planner.planUnder(encoder, overlay, drawn), True
            where = overlay.rectangle
            if not any(map(where.intersects, display.damageSince(serial))):
                overlay = None  # nothing is new below it, so the plan can be shared
        everything = overlay is None and requests.isSimple
        if not everything:
            chosen = requests.choose(display.damageSince(serial))
            if chosen:
                plan = display.planner.planFor(encoder, chosen, overlay)
            elif not isNew:
                wanted = None if requests.all else requests.some
                plan = self._again(overlay, wanted)
        elif isNew:
            copies = isExact and self.canCopy
            plan = display.planner.plan(serial, encoder, copies, self.seen)
        else:
            plan = self._again()
        return plan, everything

    def _again(
        self, overlay: RenderedCursor | None = None, wanted: Region | None = None
    ) -> Plan | None:
        """
        Plan to send again, without loss, what has rested, as there is nothing new.

        @param overlay: What is to be drawn over the picture.

        @param wanted: Where something is wanted; C{None} for everywhere.
        """
        rectangles = self.refresh.due(wanted)
        if not rectangles:
            return None
        capabilities = self._capabilities
        planner = self._display.planner
        encoder = planner.encoder(
            capabilities.lossless, self.format, capabilities.level.lossless()
        )
        return planner.planFor(encoder, rectangles, overlay)
