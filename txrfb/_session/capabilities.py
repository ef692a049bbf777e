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
    RAW,
    REAL,
    TIGHT_PNG,
)
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
    @ivar pseudo: All pseudo-encodings it lists that have a name in
        L{txrfb.encodings.constants}.
    """

    encodings: tuple[int, ...]
    encoding: IEncoding
    lossless: IEncoding
    level: Level
    copyRect: bool
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
        return cls(
            tuple(numbers),
            usable[0] if usable else raw,
            next((one for one in usable if one.number != JPEG), raw),
            levelFor(numbers),
            COPY_RECT in numbers,
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

    def encodingFor(self, format: PixelFormat) -> IEncoding:
        """
        @return: How pixels of a format are encoded: JPEG and PNG hold colors, which
            a viewer with a map of few cannot show.
        """
        if not format.trueColor and self.encoding.number in (JPEG, TIGHT_PNG):
            return ENCODINGS[RAW]
        return self.encoding


#: Those of a viewer that has listed nothing yet.
NOTHING = Capabilities.fromEncodings(())
