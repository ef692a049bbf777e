# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._screen.shadow}, against viewers that follow it frame by frame, or that
come back after some.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from txrfb import kernels
from txrfb._screen.shadow import Shadow
from txrfb._screen.tiles import TILE
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Copy, Rectangle, Region

EVERYTHING = Rectangle(0, 0, 65535, 65535)


class Scene:
    """
    A framebuffer, its shadow, and what it told.
    """

    def __init__(self, width: int, height: int) -> None:
        self.framebuffer = MemoryFramebuffer(width, height)
        self.shadow = Shadow(width, height, 1)
        self.told: list[Copy] = []
        self.framebuffer.addListener(self)  # type: ignore[arg-type]
        self.capture()

    def copied(self, rectangle: Rectangle, x: int, y: int) -> None:
        """
        See L{IFramebufferListener}.
        """
        self.told.append(Copy(rectangle, x, y))

    def damaged(self) -> None:
        """
        See L{IFramebufferListener}.
        """

    def capture(self, findScrolls: bool = False, told: bool = True) -> bool:
        """
        Take a frame.

        @return: Whether there was something new.
        """
        regions: list[Region] = []
        self.framebuffer.capture().addCallback(regions.append)
        copies, self.told = self.told, []
        return self.shadow.update(
            self.framebuffer, regions[0], copies if told else (), findScrolls
        )

    def isRight(self) -> bool:
        """
        @return: Whether the shadow shows what the framebuffer does.
        """
        ours = self.shadow.surface.array()[..., :3]
        return bool((ours == self.framebuffer.array[..., :3]).all())


class Follower:
    """
    Somebody who has a picture.
    """

    def __init__(self, shadow: Shadow) -> None:
        self.shadow = shadow
        self.picture = shadow.surface.array().copy()
        self.serial = shadow.serial

    def catchUp(self) -> None:
        """
        Become like the shadow, by what it says is newer.
        """
        shadow = self.shadow
        if self.serial == shadow.serial - 1 and shadow.copies:
            rectangles = shadow.damage
            for (x, y, width, height), fromX, fromY in shadow.copies:
                source = self.picture[fromY : fromY + height, fromX : fromX + width]
                self.picture[y : y + height, x : x + width] = source.copy()
        else:
            rectangles = shadow.damageSince(self.serial)
        assert Region(rectangles).area == sum(one.area for one in rectangles)
        now = shadow.surface.array()
        for x, y, width, height in rectangles:
            part = np.s_[y : y + height, x : x + width]
            self.picture[part] = now[part]
        self.serial = shadow.serial

    def isRight(self) -> bool:
        """
        @return: Whether it shows what the shadow does.
        """
        return bool((self.picture == self.shadow.surface.array()).all())


class UpdateTests(SynchronousTestCase):
    """
    Frame by frame.
    """

    def test_notCompared(self) -> None:
        """
        What the application says has changed exactly is sent without a look, and
        nothing is sent twice; what else it tells is compared.
        """
        scene = Scene(300, 200)
        framebuffer, shadow = scene.framebuffer, scene.shadow
        follower = Follower(shadow)
        framebuffer.fill("red", Rectangle(40, 50, 10, 10))
        framebuffer.fill("blue", Rectangle(250, 20, 5, 5))
        framebuffer.capture()
        framebuffer.damage((0, 0, 300, 200))
        framebuffer.damage((30, 40, 100, 60), exact=True)
        self.assertTrue(scene.capture(findScrolls=True))
        self.assertEqual(sorted(shadow.damage), [(30, 40, 100, 60), (250, 20, 5, 5)])
        self.assertTrue(scene.isRight())
        follower.catchUp()
        self.assertTrue(follower.isRight())
        # Even if nothing has changed.
        framebuffer.damage((30, 40, 100, 60), exact=True)
        self.assertTrue(scene.capture())
        self.assertEqual(shadow.damage, [(30, 40, 100, 60)])

    def test_first(self) -> None:
        """
        At first everything is new.
        """
        shadow = Shadow(100, 80, 5)
        self.assertEqual(shadow.serial, 5)
        self.assertEqual(shadow.damageSince(0), [shadow.bounds])
        self.assertEqual(shadow.damageSince(5), [])
        self.assertEqual(shadow.newest(Rectangle(99, 79, 1, 1)), 5)

    def test_nothing(self) -> None:
        """
        If nothing changed there is no new frame, whatever is said.
        """
        scene = Scene(300, 200)
        serial = scene.shadow.serial
        scene.framebuffer.damage()
        self.assertFalse(scene.capture())
        scene.framebuffer.fill("black")
        self.assertFalse(scene.capture())
        self.assertEqual(scene.shadow.serial, serial)

    def test_exact(self) -> None:
        """
        What changed is told to the row and the column, wherever it was looked for.
        """
        scene = Scene(300, 200)
        scene.framebuffer.array[70, 140] = 255
        scene.framebuffer.damage()
        self.assertTrue(scene.capture())
        self.assertEqual(scene.shadow.damage, [Rectangle(140, 70, 1, 1)])
        scene.framebuffer.fill("red", Rectangle(130, 70, 10, 10))
        scene.framebuffer.damage()
        self.assertTrue(scene.capture())
        self.assertEqual(scene.shadow.damage, [Rectangle(130, 70, 10, 10)])

    def test_oneTile(self) -> None:
        """
        A change inside of one tile is numbered like any other.
        """
        scene = Scene(300, 200)
        before = scene.shadow.serial
        scene.framebuffer.fill("red", Rectangle(70, 70, 5, 5))
        scene.capture()
        self.assertEqual(scene.shadow.newest(Rectangle(64, 64, 1, 1)), before + 1)
        self.assertEqual(scene.shadow.newest(Rectangle(128, 64, 1, 1)), before)
        self.assertEqual(scene.shadow.damageSince(before - 1), [scene.shadow.bounds])

    def test_fewFrames(self) -> None:
        """
        Who missed a few frames is told what changed in them, each pixel once; who
        missed many, or frames in which much changed or something was copied, is told
        the tiles.
        """
        scene = Scene(300, 200)
        before = scene.shadow.serial
        scene.framebuffer.fill("red", Rectangle(70, 70, 5, 5))
        scene.capture()
        scene.framebuffer.fill("blue", Rectangle(72, 72, 5, 5))
        scene.capture()
        self.assertEqual(
            Region(scene.shadow.damageSince(before)),
            Region([Rectangle(70, 70, 5, 5), Rectangle(72, 72, 5, 5)]),
        )
        tile = Rectangle(64, 64, TILE, TILE)
        since = scene.shadow.serial
        for number in range(10):
            scene.framebuffer.fill((number, 0, 0), Rectangle(70, 70, 5, 5))
            scene.capture()
        self.assertEqual(scene.shadow.damageSince(since), [tile])
        since = scene.shadow.serial
        for number in range(3):
            for row in range(3):
                for column in range(4):
                    x, y = column * 64 + row % 2 * 40, row * 64 + column % 2 * 40
                    scene.framebuffer.fill("blue", Rectangle(x + number, y, 1, 1))
            scene.capture()
            self.assertEqual(len(scene.shadow.damage), 12)
        self.assertEqual(scene.shadow.damageSince(since), [Rectangle(0, 0, 256, 192)])
        since = scene.shadow.serial
        scene.framebuffer.copy(Rectangle(64, 64, 30, 30), 0, 192)
        scene.capture()
        scene.framebuffer.fill("red", Rectangle(150, 150, 1, 1))
        scene.capture()
        self.assertEqual(
            Region(scene.shadow.damageSince(since)),
            Region([Rectangle(0, 192, 64, 8), Rectangle(128, 128, 64, 64)]),
        )

    def test_manyHints(self) -> None:
        """
        Hints that overlap, reach out of the picture or are many are looked at as they
        are; if they have more pixels than all that is around them, that is.
        """
        scene = Scene(300, 200)
        source = random.Random(5)
        for _ in range(20):
            hints = [
                Rectangle(
                    source.randrange(-20, 300), source.randrange(-20, 200), 24, 24
                )
                for _ in range(source.choice([2, 130]))
            ]
            for hint in hints:
                scene.framebuffer.fill((source.randrange(256), 0, 0), hint)
            region = Region(hints)
            scene.shadow.update(scene.framebuffer, region, (), False)
            self.assertTrue(scene.isRight())

    def test_padding(self) -> None:
        """
        The fourth byte of a pixel is not looked at, if it varies.
        """
        scene = Scene(100, 80)
        scene.framebuffer.paddingVaries = True
        scene.framebuffer.array[..., 3] = 77
        scene.framebuffer.damage()
        self.assertFalse(scene.capture())

    def test_outside(self) -> None:
        """
        What is outside of the region is not looked at.
        """
        scene = Scene(100, 80)
        scene.framebuffer.array[:] = 9
        region = Region([Rectangle(10, 10, 5, 5)])
        scene.shadow.update(scene.framebuffer, region, (), False)
        self.assertEqual(scene.shadow.damage, [Rectangle(10, 10, 5, 5)])

    def test_copied(self) -> None:
        """
        What is copied is told as a copy, and not as damage.
        """
        scene = Scene(300, 200)
        source = np.random.default_rng(1)
        scene.framebuffer.paste(source.integers(0, 256, (200, 300, 3), np.uint8))
        scene.capture()
        follower = Follower(scene.shadow)
        scene.framebuffer.copy(Rectangle(0, 0, 300, 150), 0, 50)
        self.assertTrue(scene.capture())
        self.assertEqual(scene.shadow.copies, [Copy(Rectangle(0, 50, 300, 150), 0, 0)])
        self.assertEqual(scene.shadow.damage, [])
        follower.catchUp()
        self.assertTrue(follower.isRight() and scene.isRight())

    def test_wrongHints(self) -> None:
        """
        Copies that are not so, or reach out of the picture, do no harm.
        """
        scene = Scene(300, 200)
        source = np.random.default_rng(1)
        scene.framebuffer.paste(source.integers(0, 256, (200, 300, 3), np.uint8))
        scene.capture()
        follower = Follower(scene.shadow)
        for copy in (
            Copy(Rectangle(10, 10, 50, 50), 100, 100),
            Copy(Rectangle(-10, -10, 500, 500), 3, 3),
            Copy(Rectangle(10, 10, 50, 50), -40, -40),
            Copy(Rectangle(400, 10, 50, 50), 1, 1),
            Copy(Rectangle(10, 10, 0, 50), 1, 1),
        ):
            scene.told.append(copy)
            scene.framebuffer.damage()
            scene.capture()
            follower.catchUp()
            self.assertTrue(follower.isRight() and scene.isRight(), copy)

    def test_copyOutsideOfRegion(self) -> None:
        """
        A copy to where nothing is compared afterwards is not believed.
        """
        scene = Scene(300, 200)
        scene.framebuffer.fill("red", Rectangle(0, 0, 50, 50))
        scene.capture()
        told = [Copy(Rectangle(100, 100, 50, 50), 0, 0)]
        region = Region([Rectangle(100, 100, 40, 50)])
        self.assertFalse(scene.shadow.update(scene.framebuffer, region, told, False))
        self.assertTrue(scene.isRight())

    def test_scrolled(self) -> None:
        """
        Scrolling is found, if it is looked for.
        """
        source = np.random.default_rng(1)
        page = source.integers(0, 256, (900, 500, 3), np.uint8)
        scene = Scene(500, 400)
        scene.framebuffer.paste(page[:400])
        scene.capture()
        follower = Follower(scene.shadow)
        scene.framebuffer.paste(page[40:440])
        self.assertTrue(scene.capture(findScrolls=True))
        self.assertEqual(scene.shadow.copies, [Copy(Rectangle(0, 0, 500, 360), 0, 40)])
        self.assertLess(Region(scene.shadow.damage).area, 500 * 110)
        follower.catchUp()
        self.assertTrue(follower.isRight() and scene.isRight())

    def test_comparedOnce(self) -> None:
        """
        What was found to be scrolled is not compared again, but all that is around it
        is: a change above it, below it and beside it is found.
        """
        scene = Scene(500, 400)
        source = np.random.default_rng(5)
        array = scene.framebuffer.array
        array[:] = source.integers(0, 256, array.shape, np.uint8)
        scene.framebuffer.damage()
        scene.capture()
        compared: list[Rectangle] = []
        take = kernels.takeChanges

        def look(*arguments: Any) -> Any:
            compared.extend(arguments[4])
            return take(*arguments)

        self.patch(kernels, "takeChanges", look)
        array[40:300, 100:400] = array[80:340, 100:400].copy()
        for x, y in ((110, 20), (390, 350)):
            array[y, x] ^= 255
        scene.framebuffer.damage()
        self.assertTrue(scene.capture(findScrolls=True))
        (copy,) = scene.shadow.copies
        self.assertEqual(copy, Copy(Rectangle(100, 40, 300, 260), 100, 80))
        self.assertFalse(any(copy[0].intersects(Rectangle(*one)) for one in compared))
        self.assertGreater(sum(Rectangle(*one).area for one in compared), 0)
        self.assertTrue(scene.isRight())

    def test_windowMoved(self) -> None:
        """
        A window that was moved anywhere is found in what the framebuffer says of the
        places where it was and is; what it has uncovered is all that is new.
        """
        scene = Scene(800, 600)
        array = scene.framebuffer.array
        window = np.random.default_rng(2).integers(0, 256, (260, 330, 4), np.uint8)
        array[:] = 90
        array[150:410, 200:530] = window
        scene.framebuffer.damage()
        scene.capture()
        follower = Follower(scene.shadow)
        for x, y, toX, toY in ((200, 150, 209, 155), (209, 155, 160, 150)):
            array[y : y + 260, x : x + 330] = 90
            array[toY : toY + 260, toX : toX + 330] = window
            both = sorted([y, toY]), sorted([x, toX])
            (top, lower), (left, right) = both
            # As X servers tell it: bands.
            first, last = (x, toX) if y < toY else (toX, x)
            scene.framebuffer.damage((first, top, 330, lower - top))
            width = right + 330 - left
            scene.framebuffer.damage((left, lower, width, top + 260 - lower))
            scene.framebuffer.damage((last, top + 260, 330, lower - top))
            self.assertTrue(scene.capture(findScrolls=True))
            self.assertEqual(
                scene.shadow.copies, [Copy(Rectangle(toX, toY, 330, 260), x, y)]
            )
            self.assertLess(Region(scene.shadow.damage).area, 30000)
            follower.catchUp()
            self.assertTrue(follower.isRight() and scene.isRight())

    def test_scrolledInFilm(self) -> None:
        """
        Where nothing has scrolled for a while, scrolling is looked for less often,
        and found all the same.
        """
        source = np.random.default_rng(1)
        page = source.integers(0, 256, (2000, 500, 3), np.uint8)
        scene = Scene(500, 400)
        searched = []
        findMove = kernels.findMove

        def counted(*arguments: Any) -> Any:
            searched.append(scene.shadow.serial)
            return findMove(*arguments)

        self.patch(kernels, "findMove", counted)
        scene.capture()
        for _ in range(20):
            scene.framebuffer.paste(source.integers(0, 256, (400, 500, 3), np.uint8))
            scene.capture(findScrolls=True)
        self.assertEqual(len(searched), 8)
        found = 0
        for top in range(0, 400, 40):
            scene.framebuffer.paste(page[top : top + 400])
            scene.capture(findScrolls=True)
            found += len(scene.shadow.copies)
        self.assertGreaterEqual(found, 5)
        self.assertTrue(scene.isRight())

    @settings(max_examples=60, deadline=None)
    @given(st.integers(0, 1 << 32))
    def test_anything(self, seed: int) -> None:
        """
        Whatever is painted and copied: the shadow is like the framebuffer after each
        frame, and so is every picture that follows it, however seldom.
        """
        source = random.Random(seed)
        width, height = source.randint(1, 400), source.randint(1, 300)
        scene = Scene(width, height)
        often, seldom = Follower(scene.shadow), Follower(scene.shadow)
        sometimes = Follower(scene.shadow)
        noise = np.random.default_rng(seed)

        def somewhere() -> Rectangle:
            return Rectangle(
                source.randrange(-20, width),
                source.randrange(-20, height),
                source.randrange(1, width + 20),
                source.randrange(1, height + 20),
            )

        for _ in range(8):
            for _ in range(source.randrange(4)):
                where: Any = somewhere()
                match source.randrange(4):
                    case 0:
                        scene.framebuffer.fill((source.randrange(256), 0, 0), where)
                    case 1:
                        size = (where.height, where.width, 3)
                        picture = noise.integers(0, 256, size, np.uint8)
                        scene.framebuffer.paste(picture, where.x, where.y)
                    case 2:
                        to = somewhere()
                        scene.framebuffer.copy(where, to.x, to.y)
                    case 3:
                        scene.told.append(Copy(where, *somewhere()[:2]))
                        scene.framebuffer.damage(where)
            scene.capture(source.random() < 0.5, source.random() < 0.7)
            self.assertTrue(scene.isRight())
            often.catchUp()
            self.assertTrue(often.isRight())
            if source.random() < 0.4:
                sometimes.catchUp()
                self.assertTrue(sometimes.isRight())
        seldom.catchUp()
        self.assertTrue(seldom.isRight())
