# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.framebuffers.memory}.
"""

from __future__ import annotations

import mmap
from tempfile import TemporaryFile
from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont
from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import ExactRectangle, Rectangle, Region
from txrfb.interfaces import ICursorSource, IFramebuffer, IFramebufferListener

#: Typed as having less than it has.
reactor: Any = _reactor


@implementer(IFramebufferListener)
class Told:
    """
    Records what is called.
    """

    def __init__(self) -> None:
        self.events: list[Any] = []

    def damaged(self) -> None:
        """
        Record it.
        """
        self.events.append("damaged")

    def copied(self, rectangle: Rectangle, x: int, y: int) -> None:
        """
        Record it.
        """
        self.events.append(("copied", rectangle, x, y))

    def resized(self) -> None:
        """
        Record it.
        """
        self.events.append("resized")

    def renamed(self) -> None:
        """
        Record it.
        """
        self.events.append("renamed")

    def cursorChanged(self) -> None:
        """
        Record it.
        """
        self.events.append("cursorChanged")

    def bell(self) -> None:
        """
        Record it.
        """
        self.events.append("bell")

    def cutText(self, text: str, **others: bytes) -> None:
        """
        Record it.
        """
        self.events.append(("cutText", text, others))

    def pointerMoved(self, x: int, y: int) -> None:
        """
        Record it.
        """
        self.events.append(("pointerMoved", x, y))

    def pointerModeChanged(self) -> None:
        """
        Record it.
        """
        self.events.append("pointerModeChanged")

    def ledsChanged(self) -> None:
        """
        Record it.
        """
        self.events.append("ledsChanged")

    def screensChanged(self) -> None:
        """
        Record it.
        """
        self.events.append("screensChanged")


class FramebufferCase(SynchronousTestCase):
    """
    A small framebuffer that was captured once, and its listener.
    """

    def setUp(self) -> None:
        """
        Make it.
        """
        self.framebuffer = MemoryFramebuffer(100, 80, "test")
        self.captured()
        self.told = Told()
        self.framebuffer.addListener(self.told)

    def captured(self) -> Region:
        """
        @return: What is captured, which must be at once.
        """
        return self.successResultOf(self.framebuffer.capture())

    def events(self) -> list[Any]:
        """
        @return: What was told since this was asked before.
        """
        events = list(self.told.events)
        self.told.events.clear()
        return events

    def pixel(self, x: int, y: int) -> tuple[int, ...]:
        """
        @return: Red, green and blue of one pixel.
        """
        blue, green, red, _ = self.framebuffer.array[y, x].tolist()
        return red, green, blue

    def assertOnlyWithin(self, region: Region, before: np.ndarray) -> None:
        """
        Check that nothing outside of a region is other than it was.
        """
        changed = (self.framebuffer.array != before).any(axis=2)
        for x, y, width, height in region:
            changed[y : y + height, x : x + width] = False
        self.assertFalse(changed.any())


class MemoryTests(FramebufferCase):
    """
    Pixels, their size and their damage.
    """

    def test_interfaces(self) -> None:
        """
        It provides what it says, and so does the listener of these tests.
        """
        verifyObject(IFramebuffer, self.framebuffer)
        verifyObject(ICursorSource, self.framebuffer)
        verifyObject(IFramebufferListener, self.told)

    def test_pixels(self) -> None:
        """
        The array is a view of the pixels: rows of blue, green, red, padding.
        """
        self.framebuffer.array[2, 3] = (1, 2, 3, 0)
        at = 2 * self.framebuffer.stride + 3 * 4
        self.assertEqual(bytes(self.framebuffer.pixels[at : at + 4]), b"\1\2\3\0")
        self.assertEqual(self.framebuffer.array.shape, (80, 100, 4))

    def test_badSize(self) -> None:
        """
        Sizes that the protocol cannot say are refused.
        """
        for width, height in ((0, 1), (1, 0), (65536, 1), (1, 65536), (-1, 5)):
            error = self.assertRaises(ValueError, MemoryFramebuffer, width, height)
            self.assertIn(f"{width}x{height}", str(error))
            self.assertRaises(ValueError, self.framebuffer.resize, width, height)
        self.assertEqual(self.events(), [])

    def test_firstCaptureIsAll(self) -> None:
        """
        The first capture reports everything, the next one nothing.
        """
        framebuffer = MemoryFramebuffer(30, 20)
        first = self.successResultOf(framebuffer.capture())
        self.assertEqual(first, Region([Rectangle(0, 0, 30, 20)]))
        self.assertFalse(self.successResultOf(framebuffer.capture()))

    def test_damage(self) -> None:
        """
        Damage is reported by the next capture, and by no other.
        """
        self.framebuffer.damage(Rectangle(1, 2, 3, 4))
        self.framebuffer.damage(Rectangle(50, 50, 10, 10))
        expected = Region([Rectangle(1, 2, 3, 4), Rectangle(50, 50, 10, 10)])
        self.assertEqual(self.captured(), expected)
        self.assertFalse(self.captured())

    def test_damageOfAll(self) -> None:
        """
        Damage of no rectangle in particular is all.
        """
        self.framebuffer.damage()
        self.assertEqual(self.captured(), Region([Rectangle(0, 0, 100, 80)]))

    def test_damageIsClipped(self) -> None:
        """
        Damage is clipped to the framebuffer.
        """
        self.framebuffer.damage(Rectangle(-5, -5, 10, 10))
        self.framebuffer.damage(Rectangle(95, 75, 1000, 1000))
        self.framebuffer.damage(Rectangle(200, 200, 5, 5))
        expected = Region([Rectangle(0, 0, 5, 5), Rectangle(95, 75, 5, 5)])
        self.assertEqual(self.captured(), expected)

    def test_exactDamage(self) -> None:
        """
        What is said to be exact is known as such, as far as it is inside.
        """
        self.framebuffer.damage((10, 20, 30, 40), exact=True)
        self.framebuffer.damage((95, 75, 1000, 1000), exact=True)
        self.framebuffer.damage((200, 200, 5, 5), exact=True)
        self.framebuffer.damage((1, 2, 3, 4))
        parts = self.captured().parts
        self.assertEqual(parts, ((10, 20, 30, 40), (95, 75, 5, 5), (1, 2, 3, 4)))
        self.assertEqual(
            [isinstance(part, ExactRectangle) for part in parts], [True, True, False]
        )
        self.framebuffer.damage(exact=True)
        self.assertEqual(self.captured().parts, (Rectangle(0, 0, 100, 80),))

    def test_toldEachTime(self) -> None:
        """
        Whenever pixels change, listeners are notified: who was notified before may
        have been kept from capturing them.
        """
        for x in range(50):
            self.framebuffer.damage(Rectangle(x, 0, 1, 1))
        self.assertEqual(self.events(), ["damaged"] * 50)
        self.captured()
        self.framebuffer.damage(Rectangle(0, 0, 1, 1))
        self.assertEqual(self.events(), ["damaged"])

    def test_damageWhileTold(self) -> None:
        """
        A listener may capture as soon as it is notified, and is notified again of
        what comes after that.
        """
        captured = []

        class Eager(Told):
            def damaged(eager) -> None:
                captured.append(self.captured())

        self.framebuffer.addListener(Eager())
        self.framebuffer.damage(Rectangle(0, 0, 1, 1))
        self.framebuffer.damage(Rectangle(5, 5, 1, 1))
        self.assertEqual(
            captured, [Region([Rectangle(0, 0, 1, 1)]), Region([Rectangle(5, 5, 1, 1)])]
        )

    def test_muchDamage(self) -> None:
        """
        Any amount of damage becomes few rectangles, of which none is lost.
        """
        rectangles = [Rectangle(0, y, 100, 1) for y in range(0, 80, 2)]
        rectangles += [Rectangle(x, y, 1, 9) for x in range(100) for y in range(70)]
        for rectangle in rectangles:
            self.framebuffer.damage(rectangle)
        region = self.captured()
        self.assertLess(len(region.parts), 300)
        for rectangle in rectangles:
            self.assertTrue(any(one.contains(rectangle) for one in region.parts))

    def test_manyHints(self) -> None:
        """
        As many rectangles as an application tells of in a frame are kept apart, those
        that are told again only once more when they are too many.
        """
        rectangles = [Rectangle(x, y, 3, 2) for x in range(0, 99, 9) for y in range(9)]
        for _ in range(20):
            for rectangle in rectangles:
                self.framebuffer.damage(rectangle)
        region = self.captured()
        self.assertLess(len(region.parts), 300)
        self.assertEqual(set(region.parts) - set(rectangles), set())

    @given(
        st.lists(
            st.tuples(
                *(st.integers(-20, 120), st.integers(-20, 120)),
                *(st.integers(0, 60), st.integers(0, 60)),
            ),
            max_size=120,
        )
    )
    @settings(max_examples=25, deadline=None)
    def test_merged(self, damage: list[tuple[int, int, int, int]]) -> None:
        """
        However it is merged, all damage is in the region, and nothing outside.
        """
        framebuffer = MemoryFramebuffer(100, 80)
        framebuffer.capture()
        for each in damage:
            framebuffer.damage(Rectangle(*each))
        region = self.successResultOf(framebuffer.capture())
        bounds = Rectangle(0, 0, 100, 80)
        for each in damage:
            inside = Rectangle(*each).intersection(bounds)
            self.assertTrue(inside.isEmpty or region.contains(inside))
        for one in region:
            self.assertTrue(bounds.contains(one))

    def test_resize(self) -> None:
        """
        What fits stays when the size changes; the rest is black; viewers are
        told, and all is damaged.
        """
        self.framebuffer.array[:] = 7
        for width, height in ((120, 60), (90, 90)):
            self.framebuffer.resize(width, height)
            self.assertEqual(self.events(), ["resized", "damaged"])
            size = self.framebuffer.width, self.framebuffer.height
            self.assertEqual(size, (width, height))
            self.assertEqual(self.framebuffer.array.shape, (height, width, 4))
            whole = Region([Rectangle(0, 0, width, height)])
            self.assertEqual(self.captured(), whole)
        self.assertTrue((self.framebuffer.array[:60, :90] == 7).all())
        self.assertFalse(self.framebuffer.array[60:].any())

    def test_fill(self) -> None:
        """
        A rectangle is filled with a color, as far as it is inside.
        """
        self.framebuffer.fill("#ff8001", Rectangle(90, 70, 50, 50))
        self.assertEqual(self.pixel(99, 79), (255, 128, 1))
        self.assertEqual(self.pixel(89, 79), (0, 0, 0))
        self.assertEqual(self.captured(), Region([Rectangle(90, 70, 10, 10)]))
        self.framebuffer.fill((1, 2, 3))
        self.assertEqual(self.pixel(0, 0), (1, 2, 3))
        self.assertEqual(self.captured(), Region([Rectangle(0, 0, 100, 80)]))

    def test_rest(self) -> None:
        """
        Pausing and resuming changes nothing for memory.
        """
        self.framebuffer.pauseProducing()
        self.framebuffer.damage()
        self.framebuffer.resumeProducing()
        self.assertEqual(self.events(), ["damaged"])


class PasteTests(FramebufferCase):
    """
    Tests for L{MemoryFramebuffer.paste}.
    """

    def test_image(self) -> None:
        """
        Pillow images of any mode are painted, as far as they are inside.
        """
        image = Image.new("RGB", (10, 10), (10, 20, 30))
        for mode, color in (("RGB", (10, 20, 30)), ("L", (18, 18, 18))):
            self.framebuffer.paste(image.convert(mode), 95, -5)
            self.assertEqual(self.pixel(99, 4), color)
            self.assertEqual(self.pixel(94, 0), (0, 0, 0))
            self.assertEqual(self.pixel(99, 5), (0, 0, 0))
            self.assertEqual(self.captured(), Region([Rectangle(95, 0, 5, 5)]))

    def test_array(self) -> None:
        """
        Arrays are red, green and blue, as everywhere but in framebuffers.
        """
        array = np.zeros((4, 6, 3), np.uint8)
        array[1, 2] = (255, 128, 1)
        self.framebuffer.paste(array, 10, 20)
        self.assertEqual(self.pixel(12, 21), (255, 128, 1))
        self.assertEqual(self.captured(), Region([Rectangle(10, 20, 6, 4)]))

    def test_alpha(self) -> None:
        """
        What is translucent is laid over what is there.
        """
        self.framebuffer.fill((100, 100, 100))
        image = Image.new("RGBA", (3, 1))
        image.putdata([(255, 0, 0, 255), (200, 0, 100, 128), (9, 9, 9, 0)])
        self.framebuffer.paste(image)
        self.assertEqual(self.pixel(0, 0), (255, 0, 0))
        self.assertEqual(self.pixel(1, 0), (150, 50, 100))
        self.assertEqual(self.pixel(2, 0), (100, 100, 100))

    def test_opaque(self) -> None:
        """
        Alpha that is opaque all over changes nothing.
        """
        array = np.full((2, 2, 4), 255, np.uint8)
        self.framebuffer.paste(array)
        self.assertEqual(self.pixel(1, 1), (255, 255, 255))

    def test_outside(self) -> None:
        """
        Nothing happens for a picture that is all outside.
        """
        self.framebuffer.paste(Image.new("RGB", (5, 5), "red"), 100, 0)
        self.framebuffer.paste(Image.new("RGB", (5, 5), "red"), -5, 0)
        self.assertFalse(self.framebuffer.array.any())
        self.assertFalse(self.captured())

    def test_badArray(self) -> None:
        """
        Arrays of other shapes and types are refused.
        """
        for bad in (np.zeros((4, 4)), np.zeros((4, 4, 2), np.uint8)):
            error = self.assertRaises(ValueError, self.framebuffer.paste, bad)
            self.assertIn(str(bad.shape), str(error))
        self.assertRaises(ValueError, self.framebuffer.paste, np.zeros((4, 4, 3)))


class CopyTests(FramebufferCase):
    """
    Tests for L{MemoryFramebuffer.copy}.
    """

    def setUp(self) -> None:
        """
        Give each pixel a color of its own.
        """
        super().setUp()
        self.framebuffer.array[..., 0] = np.arange(100)
        self.framebuffer.array[..., 1] = np.arange(80)[:, None]

    def test_scroll(self) -> None:
        """
        Scrolling moves the pixels, tells where they came from, and leaves
        damage.
        """
        before = self.framebuffer.array.copy()
        self.framebuffer.copy(Rectangle(0, 10, 100, 70), 0, 0)
        self.assertTrue((self.framebuffer.array[:70] == before[10:]).all())
        self.assertTrue((self.framebuffer.array[70:] == before[70:]).all())
        target = Rectangle(0, 0, 100, 70)
        self.assertEqual(self.events(), [("copied", target, 0, 10), "damaged"])
        self.assertEqual(self.captured(), Region([target]))

    @given(*(st.integers(-30, 130) for _ in range(6)))
    @settings(max_examples=60, deadline=None)
    def test_clipped(
        self, x: int, y: int, width: int, height: int, toX: int, toY: int
    ) -> None:
        """
        A pixel is copied if both its places are inside, and what is told of
        it is true.
        """
        framebuffer = MemoryFramebuffer(100, 80)
        framebuffer.array[..., 0] = np.arange(100)
        framebuffer.array[..., 1] = np.arange(80)[:, None]
        told = Told()
        framebuffer.addListener(told)
        before = framebuffer.array.copy()
        framebuffer.copy(Rectangle(x, y, width, height), toX, toY)
        expected = before.copy()
        for row in range(max(y, 0), min(y + height, 80)):
            for column in range(max(x, 0), min(x + width, 100)):
                column2, row2 = column + toX - x, row + toY - y
                if 0 <= column2 < 100 and 0 <= row2 < 80:
                    expected[row2, column2] = before[row, column]
        self.assertTrue((framebuffer.array == expected).all())
        for event in told.events:
            if event != "damaged":
                _, (a, b, w, h), fromX, fromY = event
                moved = before[fromY : fromY + h, fromX : fromX + w]
                self.assertTrue(
                    (framebuffer.array[b : b + h, a : a + w] == moved).all()
                )

    def test_nowhere(self) -> None:
        """
        Nothing is told of pixels that stay or leave.
        """
        self.framebuffer.copy(Rectangle(0, 0, 10, 10), 0, 0)
        self.framebuffer.copy(Rectangle(0, 0, 10, 10), 100, 0)
        self.framebuffer.copy(Rectangle(0, 0, 0, 10), 10, 0)
        self.assertEqual(self.events(), [])


class DrawTests(FramebufferCase):
    """
    Tests for L{MemoryFramebuffer.draw}.
    """

    def test_colors(self) -> None:
        """
        Colors are what they are called, however they are written.
        """
        for color in ("#ff8001", (255, 128, 1), (255, 128, 1, 255), 0x0180FF):
            self.framebuffer.fill("black")
            with self.framebuffer.draw() as canvas:
                canvas.rectangle((10, 10, 20, 20), fill=color)
                canvas.rectangle((30, 10, 40, 20), outline=color)
            self.assertEqual(self.pixel(15, 15), (255, 128, 1), color)
            self.assertEqual(self.pixel(30, 10), (255, 128, 1), color)

    def test_sameAsPillow(self) -> None:
        """
        Every method of ImageDraw does what it does on a Pillow image, and the
        damage has all that changed, and is not far larger.
        """
        font = ImageFont.load_default(14)
        stamp = Image.new("1", (7, 7), 1)
        calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
            ("arc", ((20, 20, 50, 40), 30, 200), {"fill": "red", "width": 3}),
            ("bitmap", ((30, 30), stamp), {"fill": "orange"}),
            ("chord", ((20, 20, 50, 40), 30, 200, "blue", "red"), {"width": 2}),
            ("circle", ((40, 40), 12), {"fill": "teal", "outline": "white"}),
            ("ellipse", ((20, 20, 50, 40), "blue", "red"), {"width": 2}),
            ("line", ([(20, 20), (50, 30), (30, 60)], "red"), {"width": 5}),
            ("line", ([20.5, 20, 50, 30.5, 30, 60], "red"), {"joint": "curve"}),
            ("line", ([20, 20, 60, 60], "red"), {"width": 9, "joint": "curve"}),
            ("pieslice", ((20, 20, 50, 40), 30, 200, "blue", "red"), {}),
            ("point", ([(20, 20), (25, 28)], "orange"), {}),
            ("point", ((20, 20), "orange"), {}),
            ("polygon", ([(20, 20), (50, 30), (30, 60)], "red", "blue"), {}),
            ("polygon", ([(20, 20), (50, 30), (30, 60)], None, "blue", 4), {}),
            ("rectangle", ((20, 20, 30, 30), "red", "orange"), {"width": 2}),
            ("regular_polygon", ((40, 40, 15), 5), {"fill": "orange"}),
            ("rounded_rectangle", ((20, 20, 60, 50), 8, "red", "orange", 2), {}),
            ("text", ((20, 20), "Hello"), {"fill": "orange", "font": font}),
            ("text", ((20.4, 50.7), "Hi"), {"font": font, "anchor": "ls"}),
            ("text", ((20, 20), "Hi"), {"stroke_width": 2, "stroke_fill": "red"}),
            ("multiline_text", ((20, 10), "a\nbc"), {"fill": "#123456"}),
            ("text", ((20, 20), "Hi"), {"font": font, "embedded_color": True}),
        ]
        for name, arguments, keywords in calls:
            expected = Image.new("RGB", (100, 80), (10, 20, 40))
            getattr(ImageDraw.Draw(expected), name)(*arguments, **keywords)
            self.framebuffer.fill((10, 20, 40))
            self.captured()
            before = self.framebuffer.array.copy()
            with self.framebuffer.draw() as canvas:
                getattr(canvas, name)(*arguments, **keywords)
            self.assertEqual(
                self.framebuffer.toImage().tobytes(), expected.tobytes(), name
            )
            region = self.captured()
            self.assertFalse((before == self.framebuffer.array).all(), name)
            self.assertOnlyWithin(region, before)
            self.assertTrue(Rectangle(5, 0, 75, 80).contains(region.bounds), name)
        self.assertFalse(self.framebuffer.array[..., 3].any())

    def test_outline(self) -> None:
        """
        Shapes are drawn too.
        """
        from PIL.ImageDraw import Outline

        outline = Outline()
        outline.move(10, 10)
        outline.line(30, 10)
        outline.line(30, 30)
        outline.close()
        with self.framebuffer.draw() as canvas:
            canvas.shape(outline, fill="red")
        self.assertEqual(self.pixel(28, 15), (255, 0, 0))
        self.assertTrue(self.captured().contains(Rectangle(10, 10, 20, 20)))

    def test_toldAtTheEnd(self) -> None:
        """
        Listeners are notified when all is drawn, and only if something is.
        """
        with self.framebuffer.draw() as canvas:
            canvas.rectangle((1, 1, 2, 2), fill="red")
            canvas.line([], fill="red")
            self.assertEqual(self.events(), [])
        self.assertEqual(self.events(), ["damaged"])
        self.captured()
        with self.framebuffer.draw():
            pass
        self.assertEqual(self.events(), [])

    def test_exception(self) -> None:
        """
        What was drawn before an exception is shown, and the exception is not
        swallowed.
        """
        with self.assertRaises(ZeroDivisionError), self.framebuffer.draw() as canvas:
            canvas.rectangle((1, 1, 2, 2), fill="red")
            raise ZeroDivisionError
        self.assertEqual(self.events(), ["damaged"])

    def test_image(self) -> None:
        """
        The canvas has a Pillow image too, on which what changes is found by
        comparing; drawing goes on on it.
        """
        photo = Image.new("RGB", (5, 5), (1, 2, 3))
        with self.framebuffer.draw() as canvas:
            canvas.point((50, 50), fill=(255, 128, 1))
            image = canvas.image
            self.assertEqual(image.mode, "RGB")
            self.assertEqual(image.getpixel((50, 50)), (255, 128, 1))
            image.paste(photo, (10, 20))
            canvas.point((12, 22), fill="orange")
            self.assertIs(canvas.image, image)
        self.assertEqual(self.pixel(10, 20), (1, 2, 3))
        self.assertEqual(self.pixel(12, 22), (255, 165, 0))
        region = self.captured()
        self.assertTrue(region.contains(Rectangle(10, 20, 5, 5)))
        self.assertLess(region.area, 50)

    def test_imageUntouched(self) -> None:
        """
        Only looking at the image damages nothing.
        """
        with self.framebuffer.draw() as canvas:
            canvas.image.load()
        self.assertEqual(self.events(), [])

    def test_after(self) -> None:
        """
        A canvas that is kept beyond its block does not draw unseen.
        """
        with self.framebuffer.draw() as canvas:
            pass
        self.assertRaises(
            AttributeError, canvas.rectangle, (0, 0, 9, 9), fill=(255, 0, 0)
        )


class BufferTests(SynchronousTestCase):
    """
    An application's own memory.
    """

    def test_shared(self) -> None:
        """
        Memory of any kind and stride is shown as it is, and drawn on.
        """
        array = np.zeros((20, 40, 4), np.uint8)
        memories: list[Any] = [bytearray(3200), mmap.mmap(-1, 3200), array]
        for memory in memories:
            framebuffer = MemoryFramebuffer.fromBuffer(memory, 30, 20, 160)
            verifyObject(IFramebuffer, framebuffer)
            self.assertIs(framebuffer.pixels, memory)
            with framebuffer.draw() as canvas:
                canvas.point((29, 19), fill=(3, 2, 1))
            at = 19 * 160 + 29 * 4
            self.assertEqual(
                bytes(memoryview(memory).cast("B")[at : at + 3]), b"\1\2\3"
            )

    def test_shortenedFile(self) -> None:
        """
        A mapped file that was made shorter is not read any more, as that would end the
        process; when it has its length again it is.
        """
        with TemporaryFile() as file:
            file.truncate(3200)
            mapped = mmap.mmap(file.fileno(), 3200)
            for memory in (mapped, memoryview(mapped), np.frombuffer(mapped, np.uint8)):
                framebuffer = MemoryFramebuffer.fromBuffer(memory, 30, 20, 160)
                self.assertTrue(self.successResultOf(framebuffer.capture()))
                file.truncate(100)
                error = self.assertRaises(ValueError, framebuffer.capture)
                self.assertIn("100 bytes of 3200", str(error))
                file.truncate(3200)
                self.successResultOf(framebuffer.capture())

    def test_arrayAssigned(self) -> None:
        """
        Who assigns the array is told what to do instead.
        """
        framebuffer = MemoryFramebuffer(30, 20)
        with self.assertRaises(AttributeError) as caught:
            framebuffer.array = np.zeros((20, 30, 4), np.uint8)
        self.assertIn("array[...] = picture", str(caught.exception))

    def test_arrayInPlace(self) -> None:
        """
        What changes the array in place is shown, though it assigns, too.
        """
        framebuffer = MemoryFramebuffer(30, 20)
        self.successResultOf(framebuffer.capture())
        framebuffer.array += 7
        region = self.successResultOf(framebuffer.capture())
        self.assertEqual(region, Region([Rectangle(0, 0, 30, 20)]))
        self.assertTrue((framebuffer.array == 7).all())

    def test_show(self) -> None:
        """
        Of pictures that are shown the newest is painted, when somebody captures.
        """
        framebuffer = MemoryFramebuffer(30, 20)
        self.successResultOf(framebuffer.capture())
        told: list[None] = []
        listener: Any = SimpleNamespace(damaged=lambda: told.append(None))
        framebuffer.addListener(listener)
        for color in ("red", "lime"):
            framebuffer.show(Image.new("RGB", (30, 20), color))
        self.assertEqual(len(told), 2)
        self.assertFalse(framebuffer.array.any())
        region = self.successResultOf(framebuffer.capture())
        self.assertEqual(region, Region([Rectangle(0, 0, 30, 20)]))
        self.assertEqual(framebuffer.toImage().getpixel((29, 19)), (0, 255, 0))
        # Who captures is not told that there is more.
        self.assertEqual(len(told), 2)
        self.assertFalse(self.successResultOf(framebuffer.capture()))
        self.assertRaises(ValueError, framebuffer.show, np.zeros((20, 30), np.uint8))

    def test_tuples(self) -> None:
        """
        Four whole numbers are taken for a rectangle wherever one is wanted, and nothing
        else is.
        """
        framebuffer = MemoryFramebuffer(30, 20)
        self.successResultOf(framebuffer.capture())
        numbers: Any = (1, 2, 3, np.int64(4))
        framebuffer.damage(numbers)
        framebuffer.fill("red", (10, 2, 3, 4))
        framebuffer.copy((10, 2, 3, 4), 20, 2)
        region = self.successResultOf(framebuffer.capture())
        expected = [Rectangle(x, 2, 3, 4) for x in (1, 10, 20)]
        self.assertEqual(region, Region(expected))
        bad: Any
        for bad in ((1, 2, 3), (1.5, 2, 3, 4), Rectangle(0, 0, 1.0, 1), "1234", 5):  # type: ignore[arg-type]
            for call in (
                framebuffer.damage,
                lambda area: framebuffer.fill("red", area),
                lambda area: framebuffer.copy(area, 0, 0),
            ):
                error = self.assertRaises(ValueError, call, bad)
                self.assertIn("expected Rectangle(x, y, width, height)", str(error))

    def test_shortLastRow(self) -> None:
        """
        The last row need not be as long as the others.
        """
        memory = bytearray(160 * 19 + 120)
        framebuffer = MemoryFramebuffer.fromBuffer(memory, 30, 20, 160)
        self.successResultOf(framebuffer.capture())
        with framebuffer.draw() as canvas:
            canvas.point((29, 19), fill=(3, 2, 1))
        self.assertEqual(memory[-4:], b"\1\2\3\0")
        region = self.successResultOf(framebuffer.capture())
        self.assertEqual(region, Region([Rectangle(29, 19, 1, 1)]))

    def test_readOnly(self) -> None:
        """
        Memory that cannot be written is shown, and not drawn on.
        """
        framebuffer = MemoryFramebuffer.fromBuffer(bytes(400), 10, 10)
        self.assertEqual(framebuffer.toImage().getpixel((9, 9)), (0, 0, 0))
        with self.assertRaises(ValueError), framebuffer.draw():
            self.fail("there is no canvas")  # pragma: no cover

    def test_tooSmall(self) -> None:
        """
        Memory that does not hold the pixels is refused with the numbers.
        """
        for memory, stride in ((bytes(399), None), (bytes(400), 39), (bytes(400), 41)):
            with self.assertRaises(ValueError) as caught:
                MemoryFramebuffer.fromBuffer(memory, 10, 10, stride)
            self.assertIn("10x10", str(caught.exception))
            self.assertIn(str(len(memory)), str(caught.exception))

    def test_useBuffer(self) -> None:
        """
        Other memory may be shown from now on, of another size.
        """
        framebuffer = MemoryFramebuffer.fromBuffer(bytes(400), 10, 10, name="own")
        told = Told()
        framebuffer.addListener(told)
        memory = bytes(range(200))
        framebuffer.useBuffer(memory, 10, 5)
        self.assertEqual(told.events, ["resized", "damaged"])
        self.assertEqual((framebuffer.width, framebuffer.height), (10, 5))
        self.assertEqual(framebuffer.array[1, 0].tolist(), [40, 41, 42, 43])
        self.assertRaises(ValueError, framebuffer.useBuffer, memory, 10, 6)

    def test_padding(self) -> None:
        """
        The application says whether the fourth bytes of its memory change.
        """
        make = MemoryFramebuffer.fromBuffer
        self.assertFalse(make(bytes(400), 10, 10).paddingVaries)
        self.assertTrue(make(bytes(400), 10, 10, paddingVaries=True).paddingVaries)


class EventTests(FramebufferCase):
    """
    Events besides pixels.
    """

    def test_name(self) -> None:
        """
        A change of the name is reported, once.
        """
        self.framebuffer.name = "other"
        self.framebuffer.name = "other"
        self.assertEqual(self.events(), ["renamed"])
        self.assertEqual(self.framebuffer.name, "other")

    def test_bellAndClipboard(self) -> None:
        """
        The bell and clipboard text go to viewers.
        """
        self.framebuffer.bell()
        self.framebuffer.cutText("\u20ac", html=b"&euro;")
        expected = ("cutText", "\u20ac", {"html": b"&euro;"})
        self.assertEqual(self.events(), ["bell", expected])

    def test_pointer(self) -> None:
        """
        The application may move the pointer.
        """
        self.framebuffer.movePointer(3, 4)
        self.assertEqual(self.events(), [("pointerMoved", 3, 4)])

    def test_more(self) -> None:
        """
        Other events can be sent to all listeners.
        """
        for listener in self.framebuffer.listeners():
            listener.ledsChanged()
        self.assertEqual(self.events(), ["ledsChanged"])

    def test_cursor(self) -> None:
        """
        The pointer gets its shape from a Pillow image.
        """
        image = Image.new("RGBA", (3, 2))
        image.putpixel((2, 1), (255, 128, 1, 200))
        self.framebuffer.setCursor(image, (2, 1))
        cursor = self.framebuffer.cursor
        assert cursor is not None
        self.assertEqual(cursor[:4], (3, 2, 2, 1))
        self.assertEqual(cursor.pixels, bytes(20) + bytes((1, 128, 255, 200)))
        self.framebuffer.cursor = cursor
        self.assertEqual(self.events(), ["cursorChanged"])
        self.framebuffer.setCursor(None)
        self.assertEqual(self.events(), ["cursorChanged"])
        self.assertIsNone(self.framebuffer.cursor)

    def test_badHotspot(self) -> None:
        """
        A hotspot outside of the shape is refused.
        """
        image = Image.new("RGBA", (3, 2))
        for hotspot in ((3, 0), (0, 2), (-1, 0)):
            self.assertRaises(ValueError, self.framebuffer.setCursor, image, hotspot)

    def test_listeners(self) -> None:
        """
        All listeners are notified; one that is added twice once; one that is
        removed, or never was there, not at all.
        """
        other = Told()
        self.framebuffer.addListener(self.told)
        self.framebuffer.addListener(other)
        self.framebuffer.bell()
        self.framebuffer.removeListener(other)
        self.framebuffer.removeListener(other)
        self.framebuffer.bell()
        self.assertEqual(self.events(), ["bell", "bell"])
        self.assertEqual(other.events, ["bell"])

    def test_removedWhileTold(self) -> None:
        """
        A listener may remove itself and others when it is called; those that are
        removed are called no more, and all others are.
        """
        first, second, third = Told(), Told(), Told()

        def bell() -> None:
            self.framebuffer.removeListener(first)
            self.framebuffer.removeListener(second)

        first.bell = bell  # type: ignore[method-assign]
        for one in (first, second, third):
            self.framebuffer.addListener(one)
        self.framebuffer.bell()
        self.assertEqual(second.events, [])
        self.assertEqual(third.events, ["bell"])

    def test_newListener(self) -> None:
        """
        A listener that is added after damage was reported hears of the next.
        """
        self.framebuffer.damage()
        late = Told()
        self.framebuffer.addListener(late)
        self.framebuffer.damage()
        self.assertEqual(late.events, ["damaged"])


class ThreadTests(TestCase):
    """
    Painting in another thread than the reactor's.
    """

    async def test_array(self) -> None:
        """
        A thread paints into the array and has the reactor told; a capture after
        that sees what it painted.
        """
        framebuffer = MemoryFramebuffer(100, 80)
        await framebuffer.capture()
        told = Told()
        framebuffer.addListener(told)

        def paint() -> None:
            for row in range(80):
                framebuffer.array[row] = row
                from_thread = Rectangle(0, row, 100, 1)
                reactor.callFromThread(framebuffer.damage, from_thread)

        await deferToThread(paint)
        await turn()
        self.assertIn("damaged", told.events)
        region = await framebuffer.capture()
        self.assertEqual(region, Region([Rectangle(0, 0, 100, 80)]))
        self.assertTrue((framebuffer.array[79] == 79).all())

    async def test_paste(self) -> None:
        """
        A thread paints a picture of its own and hands it over.
        """
        framebuffer = MemoryFramebuffer(100, 80)
        picture = np.full((80, 100, 3), 9, np.uint8)
        await deferToThread(reactor.callFromThread, framebuffer.paste, picture)
        await turn()
        self.assertTrue((framebuffer.array[..., :3] == 9).all())


def turn() -> Deferred[None]:
    """
    @return: A L{Deferred} that fires after what threads asked of the reactor
        until now was done.
    """
    done: Deferred[None] = Deferred()
    reactor.callFromThread(done.callback, None)
    return done
