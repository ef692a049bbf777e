# -*- test-case-name: tests.session.test_timeouts -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The timeouts of one viewer: for how long it may be idle, and stay in all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twisted.protocols.policies import TimeoutMixin

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall, IReactorTime


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

    def start(self, idle: float, total: float) -> None:
        """
        The session begins.

        @param idle: Seconds without keys, pointer or clipboard; 0 for no limit.

        @param total: Seconds in all; 0 for no limit.
        """
        self.setTimeout(idle or None)
        if total:
            reason = f"the time limit of {total:g} seconds is over"
            self._total = self._clock.callLater(total, self._over, reason)

    def touch(self) -> None:
        """
        The viewer does something.
        """
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
        self._end(f"nothing was done for {self.timeOut:g} seconds")

    def _over(self, reason: str) -> None:
        self._total = None
        self._end(reason)
