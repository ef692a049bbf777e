# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.requests}, against a viewer that remembers each pixel.
"""

from __future__ import annotations

import random
from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from txrfb._session.requests import Area, UpdateRequests
from txrfb.geometry import Rectangle, Region

SCREEN = Rectangle(0, 0, 8, 6)
NOTHING = Rectangle(0, 0, 0, 0)


def pixels(region: Iterable[Rectangle]) -> set[tuple[int, int]]:
    """
    @return: The pixels of rectangles.
    """
    return {
        (x, y)
        for part in region
        for x in range(part.x, part.right)
        for y in range(part.y, part.bottom)
    }


class WishTests(SynchronousTestCase):
    """
    Requests.
    """

    def test_nothing(self) -> None:
        """
        At first nothing is wanted.
        """
        wishes = UpdateRequests()
        self.assertFalse(wishes.isPending)
        self.assertFalse(wishes.isSimple)
        self.assertFalse(wishes.isContinuous)

    def test_everything(self) -> None:
        """
        Most viewers want whatever changes, and no more: that is simple.
        """
        for rectangle in (SCREEN, Rectangle(0, 0, 65535, 65535)):
            wishes = UpdateRequests()
            self.assertTrue(wishes.add(True, rectangle, SCREEN))
            self.assertTrue(wishes.isSimple)
            wishes.begin(SCREEN, True)
            self.assertFalse(wishes.isPending)

    def test_again(self) -> None:
        """
        What is asked for again while it waits is nothing new.
        """
        wishes = UpdateRequests()
        part = Rectangle(1, 1, 2, 2)
        for incremental in (True, False):
            self.assertTrue(wishes.add(incremental, part, SCREEN))
            self.assertFalse(wishes.add(incremental, part, SCREEN))
        for incremental in (True, False):
            self.assertTrue(wishes.add(incremental, SCREEN, SCREEN))
            for _ in range(2):
                self.assertFalse(wishes.add(incremental, SCREEN, SCREEN))
                self.assertFalse(wishes.add(incremental, part, SCREEN))

    @settings(max_examples=100, deadline=None)
    @given(st.integers(0, 1 << 32))
    def test_many(self, seed: int) -> None:
        """
        However many parts are asked for, they are kept in few rectangles, which cover
        them all.
        """
        source = random.Random(seed)
        bounds = Rectangle(0, 0, source.randint(1, 200), source.randint(1, 200))
        area, asked = Area(), []
        for _ in range(source.randrange(120)):
            x, y = source.randrange(bounds.width), source.randrange(bounds.height)
            part = Rectangle(x, y, 9, 9).intersection(bounds)
            area.add(part, bounds)
            asked.append(part)
        region = area.region
        self.assertLessEqual(len(region.rectangles), 200)
        for part in asked:
            self.assertTrue(region.contains(part))
        for part in region:
            self.assertTrue(bounds.contains(part))
        if len(asked) <= 8:
            self.assertEqual(pixels(region), pixels(Region(asked)))

    def test_outside(self) -> None:
        """
        What is outside is no wish.
        """
        wishes = UpdateRequests()
        self.assertFalse(wishes.add(True, Rectangle(8, 0, 5, 5), SCREEN))
        self.assertFalse(wishes.add(False, NOTHING, SCREEN))
        self.assertFalse(wishes.isPending)

    def test_pixels(self) -> None:
        """
        Pixels may be wanted that did not change.
        """
        wishes = UpdateRequests()
        wishes.add(False, Rectangle(1, 1, 2, 2), SCREEN)
        self.assertFalse(wishes.isSimple)
        self.assertEqual(pixels(wishes.choose([])), pixels(wishes.pixels))
        wishes.begin(SCREEN)
        self.assertFalse(wishes.isPending)

    def test_missed(self) -> None:
        """
        Who asks for a part is owed what changed elsewhere, once the update is sent.
        """
        wishes = UpdateRequests()
        wishes.add(True, Rectangle(0, 0, 2, 6), SCREEN)
        chosen = wishes.choose([SCREEN])
        self.assertEqual(pixels(chosen), pixels(Region([Rectangle(0, 0, 2, 6)])))
        wishes.begin(SCREEN)
        wishes.finish()
        self.assertEqual(pixels(wishes.owed), pixels(Region([Rectangle(2, 0, 6, 6)])))
        wishes.add(True, SCREEN, SCREEN)
        self.assertFalse(wishes.isSimple)
        wishes.choose([])
        wishes.begin(SCREEN)
        wishes.finish()
        self.assertFalse(wishes.owed)

    def test_owe(self) -> None:
        """
        Something may be owed that did not change; also while an update is under way.
        """
        wishes = UpdateRequests()
        wishes.add(True, SCREEN, SCREEN)
        wishes.choose([Rectangle(0, 0, 1, 1)])
        wishes.begin(SCREEN)
        wishes.owe(Region([Rectangle(3, 3, 1, 1)]))
        wishes.finish()
        wishes.add(True, SCREEN, SCREEN)
        self.assertEqual(pixels(wishes.choose([])), {(3, 3)})

    def test_continuous(self) -> None:
        """
        What is wanted continuously is wanted again after each update, until it is
        not.
        """
        wishes = UpdateRequests()
        wishes.setContinuous(SCREEN, SCREEN)
        self.assertTrue(wishes.isContinuous)
        for _ in range(3):
            self.assertTrue(wishes.isSimple)
            wishes.begin(SCREEN, True)
            wishes.finish()
        wishes.setContinuous(Rectangle(0, 0, 3, 3), SCREEN)
        self.assertFalse(wishes.all)
        self.assertEqual(wishes.some, Region([Rectangle(0, 0, 3, 3)]))
        wishes.setContinuous(None, SCREEN)
        self.assertFalse(wishes.isPending)
        self.assertFalse(wishes.isContinuous)

    def test_continuousKeepsPixels(self) -> None:
        """
        A wish for pixels is not forgotten over it.
        """
        wishes = UpdateRequests()
        wishes.add(False, Rectangle(1, 1, 1, 1), SCREEN)
        wishes.setContinuous(SCREEN, SCREEN)
        wishes.setContinuous(None, SCREEN)
        self.assertEqual(pixels(wishes.choose([])), {(1, 1)})

    def test_resized(self) -> None:
        """
        On a smaller screen, wishes are what is left of them; nothing is owed.
        """
        wishes = UpdateRequests()
        wishes.add(False, Rectangle(2, 2, 6, 4), SCREEN)
        wishes.add(True, Rectangle(0, 0, 4, 1), SCREEN)
        wishes.owe(Region([SCREEN]))
        small = Rectangle(0, 0, 3, 3)
        wishes.resized(small)
        self.assertEqual(pixels(wishes.pixels), {(2, 2)})
        self.assertEqual(pixels(wishes.some), {(0, 0), (1, 0), (2, 0)})
        self.assertFalse(wishes.owed)

    def test_resizedContinuous(self) -> None:
        """
        What is wanted continuously is of the new screen then, as far as it reaches.
        """
        wishes = UpdateRequests()
        wishes.setContinuous(SCREEN, SCREEN)
        wishes.resized(Rectangle(0, 0, 3, 3))
        wishes.begin(Rectangle(0, 0, 3, 3))
        self.assertTrue(wishes.all)
        large = Rectangle(0, 0, 20, 20)
        wishes.begin(Rectangle(0, 0, 3, 3))
        wishes.resized(large)
        wishes.begin(large)
        self.assertFalse(wishes.all)
        self.assertEqual(wishes.some, Region([SCREEN]))

    @settings(max_examples=150, deadline=None)
    @given(st.integers(0, 1 << 32))
    def test_nothingIsMissed(self, seed: int) -> None:
        """
        Whatever is asked for and whatever changes: a viewer that asks for everything
        at last has all that changed.
        """
        source = random.Random(seed)

        def somewhere() -> Rectangle:
            x, y = source.randrange(8), source.randrange(6)
            return Rectangle(x, y, source.randint(1, 8 - x), source.randint(1, 6 - y))

        wishes = UpdateRequests()
        stale: set[tuple[int, int]] = set()
        new: list[Rectangle] = []
        for _ in range(12):
            changed = somewhere()
            new = list(Region(new).union(Region([changed])).rectangles)
            stale |= pixels(Region([changed]))
            match source.randrange(5):
                case 0:
                    wishes.add(source.random() < 0.5, somewhere(), SCREEN)
                case 1:
                    wishes.setContinuous(somewhere(), SCREEN)
                case 2:
                    wishes.setContinuous(None, SCREEN)
                case 3:
                    part = Region([somewhere()])
                    wishes.owe(part)
                    stale |= pixels(part)
            if wishes.isPending and source.random() < 0.7:
                chosen = wishes.choose(new)
                if chosen:
                    stale -= pixels(chosen)
                    wishes.begin(SCREEN)
                    wishes.finish()
                    new = []
        wishes.setContinuous(None, SCREEN)
        wishes.add(True, SCREEN, SCREEN)
        stale -= pixels(wishes.choose(new))
        self.assertEqual(stale, set())

    @settings(max_examples=100, deadline=None)
    @given(st.integers(0, 2**32), st.integers(0, 90), st.integers(1, 90))
    def test_muchOfEverything(self, seed: int, damaged: int, asked: int) -> None:
        """
        Whatever is damaged and asked for in however many parts, nothing is sent that
        was not asked for, what was asked for is sent, and what is not sent is owed.
        """
        source = random.Random(seed)
        bounds = Rectangle(0, 0, 80, 60)

        def somewhere(most: int) -> Rectangle:
            x, y = source.randrange(80), source.randrange(60)
            width, height = source.randint(1, most), source.randint(1, most)
            return Rectangle(x, y, width, height).intersection(bounds)

        wishes = UpdateRequests()
        stale: set[tuple[int, int]] = set()
        for _ in range(3):
            new = [somewhere(9) for _ in range(damaged)]
            stale |= pixels(new)
            for _ in range(asked):
                wishes.add(source.random() < 0.7, somewhere(20), bounds)
            where, whatever = pixels(wishes.some), pixels(wishes.pixels)
            chosen = pixels(wishes.choose(new))
            self.assertLessEqual(whatever | (where & stale), chosen)
            self.assertLessEqual(chosen, where | whatever)
            wishes.begin(bounds)
            wishes.finish()
            stale -= chosen
            self.assertLessEqual(stale, pixels(wishes.owed))
            self.assertLessEqual(len(wishes.owed), 200)
