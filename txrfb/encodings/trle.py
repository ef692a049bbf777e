# -*- test-case-name: tests.encodings.test_zrle -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
TRLE: tiles of 16x16 pixels with palettes and runs (RFC 6143, section 7.7.5).

ZRLE (L{txrfb.encodings.zrle}) is the same with larger tiles, deflated.
"""

from __future__ import annotations

from collections.abc import Generator, Hashable
from typing import Any

import numpy as np
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

_Bytes = np.ndarray[Any, np.dtype[np.uint8]]

#: How wide and high a tile is.
TILE = 16

_RAW = 0
_SOLID = 1
_MAX_PACKED = 16
_REUSED_PACKED = 127
_PLAIN_RUNS = 128
_REUSED_RUNS = 129


class TileEncoder(ValueEncoder):
    """
    What writes tiles, deflated or not.
    """

    def __init__(self, format: PixelFormat, tile: int, isDeflated: bool) -> None:
        ValueEncoder.__init__(self, format)
        self._tile = tile
        self._isDeflated = isDeflated
        self._compact = format.cpixel()

    def tiles(self, surface: Surface, rectangle: Rectangle) -> bytes:
        """
        @return: The rectangle's tiles.

        @raise ValueError: if the rectangle is not inside the surface.
        """
        checkInside(surface, rectangle)
        values, stride, x, y = self.values(surface, rectangle)
        size, shift = self._compact
        return kernels.zrle(
            values,
            stride,
            x,
            y,
            rectangle.width,
            rectangle.height,
            self.mask,
            self._tile,
            size,
            shift,
            self.bigEndian,
            self._isDeflated,
        )


class TrleEncoder(TileEncoder):
    """
    Writes tiles as they are.
    """

    number = constants.TRLE

    def __init__(self, format: PixelFormat) -> None:
        TileEncoder.__init__(self, format, TILE, False)

    def encode(self, surface: Surface, rectangle: Rectangle) -> bytes:
        """
        See L{txrfb.interfaces.IEncoder.encode}.
        """
        return self.tiles(surface, rectangle)


def decodeTiles(
    rectangle: Rectangle, colors: Colors, canvas: Words, tile: int, reuse: bool
) -> Generator[int, bytes, None]:
    """
    Read the tiles of one rectangle.

    @param rectangle: Where they go.

    @param colors: What reads their pixels.

    @param canvas: What is painted on.

    @param tile: The size of a tile.

    @param reuse: Whether a tile may use the palette of the one before.

    @return: A generator as of L{IDecoder.decode}.

    @raise ValueError: if the bytes are not such tiles.
    """
    size = colors.compactSize
    palette: Words | None = None
    for y in range(rectangle.y, rectangle.bottom, tile):
        height = min(tile, rectangle.bottom - y)
        for x in range(rectangle.x, rectangle.right, tile):
            width = min(tile, rectangle.right - x)
            area = width * height
            kind = (yield 1)[0]
            result: Words
            if kind == _RAW:
                result = colors.compact((yield area * size))
            elif kind == _SOLID:
                result = np.full(area, colors.compact((yield size))[0])
            elif kind == _PLAIN_RUNS:
                result = yield from _plainRuns(area, colors)
            else:
                packed = kind < _PLAIN_RUNS
                if kind in (_REUSED_PACKED, _REUSED_RUNS):
                    if not reuse or palette is None:
                        raise ValueError(f"tile type {kind} needs an earlier palette")
                else:
                    count = kind & 127
                    if packed and count > _MAX_PACKED:
                        raise ValueError(f"unknown tile type {kind}")
                    palette = colors.compact((yield count * size))
                if packed:
                    indices = yield from _packed(width, height, len(palette))
                else:
                    indices = yield from _paletteRuns(area)
                if int(indices.max()) >= len(palette):
                    raise ValueError(
                        f"color index {indices.max()} in a palette of {len(palette)}"
                    )
                result = palette[indices]
            paint(canvas, Rectangle(x, y, width, height), result)


def _packed(width: int, height: int, count: int) -> Generator[int, bytes, _Bytes]:
    """
    @return: Indices, of shape (width * height,).
    """
    if count > _MAX_PACKED:
        raise ValueError(f"a palette of {count} colors cannot be packed")
    bits = 1 if count <= 2 else 2 if count <= 4 else 4
    row = (width * bits + 7) // 8
    data = np.frombuffer((yield row * height), np.uint8).reshape(height, row)
    shifts = np.arange(8 - bits, -1, -bits, dtype=np.uint8)
    spread = data[:, :, None] >> shifts & np.uint8((1 << bits) - 1)
    return spread.reshape(height, -1)[:, :width].ravel()


def _runLength(last: int) -> Generator[int, bytes, int]:
    """
    Read the rest of a run's length.

    @param last: Its first byte.

    @raise ValueError: if it is longer than any tile.
    """
    length = 1 + last
    while last == 255:
        last = (yield 1)[0]
        length += last
        if length > 1 << 16:
            raise ValueError("a run is longer than a tile")
    return length


def _plainRuns(area: int, colors: Colors) -> Generator[int, bytes, Words]:
    """
    @return: Colors, of shape (area,).
    """
    size = colors.compactSize
    pixels = bytearray()
    lengths = []
    left = area
    while left > 0:
        data = yield size + 1
        pixels += data[:size]
        length = data[size] + 1
        if length == 256:
            length = yield from _runLength(255)
        lengths.append(length)
        left -= length
    if left:
        raise ValueError(f"the runs of a tile are {-left} pixels too long")
    result: Words = np.repeat(colors.compact(bytes(pixels)), lengths)
    return result


def _paletteRuns(area: int) -> Generator[int, bytes, _Bytes]:
    """
    @return: Indices, of shape (area,).
    """
    indices = bytearray()
    lengths = []
    left = area
    while left > 0:
        index = (yield 1)[0]
        length = 1
        if index > 127:
            length = yield from _runLength((yield 1)[0])
        indices.append(index & 127)
        lengths.append(length)
        left -= length
    if left:
        raise ValueError(f"the runs of a tile are {-left} pixels too long")
    return np.repeat(np.frombuffer(indices, np.uint8), lengths)


@implementer(IDecoder)
class TrleDecoder:
    """
    Reads tiles as they are.
    """

    def decode(
        self, rectangle: Rectangle, format: PixelFormat, canvas: Words
    ) -> Generator[int, bytes, None]:
        """
        See L{IDecoder.decode}.
        """
        return decodeTiles(rectangle, colorsFor(format), canvas, TILE, True)


@implementer(IEncoding)
class Trle:
    """
    Tiles with palettes and runs.
    """

    number = constants.TRLE
    name = "TRLE"

    def key(self, format: PixelFormat, level: Level) -> Hashable:
        """
        See L{IEncoding.key}.
        """
        return self.number, layoutKey(format), format.cpixel()

    def encoder(self, format: PixelFormat, level: Level) -> TrleEncoder:
        """
        See L{IEncoding.encoder}.
        """
        return TrleEncoder(format)

    def decoder(self) -> TrleDecoder:
        """
        See L{IEncoding.decoder}.
        """
        return TrleDecoder()


TRLE = Trle()
