# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
TightVNC's viewer in Java shows the picture, with 24 and with 8 bits a pixel.
"""

from __future__ import annotations

from tests.interop.case import ViewerTestCase, each, paint
from tests.interop.java import JavaTightVNC
from tests.interop.viewers import ENCODINGS, Options
from txrfb.framebuffers.memory import MemoryFramebuffer


class JavaTests(ViewerTestCase):
    """
    The viewer of TightVNC in Java.
    """

    def setUp(self) -> None:
        """
        Paint a picture.
        """
        super().setUp()
        self.framebuffer = MemoryFramebuffer(397, 211, "Interop")
        paint(self.framebuffer, 3)

    async def shows(self, options: Options, tolerance: int = 0) -> None:
        """
        Fail unless it comes to show the framebuffer, and others after that, for which
        it takes the pointer.
        """
        server = await self.serve(self.framebuffer)
        session = await self.view(JavaTightVNC, server, options)
        for seed in (3, 4, 5):
            paint(self.framebuffer, seed)
            await self.assertShows(JavaTightVNC, session, self.framebuffer, tolerance)
        self.assertIn(ENCODINGS[options.encoding or "tight"], server.used)
        await session.pointer(123, 45)
        await self.eventually(lambda: server.heard.pointers[-1:] == [(123, 45, 0)])
        self.assertEqual(server.heard.pointers[-1], (123, 45, 0))

    @each(JavaTightVNC.encodings)
    async def test_encoding(self, encoding: str) -> None:
        """
        With each encoding that it can be told.
        """
        await self.shows(Options(encoding=encoding))

    @each((encoding, level) for encoding in ("tight", "zlib") for level in (1, 9))
    async def test_compression(self, encoding: str, level: int) -> None:
        """
        With little and much compression.
        """
        await self.shows(Options(encoding=encoding, compression=level))

    async def test_default(self) -> None:
        """
        As it comes, which is with JPEG: what that loses is sent again.
        """
        await self.shows(Options(quality=6))

    @each(JavaTightVNC.encodings)
    async def test_bits8(self, encoding: str) -> None:
        """
        With 8 bits a pixel, for which it knows no palettes of more than two colors.
        """
        await self.shows(Options(encoding=encoding, colors=256), 255 // 3)
