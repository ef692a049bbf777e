# -*- test-case-name: tests.web.test_page -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The page that browsers are shown: C{browser/} has its sources, and C{python setup.py
build_web} bundles them with noVNC into C{built/}, as does the build of a wheel.
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

from twisted.web.http import CACHED, Request
from twisted.web.resource import Resource
from twisted.web.static import Data

from txrfb.web.visitors import headerOf

__all__ = ["BUILT", "pageResources"]

#: Where the page is, if it was built.
BUILT = Path(__file__).parent / "built"

#: What of it is served as it is, and as what.
_FILES = {
    "page.js": "text/javascript; charset=utf-8",
    "style.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "LICENSE.noVNC": "text/plain; charset=utf-8",
    "LICENSE.MPL-2.0": "text/plain; charset=utf-8",
    "LICENSE.pako": "text/plain; charset=utf-8",
    "AUTHORS.noVNC": "text/plain; charset=utf-8",
}

#: Where the page reads from where the WebSocket is.
_PLACE = "@WEBSOCKET@"

_WITHOUT = """\
This is a VNC server for viewers in browsers, such as noVNC.
Its WebSocket is at {path}, below this address.

There is no page here, as txrfb was installed without.  In a checkout, this builds it:

    python setup.py build_web
"""


def pageResources(path: str, built: Path = BUILT) -> dict[str, Any]:
    """
    @param path: Where the WebSocket is, below the page.

    @param built: Where the page is.

    @return: What belongs to the page, by its path.
    """
    index = built / "index.html"
    if not index.exists():
        text = _WITHOUT.format(path=path)
        return {"": Data(text.encode("utf-8"), "text/plain; charset=utf-8")}
    text = index.read_text("utf-8").replace(_PLACE, path)
    resources: dict[str, Any] = {
        "": Data(text.encode("utf-8"), "text/html; charset=utf-8")
    }
    for name, kind in _FILES.items():
        if (built / name).exists():
            resources[name] = _Part(built / name, kind)
    return resources


class _Part(Resource):
    """
    A part of the page, which stays as it was when the server began.
    """

    isLeaf = False

    def __init__(self, path: Path, kind: str) -> None:
        """
        @param path: Where it is.

        @param kind: Its content type.
        """
        Resource.__init__(self)
        self._data = path.read_bytes()
        self._packed = gzip.compress(self._data, mtime=0)
        self._kind = kind
        self._when = path.stat().st_mtime

    def render_GET(self, request: Request) -> bytes:
        """
        Send it, if the browser does not have it.
        """
        request.setHeader("content-type", self._kind)
        request.setHeader("vary", "accept-encoding")
        if request.setLastModified(self._when) is CACHED:
            return b""
        if "gzip" in (headerOf(request, "accept-encoding") or ""):
            request.setHeader("content-encoding", "gzip")
            return self._packed
        return self._data
