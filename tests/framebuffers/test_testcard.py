# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.framebuffers.testcard}.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from txrfb.framebuffers import _card
from txrfb.framebuffers._card import BARS, hasGlyph, inside, layout
from txrfb.framebuffers._cardparts import labelOf, printed, wrapped
from txrfb.framebuffers._cardviewers import Meters, levelOf
from txrfb.framebuffers.testcard import TestCard, framebufferFromString
from txrfb.geometry import Rectangle, Region
from txrfb.interfaces import (
    IAudience,
    IClipboard,
    ICursorSource,
    IFramebuffer,
    IInputReceiver,
    IResizable,
    IViewer,
)
from txrfb.keysyms import byName
from txrfb.protocol import RFBFactory
from txrfb.testing import Viewer as RFBViewer

#: That of the cards of most tests.
LAYOUT = layout(1024, 768)


@implementer(IViewer)
class Viewer:
    """
    A viewer.
    """

    peer = "127.0.0.1"
    avatarId = b""
    viewOnly = False
    rights: Any = None
    encoding = "Raw"
    encodings = (0,)
    bytesSent = 0
    framesSent = 0
    latency: float | None = None
    secondsBehind = 0.0
    pointer = None
    memory = 0

    def __init__(self, number: int) -> None:
        self.number = number

    def disconnect(self, reason: str) -> None:
        """
        Not used here.
        """

    def limitRate(self, bytesPerSecond: float = 0, framesPerSecond: float = 0) -> None:
        """
        Not used here.
        """


class CardCase(SynchronousTestCase):
    """
    Cards on a clock that stands still.
    """

    def setUp(self) -> None:
        """
        Stop the clocks.
        """
        self.clock = Clock()
        self.time = datetime(2026, 11, 25, 14, 3, 27)

    def card(self, width: int = 1024, height: int = 768, **options: Any) -> TestCard:
        """
        @return: A card that was captured once.
        """
        options.setdefault("now", lambda: self.time)
        card = TestCard(self.clock, width, height, **options)
        self.captured(card)
        return card

    def captured(self, card: TestCard) -> Region:
        """
        @return: What changed.
        """
        return self.successResultOf(card.capture())

    def changes(self, card: TestCard, before: NDArray[np.uint8]) -> Rectangle:
        """
        Check that all that changed is damage.

        @return: The rectangle around what changed.
        """
        changed = (card.array != before).any(axis=2)
        left = changed.copy()
        for x, y, width, height in self.captured(card):
            left[y : y + height, x : x + width] = False
        self.assertFalse(left.any(), "there are changes outside of the damage")
        rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
        if not len(rows):
            return Rectangle(0, 0, 0, 0)
        x, y = int(columns[0]), int(rows[0])
        return Rectangle(x, y, int(columns[-1]) + 1 - x, int(rows[-1]) + 1 - y)


class PictureTests(CardCase):
    """
    What is on the card.
    """

    def test_interfaces(self) -> None:
        """
        The card provides what an application can.
        """
        card = self.card()
        for interface in (
            *(IFramebuffer, ICursorSource, IInputReceiver),
            *(IAudience, IClipboard, IResizable),
        ):
            verifyObject(interface, card)

    def test_sizes(self) -> None:
        """
        There is a card of every size, whose outermost pixels are marked, and
        whose parts are inside of it and do not overlap.
        """
        for size in (
            *((1, 1), (2, 300), (64, 8), (160, 120), (399, 299), (400, 300)),
            *((480, 800), (800, 600), (1024, 768), (1920, 300)),
            *((240, 420), (239, 420), (390, 844), (844, 390), (300, 2000)),
        ):
            card = self.card(*size)
            self.assertEqual(card.array.shape, (size[1], size[0], 4))
            edge = np.concatenate([card.array[0], card.array[-1]])
            self.assertEqual(edge[:, :3].tolist(), [[248, 241, 238]] * len(edge))
            parts = [part for part in layout(*size) if isinstance(part, Rectangle)]
            parts = [part for part in parts if not part.isEmpty]
            for i, part in enumerate(parts):
                self.assertTrue(Rectangle(0, 0, *size).contains(part), (size, part))
                for other in parts[:i]:
                    self.assertFalse(part.intersects(other), (size, part, other))

    def test_bars(self) -> None:
        """
        The bars have their exact colors, on large screens too.
        """
        for size in ((1024, 768), (3840, 2160)):
            card = self.card(*size)
            x, y, width, height = layout(*size).bars
            seen = [
                tuple(card.array[y + height // 2, x + width * (2 * i + 1) // 16, 2::-1])
                for i in range(8)
            ]
            self.assertEqual(seen, list(BARS))

    def test_ramps(self) -> None:
        """
        The gradients have all 256 levels of gray, red, green and blue.
        """
        card = self.card()
        x, y, width, height = LAYOUT.ramps
        for i, bands in enumerate(((0, 1, 2), (2,), (1,), (0,))):
            row = card.array[y + height * (2 * i + 1) // 8, x : x + width, :3]
            for band in range(3):
                expected = list(range(256)) if band in bands else [0]
                self.assertEqual(sorted(set(row[:, band].tolist())), expected)

    def test_patterns(self) -> None:
        """
        There is a checkerboard of single pixels.
        """
        card = self.card()
        area = inside(LAYOUT.patterns, LAYOUT.unit)
        board = card.array[area.y : area.y + 4, area.x : area.x + 4, 1]
        self.assertEqual(board[0].tolist(), [0, 255, 0, 255])
        self.assertEqual(board[1].tolist(), [255, 0, 255, 0])

    def test_paddingIsStill(self) -> None:
        """
        The padding never changes, as the card says.
        """
        card = self.card()
        card.resumeProducing()
        card.pointerEvent(500, 300, 1, Viewer(1))
        card.keyEvent(byName("a"), True, Viewer(1))
        self.clock.advance(0.1)
        self.assertFalse(card.array[..., 3].any())

    def test_badRate(self) -> None:
        """
        Impossible rates are refused.
        """
        for rate in (0, -1, 1001, float("nan")):
            error = self.assertRaises(ValueError, self.card, rate=rate)
            self.assertIn(str(rate), str(error))

    def test_telephone(self) -> None:
        """
        On a telephone that is held upright there is all that is on a large screen: the
        keys, the motion, the viewers, and the pointer.
        """
        for size in ((390, 844), (360, 640), (480, 800), (240, 420)):
            where = layout(*size)
            for part in where[3:]:
                assert isinstance(part, Rectangle)
                self.assertFalse(part.isEmpty, (size, part))
            card = self.card(*size)
            card.viewersChanged([ada := Viewer(1)])
            card.resumeProducing()
            self.captured(card)
            before = card.array.copy()
            self.clock.advance(1 / 30)
            x, y, width, height = inside(where.motion, where.unit)
            moved = (before != card.array)[y : y + height, x : x + width]
            self.assertGreater(moved.mean(), 0.1)
            card.pauseProducing()
            self.captured(card)
            before = card.array.copy()
            card.keyEvent(byName("odiaeresis"), True, ada)
            self.assertTrue(where.keys.contains(self.changes(card, before)))
            before = card.array.copy()
            card.pointerEvent(20, 20, 0, ada)
            self.assertFalse(self.changes(card, before).isEmpty)


class FirstLookTests(CardCase):
    """
    When the card is painted.
    """

    def setUp(self) -> None:
        """
        Count how often it is painted.
        """
        super().setUp()
        self.painted = 0
        paint = _card.paintStill

        def counted(where: _card.Layout) -> Image.Image:
            self.painted += 1
            return paint(where)

        self.patch(_card, "paintStill", counted)

    def new(self) -> TestCard:
        """
        @return: A card that nobody has looked at.
        """
        return TestCard(self.clock, moving=False, now=lambda: self.time)

    def test_nobody(self) -> None:
        """
        Nobody looks: it is not painted, whatever is asked of it but its pixels, and
        when that was a new size, it is painted once, in that size.
        """
        card = self.new()
        card.name = "other"
        self.assertIsNotNone(card.cursor)
        card.pauseProducing()
        self.assertEqual((card.width, card.height, self.painted), (1024, 768, 0))
        card.resize(640, 480)
        card.resumeProducing()
        self.captured(card)
        self.assertEqual((card.array.shape, self.painted), ((480, 640, 4), 1))

    def test_first(self) -> None:
        """
        Whatever comes first paints it, once, and is then as it is on a card that was
        painted before.
        """
        viewer = Viewer(1)

        def draw(card: TestCard) -> None:
            with card.draw() as canvas:
                canvas.rectangle((10, 10, 90, 90), fill="red")

        def move(card: TestCard) -> None:
            card.pointerEvent(300, 200, 1, viewer)
            card.pointerEvent(500, 400, 0, viewer)

        for first in (
            lambda card: card.capture(),
            lambda card: card.resumeProducing(),
            lambda card: card.array,
            lambda card: card.toImage(),
            lambda card: card.fill("navy", (5, 5, 60, 60)),
            lambda card: card.copy((0, 0, 100, 100), 400, 300),
            lambda card: card.keyEvent(byName("a"), True, viewer),
            lambda card: card.cutTextReceived("text", viewer),
            lambda card: card.viewersChanged([viewer]),
            draw,
            move,
        ):
            early, late = self.new(), self.new()
            self.captured(early)
            self.painted = 0
            first(early)
            self.assertEqual(self.painted, 0)
            first(late)
            self.assertEqual(self.painted, 1)
            self.captured(late)
            self.assertTrue((early.array == late.array).all())
            self.assertEqual(self.painted, 1)

    def test_told(self) -> None:
        """
        To capture the first picture is not damage that asks for another.
        """
        factory = RFBFactory(self.new(), reactor=self.clock)
        client = RFBViewer(factory)
        self.clock.advance(1)
        self.assertEqual(self.painted, 1)
        self.assertEqual(client.image().getpixel((0, 100)), _card.INK)
        serial = factory.display.serial
        self.clock.advance(10)
        self.assertEqual(factory.display.serial, serial)


class WordTests(SynchronousTestCase):
    """
    What is written on the card.
    """

    def test_labels(self) -> None:
        """
        Keys have the characters that people write, or else their names.
        """
        for name, label in (
            ("a", "a"),
            ("odiaeresis", "ö"),
            ("Adiaeresis", "Ä"),
            ("ssharp", "ß"),
            ("EuroSign", "€"),
            ("sterling", "£"),
            ("period", "."),
            ("KP_5", "5"),
            ("space", "Space"),
            ("nobreakspace", "Nobreakspace"),
            ("Return", "Return"),
            ("Shift_L", "Shift L"),
            ("XF86AudioMute", "AudioMute"),
            # The font has none of these.
            ("Cyrillic_a", "Cyrillic a"),
            ("U1F600", "U1F600"),
        ):
            self.assertEqual(labelOf(byName(name)), label)

    def test_latin1(self) -> None:
        """
        The font has all letters of Latin-1, and most of the rest.
        """
        codes = (*range(0x20, 0x7F), *range(0xA1, 0x100))
        missing = "".join(chr(code) for code in codes if not hasGlyph(chr(code)))
        self.assertEqual(missing, "ª²³µ¹º¼½¾")

    def test_printed(self) -> None:
        """
        Text that was copied is shown as it is, as far as it can be.
        """
        for text, seen in (
            ("Grüße, 5 €", "Grüße, 5 €"),
            ("two\nlines\t", "two\\nlines\\t"),
            ("\u3042", "\\u3042"),
            ("\0", "\\x00"),
        ):
            self.assertEqual(printed(text), seen)

    def test_levels(self) -> None:
        """
        A viewer's levels are those that count: the first of each kind.
        """
        for encodings, words in (
            ((7, -26, -254), "Q6 C2"),
            ((7, -254, -247), "C2"),
            ((-32, -23, 16), "Q0"),
            ((-33, -22, -257, -246, 0), ""),
        ):
            self.assertEqual(levelOf(encodings), words)

    def test_wrapped(self) -> None:
        """
        Keys go on in the next row, and the oldest give way; one is always shown.
        """
        caps = [
            np.full((10, width, 4), i, np.uint8) for i, width in enumerate((30, 40, 50))
        ]
        for width, height, expected in (
            (200, 10, [(0, 0, 0), (1, 32, 0), (2, 74, 0)]),
            (80, 10, [(2, 0, 0)]),
            (95, 10, [(1, 0, 0), (2, 42, 0)]),
            (80, 22, [(0, 0, 0), (1, 32, 0), (2, 0, 12)]),
            (5, 1, [(2, 0, 0)]),
        ):
            placed = wrapped(caps, width, height, 2)
            self.assertEqual([(int(c[0, 0, 0]), x, y) for c, x, y in placed], expected)
        self.assertEqual(wrapped([], 5, 5, 2), [])


class MeterTests(CardCase):
    """
    What is told of each viewer.
    """

    def test_words(self) -> None:
        """
        Encoding and level at once, rates after a second, latency if it is known.
        """
        ada = Viewer(1)
        ada.encoding, encodings = "Tight", (7, -26, -254)
        ada.encodings = encodings  # type: ignore[assignment]
        meters = Meters()
        self.assertEqual(meters.words(ada), ["Tight Q6 C2", "", "", ""])
        self.assertTrue(meters.sample([ada], 100.0))
        self.assertEqual(meters.words(ada)[1:3], ["", ""])
        ada.framesSent, ada.bytesSent, ada.latency = 60, 2_400_000, 0.0124
        self.assertFalse(meters.sample([ada], 100.9))
        self.assertTrue(meters.sample([ada], 102.0))
        self.assertEqual(
            meters.words(ada), ["Tight Q6 C2", "30 fps", "1.2 MB/s", "12 ms"]
        )
        for sent, word in ((0, "0 B/s"), (999, "999 B/s"), (340_400, "340 kB/s")):
            meters = Meters()
            ada.bytesSent = 0
            meters.sample([ada], 10)
            ada.bytesSent = sent
            meters.sample([ada], 11)
            self.assertEqual(meters.words(ada)[2], word)
        meters.sample([], 12)
        self.assertEqual(meters.words(ada)[1:3], ["", ""])

    def test_everySecond(self) -> None:
        """
        The card shows the rates anew each second, while it moves.
        """
        card = self.card()
        ada = Viewer(1)
        card.viewersChanged([ada])
        card.resumeProducing()
        x, y, width, height = LAYOUT.viewers
        seen = set()
        for second in range(4):
            for _ in range(30):
                self.captured(card)
                self.clock.advance(1 / 30)
                ada.bytesSent += 1000 * second
            seen.add(card.array[y : y + height, x : x + width].tobytes())
        self.assertGreater(len(seen), 2)

    def test_pointers(self) -> None:
        """
        Pointers leave no traces where they were when the rates were shown.
        """
        card = self.card()
        ada = Viewer(1)
        x, y, width, height = LAYOUT.title
        title = card.array[y : y + height, x : x + width].copy()
        card.viewersChanged([ada])
        card.resumeProducing()
        card.pointerEvent(x, y, 0, ada)
        for _ in range(40):
            self.captured(card)
            self.clock.advance(1 / 30)
        self.assertFalse((card.array[y : y + height, x : x + width] == title).all())
        card.pointerEvent(x + width, y + height + 100, 0, ada)
        self.assertTrue((card.array[y : y + height, x : x + width] == title).all())

    def test_many(self) -> None:
        """
        Of more viewers than there is room for the first are shown, and how many more
        there are.
        """
        card = self.card(moving=False)
        for count in (1, 4, 5, 100):
            card.viewersChanged([Viewer(number + 1) for number in range(count)])
            seen = card.array.copy()
            card.viewersChanged([Viewer(number + 1) for number in range(count + 1)])
            box = self.changes(card, seen)
            self.assertFalse(box.isEmpty)
            self.assertTrue(LAYOUT.viewers.contains(box))


class MotionTests(CardCase):
    """
    What happens by itself.
    """

    def test_frames(self) -> None:
        """
        While somebody watches and takes frames, 30 of them come in a second, in
        each of which something moves; only moving parts are damage.
        """
        card = self.card()
        card.resumeProducing()
        x, y, width, height = LAYOUT.counter
        numbers = set()
        for _ in range(30):
            before = card.array.copy()
            self.captured(card)
            self.clock.advance(1 / 30)
            area = self.captured(card).area
            self.assertLess(area, card.width * card.height / 10)
            self.assertTrue((before != card.array).any())
            numbers.add(card.array[y : y + height, x : x + width].tobytes())
        # Each frame shows a number of its own.
        self.assertEqual(len(numbers), 30)

    def test_damage(self) -> None:
        """
        Everything that moves is damage.
        """
        card = self.card()
        card.resumeProducing()
        self.captured(card)
        for _ in range(5):
            before = card.array.copy()
            self.clock.advance(0.25)
            self.time = self.time.replace(second=self.time.second + 1)
            self.assertFalse(self.changes(card, before).isEmpty)

    def test_noHurry(self) -> None:
        """
        No new frame is painted before the one before was taken.
        """
        card = self.card()
        card.resumeProducing()
        before = card.array.copy()
        self.clock.pump([1 / 30] * 10)
        self.assertTrue((card.array == before).all())
        self.captured(card)
        self.clock.advance(1 / 30)
        self.assertFalse((card.array == before).all())

    def test_rest(self) -> None:
        """
        Nothing is left on the clock while nobody watches.
        """
        card = self.card()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        card.pauseProducing()
        card.resumeProducing()
        card.resumeProducing()
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        card.pauseProducing()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_clock(self) -> None:
        """
        The time is shown, and another when it is later.
        """
        card = self.card()
        card.resumeProducing()
        self.captured(card)
        x, y, width, height = LAYOUT.clock
        before = card.array[y : y + height, x : x + width].copy()
        self.clock.advance(1 / 30)
        after = card.array[y : y + height, x : x + width]
        self.assertTrue((before == after).all())
        self.captured(card)
        self.time = self.time.replace(minute=4)
        self.clock.advance(1 / 30)
        self.assertFalse((before == after).all())

    def test_still(self) -> None:
        """
        A card that is still is the same picture each time and at any time, and
        has nothing on the clock.
        """
        first = self.card(moving=False)
        self.clock.advance(17)
        self.time = datetime(2030, 1, 2, 3, 4, 5)
        second = self.card(moving=False)
        second.resumeProducing()
        self.assertTrue((first.array == second.array).all())
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertFalse(self.captured(second))
        second.pauseProducing()

    def test_failure(self) -> None:
        """
        If painting fails, it is logged, and the card stands still.
        """
        # The time can be told once, when the card is made.
        card = self.card(now=[self.time].pop)
        card.resumeProducing()
        self.assertEqual(len(self.flushLoggedErrors(IndexError)), 1)
        self.assertEqual(self.clock.getDelayedCalls(), [])


class ViewerTests(CardCase):
    """
    What viewers do, on a card that does not move by itself.
    """

    def setUp(self) -> None:
        """
        Make the card and two viewers.
        """
        super().setUp()
        self.still = self.card(moving=False)
        self.first = self.still.array.copy()
        self.ada, self.bob = Viewer(1), Viewer(2)

    def test_pointer(self) -> None:
        """
        A pointer is drawn at once where it is, and nowhere else; its tip is the
        pixel it points at.
        """
        self.still.pointerEvent(500, 300, 0, self.ada)
        box = self.changes(self.still, self.first)
        self.assertTrue(Rectangle(499, 299, 92, 44).contains(box))
        self.assertTrue((self.still.array != self.first)[300:303, 500:503].any())

    def test_pointerMoves(self) -> None:
        """
        Where the pointer was, everything is as before.
        """
        self.still.pointerEvent(500, 300, 0, self.ada)
        self.captured(self.still)
        before = self.still.array.copy()
        self.still.pointerEvent(100, 600, 0, self.ada)
        self.changes(self.still, before)
        old = (slice(299, 343), slice(499, 591))
        self.assertTrue((self.still.array[old] == self.first[old]).all())

    def test_edges(self) -> None:
        """
        Pointers may be at every edge.
        """
        for x, y in ((0, 0), (1023, 0), (0, 767), (1023, 767)):
            before = self.still.array.copy()
            self.still.pointerEvent(x, y, 1, self.ada)
            self.assertFalse(self.changes(self.still, before).isEmpty)

    def test_buttons(self) -> None:
        """
        Each button that is down is seen on the pointer.
        """
        pictures = set()
        for buttons in (0, *(1 << bit for bit in range(9))):
            self.still.pointerEvent(500, 300, 0, self.ada)
            self.still.pointerEvent(500, 300, 0, self.ada)
            self.still.pointerEvent(500, 300, buttons, self.ada)
            pictures.add(self.still.array.tobytes())
        self.assertEqual(len(pictures), 10)

    def test_wheel(self) -> None:
        """
        A click of the wheel, which is over at once, is seen until the pointer's
        next event; a button is seen only while it is down.
        """
        self.still.pointerEvent(500, 300, 0, self.ada)
        plain = self.still.array.copy()
        for buttons, seen in ((8, True), (1, False)):
            self.still.pointerEvent(500, 300, buttons, self.ada)
            self.still.pointerEvent(500, 300, 0, self.ada)
            self.assertEqual(bool((self.still.array != plain).any()), seen)
            self.still.pointerEvent(500, 300, 0, self.ada)
            self.assertTrue((self.still.array == plain).all())

    def test_pointers(self) -> None:
        """
        Viewers have pointers of different looks, which may lie over each other
        and over what moves, and leave nothing behind.
        """
        card = self.card()
        card.resumeProducing()
        plain = self.card()
        plain.resumeProducing()
        x, y, _, _ = inside(LAYOUT.motion, LAYOUT.unit)
        for step in range(5):
            card.pointerEvent(x + step, y + step, 0, self.ada)
            card.pointerEvent(x + 10 - step, y, 0, self.bob)
            self.captured(card)
            self.captured(plain)
            self.clock.advance(1 / 30)
        self.assertFalse((card.array == plain.array).all())
        card.viewersChanged([self.ada])
        card.viewersChanged([])
        self.assertTrue((card.array == plain.array).all())

    def test_colors(self) -> None:
        """
        Two viewers' pointers at the same place do not look the same.
        """
        other = self.card(moving=False)
        self.still.pointerEvent(500, 300, 0, self.ada)
        other.pointerEvent(500, 300, 0, self.bob)
        self.assertFalse((self.still.array == other.array).all())

    def test_keys(self) -> None:
        """
        Keys appear by name in their panel, and look different while they are
        held.
        """
        panel = LAYOUT.keys
        seen = [self.first.tobytes()]
        for name, down in (("a", True), ("a", False), ("Return", True)):
            before = self.still.array.copy()
            self.still.keyEvent(byName(name), down, self.ada)
            self.assertTrue(panel.contains(self.changes(self.still, before)))
            self.assertNotIn(self.still.array.tobytes(), seen)
            seen.append(self.still.array.tobytes())

    def test_keyRepeats(self) -> None:
        """
        A key that repeats is one key.
        """
        self.still.keyEvent(byName("a"), True, self.ada)
        once = self.still.array.copy()
        self.still.keyEvent(byName("a"), True, self.ada)
        self.assertTrue((self.still.array == once).all())
        self.still.keyEvent(byName("a"), True, self.bob)
        self.assertFalse((self.still.array == once).all())

    def test_manyKeys(self) -> None:
        """
        The newest keys are seen, however many were before; the oldest are
        forgotten.
        """
        for keysym in (*range(0x1000, 0x1000 + 30), 0x1000):
            before = self.still.array.copy()
            self.still.keyEvent(keysym, True, self.ada)
            self.assertTrue(LAYOUT.keys.contains(self.changes(self.still, before)))
            # If the first were not forgotten, this would be its repetition.
            self.assertFalse((before == self.still.array).all())

    def test_cutText(self) -> None:
        """
        The start of cut text is shown, of whatever characters and length.
        """
        for text in ("hello", "\u20ac\n\x00", "x" * 100000):
            before = self.still.array.copy()
            self.still.cutTextReceived(text, self.ada)
            box = self.changes(self.still, before)
            self.assertFalse(box.isEmpty)
            self.assertTrue(LAYOUT.keys.contains(box))

    def test_audience(self) -> None:
        """
        The number of viewers is shown, for any number of them.
        """
        seen = {self.first.tobytes()}
        for count in (1, 2, 16, 1000):
            before = self.still.array.copy()
            self.still.viewersChanged([Viewer(n) for n in range(1, count + 1)])
            box = self.changes(self.still, before)
            self.assertTrue(LAYOUT.viewers.contains(box))
            seen.add(self.still.array.tobytes())
        self.assertEqual(len(seen), 5)
        self.still.viewersChanged([])
        self.assertTrue((self.still.array == self.first).all())

    def test_resized(self) -> None:
        """
        A viewer may ask for another size, within reason; keys and pointers are
        still there, inside.
        """
        self.still.pointerEvent(1000, 700, 0, self.ada)
        self.still.keyEvent(byName("a"), True, self.ada)
        self.assertTrue(self.still.sizeRequested(640, 480, self.bob))
        self.assertEqual((self.still.width, self.still.height), (640, 480))
        plain = self.card(640, 480, moving=False)
        self.assertFalse((self.still.array[-5:, -5:] == plain.array[-5:, -5:]).all())
        x, y, width, height = layout(640, 480).keys
        keys = (slice(y, y + height), slice(x, x + width))
        self.assertFalse((self.still.array[keys] == plain.array[keys]).all())
        self.still.pointerEvent(1, 1, 0, self.ada)
        self.still.viewersChanged([])
        bottom = self.still.array[-5:, -5:]
        self.assertTrue((bottom == plain.array[-5:, -5:]).all())

    def test_tooLarge(self) -> None:
        """
        A viewer cannot make the server use any amount of memory.
        """
        self.assertFalse(self.still.sizeRequested(65535, 65535, self.ada))
        self.assertFalse(self.still.sizeRequested(3840, 2161, self.ada))
        self.assertEqual((self.still.width, self.still.height), (1024, 768))

    def test_small(self) -> None:
        """
        A card that has room for nothing takes input all the same.
        """
        card = self.card(3, 2)
        card.resumeProducing()
        card.keyEvent(byName("a"), True, self.ada)
        card.cutTextReceived("x", self.ada)
        card.pointerEvent(2, 1, 511, self.ada)
        card.viewersChanged([self.ada])
        self.assertTrue(self.captured(card))
        self.clock.advance(1)
        card.pauseProducing()


class StringTests(SynchronousTestCase):
    """
    Tests for L{framebufferFromString}.
    """

    def test_default(self) -> None:
        """
        Without words it is a moving card of 1024x768.
        """
        clock = Clock()
        card = framebufferFromString(clock, "")
        self.assertEqual((card.width, card.height), (1024, 768))
        card.resumeProducing()
        self.assertEqual(len(clock.getDelayedCalls()), 1)

    def test_words(self) -> None:
        """
        Size and stillness may be said, in any order.
        """
        for text in ("320x200:still", "still:320x200"):
            clock = Clock()
            card = framebufferFromString(clock, text)
            self.assertEqual((card.width, card.height), (320, 200))
            card.resumeProducing()
            self.assertEqual(clock.getDelayedCalls(), [])

    def test_bad(self) -> None:
        """
        Anything else is refused by its word.
        """
        for text, word in (
            ("fast", "fast"),
            ("320x200:x", "'x'"),
            ("0x5", "0x5"),
            ("70000x5", "70000x5"),
            ("320x", "320x"),
            (":", "''"),
        ):
            error = self.assertRaises(ValueError, framebufferFromString, Clock(), text)
            self.assertIn(word, str(error))
