# -*- test-case-name: tests.record.test_recorder -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Who was there while a recording was made, and who did what.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from txrfb._wire.messages import PointerEvent
from txrfb._wire.messages.extensions import ExtendedKeyEvent

if TYPE_CHECKING:
    from txrfb._session.server import RFBServer
    from txrfb.protocol import RFBFactory

__all__ = ["Witness"]

#: How much is kept of what viewers are called.
_NAME = 200


class Witness:
    """
    Looks at the viewers of a screen, and says what is new.
    """

    def __init__(
        self,
        factory: RFBFactory,
        line: Callable[[str, dict[str, Any]], None],
        said: Callable[[], None],
    ) -> None:
        """
        @param factory: What serves the screen.

        @param line: Called with what happened, in a word, and with more about it.

        @param said: Called after that, for all that happened at once.
        """
        self._factory = factory
        self._line = line
        self._said = said
        self._viewers: dict[int, dict[str, Any]] = {}
        # The buttons that viewers hold down, by their numbers.
        self._buttons: dict[int, int] = {}

    def begin(self, input: bool) -> None:
        """
        Say who is there, and from now on what is new.

        @param input: Whether that has keys and buttons, too.
        """
        self.stop()
        self._factory.watchers.append(self._changed)
        if input:
            self._factory.inputWatchers.append(self._pressed)
        self._viewers = {}
        self._look()

    def stop(self) -> None:
        """
        Say nothing more.
        """
        if self._changed in self._factory.watchers:
            self._factory.watchers.remove(self._changed)
        if self._pressed in self._factory.inputWatchers:
            self._factory.inputWatchers.remove(self._pressed)

    def _changed(self) -> None:
        """
        Viewers may have come or left, or what they may do may have changed.
        """
        self._look()
        self._said()

    def _look(self) -> None:
        before, self._viewers = self._viewers, {}
        factory = self._factory
        for viewer in factory.viewers:
            number = viewer.number
            self._viewers[number] = what = {
                "viewer": number,
                "user": viewer.transcript.user[:_NAME],
                "address": viewer.peer[:_NAME],
                "rights": str(viewer.rights)[:_NAME],
                "drives": not viewer.viewOnly and factory.mayDrive(viewer),
            }
            if number not in before:
                self._line("came", what)
            elif before[number] != what:
                self._line("changed", what)
        for number, what in before.items():
            if number not in self._viewers:
                self._buttons.pop(number, None)
                self._line("left", what)

    def _pressed(self, viewer: RFBServer, message: Any) -> None:
        """
        A viewer has pressed, released or moved something.
        """
        number = viewer.number
        if isinstance(message, PointerEvent):
            x, y, buttons = message.x, message.y, message.buttons
            if buttons == self._buttons.get(number, 0):
                return  # where it went is in the picture
            self._buttons[number] = buttons
            what = {"viewer": number, "x": x, "y": y, "buttons": buttons}
            self._line("buttons", what)
        else:
            keysym, down = message.keysym, bool(message.down)
            what = {"viewer": number, "keysym": keysym, "down": down}
            if isinstance(message, ExtendedKeyEvent):
                what["keycode"] = message.keycode
            self._line("key", what)
        self._said()
