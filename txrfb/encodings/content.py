# -*- test-case-name: tests.test_encodings_tight -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Telling photos from drawn things, where there are too many colors for a palette.

In what programs draw - text with soft edges, lines, shades - most pixels are like the
one to their left; in photos few are.  Measured on 291 rectangles of more than 256
colors, with bytes a pixel:

    ===============  ==============  ========  ========  ===========  ===========
    content          like neighbor   copied    gradient  JPEG 92 444  JPEG 80 420
    ===============  ==============  ========  ========  ===========  ===========
    video            0.05 to 0.34    1.3-2.7   1.0-1.3   0.17-0.31    0.08-0.18
    photos           0.19 to 0.47    1.3-2.1   0.8-1.3   0.16-0.27    0.09-0.16
    both in one      0.25 to 0.72    0.7-1.6   0.6-1.2   0.2-0.75     0.15-0.55
    text             0.72 to 0.91    0.2-0.6   0.2-0.8   0.36-0.99    0.2-0.57
    ===============  ==============  ========  ========  ===========  ===========

From 0.7 up, copied pixels are smaller than those with prediction and smaller than
good JPEG, and nothing is lost.  To decide so costs 0.1 % more bytes than to know for
each rectangle which is smaller.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from txrfb.geometry import Rectangle
from txrfb.pixels import Surface

#: From this part up, pixels that are like the one to their left make a drawn thing.
DRAWN = 0.7

#: About how many pixels are looked at.
_SAMPLE = 4096

_COLOR = np.uint32(0xFFFFFF)


def isDrawn(surface: Surface, rectangle: Rectangle) -> bool:
    """
    @param rectangle: A rectangle inside the surface.

    @return: Whether it looks like something drawn by a program, rather than like a
        photo.
    """
    x, y, width, height = rectangle
    if width < 2:
        return False
    stride = surface.stride
    step = min(max(1, width * height // _SAMPLE), height)
    first = step // 2
    rows: Any = np.ndarray(
        (-(-(height - first) // step), width),
        "<u4",
        surface.pixels,
        (y + first) * stride + x * 4,
        (stride * step, 4),
    )
    differing = np.count_nonzero((rows[:, 1:] ^ rows[:, :-1]) & _COLOR)
    return bool(differing <= (1 - DRAWN) * len(rows) * (width - 1))
