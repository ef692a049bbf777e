# -*- test-case-name: tests.client.test_client -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Keyboard, pointer and clipboard of a viewer's user, as messages.
"""

from __future__ import annotations

from txrfb import keysyms
from txrfb._wire.messages import ClientCutText, ClientMessage, KeyEvent, PointerEvent
from txrfb._wire.messages.extensions import ExtensionMessage

__all__ = ["ClientInput", "Message"]

#: What a viewer may send.
Message = ClientMessage | ExtensionMessage


class ClientInput:
    """
    Turns what users do into messages.
    """

    #: The buttons that can be sent; more than eight if the server supports more.
    buttonMask = 0xFF

    _pointer = (0, 0, 0)

    def send(self, message: Message) -> None:
        """
        Send a message to the server.
        """
        raise NotImplementedError(f"{type(self).__name__} does not send")

    def keyEvent(self, keysym: int, down: bool) -> None:
        """
        A key goes down or comes up.

        @param keysym: See L{txrfb.keysyms}.
        """
        self.send(KeyEvent(down, keysym))

    def keyPress(self, *keys: str) -> None:
        """
        Press keys, one after the other, and let them go again in reverse order:
        C{keyPress("Control_L", "c")}.

        @param keys: Characters, and names of X11 for other keys.

        @raise ValueError: if there is no such key.
        """
        pressed = [
            keysyms.fromUnicode(key) if len(key) == 1 else keysyms.byName(key)
            for key in keys
        ]
        for keysym in pressed:
            self.keyEvent(keysym, True)
        for keysym in reversed(pressed):
            self.keyEvent(keysym, False)

    def type(self, text: str) -> None:
        """
        Press the keys that make a text, one after the other.

        @param text: Characters; C{"\\n"} is the Return key.

        @raise ValueError: if one of them cannot be typed; then none is.
        """
        pressed = [keysyms.fromUnicode(character) for character in text]
        for keysym in pressed:
            self.keyEvent(keysym, True)
            self.keyEvent(keysym, False)

    def pointerEvent(self, x: int, y: int, buttons: int = 0) -> None:
        """
        The pointer is somewhere, with some buttons down.

        @param buttons: Bit 0 for the left, 1 for the middle, 2 for the right
            button; 3 to 6 for the wheel up, down, left and right; 7 for back, 8 for
            forward.

        @raise ValueError: if position or buttons are out of range.
        """
        if not (
            0 <= x <= 65535 and 0 <= y <= 65535 and 0 <= buttons <= self.buttonMask
        ):
            raise ValueError(f"pointer out of range: {x}, {y}, buttons {buttons:#x}")
        self._pointer = (x, y, buttons)
        isExtended = self.buttonMask > 0xFF and buttons > 0x7F
        self.send(PointerEvent(buttons, x, y, isExtended))

    def move(self, x: int, y: int) -> None:
        """
        Move the pointer; buttons stay as they are.
        """
        self.pointerEvent(x, y, self._pointer[2])

    def buttonDown(self, button: int = 1) -> None:
        """
        Hold a button down, where the pointer is.

        @param button: 1 is the left, 2 the middle, 3 the right one; 4 to 7 are the
            wheel up, down, left and right.
        """
        x, y, buttons = self._pointer
        self.pointerEvent(x, y, buttons | 1 << button - 1)

    def buttonUp(self, button: int = 1) -> None:
        """
        Let a button go, where the pointer is.
        """
        x, y, buttons = self._pointer
        self.pointerEvent(x, y, buttons & ~(1 << button - 1))

    def click(self, x: int, y: int, button: int = 1) -> None:
        """
        Move the pointer, press a button and let it go.
        """
        self.move(x, y)
        self.buttonDown(button)
        self.buttonUp(button)

    def scroll(self, steps: int) -> None:
        """
        Turn the wheel, where the pointer is.

        @param steps: How far: down, or up if it is negative.
        """
        for _ in range(abs(steps)):
            self.buttonDown(5 if steps > 0 else 4)
            self.buttonUp(5 if steps > 0 else 4)

    def cutText(self, text: str) -> None:
        """
        Give the server clipboard text; what Latin-1 does not have becomes a
        question mark.
        """
        self.send(ClientCutText(text.encode("latin-1", "replace")))
