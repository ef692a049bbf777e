# -*- test-case-name: tests.encodings.test_desktop -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The desktop's name, size and screens, in rectangles that have no pixels (rfbproto,
DesktopSize, LastRect, DesktopName and ExtendedDesktopSize Pseudo-encoding).

DesktopSize and LastRect have no body: all there is to say is in the rectangle.
"""

from __future__ import annotations

import struct
from collections.abc import Generator, Sequence

from txrfb.encodings.values import readU32
from txrfb.geometry import Screen

__all__ = [
    "BY_ANOTHER_VIEWER",
    "BY_SERVER",
    "BY_THIS_VIEWER",
    "FORWARDED",
    "GRANTED",
    "INVALID_LAYOUT",
    "MAX_NAME",
    "OUT_OF_RESOURCES",
    "PROHIBITED",
    "decodeDesktopName",
    "decodeExtendedDesktopSize",
    "encodeDesktopName",
    "encodeExtendedDesktopSize",
]

_SCREEN = struct.Struct(">IHHHHI")

#: How many bytes of a name are read.
MAX_NAME = 1 << 16

#: Why an ExtendedDesktopSize rectangle is sent: its x.
BY_SERVER, BY_THIS_VIEWER, BY_ANOTHER_VIEWER = range(3)

#: The answer to a viewer's request for another size: the y of the rectangle.
GRANTED, PROHIBITED, OUT_OF_RESOURCES, INVALID_LAYOUT, FORWARDED = range(5)


def encodeExtendedDesktopSize(screens: Sequence[Screen]) -> bytes:
    """
    @param screens: The screens, at most 255.

    @return: The body of an ExtendedDesktopSize rectangle.

    @raise ValueError: if there are too many, or a number does not fit.
    """
    if len(screens) > 255:
        raise ValueError(f"{len(screens)} screens: at most 255 can be sent")
    try:
        return bytes((len(screens), 0, 0, 0)) + b"".join(
            _SCREEN.pack(*screen) for screen in screens
        )
    except struct.error as problem:
        raise ValueError(f"{list(screens)}: {problem}") from None


def decodeExtendedDesktopSize() -> Generator[int, bytes, list[Screen]]:
    """
    @return: A generator that yields how many bytes it wants, and returns the
        screens.
    """
    count = (yield 4)[0]
    data = yield count * _SCREEN.size
    return [Screen(*fields) for fields in _SCREEN.iter_unpack(data)]


def encodeDesktopName(name: str) -> bytes:
    """
    @return: The body of a DesktopName rectangle.
    """
    data = name.encode("utf-8", "replace")
    return len(data).to_bytes(4, "big") + data


def decodeDesktopName() -> Generator[int, bytes, str]:
    """
    @return: A generator that yields how many bytes it wants, and returns the name;
        bytes in it that are not UTF-8 are replaced.

    @raise ValueError: if it is too long.
    """
    length = yield from readU32(MAX_NAME, "bytes of a name")
    return (yield length).decode("utf-8", "replace")
