# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.pacing}, by itself and as applications use it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from twisted.internet.task import Clock, LoopingCall
from twisted.trial.unittest import SynchronousTestCase

from tests.scenes import serving
from txrfb._session.pacing import Pacing
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.protocol import RFBFactory
from txrfb.security.accounts.realm import portalFor
from txrfb.security.admission.gate import Gate
from txrfb.security.types.none import NoSecurity
from txrfb.testing import Viewer, assertScreen


class PaceTests(SynchronousTestCase):
    """
    When the next update may begin.
    """

    def setUp(self) -> None:
        """
        A pace on a clock.
        """
        self.clock = Clock()
        self.resumed: list[float] = []
        self.pace = Pacing(
            self.clock, lambda: self.resumed.append(self.clock.seconds())
        )

    def test_noLimits(self) -> None:
        """
        Without limits, at any time.
        """
        for _ in range(3):
            self.assertFalse(self.pace.isHeldBack)
            self.pace.sent(10**9)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_bytes(self) -> None:
        """
        A number of bytes a second: after an update as long as that takes.
        """
        self.pace.limit(1000, 0)
        self.pace.sent(500)
        self.assertTrue(self.pace.isHeldBack)
        self.clock.advance(0.49)
        self.assertTrue(self.pace.isHeldBack)
        self.clock.advance(0.02)
        self.assertFalse(self.pace.isHeldBack)
        self.assertEqual(self.resumed[1:], [0.51])

    def test_frames(self) -> None:
        """
        A number of updates a second.
        """
        self.pace.limit(0, 4)
        self.pace.sent(10**9)
        self.assertTrue(self.pace.isHeldBack)
        self.clock.advance(0.25)
        self.assertFalse(self.pace.isHeldBack)

    def test_both(self) -> None:
        """
        Both at a time: the one that takes longer counts.
        """
        self.pace.limit(1000, 4)
        for size, seconds in ((100, 0.25), (600, 0.6)):
            self.pace.sent(size)
            self.clock.advance(seconds - 0.01)
            self.assertTrue(self.pace.isHeldBack)
            self.clock.advance(0.02)
            self.assertFalse(self.pace.isHeldBack)

    def test_resumedOnce(self) -> None:
        """
        However often it is asked, it tells once.
        """
        self.pace.limit(1000, 0)
        self.resumed.clear()
        self.pace.sent(500)
        for _ in range(5):
            self.assertTrue(self.pace.isHeldBack)
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        self.clock.advance(1)
        self.assertEqual(len(self.resumed), 1)

    def test_lifted(self) -> None:
        """
        Other limits hold from the next update on.
        """
        self.pace.limit(1, 0)
        self.pace.sent(1000)
        self.assertTrue(self.pace.isHeldBack)
        self.resumed.clear()
        self.pace.limit(0, 0)
        self.assertFalse(self.pace.isHeldBack)
        self.assertEqual(len(self.resumed), 1)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_stop(self) -> None:
        """
        When it is over, no timer is left.
        """
        self.pace.limit(1, 0)
        self.pace.sent(1000)
        self.assertTrue(self.pace.isHeldBack)
        self.pace.stop()
        self.pace.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_negative(self) -> None:
        """
        There is nothing less than nothing.
        """
        for limits in ((-1, 0), (0, -1), (float("nan"), 0)):
            self.assertRaises(ValueError, self.pace.limit, *limits)


class LimitedTests(SynchronousTestCase):
    """
    One viewer has limits, another has not.
    """

    def setUp(self) -> None:
        """
        Both, and something that moves.
        """
        self.framebuffer = MemoryFramebuffer(100, 80)
        factory = serving(self.framebuffer)
        self.limited = Viewer(factory, encodings=(0,))
        self.free = Viewer(factory, encodings=(0,))
        self.server: Any = self.limited.server
        source = np.random.default_rng(3)

        def draw() -> None:
            self.framebuffer.paste(source.integers(0, 256, (80, 100, 3), np.uint8))

        loop = LoopingCall(draw)
        loop.clock = factory.clock
        loop.start(0.02, now=False)
        self.addCleanup(loop.stop)
        self.loop = loop

    def test_frames(self) -> None:
        """
        Frames a second.
        """
        self.server.limitRate(framesPerSecond=5)
        self.limited.updates.clear()
        self.free.updates.clear()
        self.limited.advance(4)
        self.assertIn(len(self.limited.updates), range(18, 22))
        self.assertGreater(len(self.free.updates), 150)

    def test_bytes(self) -> None:
        """
        Bytes a second.
        """
        before = self.server.bytesSent
        self.server.limitRate(bytesPerSecond=100_000)
        self.limited.advance(10)
        rate = (self.server.bytesSent - before) / 10
        self.assertIn(round(rate), range(80_000, 108_000))

    def test_lifted(self) -> None:
        """
        Without limits it gets all again.
        """
        self.server.limitRate(framesPerSecond=0.01)
        self.limited.advance(3)
        self.server.limitRate()
        self.limited.updates.clear()
        self.limited.advance(2)
        self.assertGreater(len(self.limited.updates), 70)

    def test_newest(self) -> None:
        """
        What it gets at last is the newest.
        """
        self.server.limitRate(framesPerSecond=1)
        self.limited.advance(2.5)
        self.loop.stop()
        self.addCleanup(self.loop.start, 1000)
        assertScreen(self.limited, self.framebuffer, within=2)

    def test_beforeTheLogin(self) -> None:
        """
        What is limited before the viewer is logged in, as by who approves it, holds.
        """
        framebuffer = MemoryFramebuffer(100, 80)
        clock = Clock()

        def approve(viewer: Any, _: object) -> bool:
            viewer.limitRate(framesPerSecond=5)
            return True

        gate = Gate(clock, portalFor(), (NoSecurity(),), approve=approve)
        viewer = Viewer(RFBFactory(framebuffer, gate=gate, reactor=clock))
        viewer.updates.clear()
        for shade in range(200):
            framebuffer.fill((shade, 0, 0))
            viewer.advance(0.02)
        self.assertIn(len(viewer.updates), range(18, 22))

    def test_gone(self) -> None:
        """
        Limits of a viewer that is gone, or not in yet, are no error, and leave no
        timer.
        """
        self.server.limitRate(framesPerSecond=1)
        self.limited.advance(0.3)
        self.limited.disconnect()
        self.server.limitRate(bytesPerSecond=5)
        self.loop.stop()
        self.addCleanup(self.loop.start, 1000)
        self.free.disconnect()
        self.limited.advance(5)
        self.assertEqual(self.limited.clock.getDelayedCalls(), [])
