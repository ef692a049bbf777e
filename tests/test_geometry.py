# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.geometry}: regions against plain sets of points.
"""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial import unittest

from txrfb.geometry import Rectangle, Region, joined

Points = set[tuple[int, int]]

rectangles = st.builds(
    Rectangle,
    st.integers(0, 12),
    st.integers(0, 12),
    st.integers(0, 9),
    st.integers(0, 9),
)
lists = st.lists(rectangles, max_size=8)


def points(*some: Rectangle) -> Points:
    """
    @return: The pixels of rectangles.
    """
    return {
        (x, y)
        for r in some
        for x in range(r.x, r.x + r.width)
        for y in range(r.y, r.y + r.height)
    }


class RectangleTests(unittest.SynchronousTestCase):
    """
    Tests for L{Rectangle}.
    """

    def test_measures(self) -> None:
        """
        A rectangle knows where it ends and how large it is.
        """
        one = Rectangle(3, 4, 5, 6)
        self.assertEqual((one.right, one.bottom, one.area), (8, 10, 30))
        self.assertFalse(one.isEmpty)
        self.assertTrue(Rectangle(3, 4, 0, 6).isEmpty)
        self.assertTrue(Rectangle(3, 4, 5, 0).isEmpty)

    @settings(max_examples=80, deadline=None)
    @given(rectangles, rectangles)
    def test_pairs(self, one: Rectangle, other: Rectangle) -> None:
        """
        What two rectangles have in common, and whether, and what is around both.
        """
        a, b = points(one), points(other)
        self.assertEqual(points(one.intersection(other)), a & b)
        self.assertEqual(one.intersects(other), bool(a & b))
        around = points(one.union(other))
        self.assertLessEqual(a | b, around)
        if a and b:
            xs, ys = zip(*(a | b), strict=True)
            self.assertEqual(
                len(around), (max(xs) - min(xs) + 1) * (max(ys) - min(ys) + 1)
            )
        if b:
            self.assertEqual(one.contains(other), b <= a)

    @settings(max_examples=80, deadline=None)
    @given(rectangles, rectangles)
    def test_subtract(self, one: Rectangle, other: Rectangle) -> None:
        """
        What is left is every pixel once, in at most four pieces.
        """
        pieces = one.subtract(other)
        self.assertLessEqual(len(pieces), 4)
        self.assertEqual(points(*pieces), points(one) - points(other))
        self.assertEqual(sum(p.area for p in pieces), len(points(*pieces)))

    @settings(max_examples=80, deadline=None)
    @given(
        st.builds(
            Rectangle,
            st.integers(0, 9),
            st.integers(0, 9),
            st.integers(1, 24),
            st.integers(1, 24),
        ),
        st.integers(1, 30),
        st.integers(1, 200),
    )
    def test_split(self, one: Rectangle, width: int, area: int) -> None:
        """
        The pieces cover every pixel once and keep to the limits, but for single rows
        that are more than the area.
        """
        pieces = one.split(width, area)
        self.assertEqual(points(*pieces), points(one))
        self.assertEqual(sum(piece.area for piece in pieces), one.area)
        for piece in pieces:
            self.assertLessEqual(piece.width, width)
            self.assertTrue(piece.area <= area or piece.height == 1)

    def test_translated(self) -> None:
        """
        A rectangle moves to the right and down.
        """
        self.assertEqual(
            Rectangle(1, 2, 3, 4).translated(10, -2), Rectangle(11, 0, 3, 4)
        )


class RegionTests(unittest.SynchronousTestCase):
    """
    Tests for L{Region}.
    """

    def assertRegion(self, region: Region, wanted: Points) -> None:
        """
        A region has exactly these pixels, each once, in rectangles that are not
        empty.
        """
        self.assertEqual(points(*region), wanted)
        self.assertEqual(region.area, len(wanted))
        self.assertEqual(bool(region), bool(wanted))
        for rectangle in region:
            self.assertFalse(rectangle.isEmpty)

    @settings(max_examples=80, deadline=None)
    @given(lists)
    def test_made(self, some: list[Rectangle]) -> None:
        """
        A region has the pixels of all rectangles it is made of.
        """
        self.assertRegion(Region(some), points(*some))

    def test_wrongKind(self) -> None:
        """
        What it cannot be made of is named: one rectangle alone, above all.
        """
        for wrong in (Rectangle(1, 2, 3, 4), [(1, 2, 3, 4)], 7, "all", None):
            error = self.assertRaises(TypeError, Region, wrong)
            self.assertEqual(
                str(error),
                f"a Region is made of a sequence of Rectangles, not of {wrong!r}",
            )

    @settings(max_examples=80, deadline=None)
    @given(lists, lists)
    def test_algebra(self, some: list[Rectangle], others: list[Rectangle]) -> None:
        """
        Union, intersection and difference are those of sets.
        """
        a, b = points(*some), points(*others)
        one, other = Region(some), Region(others)
        self.assertRegion(one.union(other), a | b)
        self.assertRegion(one.intersection(other), a & b)
        self.assertRegion(one.subtract(other), a - b)
        self.assertEqual(one == other, a == b)

    @settings(max_examples=80, deadline=None)
    @given(lists, rectangles)
    def test_rectangles(self, some: list[Rectangle], other: Rectangle) -> None:
        """
        A rectangle does where a region does.
        """
        a, b = points(*some), points(other)
        one = Region(some)
        self.assertRegion(one.union(other), a | b)
        self.assertRegion(one.intersection(other), a & b)
        self.assertRegion(one.subtract(other), a - b)
        self.assertEqual(one.contains(other), b <= a)
        # What nobody has asked for its rectangles yet is not made disjoint for it.
        self.assertEqual(points(*Region(some).parts), a)
        self.assertRegion(Region(some).intersection(other), a & b)
        moved = [rectangle.translated(3, 5) for rectangle in some]
        self.assertRegion(Region(some).translated(3, 5), points(*moved))
        self.assertEqual(points(*one.translated(3, 5).parts), points(*moved))
        self.assertEqual(bool(Region(some)), bool(a))

    @settings(max_examples=80, deadline=None)
    @given(
        st.lists(
            st.builds(
                Rectangle,
                st.integers(0, 30),
                st.integers(0, 30),
                st.integers(1, 6),
                st.integers(1, 6),
            ),
            max_size=30,
        ),
        st.integers(1, 12),
    )
    def test_simplified(self, some: list[Rectangle], limit: int) -> None:
        """
        A simplified region keeps to the limit and loses no pixel.
        """
        region = Region(some)
        simple = region.simplified(limit)
        self.assertLessEqual(len(simple), limit)
        self.assertLessEqual(points(*region), points(*simple))
        self.assertEqual(simple.area, len(points(*simple)))
        if len(region) <= limit:
            self.assertIs(simple, region)

    @settings(max_examples=50, deadline=None)
    @given(lists, st.integers(1, 6))
    def test_joined(self, some: list[Rectangle], limit: int) -> None:
        """
        Neighbors are joined until there are few; no pixel is lost, and few stay as they
        are.
        """
        left = joined(some, limit)
        self.assertLessEqual(len(left), limit)
        self.assertLessEqual(points(*some), points(*left))
        if len(some) <= limit:
            self.assertEqual(left, some)

    @settings(max_examples=50, deadline=None)
    @given(lists, st.integers(-5, 5), st.integers(-5, 5))
    def test_translated(self, some: list[Rectangle], dx: int, dy: int) -> None:
        """
        Every pixel moves.
        """
        self.assertRegion(
            Region(some).translated(dx, dy),
            {(x + dx, y + dy) for x, y in points(*some)},
        )

    @settings(max_examples=50, deadline=None)
    @given(lists)
    def test_bounds(self, some: list[Rectangle]) -> None:
        """
        The bounds have all pixels, and pixels on each side.
        """
        region = Region(some)
        bounds = region.bounds
        wanted = points(*some)
        self.assertLessEqual(wanted, points(bounds))
        if wanted:
            xs, ys = zip(*wanted, strict=True)
            self.assertEqual(
                bounds,
                Rectangle(
                    min(xs), min(ys), max(xs) - min(xs) + 1, max(ys) - min(ys) + 1
                ),
            )
        else:
            self.assertTrue(bounds.isEmpty)

    def test_neverChanges(self) -> None:
        """
        A region that another is made from stays what it was.
        """
        one = Region([Rectangle(0, 0, 4, 4)])
        one.union(Rectangle(2, 2, 4, 4))
        one.subtract(Rectangle(0, 0, 2, 2))
        self.assertEqual(one.rectangles, (Rectangle(0, 0, 4, 4),))

    def test_words(self) -> None:
        """
        A region says what it is, and is equal to nothing but regions.
        """
        self.assertEqual(repr(Region([Rectangle(1, 2, 3, 4)])), "<Region 3x4+1+2>")
        self.assertEqual(repr(Region()), "<Region empty>")
        self.assertNotEqual(Region(), ())
        self.assertEqual(len(Region([Rectangle(0, 0, 1, 1)])), 1)

    def test_notHashable(self) -> None:
        """
        As regions are equal however they are cut, they have no hash.
        """
        self.assertRaises(TypeError, hash, Region())


class ScatteredTests(unittest.SynchronousTestCase):
    """
    Regions of many rectangles, as of many hints in one frame.
    """

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(
            st.builds(
                Rectangle,
                st.integers(-40, 200),
                st.integers(-40, 200),
                st.integers(0, 90),
                st.integers(0, 90),
            ),
            min_size=9,
            max_size=60,
        )
    )
    def test_many(self, rectangles: list[Rectangle]) -> None:
        """
        They have all pixels, each once.
        """
        wanted = np.zeros((340, 340), bool)
        for x, y, width, height in rectangles:
            wanted[y + 40 : y + 40 + height, x + 40 : x + 40 + width] = True
        found = np.zeros(wanted.shape, int)
        for x, y, width, height in Region(rectangles):
            found[y + 40 : y + 40 + height, x + 40 : x + 40 + width] += 1
        self.assertTrue((found == wanted).all())

    def test_wide(self) -> None:
        """
        Also if they are the largest that there are, or all the same.
        """
        whole = Rectangle(0, 0, 65535, 65535)
        self.assertEqual(Region([whole] * 20).rectangles, (whole,))
        points = [Rectangle(x * 3000, x * 3000, 1, 1) for x in range(20)]
        self.assertEqual(Region([*points, whole]).rectangles, (whole,))
        self.assertEqual(Region(points).area, 20)
