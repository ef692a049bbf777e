# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Viewers in web pages as they are installed: noVNC of several versions, and react-vnc.
They log in, and show that there is a picture; what they do beyond that is tried with
L{NoVNC<tests.interop.novnc.NoVNC>}.
They come to the server's own WebSocket.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar
from urllib.parse import urlencode

from tests.interop.bridge import NoBridge
from tests.interop.pages import ELSEWHERE, MODULES, Pages
from tests.interop.pagesession import PageSession
from tests.interop.processes import PATIENCE, ViewerFailed, bounded, until
from tests.interop.viewers import Options, Viewer, refuse


class WebSession(PageSession):
    """
    A page with a viewer.
    """

    viewer: WebViewer

    async def start(self, options: Options) -> None:
        """
        Open the page and connect.
        """
        viewer = self.viewer
        asked = urlencode({"module": viewer.module, "kind": viewer.kind})
        host = "127.0.0.1" if viewer.isSecure else ELSEWHERE
        await self.open(Pages.shared().url(f"defaults.html?{asked}", host))
        page = self.page
        secure = await page.evaluate("window.isSecureContext")
        assert secure == viewer.isSecure, f"isSecureContext is {secure}"
        credentials = {"username": options.username, "password": options.password}
        asked = json.dumps(
            {
                "url": self.bridge.url,
                "credentials": {k: v for k, v in credentials.items() if v},
            }
        )
        await page.evaluate(f"viewer.begin({asked})")

        async def connected() -> bool:
            failed = await page.evaluate("viewer.wrong")
            if failed:
                raise ViewerFailed(f"{viewer.name}: {failed}")
            return bool(await page.evaluate("viewer.connected"))

        if not await until(viewer.reactor, viewer.patience, connected):
            raise ViewerFailed(f"{viewer.name} does not connect")

    async def picture(self) -> Any:
        """
        @return: width, height and the number of colors of what the canvas shows.
        """
        return await self.page.evaluate("viewer.colors()")


class WebViewer(Viewer):
    """
    A viewer in a page.

    @cvar module: its module, as the page imports it.
    @cvar kind: how the page uses it.
    @cvar isSecure: whether the page is from where browsers do cryptography.
    """

    programs = ("chromium", "setpriv")
    isWeb = True
    module: ClassVar[str]
    kind: ClassVar[str] = "novnc"
    isSecure: ClassVar[bool] = True

    def missing(self) -> str | None:
        """
        Also what npm brings.
        """
        names = self.module.removeprefix("./bundle/").removeprefix("./node_modules/")
        for name in names.split(","):
            package = "/".join(name.split("/")[: 2 if name.startswith("@") else 1])
            if not (MODULES / package).is_dir():
                return f"the npm package {package} (npm ci --prefix tests/interop)"
        return super().missing()

    async def connect(self, host: str, port: int, options: Options) -> WebSession:
        """
        Open a page.
        """
        refuse(self, options, "password", "username")
        session = WebSession(self, NoBridge(f"ws://{host}:{port}/websockify"))
        try:
            await bounded(self.reactor, 2 * PATIENCE, session.start(options))
        except BaseException:
            await session.close()
            raise
        return session


def webViewer(name: str, module: str, isSecure: bool = True) -> type[WebViewer]:
    """
    @param module: the path of a module for browsers, or what is to be bundled.

    @return: A kind of viewer.
    """
    bundle = not module.endswith(".js")
    made: dict[str, Any] = {
        "name": name,
        "module": f"./bundle/{module}" if bundle else f"./node_modules/{module}",
        "kind": "react" if "react" in module else "novnc",
        "isSecure": isSecure,
    }
    return type("WebViewer", (WebViewer,), made)


_REACT = "react,react-dom/client,react-vnc/dist/react-vnc.umd.cjs"

WEB_VIEWERS = tuple(
    webViewer(name + ("" if isSecure else " by http"), module, isSecure)
    for name, module in (
        ("noVNC 1.4", "novnc-1.4/core/rfb.js"),
        ("noVNC 1.5", "novnc-1.5/lib/rfb"),
        ("noVNC 1.6", "novnc-1.6/lib/rfb"),
        ("noVNC 1.7", "@novnc/novnc/core/rfb.js"),
        ("react-vnc 3.2", _REACT),
    )
    for isSecure in (True, False)
)
