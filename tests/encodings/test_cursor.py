# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.encodings.cursor}.
"""

from __future__ import annotations

from collections.abc import Generator

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial import unittest

from tests.codec import FORMATS, drive
from txrfb.encodings import cursor
from txrfb.geometry import Rectangle
from txrfb.pixels import NATIVE, Cursor

RED, BLUE, CLEAR, GLASS = (
    b"\x00\x00\xff\xff",
    b"\xff\x00\x00\xff",
    b"\x00\x00\x00\x00",
    b"\x40\x80\xc0\x80",
)

#: Three columns, two rows.
SHAPE = Cursor(3, 2, 1, 0, RED + CLEAR + BLUE + BLUE + RED + GLASS)


class CursorTests(unittest.SynchronousTestCase):
    """
    Tests for the three ways to send a shape.
    """

    def test_rectangle(self) -> None:
        """
        The rectangle has the hotspot where others have their place.
        """
        self.assertEqual(cursor.cursorRectangle(SHAPE), Rectangle(1, 0, 3, 2))

    def test_cursor(self) -> None:
        """
        Pixels of the format, and a bit for each that is seen, rows filled to bytes.
        """
        self.assertEqual(
            cursor.encodeCursor(SHAPE, FORMATS["332"]).hex(),
            "e0" + "00" + "03" + "03" + "e0" + self.pixel() + "a0" + "e0",
        )

    def pixel(self) -> str:
        """
        @return: The half transparent pixel in the 332 format.
        """
        return f"{FORMATS['332'].valueOf(0xC08040):02x}"

    def test_cursorBack(self) -> None:
        """
        What is seen arrives in every format without loss of bits that it has.
        """
        for name in ("native", "big", "high bytes, big", "10 bits a color"):
            body = cursor.encodeCursor(SHAPE, FORMATS[name])
            got = drive(
                cursor.decodeCursor(cursor.cursorRectangle(SHAPE), FORMATS[name]), body
            )
            self.assertEqual(got[:4], SHAPE[:4])
            self.assertEqual(got.pixels[:4], RED)
            self.assertEqual(got.pixels[4:8], CLEAR)
            self.assertEqual(got.pixels[8:20], BLUE + BLUE + RED)
            self.assertEqual(got.pixels[20:], GLASS[:3] + b"\xff")

    def test_xCursor(self) -> None:
        """
        Two colors and two planes of bits.
        """
        two = Cursor(3, 2, 1, 0, RED + CLEAR + BLUE + BLUE + RED + CLEAR)
        body = cursor.encodeXCursor(two)
        self.assertEqual(body.hex(), "ff0000" + "0000ff" + "8040" + "a0c0")
        got = drive(cursor.decodeXCursor(cursor.cursorRectangle(two)), body)
        self.assertEqual(got, two)

    def test_xCursorOfOneColor(self) -> None:
        """
        A shape of one color, or of nothing, is that.
        """
        for pixel in (RED, BLUE, CLEAR):
            one = Cursor(9, 2, 0, 0, pixel * 18)
            body = cursor.encodeXCursor(one)
            got = drive(cursor.decodeXCursor(cursor.cursorRectangle(one)), body)
            self.assertEqual(got, one)

    def test_withAlpha(self) -> None:
        """
        Red, green and blue, each multiplied by alpha, and alpha; and back.
        """
        body = cursor.encodeCursorWithAlpha(SHAPE)
        self.assertEqual(
            body.hex(),
            "00000000" + "ff0000ff" + "00000000" + "0000ffff" * 2 + "ff0000ff60402080",
        )
        got = drive(cursor.decodeCursorWithAlpha(cursor.cursorRectangle(SHAPE)), body)
        for one, other in zip(got.pixels, SHAPE.pixels, strict=True):
            self.assertLessEqual(abs(one - other), 1)

    @settings(max_examples=50, deadline=None)
    @given(st.integers(0, 20), st.integers(0, 20), st.data())
    def test_anyShape(self, width: int, height: int, data: st.DataObject) -> None:
        """
        Shapes of any size, none too, and any pixels arrive with what is seen of them.
        """
        size = width * height * 4
        pixels = data.draw(st.binary(min_size=size, max_size=size))
        shape = Cursor(width, height, 3, 4, pixels)
        where = cursor.cursorRectangle(shape)
        got = drive(
            cursor.decodeCursor(where, NATIVE), cursor.encodeCursor(shape, NATIVE)
        )
        two = drive(cursor.decodeXCursor(where), cursor.encodeXCursor(shape))
        soft = drive(
            cursor.decodeCursorWithAlpha(where), cursor.encodeCursorWithAlpha(shape)
        )
        seen = [255 if alpha >= 128 else 0 for alpha in pixels[3::4]]
        self.assertEqual(list(got.pixels[3::4]), seen)
        self.assertEqual(list(two.pixels[3::4]), seen)
        self.assertEqual(soft.pixels[3::4], pixels[3::4])
        for at, alpha in enumerate(seen):
            if alpha:
                place = slice(at * 4, at * 4 + 3)
                self.assertEqual(got.pixels[place], pixels[place])

    def test_errors(self) -> None:
        """
        A shape without the pixels it should have cannot be sent; what is too large,
        or encoded in a way that is not known, cannot be read.
        """
        wrong = SHAPE._replace(width=4)
        self.assertRaises(ValueError, cursor.encodeCursor, wrong, NATIVE)
        self.assertRaises(ValueError, cursor.encodeXCursor, wrong)
        self.assertRaises(ValueError, cursor.encodeCursorWithAlpha, wrong)
        large = Rectangle(0, 0, 65535, 65535)
        readings: list[Generator[int, bytes, Cursor]] = [
            cursor.decodeCursor(large, NATIVE),
            cursor.decodeXCursor(large),
            cursor.decodeCursorWithAlpha(large),
        ]
        for reading in readings:
            self.assertRaises(ValueError, next, reading)
        self.assertRaises(
            ValueError,
            drive,
            cursor.decodeCursorWithAlpha(Rectangle(0, 0, 1, 1)),
            b"\0\0\0\x07",
        )
