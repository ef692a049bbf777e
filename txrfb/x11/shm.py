# -*- test-case-name: tests.x11.test_requests -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Requests of the MIT-SHM extension ("The MIT Shared Memory Extension"): memory that the
server writes pixels into.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import NamedTuple

from txrfb.x11.wire import Packet, Question, Request

__all__ = ["NAME", "Shm", "ShmVersion"]

#: The name of the extension.
NAME = "MIT-SHM"

#: All planes, and whole pixels.
_ALL_PLANES, _Z_PIXMAP = 0xFFFFFFFF, 2


class Shm(IntEnum):
    """
    The minor opcodes.
    """

    QueryVersion = 0
    Attach = 1
    Detach = 2
    PutImage = 3
    GetImage = 4
    CreatePixmap = 5
    AttachFd = 6
    CreateSegment = 7


class ShmVersion(NamedTuple):
    """
    What the extension can do.

    @ivar hasPixmaps: Whether pixmaps can be in shared memory.
    """

    major: int
    minor: int
    hasPixmaps: bool

    @property
    def takesDescriptors(self) -> bool:
        """
        Whether it knows AttachFd.
        """
        return (self.major, self.minor) >= (1, 2)


def queryVersion() -> Question[ShmVersion]:
    """
    Ask for the version.
    """

    def parse(packet: Packet) -> ShmVersion:
        major, minor = struct.unpack_from("<HH", packet, 8)
        return ShmVersion(major, minor, bool(packet[1]))

    return Question(NAME, Shm.QueryVersion, parse)


def attachFd(segment: int) -> Request:
    """
    Have the server map the file whose descriptor goes with this request.
    """
    return Request(NAME, Shm.AttachFd, struct.pack("<IBxxx", segment, 0))


def detach(segment: int) -> Request:
    """
    Have the server map it no longer.
    """
    return Request(NAME, Shm.Detach, struct.pack("<I", segment))


def createPixmap(
    pixmap: int, drawable: int, width: int, height: int, depth: int, segment: int
) -> Request:
    """
    Make a pixmap whose pixels are in the memory, from its beginning.
    """
    body = struct.pack(
        "<IIHHBxxxII", pixmap, drawable, width, height, depth, segment, 0
    )
    return Request(NAME, Shm.CreatePixmap, body)


def getImage(
    drawable: int, x: int, y: int, width: int, height: int, segment: int, offset: int
) -> Question[None]:
    """
    Have pixels written into the memory, in rows without anything between them.
    """
    body = struct.pack("<IhhHHI", drawable, x, y, width, height, _ALL_PLANES)
    body += struct.pack("<BxxxII", _Z_PIXMAP, segment, offset)
    return Question(NAME, Shm.GetImage, lambda packet: None, body)
