# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Every viewer shows the framebuffer to the pixel, with every encoding that it can be told
to use and in every pixel format that it can be told to ask for.
"""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
from twisted.internet.task import LoopingCall

from tests.interop.case import (
    VIEWERS,
    ViewerClass,
    ViewerTestCase,
    each,
    paint,
)
from tests.interop.libraries import GVnc, LibVNCClient
from tests.interop.novnc import NoVNC
from tests.interop.programs import TigerVNC, TightVNC
from tests.interop.viewers import ENCODINGS, Format, Options
from txrfb.encodings import jpeg
from txrfb.encodings.level import QUARTER_COLOR, Level
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.pixels import Surface

FORMATS = {
    "rgb888": Format(),
    "bgr888": Format(shifts=(0, 8, 16)),
    "high888": Format(shifts=(24, 16, 8)),
    "big888": Format(bigEndian=True),
    "rgb101010": Format(32, 30, False, (1023, 1023, 1023), (20, 10, 0)),
    "rgb565": Format(16, 16, False, (31, 63, 31), (11, 5, 0)),
    "big565": Format(16, 16, True, (31, 63, 31), (11, 5, 0)),
    "rgb555": Format(16, 15, False, (31, 31, 31), (10, 5, 0)),
    "bgr233": Format(8, 8, False, (7, 7, 3), (0, 3, 6)),
    "rgb332": Format(8, 8, False, (7, 7, 3), (5, 2, 0)),
    "rgb222": Format(8, 6, False, (3, 3, 3), (4, 2, 0)),
}


def step(format: Format) -> int:
    """
    How far a channel may be off in a format: less than from one of its values to the
    next, whichever way a server rounds.
    """
    return max(255 // largest for largest in format.maxima)


def photo(shift: int = 0) -> Any:
    """
    @return: A picture that is best sent as JPEG.
    """
    y, x = np.mgrid[:480, :640]
    x += 5 * shift
    wave = [np.sin(x / a + y / b) * 120 + 128 for a, b in ((31, 47), (53, 29))]
    colors = np.stack([*wave, (x + y) * 255 // 1140], axis=2)
    colors += np.random.default_rng(1 + shift).normal(0, 3, colors.shape)
    return colors.clip(0, 255).astype(np.uint8)


class EncodingTests(ViewerTestCase):
    """
    Encodings, levels and pixel formats.
    """

    def setUp(self) -> None:
        """
        Paint a picture whose sides are no multiples of any tile's.
        """
        super().setUp()
        self.framebuffer = MemoryFramebuffer(397, 211, "Interop")
        paint(self.framebuffer, 3)

    async def shows(
        self, viewerClass: ViewerClass, options: Options, tolerance: int | None = None
    ) -> None:
        """
        Fail unless the viewer comes to show the framebuffer, and another picture
        after that.
        """
        server = await self.serve(self.framebuffer)
        session = await self.view(viewerClass, server, options)
        await self.assertShows(viewerClass, session, self.framebuffer, tolerance)
        self.assertIn(ENCODINGS[options.encoding or "raw"], server.used)
        # A second update finds the zlib streams of the first one as they were left.
        paint(self.framebuffer, 4)
        await self.assertShows(viewerClass, session, self.framebuffer, tolerance)

    @each((viewer, encoding) for viewer in VIEWERS for encoding in viewer.encodings)
    async def test_encoding(self, viewerClass: ViewerClass, encoding: str) -> None:
        """
        The viewer shows the picture with an encoding that it asks for.
        """
        # What JPEG loses is sent again when the picture rests.
        quality = 6 if encoding == "jpeg" else None
        await self.shows(viewerClass, Options(encoding=encoding, quality=quality))

    @each(
        (viewer, encoding, level)
        for viewer in (TigerVNC, LibVNCClient, NoVNC)
        for encoding in ("tight", "zrle")
        for level in (0, 9)
    )
    async def test_compression(
        self, viewerClass: ViewerClass, encoding: str, level: int
    ) -> None:
        """
        The viewer shows the picture with the compression level that it asks for.
        """
        options = Options(encoding=encoding, compression=level)
        await self.shows(viewerClass, options)

    @each(
        [
            *(
                (LibVNCClient, encoding, name)
                for encoding in LibVNCClient.encodings
                for name in FORMATS
                # Its decoders of pixels of three bytes know little-endian ones only.
                if not (name == "big888" and encoding in ("tight", "zrle", "trle"))
            ),
            *(
                (GVnc, encoding, name)
                for encoding in ("raw", "zrle", "tight", "hextile")
                for name in ("big888", "big565", "high888", "bgr233")
                # Its decoder takes the three low bytes of a pixel for its colors.
                if not (name == "high888" and encoding == "zrle")
            ),
        ]
    )
    async def test_format(
        self, viewerClass: ViewerClass, encoding: str, name: str
    ) -> None:
        """
        The viewer shows the picture in the pixel format that it asks for, as well as
        that format can.
        """
        format = FORMATS[name]
        options = Options(encoding=encoding, format=format)
        # GVnc fills the lower bits of its picture with nothing.
        factor = 2 if viewerClass is GVnc else 1
        await self.shows(viewerClass, options, factor * step(format))

    @each((viewer, colors) for viewer in (TigerVNC,) for colors in (8, 64, 256))
    async def test_colors(self, viewerClass: ViewerClass, colors: int) -> None:
        """
        The viewer shows the picture in the few colors that it asks for.
        """
        largest = {8: 1, 64: 3, 256: 3}[colors]
        await self.shows(
            viewerClass, Options(encoding="zrle", colors=colors), 255 // largest
        )

    @each(
        (viewer, size)
        for viewer in (LibVNCClient, GVnc, NoVNC)
        for size in ((1, 1), (17, 3), (64, 65), (2100, 37), (33, 4097))
    )
    async def test_size(self, viewerClass: ViewerClass, size: tuple[int, int]) -> None:
        """
        The viewer shows framebuffers that are tiny, wider than a Tight rectangle may
        be, and higher than any screen.
        """
        self.framebuffer.resize(*size)
        paint(self.framebuffer, 3)
        await self.shows(viewerClass, Options(encoding="tight"))


class LossyTests(ViewerTestCase):
    """
    JPEG, and what becomes of it.
    """

    def compressed(self) -> list[Level]:
        """
        @return: The levels that pictures are compressed with from now on.
        """
        levels: list[Level] = []

        def compress(surface: Surface, rectangle: Rectangle, level: Level) -> bytes:
            levels.append(level)
            return original(surface, rectangle, level)

        original = jpeg.compress
        self.patch(jpeg, "compress", compress)
        return levels

    @each(
        (viewer, quality)
        for viewer in (TigerVNC, TightVNC, LibVNCClient, GVnc, NoVNC)
        for quality in (1, 8)
    )
    async def test_lossyThenExact(self, viewerClass: ViewerClass, quality: int) -> None:
        """
        A viewer that takes JPEG is sent it, and shows the picture to the pixel when
        the picture has rested for a while.
        """
        levels = self.compressed()
        framebuffer = MemoryFramebuffer(640, 480, "Interop")
        framebuffer.paste(photo())
        server = await self.serve(framebuffer)
        options = Options(encoding="tight", quality=quality)
        session = await self.view(viewerClass, server, options)
        await self.assertShows(viewerClass, session, framebuffer)
        self.assertTrue(levels, "no JPEG was sent")

    @each((viewer,) for viewer in (TigerVNC, LibVNCClient, NoVNC))
    async def test_filmThenExact(self, viewerClass: ViewerClass) -> None:
        """
        A film is sent with less color, which all viewers read; and is shown to the
        pixel when it has rested for a while.
        """
        levels = self.compressed()
        framebuffer = MemoryFramebuffer(640, 480, "Interop")
        pictures = [photo(shift) for shift in range(4)]
        server = await self.serve(framebuffer)
        options = Options(encoding="tight", quality=8)
        session = await self.view(viewerClass, server, options)
        frames = count()

        def show() -> None:
            framebuffer.paste(pictures[next(frames) % 4])
            if levels and levels[-1].subsampling == QUARTER_COLOR:
                film.stop()

        film = LoopingCall(show)
        await film.start(0.1)
        await self.assertShows(viewerClass, session, framebuffer)
