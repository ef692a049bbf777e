# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The viewer tests themselves: they see a wrong pixel, they name what is missing, and they
leave nothing running.
"""

from __future__ import annotations

import os
import socket
from unittest import SkipTest

from twisted.internet.defer import TimeoutError
from twisted.internet.error import ConnectError

from tests.interop.case import VIEWERS, ViewerTestCase, each, paint, rgb
from tests.interop.processes import PATIENCE, Child, ViewerFailed, bounded, run, start
from tests.interop.viewers import (
    OneShot,
    Options,
    Session,
    Viewer,
    requireViewer,
)
from tests.interop.xserver import Picture
from txrfb.framebuffers.memory import MemoryFramebuffer


class FakeSession(OneShot):
    """
    A session with a picture that is given.
    """

    def __init__(self, shown: Picture) -> None:
        self.shown = shown

    async def picture(self) -> Picture:
        """
        That picture.
        """
        return self.shown


class FakeViewer(Viewer):
    """
    A viewer that cannot be installed.
    """

    name = "fake"
    programs = ("txrfb-no-such-viewer",)
    stays = False

    async def connect(self, host: str, port: int, options: Options) -> Session:
        """
        Not called.
        """
        raise ViewerFailed("this is no viewer")


class HarnessTests(ViewerTestCase):
    """
    The tools of the other tests.
    """

    async def test_wrongPixel(self) -> None:
        """
        One channel of one pixel that is off by one is found, and told where.
        """
        framebuffer = MemoryFramebuffer(40, 30)
        paint(framebuffer)
        shown = rgb(framebuffer).copy()
        await self.assertShows(FakeViewer, FakeSession(shown), framebuffer)
        shown[17, 23, 1] ^= 1
        try:
            await self.assertShows(FakeViewer, FakeSession(shown), framebuffer)
        except self.failureException as error:
            self.assertIn("1 wrong pixels of 1200, the first at 23, 17", str(error))
        else:
            self.fail("the wrong pixel was not seen")
        await self.assertShows(FakeViewer, FakeSession(shown), framebuffer, 1)

    async def test_wrongSize(self) -> None:
        """
        A picture of another size is never right.
        """
        framebuffer = MemoryFramebuffer(40, 30)
        session = FakeSession(rgb(framebuffer)[:29].copy())
        try:
            await self.assertShows(FakeViewer, session, framebuffer, 255)
        except self.failureException as error:
            self.assertIn("(29, 40, 3), not (30, 40, 3)", str(error))
        else:
            self.fail("the wrong size was not seen")

    def test_missing(self) -> None:
        """
        What is not installed is named: in a skip, or in a failure where C{CI} is set.
        """
        viewer = FakeViewer(self.reactor)
        self.patch(os, "environ", {**os.environ, "CI": ""})
        skipped = self.assertRaises(SkipTest, requireViewer, self, viewer)
        self.assertIn("txrfb-no-such-viewer", str(skipped))
        self.patch(os, "environ", {**os.environ, "CI": "true"})
        failed = self.assertRaises(self.failureException, requireViewer, self, viewer)
        self.assertIn("txrfb-no-such-viewer", str(failed))

    @each(VIEWERS)
    async def test_cannotBeTold(self, viewerClass: type[Viewer]) -> None:
        """
        A viewer refuses an encoding that it cannot be told, before it starts
        anything.
        """
        viewer = viewerClass(self.reactor)
        requireViewer(self, viewer)
        self.assertNotIn("copyrect", viewer.encodings)
        try:
            await viewer.open("127.0.0.1", 1, Options(encoding="copyrect"))
        except ValueError as error:
            self.assertIn("copyrect", str(error))
        else:
            self.fail("the encoding was taken")

    @each(viewer for viewer in VIEWERS if viewer.stays)
    async def test_nobodyThere(self, viewerClass: type[Viewer]) -> None:
        """
        A viewer that finds no server fails, and nothing of it stays.
        """
        viewer = viewerClass(self.reactor)
        requireViewer(self, viewer)
        # A port that is bound and does not listen refuses, and nobody else gets it.
        bound = socket.socket()
        self.addCleanup(bound.close)
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        try:
            await bounded(self.reactor, PATIENCE, viewer.open("127.0.0.1", port))
        except (ViewerFailed, ConnectError):
            self.assertEqual(viewer.sessions, [])
        else:
            self.fail(f"{viewerClass.name} found a server")

    async def test_killed(self) -> None:
        """
        A child that does not end by itself is killed, and gone.
        """
        child = start(self.reactor, Child(), ["sleep", "1000"])
        pid = child.process.pid
        await child.stop()
        self.assertEqual(child.code, -9)
        self.assertRaises(ProcessLookupError, os.kill, pid, 0)

    async def test_tooLong(self) -> None:
        """
        A program that takes too long is killed, and that is an error.
        """
        try:
            await run(self.reactor, ["sleep", "1000"], seconds=0.1)
        except TimeoutError:
            pass
        else:
            self.fail("nothing was raised")
