# -*- test-case-name: tests.x11.test_requests -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Requests of the core protocol ("X Window System Protocol", chapter 9): those that are
needed here.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import NamedTuple

from txrfb.x11.wire import CORE, Extension, Packet, Question, Request

__all__ = [
    "CONFIGURE_NOTIFY",
    "STRUCTURE_NOTIFY_MASK",
    "Core",
    "Geometry",
    "copyArea",
    "createGC",
    "freeGC",
    "freePixmap",
    "getGeometry",
    "getImage",
    "getInputFocus",
    "grabServer",
    "internAtom",
    "queryExtension",
    "selectEvents",
    "ungrabServer",
]


class Core(IntEnum):
    """
    The opcodes.
    """

    CreateWindow = 1
    ChangeWindowAttributes = 2
    GetWindowAttributes = 3
    DestroyWindow = 4
    MapWindow = 8
    UnmapWindow = 10
    ConfigureWindow = 12
    GetGeometry = 14
    QueryTree = 15
    InternAtom = 16
    GetAtomName = 17
    ChangeProperty = 18
    DeleteProperty = 19
    GetProperty = 20
    SetSelectionOwner = 22
    GetSelectionOwner = 23
    ConvertSelection = 24
    SendEvent = 25
    GrabServer = 36
    UngrabServer = 37
    QueryPointer = 38
    WarpPointer = 41
    SetInputFocus = 42
    GetInputFocus = 43
    QueryKeymap = 44
    CreatePixmap = 53
    FreePixmap = 54
    CreateGC = 55
    ChangeGC = 56
    FreeGC = 60
    CopyArea = 62
    PutImage = 72
    GetImage = 73
    QueryExtension = 98
    ChangeKeyboardMapping = 100
    GetKeyboardMapping = 101
    ChangeKeyboardControl = 102
    GetKeyboardControl = 103
    Bell = 104
    SetPointerMapping = 116
    GetPointerMapping = 117
    SetModifierMapping = 118
    GetModifierMapping = 119


#: What asks for events of a window's size.
STRUCTURE_NOTIFY_MASK = 1 << 17

#: The number of the event of a window's size.
CONFIGURE_NOTIFY = 22

#: The bits of values of a GC and of a window.
_SUBWINDOW_MODE, _GRAPHICS_EXPOSURES = 1 << 15, 1 << 16
_INCLUDE_INFERIORS = 1
_EVENT_MASK = 1 << 11

#: All planes, and whole pixels.
_ALL_PLANES, _Z_PIXMAP = 0xFFFFFFFF, 2


class Geometry(NamedTuple):
    """
    Where a drawable is, and how large.
    """

    root: int
    depth: int
    x: int
    y: int
    width: int
    height: int


def queryExtension(name: str) -> Question[Extension | None]:
    """
    Ask for an extension, of which there may be none.
    """

    def parse(packet: Packet) -> Extension | None:
        isPresent, *numbers = struct.unpack_from("<BBBB", packet, 8)
        return Extension(*numbers) if isPresent else None

    data = name.encode("latin-1")
    body = struct.pack("<Hxx", len(data)) + data
    return Question(CORE, Core.QueryExtension, parse, body)


def internAtom(name: str) -> Question[int]:
    """
    Ask for the atom of a name, and make it if there is none.
    """

    def parse(packet: Packet) -> int:
        (atom,) = struct.unpack_from("<I", packet, 8)
        return int(atom)

    data = name.encode("latin-1")
    return Question(CORE, Core.InternAtom, parse, struct.pack("<Hxx", len(data)) + data)


def getInputFocus() -> Question[None]:
    """
    Ask for something cheap: when the answer is there, all before it was done.
    """
    return Question(CORE, Core.GetInputFocus, lambda packet: None)


def getGeometry(drawable: int) -> Question[Geometry]:
    """
    Ask for the size of a window or a pixmap.
    """

    def parse(packet: Packet) -> Geometry:
        root, *place = struct.unpack_from("<IhhHH", packet, 8)
        return Geometry(root, packet[1], *place)

    return Question(CORE, Core.GetGeometry, parse, struct.pack("<I", drawable))


def selectEvents(window: int, mask: int) -> Request:
    """
    Be told of what happens to a window.
    """
    body = struct.pack("<III", window, _EVENT_MASK, mask)
    return Request(CORE, Core.ChangeWindowAttributes, body)


def createGC(gc: int, drawable: int) -> Request:
    """
    Make a graphics context to copy windows with all that is in them, without events
    of what could not be copied.
    """
    mask = _SUBWINDOW_MODE | _GRAPHICS_EXPOSURES
    body = struct.pack("<IIIII", gc, drawable, mask, _INCLUDE_INFERIORS, 0)
    return Request(CORE, Core.CreateGC, body)


def freeGC(gc: int) -> Request:
    """
    Free a graphics context.
    """
    return Request(CORE, Core.FreeGC, struct.pack("<I", gc))


def freePixmap(pixmap: int) -> Request:
    """
    Free a pixmap.
    """
    return Request(CORE, Core.FreePixmap, struct.pack("<I", pixmap))


def copyArea(source: int, target: int, gc: int, width: int, height: int) -> Request:
    """
    Copy what is at the top left of one drawable to the same place of another.
    """
    body = struct.pack("<IIIhhhhHH", source, target, gc, 0, 0, 0, 0, width, height)
    return Request(CORE, Core.CopyArea, body)


def getImage(
    drawable: int, x: int, y: int, width: int, height: int, size: int = 4
) -> Question[memoryview]:
    """
    Ask for pixels: rows that begin at multiples of four bytes.

    For what is not inside of the window there is an error (BadMatch).

    @param size: Bytes a pixel.
    """

    def parse(packet: Packet) -> memoryview:
        pixels = memoryview(packet)[32:]
        if len(pixels) < ((width * size + 3) & ~3) * height:
            raise ValueError(f"{len(pixels)} bytes for {width}x{height} pixels")
        return pixels

    body = struct.pack("<IhhHHI", drawable, x, y, width, height, _ALL_PLANES)
    return Question(CORE, Core.GetImage, parse, body, _Z_PIXMAP)


def grabServer() -> Request:
    """
    Keep all other clients waiting.
    """
    return Request(CORE, Core.GrabServer)


def ungrabServer() -> Request:
    """
    Let them go on.
    """
    return Request(CORE, Core.UngrabServer)
