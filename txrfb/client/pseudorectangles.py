# -*- test-case-name: tests.client.test_connection -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Parsers of pseudo-rectangles: the rectangles of an update that have no pixels of the
screen (rfbproto, Pseudo-encodings).
"""

from __future__ import annotations

from collections.abc import Callable, Generator

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

__all__ = ["readPseudoRectangle"]

_Reading = Generator[int, bytes, ClientEvent]


def readPseudoRectangle(
    rectangle: Rectangle, encoding: int, format: PixelFormat
) -> _Reading:
    """
    @param rectangle: The position and size in its header, which most
        pseudo-encodings use for something else.

    @param encoding: Its pseudo-encoding.

    @param format: The pixel format of the connection.

    @return: A generator that yields how many bytes it wants, and returns the event
        that the rectangle stands for.

    @raise ProtocolError: if the pseudo-encoding is unknown.

    @raise ValueError: (from the generator) if it is too large.
    """
    read = _READERS.get(encoding)
    if read is None:
        name = constants.nameOf(encoding)
        raise ProtocolError(f"a rectangle in the unknown encoding {name}")
    return read(rectangle, encoding, format)


def _desktopSize(rectangle: Rectangle, *_: object) -> _Reading:
    return SizeChanged(rectangle.width, rectangle.height)
    yield


def _extendedDesktopSize(rectangle: Rectangle, *_: object) -> _Reading:
    reason, status, width, height = rectangle
    screens = yield from decodeExtendedDesktopSize()
    return ScreensChanged(reason, status, width, height, tuple(screens))


def _desktopName(*_: object) -> _Reading:
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


def _pointerPosition(rectangle: Rectangle, *_: object) -> _Reading:
    return PointerMoved(rectangle.x, rectangle.y)
    yield


def _ledState(rectangle: Rectangle, encoding: int, *_: object) -> _Reading:
    size = 1 if encoding == constants.QEMU_LED_STATE else 4
    return LedsChanged(int.from_bytes((yield size), "big") & 7)


def _pointerMotion(rectangle: Rectangle, *_: object) -> _Reading:
    return MotionsWanted(rectangle.x == 0)
    yield


def _extensionAnnounced(rectangle: Rectangle, encoding: int, *_: object) -> _Reading:
    return Announced(encoding)
    yield


_READERS: dict[int, Callable[[Rectangle, int, PixelFormat], _Reading]] = {
    constants.DESKTOP_SIZE: _desktopSize,
    constants.EXTENDED_DESKTOP_SIZE: _extendedDesktopSize,
    constants.DESKTOP_NAME: _desktopName,
    constants.CURSOR: _cursor,
    constants.X_CURSOR: _cursor,
    constants.CURSOR_WITH_ALPHA: _cursor,
    constants.VMWARE_CURSOR: _cursor,
    constants.POINTER_POSITION: _pointerPosition,
    constants.VMWARE_CURSOR_POSITION: _pointerPosition,
    constants.QEMU_LED_STATE: _ledState,
    constants.VMWARE_LED_STATE: _ledState,
    constants.QEMU_POINTER_MOTION: _pointerMotion,
    constants.QEMU_EXTENDED_KEY: _extensionAnnounced,
    constants.QEMU_AUDIO: _extensionAnnounced,
    constants.EXTENDED_MOUSE_BUTTONS: _extensionAnnounced,
}
