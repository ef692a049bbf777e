# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
C{vnc:} before the servers of others, seen by real viewers: what these show is what the
server shows to a viewer of its own, to the pixel.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
from twisted.application.service import IService
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.error import ConnectError
from twisted.trial.unittest import SkipTest, TestCase

from tests.interop.drivers import compiled
from tests.interop.libraries import VncDoTool
from tests.interop.novnc import NoVNC
from tests.interop.processes import (
    Child,
    ViewerFailed,
    freePort,
    pause,
    realReactor,
    run,
    start,
    startXvnc,
    until,
)
from tests.interop.programs import TigerVNC
from tests.interop.test_command import need
from tests.interop.viewers import Session, Viewer, requireViewer
from tests.interop.xserver import Picture
from txrfb.client import DEFAULT_ENCODINGS, RFBClient, connectViewer
from txrfb.client._places import endpointOf
from txrfb.encodings import constants as c
from txrfb.error import ConnectionFailed
from txrfb.framebuffers import MemoryFramebuffer
from txrfb.framebuffers._kinds import framebufferFromString
from txrfb.protocol import RFBFactory
from txrfb.security.accounts.passwords import obfuscated

PATIENCE = 60.0

#: The viewers that look all the time.
VIEWERS = (TigerVNC, NoVNC, VncDoTool)

#: The user and the group without rights.
_NOBODY = 65534

#: Rows in which the pointer is, which servers draw for viewers that have not moved it
#: there, and not for others.
_POINTER = 40

#: A program that a PC begins with: it hides the text cursor, and shows what is typed.
ECHO = (
    bytes.fromhex("b401b90726cd10b400cd16b40ecd10ebf6").ljust(510, b"\0") + b"\x55\xaa"
)


class RelayCase(TestCase):
    """
    A server, a relay of it in this process, and viewers of both.
    """

    timeout = 400

    def setUp(self) -> None:
        """
        Have a place for sockets and files.
        """
        self.reactor: Any = realReactor()
        self.reason = ""
        self.directory = Path(mkdtemp(prefix="rfb-", dir="/tmp"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def begin(self, *command: str) -> Child:
        """
        Start a program, which is stopped when the test ends.
        """
        child = start(self.reactor, Child(), command)
        self.addCleanup(child.stop)
        return child

    async def relay(self, where: str) -> int:
        """
        Show a server.

        @return: The port.
        """
        self.framebuffer: Any = framebufferFromString(self.reactor, f"vnc:{where}")
        service: Any = IService(self.framebuffer)
        service.startService()
        self.addCleanup(service.stopService)
        self.factory = RFBFactory(self.framebuffer, reactor=self.reactor)
        port: Any = await self.factory.listen("tcp:0:interface=127.0.0.1")
        self.addCleanup(port.stopListening)
        self.addCleanup(self.factory.disconnectAll, "the test is over")
        return int(port.getHost().port)

    async def direct(self, where: str, password: str | None = None) -> RFBClient:
        """
        @return: A viewer of our own, at the server itself, once that is there.
        """
        endpoint, _ = endpointOf(self.reactor, where, 10.0)
        encodings = (*DEFAULT_ENCODINGS, c.EXTENDED_DESKTOP_SIZE)
        made: list[RFBClient] = []

        async def isThere() -> bool:
            try:
                client = await connectViewer(endpoint, password, encodings=encodings)
            except (ConnectError, ConnectionFailed) as error:
                self.reason = str(error)
                return False
            made.append(client)
            self.addCleanup(client.disconnect)
            return True

        isFound = await until(self.reactor, PATIENCE, isThere, 0.2)
        self.assertTrue(isFound, self.reason)
        return made[0]

    async def look(self, port: int) -> list[Session]:
        """
        @return: One of each viewer, at the relay.
        """
        sessions = []
        for kind in VIEWERS:
            viewer = kind(self.reactor)
            requireViewer(self, viewer)
            self.addCleanup(closed, viewer)
            sessions.append(await viewer.open("127.0.0.1", port))
        return sessions

    async def assertSame(
        self,
        direct: RFBClient,
        sessions: Sequence[Session],
        isSo: Callable[[Picture], bool] = lambda picture: True,
        top: int = 0,
    ) -> None:
        """
        Fail unless all viewers come to show the same as that at the server.

        @param isSo: What that has to show.

        @param top: The first row that counts.
        """
        sizes: list[Any] = []

        async def isSame() -> bool:
            wanted = pictureOf(direct)
            shown = [await session.picture() for session in sessions]
            differ = [
                one.shape != wanted.shape or int((one != wanted)[top:].sum())
                for one in shown
            ]
            sizes[:] = [wanted.shape, [one.shape for one in shown], differ]
            return not any(differ) and isSo(wanted)

        if not await until(self.reactor, PATIENCE, isSame, 0.2):
            self.fail(f"the viewers show something else: {sizes}")


def closed(viewer: Viewer) -> Deferred[None]:
    """
    End a viewer.
    """
    return ensureDeferred(viewer.close())


def pictureOf(client: RFBClient) -> Picture:
    """
    @return: What a viewer of our own shows.
    """
    canvas = client.canvas
    return np.stack([canvas >> shift & 0xFF for shift in (16, 8, 0)], -1).astype(
        np.uint8
    )


def countOf(picture: Picture) -> int:
    """
    @return: How many pixels are not black.
    """
    return int(picture.any(axis=2).sum())


def isMore(before: int, picture: Picture) -> bool:
    """
    @return: Whether more is seen than before.
    """
    return countOf(picture) > before


class XvncTests(RelayCase):
    """
    TigerVNC's server.
    """

    async def server(self, port: int) -> Child:
        """
        @return: The server, with a terminal whose text goes into a file.
        """
        password = self.directory / "password"
        password.write_bytes(obfuscated(b"secret"))
        password.chmod(0o600)
        server, display = await startXvnc(
            self,
            self.reactor,
            *("-geometry", "500x300", "-br", "-rfbport", str(port), "-localhost"),
            *("-SecurityTypes", "VncAuth", "-PasswordFile", str(password)),
            *("-nolisten", "tcp"),
        )
        self.typed = self.directory / "typed"
        self.begin(
            *("xterm", "-display", display, "-geometry", "60x12+5+5"),
            *("-e", "sh", "-c", f"cat > {self.typed}"),
        )
        return server

    async def test_xvnc(self) -> None:
        """
        What is typed by a viewer arrives; after typing, scrolling and another size all
        viewers show what the server shows; they stay when it is killed, and show the
        next that is there.
        """
        need("Xvnc", "xterm")
        port = freePort()
        server = await self.server(port)
        where = f"127.0.0.1::{port}"
        direct = await self.direct(where, "secret")
        served = await self.relay(f"{where},password-file={self.directory}/password")
        sessions = await self.look(served)
        typist = sessions[-1]

        async def point() -> None:
            direct.move(9, 9)
            for session in sessions:
                await session.pointer(9, 9)

        await point()
        await self.assertSame(direct, sessions, lambda p: countOf(p) > 9999, _POINTER)
        lines = [f"line{number}" for number in range(20)]
        for line in lines:
            await typist.type(line)
            await typist.key("Return", True)
            await typist.key("Return", False)

        async def isTyped() -> bool:
            return self.typed.exists() and self.typed.read_text().split() == lines

        self.assertTrue(await until(self.reactor, PATIENCE, isTyped))
        await self.assertSame(direct, sessions, top=_POINTER)
        direct.setDesktopSize(420, 280)
        await self.assertSame(
            direct, sessions, lambda p: p.shape[:2] == (280, 420), _POINTER
        )
        await server.stop()
        await self.server(port)
        direct = await self.direct(where, "secret")
        await point()
        await self.assertSame(direct, sessions, top=_POINTER)


class OtherTests(RelayCase):
    """
    Other servers.
    """

    async def test_qemu(self) -> None:
        """
        QEMU's, by a UNIX socket: what is typed is shown by the machine, and by all.
        """
        need("qemu-system-x86_64")
        disk, socket = self.directory / "disk", self.directory / "vnc"
        disk.write_bytes(ECHO)
        self.begin(
            *("qemu-system-x86_64", "-nodefaults", "-display", "none", "-vga", "std"),
            *("-drive", f"file={disk},format=raw,if=ide", "-vnc", f"unix:{socket}"),
        )
        direct = await self.direct(str(socket))
        served = await self.relay(str(socket))
        sessions = await self.look(served)
        before = 0

        async def hasBooted() -> bool:
            nonlocal before
            count = countOf(pictureOf(direct))
            isStill, before = count == before, count
            return isStill and direct.height == 400

        self.assertTrue(await until(self.reactor, 3 * PATIENCE, hasBooted, 2.0))
        await self.assertSame(direct, sessions)
        for session in sessions:
            await session.type("echo")
            await self.assertSame(direct, sessions, partial(isMore, before))
            before = countOf(pictureOf(direct))

    async def test_libvncserver(self) -> None:
        """
        One made with libvncserver: its picture is seen, and it hears.
        """
        try:
            await run(self.reactor, ["pkg-config", "--exists", "libvncserver"])
        except (ViewerFailed, OSError):
            raise SkipTest("libvncserver-dev is not installed") from None
        program = await compiled(self.reactor, "libvncserver", "libvncserver")
        child = self.begin(program, "secret")

        async def port() -> int | None:
            child.check()
            return int(child.output.split()[1]) if b"\n" in child.output else None

        found = await until(self.reactor, PATIENCE, port)
        where = f"127.0.0.1::{found}"
        password = self.directory / "password"
        password.write_text("secret")
        password.chmod(0o600)
        direct = await self.direct(where, "secret")
        served = await self.relay(f"{where},password-file={password}")
        sessions = await self.look(served)
        await self.assertSame(direct, sessions)
        await sessions[-1].type("x")

        async def isHeard() -> bool:
            return b"key 120 0\n" in child.output

        self.assertTrue(await until(self.reactor, PATIENCE, isHeard))

    async def test_wayvnc(self) -> None:
        """
        A Wayland desktop's, wayvnc: where a viewer moves the pointer is seen by all.
        """
        need("sway", "wayvnc", "setpriv")
        directory = self.directory / "run"
        directory.mkdir(0o700)
        (self.directory / "config").write_text("output HEADLESS-1 resolution 400x300\n")
        self.directory.chmod(0o755)
        words: list[str] = []
        if os.geteuid() == 0:
            # sway does not let itself be run by root.
            os.chown(directory, _NOBODY, _NOBODY)
            user = f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"
            words = ["setpriv", *user, "--"]
        words += ["env", f"HOME={directory}", f"XDG_RUNTIME_DIR={directory}"]
        headless = "WLR_BACKENDS=headless", "WLR_LIBINPUT_NO_DEVICES=1"
        pixman = "WLR_RENDERER=pixman"
        config = str(self.directory / "config")
        sway = self.begin(*words, *headless, pixman, "sway", "-c", config)

        async def isThere() -> bool:
            sway.check()
            return (directory / "wayland-1").exists()

        self.assertTrue(await until(self.reactor, PATIENCE, isThere))
        port = freePort()
        display = "WAYLAND_DISPLAY=wayland-1"
        self.begin(*words, display, "wayvnc", "127.0.0.1", str(port))
        where = f"127.0.0.1::{port}"
        direct = await self.direct(where)
        sessions = await self.look(await self.relay(where))
        await sessions[-1].pointer(70, 50)
        await self.assertSame(
            direct, sessions, lambda p: p.shape[:2] == (300, 400) and countOf(p) > 0
        )

    async def test_txrfb(self) -> None:
        """
        Our own, over a real socket: copies and all.
        """
        source = MemoryFramebuffer(400, 300, "source")
        noise = np.random.default_rng(2).integers(0, 256, (300, 400, 3), np.uint8)
        source.paste(noise)
        factory = RFBFactory(source, reactor=self.reactor)
        where = f"unix:{self.directory}/own"
        port: Any = await factory.listen(where)
        self.addCleanup(port.stopListening)
        self.addCleanup(factory.disconnectAll, "the test is over")
        direct = await self.direct(where)
        sessions = await self.look(await self.relay(where))
        await self.assertSame(direct, sessions)
        for step in range(5):
            source.copy((0, 20, 400, 280), 0, 0)
            source.fill((step * 50, 0, 200), (0, 280, 400, 20))
            await pause(self.reactor, 0.05)
        # vncdotool does not take a screen that has become higher, of any server.
        source.resize(450, 250)
        source.fill("white", (10, 210, 200, 30))
        await self.assertSame(direct, sessions, lambda p: p.shape[:2] == (250, 450))
        self.assertEqual(len(factory.viewers), 2)
