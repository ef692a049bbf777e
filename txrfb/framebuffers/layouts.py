# -*- test-case-name: tests.framebuffers.test_layouts -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
How programs lay out pixels in memory that they share.
"""

from __future__ import annotations

import struct
from operator import index
from typing import NamedTuple

from txrfb.geometry import checkSize

__all__ = ["FORMATS", "Layout", "layoutOfXWD"]

#: The number of a pixel format for C{kernels.refreshTiles}, and the bytes of a
#: pixel, by its fourcc (C{drm_fourcc.h}).  Alpha is not looked at.
FORMATS = {
    "XR24": (0, 4),
    "AR24": (0, 4),
    "XB24": (1, 4),
    "AB24": (1, 4),
    "RX24": (2, 4),
    "RA24": (2, 4),
    "BX24": (3, 4),
    "BA24": (3, 4),
    "RG24": (4, 3),
    "BG24": (5, 3),
    "RG16": (6, 2),
    "XR15": (7, 2),
    "AR15": (7, 2),
}

#: The largest offset of a file.
_MAX_OFFSET = 1 << 62

#: The format of an image in an XWD file by bits a pixel, whether the least significant
#: byte comes first, and the masks of red, green and blue.
_XWD = {
    (32, True, 0xFF0000, 0xFF00, 0xFF): "XR24",
    (32, True, 0xFF, 0xFF00, 0xFF0000): "XB24",
    (32, False, 0xFF0000, 0xFF00, 0xFF): "BX24",
    (32, False, 0xFF, 0xFF00, 0xFF0000): "RX24",
    (24, True, 0xFF0000, 0xFF00, 0xFF): "RG24",
    (24, True, 0xFF, 0xFF00, 0xFF0000): "BG24",
    (24, False, 0xFF0000, 0xFF00, 0xFF): "BG24",
    (16, True, 0xF800, 0x7E0, 0x1F): "RG16",
    (16, True, 0x7C00, 0x3E0, 0x1F): "XR15",
}

_XWD_HEADER = struct.Struct(">25L")

#: How many bytes of an XWD file L{layoutOfXWD} wants.
XWD_SIZE = _XWD_HEADER.size


class Layout(NamedTuple):
    """
    Where the pixels are in a file or in memory.

    @ivar width: Columns, 1 to 65535.
    @ivar height: Rows, 1 to 65535.
    @ivar stride: Bytes from the start of a row to the next.
    @ivar offset: Bytes before the first pixel.
    @ivar format: One of L{FORMATS}.
    """

    width: int
    height: int
    stride: int
    offset: int = 0
    format: str = "XR24"

    @property
    def end(self) -> int:
        """
        How many bytes there must be.
        """
        _, size = FORMATS[self.format]
        return self.offset + self.stride * (self.height - 1) + self.width * size

    @classmethod
    def checked(
        cls,
        width: int,
        height: int,
        stride: int | None = None,
        offset: int = 0,
        format: str = "XR24",
    ) -> Layout:
        """
        @param stride: C{None} or 0 if there is nothing between rows.

        @raise ValueError: if there can be no such pixels.

        @raise TypeError: if these are no whole numbers.
        """
        if format not in FORMATS:
            raise ValueError(f"format {format!r}: it is one of {', '.join(FORMATS)}")
        width, height, offset = index(width), index(height), index(offset)
        checkSize(width, height)
        _, size = FORMATS[format]
        stride = index(stride or width * size)
        if not width * size <= stride <= _MAX_OFFSET // height:
            raise ValueError(
                f"rows of {stride} bytes do not hold {width} pixels of {format}, which"
                f" are {width * size}"
            )
        if not 0 <= offset <= _MAX_OFFSET:
            raise ValueError(f"offset {offset}: it must be 0 or more")
        return cls(width, height, stride, offset, format)


def layoutOfXWD(header: bytes) -> Layout:
    """
    @param header: The first C{XWD_SIZE} bytes of a file as C{xwd} writes it, and
        C{Xvfb -fbdir} shares it.

    @raise ValueError: if it is none, or not of true color.
    """
    if len(header) < XWD_SIZE:
        raise ValueError(f"{len(header)} bytes are no XWD file")
    size, version, kind, _, width, height, _, order, _, _, _, bits, stride, *more = (
        _XWD_HEADER.unpack(header[:XWD_SIZE])
    )
    _, red, green, blue, _, _, colors, *_ = more
    if version != 7 or kind != 2 or size < XWD_SIZE:
        raise ValueError("this is no XWD file of version 7 with pixels (ZPixmap)")
    format = _XWD.get((bits, order == 0, red, green, blue))
    if format is None:
        raise ValueError(
            f"an XWD file of {bits} bits a pixel and masks {red:#x}, {green:#x},"
            f" {blue:#x}; those of depth 15, 16 and 24 can be shown"
        )
    # Twelve bytes a color, also where all colors are true.
    return Layout.checked(width, height, stride, size + 12 * colors, format)
