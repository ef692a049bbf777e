# -*- test-case-name: tests.encodings.test_cursor -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The pointer's shape, in the three ways in which viewers take it (rfbproto, Cursor, X
Cursor and Cursor With Alpha Pseudo-encoding).

The rectangle that a body belongs to has the hotspot as its position and the shape's
size as its own.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np

from txrfb.encodings import constants
from txrfb.encodings.raw import writer
from txrfb.encodings.values import colorsFor
from txrfb.geometry import Rectangle
from txrfb.pixels import Cursor, PixelFormat, Surface, Words

__all__ = [
    "MAX_PIXELS",
    "cursorRectangle",
    "decodeCursor",
    "decodeCursorWithAlpha",
    "decodeVMwareCursor",
    "decodeXCursor",
    "encodeCursor",
    "encodeCursorWithAlpha",
    "encodeVMwareCursor",
    "encodeXCursor",
]

_Bytes = np.ndarray[Any, np.dtype[np.uint8]]
_Flags = np.ndarray[Any, np.dtype[np.bool_]]

#: How many pixels a shape may have that is read.
MAX_PIXELS = 1 << 20


def cursorRectangle(cursor: Cursor) -> Rectangle:
    """
    @return: The rectangle to send with any of the bodies of C{cursor}.
    """
    return Rectangle(cursor.hotspotX, cursor.hotspotY, cursor.width, cursor.height)


def encodeCursor(cursor: Cursor, format: PixelFormat) -> bytes:
    """
    Without degrees of transparency: what is more than half opaque is seen.

    @return: The body of a Cursor rectangle.

    @raise ValueError: if the cursor does not have the pixels it should.
    """
    pixels = _pixels(cursor)
    if not pixels.size:
        return b""
    _, _, width, height = cursorRectangle(cursor)
    surface = Surface(cursor.pixels, width * 4, width, height)
    body = writer(format)(surface, Rectangle(0, 0, width, height), b"")
    return body + _bits(pixels[:, :, 3] >= 128)


def decodeCursor(
    rectangle: Rectangle, format: PixelFormat
) -> Generator[int, bytes, Cursor]:
    """
    @param rectangle: The rectangle that has the Cursor pseudo-encoding.

    @param format: The pixel format of the connection.

    @return: A generator that yields how many bytes it wants, and returns the shape.

    @raise ValueError: if it is too large.
    """
    _checkSize(rectangle)
    _, _, width, height = rectangle
    colors = colorsFor(format)
    pixels = colors.pixels((yield rectangle.area * colors.size))
    seen = _unpacked((yield (width + 7) // 8 * height), width, height)
    return _cursor(rectangle, pixels.reshape(height, width), seen)


def encodeXCursor(cursor: Cursor) -> bytes:
    """
    In two colors: the average of what is lighter than the middle, and that of what
    is darker.

    @return: The body of an XCursor rectangle.

    @raise ValueError: if the cursor does not have the pixels it should.
    """
    pixels = _pixels(cursor)
    if not pixels.size:
        return b""
    seen = pixels[:, :, 3] >= 128
    gray = pixels[:, :, :3] @ np.array([29, 150, 77], np.uint32) >> np.uint32(8)
    of = gray[seen]
    middle = (int(of.min()) + int(of.max()) + 1) // 2 if of.size else 0
    light = seen & (gray >= middle)
    dark = seen & ~light
    return _average(pixels, light) + _average(pixels, dark) + _bits(light) + _bits(seen)


def decodeXCursor(rectangle: Rectangle) -> Generator[int, bytes, Cursor]:
    """
    @param rectangle: The rectangle that has the XCursor pseudo-encoding.

    @return: A generator that yields how many bytes it wants, and returns the shape.

    @raise ValueError: if it is too large.
    """
    _checkSize(rectangle)
    _, _, width, height = rectangle
    if rectangle.isEmpty:
        return _cursor(
            rectangle,
            np.zeros((height, width), np.uint32),
            np.zeros((height, width), bool),
        )
    two = yield 6
    row = (width + 7) // 8
    primary = _unpacked((yield row * height), width, height)
    seen = _unpacked((yield row * height), width, height)
    colors = np.where(
        primary, int.from_bytes(two[:3], "big"), int.from_bytes(two[3:], "big")
    )
    return _cursor(rectangle, colors, seen)


def encodeCursorWithAlpha(cursor: Cursor) -> bytes:
    """
    @return: The body of a CursorWithAlpha rectangle, the pixels in it raw.

    @raise ValueError: if the cursor does not have the pixels it should.
    """
    pixels = _pixels(cursor).astype(np.uint32)
    alpha = pixels[:, :, 3:]
    result = np.empty(pixels.shape, np.uint8)
    result[:, :, :3] = (pixels[:, :, 2::-1] * alpha + 127) // 255
    result[:, :, 3:] = alpha
    return constants.RAW.to_bytes(4, "big") + result.tobytes()


def encodeVMwareCursor(cursor: Cursor) -> bytes:
    """
    As an alpha cursor: red, green, blue and alpha, not premultiplied.

    @return: The body of a VMwareCursor rectangle.

    @raise ValueError: if the cursor does not have the pixels it should.
    """
    return b"\1\0" + _pixels(cursor)[:, :, [2, 1, 0, 3]].tobytes()


def decodeVMwareCursor(rectangle: Rectangle) -> Generator[int, bytes, Cursor]:
    """
    @param rectangle: The rectangle that has the VMwareCursor pseudo-encoding.

    @return: A generator that yields how many bytes it wants, and returns the shape.

    @raise ValueError: if it is too large, or is not an alpha cursor.
    """
    _checkSize(rectangle)
    _, _, width, height = rectangle
    kind = (yield 2)[0]
    if kind != 1:
        raise ValueError(f"VMware cursor type {kind} is not supported: only 1, alpha")
    data = yield rectangle.area * 4
    pixels = np.frombuffer(data, np.uint8).reshape(height, width, 4)
    bgra = pixels[:, :, [2, 1, 0, 3]].tobytes()
    return Cursor(width, height, rectangle.x, rectangle.y, bgra)


def decodeCursorWithAlpha(rectangle: Rectangle) -> Generator[int, bytes, Cursor]:
    """
    @param rectangle: The rectangle that has the CursorWithAlpha pseudo-encoding.

    @return: A generator that yields how many bytes it wants, and returns the shape.

    @raise ValueError: if it is too large, or its pixels are not raw.
    """
    _checkSize(rectangle)
    _, _, width, height = rectangle
    encoding = int.from_bytes((yield 4), "big", signed=True)
    if encoding != constants.RAW:
        raise ValueError(
            f"the pixels of a cursor are {constants.nameOf(encoding)}, not Raw"
        )
    data = yield rectangle.area * 4
    pixels = np.frombuffer(data, np.uint8).reshape(height, width, 4).astype(np.uint32)
    alpha = pixels[:, :, 3:]
    divisor = np.maximum(alpha, 1)
    result = np.empty(pixels.shape, np.uint8)
    result[:, :, :3] = np.minimum(
        (pixels[:, :, 2::-1] * 255 + divisor // 2) // divisor, 255
    )
    result[:, :, 3:] = alpha
    return Cursor(width, height, rectangle.x, rectangle.y, result.tobytes())


def _pixels(cursor: Cursor) -> _Bytes:
    """
    @return: Blue, green, red and alpha, of shape (height, width, 4).
    """
    size = cursor.width * cursor.height * 4
    if len(cursor.pixels) != size:
        raise ValueError(
            f"{len(cursor.pixels)} bytes for a cursor of"
            f" {cursor.width}x{cursor.height} pixels, which has {size}"
        )
    return np.frombuffer(cursor.pixels, np.uint8).reshape(
        cursor.height, cursor.width, 4
    )


def _average(pixels: _Bytes, chosen: _Flags) -> bytes:
    """
    @return: Red, green and blue of the average of some pixels; black if of none.
    """
    some = pixels[chosen]
    if not len(some):
        return bytes(3)
    return bytes(round(float(part)) for part in some[:, 2::-1].mean(0))


def _bits(plane: _Flags) -> bytes:
    """
    @return: A bit a pixel, the most significant first, rows filled to bytes.
    """
    return np.packbits(plane, axis=1).tobytes()


def _unpacked(data: bytes, width: int, height: int) -> _Flags:
    """
    @return: Whether a pixel's bit is set, of shape (height, width).
    """
    rows = np.frombuffer(data, np.uint8).reshape(height, -(-width // 8))
    return np.unpackbits(rows, axis=1)[:, :width].astype(bool)


def _checkSize(rectangle: Rectangle) -> None:
    if rectangle.area > MAX_PIXELS:
        raise ValueError(
            f"a cursor of {rectangle.width}x{rectangle.height} pixels is more than"
            f" {MAX_PIXELS}"
        )


def _cursor(rectangle: Rectangle, colors: Words, seen: _Flags) -> Cursor:
    """
    @param colors: C{0xRRGGBB} a pixel.

    @param seen: Whether a pixel is seen; others are made clear black.
    """
    result = np.where(seen, colors.astype("<u4") | np.uint32(0xFF000000), 0)
    return Cursor(
        rectangle.width,
        rectangle.height,
        rectangle.x,
        rectangle.y,
        result.astype("<u4").tobytes(),
    )
