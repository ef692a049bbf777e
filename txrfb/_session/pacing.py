# -*- test-case-name: tests.session.test_pacing -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The pace of one viewer's updates: when the next may begin.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from txrfb._session.congestion import Congestion

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall, IReactorTime


class Pacing:
    """
    Holds back updates: by the limits that the application set, and, for a viewer
    that gets them without asking, by what its link can carry.

    @ivar congestion: What is on its way to the viewer.
    @ivar isHeldBack: Whether the limits forbid an update now.
    """

    def __init__(self, clock: IReactorTime, resume: Callable[[], None]) -> None:
        """
        @param clock: What time is taken from.

        @param resume: Called when an update that was held back may begin.
        """
        self.congestion = Congestion(clock)
        self.isHeldBack = False
        self._clock = clock
        self._resume = resume
        self._bytesPerSecond = 0.0
        self._interval = 0.0
        self._timer: IDelayedCall | None = None

    @property
    def isLimited(self) -> bool:
        """
        Whether the application has set limits.
        """
        return bool(self._bytesPerSecond or self._interval)

    def limit(self, bytesPerSecond: float, framesPerSecond: float) -> None:
        """
        Set limits; 0 is none.

        @raise ValueError: if one is negative.
        """
        if not (bytesPerSecond >= 0 and framesPerSecond >= 0):
            raise ValueError(
                f"{bytesPerSecond} bytes and {framesPerSecond} frames a second:"
                " neither may be negative"
            )
        self._bytesPerSecond = bytesPerSecond
        self._interval = 1.0 / framesPerSecond if framesPerSecond else 0.0
        self.stop()
        self._resume()

    def sent(self, size: int) -> None:
        """
        An update of so many bytes was written.
        """
        self.congestion.sent(size)
        pause = self._interval
        if self._bytesPerSecond:
            pause = max(pause, size / self._bytesPerSecond)
        if pause:
            self.stop()
            self.isHeldBack = True
            self._timer = self._clock.callLater(pause, self._wake)

    def stop(self) -> None:
        """
        Hold nothing back any more, and call nothing.
        """
        self.isHeldBack = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wake(self) -> None:
        self._timer = None
        self.isHeldBack = False
        self._resume()
