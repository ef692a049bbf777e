# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The viewer at the servers of others, in every encoding that they have: TigerVNC's Xvnc,
x11vnc, which is libvncserver, and QEMU.  What it sees is what the display has.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from shutil import rmtree
from socket import AF_UNIX
from socket import socket as Socket
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from twisted.internet.defer import ensureDeferred
from twisted.internet.endpoints import HostnameEndpoint, UNIXClientEndpoint

from tests.framebuffers.test_x11live import LiveCase
from tests.interop.processes import Child, freePort, start, startXvnc
from tests.interop.test_command import need
from tests.x11.film import Film
from txrfb._wire.messages import PointerEvent
from txrfb.client import RFBClient, connectViewer
from txrfb.encodings import constants
from txrfb.geometry import Rectangle
from txrfb.pixels import NATIVE, PixelFormat
from txrfb.x11.auth import parseDisplay, readAuthorities
from txrfb.x11.opening import connectDisplay
from txrfb.x11.xvfb import Xvfb

_BIG = NATIVE._replace(bigEndian=True)
_RED_FIRST = NATIVE._replace(redShift=0, blueShift=16)

#: The encodings of each server.
XVNC = ("RAW", "RRE", "HEXTILE", "TIGHT", "ZRLE")
X11VNC = ("RAW", "RRE", "CORRE", "HEXTILE", "ZLIB", "TIGHT", "ZRLE")
QEMU = ("RAW", "HEXTILE", "ZLIB", "TIGHT", "ZRLE")


class Counting(RFBClient):
    """
    A viewer that remembers what it was sent.

    @ivar met: The encodings that came.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.met: set[int] = set()

    def updateReceived(self, update: Any) -> None:
        """
        Remember.
        """
        self.met |= update.encodings


class DecodingTests(LiveCase):
    """
    Text and something like a photo, that are drawn and move while they are watched.
    """

    display: str
    authority: str | None = None

    def setUp(self) -> None:
        """
        A place for sockets, with a short name.
        """
        super().setUp()
        self.directory = Path(tempfile.mkdtemp(prefix="txrfb-"))
        self.addCleanup(rmtree, self.directory, ignore_errors=True)

    async def watch(
        self, endpoint: Any, encoding: int, format: PixelFormat
    ) -> Counting:
        """
        @return: A viewer that asks for one encoding, and copies.
        """
        # A pointer that it could not show would be drawn into the picture.
        encodings = (
            encoding,
            constants.COPY_RECT,
            constants.CURSOR,
            constants.POINTER_POSITION,
            constants.LAST_RECT,
            constants.DESKTOP_SIZE,
        )
        viewer = await connectViewer(
            endpoint, protocol=Counting, encodings=encodings, format=format
        )
        self.addCleanup(viewer.disconnect)
        assert isinstance(viewer, Counting)
        return viewer

    async def draw(self, display: str, authority: str | None) -> Film:
        """
        Have a terminal and a film on a display.
        """
        need("xterm")
        self.other = await connectDisplay(
            self.reactor,
            parseDisplay(display),
            readAuthorities(authority) if authority else [],
        )
        self.addCleanup(self.disconnect)
        film = Film(self.reactor, self.other)
        await film.open(200, 150)
        environment = {**os.environ, "DISPLAY": display}
        if authority is not None:
            environment["XAUTHORITY"] = authority
        script = "i=0; while [ $i -lt 99 ]; do echo $i a $i; i=$((i+1)); done; sleep 99"
        process = subprocess.Popen(
            ["xterm", "-geometry", "60x20+210+60", "-e", script],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

        def end() -> None:
            process.kill()
            process.wait()

        self.addCleanup(end)
        return film

    async def follow(self, endpoint: Any, encodings: tuple[str, ...]) -> None:
        """
        Watch in each encoding and several formats, and see the same as the display has.
        """
        film = await self.draw(self.display, self.authority)
        for name in encodings:
            encoding = getattr(constants, name)
            for format in (NATIVE, _BIG, _RED_FIRST):
                viewer = await self.watch(endpoint, encoding, format)
                # Xvnc draws the pointer for whom did not move it there.
                viewer.send(PointerEvent(0, 590, 390))
                await film.play(12)
                await self.assertSeen(viewer)
                self.assertIn(encoding, viewer.met, name)
                viewer.disconnect()

    async def begin_(self, command: list[str], endpoint: Any) -> None:
        """
        Start a server, and wait until viewers can connect.
        """
        server = start(self.reactor, Child(), command)
        self.addCleanup(server.stop)

        async def isThere() -> bool:
            server.check()
            try:
                viewer = await connectViewer(endpoint)
            except Exception:
                return False
            viewer.disconnect()
            return True

        await self.until(isThere)

    def test_xvnc(self) -> Any:
        """
        TigerVNC's server.
        """
        return ensureDeferred(self._xvnc())

    async def _xvnc(self) -> None:
        need("Xvnc")
        socket = self.directory / "s"
        endpoint = UNIXClientEndpoint(self.reactor, str(socket))
        server, self.display = await startXvnc(
            self,
            self.reactor,
            *("-geometry", "600x400", "-rfbport", "-1", "-rfbunixpath", str(socket)),
            *("-SecurityTypes", "None", "-nolisten", "tcp", "-depth", "24"),
            *("-BlacklistThreshold", "1000"),
        )

        async def isThere() -> bool:
            server.check()
            return socket.exists()

        await self.until(isThere)
        await self.follow(endpoint, XVNC)

    def test_x11vnc(self) -> Any:
        """
        libvncserver, as x11vnc.
        """
        return ensureDeferred(self._x11vnc())

    async def _x11vnc(self) -> None:
        need("x11vnc")
        self.xvfb = Xvfb(self.reactor, (600, 400))
        self.addCleanup(self.xvfb.stop)
        await self.xvfb.start()
        self.display, self.authority = self.xvfb.display, self.xvfb.authority
        port = freePort()
        command = [
            *("x11vnc", "-display", self.display, "-auth", str(self.authority)),
            *("-rfbport", str(port), "-localhost", "-nopw", "-forever", "-shared"),
            *("-nocursor", "-wait", "5", "-defer", "5", "-quiet"),
        ]
        endpoint = HostnameEndpoint(self.reactor, "127.0.0.1", port)
        await self.begin_(command, endpoint)
        await self.follow(endpoint, X11VNC)

    def test_qemu(self) -> Any:
        """
        QEMU, with a machine that has shown nothing yet, which is written there.
        """
        return ensureDeferred(self._qemu())

    async def _qemu(self) -> None:
        need("qemu-system-x86_64")
        socket, monitor = self.directory / "s", self.directory / "m"
        command = [
            *("qemu-system-x86_64", "-S", "-m", "32", "-vga", "std", "-net", "none"),
            *("-display", f"vnc=unix:{socket}", "-accel", "tcg"),
            *("-monitor", f"unix:{monitor},server=on,wait=off"),
        ]
        endpoint = UNIXClientEndpoint(self.reactor, str(socket))
        await self.begin_(command, endpoint)
        picture = self.directory / "p.ppm"
        asking = Socket(AF_UNIX)
        self.addCleanup(asking.close)
        asking.connect(str(monitor))
        asking.sendall(f"screendump {picture}\n".encode())

        async def isSaved() -> bool:
            # It has a header, and three bytes a pixel.
            try:
                return bool(Image.open(picture).convert("RGB").size)
            except OSError:
                return False

        await self.until(isSaved)
        wanted: NDArray[np.uint8] = np.asarray(Image.open(picture).convert("RGB"))
        self.assertGreater(len(np.unique(wanted)), 1)
        for name in QEMU:
            encoding = getattr(constants, name)
            # Before version 10.1 it does not turn bytes around that are big-endian.
            for format in (NATIVE, _RED_FIRST):
                viewer = await self.watch(endpoint, encoding, format)
                await viewer.whenSeen()
                viewer.requestUpdate(False, Rectangle(0, 0, 100, 100))

                async def isSame(viewer: Counting = viewer) -> bool:
                    return np.array_equal(self.seen(viewer), wanted)

                await self.until(isSame)
                self.assertIn(encoding, viewer.met, name)
                viewer.disconnect()
