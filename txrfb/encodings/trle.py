# -*- test-case-name: tests.encodings.test_zrle -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
TRLE: tiles of 16x16 pixels with palettes and runs (RFC 6143, section 7.7.5).

ZRLE (L{txrfb.encodings.zrle}) is the same with larger tiles, deflated.
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


class TileEncoder(ValueEncoder):
    """
    What writes tiles, deflated or not.
    """

    def __init__(self, format: PixelFormat, tile: int, isDeflated: bool) -> None:
        ValueEncoder.__init__(self, format)
        self._tile = tile
        self._isDeflated = isDeflated
        self._compact = format.cpixel()

    def tiles(self, surface: Surface, rectangle: Rectangle) -> bytes:
        """
        @return: The rectangle's tiles.

        @raise ValueError: if the rectangle is not inside the surface.
        """
        checkInside(surface, rectangle)
        values, stride, x, y = self.values(surface, rectangle)
        size, shift = self._compact
        return kernels.zrle(
            values,
            stride,
            x,
            y,
            rectangle.width,
            rectangle.height,
            self.mask,
            self._tile,
            size,
            shift,
            self.bigEndian,
            self._isDeflated,
        )


class TrleEncoder(TileEncoder):
    """
    Writes tiles as they are.
    """

    number = constants.TRLE

    def __init__(self, format: PixelFormat) -> None:
        TileEncoder.__init__(self, format, TILE, False)

    def encode(self, surface: Surface, rectangle: Rectangle) -> bytes:
        """
        See L{txrfb.interfaces.IEncoder.encode}.
        """
        return self.tiles(surface, rectangle)


@implementer(IDecoder)
class TrleDecoder:
    """
    Reads tiles as they are.
    """

    def decode(
        self, rectangle: Rectangle, format: PixelFormat, canvas: Words
    ) -> Generator[int, bytes, None]:
        """
        See L{IDecoder.decode}.
        """
        palette = b""

        def paint(place: Place, data: Any, tile: int) -> tuple[int, int, int]:
            nonlocal palette
            used, needed, tile, palette = kernels.paintTiles(
                *place, data, TILE, tile, palette, True, format
            )
            return used, needed, tile

        # The most bytes of a tile: a palette, and each pixel a run of its own.
        size = format.cpixel()[0]
        largest = 1 + 127 * size + TILE * TILE * (size + 1)
        return paintTiled(rectangle, canvas, TILE, largest, paint)


@implementer(IEncoding)
class Trle:
    """
    Tiles with palettes and runs.
    """

    number = constants.TRLE
    name = "TRLE"

    def key(self, format: PixelFormat, level: Level) -> Hashable:
        """
        See L{IEncoding.key}.
        """
        return self.number, layoutKey(format), format.cpixel()

    def encoder(self, format: PixelFormat, level: Level) -> TrleEncoder:
        """
        See L{IEncoding.encoder}.
        """
        return TrleEncoder(format)

    def decoder(self) -> TrleDecoder:
        """
        See L{IEncoding.decoder}.
        """
        return TrleDecoder()


TRLE = Trle()
