# -*- test-case-name: tests.client.test_connection -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The picture that a viewer has of the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

import numpy as np

from txrfb._wire.messages import SetColorMapEntries
from txrfb.encodings.painting import bands
from txrfb.error import ProtocolError
from txrfb.geometry import Rectangle
from txrfb.interfaces import IDecoder
from txrfb.pixels import NATIVE, Cursor, PixelFormat

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Canvas", "Picture", "imageOf"]

#: An array of C{uint32}, shape (height, width), of colors C{0xRRGGBB}.
Canvas = np.ndarray[Any, np.dtype[np.uint32]]

#: How many colors a map has.
_COLORS = 1 << 16

#: Marks what is a color among the numbers of colors in a map.
_IS_COLOR = 1 << 24


def imageOf(canvas: Canvas) -> Image:
    """
    @return: The same as a Pillow image of mode C{RGB}.

    @raise ValueError: if it has no pixels.
    """
    from PIL import Image

    if not canvas.size:
        raise ValueError("the viewer has no picture yet")
    bands = np.empty((*canvas.shape, 3), np.uint8)
    for band in range(3):
        bands[..., band] = canvas >> np.uint32(16 - 8 * band)
    return Image.fromarray(bands)


class Picture:
    """
    A canvas, and what it takes to paint on it.

    With a format that is not true color, decoders paint the numbers of colors on a
    sheet of its own, as if those were colors, and the canvas is colored after it.

    @ivar canvas: The colors; another array after each L{resize}.
    @ivar format: The pixel format that the server was asked for, or has.
    @ivar wire: The pixel format for decoders.
    """

    def __init__(self, limit: int) -> None:
        """
        @param limit: How many pixels there may be.
        """
        self.canvas: Canvas = np.zeros((0, 0), np.uint32)
        self.format = NATIVE
        self.wire = NATIVE
        self._limit = limit
        self._sheet: Canvas | None = None
        self._map: Canvas = np.zeros(0, np.uint32)
        # From which row on the canvas has colors of a map that has changed.
        self._stale: int | None = None

    @property
    def width(self) -> int:
        """
        Columns.
        """
        return int(self.canvas.shape[1])

    @property
    def height(self) -> int:
        """
        Rows.
        """
        return int(self.canvas.shape[0])

    @property
    def bounds(self) -> Rectangle:
        """
        All of it.
        """
        return Rectangle(0, 0, self.width, self.height)

    def resize(self, width: int, height: int) -> None:
        """
        Change the size, and be black: a server that changes its size sends everything
        again.  Nothing is copied, so that changing it often costs nothing.

        @raise ProtocolError: if there would be too many pixels, or none.
        """
        if not 0 < width * height <= self._limit:
            raise ProtocolError(
                f"a screen of {width}x{height}; 1 to {self._limit} pixels are allowed"
            )
        self.canvas = np.zeros((height, width), np.uint32)
        if self._stale is not None:
            self._stale = 0
        if self._sheet is not None:
            self._sheet = np.zeros((height, width), np.uint32)

    def use(self, format: PixelFormat) -> None:
        """
        Expect pixels in this format from the next rectangle on.
        """
        self.format = format
        if format.trueColor:
            self.wire = format
            self._sheet = None
            return
        self.wire = PixelFormat(*format[:3], False, 255, 255, 255, 16, 8, 0)
        if self._sheet is None:
            self._sheet = self.canvas | np.uint32(_IS_COLOR)
        self._haveMap()

    def setColors(self, entries: SetColorMapEntries) -> None:
        """
        Change the map; the colors of the canvas change at L{finish}.
        """
        self._haveMap()
        colors = np.array(entries.colors, np.uint32).reshape(-1, 3) >> np.uint32(8)
        colors = colors[: _COLORS - entries.first]
        self._map[entries.first : entries.first + len(colors)] = (
            colors[:, 0] << np.uint32(16) | colors[:, 1] << np.uint32(8) | colors[:, 2]
        )
        self._stale = 0

    @property
    def isStale(self) -> bool:
        """
        Whether the canvas has colors of a map that has changed.
        """
        return self._stale is not None

    def finish(self, isEnough: Callable[[], bool] | None) -> None:
        """
        Bring the canvas up to date.  It is called once for all that came at a time,
        however often the map was changed in it.

        @param isEnough: Asked between parts; if it is enough, the rest is left for the
            next time.
        """
        if self._stale is None:
            return
        for part in bands(self.bounds):
            if part.bottom > self._stale:
                self._color(part)
                self._stale = part.bottom
                if isEnough is not None and isEnough():
                    break
        if self._stale >= self.height:
            self._stale = None

    def paint(
        self, decoder: IDecoder, rectangle: Rectangle
    ) -> Generator[int, bytes, None]:
        """
        Let a decoder paint; see L{IDecoder.decode}.

        @raise ProtocolError: (from the generator) if the rectangle is not inside.
        """
        x, y, width, height = rectangle
        if x + width > self.width or y + height > self.height:
            raise ProtocolError(
                f"a rectangle {width}x{height}+{x}+{y} on a screen of"
                f" {self.width}x{self.height}"
            )
        target = self.canvas if self._sheet is None else self._sheet
        yield from decoder.decode(rectangle, self.wire, target)
        if self._sheet is not None:
            for part in bands(rectangle):
                self._color(part)
                yield 0

    def colored(self, cursor: Cursor) -> Cursor:
        """
        @param cursor: A cursor as it was decoded.

        @return: The same with its true colors.
        """
        if self.format.trueColor:
            return cursor
        numbers = np.frombuffer(cursor.pixels, "<u4").astype(np.uint32)
        alpha = numbers & np.uint32(0xFF000000)
        colors = self._map[numbers & np.uint32(_COLORS - 1)] | alpha
        return cursor._replace(pixels=colors.astype("<u4").tobytes())

    def _haveMap(self) -> None:
        if not len(self._map):
            self._map = np.zeros(_COLORS, np.uint32)

    def _color(self, rectangle: Rectangle) -> None:
        """
        Look up the colors of what was painted by number.
        """
        if self._sheet is None:
            return
        x, y, width, height = rectangle
        part = np.s_[y : y + height, x : x + width]
        numbers = self._sheet[part]
        self.canvas[part] = np.where(
            numbers & np.uint32(_IS_COLOR) != 0,
            numbers & np.uint32(0xFFFFFF),
            self._map[numbers & np.uint32(_COLORS - 1)],
        )
