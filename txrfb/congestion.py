# -*- test-case-name: tests.test_congestion -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
How much may be on its way to a viewer.

A viewer that gets updates without asking for each must not get more than its link
can carry: what is too much waits somewhere in the network, and everything after it
arrives late.  Fences that the viewer sends back tell how long the way is.  Like TCP
Vegas, the window here grows while the way is as short as it ever was, and shrinks
when bytes begin to queue.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from twisted.internet.interfaces import IReactorTime

#: The window, in bytes: at first, at the least and at the most.
FIRST, LEAST, MOST = 16 << 10, 4 << 10, 4 << 20

#: A way that is longer than the shortest by less than this many seconds, or less
#: than this share of it, is not congested: clocks and schedulers are no better.
_SLACK = 0.005
_SHARE = 0.25

#: For how many seconds the shortest way is believed in: routes change.
_MEMORY = 60.0


class _Ping(NamedTuple):
    position: int
    time: float
    wasFull: bool


class Congestion:
    """
    Counts what is on its way to one viewer.

    @ivar window: How many bytes may be on their way.
    @ivar baseRoundTrip: The shortest round trip lately, in seconds; C{None} before
        there was one.
    @ivar roundTrip: The last round trip, in seconds; C{None} before there was one.
    """

    def __init__(self, clock: IReactorTime) -> None:
        """
        @param clock: What time is taken from.
        """
        self.window = FIRST
        self.baseRoundTrip: float | None = None
        self.roundTrip: float | None = None
        self._clock = clock
        self._sent = 0
        self._arrived = 0
        self._pings: deque[_Ping] = deque()
        self._isStarting = True
        self._baseTime = 0.0
        # The shortest round trip since the window was last changed, and up to where
        # it takes effect.
        self._shortest: float | None = None
        self._judgedAt = 0

    @property
    def underWay(self) -> int:
        """
        How many bytes were written and are not known to have arrived.
        """
        return self._sent - self._arrived

    @property
    def isCongested(self) -> bool:
        """
        Whether what is under way fills the window.
        """
        return self._sent - self._arrived >= self.window

    def sent(self, size: int) -> None:
        """
        Bytes were written.
        """
        self._sent += size

    def ping(self) -> None:
        """
        A fence was written that asks to be sent back.
        """
        self._pings.append(
            _Ping(self._sent, self._clock.seconds(), self.underWay * 2 > self.window)
        )

    @property
    def isWaiting(self) -> bool:
        """
        Whether some fence has not come back yet.
        """
        return bool(self._pings)

    def pong(self) -> bool:
        """
        A fence came back; they come in the order in which they were written.

        @return: Whether one was missing.
        """
        if not self._pings:
            return False
        position, time, wasFull = self._pings.popleft()
        now = self._clock.seconds()
        roundTrip = self.roundTrip = now - time
        self._arrived = position
        base = self.baseRoundTrip
        if base is None or roundTrip < base or now - self._baseTime > _MEMORY:
            base = self.baseRoundTrip = roundTrip
            self._baseTime = now
        if self._shortest is None or roundTrip < self._shortest:
            self._shortest = roundTrip
        # The effect of a window is seen one round trip after it was set.
        if position >= self._judgedAt:
            self._judge(base, self._shortest, wasFull)
            self._shortest = None
            self._judgedAt = self._sent
        return True

    def _judge(self, base: float, shortest: float, wasFull: bool) -> None:
        """
        Set the window by how much longer the way was than it need be.
        """
        delay = shortest - base
        if delay > max(_SLACK, base * _SHARE):
            # So much of the window was queueing; let it drain.
            self._isStarting = False
            self.window = int(self.window * (base + _SLACK) / shortest)
        elif not wasFull:
            return  # nothing was learned: there was room for more anyway
        elif self._isStarting:
            self.window *= 2
        else:
            self.window += LEAST
        self.window = max(LEAST, min(MOST, self.window))
