# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.admission.turns}.
"""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from txrfb.error import Refused
from txrfb.security.admission.turns import Done, OneEach, Pace


class OneEachTests(SynchronousTestCase):
    """
    One thing at a time for each address.
    """

    def setUp(self) -> None:
        self.turns = OneEach()
        self.begun: list[str] = []

    def wait(self, key: str, name: str, until: Deferred[None]) -> Deferred[None]:
        """
        @return: Something of that name for an address, that ends when C{until} fires.
        """

        async def work() -> None:
            async with self.turns.turn(key, 3):
                self.begun.append(name)
                await until

        waiting = Deferred.fromCoroutine(work())

        def end() -> None:
            # One that waits for ever would be closed by the collector, in another test.
            waiting.addErrback(lambda failure: None)
            waiting.cancel()

        self.addCleanup(end)
        return waiting

    def test_order(self) -> None:
        """
        Those of one address come one after the other, also if one fails or is given
        up; others do not wait for them, and nothing is left in the end.
        """
        untils: list[Deferred[None]] = [Deferred() for _ in range(5)]
        names = ["a1", "a2", "a3", "b1", "a4"]
        waits = [
            self.wait(name[0], name, until)
            for name, until in zip(names, untils, strict=True)
        ]
        self.assertEqual(self.begun, ["a1", "b1"])
        waits[1].cancel()
        self.failureResultOf(waits[1], CancelledError)
        untils[0].errback(ValueError())
        self.failureResultOf(waits[0], ValueError)
        self.assertEqual(self.begun, ["a1", "b1", "a3"])
        waits[2].cancel()
        self.failureResultOf(waits[2], CancelledError)
        self.assertEqual(self.begun, ["a1", "b1", "a3", "a4"])
        untils[3].callback(None)
        untils[4].callback(None)
        self.successResultOf(waits[3])
        self.successResultOf(waits[4])
        self.assertEqual(len(self.turns), 0)

    def test_tooMany(self) -> None:
        """
        If as many wait as may, the next one is told so at once, in words for the
        viewer; one that is given up makes room, and others have rows of their own.
        """
        waits = [self.wait("a", f"a{number}", Deferred()) for number in range(4)]
        refused = self.failureResultOf(self.wait("a", "a4", Deferred()), Refused)
        self.assertIn("too many logins are waiting", str(refused.value))
        self.wait("b", "b1", Deferred())
        waits[2].cancel()
        self.failureResultOf(waits[2], CancelledError)
        self.assertNoResult(self.wait("a", "a5", Deferred()))
        self.assertEqual(self.begun, ["a0", "b1"])


class PaceTests(SynchronousTestCase):
    """
    Turns, and rests.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.pace = Pace(self.clock)

    def use(self, turn: Deferred[Done], seconds: float) -> None:
        """
        A turn has come, and is used for so long.
        """
        done = self.successResultOf(turn)
        self.clock.rightNow += seconds
        done(0)

    def test_rest(self) -> None:
        """
        The first comes at once; after it there is a rest nine times as long, but of
        no more than a second.
        """
        for taken, rest in ((0.01, 0.09), (0.5, 1.0)):
            self.use(self.pace.turn("a"), taken)
            turn = self.pace.turn("a")
            self.clock.advance(rest - 0.001)
            self.assertNoResult(turn)
            self.clock.advance(0.0011)
            self.use(turn, 0)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_later(self) -> None:
        """
        What follows from a turn later counts, too.
        """
        self.successResultOf(self.pace.turn("a"))(0.01)
        turn = self.pace.turn("b")
        self.clock.advance(0.089)
        self.assertNoResult(turn)
        self.clock.advance(0.0011)
        self.use(turn, 0)

    def test_rotation(self) -> None:
        """
        Addresses take turns, however many one of them has asked for.
        """
        order: list[str] = []

        def used(done: Done, name: str) -> None:
            order.append(name)
            self.clock.rightNow += 0.01
            done(0)

        for name in ["a1", "a2", "a3", "b1", "b2", "c1"]:
            self.pace.turn(name[0]).addCallback(used, name)
        self.clock.pump([0.09] * 8)
        self.assertEqual(order, ["a1", "a2", "b1", "c1", "a3", "b2"])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_cancelled(self) -> None:
        """
        A viewer that leaves is no longer in the row, and leaves no timer; the rest is
        not made shorter by that.
        """
        self.use(self.pace.turn("a"), 0.1)
        turn = self.pace.turn("b")
        turn.cancel()
        self.failureResultOf(turn, CancelledError)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        turn = self.pace.turn("c")
        self.clock.advance(0.8)
        self.assertNoResult(turn)
        self.clock.advance(0.2)
        self.use(turn, 0)

    def test_clockSetBack(self) -> None:
        """
        A clock that is set back does not make anybody wait for it.
        """
        self.use(self.pace.turn("a"), 0.1)
        self.clock.rightNow -= 3600
        self.use(self.pace.turn("a"), 0.1)
