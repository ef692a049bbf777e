# -*- test-case-name: tests.test_client_connection -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What a viewer's connection tells whoever drives it.
"""

from __future__ import annotations

from dataclasses import dataclass

from txrfb.connection import Failed, Output, SealRequested, TLSRequested
from txrfb.geometry import Rectangle
from txrfb.messages import Bell, ServerCutText, ServerInit, SetColorMapEntries
from txrfb.pixels import Cursor
from txrfb.plan import Copy


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


ClientEvent = (
    Output
    | TLSRequested
    | SealRequested
    | ServerInit
    | Updated
    | SizeChanged
    | NameChanged
    | CursorChanged
    | SetColorMapEntries
    | Bell
    | ServerCutText
    | Failed
)
