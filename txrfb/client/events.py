# -*- test-case-name: tests.client.test_connection -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The events of a viewer's connection, for what drives it.
"""

from __future__ import annotations

from dataclasses import dataclass

from txrfb._wire.events import Failed, Output, SealRequested, TLSRequested
from txrfb._wire.messages import Bell, ServerCutText, ServerInit, SetColorMapEntries
from txrfb._wire.messages.clipboard import CutTextPiece, ExtendedCutText
from txrfb._wire.messages.extensions import (
    AudioMessage,
    EndOfContinuousUpdates,
    Fence,
    Xvp,
)
from txrfb.geometry import Copy, Rectangle, Screen
from txrfb.pixels import Cursor

__all__ = [
    "Announced",
    "ClientEvent",
    "CursorChanged",
    "ExtensionEvent",
    "LedsChanged",
    "MotionsWanted",
    "NameChanged",
    "PointerMoved",
    "ScreensChanged",
    "SizeChanged",
    "Updated",
]


@dataclass(frozen=True, slots=True)
class Updated:
    """
    An update has been painted completely.

    @ivar rectangles: What was painted; many small ones may be one large one.
    @ivar copies: The rectangles of CopyRect among them, and where they come from.
    @ivar encodings: The encodings that were met, pseudo-encodings among them.
    """

    rectangles: tuple[Rectangle, ...]
    copies: tuple[Copy, ...]
    encodings: frozenset[int]


@dataclass(frozen=True, slots=True)
class SizeChanged:
    """
    The size of the screen has changed, and the canvas with it.
    """

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class NameChanged:
    """
    The desktop's name has changed.
    """

    name: str


@dataclass(frozen=True, slots=True)
class CursorChanged:
    """
    The shape of the pointer has changed.

    @ivar cursor: The shape; one without pixels if the pointer is invisible.
    """

    cursor: Cursor


@dataclass(frozen=True, slots=True)
class ScreensChanged:
    """
    The size of the desktop and its screens (rfbproto, ExtendedDesktopSize).

    @ivar reason: Whose doing it is: see L{txrfb.encodings.desktop}.
    @ivar status: 0, or why a request was refused; the rest has no meaning then.
    @ivar width: Columns.
    @ivar height: Rows.
    @ivar screens: How they are divided.
    """

    reason: int
    status: int
    width: int
    height: int
    screens: tuple[Screen, ...]


@dataclass(frozen=True, slots=True)
class PointerMoved:
    """
    The pointer was moved, and not by this viewer.
    """

    x: int
    y: int


@dataclass(frozen=True, slots=True)
class LedsChanged:
    """
    The state of the keyboard's lights.

    @ivar leds: Bit 0 is scroll lock, bit 1 num lock, bit 2 caps lock.
    """

    leds: int


@dataclass(frozen=True, slots=True)
class MotionsWanted:
    """
    The server wants relative motions of the pointer, or absolute positions.

    @ivar areWanted: Whether it wants motions.
    """

    areWanted: bool


@dataclass(frozen=True, slots=True)
class Announced:
    """
    The server understands the messages that belong to a pseudo-encoding.
    """

    encoding: int


#: What L{txrfb.client.RFBClient.extensionReceived} gets.
ExtensionEvent = (
    ScreensChanged
    | PointerMoved
    | LedsChanged
    | MotionsWanted
    | Announced
    | EndOfContinuousUpdates
    | Fence
    | Xvp
    | AudioMessage
)

ClientEvent = (
    Output
    | TLSRequested
    | SealRequested
    | ServerInit
    | Updated
    | SizeChanged
    | NameChanged
    | CursorChanged
    | ExtensionEvent
    | ExtendedCutText
    | CutTextPiece
    | SetColorMapEntries
    | Bell
    | ServerCutText
    | Failed
)
