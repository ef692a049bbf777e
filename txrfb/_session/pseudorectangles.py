# -*- test-case-name: tests.session.test_pseudorectangles -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The rectangles of an update that are no pixels (rfbproto, Pseudo-encodings).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from txrfb._screen.followers import Change
from txrfb._session.capabilities import NOTHING, Capabilities
from txrfb._wire.messages import RectangleHeader
from txrfb.encodings import constants, cursor
from txrfb.encodings.desktop import encodeDesktopName
from txrfb.geometry import Rectangle
from txrfb.pixels import Cursor, PixelFormat

if TYPE_CHECKING:
    from txrfb._screen.display import Display

#: What a viewer that has drawn a cursor is sent when there is none any more.
_NO_CURSOR = Cursor(0, 0, 0, 0, b"")

_EMPTY = Rectangle(0, 0, 0, 0)

#: By which pseudo-encodings a viewer can be told of a change, the preferred first.
_WAYS = {
    Change.NAME: (constants.DESKTOP_NAME,),
    Change.CURSOR: (
        constants.CURSOR_WITH_ALPHA,
        constants.VMWARE_CURSOR,
        constants.CURSOR,
        constants.X_CURSOR,
    ),
    Change.POINTER: (constants.POINTER_POSITION,),
    Change.WARP: (constants.VMWARE_CURSOR_POSITION,),
    Change.LEDS: (constants.QEMU_LED_STATE, constants.VMWARE_LED_STATE),
    Change.MOTION: (constants.QEMU_POINTER_MOTION,),
}

#: What a viewer is told to be possible by an empty rectangle.
_ANNOUNCED = (
    constants.QEMU_EXTENDED_KEY,
    constants.EXTENDED_MOUSE_BUTTONS,
    constants.QEMU_AUDIO,
)


class PseudoRectangles:
    """
    What one viewer is still to be told besides pixels.  Of each thing only the
    newest state is told, so there is never much of it.

    @ivar drawsCursor: Whether the viewer draws the cursor's shape.
    @ivar isRelative: Whether the viewer was told to send motions, not positions.
    @ivar hidesCursor: Whether it is told of an empty shape, as the cursor is drawn into
        the picture.
    @ivar isDue: Whether there is something to tell.
    """

    def __init__(self, display: Display) -> None:
        """
        @param display: What is shown.
        """
        self.isRelative = False
        self.drawsCursor = False
        self.hidesCursor = False
        self.isDue = False
        self._display = display
        self._announceable: frozenset[int] = frozenset()
        self._capabilities = NOTHING
        self._announced: set[int] = set()
        # The name that the viewer knows, while it cannot be told another.
        self._name: str | None = None
        # What is due: changes, and announcements, by the way to tell them.
        self._due: dict[Change | int, int] = {}

    def start(self, announceable: frozenset[int] = frozenset()) -> None:
        """
        The viewer is told the name of the desktop (RFC 6143, section 7.3.2).

        @param announceable: The pseudo-encodings of what the application can do.
        """
        self._announceable = announceable
        self._name = self._display.desktop.name

    def use(self, capabilities: Capabilities) -> None:
        """
        The viewer has said which pseudo-encodings it reads.
        """
        pseudo = capabilities.pseudo
        new = pseudo - self._capabilities.pseudo
        self._capabilities = capabilities
        self.drawsCursor = not pseudo.isdisjoint(_WAYS[Change.CURSOR])
        self._due = {what: way for what, way in self._due.items() if way in pseudo}
        for number in _ANNOUNCED:
            if number in new & self._announceable and number not in self._announced:
                self._announced.add(number)
                self._due[number] = number
        self.isDue = bool(self._due)
        desktop = self._display.desktop
        if constants.DESKTOP_NAME in pseudo:
            if self._name not in (None, desktop.name):
                self.note(Change.NAME)
            self._name = None
        if desktop.cursor is not None and not new.isdisjoint(_WAYS[Change.CURSOR]):
            self.note(Change.CURSOR)
        # It begins at 0, 0, as everybody knows.
        isElsewhere = desktop.pointer != (0, 0)
        for what, isNews in (
            (Change.POINTER, isElsewhere),
            (Change.WARP, isElsewhere and desktop.isWarped),
        ):
            if isNews and not new.isdisjoint(_WAYS[what]):
                self.note(what)
        for what in (Change.LEDS, Change.MOTION):
            if not (new & self._announceable).isdisjoint(_WAYS[what]):
                self.note(what)

    def takes(self, number: int) -> bool:
        """
        @return: Whether the viewer reads a pseudo-encoding.
        """
        return number in self._capabilities.pseudo

    def note(self, what: Change) -> bool:
        """
        Something has changed.

        @return: Whether the viewer can be told.
        """
        for way in _WAYS[what]:
            if way in self._capabilities.pseudo:
                self._due[what] = way
                self.isDue = True
                return True
        return False

    def rectangles(self, format: PixelFormat) -> list[bytes]:
        """
        @param format: The viewer's pixel format.

        @return: What is due, which then is due no more.
        """
        if not self.isDue:
            return []
        due, self._due = self._due, {}
        self.isDue = False
        rectangles = []
        for what, way in due.items():
            if what is Change.CURSOR:
                shape = None if self.hidesCursor else self._display.desktop.cursor
                where, body = _shaped(shape or _NO_CURSOR, way, format)
            else:
                where, body = _TELLERS[way](self._display, format)
            rectangles.append(RectangleHeader(where, way).toBytes() + body)
            if what is Change.MOTION:
                self.isRelative = self._display.desktop.wantsMotion
        return rectangles


# -- What each pseudo-encoding tells: the mirror of the viewer's --------------------

_Told = tuple[Rectangle, bytes]


def _name(display: Display, format: PixelFormat) -> _Told:
    return _EMPTY, encodeDesktopName(display.desktop.name)


def _shaped(shape: Cursor, way: int, format: PixelFormat) -> _Told:
    where = cursor.cursorRectangle(shape)
    if way == constants.CURSOR:
        return where, cursor.encodeCursor(shape, format)
    return where, _SHAPES[way](shape)


def _pointer(display: Display, format: PixelFormat) -> _Told:
    return Rectangle(*display.pointer, 0, 0), b""


def _qemuLeds(display: Display, format: PixelFormat) -> _Told:
    return _EMPTY, bytes((display.desktop.leds & 7,))


def _vmwareLeds(display: Display, format: PixelFormat) -> _Told:
    return _EMPTY, (display.desktop.leds & 7).to_bytes(4, "big")


def _motion(display: Display, format: PixelFormat) -> _Told:
    isAbsolute = not display.desktop.wantsMotion
    return Rectangle(int(isAbsolute), 0, display.width, display.height), b""


def _announcement(display: Display, format: PixelFormat) -> _Told:
    return _EMPTY, b""


_SHAPES: dict[int, Callable[[Cursor], bytes]] = {
    constants.X_CURSOR: cursor.encodeXCursor,
    constants.CURSOR_WITH_ALPHA: cursor.encodeCursorWithAlpha,
    constants.VMWARE_CURSOR: cursor.encodeVMwareCursor,
}

_TELLERS: dict[int, Callable[[Display, PixelFormat], _Told]] = {
    constants.DESKTOP_NAME: _name,
    constants.POINTER_POSITION: _pointer,
    constants.VMWARE_CURSOR_POSITION: _pointer,
    constants.QEMU_LED_STATE: _qemuLeds,
    constants.VMWARE_LED_STATE: _vmwareLeds,
    constants.QEMU_POINTER_MOTION: _motion,
    **dict.fromkeys(_ANNOUNCED, _announcement),
}
