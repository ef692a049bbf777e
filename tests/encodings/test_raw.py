# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.encodings.raw} and L{txrfb.encodings.copyrect}.
"""

from __future__ import annotations

import numpy as np
from twisted.trial import unittest

from tests.codec import FORMATS, drive
from txrfb.encodings import Wanted
from txrfb.encodings.copyrect import CopyRectDecoder, encodeCopyRect
from txrfb.encodings.level import Level
from txrfb.encodings.raw import RAW
from txrfb.geometry import Rectangle
from txrfb.pixels import NATIVE, Surface


class RawTests(unittest.SynchronousTestCase):
    """
    Tests for L{RAW}.
    """

    def test_bytes(self) -> None:
        """
        A pixel is written in the byte order and at the shifts of the format, and
        what is not a color's is zero.
        """
        surface = Surface(b"\x30\x20\x10\xee", 4, 1, 1)
        for name, wanted in (
            ("native", "30201000"),
            ("big", "00102030"),
            ("red first", "10203000"),
            ("high bytes", "00302010"),
            ("high bytes, big", "30201000"),
            ("565", "0611"),
            ("565, big", "1106"),
            ("332", "05"),
        ):
            encoder = RAW.encoder(FORMATS[name], Level())
            body = encoder.encode(surface, Rectangle(0, 0, 1, 1))
            self.assertEqual(body.hex(), wanted, name)
            after = encoder.encodeAfter(b"head", surface, Rectangle(0, 0, 1, 1))
            self.assertEqual(after, b"head" + body, name)
            self.assertEqual(
                encoder.encodeSolid(Rectangle(0, 0, 2, 1), 0x102030).hex(), wanted * 2
            )

    def test_memory(self) -> None:
        """
        What has the buffer protocol is memory, and the body does not change with it.
        """
        for memory in (
            bytearray(b"\x01\x02\x03\x00" * 4),
            memoryview(bytearray(b"\x01\x02\x03\x00" * 4)),
            np.frombuffer(bytearray(b"\x01\x02\x03\x00" * 4), np.uint8),
        ):
            surface = Surface(memory, 8, 2, 2)
            body = RAW.encoder(NATIVE, Level()).encode(surface, Rectangle(0, 0, 2, 2))
            memory[0] = 99
            self.assertEqual(body, b"\x01\x02\x03\x00" * 4)

    def test_painted(self) -> None:
        """
        Pixels are painted as they come; what is not a whole one waits.
        """
        canvas = np.zeros((400, 1000), np.uint32)
        reading = RAW.decoder().decode(Rectangle(0, 0, 1000, 400), NATIVE, canvas)
        size = next(reading)
        assert isinstance(size, Wanted)
        self.assertEqual((size, size.unused), (1, 0))
        self.assertLessEqual(size.most, 1 << 18)
        reading.send(b"\x01\x00\x00\x00" * 2500 + b"\x01")
        self.assertEqual(int(canvas.sum()), 2500)
        reading.send(b"\x00")
        reading.send(b"\x00\x00" + b"\x01\x00\x00\x00" * 500)
        self.assertEqual(int(canvas.sum()), 3001)


class CopyRectTests(unittest.SynchronousTestCase):
    """
    Tests for CopyRect.
    """

    def test_overlap(self) -> None:
        """
        Pixels are copied as they were before, also where the rectangles overlap.
        """
        canvas = np.arange(60, dtype=np.uint32).reshape(6, 10)
        before = canvas.copy()
        body = encodeCopyRect(2, 1)
        self.assertEqual(body, b"\x00\x02\x00\x01")
        drive(CopyRectDecoder().decode(Rectangle(3, 2, 5, 4), NATIVE, canvas), body)
        self.assertEqual(canvas[2:6, 3:8].tolist(), before[1:5, 2:7].tolist())
        canvas[2:6, 3:8] = before[2:6, 3:8]
        self.assertEqual(canvas.tolist(), before.tolist())

    def test_outside(self) -> None:
        """
        Pixels that are not there cannot be copied.
        """
        canvas = np.zeros((6, 10), np.uint32)
        for body in (encodeCopyRect(6, 0), encodeCopyRect(0, 65535)):
            reading = CopyRectDecoder().decode(Rectangle(0, 0, 5, 4), NATIVE, canvas)
            self.assertRaises(ValueError, drive, reading, body)
        for x, y in ((-1, 0), (0, -1), (65536, 0), (0, 65536)):
            self.assertRaises(ValueError, encodeCopyRect, x, y)
