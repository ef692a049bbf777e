# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Every viewer logs in without a password where none is asked for, with the right one
where one is, and not with a wrong one.
"""

from __future__ import annotations

from tests.interop.case import VIEWERS, ViewerClass, ViewerTestCase, each, paint
from tests.interop.processes import ViewerFailed
from tests.interop.viewers import Options
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.security.accounts.realm import portalFor


class NoneAndPasswordTests(ViewerTestCase):
    """
    Security types None and VNC authentication.
    """

    def setUp(self) -> None:
        """
        Paint a picture.
        """
        super().setUp()
        self.framebuffer = MemoryFramebuffer(397, 211, "Interop")
        paint(self.framebuffer)

    @each(VIEWERS)
    async def test_none(self, viewerClass: ViewerClass) -> None:
        """
        The viewer shows the picture of a server that asks for nothing.
        """
        server = await self.serve(self.framebuffer)
        session = await self.view(viewerClass, server)
        await self.assertShows(viewerClass, session, self.framebuffer)

    @each(viewer for viewer in VIEWERS if viewer.asksPassword)
    async def test_password(self, viewerClass: ViewerClass) -> None:
        """
        The viewer shows the picture of a server that asks for a password.
        """
        server = await self.serve(self.framebuffer, portalFor("open up"))
        session = await self.view(viewerClass, server, Options(password="open up"))
        await self.assertShows(viewerClass, session, self.framebuffer)

    @each(viewer for viewer in VIEWERS if viewer.asksPassword)
    async def test_wrongPassword(self, viewerClass: ViewerClass) -> None:
        """
        The viewer sees nothing with the wrong password, but the reason that the server
        gives.
        """
        server = await self.serve(self.framebuffer, portalFor("open up"))
        try:
            session = await self.view(viewerClass, server, Options(password="let me"))
            await session.picture()
        except ViewerFailed as error:
            if viewerClass.showsReason:
                self.assertIn("authentication failed", str(error))
        else:
            self.fail(f"{viewerClass.name} got in")
