# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What holds for all encodings of L{txrfb.encodings}: pixels are right in every format,
bodies decode on their own, and nothing that is read does harm.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial import unittest
from zope.interface.verify import verifyObject

from tests.codec import (
    CONTENTS,
    FORMATS,
    decoded,
    differing,
    drive,
    shown,
    surfaceOf,
    thereAndBack,
)
from txrfb.encodings import ENCODINGS, constants, encodingFor
from txrfb.encodings.level import Level
from txrfb.geometry import Rectangle
from txrfb.interfaces import IDecoder, IEncoder, IEncoding
from txrfb.pixels import NATIVE, PixelFormat, Surface, Words

#: All that give back what was put in.
LOSSLESS = [one for one in ENCODINGS.values() if one.number != constants.JPEG]


def asShown(
    encoding: IEncoding, got: Words, colors: Words, format: PixelFormat
) -> tuple[Words, Words]:
    """
    @return: What was decoded, and what should have been.  Pictures are more exact
        than the pixels of the format are; the viewer makes pixels of them.
    """
    wanted = shown(colors, format)
    if encoding.number == constants.TIGHT_PNG:
        return shown(got, format), wanted
    return got, wanted


class PixelTests(unittest.SynchronousTestCase):
    """
    Encoded and decoded pixels are the same.
    """

    def assertThereAndBack(
        self, encoding: IEncoding, colors: Words, format: PixelFormat
    ) -> bytes:
        """
        Encoding and decoding gives what a viewer should show.
        """
        body, got = thereAndBack(encoding, colors, format)
        got, wanted = asShown(encoding, got, colors, format)
        height, width = colors.shape
        self.assertEqual(
            differing(got, wanted), 0, f"{encoding.name} {width}x{height} {format}"
        )
        return body

    def test_formats(self) -> None:
        """
        In every pixel format, every kind of content arrives.
        """
        random = np.random.default_rng(2)
        for encoding in LOSSLESS:
            for format in FORMATS.values():
                for content in CONTENTS:
                    self.assertThereAndBack(encoding, content(random, 37, 19), format)

    def test_sizes(self) -> None:
        """
        At every size around those of tiles, every kind of content arrives.
        """
        random = np.random.default_rng(3)
        sizes = [(1, 1), (2, 1), (1, 3), (7, 2), (15, 16), (17, 33), (63, 5), (65, 66)]
        for encoding in LOSSLESS:
            for width, height in sizes:
                for content in CONTENTS:
                    for name in ("native", "565"):
                        self.assertThereAndBack(
                            encoding, content(random, width, height), FORMATS[name]
                        )

    def test_wide(self) -> None:
        """
        What is wider than an encoding takes arrives in the strips that it is cut to.
        """
        random = np.random.default_rng(4)
        for encoding in LOSSLESS:
            encoder = encoding.encoder(NATIVE, Level())
            for content in CONTENTS[1:4]:
                for width in (2048, 2049, 4097):
                    colors = content(random, width, 3)
                    surface, whole = surfaceOf(colors)
                    canvas = np.zeros((surface.height, surface.width), np.uint32)
                    decoder = encoding.decoder()
                    opens = encoder.opens
                    for part in whole.split(encoder.maxWidth, encoder.maxArea):
                        self.assertLessEqual(part.height, encoder.maxHeight)
                        body = encoder.encode(surface, part)
                        if opens:
                            body = encoder.opening(body)
                            opens = False
                        drive(decoder.decode(part, NATIVE, canvas), body)
                    got = canvas[whole.y : whole.bottom, whole.x : whole.right]
                    self.assertEqual(differing(got, colors), 0, encoding.name)

    @settings(max_examples=60, deadline=None)
    @given(st.data())
    def test_anything(self, data: st.DataObject) -> None:
        """
        Any few colors at any place in any format arrive.
        """
        encoding = data.draw(st.sampled_from(LOSSLESS))
        format = data.draw(st.sampled_from(list(FORMATS.values())))
        width = data.draw(st.integers(1, 70))
        height = data.draw(st.integers(1, 70))
        count = data.draw(st.sampled_from((1, 2, 3, 5, 17, 128, 257, 2000)))
        alike = data.draw(st.sampled_from((0.0, 0.5, 0.95)))
        random = np.random.default_rng(data.draw(st.integers(0, 1 << 32)))
        colors = random.integers(0, 1 << 24, count).astype(np.uint32)
        picked = random.integers(0, count, width * height)
        stays = random.random(width * height) < alike
        stays[0] = False
        last = np.maximum.accumulate(np.where(stays, 0, np.arange(width * height)))
        self.assertThereAndBack(
            encoding, colors[picked[last]].reshape(height, width), format
        )

    def test_solid(self) -> None:
        """
        An area of one color is the same through C{encodeSolid}.
        """
        for encoding in LOSSLESS:
            for name in ("native", "high bytes, big", "565, big", "332"):
                format = FORMATS[name]
                encoder = encoding.encoder(format, Level())
                for where in (Rectangle(2, 1, 1, 1), Rectangle(5, 3, 130, 70)):
                    body = encoder.encodeSolid(where, 0x12AB7F)
                    self.assertIs(type(body), bytes)
                    self.assertFalse(encoder.isLossy(body))
                    if encoder.opens:
                        body = encoder.opening(body)
                    got = decoded(encoding.decoder(), body, where, format)
                    colors = np.full(got.shape, 0x12AB7F, np.uint32)
                    got, wanted = asShown(encoding, got, colors, format)
                    self.assertEqual(differing(got, wanted), 0, encoding.name)


class ContractTests(unittest.SynchronousTestCase):
    """
    Encodings are what their interfaces say.
    """

    def test_interfaces(self) -> None:
        """
        All methods and attributes are there.
        """
        for number, encoding in ENCODINGS.items():
            self.assertEqual(encoding.number, number)
            self.assertEqual(encoding.name, constants.NAMES[number])
            verifyObject(IEncoding, encoding)
            verifyObject(IEncoder, encoding.encoder(NATIVE, Level()))
            verifyObject(IDecoder, encoding.decoder())

    def test_encodingFor(self) -> None:
        """
        An encoding is found by its number; there is none for others.
        """
        self.assertIs(encodingFor(7), ENCODINGS[7])
        problem = self.assertRaises(ValueError, encodingFor, 1234)
        self.assertIn("1234", str(problem))

    def test_outside(self) -> None:
        """
        A rectangle that is empty, or not inside the surface, is refused even if
        there is memory.
        """
        surface = Surface(bytes(4 * 20 * 20), 4 * 20, 10, 10)
        for encoding in ENCODINGS.values():
            encoder = encoding.encoder(NATIVE, Level())
            for where in (
                Rectangle(0, 0, 11, 1),
                Rectangle(0, 0, 1, 11),
                Rectangle(-1, 0, 3, 3),
                Rectangle(0, -1, 3, 3),
                Rectangle(9, 9, 2, 1),
                Rectangle(3, 3, 0, 4),
                Rectangle(3, 3, 4, 0),
            ):
                self.assertRaises(ValueError, encoder.encode, surface, where)

    def test_sameKeySameBytes(self) -> None:
        """
        Where the keys of two viewers are equal, the bytes are too.
        """
        random = np.random.default_rng(6)
        levels = [
            Level(),
            Level(2),
            Level(9),
            Level(2, 80, 1),
            Level(2, 80, 1, False),
            Level(3, 92),
        ]
        pictures = [surfaceOf(content(random, 40, 40)) for content in CONTENTS]
        for encoding in ENCODINGS.values():
            seen: dict[object, list[bytes]] = {}
            for format in FORMATS.values():
                for level in levels:
                    key = encoding.key(format, level)
                    encoder = encoding.encoder(format, level)
                    bodies = [encoder.encode(*picture) for picture in pictures]
                    self.assertEqual(seen.setdefault(key, bodies), bodies, key)

    def test_keysThatShare(self) -> None:
        """
        What makes no difference to the bytes makes none to the key: so Tight shares
        among all orders of 8 bits a color, and levels that mean the same.
        """
        short = [
            FORMATS[name] for name in ("native", "big", "red first", "high bytes, big")
        ]
        tight = encodingFor(constants.TIGHT)
        self.assertEqual(len({tight.key(format, Level()) for format in short}), 1)
        for encoding in ENCODINGS.values():
            # ZRLE is deflated with more effort from level 2 on.
            levels = [(-1, 1, 2, 3, 4, 5), (6, 7, 8)]
            if encoding.number == constants.ZRLE:
                levels = [(-1, 1), (2, 3, 4, 5), (6, 7, 8)]
            for like in levels:
                same = {encoding.key(NATIVE, Level(n)) for n in like}
                self.assertEqual(len(same), 1, encoding.name)
        hextile = encodingFor(constants.HEXTILE)
        self.assertEqual(
            hextile.key(NATIVE, Level(0)), hextile.key(NATIVE, Level(9, 50))
        )


class StatelessTests(unittest.SynchronousTestCase):
    """
    Every body decodes on its own.
    """

    def test_anyOrder(self) -> None:
        """
        Once the first has gone through C{opening}, bodies decode in any order, any
        number of times, whichever was the first, and made at whatever level.
        """
        random = np.random.default_rng(7)
        for encoding in LOSSLESS:
            encoders = [encoding.encoder(NATIVE, Level(n)) for n in (0, 1, 7, 9)]
            made = []
            for number in range(12):
                colors = CONTENTS[number % 6](
                    random, *random.integers(1, 70, 2).tolist()
                )
                surface, rectangle = surfaceOf(colors)
                body = encoders[number % 4].encode(surface, rectangle)
                made.append((body, rectangle, colors))
            for _ in range(3):
                decoder = encoding.decoder()
                for turn, pick in enumerate(random.integers(0, 12, 20).tolist()):
                    body, rectangle, colors = made[pick]
                    if turn == 0:
                        body = encoders[0].opening(body)
                    got = decoded(decoder, body, rectangle, NATIVE)
                    self.assertEqual(differing(got, colors), 0, encoding.name)


class HostileTests(unittest.SynchronousTestCase):
    """
    Decoders take any bytes.
    """

    def assertSurvives(
        self, encoding: IEncoding, format: PixelFormat, data: Iterator[bytes]
    ) -> None:
        """
        A decoder that is given pieces of the size it asks for ends, or raises
        L{ValueError}; it asks for no more than the rectangle can need.
        """
        rectangle = Rectangle(1, 2, 33, 18)
        canvas = np.zeros((24, 40), np.uint32)
        decoder = encoding.decoder()
        pending = b""
        for _ in range(4):
            reading = decoder.decode(rectangle, format, canvas)
            try:
                size = next(reading)
                while True:
                    self.assertGreaterEqual(size, 0)
                    self.assertLess(size, 1 << 23)
                    while len(pending) < size:
                        piece = next(data, b"")
                        if not piece:
                            return
                        pending += piece
                    size, pending = (
                        reading.send(pending[:size]),
                        pending[size:],
                    )
            except StopIteration:
                pass
            except ValueError:
                return

    @settings(max_examples=60, deadline=None)
    @given(st.data())
    def test_anyBytes(self, data: st.DataObject) -> None:
        """
        Any bytes are an error or pixels.
        """
        format = data.draw(st.sampled_from(list(FORMATS.values())))
        some = data.draw(st.binary(min_size=1, max_size=400))
        for encoding in ENCODINGS.values():
            self.assertSurvives(encoding, format, iter((some, some, some)))

    @settings(max_examples=60, deadline=None)
    @given(st.data())
    def test_damaged(self, data: st.DataObject) -> None:
        """
        Real bodies of which some bytes are others are an error or pixels.
        """
        format = data.draw(st.sampled_from(list(FORMATS.values())))
        content = data.draw(st.sampled_from(CONTENTS))
        colors = content(np.random.default_rng(8), 33, 18)
        level = data.draw(st.sampled_from((Level(), Level(1, 80))))
        for encoding in ENCODINGS.values():
            encoder = encoding.encoder(format, level)
            body = bytearray(encoder.opening(encoder.encode(*surfaceOf(colors))))
            for _ in range(data.draw(st.integers(1, 3))):
                place = data.draw(st.integers(0, len(body) - 1))
                body[place] = data.draw(st.integers(0, 255))
            self.assertSurvives(encoding, format, iter((bytes(body), bytes(600))))
