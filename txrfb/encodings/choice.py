# -*- test-case-name: tests.encodings.test_choice -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Which encoding a viewer gets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from txrfb.encodings import ENCODINGS
from txrfb.encodings.constants import COPY_RECT, JPEG, NAMES, RAW, REAL, TIGHT_PNG
from txrfb.encodings.level import Level, levelFor
from txrfb.interfaces import IEncoding
from txrfb.pixels import PixelFormat


class Choice(NamedTuple):
    """
    What one viewer is to be sent.

    @ivar encoding: How its pixels are encoded.
    @ivar copyRect: Whether it takes CopyRect.
    @ivar level: What it asks for of compression and quality.
    @ivar pseudo: All pseudo-encodings it lists that have a name in
        L{txrfb.encodings.constants}.
    @ivar lossless: How its pixels are encoded if nothing may be lost: with
        L{Level.lossless}.
    """

    encoding: IEncoding
    copyRect: bool
    level: Level
    pseudo: frozenset[int]
    lossless: IEncoding

    def encodingFor(self, format: PixelFormat) -> IEncoding:
        """
        @return: How pixels of a format are encoded: JPEG and PNG hold colors, which
            a viewer with a map of few cannot show.
        """
        if not format.trueColor and self.encoding.number in (JPEG, TIGHT_PNG):
            return ENCODINGS[RAW]
        return self.encoding


def choose(numbers: Sequence[int]) -> Choice:
    """
    The rule: B{the first encoding in the viewer's list that the server has},
    CopyRect aside, and Raw if there is none; within that encoding, each rectangle is
    written by its content.  Viewers know best: those on the same machine put Raw
    first, those with a slow processor something simple, and those that measure the
    link send another list when they know it.  What the server does not have, and
    numbers that are not encodings of pixels, wherever they are, change nothing.

    @param numbers: The numbers of a SetEncodings message, in its order.

    @return: What the viewer gets.
    """
    usable = [ENCODINGS[number] for number in numbers if number in ENCODINGS]
    raw = ENCODINGS[RAW]
    encoding = usable[0] if usable else raw
    lossless = next((one for one in usable if one.number != JPEG), raw)
    return Choice(
        encoding,
        COPY_RECT in numbers,
        levelFor(numbers),
        frozenset(
            number for number in numbers if number in NAMES and number not in REAL
        ),
        lossless,
    )
