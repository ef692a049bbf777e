# -*- test-case-name: tests.kernels.test_kernels -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The kernel that looks for areas of one color, in numpy.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from txrfb.kernels._views import COLOR, Words, view

# Areas of one color are looked for on a grid of this many pixels.
CELL = 16


def splitSolid(
    pixels: Any,
    stride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    minimum: int,
) -> list[tuple[int, int, int, int, int]]:
    """
    Cut a rectangle into areas of one color and the rest.

    On a grid of 16 pixels from the rectangle's corner, cells of one color are
    joined, from each corner on to the widest, then largest rectangle.

    @param minimum: How many pixels an area must have to be cut out.

    @return: Rectangles that cover the given one exactly once, each as C{(x, y,
        width, height, color)}: first the areas of one color, C{0xRRGGBB}, then
        the rest, with -1 for color.
    """
    area = view(pixels, stride, x, y, width, height)
    minimum = max(minimum, 1)
    if width * height < minimum:
        return [(x, y, width, height, -1)]
    rights, downs, colors = _solidCells(area)
    if np.count_nonzero(rights) * (CELL * CELL) < minimum:
        return [(x, y, width, height, -1)]
    # What no rectangle from here can reach is not looked at.
    candidates = np.argwhere(rights * downs * (CELL * CELL) >= minimum)
    acrossEdges = [*range(0, width, CELL), width]
    downEdges = [*range(0, height, CELL), height]
    taken = np.zeros(rights.shape, bool)
    result = []
    for line, column in candidates.tolist():
        if taken[line, column]:
            continue
        left, top = acrossEdges[column], downEdges[line]
        reach = int(rights[line, column])
        columns, lines, most = 0, 0, 0
        for bottom in range(line, line + int(downs[line, column])):
            reach = min(reach, int(rights[bottom, column]))
            if not reach:
                break
            size = (acrossEdges[column + reach] - left) * (downEdges[bottom + 1] - top)
            if size > most:
                columns, lines, most = reach, bottom + 1 - line, size
        if most < minimum:
            continue
        where = slice(line, line + lines)
        taken[where, column : column + columns] = True
        rights[where, column : column + columns] = 0
        # Runs of cells from the left end here now.
        rights[where, :column] = np.minimum(
            rights[where, :column], np.arange(column, 0, -1)
        )
        result.append(
            (
                x + left,
                y + top,
                acrossEdges[column + columns] - left,
                downEdges[line + lines] - top,
                int(colors[line, column]),
            )
        )
    for left, top, right, bottom in untaken(taken):
        result.append(
            (
                x + acrossEdges[left],
                y + downEdges[top],
                acrossEdges[right] - acrossEdges[left],
                downEdges[bottom] - downEdges[top],
                -1,
            )
        )
    return result


def _solidCells(
    area: Words,
) -> tuple[
    np.ndarray[Any, np.dtype[np.intp]], np.ndarray[Any, np.dtype[np.intp]], Words
]:
    """
    @return: For each cell how many cells from it on to the right, and how many
        downwards, are of one same color (0 if it is not of one color itself);
        and its color.
    """
    height, width = area.shape
    lines, columns = -(-height // CELL), -(-width // CELL)
    full = np.empty((lines * CELL, columns * CELL), np.uint32)
    np.bitwise_and(area, COLOR, out=full[:height, :width])
    # Cells at the border are filled up with their own pixels.
    full[:height, width:] = full[:height, width - 1 : width]
    full[height:] = full[height - 1]
    bands = full.reshape(lines, CELL, -1)
    least = bands.min(axis=1).reshape(lines, columns, CELL).min(axis=2)
    most = bands.max(axis=1).reshape(lines, columns, CELL).max(axis=2)
    solid = (least == most).astype(np.intp)
    rights = _runs(solid, least, 1)
    downs = _runs(solid, least, 0)
    return rights, downs, least


def _runs(
    solid: np.ndarray[Any, np.dtype[np.intp]], colors: Words, axis: int
) -> np.ndarray[Any, np.dtype[np.intp]]:
    """
    @param solid: For each cell 1 if it is of one color itself, else 0.

    @return: For each cell how many from it on, along an axis, are of its color.
    """
    if axis == 0:
        return _runs(solid.T, colors.T, 1).T
    count = solid.shape[1]
    columns = np.arange(count)
    # A run ends where the next cell is of another color, or of several.
    ends = np.full(solid.shape, count - 1)
    goesOn = (colors[:, :-1] == colors[:, 1:]) & (solid[:, 1:] == 1)
    ends[:, :-1] = np.where(goesOn, count - 1, columns[:-1])
    ends = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]
    runs: np.ndarray[Any, np.dtype[np.intp]] = (ends - columns + 1) * solid
    return runs


def untaken(
    taken: np.ndarray[Any, np.dtype[np.bool_]],
) -> Iterator[tuple[int, int, int, int]]:
    """
    @return: Rectangles that cover the cells that are not taken, as (left, top,
        right, bottom): runs of cells in a row, joined with the same run below.
    """
    found: list[list[int]] = []
    above: dict[tuple[int, int], list[int]] = {}
    lines, columns = taken.shape
    cells = taken.tobytes()
    for line in range(lines):
        here = {}
        start, end = line * columns, (line + 1) * columns
        left = cells.find(0, start, end)
        while left >= 0:
            right = cells.find(1, left, end)
            if right < 0:
                right = end
            run = (left - start, right - start)
            one = above.get(run)
            if one is None:
                one = [run[0], line, run[1], line]
                found.append(one)
            one[3] = line + 1
            here[run] = one
            left = cells.find(0, right, end)
        above = here
    for left, top, right, bottom in found:
        yield left, top, right, bottom
