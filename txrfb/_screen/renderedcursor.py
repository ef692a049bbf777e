# -*- test-case-name: tests.screen.test_renderedcursor -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The pointer, drawn into the picture for viewers that do not draw it themselves.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from txrfb.encodings.values import checkInside
from txrfb.geometry import Rectangle
from txrfb.pixels import Cursor, Surface


class RenderedCursor(NamedTuple):
    """
    A cursor at a place.

    @ivar cursor: The cursor.
    @ivar x: The column that it points to.
    @ivar y: The row that it points to.
    """

    cursor: Cursor
    x: int
    y: int

    @property
    def rectangle(self) -> Rectangle:
        """
        What it covers; it may reach out of the screen.
        """
        cursor = self.cursor
        return Rectangle(
            self.x - cursor.hotspotX,
            self.y - cursor.hotspotY,
            cursor.width,
            cursor.height,
        )

    def compose(self, surface: Surface, rectangle: Rectangle) -> Surface:
        """
        @param surface: The picture without it; it stays as it is.

        @param rectangle: A part of the surface.

        @return: That part alone, with the cursor in it.

        @raise ValueError: if the rectangle is empty or not inside the surface: what
            was made of it would tell of more memory than there is.
        """
        checkInside(surface, rectangle)
        x, y, width, height = rectangle
        part = surface.array()[y : y + height, x : x + width].copy()
        own = self.rectangle
        common = own.intersection(rectangle)
        if not common.isEmpty:
            cursor: np.ndarray[Any, np.dtype[np.uint8]]
            cursor = np.frombuffer(self.cursor.pixels, np.uint8).reshape(
                own.height, own.width, 4
            )
            top, left = common.y - own.y, common.x - own.x
            over = cursor[top : top + common.height, left : left + common.width]
            top, left = common.y - y, common.x - x
            under = part[top : top + common.height, left : left + common.width, :3]
            alpha = over[..., 3:].astype(np.uint16)
            mixed = over[..., :3] * alpha + under * (255 - alpha) + 127
            under[...] = mixed // 255
        return Surface(part, width * 4, width, height)
