# -*- test-case-name: tests.test_geometry -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Regions: sets of pixels, made of rectangles.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import add

from txrfb.geometry.disjoint import addTo, joined, withoutOverlaps
from txrfb.geometry.rectangles import Rectangle

__all__ = ["Region"]


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

        @raise TypeError: if it is anything else, such as one rectangle alone.
        """
        try:
            self.parts = tuple(
                [one for one in rectangles if one.width > 0 and one.height > 0]
            )
        except (AttributeError, TypeError):
            raise TypeError(
                f"a Region is made of a sequence of Rectangles, not of {rectangles!r}"
            ) from None
        # Made when somebody asks for it: of most captures nobody does.
        self._rectangles: tuple[Rectangle, ...] | None = None

    @property
    def rectangles(self) -> tuple[Rectangle, ...]:
        """
        Rectangles with its pixels, each pixel in one of them.
        """
        disjoint = self._rectangles
        if disjoint is None:
            disjoint = self._rectangles = tuple(withoutOverlaps(self.parts))
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
        found = list(self.rectangles)
        for rectangle in other.rectangles:
            addTo(found, rectangle)
        return Region._fromDisjoint(found)

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
