# -*- test-case-name: tests.framebuffers.test_x11 -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Screens whose pixels are not as framebuffers have them: of two bytes, or with red and
blue exchanged.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from twisted.internet.defer import Deferred, inlineCallbacks

from txrfb import kernels
from txrfb.error import DisplayError
from txrfb.geometry import Region
from txrfb.x11.capture import PixelSource
from txrfb.x11.wire import ScreenInfo, Setup

__all__ = ["ConvertedPixels", "PixelKind", "pixelKind"]

#: What pixels of so many bits are, with the masks of red, green and blue: the number
#: of their layout for C{kernels.refreshTiles}; C{None} for those that are shown as they
#: are.
_LAYOUTS = {
    (32, 0xFF0000, 0xFF00, 0xFF): None,
    (32, 0xFF, 0xFF00, 0xFF0000): 1,
    (16, 0xF800, 0x7E0, 0x1F): 6,
    (16, 0x7C00, 0x3E0, 0x1F): 7,
}

#: The side of the squares in which changes are looked for.
_TILE = 64


class PixelKind:
    """
    How the pixels of a screen are laid out.

    @ivar size: Bytes a pixel: 2 or 4.
    @ivar layout: The number of the layout for C{kernels.refreshTiles}; C{None} if
        pixels need not be converted.
    """

    def __init__(self, size: int, layout: int | None) -> None:
        self.size = size
        self.layout = layout


def pixelKind(setup: Setup, screen: ScreenInfo) -> PixelKind:
    """
    @return: How the pixels of a screen are laid out.

    @raise DisplayError: if they cannot be shown.
    """
    bits = {one.bitsPerPixel for one in setup.formats if one.depth == screen.depth}
    if screen.depth not in (15, 16, 24, 32) or not bits <= {16, 32} or len(bits) != 1:
        raise DisplayError(
            f"the display has a depth of {screen.depth} bits; it must be 15, 16, 24 or"
            " 32, in pixels of 16 or 32 bits"
        )
    (size,) = bits
    visual = screen.visual
    found = None if visual is None else (size, *visual[2:])
    if found not in _LAYOUTS:
        masks = (
            "none" if visual is None else ", ".join(f"{one:#x}" for one in visual[2:])
        )
        raise DisplayError(
            f"the display has its colors in another order than BGRX: masks {masks} in"
            f" pixels of {size} bits"
        )
    return PixelKind(size // 8, _LAYOUTS[found])


class ConvertedPixels(PixelSource):
    """
    The pixels of another source, converted where they have changed.
    """

    def __init__(self, source: PixelSource, layout: int) -> None:
        """
        @param source: What has them.

        @param layout: The number of their layout.
        """
        self._source = source
        self._layout = layout
        self._before = bytearray()
        self.minInterval = source.minInterval

    @inlineCallbacks
    def open(self, width: int, height: int) -> Generator[Deferred[Any], Any, None]:
        """
        See L{PixelSource.open}.
        """
        source = self._source
        yield source.open(width, height)
        self._before = bytearray(source.rowSize(width) * height)
        self.pixels = bytearray(width * height * 4)
        self.width, self.height = width, height
        self._convert(Region((self.bounds,)))

    def close(self) -> None:
        """
        See L{PixelSource.close}.
        """
        self._source.close()

    def capture(self, isWatched: bool, isWhole: bool) -> Deferred[Region]:
        """
        See L{PixelSource.capture}.
        """
        return self._source.capture(isWatched, isWhole).addCallback(self._convert)

    def _convert(self, region: Region) -> Region:
        """
        @return: C{region}, in which everything is converted.
        """
        source = self._source
        size = source.width, source.height
        if size == (self.width, self.height):
            stride = source.rowSize(self.width)
            before, pixels = (self._before, stride), (source.pixels, stride)
            canvas = (self.pixels, self.width * 4)
            for part in region.intersection(self.bounds).rectangles:
                kernels.refreshTiles(
                    *before, *pixels, *canvas, *part, self._layout, _TILE
                )
        return region
