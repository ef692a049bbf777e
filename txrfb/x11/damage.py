# -*- test-case-name: tests.x11.test_requests -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Requests of the DAMAGE extension ("The DAMAGE Extension"): what of a window was drawn
over.
"""

from __future__ import annotations

import struct
from enum import IntEnum

from txrfb.x11.wire import Packet, Question, Request

__all__ = ["NAME", "NOTIFY", "Damage"]

#: The name of the extension.
NAME = "DAMAGE"

#: Its event, counted from its first.
NOTIFY = 0

#: One event when there begins to be damage, and no other until it is taken away.
_NON_EMPTY = 3


class Damage(IntEnum):
    """
    The minor opcodes.
    """

    QueryVersion = 0
    Create = 1
    Destroy = 2
    Subtract = 3
    Add = 4


def queryVersion() -> Question[tuple[int, int]]:
    """
    Ask for the version, which must be done before all else.
    """

    def parse(packet: Packet) -> tuple[int, int]:
        major, minor = struct.unpack_from("<II", packet, 8)
        return major, minor

    return Question(NAME, Damage.QueryVersion, parse, struct.pack("<II", 1, 1))


def create(damage: int, drawable: int) -> Request:
    """
    Begin to collect damage.  All of the window belongs to it at first.
    """
    body = struct.pack("<IIBxxx", damage, drawable, _NON_EMPTY)
    return Request(NAME, Damage.Create, body)


def destroy(damage: int) -> Request:
    """
    Collect it no longer.
    """
    return Request(NAME, Damage.Destroy, struct.pack("<I", damage))


def subtract(damage: int, region: int = 0) -> Request:
    """
    Take all damage away.

    @param region: An XFIXES region that becomes what it was.
    """
    return Request(NAME, Damage.Subtract, struct.pack("<III", damage, 0, region))
