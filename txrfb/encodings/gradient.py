# -*- test-case-name: tests.encodings.test_tight -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Undoing the gradient filter of Tight (rfbproto, Tight Encoding, GradientFilter).

What does it is L{txrfb.kernels.reference.gradient}.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from txrfb.pixels import PixelFormat, Words

_Signed = np.ndarray[Any, np.dtype[np.int32]]


def undoGradient(data: bytes, width: int, height: int, format: PixelFormat) -> Words:
    """
    @param data: TPIXELs whose components are differences.

    @param format: The pixel format, of 16 or 32 bits.

    @return: Colors, of shape (width * height,).
    """
    if format.is888:
        parts = np.frombuffer(data, np.uint8).reshape(height, width, 3).astype(np.int32)
        most = np.array((255, 255, 255), np.int32)
        colors = _undo(parts, most).astype(np.uint32)
        return _joined(colors, (16, 8, 0)).ravel()
    values = format.read(data).reshape(height, width)
    shifts = (format.redShift, format.greenShift, format.blueShift)
    maxima = (format.redMax, format.greenMax, format.blueMax)
    parts = np.stack(
        [
            (values >> np.uint32(shift) & np.uint32(maximum)).astype(np.int32)
            for shift, maximum in zip(shifts, maxima, strict=True)
        ],
        axis=2,
    )
    undone = _undo(parts, np.array(maxima, np.int32)).astype(np.uint32)
    return format.colorsOf(_joined(undone, shifts)).ravel()


def _joined(parts: Words, shifts: tuple[int, int, int]) -> Words:
    """
    @return: The components of each pixel in one number.
    """
    result: Words = (
        parts[:, :, 0] << np.uint32(shifts[0])
        | parts[:, :, 1] << np.uint32(shifts[1])
        | parts[:, :, 2] << np.uint32(shifts[2])
    )
    return result


def _undo(differences: _Signed, most: _Signed) -> _Signed:
    """
    A pixel is predicted from those to the left and above, so all pixels of a
    diagonal can be computed at once, one diagonal after the other.

    @param differences: Of shape (height, width, 3).

    @param most: The maximum of each component, 2^n - 1; of shape (3,).

    @return: The components, of the same shape.
    """
    height, width, _ = differences.shape
    # Memory with a row above and a column to the left of zeros, in which a step down
    # and to the left is one step of a fixed size.
    across = width + 1
    flat = np.zeros(((height + 1) * across, 3), np.int32)
    flat.reshape(height + 1, across, 3)[1:, 1:] = differences
    step = width
    zero = np.int32(0)
    for diagonal in range(width + height - 1):
        top = max(0, diagonal - width + 1)
        bottom = min(height - 1, diagonal)
        first = (top + 1) * across + diagonal - top + 1
        last = (bottom + 1) * across + diagonal - bottom + 1
        here = slice(first, last + 1, step)
        left = flat[first - 1 : last : step]
        above = flat[first - across : last - across + 1 : step]
        corner = flat[first - across - 1 : last - across : step]
        predicted = np.minimum(np.maximum(left + above - corner, zero), most)
        flat[here] = (flat[here] + predicted) & most
    return flat.reshape(height + 1, across, 3)[1:, 1:]
