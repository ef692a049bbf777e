# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.congestion}: the window by itself, and viewers at the end of a
narrow link.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from twisted.internet.task import Clock, LoopingCall
from twisted.trial.unittest import SynchronousTestCase

from tests.machine import Knowing
from tests.scenes import serving
from txrfb._session.congestion import INITIAL, MAX, MAX_PINGS, MEMORY, MIN, Congestion
from txrfb.encodings import constants as c
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.testing import Link, assertScreen

FLOW = (c.FENCE, c.CONTINUOUS_UPDATES)


class WindowTests(SynchronousTestCase):
    """
    What the window learns.
    """

    def setUp(self) -> None:
        """
        A link whose empty way takes a tenth of a second.
        """
        self.clock = Clock()
        self.congestion = Congestion(self.clock)
        self.probe(0.1)

    def probe(self, seconds: float) -> None:
        """
        Send a fence with nothing in its way.
        """
        self.congestion.ping()
        self.clock.advance(seconds)
        self.congestion.pong()

    def update(self, size: int, *sizes: int, seconds: float) -> None:
        """
        Send updates in a row, which all come back after so many seconds.
        """
        count = 1 + len(sizes)
        for one in (size, *sizes):
            self.congestion.sent(one)
            self.congestion.ping()
        self.clock.advance(seconds)
        for _ in range(count):
            self.assertTrue(self.congestion.pong())

    def test_first(self) -> None:
        """
        At first nothing is known, and little may be sent.
        """
        congestion = Congestion(self.clock)
        self.assertEqual(congestion.window, INITIAL)
        self.assertIsNone(congestion.roundTrip)
        self.assertIsNone(congestion.baseRoundTrip)
        self.assertFalse(congestion.isCongested)
        self.assertFalse(congestion.isWaiting)
        self.assertTrue(congestion.wantsProbe)

    def test_clockIsSet(self) -> None:
        """
        If the clock is set while fences are under way, nothing is learned of those,
        and the way is measured anew.
        """
        for seconds in (-3600, 3600):
            self.clock.advance(7200)
            self.probe(0.1)
            window = self.congestion.window
            self.congestion.sent(1000)
            self.congestion.ping()
            self.clock.rightNow += seconds
            self.assertTrue(self.congestion.pong())
            self.assertEqual(self.congestion.window, window)
            self.assertTrue(self.congestion.wantsProbe)
            self.probe(0.1)
            assert self.congestion.baseRoundTrip is not None
            self.assertAlmostEqual(self.congestion.baseRoundTrip, 0.1)

    def test_probe(self) -> None:
        """
        A fence with nothing in its way tells how long that is; while it is on its
        way, nothing else may be sent.
        """
        congestion = Congestion(self.clock)
        congestion.ping()
        self.assertTrue(congestion.isCongested)
        self.assertFalse(congestion.wantsProbe)
        self.clock.advance(0.25)
        congestion.pong()
        self.assertAlmostEqual(congestion.baseRoundTrip or 0, 0.25)
        self.assertFalse(congestion.isCongested)
        self.assertFalse(congestion.wantsProbe)

    def test_underWay(self) -> None:
        """
        What was sent is under way until a fence behind it is back.
        """
        congestion = self.congestion
        congestion.sent(1000)
        congestion.ping()
        congestion.sent(500)
        self.assertEqual(congestion.underWay, 1500)
        congestion.pong()
        self.assertEqual(congestion.underWay, 500)

    def test_full(self) -> None:
        """
        When the window is full nothing more may be sent.
        """
        congestion = self.congestion
        congestion.sent(INITIAL - 1)
        congestion.ping()
        self.assertFalse(congestion.isCongested)
        congestion.sent(1)
        self.assertTrue(congestion.isCongested)
        self.assertTrue(congestion.isWaiting)

    def test_strays(self) -> None:
        """
        Fences that were not sent change nothing.
        """
        self.assertFalse(self.congestion.pong())
        self.assertEqual(self.congestion.window, INITIAL)

    def test_grows(self) -> None:
        """
        While nothing queues, and the window is used, it doubles.
        """
        for number in range(1, 5):
            self.update(self.congestion.window, seconds=0.1)
            self.assertEqual(self.congestion.window, INITIAL << number)

    def test_growsSlowly(self) -> None:
        """
        Once something has queued, it grows by a little, while little queues.
        """
        self.update(*[10_000] * 10, seconds=0.5)
        window = self.congestion.window
        for number in range(1, 4):
            self.update(self.congestion.window, seconds=0.1)
            self.assertEqual(self.congestion.window, window + number * MIN)

    def test_startsGently(self) -> None:
        """
        If more queues than half an update, it does not double any more; if it is more
        than most of one, it does not grow.
        """
        self.update(INITIAL, seconds=0.3)
        self.assertEqual(self.congestion.window, INITIAL + MIN)
        self.update(INITIAL + MIN, seconds=1.5)
        self.assertEqual(self.congestion.window, INITIAL + MIN)

    def test_unused(self) -> None:
        """
        While it is not used, it stays as it is.
        """
        for _ in range(20):
            self.update(INITIAL // 2, seconds=0.1)
        self.assertEqual(self.congestion.window, INITIAL)

    def test_bounded(self) -> None:
        """
        It has a largest size.
        """
        for _ in range(40):
            self.update(self.congestion.window, seconds=0.1)
        self.assertEqual(self.congestion.window, MAX)

    def test_shrinks(self) -> None:
        """
        When more than an update queues, the window becomes what the way holds.
        """
        for _ in range(3):
            self.update(self.congestion.window, seconds=0.1)
        # Ten updates of 10000 bytes, of which a quarter of the time is no queue.
        self.update(*[10_000] * 10, seconds=0.5)
        self.assertLess(self.congestion.window, 30_000)
        self.assertGreaterEqual(self.congestion.window, MIN)

    def test_smallest(self) -> None:
        """
        It has a smallest size, however long the way becomes.
        """
        for _ in range(20):
            self.update(*[2000] * 10, seconds=9)
        self.assertEqual(self.congestion.window, MIN)

    def test_oneLargeUpdate(self) -> None:
        """
        The end of a large update waits for its beginning: that is no queue, and no
        reason for a smaller window.
        """
        for _ in range(5):
            self.update(300_000, seconds=1.0)
        self.assertGreaterEqual(self.congestion.window, INITIAL)

    def test_jitter(self) -> None:
        """
        A way that is a little longer at times is the same way.
        """
        for index in range(6):
            self.update(self.congestion.window, seconds=0.1 + 0.02 * (index % 2))
        self.assertEqual(self.congestion.window, INITIAL << 6)

    def test_anotherWay(self) -> None:
        """
        After a minute the empty way is measured anew: what is under way must come to
        its end first.
        """
        congestion = self.congestion
        self.clock.advance(MEMORY)
        self.update(100, seconds=0.2)
        self.assertEqual(congestion.baseRoundTrip, 0.1)
        self.assertTrue(congestion.wantsProbe)
        congestion.sent(100)
        congestion.ping()
        self.assertTrue(congestion.isCongested)
        self.clock.advance(0.2)
        congestion.pong()
        self.probe(0.3)
        self.assertAlmostEqual(congestion.baseRoundTrip or 0, 0.3)
        self.assertFalse(congestion.wantsProbe)

    def test_noTime(self) -> None:
        """
        A way that takes no time at all is one, too.
        """
        self.probe(0)
        self.update(INITIAL, seconds=0)
        self.assertEqual(self.congestion.window, 2 * INITIAL)

    def test_manyFences(self) -> None:
        """
        Who sends no fences back costs no more than so many.
        """
        for _ in range(MAX_PINGS):
            self.assertFalse(self.congestion.isCongested)
            self.congestion.sent(1)
            self.congestion.ping()
        self.assertTrue(self.congestion.isCongested)


class NarrowTests(SynchronousTestCase):
    """
    A viewer at the end of a link of 2 Mbit/s that is 80 ms long there and back, and
    an application that moves something all the time.
    """

    BANDWIDTH = 250_000
    ROUND_TRIP = 0.08

    def animated(self, size: int, fence: bool = True) -> tuple[list[float], float]:
        """
        Let a picture move for some seconds, each frame of which has about so many
        bytes.

        @return: For each frame that was seen after the first three seconds, after how
            many seconds; and how much of the link was used then.
        """
        rows = size // 300
        framebuffer = MemoryFramebuffer(101, rows + 1)
        factory = serving(framebuffer, frameRate=60)
        clock: Any = factory.clock
        source = np.random.default_rng(1)
        drawn: list[float] = []

        def draw() -> None:
            noise = source.integers(0, 256, (rows, 100, 3), np.uint8)
            framebuffer.paste(noise)
            # The number of the frame, in a pixel that is its own.
            number = len(drawn)
            framebuffer.array[rows, 100, :3] = (number & 255, number >> 8, 0)
            framebuffer.damage()
            drawn.append(clock.seconds())

        viewer = Knowing(
            factory,
            FLOW if fence else FLOW[1:],
            link=Link(self.BANDWIDTH, self.ROUND_TRIP / 2),
        )
        viewer.client.isUpdating = False
        screen = Rectangle(0, 0, framebuffer.width, framebuffer.height)
        viewer.client.enableContinuousUpdates(screen)
        latencies: list[float] = []
        seen = 0

        def updated(update: Any) -> None:
            nonlocal seen
            pixel = int(viewer.client.canvas[rows, 100])
            number = (pixel & 255) | (pixel >> 8 & 255) << 8
            if number > seen and clock.seconds() > start + 3:
                latencies.append(clock.seconds() - drawn[number])
            seen = max(seen, number)

        viewer.client.updateReceived = updated  # type: ignore[method-assign]
        start = clock.seconds()
        loop = LoopingCall(draw)
        loop.clock = clock
        loop.start(1 / 30, now=False)
        viewer.advance(3)
        before = viewer.server.bytesSent  # type: ignore[union-attr]
        viewer.advance(7)
        sent = viewer.server.bytesSent - before  # type: ignore[union-attr]
        loop.stop()
        assertScreen(viewer, framebuffer, within=5)
        return latencies, sent / (7 * self.BANDWIDTH)

    def test_smallFrames(self) -> None:
        """
        Frames of which 30 a second are just too much arrive little later than they
        must, and the link is used.
        """
        latencies, used = self.animated(9_000)
        must = self.ROUND_TRIP / 2 + 9_000 / self.BANDWIDTH
        self.assertLess(max(latencies), must + 0.2)
        self.assertLess(sum(latencies) / len(latencies), must + 0.1)
        self.assertGreater(used, 0.75)

    def test_largeFrames(self) -> None:
        """
        So do frames of which the link carries three a second.
        """
        latencies, used = self.animated(80_000)
        must = self.ROUND_TRIP / 2 + 80_000 / self.BANDWIDTH
        self.assertLess(max(latencies), must * 2.5)
        self.assertGreater(used, 0.75)

    def test_without(self) -> None:
        """
        Without fences, what is written waits in the transport: nothing tells when it
        has arrived.  This is what fences are for.
        """
        latencies, _ = self.animated(9_000, fence=False)
        self.assertGreater(max(latencies), 0.3)

    def test_quietBetween(self) -> None:
        """
        When something rare is drawn on an idle link, it arrives at once.
        """
        framebuffer = MemoryFramebuffer(100, 80)
        factory = serving(framebuffer)
        viewer = Knowing(factory, FLOW, link=Link(self.BANDWIDTH, 0.04))
        viewer.client.isUpdating = False
        viewer.client.enableContinuousUpdates(Rectangle(0, 0, 100, 80))
        viewer.settle()
        for color in ("red", "blue", "red", "lime"):
            viewer.advance(20)
            framebuffer.fill(color)
            begun = viewer.clock.seconds()
            assertScreen(viewer, framebuffer)
            # Once in a minute the way is measured before.
            self.assertLess(viewer.clock.seconds() - begun, 0.2)
