# -*- test-case-name: tests.kernels.test_painters -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The kernels that paint tiles and subrectangles that a server sent, in numpy and Python.

For what their arguments mean see L{txrfb.kernels._painters}.  The data may end in the
midst of a tile: then what is whole is painted, and the rest is given again with what
comes after it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from txrfb.error import RFBError
from txrfb.kernels._painters import (
    canvasView,
    colorsOf,
    formatOf,
    paletteOf,
    sizeOf,
)
from txrfb.kernels._views import Words, checkRange
from txrfb.pixels import PixelFormat

_RAW, _BACKGROUND, _FOREGROUND, _SUBRECTANGLES, _COLORED = 1, 2, 4, 8, 16

_SOLID, _MAX_PACKED, _REUSED_PACKED, _PLAIN_RUNS, _REUSED_RUNS = 1, 16, 127, 128, 129


class _Short(RFBError):
    """
    There are fewer bytes than these of a tile.
    """


def paintHextile(
    canvas: Any,
    stride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    data: Any,
    tile: int,
    background: int,
    foreground: int,
    format: Any,
) -> tuple[int, int, int, int, int]:
    """
    Paint tiles of Hextile (RFC 6143, section 7.7.4).

    @param tile: The number of the first of them, in reading order.

    @param background: The color that the one before it left; -1 if none did.

    @param foreground: Likewise.

    @return: How many bytes were used; how many are needed after those, at the least,
        for the next tile, 0 if there is none; its number, background and foreground.

    @raise ValueError: if these are no such tiles.
    """
    checkRange("tile", tile, 0, 1 << 30)
    checkRange("background", background, -1, 0xFFFFFF)
    checkRange("foreground", foreground, -1, 0xFFFFFF)
    area = canvasView(canvas, stride, x, y, width, height)
    data = memoryview(data).tobytes()
    format = formatOf(format)
    columns = -(-width // 16)
    at = 0
    for number in range(tile, columns * -(-height // 16)):
        top, left = number // columns * 16, number % columns * 16
        place = area[top : top + 16, left : left + 16]
        try:
            used, background, foreground = _hextileTile(
                place, data[at : at + 4096], background, foreground, format
            )
        except _Short as short:
            needed, background, foreground = short.args
            return at, needed, number, background, foreground
        at += used
        tile = number + 1
    return at, 0, tile, background, foreground


def _hextileTile(
    place: Words, data: bytes, background: int, foreground: int, format: PixelFormat
) -> tuple[int, int, int]:
    height, width = place.shape
    size = format.bytesPerPixel

    def need(count: int) -> None:
        if len(data) < count:
            raise _Short(count, background, foreground)

    def color(at: int) -> int:
        return int(colorsOf(data[at : at + size], 0, format)[0])

    need(1)
    mask, at = data[0], 1
    if mask & _RAW:
        all = 1 + width * height * size
        need(all)
        place[...] = colorsOf(data[1:all], 0, format).reshape(height, width)
        return all, -1, -1
    if mask & _BACKGROUND:
        need(at + size)
        background = color(at)
        at += size
    if background < 0:
        raise ValueError("a tile has no background")
    if mask & _FOREGROUND:
        need(at + size)
        foreground = color(at)
        at += size
    count, each = 0, 2
    if mask & _SUBRECTANGLES:
        need(at + 1)
        count = data[at]
        at += 1
        if mask & _COLORED:
            foreground = -1
            each += size
        elif foreground < 0:
            raise ValueError("a tile has no foreground")
        need(at + count * each)
    place[...] = background
    for start in range(at, at + count * each, each):
        shown = color(start) if mask & _COLORED else foreground
        where, extent = data[start + each - 2 : start + each]
        left, top = where >> 4, where & 15
        wide, high = (extent >> 4) + 1, (extent & 15) + 1
        if left + wide > width or top + high > height:
            raise ValueError(
                f"{wide}x{high} pixels at {left}, {top} are not in a tile of"
                f" {width}x{height}"
            )
        place[top : top + high, left : left + wide] = shown
    return at + count * each, background, foreground


def paintTiles(
    canvas: Any,
    stride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    data: Any,
    size: int,
    tile: int,
    palette: Any,
    reuse: bool,
    format: Any,
) -> tuple[int, int, int, bytes]:
    """
    Paint tiles of ZRLE or TRLE (RFC 6143, sections 7.7.5 and 7.7.6).

    @param size: How wide and high a tile is.

    @param tile: The number of the first of them, in reading order.

    @param palette: The colors of the last that had some, C{uint32} of this machine.

    @param reuse: Whether a tile may use the palette of the one before.

    @return: How many bytes were used; how many are needed after those, at the least,
        for the next tile, 0 if there is none; its number, and the palette.

    @raise ValueError: if these are no such tiles.
    """
    checkRange("size", size, 1, 64)
    checkRange("tile", tile, 0, 1 << 30)
    colors = paletteOf(palette, 0, 127)
    area = canvasView(canvas, stride, x, y, width, height)
    data = memoryview(data).tobytes()
    format = formatOf(format)
    columns = -(-width // size)
    at = 0
    for number in range(tile, columns * -(-height // size)):
        top, left = number // columns * size, number % columns * size
        reading = _Tile(data[at : at + (1 << 15)], colors, bool(reuse), format)
        try:
            used = reading.paint(area[top : top + size, left : left + size])
        except _Short as short:
            return at, short.args[0], number, reading.palette.tobytes()
        colors = reading.palette
        at += used
        tile = number + 1
    return at, 0, tile, colors.tobytes()


class _Tile:
    """
    A tile that is read.
    """

    def __init__(
        self, data: bytes, palette: Words, reuse: bool, format: PixelFormat
    ) -> None:
        self.data = data
        self.palette = palette
        self.reuse = reuse
        self.format = format
        self.size = sizeOf(1, format)
        self.at = 0

    def take(self, count: int) -> bytes:
        """
        @raise _Short: if there are not so many bytes.
        """
        end = self.at + count
        if len(self.data) < end:
            raise _Short(end)
        self.at = end
        return self.data[end - count : end]

    def colors(self, count: int) -> Words:
        """
        Take so many.
        """
        return colorsOf(self.take(count * self.size), 1, self.format)

    def paint(self, place: Words) -> int:
        """
        @return: How many bytes were used.
        """
        height, width = place.shape
        kind = self.take(1)[0]
        result: Any
        if kind == 0:
            result = self.colors(width * height)
        elif kind == _SOLID:
            result = np.repeat(self.colors(1), width * height)
        else:
            if kind in (_REUSED_PACKED, _REUSED_RUNS):
                if not self.reuse or not len(self.palette):
                    raise ValueError(f"tile type {kind} needs an earlier palette")
            elif kind != _PLAIN_RUNS:
                if _MAX_PACKED < kind < _PLAIN_RUNS:
                    raise ValueError(f"unknown tile type {kind}")
                self.palette = self.colors(kind & 127)
            if kind < _PLAIN_RUNS:
                result = self.packed(width, height)
            else:
                result = self.runs(width * height, kind == _PLAIN_RUNS)
        place[...] = result.reshape(height, width)
        return self.at

    def packed(self, width: int, height: int) -> Words:
        """
        Take the numbers of colors in as few bits as they need.
        """
        count = len(self.palette)
        if count > _MAX_PACKED:
            raise ValueError(f"a palette of {count} colors cannot be packed")
        bits = 1 if count <= 2 else 2 if count <= 4 else 4
        row = (width * bits + 7) // 8
        data = np.frombuffer(self.take(row * height), np.uint8).reshape(height, row)
        shifts = np.arange(8 - bits, -1, -bits, dtype=np.uint8)
        spread = data[:, :, None] >> shifts & np.uint8((1 << bits) - 1)
        indices = spread.reshape(height, -1)[:, :width]
        if int(indices.max()) >= count:
            raise ValueError(f"color index {indices.max()} in a palette of {count}")
        result: Words = self.palette[indices]
        return result

    def runs(self, area: int, isPlain: bool) -> Words:
        """
        Take runs of colors, or of numbers of colors.
        """
        count = len(self.palette)
        shown, lengths = [], []
        left = area
        while left > 0:
            # The length of a run has a byte at the least.
            if len(self.data) < self.at + (self.size + 1 if isPlain else 1):
                raise _Short(self.at + (self.size + 1 if isPlain else 1))
            index = 128 if isPlain else self.take(1)[0]
            if isPlain:
                shown.append(int(self.colors(1)[0]))
            elif index & 127 >= count:
                raise ValueError(f"color index {index & 127} in a palette of {count}")
            else:
                shown.append(int(self.palette[index & 127]))
            length = 1
            while index > 127:
                octet = self.take(1)[0]
                length += octet
                if length > left:
                    raise ValueError(
                        f"a run is longer than what is left of its tile, {left} pixels"
                    )
                if octet < 255:
                    break
            lengths.append(length)
            left -= length
        return np.repeat(np.array(shown, np.uint32), lengths)


def paintSubrectangles(
    canvas: Any,
    stride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    data: Any,
    compact: bool,
    budget: int,
    format: Any,
) -> int:
    """
    Paint the subrectangles of RRE (RFC 6143, section 7.7.3) or CoRRE.

    @param compact: Whether places have one byte, not two.

    @param budget: After how many pixels to stop; they may be any number, as
        subrectangles may overlap.

    @return: How many bytes were used.

    @raise ValueError: if one is not inside.
    """
    area = canvasView(canvas, stride, x, y, width, height)
    data = memoryview(data).tobytes()
    format = formatOf(format)
    checkRange("budget", budget, -(1 << 63), (1 << 63) - 1)
    size, place = format.bytesPerPixel, 1 if compact else 2
    each = size + 4 * place
    at = 0
    while at + each <= len(data) and (at == 0 or budget > 0):
        numbers = data[at + size : at + each]
        left, top, wide, high = (
            int.from_bytes(numbers[k : k + place], "big")
            for k in range(0, 4 * place, place)
        )
        if left + wide > width or top + high > height:
            raise ValueError(
                f"a subrectangle of {wide}x{high} at {left}, {top} is not inside"
            )
        color = colorsOf(data[at : at + size], 0, format)[0]
        area[top : top + high, left : left + wide] = color
        budget -= wide * high
        at += each
    return at
