# -*- test-case-name: tests.encodings.test_zrle -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
ZRLE: tiles of 64x64 pixels with palettes and runs, deflated (RFC 6143, section 7.7.6).
"""

from __future__ import annotations

from collections.abc import Generator, Hashable

from zope.interface import implementer

from txrfb import kernels
from txrfb.encodings import constants
from txrfb.encodings.deflate import Inflater, deflateRaw, effort, maxDeflated
from txrfb.encodings.level import Level
from txrfb.encodings.painting import PIECE, bands, placeOf
from txrfb.encodings.trle import TileEncoder
from txrfb.encodings.values import layoutKey, readU32
from txrfb.encodings.zlibrect import StreamEncoder
from txrfb.geometry import Rectangle
from txrfb.interfaces import IDecoder, IEncoding
from txrfb.pixels import PixelFormat, Surface, Words

#: How wide and high a tile is.
TILE = 64

#: The most bytes of tiles that are deflated thoroughly, which takes 1.5 ms.
_THOROUGH = 1 << 17


class ZrleEncoder(StreamEncoder, TileEncoder):
    """
    Deflates tiles.
    """

    number = constants.ZRLE
    # Every rectangle begins with an empty window, and palettes do not compress
    # each other as well as pixels do: in pieces of 256x256 pixels text takes 11 %
    # more bytes than at once.
    maxArea = 1 << 17

    def __init__(self, format: PixelFormat, level: Level) -> None:
        TileEncoder.__init__(self, format, TILE, True)
        self._effort = effort(level, True)

    def encode(self, surface: Surface, rectangle: Rectangle) -> bytes:
        """
        See L{txrfb.interfaces.IEncoder.encode}.
        """
        tiles = self.tiles(surface, rectangle)
        # Of photos, with three bytes a pixel, slow engines make no less than fast ones.
        isThorough = len(tiles) <= _THOROUGH
        data = deflateRaw(tiles, self._effort, isThorough)
        return len(data).to_bytes(4, "big") + data


def maxTiles(rectangle: Rectangle, size: int) -> int:
    """
    @param size: Bytes of a CPIXEL.

    @return: The most bytes that the tiles of a rectangle can be: each with a
        palette, and each pixel a run of its own.
    """
    across = -(-rectangle.width // TILE)
    down = -(-rectangle.height // TILE)
    return across * down * (1 + 127 * size) + rectangle.area * (size + 1)


@implementer(IDecoder)
class ZrleDecoder:
    """
    Inflates tiles.
    """

    def __init__(self) -> None:
        self._inflater = Inflater()

    def decode(
        self, rectangle: Rectangle, format: PixelFormat, canvas: Words
    ) -> Generator[int, bytes, None]:
        """
        See L{IDecoder.decode}.
        """
        limit = maxTiles(rectangle, format.cpixel()[0])
        length = yield from readU32(maxDeflated(limit), "bytes of zlib data")
        source = self._inflater.piece(length)
        data, used = b"", 0
        for band in bands(rectangle, TILE):
            place = placeOf(canvas, band)
            tile, needed = 0, 1
            while needed:
                data = data[used:]
                while len(data) < needed:
                    more = yield from source.read(PIECE)
                    if not more:
                        raise ValueError("the tiles end too early")
                    data = data + more if data else more
                used, needed, tile, _ = kernels.paintTiles(
                    *place, data, TILE, tile, b"", False, format
                )
            yield 0
        if used != len(data):
            raise ValueError(f"{len(data) - used} bytes are left over after the tiles")
        yield from source.finish()


@implementer(IEncoding)
class Zrle:
    """
    Deflated tiles with palettes and runs.
    """

    number = constants.ZRLE
    name = "ZRLE"

    def key(self, format: PixelFormat, level: Level) -> Hashable:
        """
        See L{IEncoding.key}.
        """
        return self.number, layoutKey(format), format.cpixel(), effort(level, True)

    def encoder(self, format: PixelFormat, level: Level) -> ZrleEncoder:
        """
        See L{IEncoding.encoder}.
        """
        return ZrleEncoder(format, level)

    def decoder(self) -> ZrleDecoder:
        """
        See L{IEncoding.decoder}.
        """
        return ZrleDecoder()


ZRLE = Zrle()
