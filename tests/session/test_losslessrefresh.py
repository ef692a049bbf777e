# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.losslessrefresh}: what was sent as JPEG is sent exactly when
there is time.
"""

from __future__ import annotations

from typing import Any

from PIL import Image
from twisted.internet.task import Clock, LoopingCall
from twisted.trial.unittest import SynchronousTestCase

from tests.scenes import photo, serving
from txrfb._session.losslessrefresh import REST, LosslessRefresh
from txrfb.encodings import constants as c
from txrfb.encodings import jpeg
from txrfb.encodings.jpeg import AVAILABLE
from txrfb.encodings.level import FULL_COLOR, QUARTER_COLOR, Level
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.pixels import Surface
from txrfb.testing import Link, Viewer, assertScreen, difference

QUALITY = c.QUALITY_LEVEL_0 + 3


#: What moves.
DOT = Rectangle(0, 0, 9, 9)


class RefreshTests(SynchronousTestCase):
    """
    A viewer that takes JPEG.
    """

    if not AVAILABLE:
        skip = "there is no JPEG here"

    def begin(self, *encodings: int, **options: Any) -> None:
        """
        Have that viewer, and a photo.
        """
        self.framebuffer = MemoryFramebuffer(512, 384)
        self.factory = serving(self.framebuffer)
        self.viewer = Viewer(
            self.factory, encodings=encodings or (c.TIGHT, QUALITY), **options
        )
        self.framebuffer.paste(photo(512, 384))

    def isExact(self, region: Rectangle | None = None) -> bool:
        """
        @return: Whether the viewer has the picture without loss.
        """
        seen, expected = self.viewer.image(), self.framebuffer.toImage()
        if region is not None:
            box = (region.x, region.y, region.right, region.bottom)
            seen, expected = seen.crop(box), expected.crop(box)
        return difference(seen, expected) is None

    def test_rest(self) -> None:
        """
        First it gets JPEG; after half a second of rest, what is exact; then nothing
        more.
        """
        self.begin()
        assertScreen(self.viewer, self.framebuffer, tolerance=80, within=0.1)
        self.assertFalse(self.isExact())
        self.viewer.advance(REST - 0.2)
        self.assertFalse(self.isExact())
        self.viewer.advance(3)
        self.assertTrue(self.isExact())
        server: Any = self.viewer.server
        sent = server.bytesSent
        self.viewer.advance(100)
        self.assertEqual(server.bytesSent, sent)
        self.assertEqual(self.viewer.clock.getDelayedCalls(), [])

    def test_byJpegAlone(self) -> None:
        """
        Also a viewer whose first encoding is JPEG itself; it gets Raw then, if it
        knows nothing else.
        """
        self.begin(c.JPEG, QUALITY)
        self.viewer.advance(4)
        self.assertTrue(self.isExact())

    def test_film(self) -> None:
        """
        What moves all the time has less color after some frames; what rests of it
        becomes exact.
        """
        compress = jpeg.compress
        samplings = []

        def noted(surface: Surface, rectangle: Rectangle, level: Level) -> bytes:
            samplings.append(level.subsampling)
            return compress(surface, rectangle, level)

        self.patch(jpeg, "compress", noted)
        self.begin(c.TIGHT, c.QUALITY_LEVEL_0 + 8)
        for seed in range(8):
            self.framebuffer.paste(photo(512, 384, seed))
            self.viewer.advance(0.1)
        self.assertEqual(set(samplings[:2]), {FULL_COLOR})
        self.assertEqual(set(samplings[-2:]), {QUARTER_COLOR})
        self.assertFalse(self.isExact())
        self.viewer.advance(4)
        self.assertTrue(self.isExact())

    def test_moving(self) -> None:
        """
        While something small moves, the rest becomes exact all the same, in time; what
        moves is not sent twice.
        """
        self.begin()

        def draw() -> None:
            self.framebuffer.paste(photo(64, 64, self.count), 0, 0)
            self.count += 1

        self.count = 0
        loop = LoopingCall(draw)
        loop.clock = self.factory.clock
        loop.start(0.1)
        self.viewer.advance(REST + 0.5)
        self.assertTrue(self.isExact(Rectangle(128, 128, 384, 256)))
        self.assertTrue(self.isExact(Rectangle(0, 64, 512, 320)))
        self.viewer.updates.clear()
        self.viewer.advance(10)
        loop.stop()
        sent = [one for update in self.viewer.updates for one in update.rectangles]
        self.assertLess(len(sent), 110)
        self.viewer.advance(3)
        self.assertTrue(self.isExact())

    def test_blinking(self) -> None:
        """
        A thing that blinks slowly delays nothing.
        """
        self.begin()
        self.blinks = 0

        def blink() -> None:
            color = ("black", "white")[self.blinks % 2]
            self.framebuffer.fill(color, Rectangle(500, 370, 2, 10))
            self.blinks += 1

        loop = LoopingCall(blink)
        loop.clock = self.factory.clock
        for interval in (0.5, 0.03):
            loop.start(interval)
            self.framebuffer.paste(photo(448, 320, self.blinks))
            self.viewer.advance(REST + 0.5)
            self.assertTrue(self.isExact(Rectangle(0, 0, 448, 320)))
            loop.stop()

    def test_budget(self) -> None:
        """
        On a narrow link on which something moves, what is sent again leaves half of it
        to what is new.
        """
        self.begin(link=Link(400_000, 0.01))
        self.viewer.advance(1)
        self.count = 0

        def draw() -> None:
            self.framebuffer.fill(("red", "green", "blue")[self.count % 3], DOT)
            self.count += 1

        loop = LoopingCall(draw)
        loop.clock = self.factory.clock
        loop.start(0.05)
        self.viewer.updates.clear()
        self.viewer.advance(1)
        new = [one for one in self.viewer.updates if DOT in one.rectangles]
        self.viewer.advance(10)
        loop.stop()
        self.assertGreater(len(new), 5)
        self.assertTrue(self.isExact(Rectangle(64, 64, 448, 320)))

    def test_parts(self) -> None:
        """
        A viewer that only asks for parts gets these exactly, each pixel once.
        """
        self.begin()
        client = self.viewer.client
        client.isUpdating = False
        self.viewer.advance(0.1)
        client.requestUpdate(False)
        self.viewer.advance(0.1)
        parts = [Rectangle(30, 30, 200, 100), Rectangle(230, 30, 130, 100)]
        for _ in range(8):
            for part in parts:
                client.requestUpdate(True, part)
                self.viewer.advance(0.3)
        for part in parts:
            self.assertTrue(self.isExact(part))
        self.assertFalse(self.isExact())
        self.viewer.updates.clear()
        for part in parts:
            client.requestUpdate(True, part)
            self.viewer.advance(1)
        self.assertEqual(self.viewer.updates, [])
        self.assertEqual(self.viewer.clock.getDelayedCalls(), [])
        client.requestUpdate()
        for _ in range(9):
            self.viewer.advance(0.5)
            client.requestUpdate()
        self.assertTrue(self.isExact())

    def test_newComesFirst(self) -> None:
        """
        On a narrow link, what is new is not behind much that is sent again.
        """
        self.begin(link=Link(1_000_000, 0.02))
        self.viewer.advance(REST + 0.4)
        self.framebuffer.fill("red", Rectangle(0, 0, 64, 64))
        begun = self.viewer.clock.seconds()
        self.viewer.waitFor(lambda: self.viewer.color(5, 5) == "#ff0000", 5)
        self.assertLess(self.viewer.clock.seconds() - begun, 1.0)

    def test_changedAgain(self) -> None:
        """
        What became something else meanwhile is sent as that.
        """
        self.begin()
        self.viewer.advance(0.1)
        self.framebuffer.fill("blue")
        self.viewer.advance(0.1)
        self.assertTrue(self.isExact())
        server: Any = self.viewer.server
        sent = server.bytesSent
        self.viewer.advance(10)
        self.assertEqual(server.bytesSent, sent)

    def test_copied(self) -> None:
        """
        What is copied from where it was lossy is lossy, too, and becomes exact.
        """
        self.begin(c.COPY_RECT, c.TIGHT, QUALITY)
        self.framebuffer.paste(photo(512, 128)[:, :, ::-1].copy() // 3, 0, 256)
        self.viewer.advance(0.1)
        self.viewer.updates.clear()
        self.framebuffer.copy(Rectangle(0, 0, 512, 128), 0, 200)
        self.viewer.advance(0.1)
        self.assertTrue(any(update.copies for update in self.viewer.updates))
        self.assertFalse(self.isExact(Rectangle(0, 200, 512, 128)))
        self.viewer.advance(4)
        self.assertTrue(self.isExact())

    def test_renderedCursor(self) -> None:
        """
        Also if the cursor is drawn into the picture, as the viewer cannot draw it.
        """
        self.begin()
        self.framebuffer.setCursor(Image.new("RGBA", (9, 9), "red"))
        self.viewer.advance(4)
        seen = self.viewer.image()
        self.assertEqual(seen.crop((0, 0, 9, 9)).getcolors(), [(81, (255, 0, 0))])
        expected = self.framebuffer.toImage()
        expected.paste("red", (0, 0, 9, 9))
        self.assertIsNone(difference(seen, expected))
        server: Any = self.viewer.server
        sent = server.bytesSent
        self.viewer.advance(10)
        self.assertEqual(server.bytesSent, sent)

    def test_resized(self) -> None:
        """
        Another size begins anew.
        """
        self.begin(c.TIGHT, QUALITY, c.DESKTOP_SIZE)
        self.viewer.advance(0.1)
        self.framebuffer.resize(300, 200)
        self.framebuffer.paste(photo(300, 200, 4))
        self.viewer.advance(4)
        self.assertTrue(self.isExact())

    def test_gone(self) -> None:
        """
        A viewer that leaves leaves no timer behind.
        """
        self.begin()
        self.viewer.advance(0.1)
        self.viewer.disconnect()
        self.viewer.advance(2)
        self.assertEqual(self.viewer.clock.getDelayedCalls(), [])

    def test_notAsked(self) -> None:
        """
        A viewer that does not ask gets nothing, and what it is owed when it does.
        """
        self.begin()
        self.viewer.client.isUpdating = False
        self.viewer.advance(5)
        self.assertFalse(self.isExact())
        self.viewer.client.isUpdating = True
        self.viewer.client.requestUpdate()
        self.viewer.advance(5)
        self.assertTrue(self.isExact())


class RefresherTests(SynchronousTestCase):
    """
    By itself.
    """

    def test_nothingLossy(self) -> None:
        """
        Where nothing is lossy there is nothing to do, and no timer.
        """
        clock = Clock()
        refresher = LosslessRefresh(clock, lambda: self.fail("there is nothing to do"))
        self.assertEqual(refresher.due(), [])
        refresher.forget()
        self.assertEqual(clock.getDelayedCalls(), [])
