# -*- test-case-name: tests.encodings.test_png -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
TightPNG: Tight with PNG in place of everything that is deflated (rfbproto, Tight PNG
Encoding), for viewers to which the browser gives pictures only.
"""

from __future__ import annotations

from collections.abc import Generator, Hashable

import numpy as np
from zope.interface import implementer

from txrfb import kernels
from txrfb.encodings import constants
from txrfb.encodings.content import isDrawn
from txrfb.encodings.deflate import deflate
from txrfb.encodings.level import Level
from txrfb.encodings.png import encodePng, paintPng
from txrfb.encodings.tight import (
    TightBase,
    TightDecoder,
    compactLength,
    formatKey,
    jpegKey,
    maxColors,
    tightEffort,
)
from txrfb.encodings.values import LITTLE
from txrfb.geometry import Rectangle
from txrfb.interfaces import IEncoding
from txrfb.pixels import NATIVE, PixelFormat, Surface, Words


class TightPngEncoder(TightBase):
    """
    Writes each rectangle as one color, JPEG or PNG.
    """

    number = constants.TIGHT_PNG

    def __init__(self, format: PixelFormat, level: Level) -> None:
        TightBase.__init__(self, format, level)
        # Pictures hold colors whatever the viewer's pixels are.
        self._native = LITTLE
        self._tables = NATIVE.tables(not LITTLE)
        self.mask = 0xFFFFFF

    def encode(self, surface: Surface, rectangle: Rectangle) -> bytes:
        """
        See L{txrfb.interfaces.IEncoder.encode}.
        """
        self.check(surface, rectangle)
        _, _, width, height = rectangle
        values, stride, x, y = self.values(surface, rectangle)
        found = kernels.palette(
            values, stride, x, y, width, height, self.mask, maxColors(width * height)
        )
        if found is None:
            data = self._full(surface, rectangle)
            png = encodePng(width, height, 24, b"", data)
        else:
            colors, packed = found
            count = len(colors) >> 2
            if count == 1:
                color = int(np.frombuffer(colors, np.uint32)[0])
                return self.encodeSolid(rectangle, color)
            rows = np.zeros((height, len(packed) // height + 1), np.uint8)
            rows[:, 1:] = np.frombuffer(packed, np.uint8).reshape(height, -1)
            data = deflate(rows, self._effort)
            png = encodePng(width, height, 1 if count == 2 else 8, _rgb(colors), data)
        return b"".join((b"\xa0", compactLength(len(png)), png))

    def _full(self, surface: Surface, rectangle: Rectangle) -> bytes:
        """
        @return: Red, green and blue of each pixel, of photos as the difference from
            the row above, deflated.  The other filters of PNG make photos as much
            smaller, within 5 %.
        """
        where = (surface.pixels, surface.stride, *rectangle)
        if isDrawn(surface, rectangle):
            return deflate(kernels.packRgb(*where, True), self._effort)
        data = kernels.packRgb(*where, False)
        rows = np.frombuffer(data, np.uint8).reshape(rectangle.height, -1)
        result = np.empty((len(rows), rows.shape[1] + 1), np.uint8)
        result[:, 0] = 2
        result[0, 1:] = rows[0]
        np.subtract(rows[1:], rows[:-1], out=result[1:, 1:])
        return deflate(result, self._effort)


def _rgb(colors: bytes) -> bytes:
    """
    @param colors: C{uint32} of this machine.

    @return: Red, green and blue of each.
    """
    return (
        np.frombuffer(colors, np.uint32)
        .astype(">u4")
        .view("u1")
        .reshape(-1, 4)[:, 1:]
        .tobytes()
    )


class TightPngDecoder(TightDecoder):
    """
    Reads TightPNG rectangles.
    """

    name = "TightPNG"
    readsPng = True

    def _png(
        self, canvas: Words, rectangle: Rectangle, data: bytes
    ) -> Generator[int, bytes, None]:
        """
        See L{paintPng}.
        """
        return paintPng(canvas, rectangle, data)


@implementer(IEncoding)
class TightPng:
    """
    Tight with PNG in place of what is deflated.
    """

    number = constants.TIGHT_PNG
    name = "TightPNG"

    def key(self, format: PixelFormat, level: Level) -> Hashable:
        """
        See L{IEncoding.key}.
        """
        return (
            self.number,
            formatKey(format),
            tightEffort(format, level),
            jpegKey(format, level),
        )

    def encoder(self, format: PixelFormat, level: Level) -> TightPngEncoder:
        """
        See L{IEncoding.encoder}.
        """
        return TightPngEncoder(format, level)

    def decoder(self) -> TightPngDecoder:
        """
        See L{IEncoding.decoder}.
        """
        return TightPngDecoder()


TIGHT_PNG = TightPng()
