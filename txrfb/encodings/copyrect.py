# -*- test-case-name: tests.encodings.test_raw -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
CopyRect: pixels that the viewer has already (RFC 6143, section 7.7.2).

It does not encode pixels, so it is no L{txrfb.interfaces.IEncoding}: the server makes
it from scrolls and from hints.
"""

from __future__ import annotations

import struct
from collections.abc import Generator

from zope.interface import implementer

from txrfb import kernels
from txrfb.encodings.painting import bands, placeOf
from txrfb.geometry import Rectangle
from txrfb.interfaces import IDecoder
from txrfb.pixels import PixelFormat, Words

__all__ = ["CopyRectDecoder", "encodeCopyRect"]

_BODY = struct.Struct(">HH")


def encodeCopyRect(x: int, y: int) -> bytes:
    """
    @param x: The leftmost column of where the pixels come from.

    @param y: The topmost row.

    @return: The rectangle's body.

    @raise ValueError: if one of them is not between 0 and 65535.
    """
    if not (0 <= x <= 65535 and 0 <= y <= 65535):
        raise ValueError(f"CopyRect source {x}, {y} is not from 0 to 65535")
    return _BODY.pack(x, y)


@implementer(IDecoder)
class CopyRectDecoder:
    """
    Copies on the canvas.
    """

    def decode(
        self, rectangle: Rectangle, format: PixelFormat, canvas: Words
    ) -> Generator[int, bytes, None]:
        """
        See L{IDecoder.decode}.
        """
        _, y, width, height = rectangle
        fromX, fromY = _BODY.unpack((yield 4))
        rows, columns = canvas.shape
        if fromX + width > columns or fromY + height > rows:
            raise ValueError(
                f"{rectangle} cannot be copied from {fromX}, {fromY} within"
                f" {canvas.shape[1]}x{canvas.shape[0]} pixels"
            )
        parts = [*bands(rectangle)]
        if fromY < y:  # what is below is overwritten last
            parts.reverse()
        for number, part in enumerate(parts):
            if number:
                yield 0
            source = part._replace(x=fromX, y=fromY + part.y - y)
            kernels.moveRectangle(*placeOf(canvas, source), part.x, part.y)
