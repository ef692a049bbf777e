# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.desktop.eye}.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from twisted.internet.defer import Deferred, fail
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from txrfb.desktop.eye import Eye
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle


class Slow(MemoryFramebuffer):
    """
    A framebuffer whose captures are counted, and may take long or fail.
    """

    waiting: list[Any] | None = None
    fault: Exception | None = None
    captures = 0

    def capture(self) -> Any:
        """
        Count it.
        """
        self.captures += 1
        if self.fault:
            return fail(self.fault)
        captured = super().capture()
        if self.waiting is None:
            return captured
        later: Deferred[Any] = Deferred()
        self.waiting.append(lambda: captured.chainDeferred(later))
        return later


class EyeTests(SynchronousTestCase):
    """
    What an L{Eye} sees.
    """

    def setUp(self) -> None:
        """
        One that looks.
        """
        self.clock = Clock()
        self.framebuffer = Slow(8, 6)
        self.framebuffer.fill("navy")
        self.eye = Eye(self.framebuffer, self.clock)
        self.eye.open()
        self.clock.advance(0)

    def test_picture(self) -> None:
        """
        It has a copy of the pixels, and of an area.
        """
        self.assertEqual(self.eye.size, (8, 6))
        self.assertEqual(self.eye.picture().tolist(), [[[0, 0, 128]] * 8] * 6)
        self.framebuffer.fill("red", (2, 1, 3, 2))
        self.clock.advance(1)
        expected = np.zeros((6, 8, 3), np.uint8)
        expected[..., 2] = 128
        expected[1:3, 2:5] = 255, 0, 0
        self.assertEqual(self.eye.picture().tolist(), expected.tolist())
        area = Rectangle(1, 1, 2, 1)
        self.assertEqual(self.eye.picture(area).tolist(), [[[0, 0, 128], [255, 0, 0]]])

    def test_changed(self) -> None:
        """
        It knows where something has changed since when, to the pixel; what is damaged
        and looks the same has not.
        """
        first = self.eye.serial
        self.framebuffer.fill("red", (2, 1, 3, 2))
        self.clock.advance(1)
        second = self.eye.serial
        self.assertGreater(second, first)
        self.framebuffer.damage()
        self.clock.advance(1)
        self.assertEqual(self.eye.serial, second)
        for since, area, isSo in (
            (first, None, True),
            (second, None, False),
            (first, Rectangle(4, 2, 4, 4), True),
            (first, Rectangle(5, 0, 3, 6), False),
            (second, Rectangle(2, 1, 3, 2), False),
        ):
            self.assertEqual(self.eye.hasChanged(since, area), isSo)

    def test_resize(self) -> None:
        """
        With another size everything has changed.
        """
        first = self.eye.serial
        self.framebuffer.resize(4, 3)
        self.clock.advance(1)
        self.assertEqual(self.eye.size, (4, 3))
        self.assertTrue(self.eye.hasChanged(first, Rectangle(0, 0, 1, 1)))

    def test_fresh(self) -> None:
        """
        Who asks for a fresh look gets one that began later, and when there is nothing
        new, too.
        """
        fresh = self.eye.fresh()
        self.successResultOf(fresh)
        waiting = self.framebuffer.waiting = []
        first, second = self.eye.fresh(), self.eye.fresh()
        self.framebuffer.fill("red")
        waiting.pop()()
        self.successResultOf(first)
        self.assertNoResult(second)
        waiting.pop()()
        self.successResultOf(second)
        self.assertEqual(self.eye.picture()[0, 0].tolist(), [255, 0, 0])

    def test_rate(self) -> None:
        """
        It looks no more often than it must, and at what came last.
        """
        before = self.framebuffer.captures
        for step in range(100):
            self.framebuffer.fill("red" if step % 2 else "blue")
            self.clock.advance(0.001)
        self.assertLessEqual(self.framebuffer.captures - before, 8)
        self.clock.advance(1)
        self.assertEqual(self.eye.picture()[0, 0].tolist(), [255, 0, 0])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_news(self) -> None:
        """
        Who waits is told of changes, of text and of the bell, or when the time is over.
        """
        late, news = self.eye.news(1.0), self.eye.news(5.0)
        self.clock.advance(1.0)
        self.successResultOf(late)
        self.assertNoResult(news)
        self.framebuffer.fill("red")
        self.clock.advance(0.1)
        self.successResultOf(news)
        for happens in (self.framebuffer.bell, lambda: self.framebuffer.cutText("a")):
            news = self.eye.news(5.0)
            happens()
            self.successResultOf(news)
        self.assertEqual((self.eye.bells, self.eye.text), (1, "a"))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_failure(self) -> None:
        """
        If it cannot look it tries again, and who waits for a look need not wait.
        """
        self.framebuffer.fault = OSError("gone")
        self.successResultOf(self.eye.fresh())
        self.framebuffer.fault = None
        self.framebuffer.fill("red")
        self.clock.advance(1)
        self.assertEqual(self.eye.picture()[0, 0].tolist(), [255, 0, 0])

    def test_close(self) -> None:
        """
        When it is closed nobody waits any more, and the picture is the last.
        """
        self.framebuffer.waiting = []
        self.framebuffer.fill("red")
        waiting = [self.eye.fresh(), self.eye.fresh(), self.eye.news(5.0)]
        self.eye.close()
        for one in waiting:
            self.successResultOf(one)
        self.successResultOf(self.eye.fresh())
        self.assertEqual(self.eye.picture()[0, 0].tolist(), [0, 0, 128])
        self.assertEqual(list(self.framebuffer.listeners()), [])
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.eye.close()
