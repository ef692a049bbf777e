# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
An X display with real programs, controlled by real viewers: what is typed in a viewer
is what a program reads, what is copied here can be pasted there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.application.service import IService
from twisted.internet.defer import ensureDeferred
from twisted.internet.endpoints import HostnameEndpoint

from tests.interop.libraries import VncDoTool
from tests.interop.processes import PATIENCE, ViewerFailed, until
from tests.interop.programs import TigerVNC
from tests.interop.viewers import Session, Viewer, requireViewer
from tests.x11.keyboards import keysyms
from tests.x11.real import XvfbCase
from tests.x11.terminals import HAN, MIXED, Terminal
from txrfb.client import DEFAULT_ENCODINGS, RFBClient, connectViewer
from txrfb.encodings import constants
from txrfb.framebuffers import X11Framebuffer
from txrfb.protocol import RFBFactory

#: How many bytes of a clipboard are more than fit into a property at once.
_LARGE = 500_000


class DisplayCase(XvfbCase):
    """
    A display, and a server that shows it.
    """

    async def serve(self, **options: Any) -> int:
        """
        Show the display.

        @return: The port.
        """
        self.framebuffer = X11Framebuffer(self.display, **options)
        service: Any = IService(self.framebuffer)
        service.startService()
        self.addCleanup(service.stopService)
        factory = RFBFactory(self.framebuffer)
        port: Any = await factory.listen("tcp:0:interface=127.0.0.1")
        self.addCleanup(port.stopListening)
        self.addCleanup(factory.disconnectAll, "the test is over")
        return int(port.getHost().port)

    async def view(self, viewer: Viewer, port: int) -> Session:
        """
        Connect a viewer.
        """
        self.addCleanup(lambda: ensureDeferred(viewer.close()))
        return await viewer.open("127.0.0.1", port)

    async def connectOwn(self, port: int, viewer: type[RFBClient] = RFBClient) -> Any:
        """
        Connect a viewer of our own.
        """
        endpoint = HostnameEndpoint(self.reactor, "127.0.0.1", port)
        extensions = constants.EXTENDED_CLIPBOARD, constants.EXTENDED_MOUSE_BUTTONS
        encodings = (*DEFAULT_ENCODINGS, *extensions)
        client = await connectViewer(endpoint, protocol=viewer, encodings=encodings)
        self.addCleanup(client.disconnect)
        return client

    async def eventually(self, condition: Callable[[], bool]) -> None:
        """
        Wait until something has become true.
        """

        async def isSo() -> bool:
            return condition()

        self.assertTrue(await until(self.reactor, PATIENCE, isSo))


class TypingTests(DisplayCase):
    """
    Text.
    """

    programs = ("xterm",)

    async def check(
        self, terminal: Terminal, type: Callable[[str], object], *texts: str
    ) -> None:
        """
        What is typed arrives.
        """
        for text in texts:
            type(text)
            self.assertEqual(await terminal.read(len(text)), text)

    async def test_own(self) -> None:
        """
        Of a viewer that sends all at once, and leaves at once.
        """
        port = await self.serve(private=True)
        viewer = await self.connectOwn(port)
        terminal = Terminal(self)
        viewer.move(100, 100)
        await terminal.ready(viewer.type)
        await self.check(terminal, viewer.type, MIXED, HAN)
        viewer.keyEvent(0xFFE1, True)
        viewer.type(HAN)
        viewer.disconnect()
        self.assertEqual(await terminal.read(len(HAN)), HAN)
        # Nothing is held any more.
        viewer = await self.connectOwn(port)
        await self.check(terminal, viewer.type, MIXED)

    async def test_vncdotool(self) -> None:
        """
        Of vncdotool.
        """
        viewer = VncDoTool(self.reactor)
        requireViewer(self, viewer)
        session: Any = await self.view(viewer, await self.serve())

        def type(text: str) -> None:
            for keysym in keysyms(text):
                session.client.keyEvent(keysym, down=True)
                session.client.keyEvent(keysym, down=False)

        terminal = Terminal(self)
        await session.pointer(100, 100)
        await terminal.ready(type)
        await self.check(terminal, type, MIXED, HAN)

    async def test_tigerVNC(self) -> None:
        """
        Of TigerVNC's viewer, in which C{xdotool} types with Shift as a hand would.
        """
        viewer = TigerVNC(self.reactor)
        requireViewer(self, viewer)
        session = await self.view(viewer, await self.serve())
        terminal = Terminal(self)
        await session.pointer(100, 100)

        def type(text: str) -> None:
            ensureDeferred(session.type(text))

        await terminal.ready(type)
        for text in ("Hello, World! <{[@#~]}>", "Größe ñ é", "漢字 Жук"):
            await session.type(text)
            self.assertEqual(await terminal.read(len(text)), text)


class ClipboardTests(DisplayCase):
    """
    The clipboard.
    """

    programs = ("xclip",)

    async def paste(self) -> bytes:
        """
        @return: What a program pastes.
        """
        try:
            return await self.run_("xclip", "-o", "-selection", "clipboard")
        except ViewerFailed:  # there is nothing yet
            return b""

    async def copy(self, text: str) -> None:
        """
        A program copies.
        """
        path = self.mktemp()
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        self.start("xclip", "-quiet", "-i", "-selection", "clipboard", path)

    async def test_bothWays(self) -> None:
        """
        A long text goes both ways, to the byte.
        """
        received: list[str] = []

        class Client(RFBClient):
            """
            A viewer that keeps what it is given.
            """

            def cutTextReceived(self, text: str) -> None:
                """
                Keep it.
                """
                received.append(text)

        viewer = await self.connectOwn(await self.serve(), Client)
        text = "Größe 漢字 😀\n" * (_LARGE // 20)
        await self.copy(text)
        await self.eventually(lambda: bool(received))
        self.assertTrue(received == [text], received[0][:50])
        viewer.cutText(text[::-1])

        async def isThere() -> bool:
            return await self.paste() == text[::-1].encode()

        self.assertTrue(await until(self.reactor, PATIENCE, isThere, 0.2))
        self.assertEqual(len(received), 1)

    async def test_vncdotool(self) -> None:
        """
        What vncdotool has copied can be pasted.
        """
        viewer = VncDoTool(self.reactor)
        requireViewer(self, viewer)
        session: Any = await self.view(viewer, await self.serve())
        session.client.paste("from vncdotool")

        async def isThere() -> bool:
            return await self.paste() == b"from vncdotool"

        self.assertTrue(await until(self.reactor, PATIENCE, isThere, 0.2))


class PointerTests(DisplayCase):
    """
    The pointer.
    """

    programs = ("xdotool", "xev")

    async def test_buttons(self) -> None:
        """
        Nine buttons arrive at a program, where the pointer is.
        """
        viewer = await self.connectOwn(await self.serve())
        xev = self.start("xev", "-geometry", "300x300+0+0", "-event", "button")

        async def isListening() -> bool:
            viewer.click(150, 150)
            return b"ButtonPress" in xev.output

        self.assertTrue(await until(self.reactor, PATIENCE, isListening, 0.2))
        await self.eventually(lambda: viewer.buttonMask > 0xFF)
        for button in range(1, 10):
            viewer.pointerEvent(100 + button, 120, 1 << button - 1)
            viewer.pointerEvent(100 + button, 120, 0)
        await self.eventually(
            lambda: b"(109,120)" in xev.output and b"button 9" in xev.output
        )
        lines = xev.output.decode().split("ButtonPress")
        pressed = {
            (x, button)
            for button in range(1, 10)
            for x in range(101, 110)
            if any(f"({x},120)" in one and f"button {button}," in one for one in lines)
        }
        self.assertEqual(pressed, {(100 + button, button) for button in range(1, 10)})
        place = await self.run_("xdotool", "getmouselocation")
        self.assertTrue(place.startswith(b"x:109 y:120"), place)
