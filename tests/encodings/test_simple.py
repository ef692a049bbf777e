# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.encodings.hextile} and L{txrfb.encodings.rre}: what is particular
about them.
"""

from __future__ import annotations

import numpy as np
from twisted.trial import unittest

from tests.codec import decoded, differing, noise, surfaceOf, text, thereAndBack
from txrfb.encodings.hextile import HEXTILE
from txrfb.encodings.level import Level
from txrfb.encodings.rre import CORRE, RRE
from txrfb.geometry import Rectangle
from txrfb.pixels import NATIVE, PixelFormat, Words

MAP = PixelFormat(8, 8, False, False, 7, 7, 3, 0, 3, 6)


def values(*some: int) -> list[int]:
    """
    @return: The colors of values of L{MAP}.
    """
    return [int(color) for color in MAP.colorsOf(np.array(some, np.uint32))]


class HextileTests(unittest.SynchronousTestCase):
    """
    Tests for tiles written by hand, with pixels of one byte.
    """

    def decode(self, data: str, width: int = 4, height: int = 2) -> Words:
        """
        @return: What the decoder paints.
        """
        return decoded(
            HEXTILE.decoder(), bytes.fromhex(data), Rectangle(3, 2, width, height), MAP
        )

    def test_kinds(self) -> None:
        """
        Raw, a background alone, and rectangles with and without colors of their own.
        """
        for data, wanted in (
            ("01" + "0102030405060708", (1, 2, 3, 4, 5, 6, 7, 8)),
            ("02" + "09", (9,) * 8),
            ("0e" + "09" + "05" + "01" + "1011", (9, 5, 5, 9, 9, 5, 5, 9)),
            (
                "1a" + "09" + "02" + "01" + "1000" + "02" + "1120",
                (9, 1, 9, 9, 9, 2, 2, 2),
            ),
        ):
            self.assertEqual(self.decode(data).ravel().tolist(), values(*wanted), data)

    def test_carried(self) -> None:
        """
        Background and foreground go on from tile to tile until a raw one.
        """
        got = self.decode(
            "0e" + "0105" + "01" + "0000" + "00" + "08" + "01" + "1000", 48, 1
        )
        wanted = [5] + [1] * 15 + [1] * 16 + [1, 5] + [1] * 14
        self.assertEqual(got.ravel().tolist(), values(*wanted))
        raw = "02" + "01" + "01" + "07" * 16 + "00"
        self.assertRaises(ValueError, self.decode, raw, 48, 1)

    def test_errors(self) -> None:
        """
        A first tile without background, rectangles without color, and rectangles
        that are not in the tile are errors.
        """
        for data in (
            "00",
            "0a" + "09" + "01" + "0000",
            "0e" + "0905" + "01" + "3010",
            "0e" + "0905" + "01" + "0002",
            "0e" + "0905" + "01" + "4000",
        ):
            self.assertRaises(ValueError, self.decode, data)

    def test_tiles(self) -> None:
        """
        A rectangle of one color has one background, and nothing more for the other
        tiles.
        """
        surface, where = surfaceOf(np.full((33, 40), 7, np.uint32))
        body = HEXTILE.encoder(NATIVE, Level()).encode(surface, where)
        self.assertEqual(body.hex(), "02" + "07000000" + "00" * 8)


class RreTests(unittest.SynchronousTestCase):
    """
    Tests for RRE and CoRRE.
    """

    def test_byHand(self) -> None:
        """
        A background and rectangles, at places of two bytes or one.
        """
        where = Rectangle(3, 2, 4, 2)
        wanted = values(9, 1, 2, 2, 9, 1, 2, 2)
        for encoding, data in (
            (RRE, "0000000209" + "01" + "0001000000010002" + "02" + "0002000000020002"),
            (CORRE, "0000000209" + "01" + "01000102" + "02" + "02000202"),
        ):
            got = decoded(encoding.decoder(), bytes.fromhex(data), where, MAP)
            self.assertEqual(got.ravel().tolist(), wanted)

    def test_outside(self) -> None:
        """
        A rectangle that is not inside is an error.
        """
        where = Rectangle(3, 2, 4, 2)
        for data in (
            "0000000109" + "01" + "01000402",
            "0000000109" + "01" + "01010102",
        ):
            self.assertRaises(
                ValueError, decoded, CORRE.decoder(), bytes.fromhex(data), where, MAP
            )

    def test_largeCounts(self) -> None:
        """
        However many rectangles are announced, few are asked for at once.
        """
        canvas = np.zeros((4, 8), np.uint32)
        reading = RRE.decoder().decode(Rectangle(0, 0, 8, 4), NATIVE, canvas)
        self.assertEqual(next(reading), 4)
        self.assertEqual(reading.send(b"\xff\xff\xff\xff"), 4)
        self.assertLess(reading.send(b"\x01\x02\x03\x00"), 1 << 17)
        self.assertEqual(int(canvas[0, 0]), 0x030201)

    def test_text(self) -> None:
        """
        Text is smaller than its pixels are, and what would not be arrives all the
        same.
        """
        random = np.random.default_rng(1)
        page = np.repeat(np.repeat(text(random, 25, 20), 4, 0), 5, 1)
        for encoding in (RRE, CORRE):
            body, got = thereAndBack(encoding, page, NATIVE)
            self.assertEqual(differing(got, page), 0)
            self.assertLess(len(body), page.size * 4)
            colors = noise(random, 50, 40)
            body, got = thereAndBack(encoding, colors, NATIVE)
            self.assertEqual(differing(got, colors), 0)
            self.assertLess(len(body), colors.size * 12 + 8)

    def test_limits(self) -> None:
        """
        CoRRE takes rectangles up to 255x255, and refuses larger ones.
        """
        encoder = CORRE.encoder(NATIVE, Level())
        self.assertEqual((encoder.maxWidth, encoder.maxHeight), (255, 255))
        for width, height in ((256, 1), (1, 256)):
            surface, where = surfaceOf(np.zeros((height, width), np.uint32))
            self.assertRaises(ValueError, encoder.encode, surface, where)
        colors = noise(np.random.default_rng(2), 255, 255) & np.uint32(0x808080)
        _, got = thereAndBack(CORRE, colors, NATIVE)
        self.assertEqual(differing(got, colors), 0)
