# -*- test-case-name: tests.framebuffers.test_mapped -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
C{mmap:} on the command line.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IReactorTime

from txrfb.framebuffers.layouts import Layout
from txrfb.framebuffers.mapped import MappedFramebuffer
from txrfb.framebuffers.shared import SharedFramebuffer

__all__ = ["framebufferFromString"]

_USAGE = (
    "expected mmap:FILE,width=WIDTH,height=HEIGHT with stride=, offset=, format=, rate="
    " or socket= after commas; or mmap:FILE,format=xwd; or mmap:FILE,socket=PATH"
)

#: The format of a file that says itself what is in it.
XWD = "xwd"


def _number(name: str, value: str, kind: Any = int) -> Any:
    try:
        return int(value, 0) if kind is int else kind(value)
    except ValueError:
        raise ValueError(f"{name}={value}: expected a number; {_USAGE}") from None


def framebufferFromString(reactor: IReactorTime, argument: str) -> MappedFramebuffer:
    """
    @param argument: A file, and options after commas:
        C{"/dev/shm/guest,width=1024,height=768,offset=0x3c00000"}.

    @raise ValueError: if it is anything else.
    """
    given: dict[str, str] = {}
    path = argument
    while True:
        rest, comma, option = path.rpartition(",")
        name, equals, value = option.partition("=")
        if not (comma and equals and name in _OPTIONS):
            break
        path = rest
        given[name] = value
    if not path:
        raise ValueError(f"there is no file; {_USAGE}")
    socket = given.pop("socket", None)
    rate = _number("rate", given.pop("rate", "60"), float)
    isXWD = given.get("format") == XWD
    layout = None
    if isXWD:
        del given["format"]
        if given:
            raise ValueError(f"an XWD file says itself its {', '.join(given)}")
    elif "width" in given or "height" in given or socket is None:
        missing = [name for name in ("width", "height") if name not in given]
        if missing:
            raise ValueError(f"{' and '.join(missing)} missing; {_USAGE}")
        format = given.pop("format", "XR24")
        numbers = {name: _number(name, value) for name, value in given.items()}
        layout = Layout.checked(**numbers, format=format)
    elif given:
        raise ValueError(f"{', '.join(given)} without width and height; {_USAGE}")
    if socket is None:
        return MappedFramebuffer(path, layout, isXWD=isXWD, rate=rate, reactor=reactor)
    return SharedFramebuffer(
        path, socket, layout, isXWD=isXWD, rate=rate, reactor=reactor
    )


#: The options.
_OPTIONS = ("width", "height", "stride", "offset", "format", "rate", "socket")
