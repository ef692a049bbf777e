# -*- test-case-name: tests.framebuffers.test_testcard -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A test card, which proves at a glance that pixels, time and input arrive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from zope.interface import implementer

from txrfb.framebuffers import _card as card
from txrfb.framebuffers import _cardparts as parts
from txrfb.framebuffers._cardviewers import Meters, colorOf, paintViewers
from txrfb.framebuffers._maker import splitSize
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.interfaces import (
    IAudience,
    IClipboard,
    IInputReceiver,
    IResizable,
    IViewer,
)

__all__ = ["TestCard", "framebufferFromString"]

#: How many keys are remembered.
_KEYS = 24

#: The most pixels that a viewer may ask for: 3840x2160.
_AREA = 3840 * 2160

_WHEEL = 0b1111000


class _Key(NamedTuple):
    """
    A key that was pressed.
    """

    keysym: int
    viewer: IViewer
    down: bool


class _Pointer:
    """
    The pointer of a viewer.

    @ivar buttons: Which of its buttons are down.
    @ivar before: Which were down before the last event: the click of a wheel
        is over before anybody could see it.
    @ivar under: Where it was drawn, and the pixels that were there.
    """

    x = 0
    y = 0
    buttons = 0
    before = 0
    under: tuple[Rectangle, NDArray[np.uint8]] | None = None


@implementer(IInputReceiver, IAudience, IClipboard, IResizable)
class TestCard(MemoryFramebuffer):
    """
    Bars and gradients of color, text, single pixels, something that moves, the
    time and the number of the frame; and of the viewers: what each is sent, and in
    which encoding, the keys they press, the text they copy, and their pointers with
    their buttons.
    """

    _log = Logger()

    # pytest would take the class for a test.
    __test__ = False

    def __init__(
        self,
        clock: IReactorTime,
        width: int = 1024,
        height: int = 768,
        moving: bool = True,
        rate: float = 30.0,
        now: Callable[[], datetime] = datetime.now,
        name: str = "txrfb test card",
    ) -> None:
        """
        @param clock: What time is taken from.

        @param width: Columns, 1 to 65535.

        @param height: Rows, 1 to 65535.

        @param moving: Whether anything happens by itself.  If not, the picture
            is the same each time until a viewer does something.

        @param rate: Frames per second.

        @param now: Returns the time that is shown.

        @param name: The desktop's name.

        @raise ValueError: if there can be no card of this size or rate.
        """
        if not 0 < rate <= 1000:
            raise ValueError(f"{rate} frames per second: must be above 0, at most 1000")
        super().__init__(width, height, name)
        self._clock = clock
        self._moving = moving
        self._interval = 1 / rate
        self._now = now
        self._frame = 0
        self._keys: list[_Key] = []
        self._cut: str | None = None
        self._viewers: tuple[IViewer, ...] = ()
        self._pointers: dict[IViewer, _Pointer] = {}
        self._meters = Meters()
        self._loop = LoopingCall(self._tick)
        self._loop.clock = clock
        self._isPainted = False
        self._where = card.layout(width, height)
        self.setCursor(parts.crosshair(), (8, 8))

    def pauseProducing(self) -> None:
        """
        Nobody watches: stop moving.
        """
        if self._loop.running:
            self._loop.stop()

    def resumeProducing(self) -> None:
        """
        Somebody watches: move.
        """
        self._beforeUse()
        if self._moving and not self._loop.running:
            moving = self._loop.start(self._interval)
            moving.addErrback(
                lambda failure: self._log.failure("the test card stopped", failure)
            )

    def keyEvent(self, keysym: int, down: bool, viewer: IViewer) -> None:
        """
        Show a key by its name.
        """
        held = _Key(keysym, viewer, True)
        if not down:
            self._keys = [
                key._replace(down=False) if key == held else key for key in self._keys
            ]
        elif held not in self._keys:
            self._keys = [*self._keys, held][-_KEYS:]
        self._paintKeys()

    def pointerEvent(self, x: int, y: int, buttons: int, viewer: IViewer) -> None:
        """
        Show the pointer at its position.
        """
        with self._beneath():
            pointer = self._pointers.setdefault(viewer, _Pointer())
            pointer.x, pointer.y = x, y
            pointer.before, pointer.buttons = pointer.buttons, buttons

    def cutTextReceived(self, text: str, viewer: IViewer) -> None:
        """
        Show the start of the text.
        """
        self._cut = text[:200]
        self._paintKeys()

    def viewersChanged(self, viewers: Sequence[IViewer]) -> None:
        """
        Show the viewers, and remove the pointers of those that left.
        """
        self._viewers = tuple(viewers)
        with self._beneath():
            for viewer in [one for one in self._pointers if one not in viewers]:
                del self._pointers[viewer]
        self._paintViewers()

    def sizeRequested(self, width: int, height: int, viewer: IViewer) -> bool:
        """
        Paint the card in another size.

        @return: Whether it is of at most 3840x2160 pixels.
        """
        if width * height > _AREA:
            return False
        self.resize(width, height)
        return True

    def resize(self, width: int, height: int) -> None:
        """
        Paint the card in another size.

        @raise ValueError: if there can be no framebuffer of this size.
        """
        super().resize(width, height)
        for pointer in self._pointers.values():
            pointer.x = min(pointer.x, width - 1)
            pointer.y = min(pointer.y, height - 1)
            pointer.under = None
        self._paintAll()

    def _beforeUse(self) -> None:
        """
        Paint the card when somebody wants to see it, as that takes time and memory.
        """
        if not self._isPainted:
            self._paintAll()

    def _paintAll(self) -> None:
        self._isPainted = True
        where = self._where = card.layout(self.width, self.height)
        self.paste(card.paintStill(where))
        self._palette = card.palette()
        self._digits = {
            size: parts.Digits(size, card.INK if bright else card.FAINT)
            for size, bright in ((where.clock.height, 1), (where.counter.height, 0))
        }
        self._motion = Rectangle(0, 0, 0, 0)
        if not where.motion.isEmpty:
            self._motion = card.inside(where.motion, where.unit)
            self._swirl = card.swirl(self._motion.width, self._motion.height)
        self._block = self._blockAt(0)
        with self._beneath():
            self._paintFrame(0)
        self._paintPanels()

    @contextmanager
    def _beneath(self) -> Iterator[None]:
        """
        Take the pointers away while something is painted or they move.
        """
        self._beforeUse()
        for pointer in reversed(self._pointers.values()):
            if pointer.under is not None:
                area, pixels = pointer.under
                self._part(area)[:] = pixels
                pointer.under = None
                self.damage(area)
        try:
            yield
        finally:
            for viewer, pointer in self._pointers.items():
                self._paintPointer(viewer.number, pointer)

    def _paintPointer(self, number: int, pointer: _Pointer) -> None:
        seen = pointer.buttons | pointer.before & _WHEEL
        sprite, clear = parts.sprite(number, seen)
        height, width, _ = sprite.shape
        full = Rectangle(pointer.x - 1, pointer.y - 1, width, height)
        area = full.intersection(Rectangle(0, 0, self.width, self.height))
        part = self._part(area)
        pointer.under = area, part.copy()
        rows = slice(area.y - full.y, area.bottom - full.y)
        columns = slice(area.x - full.x, area.right - full.x)
        part[:] = (part * clear[rows, columns] + sprite[rows, columns]) >> 8
        self.damage(area)

    def _tick(self) -> None:
        if self._isDamaged:
            # No viewer has taken the frame before it yet.
            return
        self._frame += 1
        seconds = self._clock.seconds()
        with self._beneath():
            self._paintFrame(seconds)
        if self._meters.sample(self._viewers, seconds):
            self._paintViewers()

    def _paintFrame(self, seconds: float) -> None:
        """
        Paint what moves.
        """
        where = self._where
        if not self._moving:
            time, count, seconds = "", "still", 0.0
        else:
            time, count = f"{self._now():%H:%M:%S}", f"frame  {self._frame % 10**7:06}"
        if not where.clock.isEmpty:
            self._write(where.clock, time)
        if not where.counter.isEmpty:
            self._write(where.counter, count)
        if not self._motion.isEmpty:
            index = self._swirl - np.uint8(int(seconds * 85) & 255)
            part = self._part(self._motion).view(np.uint32)[..., 0]
            part[:] = self._palette[index]
            self.damage(self._motion)
        if not where.sweep.isEmpty:
            old, new = self._block, self._blockAt(seconds)
            self._part(old)[:] = (*card.PANEL[::-1], 0)
            self._part(new)[:] = (*card.ACCENT[::-1], 0)
            self._block = new
            self.damage(old.union(new) if old.intersects(new) else old)
            self.damage(new)

    def _blockAt(self, seconds: float) -> Rectangle:
        """
        @return: Where the block of the sweep is: at one end, and back there
            after eight seconds.
        """
        sweep = self._where.sweep
        margin = sweep.height // 2
        width = min(sweep.width // 3, sweep.height * 8)
        way = sweep.width - width - 2 * margin
        at = abs((seconds / 4 + 1) % 2 - 1)
        return Rectangle(
            sweep.x + margin + round(at * way), sweep.y, width, sweep.height
        )

    def _write(self, area: Rectangle, text: str) -> None:
        """
        Write text whose digits do not dance, at the right of an area.
        """
        digits = self._digits[area.height]
        pixels = digits.line(text)[:, -area.width :]
        height, width, _ = pixels.shape
        x = area.right - width
        if area.x < 8:
            x = area.x
        self._part(area)[:] = (*card.GROUND[::-1], 0)
        self._part(Rectangle(x, area.y, width, min(height, area.height)))[:] = pixels
        self.damage(area)

    def _paintPanels(self) -> None:
        """
        Paint what viewers do.
        """
        self._paintKeys()
        self._paintViewers()

    def _paintKeys(self) -> None:
        """
        Paint the last keys as key caps, the newest at the end; those that are held
        have the color of their viewer.
        """
        unit = self._where.unit
        if self._where.keys.isEmpty:
            return
        area = card.inside(self._where.keys, unit)
        gap, size = round(6 * unit), round(13 * unit)
        caps = [
            parts.keyCap(
                parts.labelOf(key.keysym),
                colorOf(key.viewer) if key.down else None,
                unit,
            )
            for key in self._keys
        ]
        with self._beneath():
            self._part(area)[:] = (*card.PANEL[::-1], 0)
            below = round(1.2 * size) if self._cut is not None else 0
            for cap, x, y in parts.wrapped(caps, area.width, area.height - below, gap):
                self._place(cap, area.x + x, area.y + y, area)
            y = area.bottom - round(1.2 * size)
            if not self._keys and self._cut is None:
                hint = "Press keys, move the pointer, copy text."
                self._place(parts.note(hint, round(17 * unit)), area.x, area.y, area)
            elif self._cut is not None and y > area.y + 34 * unit:
                line = parts.note(f"cut text  {parts.printed(self._cut)}", size)
                self._place(line, area.x, y, area)
            self.damage(area)

    def _place(
        self, pixels: NDArray[np.uint8], x: int, y: int, area: Rectangle
    ) -> None:
        """
        Put pixels somewhere, as far as they are inside of an area.
        """
        height, width, _ = pixels.shape
        part = self._part(area.intersection(Rectangle(x, y, width, height)))
        part[:] = pixels[: len(part), : part.shape[1]]

    def _paintViewers(self) -> None:
        """
        Paint what is known of each viewer.
        """
        if self._where.viewers.isEmpty:
            return
        unit = self._where.unit
        area = card.inside(self._where.viewers, unit)
        size = area.width, area.height
        image = paintViewers(size, unit, self._viewers, self._meters)
        with self._beneath():
            self._part(area)[:] = parts.pixelsOf(image)
            self.damage(area)


def framebufferFromString(reactor: IReactorTime, argument: str) -> TestCard:
    """
    @param argument: C{""}, or a size and words, with colons between them:
        C{"800x600:still"}.

    @raise ValueError: if it is anything else.
    """
    options: dict[str, Any] = {}
    for word in argument.split(":") if argument else ():
        size = splitSize(word)
        if size is not None:
            options["width"], options["height"] = size
        elif word == "still":
            options["moving"] = False
        else:
            raise ValueError(
                f"{word!r} is not an option of a test card: [WIDTHxHEIGHT][:still]"
            )
    return TestCard(reactor, **options)
