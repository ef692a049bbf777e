# -*- test-case-name: tests.security.test_turns -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Turns: in which order viewers have done for them what takes time.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias

from twisted.internet.defer import Deferred, DeferredLock

from txrfb.error import Refused

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall, IReactorTime

__all__ = ["Done", "OneEach", "Pace"]

#: To be called when a turn has been used, with the seconds of computing that are still
#: to follow from it.
Done: TypeAlias = Callable[[float], None]


class OneEach:
    """
    One thing at a time for each address, in the order in which they came.
    """

    def __init__(self) -> None:
        self._locks: dict[Hashable, DeferredLock] = {}

    @asynccontextmanager
    async def turn(self, key: Hashable, maxWaiting: int) -> AsyncIterator[None]:
        """
        Wait until it is somebody's turn, who has it until the end of the context.

        @param key: Whose address it is.

        @param maxWaiting: How many may wait there, this one included.

        @raise Refused: if too many wait.
        """
        lock = self._locks.setdefault(key, DeferredLock())
        if len(lock.waiting) >= maxWaiting:
            raise Refused("too many logins are waiting; try again in a moment")
        await lock.acquire()
        try:
            yield
        finally:
            # Which may let the next one begin, and end, at once.
            lock.release()
            if not lock.locked and self._locks.get(key) is lock:
                del self._locks[key]

    def __len__(self) -> int:
        return len(self._locks)


class Pace:
    """
    The pace of what computes for milliseconds, and would keep the reactor waiting in
    any thread, as libraries hold Python's lock meanwhile: RSA, Diffie-Hellman, TLS.

    There is one turn at a time, and a rest of nine times as long after it, so that all
    of them together take a tenth of the time.  Addresses take turns.

    @cvar rest: How much longer than a turn the rest after it is.
    @cvar longestRest: The seconds that no rest exceeds.
    """

    rest = 9.0
    longestRest = 1.0

    def __init__(self, clock: IReactorTime) -> None:
        """
        @param clock: Where time comes from.
        """
        self._clock = clock
        self._waiting: OrderedDict[Hashable, deque[Deferred[Done]]] = OrderedDict()
        self._isTaken = False
        self._free = 0.0
        # There is one only while somebody waits.
        self._timer: IDelayedCall | None = None

    def turn(self, key: Hashable) -> Deferred[Done]:
        """
        Wait for a turn.

        @param key: Whose address it is.

        @return: A L{Deferred} that fires with what is to be called when the turn has
            been used.  It may be cancelled.
        """
        turn: Deferred[Done] = Deferred(lambda turn: self._forget(key, turn))
        self._waiting.setdefault(key, deque()).append(turn)
        self._next()
        return turn

    def _forget(self, key: Hashable, turn: Deferred[Done]) -> None:
        waiting = self._waiting[key]
        waiting.remove(turn)
        if not waiting:
            del self._waiting[key]
        if not self._waiting and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _next(self) -> None:
        if self._isTaken or self._timer is not None or not self._waiting:
            return
        began = self._clock.seconds()
        rest = self._free - began
        # A longer one can only be a clock that was set back.
        if 0 < rest <= self.longestRest:
            self._timer = self._clock.callLater(rest, self._rested)
            return
        key, waiting = self._waiting.popitem(last=False)
        turn = waiting.popleft()
        if waiting:
            # To the end of the row.
            self._waiting[key] = waiting
        self._isTaken = True

        def done(later: float) -> None:
            self._isTaken = False
            now = self._clock.seconds()
            taken = now - began + later
            self._free = now + min(taken * self.rest, self.longestRest)
            self._next()

        turn.callback(done)

    def _rested(self) -> None:
        self._timer = None
        self._next()
