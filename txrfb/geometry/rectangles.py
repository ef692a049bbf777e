# -*- test-case-name: tests.test_geometry -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Sizes and rectangles.
"""

from __future__ import annotations

from typing import NamedTuple, SupportsIndex

__all__ = ["MAX_PIXELS", "Copy", "ExactRectangle", "Rectangle", "Screen", "checkSize"]

#: The most pixels that a framebuffer may have: four screens of 7680x4320.  Each is
#: four bytes in the framebuffer, and four more in the copy of it that is compared.
MAX_PIXELS = 1 << 27


def checkSize(width: int, height: int) -> None:
    """
    @raise ValueError: if there can be no framebuffer of this size.
    """
    # First what it is as a rule: to look for a method takes 40 us.
    if not all(
        isinstance(n, (int, SupportsIndex)) and 0 < n < 65536 for n in (width, height)
    ):
        raise ValueError(
            f"{width}x{height} pixels: width and height are from 1 to 65535"
        )
    if width * height > MAX_PIXELS:
        raise ValueError(
            f"{width}x{height} pixels: more than the {MAX_PIXELS} that are the most"
        )


class Rectangle(NamedTuple):
    """
    A rectangle of pixels; C{x} grows to the right and C{y} downwards.

    @ivar x: The leftmost column that belongs to it.
    @ivar y: The topmost row that belongs to it.
    @ivar width: How many columns it has.
    @ivar height: How many rows it has.
    """

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """
        The first column to the right that no longer belongs to it.
        """
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """
        The first row below that no longer belongs to it.
        """
        return self.y + self.height

    @property
    def area(self) -> int:
        """
        How many pixels it has.
        """
        return self.width * self.height

    @property
    def isEmpty(self) -> bool:
        """
        Whether there is no pixel in it.
        """
        return self.width <= 0 or self.height <= 0

    def intersection(self, other: Rectangle) -> Rectangle:
        """
        @return: The pixels that both have; an empty rectangle (of width and
            height zero) if there are none.
        """
        x = max(self.x, other.x)
        y = max(self.y, other.y)
        width = min(self.x + self.width, other.x + other.width) - x
        height = min(self.y + self.height, other.y + other.height) - y
        if width <= 0 or height <= 0:
            return Rectangle(x, y, 0, 0)
        return Rectangle(x, y, width, height)

    def union(self, other: Rectangle) -> Rectangle:
        """
        @return: The smallest rectangle that has the pixels of both.
        """
        if self.isEmpty:
            return other
        if other.isEmpty:
            return self
        x = min(self.x, other.x)
        y = min(self.y, other.y)
        return Rectangle(
            x,
            y,
            max(self.x + self.width, other.x + other.width) - x,
            max(self.y + self.height, other.y + other.height) - y,
        )

    def contains(self, other: Rectangle) -> bool:
        """
        @return: Whether every pixel of C{other} is a pixel of this.
        """
        return (
            self.x <= other.x
            and self.y <= other.y
            and self.x + self.width >= other.x + other.width
            and self.y + self.height >= other.y + other.height
        )

    def intersects(self, other: Rectangle) -> bool:
        """
        @return: Whether both have at least one pixel in common.
        """
        return not self.intersection(other).isEmpty

    def translated(self, dx: int, dy: int) -> Rectangle:
        """
        @return: The same rectangle, C{dx} columns further to the right and
            C{dy} rows further down.
        """
        return Rectangle(self.x + dx, self.y + dy, self.width, self.height)

    def subtract(self, other: Rectangle) -> list[Rectangle]:
        """
        @return: Up to four rectangles that together have the pixels of this
            which are not pixels of C{other}, and do not overlap.
        """
        common = self.intersection(other)
        if common.isEmpty:
            return [] if self.isEmpty else [self]
        pieces = []
        if common.y > self.y:
            pieces.append(Rectangle(self.x, self.y, self.width, common.y - self.y))
        if common.x > self.x:
            pieces.append(Rectangle(self.x, common.y, common.x - self.x, common.height))
        if common.right < self.right:
            pieces.append(
                Rectangle(
                    common.right, common.y, self.right - common.right, common.height
                )
            )
        if common.bottom < self.bottom:
            pieces.append(
                Rectangle(
                    self.x, common.bottom, self.width, self.bottom - common.bottom
                )
            )
        return pieces

    def split(self, maxWidth: int, maxArea: int) -> list[Rectangle]:
        """
        Cut this into strips that an encoding can take.

        @param maxWidth: The most columns a piece may have.

        @param maxArea: The most pixels a piece may have.  A piece has at
            least one row, so it is exceeded when C{maxWidth} is larger.

        @return: The pieces, from left to right in columns of strips from top
            to bottom.
        """
        if self.width <= maxWidth and self.width * self.height <= maxArea:
            return [self]
        pieces = []
        for x in range(self.x, self.right, maxWidth):
            width = min(maxWidth, self.right - x)
            rows = max(1, maxArea // width)
            for y in range(self.y, self.bottom, rows):
                pieces.append(Rectangle(x, y, width, min(rows, self.bottom - y)))
        return pieces


class Screen(NamedTuple):
    """
    A part of the framebuffer that is a screen of its own.

    @ivar id: The number by which both sides know it.
    @ivar x: Its leftmost column.
    @ivar y: Its topmost row.
    @ivar width: Its columns.
    @ivar height: Its rows.
    @ivar flags: Kept as they are.
    """

    id: int
    x: int
    y: int
    width: int
    height: int
    flags: int = 0


class Copy(NamedTuple):
    """
    A rectangle that gets the pixels of another.

    @ivar rectangle: Where they go.
    @ivar x: The column where they come from.
    @ivar y: The row where they come from.
    """

    rectangle: Rectangle
    x: int
    y: int


class ExactRectangle(Rectangle):
    """
    A rectangle that is known to have changed: as a part of the region that a
    framebuffer brings, it is not compared.  What is made of it, by intersections and
    the like, is a plain rectangle.
    """

    __slots__ = ()
