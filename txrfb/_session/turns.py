# -*- test-case-name: tests.session.test_turns -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The turns of all viewers of one server: what any of them makes the server do is done in
slices, so that none can keep it from the others.

A viewer's work is done at once where nobody waits, for the time of a slice.  What is
left, and what comes while others wait, is done in the next turns of the reactor: in
each for the time of a turn, however many viewers there are.  The viewer that has had
the least lately comes first: a key does not wait behind a talk at line rate.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall, IReactorTime

#: For how many seconds one viewer's work is done before others have their turn.
SLICE = 0.002

#: For how many seconds work is done in one turn of the reactor, of all viewers
#: together: a frame of 60 in a second, and what else there is, still finds its time.
TURN = 0.004

#: In how many seconds what a viewer has had counts half.
_HALF = 1.0


class IWork(Protocol):
    """
    What does a viewer's work.
    """

    def __call__(self, isEnough: Callable[[], bool], /) -> bool:
        """
        Do some work, and stop soon after it is enough.

        @return: Whether there is more.
        """


class Share:
    """
    One viewer's share of the turns.

    @ivar isWaiting: Whether work waits for its turn.
    """

    __slots__ = ("_had", "_since", "isWaiting", "work")

    def __init__(self, work: IWork) -> None:
        """
        @param work: What does the work.
        """
        self.isWaiting = False
        self.work = work
        # The seconds that were had lately, as they counted at a time.
        self._had = 0.0
        self._since = 0.0

    def had(self, now: float) -> float:
        """
        @return: How many seconds were had lately.
        """
        past = now - self._since
        # A clock that was set is no reason for anything.
        return self._had * 0.5 ** (past / _HALF) if past > 0 else self._had

    def charge(self, seconds: float, now: float) -> None:
        """
        So many seconds were had.
        """
        self._had = self.had(now) + max(seconds, 0.0)
        self._since = now


class Turns:
    """
    Gives viewers their turns.
    """

    def __init__(self, clock: IReactorTime) -> None:
        """
        @param clock: What time is taken from.
        """
        self._clock = clock
        self._waiting: list[tuple[float, int, Share]] = []
        self._order = count()
        self._timer: IDelayedCall | None = None
        self._isServing = False

    def want(self, share: Share) -> None:
        """
        There is work to do: now, if nobody waits who has had less; else when it is
        its turn.
        """
        if share.isWaiting:
            return
        waiting = self._waiting
        if self._isServing or (
            waiting and share.had(self._clock.seconds()) > waiting[0][0]
        ):
            self._wait(share)
        else:
            self._serve(share)

    def postpone(self, share: Share) -> None:
        """
        There is work to do that is not urgent: when it is its turn.
        """
        if not share.isWaiting:
            self._wait(share)

    def stop(self, share: Share) -> None:
        """
        There is no work to do any more.
        """
        share.isWaiting = False
        timer = self._timer
        if timer is not None and not any(one[2].isWaiting for one in self._waiting):
            self._waiting.clear()
            timer.cancel()
            self._timer = None

    def _wait(self, share: Share) -> None:
        share.isWaiting = True
        had = share.had(self._clock.seconds())
        heappush(self._waiting, (had, next(self._order), share))
        if self._timer is None:
            self._timer = self._clock.callLater(0, self._turn)

    def _serve(self, share: Share) -> None:
        seconds = self._clock.seconds
        start = seconds()
        isServing, self._isServing = self._isServing, True
        try:
            isMore = share.work(lambda: seconds() - start >= SLICE)
        finally:
            self._isServing = isServing
            now = seconds()
            share.charge(now - start, now)
        if isMore and not share.isWaiting:
            self._wait(share)

    def _turn(self) -> None:
        self._timer = None
        seconds = self._clock.seconds
        start = seconds()
        # Nobody has two slices in one turn.
        waiting, self._waiting = self._waiting, []
        while waiting:
            _, _, share = heappop(waiting)
            if share.isWaiting:  # it may have been stopped
                share.isWaiting = False
                self._serve(share)
            if seconds() - start >= TURN:
                break
        for one in waiting:
            if one[2].isWaiting:
                heappush(self._waiting, one)
        if self._waiting and self._timer is None:
            self._timer = self._clock.callLater(0, self._turn)
