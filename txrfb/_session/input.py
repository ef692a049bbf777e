# -*- test-case-name: tests.session.test_input -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The input of one viewer: keys and buttons, on their way to the application.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from txrfb.error import InputFlood

if TYPE_CHECKING:
    from txrfb._session.application import Application
    from txrfb.geometry import Rectangle
    from txrfb.interfaces import IViewer

#: How many keys a viewer can hold down; of one that holds more, the one it holds
#: longest is released.
_KEYS = 64

#: How many changes of buttons wait for a slow application.
_WAITING = 256

#: What stands for no motion (rfbproto, QEMU Pointer Motion Change).
_STILL = 0x7FFF


class _Event(NamedTuple):
    """
    What a pointer did.

    @ivar isMotion: Whether C{x} and C{y} are how far it moved.
    @ivar isMove: Whether no button changed.
    """

    isMotion: bool
    x: int
    y: int
    buttons: int
    isMove: bool


class ViewerInput:
    """
    Hands on what a viewer does, and remembers what it holds down, so that it can be
    released when the viewer leaves or may not press it any longer.

    An application that is slow with the pointer returns a L{Deferred} from its
    C{pointerEvent} or C{pointerMotion}; what happens until it fires is merged, but
    no change of a button is lost, and each happens where it did.

    @ivar isLeaving: Whether what comes now must be taken, however much waits.
    @ivar x: The column where the pointer is.
    @ivar y: Its row.
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
        self.isLeaving = False
        self.x = self.y = self._buttons = 0
        self._isPlaced = False
        # Whether the application takes its time, and whether it is being handed what
        # waited.
        self._isBusy = False
        self._isHanding = False
        # What waits, and the buttons before it.
        self._waiting: deque[_Event] = deque()
        self._lastButtons = 0

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
        application, viewer = self._application, self._viewer
        # One by one: if the application fails, the others can still be released.
        for keysym in list(self._keysyms):
            del self._keysyms[keysym]
            application.input.keyEvent(keysym, False, viewer)
        for keycode in list(self._keycodes):
            keysym = self._keycodes.pop(keycode)
            application.keycodes.keycodeEvent(keycode, keysym, False, viewer)

    @property
    def holdsSomething(self) -> bool:
        """
        Whether there is a key or a button that is not released.
        """
        return bool(self._keysyms or self._keycodes or self._buttons)

    def release(self) -> None:
        """
        Let go of everything.
        """
        self.releaseKeys()
        self.releaseButtons()

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
            # From nowhere to somewhere is no motion.
            dx, dy = (x - self.x, y - self.y) if self._isPlaced else (0, 0)
        self._isPlaced = True
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
        waiting = self._waiting
        isMove = buttons == self._lastButtons
        self._lastButtons = buttons
        if not self._isBusy and not waiting:
            self._deliver(_Event(isMotion, x, y, buttons, isMove))
            return
        last = waiting[-1] if waiting else None
        if isMove and last is not None and last.isMove and last.isMotion == isMotion:
            waiting.pop()
            if isMotion:
                x, y = last.x + x, last.y + y
        elif len(waiting) >= _WAITING and not self.isLeaving:
            raise InputFlood(f"{_WAITING} changes of buttons wait for the application")
        waiting.append(_Event(isMotion, x, y, buttons, isMove))

    def _deliver(self, event: _Event) -> None:
        application = self._application
        answer: Any
        if event.isMotion:
            take = application.motion.pointerMotion
        else:
            take = application.input.pointerEvent
        answer = take(event.x, event.y, event.buttons, self._viewer)
        if isinstance(answer, Deferred):
            self._isBusy = True
            answer.addCallback(self._taken).addErrback(self._notTaken)

    def _taken(self, _: object) -> None:
        self._isBusy = False
        if self._isHanding:
            return  # from the loop below
        self._isHanding = True
        try:
            while self._waiting and not self._isBusy:
                self._deliver(self._waiting.popleft())
        finally:
            self._isHanding = False

    def _notTaken(self, failure: Failure) -> None:
        # What waited is of no use to an application that failed; but what is held is
        # released.
        self._isBusy = False
        self._waiting.clear()
        self._failed(failure)
