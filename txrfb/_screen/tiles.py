# -*- test-case-name: tests.screen.test_tiles -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The squares in which changes of a picture are noted.
"""

from __future__ import annotations

from txrfb.geometry import Rectangle

#: The side of a tile, in pixels.
TILE = 64


def touchedTiles(rectangle: Rectangle) -> tuple[slice, slice]:
    """
    @param rectangle: It is not empty.

    @return: The rows and the columns of the tiles that have a pixel of it.
    """
    x, y, width, height = rectangle
    return (
        slice(y // TILE, (y + height - 1) // TILE + 1),
        slice(x // TILE, (x + width - 1) // TILE + 1),
    )


def tilesWithin(rectangle: Rectangle, bounds: Rectangle) -> tuple[slice, slice]:
    """
    @param bounds: All of the picture; tiles at its edge may be cut.

    @return: The rows and the columns of the tiles that lie in the rectangle whole.
    """
    x, y, width, height = rectangle
    right = -(-bounds.width // TILE) if x + width >= bounds.width else None
    bottom = -(-bounds.height // TILE) if y + height >= bounds.height else None
    return (
        slice(-(-y // TILE), (y + height) // TILE if bottom is None else bottom),
        slice(-(-x // TILE), (x + width) // TILE if right is None else right),
    )


def rectanglesOf(tiles: bytes, part: Rectangle) -> list[Rectangle]:
    """
    Turn a map of tiles into rectangles.

    @param tiles: For each tile that C{part} touches, row by row, whether it is
        meant: a byte of 1 or 0.

    @param part: Where the map lies; nothing outside it is meant.

    @return: Rectangles that cover the part's share of the tiles, each once.
    """
    left, top = part.x // TILE, part.y // TILE
    columns = (part.x + part.width - 1) // TILE - left + 1
    rows = len(tiles) // columns
    # Runs of the row above that may grow downwards: (start, end) to first row.
    growing: dict[tuple[int, int], int] = {}
    rectangles = []
    for row in range(rows + 1):
        runs: dict[tuple[int, int], int] = {}
        if row < rows:
            base = row * columns
            limit = base + columns
            start = tiles.find(1, base, limit)
            while start >= 0:
                end = tiles.find(0, start, limit)
                if end < 0:
                    end = limit
                run = (start - base, end - base)
                runs[run] = growing.pop(run, row)
                start = tiles.find(1, end, limit)
        for (start, end), first in growing.items():
            x = max((left + start) * TILE, part.x)
            y = max((top + first) * TILE, part.y)
            right = min((left + end) * TILE, part.x + part.width)
            bottom = min((top + row) * TILE, part.y + part.height)
            rectangles.append(Rectangle(x, y, right - x, bottom - y))
        growing = runs
    return rectangles
