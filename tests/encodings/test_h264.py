# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.encodings.h264}.
"""

from __future__ import annotations

import os
import sys
from typing import Any
from unittest import mock

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SkipTest, SynchronousTestCase
from zope.interface.verify import verifyObject

from tests.scenes import photo
from txrfb.encodings import h264
from txrfb.encodings.h264 import H264Decoder, H264Encoder, videoQuality
from txrfb.encodings.level import Level
from txrfb.geometry import Rectangle
from txrfb.interfaces import IDecoder, IVideoEncoder
from txrfb.pixels import NATIVE

PLACE = Rectangle(13, 9, 320, 256)


def requireLibrary() -> None:
    """
    Skip a test if there is no PyAV; where C{CI} is set, fail it.
    """
    try:
        H264Encoder()
    except ValueError as error:
        if os.environ.get("CI"):
            raise
        raise SkipTest(str(error)) from None


def film(count: int, width: int = PLACE.width, height: int = PLACE.height) -> list[Any]:
    """
    @return: Frames of a view that moves, with some noise: arrays of shape
        (height, width, 4), cut out of larger ones.
    """
    source = photo(width + 4 * count, height + 4 * count)
    noise = np.random.default_rng(7)
    frames = []
    for number in range(count):
        at = 3 * number
        view = source[at : at + height, at : at + width].astype(np.int16)
        view = view + noise.integers(-2, 3, view.shape)
        frame = np.zeros((height + 10, width + 10, 4), np.uint8)
        frame[5:-5, 5:-5, :3] = view.clip(0, 255)
        frames.append(frame[5:-5, 5:-5])
    return frames


def likeness(seen: Any, wanted: Any) -> float:
    """
    @return: The peak signal-to-noise ratio, in dB.
    """
    error = (seen.astype(float) - wanted.astype(float)) ** 2
    return float(10 * np.log10(255**2 / max(error.mean(), 1e-9)))


def units(data: bytes) -> list[int]:
    """
    @return: The types of the NAL units in Annex B's format.
    """
    parts = data.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
    return [part[0] & 31 for part in parts[1:]]


class H264Tests(SynchronousTestCase):
    """
    Frames, encoded and decoded.
    """

    def setUp(self) -> None:
        """
        Begin a stream.
        """
        requireLibrary()
        self.encoder = H264Encoder()
        self.encoder.begin(PLACE.width, PLACE.height, 77)
        self.addCleanup(self.encoder.close)
        self.canvas = np.zeros((300, 400), np.uint32)
        self.whole = self.encoded(film(2))

    def decode(
        self,
        decoder: H264Decoder,
        data: bytes,
        flags: int = 0,
        rectangle: Rectangle = PLACE,
    ) -> Any:
        """
        Decode a frame.

        @return: What is on the canvas then, of shape (height, width, 3).
        """
        steps = decoder.decode(rectangle, NATIVE, self.canvas)
        body = len(data).to_bytes(4, "big") + flags.to_bytes(4, "big") + data
        wanted = next(steps)
        try:
            while True:
                piece, body = body[:wanted], body[wanted:]
                wanted = steps.send(piece)
        except StopIteration:
            pass
        self.assertEqual(body, b"")
        x, y, width, height = rectangle
        seen = self.canvas[y : y + height, x : x + width]
        return np.ascontiguousarray(seen).view(np.uint8).reshape(height, width, 4)

    def encoded(self, frames: list[Any], keys: tuple[int, ...] = (0,)) -> list[bytes]:
        """
        @return: Each frame, encoded.
        """
        return [
            self.encoder.encode(frame, number in keys)
            for number, frame in enumerate(frames)
        ]

    def test_interfaces(self) -> None:
        """
        They are what is wanted.
        """
        self.assertTrue(verifyObject(IVideoEncoder, self.encoder))
        self.assertTrue(verifyObject(IDecoder, H264Decoder()))

    def test_film(self) -> None:
        """
        What is decoded is like what was encoded, at once; nothing else is painted on.
        """
        decoder = H264Decoder()
        frames = film(20)
        for frame, data in zip(frames, self.encoded(frames)):
            seen = self.decode(decoder, data)
            self.assertGreater(likeness(seen[..., :3], frame[..., :3]), 28)
        around = self.canvas.copy()
        around[9 : 9 + 256, 13 : 13 + 320] = 0
        self.assertFalse(around.any())

    def test_colors(self) -> None:
        """
        Colors are what they were.
        """
        for color in (
            (0, 0, 255),
            (0, 255, 0),
            (255, 0, 0),
            (255, 255, 255),
            (9, 9, 9),
        ):
            frame = np.zeros((256, 320, 4), np.uint8)
            frame[..., :3] = color
            seen = self.decode(H264Decoder(), self.encoder.encode(frame, True))
            off = np.abs(seen[..., :3].astype(int) - color).max()
            self.assertLess(off, 8, color)

    def test_keys(self) -> None:
        """
        Before a key frame are its parameter sets, and there are no others than those
        that were wanted; each decodes on its own.
        """
        frames = film(30)
        data = self.encoded(frames, (0, 11))
        for number, one in enumerate(data):
            kinds = [kind for kind in units(one) if kind != 6]
            self.assertEqual(kinds, [7, 8, 5] if number in (0, 11) else [1])
        decoder = H264Decoder()
        for number in range(11, 20):
            seen = self.decode(decoder, data[number])
            wanted = frames[number][..., :3]
            self.assertGreater(likeness(seen[..., :3], wanted), 28)
        self.assertLess(len(data[12]) * 3, len(data[11]))

    def test_profile(self) -> None:
        """
        It is the profile that every decoder has, with no frames out of order.
        """
        (data,) = self.encoded(film(1))
        at = data.index(b"\0\0\1\x67") + 4
        self.assertEqual(data[at], 66)
        self.assertTrue(data[at + 1] & 0x40)

    def test_quality(self) -> None:
        """
        A better quality has more bytes, and is more like it.
        """
        frames = film(4)
        sizes, likenesses = [], []
        for quality in (41, 77, 92):
            encoder = H264Encoder()
            encoder.begin(PLACE.width, PLACE.height, quality)
            decoder = H264Decoder()
            data = [encoder.encode(one, not n) for n, one in enumerate(frames)]
            seen = [self.decode(decoder, one) for one in data][-1]
            sizes.append(sum(map(len, data)))
            likenesses.append(likeness(seen[..., :3], frames[-1][..., :3]))
        self.assertEqual(sizes, sorted(sizes))
        self.assertEqual(likenesses, sorted(likenesses))

    def test_bounded(self) -> None:
        """
        No frame has so many bytes that too much would wait for a viewer, whatever it
        shows.
        """
        encoder = H264Encoder()
        encoder.begin(1280, 720, 92)
        noise = np.random.default_rng(1)
        for number in range(4):
            frame = noise.integers(0, 256, (720, 1280, 4), np.uint8)
            self.assertLess(len(encoder.encode(frame, not number)), 224 << 10)

    def test_levels(self) -> None:
        """
        Who asks for no quality has the one in the middle.
        """
        self.assertEqual(videoQuality(Level()), 77)
        self.assertEqual(
            [videoQuality(Level(quality=one)) for one in (1, 59, 60, 85, 86, 100)],
            [41, 41, 77, 77, 92, 92],
        )

    def test_contexts(self) -> None:
        """
        Each rectangle has a stream of its own, 64 at the most; flags begin one anew, or
        all.
        """
        frames = film(3)
        data = self.encoded(frames)
        decoder = H264Decoder()
        other = PLACE._replace(x=20)
        self.decode(decoder, data[0])
        self.decode(decoder, data[0], 0, other)
        for flags, left in ((0, 2), (1, 1), (2, 0)):
            self.decode(decoder, b"", flags)
            self.assertEqual(len(decoder._contexts), left)
        for x in range(70):
            self.decode(decoder, data[0], 0, PLACE._replace(x=x))
        self.assertEqual(len(decoder._contexts), 64)
        self.assertNotIn(PLACE._replace(x=5), decoder._contexts)

    def test_size(self) -> None:
        """
        A stream of another size is refused, before memory is taken for what is much
        larger.
        """
        (data,) = self.encoded(film(1))
        for side in (128, 318, 322):
            place = Rectangle(0, 0, side, 256)
            with self.assertRaises(ValueError):
                self.decode(H264Decoder(), data, 0, place)
        with self.assertRaisesRegex(ValueError, "bytes of H.264"):
            self.decode(H264Decoder(), bytes(150_000), 0, Rectangle(0, 0, 2, 2))

    @settings(max_examples=60, deadline=None)
    @given(st.data())
    def test_broken(self, draw: st.DataObject) -> None:
        """
        What is damaged is refused, or shown as it may be; nothing else happens.
        """
        decoder = H264Decoder()
        for data in self.whole:
            broken = bytearray(data)
            for _ in range(draw.draw(st.integers(0, 5))):
                at = draw.draw(st.integers(0, len(broken) - 1))
                broken[at] = draw.draw(st.integers(0, 255))
            length = draw.draw(st.integers(0, len(broken)))
            try:
                self.decode(decoder, bytes(broken[:length]))
            except ValueError:
                pass

    def test_nothing(self) -> None:
        """
        Before a key frame nothing is painted.
        """
        data = self.encoded(film(3))
        try:
            self.decode(H264Decoder(), data[1])
        except ValueError:
            pass
        self.assertFalse(self.canvas.any())


class MissingTests(SynchronousTestCase):
    """
    Without the library.
    """

    def test_missing(self) -> None:
        """
        It is said what to install.
        """
        for make in (H264Encoder, H264Decoder):
            with (
                mock.patch.dict(sys.modules, {"av": None}),
                self.assertRaisesRegex(ValueError, r"pip install 'txrfb\[h264\]'"),
            ):
                make()

    def test_without(self) -> None:
        """
        One that lacks the encoder is found out, too.
        """

        class Library:
            codecs_available = frozenset({"h264"})

        self.patch(h264, "_library", Library)
        with self.assertRaisesRegex(ValueError, "libx264"):
            H264Encoder()
