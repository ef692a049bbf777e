# -*- test-case-name: tests.kernels.test_kernels -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Rectangles of pixels in memory as numpy arrays, for the kernels written in numpy.

Every kernel comes to its pixels through L{view} or L{writableView}, which are
the only places where bounds are checked.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Words = np.ndarray[Any, np.dtype[np.uint32]]
Bytes = np.ndarray[Any, np.dtype[np.uint8]]

#: The bits of a little-endian pixel in memory that are color.
COLOR = np.uint32(0xFFFFFF)


def checkBounds(
    size: int, stride: int, x: int, y: int, width: int, height: int, each: int = 4
) -> None:
    """
    @param size: How many bytes there are.

    @param each: How many of them a pixel has.

    @raise ValueError: if the rectangle is empty, or not inside these bytes.
    """
    if (
        x < 0
        or y < 0
        or width < 1
        or height < 1
        or stride < each * (x + width)
        or (y + height - 1) * stride + each * (x + width) > size
    ):
        raise ValueError(
            f"rectangle {width}x{height} at {x},{y} is not inside {size} bytes"
            f" in rows of {stride}"
        )


def checkRange(name: str, value: int, minimum: int, maximum: int) -> None:
    """
    @raise ValueError: if C{value} is not from C{minimum} to C{maximum}.
    """
    if not minimum <= value <= maximum:
        raise ValueError(f"{name} {value} is not from {minimum} to {maximum}")


def checkLayout(size: int, shift: int) -> None:
    """
    @raise ValueError: if pixels cannot be written so.
    """
    checkRange("pixel size", size, 1, 4)
    checkRange("shift", shift, 0, 31)


def view(
    pixels: Any,
    stride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    dtype: str = "<u4",
) -> Words:
    """
    @param pixels: An object with the buffer protocol, contiguous.

    @param dtype: C{"<u4"} for pixels in memory, of which bits 0 to 23 are then
        C{0xRRGGBB}; C{"=u4"} for pixel values, which are numbers of this
        machine.

    @return: The rectangle in place, of shape (height, width).

    @raise ValueError: if the rectangle is empty, or not inside the pixels.
    """
    checkBounds(memoryview(pixels).nbytes, stride, x, y, width, height)
    return np.ndarray((height, width), dtype, pixels, y * stride + x * 4, (stride, 4))


def writableView(
    pixels: Any, stride: int, x: int, y: int, width: int, height: int
) -> Words:
    """
    L{view}, to write into.

    @raise BufferError: if the pixels are read-only.
    """
    if memoryview(pixels).readonly:
        raise BufferError("Object is not writable.")
    return view(pixels, stride, x, y, width, height)


def maskedValues(
    values: Any, stride: int, x: int, y: int, width: int, height: int, mask: int
) -> Words:
    """
    @return: A contiguous copy of the bits of the values that count, of shape
        (height, width).
    """
    checkRange("mask", mask, 0, 0xFFFFFFFF)
    return view(values, stride, x, y, width, height, "=u4") & np.uint32(mask)


def written(values: Words, size: int, shift: int, bigEndian: bool) -> bytes:
    """
    @param values: Pixel values.

    @param size: Bytes a pixel, 1 to 4.

    @param shift: By how many bits the values are shifted right first.

    @return: The values as they are sent.
    """
    wide = (values >> np.uint32(shift)).astype(">u4" if bigEndian else "<u4")
    octets = wide.view(np.uint8).reshape(-1, 4)
    return (octets[:, 4 - size :] if bigEndian else octets[:, :size]).tobytes()
