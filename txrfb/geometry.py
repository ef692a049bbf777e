# -*- test-case-name: tests.test_geometry -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Rectangles, and regions made of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import add
from typing import NamedTuple, SupportsIndex

__all__ = [
    "MAX_PIXELS",
    "Copy",
    "ExactRectangle",
    "Rectangle",
    "Region",
    "Screen",
    "checkSize",
    "joined",
]

#: The most pixels that a framebuffer may have: four screens of 7680x4320.  Each is
#: four bytes in the framebuffer, and four more in the copy of it that is compared.
MAX_PIXELS = 1 << 27


def checkSize(width: int, height: int) -> None:
    """
    @raise ValueError: if there can be no framebuffer of this size.
    """
    if not all(isinstance(n, SupportsIndex) and 0 < n < 65536 for n in (width, height)):
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


class Region:
    """
    A set of pixels, held as rectangles.  It never changes.

    A region is a hint of where something happened, or what a viewer asked for:
    it may be made larger to keep it small in memory (L{simplified}), but never
    smaller.
    """

    __slots__ = ("_rectangles", "parts")

    #: How many rectangles a merged region keeps before it is simplified.
    LIMIT = 64

    #: Rectangles with its pixels, which may overlap: what to go by where that does no
    #: harm, as to make them disjoint takes time.
    parts: tuple[Rectangle, ...]

    def __init__(self, rectangles: Iterable[Rectangle] = ()) -> None:
        """
        @param rectangles: Rectangles, which may overlap and may be empty.
        """
        self.parts = tuple(
            [one for one in rectangles if one.width > 0 and one.height > 0]
        )
        # Made when somebody asks for it: of most captures nobody does.
        self._rectangles: tuple[Rectangle, ...] | None = None

    @property
    def rectangles(self) -> tuple[Rectangle, ...]:
        """
        Rectangles with its pixels, each pixel in one of them.
        """
        disjoint = self._rectangles
        if disjoint is None:
            disjoint = self._rectangles = tuple(_disjoint(self.parts))
        return disjoint

    @classmethod
    def _fromDisjoint(cls, rectangles: Iterable[Rectangle]) -> Region:
        self = cls.__new__(cls)
        self.parts = self._rectangles = tuple(rectangles)
        return self

    def __iter__(self) -> Iterator[Rectangle]:
        return iter(self.rectangles)

    def __len__(self) -> int:
        return len(self.rectangles)

    def __bool__(self) -> bool:
        return bool(self.parts)

    def __eq__(self, other: object) -> bool:
        """
        Regions are equal if they have the same pixels, however they are cut.
        """
        if not isinstance(other, Region):
            return NotImplemented
        return not self.subtract(other) and not other.subtract(self)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        inside = ", ".join(f"{r.width}x{r.height}+{r.x}+{r.y}" for r in self.rectangles)
        return f"<Region {inside or 'empty'}>"

    @property
    def area(self) -> int:
        """
        How many pixels it has.
        """
        return sum(rectangle.area for rectangle in self.rectangles)

    @property
    def bounds(self) -> Rectangle:
        """
        The smallest rectangle around all of it.
        """
        parts = self.parts
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return Rectangle(0, 0, 0, 0)
        left, top, widths, heights = zip(*self.parts)
        x, y = min(left), min(top)
        right, bottom = max(map(add, left, widths)), max(map(add, top, heights))
        return Rectangle(x, y, right - x, bottom - y)

    def union(self, other: Region | Rectangle) -> Region:
        """
        @return: The pixels of either.
        """
        if isinstance(other, Rectangle):
            other = Region((other,))
        if not other.rectangles:
            return self
        if not self.rectangles:
            return other
        disjoint = list(self.rectangles)
        for rectangle in other.rectangles:
            _add(disjoint, rectangle)
        return Region._fromDisjoint(disjoint)

    def intersection(self, other: Region | Rectangle) -> Region:
        """
        @return: The pixels of both.
        """
        if isinstance(other, Rectangle):
            if other.contains(self.bounds):
                return self
            if self._rectangles is None:
                return Region(map(other.intersection, self.parts))
            others: Sequence[Rectangle] = (other,)
        else:
            others = other.rectangles
        common = (a.intersection(b) for a in self.rectangles for b in others)
        return Region._fromDisjoint(c for c in common if c.width > 0)

    def subtract(self, other: Region | Rectangle) -> Region:
        """
        @return: The pixels of this which are not pixels of C{other}.
        """
        others = (other,) if isinstance(other, Rectangle) else other.rectangles
        left = list(self.rectangles)
        for taken in others:
            left = [piece for one in left for piece in one.subtract(taken)]
        return Region._fromDisjoint(left)

    def contains(self, rectangle: Rectangle) -> bool:
        """
        @return: Whether every pixel of C{rectangle} is in the region.
        """
        left = [] if rectangle.isEmpty else [rectangle]
        for one in self.parts:
            left = [piece for part in left for piece in part.subtract(one)]
            if not left:
                return True
        return not left

    def translated(self, dx: int, dy: int) -> Region:
        """
        @return: The region, C{dx} columns further right and C{dy} rows down.
        """
        moved = Region(r.translated(dx, dy) for r in self.parts)
        if self._rectangles is not None:
            moved._rectangles = tuple(r.translated(dx, dy) for r in self._rectangles)
        return moved

    def simplified(self, limit: int = LIMIT) -> Region:
        """
        @param limit: How many rectangles the result may have.

        @return: A region of at most C{limit} rectangles which has at least
            the pixels of this one.
        """
        if len(self.rectangles) <= limit:
            return self
        # What overlaps after that is sorted out by the constructor.
        ordered = sorted(self.rectangles, key=lambda one: (one.y, one.x))
        region = Region(joined(ordered, limit))
        if len(region) > limit:
            return Region((region.bounds,))
        return region


def joined(rectangles: Sequence[Rectangle], limit: int) -> list[Rectangle]:
    """
    Rectangles of which neighbors are joined, two by two, until they are few.

    @param rectangles: Rectangles, in an order in which neighbors are near each other.

    @param limit: How many there may be, 1 or more.

    @return: At most so many, with at least the same pixels.  They may overlap.
    """
    left = list(rectangles)
    while len(left) > limit:
        last = left[-1:] if len(left) % 2 else []
        left = [one.union(other) for one, other in zip(left[::2], left[1::2])] + last
    return left


def _disjoint(rectangles: Sequence[Rectangle]) -> list[Rectangle]:
    """
    @return: Rectangles that do not overlap, with the pixels of some that may.
    """
    if len(rectangles) > _FEW:
        return _scattered(rectangles)
    disjoint: list[Rectangle] = []
    for rectangle in rectangles:
        _add(disjoint, rectangle)
    return disjoint


def _add(disjoint: list[Rectangle], rectangle: Rectangle) -> None:
    """
    Add a rectangle to a list of rectangles that do not overlap.
    """
    new = [rectangle]
    swallowed = False
    for i, one in enumerate(disjoint):
        if rectangle.contains(one):
            disjoint[i] = Rectangle(0, 0, 0, 0)
            swallowed = True
            continue
        if one.intersects(rectangle):
            new = [piece for part in new for piece in part.subtract(one)]
            if not new:
                break
    if swallowed:
        disjoint[:] = [one for one in disjoint if one.width]
    disjoint.extend(new)


#: How many rectangles are compared each with all others.
_FEW = 8

#: Into how many columns and rows the area around more of them is divided: only those
#: are compared that have a part in the same cell.
_CELLS = 16


def _scattered(rectangles: Sequence[Rectangle]) -> list[Rectangle]:
    """
    @return: Rectangles that do not overlap, with the pixels of many that may.
    """
    left = min(one.x for one in rectangles)
    top = min(one.y for one in rectangles)
    wide = (max(one.x + one.width for one in rectangles) - left - 1) // _CELLS + 1
    high = (max(one.y + one.height for one in rectangles) - top - 1) // _CELLS + 1
    cells: list[list[Rectangle]] = [[] for _ in range(_CELLS * _CELLS)]
    disjoint = []
    # From the largest on: none swallows one before it.
    for rectangle in sorted(rectangles, key=_area, reverse=True):
        x, y, width, height = rectangle
        first, last = (x - left) // wide, (x + width - 1 - left) // wide
        touched = [
            cells[row * _CELLS + column]
            for row in range((y - top) // high, (y + height - 1 - top) // high + 1)
            for column in range(first, last + 1)
        ]
        right, bottom = x + width, y + height
        over = {
            one
            for cell in touched
            for one in cell
            if one.x < right
            and x < one.x + one.width
            and one.y < bottom
            and y < one.y + one.height
        }
        pieces = [rectangle]
        # Sorted, for the same result each time.
        for one in sorted(over):
            pieces = [piece for part in pieces for piece in part.subtract(one)]
        # What is left of it is where it is, so its cells will do for each piece.
        for cell in touched:
            cell.extend(pieces)
        disjoint.extend(pieces)
    return disjoint


def _area(rectangle: Rectangle) -> int:
    return rectangle.width * rectangle.height
