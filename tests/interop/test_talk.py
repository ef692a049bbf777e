# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Bell, clipboard and cursor, between an application and real viewers.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from tests.interop.case import TALKING, ViewerClass, ViewerTestCase, each, paint
from tests.interop.processes import PATIENCE, until
from tests.interop.server import Server
from tests.interop.viewers import Cursor, Session
from txrfb.framebuffers.memory import MemoryFramebuffer


class TalkTests(ViewerTestCase):
    """
    What is neither picture nor input.
    """

    async def start(self, viewerClass: ViewerClass) -> tuple[Server, Session]:
        """
        Serve a picture, and wait until the viewer shows it.
        """
        self.framebuffer = MemoryFramebuffer(64, 48, "Interop")
        paint(self.framebuffer)
        server = await self.serve(self.framebuffer)
        session = await self.view(viewerClass, server)
        await self.assertShows(viewerClass, session, self.framebuffer)
        return server, session

    @each(TALKING)
    async def test_bell(self, viewerClass: ViewerClass) -> None:
        """
        The bell rings once in the viewer each time the application rings it.
        """
        _, session = await self.start(viewerClass)
        for count in (1, 2):
            self.framebuffer.bell()

            async def rang(count: int = count) -> bool:
                return await session.bells() >= count

            await until(self.reactor, PATIENCE, rang)
            self.assertEqual(await session.bells(), count)

    @each(TALKING)
    async def test_clipboardOfApplication(self, viewerClass: ViewerClass) -> None:
        """
        Text that the application puts into the clipboard arrives in the viewer.
        """
        _, session = await self.start(viewerClass)
        self.framebuffer.cutText("from the application")

        async def arrived() -> bool:
            return await session.clipboard() is not None

        await until(self.reactor, PATIENCE, arrived)
        self.assertEqual(await session.clipboard(), "from the application")

    @each(TALKING)
    async def test_cursor(self, viewerClass: ViewerClass) -> None:
        """
        The pointer gets the shape and the hotspot that the application gives it, and
        the picture stays as it is.
        """
        _, session = await self.start(viewerClass)
        shape = Image.new("RGBA", (13, 9), (0, 0, 0, 0))
        drawing = ImageDraw.Draw(shape)
        drawing.polygon([(2, 1), (11, 4), (5, 8)], (250, 60, 10, 255))
        drawing.line([(0, 0), (12, 0)], (5, 200, 255, 255))
        wanted = np.asarray(shape)
        self.framebuffer.setCursor(shape, (3, 2))
        shown: list[Cursor] = []

        async def arrived() -> bool:
            cursor = await session.cursor()
            if cursor is not None and cursor.pixels.shape == wanted.shape:
                shown[:] = [cursor]
            return bool(shown)

        await until(self.reactor, PATIENCE, arrived)
        self.assertTrue(shown, "no such cursor")
        cursor = shown[0]
        self.assertEqual((cursor.x, cursor.y), (3, 2))
        np.testing.assert_array_equal(cursor.pixels[..., 3], wanted[..., 3])
        opaque = wanted[..., 3] > 0
        np.testing.assert_array_equal(cursor.pixels[opaque], wanted[opaque])
        await self.assertShows(viewerClass, session, self.framebuffer)

    @each(TALKING)
    async def test_clipboardOfViewer(self, viewerClass: ViewerClass) -> None:
        """
        Text that is copied in the viewer arrives at the application.
        """
        server, session = await self.start(viewerClass)
        await session.cut("from the viewer")
        await self.eventually(lambda: bool(server.heard.texts))
        self.assertEqual(server.heard.texts, ["from the viewer"])
