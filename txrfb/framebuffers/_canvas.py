# -*- test-case-name: tests.framebuffers.test_memory -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Drawing with Pillow directly on a framebuffer's pixels, which Pillow does not know:
blue, green, red and padding.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw

from txrfb.geometry import Rectangle
from txrfb.pixels import Surface

__all__ = ["Canvas", "toImage"]


class Canvas(ImageDraw.ImageDraw):
    """
    C{PIL.ImageDraw.ImageDraw} right on a framebuffer's pixels: nothing is copied,
    and the rectangles that are drawn on are remembered.

    L{image} is for what needs more than ImageDraw's methods.
    """

    def __init__(self, surface: Surface) -> None:
        """
        @param surface: What to draw on.

        @raise ValueError: if it cannot be written.
        """
        self._surface = surface
        self._drawn: list[Rectangle] = []
        self._copy: Image.Image | None = None
        self._masking = False
        pixels, stride, width, height = surface
        view = memoryview(pixels)
        if view.readonly:
            raise ValueError("the framebuffer's memory is read-only")
        if view.nbytes < stride * height:
            # Pillow wants the last row to be as long as the others.
            self._direct = False
            super().__init__(Image.new("RGB", (1, 1)))
            self._toImage()
            return
        # Pillow knows no pixels with blue first.  Red and blue are exchanged where
        # colors become numbers instead, in _getink.
        shared = Image.frombuffer(
            "RGBX", (width, height), pixels, "raw", "RGBX", stride, 1
        )
        shared.readonly = 0
        self._direct = True
        super().__init__(shared)
        self.ink = 0xFFFFFF
        self.draw: Any = _Recorder(self.draw, self._drawn)

    @property
    def image(self) -> Image.Image:
        """
        The picture as a Pillow image of mode C{RGB}, to be painted on or changed
        in place.  Further drawing on the canvas goes to it too.  When the block
        ends it is compared with what was there, which takes about 20 ms for
        1920x1080 pixels; plain drawing takes microseconds.
        """
        if self._direct:
            self._toImage()
        return self._image

    def _toImage(self) -> None:
        image = toImage(self._surface.array())
        self._copy = image.copy()
        self._direct = False
        font, fill, mode = self.font, self.fill, self.fontmode
        super().__init__(image)
        self.font, self.fill, self.fontmode = font, fill, mode

    def text(self, *arguments: Any, **keywords: Any) -> None:
        """
        Draw text, as ImageDraw does.
        """
        if self._direct and keywords.get("embedded_color"):
            # The colors of emoji are in the font, in Pillow's order.
            self._toImage()
        super().text(*arguments, **keywords)

    def polygon(self, *arguments: Any, **keywords: Any) -> None:
        """
        Draw a polygon, as ImageDraw does.
        """
        self._masking = True
        try:
            super().polygon(*arguments, **keywords)
        finally:
            self._masking = False

    def _getink(self, ink: Any, fill: Any = None) -> tuple[Any, Any]:
        inks = super()._getink(ink, fill)
        # With a wide outline, polygon asks for the 1 of a mask, which is no color.
        if not self._direct or (self._masking and ink == 1 and fill is None):
            return inks
        return _exchanged(inks[0]), _exchanged(inks[1])

    def finish(self) -> list[Rectangle]:
        """
        The drawing is done; the canvas is of no use afterwards.

        @return: The rectangles outside of which nothing changed.  They may be
            partly outside of the surface.
        """
        drawn = list(self._drawn)
        if self._copy is not None:
            box = ImageChops.difference(self._copy, self._image).getbbox()
            if box is not None:
                left, top, right, bottom = box
                new = np.asarray(self._image.crop(box))
                part = self._surface.array()[top:bottom, left:right]
                for band in range(3):
                    part[..., 2 - band] = new[..., band]
                drawn.append(Rectangle(left, top, right - left, bottom - top))
        # Drawing on a canvas that was kept is an error: no viewer would see it.
        self.draw = None
        return drawn


def toImage(array: NDArray[np.uint8]) -> Image.Image:
    """
    @param array: Pixels of shape (height, width, 4): blue, green, red, padding.

    @return: The same picture, of mode C{RGB}.
    """
    height, width, _ = array.shape
    return Image.frombuffer(
        "RGB", (width, height), np.ascontiguousarray(array), "raw", "BGRX", 0, 1
    )


def _exchanged(ink: int | None) -> int | None:
    """
    @param ink: A color as Pillow's number: red in the low byte.

    @return: It with red and blue exchanged, and no padding.
    """
    if ink is None:
        return None
    return (ink & 0xFF) << 16 | ink & 0xFF00 | ink >> 16 & 0xFF


class _Recorder:
    """
    A proxy for the object by which ImageDraw draws (C{PIL.Image.core.draw}), which
    records where.
    """

    def __init__(self, draw: Any, drawn: list[Rectangle]) -> None:
        self._draw = draw
        self._drawn = drawn

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method: Callable[..., Any] = getattr(self._draw, name)
        if name == "draw_ink":
            return method

        def recorded(*arguments: Any) -> Any:
            result = method(*arguments)
            self._drawn.append(_bounds(name, arguments))
            return result

        return recorded


def _bounds(name: str, arguments: tuple[Any, ...]) -> Rectangle:
    """
    @param name: A method of C{PIL.Image.core.draw}.

    @param arguments: What it was called with.

    @return: A rectangle that is large enough for what it draws.
    """
    where = arguments[0]
    if name == "draw_bitmap":
        x, y = (int(part) for part in where)
        return Rectangle(x - 1, y - 1, *(side + 2 for side in arguments[1].size))
    if name == "draw_outline":
        # Outlines do not tell where they are.
        return Rectangle(0, 0, 65535, 65535)
    if not len(where):
        return Rectangle(0, 0, 0, 0)
    margin = 1 + (arguments[2] if name == "draw_lines" else 0)
    if len(where) and isinstance(where[0], int | float | np.number):
        xs, ys = where[0::2], where[1::2]
    else:
        xs, ys = zip(*where, strict=True)
    left, top = floor(min(xs)) - margin, floor(min(ys)) - margin
    return Rectangle(
        left, top, ceil(max(xs)) + margin + 1 - left, ceil(max(ys)) + margin + 1 - top
    )
