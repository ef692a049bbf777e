# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of the kernels that compare: what both implementations do, and that they do the
same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.kernels.data import (
    COLOR,
    NOT_BUILT,
    Picture,
    Words,
    content,
    native,
    pictures,
    store,
)
from txrfb.kernels import reference


class ChangeTestsMixin:
    """
    What both implementations do.

    @ivar k: The module with the kernels.
    """

    k: Any

    # The assertions come from the other base, a test case class.
    assertEqual: Any
    assertIsNone: Any
    assertRaises: Any
    assertTrue: Any

    def take(
        self,
        old: Any,
        new: Words,
        where: list[Any],
        masked: bool = False,
        exact: int = 0,
    ) -> list[tuple[int, int, int, int]]:
        """
        Call takeChanges for memory without gaps.
        """
        stride = 4 * new.shape[1]
        result: list[tuple[int, int, int, int]] = self.k.takeChanges(
            old, stride, new.tobytes(), stride, where, exact, 64, masked
        )
        return result

    def test_same(self) -> None:
        """
        Equal memories have no changes, and without rectangles nothing is compared.
        """
        new = content(100, 100, "text", 1)
        old = bytearray(new.tobytes())
        self.assertEqual(self.take(old, new, [(0, 0, 100, 100)]), [])
        self.assertEqual(self.take(old, new, [(0, 0, 100, 100)], True), [])
        self.assertEqual(self.take(bytearray(len(old)), new, []), [])

    def test_notCompared(self) -> None:
        """
        The first rectangles are found and copied whole, though nothing differs there or
        only in the byte that is no color, and nothing twice; others are compared.
        """
        new = content(200, 200, "text", 1)
        old = bytearray((new ^ 0x01000000).tobytes())
        found = self.take(
            old, new, [(10, 70, 100, 50), (0, 60, 200, 90)], True, exact=1
        )
        self.assertEqual(found, [(10, 70, 100, 50)])
        self.assertEqual(old[4 * 14010 + 3], new.tobytes()[4 * 14010 + 3])
        self.assertEqual(old[4 * 14009 + 3], new.tobytes()[4 * 14009 + 3] ^ 1)
        self.assertEqual(
            self.take(old, new, [(1, 2, 3, 4), (0, 0, 9, 9)], exact=2),
            [(0, 0, 9, 9)],
        )

    def test_exact(self) -> None:
        """
        What is found has the rows and the columns that differ, and no more.  What is
        outside of the rectangle is neither found nor copied.
        """
        old = np.zeros((300, 300), np.uint32)
        new = old.copy()
        new[70:86, 140:148] = 0x123456
        new[20, 30] = 0x123456
        new[299, 299] = 0x123456
        found = self.take(old, new, [(0, 0, 300, 299)])
        self.assertEqual(found, [(30, 20, 1, 1), (140, 70, 8, 16)])
        self.assertEqual(old[299, 299], 0)
        new[299, 299] = 0
        self.assertTrue((old == new).all())

    def test_joined(self) -> None:
        """
        What goes over the edges of squares is found in one; what is far apart is not.
        """
        old = np.zeros((300, 400), np.uint32)
        new = old.copy()
        new[50:200, 60:210] = 7
        new[10:20, 300:310] = new[10:20, 385:395] = 7
        found = self.take(old, new, [(0, 0, 400, 300)])
        self.assertEqual(
            found, [(60, 50, 150, 150), (300, 10, 10, 10), (385, 10, 10, 10)]
        )

    def test_overlapping(self) -> None:
        """
        Each change is found once, however many rectangles it is in.
        """
        old = np.zeros((200, 200), np.uint32)
        new = old.copy()
        new[50:60, 40:90] = 9
        where = [(0, 0, 70, 55), (30, 40, 100, 100), (0, 0, 200, 200), (5, 5, 9, 9)]
        self.assertEqual(self.take(old, new, where), [(40, 50, 50, 10)])

    def test_masked(self) -> None:
        """
        Only if masked, a difference of the padding is none.
        """
        old = bytearray(8)
        new = np.array([[0, 0xFF000000]], np.uint32)
        self.assertEqual(self.take(old, new, [(0, 0, 2, 1)], True), [])
        self.assertEqual(old, bytes(8))
        self.assertEqual(self.take(old, new, [(0, 0, 2, 1)]), [(1, 0, 1, 1)])
        self.assertEqual(old, new.tobytes())

    def test_refused(self) -> None:
        """
        What is to be made equal must be writable; rectangles must be of four numbers,
        and inside, each of them, before anything is copied.
        """
        new = np.ones((1, 1), np.uint32)
        with self.assertRaises(BufferError):
            self.take(bytes(4), new, [(0, 0, 1, 1)])
        old = bytearray(4)
        for wrong in [(0, 0, 1, 2), (0, 0, 1), (0, 0, 0, 0), (0, 1 << 70, 1, 1)]:
            with self.assertRaises(ValueError):
                self.take(old, new, [(0, 0, 1, 1), wrong])
            self.assertEqual(old, bytes(4))

    def test_changedBounds(self) -> None:
        """
        What is around all that changed is found, whatever the padding, in memory that
        need not be writable.
        """
        old = content(40, 100, "text", 1)
        new = old.copy()
        where = (400, new, 400, 5, 3, 90, 30)
        self.assertIsNone(self.k.changedBounds(old.tobytes(), *where))
        new[10, 2] ^= 1  # outside
        new[10, 7] ^= 0xFF000000
        self.assertIsNone(self.k.changedBounds(old, *where))
        new[20, 30] ^= 0x10
        self.assertEqual(self.k.changedBounds(old, *where), (30, 20, 1, 1))
        new[4, 94] ^= 0x100
        new[32, 11] ^= 0x100
        self.assertEqual(self.k.changedBounds(old, *where), (11, 4, 84, 29))
        new[3:33, 5:95] ^= 0x10000
        self.assertEqual(self.k.changedBounds(old, *where), (5, 3, 90, 30))


class NativeTests(ChangeTestsMixin, SynchronousTestCase):
    """
    In C.
    """

    k = native

    if native is None:
        skip = NOT_BUILT


class ReferenceTests(ChangeTestsMixin, SynchronousTestCase):
    """
    In numpy.
    """

    k = reference


class SameTests(SynchronousTestCase):
    """
    Any changes, anywhere.
    """

    if native is None:
        skip = NOT_BUILT

    @settings(max_examples=200, deadline=None)
    @given(
        pictures(200),
        st.integers(0, 1 << 32),
        st.sampled_from([64, 16, 5]),
        st.booleans(),
    )
    def test_same(self, where: Picture, seed: int, tile: int, masked: bool) -> None:
        """
        They find and copy the same: rectangles that do not overlap, with all that
        differed in the rectangles that were given and nothing of squares without a
        difference.
        """
        rng = np.random.default_rng(seed)
        whole = where._replace(x=0, y=0, width=where.x + where.width)
        new = whole._replace(height=where.y + where.height).array()
        old = new.copy()
        for _ in range(int(rng.integers(0, 6))):
            x, y = rng.integers(0, (old.shape[1], old.shape[0])).tolist()
            high, wide = rng.integers(1, 40, 2).tolist()
            old[y : y + high, x : x + wide] ^= rng.choice(
                np.array([1, 1 << 24, 0xFF00], np.uint32)
            )
        rectangles = []
        looked = np.zeros(old.shape, bool)
        for _ in range(int(rng.integers(1, 5))):
            x, y = rng.integers(0, where[4:]).tolist()
            wide = int(rng.integers(1, where.width - x + 1))
            high = int(rng.integers(1, where.height - y + 1))
            x, y = x + where.x, y + where.y
            rectangles.append((x, y, wide, high))
            looked[y : y + high, x : x + wide] = True
        stride = 4 * old.shape[1] + int(rng.integers(0, 9))
        one, two = store(old, stride), store(old, stride)
        exact = int(rng.integers(0, 3))
        rest = (where.pixels, where.stride, rectangles, exact, tile, masked)
        found = native.takeChanges(one, stride, *rest)
        self.assertEqual(found, reference.takeChanges(two, stride, *rest))
        self.assertEqual(one, two)
        differed = (old ^ new) & (COLOR if masked else 0xFFFFFFFF) != 0
        differed &= looked
        for x, y, wide, high in rectangles[:exact]:
            differed[y : y + high, x : x + wide] = True
        covered = np.zeros(old.shape, np.uint8)
        for x, y, wide, high in found:
            covered[y : y + high, x : x + wide] += 1
            for top in range(y // tile * tile, y + high, tile):
                for left in range(x // tile * tile, x + wide, tile):
                    self.assertTrue(
                        differed[top : top + tile, left : left + tile].any()
                    )
        self.assertTrue(covered.max() <= 1)
        self.assertTrue(covered[differed].all())
        now = Picture(one, stride, 0, 0, old.shape[1], old.shape[0]).array()
        self.assertTrue((((now ^ new) & COLOR != 0)[looked] == 0).all())
        self.assertTrue((now == old)[covered == 0].all())
