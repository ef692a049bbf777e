# -*- test-case-name: tests.test_input -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The keys and buttons of one viewer, on their way to the application.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

if TYPE_CHECKING:
    from txrfb.application import Application
    from txrfb.geometry import Rectangle
    from txrfb.interfaces import IViewer

#: How many keys a viewer can hold down; of one that holds more, the one it holds
#: longest is released.
_KEYS = 64

#: How many changes of buttons wait for a slow application.
_WAITING = 256

#: What stands for no motion (rfbproto, QEMU Pointer Motion Change).
_STILL = 0x7FFF


class InputFlood(Exception):
    """
    A viewer presses buttons faster than the application can take them.
    """


class ViewerInput:
    """
    Hands on what a viewer does, and remembers what it holds down, so that it can be
    released when the viewer leaves or may not press it any longer.

    An application that is slow with the pointer returns a L{Deferred} from its
    C{pointerEvent} or C{pointerMotion}; what happens until it fires is merged, but
    no change of a button is lost.
    """

    def __init__(
        self,
        application: Application,
        viewer: IViewer,
        failed: Callable[[Failure], None],
    ) -> None:
        """
        @param application: Who takes it.

        @param viewer: Whose input it is.

        @param failed: Called if the application fails after having taken its time.
        """
        self._application = application
        self._viewer = viewer
        self._failed = failed
        # Keys that are down, in the order in which they went down: symbols, and
        # codes with their symbols.
        self._keysyms: dict[int, None] = {}
        self._keycodes: dict[int, int] = {}
        self.x = self.y = self._buttons = 0
        self._isBusy = False
        # What waits: whether it is a motion, x, y, buttons.
        self._waiting: deque[tuple[bool, int, int, int]] = deque()

    # -- Keys ------------------------------------------------------------------------

    def key(self, keysym: int, down: bool) -> None:
        """
        A key goes down or up.
        """
        receiver = self._application.input
        if receiver is None:
            return
        keys = self._keysyms
        if down:
            if keysym not in keys and len(keys) >= _KEYS:
                oldest = next(iter(keys))
                del keys[oldest]
                receiver.keyEvent(oldest, False, self._viewer)
            keys[keysym] = None
        else:
            keys.pop(keysym, None)
        receiver.keyEvent(keysym, down, self._viewer)

    def keycode(self, keycode: int, keysym: int, down: bool) -> None:
        """
        A key of which it is known where it is goes down or up.
        """
        receiver = self._application.keycodes
        if receiver is None:
            self.key(keysym, down)
            return
        keys = self._keycodes
        if down:
            if keycode not in keys and len(keys) >= _KEYS:
                oldest = next(iter(keys))
                receiver.keycodeEvent(oldest, keys.pop(oldest), False, self._viewer)
            keys[keycode] = keysym
        else:
            keys.pop(keycode, None)
        receiver.keycodeEvent(keycode, keysym, down, self._viewer)

    def releaseKeys(self) -> None:
        """
        Let go of all keys.
        """
        keysyms, self._keysyms = self._keysyms, {}
        keycodes, self._keycodes = self._keycodes, {}
        application, viewer = self._application, self._viewer
        for keysym in keysyms:
            application.input.keyEvent(keysym, False, viewer)
        for keycode, keysym in keycodes.items():
            application.keycodes.keycodeEvent(keycode, keysym, False, viewer)

    # -- The pointer -----------------------------------------------------------------

    def pointer(
        self, x: int, y: int, buttons: int, bounds: Rectangle, isMotion: bool
    ) -> None:
        """
        The pointer is somewhere, with some buttons down.

        @param bounds: The screen, which it does not leave.

        @param isMotion: Whether the viewer sends how far it moved, and not where it
            is.

        @raise InputFlood: if too much waits for the application.
        """
        application = self._application
        wantsMotion = application.motion is not None and application.motion.wantsMotion
        dx, dy = x - _STILL, y - _STILL
        if isMotion:
            x, y = self.x + dx, self.y + dy
        x = min(max(x, 0), bounds.width - 1)
        y = min(max(y, 0), bounds.height - 1)
        if not isMotion:
            dx, dy = x - self.x, y - self.y
        self.x, self.y, self._buttons = x, y, buttons
        if wantsMotion:
            self._hand(True, dx, dy, buttons)
        elif application.input is not None:
            self._hand(False, x, y, buttons)

    def releaseButtons(self) -> None:
        """
        Let go of all buttons, where the pointer is.
        """
        if self._buttons:
            self._buttons = 0
            motion = self._application.motion
            if motion is not None and motion.wantsMotion:
                self._hand(True, 0, 0, 0)
            elif self._application.input is not None:
                self._hand(False, self.x, self.y, 0)

    def _hand(self, isMotion: bool, x: int, y: int, buttons: int) -> None:
        if not self._isBusy:
            self._deliver(isMotion, x, y, buttons)
            return
        waiting = self._waiting
        if waiting and waiting[-1][0] == isMotion and waiting[-1][3] == buttons:
            _, oldX, oldY, _ = waiting.pop()
            if isMotion:
                x, y = oldX + x, oldY + y
        elif len(waiting) >= _WAITING:
            raise InputFlood(f"{_WAITING} changes of buttons wait for the application")
        waiting.append((isMotion, x, y, buttons))

    def _deliver(self, isMotion: bool, x: int, y: int, buttons: int) -> None:
        application = self._application
        answer: Any
        if isMotion:
            answer = application.motion.pointerMotion(x, y, buttons, self._viewer)
        else:
            answer = application.input.pointerEvent(x, y, buttons, self._viewer)
        if isinstance(answer, Deferred) and not answer.called:
            self._isBusy = True
            answer.addCallback(self._taken).addErrback(self._failed)

    def _taken(self, _: object) -> None:
        self._isBusy = False
        while self._waiting and not self._isBusy:
            self._deliver(*self._waiting.popleft())
