# -*- test-case-name: tests.session.test_input -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The input of one viewer: keys and buttons, on their way to the application.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from twisted.internet.defer import Deferred, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure

from txrfb._callbacks import DEADLINE, hear, methodOf
from txrfb._session.heldkeys import HeldKeys, Typed
from txrfb.error import InputFlood

if TYPE_CHECKING:
    from twisted.internet.interfaces import IReactorTime

    from txrfb._session.application import Application
    from txrfb.geometry import Rectangle
    from txrfb.interfaces import IViewer

#: How many changes of buttons and keys wait for a slow application, besides what
#: releases others.
_WAITING = 256

#: What stands for no motion (rfbproto, QEMU Pointer Motion Change).
_STILL = 0x7FFF


class _Pointed(NamedTuple):
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


_Event: TypeAlias = _Pointed | Typed


class ViewerInput:
    """
    Hands on what a viewer does, and remembers what it holds down, so that it can be
    released when the viewer leaves or may not press it any longer.

    An application that is slow returns a C{Deferred} or is a coroutine; what happens
    until it has answered waits, in order.  Moves are merged, but no change of a
    button or key is lost, and each happens where it did.

    What is wrong with the application is told to C{failed}, never raised: releasing
    may be an effect of what the application itself does with another viewer.

    @ivar isLeaving: Whether the viewer's session has ended.
    @ivar x: The column where the pointer is.
    @ivar y: Its row.
    """

    _log = Logger()

    def __init__(
        self,
        application: Application,
        viewer: IViewer,
        clock: IReactorTime,
        failed: Callable[[Failure], None],
    ) -> None:
        """
        @param application: Who takes it.

        @param viewer: Whose input it is.

        @param clock: What time is taken from.

        @param failed: Called if the application fails.
        """
        self._application = application
        self._viewer = viewer
        self._clock = clock
        self._failed = failed
        self._keys = HeldKeys()
        self.isLeaving = False
        self.x = self.y = self._buttons = 0
        self._isPlaced = False
        # Whether the application takes its time, and whether it is being handed what
        # waited; whether it failed, so that it is not waited for any more.
        self._isBusy = False
        self._isHanding = False
        self._isBroken = False
        # What waits, the buttons before it, and the buttons as the application knows
        # them.
        self._waiting: deque[_Event] = deque()
        self._lastButtons = 0
        self._knownButtons = 0
        # Who waits until nothing waits.
        self._untaken: list[Deferred[None]] = []

    def whenTaken(self) -> Deferred[None]:
        """
        @return: Fires when the application has taken all that has happened, or has
            failed to, or the viewer has left.
        """
        if not (self._isBusy or self._waiting):
            return succeed(None)
        taken: Deferred[None] = Deferred()
        self._untaken.append(taken)
        return taken

    def tellTaken(self) -> None:
        """
        Nobody need wait for the application any more.
        """
        untaken, self._untaken = self._untaken, []
        for taken in untaken:
            taken.callback(None)

    @property
    def place(self) -> tuple[int, int] | None:
        """
        Where the pointer is: column and row; C{None} if that was never said.
        """
        return (self.x, self.y) if self._isPlaced else None

    # -- Keys ------------------------------------------------------------------------

    def key(self, keysym: int, down: bool) -> None:
        """
        A key goes down or up.

        @raise InputFlood: if too much waits for the application.
        """
        if self._application.input is not None:
            if self._waiting:
                self._checkFlood(not down)
            for event in self._keys.key(keysym, down):
                self._hand(event)

    def keycode(self, keycode: int, keysym: int, down: bool) -> None:
        """
        A key of which it is known where it is goes down or up.

        @raise InputFlood: if too much waits for the application.
        """
        if self._application.keycodes is None or (keysym and not keycode):
            self.key(keysym, down)
            return
        self._checkFlood(not down)
        for event in self._keys.keycode(keycode, keysym, down):
            self._hand(event)

    def releaseKeys(self) -> None:
        """
        Let go of all keys.
        """
        # Each may have effects, even that more are released.
        while (event := self._keys.release()) is not None:
            self._hand(event)

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
        wantsMotion = self._wantsMotion()
        dx, dy = x - _STILL, y - _STILL
        if isMotion:
            x, y = self.x + dx, self.y + dy
        x = min(max(x, 0), bounds.width - 1)
        y = min(max(y, 0), bounds.height - 1)
        if not isMotion:
            # From nowhere to somewhere is no motion.
            dx, dy = (x - self.x, y - self.y) if self._isPlaced else (0, 0)
        isMove = buttons == self._lastButtons
        self._checkFlood(isMove or not buttons)
        self._isPlaced = True
        self.x, self.y, self._buttons = x, y, buttons
        if wantsMotion:
            self._handPointer(True, dx, dy, buttons)
        elif application.input is not None:
            self._handPointer(False, x, y, buttons)

    def _wantsMotion(self) -> bool:
        motion = self._application.motion
        if motion is None:
            return False
        try:
            return bool(motion.wantsMotion)
        except BaseException:  # as for callbacks: see L{txrfb._callbacks.ask}
            self._log.failure("the application does not say whether it wants motions")
            return self._application.input is None

    def releaseButtons(self) -> None:
        """
        Let go of all buttons, where the pointer is.
        """
        if not self._buttons:
            return
        self._buttons = 0
        if self._wantsMotion():
            self._handPointer(True, 0, 0, 0)
        elif self._application.input is not None:
            self._handPointer(False, self.x, self.y, 0)

    # -- The application -------------------------------------------------------------

    def _checkFlood(self, isHarmless: bool) -> None:
        """
        @param isHarmless: Whether what is to come is merged with what waits, or
            releases something that is held: of that there is not much.

        @raise InputFlood: if it is not, and there is no room for it.
        """
        if len(self._waiting) >= _WAITING and not isHarmless:
            raise InputFlood(
                f"{_WAITING} changes of buttons and keys wait for the application"
            )

    def _handPointer(self, isMotion: bool, x: int, y: int, buttons: int) -> None:
        waiting = self._waiting
        isMove = buttons == self._lastButtons
        self._lastButtons = buttons
        last = waiting[-1] if waiting else None
        if (
            isMove
            and isinstance(last, _Pointed)
            and last.isMove
            and last.isMotion == isMotion
        ):
            waiting.pop()
            if isMotion:
                x, y = last.x + x, last.y + y
        self._hand(_Pointed(isMotion, x, y, buttons, isMove))

    def _hand(self, event: _Event) -> None:
        if self._isBusy or self._waiting:
            self._waiting.append(event)
        else:
            self._deliver(event)

    def _deliver(self, event: _Event) -> None:
        application = self._application
        call: Callable[..., object]
        arguments: tuple[object, ...]
        if isinstance(event, Typed):
            if event.keycode is None:
                call = methodOf(application.input, "keyEvent")
                arguments = event[1:]
            else:
                call, arguments = application.keycodes.keycodeEvent, event
        else:
            self._knownButtons = event.buttons
            arguments = event[1:4]
            if event.isMotion:
                call = methodOf(application.motion, "pointerMotion")
            else:
                call = methodOf(application.input, "pointerEvent")
        self._isBusy = not self._isBroken
        hear(
            self._clock,
            DEADLINE,
            self._taken,
            self._notTaken,
            call,
            *arguments,
            self._viewer,
        )

    def _taken(self, _: object) -> None:
        if self._isBroken:
            return
        self._isBusy = False
        if self._isHanding or not (self._waiting or self._untaken):
            return  # from the loop below, or most often there is nothing
        self._isHanding = True
        try:
            while self._waiting and not self._isBusy:
                self._deliver(self._waiting.popleft())
        finally:
            self._isHanding = False
        if self._untaken and not (self._waiting or self._isBusy):
            self.tellTaken()

    def _notTaken(self, failure: Failure) -> None:
        # What waited is of no use to an application that failed; but of what it knows
        # to be held all is released, and it is not waited for any more.
        if not self._isBroken:
            self._isBroken = True
            self._isBusy = False
            waiting, self._waiting = self._waiting, deque()
            for event in waiting:
                if isinstance(event, Typed) and not event.down:
                    self._keys.keep(event)
            self._lastButtons = self._knownButtons
            self._buttons = self._buttons or self._knownButtons
        self._failed(failure)
        if self.isLeaving:
            self.release()
        self.tellTaken()
