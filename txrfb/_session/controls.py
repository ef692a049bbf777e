# -*- test-case-name: tests.test_protocol -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The controls of one viewer: its keys and its pointer, as far as it has the right to use
them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from txrfb._session.contracts import ISession
from txrfb._wire.messages import KeyEvent, PointerEvent
from txrfb._wire.messages.extensions import ExtendedKeyEvent

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

    from txrfb._session.input import ViewerInput
    from txrfb._session.timeouts import Timeouts
    from txrfb._session.updates import UpdateProducer


class Controls:
    """
    Hands on what a viewer presses and moves, if it may.
    """

    def __init__(
        self,
        session: ISession,
        producer: UpdateProducer,
        timeouts: Timeouts,
        input: ViewerInput,
    ) -> None:
        """
        @param session: Whose controls they are.

        @param producer: What has updates for the viewer.

        @param timeouts: The timeouts of the viewer, which is not idle.

        @param input: Hands on to the application.
        """
        self._session = session
        self._producer = producer
        self._timeouts = timeouts
        self._input = input

    def received(self, message: Any) -> None:
        """
        The viewer does something, one of L{MESSAGES}.
        """
        self._timeouts.touch()
        self._HANDLERS[type(message)](self, message)

    def releaseForbidden(self) -> None:
        """
        Release, on behalf of the viewer, what it holds down and may not.
        """
        if not self._session.mayUse("keys"):
            self._input.releaseKeys()
        if not self._session.mayUse("pointer"):
            self._input.releaseButtons()
        self._producer.cursorSight.update()

    def whenTaken(self) -> Deferred[None]:
        """
        @return: Fires when the application has taken what the viewer has done.
        """
        return self._input.whenTaken()

    @property
    def pointer(self) -> tuple[int, int] | None:
        """
        Where the viewer has its pointer; C{None} if it has not said so.
        """
        return self._input.place

    def stop(self) -> None:
        """
        The viewer leaves: release what it holds down.
        """
        self._input.isLeaving = True
        self._input.release()
        self._input.tellTaken()

    def _tell(self, message: Any) -> None:
        """
        Whoever watches is told what the viewer does.
        """
        for call in self._session.host.inputWatchers:
            call(self._session, message)

    def _onKeyEvent(self, message: KeyEvent) -> None:
        session = self._session
        if session.mayUse("keys"):
            if session.host.inputWatchers:
                self._tell(message)
            self._input.key(message.keysym, message.down)

    def _onExtendedKeyEvent(self, message: ExtendedKeyEvent) -> None:
        if self._session.mayUse("keys"):
            self._tell(message)
            self._input.keycode(message.keycode, message.keysym, message.down)

    def _onPointerEvent(self, message: PointerEvent) -> None:
        if not self._session.mayUse("pointer"):
            return
        self._tell(message)
        producer, input = self._producer, self._input
        display = self._session.host.display
        isMotion = producer.sendsMotions
        if isMotion:
            # The application may have put it elsewhere.
            input.x, input.y = display.pointer
        input.pointer(message.x, message.y, message.buttons, display.bounds, isMotion)
        producer.cursorSight.pointed(input.x, input.y)
        display.movePointer(input.x, input.y, producer)

    _HANDLERS: ClassVar[dict[type[Any], Callable[[Any, Any], None]]] = {
        KeyEvent: _onKeyEvent,
        ExtendedKeyEvent: _onExtendedKeyEvent,
        PointerEvent: _onPointerEvent,
    }

    #: The messages that L{received} takes.
    MESSAGES = frozenset(_HANDLERS)
