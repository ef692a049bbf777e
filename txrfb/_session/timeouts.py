# -*- test-case-name: tests.session.test_timeouts -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
How long a viewer may stay.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall, IReactorTime


class Timeouts:
    """
    Ends a viewer's stay when it has done nothing for too long, or was there for too
    long.
    """

    def __init__(
        self, clock: IReactorTime, idle: float, total: float, end: Callable[[str], None]
    ) -> None:
        """
        @param clock: What time is taken from.

        @param idle: Seconds without keys, pointer or clipboard; 0 for no limit.

        @param total: Seconds in all; 0 for no limit.

        @param end: Called with the reason.
        """
        self._clock = clock
        self._idle = idle
        self._end = end
        self._touched = clock.seconds()
        self._timers: dict[str, IDelayedCall] = {}
        if idle:
            self._timers["idle"] = clock.callLater(idle, self._check)
        if total:
            reason = f"the time limit of {total:g} seconds is over"
            self._timers["total"] = clock.callLater(total, self._over, reason)

    def touch(self) -> None:
        """
        The viewer does something.
        """
        self._touched = self._clock.seconds()

    def stop(self) -> None:
        """
        The viewer leaves.
        """
        timers, self._timers = self._timers, {}
        for timer in timers.values():
            timer.cancel()

    def _check(self) -> None:
        del self._timers["idle"]
        left = self._touched + self._idle - self._clock.seconds()
        if left <= 0:
            self._end(f"nothing was done for {self._idle:g} seconds")
        else:
            self._timers["idle"] = self._clock.callLater(left, self._check)

    def _over(self, reason: str) -> None:
        del self._timers["total"]
        self._end(reason)
