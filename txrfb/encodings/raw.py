# -*- test-case-name: tests.encodings.test_raw -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Raw: pixels one after the other (RFC 6143, section 7.7.1).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable

from zope.interface import implementer

from txrfb import kernels
from txrfb.encodings import constants
from txrfb.encodings.level import Level
from txrfb.encodings.painting import Plain, paintPixels
from txrfb.encodings.values import PIXEL, Encoder, checkInside, layoutKey
from txrfb.geometry import Rectangle
from txrfb.interfaces import IDecoder, IEncoding
from txrfb.pixels import PixelFormat, Surface, Words


def writer(format: PixelFormat) -> Callable[[Surface, Rectangle, bytes], bytes]:
    """
    @return: A function that makes PIXELs of a rectangle of a surface, after what is to
        come before them.
    """
    if (
        format.bitsPerPixel == 32
        and format.redMax == format.greenMax == format.blueMax == 255
        and not (format.redShift | format.greenShift | format.blueShift) & 7
    ):
        red, green, blue = (
            3 - shift // 8 if format.bigEndian else shift // 8
            for shift in (format.redShift, format.greenShift, format.blueShift)
        )

        def swizzled(surface: Surface, rectangle: Rectangle, prefix: bytes) -> bytes:
            checkInside(surface, rectangle)
            return kernels.swizzle(
                surface.pixels, surface.stride, *rectangle, red, green, blue, prefix
            )

        return swizzled

    tables = format.tables()
    size = format.bytesPerPixel

    def converted(surface: Surface, rectangle: Rectangle, prefix: bytes) -> bytes:
        checkInside(surface, rectangle)
        return prefix + kernels.convert(
            surface.pixels, surface.stride, *rectangle, tables, size
        )

    return converted


class RawEncoder(Encoder):
    """
    Writes pixels as they are.
    """

    number = constants.RAW

    # Each piece is handed to the system by itself, which wakes who reads: a film in
    # four pieces took a third more time than in two.  A viewer that stops reading holds
    # one.
    maxArea = 1 << 17

    def __init__(self, format: PixelFormat) -> None:
        self._write = writer(format)
        self._format = format

    def encode(self, surface: Surface, rectangle: Rectangle) -> bytes:
        """
        See L{txrfb.interfaces.IEncoder.encode}.
        """
        return self._write(surface, rectangle, b"")

    def encodeAfter(
        self, header: bytes, surface: Surface, rectangle: Rectangle
    ) -> bytes:
        """
        See L{Encoder.encodeAfter}.  Pixels are many bytes: they are written once.
        """
        return self._write(surface, rectangle, header)

    def encodeSolid(self, rectangle: Rectangle, color: int) -> bytes:
        """
        See L{txrfb.interfaces.IEncoder.encodeSolid}.
        """
        format = self._format
        pixel = format.valueOf(color).to_bytes(
            format.bytesPerPixel, "big" if format.bigEndian else "little"
        )
        return pixel * rectangle.area


@implementer(IDecoder)
class RawDecoder:
    """
    Reads pixels as they are.
    """

    def decode(
        self, rectangle: Rectangle, format: PixelFormat, canvas: Words
    ) -> Generator[int, bytes, None]:
        """
        See L{IDecoder.decode}.
        """
        size = format.bytesPerPixel
        source = Plain(rectangle.area * size)
        return paintPixels(canvas, rectangle, source, size, PIXEL, format)


@implementer(IEncoding)
class Raw:
    """
    The encoding that every viewer can read.
    """

    number = constants.RAW
    name = "Raw"

    def key(self, format: PixelFormat, level: Level) -> Hashable:
        """
        See L{IEncoding.key}.
        """
        return self.number, layoutKey(format)

    def encoder(self, format: PixelFormat, level: Level) -> RawEncoder:
        """
        See L{IEncoding.encoder}.
        """
        return RawEncoder(format)

    def decoder(self) -> RawDecoder:
        """
        See L{IEncoding.decoder}.
        """
        return RawDecoder()


RAW = Raw()
