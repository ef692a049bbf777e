# -*- test-case-name: tests.x11.test_devices -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Requests of the XInputExtension ("X Input Device Extension Protocol, version 2"): to be
told that a pointer moves, wherever that is.
"""

from __future__ import annotations

import struct
from enum import IntEnum

from txrfb.x11.wire import Extension, Packet, Question, Request

__all__ = ["NAME", "XInput"]

#: The name of the extension.
NAME = "XInputExtension"

#: All pointers, and what is told of them.
_ALL_MASTERS = 1
_RAW_MOTION = 17


class XInput(IntEnum):
    """
    The minor opcodes.
    """

    XISelectEvents = 46
    XIQueryVersion = 47


def queryVersion() -> Question[tuple[int, int]]:
    """
    Ask for the version, which must be done before all else.
    """

    def parse(packet: Packet) -> tuple[int, int]:
        major, minor = struct.unpack_from("<HH", packet, 8)
        return major, minor

    return Question(NAME, XInput.XIQueryVersion, parse, struct.pack("<HH", 2, 0))


def selectRawMotion(root: int, isWanted: bool) -> Request:
    """
    Be told of all motions, or of none.
    """
    mask = isWanted << _RAW_MOTION
    body = struct.pack("<IHxxHHI", root, 1, _ALL_MASTERS, 1, mask)
    return Request(NAME, XInput.XISelectEvents, body)


def isRawMotion(event: Packet, extension: Extension) -> bool:
    """
    @param event: An event of any extension.

    @param extension: What the server says of this one.
    """
    (kind,) = struct.unpack_from("<H", event, 8)
    return event[1] == extension.opcode and kind == _RAW_MOTION
