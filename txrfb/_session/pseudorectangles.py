# -*- test-case-name: tests.session.test_pseudorectangles -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The rectangles of an update that are no pixels (rfbproto, Pseudo-encodings).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from txrfb._wire.messages import RectangleHeader
from txrfb.encodings import constants, cursor
from txrfb.encodings.desktop import encodeDesktopName
from txrfb.geometry import Rectangle
from txrfb.pixels import Cursor, PixelFormat

if TYPE_CHECKING:
    from txrfb._screen.display import Display

#: What a viewer that has drawn a cursor is sent when there is none any more.
_NO_CURSOR = Cursor(0, 0, 0, 0, b"")

#: By which pseudo-encodings a viewer can be told of something, the best first.
_WAYS = {
    "name": (constants.DESKTOP_NAME,),
    "cursor": (
        constants.CURSOR_WITH_ALPHA,
        constants.VMWARE_CURSOR,
        constants.CURSOR,
        constants.X_CURSOR,
    ),
    "pointer": (constants.POINTER_POSITION,),
    "warp": (constants.VMWARE_CURSOR_POSITION,),
    "leds": (constants.QEMU_LED_STATE, constants.VMWARE_LED_STATE),
    "motion": (constants.QEMU_POINTER_MOTION,),
}

#: What a viewer is told to be possible by an empty rectangle.
_ANNOUNCED = (
    constants.QEMU_EXTENDED_KEY,
    constants.EXTENDED_MOUSE_BUTTONS,
    constants.QEMU_AUDIO,
)

_EMPTY = Rectangle(0, 0, 0, 0)


class PseudoRectangles:
    """
    What one viewer is still to be told beside pixels.  Of each thing only the
    newest state is told, so there is never much of it.

    @ivar drawsCursor: Whether the viewer draws the cursor's shape.
    @ivar isRelative: Whether the viewer was told to send motions, not positions.
    """

    def __init__(self, display: Display, abilities: frozenset[int]) -> None:
        """
        @param display: What is shown.

        @param abilities: The pseudo-encodings of what the application can do.
        """
        self._display = display
        self._abilities = abilities
        self._pseudo: frozenset[int] = frozenset()
        self._announced: set[int] = set()
        self.isRelative = False
        self.drawsCursor = False
        # The name that the viewer knows, while it cannot be told another.
        self._name: str | None = display.desktop.name
        # What is due: announcements, and kinds of news by the way to tell them.
        self._due: dict[str | int, int] = {}

    @property
    def isDue(self) -> bool:
        """
        Whether there is something to tell.
        """
        return bool(self._due)

    def setPseudo(self, pseudo: frozenset[int]) -> None:
        """
        The viewer can be told by these pseudo-encodings.
        """
        new, self._pseudo = pseudo - self._pseudo, pseudo
        self.drawsCursor = not pseudo.isdisjoint(_WAYS["cursor"])
        self._due = {kind: way for kind, way in self._due.items() if way in pseudo}
        for number in _ANNOUNCED:
            if number in new & self._abilities and number not in self._announced:
                self._announced.add(number)
                self._due[number] = number
        display = self._display
        if constants.DESKTOP_NAME in pseudo:
            if self._name not in (None, display.desktop.name):
                self.note("name")
            self._name = None
        if display.desktop.cursor is not None and not new.isdisjoint(_WAYS["cursor"]):
            self.note("cursor")
        if not (new & self._abilities).isdisjoint(_WAYS["leds"]):
            self.note("leds")
        if not (new & self._abilities).isdisjoint(_WAYS["motion"]):
            self.note("motion")

    def note(self, kind: str) -> None:
        """
        Something is another now.

        @param kind: C{"name"}, C{"cursor"}, C{"pointer"} (somebody moved it),
            C{"warp"} (the application did), C{"leds"} or C{"motion"}.
        """
        for way in _WAYS[kind]:
            if way in self._pseudo:
                self._due[kind] = way
                return

    def rectangles(self, format: PixelFormat) -> list[bytes]:
        """
        @param format: The viewer's pixel format.

        @return: What is due, which then is due no more.
        """
        if not self._due:
            return []
        due, self._due = self._due, {}
        rectangles = []
        for kind, way in due.items():
            where, body = self._tell(kind, way, format)
            rectangles.append(RectangleHeader(where, way).toBytes() + body)
        return rectangles

    def _tell(
        self, kind: str | int, way: int, format: PixelFormat
    ) -> tuple[Rectangle, bytes]:
        display = self._display
        if kind == "name":
            return _EMPTY, encodeDesktopName(display.desktop.name)
        if kind == "cursor":
            shape = display.desktop.cursor or _NO_CURSOR
            where = cursor.cursorRectangle(shape)
            if way == constants.CURSOR_WITH_ALPHA:
                return where, cursor.encodeCursorWithAlpha(shape)
            if way == constants.VMWARE_CURSOR:
                return where, cursor.encodeVMwareCursor(shape)
            if way == constants.X_CURSOR:
                return where, cursor.encodeXCursor(shape)
            return where, cursor.encodeCursor(shape, format)
        if kind in ("pointer", "warp"):
            return Rectangle(*display.desktop.pointer, 0, 0), b""
        if kind == "leds":
            leds = display.desktop.leds
            if way == constants.QEMU_LED_STATE:
                return _EMPTY, bytes((leds & 7,))
            return _EMPTY, (leds & 7).to_bytes(4, "big")
        if kind == "motion":
            self.isRelative = display.desktop.wantsMotion
            return Rectangle(int(not self.isRelative), 0, *display.bounds[2:]), b""
        return _EMPTY, b""
