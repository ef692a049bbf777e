# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Viewers in browsers: RFB by WebSocket (RFC 6455), on a site of C{twisted.web}.

L{WebSocketResource} is for the site of an application, and so is L{ApiResource}, which
is for programs; C{twistd rfb --web} has a site of its own.  It needs C{wsproto}: C{pip
install txrfb[web]}.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from txrfb.web.api.resource import ApiResource
    from txrfb.web.forwarded import Forwarding
    from txrfb.web.origins import Origins
    from txrfb.web.resource import WebSocketResource

__all__ = ["ApiResource", "Forwarding", "Origins", "WebSocketResource"]

#: The modules of the names, which are loaded when they are asked for.
_MODULES = {
    "ApiResource": "api.resource",
    "Forwarding": "forwarded",
    "Origins": "origins",
    "WebSocketResource": "resource",
}

if not TYPE_CHECKING:  # which would take any name for one that is there

    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
