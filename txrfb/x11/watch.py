# -*- test-case-name: tests.framebuffers.test_x11 -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Knowing when something is drawn on a screen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import LoopingCall

from txrfb.geometry import Region
from txrfb.x11 import damage
from txrfb.x11.capture import Damages
from txrfb.x11.connection import X11Connection
from txrfb.x11.wire import Packet

__all__ = ["DamageWatch", "PollingWatch"]

#: Seconds that damage may be collected.  The longer the list of what is damaged gets,
#: the slower is drawing: 20 us each instead of 0.2 for 9000 small rectangles.
_MAX_AGE = 0.5

#: How many pixels drawn at a time are seldom all that is drawn, and for how many
#: seconds the rest is waited for: a terminal that scrolls writes lines after that.  How
#: much was drawn is known when it was fetched; who draws much will do so again.
_LARGE, _CALM = 1 << 15, 0.004

#: How many times a second a screen is looked at that does not tell.
_POLLS = 10.0


class PollingWatch:
    """
    Says from time to time that something may have been drawn.

    @ivar isOn: Whether it does.
    """

    def __init__(self, reactor: Any, changed: Callable[[], None]) -> None:
        """
        @param reactor: What time is taken from.

        @param changed: What is called.
        """
        self._loop = LoopingCall(changed)
        self._loop.clock = reactor

    @property
    def isOn(self) -> bool:
        """
        Whether somebody looks.
        """
        return self._loop.running

    def start(self) -> None:
        """
        Somebody looks.
        """
        if not self._loop.running:
            self._loop.start(1 / _POLLS)

    def stop(self) -> None:
        """
        Nobody does.
        """
        if self._loop.running:
            self._loop.stop()

    def lost(self) -> None:
        """
        The connection has ended.
        """
        self.stop()

    def taken(self) -> None:
        """
        What was drawn is being fetched.
        """

    def fetched(self, region: Region) -> None:
        """
        It has been fetched.
        """


class DamageWatch:
    """
    Has the server tell when something is drawn, once, until that is fetched; if it is
    not fetched for long, all of the screen is taken for drawn.

    @ivar isOn: Whether the server collects damage.
    """

    def __init__(
        self,
        reactor: Any,
        connection: X11Connection,
        damages: Damages,
        changed: Callable[[], None],
    ) -> None:
        """
        @param reactor: What time is taken from.

        @param damages: Where damage is to be collected.

        @param changed: What is called when something was drawn.
        """
        self.isOn = False
        self._reactor = reactor
        self._connection = connection
        self._damages = damages
        self._changed = changed
        # Whether there is damage that was not fetched, since when, and whether it is
        # all of the screen.
        self._isDamaged = False
        self._since = 0.0
        self._isWhole = False
        # Whether much was drawn when it was fetched last.
        self._isMuch = False
        self._timer: IDelayedCall | None = None
        self._calm: IDelayedCall | None = None
        connection.addListener(damage.NAME, damage.NOTIFY, self._notified)

    def _create(self) -> None:
        root = self._connection.screen.root
        self._connection.send(damage.create(self._damages.id, root))
        self._isDamaged = self._isWhole = True

    def _destroy(self) -> None:
        self._connection.send(damage.destroy(self._damages.id))

    def start(self) -> None:
        """
        Somebody looks.
        """
        if not self.isOn:
            self.isOn = True
            self._create()
            self._changed()

    def stop(self) -> None:
        """
        Nobody does.
        """
        if self.isOn:
            self._destroy()
        self.lost()

    def lost(self) -> None:
        """
        The connection has ended.
        """
        self.isOn = False
        for timer in (self._timer, self._calm):
            if timer is not None:
                timer.cancel()
        self._timer = self._calm = None

    def taken(self) -> None:
        """
        What was drawn is being fetched.
        """
        self._isDamaged = self._isWhole = False

    def fetched(self, region: Region) -> None:
        """
        It has been fetched.

        @param region: What was drawn.
        """
        self._isMuch = region.area >= _LARGE

    def _notified(self, packet: Packet) -> None:
        if self._isDamaged or not self.isOn:
            return
        self._isDamaged = True
        self._since = self._reactor.seconds()
        if self._timer is None:
            self._timer = self._reactor.callLater(_MAX_AGE, self._look)
        if not self._isMuch:
            self._changed()
        elif self._calm is None:
            self._calm = self._reactor.callLater(_CALM, self._isCalm)

    def _isCalm(self) -> None:
        self._calm = None
        self._changed()

    def _look(self) -> None:
        """
        See whether the damage was fetched.
        """
        self._timer = None
        if not self._isDamaged or self._isWhole:
            return
        left = self._since + _MAX_AGE - self._reactor.seconds()
        if left > 0:
            self._timer = self._reactor.callLater(left, self._look)
            return
        self._destroy()
        self._create()
