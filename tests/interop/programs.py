# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The viewers that are programs: TigerVNC's and TightVNC's on an X server, gvnccapture and
vncsnapshot, which write a picture and end.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import termios
from typing import Any, ClassVar, cast

import numpy as np
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from PIL import Image

from tests.interop.drivers import compiled
from tests.interop.processes import PATIENCE, Child, ViewerFailed, bounded, start, until
from tests.interop.viewers import OneShot, Options, Session, Viewer, refuse
from tests.interop.xserver import Picture, Window, XServer

# The key with which all VNC programs obscure the password in a file.
_FILE_KEY = bytes([23, 82, 107, 6, 35, 78, 88, 7])


def obscured(password: str) -> bytes:
    """
    A password as the file that C{vncpasswd} writes.
    """
    key = bytes(int(f"{byte:08b}"[::-1], 2) for byte in _FILE_KEY)
    encryptor = Cipher(TripleDES(key * 3), modes.ECB()).encryptor()
    return encryptor.update(password.encode("latin-1")[:8].ljust(8, b"\0"))


class WindowSession(Session):
    """
    A viewer that shows its picture in a window of an X server.
    """

    def __init__(
        self, viewer: WindowViewer, server: XServer, child: Child, directory: str
    ) -> None:
        self.viewer = viewer
        self.server = server
        self.child = child
        self.directory = directory
        self._buttons = 0

    async def window(self) -> Window | None:
        """
        The window with the picture, C{None} when it is not shown.
        """
        self.child.check()
        return await self.server.window(
            self.viewer.reactor, *self.viewer.search(self.child)
        )

    async def _shown(self) -> Window:
        window = await self.window()
        if window is None:
            raise ViewerFailed(f"{self.viewer.name} has no window: {self.child.said()}")
        return window

    async def picture(self) -> Picture:
        """
        What is on the X server inside the window.
        """
        return self.server.pixels(await self._shown())

    async def key(self, name: str, down: bool) -> None:
        """
        Work the keyboard of the X server.
        """
        await self.server.tool(
            self.viewer.reactor, "keydown" if down else "keyup", _xKey(name)
        )

    async def type(self, text: str) -> None:
        """
        Work the keyboard of the X server as a hand would, with Shift where needed.
        """
        await self.server.tool(self.viewer.reactor, "type", "--delay", "20", text)

    async def pointer(self, x: int, y: int, buttons: int = 0) -> None:
        """
        Work the pointer of the X server.
        """
        window = await self._shown()
        words = ["mousemove", str(window.x + x), str(window.y + y)]
        for button in range(1, 8):
            bit = 1 << button - 1
            if buttons & bit and not self._buttons & bit:
                words += ["mousedown", str(button)]
            elif self._buttons & bit and not buttons & bit:
                words += ["mouseup", str(button)]
        await self.server.tool(self.viewer.reactor, *words)
        self._buttons = buttons

    async def close(self) -> None:
        """
        Release what is held, and kill the viewer.
        """
        held = [n for n in range(1, 8) if self._buttons & 1 << n - 1]
        for button in held:
            await self.server.tool(self.viewer.reactor, "mouseup", str(button))
        self._buttons = 0
        await self.child.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


def _xKey(name: str) -> str:
    """
    The X name of a key, as xdotool wants it.
    """
    return f"U{ord(name):04X}" if len(name) == 1 and not name.isalnum() else name


class WindowViewer(Viewer):
    """
    A viewer that needs an X server.
    """

    def search(self, child: Child) -> list[str]:
        """
        How C{xdotool} finds the viewer's window.
        """
        raise NotImplementedError

    def command(
        self, host: str, port: int, options: Options, directory: str
    ) -> list[str]:
        """
        The command line.

        @param directory: a directory for files that the viewer reads.
        """
        raise NotImplementedError

    def _passwordFile(self, options: Options, directory: str) -> list[str]:
        if options.password is None:
            return []
        path = os.path.join(directory, "passwd")
        with open(path, "wb") as file:
            file.write(obscured(options.password))
        return ["-passwd", path]

    async def connect(self, host: str, port: int, options: Options) -> WindowSession:
        """
        Start the viewer and wait for its window.
        """
        server = XServer.shared()
        directory = tempfile.mkdtemp(prefix="txrfb-viewer-")
        environment = {**server.environment, "HOME": directory}
        if options.username is not None:
            environment["VNC_USERNAME"] = options.username
            environment["VNC_PASSWORD"] = options.password or ""
        try:
            arguments = self.command(host, port, options, directory)
        except ValueError:
            os.rmdir(directory)
            raise
        child = start(self.reactor, Child(), arguments, environment)
        session = WindowSession(self, server, child, directory)
        try:
            window = await until(self.reactor, PATIENCE, session.window)
            if window is None:
                raise ViewerFailed(f"{self.name} shows no window: {child.said()}")
            # There is no window manager that would give it the keyboard. TigerVNC's
            # takes no notice of the pointer either before it has it; TightVNC's has
            # it only while the pointer is inside.
            await server.tool(
                self.reactor,
                "windowfocus",
                window.identifier,
                "mousemove",
                str(window.x + 1),
                str(window.y + 1),
            )
        except BaseException:
            await session.close()
            raise
        return session


class TigerVNC(WindowViewer):
    """
    The viewer of TigerVNC.
    """

    name = "tigervnc"
    programs = ("xtigervncviewer", "Xvfb", "xdotool", "setpriv")
    encodings = ("raw", "hextile", "zrle", "tight")

    _ENCODINGS: ClassVar = {
        "raw": "Raw",
        "hextile": "Hextile",
        "zrle": "ZRLE",
        "tight": "Tight",
    }
    _COLORS: ClassVar = {8: "0", 64: "1", 256: "2"}

    def search(self, child: Child) -> list[str]:
        """
        By its process.
        """
        return ["--all", "--pid", str(child.process.pid), "--name", "TigerVNC$"]

    def command(
        self, host: str, port: int, options: Options, directory: str
    ) -> list[str]:
        """
        No dialogs, no scaling; the server is asked for the size of the window only if
        that is wanted.
        """
        refuse(
            *(self, options, "password", "username", "security", "authority"),
            *("encoding", "compression", "quality", "colors", "resizes"),
        )
        words = ["xtigervncviewer", f"-RemoteResize={options.resizes or 0:d}"]
        words += ["-ReconnectOnError=0"]
        words += ["-AlertOnFatalError=0", "-Shared", "-MenuKey="]
        if options.encoding is not None:
            words += ["-AutoSelect=0"]
            words += ["-PreferredEncoding", self._ENCODINGS[options.encoding]]
        if options.compression is not None:
            words += ["-CustomCompressLevel", "-CompressLevel"]
            words += [str(options.compression)]
        if options.quality is None:
            words += ["-NoJPEG"]
        else:
            words += ["-QualityLevel", str(options.quality)]
        if options.colors is not None:
            words += ["-AutoSelect=0", "-FullColor=0"]
            words += ["-LowColorLevel", self._COLORS[options.colors]]
        if options.security is not None:
            words += ["-SecurityTypes", options.security]
        if options.authority is not None:
            words += ["-X509CA", options.authority]
        if options.username is None:
            words += self._passwordFile(options, directory)
        return [*words, f"{host}::{port}"]


class TightVNC(WindowViewer):
    """
    The old viewer of TightVNC, the only one here with Zlib and CoRRE on an X server.
    """

    name = "xtightvncviewer"
    programs = ("xtightvncviewer", "Xvfb", "xdotool", "setpriv")
    encodings = ("raw", "zlib", "tight", "hextile", "rre", "corre")
    resizes = False

    def search(self, child: Child) -> list[str]:
        """
        By its class: it does not tell the X server its process.
        """
        return ["--class", "^Vncviewer$"]

    def command(
        self, host: str, port: int, options: Options, directory: str
    ) -> list[str]:
        """
        As plain as it goes.
        """
        refuse(
            *(self, options, "password", "encoding"),
            *("compression", "quality", "colors"),
        )
        words = ["xtightvncviewer"]
        if options.encoding is not None:
            words += ["-encodings", f"copyrect {options.encoding}"]
        if options.compression is not None:
            words += ["-compresslevel", str(options.compression)]
        if options.quality is None:
            words += ["-nojpeg"]
        else:
            words += ["-quality", str(options.quality)]
        if options.colors is not None:
            if options.colors != 256:
                raise ValueError(f"{self.name} knows 256 colors, not {options.colors}")
            words += ["-bgr233"]
        words += self._passwordFile(options, directory)
        return [*words, f"{host}::{port}"]


def _echoes(child: Child) -> bool:
    """
    Whether a child's terminal shows what is typed.
    """
    flags: int = termios.tcgetattr(cast(Any, child.process).fd)[3]
    return bool(flags & termios.ECHO)


class _FileSession(OneShot):
    """
    A program that writes a picture into a file and ends.
    """

    def __init__(
        self,
        viewer: Viewer,
        arguments: list[str],
        suffix: str,
        options: Options,
        terminal: bool,
    ) -> None:
        self.viewer = viewer
        self.arguments = arguments
        self.suffix = suffix
        self.password = options.password
        self.username = options.username
        self.terminal = terminal

    async def picture(self) -> Picture:
        """
        Run it once.
        """
        reactor = self.viewer.reactor
        with tempfile.TemporaryDirectory(prefix="txrfb-viewer-") as directory:
            arguments = list(self.arguments)
            path = os.path.join(directory, f"picture.{self.suffix}")
            if self.password is not None and not self.terminal:
                secret = os.path.join(directory, "passwd")
                with open(secret, "wb") as file:
                    file.write(obscured(self.password))
                arguments[1:1] = ["-passwd", secret]
            child = start(
                reactor, Child(), [*arguments, path], {}, terminal=self.terminal
            )

            answers = [("Username:", self.username), ("Password:", self.password)]

            async def ended() -> bool:
                if child.code is not None:
                    return True
                # In the order in which they are asked, and only what is.
                for number, (question, answer) in enumerate(answers):
                    if question.encode() not in child.output or answer is None:
                        continue
                    # What is typed before it stops the echo is thrown away.
                    if question == "Username:" or not _echoes(child):
                        child.process.write(answer.encode("latin-1") + b"\n")
                        del answers[: number + 1]
                        break
                return False

            try:
                if self.terminal:
                    await until(reactor, PATIENCE, ended)
                await bounded(reactor, PATIENCE, child.ended())
            finally:
                await child.stop()
            if child.code or not os.path.exists(path):
                raise ViewerFailed(f"{self.viewer.name}: {child.said()}")
            with Image.open(path) as image:
                return np.asarray(image.convert("RGB")).copy()


class GVncCapture(Viewer):
    """
    gtk-vnc's program that takes a picture. It never asks for a pixel format.
    """

    name = "gvnccapture"
    programs = ("gvnccapture", "setpriv", "cc", "pkg-config")
    showsReason = stays = interacts = resizes = False

    async def connect(self, host: str, port: int, options: Options) -> Session:
        """
        Nothing to do until a picture is wanted.
        """
        refuse(self, options, "password", "username", "authority")
        arguments = ["gvnccapture", f"{host}:{port - 5900}"]
        if options.authority is not None:
            # It trusts whom the system trusts.
            library = await compiled(
                self.reactor, "trust", "gnutls", ["-shared", "-fPIC"]
            )
            arguments[:0] = [
                *("env", f"LD_PRELOAD={library}", f"TRUSTED={options.authority}")
            ]
        return _FileSession(self, arguments, "png", options, terminal=True)


class VncSnapshot(Viewer):
    """
    vncsnapshot: protocol 3.3 only. Its pictures are JPEG files of the best quality.
    """

    name = "vncsnapshot"
    programs = ("vncsnapshot", "setpriv")
    encodings = ("raw", "zrle", "hextile", "rre", "corre")
    showsReason = stays = interacts = resizes = False
    tolerance = 2

    async def connect(self, host: str, port: int, options: Options) -> Session:
        """
        Nothing to do until a picture is wanted.
        """
        refuse(self, options, "password", "encoding", "compression")
        arguments = ["vncsnapshot", "-quiet", "-nojpeg", "-nocursor"]
        if options.encoding is not None:
            arguments += ["-encodings", f"copyrect {options.encoding}"]
        if options.compression is not None:
            arguments += ["-compresslevel", str(options.compression)]
        arguments.append(f"{host}:{port - 5900}")
        return _FileSession(self, arguments, "jpg", options, terminal=False)
