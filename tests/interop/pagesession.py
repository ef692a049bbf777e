# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Sessions of viewers that are pages in a headless Chromium.
"""

from __future__ import annotations

from tests.interop.bridge import Bridge, NoBridge
from tests.interop.devtools import Chromium, DevTools, Page
from tests.interop.processes import PATIENCE, ViewerFailed, bounded, until
from tests.interop.viewers import Session, Viewer


class PageSession(Session):
    """
    A page with a viewer, which comes to the server by a bridge.
    """

    def __init__(self, viewer: Viewer, bridge: Bridge | NoBridge) -> None:
        self.viewer = viewer
        self.bridge = bridge
        self.tools: DevTools | None = None
        self._page: Page | None = None

    @property
    def page(self) -> Page:
        """
        The page, while there is one.
        """
        if self._page is None:
            raise ViewerFailed("the page is closed")
        return self._page

    async def open(self, url: str) -> None:
        """
        Open the page, and wait for C{window.viewer}.
        """
        self.tools = await DevTools.connect(self.viewer.reactor, Chromium.shared())
        self._page = await Page.open(self.tools, url)

        async def loaded() -> bool:
            return bool(await self.page.evaluate("!!window.viewer"))

        if not await until(self.viewer.reactor, PATIENCE, loaded):
            raise ViewerFailed(f"the page with {self.viewer.name} does not load")

    async def close(self) -> None:
        """
        Close the page, then all that it used.
        """
        page, self._page = self._page, None
        tools, self.tools = self.tools, None
        try:
            if page is not None:
                await bounded(self.viewer.reactor, PATIENCE, page.close())
        finally:
            if tools is not None:
                await tools.close()
                await self.bridge.stop()
