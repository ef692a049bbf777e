# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Recordings of sessions, in the format FBS of rfbproxy.

A L{Recorder} writes them while a screen is served; a L{RecordingFramebuffer} plays one.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from txrfb.record.player import RecordingFramebuffer
    from txrfb.record.recorder import Recorder

__all__ = ["Recorder", "RecordingFramebuffer"]

#: The modules of the names, which are loaded when they are asked for.
_MODULES = {"Recorder": "recorder", "RecordingFramebuffer": "player"}

if not TYPE_CHECKING:  # which would take any name for one that is there

    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
