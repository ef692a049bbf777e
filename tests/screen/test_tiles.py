# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._screen.tiles}, against sets of tiles.
"""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from txrfb._screen.tiles import TILE, rectanglesOf, tilesWithin, touchedTiles
from txrfb.geometry import Rectangle


@st.composite
def parts(draw: st.DrawFn) -> tuple[Rectangle, Rectangle]:
    """
    @return: A picture, and a part of it.
    """
    width, height = draw(st.integers(1, 330)), draw(st.integers(1, 270))
    x, y = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    w, h = draw(st.integers(1, width - x)), draw(st.integers(1, height - y))
    return Rectangle(0, 0, width, height), Rectangle(x, y, w, h)


def tilesOf(bounds: Rectangle) -> dict[tuple[int, int], Rectangle]:
    """
    @return: The tiles of a picture, by row and column.
    """
    return {
        (row, column): Rectangle(column * TILE, row * TILE, TILE, TILE).intersection(
            bounds
        )
        for row in range(-(-bounds.height // TILE))
        for column in range(-(-bounds.width // TILE))
    }


def chosen(bounds: Rectangle, which: tuple[slice, slice]) -> set[tuple[int, int]]:
    """
    @return: The tiles that slices choose.
    """
    marks = np.zeros((-(-bounds.height // TILE), -(-bounds.width // TILE)), bool)
    marks[which] = True
    return {(int(row), int(column)) for row, column in zip(*np.nonzero(marks))}


class TileTests(SynchronousTestCase):
    """
    Tiles and rectangles.
    """

    @settings(max_examples=150, deadline=None)
    @given(parts())
    def test_touched(self, both: tuple[Rectangle, Rectangle]) -> None:
        """
        Those that have a pixel of a rectangle.
        """
        bounds, part = both
        expected = {at for at, tile in tilesOf(bounds).items() if tile.intersects(part)}
        self.assertEqual(chosen(bounds, touchedTiles(part)), expected)

    @settings(max_examples=150, deadline=None)
    @given(parts())
    def test_within(self, both: tuple[Rectangle, Rectangle]) -> None:
        """
        Those of which all pixels are in a rectangle.
        """
        bounds, part = both
        expected = {at for at, tile in tilesOf(bounds).items() if part.contains(tile)}
        self.assertEqual(chosen(bounds, tilesWithin(part, bounds)), expected)

    @settings(max_examples=150, deadline=None)
    @given(parts(), st.integers(0, 1 << 32), st.floats(0, 1))
    def test_rectangles(
        self, both: tuple[Rectangle, Rectangle], seed: int, share: float
    ) -> None:
        """
        A map of tiles becomes rectangles that cover the part's share of them, each
        pixel once.
        """
        bounds, part = both
        tiles = {
            at: tile for at, tile in tilesOf(bounds).items() if tile.intersects(part)
        }
        marks = np.random.default_rng(seed).random(len(tiles)) < share
        found = rectanglesOf(marks.tobytes(), part)
        expected = np.zeros((bounds.height, bounds.width), np.uint8)
        for mark, tile in zip(marks, tiles.values()):
            if mark:
                x, y, width, height = tile.intersection(part)
                expected[y : y + height, x : x + width] = 1
        covered = np.zeros_like(expected)
        for x, y, width, height in found:
            covered[y : y + height, x : x + width] += 1
        self.assertTrue((covered == expected).all())

    def test_few(self) -> None:
        """
        What is one rectangle becomes one.
        """
        part = Rectangle(10, 10, 300, 200)
        everything = bytes([1]) * 5 * 4
        self.assertEqual(list(rectanglesOf(everything, part)), [part])
        self.assertEqual(list(rectanglesOf(bytes(20), part)), [])
