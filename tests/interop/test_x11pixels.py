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

from tests.framebuffers.test_x11live import LiveCase
from tests.interop.case import ViewerTestCase, difference, each
from tests.interop.novnc import NoVNC
from tests.interop.processes import until
from tests.interop.programs import TigerVNC
from tests.interop.viewers import Options, Viewer
from txrfb.framebuffers import X11Framebuffer


class DisplayTests(LiveCase, ViewerTestCase):
    """
    Programs on an X display, in the windows of viewers.
    """

    timeout = 120

    @each((TigerVNC, NoVNC))
    async def test_shown(self, viewer: type[Viewer]) -> None:
        """
        A terminal that scrolls, and another that lies over it and moves, are shown as
        they are.
        """
        # The server draws the pointer for viewers that cannot be told where it is.
        self.patch(X11Framebuffer, "_cursorFound", lambda *_: None)
        await self.open()
        framebuffer = cast(Any, self.framebuffer)
        server = await self.serve(framebuffer, application=framebuffer)
        session = await self.view(viewer, server, Options())
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

        async def isSame() -> bool:
            shown = await session.picture()
            return difference(shown, await self.displayed()) <= viewer.tolerance

        self.assertTrue(await until(self.reactor, 30.0, isSame))
        picture = await session.picture()
        self.assertGreater(len(np.unique(picture)), 1)
