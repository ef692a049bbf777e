# -*- test-case-name: tests.session.test_congestion -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
How much may be on its way to a viewer.

A viewer that gets updates without asking for each must not get more than its link
can carry: what is too much waits somewhere in the network, and everything after it
arrives late.  Fences that the viewer sends back tell how long the way is.  Like TCP
Vegas, the window here grows while little waits on the way, and shrinks when bytes
begin to queue.  What TCP does by the segment is done by the update, as an update
cannot be held back in its middle.
"""

from __future__ import annotations

from collections import deque
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from txrfb._wire.messages.extensions import BLOCK_BEFORE, REQUEST, Fence

if TYPE_CHECKING:
    from twisted.internet.interfaces import IReactorTime

#: What comes back with the fences that measure the way.
MARK = b"txrfb"

#: Such a fence, and how a viewer sends it back.
PROBE = Fence(REQUEST | BLOCK_BEFORE, MARK).toBytes()
ECHO = Fence(BLOCK_BEFORE, MARK).toBytes()

#: The window, in bytes: at first, at the least and at the most.
INITIAL, MIN, MAX = 16 << 10, 4 << 10, 4 << 20

#: How many fences may be on their way, so that who sends none back costs little.
MAX_PINGS = 256

#: A way that is longer than the shortest by less than this many seconds, or less
#: than this share of it, is not congested: clocks and schedulers are no better.
_SLACK = 0.005
_SHARE = 0.25

#: How many updates may queue while the window grows by doubling, while it grows, and
#: at all.  If one update alone keeps the way busy for most of the time, a second one on
#: the way would be late, and not much would be gained.
_LITTLE, _SOME, _MUCH = 0.5, 0.7, 1.5

#: For how many seconds the shortest way is believed in: routes change.
MEMORY = 60.0


class _Ping(NamedTuple):
    """
    A fence on its way.

    @ivar position: How many bytes were written before it, ever.
    @ivar time: When it was.
    @ivar underWay: How many of the bytes were on their way then.
    @ivar size: How many of these were written since the fence before it.
    @ivar isFull: Whether the window was used then.
    """

    position: int
    time: float
    underWay: int
    size: int
    isFull: bool


class Congestion:
    """
    Counts what is on its way to one viewer.

    An update may begin while less than the L{window} is under way; it is then sent
    whole, whatever its size.

    @ivar window: How many bytes may be on their way.
    @ivar baseRoundTrip: The round trip of a fence that nothing is in the way of, in
        seconds; C{None} before there was one.
    @ivar roundTrip: The last round trip, in seconds; C{None} before there was one.
    """

    def __init__(self, clock: IReactorTime) -> None:
        """
        @param clock: What time is taken from.
        """
        self.window = INITIAL
        self.baseRoundTrip: float | None = None
        self.roundTrip: float | None = None
        self._clock = clock
        self._sent = 0
        self._arrived = 0
        self._pinged = 0
        self._pings: deque[_Ping] = deque()
        self._isStarting = True
        # When a round trip with nothing in the way was measured.
        self._measured = -inf
        # Where the window was changed last, and the fence before: of two that were
        # sent since, the one that came back faster tells.
        self._changedAt = 0
        self._before: tuple[float, _Ping] | None = None

    @property
    def underWay(self) -> int:
        """
        How many bytes were written and are not known to have arrived.
        """
        return self._sent - self._arrived

    @property
    def isCongested(self) -> bool:
        """
        Whether nothing more may be sent now.
        """
        pings = self._pings
        return (
            self._sent - self._arrived >= self.window
            or len(pings) >= MAX_PINGS
            or (bool(pings) and self._isStale)
        )

    @property
    def isWaiting(self) -> bool:
        """
        Whether some fence has not come back yet.
        """
        return bool(self._pings)

    @property
    def wantsProbe(self) -> bool:
        """
        Whether a fence should be sent now, and nothing more before it is back: it is
        long ago that the way was measured with nothing in it, and there is nothing
        in it.
        """
        return not self._pings and self._isStale

    @property
    def _isStale(self) -> bool:
        # What was measured later than now, was so before the clock was set back.
        return not 0 <= self._clock.seconds() - self._measured <= MEMORY

    def sent(self, size: int) -> None:
        """
        Bytes were written.
        """
        self._sent += size

    def ping(self) -> None:
        """
        A fence was written that asks to be sent back.
        """
        size = self._sent - self._pinged
        self._pinged = self._sent
        underWay = self._sent - self._arrived
        self._pings.append(
            _Ping(
                self._sent,
                self._clock.seconds(),
                underWay,
                size,
                underWay >= self.window,
            )
        )

    def pong(self) -> bool:
        """
        A fence came back; they come in the order in which they were written.

        @return: Whether one was missing.
        """
        if not self._pings:
            return False
        ping = self._pings.popleft()
        now = self._clock.seconds()
        roundTrip = now - ping.time
        self._arrived = ping.position
        if roundTrip < 0:
            return True  # the clock was set back
        self.roundTrip = roundTrip
        if not ping.underWay:
            self.baseRoundTrip = roundTrip
            self._measured = now
            return True
        base = self.baseRoundTrip
        if base is None or roundTrip < base:
            base = self.baseRoundTrip = roundTrip
        if ping.position >= self._changedAt:
            slack = max(_SLACK, base * _SHARE)
            share = max(0.0, roundTrip - base - slack) / roundTrip if roundTrip else 0.0
            # By as much as this the bytes were not moving.
            sample = ping.underWay * share, ping
            if self._before is not None:
                sample = min(sample, self._before, key=lambda one: one[0])
            elif self._pings:
                self._before = sample
                return True
            self._before = None
            self._judge(*sample)
        return True

    def _judge(self, queued: float, ping: _Ping) -> None:
        """
        Set the window by how much queued: the last part of one update must always
        wait for its first.
        """
        if queued > ping.size * _MUCH:
            # Without what queued, the way is just full.
            self._isStarting = False
            self.window = min(self.window, int(ping.underWay - queued))
        elif not ping.isFull:
            return  # nothing was learned: there was room for more anyway
        elif self._isStarting and queued < ping.size * _LITTLE:
            self.window *= 2
        elif queued < ping.size * _SOME:
            self._isStarting = False
            self.window += MIN
        self.window = max(MIN, min(MAX, self.window))
        # The effect is seen by what is sent from now on.
        self._changedAt = self._sent
