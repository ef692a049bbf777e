# -*- test-case-name: tests.record.test_fbs -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What a feed of bytes alone says first, and before a picture of another size: what a
server says to a viewer that speaks RFB 3.3 and need not log in.
"""

from __future__ import annotations

from txrfb._wire.messages import PseudoUpdate, RectangleHeader, ServerInit
from txrfb.encodings.constants import DESKTOP_SIZE
from txrfb.geometry import Rectangle
from txrfb.pixels import NATIVE

__all__ = ["opening", "wholeHead"]


def opening(width: int, height: int, name: str) -> bytes:
    """
    @return: What a server says first, before its messages: version 3.3, no login, and
        ServerInit (RFC 6143, sections 7.1.1, 7.1.2 and 7.3.2).
    """
    return b"RFB 003.003\n\0\0\0\1" + ServerInit(width, height, NATIVE, name).toBytes()


def wholeHead(width: int, height: int) -> bytes:
    """
    @return: What stands before a whole picture of another size: an update of
        DesktopSize alone (section 7.8.2), as some viewers read nothing of an update
        after that.
    """
    header = RectangleHeader(Rectangle(0, 0, width, height), DESKTOP_SIZE)
    return PseudoUpdate("DesktopSize", header).toBytes()
