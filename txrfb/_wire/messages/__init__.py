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

from txrfb._wire.messages.parsing import Limits, Parsed
from txrfb._wire.messages.server import (
    SERVER_MESSAGES,
    Bell,
    FramebufferUpdate,
    RectangleHeader,
    ServerCutText,
    ServerInit,
    SetColorMapEntries,
    packHeader,
)
from txrfb._wire.messages.viewer import (
    CLIENT_MESSAGES,
    SHORT_MESSAGES,
    ClientCutText,
    ClientMessage,
    ExtendedCutText,
    FramebufferUpdateRequest,
    KeyEvent,
    PointerEvent,
    SetEncodings,
    SetPixelFormat,
)
from txrfb.error import ProtocolError

__all__ = [
    "CLIENT_MESSAGES",
    "SERVER_MESSAGES",
    "SHORT_MESSAGES",
    "Bell",
    "ClientCutText",
    "ClientMessage",
    "ExtendedCutText",
    "FramebufferUpdate",
    "FramebufferUpdateRequest",
    "KeyEvent",
    "Limits",
    "Parsed",
    "PointerEvent",
    "ProtocolError",
    "RectangleHeader",
    "ServerCutText",
    "ServerInit",
    "SetColorMapEntries",
    "SetEncodings",
    "SetPixelFormat",
    "packHeader",
]
