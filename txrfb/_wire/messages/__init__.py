# -*- test-case-name: tests.wire.test_messages -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The messages of RFB (RFC 6143, sections 7.3.2, 7.5 and 7.6) as values, to bytes and
back: L{txrfb._wire.messages.viewer} has what viewers send,
L{txrfb._wire.messages.server} what servers send.

Each class has C{toBytes}, and C{parse}: a generator that asks for the bytes after the
message's type (see L{txrfb._wire.stepper}) and returns the message.
"""

from __future__ import annotations

from txrfb._wire.messages.parsing import Limits, Message, Parsed
from txrfb._wire.messages.server import (
    HEADER_SIZE,
    SERVER_MESSAGES,
    Bell,
    FramebufferUpdate,
    PseudoUpdate,
    RectangleHeader,
    ServerCutText,
    ServerInit,
    SetColorMapEntries,
    packHeader,
    packUpdate,
)
from txrfb._wire.messages.viewer import (
    CLIENT_MESSAGES,
    SHORT_MESSAGES,
    ClientCutText,
    ClientMessage,
    FramebufferUpdateRequest,
    KeyEvent,
    PointerEvent,
    SetEncodings,
    SetPixelFormat,
)

__all__ = [
    "CLIENT_MESSAGES",
    "HEADER_SIZE",
    "SERVER_MESSAGES",
    "SHORT_MESSAGES",
    "Bell",
    "ClientCutText",
    "ClientMessage",
    "FramebufferUpdate",
    "FramebufferUpdateRequest",
    "KeyEvent",
    "Limits",
    "Message",
    "Parsed",
    "PointerEvent",
    "PseudoUpdate",
    "RectangleHeader",
    "ServerCutText",
    "ServerInit",
    "SetColorMapEntries",
    "SetEncodings",
    "SetPixelFormat",
    "packHeader",
    "packUpdate",
]
