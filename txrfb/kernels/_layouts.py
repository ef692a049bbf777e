# -*- test-case-name: tests.kernels.test_layouts -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The kernel for pixels as others lay them out in memory, in numpy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from txrfb.kernels._views import Bytes, Words, checkBounds, checkRange, writableView

# Where the bytes of red, green and blue are in a pixel of so many bytes, by layout.
_ORDERS = {
    0: (4, 2, 1, 0),
    1: (4, 0, 1, 2),
    2: (4, 3, 2, 1),
    3: (4, 1, 2, 3),
    4: (3, 2, 1, 0),
    5: (3, 0, 1, 2),
}

# By how many bits red and green are shifted in a pixel of two bytes, likewise, and how
# many bits green has.
_PACKED = {6: (11, 5, 6), 7: (10, 5, 5)}


def refreshTiles(
    old: Any,
    oldStride: int,
    new: Any,
    newStride: int,
    canvas: Any,
    canvasStride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    layout: int,
    tile: int,
) -> bytes:
    """
    Find the tiles of a rectangle in which pixels of any layout differ from what they
    were, copy what differs, and convert it.

    Tiles are those of the grid that begins at the first pixel, as far as they are
    inside of the rectangle.  What has changed is copied and converted row by row of a
    tile; so of C{new} each byte is read but once to be converted.

    @param old: The pixels as they were, in the layout.

    @param new: The pixels as they are.

    @param canvas: What gets pixels of four bytes, blue, green, red and 0.

    @param layout: 0 to 7, by the names of DRM: XR24 (B G R X in memory), XB24
        (R G B X), RX24 (X B G R), BX24 (X R G B), RG24 (B G R), BG24 (R G B), RG16 and
        XR15 (5, 6, 5 and 1, 5, 5, 5 bits, of which blue is the lowest, of numbers with
        the least significant byte first).

    @param tile: How wide and high tiles are.

    @return: Whether there are differences, a byte of 0 or 1 for each tile that the
        rectangle touches, row by row; empty if there are none.
    """
    checkRange("layout", layout, 0, 7)
    checkRange("tile", tile, 1, 65536)
    size = _ORDERS[layout][0] if layout in _ORDERS else 2
    where = (x, y, width, height)
    if memoryview(old).readonly:
        raise BufferError("Object is not writable.")
    before = _view(old, size, oldStride, *where)
    after = _view(new, size, newStride, *where)
    target = writableView(canvas, canvasStride, *where)
    differs = (before != after).any(axis=2)
    if not differs.any():
        return b""
    left, top = x % tile, y % tile
    columns, rows = (left + width - 1) // tile + 1, (top + height - 1) // tile + 1
    flags = np.zeros((rows, columns), np.uint8)
    for column in range(columns):
        start = max(0, column * tile - left)
        part = slice(start, min(width, (column + 1) * tile - left))
        changed = np.flatnonzero(differs[:, part].any(axis=1))
        flags[np.unique((top + changed) // tile), column] = 1
        before[changed, part] = after[changed, part]
        target[changed, part] = _converted(before[changed, part], layout)
    return flags.tobytes()


def _view(
    pixels: Any, size: int, stride: int, x: int, y: int, width: int, height: int
) -> Bytes:
    checkBounds(memoryview(pixels).nbytes, stride, x, y, width, height, size)
    shape, steps = (height, width, size), (stride, size, 1)
    return np.ndarray(shape, np.uint8, pixels, y * stride + x * size, steps)


def _converted(pixels: Bytes, layout: int) -> Words:
    values: Words = pixels.astype(np.uint32)
    sixteen, eight = np.uint32(16), np.uint32(8)
    if layout in _ORDERS:
        _, red, green, blue = _ORDERS[layout]
        return (
            values[..., red] << sixteen
            | values[..., green] << eight
            | values[..., blue]
        )
    value: Words = values[..., 0] | values[..., 1] << eight
    redAt, greenAt, greenBits = _PACKED[layout]
    red5 = _eight(value >> np.uint32(redAt), 5)
    wide = _eight(value >> np.uint32(greenAt), greenBits)
    return red5 << sixteen | wide << eight | _eight(value, 5)


def _eight(value: Words, bits: int) -> Words:
    """
    @return: The low bits of values as eight, the highest ones again at the end.
    """
    value = value & np.uint32((1 << bits) - 1)
    return value << np.uint32(8 - bits) | value >> np.uint32(2 * bits - 8)
