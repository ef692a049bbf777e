# -*- test-case-name: tests.encodings.test_encodings -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Ways to write pixels (RFC 6143, section 7.7; rfbproto, Encodings): one module each,
with encoder and decoder side by side.

Encoders have no connection's state in them.  Where an encoding has a zlib stream
for the whole connection, each body is a piece that refers to nothing before it; where
it can be reset, each body resets it.  So one body serves every viewer.

To add an encoding, put an object that provides L{IEncoding} into L{ENCODINGS} before
the first viewer comes.  Its encoder may derive from L{Encoder};
L{txrfb.encodings.values} and L{txrfb.encodings.deflate} have what the encodings here
share.
"""

from __future__ import annotations

from txrfb.encodings import constants
from txrfb.encodings.hextile import HEXTILE
from txrfb.encodings.jpeg import AVAILABLE, JPEG
from txrfb.encodings.level import Level
from txrfb.encodings.raw import RAW
from txrfb.encodings.rre import CORRE, RRE
from txrfb.encodings.tight import TIGHT
from txrfb.encodings.tightpng import TIGHT_PNG
from txrfb.encodings.trle import TRLE
from txrfb.encodings.values import Encoder
from txrfb.encodings.wanted import Wanted
from txrfb.encodings.zlibrect import ZLIB
from txrfb.encodings.zrle import ZRLE
from txrfb.interfaces import IEncoding

__all__ = ["ENCODINGS", "Encoder", "Level", "Wanted", "constants", "encodingFor"]

#: The encodings the server has, by their numbers.
ENCODINGS: dict[int, IEncoding] = {
    encoding.number: encoding
    for encoding in (
        RAW,
        RRE,
        CORRE,
        HEXTILE,
        TIGHT,
        TIGHT_PNG,
        ZLIB,
        TRLE,
        ZRLE,
        *((JPEG,) if AVAILABLE else ()),
    )
}


def encodingFor(number: int) -> IEncoding:
    """
    @param number: The number of an encoding.

    @return: That encoding.

    @raise ValueError: if it is not one of L{ENCODINGS}.
    """
    encoding = ENCODINGS.get(number)
    if encoding is None:
        raise ValueError(f"encoding {number} is not supported")
    return encoding
