# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
An X display in real viewers: what programs draw on it is what they show.
"""

from __future__ import annotations

import os
import subprocess
from typing import Any, cast

import numpy as np
from twisted.internet.defer import ensureDeferred

from tests.framebuffers.test_x11live import LiveCase
from tests.interop.case import ViewerTestCase, difference, each
from tests.interop.novnc import NoVNC
from tests.interop.processes import PATIENCE, until
from tests.interop.programs import TigerVNC, WindowSession
from tests.interop.viewers import Options, Session, Viewer
from tests.x11.film import Film
from txrfb.framebuffers import X11Framebuffer


class DisplayTests(LiveCase, ViewerTestCase):
    """
    Programs on an X display, in the windows of viewers.
    """

    timeout = 300

    @each((TigerVNC, NoVNC))
    async def test_shown(self, viewer: type[Viewer]) -> None:
        """
        A terminal that scrolls, and another that lies over it and moves, are shown as
        they are.
        """
        session = await self.watch(viewer)
        script = "i=0; while [ $i -lt 500 ]; do echo $i $i; i=$((i+1)); done; sleep 99"
        self.run_("xterm", "-geometry", "70x20+5+5", "-e", script)
        self.run_("xterm", "-geometry", "30x8+300+200", "-e", "ls /; sleep 99")
        for step in range(10):
            windows = ["xdotool", "search", "--sync", "--class", "XTerm"]
            subprocess.run(
                [*windows, "windowmove", str(step * 9), "9"],
                env=self.xvfb.environment(os.environ),
                check=True,
            )
        await self.assertSame(viewer, session)
        picture = await session.picture()
        self.assertGreater(len(np.unique(picture)), 1)

    @each((TigerVNC, NoVNC))
    async def test_film(self, viewer: type[Viewer]) -> None:
        """
        When a film stops that has run in a window that moves, all is shown as it is.
        """
        session = await self.watch(viewer)
        film = Film(self.reactor, self.other)
        await film.open()
        await film.play(300)
        await self.assertSame(viewer, session)
        picture = await session.picture()
        self.assertGreater(len(np.unique(picture)), 100)

    async def test_window(self) -> None:
        """
        The display gets the size of TigerVNC's window while a film runs, each time
        that it changes, and is shown as it is.
        """
        session = await self.watch(TigerVNC, Options(resizes=True))
        assert isinstance(session, WindowSession)
        film = Film(self.reactor, self.other)
        await film.open()
        for width, height in ((500, 300), (331, 217), (640, 480)):
            running = ensureDeferred(film.play(60))
            window = await session.window()
            assert window is not None
            await session.server.tool(
                self.reactor,
                *("windowsize", window.identifier, str(width), str(height)),
            )
            await running
            await self.assertSame(TigerVNC, session)
            self.assertEqual(
                (self.framebuffer.width, self.framebuffer.height), (width, height)
            )

    async def watch(
        self, viewer: type[Viewer], options: Options | None = None
    ) -> Session:
        """
        Show a display in a viewer.
        """
        # The server draws the pointer for viewers that cannot be told where it is.
        self.patch(X11Framebuffer, "_cursorFound", lambda *_: None)
        await self.open()
        framebuffer = cast(Any, self.framebuffer)
        server = await self.serve(framebuffer, application=framebuffer)
        return await self.view(viewer, server, options)

    async def assertSame(self, viewer: type[Viewer], session: Session) -> None:
        """
        Assert that a viewer shows what is on the display, in a while.
        """

        async def isSame() -> bool:
            shown = await session.picture()
            return difference(shown, await self.displayed()) <= viewer.tolerance

        self.assertTrue(await until(self.reactor, PATIENCE, isSame))
