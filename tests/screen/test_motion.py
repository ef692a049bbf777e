# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._screen.motion}: what behaves as a video, and what does not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.scenes import photo
from txrfb._screen.motion import Motion
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.pixels import Surface

BOUNDS = Rectangle(0, 0, 1001, 801)

FILM = Rectangle(100, 90, 400, 300)


def surfaceOf(framebuffer: MemoryFramebuffer) -> Surface:
    """
    @return: The pixels of a framebuffer.
    """
    pixels = np.ascontiguousarray(framebuffer.array)
    height, width = pixels.shape[:2]
    return Surface(pixels.reshape(-1), width * 4, width, height)


class MotionTests(SynchronousTestCase):
    """
    A picture of a photo, of which something changes.
    """

    def setUp(self) -> None:
        """
        Nothing has changed yet.
        """
        framebuffer = MemoryFramebuffer(BOUNDS.width, BOUNDS.height)
        framebuffer.paste(photo(BOUNDS.width, BOUNDS.height))
        self.surface = surfaceOf(framebuffer)
        self.motion = Motion(BOUNDS)
        self.now = 1000.0

    def play(
        self,
        damage: Sequence[Rectangle] | Callable[[int], list[Rectangle]],
        seconds: float = 2.0,
        rate: float = 30.0,
    ) -> list[Rectangle]:
        """
        Have the same change for some time.

        @return: What videos there are then.
        """
        for number in range(round(seconds * rate)):
            changed = damage(number) if callable(damage) else damage
            self.motion.frame(changed, self.surface, self.now)
            self.now += 1 / rate
        return self.motion.videos

    def test_found(self) -> None:
        """
        What changes for a second is a video, exactly where it changes.
        """
        self.assertEqual(self.play([FILM], 0.9), [])
        self.assertEqual(self.play([FILM], 0.7), [FILM])

    def test_slow(self) -> None:
        """
        A viewer with three frames a second has videos, too; slides are none.
        """
        self.assertEqual(self.play([FILM], 4.0, 3.0), [FILM])
        self.motion = Motion(BOUNDS)
        self.assertEqual(self.play([FILM], 30.0, 1.0), [])

    def test_even(self) -> None:
        """
        Sides are even: larger where there is room, or smaller.
        """
        cases = [
            (Rectangle(100, 90, 401, 301), Rectangle(100, 90, 402, 302)),
            (Rectangle(600, 500, 401, 301), Rectangle(599, 499, 402, 302)),
            (BOUNDS, Rectangle(0, 0, 1000, 800)),
        ]
        for changed, video in cases:
            self.motion = Motion(BOUNDS)
            self.assertEqual(self.play([changed]), [video])

    def test_parts(self) -> None:
        """
        If not all of it changes in each frame, it is one video all the same.
        """

        def some(number: int) -> list[Rectangle]:
            x, y, width, height = FILM
            top = Rectangle(x, y, width, 200 + number % 3)
            return [top, Rectangle(x, y + 210, width - number % 5, height - 210)]

        self.assertEqual(self.play(some), [FILM])

    def test_other(self) -> None:
        """
        What is small, or seldom, or here and there, is none.
        """
        x, y, width, height = FILM
        cases: list[Callable[[int], list[Rectangle]]] = [
            lambda n: [Rectangle(x, y, 253, height)],
            lambda n: [Rectangle(x, y, width, 200)],
            lambda n: [FILM] if n % 3 == 0 else [Rectangle(700, 700, 9, 9)],
            lambda n: [Rectangle(x + 64 * (n % 6), y, 64, height)],
            lambda n: [Rectangle(x + 32 * i, y, 9, height) for i in range(13)],
            lambda n: [
                Rectangle(40 * i, 40 * j, 39, 39) for i in range(20) for j in range(20)
            ],
        ]
        for number, case in enumerate(cases[:-1]):
            self.motion = Motion(BOUNDS)
            self.assertEqual(self.play(case), [], number)
        # What is too much to be looked at closely is taken for what is around it.
        self.motion = Motion(BOUNDS)
        self.assertEqual(self.play(cases[-1]), [Rectangle(0, 0, 800, 800)])

    def test_drawn(self) -> None:
        """
        What is drawn is none: it is smaller, and exact, as what it is.
        """
        framebuffer = MemoryFramebuffer(BOUNDS.width, BOUNDS.height)
        for row in range(0, BOUNDS.height, 8):
            framebuffer.fill("blue", (0, row, BOUNDS.width, 2))
        self.surface = surfaceOf(framebuffer)
        self.assertEqual(self.play([FILM]), [])

    def test_stays(self) -> None:
        """
        Where less changes for a while, the video stays what it is, so that its stream
        goes on; where more does, it is another; where nothing does, it ends.
        """
        x, y, width, height = FILM
        self.play([FILM])
        self.assertEqual(self.play([Rectangle(x, y + 40, width, height - 40)]), [FILM])
        larger = Rectangle(x, y, width + 200, height + 100)
        self.assertEqual(self.play([larger], 4.0), [larger])
        elsewhere = [Rectangle(900, 700, 20, 20)]
        self.assertEqual(self.play(elsewhere, 3.0), [])

    def test_pause(self) -> None:
        """
        What has rested for long has to show anew that it is a video.
        """
        self.play([FILM])
        self.now += 60
        self.assertEqual(self.play([FILM], 0.1), [])
        self.assertEqual(self.play([FILM]), [FILM])

    def test_clock(self) -> None:
        """
        If the clock is set back, it begins anew.
        """
        self.play([FILM])
        self.now -= 3600
        self.assertEqual(self.play([FILM], 0.1), [])
        self.assertEqual(self.play([FILM]), [FILM])

    def test_few(self) -> None:
        """
        There are two at a time, the largest.
        """
        films = [
            Rectangle(0, 0, 300, 300),
            Rectangle(500, 0, 400, 300),
            Rectangle(0, 440, 340, 360),
        ]
        self.assertEqual(self.play(films), [films[1], films[2]])

    @settings(max_examples=30, deadline=None)
    @given(
        st.lists(
            st.lists(
                st.tuples(
                    *(st.integers(0, 999), st.integers(0, 799)),
                    *(st.integers(1, 1001), st.integers(1, 801)),
                ),
                max_size=4,
            ),
            min_size=1,
            max_size=6,
        )
    )
    def test_always(self, frames: list[list[tuple[int, int, int, int]]]) -> None:
        """
        Whatever changes: videos are inside, even, not too small, and do not overlap.
        """
        self.motion = Motion(BOUNDS)
        for number in range(60):
            damage = [
                Rectangle(*one).intersection(BOUNDS)
                for one in frames[number % len(frames)]
            ]
            videos = self.play(damage, 1 / 30)
            for index, video in enumerate(videos):
                self.assertTrue(BOUNDS.contains(video))
                self.assertEqual((video.width % 2, video.height % 2), (0, 0))
                self.assertGreaterEqual(min(video.width, video.height), 254)
                for other in videos[:index]:
                    self.assertFalse(video.intersects(other))
