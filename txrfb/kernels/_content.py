# -*- test-case-name: tests.kernels.test_kernels -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The kernel that tells what was drawn from what was photographed, in numpy.

In what programs draw, pixels often are exactly like a neighbor, and just beside that
are far from another one: that is what the outline of a letter is, even over a photo.
In photos neighbors are alike in soft areas, or far apart at edges, but seldom both.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from txrfb.kernels._search import CELL, untaken
from txrfb.kernels._views import COLOR, Words, checkRange, view

_Flags = np.ndarray[Any, np.dtype[np.bool_]]

# Colors that differ by more in one of red, green and blue are a step.
_STEP = 48

# So many rows of a cell are looked at to see whether there may be a photo, and what it
# is where it is plain to see.
_GLANCE, _SAMPLE = 4, 8

# So many colors of strokes are looked at in a cell.
_INKS = 8

# So many cells that are neither may be between two of a photo.
_GAP = 4

# No more photos than that are looked for.
_PHOTOS = 48


def likeLeft(
    pixels: Any, stride: int, x: int, y: int, width: int, height: int, step: int
) -> int:
    """
    @param step: Of so many rows, C{height} at the most, one is looked at: the middle
        one.

    @return: How many of their pixels are like the one to their left.
    """
    checkRange("step", step, 1, height)
    rows = view(pixels, stride, x, y, width, height)[step // 2 :: step] & COLOR
    return int(np.count_nonzero(rows[:, 1:] == rows[:, :-1]))


def splitPhotos(
    pixels: Any,
    stride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    minimum: int,
) -> list[tuple[int, int, int, int, int]]:
    """
    Cut a rectangle into photos and the rest.

    It is looked at in cells of 16 pixels from the rectangle's corner, and at each of
    their pixels beside the one to its left and the one above it:

      - A cell is drawn if pixels are like one of these and by a step away from the
        other, in several rows and columns, and where there are steps there are mostly
        two, as of strokes, or most of those pixels have one color.  There must be six
        such pixels, or three and as many in the cell beside it.  What is up to two
        columns and a row away is drawn, too, if it has a step or is flat; and from
        there on, if it has three such pixels.
      - It is of a photo if it is not drawn, and less than three quarters of its pixels
        are like one of these.
      - It is soft if there are differences across and down, and no steps.

    What is soft beside a photo, and what is neither between two cells of it, belongs to
    it.  Of most cells a sample of their rows says what they are; only those with
    something that may be drawn are looked at as a whole.

    @param minimum: How many pixels a photo must have to be cut out; beside one, half as
        many will do.  If there are not so many in cells that look like one at first
        sight, none is looked for.

    @return: Rectangles that cover the given one exactly once, each as C{(x, y,
        width, height, isPhoto)}: first the photos, from the largest on, then the rest.
    """
    area = view(pixels, stride, x, y, width, height)
    whole = [(x, y, width, height, 0)]
    if width * height < minimum:
        return whole
    marks = _marks(area & COLOR)
    acrossEdges = [*range(0, width, CELL), width]
    downEdges = [*range(0, height, CELL), height]
    widths = np.diff(acrossEdges)
    glance = _sample(marks, downEdges, _GLANCE)
    looks = (2 * glance.alike <= _GLANCE * widths) & (glance.glyphs < 2)
    candidates = int(np.count_nonzero(looks))
    if not candidates or candidates * CELL * CELL < minimum:
        return whole
    sample, sizes = _sample(marks, downEdges, _SAMPLE), _SAMPLE * widths
    plain = 64 * sample.alike <= sizes
    steps = sample.left + sample.above > 0
    flat = sample.alike == sizes
    unsure = steps & (2 * sample.alike > sizes)
    unknown = ~plain & ~flat & ((sample.glyphs > 0) | unsure)
    few = ~unknown & (4 * sample.alike < 3 * sizes)
    soft = ~unknown & ~few & ~flat & (sample.across > 0) & (sample.down > 0)
    photos, soft, drawn = _kinds(area & COLOR, marks, unknown, few, soft)
    opened = _openedRows(photos, soft, drawn, photos)
    opened = _openedRows(photos.T, soft.T, drawn.T, opened.T).T
    photos |= soft
    taken = np.zeros(photos.shape, bool)
    found = []

    def add(left: int, top: int, right: int, bottom: int, isPhoto: int) -> None:
        start, first = acrossEdges[left], downEdges[top]
        found.append(
            (
                x + start,
                y + first,
                acrossEdges[right] - start,
                downEdges[bottom] - first,
                isPhoto,
            )
        )

    for _ in range(_PHOTOS):
        left, top, right, bottom = _largest(opened)
        wide = acrossEdges[right] - acrossEdges[left]
        least = minimum // 2 if found else minimum
        if not wide or wide * (downEdges[bottom] - downEdges[top]) < least:
            break
        where = np.s_[top:bottom, left:right]
        if 2 * np.count_nonzero(photos[where]) >= photos[where].size:
            add(left, top, right, bottom, 1)
            taken[where] = True
            opened[where] = False
        else:
            opened[where] &= photos[where]
    for left, top, right, bottom in untaken(taken):
        add(left, top, right, bottom, 0)
    return found


class _Marks(NamedTuple):
    """
    What is seen of pixels.

    @ivar alike: Whether one is like the one to the left or the one above.
    @ivar glyphs: Whether it is like the one, and a step away from the other.
    @ivar left: Whether it is a step away from the one to the left.
    @ivar above: Whether it is a step away from the one above.
    @ivar across: Whether it is not like the one to the left.
    @ivar down: Whether it is not like the one above.
    """

    alike: Any
    glyphs: Any
    left: Any
    above: Any
    across: Any
    down: Any


def _marks(colors: Words) -> _Marks:
    """
    @return: What is seen of each pixel.
    """
    channels = np.stack([colors >> shift & 255 for shift in (0, 8, 16)]).astype(int)
    left, above = np.zeros((2, *colors.shape), int)
    left[:, 1:] = abs(channels[:, :, 1:] - channels[:, :, :-1]).max(0)
    above[1:] = abs(channels[:, 1:] - channels[:, :-1]).max(0)
    likeLeft, likeAbove = left == 0, above == 0
    likeLeft[:, :1] = likeAbove[:1] = False
    stepsLeft, stepsAbove = left > _STEP, above > _STEP
    return _Marks(
        likeLeft | likeAbove,
        likeLeft & stepsAbove | likeAbove & stepsLeft,
        stepsLeft,
        stepsAbove,
        left > 0,
        above > 0,
    )


def _sample(marks: _Marks, downEdges: list[int], number: int) -> _Marks:
    """
    @return: For each cell how many pixels of so many of its rows are so.
    """
    tops, high = np.array(downEdges[:-1]), np.diff(downEdges)
    columns = np.arange(0, marks.alike.shape[1], CELL)
    rows = [tops + high * (2 * k + 1) // (2 * number) for k in range(number)]

    def count(flags: Any) -> Any:
        across = np.add.reduceat(flags.astype(int), columns, axis=1)
        return np.stack([across[row] for row in rows]).sum(0)

    return _Marks(*map(count, marks))


def _kinds(
    colors: Words, marks: _Marks, unknown: _Flags, photos: _Flags, soft: _Flags
) -> tuple[_Flags, _Flags, _Flags]:
    """
    @param unknown: The cells of which the sample does not say what they are.

    @param photos: Those that are of photos by that, unless beside something drawn.

    @param soft: Those that are soft by that.

    @return: Which cells are of photos, which are soft, and which are drawn.
    """
    lines = np.arange(0, len(marks.alike), CELL)
    columns = np.arange(0, marks.alike.shape[1], CELL)

    def count(flags: Any) -> Any:
        down = np.add.reduceat(flags.astype(int), lines, axis=0)
        return np.add.reduceat(down, columns, axis=1)

    def rows(flags: Any) -> Any:
        across = np.logical_or.reduceat(flags, columns, axis=1)
        return np.add.reduceat(across.astype(int), lines, axis=0)

    def across(flags: Any) -> Any:
        down = np.logical_or.reduceat(flags, lines, axis=0)
        return np.add.reduceat(down.astype(int), columns, axis=1)

    left, above, glyphs = map(count, (marks.left, marks.above, marks.glyphs))
    seeds = (glyphs >= 3) & (across(marks.glyphs) >= 2) & (rows(marks.glyphs) >= 3)
    seeds &= left * 10 >= rows(marks.left) * 13
    seeds &= above * 10 >= across(marks.above) * 13
    cores = seeds & (glyphs >= 6) & (across(marks.glyphs) >= 3)
    for line, column in np.argwhere((glyphs >= 3) & ~cores).tolist():
        where = np.s_[
            line * CELL : line * CELL + CELL, column * CELL : column * CELL + CELL
        ]
        at = line, column
        some, many = _ink(colors[where], marks.glyphs[where])
        seeds[at], cores[at] = seeds[at] or some, many
    nothing = ~unknown & ~photos & ~soft
    cores &= unknown
    first = seeds & unknown
    pairs = first[:, 1:] & first[:, :-1]
    cores[:, 1:] |= pairs
    cores[:, :-1] |= pairs
    while True:
        near = _near(cores)
        more = near & seeds & ~cores
        if not more.any():
            break
        cores |= more
    steps = left + above > 0
    drawn = near & (cores | steps | nothing)
    few = count(marks.alike) * 4 < count(np.ones(marks.alike.shape)) * 3
    both = (count(marks.across) > 0) & (count(marks.down) > 0)
    return (
        (photos | few & unknown) & ~drawn,
        (soft | both & ~steps & unknown) & ~drawn,
        drawn,
    )


def _ink(colors: Words, glyphs: _Flags) -> tuple[bool, bool]:
    """
    Look for strokes of one ink in a cell.

    @param glyphs: Which pixels are like one neighbor, and a step away from the other.

    @return: Whether some such pixels have one color, and whether they are of a letter.
    """
    inks: dict[int, list[tuple[int, int]]] = {}
    for row, column in np.argwhere(glyphs).tolist():
        color = int(colors[row, column])
        if color in inks or len(inks) < _INKS:
            inks.setdefault(color, []).append((row, column))
    some = many = False
    for color, places in inks.items():
        rows, columns = (len(set(numbers)) for numbers in zip(*places, strict=True))
        some |= len(places) >= 3 and rows >= 2 and columns >= 2
        if len(places) < 5 or 2 * len(places) < np.count_nonzero(glyphs):
            continue
        if rows >= 3 and columns >= 3:
            many |= 8 * int(np.count_nonzero(colors == color)) <= 3 * colors.size
    return some, many


def _near(flags: _Flags) -> _Flags:
    """
    @return: Which cells are flagged, or have a flagged one up to two columns and a row
        away.
    """
    lines, columns = flags.shape
    padded = np.pad(flags, ((1, 1), (2, 2)))
    result = np.zeros(flags.shape, bool)
    for down in range(3):
        for across in range(5):
            result |= padded[down : down + lines, across : across + columns]
    return result


def _openedRows(photos: _Flags, soft: _Flags, drawn: _Flags, opened: _Flags) -> _Flags:
    """
    @param opened: Which cells are open already.

    @return: Which are, if in each row also those are that are between two of a photo,
        and those that are soft beside one that is open.
    """
    result = opened.copy()
    for line, column in np.argwhere(photos).tolist():
        gap = photos[line, column + 1 : column + 2 + _GAP]
        if gap.any():
            end = column + 1 + int(gap.argmax())
            if not drawn[line, column:end].any():
                result[line, column:end] = True
    for side in (result, result[:, ::-1]):
        spreads = soft if side is result else soft[:, ::-1]
        for column in range(1, side.shape[1]):
            side[:, column] |= spreads[:, column] & side[:, column - 1]
    return result


def _largest(opened: _Flags) -> tuple[int, int, int, int]:
    """
    @return: The rectangle of the most open cells: left, top, right, bottom.
    """
    lines, columns = opened.shape
    best, most = (0, 0, 0, 0), 0
    heights = [0] * (columns + 1)
    for line in range(lines):
        stack: list[int] = []
        row = opened[line].tolist()
        for column in range(columns + 1):
            if column < columns:
                heights[column] = heights[column] + 1 if row[column] else 0
            while stack and heights[stack[-1]] >= heights[column]:
                height = heights[stack.pop()]
                left = stack[-1] + 1 if stack else 0
                if height * (column - left) > most:
                    most = height * (column - left)
                    best = (left, line + 1 - height, column, line + 1)
            stack.append(column)
    return best
