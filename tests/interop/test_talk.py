# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Bell and clipboard, between an application and real viewers.
"""

from __future__ import annotations

from tests.interop.case import TALKING, ViewerClass, ViewerTestCase, each, paint
from tests.interop.processes import until
from tests.interop.server import Server
from tests.interop.viewers import Session
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

            await until(self.reactor, 10.0, rang)
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

        await until(self.reactor, 10.0, arrived)
        self.assertEqual(await session.clipboard(), "from the application")

    @each(TALKING)
    async def test_clipboardOfViewer(self, viewerClass: ViewerClass) -> None:
        """
        Text that is copied in the viewer arrives at the application.
        """
        server, session = await self.start(viewerClass)
        await session.cut("from the viewer")
        await self.eventually(lambda: bool(server.heard.texts))
        self.assertEqual(server.heard.texts, ["from the viewer"])
