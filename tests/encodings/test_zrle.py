# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.encodings.zrle}, L{txrfb.encodings.trle} and
L{txrfb.encodings.zlibrect}: what is particular about them.
"""

from __future__ import annotations

import zlib

import numpy as np
from twisted.trial import unittest

from tests.codec import FORMATS, decoded, drive, surfaceOf
from txrfb.encodings.deflate import HEADER, deflateRaw
from txrfb.encodings.level import Level
from txrfb.encodings.trle import TRLE
from txrfb.encodings.zlibrect import ZLIB
from txrfb.encodings.zrle import ZRLE
from txrfb.geometry import Rectangle
from txrfb.pixels import NATIVE

ONE = Rectangle(0, 0, 4, 2)


def zrle(tiles: bytes) -> bytes:
    """
    @return: The first body of a connection.
    """
    data = HEADER + deflateRaw(tiles)
    return len(data).to_bytes(4, "big") + data


class ZlibTests(unittest.SynchronousTestCase):
    """
    Tests for Zlib.
    """

    def test_stream(self) -> None:
        """
        The bodies are a length each, and pieces of one zlib stream of raw pixels.
        """
        colors = np.arange(8, dtype=np.uint32).reshape(2, 4)
        surface, where = surfaceOf(colors)
        encoder = ZLIB.encoder(NATIVE, Level())
        body = encoder.encode(surface, where)
        stream = zlib.decompressobj()
        for one in (encoder.opening(body), body, body):
            self.assertEqual(int.from_bytes(one[:4], "big"), len(one) - 4)
            self.assertEqual(stream.decompress(one[4:]), colors.astype("<u4").tobytes())

    def test_wrongSizes(self) -> None:
        """
        Too few pixels, too many, and a length that cannot be are errors.
        """
        for size in (31, 33, 1 << 20):
            reading = ZLIB.decoder().decode(ONE, NATIVE, np.zeros((2, 4), np.uint32))
            self.assertRaises(ValueError, drive, reading, zrle(bytes(size)))
        reading = ZLIB.decoder().decode(ONE, NATIVE, np.zeros((2, 4), np.uint32))
        next(reading)
        self.assertRaises(ValueError, reading.send, b"\xff\xff\xff\xff")


class TileTests(unittest.SynchronousTestCase):
    """
    Tests for the tiles of TRLE and ZRLE, written by hand as the specification says.
    """

    def assertTile(self, tile: str, *colors: int) -> None:
        """
        A tile of 4x2 pixels gives these colors, in both encodings.
        """
        data = bytes.fromhex(tile)
        got = decoded(TRLE.decoder(), data, ONE, NATIVE)
        self.assertEqual(got.ravel().tolist(), list(colors))
        got = decoded(ZRLE.decoder(), zrle(data), ONE, NATIVE)
        self.assertEqual(got.ravel().tolist(), list(colors))

    def assertNoTile(self, tile: str) -> None:
        """
        A tile is an error.
        """
        data = bytes.fromhex(tile)
        self.assertRaises(
            ValueError, decoded, TRLE.decoder(), data + bytes(600), ONE, NATIVE
        )
        self.assertRaises(ValueError, decoded, ZRLE.decoder(), zrle(data), ONE, NATIVE)

    def test_kinds(self) -> None:
        """
        Raw, solid, packed palettes, plain runs and runs of a palette.
        """
        a, b, c = 0x030201, 0x060504, 0x090807
        one, two, three = "010203", "040506", "070809"
        self.assertTile("00" + one * 7 + two, *[a] * 7, b)
        self.assertTile("01" + three, *[c] * 8)
        self.assertTile("02" + one + two + "5080", a, b, a, b, b, a, a, a)
        self.assertTile("03" + one + two + three + "1806", a, b, c, a, a, a, b, c)
        self.assertTile(
            "05" + one + two + three + one + two + "01234210", a, b, c, a, b, c, b, a
        )
        self.assertTile("80" + one + "00" + two + "06", a, *[b] * 7)
        self.assertTile("83" + one + two + three + "00" + "8105" + "02", a, *[b] * 6, c)
        self.assertTile("82" + one + two + "8000" + "8106", a, *[b] * 7)

    def test_longRuns(self) -> None:
        """
        Lengths of runs are sums of bytes, of which 255 is not the last.
        """
        where = Rectangle(0, 0, 64, 8)
        for tile in (
            "80" + "010203" + "fe" + "040506" + "ff01",
            "82" + "010203" + "040506" + "80fe" + "81ff01",
        ):
            data = bytes.fromhex(tile)
            got = decoded(ZRLE.decoder(), zrle(data), where, NATIVE).ravel().tolist()
            self.assertEqual(got, [0x030201] * 255 + [0x060504] * 257)

    def test_errors(self) -> None:
        """
        Kinds that do not exist, colors that are not in the palette and runs that
        are too long are errors, and so is what is left over or missing.
        """
        for tile in (
            "11" + "010203" * 17 + "00" * 40,
            "7f",
            "81" + "00",
            "03" + "010203" * 3 + "ffff",
            "82" + "010203" * 2 + "02",
            "80" + "010203" + "08",
            "80" + "010203" + "ff" * 300 + "00",
            "82" + "010203" * 2 + "8108",
        ):
            with self.subTest(tile[:30]):
                self.assertNoTile(tile)
        for data in (b"\x01\x01\x02", b"\x01\x01\x02\x03\x00", b""):
            self.assertRaises(
                ValueError, decoded, ZRLE.decoder(), zrle(data), ONE, NATIVE
            )

    def test_bomb(self) -> None:
        """
        Much more than tiles can be is not inflated.
        """
        self.assertRaises(
            ValueError, decoded, ZRLE.decoder(), zrle(bytes(1 << 22)), ONE, NATIVE
        )

    def test_reused(self) -> None:
        """
        In TRLE a tile may use the palette of one before, in ZRLE it may not.
        """
        where = Rectangle(0, 0, 48, 1)
        first = "02" + "010203" + "040506" + "00ff"
        data = bytes.fromhex(first + "7f" + "ff00" + "81" + "8007" + "8107")
        got = decoded(TRLE.decoder(), data, where, NATIVE).ravel().tolist()
        a, b = 0x030201, 0x060504
        self.assertEqual(got, [a] * 8 + [b] * 16 + [a] * 16 + [b] * 8)
        data = bytes.fromhex("02" + "010203" + "040506" + "00" * 8 + "7f" + "00" * 8)
        where = Rectangle(0, 0, 128, 1)
        self.assertRaises(
            ValueError, decoded, ZRLE.decoder(), zrle(data), where, NATIVE
        )

    def test_compactPixels(self) -> None:
        """
        A pixel has three bytes, in the format's order, where three have all colors.
        """
        colors = np.full((1, 1), 0x102030, np.uint32)
        surface, where = surfaceOf(colors)
        for name, wanted in (
            ("native", "01302010"),
            ("big", "01102030"),
            ("high bytes", "01302010"),
            ("high bytes, big", "01302010"),
            ("depth 32", "0130201000"),
            ("565, big", "011106"),
        ):
            body = TRLE.encoder(FORMATS[name], Level()).encode(surface, where)
            self.assertEqual(body.hex(), wanted, name)
