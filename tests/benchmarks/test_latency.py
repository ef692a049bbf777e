# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{benchmarks.latency} and L{benchmarks.link}.
"""

from __future__ import annotations

import contextlib
import io
import time
from pathlib import Path

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from benchmarks import latency, link
from benchmarks.link import Lane, LinkUnavailable, Shape


class LaneTests(SynchronousTestCase):
    """
    One direction of a link.
    """

    def setUp(self) -> None:
        """
        A link of 8000 bits a second, half a second long, with room for three.
        """
        self.lane = Lane(Shape(8000, 0.5, 3))

    def test_time(self) -> None:
        """
        Packets leave one after the other, at the link's rate, and arrive after its
        delay, in order.
        """
        self.assertEqual(self.lane.next, float("inf"))
        for packet in (b"a" * 100, b"b" * 200):
            self.assertTrue(self.lane.enter(packet, 10.0))
        self.assertAlmostEqual(self.lane.next, 10.6)
        self.assertEqual(list(self.lane.take(10.59)), [])
        self.assertEqual(list(self.lane.take(10.61)), [b"a" * 100])
        self.assertAlmostEqual(self.lane.next, 10.8)
        self.assertEqual(list(self.lane.take(99)), [b"b" * 200])

    def test_full(self) -> None:
        """
        What there is no room for is dropped; room is there again when one has left.
        """
        entered = [self.lane.enter(bytes(100), 0.0) for _ in range(4)]
        self.assertEqual(entered, [True, True, True, False])
        self.assertTrue(self.lane.enter(bytes(100), 0.11))
        self.assertFalse(self.lane.enter(bytes(100), 0.11))

    def test_idle(self) -> None:
        """
        An idle link saves no time up.
        """
        self.lane.enter(bytes(100), 0.0)
        self.lane.enter(bytes(100), 50.0)
        self.assertEqual(len(list(self.lane.take(1.0))), 1)
        self.assertAlmostEqual(self.lane.next, 50.6)


class AnimationTests(SynchronousTestCase):
    """
    What is played.
    """

    def test_numbers(self) -> None:
        """
        Every frame has its number, and differs from the one before all over the
        screen.
        """
        before = None
        for number, shot in enumerate(latency.animation(40)):
            pixels = shot.pixels.astype(np.uint32)
            numbers = pixels[..., 0] | pixels[..., 1] << 8 | pixels[..., 2] << 16
            canvas = numbers.astype(np.uint32)
            self.assertEqual(latency.numberIn(canvas), number)
            if before is not None:
                self.assertGreater((canvas != before).mean(), 0.05)
            before = canvas


class ImpossibleTests(SynchronousTestCase):
    """
    Where there can be no link.
    """

    def test_said(self) -> None:
        """
        That is said, and is no failure.
        """

        def refuse(*words: str) -> None:
            raise LinkUnavailable("ip netns add: Operation not permitted")

        self.patch(link, "_run", refuse)
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            self.assertEqual(latency.main([]), 0)
        self.assertIn("Operation not permitted", output.getvalue())
        self.assertIn("nothing measured", output.getvalue())

    def test_missingProgram(self) -> None:
        """
        A program that is not installed is a reason.
        """
        self.assertRaises(LinkUnavailable, link._run, "no-such-program-here")
        self.assertRaises(LinkUnavailable, link._run, "false")


class PaintedTests(SynchronousTestCase):
    """
    When frames were painted.
    """

    def test_times(self) -> None:
        """
        Each number that is written has a time, also those that were skipped.
        """
        path = Path(self.mktemp())
        path.parent.mkdir(exist_ok=True)
        painted = latency.Painted(path)
        try:
            with path.open("r+b") as file:
                file.write((3).to_bytes(8, "little"))
            end = time.monotonic() + 10
            while len(painted.times) < 3 and time.monotonic() < end:
                time.sleep(0.001)
        finally:
            painted.stop()
        self.assertEqual(set(painted.times), {0, 1, 2})
