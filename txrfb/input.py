# -*- test-case-name: tests.test_input -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The keys and buttons of one viewer, on their way to the application.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from txrfb.geometry import Rectangle
    from txrfb.interfaces import IViewer

#: How many keys a viewer can hold down; of one that holds more, the one it holds
#: longest is released.
_KEYS = 64


class ViewerInput:
    """
    Hands on what a viewer does, and remembers what it holds down, so that it can be
    released when the viewer leaves or may not press it any longer.
    """

    def __init__(self, receiver: Any, viewer: IViewer) -> None:
        """
        @param receiver: The L{txrfb.interfaces.IInputReceiver}; C{None} if the
            application takes no input.

        @param viewer: Whose input it is.
        """
        self._receiver = receiver
        self._viewer = viewer
        # Keys that are down, in the order in which they went down.
        self._keys: dict[int, None] = {}
        self._x = self._y = self._buttons = 0

    def key(self, keysym: int, down: bool) -> None:
        """
        A key goes down or up.
        """
        receiver = self._receiver
        if receiver is None:
            return
        keys = self._keys
        if down:
            if keysym not in keys and len(keys) >= _KEYS:
                oldest = next(iter(keys))
                del keys[oldest]
                receiver.keyEvent(oldest, False, self._viewer)
            keys[keysym] = None
        else:
            keys.pop(keysym, None)
        receiver.keyEvent(keysym, down, self._viewer)

    def pointer(self, x: int, y: int, buttons: int, bounds: Rectangle) -> None:
        """
        The pointer is somewhere, with some buttons down.

        @param bounds: The screen, which it does not leave.
        """
        if self._receiver is None:
            return
        self._x = x = min(max(x, 0), bounds.width - 1)
        self._y = y = min(max(y, 0), bounds.height - 1)
        self._buttons = buttons
        self._receiver.pointerEvent(x, y, buttons, self._viewer)

    def releaseKeys(self) -> None:
        """
        Let go of all keys.
        """
        keys, self._keys = self._keys, {}
        for keysym in keys:
            self._receiver.keyEvent(keysym, False, self._viewer)

    def releaseButtons(self) -> None:
        """
        Let go of all buttons, where the pointer is.
        """
        if self._buttons:
            self._buttons = 0
            self._receiver.pointerEvent(self._x, self._y, 0, self._viewer)
