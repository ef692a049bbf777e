# -*- test-case-name: tests.test_geometry -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Rectangles without overlaps, or fewer, with the pixels of others.
"""

from __future__ import annotations

from collections.abc import Sequence

from txrfb.geometry.rectangles import Rectangle

__all__ = ["addTo", "joined", "withoutOverlaps"]


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


def withoutOverlaps(rectangles: Sequence[Rectangle]) -> list[Rectangle]:
    """
    @return: Rectangles that do not overlap, with the pixels of some that may.
    """
    if len(rectangles) > _FEW:
        return _scattered(rectangles)
    disjoint: list[Rectangle] = []
    for rectangle in rectangles:
        addTo(disjoint, rectangle)
    return disjoint


def addTo(disjoint: list[Rectangle], rectangle: Rectangle) -> None:
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
