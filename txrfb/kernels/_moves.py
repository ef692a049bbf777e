# -*- test-case-name: tests.kernels.test_moves -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The kernel that looks for what was moved, in numpy: scrolled rows, and areas that went
anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np

from txrfb.kernels._views import COLOR, Words, view

# Left, top, width and height of an area, and left and top of where it was.
_Move = tuple[int, int, int, int, int, int]

# A scroll of fewer rows is not worth looking for.
_SCROLL = 16

# Pixels that are sampled of a row at most, in windows of 16.
_WINDOWS = 12

_MIX64 = np.uint64(0x9E3779B97F4A7C15)

# What is moved is recognized by squares of this side.
_ANCHOR = 16

# How many rows are looked at for squares in which there is something to recognize: a
# row of it has so many pixels that differ from the one to the left; and how many of
# these squares are looked for.
_LINES, _EDGES, _ANCHORS = 16, 4, 4

# How many places are looked at where there is such a square.
_PLACES = 4

# How far things move, and how many pixels there must be.
_REACH, _MIN_MOVED = 256, 4096


def findMove(
    old: Any,
    oldStride: int,
    new: Any,
    newStride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    areasFirst: bool,
) -> tuple[int, int, int, int, int, int] | None:
    """
    Find out whether a part of a rectangle was moved: whole rows of it up or down, as
    text scrolls, or an area in any direction, as a window.

    Rows are recognized by a sample of their pixels; rows that look like only one row of
    C{old}, and not like the one at their own place, vote for a distance, and it is the
    longest such stretch for the distance with the most votes.  An area is recognized by
    a square of it that C{old} has elsewhere; of what lies around that in some such
    places it is the largest.

    @param areasFirst: Whether areas are looked for before rows.

    @return: C{(x, y, width, height, fromX, fromY)}: a rectangle in which C{new} has
        the colors that C{old} has in one of the same size at C{fromX, fromY}, compared
        pixel by pixel, both inside of what was given; or C{None}.
    """
    before = view(old, oldStride, x, y, width, height) & COLOR
    after = view(new, newStride, x, y, width, height) & COLOR
    if width < _ANCHOR or height < _SCROLL:
        return None
    found = _findArea(before, after) if areasFirst else None
    found = found or _findScroll(before, after, x)
    if found is None and not areasFirst:
        found = _findArea(before, after)
    if found is None:
        return None
    left, top, wide, high, fromLeft, fromTop = found
    return x + left, y + top, wide, high, x + fromLeft, y + fromTop


def _findScroll(before: Words, after: Words, x: int) -> _Move | None:
    """
    @param x: The column of memory that they begin with.

    @return: Rows that went up or down.
    """
    height, width = before.shape
    was = _rowHashes(before, x)
    now = _rowHashes(after, x)
    known, first, count = np.unique(was, return_index=True, return_counts=True)
    place = np.minimum(np.searchsorted(known, now), known.size - 1)
    votes = (now != was) & (known[place] == now) & (count[place] == 1)
    rows = np.flatnonzero(votes)
    if rows.size < _SCROLL // 2:
        return None
    ballot = np.bincount(first[place[rows]] - rows + height, minlength=2 * height)
    if ballot.max() < _SCROLL // 2:
        return None
    distance = int(ballot.argmax()) - height
    top = max(0, -distance)
    end = min(height, height - distance)
    here = slice(top, end)
    there = slice(top + distance, end + distance)
    same = np.zeros(end - top + 2, np.int8)
    alike = np.flatnonzero(now[here] == was[there])
    equal = (after[here][alike] == before[there][alike]).all(axis=1)
    same[1 + alike[equal]] = 1
    steps = np.diff(same)
    starts = np.flatnonzero(steps == 1)
    lengths = np.flatnonzero(steps == -1) - starts
    if not lengths.size or lengths.max() < _SCROLL:
        return None
    best = int(lengths.argmax())
    top += int(starts[best])
    return 0, top, width, int(lengths[best]), 0, top + distance


def _rowHashes(area: Words, x: int) -> np.ndarray[Any, np.dtype[np.uint64]]:
    width = area.shape[1]
    windows = min(width // 16, _WINDOWS)
    lanes = np.arange(1, 17, dtype=np.uint32)[np.newaxis]
    for window in range(windows):
        at = (width - 16) * window // max(windows - 1, 1)
        # Where lines of a cache begin, as a rule.
        at -= (x + at) % 16
        if at < 0:
            at = min(at + 16, width - 16)
        lanes = lanes * np.uint32(31) + area[:, at : at + 16]
    result = np.zeros(area.shape[0], np.uint64)
    for lane in range(8):
        high = lanes[:, lane + 8].astype(np.uint64) << np.uint64(32)
        result = (result ^ lanes[:, lane] ^ high) * _MIX64
    result ^= result >> np.uint64(29)
    return result


def _findArea(before: Words, after: Words) -> _Move | None:
    """
    @return: An area that was moved.
    """
    height = before.shape[0]
    tried = 0
    for number in range(_LINES):
        # From the middle on, where most of what was moved is.
        middle = _LINES // 2
        part = middle - (number + 1) // 2 if number % 2 else middle + number // 2
        y = (height - _ANCHOR) * part // _LINES
        x = _anchorIn(before, after, y)
        if x is None:
            continue
        tried += 1
        found = _foundAround(before, after, x, y)
        if found is not None and found[2] * found[3] >= _MIN_MOVED:
            return found
        if tried == _ANCHORS:
            break
    return None


def _anchorIn(before: Words, after: Words, y: int) -> int | None:
    """
    @return: Where in a row a square begins that is new, and has the most edges.
    """
    width = after.shape[1]
    row = after[y]
    differs = np.zeros(width, np.intp)
    differs[1:] = row[1:] != row[:-1]
    count = width // _ANCHOR
    edges = differs[: count * _ANCHOR].reshape(count, _ANCHOR).sum(axis=1)
    best, found = _EDGES - 1, None
    for number, several in enumerate(edges.tolist()):
        x = number * _ANCHOR
        here = np.s_[y : y + _ANCHOR, x : x + _ANCHOR]
        if several > best and (before[here] != after[here]).any():
            best, found = several, x
    return found


def _foundAround(before: Words, after: Words, x: int, y: int) -> _Move | None:
    """
    @return: The largest that was moved with the square at C{x, y}, of some; the first
        that is half of all.
    """
    best: _Move | None = None
    most, half = 0, after.size // 2
    anchor = after[y : y + _ANCHOR, x : x + _ANCHOR]
    for fromX, fromY in islice(_placesOf(before, anchor, x, y), _PLACES):
        found = _around(before, after, x, y, x - fromX, y - fromY)
        if found is not None and found[2] * found[3] > most:
            best, most = found, found[2] * found[3]
        if most >= half:
            break
    return best


def _placesOf(
    before: Words, anchor: Words, x: int, y: int
) -> Iterator[tuple[int, int]]:
    """
    @return: Where a square is found, in the nearest rows first.
    """
    height, width = before.shape
    edges = np.flatnonzero(anchor[0, 1:] != anchor[0, :-1])
    if not edges.size:
        return
    column = int(edges[0])
    first, second = anchor[0, column : column + 2]
    left, right = max(0, x - _REACH), min(width - _ANCHOR, x + _REACH)
    for number in range(2 * _REACH + 1):
        v = y + (number + 1) // 2 if number % 2 else y - number // 2
        if not 0 <= v <= height - _ANCHOR:
            continue
        pairs = before[v, left + column : right + column + 1] == first
        pairs &= before[v, left + column + 1 : right + column + 2] == second
        for u in (left + np.flatnonzero(pairs)).tolist():
            square = before[v : v + _ANCHOR, u : u + _ANCHOR]
            if (u, v) != (x, y) and (square == anchor).all():
                yield u, v


def _around(
    before: Words, after: Words, x: int, y: int, dx: int, dy: int
) -> _Move | None:
    """
    @return: What was moved by C{dx, dy}, of which the square at C{x, y} is a part.
    """
    width = after.shape[1]
    middle, line = x + _ANCHOR // 2, y + _ANCHOR // 2
    span = max(0, dx), min(width, width + dx)
    span = _shortened(before[line - dy], after[line], dx, middle, *span)
    if not span[0] <= middle < span[1]:
        return None
    below, span = _grown(before, after, dx, dy, middle, line, 1, 1, span)
    above, span = _grown(before, after, dx, dy, middle, line, -1, 1 + below, span)
    (left, right), top = span, line - above
    return left, top, right - left, above + 1 + below, left - dx, top - dy


def _shortened(
    before: Words, after: Words, dx: int, middle: int, left: int, right: int
) -> tuple[int, int]:
    """
    @return: The part of a row around C{middle} in which nothing differs.
    """
    differs = np.flatnonzero(after[left:right] != before[left - dx : right - dx]) + left
    if not differs.size:
        return left, right
    place = int(np.searchsorted(differs, middle))
    if place < differs.size:
        right = int(differs[place])
    if place:
        left = int(differs[place - 1]) + 1
    return left, right


def _grown(
    before: Words,
    after: Words,
    dx: int,
    dy: int,
    middle: int,
    y: int,
    step: int,
    rows: int,
    span: tuple[int, int],
) -> tuple[int, tuple[int, int]]:
    """
    @return: How many rows above (step -1) or below make what was moved largest, and
        their columns then.
    """
    left, right = span
    best, size = 0, rows * (right - left)
    height = after.shape[0]
    number = 0
    while True:
        number += 1
        row = y + number * step
        if not (0 <= row < height and 0 <= row - dy < height):
            break
        left, right = _shortened(before[row - dy], after[row], dx, middle, left, right)
        area = (rows + number) * (right - left)
        if middle >= right or area < size // 2:
            break
        if area > size:
            best, size, span = number, area, (left, right)
    return best, span
