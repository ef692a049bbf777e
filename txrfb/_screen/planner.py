# -*- test-case-name: tests.screen.test_planner -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The planner of updates: what there is to send of a picture, planned and encoded once
for all that want the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from txrfb._screen.cache import EncodedCache
from txrfb._screen.photos import Photos
from txrfb._screen.plan import DRAWN, PHOTO, Plan, PlannedPixels, piecesOf
from txrfb._wire.messages import packHeader
from txrfb.encodings.values import Encoder
from txrfb.geometry import Copy, Rectangle, Region

if TYPE_CHECKING:
    from txrfb._screen.renderedcursor import RenderedCursor
    from txrfb._screen.shadow import Shadow
    from txrfb._screen.videos import Seen, Videos
    from txrfb.encodings.level import Level
    from txrfb.interfaces import IEncoder, IEncoding
    from txrfb.pixels import PixelFormat

#: How many plans are kept for viewers that may follow them.
_PLANS = 16


class Planner:
    """
    Plans updates to the newest frame of a shadow, and keeps what is encoded for the
    next viewer that is to be sent the same.

    @ivar cache: The rectangles that are encoded already.
    @ivar isShared: Whether there is more than one viewer to plan for.
    @ivar videos: The videos of the picture; C{None} if viewers are sent none.
    """

    def __init__(
        self, shadow: Shadow, cacheSize: int, videos: Videos | None = None
    ) -> None:
        """
        @param shadow: The pixels.

        @param cacheSize: How many bytes of encoded rectangles are kept at the
            most, for all viewers together.

        @param videos: What finds and encodes videos.
        """
        self.videos = videos
        self.cache = EncodedCache(cacheSize)
        self.isShared = False
        self._shadow = shadow
        self._photos = Photos()
        self._encoders: WeakValueDictionary[Any, IEncoder] = WeakValueDictionary()
        # Those of the newest frame by what they are for; and what all know of their
        # pixels that are in use.
        self._plans: dict[Any, Plan] = {}
        self._pixels = PlannedPixels()

    # -- What becomes of the picture -------------------------------------------------

    def nextFrame(self) -> None:
        """
        The shadow has gone on to a next frame.
        """
        self._retire()
        self.cache.nextFrame()
        if self.videos is not None:
            self.videos.nextFrame(self._shadow)

    def resized(self, shadow: Shadow) -> None:
        """
        The picture has another size.

        @param shadow: Its pixels from now on.
        """
        self._pixels.areGone = True
        self._pixels = PlannedPixels()
        self._retire()
        self.cache.clear()
        if self.videos is not None:
            self.videos.resized(shadow.bounds)
        self._shadow = shadow

    def forget(self) -> None:
        """
        The last viewer has left.
        """
        self._retire()
        self.cache.clear()
        if self.videos is not None:
            self.videos.forget()

    def _retire(self) -> None:
        for plan in self._plans.values():
            plan.retire()
        self._plans.clear()

    # -- What is planned, and encoded ------------------------------------------------

    def encoder(
        self, encoding: IEncoding, format: PixelFormat, level: Level
    ) -> IEncoder:
        """
        @return: An encoder, the same for all viewers that can share its work.
        """
        key = (encoding.number, encoding.key(format, level))
        encoder = self._encoders.get(key)
        if encoder is None:
            encoder = self._encoders[key] = encoding.encoder(format, level)
        return encoder

    def plan(
        self, serial: int, encoder: IEncoder, copies: bool, seen: Seen | None = None
    ) -> Plan:
        """
        @param serial: The number of the frame that a viewer has.

        @param encoder: How to encode for it.

        @param copies: Whether it can copy, and has that frame exactly.

        @param seen: What it has of videos; C{None} if it is sent none.

        @return: How it comes to the newest frame; the same plan for all viewers
            for whom this is the same.
        """
        shadow = self._shadow
        copies = copies and self.hasCopies(serial)
        key = (serial, encoder, copies, seen)
        plan = self._plans.get(key)
        if plan is None:
            damage = shadow.damage if copies else shadow.damageSince(serial)
            isFresh = copies or damage is shadow.damage
            moved = shadow.copies if copies else ()
            if seen is None or self.videos is None:
                plan = self._plan(encoder, damage, moved, isFresh)
            else:
                damage, videos, seen = self.videos.take(damage, seen, shadow)
                plan = self._plan(encoder, damage, moved, isFresh)
                plan.show(videos, seen)
            if len(self._plans) >= _PLANS:
                # Many pixel formats, or paces: nobody may make this grow.
                self._plans.pop(next(iter(self._plans))).retire()
            self._plans[key] = plan
        return plan

    def hasCopies(self, serial: int) -> bool:
        """
        @param serial: The number of the frame that a viewer has.

        @return: Whether something of that is to be copied for the newest.
        """
        return serial == self._shadow.serial - 1 and bool(self._shadow.copies)

    def planUnder(
        self, encoder: IEncoder, overlay: RenderedCursor, drawn: Rectangle
    ) -> Plan:
        """
        @param overlay: What is to be drawn over the picture.

        @param drawn: Where it is drawn over that which the viewer has, which is the
            frame before, and from which something is to be copied.

        @return: How it comes to the newest frame.
        """
        shadow = self._shadow
        # Where something is copied to that is drawn over.
        spoiled = [drawn]
        for target, x, y in shadow.copies:
            source = target._replace(x=x, y=y)
            spoiled += [
                part.intersection(source).translated(target.x - x, target.y - y)
                for part in spoiled
                if part.intersects(source)
            ]
        region = Region((*shadow.damage, *spoiled))
        plan = self._drawing(encoder, region, overlay, shadow.copies)
        plan.retire()
        return plan

    def planFor(
        self,
        encoder: IEncoder,
        rectangles: Sequence[Rectangle],
        overlay: RenderedCursor | None = None,
    ) -> Plan:
        """
        @param rectangles: What is to be sent; if some overlap, it is sent twice.

        @param overlay: What is to be drawn over the picture.

        @return: A plan for these rectangles of the newest frame; it is shared with
            nobody, unless it is for everything.
        """
        if overlay is None:
            if len(rectangles) == 1 and rectangles[0] == self._shadow.bounds:
                return self.plan(0, encoder, False)
            plan = self._plan(encoder, rectangles)
        else:
            plan = self._drawing(encoder, Region(rectangles), overlay)
        plan.retire()
        return plan

    def _drawing(
        self,
        encoder: IEncoder,
        region: Region,
        overlay: RenderedCursor,
        copies: Sequence[Copy] = (),
    ) -> Plan:
        # What is under it is encoded for this viewer alone, the rest is shared.
        under = region.intersection(overlay.rectangle)
        plan = self._plan(encoder, region.subtract(under).rectangles, copies)
        plan.draw(overlay, under.rectangles, self._shadow.surface)
        return plan

    def _plan(
        self,
        encoder: IEncoder,
        rectangles: Sequence[Rectangle],
        copies: Sequence[Copy] = (),
        isFresh: bool = False,
    ) -> Plan:
        shadow = self._shadow
        pieces = piecesOf(
            shadow.surface, rectangles, encoder, self._photos, shadow.serial
        )
        return Plan(
            shadow.serial,
            encoder,
            copies,
            pieces,
            self.encoded,
            isFresh,
            self._pixels,
        )

    def encoded(
        self,
        encoder: IEncoder,
        rectangle: Rectangle,
        newest: int = 0,
        kind: int = DRAWN,
        head: bytes = b"",
    ) -> bytes:
        """
        @param newest: The number of the frame in which the rectangle changed last,
            if it is known.

        @param kind: What it is: see L{txrfb._screen.plan}.

        @param head: What comes before the header.

        @return: A rectangle of the newest frame with its header, encoded now or
            before.
        """
        # What only one viewer is sent is not asked for again.
        isShared = self.isShared
        if isShared:
            newest = newest or self._shadow.newest(rectangle)
            key = (rectangle, newest, encoder, kind)
            data = self.cache.get(key)
            if data is not None:
                return head + data if head else data
        surface = self._shadow.surface
        header = packHeader(*rectangle, encoder.number)
        if not isShared:
            # Pixels are many bytes: they are written once.
            header = head + header
        if not isinstance(encoder, Encoder):
            encode = encoder.encode if kind == DRAWN else encoder.encodePhoto
            data = header + encode(surface, rectangle)
        elif kind == DRAWN:
            data = encoder.encodeAfter(header, surface, rectangle)
        elif kind == PHOTO:
            data = header + encoder.encodePhoto(surface, rectangle)
        else:
            data = header + encoder.encodeFilm(surface, rectangle)
        if isShared:
            self.cache.put(key, data)
            return head + data if head else data
        return data
