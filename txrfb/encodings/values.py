# -*- test-case-name: tests.encodings.test_values -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What encodings share between the memory of pixels and the wire: the base of encoders,
and colors out of PIXELs, CPIXELs and TPIXELs.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from functools import lru_cache
from typing import Any

import numpy as np
from zope.interface import implementer

from txrfb import kernels
from txrfb.geometry import Rectangle
from txrfb.interfaces import IEncoder
from txrfb.pixels import PixelFormat, Surface, Words

__all__ = [
    "CPIXEL",
    "LITTLE",
    "PIXEL",
    "TPIXEL",
    "Colors",
    "Encoder",
    "ValueEncoder",
    "checkInside",
    "colorsFor",
    "layoutKey",
    "readU32",
]

#: The kinds of pixels, as the kernels count them.
PIXEL, CPIXEL, TPIXEL = range(3)

#: Whether this machine has the least significant byte first, so that the memory of
#: pixels is an array of numbers C{0xXXRRGGBB}.
LITTLE = sys.byteorder == "little"


def layoutKey(format: PixelFormat) -> tuple[int, ...]:
    """
    @return: What PIXELs depend on: equal for two formats in which every color is
        written as the same bytes.
    """
    return (
        format.bitsPerPixel,
        format.bigEndian and format.bitsPerPixel > 8,
        *format[4:],
    )


def checkInside(surface: Surface, rectangle: Rectangle) -> None:
    """
    @raise ValueError: if the rectangle is empty or not inside the surface.
    """
    x, y, width, height = rectangle
    if (
        x < 0
        or y < 0
        or width < 1
        or height < 1
        or x + width > surface.width
        or y + height > surface.height
    ):
        raise ValueError(
            f"{rectangle} is not inside {surface.width}x{surface.height} pixels"
        )


@implementer(IEncoder)
class Encoder:
    """
    What encoders have in common: no limits, no opening, nothing lost.

    @ivar maxPhotoArea: As C{maxArea}, for C{encodePhoto}.
    """

    number: int
    maxWidth = 65535
    maxHeight = 65535
    maxArea = 65536
    solidArea = 0
    photoArea = 0
    maxPhotoArea = 65536
    opens = False

    def encode(self, surface: Surface, rectangle: Rectangle) -> bytes:
        """
        See L{IEncoder.encode}.
        """
        raise NotImplementedError(f"{type(self).__name__} does not encode")

    def encodeAfter(
        self, header: bytes, surface: Surface, rectangle: Rectangle
    ) -> bytes:
        """
        @return: C{header}, and what L{encode} returns.
        """
        return header + self.encode(surface, rectangle)

    def encodePhoto(self, surface: Surface, rectangle: Rectangle) -> bytes:
        """
        See L{IEncoder.encodePhoto}.
        """
        return self.encode(surface, rectangle)

    def encodeFilm(self, surface: Surface, rectangle: Rectangle) -> bytes:
        """
        The same of a photo that changes all the time.
        """
        return self.encodePhoto(surface, rectangle)

    def encodeSolid(self, rectangle: Rectangle, color: int) -> bytes:
        """
        See L{IEncoder.encodeSolid}.  This does it by way of memory.
        """
        _, _, width, height = rectangle
        pixels = (color & 0xFFFFFF).to_bytes(4, "little") * (width * height)
        return self.encode(
            Surface(pixels, width * 4, width, height), Rectangle(0, 0, width, height)
        )

    def opening(self, body: bytes) -> bytes:
        """
        See L{IEncoder.opening}.
        """
        return body

    def isLossy(self, body: bytes) -> bool:
        """
        See L{IEncoder.isLossy}.
        """
        return False


class ValueEncoder(Encoder):
    """
    An encoder that looks at the values of pixels in the viewer's format.

    @ivar mask: Which bits of the values count.
    @ivar size: Bytes of a PIXEL.
    """

    def __init__(self, format: PixelFormat) -> None:
        self._native = LITTLE and format.isNative
        self._tables = format.tables(not LITTLE)
        self.mask = 0xFFFFFF if self._native else 0xFFFFFFFF
        self.size = format.bytesPerPixel
        self.bigEndian = format.bigEndian

    def values(
        self, surface: Surface, rectangle: Rectangle
    ) -> tuple[Any, int, int, int]:
        """
        @param rectangle: It must be known to be inside the surface.

        @return: The values of the rectangle's pixels, as the kernels take them:
            memory, stride, x and y.  If the viewer's format is that of the
            memory, it is the surface itself.
        """
        x, y, width, height = rectangle
        if self._native:
            return surface.pixels, surface.stride, x, y
        return (
            kernels.convert(
                surface.pixels, surface.stride, x, y, width, height, self._tables, 4
            ),
            width * 4,
            0,
            0,
        )


class Colors:
    """
    From pixels on the wire to colors.

    @ivar size: Bytes of a PIXEL.
    @ivar compactSize: Bytes of a CPIXEL, which ZRLE and TRLE have.
    @ivar tightSize: Bytes of a TPIXEL, which Tight has.
    """

    def __init__(self, format: PixelFormat) -> None:
        self._format = format
        self.size = format.bytesPerPixel
        self.compactSize = format.cpixel()[0]
        self.tightSize = 3 if format.is888 else self.size

    def pixels(self, data: Any) -> Words:
        """
        @param data: PIXELs.

        @return: Their colors C{0xRRGGBB}, of shape (n,).
        """
        return self._read(data, PIXEL)

    def compact(self, data: Any) -> Words:
        """
        @param data: CPIXELs.

        @return: Their colors, of shape (n,).
        """
        return self._read(data, CPIXEL)

    def tight(self, data: Any) -> Words:
        """
        @param data: TPIXELs.

        @return: Their colors, of shape (n,).
        """
        return self._read(data, TPIXEL)

    def _read(self, data: Any, kind: int) -> Words:
        return np.frombuffer(kernels.readColors(data, kind, self._format), np.uint32)


@lru_cache(maxsize=64)
def colorsFor(format: PixelFormat) -> Colors:
    """
    @return: What reads pixels of C{format}.
    """
    return Colors(format)


def readU32(limit: int, what: str) -> Generator[int, bytes, int]:
    """
    Read a number.

    @param limit: The greatest that is allowed.

    @param what: What it is, for the error.

    @raise ValueError: if it is greater.
    """
    number = int.from_bytes((yield 4), "big")
    if number > limit:
        raise ValueError(f"{number} {what}: at most {limit} are allowed")
    return number
