# -*- test-case-name: tests.encodings.test_simple -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
RRE and CoRRE: a background and rectangles on it (RFC 6143, section 7.7.3; rfbproto,
CoRRE Encoding).

They are for viewers that know nothing else: pictures take more bytes than in Raw.
"""

from __future__ import annotations

from collections.abc import Generator, Hashable
from typing import Any

import numpy as np
from zope.interface import implementer

from txrfb import kernels
from txrfb.encodings import constants
from txrfb.encodings.level import Level
from txrfb.encodings.painting import MUCH, PIECE, fill, placeOf
from txrfb.encodings.values import (
    ValueEncoder,
    checkInside,
    colorsFor,
    layoutKey,
)
from txrfb.encodings.wanted import Wanted
from txrfb.geometry import Rectangle
from txrfb.interfaces import IDecoder, IEncoding
from txrfb.pixels import PixelFormat, Surface, Words


def _layout(format: PixelFormat, compact: bool) -> np.dtype[Any]:
    """
    @return: How one rectangle is written.
    """
    order = ">" if format.bigEndian else "<"
    place = "u1" if compact else ">u2"
    return np.dtype(
        [
            ("value", f"{order}u{format.bytesPerPixel}"),
            ("x", place),
            ("y", place),
            ("width", place),
            ("height", place),
        ]
    )


class RreEncoder(ValueEncoder):
    """
    Writes a background and rectangles.
    """

    number = constants.RRE
    # Noise takes up to twelve bytes a pixel, of which few may wait for a viewer.
    maxArea = 1 << 15
    solidArea = 4096

    def __init__(self, format: PixelFormat, compact: bool = False) -> None:
        ValueEncoder.__init__(self, format)
        self._format = format
        self._compact = compact
        self._layout = _layout(format, compact)
        if compact:
            self.number = constants.CORRE
            self.maxWidth = self.maxHeight = 255

    def encode(self, surface: Surface, rectangle: Rectangle) -> bytes:
        """
        See L{txrfb.interfaces.IEncoder.encode}.
        """
        checkInside(surface, rectangle)
        values, stride, x, y = self.values(surface, rectangle)
        _, _, width, height = rectangle
        if width > self.maxWidth or height > self.maxHeight:
            raise ValueError(f"{width}x{height} pixels: CoRRE takes at most 255x255")
        body = kernels.rre(
            values,
            stride,
            x,
            y,
            width,
            height,
            self.mask,
            self.size,
            self.bigEndian,
            self._compact,
        )
        if body is None:
            memory = Surface(values, stride, x + width, y + height)
            return self._runs(memory.array()[y:, x:])
        return body

    def _runs(self, pixels: Any) -> bytes:
        """
        @param pixels: The bytes of values, of shape (height, width, 4).

        @return: A body with one rectangle for each run of equal values in a row.
        """
        height, width, _ = pixels.shape
        values = np.ascontiguousarray(pixels).view(np.uint32).reshape(height, width)
        values = values & np.uint32(self.mask)
        starts = np.ones(values.shape, bool)
        starts[:, 1:] = values[:, 1:] != values[:, :-1]
        flat = np.flatnonzero(starts)
        ends = np.append(flat[1:], height * width)
        background = values[0, 0]
        colors = values.ravel()[flat]
        shown = colors != background
        flat, ends, colors = flat[shown], ends[shown], colors[shown]
        result = np.empty(len(flat), self._layout)
        result["value"] = colors
        result["x"] = flat % width
        result["y"] = flat // width
        result["width"] = ends - flat
        result["height"] = 1
        return self._head(len(flat), int(background)) + result.tobytes()

    def _head(self, count: int, background: int) -> bytes:
        """
        @return: What is before the rectangles.
        """
        pixel = np.array(background, self._layout["value"]).tobytes()
        return count.to_bytes(4, "big") + pixel

    def encodeSolid(self, rectangle: Rectangle, color: int) -> bytes:
        """
        See L{txrfb.interfaces.IEncoder.encodeSolid}.
        """
        return self._head(0, self._format.valueOf(color))


@implementer(IDecoder)
class RreDecoder:
    """
    Reads a background and rectangles.
    """

    def __init__(self, compact: bool = False) -> None:
        self._compact = compact

    def decode(
        self, rectangle: Rectangle, format: PixelFormat, canvas: Words
    ) -> Generator[int, bytes, None]:
        """
        See L{IDecoder.decode}.
        """
        colors = colorsFor(format)
        each = colors.size + (4 if self._compact else 8)
        # They may overlap, so their number is bound by nothing but its 32 bits:
        # they are painted as they come.
        left = int.from_bytes((yield 4), "big")
        color = int(colors.pixels((yield colors.size))[0])
        yield from fill(canvas, rectangle, color)
        place = placeOf(canvas, rectangle)
        unused = 0
        while left:
            data = yield Wanted(each, min(left * each, PIECE), unused)
            if rectangle.isEmpty:
                used = len(data) // each * each
            else:
                used = kernels.paintSubrectangles(
                    *place, data, self._compact, MUCH, format
                )
            unused = len(data) - used
            left -= used // each


@implementer(IEncoding)
class Rre:
    """
    A background and rectangles on it.
    """

    number = constants.RRE
    name = "RRE"
    _compact = False

    def key(self, format: PixelFormat, level: Level) -> Hashable:
        """
        See L{IEncoding.key}.
        """
        return self.number, layoutKey(format)

    def encoder(self, format: PixelFormat, level: Level) -> RreEncoder:
        """
        See L{IEncoding.encoder}.
        """
        return RreEncoder(format, self._compact)

    def decoder(self) -> RreDecoder:
        """
        See L{IEncoding.decoder}.
        """
        return RreDecoder(self._compact)


class CoRre(Rre):
    """
    RRE in rectangles of at most 255x255 pixels, with places of one byte.
    """

    number = constants.CORRE
    name = "CoRRE"
    _compact = True


RRE = Rre()
CORRE = CoRre()
