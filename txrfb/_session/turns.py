# -*- test-case-name: tests.session.test_turns -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The turns of all viewers of one server: what any of them makes the server do, reading
as well as writing, is done in slices, so that none can keep it from the others.

A viewer's work is done at once where nobody waits, for the time of a slice.  What is
left, and what comes while others wait, is done in the next turns of the reactor: in
each for the time of a turn, however many viewers there are.

Who comes first is decided by virtual time, as in start-time fair queueing: each viewer
has an account of the time that it was given, and the one comes next that will have
been given the least.  Time that somebody did not want is not saved for later: a viewer
that has work again is where those are that never ceased to.  So with N viewers that
talk at line rate, each gets one Nth of the server, and one that wants less than that
does not wait behind them; nor behind fifty that begin to at the same time, as it wants
little.

Reading and writing stand in two lines.  What counts in the one for reading is the time
of reading, so that a key does not wait for the large updates of the viewer that it
comes from; in the one for writing both count, so that of those that want updates, the
ones come last that talk at line rate.  In a third line stands what is to be written
and is not urgent.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall, IReactorTime

#: For how many seconds one viewer's work is done, if nobody waits.
SLICE = 0.002

#: The same if others wait: fifty of them have had their turn in 13 ms.
SHORT_SLICE = 0.00025

#: What much work is expected to take, in seconds.
_MUCH = 2 * SHORT_SLICE

#: For how many seconds the work of one line is done in one turn of the reactor, for all
#: viewers together: a frame of 60 in a second, and what else there is, finds its time.
TURN = 0.002


class IWork(Protocol):
    """
    What does a viewer's work.
    """

    def __call__(self, isEnough: Callable[[], bool], /) -> bool:
        """
        Do some work, and stop soon after it is enough.

        @return: Whether there is more.
        """


class Account:
    """
    What one viewer was given.

    @ivar reading: Its virtual time in the line for reading, in seconds: those that it
        was given, and those that it let pass.
    @ivar writing: The same in the line for writing.
    """

    __slots__ = ("reading", "writing")

    def __init__(self) -> None:
        self.reading = self.writing = 0.0


class Share:
    """
    One kind of a viewer's work, and its place in the turns.

    @ivar isWaiting: Whether work waits for its turn.
    @ivar isMuch: Whether there is work for more than a slice, as far as is known.
    @ivar isUrgent: Whether what there is to write is urgent.
    @ivar weight: For how many viewers the work is done.
    """

    __slots__ = (
        "account",
        "isMuch",
        "isUrgent",
        "isWaiting",
        "isWriting",
        "weight",
        "work",
    )

    def __init__(self, work: IWork, account: Account, isWriting: bool) -> None:
        """
        @param work: What does the work.

        @param account: The account of the viewer that it is done for.

        @param isWriting: Whether it writes; else it reads.
        """
        self.isWaiting = self.isMuch = False
        self.isUrgent = True
        self.isWriting = isWriting
        self.weight = 1
        self.work = work
        self.account = account

    @property
    def time(self) -> float:
        """
        The virtual time of the viewer, in the line that this stands in.
        """
        return self.account.writing if self.isWriting else self.account.reading

    @property
    def expected(self) -> float:
        """
        For how many seconds there is work, as far as is known.
        """
        return _MUCH if self.isMuch else 0.0

    def advance(self, now: float) -> float:
        """
        The viewer did not want what others were given.

        @return: Its virtual time, which is C{now} at the least.
        """
        account = self.account
        if self.isWriting:
            if account.writing < now:
                account.writing = now
            return account.writing
        if account.reading < now:
            account.reading = now
        return account.reading

    def charge(self, seconds: float) -> None:
        """
        So many seconds were given.
        """
        seconds /= self.weight
        account = self.account
        account.writing += seconds
        if not self.isWriting:
            account.reading += seconds


class _Line:
    """
    Those that wait for the same.

    @ivar waiting: Shares with their virtual times, the least first.
    @ivar now: The virtual time of whom was served last.
    @ivar spent: For how long work was done without a pause.
    @ivar end: When that ended.
    """

    __slots__ = ("end", "now", "spent", "waiting")

    def __init__(self) -> None:
        self.waiting: list[tuple[float, int, Share]] = []
        self.now = self.spent = self.end = 0.0

    @property
    def isEmpty(self) -> bool:
        """
        Whether nobody waits.
        """
        return not any(share.isWaiting for _, _, share in self.waiting)


class Turns:
    """
    Gives viewers their turns.

    @ivar clock: What time is taken from.
    """

    def __init__(self, clock: IReactorTime) -> None:
        """
        @param clock: What time is taken from.
        """
        self.clock = clock
        self._reading, self._writing, self._leisurely = _Line(), _Line(), _Line()
        self._lines = (self._writing, self._reading, self._leisurely)
        self._order = count()
        self._timer: IDelayedCall | None = None
        # Who is served, and how much of that time was for what follows from it.
        self._served: Share | None = None
        self._following = 0.0

    def want(self, share: Share) -> None:
        """
        There is work to do: now, if nobody waits who was given less; else when it is
        its turn.
        """
        if share.isWaiting:
            return
        line = self._lineOf(share)
        # Most often nobody waits, and little was done.
        isNext = not line.waiting and line.spent < TURN
        if self._served is None and (isNext or self._isNext(share, line)):
            self._serve(share, line)
        else:
            self._wait(share, line)

    def follow(self, share: Share) -> None:
        """
        There is work to do that may follow from work that is being done: then it is
        part of that, unless it is the same viewer's.  Else this is as L{want}.
        """
        served = self._served
        if served is None or share.isWaiting:
            self.want(share)
            return
        seconds = self.clock.seconds
        start = seconds()
        isMore = share.work(lambda: seconds() - start >= SHORT_SLICE)
        if share.account is served.account:
            passed = max(seconds() - start, 0.0)
            share.charge(passed)
            self._following += passed
        if isMore:
            self._wait(share, self._lineOf(share))

    def stop(self, share: Share) -> None:
        """
        There is no work to do any more.
        """
        share.isWaiting = False
        timer = self._timer
        if timer is not None and all(line.isEmpty for line in self._lines):
            for line in self._lines:
                line.waiting.clear()
            timer.cancel()
            self._timer = None

    def _lineOf(self, share: Share) -> _Line:
        if not share.isWriting:
            return self._reading
        return self._writing if share.isUrgent else self._leisurely

    def _isNext(self, share: Share, line: _Line) -> bool:
        """
        Whether a viewer may be served at once.
        """
        waiting = line.waiting
        if waiting and max(share.time, line.now) + share.expected > waiting[0][0]:
            return False
        # Many that come one after the other are a turn, too, which ends with a pause.
        return line.spent < TURN or abs(self.clock.seconds() - line.end) > TURN

    def _wait(self, share: Share, line: _Line) -> None:
        share.isWaiting = True
        end = share.advance(line.now) + share.expected
        heappush(line.waiting, (end, next(self._order), share))
        if self._timer is None:
            self._timer = self.clock.callLater(0, self._turn)

    def _serve(self, share: Share, line: _Line) -> None:
        seconds = self.clock.seconds
        line.now = share.advance(line.now)
        most = SHORT_SLICE if line.waiting else SLICE
        self._served, self._following = share, 0.0
        start = seconds()
        if abs(start - line.end) > TURN:
            line.spent = 0.0
        try:
            isMore = share.work(lambda: seconds() - start >= most)
        finally:
            self._served = None
            line.end = end = seconds()
            # A clock that was set is no reason for anything.
            passed = end - start if end > start else 0.0
            own = passed - self._following
            if own > 0.0:
                share.charge(own)
            line.spent += passed
        if isMore and not share.isWaiting:
            share.isMuch = True
            self._wait(share, self._lineOf(share))

    def _turn(self) -> None:
        self._timer = None
        try:
            for line in self._lines:
                self._serveLine(line)
        finally:
            # What fails in one turn is no reason for others to wait for good.
            isMore = any(line.waiting for line in self._lines)
            if isMore and self._timer is None:
                self._timer = self.clock.callLater(0, self._turn)

    def _serveLine(self, line: _Line) -> None:
        line.spent = 0.0
        waiting = line.waiting
        while waiting and line.spent < TURN:
            due, _, share = heappop(waiting)
            if not share.isWaiting:  # it was stopped
                continue
            share.isWaiting = False
            if share.time > due:
                # Meanwhile other work was done for the viewer.
                self._wait(share, self._lineOf(share))
            else:
                self._serve(share, line)
        # Those that come with new work before the next turn have as much.
        line.spent = 0.0
