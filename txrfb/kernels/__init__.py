# -*- test-case-name: tests.kernels.test_kernels -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The hot loops: functions from pixels in memory to bytes, without any state.

They are there twice, with the same results byte for byte: in C
(C{txrfb.kernels._native}, which a compiler must have been there to build) and in
numpy (L{txrfb.kernels.reference}).  Which of them are in use is chosen once, here;
the environment variable C{TXRFB_KERNELS=reference} chooses numpy.

Arguments, all positional, are the same everywhere:

  - C{pixels}, C{old}, C{new}: any object with the buffer protocol, contiguous: rows of
    pixels of four bytes, blue, green, red and one that is ignored.
  - C{values}: likewise, of C{uint32} of this machine, one a pixel; C{mask} says which
    of their bits count.  On machines with the least significant byte first, pixels
    are values, with mask C{0xffffff}.
  - C{stride}: bytes from the start of a row to the start of the next.
  - C{x}, C{y}, C{width}, C{height}: the rectangle, in pixels.  It must not be empty,
    and must be inside of the memory and of its rows, or C{ValueError} is raised.
  - C{size}, C{shift}, C{bigEndian}: how pixels are written: of the value shifted to
    the right by C{shift} bits, the low C{size} bytes (1 to 4), the most significant
    first or last.

Those that paint what a server sent have others, of which
L{txrfb.kernels._painters} tells.

Memory that is written to raises C{BufferError} or C{ValueError} if it is read-only.
The functions in C do not hold the global interpreter lock while they work on large
rectangles.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from txrfb.kernels import reference

__all__ = [
    "NATIVE",
    "changedBounds",
    "convert",
    "findMove",
    "gradient",
    "hextile",
    "likeLeft",
    "moveRectangle",
    "packRgb",
    "paintHextile",
    "paintIndices",
    "paintPixels",
    "paintSubrectangles",
    "paintTiles",
    "palette",
    "readColors",
    "refreshTiles",
    "rre",
    "splitPhotos",
    "splitSolid",
    "swizzle",
    "takeChanges",
    "undoFilters",
    "undoGradient",
    "zrle",
]

if TYPE_CHECKING:
    from txrfb.kernels import _native as _chosen

    #: Whether the functions in C are in use.
    NATIVE: bool
else:
    _chosen = reference
    NATIVE = False
    if os.environ.get("TXRFB_KERNELS") != "reference":
        try:
            from txrfb.kernels import _native

            # Built before the last of these were written, it is as good as none.
            if all(hasattr(_native, name) for name in __all__ if name != "NATIVE"):
                _chosen, NATIVE = _native, True
        except ImportError:
            pass

changedBounds = _chosen.changedBounds
convert = _chosen.convert
findMove = _chosen.findMove
gradient = _chosen.gradient
hextile = _chosen.hextile
likeLeft = _chosen.likeLeft
moveRectangle = _chosen.moveRectangle
packRgb = _chosen.packRgb
paintHextile = _chosen.paintHextile
paintIndices = _chosen.paintIndices
paintPixels = _chosen.paintPixels
paintSubrectangles = _chosen.paintSubrectangles
paintTiles = _chosen.paintTiles
palette = _chosen.palette
readColors = _chosen.readColors
refreshTiles = _chosen.refreshTiles
rre = _chosen.rre
splitPhotos = _chosen.splitPhotos
splitSolid = _chosen.splitSolid
swizzle = _chosen.swizzle
takeChanges = _chosen.takeChanges
undoFilters = _chosen.undoFilters
undoGradient = _chosen.undoGradient
zrle = _chosen.zrle
