# -*- test-case-name: tests.test_pixels -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Pixel formats (RFC 6143, section 7.4), and the pixels that are put into them.

Inside the server a pixel is 32 bits of memory: blue, green, red, padding.  As a
number that is C{0x00RRGGBB} on machines with the least significant byte first.
"""

from __future__ import annotations

import struct
import sys
from typing import Any, NamedTuple

import numpy as np

from txrfb.error import PixelFormatError

__all__ = ["NATIVE", "Cursor", "PixelFormat", "Surface", "Words"]

#: Colors C{0xRRGGBB}, or values of pixels, of any shape.
Words = np.ndarray[Any, np.dtype[np.uint32]]

_FORMAT = struct.Struct(">BBBBHHHBBBxxx")


class Surface(NamedTuple):
    """
    Pixels in memory.

    @ivar pixels: An object with the buffer protocol, rows of B, G, R, X bytes.
    @ivar stride: Bytes from the start of a row to the start of the next.
    @ivar width: Pixels in a row.
    @ivar height: Rows.
    """

    pixels: Any
    stride: int
    width: int
    height: int

    def array(self) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """
        @return: The same memory as an array of shape (height, width, 4).
        """
        flat = np.frombuffer(self.pixels, np.uint8)
        return np.lib.stride_tricks.as_strided(
            flat,
            (self.height, self.width, 4),
            (self.stride, 4, 1),
            writeable=flat.flags.writeable,
        )


class Cursor(NamedTuple):
    """
    The shape of a pointer.

    @ivar width: Columns.
    @ivar height: Rows.
    @ivar hotspotX: The column that points.
    @ivar hotspotY: The row that points.
    @ivar pixels: C{width * height * 4} bytes: blue, green, red and alpha, not
        premultiplied.
    """

    width: int
    height: int
    hotspotX: int
    hotspotY: int
    pixels: bytes


class PixelFormat(NamedTuple):
    """
    How a viewer wants pixels to be written (RFC 6143, section 7.4).

    @ivar bitsPerPixel: 8, 16 or 32.
    @ivar depth: How many of the bits are used; informative.
    @ivar bigEndian: Whether the most significant byte comes first.
    @ivar trueColor: Whether a pixel holds a color, rather than the number of
        one in a map.
    @ivar redMax: The greatest value of red, 2^n - 1.
    @ivar greenMax: The greatest value of green.
    @ivar blueMax: The greatest value of blue.
    @ivar redShift: By how many bits red is shifted.
    @ivar greenShift: By how many bits green is shifted.
    @ivar blueShift: By how many bits blue is shifted.
    """

    bitsPerPixel: int
    depth: int
    bigEndian: bool
    trueColor: bool
    redMax: int
    greenMax: int
    blueMax: int
    redShift: int
    greenShift: int
    blueShift: int

    @classmethod
    def fromBytes(cls, data: bytes) -> PixelFormat:
        """
        @param data: 16 bytes of a PIXEL_FORMAT.

        @return: The format.  What a format that is not true color says of
            colors is replaced by what is served to such viewers: the colors
            of L{colorMap}.

        @raise PixelFormatError: if it is not one the specification allows.
        """
        bits, depth, big, true, rm, gm, bm, rs, gs, bs = _FORMAT.unpack(data)
        if bits not in (8, 16, 32):
            raise PixelFormatError(f"{bits} bits per pixel: 8, 16 and 32 are allowed")
        if not true:
            return cls(bits, 8, bool(big), False, 7, 7, 3, 0, 3, 6)
        used = 0
        for name, maximum, shift in (
            ("red", rm, rs),
            ("green", gm, gs),
            ("blue", bm, bs),
        ):
            if maximum < 1 or maximum & (maximum + 1):
                raise PixelFormatError(
                    f"{name} maximum {maximum}: it must be 2^n - 1, at least 1"
                )
            if shift + maximum.bit_length() > bits:
                raise PixelFormatError(
                    f"{name} maximum {maximum} shifted by {shift} does not fit into"
                    f" {bits} bits"
                )
            if used & (maximum << shift):
                raise PixelFormatError(f"the bits of {name} overlap another color's")
            used |= maximum << shift
        return cls(bits, depth, bool(big), True, rm, gm, bm, rs, gs, bs)

    def toBytes(self) -> bytes:
        """
        @return: The 16 bytes of this PIXEL_FORMAT.
        """
        return _FORMAT.pack(*self)

    @property
    def bytesPerPixel(self) -> int:
        """
        1, 2 or 4.
        """
        return self.bitsPerPixel // 8

    @property
    def isNative(self) -> bool:
        """
        Whether the server's memory is in this format already (padding aside).
        """
        return self[:1] + self[2:] == NATIVE[:1] + NATIVE[2:]

    @property
    def is888(self) -> bool:
        """
        Whether the specification lets Tight pixels (TPIXEL) be three bytes, red,
        green and blue: 32 bits, true color, depth 24, 8 bits a color.
        """
        return (
            self.bitsPerPixel == 32
            and self.trueColor
            and self.depth == 24
            and self.redMax == self.greenMax == self.blueMax == 255
        )

    def cpixel(self) -> tuple[int, int]:
        """
        How ZRLE and TRLE write a pixel (CPIXEL; RFC 6143, section 7.7.5).

        @return: How many bytes, and by how many bits the pixel's value is
            shifted to the right before its low bytes are written.
        """
        if self.bitsPerPixel == 32 and self.trueColor and self.depth <= 24:
            used = (
                self.redMax << self.redShift
                | self.greenMax << self.greenShift
                | self.blueMax << self.blueShift
            )
            if used < 1 << 24:
                return 3, 0
            if not used & 0xFF:
                return 3, 8
        return self.bytesPerPixel, 0

    def tables(self, bigEndian: bool | None = None) -> bytes:
        """
        The conversion as a table: a pixel's value is C{red[r] | green[g] |
        blue[b]}.  A color is rounded to the nearest there is.

        @param bigEndian: Make tables for another byte order than the format's.

        @return: Three times 256 numbers of C{bytesPerPixel} bytes stored in
            C{uint32} of this machine, such that the low C{bytesPerPixel} bytes
            of the number in memory order are the pixel as it is sent.
        """
        return _tables(self, self.bigEndian if bigEndian is None else bigEndian)

    def valueOf(self, color: int) -> int:
        """
        @param color: C{0xRRGGBB}.

        @return: The pixel's value in this format.
        """
        return (
            (((color >> 16 & 255) * self.redMax + 127) // 255) << self.redShift
            | (((color >> 8 & 255) * self.greenMax + 127) // 255) << self.greenShift
            | (((color & 255) * self.blueMax + 127) // 255) << self.blueShift
        )

    def colorsOf(self, values: Words) -> Words:
        """
        What a viewer shows for pixels of this format.

        @param values: Pixel values, of any shape.

        @return: Colors C{0xRRGGBB} of the same shape.
        """
        result = np.zeros(values.shape, np.uint32)
        for maximum, shift, place in (
            (self.redMax, self.redShift, 16),
            (self.greenMax, self.greenShift, 8),
            (self.blueMax, self.blueShift, 0),
        ):
            part = values >> np.uint32(shift) & np.uint32(maximum)
            if maximum != 255:
                wide = part.astype(np.uint64)
                part = ((wide * 255 + maximum // 2) // maximum).astype(np.uint32)
            result |= part << np.uint32(place)
        return result

    def read(self, data: bytes) -> Words:
        """
        @param data: Pixels as they are sent.

        @return: The pixels' values, of shape (n,).
        """
        order = ">" if self.bigEndian else "<"
        return np.frombuffer(data, f"{order}u{self.bytesPerPixel}").astype(np.uint32)

    def colorMap(self) -> list[tuple[int, int, int]]:
        """
        @return: The map that is sent to viewers that are not true color: for
            each pixel value the 16-bit red, green and blue.
        """
        return [
            (
                (value & 7) * 65535 // 7,
                (value >> 3 & 7) * 65535 // 7,
                (value >> 6 & 3) * 65535 // 3,
            )
            for value in range(256)
        ]


def _tables(format: PixelFormat, big: bool) -> bytes:
    key = (format, big)
    made = _made.get(key)
    if made is None:
        level = np.arange(256, dtype=np.uint64)
        table: np.ndarray[Any, np.dtype[Any]] = np.empty((3, 256), np.uint32)
        for row, (maximum, shift) in enumerate(
            (
                (format.redMax, format.redShift),
                (format.greenMax, format.greenShift),
                (format.blueMax, format.blueShift),
            )
        ):
            table[row] = ((level * maximum + 127) // 255) << np.uint64(shift)
        if big != (sys.byteorder == "big"):
            size = format.bytesPerPixel
            if size == 2:
                table = (table & 0xFF) << np.uint32(8) | table >> np.uint32(8)
            elif size == 4:
                table = table.byteswap()
        made = table.astype(np.uint32).tobytes()
        if len(_made) > 256:
            _made.clear()
        _made[key] = made
    return made


_made: dict[tuple[PixelFormat, bool], bytes] = {}

#: The format that memory is in, and that the server announces (section 7.3.2).
NATIVE = PixelFormat(32, 24, False, True, 255, 255, 255, 16, 8, 0)
