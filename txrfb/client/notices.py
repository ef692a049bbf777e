# -*- test-case-name: tests.client.test_connection -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The rectangles of an update that are no pixels, as a viewer reads them (rfbproto,
Pseudo-encodings).
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from txrfb.client.events import (
    Announced,
    ClientEvent,
    CursorChanged,
    LedsChanged,
    MotionsWanted,
    NameChanged,
    PointerMoved,
    ScreensChanged,
    SizeChanged,
)
from txrfb.encodings import constants
from txrfb.encodings.cursor import (
    decodeCursor,
    decodeCursorWithAlpha,
    decodeVMwareCursor,
    decodeXCursor,
)
from txrfb.encodings.desktop import decodeDesktopName, decodeExtendedDesktopSize
from txrfb.error import ProtocolError
from txrfb.geometry import Rectangle
from txrfb.pixels import PixelFormat

_Reading = Generator[int, bytes, ClientEvent]


def readPseudoRectangle(
    rectangle: Rectangle, encoding: int, format: PixelFormat
) -> _Reading:
    """
    @param rectangle: Where it is said to be.

    @param encoding: Its pseudo-encoding.

    @param format: The pixel format of the connection.

    @return: A generator that yields how many bytes it wants, and returns what the
        rectangle tells.

    @raise ProtocolError: if it is not known here.

    @raise ValueError: (from the generator) if it is too large.
    """
    read = _READERS.get(encoding)
    if read is None:
        name = constants.nameOf(encoding)
        raise ProtocolError(f"a rectangle in the encoding {name}")
    return read(rectangle, encoding, format)


def _size(rectangle: Rectangle, *_: Any) -> _Reading:
    return SizeChanged(rectangle.width, rectangle.height)
    yield


def _screens(rectangle: Rectangle, *_: Any) -> _Reading:
    reason, status, width, height = rectangle
    screens = yield from decodeExtendedDesktopSize()
    return ScreensChanged(reason, status, width, height, tuple(screens))


def _name(*_: Any) -> _Reading:
    return NameChanged((yield from decodeDesktopName()))


def _cursor(rectangle: Rectangle, encoding: int, format: PixelFormat) -> _Reading:
    if encoding == constants.CURSOR:
        shape = yield from decodeCursor(rectangle, format)
    elif encoding == constants.X_CURSOR:
        shape = yield from decodeXCursor(rectangle)
    elif encoding == constants.CURSOR_WITH_ALPHA:
        shape = yield from decodeCursorWithAlpha(rectangle)
    else:
        shape = yield from decodeVMwareCursor(rectangle)
    return CursorChanged(shape)


def _pointer(rectangle: Rectangle, *_: Any) -> _Reading:
    return PointerMoved(rectangle.x, rectangle.y)
    yield


def _leds(rectangle: Rectangle, encoding: int, *_: Any) -> _Reading:
    size = 1 if encoding == constants.QEMU_LED_STATE else 4
    return LedsChanged(int.from_bytes((yield size), "big") & 7)


def _motions(rectangle: Rectangle, *_: Any) -> _Reading:
    return MotionsWanted(rectangle.x == 0)
    yield


def _announced(rectangle: Rectangle, encoding: int, *_: Any) -> _Reading:
    return Announced(encoding)
    yield


_READERS: dict[int, Callable[[Rectangle, int, PixelFormat], _Reading]] = {
    constants.DESKTOP_SIZE: _size,
    constants.EXTENDED_DESKTOP_SIZE: _screens,
    constants.DESKTOP_NAME: _name,
    constants.CURSOR: _cursor,
    constants.X_CURSOR: _cursor,
    constants.CURSOR_WITH_ALPHA: _cursor,
    constants.VMWARE_CURSOR: _cursor,
    constants.POINTER_POSITION: _pointer,
    constants.VMWARE_CURSOR_POSITION: _pointer,
    constants.QEMU_LED_STATE: _leds,
    constants.VMWARE_LED_STATE: _leds,
    constants.QEMU_POINTER_MOTION: _motions,
    constants.QEMU_EXTENDED_KEY: _announced,
    constants.QEMU_AUDIO: _announced,
    constants.EXTENDED_MOUSE_BUTTONS: _announced,
}

#: The pseudo-encodings that are read here.
PSEUDO_RECTANGLES = frozenset(_READERS)
