# -*- test-case-name: tests.session.test_timeouts -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.timeouts}.
"""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from txrfb._session.timeouts import Timeouts
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.protocol import RFBFactory
from txrfb.testing import Viewer


class TimeLimitsTests(SynchronousTestCase):
    """
    How long somebody may stay.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.reasons: list[str] = []

    def limits(self, idle: float, total: float) -> Timeouts:
        """
        @return: Limits that tell C{self.reasons}.
        """
        timeouts = Timeouts(self.clock, self.reasons.append)
        timeouts.start(idle, total)
        return timeouts

    def test_none(self) -> None:
        """
        Without limits there is nothing to wait for.
        """
        self.limits(0, 0)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_idle(self) -> None:
        """
        Who does something in time stays; who does nothing does not.
        """
        limits = self.limits(10, 0)
        for _ in range(3):
            self.clock.advance(9)
            limits.touch()
        self.clock.advance(9.5)
        self.assertEqual(self.reasons, [])
        self.clock.advance(0.5)
        self.assertEqual(self.reasons, ["nothing was done for 10 seconds"])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_total(self) -> None:
        """
        Who stays for too long is closed, whatever it does.
        """
        limits = self.limits(0, 60)
        self.clock.advance(59)
        limits.touch()
        self.clock.advance(1)
        self.assertEqual(self.reasons, ["the time limit of 60 seconds is over"])

    def test_stop(self) -> None:
        """
        Of somebody who has left nothing remains.
        """
        self.limits(10, 60).stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.reasons, [])

    def test_clockSetForward(self) -> None:
        """
        Who did something a second before the clock was set forward is not closed, and
        who does nothing for so long after it is.
        """
        for idle, total in ((10, 0), (0, 10)):
            del self.reasons[:]
            limits = self.limits(idle, total)
            self.clock.advance(1)
            limits.touch()
            self.clock.advance(1)
            self.clock.advance(3600)
            self.assertEqual(self.reasons, [])
            self.clock.advance(9)
            self.assertEqual(self.reasons, [])
            self.clock.advance(1)
            self.assertEqual(len(self.reasons), 1)
            self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_clockSetBack(self) -> None:
        """
        Who does something after the clock was set back is closed in time when it does
        nothing any more.
        """
        self.clock.advance(7200)
        limits = self.limits(10, 0)
        self.clock.rightNow -= 3600
        limits.touch()
        self.clock.advance(9)
        self.assertEqual(self.reasons, [])
        self.clock.advance(1)
        self.assertEqual(self.reasons, ["nothing was done for 10 seconds"])


class ServerTests(SynchronousTestCase):
    """
    The limits of a server.
    """

    def test_idle(self) -> None:
        """
        A viewer that only looks on is closed, one that moves its pointer is not.
        """
        clock = Clock()
        factory = RFBFactory(MemoryFramebuffer(20, 10), idleTimeout=30, reactor=clock)
        quiet, busy = Viewer(factory), Viewer(factory)
        for x in range(4):
            clock.advance(10)
            busy.move(x, 0)
        self.assertFalse(quiet.isOpen)
        self.assertTrue(busy.isOpen)
        busy.disconnect()

    def test_negative(self) -> None:
        """
        Limits are not negative.
        """
        framebuffer = MemoryFramebuffer(20, 10)
        with self.assertRaises(ValueError):
            RFBFactory(framebuffer, reactor=Clock(), idleTimeout=-1.0)
        with self.assertRaises(ValueError):
            RFBFactory(framebuffer, reactor=Clock(), timeLimit=-1.0)
