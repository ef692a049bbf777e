# -*- test-case-name: tests.test_api -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A VNC (RFB) server for Twisted: pixels in a process, seen and controlled from afar.

What a small program needs can be imported from here::

    from txrfb import MemoryFramebuffer, serve

    serve(MemoryFramebuffer(800, 600))

The rest is in L{txrfb.protocol}, L{txrfb.interfaces}, L{txrfb.geometry},
L{txrfb.pixels}, L{txrfb.keysyms}, L{txrfb.error}, L{txrfb.framebuffers},
L{txrfb.feeds}, L{txrfb.broadcast}, L{txrfb.record}, L{txrfb.encodings},
L{txrfb.security}, L{txrfb.client}, L{txrfb.desktop}, L{txrfb.reverse},
L{txrfb.testing}, L{txrfb.web} and L{txrfb.log}: the names in their C{__all__} are
public, and no others.

A module is loaded when one of its names is asked for: every start of C{twistd}, for
whatever service, imports this package with its plugins.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from txrfb._version import __version__

if TYPE_CHECKING:
    from txrfb.client import RFBClient, connectViewer
    from txrfb.error import RFBError
    from txrfb.framebuffers import ImageFramebuffer, MemoryFramebuffer
    from txrfb.geometry import Rectangle, Region
    from txrfb.pixels import Cursor
    from txrfb.protocol import RFBFactory, serve
    from txrfb.security import makeGate, makePortal, portalFor

__all__ = [
    "Cursor",
    "ImageFramebuffer",
    "MemoryFramebuffer",
    "RFBClient",
    "RFBError",
    "RFBFactory",
    "Rectangle",
    "Region",
    "__version__",
    "connectViewer",
    "makeGate",
    "makePortal",
    "portalFor",
    "serve",
]

#: The modules of the names that are loaded when they are asked for.
_MODULES = {
    "Cursor": "pixels",
    "ImageFramebuffer": "framebuffers",
    "MemoryFramebuffer": "framebuffers",
    "RFBClient": "client",
    "RFBError": "error",
    "RFBFactory": "protocol",
    "Rectangle": "geometry",
    "Region": "geometry",
    "connectViewer": "client",
    "makeGate": "security",
    "makePortal": "security",
    "portalFor": "security",
    "serve": "protocol",
}

if not TYPE_CHECKING:  # which would take any name for one that is there

    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
