# -*- test-case-name: tests.kernels.test_painters -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The kernels that paint what a server sent, in numpy: pixels, palettes, and the
gradient filter.

What they have in common with those of L{txrfb.kernels._tilepainters}:

  - C{canvas} is memory of C{uint32} of this machine, colors C{0xRRGGBB}, in which
    C{stride}, C{x}, C{y}, C{width} and C{height} say where to paint.
  - C{data} is what came, of which nothing can be relied upon.
  - C{kind} says how pixels are written: 0 as PIXEL, 1 as CPIXEL, 2 as TPIXEL.
  - C{format} is a L{PixelFormat}, or a tuple of what one has.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from txrfb.kernels._views import Bytes, Words, checkRange, view
from txrfb.pixels import PixelFormat


def canvasView(
    canvas: Any, stride: int, x: int, y: int, width: int, height: int
) -> Words:
    """
    @return: The rectangle in place.

    @raise BufferError: if the memory is read-only.
    """
    if memoryview(canvas).readonly:
        raise BufferError("Object is not writable.")
    return view(canvas, stride, x, y, width, height, "=u4")


def formatOf(format: Any) -> PixelFormat:
    """
    @raise ValueError: if there is no such format.
    """
    if not isinstance(format, tuple) or len(format) != len(PixelFormat._fields):
        raise TypeError(f"{format!r} is no pixel format")
    result = PixelFormat(*format)
    maxima, shifts = result[4:7], result[7:]
    if (
        result.bitsPerPixel not in (8, 16, 32)
        or not all(1 <= maximum <= 65535 for maximum in maxima)
        or not all(0 <= shift <= 31 for shift in shifts)
    ):
        raise ValueError(f"{format!r} is not a format of pixels")
    return result


def sizeOf(kind: int, format: PixelFormat) -> int:
    """
    @return: Bytes of a pixel.
    """
    if kind == 2 and format.is888:
        return 3
    return format.cpixel()[0] if kind == 1 else format.bytesPerPixel


def colorsOf(data: bytes, kind: int, format: PixelFormat) -> Words:
    """
    @return: The colors of pixels.
    """
    size = sizeOf(kind, format)
    flat = np.frombuffer(data, np.uint8).reshape(-1, size)
    if size != 3:
        return format.colorsOf(format.read(flat.tobytes()))
    whole = np.zeros((len(flat), 4), np.uint8)
    if kind == 2:
        whole[:, 2::-1] = flat
        return whole.view("<u4").ravel().astype(np.uint32)
    # Where the bytes of a short pixel are in a whole one.
    shift = format.cpixel()[1] // 8
    first = 1 - shift if format.bigEndian else shift
    whole[:, first : first + 3] = flat
    return format.colorsOf(format.read(whole.tobytes()))


def readColors(data: Any, kind: int, format: Any) -> bytes:
    """
    @return: The colors of pixels, C{uint32} of this machine each.

    @raise ValueError: if there are not whole pixels, or no such format.
    """
    checkRange("kind", kind, 0, 2)
    format = formatOf(format)
    data = memoryview(data).tobytes()
    if len(data) % sizeOf(kind, format):
        raise ValueError(f"{len(data)} bytes of pixels of {sizeOf(kind, format)}")
    return colorsOf(data, kind, format).tobytes()


def _rows(data: Any, height: int, row: int) -> bytes:
    """
    @raise ValueError: if these are not the bytes of so many rows.
    """
    result = memoryview(data).tobytes()
    if len(result) != height * row:
        raise ValueError(f"{len(result)} bytes for {height} rows of {row}")
    return result


def paintPixels(
    canvas: Any,
    stride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    data: Any,
    first: int,
    kind: int,
    format: Any,
) -> None:
    """
    Paint pixels, one after the other.

    @param first: The number of the first of them in the rectangle, in reading order.

    @raise ValueError: if they are too many, or not whole.
    """
    area = canvasView(canvas, stride, x, y, width, height)
    colors = np.frombuffer(readColors(data, kind, format), np.uint32)
    checkRange("pixel", first, 0, width * height)
    if len(colors) > width * height - first:
        raise ValueError(f"{len(colors)} pixels from {first} on of {width}x{height}")
    while len(colors):
        row, column = divmod(first, width)
        count = min(len(colors), width - column)
        area[row, column : column + count] = colors[:count]
        colors, first = colors[count:], first + count


def paintIndices(
    canvas: Any,
    stride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    data: Any,
    colors: Any,
    bits: int,
) -> None:
    """
    Paint pixels that are numbers of colors (rfbproto, Tight encoding, palette filter).

    @param colors: C{uint32} of this machine each, 256 at the most.

    @param bits: 8; or 1, with two colors at the most: the most significant first, rows
        filled up to bytes.

    @raise ValueError: if there is no color of such a number, or not as many bytes.
    """
    if bits not in (1, 8):
        raise ValueError(f"{bits} bits: 1 or 8")
    palette = paletteOf(colors, 1, 2 if bits == 1 else 256)
    area = canvasView(canvas, stride, x, y, width, height)
    row = (width + 7) // 8 if bits == 1 else width
    indices = np.frombuffer(_rows(data, height, row), np.uint8).reshape(height, row)
    if bits == 1:
        indices = np.unpackbits(indices, axis=1)[:, :width]
    greatest = int(indices.max())
    if greatest >= len(palette):
        raise ValueError(f"color index {greatest} in a palette of {len(palette)}")
    area[...] = palette[indices]


def paletteOf(colors: Any, least: int, most: int) -> Words:
    """
    @return: Colors, of which there must be so many.
    """
    data = memoryview(colors).tobytes()
    if len(data) % 4 or not 4 * least <= len(data) <= 4 * most:
        raise ValueError(f"a palette of {len(data)} bytes")
    return np.frombuffer(data, np.uint32)


def undoGradient(
    canvas: Any,
    stride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    data: Any,
    above: Any,
    format: Any,
) -> bytes:
    """
    Paint pixels of which L{txrfb.kernels.reference.gradient} wrote the differences, as
    TPIXELs.

    @param above: Three C{uint16} of this machine for each pixel of the row above: its
        red, green and blue as they are on the wire; all of them 0 for the first row.

    @return: The same of the last row.

    @raise ValueError: if there are not as many bytes.
    """
    area = canvasView(canvas, stride, x, y, width, height)
    row = memoryview(above).tobytes()
    if len(row) != 6 * width:
        raise ValueError(f"a row above of {len(row)} bytes: it has {6 * width}")
    format = formatOf(format)
    data = _rows(data, height, width * sizeOf(2, format))
    maxima, shifts = format[4:7], format[7:]
    if format.is888:
        parts = np.frombuffer(data, np.uint8).reshape(height, width, 3)
        maxima, shifts = (255, 255, 255), (16, 8, 0)
    else:
        values = format.read(data).reshape(height, width)
        each = zip(maxima, shifts, strict=True)
        parts = np.stack([values >> np.uint32(s) & np.uint32(m) for m, s in each], 2)
    # Memory with a row above and a column to the left, in which a step down and to the
    # left is one step of a fixed size: a pixel is predicted from those to the left and
    # above, so all of a diagonal are computed at once.
    across = width + 1
    most = np.array(maxima, np.int64)
    flat = np.zeros(((height + 1) * across, 3), np.int64)
    whole = flat.reshape(height + 1, across, 3)
    whole[1:, 1:] = parts
    whole[0, 1:] = np.frombuffer(row, np.uint16).reshape(width, 3)
    for diagonal in range(width + height - 1):
        top = max(0, diagonal - width + 1)
        bottom = min(height - 1, diagonal)
        first = (top + 1) * across + diagonal - top + 1
        last = (bottom + 1) * across + diagonal - bottom + 1
        left = flat[first - 1 : last : width]
        up = flat[first - across : last - across + 1 : width]
        corner = flat[first - across - 1 : last - across : width]
        predicted = np.clip(left + up - corner, 0, most)
        here = slice(first, last + 1, width)
        flat[here] = (flat[here] + predicted) & most
    undone = whole[1:, 1:].astype(np.uint32)
    joined = sum(undone[..., k] << np.uint32(shifts[k]) for k in range(3))
    area[...] = joined if format.is888 else format.colorsOf(np.uint32(joined))
    result: bytes = undone[-1].astype(np.uint16).tobytes()
    return result


def undoFilters(data: Any, pixel: int, above: Any) -> bytes:
    """
    Undo the filters of rows of PNG (ISO/IEC 15948, section 9).

    @param data: Rows, each after a byte that says which filter it has.

    @param pixel: How many bytes a pixel has; 1 if it has less.

    @param above: The row above, without that byte; zeros for the first.

    @return: The rows without it.

    @raise ValueError: if there is no such filter, or the rows are not whole.
    """
    checkRange("pixel", pixel, 1, 8)
    last = np.frombuffer(above, np.uint8)
    data = memoryview(data).tobytes()
    if len(data) % (len(last) + 1):
        raise ValueError(f"{len(data)} bytes of rows of {len(last)}")
    result = []
    for at in range(0, len(data), len(last) + 1):
        filter = data[at]
        row = np.frombuffer(data[at + 1 : at + 1 + len(last)], np.uint8)
        if filter > 4:
            raise ValueError(f"unknown PNG filter {filter}")
        last = _undoFilter(row, pixel, last, filter)
        result.append(last.tobytes())
    return b"".join(result)


def _undoFilter(row: Bytes, pixel: int, above: Bytes, filter: int) -> Bytes:
    if filter == 0:
        return row
    if filter == 2:
        return row + above
    up = above.tolist()
    out: list[int] = []
    for k, byte in enumerate(row.tolist()):
        left = out[k - pixel] if k >= pixel else 0
        corner = up[k - pixel] if k >= pixel else 0
        if filter == 1:
            byte += left
        elif filter == 3:
            byte += (left + up[k]) // 2
        else:
            # The nearest to what left and above let expect, of several the first.
            guess = left + up[k] - corner
            byte += min((left, up[k], corner), key=lambda one: abs(guess - one))
        out.append(byte & 255)
    return np.array(out, np.uint8)
