# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A real X server without a screen, and real programs on it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from typing import Any
from unittest import SkipTest

from twisted.internet.defer import ensureDeferred
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests.interop.processes import Child, realReactor, run, start, until
from txrfb.x11.auth import parseDisplay
from txrfb.x11.connection import X11Connection
from txrfb.x11.opening import connectDisplay


def requirePrograms(test: SynchronousTestCase, *names: str) -> None:
    """
    Skip a test whose programs are not installed; where C{CI} is set, fail it.
    """
    missing = [name for name in names if shutil.which(name) is None]
    if not missing:
        return
    message = f"{', '.join(missing)}: not installed"
    if os.environ.get("CI"):
        test.fail(message)
    raise SkipTest(message)


class XvfbCase(TestCase):
    """
    A test with an X server of its own.
    """

    timeout = 180.0

    programs: Sequence[str] = ()
    size = "640x480"

    def setUp(self) -> Any:
        """
        Start the server.
        """
        return ensureDeferred(self._begin())

    async def _begin(self) -> None:
        requirePrograms(self, "Xvfb", "setpriv", *self.programs)
        self.reactor = realReactor()
        self.children: list[Child] = []
        # Last comes what all others depend on.
        self.addCleanup(self.stopAll)
        self.server = await self.startServer()
        self.display = f":{int(self.server.output)}"

    async def startServer(self, *options: str) -> Child:
        """
        Start an X server.
        """
        server = self.start(
            *("Xvfb", "-displayfd", "1", "-screen", "0", f"{self.size}x24"),
            *("-nolisten", "tcp", "-noreset", "-s", "0", *options),
        )

        async def isReady() -> bool:
            server.check()
            return server.output.endswith(b"\n")

        self.assertTrue(await until(self.reactor, 30.0, isReady), server.said())
        return server

    async def stopAll(self) -> None:
        """
        End all programs.
        """
        for child in reversed(self.children):
            await child.stop()

    @property
    def environment(self) -> dict[str, str]:
        """
        The environment of programs on the display.
        """
        display = getattr(self, "display", "")
        return {"DISPLAY": display, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}

    def start(self, *arguments: str) -> Child:
        """
        Start a program on the display, which ends with the test.
        """
        child = start(self.reactor, Child(), arguments, self.environment)
        self.children.append(child)
        return child

    async def run_(self, *arguments: str) -> bytes:
        """
        Run a program on the display to its end.

        @return: What it has written.
        """
        return await run(self.reactor, arguments, self.environment, 60.0)

    async def connect(self) -> X11Connection:
        """
        Connect to the display, until the test ends.
        """
        connection = await connectDisplay(self.reactor, parseDisplay(self.display))

        async def close() -> None:
            connection.close()
            await connection.lost

        self.addCleanup(close)
        return connection
