# -*- test-case-name: tests.framebuffers.test_x11controls -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What viewers can do with an X display, and what it has to tell besides pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from twisted.internet.defer import Deferred
from zope.interface import alsoProvides, noLongerProvides

from txrfb.framebuffers._base import BaseFramebuffer
from txrfb.interfaces import IClipboard, IInputReceiver, ILedSource, IViewer
from txrfb.x11.connection import X11Connection
from txrfb.x11.indicators import Indicators
from txrfb.x11.inputs import Inputs
from txrfb.x11.pointer import PointerWatch
from txrfb.x11.selections import Selections

__all__ = ["ControlledFramebuffer", "DisplayPart"]


class DisplayPart(Protocol):
    """
    Something else that a display has, as long as a connection to it.
    """

    def start(self) -> Deferred[Any] | None:
        """
        Find out what there is, before viewers are let in.
        """

    def watch(self, isWanted: bool) -> None:
        """
        There are viewers, or none.
        """

    def stop(self) -> Deferred[Any] | None:
        """
        The connection is to be closed, or is lost.
        """


class ControlledFramebuffer(BaseFramebuffer):
    """
    A framebuffer with a keyboard, a pointer, a clipboard, lights and a bell, as far as
    its display has them: what it provides of the interfaces of applications is found
    out with each connection to the display.
    """

    def __init__(self, name: str, isPrivate: bool, primary: bool) -> None:
        """
        @param name: The desktop's name.

        @param isPrivate: Whether nobody sits in front of the display.

        @param primary: Whether what is selected with the mouse belongs to the
            clipboard.
        """
        super().__init__(name)
        self._isPrivate = isPrivate
        self._hasPrimary = primary
        self._inputs: Inputs | None = None
        self._selections: Selections | None = None
        self._indicators: Indicators | None = None
        self._pointer: PointerWatch | None = None

    def _makeControls(
        self, reactor: Any, connection: X11Connection
    ) -> list[DisplayPart]:
        """
        @return: The parts of a display, none of which is started.
        """
        self._inputs = Inputs(reactor, connection, self._isPrivate)
        self._selections = Selections(
            reactor, connection, self.cutText, self._hasPrimary
        )
        self._indicators = Indicators(reactor, connection, self._ledsChanged, self.bell)
        self._pointer = PointerWatch(reactor, connection, self.movePointer)
        self._inputs.onPlaced = self._pointer.placed
        connection.onDrained = self._inputs.goOn
        return [self._inputs, self._selections, self._indicators, self._pointer]

    def _offer(self) -> Iterator[str]:
        """
        Provide what the display has, when all parts were started.

        @return: What it lacks, and what follows, for the log.
        """
        inputs = self._inputs
        for interface, part in (
            (IInputReceiver, inputs),
            (IClipboard, self._selections),
            (ILedSource, self._indicators),
        ):
            isOffered = part is not None and part.offers
            if isOffered and not interface.providedBy(self):
                alsoProvides(self, interface)
            elif not isOffered and interface.providedBy(self):
                noLongerProvides(self, interface)
        if inputs is not None and inputs.missing:
            yield f"it has no {inputs.missing}, so viewers can only look"

    # -- From viewers ----------------------------------------------------------------

    def keyEvent(
        self, keysym: int, down: bool, viewer: IViewer
    ) -> Deferred[None] | None:
        """
        See L{IInputReceiver.keyEvent}.
        """
        return (
            None
            if self._inputs is None
            else self._inputs.keyEvent(keysym, down, viewer)
        )

    def pointerEvent(
        self, x: int, y: int, buttons: int, viewer: IViewer
    ) -> Deferred[None] | None:
        """
        See L{IInputReceiver.pointerEvent}.
        """
        return (
            None
            if self._inputs is None
            else self._inputs.pointerEvent(x, y, buttons, viewer)
        )

    def cutTextReceived(self, text: str, viewer: IViewer) -> None:
        """
        See L{IClipboard.cutTextReceived}.
        """
        if self._selections is not None:
            self._selections.provide(text)

    # -- From the display ------------------------------------------------------------

    @property
    def leds(self) -> int:
        """
        See L{ILedSource.leds}.
        """
        return 0 if self._indicators is None else self._indicators.leds

    def _ledsChanged(self) -> None:
        for listener in self.listeners():
            listener.ledsChanged()

    def _framed(self) -> None:
        """
        There is to be a frame: see where programs have put the pointer meanwhile.  The
        question goes with those of the frame.
        """
        if self._pointer is not None:
            self._pointer.framed()
