# -*- test-case-name: tests.kernels.test_changes -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The kernels that compare two pixel memories, in numpy.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from txrfb.kernels._views import COLOR, Words, checkRange, view, writableView

Truths = np.ndarray[Any, np.dtype[np.bool_]]

#: Rectangles are joined if what becomes of them has, besides what changed, no more than
#: a quarter of that and so many pixels: what a rectangle more would cost.
_SPARE = 512


class _Box(NamedTuple):
    """
    Pixels around what changed.

    @ivar changed: How many pixels the boxes have of which it was made.
    """

    left: int
    top: int
    right: int
    bottom: int
    changed: int


def takeChanges(
    old: Any,
    oldStride: int,
    new: Any,
    newStride: int,
    rectangles: list[Any],
    exact: int,
    tile: int,
    masked: bool,
) -> list[tuple[int, int, int, int]]:
    """
    Find what differs between two pixel memories, and make C{old} like C{new} there.
    Nothing is copied but what lies in one of the rectangles that are returned: what
    another process paints meanwhile is found the next time.

    @param rectangles: Where, each as C{(x, y, width, height)}.  They may overlap.

    @param exact: How many of them, from the first on, are not compared: all of their
        pixels count as different.

    @param tile: In each square of a grid, which begins at pixel 0, 0 and has squares
        this wide and high, the rows and columns are found between the first and the
        last that differ.  Those of neighbors are joined where this makes few pixels
        more.

    @param masked: Whether the fourth byte of a pixel is ignored.

    @return: Rectangles that do not overlap, with all that differed, row by row.  Each
        square that they touch has something that did.
    """
    checkRange("tile", tile, 1, 65536)
    if memoryview(old).readonly:
        raise BufferError("Object is not writable.")
    for x, y, width, height in rectangles:
        view(old, oldStride, x, y, width, height)
        view(new, newStride, x, y, width, height)
    boxes: dict[tuple[int, int], _Box] = {}
    for number, (x, y, width, height) in enumerate(rectangles):
        before = writableView(old, oldStride, x, y, width, height)
        after = view(new, newStride, x, y, width, height)
        if number < exact:
            differs = np.ones(before.shape, np.bool_)
        else:
            differs = _differing(before, after, masked)
        if not differs.any():
            continue
        columns, rows = _cuts(x, width, tile), _cuts(y, height, tile)
        for top, bottom in zip(rows, [*rows[1:], height]):
            for left, right in zip(columns, [*columns[1:], width]):
                part = np.s_[top:bottom, left:right]
                if differs[part].any():
                    box = _take(before[part], after[part], differs[part])
                    at = (y + top) // tile, (x + left) // tile
                    box = _moved(box, x + left, y + top)
                    boxes[at] = _around(boxes[at], box) if at in boxes else box
    return _joined(boxes, tile)


def _take(before: Words, after: Words, differs: Truths) -> _Box:
    """
    Copy of each row what is between the first and the last pixel that differ.

    @return: What is around all that was copied.
    """
    width = differs.shape[1]
    lines = np.flatnonzero(differs.any(axis=1))
    first = differs[lines].argmax(axis=1)
    end = width - differs[lines, ::-1].argmax(axis=1)
    for line, left, right in zip(lines.tolist(), first.tolist(), end.tolist()):
        before[line, left:right] = after[line, left:right]
    top, bottom = int(lines[0]), int(lines[-1]) + 1
    return _Box(int(first.min()), top, int(end.max()), bottom, 0)


def _moved(box: _Box, x: int, y: int) -> _Box:
    left, top, right, bottom, changed = box
    return _Box(left + x, top + y, right + x, bottom + y, changed)


def _around(one: _Box, other: _Box) -> _Box:
    return _Box(
        min(one.left, other.left),
        min(one.top, other.top),
        max(one.right, other.right),
        max(one.bottom, other.bottom),
        one.changed + other.changed,
    )


def _join(one: _Box, other: _Box) -> _Box | None:
    """
    @return: One box around both; C{None} if too much else would be in it.
    """
    both = _around(one, other)
    area = (both.right - both.left) * (both.bottom - both.top)
    return both if area <= both.changed + both.changed // 4 + _SPARE else None


def _joined(
    boxes: dict[tuple[int, int], _Box], tile: int
) -> list[tuple[int, int, int, int]]:
    """
    Join the boxes of squares with those to their right, then with those below that
    are of the same columns of squares: so none comes to lie over another.
    """
    runs: list[_Box] = []
    last = (-1, -1)
    for at, box in sorted(boxes.items()):
        left, top, right, bottom, _ = box
        box = box._replace(changed=(right - left) * (bottom - top))
        both = _join(runs[-1], box) if at == (last[0], last[1] + 1) else None
        if both is None:
            runs.append(box)
        else:
            runs[-1] = both
        last = at
    found: list[_Box] = []
    above: dict[tuple[int, int, int], int] = {}
    for run in runs:
        columns = run.left // tile, (run.right - 1) // tile
        row = run.top // tile
        upper = above.get((row - 1, *columns))
        both = None if upper is None else _join(found[upper], run)
        if upper is None or both is None:
            upper = len(found)
            found.append(run)
        else:
            found[upper] = both
        above[(row, *columns)] = upper
    return [
        (left, top, right - left, bottom - top) for left, top, right, bottom, _ in found
    ]


def changedBounds(
    old: Any,
    oldStride: int,
    new: Any,
    newStride: int,
    x: int,
    y: int,
    width: int,
    height: int,
) -> tuple[int, int, int, int] | None:
    """
    Find what is around all of a rectangle in which the colors of two pixel memories
    differ.

    @return: C{(x, y, width, height)}; C{None} if nothing differs.
    """
    before = view(old, oldStride, x, y, width, height)
    after = view(new, newStride, x, y, width, height)
    differs = _differing(before, after, True)
    rows = np.flatnonzero(differs.any(axis=1))
    if not rows.size:
        return None
    columns = np.flatnonzero(differs.any(axis=0))
    top, left = int(rows[0]), int(columns[0])
    return x + left, y + top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top


def _differing(before: Words, after: Words, masked: bool) -> Truths:
    differs: Truths = (before ^ after) & COLOR != 0 if masked else before != after
    return differs


def _cuts(start: int, size: int, tile: int) -> list[int]:
    """
    @return: Where squares of the grid begin, counted from C{start}; first 0.
    """
    return [
        max(number * tile, start) - start
        for number in range(start // tile, (start + size - 1) // tile + 1)
    ]
