# -*- test-case-name: tests.web.test_frames -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
WebSocket frames (RFC 6455, section 5), as far as they are not wsproto's.
"""

from __future__ import annotations

__all__ = ["MAX_REASON", "binaryHeader", "shortened", "textFrame"]

#: The most bytes that a Close frame has for its reason: 125, but for the code.
MAX_REASON = 123

#: The first byte of a binary message of one frame.
_BINARY = 0x82


def binaryHeader(size: int) -> bytes:
    """
    @param size: How many bytes a message has, from 0 on.

    @return: What stands before it, if a server sends it in one frame.  The bytes
        themselves follow as they are: libraries would copy them.
    """
    if size < 126:
        return bytes((_BINARY, size))
    if size < 1 << 16:
        return b"\x82\x7e" + size.to_bytes(2, "big")
    return b"\x82\x7f" + size.to_bytes(8, "big")


def textFrame(content: bytes) -> bytes:
    """
    @param content: UTF-8.

    @return: A text message of one frame.
    """
    return b"\x81" + binaryHeader(len(content))[1:] + content


def shortened(reason: str) -> str:
    """
    @return: As much of a reason as a Close frame has room for.
    """
    encoded = reason.encode("utf-8", "replace")[:MAX_REASON]
    return encoded.decode("utf-8", "ignore")
