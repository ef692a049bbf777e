# -*- test-case-name: tests.kernels.test_kernels -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The kernels in numpy: what they do, for people to read, for machines where the C
extension was not built, and for the tests to compare it with.

See L{txrfb.kernels} for what the arguments mean that all of them have.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from txrfb.kernels._changes import changedBounds, takeChanges
from txrfb.kernels._coders import hextile, rre, zrle
from txrfb.kernels._content import likeLeft, splitPhotos
from txrfb.kernels._layouts import refreshTiles
from txrfb.kernels._moves import findMove
from txrfb.kernels._painters import (
    paintIndices,
    paintPixels,
    readColors,
    undoFilters,
    undoGradient,
)
from txrfb.kernels._search import splitSolid
from txrfb.kernels._tilepainters import paintHextile, paintSubrectangles, paintTiles
from txrfb.kernels._views import (
    Bytes,
    Words,
    checkRange,
    maskedValues,
    view,
    writableView,
)

__all__ = [
    "changedBounds",
    "convert",
    "findMove",
    "gradient",
    "hextile",
    "likeLeft",
    "moveRectangle",
    "packRgb",
    "paintHextile",
    "paintIndices",
    "paintPixels",
    "paintSubrectangles",
    "paintTiles",
    "palette",
    "readColors",
    "refreshTiles",
    "rre",
    "splitPhotos",
    "splitSolid",
    "swizzle",
    "takeChanges",
    "undoFilters",
    "undoGradient",
    "zrle",
]

# An odd multiplier that mixes the bits of a color.
_MIX = np.uint32(0x9E3779B1)


def moveRectangle(
    pixels: Any,
    stride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    toX: int,
    toY: int,
) -> None:
    """
    Copy a rectangle to another place of the same pixels; the two may overlap.

    @param toX: The column where the copy begins.

    @param toY: The row where the copy begins.
    """
    source = writableView(pixels, stride, x, y, width, height)
    target = writableView(pixels, stride, toX, toY, width, height)
    # numpy sees the overlap and copies through a buffer where it must.
    target[...] = source


def swizzle(
    pixels: Any,
    stride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    red: int,
    green: int,
    blue: int,
    prefix: bytes,
) -> bytes:
    """
    Put the colors of pixels into another order.

    @param red: Which byte of a pixel red goes to, 0 to 3.

    @param green: Which byte green goes to.

    @param blue: Which byte blue goes to.

    @param prefix: What comes before them.

    @return: C{prefix}, and four bytes a pixel; the byte that is no color is 0.

    @raise ValueError: also if two colors go to one place.
    """
    for name, place in (("red", red), ("green", green), ("blue", blue)):
        checkRange(name, place, 0, 3)
    if len({red, green, blue}) != 3:
        raise ValueError(f"red {red}, green {green}, blue {blue} are not distinct")
    area = view(pixels, stride, x, y, width, height)
    result = np.zeros((height, width), np.dtype("<u4"))
    for place, shift in ((red, 16), (green, 8), (blue, 0)):
        part = area >> np.uint32(shift) & np.uint32(255)
        result |= part << np.uint32(8 * place)
    return b"".join((prefix, result.tobytes()))


def packRgb(
    pixels: Any,
    stride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    filtered: bool,
) -> bytes:
    """
    @param filtered: Whether each row begins with a zero byte, which in PNG
        says that it is not filtered.

    @return: The colors of the pixels, three bytes each: red, green, blue.
    """
    area = view(pixels, stride, x, y, width, height)
    skip = int(bool(filtered))
    result = np.zeros((height, skip + 3 * width), np.uint8)
    _splitColors(area, result[:, skip:])
    return result.tobytes()


def _splitColors(area: Words, into: Bytes) -> None:
    for place, shift in enumerate((16, 8, 0)):
        into[:, place::3] = (area >> np.uint32(shift)).astype(np.uint8)


def convert(
    pixels: Any,
    stride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    tables: Any,
    size: int,
) -> bytes:
    """
    Write pixels in another format.

    @param tables: 768 C{uint32} of this machine: for each value of red, of
        green and of blue what it gives to the pixel; as
        L{txrfb.pixels.PixelFormat.tables} makes them.

    @param size: Bytes a pixel: 1, 2 or 4.

    @return: The pixels; of each number the low C{size} bytes in the byte order
        of this machine.

    @raise ValueError: also if the tables have another length.
    """
    if size not in (1, 2, 4):
        raise ValueError(f"pixel size {size} is not 1, 2 or 4")
    length = memoryview(tables).nbytes
    if length != 3072:
        raise ValueError(f"tables of {length} bytes: they have 3072")
    area = view(pixels, stride, x, y, width, height)
    red, green, blue = np.frombuffer(tables, np.uint32).reshape(3, 256)
    if size < 4:
        kind = f"=u{size}"
        red, green, blue = red.astype(kind), green.astype(kind), blue.astype(kind)
    result: np.ndarray[Any, Any] = red[area >> np.uint32(16) & np.uint32(255)]
    result |= green[area >> np.uint32(8) & np.uint32(255)]
    result |= blue[area & np.uint32(255)]
    return result.tobytes()


def palette(
    values: Any,
    stride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    mask: int,
    maximum: int,
) -> tuple[bytes, bytes] | None:
    """
    Write pixels as numbers of their colors (rfbproto, Tight encoding, palette
    filter).

    @param maximum: The most colors there may be, 2 to 256.

    @return: C{(colors, packed)}: the colors in the order in which they appear,
        as C{uint32} of this machine, and for each pixel the number of its
        color: nothing for one color; for two one bit a pixel, the most
        significant first, rows filled up to bytes; else a byte a pixel.
        C{None} if there are more colors.
    """
    checkRange("maximum", maximum, 2, 256)
    flat = maskedValues(values, stride, x, y, width, height, mask).ravel()
    starts = np.flatnonzero(flat[1:] != flat[:-1])
    starts += 1
    starts = np.concatenate((np.zeros(1, starts.dtype), starts))
    runs = flat[starts]
    # Photos, with more colors than that, are found by their first pixels.
    if runs.size > 4096 and _distinct(runs[:2048]).size > maximum:
        return None
    colors = _distinct(runs)
    if colors.size > maximum:
        return None
    if colors.size == 1:
        return colors.tobytes(), b""
    place = _places(colors, runs)
    # Of several assignments to one place the last counts: the first run.
    first = np.empty(colors.size, np.intp)
    first[place[::-1]] = np.arange(runs.size - 1, -1, -1)
    order = np.argsort(first)
    number = np.empty(colors.size, np.uint8)
    number[order] = np.arange(colors.size)
    lengths = np.diff(starts, append=flat.size)
    packed = np.repeat(number[place], lengths)
    if colors.size == 2:
        packed = np.packbits(packed.reshape(height, width), axis=1)
    return colors[order].tobytes(), packed.tobytes()


def _places(colors: Words, runs: Words) -> np.ndarray[Any, np.dtype[Any]]:
    """
    @param colors: At most 256 distinct colors, sorted.

    @return: For each run where its color is among them.
    """
    # A table is several times faster than searching, and rarely has to be given up.
    slots = colors * _MIX >> np.uint32(14)
    if _distinct(slots).size < colors.size:
        return np.searchsorted(colors, runs)
    table = np.empty(1 << 18, np.uint8)
    table[slots] = np.arange(colors.size)
    places: Bytes = table[runs * _MIX >> np.uint32(14)]
    return places


def _distinct(values: Words) -> Words:
    ordered = np.sort(values)
    fresh = np.empty(ordered.size, bool)
    fresh[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=fresh[1:])
    return ordered[fresh]


def gradient(
    pixels: Any, stride: int, x: int, y: int, width: int, height: int
) -> bytes:
    """
    Write by how much each color of each pixel differs from what the pixels to
    the left, above, and above to the left let expect (rfbproto, Tight encoding,
    gradient filter): left + above - corner, not less than 0 nor more than 255;
    pixels outside of the rectangle count as black.

    @return: Three bytes a pixel, red, green and blue, of differences modulo
        256.
    """
    area = view(pixels, stride, x, y, width, height)
    colors = np.zeros((height + 1, width + 1, 3), np.int16)
    for place, shift in enumerate((16, 8, 0)):
        colors[1:, 1:, place] = area >> np.uint32(shift) & np.uint32(255)
    expected = colors[1:, :-1] + colors[:-1, 1:]
    expected -= colors[:-1, :-1]
    np.clip(expected, 0, 255, out=expected)
    differences: Bytes = (colors[1:, 1:] - expected).astype(np.uint8)
    return differences.tobytes()
