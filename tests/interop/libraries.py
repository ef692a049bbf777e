# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The viewers that are libraries: LibVNCClient, GVnc (under gtk-vnc), vncdotool, asyncvnc.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.python.failure import Failure

from tests.interop.drivers import Driver, compiled
from tests.interop.processes import PATIENCE, ViewerFailed, bounded, run, start, until
from tests.interop.viewers import (
    ENCODINGS,
    Cursor,
    OneShot,
    Options,
    Session,
    Viewer,
    keysym,
    refuse,
)
from tests.interop.xserver import Picture


class DriverSession(Session):
    """
    A session of a driver.
    """

    def __init__(self, viewer: Viewer, driver: Driver) -> None:
        self.viewer = viewer
        self.driver = driver

    async def picture(self) -> Picture:
        """
        Ask the driver.
        """
        return await bounded(self.viewer.reactor, PATIENCE, self.driver.picture())

    async def key(self, name: str, down: bool) -> None:
        """
        Tell the driver.
        """
        self.driver.tell("key", keysym(name), int(down))

    async def pointer(self, x: int, y: int, buttons: int = 0) -> None:
        """
        Tell the driver.
        """
        self.driver.tell("pointer", x, y, buttons)

    async def cut(self, text: str) -> None:
        """
        Tell the driver.
        """
        self.driver.tell("cut", text)

    async def size(self, width: int, height: int) -> None:
        """
        Have the driver ask for a size.
        """
        self.driver.tell("size", width, height)

    async def bells(self) -> int:
        """
        As the driver told.
        """
        return self.driver.bells

    async def clipboard(self) -> str | None:
        """
        As the driver told.
        """
        text = self.driver.clipboard
        return None if text is None else text.decode("utf-8", "replace")

    async def cursor(self) -> Cursor | None:
        """
        As the driver told.
        """
        return self.driver.cursor

    async def close(self) -> None:
        """
        Kill the driver.
        """
        await self.driver.stop()


class _DriverViewer(Viewer):
    """
    A viewer that is a driver of ours.
    """

    programs = ("cc", "pkg-config", "setpriv")
    talks = True
    source: str

    def _encodings(self, options: Options) -> str:
        raise NotImplementedError

    async def connect(self, host: str, port: int, options: Options) -> DriverSession:
        """
        Start the driver.
        """
        refuse(
            *(self, options, "password", "username", "authority", "encoding"),
            *("compression", "quality", "format"),
        )
        program = await compiled(self.reactor, self.source, self.libraries[0])
        arguments = [program, host, str(port), self._encodings(options)]
        for name, value in (
            ("--password", options.password),
            ("--user", options.username),
            ("--authority", options.authority),
            ("--quality", options.quality),
            ("--compress", options.compression),
            ("--format", options.format and options.format.argument()),
        ):
            if value is not None:
                arguments += [name, str(value)]
        driver = start(self.reactor, Driver(), arguments)
        session = DriverSession(self, driver)

        async def connected() -> bool:
            driver.check()
            return driver.joined

        try:
            if not await until(self.reactor, PATIENCE, connected):
                raise ViewerFailed(f"{self.name} does not connect: {driver.said()}")
        except BaseException:
            await session.close()
            raise
        return session


class LibVNCClient(_DriverViewer):
    """
    LibVNCClient, with any encoding, level and pixel format.
    """

    name = "libvncclient"
    source = "libvncclient"
    libraries = ("libvncclient",)
    encodings = ("raw", "zlib", "zrle", "tight", "hextile", "rre", "corre", "trle")

    def _encodings(self, options: Options) -> str:
        return f"copyrect {options.encoding or 'tight zrle hextile zlib raw'}"


class GVnc(_DriverViewer):
    """
    GVnc, the protocol half of gtk-vnc.
    """

    name = "gvnc"
    source = "gvnc"
    libraries = ("gvnc-1.0",)
    encodings = ("raw", "zrle", "tight", "hextile", "rre")

    def _encodings(self, options: Options) -> str:
        names = [options.encoding] if options.encoding else ["tight", "zrle", "hextile"]
        numbers = [ENCODINGS[name] for name in [*names, "copyrect", "raw"]]
        if options.compression is not None:
            numbers.append(-256 + options.compression)
        if options.quality is not None:
            numbers.append(-32 + options.quality)
        # DesktopSize, LastRect, Cursor with and without alpha.
        return " ".join(map(str, [*numbers, -223, -224, -314, -239]))


class VncDoToolSession(Session):
    """
    A session of vncdotool.
    """

    def __init__(self, viewer: Viewer, client: Any, lost: Deferred[None]) -> None:
        self.viewer = viewer
        self.client = client
        self.lost = lost

    async def picture(self) -> Picture:
        """
        Ask for the whole screen, as C{vncdo capture} does.
        """
        if self.lost.called:
            raise ViewerFailed("the connection was lost")
        waiting: Deferred[Any] = self.client.refreshScreen(incremental=False)
        await waiting.addTimeout(PATIENCE, self.viewer.reactor)
        return np.asarray(self.client.screen.convert("RGB")).copy()

    async def key(self, name: str, down: bool) -> None:
        """
        Send the key.
        """
        self.client.keyEvent(keysym(name), down=down)

    async def pointer(self, x: int, y: int, buttons: int = 0) -> None:
        """
        Move, press and release, as C{vncdo move} and C{vncdo mousedown} do.
        """
        self.client.mouseMove(x, y)
        for button in range(1, 9):
            now, then = self.client.buttons, buttons & 1 << button - 1
            if then and not now & 1 << button - 1:
                self.client.mouseDown(button)
            elif now & 1 << button - 1 and not then:
                self.client.mouseUp(button)

    async def close(self) -> None:
        """
        Close the connection.
        """
        if not self.lost.called:
            self.client.transport.abortConnection()
            await self.lost


class VncDoTool(Viewer):
    """
    vncdotool, on the reactor of the tests.
    """

    name = "vncdotool"
    modules = ("vncdotool",)
    # It does not come through the second rectangle in ZRLE, nor any in CoRRE, and goes
    # on asking for as much as the first screen had.
    encodings = ("raw", "hextile", "rre")
    resizes = False

    async def connect(self, host: str, port: int, options: Options) -> VncDoToolSession:
        """
        Connect its protocol.
        """
        from vncdotool import client, rfb  # type: ignore[import-untyped]

        refuse(self, options, "password", "username", "encoding")
        lost: Deferred[None] = Deferred()

        class Protocol(client.VNCDoToolClient):  # type: ignore[misc]
            """
            vncdotool's own, with the encoding that is asked for.
            """

            encoding = rfb.Encoding(ENCODINGS[options.encoding or "raw"])

            def connectionLost(self, reason: Failure) -> None:
                """
                Tell us too.
                """
                super().connectionLost(reason)
                lost.callback(None)
                if not factory.deferred.called:
                    factory.deferred.errback(ViewerFailed("the connection was lost"))

        factory = client.VNCDoToolFactory()
        factory.protocol = Protocol
        factory.username = options.username
        factory.password = options.password
        endpoint = TCP4ClientEndpoint(self.reactor, host, port)
        protocol = await endpoint.connect(factory)
        session = VncDoToolSession(self, protocol, lost)
        try:
            await factory.deferred.addTimeout(PATIENCE, self.reactor)
        except client.VNCDoException as error:
            await session.close()
            raise ViewerFailed(f"{self.name}: {error!r}") from error
        except BaseException:
            await session.close()
            raise
        return session


class AsyncVNC(Viewer):
    """
    asyncvnc, which knows only Zlib, and Raw unasked.
    """

    name = "asyncvnc"
    modules = ("asyncvnc",)
    programs = ("setpriv",)
    encodings = ("zlib",)
    showsReason = stays = interacts = resizes = False

    async def connect(self, host: str, port: int, options: Options) -> Session:
        """
        Nothing to do until a picture is wanted.
        """
        refuse(self, options, "password", "encoding")
        script = str(Path(__file__).with_name("asyncvnc_capture.py"))
        arguments = [sys.executable, script, host, str(port)]
        if options.password is not None:
            arguments.append(options.password)
        return _AsyncVNCSession(self, arguments)


class _AsyncVNCSession(OneShot):
    def __init__(self, viewer: Viewer, arguments: list[str]) -> None:
        self.viewer = viewer
        self.arguments = arguments

    async def picture(self) -> Picture:
        output = await run(self.viewer.reactor, self.arguments)
        return np.asarray(Image.open(io.BytesIO(output)).convert("RGB")).copy()
