# -*- test-case-name: tests.test_display -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
One framebuffer and all who look at it.

A display takes the framebuffer's pixels when some viewer has asked for them and has
room, compares them with its own copy of what it took before (the shadow), and gives
every tile that really changed the serial number of the frame.  A viewer remembers
the serial number of the picture it has, and so can be told what is new to it
whenever it likes.  Everything is encoded from the shadow: a frame is one instant,
whatever the application draws meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakSet, WeakValueDictionary

import numpy as np
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from txrfb import kernels
from txrfb.cache import EncodedCache
from txrfb.geometry import Rectangle, Region
from txrfb.interfaces import ICursorSource, IFramebufferListener
from txrfb.messages import RectangleHeader
from txrfb.pixels import Cursor, PixelFormat, Surface
from txrfb.plan import Copy, Plan, piecesOf
from txrfb.tiles import TILE, rectanglesOf, touchedTiles

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall, IReactorTime

    from txrfb.encodings.level import Level
    from txrfb.interfaces import IEncoder, IEncoding, IFramebuffer

#: How many copies told between two frames are heeded; they are only hints.
_COPIES = 32

#: Scrolling is looked for in changes of more than so many pixels.
_SCROLL_AREA = 100_000


class IFollower(Protocol):
    """
    Somebody whom a display serves: see L{txrfb.updates.UpdateProducer}.

    @ivar isReady: Whether it would begin an update now, if there were one.
    @ivar wantsCopies: Whether it has the newest picture, and can copy.
    """

    @property
    def isReady(self) -> bool: ...

    @property
    def wantsCopies(self) -> bool: ...

    def frameReady(self) -> None:
        """
        There may be something new.
        """

    def sizeChanged(self) -> None:
        """
        The display has another size, and everything is new.
        """

    def nameChanged(self) -> None:
        """
        The display has another name.
        """

    def cursorChanged(self) -> None:
        """
        The cursor has another shape.
        """

    def bell(self) -> None:
        """
        The bell rings.
        """

    def cutText(self, text: str) -> None:
        """
        There is new text in the cut buffer.
        """

    def displayFailed(self, failure: Failure) -> None:
        """
        The framebuffer failed: there will be no more pixels.
        """


@implementer(IFramebufferListener)
class Display:
    """
    Shows one framebuffer to any number of viewers.

    @ivar serial: The number of the newest frame; it grows by one with each frame in
        which something changed.
    @ivar surface: The shadow: the pixels of the newest frame.
    @ivar isValid: Whether the shadow holds a picture yet.
    @ivar cache: The rectangles that are encoded already.
    """

    _log = Logger()

    def __init__(
        self,
        framebuffer: IFramebuffer,
        clock: IReactorTime,
        frameRate: float = 60.0,
        cacheSize: int = 64 << 20,
        findScrolls: bool = True,
    ) -> None:
        """
        @param framebuffer: What is shown.

        @param clock: What time is taken from.

        @param frameRate: How many frames are taken in a second at the most; 0 for
            as many as the viewers take.

        @param cacheSize: How many bytes of encoded rectangles are kept at the
            most, for all viewers together.

        @param findScrolls: Whether scrolling is looked for in what changed.

        @raise ValueError: if the frame rate is negative.
        """
        if not frameRate >= 0:
            raise ValueError(f"a frame rate of {frameRate}: it must be 0 or more")
        self.framebuffer = framebuffer
        self.cache = EncodedCache(cacheSize)
        self.serial = 0
        self.isValid = False
        self._clock = clock
        self._interval = 1.0 / frameRate if frameRate else 0.0
        self._findScrolls = findScrolls
        self._followers: dict[IFollower, None] = {}
        self._encoders: WeakValueDictionary[Any, IEncoder] = WeakValueDictionary()
        # Those of the newest frame by what they are for, and all that are in use.
        self._plans: dict[Any, Plan] = {}
        self._allPlans: WeakSet[Plan] = WeakSet()
        self._copies: list[Copy] = []
        # The newest frame, for those who have the one before it.
        self._lastDamage: list[Rectangle] = []
        self._lastCopies: list[Copy] = []
        self._isDamaged = True
        self._isWanted = False
        self._isCapturing = False
        self._isResized = False
        self._timer: IDelayedCall | None = None
        self._timerIsNow = False
        self._due = 0.0
        self._allocate()

    # -- What it is ------------------------------------------------------------------

    @property
    def width(self) -> int:
        """
        Columns of the newest frame.
        """
        return self.surface.width

    @property
    def height(self) -> int:
        """
        Rows of the newest frame.
        """
        return self.surface.height

    @property
    def name(self) -> str:
        """
        The framebuffer's name.
        """
        return self.framebuffer.name

    @property
    def cursor(self) -> Cursor | None:
        """
        The shape of the pointer, if it has one.
        """
        if ICursorSource.providedBy(self.framebuffer):
            return self.framebuffer.cursor
        return None

    @property
    def bounds(self) -> Rectangle:
        """
        All of the newest frame.
        """
        return Rectangle(0, 0, self.surface.width, self.surface.height)

    @property
    def isFrameNear(self) -> bool:
        """
        Whether a frame is taken in this turn of the reactor, or under way: who
        waits for it gets something newer than the shadow.
        """
        return self._isCapturing or (self._timer is not None and self._timerIsNow)

    def _allocate(self) -> None:
        framebuffer = self.framebuffer
        width, height = framebuffer.width, framebuffer.height
        self.surface = Surface(bytearray(width * height * 4), width * 4, width, height)
        self.serial += 1
        self._serials = np.full(
            (-(-height // TILE), -(-width // TILE)), self.serial, np.int64
        )
        self._lastDamage = [self.bounds]
        self._lastCopies = []
        self._copies = []

    # -- Who looks at it -------------------------------------------------------------

    def add(self, follower: IFollower) -> None:
        """
        Serve somebody from now on.
        """
        if not self._followers:
            framebuffer = self.framebuffer
            if (framebuffer.width, framebuffer.height) != self.surface[2:]:
                self._allocate()
                self.isValid = False
            self._isDamaged = True
            framebuffer.addListener(self)
            framebuffer.resumeProducing()
        self._followers[follower] = None

    def remove(self, follower: IFollower) -> None:
        """
        Serve somebody no more.  It is no error if it is not served now.
        """
        if follower not in self._followers:
            return
        del self._followers[follower]
        if self._followers:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._isWanted = False
        self.framebuffer.removeListener(self)
        self.framebuffer.pauseProducing()
        self._forgetPlans()
        self.cache.clear()

    def wanted(self) -> None:
        """
        Somebody has become ready for a frame.
        """
        self._isWanted = True
        if self._isDamaged:
            self._schedule()

    # -- What the framebuffer tells --------------------------------------------------

    def damaged(self) -> None:
        """
        See L{IFramebufferListener.damaged}.
        """
        self._isDamaged = True
        if self._isWanted:
            self._schedule()

    def copied(self, rectangle: Rectangle, x: int, y: int) -> None:
        """
        See L{IFramebufferListener.copied}.
        """
        if len(self._copies) < _COPIES:
            self._copies.append(Copy(rectangle, x, y))
        self.damaged()

    def resized(self) -> None:
        """
        See L{IFramebufferListener.resized}.
        """
        self._isResized = True
        self.damaged()

    def renamed(self) -> None:
        """
        See L{IFramebufferListener.renamed}.
        """
        for follower in list(self._followers):
            follower.nameChanged()

    def cursorChanged(self) -> None:
        """
        See L{IFramebufferListener.cursorChanged}.
        """
        for follower in list(self._followers):
            follower.cursorChanged()

    def bell(self) -> None:
        """
        See L{IFramebufferListener.bell}.
        """
        for follower in list(self._followers):
            follower.bell()

    def cutText(self, text: str) -> None:
        """
        See L{IFramebufferListener.cutText}.
        """
        for follower in list(self._followers):
            follower.cutText(text)

    # -- A frame ---------------------------------------------------------------------

    def _schedule(self) -> None:
        """
        Take a frame as soon as it may be taken: in the next turn of the reactor
        after a pause, so that what the application draws in this turn and the
        requests that arrive in it meet; a frame's time after the last otherwise.
        """
        if self._timer is None and not self._isCapturing:
            delay = self._due - self._clock.seconds()
            self._timerIsNow = delay <= 0
            self._timer = self._clock.callLater(max(delay, 0.0), self._frame)

    def _frame(self) -> None:
        self._timer = None
        if not any(follower.isReady for follower in self._followers):
            self._isWanted = False
            return
        now = self._clock.seconds()
        late = now - self._due
        self._due = (self._due if late < self._interval else now) + self._interval
        self._isDamaged = False
        self._isCapturing = True
        try:
            captured = self.framebuffer.capture()
        except Exception:
            self._failed(Failure())
            return
        captured.addCallback(self._captured).addErrback(self._failed)

    def _failed(self, failure: Failure) -> None:
        self._isCapturing = False
        for follower in list(self._followers):
            follower.displayFailed(failure)

    def _captured(self, region: Region) -> None:
        """
        The pixels stand still: see what is new, and tell.
        """
        self._isCapturing = False
        if not self._followers:
            self._isDamaged = True  # they are compared when somebody comes
            return
        framebuffer = self.framebuffer
        size = (framebuffer.width, framebuffer.height)
        resized = size != self.surface[2:]
        if resized:
            self._forgetPlans(resized=True)
            self.cache.clear()
            self._allocate()
        if resized or self._isResized or not self.isValid:
            self._isResized = False
            region = Region((self.bounds,))
        self._compare(region)
        self.isValid = True
        followers = list(self._followers)
        if resized:
            for follower in followers:
                follower.sizeChanged()
        for follower in followers:
            follower.frameReady()
        if self._isDamaged and self._isWanted:
            self._schedule()

    def _compare(self, region: Region) -> None:
        """
        Bring the shadow up to date, and note what changed.
        """
        shadow, stride = self.surface[:2]
        framebuffer = self.framebuffer
        pixels, newStride = framebuffer.pixels, framebuffer.stride
        masked = framebuffer.paddingVaries
        bounds = self.bounds
        serial = self.serial + 1
        copies = self._heedCopies(region) if self.isValid else []
        damage: list[Rectangle] = []
        for part in region:
            part = part.intersection(bounds)
            if part.width == 0:
                continue
            if (
                self._findScrolls
                and self.isValid
                and not copies
                and part.width * part.height > _SCROLL_AREA
            ):
                copies = self._scroll(part)
            tiles = kernels.compareTiles(
                shadow, stride, pixels, newStride, *part, TILE, masked
            )
            if tiles:
                damage.extend(rectanglesOf(tiles, part, self._serials, serial))
        if not (damage or copies):
            return
        for copy in copies:
            self._serials[touchedTiles(copy.rectangle)] = serial
        self.serial = serial
        self._lastDamage = damage
        self._lastCopies = copies
        self._forgetPlans()
        self.cache.nextFrame()

    def _heedCopies(self, region: Region) -> list[Copy]:
        """
        Do to the shadow what the application says it did to the pixels, if
        somebody can be told so.
        """
        told, self._copies = self._copies, []
        if not told or not any(f.wantsCopies for f in self._followers):
            return []
        shadow, stride = self.surface[:2]
        bounds = self.bounds
        copies = []
        for rectangle, x, y in told:
            dx, dy = rectangle.x - x, rectangle.y - y
            source = rectangle.translated(-dx, -dy).intersection(bounds)
            target = source.translated(dx, dy).intersection(bounds)
            # What is not compared afterwards must not be moved.
            if target.isEmpty or not region.contains(target):
                continue
            source = target.translated(-dx, -dy)
            kernels.moveRectangle(shadow, stride, *source, target.x, target.y)
            copies.append(Copy(target, source.x, source.y))
        return copies

    def _scroll(self, part: Rectangle) -> list[Copy]:
        """
        Find out whether a part of the picture was scrolled, and do so to the
        shadow, if somebody can be told so.
        """
        if not any(f.wantsCopies for f in self._followers):
            return []
        shadow, stride = self.surface[:2]
        framebuffer = self.framebuffer
        found = kernels.findScroll(
            shadow, stride, framebuffer.pixels, framebuffer.stride, *part
        )
        if found is None:
            return []
        top, rows, fromTop = found
        kernels.moveRectangle(
            shadow, stride, part.x, fromTop, part.width, rows, part.x, top
        )
        return [Copy(Rectangle(part.x, top, part.width, rows), part.x, fromTop)]

    # -- What there is to send -------------------------------------------------------

    def damageSince(self, serial: int) -> list[Rectangle]:
        """
        @param serial: The number of a frame.

        @return: Rectangles, which do not overlap, of all that is newer.
        """
        if serial == self.serial:
            return []
        if serial == self.serial - 1 and not self._lastCopies:
            return self._lastDamage
        tiles = (self._serials > serial).tobytes()
        return list(rectanglesOf(tiles, self.bounds))

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

    def plan(self, serial: int, encoder: IEncoder, copies: bool) -> Plan:
        """
        @param serial: The number of the frame that a viewer has.

        @param encoder: How to encode for it.

        @param copies: Whether it can copy, and has that frame exactly.

        @return: How it comes to the newest frame; the same plan for all viewers
            for whom this is the same.
        """
        copies = copies and serial == self.serial - 1 and bool(self._lastCopies)
        key = (serial, encoder, copies)
        plan = self._plans.get(key)
        if plan is None:
            if copies:
                plan = self._plan(encoder, self._lastDamage, self._lastCopies)
            else:
                plan = self._plan(encoder, self.damageSince(serial))
            self._plans[key] = plan
        return plan

    def planFor(self, encoder: IEncoder, rectangles: Sequence[Rectangle]) -> Plan:
        """
        @return: A plan for these rectangles, which do not overlap, of the newest
            frame; it is shared with nobody.
        """
        plan = self._plan(encoder, rectangles)
        plan.retire()
        return plan

    def _plan(
        self,
        encoder: IEncoder,
        rectangles: Sequence[Rectangle],
        copies: Sequence[Copy] = (),
    ) -> Plan:
        pieces = piecesOf(self.surface, rectangles, encoder)
        plan = Plan(self.serial, encoder, copies, pieces, self.encoded)
        self._allPlans.add(plan)
        return plan

    def encoded(self, encoder: IEncoder, rectangle: Rectangle) -> bytes:
        """
        @return: A rectangle of the newest frame with its header, encoded now or
            before.
        """
        newest = int(self._serials[touchedTiles(rectangle)].max())
        key = (rectangle, newest, encoder)
        data = self.cache.get(key)
        if data is None:
            header = RectangleHeader(rectangle, encoder.number).toBytes()
            data = header + encoder.encode(self.surface, rectangle)
            self.cache.put(key, data)
        return data

    def _forgetPlans(self, resized: bool = False) -> None:
        for plan in list(self._allPlans) if resized else self._plans.values():
            plan.retire(resized)
        self._plans.clear()
