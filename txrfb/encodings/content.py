# -*- test-case-name: tests.encodings.test_tight -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Photo or drawing: which it is, where there are too many colors for a palette.

In what programs draw - text with soft edges, lines, shades - most pixels are like the
one to their left; in photos few are.  Measured on rectangles of more than 256 colors
(C{python -m benchmarks.levels}), with bytes a pixel::

    ===============  =============  ========  ========  ===========  ===========
    content          like neighbor  copied    gradient  JPEG 92 444  JPEG 80 420
    ===============  =============  ========  ========  ===========  ===========
    photos, video    0.01 to 0.6    0.9-2.7   0.6-1.7   0.14-0.6     0.08-0.3
    text and photo   0.3 to 0.7     0.6-1.7   0.5-1.2   0.3-0.75     0.2-0.55
    text             0.7 to 0.95    0.15-0.6  0.2-0.8   0.24-0.99    0.15-0.57
    ===============  =============  ========  ========  ===========  ===========

From 0.7 up, copied pixels are smaller than those with prediction and smaller than
good JPEG, and nothing is lost.  Deciding so, all rectangles of five workloads took
0.1 % more bytes than if the smaller way had been known for each.
"""

from __future__ import annotations

from txrfb import kernels
from txrfb.geometry import Rectangle
from txrfb.pixels import Surface

#: From this part up, pixels that are like the one to their left make a drawn thing.
DRAWN = 0.7

#: About how many pixels are looked at.
_SAMPLE = 4096


def likeNeighbors(surface: Surface, rectangle: Rectangle) -> float:
    """
    @param rectangle: A rectangle inside the surface.

    @return: Which part of some of its pixels are like the one to their left; 0 if
        it has one column only.
    """
    width, height = rectangle.width, rectangle.height
    if width < 2:
        return 0.0
    step = min(max(1, width * height // _SAMPLE), height)
    rows = -(-(height - step // 2) // step)
    alike = kernels.likeLeft(surface.pixels, surface.stride, *rectangle, step)
    return alike / (rows * (width - 1))


def isDrawn(surface: Surface, rectangle: Rectangle) -> bool:
    """
    @param rectangle: A rectangle inside the surface.

    @return: Whether it looks like something drawn by a program, rather than like a
        photo.
    """
    return likeNeighbors(surface, rectangle) >= DRAWN
