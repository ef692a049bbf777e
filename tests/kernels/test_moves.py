# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for the kernels that look for what was moved.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.kernels.data import NOT_BUILT, content, native
from txrfb.kernels import reference
from txrfb.kernels._views import COLOR, Words


class MoveTestsMixin:
    """
    Tests for both sets of kernels.
    """

    k: Any
    assertEqual: Any
    assertIsNone: Any

    areasFirst = False

    def find(self, old: Words, new: Words, *where: int) -> Any:
        """
        Call findMove for memory without gaps.
        """
        stride = 4 * old.shape[1]
        where = where or (0, 0, old.shape[1], old.shape[0])
        pair = old.tobytes(), stride, new.tobytes(), stride
        return self.k.findMove(*pair, *where, self.areasFirst)

    def test_scroll(self) -> None:
        """
        Rows that went up or down are found, in places of the whole memory.
        """
        old = content(300, 200, "noise", 5)
        for distance, rows in [(17, 143), (-40, 150)]:
            new = content(300, 200, "noise", 6)
            new[100:250] = old[100 + distance : 250 + distance]
            self.assertEqual(
                self.find(old, new, 20, 60, 100, 200),
                (20, 100, 100, rows, 20, 100 + distance),
            )

    def test_scrollIsVerified(self) -> None:
        """
        A row that differs in a pixel that is not sampled ends what moved; padding
        does not.
        """
        old = content(200, 1024, "noise", 5)
        new = np.roll(old, -10, axis=0)
        new[100, 20] ^= 1
        new[120] ^= 0x55000000
        self.assertEqual(self.find(old, new), (0, 0, 1024, 100, 0, 10))

    def test_nothing(self) -> None:
        """
        Nothing moved in flat areas, in noise, in what is too small, or in place.
        """
        flat = np.zeros((100, 100), np.uint32)
        noise = content(100, 100, "noise", 1)
        self.assertIsNone(self.find(flat, flat))
        self.assertIsNone(self.find(noise, noise))
        self.assertIsNone(self.find(flat, noise))
        moved = np.roll(noise, 3, axis=0)
        self.assertIsNone(self.find(noise, moved, 0, 0, 15, 100))
        self.assertIsNone(self.find(noise, moved, 0, 0, 100, 15))
        self.assertIsNone(self.find(noise, moved, 0, 20, 100, 15))
        self.assertEqual(self.find(noise, moved, 0, 0, 16, 100), (0, 3, 16, 97, 0, 0))

    def window(self, x: int, y: int, kind: str = "text") -> Words:
        """
        @return: A screen with a window.
        """
        screen = np.full((600, 800), 0x204060, np.uint32)
        screen[y : y + 240, x : x + 320] = content(240, 320, kind, 4)
        return screen

    def test_window(self) -> None:
        """
        What went anywhere is found, whole; what is around it may be as it was around
        it before.
        """
        for dx, dy in ((9, 5), (-9, 5), (70, 0), (-128, -111), (1, -1), (250, 200)):
            for kind in ("text", "noise"):
                old, new = self.window(200, 150), self.window(200 + dx, 150 + dy)
                if kind == "noise":
                    old = self.window(200, 150, kind)
                    new = self.window(200 + dx, 150 + dy, kind)
                changed = self.k.changedBounds(old, 3200, new, 3200, 0, 0, 800, 600)
                x, y, width, height, *source = self.find(old, new, *changed)
                self.assertEqual(source, [x - dx, y - dy])
                self.assertEqual((x, y), (200 + dx, 150 + dy))
                self.assertEqual((width, height), (320, 240))

    def test_windowWithNews(self) -> None:
        """
        What differs ends what was moved, so that most of it is found.
        """
        old, new = self.window(200, 150, "noise"), self.window(230, 160, "noise")
        new[390, 300] ^= 0x10
        new[161] ^= 0x40
        found = self.find(old, new, 190, 140, 380, 280)
        # And what is as empty beside it as it was there.
        self.assertEqual(found, (220, 162, 350, 228, 190, 152))

    def test_severalLikeIt(self) -> None:
        """
        Of places that look the same it is the one around which most was moved.
        """
        old, new = self.window(200, 150), self.window(209, 155)
        stamp = content(16, 16, "noise", 1)
        for screen, x, y in ((old, 200, 150), (new, 209, 155)):
            for k in range(4):
                screen[y + 112 : y + 128, x + 64 * k : x + 64 * k + 16] = stamp
        found = self.find(old, new, 190, 140, 380, 280)
        self.assertEqual(found[4:], (found[0] - 9, found[1] - 5))

    def test_areasFirst(self) -> None:
        """
        What was moved last is looked for first; the other is found, too.
        """
        self.areasFirst = True
        self.test_window()
        self.test_scroll()
        self.test_nothing()


class NativeTests(MoveTestsMixin, SynchronousTestCase):
    """
    In C.
    """

    k = native
    if native is None:
        skip = NOT_BUILT

    @settings(max_examples=100, deadline=None)
    @given(
        st.integers(20, 200),
        st.integers(20, 200),
        st.integers(-60, 60),
        st.integers(-60, 60),
        st.sampled_from(["flat", "few", "text", "noise"]),
        st.integers(0, 1000),
    )
    def test_anything(
        self, width: int, height: int, dx: int, dy: int, kind: str, seed: int
    ) -> None:
        """
        Whatever is found is so, inside of what was looked at, and found in numpy, too.
        """
        old = content(height, width, kind, seed)
        new = np.roll(old, (dy, dx), axis=(0, 1))
        new[seed % height, seed % width] ^= 0x80
        x, y, wide, high = 2, 1, width - 3, height - 2
        found = self.find(old, new, x, y, wide, high)
        pair = old, 4 * width, new, 4 * width
        both = reference.findMove(*pair, x, y, wide, high, False)
        self.assertEqual(found, both)
        if found is None:
            return
        left, top, columns, rows, fromLeft, fromTop = found
        for across, down in ((left, top), (fromLeft, fromTop)):
            self.assertEqual(across >= x and across + columns <= x + wide, True)
            self.assertEqual(down >= y and down + rows <= y + high, True)
        there = new[top : top + rows, left : left + columns]
        here = old[fromTop : fromTop + rows, fromLeft : fromLeft + columns]
        self.assertEqual(((there ^ here) & COLOR).any(), False)


class ReferenceTests(MoveTestsMixin, SynchronousTestCase):
    """
    In numpy.
    """

    k = reference
