# -*- test-case-name: tests.web.test_site -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The page that browsers are shown.
"""

from __future__ import annotations

from typing import Any

from twisted.web.static import Data

__all__ = ["pageResources"]


def pageResources(path: str) -> dict[str, Any]:
    """
    @param path: Where the WebSocket is, below the page.

    @return: What belongs to the page, by its path.
    """
    text = (
        "This is a VNC server for viewers in browsers, such as noVNC.\n"
        f"Its WebSocket is at {path}, below this address.\n"
    )
    return {"": Data(text.encode("utf-8"), "text/plain; charset=utf-8")}
