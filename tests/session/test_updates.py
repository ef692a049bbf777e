# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.updates}: what one viewer is sent, and when.
"""

from __future__ import annotations

import gc
import random
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from twisted.trial.unittest import SynchronousTestCase

from tests.codec import FORMATS, MAP, RGB565
from tests.scenes import serving
from txrfb._wire.messages import KeyEvent
from txrfb.encodings import ENCODINGS
from txrfb.encodings.constants import (
    COPY_RECT,
    CURSOR,
    DESKTOP_NAME,
    DESKTOP_SIZE,
    HEXTILE,
    JPEG,
    LAST_RECT,
    QUALITY_LEVEL_0,
    RAW,
    TIGHT,
    TIGHT_PNG,
    ZLIB,
    ZRLE,
)
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.pixels import NATIVE, PixelFormat
from txrfb.testing import Link, Viewer, assertScreen, difference

EVERYTHING = Rectangle(0, 0, 65535, 65535)

#: Encodings that lose nothing, and write pixels in the viewer's format.
EXACT = [number for number in ENCODINGS if number not in (JPEG, TIGHT_PNG)]


def noise(framebuffer: MemoryFramebuffer, rectangle: Rectangle, seed: int) -> None:
    """
    Paint what no encoding can make small.
    """
    x, y, width, height = rectangle
    source = np.random.default_rng(seed)
    framebuffer.paste(source.integers(0, 256, (height, width, 3), np.uint8), x, y)


class Still(Viewer):
    """
    A viewer that has its first picture, and asks for nothing more by itself.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # It has asked for changes: let that be answered, by a change that is undone.
        self.client.isUpdating = False
        framebuffer: Any = self.server and self.server.factory.display.framebuffer
        saved = framebuffer.array.copy()
        framebuffer.fill((1, 2, 3), Rectangle(0, 0, 1, 1))
        self.advance(0.1)
        framebuffer.array[:] = saved
        framebuffer.damage()
        self.client.requestUpdate()
        self.advance(0.1)
        self.client.updates.clear()

    def ask(self, incremental: bool, *rectangle: int) -> list[Rectangle]:
        """
        Ask for an update, and let a moment pass.

        @return: What came of it.
        """
        before = len(self.updates)
        self.client.requestUpdate(incremental, Rectangle(*rectangle or EVERYTHING))
        self.advance(0.1)
        return self.since(before)

    def since(self, before: int) -> list[Rectangle]:
        """
        @return: The rectangles of updates that came after so many.
        """
        return [one for update in self.updates[before:] for one in update.rectangles]


def area(rectangles: list[Rectangle]) -> int:
    """
    @return: How many pixels they have.
    """
    return sum(one.area for one in rectangles)


class RequestTests(SynchronousTestCase):
    """
    Requests are answered as RFC 6143, section 7.5.3, has it.
    """

    def setUp(self) -> None:
        """
        A viewer that asks for what the tests say.
        """
        self.framebuffer = MemoryFramebuffer(200, 150)
        noise(self.framebuffer, Rectangle(0, 0, 200, 150), 1)
        self.viewer = Still(serving(self.framebuffer), encodings=(RAW,))

    def test_nothingUnasked(self) -> None:
        """
        Without a request nothing is sent.
        """
        self.framebuffer.fill("red")
        self.viewer.advance(5)
        self.assertEqual(self.viewer.updates, [])

    def test_incremental(self) -> None:
        """
        An incremental request is answered when something changed, by what changed,
        and once.
        """
        self.assertEqual(self.viewer.ask(True), [])
        self.framebuffer.fill("red", Rectangle(70, 70, 10, 10))
        self.viewer.advance(0.1)
        [rectangle] = self.viewer.since(0)
        self.assertTrue(rectangle.contains(Rectangle(70, 70, 10, 10)))
        self.assertLessEqual(rectangle.area, 64 * 64)
        self.framebuffer.fill("blue")
        self.viewer.advance(5)
        self.assertEqual(len(self.viewer.updates), 1)

    def test_nonIncremental(self) -> None:
        """
        Any other is answered always, with all pixels that were asked for.
        """
        for _ in range(3):
            self.assertEqual(area(self.viewer.ask(False)), 200 * 150)

    def test_partial(self) -> None:
        """
        A part of the screen can be asked for, and no more is sent.
        """
        found = self.viewer.ask(False, 10, 20, 30, 40)
        self.assertEqual(found, [Rectangle(10, 20, 30, 40)])

    def test_partialIncremental(self) -> None:
        """
        Of changes only those inside the part are sent; the others are not
        forgotten, and sent when they are asked for.
        """
        self.assertEqual(self.viewer.ask(True, 0, 0, 64, 64), [])
        self.framebuffer.fill("red", Rectangle(100, 100, 10, 10))
        self.viewer.advance(0.1)
        self.assertEqual(self.viewer.updates, [])
        self.framebuffer.fill("red", Rectangle(10, 10, 10, 10))
        self.viewer.advance(0.1)
        [rectangle] = self.viewer.since(0)
        self.assertTrue(Rectangle(0, 0, 64, 64).contains(rectangle))
        found = self.viewer.ask(True)
        self.assertTrue(any(r.contains(Rectangle(100, 100, 10, 10)) for r in found))
        assertScreen(self.viewer, self.framebuffer)
        self.assertEqual(self.viewer.ask(True), [])

    def test_outside(self) -> None:
        """
        What is outside of the screen is left away; a request for nothing inside is
        not answered, and answers of others do not wait for it.
        """
        self.assertEqual(
            self.viewer.ask(False, 190, 140, 100, 100), [Rectangle(190, 140, 10, 10)]
        )
        for rectangle in ((200, 0, 5, 5), (0, 150, 5, 5), (3, 3, 0, 9), (3, 3, 9, 0)):
            self.assertEqual(self.viewer.ask(False, *rectangle), [])
        self.framebuffer.fill("red")
        self.viewer.advance(1)
        self.assertEqual(len(self.viewer.updates), 1)

    def test_severalOutstanding(self) -> None:
        """
        Requests that wait together are answered together.
        """
        client = self.viewer.client
        client.requestUpdate(True, Rectangle(0, 0, 64, 64))
        client.requestUpdate(True, Rectangle(128, 0, 64, 64))
        client.requestUpdate(False, Rectangle(0, 140, 5, 5))
        self.framebuffer.fill("red", Rectangle(130, 0, 5, 5))
        self.viewer.advance(0.5)
        self.assertEqual(len(self.viewer.updates), 1)
        found = self.viewer.since(0)
        self.assertTrue(any(r.contains(Rectangle(130, 0, 5, 5)) for r in found))
        self.assertIn(Rectangle(0, 140, 5, 5), found)

    def test_manyOutstanding(self) -> None:
        """
        However many requests wait, they are remembered in little room, and what
        they asked for is sent.
        """
        for n in range(2000):
            place = Rectangle(n * 7 % 190, n * 11 % 140, 3, 3)
            self.viewer.client.requestUpdate(True, place)
        self.viewer.advance(0.1)
        producer: Any = self.viewer.server and self.viewer.server.producer
        self.assertLessEqual(len(producer._requests.some), 64)
        self.framebuffer.fill("red")
        self.viewer.advance(0.1)
        self.assertGreater(area(self.viewer.since(0)), 15000)

    def test_nothingChangedReally(self) -> None:
        """
        Damage without any change answers no incremental request.
        """
        self.assertEqual(self.viewer.ask(True), [])
        self.framebuffer.damage()
        self.viewer.advance(1)
        self.assertEqual(self.viewer.updates, [])


class PaceTests(SynchronousTestCase):
    """
    When updates are sent.
    """

    def setUp(self) -> None:
        """
        A viewer that keeps asking.
        """
        self.framebuffer = MemoryFramebuffer(200, 150)
        self.factory = serving(self.framebuffer, frameRate=50)
        self.viewer = Viewer(self.factory)
        self.viewer.advance(10)
        self.viewer.updates.clear()

    def test_atOnceAfterAPause(self) -> None:
        """
        After a pause damage goes out at once, in the same moment.
        """
        before = self.factory.clock.seconds()
        self.framebuffer.fill("red")
        self.factory.clock.advance(0)
        self.assertEqual(len(self.viewer.updates), 1)
        self.assertEqual(self.factory.clock.seconds(), before)

    def test_keyToUpdate(self) -> None:
        """
        So does what a key draws.
        """
        framebuffer = self.framebuffer

        class Echo:
            """
            Draws when a key comes.
            """

            def keyEvent(self, keysym: int, down: bool, viewer: Any) -> None:
                framebuffer.fill("green" if down else "blue")

        assert self.viewer.server is not None
        self.viewer.server.application.input = Echo()
        self.viewer.keyEvent(97, True)
        self.assertEqual(self.viewer.color(3, 3), "#008000")

    def test_keyWithoutATurn(self) -> None:
        """
        What is drawn when keys are told is sent before the reactor has another turn,
        all of it in one frame; a frame's time after that, what is drawn next.
        """
        server = self.viewer.server
        assert server is not None
        colors = iter(("red", "green", "blue"))

        class Echo:
            """
            Draws when a key comes.
            """

            def keyEvent(_, keysym: int, down: bool, viewer: Any) -> None:
                self.framebuffer.fill(next(colors))

        server.application.input = Echo()
        before = server.framesSent
        down, up = KeyEvent(True, 97).toBytes(), KeyEvent(False, 97).toBytes()
        server.dataReceived(down + up)
        self.assertEqual(server.framesSent, before + 1)
        self.viewer.advance(0.001)
        self.assertEqual(self.viewer.color(3, 3), "#008000")
        server.dataReceived(down)
        self.assertEqual(server.framesSent, before + 1)
        self.viewer.advance(0.02)
        self.assertEqual(server.framesSent, before + 2)
        self.assertEqual(self.viewer.color(3, 3), "#0000ff")

    def test_keyThatEndsAll(self) -> None:
        """
        If the only viewer leaves by that key, there is no frame.
        """
        server = self.viewer.server
        assert server is not None

        class Quit:
            """
            Draws, and has the viewer leave.
            """

            def keyEvent(_, keysym: int, down: bool, viewer: Any) -> None:
                self.framebuffer.fill("red")
                viewer.disconnect("it has pressed a key")

        server.application.input = Quit()
        before = self.factory.display.captures
        server.dataReceived(KeyEvent(True, 97).toBytes())
        self.assertEqual(self.factory.display.captures, before)
        self.viewer.advance(1)
        self.assertEqual(self.factory.display.captures, before)
        again = Viewer(self.factory)
        assertScreen(again, self.framebuffer.toImage())

    def test_frameRate(self) -> None:
        """
        There are no more frames a second than the factory allows, evenly spaced,
        however often something is damaged.
        """
        moments = []
        for n in range(1000):
            self.framebuffer.fill((n % 256, n // 256, 1))
            before = len(self.viewer.updates)
            self.viewer.advance(0.001)
            if len(self.viewer.updates) > before:
                moments.append(self.factory.clock.seconds())
        self.assertIn(len(moments), (50, 51))
        gaps = [later - sooner for sooner, later in pairwise(moments)]
        self.assertGreater(min(gaps), 0.0189)
        self.assertLess(max(gaps), 0.0211)

    def test_noFrameRate(self) -> None:
        """
        With a frame rate of 0 there are as many frames as the viewer takes.
        """
        framebuffer = MemoryFramebuffer(100, 80)
        viewer = Viewer(serving(framebuffer, frameRate=0))
        viewer.updates.clear()
        for n in range(200):
            framebuffer.fill((n, 0, 0))
            viewer.advance(0.001)
        self.assertEqual(len(viewer.updates), 199)  # the first was black already

    def test_damageIsMerged(self) -> None:
        """
        A slow viewer sees fewer frames, not older ones.
        """
        slow = Viewer(
            self.factory, link=Link(bandwidth=20_000, delay=0.05), encodings=(RAW,)
        )
        slow.updates.clear()
        self.viewer.updates.clear()
        for n in range(500):
            self.framebuffer.fill((n % 256, 0, 0), Rectangle(0, 0, 64, 64))
            self.viewer.advance(0.02)
        self.assertGreater(len(self.viewer.updates), 400)
        self.assertLess(len(slow.updates), 20)
        slow.settle()
        assertScreen(slow, self.framebuffer, within=0)

    def test_nobodyAsks(self) -> None:
        """
        Nothing is captured for which no viewer has asked, or has room.
        """
        captures: list[int] = []
        real = self.framebuffer.capture

        def capture() -> Any:
            captures.append(1)
            return real()

        self.framebuffer.capture = capture  # type: ignore[method-assign]
        self.viewer.client.isUpdating = False
        self.framebuffer.fill("red")
        self.viewer.advance(1)
        self.assertEqual(len(captures), 1)
        for color in ("green", "blue"):
            self.framebuffer.fill(color)
            self.viewer.advance(1)
        self.assertEqual(len(captures), 1)
        self.viewer.client.requestUpdate()
        self.viewer.advance(0.1)
        self.assertEqual(len(captures), 2)
        assertScreen(self.viewer, self.framebuffer, within=0)


class MemoryTests(SynchronousTestCase):
    """
    What a viewer costs that does not read.
    """

    def setUp(self) -> None:
        """
        A large screen of noise, one viewer that hangs, one that does not.
        """
        self.framebuffer = MemoryFramebuffer(700, 500)
        noise(self.framebuffer, Rectangle(0, 0, 700, 500), 2)
        self.factory = serving(self.framebuffer)
        self.other = Viewer(self.factory, encodings=(TIGHT, COPY_RECT))
        self.stuck = Viewer(self.factory, encodings=(TIGHT, DESKTOP_SIZE, DESKTOP_NAME))
        server: Any = self.stuck.server
        self.producer: Any = server.producer
        self.writer: Any = server.writer

    def hang(self) -> None:
        """
        Let one viewer read nothing more, and begin an update for it.
        """
        self.stuck.pauseReading()
        noise(self.framebuffer, Rectangle(0, 0, 700, 500), 3)
        self.stuck.advance(0.1)

    def test_little(self) -> None:
        """
        For a viewer that does not read less than 256 KiB are written, whatever
        happens on the screen; the other one sees all of it.
        """
        self.hang()
        for n in range(20):
            noise(self.framebuffer, Rectangle(n * 20, n * 10, 200, 200), n)
            self.framebuffer.name = f"name {n}"
            self.framebuffer.bell()
            self.framebuffer.cutText("text" * n)
            self.stuck.advance(0.05)
            assertScreen(self.other, self.framebuffer)
        self.assertGreater(self.stuck.backlog, 65536)
        self.assertLess(self.stuck.backlog, 256 << 10)
        self.stuck.resumeReading()
        assertScreen(self.stuck, self.framebuffer)
        self.assertEqual(self.stuck.name, "name 19")
        self.assertEqual(self.stuck.clipboard, "text" * 19)
        self.assertEqual(self.stuck.bells, 1)

    def test_noBytesOfRetiredPlans(self) -> None:
        """
        A plan whose frame has passed holds no bytes, though a viewer is still
        busy with it; the viewer itself holds no more than one piece of it.
        """
        self.hang()
        plan = self.writer.plan
        assert plan is not None
        self.framebuffer.fill("red", Rectangle(0, 0, 5, 5))
        self.stuck.advance(0.1)
        self.assertIs(self.writer.plan, plan)
        self.assertEqual(plan._chunks, {})
        # Three bytes for each of 131072 pixels, and a little.
        self.assertLess(len(self.writer._rest), 400_000)

    def test_gone(self) -> None:
        """
        When the viewer is closed nothing of it stays.
        """
        self.hang()
        assert self.stuck.server is not None
        self.stuck.server.disconnect("enough")
        self.assertIsNone(self.writer.plan)
        self.assertEqual(self.writer._rest, b"")
        self.stuck.advance(2)
        self.assertEqual(self.stuck.backlog, 0)
        gc.collect()
        self.assertNotIn(self.producer, self.factory.display.followers)

    def test_stoppedInMidst(self) -> None:
        """
        A viewer that hangs in the midst of an update, and reads on much later, has
        the right picture then.
        """
        for colors in (("red",), ("red", "green", "blue")):
            self.hang()
            for color in colors:
                self.framebuffer.fill(color, Rectangle(100, 100, 500, 300))
                self.stuck.advance(0.1)
            self.stuck.resumeReading()
            assertScreen(self.stuck, self.framebuffer)
            assertScreen(self.other, self.framebuffer)

    def test_resizedInMidst(self) -> None:
        """
        So it has if the size changed meanwhile, to a smaller one or a larger one,
        once or twice.
        """
        self.other.disconnect()
        for sizes in (((300, 200),), ((750, 600),), ((50, 40), (700, 500))):
            other = Viewer(self.factory, encodings=(RAW, DESKTOP_SIZE))
            self.hang()
            for width, height in sizes:
                self.framebuffer.resize(width, height)
                noise(self.framebuffer, Rectangle(0, 0, width, height), width)
                self.stuck.advance(0.1)
            assertScreen(other, self.framebuffer)
            self.stuck.resumeReading()
            assertScreen(self.stuck, self.framebuffer)
            other.disconnect()
            self.framebuffer.resize(700, 500)
            self.stuck.settle()

    def test_floodOfMessages(self) -> None:
        """
        What must not be dropped, and cannot be merged, does not pile up either.
        """
        self.hang()
        for n in range(2000):
            self.framebuffer.cutText(str(n) * 100)
            self.framebuffer.bell()
            self.framebuffer.name = str(n)
        self.assertLessEqual(len(self.writer._waiting), 64)
        self.stuck.resumeReading()
        self.stuck.settle()
        self.assertEqual(self.stuck.clipboard, "1999" * 100)
        self.assertEqual(self.stuck.name, "1999")


class FormatTests(SynchronousTestCase):
    """
    Pixels in the formats that viewers ask for.
    """

    def shown(self, format: PixelFormat, image: Image.Image) -> Image.Image:
        """
        @return: What a picture looks like in a pixel format.
        """
        colors = np.asarray(image).astype(np.uint32)
        result = np.empty(colors.shape, np.uint8)
        for band, most in enumerate((format.redMax, format.greenMax, format.blueMax)):
            values = (colors[..., band] * most + 127) // 255
            result[..., band] = (values.astype(np.uint64) * 255 + most // 2) // most
        return Image.fromarray(result)

    def test_everyFormat(self) -> None:
        """
        Every pixel format there is, in every encoding that loses nothing.
        """
        framebuffer = MemoryFramebuffer(70, 66)
        noise(framebuffer, Rectangle(0, 0, 70, 40), 4)
        framebuffer.fill("orange", Rectangle(10, 45, 50, 15))
        factory = serving(framebuffer)
        for name, format in FORMATS.items():
            expected = self.shown(format, framebuffer.toImage())
            for encoding in EXACT:
                viewer = Viewer(factory, encodings=(encoding,), format=format)
                # A color map has its colors rounded down.
                tolerance = 0 if format.trueColor else 1
                found = difference(viewer.image(), expected, tolerance)
                self.assertIsNone(found, (name, encoding, found))
                viewer.disconnect()

    def test_withoutSetPixelFormat(self) -> None:
        """
        A viewer that sets no format gets what was announced.
        """
        framebuffer = MemoryFramebuffer(70, 66)
        noise(framebuffer, Rectangle(0, 0, 70, 66), 5)
        viewer = Viewer(serving(framebuffer), format=None)
        self.assertEqual(viewer.client.connection.format, NATIVE)
        assertScreen(viewer, framebuffer, within=0)

    def test_colorMap(self) -> None:
        """
        A viewer that is not true color is sent the map before its first pixels.
        """
        framebuffer = MemoryFramebuffer(10, 10)
        framebuffer.fill("#ff0000")
        viewer = Viewer(serving(framebuffer), format=MAP)
        self.assertEqual(viewer.color(3, 3), "#ff0000")
        self.assertIn("tx    SetColorMapEntries", viewer.log)

    def test_changes(self) -> None:
        """
        Format and encodings may change at any time; what is on the screen stays,
        and what comes is right.
        """
        framebuffer = MemoryFramebuffer(100, 80)
        framebuffer.fill("#ff8040")
        viewer = Viewer(serving(framebuffer))
        formats = [RGB565, MAP, NATIVE, FORMATS["big"], FORMATS["332"], MAP, NATIVE]
        for turn, format in enumerate(formats):
            viewer.client.setPixelFormat(format)
            viewer.client.setEncodings((EXACT[turn % len(EXACT)],))
            viewer.advance(0.1)
            # The update that was asked for before comes in the format of then.
            framebuffer.fill("#000000", Rectangle(0, 0, 1, 1))
            viewer.advance(0.1)
            framebuffer.fill("#ffffff", Rectangle(0, 0, 1, 1))
            noise(framebuffer, Rectangle(20, 20, 40, 30), turn)
            viewer.advance(0.1)
            part = (20, 20, 60, 50)
            expected = self.shown(format, framebuffer.toImage()).crop(part)
            found = difference(viewer.image().crop(part), expected, 1)
            self.assertIsNone(found, (turn, found))
            self.assertEqual(viewer.client.connection.format, format)
        viewer.client.requestUpdate(False)
        assertScreen(viewer, framebuffer)

    def test_encodingsSwitch(self) -> None:
        """
        Encodings with a stream of their own may be used in turns.
        """
        framebuffer = MemoryFramebuffer(100, 80)
        viewer = Viewer(serving(framebuffer))
        for turn in range(4 * len(EXACT)):
            viewer.client.setEncodings((EXACT[turn % len(EXACT)], COPY_RECT))
            noise(framebuffer, Rectangle(turn, turn, 50, 40), turn)
            viewer.advance(0.1)
            self.assertIn(EXACT[turn % len(EXACT)], viewer.updates[-1].encodings)
            assertScreen(viewer, framebuffer, within=0)


class NoticeTests(SynchronousTestCase):
    """
    What is told beside pixels, to those who can be told.
    """

    def setUp(self) -> None:
        """
        A viewer that can be told everything, and one that can be told nothing.
        """
        self.framebuffer = MemoryFramebuffer(100, 80, "first")
        self.factory = serving(self.framebuffer)
        self.viewer = Viewer(
            self.factory,
            encodings=(ZLIB, DESKTOP_NAME, CURSOR, DESKTOP_SIZE, LAST_RECT),
        )
        self.plain = Viewer(self.factory, encodings=(RAW,))

    def test_name(self) -> None:
        """
        A new name is told, also when nothing else changes.
        """
        self.framebuffer.name = "second"
        self.viewer.settle()
        self.assertEqual((self.viewer.name, self.plain.name), ("second", "first"))
        self.assertTrue(self.plain.isConnected)

    def test_cursor(self) -> None:
        """
        The pointer's shape is told when it changes, when it goes, and to who comes
        later.
        """
        self.framebuffer.setCursor(Image.new("RGBA", (5, 4), "red"), (2, 1))
        self.viewer.settle()
        later = Viewer(self.factory, encodings=(RAW, CURSOR))
        for viewer in (self.viewer, later):
            self.assertEqual(viewer.cursor, self.framebuffer.cursor)
        self.framebuffer.setCursor(None)
        self.viewer.settle()
        assert self.viewer.cursor is not None
        self.assertEqual(self.viewer.cursor.width, 0)

    def test_cursorInFormats(self) -> None:
        """
        The shape comes in the viewer's pixel format, in a color map's colors, too.
        """
        self.framebuffer.setCursor(Image.new("RGBA", (9, 3), "#ff0000"))
        for format in FORMATS.values():
            viewer = Viewer(self.factory, encodings=(RAW, CURSOR), format=format)
            self.assertEqual(viewer.cursor, self.framebuffer.cursor)
            viewer.disconnect()

    def test_together(self) -> None:
        """
        Name and shape come in one update with the pixels of the moment, before
        them.
        """
        self.viewer.updates.clear()
        self.framebuffer.name = "second"
        self.framebuffer.setCursor(Image.new("RGBA", (5, 4), "red"))
        self.framebuffer.fill("red")
        self.viewer.settle()
        met = [update.encodings for update in self.viewer.updates]
        self.assertIn(DESKTOP_NAME, set().union(*met))
        self.assertIn(CURSOR, set().union(*met))
        assertScreen(self.viewer, self.framebuffer, within=0)

    def test_bellAndText(self) -> None:
        """
        Bell and text reach everybody; text in Latin-1.
        """
        self.framebuffer.bell()
        self.framebuffer.cutText("né€")
        self.viewer.settle()
        for viewer in (self.viewer, self.plain):
            self.assertEqual((viewer.bells, viewer.clipboard), (1, "né?"))

    def test_neverInsideAnUpdate(self) -> None:
        """
        Bell, text and names never come in the midst of an update, at whatever byte
        of it they are told.
        """
        framebuffer = MemoryFramebuffer(400, 300)
        factory = serving(framebuffer)
        link = Link(bandwidth=1_000_000)
        viewer = Viewer(factory, encodings=(RAW, DESKTOP_NAME), link=link)
        for n in range(60):
            noise(framebuffer, Rectangle(0, 0, 400, 300), n)
            viewer.advance(0.01 + n * 0.003)
            framebuffer.bell()
            framebuffer.cutText(f"text {n}")
            framebuffer.name = f"name {n}"
        assertScreen(viewer, framebuffer, within=5)
        viewer.settle()
        self.assertEqual(viewer.clipboard, "text 59")
        self.assertEqual(viewer.name, "name 59")
        self.assertGreater(viewer.bells, 10)

    def test_resize(self) -> None:
        """
        A new size is told to who can be told, and the others are closed when they
        ask for more, with the reason in the log.
        """
        self.framebuffer.resize(150, 40)
        self.framebuffer.fill("green", Rectangle(100, 10, 30, 20))
        self.viewer.settle()
        self.assertEqual(self.viewer.size, (150, 40))
        assertScreen(self.viewer, self.framebuffer, within=0)
        self.assertFalse(self.plain.isOpen)
        self.assertIn("size changed, which this viewer cannot be told", self.plain.log)
        late = Viewer(self.factory, encodings=(RAW,))
        self.assertEqual(late.size, (150, 40))

    def test_resizeWhileNobodyLooks(self) -> None:
        """
        A size that changed while nobody looked is the size.
        """
        self.viewer.disconnect()
        self.plain.disconnect()
        self.framebuffer.resize(33, 44)
        viewer = Viewer(self.factory, encodings=(RAW,))
        self.assertEqual(viewer.size, (33, 44))
        assertScreen(viewer, self.framebuffer, within=0)

    def test_sameSize(self) -> None:
        """
        Other memory of the same size is a change of pixels.
        """
        other = bytearray(100 * 80 * 4)
        other[5] = 200
        self.framebuffer.useBuffer(other, 100, 80)
        assertScreen(self.viewer, self.framebuffer)
        assertScreen(self.plain, self.framebuffer)


class CopyTests(SynchronousTestCase):
    """
    What viewers have already is not sent again.
    """

    def setUp(self) -> None:
        """
        A viewer that can copy, one that cannot.
        """
        self.framebuffer = MemoryFramebuffer(300, 200)
        noise(self.framebuffer, Rectangle(0, 0, 300, 200), 6)
        self.factory = serving(self.framebuffer)
        self.viewer = Viewer(self.factory, encodings=(RAW, COPY_RECT))
        self.plain = Viewer(self.factory, encodings=(RAW,))

    def arrives(self) -> bool:
        """
        Assert that both see the picture.

        @return: Whether something was copied for it.
        """
        self.viewer.updates.clear()
        self.viewer.settle()
        assertScreen(self.viewer, self.framebuffer, within=0)
        assertScreen(self.plain, self.framebuffer, within=0)
        return any(update.copies for update in self.viewer.updates)

    def test_told(self) -> None:
        """
        What the application says that it copied is copied.
        """
        self.framebuffer.copy(Rectangle(10, 10, 100, 90), 150, 60)
        self.assertTrue(self.arrives())
        [copy] = self.viewer.updates[0].copies
        self.assertEqual(copy, (Rectangle(150, 60, 100, 90), 10, 10))
        self.assertEqual(self.viewer.updates[0].encodings, {COPY_RECT})

    def test_several(self) -> None:
        """
        So it is with several copies that build on each other, overlap, and have
        something painted over.
        """
        self.framebuffer.copy(Rectangle(0, 0, 100, 100), 30, 20)
        self.framebuffer.copy(Rectangle(30, 20, 100, 100), 35, 25)
        self.framebuffer.copy(Rectangle(0, 0, 150, 150), 10, 0)
        self.framebuffer.fill("red", Rectangle(50, 50, 20, 20))
        self.assertTrue(self.arrives())

    def test_wrong(self) -> None:
        """
        If that is wrong, the pixels are right all the same.
        """
        self.framebuffer.fill("red", Rectangle(100, 100, 50, 50))
        for listener in self.framebuffer.listeners():
            listener.copied(Rectangle(100, 100, 50, 50), 0, 0)
            listener.copied(Rectangle(290, 190, 50, 50), 280, 180)
            listener.copied(Rectangle(0, 0, 5, 5), 500, 500)
        self.framebuffer.damage(Rectangle(280, 180, 20, 20))
        self.arrives()

    def test_outsideOfDamage(self) -> None:
        """
        A copy to where nothing changed, as far as the application says, is not
        heeded.
        """
        for listener in self.framebuffer.listeners():
            listener.copied(Rectangle(100, 100, 50, 50), 0, 0)
        self.framebuffer.damage(Rectangle(0, 0, 5, 5))
        self.assertFalse(self.arrives())

    def test_mixture(self) -> None:
        """
        Nor is one whose picture is a mixture of two, as the screen changed while it
        was sent, though others are.
        """
        framebuffer = MemoryFramebuffer(300, 300)
        factory = serving(framebuffer)
        quick, slow = (Viewer(factory, encodings=(RAW, COPY_RECT)) for _ in range(2))
        for offset in (5, 100, 250):
            slow.pauseReading()
            noise(framebuffer, Rectangle(0, 0, 300, 300), offset)
            quick.advance(0.1)
            quick.updates.clear()
            framebuffer.copy(Rectangle(0, 0, 300, 300 - offset), 0, offset)
            quick.advance(0.1)
            self.assertTrue(quick.updates[0].copies)
            slow.resumeReading()
            assertScreen(slow, framebuffer)

    def test_notExact(self) -> None:
        """
        A viewer that has another picture than the newest is not told to copy.
        """
        self.viewer.pauseReading()
        noise(self.framebuffer, Rectangle(0, 0, 300, 200), 7)
        self.plain.advance(0.1)
        noise(self.framebuffer, Rectangle(0, 0, 300, 200), 8)
        self.plain.advance(0.1)
        self.framebuffer.copy(Rectangle(10, 10, 100, 90), 150, 60)
        self.plain.advance(0.1)
        self.viewer.resumeReading()
        self.arrives()


class Pacing(SynchronousTestCase):
    """
    Viewers at different paces.
    """

    ENCODINGS = tuple(
        (number, *extra)
        for number in EXACT
        for extra in ((), (COPY_RECT, DESKTOP_SIZE), (DESKTOP_SIZE, CURSOR, LAST_RECT))
    ) + 6 * ((TIGHT, QUALITY_LEVEL_0 + 5, COPY_RECT, DESKTOP_SIZE),)

    def test_sixteen(self) -> None:
        """
        Sixteen viewers, of which each takes every first to fourth picture, share
        what is encoded, and all end with the right one.
        """
        framebuffer = MemoryFramebuffer(320, 256)
        factory = serving(framebuffer)
        encodings = [(TIGHT, COPY_RECT), (ZRLE,), (HEXTILE, COPY_RECT), (ZLIB,)]
        viewers = [Viewer(factory, encodings=encodings[n % 4]) for n in range(16)]
        chance = random.Random(1)
        for frame in range(24):
            for number, viewer in enumerate(viewers):
                if frame % (1 + number // 4):
                    viewer.pauseReading()
                else:
                    viewer.resumeReading()
            x, y = chance.randrange(280), chance.randrange(200)
            noise(framebuffer, Rectangle(x, y, 150, 90), frame)
            framebuffer.copy(Rectangle(x, y, 40, 50), 270 - x, 200 - y)
            viewers[0].advance(0.02)
        for viewer in viewers:
            viewer.resumeReading()
        for viewer in viewers:
            assertScreen(viewer, framebuffer.toImage())
        self.assertGreater(factory.display.planner.cache.hits, 0)

    @settings(max_examples=40, deadline=None)
    @given(st.integers(0, 1 << 32))
    def test_anything(self, seed: int) -> None:
        """
        Whatever is painted, copied and resized, whoever comes, goes, hangs, asks for
        parts, changes format or encodings: when the application stops, all viewers
        have its picture; those who take JPEG, after a moment of rest.
        """
        chance = random.Random(seed)
        width, height = chance.choice([(64, 64), (200, 150), (130, 70), (300, 270)])
        framebuffer = MemoryFramebuffer(width, height)
        factory = serving(framebuffer, frameRate=chance.choice([0, 30, 60]))
        viewers: list[Viewer] = []

        def come() -> None:
            link = chance.choice([None, Link(50_000, 0.02), Link(1_000_000, 0.001)])
            encodings = chance.choice(self.ENCODINGS)
            viewers.append(Viewer(factory, encodings=encodings, link=link))

        come()
        for _ in range(chance.randint(5, 40)):
            action = chance.randrange(13)
            x, y = chance.randrange(width), chance.randrange(height)
            part = Rectangle(x, y, chance.randint(1, 120), chance.randint(1, 120))
            viewer = chance.choice(viewers) if viewers else None
            if action < 3:
                noise(framebuffer, part, chance.randrange(1 << 30))
            elif action == 3:
                framebuffer.fill(chance.choice(["red", "blue"]), part)
            elif action == 4:
                framebuffer.copy(
                    part, chance.randrange(width), chance.randrange(height)
                )
            elif action == 5:
                for listener in framebuffer.listeners():
                    listener.copied(part, chance.randrange(width), y)
                framebuffer.damage(part)
            elif action == 6 and len(viewers) < 4:
                come()
            elif action == 7 and chance.random() < 0.3:
                largest = chance.choice([(7, 7), (200, 150)])
                width, height = (chance.randint(1, most) for most in largest)
                framebuffer.resize(width, height)
            elif action == 8 and chance.random() < 0.3:
                framebuffer.setCursor(Image.new("RGBA", (5, 5), "red"))
            elif viewer is None or not viewer.isConnected:
                pass
            elif action == 9:
                viewer.client.requestUpdate(chance.random() < 0.7, part)
            elif action == 10:
                viewer.pauseReading()
            elif action == 11:
                viewer.resumeReading()
            elif action == 12 and chance.random() < 0.3:
                viewer.disconnect()
            for one in viewers[:1]:
                one.advance(chance.choice([0, 0.001, 0.02, 0.3]))
            viewers = [one for one in viewers if one.isConnected]
        for viewer in viewers:
            viewer.resumeReading()
        framebuffer.setCursor(None)
        for viewer in viewers:
            viewer.settle(60)
            viewer.advance(2)
            viewer.settle(60)
            if viewer.isConnected:
                found = difference(viewer.image(), framebuffer.toImage())
                self.assertIsNone(found, (seed, found, viewer.log))
            else:
                self.assertIn("which this viewer cannot be told", viewer.log)
