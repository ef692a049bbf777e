# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
C{twistd rfb --web} and noVNC in a browser, without anything between.
"""

from __future__ import annotations

import shutil
from tempfile import mkdtemp
from typing import Any

import numpy as np
from twisted.internet.defer import maybeDeferred
from twisted.logger import formatEvent, globalLogPublisher
from zope.interface import implementer

from tests.interop.case import ViewerTestCase, paint
from tests.interop.novnc import DirectNoVNC, NoVNCSession
from tests.interop.pages import ELSEWHERE, Pages
from tests.interop.processes import ViewerFailed, pause
from tests.interop.programs import TigerVNC
from tests.interop.server import Heard
from tests.interop.viewers import Options, requireViewer
from txrfb import tap
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.interfaces import IClipboard, IInputReceiver

SIZE = 320, 240


class WebTestCase(ViewerTestCase):
    """
    A test of the daemon's own port for browsers.
    """

    def setUp(self) -> None:
        """
        Have something to show.
        """
        super().setUp()
        requireViewer(self, DirectNoVNC(self.reactor))
        self.framebuffer = MemoryFramebuffer(*SIZE, "web")
        paint(self.framebuffer)
        self.directory = mkdtemp(prefix="rfb-web-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.events: list[Any] = []
        heard: Any = self.events.append
        globalLogPublisher.addObserver(heard)
        self.addCleanup(globalLogPublisher.removeObserver, heard)

    @property
    def log(self) -> str:
        """
        All that was logged.
        """
        return "\n".join(str(formatEvent(event)) for event in self.events)

    def start(self, *arguments: str, port: int = 0, origins: bool = True) -> Any:
        """
        Start the daemon; it is stopped when the test is over.

        @return: its service.
        """
        options = tap.Options(self.reactor)
        words = [
            *("--port", f"unix:{self.directory}/rfb"),
            *("--web", f"tcp:{port}:interface=127.0.0.1", *arguments),
        ]
        if origins:
            words += ["--web-origin", Pages.shared().origin()]
        options.parseOptions(words)
        if "--framebuffer" not in arguments:
            options.framebuffer = self.framebuffer
        service = tap.makeService(options)
        service.privilegedStartService()
        service.startService()
        self.addCleanup(lambda: maybeDeferred(service.stopService))
        [web] = [
            event
            for event in self.events
            if str(event.get("log_format")).startswith("Serving browsers")
        ][-1:]
        self.port = int(str(web["place"]).rstrip("/").rpartition(":")[2])
        return service

    def users(self) -> list[str]:
        """
        Options for users with names.
        """
        path = f"{self.directory}/users"
        with open(path, "w") as file:
            file.write("ann:sesame\n")
        return ["--auth", f"file:{path}", "--state", f"{self.directory}/state"]

    async def pause(self) -> None:
        """
        Let others do something.
        """
        await pause(self.reactor, 0.02)


class WebTests(WebTestCase):
    """
    noVNC there, from a page of another origin.
    """

    async def browse(self, options: Options | None = None) -> NoVNCSession:
        """
        Connect noVNC.
        """
        viewer = DirectNoVNC(self.reactor)
        self.addCleanup(viewer.close)
        session = await viewer.open("127.0.0.1", self.port, options)
        assert isinstance(session, NoVNCSession)
        return session

    async def test_pixels(self) -> None:
        """
        What it shows is right, to the pixel, also when much of it changes at once.
        """
        self.start()
        session = await self.browse()
        for seed in range(3):
            paint(self.framebuffer, seed)
            await self.assertShows(DirectNoVNC, session, self.framebuffer)

    async def test_password(self) -> None:
        """
        Passwords are asked for as elsewhere, and wrong ones are refused.
        """
        path = f"{self.directory}/password"
        with open(path, "w") as file:
            file.write("sesame\n")
        self.start("--password-file", path)
        with self.assertRaises(ViewerFailed):
            await self.browse(Options(password="wrong"))
        session = await self.browse(Options(password="sesame"))
        await self.assertShows(DirectNoVNC, session, self.framebuffer)
        self.assertIn("FAILED in Login", self.log)

    async def test_origin(self) -> None:
        """
        A page of somebody else's is not let in, and the log says how it would be.
        """
        self.start(origins=False)
        with self.assertRaises(ViewerFailed):
            await self.browse()
        origin = Pages.shared().origin()
        self.assertIn(f"--web-origin {origin} allows it", self.log)

    async def test_stalled(self) -> None:
        """
        A tab that stands still, as in its debugger, costs nothing while everything
        changes; it is shown what there is when it goes on.
        """
        service = self.start()
        session = await self.browse()
        await self.assertShows(DirectNoVNC, session, self.framebuffer)
        [viewer] = service.factory.viewers
        tcp = viewer.transport._transport
        page = session.page
        await page.call("Debugger.enable")
        await page.call("Debugger.pause")
        # Whatever the page does next is where it stops.
        random = np.random.default_rng(1)
        held, sent = [], []
        end = self.reactor.seconds() + 8
        while self.reactor.seconds() < end:
            noise = random.integers(0, 256, (SIZE[1], SIZE[0], 3), np.uint8)
            self.framebuffer.paste(noise)
            await pause(self.reactor, 0.02)
            buffered = len(tcp.dataBuffer) - tcp.offset + tcp._tempDataLen
            held.append(buffered + viewer.memory)
            sent.append(viewer.framesSent)
        self.assertLess(max(held), 1 << 20)
        half = len(held) // 2
        self.assertLess(max(held[half:]), max(held[:half]) + (1 << 17))
        # It stands still indeed.
        self.assertEqual(sent[half], sent[-1])
        self.assertIn(viewer, service.factory.viewers)
        await page.call("Debugger.resume")
        await page.call("Debugger.disable")
        paint(self.framebuffer, 7)
        await self.assertShows(DirectNoVNC, session, self.framebuffer)

    async def test_restart(self) -> None:
        """
        A server that stops tells the page so, and another at its place is found again.
        """
        service = self.start()
        session = await self.browse()
        await self.assertShows(DirectNoVNC, session, self.framebuffer)
        port = self.port
        await maybeDeferred(service.stopService)

        async def isLost() -> bool:
            return bool(await session.page.evaluate("viewer.lost"))

        while not await isLost():
            await pause(self.reactor, 0.02)
        self.start(port=port)
        self.assertEqual(self.port, port)
        paint(self.framebuffer, 3)
        session = await self.browse()
        await self.assertShows(DirectNoVNC, session, self.framebuffer)

    async def test_together(self) -> None:
        """
        Two browsers and TigerVNC's viewer show the same.
        """
        requireViewer(self, TigerVNC(self.reactor))
        self.start("--port", "tcp:0:interface=127.0.0.1")
        [port] = [
            int(str(event["place"]).split()[-1])
            for event in self.events
            if str(event.get("place")).startswith("127.0.0.1 port")
        ]
        tiger = TigerVNC(self.reactor)
        self.addCleanup(tiger.close)
        native = await tiger.open("127.0.0.1", port, None)
        sessions = [await self.browse(), await self.browse()]
        paint(self.framebuffer, 5)
        for session in sessions:
            await self.assertShows(DirectNoVNC, session, self.framebuffer)
        await self.assertShows(TigerVNC, native, self.framebuffer)

    async def test_users(self) -> None:
        """
        Users log in from a page of the browser's own machine.
        """
        self.start(*self.users())
        session = await self.browse(Options(username="ann", password="sesame"))
        await self.assertShows(DirectNoVNC, session, self.framebuffer)
        self.assertIn("logged in as 'ann' by RA2ne", self.log)

    async def test_elsewhere(self) -> None:
        """
        They cannot from a page by http of another machine, and are told what to do.
        """
        origin = Pages.shared().origin(ELSEWHERE)
        self.start(*self.users(), "--web-origin", origin)
        viewer = DirectNoVNC(self.reactor)
        viewer.page = ELSEWHERE
        self.addCleanup(viewer.close)
        told = Options(username="ann", password="sesame")
        with self.assertRaises(ViewerFailed) as caught:
            await viewer.open("127.0.0.1", self.port, told)
        self.assertIn("only from a page by https", str(caught.exception))
        self.assertIn("only from a page by https", self.log)

    async def test_typing(self) -> None:
        """
        What is typed, clicked and pasted arrives.
        """
        screen = self.framebuffer = Screen(*SIZE, "web")
        paint(screen)
        self.start()
        session = await self.browse()
        await self.assertShows(DirectNoVNC, session, screen)
        for name in "web":
            await session.key(name, True)
            await session.key(name, False)
        await session.pointer(40, 30)
        await session.pointer(40, 30, 1)
        await session.pointer(40, 30)
        await session.cut("pasted")

        def arrived() -> bool:
            isTyped = len(screen.keys) >= 6 and (40, 30, 1) in screen.pointers
            return isTyped and screen.texts == ["pasted"]

        self.assertTrue(await self.eventually(arrived), (screen.keys, screen.texts))
        self.assertEqual(
            screen.keys, [(ord(one), down) for one in "web" for down in (True, False)]
        )


@implementer(IInputReceiver, IClipboard)
class Screen(Heard, MemoryFramebuffer):
    """
    A framebuffer that remembers what viewers do.
    """

    def __init__(self, width: int, height: int, name: str) -> None:
        Heard.__init__(self)
        MemoryFramebuffer.__init__(self, width, height, name)
