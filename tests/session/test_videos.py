# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of videos as viewers see them: L{txrfb._screen.videos} with all that sends.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from tests.scenes import photo, serving
from tests.videocodec import ExactDecoder, ExactEncoder
from txrfb._session.capabilities import Capabilities
from txrfb.client import updates
from txrfb.client.connection import DEFAULT_ENCODINGS
from txrfb.encodings.constants import (
    CONTINUOUS_UPDATES,
    COPY_RECT,
    DESKTOP_SIZE,
    FENCE,
    HEXTILE,
    JPEG,
    OPEN_H264,
    QUALITY_LEVEL_0,
    RAW,
    TIGHT,
    TIGHT_PNG,
    ZRLE,
)
from txrfb.feeds.upstream import ENCODINGS as RELAYED
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.pixels import NATIVE, PixelFormat
from txrfb.testing import Link, Viewer, assertScreen
from txrfb.web.api.operator import _ENCODINGS as OPERATED

FILM = Rectangle(81, 60, 320, 256)

TAKES = (COPY_RECT, OPEN_H264, TIGHT, QUALITY_LEVEL_0 + 6)

RGB565 = PixelFormat(16, 16, False, True, 31, 63, 31, 11, 5, 0)

BGR233 = PixelFormat(8, 8, False, True, 7, 7, 3, 0, 3, 6)


class WhoTests(SynchronousTestCase):
    """
    Who is sent videos.
    """

    def takes(self, *numbers: int, format: PixelFormat = NATIVE) -> int:
        """
        @return: In which quality a viewer with these encodings is sent videos.
        """
        return Capabilities.fromEncodings(numbers).videoFor(format)

    def test_listed(self) -> None:
        """
        Whoever lists it before what else it is sent, or lets that lose something.
        """
        level = QUALITY_LEVEL_0 + 6
        self.assertEqual(self.takes(COPY_RECT, OPEN_H264, TIGHT), 77)
        self.assertEqual(self.takes(OPEN_H264, RAW), 77)
        self.assertEqual(self.takes(OPEN_H264), 77)
        self.assertEqual(self.takes(OPEN_H264, HEXTILE), 77)
        for encoding in (TIGHT, TIGHT_PNG, JPEG):
            self.assertEqual(self.takes(encoding, OPEN_H264, level), 77)
        self.assertEqual(self.takes(TIGHT, ZRLE, OPEN_H264), 0)
        self.assertEqual(self.takes(RAW, TIGHT, OPEN_H264, level), 0)
        self.assertEqual(self.takes(ZRLE, OPEN_H264, level), 0)
        self.assertEqual(self.takes(TIGHT, level), 0)

    def test_quality(self) -> None:
        """
        The quality is one of three, by the level.
        """
        for level, quality in enumerate((41, 41, 41, 41, 77, 77, 77, 92, 92, 92)):
            given = QUALITY_LEVEL_0 + level
            self.assertEqual(self.takes(OPEN_H264, TIGHT, given), quality)

    def test_format(self) -> None:
        """
        Only who shows many colors is.
        """
        self.assertEqual(self.takes(OPEN_H264, format=RGB565), 77)
        self.assertEqual(self.takes(OPEN_H264, format=BGR233), 0)
        mapped = NATIVE._replace(trueColor=False, bitsPerPixel=8, depth=8)
        self.assertEqual(self.takes(OPEN_H264, format=mapped), 0)

    def test_ours(self) -> None:
        """
        No viewer of this project asks for it unless it is told to: not the client, and
        not relays, which pass on what they see.
        """
        for encodings in (DEFAULT_ENCODINGS, RELAYED, OPERATED):
            self.assertNotIn(OPEN_H264, encodings)


class VideoCase(SynchronousTestCase):
    """
    A server with a film, and viewers that notice when a frame is missing.
    """

    def setUp(self) -> None:
        """
        Nobody has come yet.
        """
        self.patch(updates, "H264Decoder", ExactDecoder)
        self.framebuffer = MemoryFramebuffer(480, 400)
        self.factory = serving(self.framebuffer, video=ExactEncoder)
        # With many colors, and rows that are alike, so that it is small without loss.
        self.picture = np.repeat(photo(FILM.width, FILM.height // 16), 16, 0)
        self.viewers: list[Viewer] = []

    def come(self, *encodings: int, **options: Any) -> Viewer:
        """
        A viewer comes.
        """
        viewer = Viewer(self.factory, encodings=encodings or TAKES, **options)
        self.viewers.append(viewer)
        return viewer

    def frame(self) -> None:
        """
        Show the next frame of the film.
        """
        # Neither moved, nor the same anywhere.
        self.picture = 255 - np.roll(self.picture, 7, 0)
        self.framebuffer.paste(self.picture, FILM.x, FILM.y)

    def play(self, seconds: float = 2.0) -> None:
        """
        Let the film go on.
        """
        for _ in range(round(seconds * 30)):
            self.frame()
            self.viewers[0].advance(1 / 30)
            for viewer in self.viewers:
                self.assertTrue(viewer.isConnected, viewer.reason)

    def met(self, viewer: Viewer, frames: int = 10) -> list[set[int]]:
        """
        @return: The encodings of the newest updates.
        """
        return [set(update.encodings) for update in viewer.updates[-frames:]]

    def settled(self) -> None:
        """
        When the film rests all see exactly what there is.
        """
        for viewer in self.viewers:
            assertScreen(viewer, self.framebuffer, within=10)


class VideosTests(VideoCase):
    """
    A film, and who sees it how.
    """

    def test_sent(self) -> None:
        """
        A film is sent as a video, until it rests: then it is sent once more, without
        loss.
        """
        viewer = self.come()
        self.play()
        self.assertEqual(self.met(viewer), [{OPEN_H264}] * 10)
        before = len(viewer.updates)
        viewer.advance(0.4)
        self.assertEqual(len(viewer.updates), before)
        viewer.advance(0.3)
        self.assertNotIn(OPEN_H264, set().union(*self.met(viewer, 1)))
        self.assertGreater(len(viewer.updates), before)
        self.settled()
        self.play(0.3)
        self.assertEqual(self.met(viewer, 5), [{OPEN_H264}] * 5)
        self.settled()

    def test_off(self) -> None:
        """
        Without an encoder nobody is sent any.
        """
        self.factory = serving(self.framebuffer)
        viewer = self.come()
        self.play()
        self.assertEqual(self.met(viewer), [{TIGHT}] * 10)

    def test_others(self) -> None:
        """
        Whoever does not read it is sent the same bytes as if there were none.
        """
        numbers = (COPY_RECT, TIGHT, QUALITY_LEVEL_0 + 6)
        film = self.picture
        sizes = []
        for make in (None, ExactEncoder):
            self.viewers, self.picture = [], film
            self.framebuffer = MemoryFramebuffer(480, 400)
            self.factory = serving(self.framebuffer, video=make)
            if make is not None:
                self.come()
            viewer = self.come(*numbers)
            self.play()
            self.settled()
            server = viewer.server
            assert server is not None
            sizes.append((server.bytesSent, server.framesSent))
        self.assertEqual(*sizes)

    def test_together(self) -> None:
        """
        Viewers of a video are in step, and are sent the same frame, encoded once.
        """
        encoded: list[Any] = []
        real = ExactEncoder.encode

        def encode(one: ExactEncoder, *given: Any) -> bytes:
            encoded.append(given)
            return real(one, *given)

        viewers = [self.come() for _ in range(4)]
        self.play()
        self.patch(ExactEncoder, "encode", encode)
        self.play(1.0)
        self.assertEqual(len(encoded), 30)
        groups: Any = self.factory.display.followers.groups
        self.assertEqual(len(groups), 1)
        for viewer in viewers:
            self.assertEqual(self.met(viewer, 20), [{OPEN_H264}] * 20)
            assertScreen(viewer, self.framebuffer, within=0)
        self.settled()

    def test_joins(self) -> None:
        """
        Who joins is sent it soon.
        """
        self.come()
        self.play(3)
        viewer = self.come()
        self.play(0.5)
        self.assertEqual(self.met(viewer), [{OPEN_H264}] * 10)
        self.settled()

    def test_slow(self) -> None:
        """
        Who has little room is sent fewer frames, and can decode all that come.
        """
        self.come()
        slow = self.come(link=Link(bandwidth=400_000, delay=0.01))
        self.play(4)
        self.assertIn({OPEN_H264}, self.met(slow, 50))
        self.assertLess(len(slow.updates), len(self.viewers[0].updates))
        self.settled()

    def test_quality(self) -> None:
        """
        Who wants another quality is sent another stream, from then on.
        """
        viewer = self.come()
        self.play(2)
        viewer.client.setEncodings((OPEN_H264, TIGHT, QUALITY_LEVEL_0 + 1))
        self.play(2)
        self.assertEqual(self.met(viewer), [{OPEN_H264}] * 10)
        viewer.client.setEncodings((TIGHT, QUALITY_LEVEL_0 + 1))
        self.play(1)
        self.assertEqual(self.met(viewer), [{TIGHT}] * 10)
        self.settled()

    def test_resized(self) -> None:
        """
        When the size changes, viewers see what there is then.
        """
        self.come(*TAKES, DESKTOP_SIZE)
        self.play()
        self.framebuffer.resize(500, 420)
        self.play()
        self.assertEqual(self.met(self.viewers[0]), [{OPEN_H264}] * 10)
        self.settled()

    def test_broken(self) -> None:
        """
        If the encoder breaks, viewers do not notice.
        """
        viewer = self.come()
        self.play()

        def encode(one: ExactEncoder, *given: Any) -> bytes:
            raise RuntimeError("broken")

        self.patch(ExactEncoder, "encode", encode)
        self.play(1)
        self.assertEqual(self.met(viewer), [{TIGHT}] * 10)
        self.settled()
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    def test_memory(self) -> None:
        """
        Who reads nothing has no more waiting than without videos.
        """
        stuck = self.come(link=Link(bandwidth=1000))
        self.come()
        self.play(4)
        server = stuck.server
        assert server is not None
        self.assertLess(server.memory, 1 << 20)

    def test_anything(self) -> None:
        """
        Whatever viewers do, and whenever they come: no frame is missing, and in the end
        all see exactly what there is.
        """
        for seed in range(2):
            source = random.Random(seed)
            self.viewers = []
            self.framebuffer = MemoryFramebuffer(480, 400)
            self.factory = serving(self.framebuffer, video=ExactEncoder)
            self.come()
            for number in range(120):
                if source.random() < 0.8:
                    self.frame()
                if source.random() < 0.1:
                    place = source.randrange(400), source.randrange(300)
                    self.framebuffer.fill("red", (*place, 40, 40))
                if source.random() < 0.05:
                    place = source.randrange(100), source.randrange(100)
                    self.framebuffer.copy((FILM.x, FILM.y, 200, 200), *place)
                if source.random() < 0.1 and len(self.viewers) < 4:
                    extras = source.choice(
                        [(), (FENCE, CONTINUOUS_UPDATES), (DESKTOP_SIZE,)]
                    )
                    speed = source.choice([0, 300_000, 3_000_000])
                    self.come(
                        *(TAKES if source.random() < 0.8 else (ZRLE, OPEN_H264)),
                        *extras,
                        link=Link(bandwidth=speed, delay=source.choice([0, 0.03])),
                    )
                viewer = source.choice(self.viewers)
                if source.random() < 0.05:
                    level = QUALITY_LEVEL_0 + source.choice([1, 6])
                    first = source.choice([TIGHT, ZRLE])
                    viewer.client.setEncodings((OPEN_H264, first, level, DESKTOP_SIZE))
                if source.random() < 0.05:
                    viewer.client.requestUpdate(
                        False, Rectangle(0, 0, source.randrange(1, 480), 200)
                    )
                self.viewers[0].advance(source.choice([1 / 60, 1 / 30, 1 / 10]))
                for viewer in self.viewers:
                    self.assertTrue(viewer.isConnected, (seed, number, viewer.reason))
            self.settled()
            for viewer in self.viewers:
                viewer.disconnect()
