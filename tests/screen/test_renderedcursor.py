# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._screen.renderedcursor}: the pointer in the picture of those who do not
draw it, and only in theirs.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from twisted.trial.unittest import SynchronousTestCase

from tests.scenes import Application, serving
from txrfb._screen.renderedcursor import RenderedCursor
from txrfb.encodings import ENCODINGS
from txrfb.encodings import constants as c
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.pixels import Cursor, Surface
from txrfb.testing import Link, Viewer, assertScreen


def cursorOf(seed: int, width: int = 7, height: int = 9) -> Image.Image:
    """
    @return: A shape of any colors and degrees of transparency.
    """
    source = np.random.default_rng(seed)
    pixels = source.integers(0, 256, (height, width, 4), np.uint8)
    pixels[::2, :, 3] = np.where(pixels[::2, :, 3] > 128, 255, 0)
    return Image.fromarray(pixels, "RGBA")


def drawn(
    framebuffer: MemoryFramebuffer, shape: Image.Image | None, x: int, y: int
) -> Image.Image:
    """
    @return: What is seen by who does not draw the pointer, as Pillow draws it.
    """
    picture = framebuffer.toImage()
    if shape is not None:
        picture.paste(shape, (x, y), shape)
    return picture


class ComposeTests(SynchronousTestCase):
    """
    By itself.
    """

    def test_rectangle(self) -> None:
        """
        It covers the shape, moved by its hotspot.
        """
        overlay = RenderedCursor(Cursor(5, 6, 2, 3, bytes(120)), 10, 20)
        self.assertEqual(overlay.rectangle, Rectangle(8, 17, 5, 6))

    def test_mixed(self) -> None:
        """
        What is under it shines through where it is transparent.
        """
        pixels = bytes((200, 100, 0, 255, 200, 100, 0, 0, 200, 100, 0, 51))
        overlay = RenderedCursor(Cursor(3, 1, 0, 0, pixels), 1, 0)
        under = bytearray(b"\x64\x64\x64\x07" * 5)
        part = overlay.compose(Surface(under, 20, 5, 1), Rectangle(0, 0, 5, 1))
        self.assertEqual(
            part.array()[0, :, :3].tolist(),
            [[100] * 3, [200, 100, 0], [100] * 3, [120, 100, 80], [100] * 3],
        )
        self.assertEqual(under, b"\x64\x64\x64\x07" * 5)

    def test_elsewhere(self) -> None:
        """
        Where it is not, everything stays as it is.
        """
        overlay = RenderedCursor(Cursor(1, 1, 0, 0, b"\xff" * 4), 50, 50)
        surface = Surface(bytearray(range(48)), 16, 4, 3)
        part = overlay.compose(surface, Rectangle(1, 1, 2, 2))
        self.assertTrue((part.array() == surface.array()[1:3, 1:3]).all())

    @settings(max_examples=150, deadline=None)
    @given(st.integers(0, 1 << 32))
    def test_anywhere(self, seed: int) -> None:
        """
        Wherever it is, in or out of a picture of any size, each part of the picture is
        as Pillow draws it.
        """
        source = random.Random(seed)
        width, height = source.randint(1, 9), source.randint(1, 9)
        shape = cursorOf(seed, source.randint(1, 12), source.randint(1, 12))
        hotspot = source.randrange(shape.width), source.randrange(shape.height)
        framebuffer = MemoryFramebuffer(width, height)
        framebuffer.fill("teal")
        framebuffer.setCursor(shape, hotspot)
        assert framebuffer.cursor is not None
        place = source.randint(-20, 30), source.randint(-20, 30)
        overlay = RenderedCursor(framebuffer.cursor, *place)
        corner = place[0] - hotspot[0], place[1] - hotspot[1]
        wanted = np.asarray(drawn(framebuffer, shape, *corner)).astype(int)
        x, y = source.randrange(width), source.randrange(height)
        part = Rectangle(x, y, source.randint(1, width - x), source.randint(1, 9))
        part = part.intersection(Rectangle(0, 0, width, height))
        surface = Surface(framebuffer.pixels, framebuffer.stride, width, height)
        found = overlay.compose(surface, part)
        self.assertEqual(found[2:], part[2:])
        rows, columns = slice(y, y + part.height), slice(x, x + part.width)
        differ = found.array()[..., 2::-1] - wanted[rows, columns]
        self.assertLessEqual(abs(differ).max(), 1)

    def test_outside(self) -> None:
        """
        A part that is not wholly inside of the picture is refused, wherever the cursor
        is: there are no pixels of it.
        """
        for width, height in ((1, 1), (4, 3), (5, 1), (1, 5)):
            surface = Surface(bytearray(width * height * 4), width * 4, width, height)
            for x, y in ((0, 0), (width, height), (50, 50), (-2, -2)):
                overlay = RenderedCursor(Cursor(5, 5, 1, 2, b"\xff" * 100), x, y)
                for outside in (
                    Rectangle(0, 0, width + 1, height),
                    Rectangle(0, 0, width, height + 1),
                    Rectangle(width, 0, 1, 1),
                    Rectangle(0, height, 5, 4),
                    Rectangle(width, height, 1, 1),
                    Rectangle(-1, 0, 1, 1),
                    Rectangle(0, -1, 1, 1),
                ):
                    error = self.assertRaises(
                        ValueError, overlay.compose, surface, outside
                    )
                    self.assertIn("is not inside", str(error))
                whole = Rectangle(0, 0, width, height)
                self.assertEqual(overlay.compose(surface, whole)[2:], whole[2:])


class SeenTests(SynchronousTestCase):
    """
    What viewers see.
    """

    def test_property(self) -> None:
        """
        Whatever is drawn, copied and moved: who does not draw the pointer sees it in
        the picture, and who does sees the picture as it is.
        """

        @settings(max_examples=25, deadline=None)
        @given(st.integers(0, 1 << 32))
        def run(seed: int) -> None:
            self.play(random.Random(seed))

        run()

    def play(self, source: random.Random) -> None:
        """
        Let anything happen, and look.
        """
        framebuffer = MemoryFramebuffer(150, 130)
        factory = serving(framebuffer, Application())
        encodings = list(ENCODINGS.keys() - {c.JPEG})
        blind = Viewer(
            factory,
            encodings=(c.COPY_RECT, source.choice(encodings), c.DESKTOP_SIZE),
        )
        able = Viewer(
            factory,
            encodings=(
                *(c.COPY_RECT, source.choice(encodings), c.DESKTOP_SIZE),
                source.choice((c.CURSOR, c.X_CURSOR, c.CURSOR_WITH_ALPHA)),
                c.POINTER_POSITION,
            ),
        )
        shape: Image.Image | None = None
        hotspot = (0, 0)
        for _ in range(10):
            match source.randrange(7):
                case 0:
                    shape = cursorOf(source.randrange(99))
                    hotspot = (source.randrange(7), source.randrange(9))
                    framebuffer.setCursor(shape, hotspot)
                case 1:
                    framebuffer.movePointer(
                        source.randrange(150), source.randrange(130)
                    )
                case 2:
                    mover = source.choice((blind, able))
                    mover.move(source.randrange(150), source.randrange(130))
                case 3:
                    color = tuple(source.randrange(256) for _ in range(3))
                    x, y = source.randrange(140), source.randrange(120)
                    part = Rectangle(x, y, source.randint(1, 99), source.randint(1, 99))
                    framebuffer.fill(color, part)  # type: ignore[arg-type]
                case 4:
                    framebuffer.copy(
                        Rectangle(0, 0, 90, 90),
                        source.randrange(50),
                        source.randrange(50),
                    )
                case 5:
                    shape = None
                    framebuffer.setCursor(None)
                case 6:
                    blind.client.requestUpdate(
                        source.random() < 0.5, Rectangle(9, 9, 50, 50)
                    )
            if source.random() < 0.6:
                x, y = factory.display.pointer
                expected = drawn(framebuffer, shape, x - hotspot[0], y - hotspot[1])
                assertScreen(blind, expected, tolerance=1)
                assertScreen(able, framebuffer)

    def test_edges(self) -> None:
        """
        A pointer that reaches out of the screen is cut.
        """
        framebuffer = MemoryFramebuffer(100, 80)
        framebuffer.fill("gray")
        factory = serving(framebuffer, Application())
        viewer = Viewer(factory, encodings=(c.RAW,))
        shape = cursorOf(4, 20, 30)
        framebuffer.setCursor(shape, (10, 15))
        for x, y in ((0, 0), (99, 79), (99, 0), (0, 79)):
            viewer.move(x, y)
            assertScreen(viewer, drawn(framebuffer, shape, x - 10, y - 15), tolerance=1)

    def test_largerThanTheScreen(self) -> None:
        """
        Even if it reaches out everywhere.
        """
        framebuffer = MemoryFramebuffer(16, 12)
        viewer = Viewer(serving(framebuffer), encodings=(c.ZRLE,))
        shape = cursorOf(4, 70, 70)
        framebuffer.setCursor(shape, (35, 35))
        assertScreen(viewer, drawn(framebuffer, shape, -35, -35), tolerance=1)

    #: Sizes that a screen of 100x80 is changed to: narrower, lower, both, as small as
    #: can be, and larger.
    SIZES = ((30, 80), (100, 20), (40, 30), (4, 1), (1, 1), (120, 90))

    def test_resizedBefore(self) -> None:
        """
        Who comes when the screen has another size since the others left, and has the
        pointer where it was, sees it as far as it is inside.
        """
        shape = cursorOf(3)
        for size in self.SIZES:
            for x, y in ((0, 0), (38, 28), (99, 79)):
                framebuffer = MemoryFramebuffer(100, 80)
                framebuffer.setCursor(shape, (2, 3))
                factory = serving(framebuffer)
                first = Viewer(factory, encodings=(c.RAW,))
                framebuffer.movePointer(x, y)
                first.settle()
                first.disconnect()
                framebuffer.resize(*size)
                viewer = Viewer(factory, encodings=(c.RAW,))
                for color in ("green", "silver"):
                    framebuffer.fill(color)
                    wanted = drawn(framebuffer, shape, x - 2, y - 3)
                    assertScreen(viewer, wanted, tolerance=1)
                viewer.settle()
                self.assertTrue(viewer.isConnected, (size, x, y, viewer.log))

    def test_resizedDuringLogin(self) -> None:
        """
        So does who has logged in, and is not told of anything yet, while another is
        there.
        """
        shape = cursorOf(3)
        for size in self.SIZES:
            framebuffer = MemoryFramebuffer(100, 80)
            framebuffer.setCursor(shape)
            framebuffer.movePointer(97, 78)
            factory = serving(framebuffer)
            other = Viewer(factory, encodings=(c.RAW, c.DESKTOP_SIZE))
            other.settle()
            # The login is at its end after 0.08 s, ClientInit comes after 0.12.
            factory.clock.callLater(0.09, framebuffer.resize, *size)
            viewer = Viewer(factory, encodings=(c.ZRLE,), link=Link(50_000, 0.02))
            self.assertEqual(viewer.size, size)
            for one in (viewer, other):
                framebuffer.fill("green")
                assertScreen(one, drawn(framebuffer, shape, 97, 78), tolerance=1)
                one.settle()
                self.assertTrue(one.isConnected, (size, one.log))

    def test_resizedInMidst(self) -> None:
        """
        So does who reads an update with the pointer in it when the size changes.
        """
        shape = cursorOf(3, 40, 30)
        noise = np.random.default_rng(2).integers(0, 256, (300, 400, 3), np.uint8)
        for size in ((100, 300), (400, 50), (1, 1), (450, 320)):
            framebuffer = MemoryFramebuffer(400, 300)
            framebuffer.setCursor(shape, (20, 15))
            link = Link(200_000, 0.01)
            factory = serving(framebuffer)
            viewer = Viewer(factory, encodings=(c.RAW, c.DESKTOP_SIZE), link=link)
            assert viewer.server is not None
            for x, y in ((399, 299), (399, 0), (0, 299), (0, 0)):
                framebuffer.resize(400, 300)
                framebuffer.movePointer(x, y)
                viewer.settle(60)
                framebuffer.paste(noise)
                viewer.advance(0.3)
                self.assertIsNotNone(viewer.server.writer.plan)
                framebuffer.resize(*size)
                for place in ((1, 1), (x, y)):
                    framebuffer.movePointer(*place)
                    viewer.advance(0.02)
                self.assertIsNotNone(viewer.server.writer.plan)
                viewer.settle(60)
                wanted = drawn(framebuffer, shape, x - 20, y - 15)
                assertScreen(viewer, wanted, tolerance=1)
                noise = noise[::-1].copy()

    def test_learns(self) -> None:
        """
        A viewer that says that it draws pointers has it no more in the picture; one
        that says that it does not any longer, again.
        """
        framebuffer = MemoryFramebuffer(100, 80)
        viewer = Viewer(serving(framebuffer), encodings=(c.ZRLE,))
        shape = cursorOf(1)
        framebuffer.setCursor(shape)
        assertScreen(viewer, drawn(framebuffer, shape, 0, 0), tolerance=1)
        viewer.client.setEncodings((c.ZRLE, c.CURSOR))
        assertScreen(viewer, framebuffer)
        self.assertIsNotNone(viewer.cursor)
        viewer.client.setEncodings((c.ZRLE,))
        assertScreen(viewer, drawn(framebuffer, shape, 0, 0), tolerance=1)

    def test_shared(self) -> None:
        """
        The pointer is all that is encoded for such a viewer alone.
        """
        framebuffer = MemoryFramebuffer(640, 480)
        source = np.random.default_rng(2)
        framebuffer.paste(source.integers(0, 256, (480, 640, 3), np.uint8))
        framebuffer.setCursor(cursorOf(1))
        factory = serving(framebuffer)
        viewers: list[Any] = [Viewer(factory, encodings=(c.RAW,)) for _ in range(3)]
        framebuffer.movePointer(300, 200)
        framebuffer.fill("red", Rectangle(0, 0, 640, 100))
        for viewer in viewers:
            viewer.settle()
        cache = factory.display.planner.cache
        self.assertGreaterEqual(cache.hits, cache.misses)
