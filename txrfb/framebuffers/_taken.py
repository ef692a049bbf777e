# -*- test-case-name: tests.framebuffers.test_taken -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What people hand over for a framebuffer: one, or a picture of which one is made.
"""

from __future__ import annotations

import sys
from typing import Any

from txrfb.framebuffers._base import BaseFramebuffer
from txrfb.interfaces import IFramebuffer

__all__ = ["framebufferOf"]

#: What cannot be done without, where a class does not say that it implements all.
_NEEDED = (
    *("name", "width", "height", "stride", "pixels", "paddingVaries"),
    *("capture", "addListener", "removeListener", "pauseProducing", "resumeProducing"),
)


def framebufferOf(given: Any) -> IFramebuffer:
    """
    @param given: A framebuffer; or a Pillow image, or an array of C{uint8} with red,
        green and blue, of which a
        L{MemoryFramebuffer<txrfb.framebuffers.memory.MemoryFramebuffer>} is made.

    @raise ValueError: if it is neither, saying what to do.
    """
    if isinstance(given, type):
        raise ValueError(
            f"the framebuffer is the class {given.__name__}: make one of it first,"
            f" {given.__name__}(...)"
        )
    if isinstance(given, BaseFramebuffer) and not hasattr(given, "_listeners"):
        raise ValueError(
            f"{_nameOf(given)}.__init__ does not call that of its base class:"
            " super().__init__(width, height)"
        )
    if IFramebuffer.providedBy(given):
        framebuffer: IFramebuffer = given
        return framebuffer
    if _isPicture(given):
        from txrfb.framebuffers.memory import MemoryFramebuffer

        width, height = _sizeOf(given)
        made = MemoryFramebuffer(width, height)
        made.paste(given)
        return made
    missing = [name for name in _NEEDED if not hasattr(given, name)]
    if len(missing) == len(_NEEDED) or isinstance(
        given, bytes | bytearray | memoryview
    ):
        raise ValueError(
            f"{given!r:.80} is no framebuffer; expected a MemoryFramebuffer or another"
            " IFramebuffer, a Pillow image or an array.  To show other memory:"
            " MemoryFramebuffer.fromBuffer(buffer, width, height)"
        )
    if missing:
        raise ValueError(
            f"{_nameOf(given)} is no framebuffer: it has no {', '.join(missing)};"
            " see txrfb.interfaces.IFramebuffer"
        )
    return given  # type: ignore[no-any-return]


def _isPicture(given: Any) -> bool:
    """
    @return: Whether it is an image of Pillow's or an array, without loading either.
    """
    kinds = (("PIL.Image", "Image"), ("numpy", "ndarray"))
    return any(
        module in sys.modules and isinstance(given, getattr(sys.modules[module], name))
        for module, name in kinds
    )


def _sizeOf(picture: Any) -> tuple[int, int]:
    """
    @return: Width and height.

    @raise ValueError: if it is an array that is no picture.
    """
    if not hasattr(picture, "shape"):
        width, height = picture.size
    elif picture.ndim != 3:
        raise ValueError(
            f"an array of {picture.dtype}, shape {picture.shape}: uint8 of shape"
            " (height, width, 3 or 4) is wanted"
        )
    else:
        height, width, _ = picture.shape
    return width, height


def _nameOf(given: object) -> str:
    return type(given).__name__
