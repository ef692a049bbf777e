# -*- test-case-name: tests.client.test_connection -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What a viewer's connection tells whoever drives it.
"""

from __future__ import annotations

from dataclasses import dataclass

from txrfb._wire.events import Failed, Output, SealRequested, TLSRequested
from txrfb._wire.messages import (
    Bell,
    ExtendedCutText,
    ServerCutText,
    ServerInit,
    SetColorMapEntries,
)
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
    An update has been painted, to its last rectangle.

    @ivar rectangles: What was painted; many small ones may be one large one.
    @ivar copies: Which of it was copied from elsewhere in the picture.
    @ivar encodings: The encodings that were met, pseudo-encodings among them.
    """

    rectangles: tuple[Rectangle, ...]
    copies: tuple[Copy, ...]
    encodings: frozenset[int]


@dataclass(frozen=True, slots=True)
class SizeChanged:
    """
    The screen has another size, and the canvas is another one.
    """

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class NameChanged:
    """
    The desktop has another name.
    """

    name: str


@dataclass(frozen=True, slots=True)
class CursorChanged:
    """
    The pointer has another shape.

    @ivar cursor: The shape; one without pixels if the pointer is not to be seen.
    """

    cursor: Cursor


@dataclass(frozen=True, slots=True)
class ScreensChanged:
    """
    The server tells of size and screens (rfbproto, ExtendedDesktopSize).

    @ivar reason: Why, and
    @ivar status: what became of a wish: see L{txrfb.encodings.desktop}.  If it was
        not granted the rest means nothing.
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
    The pointer is elsewhere, and this viewer did not move it.
    """

    x: int
    y: int


@dataclass(frozen=True, slots=True)
class LedsChanged:
    """
    The lights of the keyboard.

    @ivar leds: Bit 0 is scroll lock, bit 1 num lock, bit 2 caps lock.
    """

    leds: int


@dataclass(frozen=True, slots=True)
class MotionsWanted:
    """
    The server wants to know how far the pointer moves, or where it is.

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
    | SetColorMapEntries
    | Bell
    | ServerCutText
    | Failed
)
