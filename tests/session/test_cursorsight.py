# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.cursorsight}: who sees the pointer that somebody else moves.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image
from twisted.trial.unittest import SynchronousTestCase

from tests.scenes import Application, serving
from txrfb.client import PointerMoved
from txrfb.encodings import constants as c
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.security.accounts.realm import portalFor
from txrfb.security.accounts.rights import VIEW_ONLY
from txrfb.testing import Viewer, difference

SHAPES = (c.CURSOR, c.X_CURSOR, c.CURSOR_WITH_ALPHA, c.VMWARE_CURSOR)


class WatcherTests(SynchronousTestCase):
    """
    One viewer drives, another watches.
    """

    def setUp(self) -> None:
        """
        Have a red pointer on a screen of one color.
        """
        self.framebuffer = MemoryFramebuffer(200, 150)
        self.framebuffer.fill("gray")
        self.framebuffer.setCursor(Image.new("RGBA", (10, 10), "red"))
        self.factory = serving(self.framebuffer, Application())
        self.driver = Viewer(self.factory, encodings=(c.RAW, c.CURSOR))

    def watch(self, *encodings: int) -> Viewer:
        """
        @return: A viewer that watches.
        """
        return Viewer(self.factory, encodings=(c.TIGHT, c.COPY_RECT, *encodings))

    def assertSees(self, viewer: Viewer, *places: tuple[int, int]) -> None:
        """
        Assert that there is a pointer at these places of the picture, and nothing
        else.
        """
        viewer.settle()
        expected = self.framebuffer.toImage()
        for x, y in places:
            expected.paste("red", (x, y, x + 10, y + 10))
        self.assertIsNone(difference(viewer.image(), expected))

    def shape(self, viewer: Viewer) -> tuple[int, int]:
        """
        @return: The size of the pointer that a viewer draws itself.
        """
        cursor: Any = viewer.cursor
        return cursor.width, cursor.height

    def test_alone(self) -> None:
        """
        Who drives draws the pointer, and has none in its picture.
        """
        self.driver.move(50, 60)
        self.driver.advance(5)
        self.assertSees(self.driver)
        self.assertEqual(self.shape(self.driver), (10, 10))

    def test_copies(self) -> None:
        """
        What is copied in the picture is copied for those that have a pointer drawn into
        it, too: wherever it is, it is where it should be afterwards, and nowhere else.
        """
        random = np.random.default_rng(5)
        noise = random.integers(0, 256, (150, 200, 3), np.uint8)
        self.framebuffer.paste(noise)
        watcher, painted = self.watch(), self.watch(c.CURSOR)
        pointer, copied = (0, 0), 0
        for turn in range(60):
            if turn % 3 == 0:
                pointer = int(random.integers(0, 200)), int(random.integers(0, 150))
                self.framebuffer.movePointer(*pointer)
            for viewer in (watcher, painted):
                viewer.settle()
                viewer.updates.clear()
            for _ in range(1 + turn % 2):
                width, height = (int(random.integers(20, 140)) for _ in range(2))
                fromX, x = (int(random.integers(0, 200 - width)) for _ in range(2))
                fromY, y = (int(random.integers(0, 150 - height)) for _ in range(2))
                self.framebuffer.copy((fromX, fromY, width, height), x, y)
            if turn % 5 == 0:
                self.framebuffer.fill("white", (x, y, 7, 7))
            self.assertSees(watcher, pointer)
            copied += any(update.copies for update in watcher.updates)
        self.assertGreater(copied, 30)

    def test_watcher(self) -> None:
        """
        Who only watches sees it in the picture, wherever it is moved, and draws none
        itself; by whatever it was told of shapes.
        """
        watchers = [self.watch(number) for number in SHAPES]
        for x in (50, 70, 90):
            self.driver.move(x, 60)
            for watcher in watchers:
                self.assertSees(watcher, (x, 60))
                self.assertEqual(self.shape(watcher), (0, 0))
        self.assertSees(self.driver)

    def test_newcomer(self) -> None:
        """
        Also who comes when it has been moved already.
        """
        self.driver.move(50, 60)
        self.assertSees(self.watch(c.CURSOR), (50, 60))

    def test_turns(self) -> None:
        """
        Who takes over has the shape at once, and nothing in the picture; who drove
        before sees the other's pointer when its own has rested for a second.
        """
        watcher = self.watch(c.CURSOR)
        self.driver.move(50, 60)
        self.assertSees(watcher, (50, 60))
        watcher.move(90, 90)
        self.assertSees(watcher)
        self.assertEqual(self.shape(watcher), (10, 10))
        self.assertSees(self.driver)
        self.driver.advance(0.2)
        self.assertSees(self.driver)
        self.driver.advance(1)
        self.assertSees(self.driver, (90, 90))
        self.assertEqual(self.shape(self.driver), (0, 0))
        self.driver.move(90, 91)
        self.assertSees(self.driver)
        self.assertEqual(self.shape(self.driver), (10, 10))

    def test_both(self) -> None:
        """
        Two who move it in turns have nothing in their pictures, and when they rest, the
        one whose pointer it is not sees it.
        """
        other = self.watch(c.CURSOR)
        for x in range(20, 60, 5):
            self.driver.move(x, 20)
            other.move(x, 90)
            other.advance(0.1)
        self.assertSees(other)
        self.assertSees(self.driver)
        other.advance(2)
        self.assertSees(other)
        self.assertSees(self.driver, (55, 90))
        other.advance(5)
        self.assertEqual(other.clock.getDelayedCalls(), [])

    def test_pointerPosition(self) -> None:
        """
        Who can be told where it is is told, and draws it there.
        """
        watcher = self.watch(c.CURSOR, c.POINTER_POSITION)
        self.driver.move(50, 60)
        self.assertSees(watcher)
        self.assertEqual(self.shape(watcher), (10, 10))
        self.assertIn(PointerMoved(50, 60), watcher.events)

    def test_viewOnly(self) -> None:
        """
        Who may not move it has it in the picture always; a right that comes or goes
        changes that.
        """
        watcher = self.watch(c.CURSOR)
        self.assertSees(watcher)
        server: Any = watcher.server
        rights = server.rights
        server.rights = VIEW_ONLY
        self.assertSees(watcher, (0, 0))
        watcher.move(99, 99)
        self.driver.move(50, 60)
        self.assertSees(watcher, (50, 60))
        server.rights = rights
        watcher.move(30, 30)
        self.assertSees(watcher)
        self.assertEqual(self.shape(watcher), (10, 10))

    def test_viewOnlyPassword(self) -> None:
        """
        So has who comes with a view-only password, and draws none itself.
        """
        factory = serving(
            self.framebuffer, Application(), portal=portalFor("full", "look")
        )
        watcher = Viewer(factory, "look", encodings=(c.RAW, c.CURSOR))
        self.framebuffer.movePointer(80, 40)
        self.assertSees(watcher, (80, 40))
        self.assertEqual(self.shape(watcher), (0, 0))

    def test_application(self) -> None:
        """
        What the application moves is seen, too; who can be told to have its own there
        has it there, or sees it a second later.
        """
        watcher, able, deaf = (
            self.watch(c.CURSOR),
            self.watch(c.CURSOR, c.VMWARE_CURSOR_POSITION),
            self.watch(c.CURSOR, c.VMWARE_CURSOR_POSITION),
        )
        for x in (80, 100):
            self.framebuffer.movePointer(x, 40)
            self.assertSees(watcher, (x, 40))
            for viewer in (able, deaf):
                self.assertSees(viewer)
                self.assertIn(PointerMoved(x, 40), viewer.events)
                self.assertEqual(self.shape(viewer), (10, 10))
            able.move(x, 40)
            able.advance(1.1)
            self.assertSees(able)
            self.assertSees(deaf, (x, 40))
            self.assertEqual(self.shape(deaf), (0, 0))
            deaf.move(5, 5)
            self.assertSees(deaf)

    def test_goesOn(self) -> None:
        """
        Who does not follow sees it a second later while it goes on moving, too.
        """
        deaf = self.watch(c.CURSOR, c.VMWARE_CURSOR_POSITION)
        for x in (10, 20, 30, 40, 50):
            self.framebuffer.movePointer(x, 40)
            self.assertSees(deaf, *([(x, 40)] if x > 20 else []))
            deaf.advance(0.4 if x < 20 else 0.7)

    def test_otherShape(self) -> None:
        """
        Another shape is no move, which a viewer may follow.
        """
        deaf = self.watch(c.CURSOR, c.VMWARE_CURSOR_POSITION)
        self.framebuffer.movePointer(80, 40)
        deaf.advance(1.1)
        self.assertSees(deaf, (80, 40))
        self.framebuffer.setCursor(Image.new("RGBA", (10, 10), "red"))
        self.assertSees(deaf, (80, 40))

    def test_over(self) -> None:
        """
        What changes and moves below it is right.
        """
        watcher = self.watch(c.CURSOR)
        self.driver.move(50, 60)
        self.assertSees(watcher, (50, 60))
        self.framebuffer.fill("blue", Rectangle(45, 55, 60, 9))
        self.assertSees(watcher, (50, 60))
        self.framebuffer.copy(Rectangle(0, 0, 150, 100), 20, 30)
        self.assertSees(watcher, (50, 60))
        self.framebuffer.setCursor(None)
        self.assertSees(watcher)

    def test_shared(self) -> None:
        """
        What is not below it is encoded once for all who watch.
        """
        watchers = [self.watch(c.CURSOR) for _ in range(3)]
        self.driver.move(50, 60)
        for watcher in watchers:
            self.assertSees(watcher, (50, 60))
        cache = self.factory.display.planner.cache
        hits, misses = cache.hits, cache.misses
        plans: list[Any] = []
        planner = self.factory.display.planner
        planFor = planner.planFor

        def noted(*arguments: Any) -> Any:
            plans.append(arguments)
            return planFor(*arguments)

        self.patch(planner, "planFor", noted)
        self.framebuffer.fill("blue", Rectangle(100, 100, 60, 9))
        for watcher in watchers:
            self.assertSees(watcher, (50, 60))
        self.assertEqual(plans, [])
        self.assertLessEqual(cache.misses - misses, 2)
        self.assertGreaterEqual(cache.hits, hits)

    def test_noShape(self) -> None:
        """
        A pointer without a shape is for viewers to draw, and no other is sent.
        """
        self.framebuffer.setCursor(None)
        watcher = self.watch(c.CURSOR)
        self.driver.move(50, 60)
        self.assertSees(watcher)
        self.assertIsNone(watcher.cursor)

    def test_gone(self) -> None:
        """
        A viewer that leaves leaves no timer behind.
        """
        watcher = self.watch(c.CURSOR)
        watcher.move(5, 5)
        self.driver.move(50, 60)
        watcher.disconnect()
        self.driver.advance(0.1)
        self.driver.disconnect()
        self.driver.advance(1)
        self.assertEqual(self.driver.clock.getDelayedCalls(), [])

    def test_pointers(self) -> None:
        """
        The application can ask where each viewer has its own.
        """
        other = self.watch(c.CURSOR)
        server: Any = other.server
        self.assertIsNone(server.pointer)
        self.driver.move(50, 60)
        other.move(7, 8)
        self.assertEqual(
            [viewer.pointer for viewer in self.factory.viewers], [(50, 60), (7, 8)]
        )
