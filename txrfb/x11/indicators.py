# -*- test-case-name: tests.x11.test_indicators -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The lights of an X display's keyboard, and its bell ("The X Keyboard Extension: Protocol
Specification", sections 9 and 10).
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, inlineCallbacks

from txrfb.x11 import xkb
from txrfb.x11.atoms import internAtoms
from txrfb.x11.wire import Packet, X11Error

if TYPE_CHECKING:
    from txrfb.x11.connection import X11Connection

__all__ = ["Indicators"]

#: Names of lights: their bits as L{txrfb.interfaces.ILedSource} has them, and the
#: numbers that they have where the display does not say.
_LIGHTS = {
    "Scroll Lock": (1, 2),
    "Num Lock": (2, 1),
    "Caps Lock": (4, 0),
}

#: Seconds in which the bell rings once, however often a program rings it.
_RING = 0.05


class Indicators:
    """
    Tells of the lights and the bell.

    @ivar leds: Which lights are on, as L{txrfb.interfaces.ILedSource.leds}.
    @ivar offers: Whether the display tells of them.
    """

    def __init__(
        self,
        reactor: Any,
        connection: X11Connection,
        changed: Callable[[], None],
        bell: Callable[[], None],
    ) -> None:
        """
        @param reactor: What time is taken from.

        @param connection: A connection on which the server has let us in.

        @param changed: Called when C{leds} has changed.

        @param bell: Called when the bell rings.
        """
        self._reactor = reactor
        self._connection = connection
        self._changed = changed
        self._bell = bell
        self._rang = float("-inf")
        self._lights: dict[int, int] = {}
        self.leds = 0
        self.offers = False

    @inlineCallbacks
    def start(self) -> Generator[Deferred[Any], Any, None]:
        """
        Find out what there is.

        @return: Fires when C{offers} is known.  Fails with
            L{txrfb.error.DisplayError} if that cannot be found out.
        """
        connection = self._connection
        if (yield connection.extension(xkb.NAME)) is None:
            return
        yield connection.ask(xkb.useExtension())
        connection.send(xkb.selectEvents())
        atoms = yield internAtoms(connection, *_LIGHTS)
        for atom, (led, usual) in zip(atoms, _LIGHTS.values(), strict=True):
            try:
                number = yield connection.ask(xkb.getNamedIndicator(atom))
            except X11Error:
                number = None
            self._lights[usual if number is None else number] = led
        state = yield connection.ask(xkb.getIndicatorState())
        connection.addListener(xkb.NAME, 0, self._event)
        self.offers = True
        self._lit(state)

    def watch(self, isWanted: bool) -> None:
        """
        There is somebody to be told, or nobody; what is told costs nothing.
        """

    def stop(self) -> None:
        """
        Nothing need be given back.
        """

    def _lit(self, state: int) -> None:
        leds = sum(led for number, led in self._lights.items() if state >> number & 1)
        if leds != self.leds:
            self.leds = leds
            self._changed()

    def _event(self, event: Packet) -> None:
        kind = event[1]
        if kind == xkb.Event.IndicatorStateNotify:
            self._lit(xkb.indicatorsOf(event))
        elif kind == xkb.Event.BellNotify:
            now = self._reactor.seconds()
            if not 0 <= now - self._rang < _RING:
                self._rang = now
                self._bell()
