# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.encodings.png} and L{txrfb.encodings.tightpng}.
"""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from twisted.trial import unittest

from tests.codec import (
    CONTENTS,
    FORMATS,
    decoded,
    differing,
    drive,
    mono,
    noise,
    photo,
    shaded,
    surfaceOf,
    thereAndBack,
)
from txrfb import kernels
from txrfb.encodings import constants, encodingFor, jpeg, tight
from txrfb.encodings import png as encoding
from txrfb.encodings.deflate import deflate
from txrfb.encodings.level import Level
from txrfb.encodings.tightpng import TIGHT_PNG
from txrfb.geometry import Rectangle
from txrfb.pixels import NATIVE, Words


def picture(body: bytes) -> bytes:
    """
    @return: The PNG stream in a body.
    """
    reading = tight.readCompactLength()
    next(reading)
    at = 1
    while True:
        at += 1
        try:
            reading.send(body[at - 1 : at])
        except StopIteration as end:
            assert end.value == len(body) - at
            return body[at:]


def colorsOf(image: Image.Image) -> Words:
    """
    @return: The colors of a Pillow image.
    """
    parts = np.asarray(image.convert("RGB")).astype(np.uint32)
    result: Words = (
        parts[:, :, 0] << np.uint32(16)
        | parts[:, :, 1] << np.uint32(8)
        | parts[:, :, 2]
    )
    return result


def decodePng(data: bytes, width: int, height: int) -> Words:
    """
    @return: What L{encoding.decodePng} makes of it, and L{encoding.paintPng} paints.
    """
    fault: ValueError | None = None
    try:
        wanted = encoding.decodePng(data, width, height)
    except ValueError as problem:
        fault = problem
    if not 0 < width * height < 1 << 20:
        assert fault is not None
        raise fault
    canvas = np.full((height + 2, width + 2), 0xABCDEF, np.uint32)
    drive(encoding.paintPng(canvas, Rectangle(1, 1, width, height), data), b"")
    assert fault is None, "it is painted, but not decoded"
    painted = canvas[1:-1, 1:-1]
    assert np.array_equal(painted, wanted), "another picture is painted"
    return wanted


class TightPngTests(unittest.SynchronousTestCase):
    """
    Tests for the encoder.
    """

    def test_pillow(self) -> None:
        """
        The PNG streams are such for others too, at all depths of a palette and
        without one, filtered and not.
        """
        random = np.random.default_rng(1)
        kinds = set()
        for content in CONTENTS[1:]:
            for width, height in ((13, 11), (33, 70), (97, 90)):
                colors = content(random, width, height)
                surface, where = surfaceOf(colors)
                body = TIGHT_PNG.encoder(NATIVE, Level()).encode(surface, where)
                self.assertEqual(body[0], 0xA0)
                with Image.open(io.BytesIO(picture(body))) as image:
                    image.load()
                    kinds.add(image.mode)
                    self.assertEqual(differing(colorsOf(image), colors), 0)
        self.assertLessEqual({"P", "RGB"}, kinds)

    def test_fill(self) -> None:
        """
        One color is a pixel, as in Tight.
        """
        for name, format in FORMATS.items():
            colors = np.full((9, 9), 0x102030, np.uint32)
            surface, where = surfaceOf(colors)
            body, other = (
                encodingFor(number).encoder(format, Level()).encode(surface, where)
                for number in (constants.TIGHT_PNG, constants.TIGHT)
            )
            self.assertEqual(body, other, name)

    def test_filtered(self) -> None:
        """
        A photo is smaller as differences from the row above.
        """
        for size in (40, 200):
            colors = photo(np.random.default_rng(2), size, size)
            surface, where = surfaceOf(colors)
            body = TIGHT_PNG.encoder(NATIVE, Level()).encode(surface, where)
            plain = deflate(kernels.packRgb(*surface[:2], *where, True))
            self.assertLess(len(body), len(plain) * 0.9)

    def test_unfiltered(self) -> None:
        """
        What is drawn is smaller as it is.
        """
        colors = shaded(np.random.default_rng(2), 100, 100)
        surface, where = surfaceOf(colors)
        body = TIGHT_PNG.encoder(NATIVE, Level()).encode(surface, where)
        plain = deflate(kernels.packRgb(*surface[:2], *where, True))
        self.assertIn(plain, body)

    def test_jpeg(self) -> None:
        """
        A photo is JPEG for viewers that ask for quality, and text is not.
        """
        if not jpeg.AVAILABLE:
            self.skipTest("simplejpeg is not installed")
        random = np.random.default_rng(3)
        level = Level(1, 80, 1)
        for content, kind in (
            (photo, 0x90),
            (noise, 0x90),
            (shaded, 0xA0),
            (mono, 0xA0),
        ):
            isPhoto = kind == 0x90
            colors = content(random, 64, 64)
            body, _ = thereAndBack(TIGHT_PNG, colors, NATIVE, level, isPhoto)
            self.assertEqual(body[0], kind)
            self.assertEqual(
                TIGHT_PNG.encoder(NATIVE, level).isLossy(body), kind == 0x90
            )

    def test_noBasic(self) -> None:
        """
        There are no deflated pixels in it, and no PNG in Tight.
        """
        where = Rectangle(0, 0, 2, 2)
        for number, data in (
            (constants.TIGHT_PNG, b"\x00" + bytes(12)),
            (constants.TIGHT_PNG, b"\xe0" + bytes(12)),
            (constants.TIGHT_PNG, b"\xa0\x04PNG!"),
        ):
            decoder = encodingFor(number).decoder()
            self.assertRaises(ValueError, decoded, decoder, data, where, NATIVE)


class DecodePngTests(unittest.SynchronousTestCase):
    """
    Tests for L{decodePng}, with what others make.
    """

    def test_modes(self) -> None:
        """
        Gray, palettes of all depths, color, and transparency that is left out.
        """
        random = np.random.default_rng(4)
        base = Image.fromarray(
            random.integers(0, 256, (23, 37, 3)).astype(np.uint8), "RGB"
        )
        images = [
            base,
            base.convert("L"),
            base.convert("1"),
            base.convert("LA"),
            base.convert("RGBA"),
            *(base.quantize(count) for count in (2, 4, 16, 200)),
        ]
        for image in images:
            stream = io.BytesIO()
            image.save(stream, "PNG")
            got = decodePng(stream.getvalue(), 37, 23)
            self.assertEqual(differing(got, colorsOf(image)), 0, image.mode)

    @settings(max_examples=30, deadline=None)
    @given(
        st.lists(st.integers(0, 4), min_size=1, max_size=7),
        st.integers(1, 9),
        st.sampled_from(("L", "RGB")),
        st.integers(0, 1 << 32),
    )
    def test_filters(self, kinds: list[int], width: int, mode: str, seed: int) -> None:
        """
        Rows of any filters are what Pillow makes of the whole stream.
        """
        step = len(mode)
        rows = np.random.default_rng(seed).integers(
            0, 256, (len(kinds), width * step + 1), np.uint8
        )
        rows[:, 0] = kinds
        data = png(width, len(kinds), 8, 2 if step == 3 else 0, rows.tobytes())
        with Image.open(io.BytesIO(data)) as image:
            wanted = colorsOf(image)
        self.assertEqual(differing(decodePng(data, width, len(kinds)), wanted), 0)

    def test_errors(self) -> None:
        """
        What is damaged, too short, of another size, or of a kind that is not read
        is an error.
        """
        good = png(2, 2, 8, 2, bytes(14))
        self.assertEqual(decodePng(good, 2, 2).shape, (2, 2))
        for data in (
            b"",
            good[:-12],
            good[:40],
            good[:8] + good[33:],
            png(3, 2, 8, 2, bytes(20)),
            png(2, 2, 8, 2, bytes(13)),
            png(2, 2, 8, 2, b"\x05" + bytes(13)),
            png(2, 2, 16, 2, bytes(26)),
            png(2, 2, 4, 2, bytes(14)),
            png(2, 2, 8, 5, bytes(14)),
            png(2, 2, 8, 3, bytes(6)),
            good[:-17] + b"!" + good[-16:],
            png(2, 2, 8, 2, bytes(14), interlace=1),
            good[:33] + chunk(b"XXXX", b"") + good[33:],
        ):
            self.assertRaises(ValueError, decodePng, data, 2, 2)
        for width, height in ((0, 0), (0, 2), (2, 0)):
            data = png(width, height, 8, 3, b"", palette=bytes(6))
            self.assertRaises(ValueError, decodePng, data, width, height)

    def test_palettes(self) -> None:
        """
        Each color must be in the palette, which has 1 to 256.
        """
        rows = b"\0\0\1\0\1\1"
        for count in (2, 256):
            palette = bytes(range(6)) + bytes(3 * (count - 2))
            got = decodePng(png(2, 2, 8, 3, rows, palette=palette), 2, 2)
            self.assertEqual(got.tolist(), [[0x000102, 0x030405], [0x030405] * 2])
        for size in (0, 3, 5, 7, 771):
            data = png(2, 2, 8, 3, rows, palette=bytes(size))
            self.assertRaises(ValueError, decodePng, data, 2, 2)

    def test_leftOut(self) -> None:
        """
        Chunks of text and the like, and rows after the last, are left alone, however
        much would come out of them.
        """
        good = png(2, 2, 8, 2, bytes(14))
        large = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1 << 22)))
        for data in (
            good[:33] + chunk(b"tEXt", b"a\0b") + good[33:],
            good[:33] + large + chunk(b"iCCP", b"not a profile") + good[33:],
            png(2, 2, 8, 2, bytes(15)),
            png(2, 2, 8, 2, bytes(1 << 22)),
        ):
            self.assertEqual(decodePng(data, 2, 2).tolist(), [[0, 0], [0, 0]])

    @settings(max_examples=200, deadline=None)
    @given(st.data())
    def test_damaged(self, data: st.DataObject) -> None:
        """
        Whatever happens to a stream, it is read or it is a C{ValueError}.
        """
        stream = bytearray(
            data.draw(
                st.sampled_from(
                    [
                        png(5, 3, 8, 2, bytes(48)),
                        png(5, 3, 8, 6, bytes(63)),
                        png(5, 3, 2, 0, bytes(9)),
                        png(5, 3, 4, 3, bytes(12), palette=bytes(48)),
                    ]
                )
            )
        )
        for _ in range(data.draw(st.integers(1, 3))):
            at = data.draw(st.integers(0, len(stream)))
            stream[at : at + data.draw(st.integers(0, 4))] = data.draw(
                st.binary(max_size=4)
            )
        try:
            got = decodePng(bytes(stream), 5, 3)
        except ValueError:
            return
        self.assertEqual(got.shape, (3, 5))
        self.assertLess(int(got.max()), 1 << 24)

    def test_ownStreams(self) -> None:
        """
        A decoder of a connection reads what the encoder makes.
        """
        colors = photo(np.random.default_rng(5), 20, 20)
        surface, where = surfaceOf(colors)
        body = TIGHT_PNG.encoder(NATIVE, Level()).encode(surface, where)
        canvas = np.zeros((surface.height, surface.width), np.uint32)
        drive(TIGHT_PNG.decoder().decode(where, NATIVE, canvas), body)
        self.assertEqual(int(canvas[3, 3]), int(colors[0, 0]))


def chunk(kind: bytes, data: bytes) -> bytes:
    """
    @return: A chunk of a PNG stream.
    """
    crc = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def png(
    width: int,
    height: int,
    depth: int,
    color: int,
    rows: bytes,
    interlace: int = 0,
    palette: bytes = b"",
) -> bytes:
    """
    @return: A PNG stream.
    """
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlace)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + (chunk(b"PLTE", palette) if palette else b"")
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
