# -*- test-case-name: tests.x11.test_requests -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Requests of the XFIXES extension ("The XFIXES Extension"): regions, and the shape of
the cursor.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import NamedTuple

from txrfb.geometry import Rectangle
from txrfb.x11.wire import Packet, Question, Request

__all__ = ["CURSOR_NOTIFY", "NAME", "SELECTION_NOTIFY", "CursorImage", "XFixes"]

#: The name of the extension.
NAME = "XFIXES"

#: Its events, counted from its first.
SELECTION_NOTIFY, CURSOR_NOTIFY = 0, 1

#: How wide or high a cursor may be that is taken for one.
_MAX_CURSOR = 1024


class XFixes(IntEnum):
    """
    The minor opcodes.
    """

    QueryVersion = 0
    SelectSelectionInput = 2
    SelectCursorInput = 3
    GetCursorImage = 4
    CreateRegion = 5
    DestroyRegion = 10
    SetRegion = 11
    FetchRegion = 19
    SetGCClipRegion = 20
    HideCursor = 29
    ShowCursor = 30


class CursorImage(NamedTuple):
    """
    The shape of the cursor, and where it is.

    @ivar serial: The shape's number.
    @ivar pixels: Blue, green, red and alpha, premultiplied.
    """

    x: int
    y: int
    width: int
    height: int
    hotspotX: int
    hotspotY: int
    serial: int
    pixels: bytes


def queryVersion() -> Question[tuple[int, int]]:
    """
    Ask for the version, which must be done before all else.
    """

    def parse(packet: Packet) -> tuple[int, int]:
        major, minor = struct.unpack_from("<II", packet, 8)
        return major, minor

    return Question(NAME, XFixes.QueryVersion, parse, struct.pack("<II", 5, 0))


def createRegion(region: int) -> Request:
    """
    Make a region that is empty.
    """
    return Request(NAME, XFixes.CreateRegion, struct.pack("<I", region))


def destroyRegion(region: int) -> Request:
    """
    Free a region.
    """
    return Request(NAME, XFixes.DestroyRegion, struct.pack("<I", region))


def setGCClipRegion(gc: int, region: int) -> Request:
    """
    Have a graphics context draw only inside of a region.
    """
    return Request(NAME, XFixes.SetGCClipRegion, struct.pack("<IIhh", gc, region, 0, 0))


def parseRegion(packet: Packet) -> list[Rectangle]:
    """
    @param packet: A reply to FetchRegion.

    @return: The rectangles of the region.  Those at places below 0 are none of the
        screen's.
    """
    return [Rectangle(*fields) for fields in struct.iter_unpack("<hhHH", packet[32:])]


def fetchRegion(region: int) -> Question[list[Rectangle]]:
    """
    Ask for what belongs to a region.
    """
    return Question(NAME, XFixes.FetchRegion, parseRegion, struct.pack("<I", region))


def selectCursorInput(window: int, isWanted: bool) -> Request:
    """
    Be told when the cursor's shape changes.
    """
    body = struct.pack("<II", window, isWanted)
    return Request(NAME, XFixes.SelectCursorInput, body)


def getCursorImage() -> Question[CursorImage]:
    """
    Ask for the shape of the cursor.
    """

    def parse(packet: Packet) -> CursorImage:
        x, y, width, height, *rest = struct.unpack_from("<hhHHHHI", packet, 8)
        pixels = packet[32 : 32 + width * height * 4]
        if width > _MAX_CURSOR or height > _MAX_CURSOR:
            raise ValueError(f"a cursor of {width}x{height}")
        if len(pixels) < width * height * 4:
            raise ValueError(f"{len(pixels)} bytes for a cursor of {width}x{height}")
        hotspotX, hotspotY, serial = rest
        return CursorImage(x, y, width, height, hotspotX, hotspotY, serial, pixels)

    return Question(NAME, XFixes.GetCursorImage, parse)
