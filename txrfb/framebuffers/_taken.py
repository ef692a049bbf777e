# -*- test-case-name: tests.framebuffers.test_taken -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What people hand over: a framebuffer, or a picture of which one is made, and an
application, with the mistakes that can be made.
"""

from __future__ import annotations

import inspect
import sys
from typing import Any

from zope.interface.interface import Method

from txrfb import interfaces
from txrfb.framebuffers._base import BaseFramebuffer
from txrfb.geometry import checkSize
from txrfb.interfaces import IFramebuffer

__all__ = ["checkApplication", "framebufferOf", "sizeInWords", "sizeOf"]

#: What cannot be done without, where a class does not say that it implements all.
_NEEDED = (
    *("name", "width", "height", "stride", "pixels", "paddingVaries"),
    *("capture", "addListener", "removeListener", "pauseProducing", "resumeProducing"),
)

#: The interfaces that an application may provide.
_INTERFACES = (
    interfaces.IInputReceiver,
    interfaces.IKeycodeReceiver,
    interfaces.IPointerMotionReceiver,
    interfaces.IClipboard,
    interfaces.IRichClipboard,
    interfaces.IResizable,
    interfaces.IScreens,
    interfaces.IPowerControl,
    interfaces.IAudioSource,
    interfaces.IAudience,
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

        width, height = _sizeOfPicture(given)
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


def sizeOf(framebuffer: IFramebuffer) -> tuple[int, int] | None:
    """
    @return: Width and height of a framebuffer; C{None} if they are still to come, see
        L{IPrepared<interfaces.IPrepared>}.

    @raise ValueError: if there can be no such framebuffer.
    """
    try:
        width, height = framebuffer.width, framebuffer.height
        checkSize(width, height)
    except ValueError:
        if not interfaces.IPrepared.providedBy(framebuffer):
            raise
        return None
    return width, height


def sizeInWords(framebuffer: IFramebuffer) -> str:
    """
    @return: The size of a framebuffer, for people to read.
    """
    size = sizeOf(framebuffer)
    if size is None:
        return "of a size that is not known yet"
    return f"{size[0]}x{size[1]}"


def _isPicture(given: Any) -> bool:
    """
    @return: Whether it is an image of Pillow's or an array, without loading either.
    """
    kinds = (("PIL.Image", "Image"), ("numpy", "ndarray"))
    return any(
        module in sys.modules and isinstance(given, getattr(sys.modules[module], name))
        for module, name in kinds
    )


def _sizeOfPicture(picture: Any) -> tuple[int, int]:
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


#: What can provide no interface.
_NO_APPLICATIONS = (str, bytes, int, float, list, tuple, dict, set)


def checkApplication(part: Any) -> None:
    """
    Find what would otherwise only be seen by nothing happening.

    @raise ValueError: if a method of an interface would never be called, or could not
        be.
    """
    if part is not None and not any(i.providedBy(part) for i in _INTERFACES):
        if isinstance(part, type):
            raise ValueError(
                f"the application is the class {part.__name__}: make one of it,"
                f" {part.__name__}(...)"
            )
        if inspect.isroutine(part) or isinstance(part, _NO_APPLICATIONS):
            raise ValueError(
                f"{part!r} is no application; expected an object that provides some of"
                " the interfaces in txrfb.interfaces, such as IInputReceiver"
            )
    kind = type(part).__name__
    for interface in _INTERFACES:
        methods = [m for _, m in interface.namesAndDescriptions() if type(m) is Method]
        there = {m: getattr(part, m.__name__, None) for m in methods}
        found = [m for m in methods if callable(there[m])]
        if not interface.providedBy(part):
            # A viewer's methods of these names are ours, and mean something else; and a
            # class can leave out on purpose what its base has (implementer_only), or
            # learn what it can do.
            own = [m.__name__ for m in found if not _isOurs(there[m])]
            isOnPurpose = interfaces.IPrepared.providedBy(part) or any(
                map(interface.implementedBy, type(part).__mro__)
            )
            if own and not isOnPurpose:
                raise ValueError(
                    f"{kind} has {' and '.join(own)}, which would never be called:"
                    f" write @implementer(interfaces.{interface.__name__}) above the"
                    " class"
                )
        elif not found:
            names = " or ".join(m.__name__ for m in methods)
            raise ValueError(
                f"{kind} provides {interface.__name__}, but has no {names}"
            )
        else:
            for method in found:
                _checkArguments(kind, method, there[method])


def _checkArguments(kind: str, method: Method, there: Any) -> None:
    """
    @raise ValueError: if a method cannot be called with what it will be called with.
    """
    try:
        signature = inspect.signature(there)
    except (TypeError, ValueError):
        return  # which does not tell
    try:
        signature.bind(*method.positional)
    except TypeError:
        raise ValueError(
            f"{kind}.{method.__name__}{signature} cannot be called: it must take"
            f" ({', '.join(method.positional)})"
        ) from None


def _isOurs(method: Any) -> bool:
    module = getattr(method, "__module__", None)
    return isinstance(module, str) and module.partition(".")[0] == "txrfb"
