# -*- test-case-name: tests.broadcast.test_edge -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
One screen for the viewers of many machines: an origin publishes it through Redis, and
any number of edges show it.

On the origin a L{Publisher} is a service beside the server; an edge serves a
L{BroadcastFramebuffer}.  Both are told by an L{Address} where they meet.  It needs
C{txredisapi} and C{hiredis}.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from txrfb.broadcast.address import Address
    from txrfb.broadcast.edge import BroadcastFramebuffer
    from txrfb.broadcast.publisher import Publisher

__all__ = ["Address", "BroadcastFramebuffer", "Publisher"]

#: The modules of the names, which are loaded when they are asked for.
_MODULES = {
    "Address": "address",
    "BroadcastFramebuffer": "edge",
    "Publisher": "publisher",
}

if not TYPE_CHECKING:  # which would take any name for one that is there

    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
