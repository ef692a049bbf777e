# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.encodings.jpeg}.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from twisted.trial import unittest

from tests.codec import (
    FORMATS,
    decoded,
    minSignal,
    photo,
    surfaceOf,
    thereAndBack,
)
from txrfb.encodings import jpeg
from txrfb.encodings.jpeg import JPEG
from txrfb.encodings.level import GRAY, Level
from txrfb.geometry import Rectangle
from txrfb.interfaces import IDecoder
from txrfb.pixels import NATIVE, Words


def segments(data: bytes) -> list[bytes]:
    """
    @return: The segments of a JFIF stream of one scan, the last with the scan.
    """
    found = [data[:2]]
    at = 2
    while data[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        found.append(data[at:end])
        at = end
    return [*found, data[at:]]


def withoutTables(data: bytes) -> bytes:
    """
    @return: The stream without its tables.
    """
    return b"".join(one for one in segments(data) if one[1] not in (0xDB, 0xC4))


class JpegTests(unittest.SynchronousTestCase):
    """
    Tests for rectangles of JPEG.
    """

    def setUp(self) -> None:
        if not jpeg.AVAILABLE:
            self.skipTest("simplejpeg is not installed")
        self.colors = photo(np.random.default_rng(1), 75, 50)

    def read(self, data: bytes, decoder: IDecoder | None = None) -> Words:
        """
        @return: What a decoder makes of the picture.
        """
        where = Rectangle(4, 5, 75, 50)
        return decoded(decoder or JPEG.decoder(), data, where, NATIVE)

    def test_pillow(self) -> None:
        """
        A body is a JFIF stream, for others too.
        """
        body, got = thereAndBack(JPEG, self.colors, NATIVE, Level(1, 90))
        with Image.open(io.BytesIO(body)) as image:
            self.assertEqual((image.format, image.size), ("JPEG", (75, 50)))
            parts = np.asarray(image.convert("RGB")).astype(np.uint32)
        other = parts @ np.array([65536, 256, 1], np.uint32)
        self.assertGreater(minSignal(got, other), 50)
        self.assertGreater(minSignal(got, self.colors), 38)

    def test_qualities(self) -> None:
        """
        Each quality level is larger and better than the one before; without one it
        is good; it is always lossy.
        """
        last = (0, 0.0)
        for quality in (20, 50, 80, 97):
            body, got = thereAndBack(JPEG, self.colors, NATIVE, Level(1, quality))
            here = (len(body), minSignal(got, self.colors))
            self.assertGreater(here[0], last[0])
            self.assertGreater(here[1], last[1])
            last = here
        body, _ = thereAndBack(JPEG, self.colors, NATIVE, Level())
        again, _ = thereAndBack(JPEG, self.colors, NATIVE, Level(1, 92))
        self.assertEqual(body, again)
        self.assertTrue(JPEG.encoder(NATIVE, Level()).isLossy(body))

    def test_formats(self) -> None:
        """
        Pixel formats make no difference.
        """
        bodies = {
            thereAndBack(JPEG, self.colors, format, Level(1, 80))[0]
            for format in FORMATS.values()
        }
        self.assertEqual(len(bodies), 1)
        keys = {JPEG.key(format, Level(1, 80)) for format in FORMATS.values()}
        self.assertEqual(len(keys), 1)

    def test_others(self) -> None:
        """
        Streams of others are read: progressive, with restarts, gray, with comments.
        """
        parts = np.stack(
            [self.colors >> np.uint32(n) & np.uint32(255) for n in (16, 8, 0)], axis=2
        ).astype(np.uint8)
        image = Image.fromarray(parts)
        for options in (
            {"progressive": True},
            {"restart_marker_blocks": 3},
            {"optimize": True, "comment": b"a comment"},
        ):
            stream = io.BytesIO()
            image.save(stream, "JPEG", quality=92, **options)
            self.assertGreater(minSignal(self.read(stream.getvalue()), self.colors), 35)
        gray, _ = thereAndBack(JPEG, self.colors, NATIVE, Level(1, 90, GRAY))
        got = self.read(gray)
        self.assertTrue(((got & np.uint32(255)) == (got >> np.uint32(16))).all())

    def test_tablesAreKept(self) -> None:
        """
        Where a stream has no tables, it has those of the last that had some.
        """
        body, got = thereAndBack(JPEG, self.colors, NATIVE, Level(1, 90))
        decoder = JPEG.decoder()
        self.assertRaises(ValueError, self.read, withoutTables(body), decoder)
        decoder = JPEG.decoder()
        self.read(body, decoder)
        for _ in range(2):
            again = self.read(withoutTables(body), decoder)
            self.assertEqual(again.tolist(), got.tolist())

    def test_fill(self) -> None:
        """
        Bytes that fill up before a marker are allowed, and come to an end.
        """
        body, got = thereAndBack(JPEG, self.colors, NATIVE, Level(1, 90))
        first, second, *rest = segments(body)
        filled = first + b"\xff\xff" + second + b"".join(rest)
        self.assertEqual(self.read(filled).tolist(), got.tolist())
        self.assertRaises(ValueError, self.read, first + b"\xff" * (1 << 18))

    def test_errors(self) -> None:
        """
        What is no JPEG, has no picture, is damaged, of another size, or has no end
        is an error.
        """
        body, _ = thereAndBack(JPEG, self.colors, NATIVE, Level(1, 90))
        small, _ = thereAndBack(JPEG, self.colors[:40], NATIVE, Level(1, 90))
        for data in (
            b"GIF89a",
            b"\xff\xd8\xff\xd9",
            b"\xff\xd8\x00\x00",
            b"\xff\xd8\xff\xe0\x00\x01",
            body[:-60] + b"\xff\xd9",
            small,
            body[:-2] + bytes(1 << 18),
        ):
            self.assertRaises(ValueError, self.read, data)

    def test_large(self) -> None:
        """
        Strides, offsets and memory that cannot be written are no hindrance.
        """
        surface, where = surfaceOf(self.colors, 7)
        body = JPEG.encoder(NATIVE, Level(1, 95)).encode(surface, where)
        got = decoded(JPEG.decoder(), body, where, NATIVE)
        self.assertGreater(minSignal(got, self.colors), 38)


class MissingTests(unittest.SynchronousTestCase):
    """
    Tests for life without simplejpeg.
    """

    def test_decompress(self) -> None:
        """
        JPEG cannot be read, and the error tells why.
        """
        self.patch(jpeg, "AVAILABLE", False)
        problem = self.assertRaises(ValueError, jpeg.decompress, b"", 1, 1)
        self.assertIn("simplejpeg", str(problem))

    def test_tight(self) -> None:
        """
        Tight has no JPEG in it.
        """
        from txrfb.encodings.tight import TIGHT

        self.patch(jpeg, "AVAILABLE", False)
        colors = photo(np.random.default_rng(1), 64, 64)
        _, got = thereAndBack(TIGHT, colors, NATIVE, Level(1, 80))
        self.assertEqual(got.tolist(), colors.tolist())
        self.assertEqual(TIGHT.key(NATIVE, Level(1, 80)), TIGHT.key(NATIVE, Level(1)))
