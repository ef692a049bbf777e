# -*- test-case-name: tests.session.test_turns -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.turns}, on a clock on which work takes time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from txrfb._session.turns import SHORT_SLICE, SLICE, TURN, Account, Share, Turns


def turn(clock: Clock) -> None:
    """
    Let everything happen that is due in one turn of the reactor: work takes time on
    this clock, so what is due after it would be, too, if time were only advanced.
    """
    now = clock.seconds()
    calls: list[Any] = [c for c in clock.getDelayedCalls() if c.getTime() <= now]
    for call in calls:
        act, arguments, others = call.func, call.args, call.kw
        call.cancel()
        act(*arguments, **others)


def occupy(turns: Turns, isWriting: bool) -> None:
    """
    Work for as long as a turn of the reactor may take: what is wanted now has to wait
    for the next one.

    @param isWriting: Whether it is work of writing.
    """
    clock: Any = turns.clock

    def work(isEnough: Callable[[], bool]) -> bool:
        clock.rightNow += TURN
        return False

    turns.want(Share(work, Account(), isWriting))


class Worker:
    """
    A viewer with work to do.

    @ivar left: How many pieces of work are left.
    @ivar done: The names of all workers, in the order in which pieces were done.
    """

    def __init__(self, clock: Clock, name: str, done: list[str], cost: float) -> None:
        self.left = 0
        self.done = done
        self._clock = clock
        self._name = name
        self._cost = cost
        self.share = Share(self, Account(), isWriting=False)

    def __call__(self, isEnough: Callable[[], bool]) -> bool:
        """
        Do pieces of work, each of which takes its time.
        """
        while self.left:
            self.left -= 1
            self.done.append(self._name)
            self._clock.rightNow += self._cost
            if isEnough():
                break
        return bool(self.left)


class TurnsTests(SynchronousTestCase):
    """
    Who does how much when.
    """

    def setUp(self) -> None:
        """
        Nobody has work yet.
        """
        self.clock = Clock()
        self.turns = Turns(self.clock)
        self.done: list[str] = []

    def worker(self, name: str, cost: float = SLICE / 4) -> Worker:
        """
        @return: A viewer whose pieces of work take so many seconds each.
        """
        return Worker(self.clock, name, self.done, cost)

    def want(self, worker: Worker, pieces: int) -> None:
        """
        There is work to do for a viewer.
        """
        worker.left += pieces
        self.turns.want(worker.share)

    def test_atOnce(self) -> None:
        """
        A little work is done at once, and leaves nothing behind.
        """
        self.want(self.worker("a"), 3)
        self.assertEqual(self.done, ["a"] * 3)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_slices(self) -> None:
        """
        Much work is done in slices, one at once and one in each turn of the reactor,
        until all of it is done.
        """
        worker = self.worker("a")
        self.want(worker, 11)
        counts = [len(self.done)]
        while worker.share.isWaiting:
            turn(self.clock)
            counts.append(len(self.done))
        self.assertEqual(counts, [4, 8, 11])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_turn(self) -> None:
        """
        However many have work, a turn of the reactor is not much longer than it may
        be, and all come to their turn.
        """
        workers = [self.worker(f"{n}") for n in range(50)]
        for worker in workers:
            self.want(worker, 8)
        turns = 0
        while self.clock.getDelayedCalls():
            before = self.clock.seconds()
            turn(self.clock)
            self.assertLessEqual(self.clock.seconds() - before, TURN + SLICE)
            turns += 1
        self.assertEqual(len(self.done), 400)
        self.assertGreater(turns, 10)

    def test_least(self) -> None:
        """
        Who has had least comes first: a viewer that does little is served at once
        beside one that has more to do all the time.
        """
        greedy, modest = self.worker("greedy"), self.worker("modest")
        self.want(greedy, 1000)
        for _ in range(10):
            turn(self.clock)
            before = len(self.done)
            self.want(modest, 1)
            self.assertEqual(self.done[before:], ["modest"])
        self.assertTrue(greedy.share.isWaiting)

    def test_newcomers(self) -> None:
        """
        Fifty that begin to talk at the same time do not come before one who talks
        a little all the time: what it wants is done sooner.
        """
        modest = self.worker("modest", SHORT_SLICE / 4)
        for _ in range(100):
            self.want(modest, 1)
            self.clock.advance(0.01)
        for n in range(50):
            loud = self.worker(f"{n}", SLICE)
            loud.share.isMuch = True
            self.want(loud, 1000)
        self.done.clear()
        self.want(modest, 1)
        turn(self.clock)
        self.assertIn("modest", self.done[:2])

    def test_equal(self) -> None:
        """
        Those that always have work get the same time, however much they do at once,
        and one that leaves for a while gets no more for it.
        """
        often, rarely = self.worker("often", SLICE / 16), self.worker("rarely", SLICE)
        late = self.worker("late", SLICE / 8)
        self.want(often, 10000)
        self.want(rarely, 10000)
        for _ in range(100):
            turn(self.clock)
        self.want(late, 10000)
        self.done.clear()
        for _ in range(1000):
            turn(self.clock)
        had = {
            worker: self.done.count(name) * cost
            for worker, name, cost in (
                (often, "often", SLICE / 16),
                (rarely, "rarely", SLICE),
                (late, "late", SLICE / 8),
            )
        }
        self.assertLess(max(had.values()), 1.05 * min(had.values()))

    def test_following(self) -> None:
        """
        Work that follows from work is done as part of it, though others wait; in
        a slice, too.
        """
        first, second = self.worker("first"), self.worker("second")

        def reading(isEnough: Callable[[], bool]) -> bool:
            first.left = 2
            self.turns.follow(first.share)
            return False

        self.want(second, 1000)
        turn(self.clock)
        self.done.clear()
        self.turns.want(Share(reading, first.share.account, isWriting=False))
        self.assertEqual(self.done, ["first"])
        self.assertTrue(first.share.isWaiting)
        for _ in range(2):
            turn(self.clock)
        self.assertEqual(first.left, 0)

    def test_followingAccount(self) -> None:
        """
        What a viewer is written because of what it said does not count as reading;
        what is written to others because of it does.
        """
        own, other = self.worker("own"), self.worker("other")
        own.share.isWriting = other.share.isWriting = True

        def reading(isEnough: Callable[[], bool]) -> bool:
            self.clock.rightNow += 0.01
            own.left = other.left = 1
            self.turns.follow(own.share)
            self.turns.follow(other.share)
            return False

        account = own.share.account
        self.turns.want(Share(reading, account, isWriting=False))
        self.assertEqual(self.done, ["own", "other"])
        self.assertAlmostEqual(account.reading, 0.01 + SLICE / 4)
        self.assertAlmostEqual(account.writing, 0.01 + SLICE / 2)
        self.assertEqual(other.share.account.writing, 0.0)

    def test_leisurely(self) -> None:
        """
        What is not urgent is written in each turn, but keeps nobody waiting for what
        is; not even one that was given more.
        """
        urgent, leisurely = self.worker("urgent"), self.worker("leisurely")
        urgent.share.isWriting = leisurely.share.isWriting = True
        leisurely.share.isUrgent = False
        urgent.share.charge(1.0)
        self.want(leisurely, 1000)
        for _ in range(10):
            turn(self.clock)
            self.done.clear()
            self.want(urgent, 1)
            self.assertEqual(self.done, ["urgent"])
            turn(self.clock)
            self.assertIn("leisurely", self.done)

    def test_lines(self) -> None:
        """
        Who talks much comes later in the line for writing, too, but who is written to
        much does not in the line for reading.
        """
        talker, watcher = self.worker("talker"), self.worker("watcher")
        talker.share.charge(0.5)
        watcher.share.isWriting = True
        watcher.share.charge(0.5)
        self.assertEqual(talker.share.account.writing, 0.5)
        self.assertEqual(watcher.share.account.reading, 0.0)

    def test_stop(self) -> None:
        """
        A viewer that leaves gets no turn, and leaves no timer; others get theirs.
        """
        leaving, staying = self.worker("leaving"), self.worker("staying")
        self.want(leaving, 10)
        self.turns.stop(leaving.share)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.want(leaving, 10)
        self.want(staying, 10)
        self.turns.stop(leaving.share)
        self.done.clear()
        while self.clock.getDelayedCalls():
            turn(self.clock)
        self.assertEqual(set(self.done), {"staying"})

    def test_expensive(self) -> None:
        """
        A single piece of work that takes longer than a turn is done all the same.
        """
        worker = self.worker("a", TURN * 3)
        self.want(worker, 3)
        for _ in range(2):
            turn(self.clock)
        self.assertEqual(self.done, ["a"] * 3)

    def test_failing(self) -> None:
        """
        Work that fails ends its turn, and the others come to theirs in the next one.
        """

        def fail(isEnough: Callable[[], bool]) -> bool:
            raise ZeroDivisionError

        failing, others = Share(fail, Account(), isWriting=False), self.worker("other")
        self.want(self.worker("first"), 5)
        self.turns.want(failing)
        self.want(others, 5)
        self.assertRaises(ZeroDivisionError, turn, self.clock)
        while self.clock.getDelayedCalls():
            turn(self.clock)
        self.assertEqual(others.left, 0)

    def test_clockSet(self) -> None:
        """
        A clock that is set back or forward keeps nobody from their turn.
        """
        for step in (-3600.0, 3600.0):
            first, second = self.worker("first"), self.worker("second")
            self.want(first, 20)
            self.clock.rightNow += step
            self.want(second, 20)
            for _ in range(40):
                for call in self.clock.getDelayedCalls():
                    call.reset(-SLICE)
                turn(self.clock)
            self.assertEqual((first.left, second.left), (0, 0))
