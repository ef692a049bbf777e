# -*- test-case-name: tests.session.test_capabilities -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The capabilities of one viewer: what it reads, by its SetEncodings (RFC 6143, section
7.5.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from txrfb.encodings import ENCODINGS
from txrfb.encodings.constants import (
    COPY_RECT,
    GTK_VNC,
    JPEG,
    NAMES,
    OPEN_H264,
    RAW,
    REAL,
    TIGHT,
    TIGHT_PNG,
)
from txrfb.encodings.h264 import videoQuality
from txrfb.encodings.level import Level, levelFor
from txrfb.interfaces import IEncoding
from txrfb.pixels import PixelFormat


class Capabilities(NamedTuple):
    """
    What one viewer reads, and what was chosen of that.  It is made once for each
    SetEncodings, and handed to all that ask.

    @ivar encodings: The encodings and pseudo-encodings, as the viewer listed them.
    @ivar encoding: How its pixels are encoded.
    @ivar lossless: How its pixels are encoded if nothing may be lost: with
        L{Level.lossless}.
    @ivar level: What it asks for of compression and quality.
    @ivar copyRect: Whether it takes CopyRect.
    @ivar video: In which quality it is sent videos, see
        L{txrfb.encodings.h264.videoQuality}; 0 if it is sent none.
    @ivar pseudo: All pseudo-encodings it lists that have a name in
        L{txrfb.encodings.constants}.
    """

    encodings: tuple[int, ...]
    encoding: IEncoding
    lossless: IEncoding
    level: Level
    copyRect: bool
    video: int
    pseudo: frozenset[int]

    @classmethod
    def fromEncodings(cls, numbers: Sequence[int]) -> Capabilities:
        """
        Choose B{the first encoding in the viewer's list that the server has},
        CopyRect aside, and Raw if there is none; within that encoding, each
        rectangle is written by its content.  Viewers know best: those on the same
        machine put Raw first, those with a slow processor something simple, and
        those that measure the link send another list when they know it.  What the
        server does not have, and numbers that are not encodings of pixels, wherever
        they are, change nothing.

        @param numbers: The numbers of a SetEncodings message, in its order.
        """
        usable = [ENCODINGS[number] for number in numbers if number in ENCODINGS]
        raw = ENCODINGS[RAW]
        encoding = usable[0] if usable else raw
        level = levelFor(numbers)
        return cls(
            tuple(numbers),
            encoding,
            next((one for one in usable if one.number != JPEG), raw),
            level,
            COPY_RECT in numbers,
            videoQuality(level) if _takesVideo(numbers, encoding, level) else 0,
            frozenset(
                number for number in numbers if number in NAMES and number not in REAL
            ),
        )

    @property
    def isGtkVnc(self) -> bool:
        """
        Whether the viewer is made with gtk-vnc.
        """
        return self.pseudo >= GTK_VNC

    def videoFor(self, format: PixelFormat) -> int:
        """
        @return: In which quality it is sent videos in a format; 0 if it is sent none,
            as where there are few colors.
        """
        return self.video if format.trueColor and format.bitsPerPixel >= 16 else 0

    def encodingFor(self, format: PixelFormat) -> IEncoding:
        """
        @return: How pixels of a format are encoded: JPEG and PNG hold colors, which
            a viewer with a map of few cannot show.
        """
        if not format.trueColor and self.encoding.number in (JPEG, TIGHT_PNG):
            return ENCODINGS[RAW]
        return self.encoding


def _takesVideo(numbers: Sequence[int], encoding: IEncoding, level: Level) -> bool:
    """
    @param numbers: The numbers of a SetEncodings message.

    @param encoding: What was chosen of them.

    @param level: Likewise.

    @return: Whether the viewer is sent H.264: if it prefers that to what was chosen, or
        if that is Tight or JPEG, and may lose something.
    """
    if OPEN_H264 not in numbers:
        return False
    if encoding.number in (TIGHT, TIGHT_PNG, JPEG) and level.quality >= 0:
        return True
    before = numbers[: numbers.index(OPEN_H264)]
    return encoding.number not in before


#: Those of a viewer that has listed nothing yet.
NOTHING = Capabilities.fromEncodings(())
