# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.encodings.deflate}.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Generator

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial import unittest

from tests.codec import drive
from txrfb.encodings import deflate
from txrfb.encodings.level import Level

#: Bytes that can be compressed well, and not at all.
SOME = b"The quick brown fox. " * 400 + random.Random(1).randbytes(3000)


class DeflateTests(unittest.SynchronousTestCase):
    """
    Tests for L{deflate.deflate} and L{deflate.deflateRaw}.
    """

    @settings(max_examples=50, deadline=None)
    @given(st.binary(max_size=3000), st.integers(0, 9))
    def test_complete(self, data: bytes, level: int) -> None:
        """
        The stream is complete, and its checksum is right.
        """
        stream = zlib.decompressobj()
        self.assertEqual(stream.decompress(deflate.deflate(data, level)), data)
        self.assertTrue(stream.eof)

    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.binary(max_size=600), max_size=8), st.data())
    def test_pieces(self, pieces: list[bytes], data: st.DataObject) -> None:
        """
        Pieces of any levels in any order, behind one header, are one stream, each
        to be had as soon as it is there.
        """
        made = [
            deflate.deflateRaw(piece, data.draw(st.integers(0, 9))) for piece in pieces
        ]
        stream = zlib.decompressobj()
        stream.decompress(deflate.HEADER)
        for pick in data.draw(st.permutations(range(len(pieces)))):
            self.assertEqual(stream.decompress(made[pick]), pieces[pick])
        self.assertFalse(stream.eof)

    def test_few(self) -> None:
        """
        A few bytes take no more than what zlib makes of them with all its memory.
        """
        random.seed(2)
        for size in (12, 100, 200, 255):
            data = bytes(random.choices(b"\0\1\2\xff", k=size))
            usual = zlib.compressobj(6, zlib.DEFLATED, -15)
            best = len(usual.compress(data) + usual.flush(zlib.Z_SYNC_FLUSH))
            for level in (1, 9):
                self.assertLessEqual(len(deflate.deflateRaw(data, level)), best)

    def test_higherIsSmaller(self) -> None:
        """
        More compression does not give more bytes.
        """
        sizes = [len(deflate.deflate(SOME, level)) for level in (0, 1, 6, 9)]
        self.assertEqual(sizes, sorted(sizes, reverse=True))

    def test_effort(self) -> None:
        """
        Levels that mean the same are given the same number, and it means the same.
        """
        for compression in range(10):
            effort = deflate.effort(Level(compression))
            self.assertLessEqual(effort, compression)
            self.assertEqual(
                deflate.deflate(SOME, effort), deflate.deflate(SOME, compression)
            )
            thorough = deflate.effort(Level(compression), True)
            self.assertLessEqual(thorough, compression)
            self.assertEqual(
                deflate.deflateRaw(SOME, thorough, True),
                deflate.deflateRaw(SOME, compression, True),
            )
        self.assertEqual(deflate.effort(Level(-1)), 1)
        self.assertEqual(deflate.effort(Level(-1), True), 1)
        self.assertRaises(ValueError, deflate.effort, Level(10))


class InflaterTests(unittest.SynchronousTestCase):
    """
    Tests for L{deflate.Inflater}.
    """

    def inflated(self, inflater: deflate.Inflater, data: bytes, most: int) -> bytes:
        """
        @return: What comes out of a piece of its stream, of which so much is asked for.
        """

        def read() -> Generator[int, bytes, bytes]:
            piece = inflater.piece(len(data))
            made = b""
            while len(made) < most:
                more = yield from piece.read(min(most - len(made), 700))
                if not more:
                    break
                self.assertLessEqual(len(more), 700)
                made += more
            yield from piece.finish()
            return made

        return drive(read(), data)

    def test_exactly(self) -> None:
        """
        The bytes that are expected come out, piece by piece; also if fewer come than
        are asked for.
        """
        inflater = deflate.Inflater()
        first = deflate.HEADER + deflate.deflateRaw(SOME)
        self.assertEqual(self.inflated(inflater, first, len(SOME)), SOME)
        for more in range(3):
            piece = deflate.deflateRaw(SOME)
            self.assertEqual(self.inflated(inflater, piece, len(SOME) + more), SOME)

    def test_byteByByte(self) -> None:
        """
        It makes no difference in what pieces they come.
        """
        data = deflate.deflate(SOME)
        inflater = deflate.Inflater()
        made = b""
        for at in range(len(data)):
            more, rest = inflater.inflate(data[at : at + 1], 1 << 16)
            self.assertEqual(rest, b"")
            made += more
        self.assertEqual(made, SOME)

    def test_bomb(self) -> None:
        """
        If more would come out, it does not.
        """
        bomb = deflate.deflate(bytes(1 << 24))
        problem = self.assertRaises(
            ValueError, self.inflated, deflate.Inflater(), bomb, 1000
        )
        self.assertIn("more than 1000 bytes", str(problem))

    def test_damaged(self) -> None:
        """
        What is not deflated data is an error.
        """
        wrong = deflate.Inflater()
        self.assertRaises(ValueError, self.inflated, wrong, b"no zlib", 10)

    def test_ended(self) -> None:
        """
        After its end there is nothing in a stream, until it is reset.
        """
        inflater = deflate.Inflater()
        whole = deflate.deflate(b"abc")
        self.assertEqual(self.inflated(inflater, whole, 3), b"abc")
        self.assertRaises(ValueError, self.inflated, inflater, whole, 3)
        inflater.reset()
        self.assertEqual(self.inflated(inflater, whole, 3), b"abc")
        more = whole + b"x"
        self.assertRaises(ValueError, self.inflated, deflate.Inflater(), more, 3)
