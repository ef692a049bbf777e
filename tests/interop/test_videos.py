# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A browser decodes the videos that it is sent.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
from twisted.internet.task import LoopingCall

from tests.encodings.test_h264 import likeness, requireLibrary
from tests.interop.case import ViewerTestCase, paint
from tests.interop.novnc import NoVNC
from tests.interop.processes import PATIENCE, until
from tests.interop.viewers import Options
from tests.scenes import photo
from txrfb.encodings.constants import OPEN_H264
from txrfb.encodings.h264 import H264Encoder
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle

FILM = Rectangle(81, 60, 320, 256)

#: Counts the rectangles of an encoding that noVNC has decoded, and those that it could
#: not.
_COUNT = """(() => {
  const rfb = viewer.inside(), decoder = rfb._decoders[%d];
  const decode = decoder.decodeRect.bind(decoder);
  viewer.decoded = 0;
  decoder.decodeRect = (...given) => {
    const done = decode(...given);
    if (done) { viewer.decoded += 1; }
    return done;
  };
})()"""


class VideoTests(ViewerTestCase):
    """
    A film, in noVNC as it is.
    """

    def setUp(self) -> None:
        """
        Paint a picture, of which a part is a film.
        """
        super().setUp()
        requireLibrary()
        self.framebuffer = MemoryFramebuffer(480, 400, "Interop")
        paint(self.framebuffer, 3)
        self.source = photo(700, 700)
        self.noise = np.random.default_rng(5)
        self.frames = 0
        # Of some seconds: pages may be late.
        self.latest: deque[Any] = deque(maxlen=200)

    def frame(self) -> None:
        """
        Show the next frame.
        """
        at = 3 * (self.frames % 100)
        self.frames += 1
        view = self.source[at : at + FILM.height, at : at + FILM.width]
        noise = self.noise.integers(-2, 3, view.shape)
        shown = (view.astype(np.int16) + noise).clip(0, 255).astype(np.uint8)
        self.latest.append(shown)
        self.framebuffer.paste(shown, FILM.x, FILM.y)

    def film(self, picture: Any) -> Any:
        """
        @return: The part of a picture that is the film.
        """
        return np.asarray(picture)[FILM.y : FILM.bottom, FILM.x : FILM.right, :3]

    async def test_decoded(self) -> None:
        """
        noVNC in Chromium, in its default settings, is sent a film as H.264, and shows
        it; a second viewer that joins later, too. When it rests both show it exactly.
        """
        server = await self.serve(self.framebuffer, video=H264Encoder)
        first = await self.view(NoVNC, server, Options(quality=6, compression=2))
        film = LoopingCall(self.frame)
        film.start(1 / 30)

        def rest() -> None:
            if film.running:
                film.stop()

        self.addCleanup(rest)
        await self.watched(first)
        second = await self.view(NoVNC, server, Options(quality=6, compression=2))
        await self.watched(second)
        for session in (first, second):
            shown = self.film(await session.picture())
            likest = max(likeness(shown, wanted) for wanted in self.latest)
            self.assertGreater(likest, 28)
            self.assertLess(likest, 60)
        film.stop()
        for session in (first, second):
            await self.assertShows(NoVNC, session, self.framebuffer)

    async def watched(self, session: Any) -> None:
        """
        Wait until a page has decoded many frames.
        """
        await session.page.evaluate(_COUNT % OPEN_H264)
        decoded = 0

        async def many() -> bool:
            nonlocal decoded
            decoded = int(await session.page.evaluate("viewer.decoded"))
            return decoded >= 30

        await until(self.reactor, 3 * PATIENCE, many)
        self.assertGreaterEqual(decoded, 30)
