# -*- test-case-name: tests.benchmarks.test_desktop -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
An X display that is captured and compared, but shown to nobody:
C{python -m benchmarks.desktopcapture DISPLAY}.

Writes a line when it has a picture, and one with the number of captures for each line
that it reads.
"""

from __future__ import annotations

import sys
from typing import Any

from twisted.application.service import IService
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.stdio import StandardIO
from twisted.internet.task import react
from twisted.protocols.basic import LineOnlyReceiver

from txrfb._screen.display import Display
from txrfb._screen.followers import Change
from txrfb._screen.renderedcursor import RenderedCursor
from txrfb._wire.clipboard import ClipboardContent
from txrfb.error import DisplayError
from txrfb.framebuffers import X11Framebuffer


class Watcher(LineOnlyReceiver):
    """
    Follows a display as a viewer does that always has room, and takes nothing.
    """

    delimiter = b"\n"

    isReady = wantsCopies = True
    isPaused = False

    def __init__(self, reactor: Any, framebuffer: X11Framebuffer) -> None:
        """
        @param reactor: What time is taken from.

        @param framebuffer: What is captured.
        """
        self.ended: Deferred[None] = Deferred()
        self._framebuffer = framebuffer
        self._display = Display(framebuffer, reactor)
        self._isSaid = False

    async def run(self) -> None:
        """
        Go on until the standard input ends.
        """
        await self._framebuffer.prepared()
        self._display.add(self)
        self._display.wanted()
        await self.ended
        self._display.remove(self)

    def frameReady(self) -> None:
        """
        See L{txrfb._screen.followers.IFollower.frameReady}.
        """
        if not self._isSaid:
            self._isSaid = True
            self.sendLine(b"ready")
        self._display.wanted()

    def pictureFailed(self, reason: str) -> None:
        """
        See L{txrfb._screen.followers.IFollower.pictureFailed}.
        """
        if not self.ended.called:
            self.ended.errback(DisplayError(reason))

    def lineReceived(self, line: bytes) -> None:
        """
        Somebody wants to know.
        """
        self.sendLine(b"%d" % self._display.captures)

    def connectionLost(self, reason: object = None) -> None:
        """
        The standard input has ended.
        """
        if not self.ended.called:
            self.ended.callback(None)

    def sizeChanged(self, reason: int) -> None:
        """
        The next frame has another size.
        """

    screensChanged = sizeChanged

    def cursorChanged(self, old: RenderedCursor | None) -> None:
        """
        Nobody sees the cursor.
        """

    def changed(self, what: Change) -> None:
        """
        Nobody wants to know.
        """

    def bell(self) -> None:
        """
        Nobody hears it.
        """

    def cutText(self, content: ClipboardContent) -> None:
        """
        Nobody pastes.
        """


async def _watch(reactor: Any, display: str) -> None:
    framebuffer = X11Framebuffer(display, reactor=reactor)
    service: Any = IService(framebuffer)
    service.privilegedStartService()
    service.startService()
    watcher = Watcher(reactor, framebuffer)
    StandardIO(watcher)
    await watcher.run()
    await service.stopService()


def main(display: str) -> None:
    """
    Capture a display.
    """
    react(lambda reactor: ensureDeferred(_watch(reactor, display)))


if __name__ == "__main__":
    main(sys.argv[1])
