# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._screen.plan}.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont
from twisted.trial.unittest import SynchronousTestCase

from benchmarks import painting
from tests.scenes import photo
from txrfb._screen.photos import Photos
from txrfb._screen.plan import (
    CHUNK,
    FILM,
    PHOTO,
    Piece,
    Plan,
    PlannedPixels,
    piecesOf,
)
from txrfb._screen.tiles import tilesWithin, touchedTiles
from txrfb._wire.messages import FramebufferUpdate, RectangleHeader
from txrfb.encodings.constants import QUALITY_LEVEL_0
from txrfb.encodings.jpeg import AVAILABLE
from txrfb.encodings.level import levelFor
from txrfb.encodings.raw import RawEncoder
from txrfb.encodings.tight import TIGHT
from txrfb.encodings.values import Encoder
from txrfb.geometry import Copy, Rectangle
from txrfb.interfaces import IEncoder
from txrfb.pixels import NATIVE, Surface


class Odd(Encoder):
    """
    An encoder with limits; a body is the number of its pixels.
    """

    number = 99
    maxWidth = 50
    maxHeight = 40
    maxArea = 1000
    solidArea = 400
    opens = True

    def encode(self, surface: Surface, rectangle: Rectangle) -> bytes:
        """
        So many bytes as there are pixels.
        """
        return b"p" * rectangle.area

    def encodeSolid(self, rectangle: Rectangle, color: int) -> bytes:
        """
        The color.
        """
        return b"solid %06x" % color

    def opening(self, body: bytes) -> bytes:
        """
        Something before it.
        """
        return b"opening" + body

    def isLossy(self, body: bytes) -> bool:
        """
        If it begins with a C{p}.
        """
        return body[:1] == b"p"


def surface(width: int, height: int, seed: int = 1) -> Surface:
    """
    @return: Noise, with a large area of one color in it.
    """
    source = np.random.default_rng(seed)
    pixels = source.integers(0, 256, (height, width, 4), np.uint8)
    pixels[height // 4 : height // 2 + 9, width // 4 : width // 2 + 9] = (1, 2, 3, 0)
    return Surface(pixels.tobytes(), width * 4, width, height)


class PieceTests(SynchronousTestCase):
    """
    Rectangles are cut as the encoder likes them.
    """

    @settings(max_examples=60, deadline=None)
    @given(
        st.integers(0, 100),
        st.integers(0, 80),
        st.integers(1, 200),
        st.integers(1, 150),
        st.booleans(),
    )
    def test_cover(self, x: int, y: int, width: int, height: int, cuts: bool) -> None:
        """
        Each pixel is in exactly one piece, no piece is too large, and what is said
        to have one color has it.
        """
        screen = surface(300, 230)
        encoder: IEncoder = Odd() if cuts else RawEncoder(NATIVE)
        pieces = piecesOf(screen, [Rectangle(x, y, width, height)], encoder, Photos())
        count = np.zeros((230, 300), np.uint8)
        array = screen.array()
        for rectangle, color in pieces:
            part = np.s_[rectangle.y : rectangle.bottom, rectangle.x : rectangle.right]
            count[part] += 1
            self.assertFalse(rectangle.isEmpty)
            self.assertLessEqual(rectangle.width, encoder.maxWidth)
            self.assertLessEqual(rectangle.height, encoder.maxHeight)
            if color >= 0:
                expected = color.to_bytes(3, "little")
                self.assertTrue((array[part][..., :3] == list(expected)).all())
            else:
                self.assertLessEqual(rectangle.area, encoder.maxArea)
        expected_ = np.zeros_like(count)
        expected_[y : y + height, x : x + width] = 1
        self.assertTrue((count == expected_).all())

    def test_solid(self) -> None:
        """
        An area of one color is cut out.
        """
        pieces = piecesOf(
            surface(300, 230), [Rectangle(0, 0, 300, 230)], Odd(), Photos()
        )
        solid = [piece for piece in pieces if piece.color >= 0]
        self.assertTrue(solid)
        self.assertEqual({piece.color for piece in solid}, {0x030201})

    def test_solidMatters(self) -> None:
        """
        Not for encoders that gain nothing by it.
        """
        screen = surface(300, 230)
        pieces = piecesOf(
            screen, [Rectangle(0, 0, 300, 230)], RawEncoder(NATIVE), Photos()
        )
        self.assertEqual({piece.color for piece in pieces}, {-1})


class PhotoTests(SynchronousTestCase):
    """
    Photos are cut out of what is drawn, for encoders that may lose something of them.
    """

    encoder = TIGHT.encoder(NATIVE, levelFor([QUALITY_LEVEL_0 + 6]))

    if not AVAILABLE:
        skip = "there is no JPEG here"

    def lossy(self, image: Image.Image) -> tuple[Any, list[Piece]]:
        """
        @return: Which pixels are encoded as a photo, and all pieces.
        """
        width, height = image.size
        pixels = np.asarray(image.convert("RGBX"))[..., [2, 1, 0, 3]].tobytes()
        whole = Rectangle(0, 0, width, height)
        surface = Surface(pixels, width * 4, width, height)
        pieces = piecesOf(surface, [whole], self.encoder, Photos())
        count = np.zeros((height, width), int)
        lossy = np.zeros((height, width), bool)
        for (x, y, w, h), color in pieces:
            count[y : y + h, x : x + w] += 1
            lossy[y : y + h, x : x + w] = color == PHOTO
        self.assertTrue((count == 1).all())
        return lossy, pieces

    def test_photo(self) -> None:
        """
        A photo alone is one piece.
        """
        lossy, pieces = self.lossy(Image.fromarray(photo(320, 240)))
        self.assertTrue(lossy.all())
        self.assertEqual(len(pieces), 1)

    def test_large(self) -> None:
        """
        Photos may be larger than what else is encoded at once, unless the quality is so
        high that they have as many bytes.
        """
        image = Image.fromarray(photo(640, 360))
        for level, count in ((8, 1), (9, 2)):
            encoder = TIGHT.encoder(NATIVE, levelFor([QUALITY_LEVEL_0 + level]))
            self.encoder = encoder
            lossy, pieces = self.lossy(image)
            self.assertTrue(lossy.all())
            self.assertEqual(len(pieces), count)
            for piece in pieces:
                self.assertLessEqual(piece.rectangle.area, encoder.maxPhotoArea)

    def test_film(self) -> None:
        """
        What is nothing but a photo in some frames in a row is a film, until a frame was
        missed.
        """
        photos = Photos()
        pixels = np.zeros((240, 320, 4), np.uint8)
        kinds = []
        for serial in (1, 2, 3, 4, 5, 6, 8, 9):
            pixels[..., :3] = photo(320, 240, serial)
            surface = Surface(pixels.tobytes(), 1280, 320, 240)
            where = [Rectangle(0, 0, 320, 240)]
            (piece,) = piecesOf(surface, where, self.encoder, photos, serial)
            kinds.append(piece.color)
        self.assertEqual(kinds, [PHOTO] * 3 + [FILM] * 3 + [PHOTO] * 2)

    def test_beside(self) -> None:
        """
        Text beside a photo is drawn, in whatever colors; most of the photo is a photo.
        """
        image = Image.new("RGB", (640, 400), "white")
        image.paste(Image.fromarray(photo(320, 240)), (300, 37))
        draw = ImageDraw.Draw(image)
        for y, (ink, paper) in enumerate(
            [("red", "white"), ("blue", "yellow"), ("#00ff00", "black")] * 5
        ):
            line = (0, 20 * y, 290, 20 * y + 20)
            draw.rectangle(line, fill=paper)
            draw.text((4, 20 * y + 3), "The quick brown fox jumps over", ink)
        lossy, _ = self.lossy(image)
        self.assertFalse(lossy[:300, :288].any())
        self.assertGreater(lossy[37:277, 300:620].mean(), 0.9)

    def test_over(self) -> None:
        """
        So is a caption over a photo, but for one pixel of it in a hundred.
        """
        plain = Image.fromarray(photo(480, 320))
        image = plain.copy()
        font = ImageFont.load_default(24)
        draw = ImageDraw.Draw(image)
        draw.text((40, 150), "A caption in the midst of it", "yellow", font)
        change = abs(np.asarray(image).astype(int) - np.asarray(plain))
        letters = change.max(2) > 40
        lossy, pieces = self.lossy(image)
        self.assertLess(lossy[letters].mean(), 0.01)
        self.assertGreater(lossy.mean(), 0.7)
        self.assertLess(len(pieces), 20)

    def test_captions(self) -> None:
        """
        Captions of all sizes and colors, with soft edges and without, are exact but for
        one strong pixel in five hundred.
        """
        random = np.random.default_rng(3)
        plain = painting.photoImage(640, 400, 71)
        strong = lost = 0
        for size in (12, 14, 18, 24, 32, 48) * 6:
            image = plain.copy()
            draw = ImageDraw.Draw(image)
            draw.fontmode = str(random.choice(["1", "L"]))
            draw.text(
                (int(random.integers(200)), int(random.integers(330))),
                "Ill met by moonlight, 12:45",
                str(random.choice(["white", "yellow", "black", "red", "blue"])),
                painting.font(str(random.choice(["sans", "bold", "serif"])), size),
            )
            change = abs(np.asarray(image).astype(int) - np.asarray(plain)).max(2)
            lossy, _ = self.lossy(image)
            strong += int((change > 80).sum())
            lost += int(lossy[change > 80].sum())
        self.assertLess(lost, strong / 500)

    def test_gradient(self) -> None:
        """
        A large gradient as browsers draw it, with grain, is a photo, but not the text
        over it.
        """
        random = np.random.default_rng(3)
        y, x = np.mgrid[:300, :500]
        colors = [40 + x * 0.3, 90 + y * 0.4, 200 - (x + y) * 0.2]
        grain = random.random((300, 500, 1))
        plain = Image.fromarray((np.stack(colors, 2) + grain).astype(np.uint8))
        image = plain.copy()
        draw = ImageDraw.Draw(image)
        for row, size in enumerate((11, 13, 16, 24)):
            font = painting.font("sans", size)
            draw.text((20, 20 + 40 * row), "A title that one reads", "white", font)
        change = abs(np.asarray(image).astype(int) - np.asarray(plain)).max(2)
        lossy, _ = self.lossy(image)
        self.assertFalse(lossy[change > 80].any())
        self.assertGreater(lossy.mean(), 0.5)

    def test_drawn(self) -> None:
        """
        Without a photo nothing is one: text, gradients, many small icons.
        """
        image = Image.linear_gradient("L").resize((480, 320)).convert("RGB")
        draw = ImageDraw.Draw(image)
        for y in range(0, 320, 20):
            draw.text((4, y), "The quick brown fox jumps over the lazy dog " * 2, "red")
        for x in range(0, 480, 80):
            image.paste(Image.fromarray(photo(48, 48)), (x, 100))
        lossy, _ = self.lossy(image)
        self.assertFalse(lossy.any())


def parts(count: int, width: int, height: int = 1) -> list[Piece]:
    """
    @return: So many pieces of this size, one solid among them.
    """
    pieces = [Piece(Rectangle(0, n, width, height), -1) for n in range(count)]
    pieces[count // 2] = Piece(pieces[count // 2].rectangle, 0xFF8000)
    return pieces


class PlanTests(SynchronousTestCase):
    """
    The bytes of an update.
    """

    def setUp(self) -> None:
        """
        Nothing is encoded yet.
        """
        self.encoded: list[Rectangle] = []
        self.pixels = PlannedPixels()

    def encode(
        self,
        encoder: IEncoder,
        rectangle: Rectangle,
        newest: int,
        kind: int,
        head: bytes,
    ) -> bytes:
        """
        Encode a rectangle, and write down that it was.
        """
        self.encoded.append(rectangle)
        header = RectangleHeader(rectangle, encoder.number).toBytes()
        return head + header + b"p" * rectangle.area

    def plan(self, pieces: list[Piece], copies: tuple[Copy, ...] = ()) -> Plan:
        """
        @return: A plan of them.
        """
        return Plan(7, Odd(), copies, pieces, self.encode, False, self.pixels)

    def blob(self, piece: Piece) -> bytes:
        """
        @return: What a piece is to be.
        """
        header = RectangleHeader(piece.rectangle, 99).toBytes()
        if piece.color >= 0:
            return header + b"solid %06x" % piece.color
        return header + b"p" * piece.rectangle.area

    def written(self, plan: Plan, start: int = 0) -> list[bytes]:
        """
        @return: All chunks.
        """
        chunks = []
        while True:
            data, start = plan.chunk(start)
            chunks.append(data)
            if start >= len(plan.pieces):
                return chunks

    def test_bytes(self) -> None:
        """
        The number of rectangles, copies, then pieces.
        """
        pieces = parts(5, 10)
        copy = Copy(Rectangle(1, 2, 3, 4), 5, 6)
        plan = self.plan(pieces, (copy,))
        expected = FramebufferUpdate(6).toBytes()
        expected += RectangleHeader(copy.rectangle, 1).toBytes() + b"\0\5\0\6"
        expected += b"".join(map(self.blob, pieces))
        self.assertEqual(plan.count, 6)
        self.assertEqual(self.written(plan), [expected])

    def test_chunks(self) -> None:
        """
        Pieces are joined to chunks of 64 KiB at the most; a piece that is larger is
        a chunk of its own.
        """
        pieces = parts(50, 5000) + parts(3, 50_000, 2) + parts(40, 100)
        chunks = self.written(self.plan(pieces))
        expected = FramebufferUpdate(len(pieces)).toBytes()
        expected += b"".join(map(self.blob, pieces))
        self.assertEqual(b"".join(chunks), expected)
        large = [chunk for chunk in chunks if len(chunk) > CHUNK]
        self.assertEqual([len(chunk) for chunk in large], [100_012] * 2)
        self.assertLess(len(chunks), 12)

    def test_notJoined(self) -> None:
        """
        What a large piece was encoded to is written as it is, with the beginning of the
        update already in front: many bytes are not copied once more.
        """
        made: list[bytes] = []

        def encode(*args: Any) -> bytes:
            made.append(self.encode(*args))
            return made[-1]

        plan = Plan(7, Odd(), (), parts(2, 35_000, 2), encode)
        first, end = plan.chunk(0)
        self.assertIs(first, made[0])
        self.assertEqual((first[:4], end), (FramebufferUpdate(2).toBytes(), 1))

    def test_shared(self) -> None:
        """
        Who follows the same plan writes the same bytes, which are made once, when
        there is room for them.
        """
        plan = self.plan(parts(50, 5000))
        first, end = plan.chunk(0)
        self.assertLess(len(self.encoded), 16)
        self.assertIs(plan.chunk(0)[0], first)
        one = self.written(plan)
        other = self.written(plan)
        self.assertTrue(all(a is b for a, b in zip(one, other, strict=True)))
        # One piece was tried and did not fit any more.
        self.assertLess(len(self.encoded), 49 + len(one))
        self.assertGreater(end, 0)

    def test_head(self) -> None:
        """
        The beginning may have other rectangles before it, and may open a stream;
        the chunks of those who begin otherwise stay as they are.
        """
        pieces = parts(3, 10)
        plan = self.plan(pieces)
        plan.chunk(0)
        data, end = plan.head([b"extra", b"more"], True)
        first = self.blob(pieces[0])
        self.assertEqual(
            data,
            FramebufferUpdate(5).toBytes()
            + b"extramore"
            + first[:12]
            + b"opening"
            + first[12:],
        )
        self.assertEqual(end, 1)
        rest = b"".join(self.written(plan, 1))
        self.assertEqual(rest, b"".join(map(self.blob, pieces[1:])))
        self.assertEqual(plan.chunk(0)[0][:4], FramebufferUpdate(3).toBytes())

    def test_headWithoutPieces(self) -> None:
        """
        A plan may consist of copies alone.
        """
        plan = self.plan([], (Copy(Rectangle(1, 2, 3, 4), 5, 6),))
        data, end = plan.head([], True)
        self.assertEqual((len(data), end), (4 + 16, 0))
        self.assertEqual(plan.chunk(0), (data, 0))

    def test_retired(self) -> None:
        """
        A plan whose frame has passed keeps no bytes; what is left of it is encoded
        anew.
        """
        plan = self.plan(parts(50, 5000))
        _, end = plan.chunk(0)
        plan.retire()
        self.assertEqual(plan._chunks, {})
        before = len(self.encoded)
        self.written(plan, end)
        self.assertEqual(plan._chunks, {})
        self.assertGreaterEqual(len(self.encoded) - before, 50 - end - 1)

    def test_lost(self) -> None:
        """
        If the size changed, the pixels that it speaks of are gone: what is left is
        black, and nothing is encoded.
        """
        pieces = parts(4, 10)
        plan = self.plan(pieces)
        plan.retire()
        self.pixels.areGone = True
        data = b"".join(self.written(plan))
        self.assertEqual(self.encoded, [])
        expected = FramebufferUpdate(4).toBytes() + b"".join(
            self.blob(Piece(p.rectangle, max(p.color, 0))) for p in pieces
        )
        self.assertEqual(data, expected)

    def test_lossy(self) -> None:
        """
        Which pieces lost something is known when they are made.
        """
        plan = self.plan(parts(5, 10))
        self.assertEqual(plan.lossy, set())
        self.written(plan)
        self.assertEqual(plan.lossy, {0, 1, 3, 4})

    def test_lossyLater(self) -> None:
        """
        Who is slow is sent what is left of a retired plan with newer pixels: what of
        it turns out lossy is known when that follower ends, though it was not when
        another did.
        """
        bounds = Rectangle(0, 0, 64, 128)
        pieces = [Piece(Rectangle(0, y, 64, 64), -1) for y in (0, 64)]
        isLossy = False

        def encode(
            encoder: IEncoder,
            rectangle: Rectangle,
            newest: int,
            kind: int,
            head: bytes,
        ) -> bytes:
            header = RectangleHeader(rectangle, encoder.number).toBytes()
            return head + header + (b"p" if isLossy else b"x") * CHUNK

        plan = Plan(7, Odd(), (), pieces, encode)
        _, end = plan.chunk(0)
        self.assertEqual(end, 1)
        self.written(plan)
        self.assertEqual([marks[0] for marks in plan.lossyTiles(bounds)], [False] * 2)
        plan.retire()
        isLossy = True
        self.written(plan, end)
        marks = plan.lossyTiles(bounds)
        self.assertEqual(marks[0], (False, tilesWithin(pieces[0].rectangle, bounds)))
        self.assertEqual(marks[1], (True, touchedTiles(pieces[1].rectangle)))
        self.assertIs(plan.lossyTiles(bounds), marks)
