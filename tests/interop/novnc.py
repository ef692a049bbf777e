# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
noVNC in a headless Chromium.
"""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from twisted.internet.endpoints import TCP4ClientEndpoint

from tests.interop.bridge import Bridge, NoBridge
from tests.interop.pages import Pages
from tests.interop.pagesession import PageSession
from tests.interop.processes import PATIENCE, ViewerFailed, bounded
from tests.interop.viewers import ENCODINGS, Cursor, Options, Viewer, refuse
from tests.interop.xserver import Picture

_HERE = Path(__file__).parent
_LIBRARY = _HERE / "node_modules" / "@novnc" / "novnc"

# What a browser calls keys: key, code, and the virtual key code.
_KEYS = {
    "BackSpace": ("Backspace", "Backspace", 8),
    "Tab": ("Tab", "Tab", 9),
    "Return": ("Enter", "Enter", 13),
    "Escape": ("Escape", "Escape", 27),
    "Left": ("ArrowLeft", "ArrowLeft", 37),
    "Up": ("ArrowUp", "ArrowUp", 38),
    "Right": ("ArrowRight", "ArrowRight", 39),
    "Down": ("ArrowDown", "ArrowDown", 40),
    "F2": ("F2", "F2", 113),
    "F12": ("F12", "F12", 123),
    "Shift_L": ("Shift", "ShiftLeft", 16),
    "Control_L": ("Control", "ControlLeft", 17),
    "Delete": ("Delete", "Delete", 46),
}
_BUTTONS = {1: "left", 2: "middle", 4: "right"}
# A browser counts the right button before the middle one.
_MASKS = {1: 1, 2: 4, 4: 2}


class NoVNCSession(PageSession):
    """
    A page with noVNC.
    """

    def __init__(self, viewer: NoVNC, bridge: Bridge | NoBridge) -> None:
        super().__init__(viewer, bridge)
        self._buttons = 0

    async def start(self, options: Options, url: str) -> None:
        """
        Open the page and connect.
        """
        await self.open(url)
        credentials: dict[str, str] = {}
        if options.password is not None:
            credentials["password"] = options.password
        if options.username is not None:
            credentials["username"] = options.username
        encodings: list[int] | None = None
        if options.encoding is not None:
            names = ["copyrect", options.encoding, "raw"]
            encodings = [ENCODINGS[name] for name in names]
        asked = {
            "url": self.bridge.url,
            "credentials": credentials,
            "encodings": encodings,
            "quality": options.quality,
            "compression": options.compression,
        }
        await self.page.evaluate(f"viewer.connect({json.dumps(asked)})")

    async def picture(self) -> Picture:
        """
        What the canvas shows.
        """
        if await self.page.evaluate("viewer.lost"):
            raise ViewerFailed("noVNC lost the connection")
        taken = await bounded(
            self.viewer.reactor, PATIENCE, self.page.evaluate("viewer.picture()")
        )
        pixels = np.frombuffer(base64.b64decode(taken["data"]), np.uint8)
        return pixels.reshape(taken["height"], taken["width"], 3).copy()

    async def key(self, name: str, down: bool) -> None:
        """
        Work the browser's keyboard.
        """
        parameters: dict[str, Any] = {}
        if len(name) == 1:
            code = f"Digit{name}" if name.isdigit() else f"Key{name.upper()}"
            key, number = name, ord(name.upper())
            if down:
                parameters["text"] = name
        else:
            key, code, number = _KEYS[name]
        await self.page.call(
            "Input.dispatchKeyEvent",
            type="keyDown" if down else "keyUp",
            key=key,
            code=code,
            windowsVirtualKeyCode=number,
            **parameters,
        )

    async def pointer(self, x: int, y: int, buttons: int = 0) -> None:
        """
        Work the browser's pointer: buttons 1 to 3.
        """
        place = await self.page.evaluate("viewer.place()")
        where = {"x": place["left"] + x + 0.5, "y": place["top"] + y + 0.5}

        def held() -> int:
            return sum(_MASKS[bit] for bit in _BUTTONS if self._buttons & bit)

        await self._mouse("mouseMoved", buttons=held(), **where)
        for bit, name in _BUTTONS.items():
            if (buttons ^ self._buttons) & bit:
                self._buttons ^= bit
                kind = "mousePressed" if buttons & bit else "mouseReleased"
                await self._mouse(
                    kind, button=name, buttons=held(), clickCount=1, **where
                )

    async def cut(self, text: str) -> None:
        """
        As if it were pasted into the page.
        """
        await self.page.evaluate(f"viewer.cut({json.dumps(text)})")

    async def bells(self) -> int:
        """
        As the page heard.
        """
        return int(await self.page.evaluate("viewer.bells"))

    async def clipboard(self) -> str | None:
        """
        As the page got it.
        """
        text: str | None = await self.page.evaluate("viewer.clipboard")
        return text

    async def cursor(self) -> Cursor | None:
        """
        What the page would draw: a picture in its style sheet, and the hotspot.
        """
        style = await self.page.evaluate("viewer.cursor()")
        found = re.search(r"base64,([^\"')]+)[\"')]+ (\d+) (\d+)", style)
        if found is None:
            return None
        with Image.open(io.BytesIO(base64.b64decode(found[1]))) as image:
            pixels = np.asarray(image.convert("RGBA")).copy()
        return Cursor(int(found[2]), int(found[3]), pixels)

    async def _mouse(self, kind: str, **parameters: Any) -> None:
        await self.page.call("Input.dispatchMouseEvent", type=kind, **parameters)


class NoVNC(Viewer):
    """
    noVNC's core/rfb.js in Chromium, through a bridge of ours.
    """

    name = "novnc"
    programs = ("chromium", "setpriv")
    talks = True
    encodings = ("raw", "zlib", "zrle", "tight", "tightpng", "hextile", "rre", "jpeg")

    def missing(self) -> str | None:
        """
        Also what npm brings.
        """
        if not _LIBRARY.is_dir():
            return "the npm package @novnc/novnc (npm ci --prefix tests/interop)"
        return super().missing()

    async def connect(self, host: str, port: int, options: Options) -> NoVNCSession:
        """
        Open a page.
        """
        refuse(
            *(self, options, "password", "username", "encoding"),
            *("compression", "quality"),
        )
        bridge = Bridge(TCP4ClientEndpoint(self.reactor, host, port))
        await bridge.start(self.reactor)
        session = NoVNCSession(self, bridge)
        try:
            url = (_HERE / "novnc.html").as_uri()
            await bounded(self.reactor, 2 * PATIENCE, session.start(options, url))
        except BaseException:
            await session.close()
            raise
        return session


class DirectNoVNC(NoVNC):
    """
    The same at the server's own WebSocket, from a page by http.

    @ivar path: where the WebSocket is.
    @ivar page: by which name the page is asked for.
    """

    path = "websockify"
    page = "127.0.0.1"

    async def connect(self, host: str, port: int, options: Options) -> NoVNCSession:
        """
        Open a page.
        """
        refuse(
            *(self, options, "password", "username", "encoding"),
            *("compression", "quality"),
        )
        session = NoVNCSession(self, NoBridge(f"ws://{host}:{port}/{self.path}"))
        try:
            url = Pages.shared().url("novnc.html", self.page)
            await bounded(self.reactor, 2 * PATIENCE, session.start(options, url))
        except BaseException:
            await session.close()
            raise
        return session
