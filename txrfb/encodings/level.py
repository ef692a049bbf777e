# -*- test-case-name: tests.encodings.test_level -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Compression and JPEG quality: what a viewer asks for besides an encoding.

The JPEG quality levels 0 to 9 of viewers are these qualities of libjpeg.  Bytes a
pixel, signal to noise, and nanoseconds a pixel are those of photos of 1920x1080 pixels
in strips (C{python -m benchmarks.levels} measures it)::

    ======  =======  ===========  ===========  =======  ======
    level   quality  subsampling  bytes/px     dB       ns/px
    ======  =======  ===========  ===========  =======  ======
    0       15       4:2:0        0.05         32.5     3.1
    1       29       4:2:0        0.06         35.2     4.8
    2       41       4:2:0        0.07         36.4     3.3
    3       42       4:2:2        0.07         37.0     3.8
    4       62       4:2:2        0.09         38.3     4.0
    5       77       4:2:2        0.12         39.6     4.1
    6       79       4:4:4        0.14         40.7     5.9
    7       86       4:4:4        0.17         41.7     6.0
    8       92       4:4:4        0.23         43.1     6.7
    9       100      4:4:4        0.91         50.8     15.3
    ======  =======  ===========  ===========  =======  ======

Of what moves, 4:2:0 is enough where a viewer leaves it to its level, up to 8, as what
rests becomes exact.  A film of 640x360 pixels at level 8 takes 0.63 of the time and
0.83 of the bytes of 4:4:4.  Its brightness has the same 46.6 dB; in all it is 41.7 dB,
not 43.8, which lies between levels 6 and 7.

What the compression levels mean is described in L{txrfb.encodings.deflate}.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from txrfb.encodings.constants import (
    COMPRESSION_LEVEL_0,
    COMPRESSION_LEVEL_9,
    FINE_QUALITY_0,
    FINE_QUALITY_100,
    OPEN_H264,
    QUALITY_LEVEL_0,
    QUALITY_LEVEL_9,
    SUBSAMPLING_1X,
    SUBSAMPLING_2X,
    SUBSAMPLING_4X,
    SUBSAMPLING_8X,
    SUBSAMPLING_16X,
    SUBSAMPLING_GRAY,
    TIGHT_PNG,
)

__all__ = [
    "FULL_COLOR",
    "GRAY",
    "HALF_COLOR",
    "QUALITIES",
    "QUARTER_COLOR",
    "Level",
    "levelFor",
]

#: Values of L{Level.subsampling}: how much of the color JPEG keeps.
FULL_COLOR, QUARTER_COLOR, HALF_COLOR, GRAY = range(4)


class Level(NamedTuple):
    """
    What a viewer asks for besides an encoding.

    @ivar compression: 0 (fast) to 9 (small); -1 if it is left to the server.
    @ivar quality: JPEG quality as libjpeg counts, 1 to 100; -1 if nothing but what
        is lossless will do.
    @ivar subsampling: L{FULL_COLOR} (4:4:4), L{QUARTER_COLOR} (4:2:0), L{HALF_COLOR}
        (4:2:2) or C{GRAY}.
    @ivar gradient: Whether the viewer can be sent the gradient filter of Tight.
    @ivar film: The subsampling of what moves, until it rests; -1 if it is the same.
    """

    compression: int = -1
    quality: int = -1
    subsampling: int = FULL_COLOR
    gradient: bool = True
    film: int = -1

    def lossless(self) -> Level:
        """
        @return: The same without JPEG.
        """
        return self._replace(quality=-1, subsampling=FULL_COLOR, film=-1)


#: By quality level.  TigerVNC (C{common/rfb/TightJPEGEncoder.cxx}), TurboVNC
#: (C{rfbserver.c}) and libvncserver (C{rfbserver.c}) have the same table, and so
#: viewers show what those who choose a level are used to.
QUALITIES = (
    (15, QUARTER_COLOR),
    (29, QUARTER_COLOR),
    (41, QUARTER_COLOR),
    (42, HALF_COLOR),
    (62, HALF_COLOR),
    (77, HALF_COLOR),
    (79, FULL_COLOR),
    (86, FULL_COLOR),
    (92, FULL_COLOR),
    (100, FULL_COLOR),
)

_subsamplings = {
    SUBSAMPLING_1X: FULL_COLOR,
    SUBSAMPLING_2X: HALF_COLOR,
    SUBSAMPLING_4X: QUARTER_COLOR,
    # libjpeg-turbo's interface has nothing coarser.
    SUBSAMPLING_8X: QUARTER_COLOR,
    SUBSAMPLING_16X: QUARTER_COLOR,
    SUBSAMPLING_GRAY: GRAY,
}


def levelFor(numbers: Sequence[int]) -> Level:
    """
    Read what a viewer asks for out of its list of encodings.  Where it names two of
    a kind, the first counts.  A fine-grained quality and a subsampling
    count before what the quality level implies.  A subsampling without any quality
    means nothing.

    @param numbers: All numbers of the viewer's SetEncodings message, in its order.

    @return: What it asks for.
    """
    compression = coarse = fine = subsampling = film = -1
    for number in numbers:
        if COMPRESSION_LEVEL_0 <= number <= COMPRESSION_LEVEL_9:
            if compression < 0:
                compression = number - COMPRESSION_LEVEL_0
        elif QUALITY_LEVEL_0 <= number <= QUALITY_LEVEL_9:
            if coarse < 0:
                coarse = number - QUALITY_LEVEL_0
        elif FINE_QUALITY_0 <= number <= FINE_QUALITY_100:
            if fine < 0:
                fine = max(1, number - FINE_QUALITY_0)
        elif number in _subsamplings and subsampling < 0:
            subsampling = _subsamplings[number]
    # noVNC learned the gradient filter with version 1.5 and OpenH264 with 1.6; no
    # other viewer lists TightPNG.
    gradient = TIGHT_PNG not in numbers or OPEN_H264 in numbers
    if fine >= 0:
        quality = fine
        implied = next((s for q, s in reversed(QUALITIES) if fine >= q), QUARTER_COLOR)
    elif coarse >= 0:
        quality, implied = QUALITIES[coarse]
        if subsampling < 0 and quality < 100:
            film = QUARTER_COLOR
    else:
        return Level(compression, gradient=gradient)
    if subsampling < 0:
        subsampling = implied
    return Level(compression, quality, subsampling, gradient, film)
