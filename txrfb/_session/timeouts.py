# -*- test-case-name: tests.session.test_timeouts -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The timeouts of one viewer: for how long it may be idle, and stay in all.

A timer that comes much too late tells that somebody has set the clock, or that the
machine was asleep: then nobody knows how much of the time is really over, and it
begins anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twisted.protocols.policies import TimeoutMixin

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall, IReactorTime

#: By how many seconds a timer may be late because there is much to do.
_LATE = 1.0


class Timeouts(TimeoutMixin):
    """
    Ends the session of a viewer that has done nothing for too long, or was there for
    too long.
    """

    def __init__(self, clock: IReactorTime, end: Callable[[str], None]) -> None:
        """
        @param clock: What time is taken from.

        @param end: Called with the reason.
        """
        self._clock = clock
        self._end = end
        self._total: IDelayedCall | None = None
        # When the viewer did something last.
        self._touched = 0.0

    def start(self, idle: float, total: float) -> None:
        """
        The session begins.

        @param idle: Seconds without keys, pointer or clipboard; 0 for no limit.

        @param total: Seconds in all; 0 for no limit.
        """
        self._touched = self._clock.seconds()
        self.setTimeout(idle or None)
        if total:
            self._limit(total)

    def _limit(self, total: float) -> None:
        due = self._clock.seconds() + total
        self._total = self._clock.callLater(total, self._over, total, due)

    def touch(self) -> None:
        """
        The viewer does something.
        """
        self._touched = self._clock.seconds()
        if self.timeOut is not None:
            self.resetTimeout()

    def stop(self) -> None:
        """
        The viewer leaves.
        """
        self.setTimeout(None)
        if self._total is not None:
            self._total.cancel()
            self._total = None

    def callLater(self, *arguments: Any) -> IDelayedCall:
        """
        See L{TimeoutMixin.callLater}.
        """
        return self._clock.callLater(*arguments)

    def timeoutConnection(self) -> None:
        """
        See L{TimeoutMixin.timeoutConnection}.
        """
        idle: Any = self.timeOut
        if self._isLate(self._touched + idle):
            self._touched = self._clock.seconds()
            self.setTimeout(idle)
        else:
            self._end(f"nothing was done for {idle:g} seconds")

    def _over(self, total: float, due: float) -> None:
        self._total = None
        if self._isLate(due):
            self._limit(total)
        else:
            self._end(f"the time limit of {total:g} seconds is over")

    def _isLate(self, due: float) -> bool:
        return self._clock.seconds() - due > _LATE
