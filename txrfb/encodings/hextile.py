# -*- test-case-name: tests.encodings.test_simple -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Hextile: tiles of 16x16 pixels with a background and rectangles on it (RFC 6143,
section 7.7.4).
"""

from __future__ import annotations

from collections.abc import Generator, Hashable

from zope.interface import implementer

from txrfb import kernels
from txrfb.encodings import constants
from txrfb.encodings.level import Level
from txrfb.encodings.values import (
    Colors,
    ValueEncoder,
    checkInside,
    colorsFor,
    layoutKey,
    paint,
)
from txrfb.geometry import Rectangle
from txrfb.interfaces import IDecoder, IEncoding
from txrfb.pixels import PixelFormat, Surface, Words

#: How wide and high a tile is.
TILE = 16

_RAW, _BACKGROUND, _FOREGROUND, _ANY, _COLORED = 1, 2, 4, 8, 16


class HextileEncoder(ValueEncoder):
    """
    Writes tiles.
    """

    number = constants.HEXTILE

    def encode(self, surface: Surface, rectangle: Rectangle) -> bytes:
        """
        See L{txrfb.interfaces.IEncoder.encode}.
        """
        checkInside(surface, rectangle)
        values, stride, x, y = self.values(surface, rectangle)
        return kernels.hextile(
            values,
            stride,
            x,
            y,
            rectangle.width,
            rectangle.height,
            self.mask,
            self.size,
            self.bigEndian,
        )


@implementer(IDecoder)
class HextileDecoder:
    """
    Reads tiles.
    """

    def decode(
        self, rectangle: Rectangle, format: PixelFormat, canvas: Words
    ) -> Generator[int, bytes, None]:
        """
        See L{IDecoder.decode}.
        """
        colors = colorsFor(format)
        background: int | None = None
        foreground: int | None = None
        for y in range(rectangle.y, rectangle.bottom, TILE):
            height = min(TILE, rectangle.bottom - y)
            for x in range(rectangle.x, rectangle.right, TILE):
                tile = Rectangle(x, y, min(TILE, rectangle.right - x), height)
                mask = (yield 1)[0]
                if mask & _RAW:
                    data = yield tile.area * colors.size
                    paint(canvas, tile, colors.pixels(data))
                    background = foreground = None
                    continue
                if mask & _BACKGROUND:
                    background = int(colors.pixels((yield colors.size))[0])
                if background is None:
                    raise ValueError("a tile has no background")
                if mask & _FOREGROUND:
                    foreground = int(colors.pixels((yield colors.size))[0])
                paint(canvas, tile, background)
                if mask & _ANY:
                    count = (yield 1)[0]
                    if mask & _COLORED:
                        foreground = None
                    elif foreground is None:
                        raise ValueError("a tile has no foreground")
                    yield from _rectangles(tile, count, foreground, colors, canvas)


def _rectangles(
    tile: Rectangle, count: int, foreground: int | None, colors: Colors, canvas: Words
) -> Generator[int, bytes, None]:
    """
    Read and paint what is on a tile's background.

    @param foreground: The color of all of it; C{None} if each has its own.
    """
    size = colors.size if foreground is None else 0
    step = size + 2
    data = yield count * step
    for at in range(0, len(data), step):
        color = foreground
        if color is None:
            color = int(colors.pixels(data[at : at + size])[0])
        place, extent = data[at + size : at + step]
        left, top = place >> 4, place & 15
        width, height = (extent >> 4) + 1, (extent & 15) + 1
        if left + width > tile.width or top + height > tile.height:
            raise ValueError(
                f"{width}x{height} pixels at {left}, {top} are not in a tile of"
                f" {tile.width}x{tile.height}"
            )
        x, y = tile.x + left, tile.y + top
        canvas[y : y + height, x : x + width] = color


@implementer(IEncoding)
class Hextile:
    """
    Tiles with a background and rectangles on it.
    """

    number = constants.HEXTILE
    name = "Hextile"

    def key(self, format: PixelFormat, level: Level) -> Hashable:
        """
        See L{IEncoding.key}.
        """
        return self.number, layoutKey(format)

    def encoder(self, format: PixelFormat, level: Level) -> HextileEncoder:
        """
        See L{IEncoding.encoder}.
        """
        return HextileEncoder(format)

    def decoder(self) -> HextileDecoder:
        """
        See L{IEncoding.decoder}.
        """
        return HextileDecoder()


HEXTILE = Hextile()
