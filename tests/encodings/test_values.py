# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.encodings.values}.
"""

from __future__ import annotations

from twisted.trial import unittest

from tests.codec import FORMATS, drive
from txrfb.encodings import values
from txrfb.encodings.values import colorsFor, layoutKey
from txrfb.geometry import Rectangle
from txrfb.pixels import NATIVE, Surface


class ColorsTests(unittest.SynchronousTestCase):
    """
    Tests for L{values.Colors}.
    """

    def test_kinds(self) -> None:
        """
        The same color as each kind of pixel.
        """
        for name, pixel, compact, tight in (
            ("native", "30201000", "302010", "102030"),
            ("big", "00102030", "102030", "102030"),
            ("red first", "10203000", "102030", "102030"),
            ("high bytes", "00302010", "302010", "102030"),
            ("high bytes, big", "30201000", "302010", "102030"),
            ("depth 32", "30201000", "30201000", "30201000"),
        ):
            colors = colorsFor(FORMATS[name])
            self.assertEqual(
                (colors.size, colors.compactSize, colors.tightSize),
                (len(pixel) // 2, len(compact) // 2, len(tight) // 2),
            )
            for read, data in (
                (colors.pixels, pixel),
                (colors.compact, compact),
                (colors.tight, tight),
            ):
                self.assertEqual(
                    read(bytes.fromhex(data * 2)).tolist(), [0x102030] * 2, name
                )

    def test_once(self) -> None:
        """
        There is one reader for a format.
        """
        self.assertIs(colorsFor(FORMATS["565"]), colorsFor(FORMATS["565"]))


class HelperTests(unittest.SynchronousTestCase):
    """
    Tests for the functions.
    """

    def test_layoutKey(self) -> None:
        """
        What makes no difference to PIXELs makes none to the key.
        """
        self.assertEqual(layoutKey(NATIVE), layoutKey(NATIVE._replace(depth=32)))
        self.assertEqual(
            layoutKey(FORMATS["332"]),
            layoutKey(FORMATS["332"]._replace(bigEndian=True)),
        )
        self.assertEqual(layoutKey(FORMATS["233"]), layoutKey(FORMATS["map"]))
        different = {
            layoutKey(FORMATS[name])
            for name in ("native", "big", "red first", "565", "565, big", "332", "233")
        }
        self.assertEqual(len(different), 7)

    def test_checkInside(self) -> None:
        """
        The last pixel is inside, the next is not.
        """
        surface = Surface(bytes(400), 40, 10, 10)
        values.checkInside(surface, Rectangle(9, 9, 1, 1))
        values.checkInside(surface, Rectangle(0, 0, 10, 10))
        for wrong in (Rectangle(9, 9, 2, 1), Rectangle(9, 9, 1, 2)):
            problem = self.assertRaises(ValueError, values.checkInside, surface, wrong)
            self.assertIn("10x10", str(problem))

    def test_readU32(self) -> None:
        """
        A number is read if it is believed.
        """
        self.assertEqual(drive(values.readU32(258, "bytes"), b"\0\0\1\2"), 258)
        problem = self.assertRaises(
            ValueError, drive, values.readU32(257, "bytes"), b"\0\0\1\2"
        )
        self.assertIn("258 bytes", str(problem))

    def test_base(self) -> None:
        """
        The base of encoders says that it encodes nothing.
        """
        surface = Surface(bytes(4), 4, 1, 1)
        self.assertRaises(
            NotImplementedError,
            values.Encoder().encode,
            surface,
            Rectangle(0, 0, 1, 1),
        )
