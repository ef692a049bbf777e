# -*- test-case-name: tests.x11.test_devices -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Requests of the core protocol that are about keyboard and pointer ("X Window System
Protocol", chapter 9).
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from txrfb.x11.core import Core
from txrfb.x11.wire import CORE, Packet, Question, Request

__all__ = [
    "MAPPING_NOTIFY",
    "PointerPlace",
    "getKeyboardControl",
    "getPointerMapping",
    "isPointerMapping",
    "queryKeymap",
    "queryPointer",
    "setAutoRepeat",
]

#: The number of the event that the keyboard or the buttons have changed, and what it
#: says of buttons.
MAPPING_NOTIFY = 34
_POINTER = 2

#: The bit of AutoRepeatMode among the values of ChangeKeyboardControl.
_AUTO_REPEAT = 1 << 7


class PointerPlace(NamedTuple):
    """
    Where the pointer is.

    @ivar isHere: Whether it is on the screen of the window that was asked of.
    @ivar x: The column on that screen.
    @ivar y: The row.
    """

    isHere: bool
    x: int
    y: int


def parsePointer(packet: Packet) -> PointerPlace:
    """
    @param packet: A reply to QueryPointer.
    """
    x, y = struct.unpack_from("<hh", packet, 16)
    return PointerPlace(bool(packet[1]), x, y)


def queryPointer(window: int) -> Question[PointerPlace]:
    """
    Ask where the pointer is.
    """
    body = struct.pack("<I", window)
    return Question(CORE, Core.QueryPointer, parsePointer, body)


def queryKeymap() -> Question[frozenset[int]]:
    """
    Ask which keys are down.
    """

    def parse(packet: Packet) -> frozenset[int]:
        bits = int.from_bytes(packet[8:40], "little")
        return frozenset(code for code in range(256) if bits >> code & 1)

    return Question(CORE, Core.QueryKeymap, parse)


def getPointerMapping() -> Question[dict[int, int]]:
    """
    Ask which buttons do what the buttons 1, 2, 3... usually do: the left, the middle,
    the right one.
    """

    def parse(packet: Packet) -> dict[int, int]:
        mapping: dict[int, int] = {}
        for button, meant in enumerate(packet[32 : 32 + packet[1]], 1):
            if meant:
                mapping.setdefault(meant, button)
        return mapping

    return Question(CORE, Core.GetPointerMapping, parse)


def isPointerMapping(event: Packet) -> bool:
    """
    @param event: A MappingNotify.

    @return: Whether it is about buttons.
    """
    return event[4] == _POINTER


def getKeyboardControl() -> Question[bool]:
    """
    Ask whether keys repeat that are held down.
    """

    def parse(packet: Packet) -> bool:
        return bool(packet[1])

    return Question(CORE, Core.GetKeyboardControl, parse)


def setAutoRepeat(isOn: bool) -> Request:
    """
    Have keys repeated that are held down, or not.
    """
    body = struct.pack("<II", _AUTO_REPEAT, isOn)
    return Request(CORE, Core.ChangeKeyboardControl, body)
