# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.pixels}.
"""

from __future__ import annotations

import struct
import sys

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial import unittest

from tests.codec import FORMATS
from txrfb.error import PixelFormatError
from txrfb.pixels import NATIVE, PixelFormat, Surface


@st.composite
def formats(draw: st.DrawFn) -> PixelFormat:
    """
    Any true color format that the specification allows.
    """
    bits = draw(st.sampled_from((8, 16, 32)))
    sizes = []
    left = bits
    for others in (2, 1, 0):
        size = draw(st.integers(1, min(16, left - others)))
        sizes.append(size)
        left -= size
    gaps = sorted(draw(st.lists(st.integers(0, left), min_size=3, max_size=3)))
    order = draw(st.permutations((0, 1, 2)))
    shifts = [0, 0, 0]
    at = 0
    for place, which in enumerate(order):
        shifts[which] = at + gaps[place]
        at += sizes[which]
    maxima = [(1 << size) - 1 for size in sizes]
    return PixelFormat(
        bits, draw(st.integers(1, 32)), draw(st.booleans()), True, *maxima, *shifts
    )


class ParsingTests(unittest.SynchronousTestCase):
    """
    Tests for L{PixelFormat.fromBytes} and L{PixelFormat.toBytes}.
    """

    def test_native(self) -> None:
        """
        The server's format is written as RFC 6143 says.
        """
        self.assertEqual(
            NATIVE.toBytes().hex(), "20180001" + "00ff00ff00ff" + "100800" + "000000"
        )

    def test_legal(self) -> None:
        """
        All formats that viewers use are understood, and written as they were.
        """
        for name, format in FORMATS.items():
            with self.subTest(name):
                self.assertEqual(PixelFormat.fromBytes(format.toBytes()), format)

    @settings(max_examples=80, deadline=None)
    @given(formats())
    def test_anyLegal(self, format: PixelFormat) -> None:
        """
        Any format whose colors fit and do not overlap is understood.
        """
        self.assertEqual(PixelFormat.fromBytes(format.toBytes()), format)

    def test_illegal(self) -> None:
        """
        What cannot be a pixel is refused, with the numbers that are wrong.
        """
        fields = list(NATIVE)
        for place, value, word in (
            (0, 24, "24 bits per pixel"),
            (0, 0, "0 bits per pixel"),
            (0, 16, "does not fit into 16 bits"),
            (4, 0, "red maximum 0"),
            (4, 254, "red maximum 254"),
            (5, 65534, "green maximum 65534"),
            (6, 511, "overlap"),
            (7, 8, "overlap"),
            (7, 25, "red maximum 255 shifted by 25 does not fit"),
            (9, 255, "blue maximum 255 shifted by 255 does not fit"),
        ):
            wrong = list(fields)
            wrong[place] = value
            data = struct.pack(">BBBBHHHBBBxxx", *wrong)
            with self.subTest(place=place, value=value):
                problem = self.assertRaises(
                    PixelFormatError, PixelFormat.fromBytes, data
                )
                self.assertIn(word, str(problem))

    @settings(max_examples=150, deadline=None)
    @given(st.binary(min_size=16, max_size=16))
    def test_anyBytes(self, data: bytes) -> None:
        """
        Any sixteen bytes are a format whose tables can be made, or a
        L{PixelFormatError}.
        """
        try:
            format = PixelFormat.fromBytes(data)
        except PixelFormatError:
            return
        self.assertEqual(len(format.tables()), 3 * 256 * 4)
        self.assertLess(format.valueOf(0xFFFFFF), 1 << format.bitsPerPixel)

    def test_flagsAreTruth(self) -> None:
        """
        Any byte but zero is true: some servers and viewers write 255.
        """
        data = bytearray(NATIVE.toBytes())
        data[3] = 255
        self.assertEqual(PixelFormat.fromBytes(bytes(data)), NATIVE)

    def test_colorMap(self) -> None:
        """
        A format that is not true color has the colors of the map, whatever it says
        of maxima and shifts.
        """
        format = PixelFormat.fromBytes(
            struct.pack(">BBBBHHHBBBxxx", 8, 8, 1, 0, 0, 1234, 0, 99, 0, 255)
        )
        self.assertEqual(format, PixelFormat(8, 8, True, False, 7, 7, 3, 0, 3, 6))


class KindTests(unittest.SynchronousTestCase):
    """
    Tests for what formats say of themselves.
    """

    def test_isNative(self) -> None:
        """
        Depth and byte order's spelling aside, one format is that of the memory.
        """
        native = {name for name, format in FORMATS.items() if format.isNative}
        self.assertEqual(native, {"native", "depth 32"})

    def test_is888(self) -> None:
        """
        Tight pixels are short in whatever order 8 bits a color are, at depth 24.
        """
        short = {name for name, format in FORMATS.items() if format.is888}
        self.assertEqual(
            short, {"native", "big", "red first", "high bytes", "high bytes, big"}
        )

    def test_cpixel(self) -> None:
        """
        Of formats of 32 bits and depth 24 or less, pixels of ZRLE are those three
        bytes that have colors in them, the lower ones if both would do.
        """
        expected = dict.fromkeys(FORMATS, (4, 0))
        expected |= dict.fromkeys(("native", "big", "red first"), (3, 0))
        expected |= dict.fromkeys(("high bytes", "high bytes, big"), (3, 8))
        expected |= dict.fromkeys(("565", "565, big", "map, 16 bits"), (2, 0))
        expected |= dict.fromkeys(("332", "233", "map"), (1, 0))
        self.assertEqual(
            {name: format.cpixel() for name, format in FORMATS.items()}, expected
        )
        middle = PixelFormat(32, 15, False, True, 31, 31, 31, 18, 13, 8)
        self.assertEqual(middle.cpixel(), (3, 0))


class ConversionTests(unittest.SynchronousTestCase):
    """
    Tests for colors to pixels and back.
    """

    @settings(max_examples=80, deadline=None)
    @given(formats(), st.integers(0, 0xFFFFFF), st.booleans())
    def test_tables(self, format: PixelFormat, color: int, big: bool) -> None:
        """
        The tables make of a color the bytes of its value, in either byte order.
        """
        tables = np.frombuffer(format.tables(big), np.uint32).reshape(3, 256)
        entry = int(
            tables[0][color >> 16]
            | tables[1][color >> 8 & 255]
            | tables[2][color & 255]
        )
        size = format.bytesPerPixel
        memory = entry.to_bytes(4, sys.byteorder)
        pixel = memory[:size] if sys.byteorder == "little" else memory[4 - size :]
        self.assertEqual(
            pixel, format.valueOf(color).to_bytes(size, "big" if big else "little")
        )

    def test_tablesOfOwnOrder(self) -> None:
        """
        Without another being asked for, tables have the format's byte order.
        """
        for format in FORMATS.values():
            self.assertEqual(format.tables(), format.tables(format.bigEndian))

    @settings(max_examples=80, deadline=None)
    @given(formats(), st.lists(st.integers(0, 0xFFFFFF), min_size=1, max_size=20))
    def test_idempotence(self, format: PixelFormat, colors: list[int]) -> None:
        """
        The value of what a viewer shows for a value is that value: a picture that is
        relayed again and again changes once at most.
        """
        values = np.array([format.valueOf(color) for color in colors], np.uint32)
        for value, color in zip(
            values.tolist(), format.colorsOf(values).tolist(), strict=True
        ):
            self.assertEqual(format.valueOf(color), value)

    @settings(max_examples=100, deadline=None)
    @given(formats(), st.integers(0, 255))
    def test_nearest(self, format: PixelFormat, level: int) -> None:
        """
        What is shown is off by at most half a step, and black and white are
        themselves.
        """
        values = np.array(
            [format.valueOf(c) for c in (level << 16, level << 8, level, 0, 0xFFFFFF)],
            np.uint32,
        )
        red, green, blue, black, white = format.colorsOf(values).tolist()
        self.assertEqual((black, white), (0, 0xFFFFFF))
        for got, maximum in (
            (red >> 16, format.redMax),
            (green >> 8, format.greenMax),
            (blue, format.blueMax),
        ):
            self.assertLessEqual(abs(got - level), 255 / maximum / 2 + 0.5)

    def test_exact(self) -> None:
        """
        With 8 bits a color or more, nothing is lost.
        """
        random = np.random.default_rng(1)
        for color in random.integers(0, 1 << 24, 500).tolist():
            for name in ("native", "big", "red first", "10 bits a color"):
                format = FORMATS[name]
                value = np.array([format.valueOf(color)], np.uint32)
                self.assertEqual(int(format.colorsOf(value)[0]), color)

    def test_read(self) -> None:
        """
        Pixels on the wire are read in the format's byte order.
        """
        for name, data, values in (
            ("native", b"\x01\x02\x03\x04", [0x04030201]),
            ("big", b"\x01\x02\x03\x04", [0x01020304]),
            ("565", b"\x01\x02\x03\x04", [0x0201, 0x0403]),
            ("565, big", b"\x01\x02\x03\x04", [0x0102, 0x0304]),
            ("332", b"\x01\x02", [1, 2]),
        ):
            self.assertEqual(FORMATS[name].read(data).tolist(), values)

    def test_colorMapColors(self) -> None:
        """
        The map gives each value the color that the value was chosen for.
        """
        format = FORMATS["map"]
        colors = format.colorsOf(np.arange(256, dtype=np.uint32)).tolist()
        for color, (red, green, blue) in zip(colors, format.colorMap(), strict=True):
            for level, part in ((red, color >> 16), (green, color >> 8), (blue, color)):
                self.assertLessEqual(abs(level / 257 - (part & 255)), 0.5)


class SurfaceTests(unittest.SynchronousTestCase):
    """
    Tests for L{Surface}.
    """

    def test_array(self) -> None:
        """
        The array is the memory itself, rows at the stride.
        """
        memory = bytearray(range(2 * 12))
        array = Surface(memory, 12, 2, 2).array()
        self.assertEqual(array.shape, (2, 2, 4))
        self.assertEqual(array[1, 1].tolist(), [16, 17, 18, 19])
        array[0, 0, 0] = 99
        self.assertEqual(memory[0], 99)

    def test_readOnly(self) -> None:
        """
        Of memory that cannot be written, the array cannot either.
        """
        self.assertFalse(Surface(bytes(16), 8, 2, 2).array().flags.writeable)

    def test_lastRowMayBeShort(self) -> None:
        """
        Behind the last pixel no memory is needed.
        """
        array = Surface(bytes(range(20)), 12, 2, 2).array()
        self.assertEqual(array[1].ravel().tolist(), list(range(12, 20)))
