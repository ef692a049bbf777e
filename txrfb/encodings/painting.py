# -*- test-case-name: tests.encodings.test_painting -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What decoders share: where they paint, and pixels that come in rows.

A decoder takes what has come, paints it, and wants more; so it holds a row or a tile at
the most, and nobody waits for it longer than it takes to paint L{MUCH} pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any, Protocol

from txrfb import kernels
from txrfb.encodings.wanted import Wanted
from txrfb.geometry import Rectangle
from txrfb.pixels import PixelFormat, Words

__all__ = [
    "MUCH",
    "PIECE",
    "Place",
    "Plain",
    "Source",
    "bands",
    "fill",
    "paintPixels",
    "paintRows",
    "paintTiled",
    "placeOf",
]

#: How many pixels are painted at a time: that takes less than a millisecond.
MUCH = 1 << 20

#: How many bytes are worked on at a time.
PIECE = 1 << 16

#: The first arguments of a kernel that paints.
Place = tuple[Any, int, int, int, int, int]


class Source(Protocol):
    """
    Where bytes come from.
    """

    def read(self, most: int) -> Generator[int, bytes, bytes]:
        """
        @param most: How many there may be.

        @return: What comes next; nothing at the end.
        """

    def finish(self) -> Generator[int, bytes, None]:
        """
        @raise ValueError: (from the generator) if this is not the end.
        """


class Plain:
    """
    Bytes as they are.
    """

    def __init__(self, size: int) -> None:
        """
        @param size: How many there are.
        """
        self._left = size
        self._wanted = Wanted(1, size)

    def read(self, most: int) -> Generator[int, bytes, bytes]:
        """
        See L{Source.read}.
        """
        if not self._left:
            return b""
        most = min(most, self._left)
        if self._wanted.most != most:
            self._wanted = Wanted(1, most)
        data = yield self._wanted
        self._left -= len(data)
        return data

    def finish(self) -> Generator[int, bytes, None]:
        """
        There are no more than were asked for.
        """
        return
        yield


def placeOf(canvas: Words, rectangle: Rectangle) -> Place:
    """
    @return: The rectangle on the canvas, for a kernel.
    """
    x, y, width, height = rectangle
    return canvas, canvas.strides[0], x, y, width, height


def bands(rectangle: Rectangle, rows: int = 1) -> Iterator[Rectangle]:
    """
    @param rows: By how many rows it may be divided.

    @return: The rectangle in parts of no more than L{MUCH} pixels, or of so many rows;
        none if it is empty.
    """
    x, y, width, height = rectangle
    if not width:
        return
    most = max(MUCH // width // rows, 1) * rows
    for top in range(0, height, most):
        yield Rectangle(x, y + top, width, min(most, height - top))


def fill(
    canvas: Words, rectangle: Rectangle, color: int
) -> Generator[int, bytes, None]:
    """
    Paint one color.
    """
    for number, part in enumerate(bands(rectangle)):
        if number:
            yield 0
        x, y, width, height = part
        canvas[y : y + height, x : x + width] = color


def paintRows(
    canvas: Words,
    rectangle: Rectangle,
    row: int,
    source: Source,
    paint: Callable[[Place, Any], None],
) -> Generator[int, bytes, None]:
    """
    Paint rows as they come.

    @param row: How many bytes a row has.

    @param source: Where they come from.

    @param paint: Called with some rows of the rectangle, and their bytes.

    @raise ValueError: (from the generator) if there are too many bytes, or too few.
    """
    x, y, width, height = rectangle
    stride = canvas.strides[0]

    def paintSome(first: int, count: int, data: Any) -> None:
        paint((canvas, stride, x, y + first, width, count), data)

    return paintUnits(row, height, source, paintSome)


def paintPixels(
    canvas: Words,
    rectangle: Rectangle,
    source: Source,
    size: int,
    kind: int,
    format: PixelFormat,
) -> Generator[int, bytes, None]:
    """
    Paint pixels as they come.

    @param size: How many bytes a pixel has.

    @param kind: Which kind of pixels they are, as the kernels count them.

    @raise ValueError: (from the generator) if there are too many bytes, or too few.
    """
    place = placeOf(canvas, rectangle)

    def paint(first: int, count: int, data: Any) -> None:
        kernels.paintPixels(*place, data, first, kind, format)

    return paintUnits(size, rectangle.area, source, paint)


def paintTiled(
    rectangle: Rectangle,
    canvas: Words,
    side: int,
    largest: int,
    paint: Callable[[Place, Any, int], tuple[int, int, int]],
) -> Generator[int, bytes, None]:
    """
    Paint tiles, whose length nobody knows before they are read, as they come.

    @param side: The width and the height of a tile.

    @param largest: The most bytes that one can have.

    @param paint: Called with a place, bytes, and the number of the tile that they begin
        with; returns how many bytes it has used, how many the next tile needs at the
        least (0 if there is none), and its number.
    """
    unused = 0
    for band in bands(rectangle, side):
        place = placeOf(canvas, band)
        tiles = -(-band.width // side) * -(-band.height // side)
        tile, needed = 0, 1
        while needed:
            most = min(PIECE, (tiles - tile) * largest)
            data = yield Wanted(needed, most, unused)
            used, needed, tile = paint(place, data, tile)
            unused = len(data) - used
    yield Wanted(0, 0, unused)


def paintUnits(
    unit: int, total: int, source: Source, paint: Callable[[int, int, Any], None]
) -> Generator[int, bytes, None]:
    """
    Paint rows or pixels as they come.

    @param unit: How many bytes one has.

    @param total: How many there are.

    @param source: Where they come from.

    @param paint: Called with the number of the first, how many, and their bytes.

    @raise ValueError: (from the generator) if there are too many bytes, or too few.
    """
    done = 0
    # What has come of one that is not whole.
    rest = bytearray()
    most = max(1, PIECE * 4 // unit) * unit
    while done < total:
        left = (total - done) * unit - len(rest)
        more = yield from source.read(min(most, left))
        if not more:
            raise ValueError(
                f"{done * unit + len(rest)} bytes of pixels where {total * unit} are"
                " expected"
            )
        at = 0
        if rest:
            at = unit - len(rest)
            rest += more[:at]
            if len(rest) < unit:
                continue
            paint(done, 1, rest)
            done += 1
            rest = bytearray()
        count = (len(more) - at) // unit
        if count:
            end = at + count * unit
            paint(done, count, memoryview(more)[at:end])
            done += count
            at = end
        if at < len(more):
            rest += more[at:]
    yield from source.finish()
