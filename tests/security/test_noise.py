# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.admission.noise}.
"""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from txrfb.security.admission.noise import Noise


class NoiseTests(SynchronousTestCase):
    """
    Many connections.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.noise = Noise(self.clock)

    def told(self, number: int) -> int:
        """
        @return: Of how many of so many connections there may be lines.
        """
        return sum(self.noise.mayTell() for _ in range(number))

    def test_bounded(self) -> None:
        """
        After a quiet time there are lines of sixty connections, of ten more each minute
        if it goes on.
        """
        self.assertEqual(self.told(1000), 60)
        self.clock.advance(60)
        self.assertEqual(self.told(1000), 10)
        self.clock.advance(3600)
        self.assertEqual(self.told(1000), 60)

    def test_clockSet(self) -> None:
        """
        A clock that is set back silences nobody for longer.
        """
        self.clock.advance(3600)
        self.told(60)
        with capturedLogs() as events:
            self.noise.refused(None, "x", "x")
            self.clock.rightNow = 0
            self.noise.refused(None, "x", "x")
        self.assertEqual(len(events), 2)
        self.assertEqual(self.told(1), 0)
        self.clock.advance(60)
        self.assertEqual(self.told(60), 10)

    def test_summary(self) -> None:
        """
        What is counted is told of a minute after the last time, in one line; if nothing
        was there is none.
        """
        with capturedLogs() as events:
            self.noise.refused("192.0.2.1", "busy", "busy until noon")
            self.clock.advance(59)
            self.noise.refused("192.0.2.1", "busy", "busy until noon")
            self.noise.count("192.0.2.2", "ended in Security")
            self.noise.count(None, "ended in Security")
            self.assertEqual(len(events), 1)
            self.clock.advance(1)
            self.assertEqual(len(events), 2)
            self.clock.advance(600)
            self.noise.count("192.0.2.3", "ended")
            self.clock.advance(60)
        self.assertEqual(
            [formatEvent(event) for event in events],
            [
                "refused connection from 192.0.2.1: busy until noon",
                "3 connections more in 60 s: 2 ended in Security, 1 refused: busy; from"
                " 1 192.0.2.1, 1 192.0.2.2, 1 None",
                "1 connections more in 60 s: 1 ended; from 1 192.0.2.3",
            ],
        )
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_memory(self) -> None:
        """
        However many addresses and reasons there are, little is kept, and little said,
        and all are counted.
        """
        with capturedLogs() as events:
            for number in range(10000):
                self.noise.count(f"2001:db8::{number:x}", f"reason {number}")
            self.assertLess(len(self.noise._hosts) + len(self.noise._counts), 200)
            self.clock.advance(60)
        [event] = events
        self.assertEqual(event["connections"], 10000)
        self.assertLess(len(formatEvent(event)), 400)
