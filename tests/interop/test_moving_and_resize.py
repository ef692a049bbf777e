# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Viewers that watch while the picture moves, scrolls and changes its size end with the
right picture when it stops.
"""

from __future__ import annotations

from tests.interop.case import (
    STAYING,
    ViewerClass,
    ViewerTestCase,
    each,
    paint,
    rgb,
)
from tests.interop.libraries import GVnc, LibVNCClient, VncDoTool
from tests.interop.novnc import NoVNC
from tests.interop.processes import pause
from tests.interop.programs import TigerVNC
from tests.interop.viewers import Options, Session
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle

FRAMES = 45


class MovingTests(ViewerTestCase):
    """
    A picture that moves.
    """

    def setUp(self) -> None:
        """
        Paint the first picture.
        """
        super().setUp()
        self.framebuffer = MemoryFramebuffer(397, 211, "Interop")
        paint(self.framebuffer)

    async def move(self) -> None:
        """
        Paint frames, sixty a second: a box that moves, a counter, and a part that
        scrolls.
        """
        framebuffer = self.framebuffer
        scrolled = Rectangle(200, 40, 150, 100)
        for frame in range(FRAMES):
            x = 4 * frame % framebuffer.width
            framebuffer.copy(Rectangle(200, 47, 150, 93), 200, 40)
            framebuffer.fill(
                (frame * 5 & 255, 80, frame * 29 & 255),
                Rectangle(scrolled.x, scrolled.bottom - 7, scrolled.width, 7),
            )
            framebuffer.fill((frame, 255 - frame, 128), Rectangle(x, 60, 37, 41))
            with framebuffer.draw() as canvas:
                canvas.text((20, 150 + frame), f"frame {frame}", fill=(255, 255, 0))
            await pause(self.reactor, 1 / 60)

    @each(
        (viewer, encoding)
        for viewer in STAYING
        for encoding in ("raw", "zrle", "tight", "zlib", "hextile")
        if encoding in viewer.encodings
    )
    async def test_moving(self, viewerClass: ViewerClass, encoding: str) -> None:
        """
        The viewer ends with the last frame.
        """
        server = await self.serve(self.framebuffer)
        session = await self.view(viewerClass, server, Options(encoding=encoding))
        await self.assertShows(viewerClass, session, self.framebuffer)
        await self.move()
        await self.assertShows(viewerClass, session, self.framebuffer)

    async def test_together(self) -> None:
        """
        Viewers of different kinds, with different encodings, watch together and all
        end with the last frame; one of them joined in the middle.
        """
        server = await self.serve(self.framebuffer)
        sessions: list[tuple[ViewerClass, Session]] = []

        async def join(viewerClass: ViewerClass, encoding: str) -> None:
            options = Options(encoding=encoding)
            sessions.append(
                (viewerClass, await self.view(viewerClass, server, options))
            )

        await join(TigerVNC, "zrle")
        await join(LibVNCClient, "zlib")
        await join(LibVNCClient, "zrle")
        await join(NoVNC, "zrle")
        await join(VncDoTool, "raw")
        await self.move()
        await join(GVnc, "zrle")
        await self.move()
        for viewerClass, session in sessions:
            await self.assertShows(viewerClass, session, self.framebuffer)


class ResizeTests(ViewerTestCase):
    """
    A framebuffer that changes its size.
    """

    @each(viewer for viewer in STAYING if viewer.resizes)
    async def test_resize(self, viewerClass: ViewerClass) -> None:
        """
        The viewer follows to a larger size, to a smaller one, and to one that is
        larger in one direction and smaller in the other, and shows what is painted
        afterwards.
        """
        framebuffer = MemoryFramebuffer(320, 200, "Interop")
        paint(framebuffer)
        server = await self.serve(framebuffer)
        session = await self.view(viewerClass, server)
        await self.assertShows(viewerClass, session, framebuffer)
        for seed, (width, height) in enumerate(((611, 401), (256, 128), (131, 333))):
            framebuffer.resize(width, height)
            paint(framebuffer, seed + 1)
            await self.assertShows(viewerClass, session, framebuffer)
            self.assertEqual(rgb(framebuffer).shape, (height, width, 3))
            framebuffer.fill("orange", Rectangle(10, 10, 50, 50))
            await self.assertShows(viewerClass, session, framebuffer)

    @each(viewer for viewer in STAYING if viewer.resizes)
    async def test_resizeWhileMoving(self, viewerClass: ViewerClass) -> None:
        """
        The viewer ends with the right picture after sizes that change faster than it
        can follow.
        """
        framebuffer = MemoryFramebuffer(320, 200, "Interop")
        paint(framebuffer)
        server = await self.serve(framebuffer)
        session = await self.view(viewerClass, server)
        await self.assertShows(viewerClass, session, framebuffer)
        for turn in range(20):
            framebuffer.resize(300 + 7 * turn % 90, 200 + 13 * turn % 110)
            paint(framebuffer, turn)
            await pause(self.reactor, 0.01)
        await self.assertShows(viewerClass, session, framebuffer)
