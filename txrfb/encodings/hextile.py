# -*- test-case-name: tests.encodings.test_simple -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Hextile: tiles of 16x16 pixels with a background and rectangles on it (RFC 6143,
section 7.7.4).
"""

from __future__ import annotations

from collections.abc import Generator, Hashable
from typing import Any

from zope.interface import implementer

from txrfb import kernels
from txrfb.encodings import constants
from txrfb.encodings.level import Level
from txrfb.encodings.painting import Place, paintTiled
from txrfb.encodings.values import ValueEncoder, checkInside, layoutKey
from txrfb.geometry import Rectangle
from txrfb.interfaces import IDecoder, IEncoding
from txrfb.pixels import PixelFormat, Surface, Words

#: How wide and high a tile is.
TILE = 16


class HextileEncoder(ValueEncoder):
    """
    Writes tiles.
    """

    number = constants.HEXTILE

    def encode(self, surface: Surface, rectangle: Rectangle) -> bytes:
        """
        See L{txrfb.interfaces.IEncoder.encode}.
        """
        checkInside(surface, rectangle)
        values, stride, x, y = self.values(surface, rectangle)
        return kernels.hextile(
            values,
            stride,
            x,
            y,
            rectangle.width,
            rectangle.height,
            self.mask,
            self.size,
            self.bigEndian,
        )


@implementer(IDecoder)
class HextileDecoder:
    """
    Reads tiles.
    """

    def decode(
        self, rectangle: Rectangle, format: PixelFormat, canvas: Words
    ) -> Generator[int, bytes, None]:
        """
        See L{IDecoder.decode}.
        """
        background = foreground = -1

        def paint(place: Place, data: Any, tile: int) -> tuple[int, int, int]:
            nonlocal background, foreground
            used, needed, tile, background, foreground = kernels.paintHextile(
                *place, data, tile, background, foreground, format
            )
            return used, needed, tile

        # The most bytes of a tile: that is raw, or has all there can be.
        size = format.bytesPerPixel
        largest = 1 + max(TILE * TILE * size, 2 * size + 1 + 255 * (size + 2))
        return paintTiled(rectangle, canvas, TILE, largest, paint)


@implementer(IEncoding)
class Hextile:
    """
    Tiles with a background and rectangles on it.
    """

    number = constants.HEXTILE
    name = "Hextile"

    def key(self, format: PixelFormat, level: Level) -> Hashable:
        """
        See L{IEncoding.key}.
        """
        return self.number, layoutKey(format)

    def encoder(self, format: PixelFormat, level: Level) -> HextileEncoder:
        """
        See L{IEncoding.encoder}.
        """
        return HextileEncoder(format)

    def decoder(self) -> HextileDecoder:
        """
        See L{IEncoding.decoder}.
        """
        return HextileDecoder()


HEXTILE = Hextile()
