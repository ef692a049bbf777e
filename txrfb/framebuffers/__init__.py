# -*- test-case-name: tests.framebuffers.test_framebuffers -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Framebuffers: where pixels come from.

L{MemoryFramebuffer} is painted on by the application, L{ImageFramebuffer} shows a file,
L{TestCard} shows whether pixels, time and input arrive; L{MappedFramebuffer} and
L{SharedFramebuffer} show the memory of another program, L{X11Framebuffer} shows an X
display and L{RunFramebuffer} a program on a display of its own; L{CropFramebuffer} and
L{ScaledFramebuffer} show a part of another framebuffer, and another size of it.

Their modules, and with them numpy and Pillow, are imported when a class is asked for:
every start of C{twistd}, for whatever service, imports this package with its plugins.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from txrfb.framebuffers._maker import FramebufferMaker, splitSize

if TYPE_CHECKING:
    from txrfb.framebuffers.crop import CropFramebuffer
    from txrfb.framebuffers.image import ImageFramebuffer
    from txrfb.framebuffers.layouts import Layout
    from txrfb.framebuffers.mapped import MappedFramebuffer
    from txrfb.framebuffers.memory import Canvas, MemoryFramebuffer
    from txrfb.framebuffers.run import RunFramebuffer
    from txrfb.framebuffers.scale import ScaledFramebuffer
    from txrfb.framebuffers.shared import SharedFramebuffer
    from txrfb.framebuffers.testcard import TestCard
    from txrfb.framebuffers.x11 import X11Framebuffer

__all__ = [
    "Canvas",
    "CropFramebuffer",
    "FramebufferMaker",
    "ImageFramebuffer",
    "Layout",
    "MappedFramebuffer",
    "MemoryFramebuffer",
    "RunFramebuffer",
    "ScaledFramebuffer",
    "SharedFramebuffer",
    "TestCard",
    "X11Framebuffer",
    "splitSize",
]

#: The modules of the classes that are imported when they are asked for.
_MODULES = {
    "Canvas": "memory",
    "CropFramebuffer": "crop",
    "ImageFramebuffer": "image",
    "Layout": "layouts",
    "MappedFramebuffer": "mapped",
    "MemoryFramebuffer": "memory",
    "RunFramebuffer": "run",
    "ScaledFramebuffer": "scale",
    "SharedFramebuffer": "shared",
    "TestCard": "testcard",
    "X11Framebuffer": "x11",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
