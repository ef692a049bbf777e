# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.encodings.tight} and L{txrfb.encodings.gradient}: what is particular
about them.
"""

from __future__ import annotations

import zlib

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial import unittest

from tests.codec import (
    FORMATS,
    colorful,
    decoded,
    differing,
    drive,
    flat,
    minSignal,
    mono,
    noise,
    photo,
    shaded,
    shown,
    surfaceOf,
    text,
    thereAndBack,
)
from txrfb.encodings import jpeg, tight
from txrfb.encodings.content import isDrawn
from txrfb.encodings.level import FULL_COLOR, GRAY, QUARTER_COLOR, Level
from txrfb.encodings.tight import TIGHT
from txrfb.encodings.tightpng import TIGHT_PNG
from txrfb.geometry import Rectangle
from txrfb.pixels import NATIVE, PixelFormat, Words

LOSSY = Level(1, 80, 1)


def body(
    colors: Words, format: PixelFormat = NATIVE, level: Level | None = None
) -> bytes:
    """
    @return: The colors in Tight.
    """
    surface, where = surfaceOf(colors)
    return TIGHT.encoder(format, level or Level()).encode(surface, where)


def samplingOf(got: bytes) -> int:
    """
    @return: By how much the brightness of a JPEG picture is finer than its color: in
        both directions, four bits each.
    """
    start = got.index(b"\xff\xc0")  # a start of frame, with the sizes and 3 colors
    assert got[start + 9] == 3
    return got[start + 11]


class KindTests(unittest.SynchronousTestCase):
    """
    Each rectangle is written as what it is.
    """

    def setUp(self) -> None:
        self.random = np.random.default_rng(1)

    def test_fill(self) -> None:
        """
        One color is that color.
        """
        self.assertEqual(body(np.full((9, 9), 0x102030, np.uint32)).hex(), "80102030")
        deep = FORMATS["10 bits a color"]
        self.assertEqual(len(body(np.full((9, 9), 0x102030, np.uint32), deep)), 5)

    def test_mono(self) -> None:
        """
        Two colors are a palette of two and a bit a pixel, in stream 1.
        """
        colors = np.full((16, 16), 0x102030, np.uint32)
        colors[5, 3] = 0xA0B0C0
        got = body(colors)
        self.assertEqual(got[:9].hex(), "520101" + "102030" + "a0b0c0")
        bits = np.unpackbits(
            np.frombuffer(zlib.decompressobj().decompress(got[10:]), np.uint8)
        )
        self.assertEqual(np.flatnonzero(bits).tolist(), [5 * 16 + 3])

    def test_short(self) -> None:
        """
        Less than twelve bytes are not deflated, and have no length.
        """
        colors = np.array([[1, 2, 1, 2]] * 3, np.uint32)
        self.assertEqual(body(colors).hex(), "520101" + "000001" + "000002" + "50" * 3)
        colors = np.array([[1, 2, 3]], np.uint32)
        self.assertEqual(body(colors).hex(), "01" + "000001000002000003")

    def test_palette(self) -> None:
        """
        Up to 256 colors are a palette and a byte a pixel, in stream 2.
        """
        for count in (3, 200, 256):
            colors = (
                (np.arange(64 * 64) % count * 1001).astype(np.uint32).reshape(64, 64)
            )
            got = body(colors)
            self.assertEqual(got[:3].hex(), f"6401{count - 1:02x}")
            _, there = thereAndBack(TIGHT, colors, NATIVE)
            self.assertEqual(differing(there, colors), 0)

    def test_gradient(self) -> None:
        """
        A photo is smaller with prediction, in stream 3; what is drawn is not, in
        stream 0.  A viewer that cannot undo it is not sent it.
        """
        for size in (40, 150):
            colors = photo(self.random, size, size)
            got = body(colors)
            self.assertEqual(got[:2].hex(), "7802")
            plain = body(colors, level=Level(gradient=False))
            self.assertEqual(plain[0], 1)
            self.assertLess(len(got), len(plain) * 0.8)
            drawn = shaded(self.random, 200, size)
            self.assertEqual(body(drawn)[0], 1)
            _, there = thereAndBack(TIGHT, drawn, NATIVE)
            self.assertEqual(differing(there, drawn), 0)

    def test_smallIsCopied(self) -> None:
        """
        What is small, as a letter with soft edges is, is not predicted.
        """
        for width, height in ((9, 11), (31, 33)):
            self.assertEqual(body(photo(self.random, height, width))[0], 1)

    def test_noGradientBeyond888(self) -> None:
        """
        Of formats without short pixels, pixels are copied.
        """
        for name in ("565", "10 bits a color"):
            self.assertEqual(
                body(photo(self.random, 64, 64), FORMATS[name])[0] & 0x80, 0
            )
            self.assertNotEqual(
                body(photo(self.random, 64, 64), FORMATS[name])[0], 0x78
            )

    def test_alone(self) -> None:
        """
        Every stream that is used is reset, begun anew, and not ended, as gtk-vnc takes
        the end for an error.
        """
        for content, stream, at in (
            (mono, 1, 9),
            (shaded, 0, 1),
            (photo, 3, 2),
        ):
            got = body(content(self.random, 70, 70))
            self.assertEqual(got[0] & 15, 1 << stream)
            self.assertEqual(got[0] >> 4 & 3, stream)
            reading = tight.readCompactLength()
            next(reading)
            while True:
                at += 1
                try:
                    reading.send(got[at - 1 : at])
                except StopIteration as end:
                    self.assertEqual(end.value, len(got) - at)
                    break
            inflater = zlib.decompressobj()
            inflater.decompress(got[at:])
            self.assertFalse(inflater.eof)
            self.assertEqual(inflater.unused_data, b"")

    def test_limits(self) -> None:
        """
        What is wider than 2048 pixels, or so large that its length could not be
        told, is refused.
        """
        for width, height in ((2049, 1), (2048, 257)):
            surface, where = surfaceOf(np.zeros((height, width), np.uint32), 0)
            encoder = TIGHT.encoder(NATIVE, Level())
            self.assertRaises(ValueError, encoder.encode, surface, where)

    def test_largest(self) -> None:
        """
        The most pixels that cannot be compressed can be told.
        """
        colors = noise(self.random, 2048, 256)
        for name in ("native", "10 bits a color"):
            got, there = thereAndBack(TIGHT, colors, FORMATS[name])
            self.assertLess(len(got), 1 << 22)
            self.assertEqual(differing(there, shown(colors, FORMATS[name])), 0)


class JpegTests(unittest.SynchronousTestCase):
    """
    JPEG is for photos, and for viewers that ask for it.
    """

    def setUp(self) -> None:
        self.random = np.random.default_rng(1)
        if not jpeg.AVAILABLE:
            self.skipTest("simplejpeg is not installed")

    def test_photo(self) -> None:
        """
        A photo is JPEG, much smaller, and like itself by the quality that is asked
        for.
        """
        colors = photo(self.random, 128, 128)
        exact = len(body(colors))
        last = 0.0
        for quality in (20, 60, 92):
            level = Level(1, quality, 0)
            got, there = thereAndBack(TIGHT, colors, NATIVE, level, isPhoto=True)
            self.assertEqual(got[0], 0x90)
            self.assertTrue(TIGHT.encoder(NATIVE, level).isLossy(got))
            self.assertLess(len(got), exact / 2)
            signal = minSignal(there, colors)
            self.assertGreater(signal, last)
            last = signal
        self.assertGreater(last, 38)

    def test_gray(self) -> None:
        """
        A viewer may ask for no color.
        """
        colors = photo(self.random, 64, 64)
        level = Level(1, 80, GRAY)
        _, there = thereAndBack(TIGHT, colors, NATIVE, level, isPhoto=True)
        parts = [there >> np.uint32(n) & np.uint32(255) for n in (16, 8, 0)]
        self.assertTrue((parts[0] == parts[1]).all() and (parts[1] == parts[2]).all())

    def test_film(self) -> None:
        """
        A film has less color than a photo if the level says so, and its brightness.
        """
        colors = photo(self.random, 128, 128)
        surface, where = surfaceOf(colors)
        found = []
        for film in (-1, QUARTER_COLOR):
            encoder = TIGHT.encoder(NATIVE, Level(1, 92, FULL_COLOR, film=film))
            one, other = (
                samplingOf(got)
                for got in (
                    encoder.encodePhoto(surface, where),
                    encoder.encodeFilm(surface, where),
                )
            )
            found.append((one, other))
        self.assertEqual(found, [(0x11, 0x11), (0x11, 0x22)])

    def test_filmOfFewColors(self) -> None:
        """
        What has few colors loses nothing, even if it was a film before.
        """
        colors = mono(self.random, 64, 64)
        surface, where = surfaceOf(colors)
        encoder = TIGHT.encoder(NATIVE, LOSSY)
        self.assertFalse(encoder.isLossy(encoder.encodeFilm(surface, where)))

    def test_effort(self) -> None:
        """
        With JPEG, the lowest level of compression is fast; without, and all others, are
        as they are without.
        """
        colors = text(self.random, 128, 128)
        for level in range(10):
            with_, without = (
                len(body(colors, level=Level(level, quality))) for quality in (92, -1)
            )
            check = self.assertGreater if level == 1 else self.assertEqual
            check(with_, without)
            for encoding in (TIGHT, TIGHT_PNG):
                one, other = (
                    encoding.key(NATIVE, Level(degree, 92)) for degree in (1, level)
                )
                check = self.assertEqual if level < 2 else self.assertNotEqual
                check(one, other)

    def test_everythingElse(self) -> None:
        """
        What is not said to be a photo loses nothing, nor do few colors that are.
        """
        for content, size, isPhoto in (
            (mono, 64, False),
            (text, 64, False),
            (shaded, 90, False),
            (colorful, 64, False),
            (photo, 64, False),
            (mono, 64, True),
        ):
            colors = content(self.random, size, size)
            got, there = thereAndBack(TIGHT, colors, NATIVE, LOSSY, isPhoto)
            self.assertFalse(TIGHT.encoder(NATIVE, LOSSY).isLossy(got))
            self.assertEqual(differing(there, colors), 0)

    def test_formats(self) -> None:
        """
        Only pixels of 16 or 32 bits with true colors can be JPEG.
        """
        for name, format in FORMATS.items():
            lossy = name not in ("332", "233", "map", "map, 16 bits")
            encoder = TIGHT.encoder(format, LOSSY)
            self.assertEqual(encoder.photoArea > 0, lossy, name)
            self.assertEqual(TIGHT.encoder(format, Level()).photoArea, 0)

    def test_byte(self) -> None:
        """
        Pixels of one byte have palettes of two colors at the most: TightVNC's viewer in
        Java knows no others.
        """
        for content in (mono, text, colorful, photo):
            for name in ("332", "233", "map"):
                got, _ = thereAndBack(
                    TIGHT, content(self.random, 64, 64), FORMATS[name]
                )
                if got[0] & 0x40 and got[1] == 1:
                    self.assertEqual(got[2], 1)


class ContentTests(unittest.SynchronousTestCase):
    """
    Tests for L{isDrawn}.
    """

    def test_contents(self) -> None:
        """
        What programs draw is told from photos at every size, wherever it is, and
        whatever is in the fourth bytes.
        """
        random = np.random.default_rng(1)
        for width, height in ((30, 40), (400, 100), (2048, 32), (9, 700)):
            for content, drawn in (
                (shaded, True),
                (flat, True),
                (photo, False),
                (noise, False),
            ):
                surface, where = surfaceOf(content(random, width, height))
                self.assertIs(isDrawn(surface, where), drawn, content.__name__)

    def test_narrow(self) -> None:
        """
        A column alone has nothing to its left.
        """
        surface, where = surfaceOf(np.zeros((500, 1), np.uint32))
        self.assertFalse(isDrawn(surface, where))


class LengthTests(unittest.SynchronousTestCase):
    """
    Tests for L{tight.compactLength} and L{tight.readCompactLength}.
    """

    @settings(max_examples=60, deadline=None)
    @given(st.integers(0, (1 << 22) - 1))
    def test_thereAndBack(self, length: int) -> None:
        """
        Every length arrives.
        """
        self.assertEqual(
            drive(tight.readCompactLength(), tight.compactLength(length)), length
        )

    def test_bytes(self) -> None:
        """
        The example of the specification, and the limits of each size.
        """
        for length, wanted in (
            (10000, "904e"),
            (127, "7f"),
            (128, "8001"),
            (16383, "ff7f"),
            (16384, "808001"),
            (4194303, "ffffff"),
        ):
            self.assertEqual(tight.compactLength(length).hex(), wanted)
        self.assertRaises(ValueError, tight.compactLength, 1 << 22)


class DecoderTests(unittest.SynchronousTestCase):
    """
    What other servers send.
    """

    where = Rectangle(1, 1, 8, 4)

    def test_continued(self) -> None:
        """
        Streams go on from rectangle to rectangle until they are reset.
        """
        decoder = TIGHT.decoder()
        compressor = zlib.compressobj()
        data = bytes(range(96))
        for _ in range(3):
            piece = compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)
            got = decoded(
                decoder,
                b"\x20" + tight.compactLength(len(piece)) + piece,
                self.where,
                NATIVE,
            )
            self.assertEqual(int(got[3, 7]), 0x5D5E5F)
        piece = zlib.compress(data)
        body = tight.compactLength(len(piece)) + piece
        self.assertRaises(
            ValueError, decoded, decoder, b"\x20" + body, self.where, NATIVE
        )
        # Even a rectangle of one color resets streams.
        decoded(decoder, b"\x84\x01\x02\x03", self.where, NATIVE)
        decoded(decoder, b"\x20" + body, self.where, NATIVE)

    def test_withoutZlib(self) -> None:
        """
        Pixels may be as they are.
        """
        got = decoded(TIGHT.decoder(), b"\xa0" + bytes(range(96)), self.where, NATIVE)
        self.assertEqual(int(got[0, 1]), 0x030405)
        data = b"\xe0\x01\x01" + b"\x01\x02\x03\x04\x05\x06" + b"\x01\x00\x00\x80"
        got = decoded(TIGHT.decoder(), data, self.where, NATIVE)
        self.assertEqual(np.flatnonzero(got == 0x040506).tolist(), [7, 24])

    def test_errors(self) -> None:
        """
        Compressions and filters that there are not, colors that are not in the
        palette, and data of another size than the pixels are errors.
        """
        deflated = zlib.compress(bytes(95))
        indices = zlib.compress(b"\x03" * 32)
        for data in (
            b"\xb0" + bytes(20),
            b"\xf0" + bytes(20),
            b"\x40\x03" + bytes(20),
            b"\x60\x01\x02" + bytes(9) + bytes((len(indices),)) + indices,
            b"\x00" + tight.compactLength(len(deflated)) + deflated,
            b"\x90\x04" + b"JPEG",
        ):
            self.assertRaises(
                ValueError, decoded, TIGHT.decoder(), data, self.where, NATIVE
            )
        self.assertRaises(
            ValueError,
            decoded,
            TIGHT.decoder(),
            b"\xe0\x02" + bytes(32),
            self.where,
            FORMATS["332"],
        )

    @settings(max_examples=60, deadline=None)
    @given(st.integers(1, 20), st.integers(1, 20), st.integers(0, 1 << 32))
    def test_gradient(self, width: int, height: int, seed: int) -> None:
        """
        What the gradient filter did, pixel by pixel as in the specification, is
        undone, in pixels of 16 bits and of 32.
        """
        random = np.random.default_rng(seed)
        for name in ("native", "565, big", "10 bits a color"):
            format = FORMATS[name]
            maxima = np.array((format.redMax, format.greenMax, format.blueMax))
            parts = random.integers(0, 1024, (height, width, 3)) & maxima
            padded = np.zeros((height + 1, width + 1, 3), int)
            padded[1:, 1:] = parts
            predicted = padded[1:, :-1] + padded[:-1, 1:] - padded[:-1, :-1]
            differences = (parts - np.clip(predicted, 0, maxima)) & maxima
            shifts = (format.redShift, format.greenShift, format.blueShift)
            joined = [
                sum(
                    plane[:, :, n].astype(np.uint32) << np.uint32(shifts[n])
                    for n in range(3)
                )
                for plane in (differences, parts)
            ]
            if format.is888:
                data = differences.astype(np.uint8).tobytes()
            else:
                order = ">" if format.bigEndian else "<"
                data = joined[0].astype(f"{order}u{format.bytesPerPixel}").tobytes()
            body = b"\xe0\x02" + data  # without zlib
            where = Rectangle(2, 1, width, height)
            got = decoded(TIGHT.decoder(), body, where, format)
            wanted = format.colorsOf(np.asarray(joined[1], np.uint32))
            self.assertEqual(got.tolist(), wanted.tolist())
