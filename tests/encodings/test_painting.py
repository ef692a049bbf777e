# -*- test-case-name: tests.encodings.test_painting -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.encodings.painting}, and of what decoders hold, and do at a time.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.codec import CONTENTS, FORMATS, drive, surfaceOf
from tests.pieces import cut
from txrfb._wire.stepper import Stepper
from txrfb.encodings import ENCODINGS, Level, Wanted, constants
from txrfb.encodings.copyrect import CopyRectDecoder, encodeCopyRect
from txrfb.encodings.deflate import deflate
from txrfb.encodings.painting import MUCH, PIECE, Plain, bands, fill, paintRows
from txrfb.encodings.rre import RreDecoder
from txrfb.encodings.tight import compactLength
from txrfb.geometry import Rectangle
from txrfb.pixels import NATIVE


class HelperTests(SynchronousTestCase):
    """
    Tests of the functions.
    """

    @settings(max_examples=50, deadline=None)
    @given(
        st.integers(0, 5000),
        st.integers(0, 5000),
        st.sampled_from([1, 16, 64]),
        st.data(),
    )
    def test_bands(
        self, width: int, height: int, rows: int, data: st.DataObject
    ) -> None:
        """
        The parts of a rectangle are the rectangle, and none is large.
        """
        where = Rectangle(3, 4, width, height)
        parts = [*bands(where, rows)]
        self.assertEqual(sum(part.area for part in parts), where.area)
        top = 4
        for part in parts:
            self.assertEqual((part.x, part.y, part.width), (3, top, width))
            self.assertLessEqual(part.area, max(MUCH, width * rows))
            top = part.bottom
        for part in parts[:-1]:
            self.assertEqual(part.height % rows, 0)

    def test_fill(self) -> None:
        """
        One color goes where it belongs, a part at a time.
        """
        canvas = np.zeros((4, 5), np.uint32)
        drive(fill(canvas, Rectangle(4, 1, 1, 3), 7), b"")
        self.assertEqual(canvas[:, 4].tolist(), [0, 7, 7, 7])
        self.assertEqual(int(canvas.sum()), 21)
        large = np.zeros((2100, 1000), np.uint32)
        steps = [*fill(large, Rectangle(0, 0, 1000, 2100), 1)]
        self.assertEqual(steps, [0, 0])
        self.assertTrue(large.all())

    def test_tooFew(self) -> None:
        """
        Rows that do not come are an error.
        """
        canvas = np.zeros((4, 5), np.uint32)
        reading = paintRows(
            canvas, Rectangle(0, 0, 5, 4), 5, Plain(13), lambda place, data: None
        )
        problem = self.assertRaises(ValueError, drive, reading, bytes(13))
        self.assertEqual(str(problem), "13 bytes of pixels where 20 are expected")


class PiecesTests(SynchronousTestCase):
    """
    It makes no difference in what pieces the bytes of a rectangle arrive.
    """

    @settings(max_examples=60, deadline=None)
    @given(
        st.sampled_from([*ENCODINGS]),
        st.sampled_from([*CONTENTS]),
        st.sampled_from(["native", "565", "big", "map"]),
        st.lists(st.integers(1, 700), min_size=1, max_size=8),
    )
    def test_anyPieces(
        self, number: int, content: object, name: str, pieces: list[int]
    ) -> None:
        """
        What a decoder paints is the same, and what comes after the rectangle is left.
        """
        encoding, format = ENCODINGS[number], FORMATS[name]
        surface, where = surfaceOf(content(np.random.default_rng(1), 70, 40))  # type: ignore[operator]
        encoder = encoding.encoder(format, Level())
        body = encoder.encode(surface, where)
        if encoder.opens:
            body = encoder.opening(body)
        shown = []
        for sizes in ([len(body) + 9], pieces, [1]):
            canvas = np.zeros((where.bottom, where.right), np.uint32)
            stepper = Stepper(encoding.decoder().decode(where, format, canvas))
            for piece in cut(body + b"the next.", sizes):
                stepper.feed(piece)
            self.assertTrue(stepper.isDone)
            self.assertEqual((stepper.consumed, stepper.held), (len(body), 9))
            shown.append(canvas.tolist())
        self.assertEqual(shown[0], shown[1])
        self.assertEqual(shown[0], shown[2])


def large() -> Iterator[tuple[int, bytes, Rectangle]]:
    """
    @return: Bodies that are small, or inflate to much, of as many pixels as there can
        be; their encodings, and rectangles.
    """
    where = Rectangle(0, 0, 4096, 2048)
    area = where.area
    yield constants.RAW, bytes(4 * area), where
    yield (
        constants.RRE,
        (200).to_bytes(4, "big") + bytes(4) + 200 * (bytes(8) + b"\x10\0\x08\0"),
        where,
    )
    yield constants.HEXTILE, b"\x02" + bytes(4) + bytes(area // 256 - 1), where
    yield constants.TRLE, (b"\x01" + bytes(3)) * (area // 256), where
    for number, tiles in (
        (constants.ZRLE, (b"\x01" + bytes(3)) * (area // 4096)),
        (constants.ZRLE, (b"\0" + bytes(3 * 4096)) * (area // 4096)),
        (constants.ZLIB, bytes(4 * area)),
    ):
        data = deflate(tiles)
        yield number, len(data).to_bytes(4, "big") + data, where
    for head, size in (
        (b"\0", 3 * area),
        (b"\x40\x01\x01" + bytes(6), area // 8),
        (b"\x40\x01\x05" + bytes(18), area),
        (b"\x40\x02", 3 * area),
    ):
        data = deflate(bytes(size))
        yield constants.TIGHT, head + compactLength(len(data)) + data, where
    yield constants.TIGHT, b"\x80" + bytes(3), where


class BoundTests(SynchronousTestCase):
    """
    A decoder holds little, and lets others have their turn, whatever it is sent.
    """

    def test_memory(self) -> None:
        """
        No more than 2 MiB are held, for 8 million pixels, and no more than 4 of them
        painted between two steps, by the time that takes.
        """
        for number, body, where in large():
            canvas = np.zeros((where.height, where.width), np.uint32)
            reading = ENCODINGS[number].decoder().decode(where, NATIVE, canvas)
            at = steps = 0
            tracemalloc.start()
            try:
                size = next(reading)
                while True:
                    most = min(getattr(size, "most", size), 1 << 16)
                    at -= getattr(size, "unused", 0)
                    piece = body[at : at + max(size, most)]
                    at += len(piece)
                    size = reading.send(piece)
                    steps += 1
            except StopIteration:
                pass
            finally:
                _, most = tracemalloc.get_traced_memory()
                tracemalloc.stop()
            self.assertEqual(at, len(body), number)
            self.assertLess(most, 1 << 21, constants.nameOf(number))
            self.assertGreaterEqual(steps, 7, constants.nameOf(number))

    def test_copy(self) -> None:
        """
        A large rectangle is copied in steps, in the order in which nothing is lost.
        """
        for x, y, fromX, fromY in ((3, 5, 1, 0), (0, 0, 9, 50), (4, 3, 1, 3)):
            canvas = np.arange(1100 * 2100, dtype=np.uint32).reshape(1100, 2100)
            wanted = canvas.copy()
            where = Rectangle(x, y, 2000, 1040)
            wanted[y : y + 1040, x : x + 2000] = canvas[
                fromY : fromY + 1040, fromX : fromX + 2000
            ]
            reading = CopyRectDecoder().decode(where, NATIVE, canvas)
            self.assertEqual(next(reading), 4)
            self.assertEqual(reading.send(encodeCopyRect(fromX, fromY)), 0)
            self.assertRaises(StopIteration, reading.send, b"")
            self.assertTrue((canvas == wanted).all())

    def test_overlapping(self) -> None:
        """
        Subrectangles that cover everything again and again are painted a few at a time.
        """
        canvas = np.zeros((1024, 1024), np.uint32)
        reading = RreDecoder().decode(Rectangle(0, 0, 1024, 1024), NATIVE, canvas)
        next(reading)
        reading.send((1000).to_bytes(4, "big"))
        wanted = reading.send(bytes(4))
        assert isinstance(wanted, Wanted)
        whole = bytes(8) + b"\x04\0\x04\0"
        for left in range(999, 989, -1):
            wanted = reading.send((whole * 1000)[: wanted.most])
            assert isinstance(wanted, Wanted)
            self.assertEqual(wanted.most, min(left * 12, PIECE))
            self.assertGreater(wanted.unused, 10000)
