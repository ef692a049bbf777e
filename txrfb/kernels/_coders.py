# -*- test-case-name: tests.kernels.test_kernels -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The kernels that make complete bodies of encodings, in numpy and Python: ZRLE and
TRLE tiles, Hextile, RRE and CoRRE.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np

from txrfb.kernels._views import (
    Words,
    checkLayout,
    checkRange,
    maskedValues,
    view,
    written,
)

# The bits of a Hextile subencoding (RFC 6143, section 7.7.4).
_RAW = 1
_BACKGROUND = 2
_FOREGROUND = 4
_SUBRECTANGLES = 8
_COLORED = 16

# Among so many colors the background of RRE is sought.
_BACKGROUNDS = 256


def zrle(
    values: Any,
    stride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    mask: int,
    tile: int,
    size: int,
    shift: int,
    bigEndian: bool,
    deflated: bool,
) -> bytes:
    """
    Write the tiles of ZRLE, not yet deflated, or of TRLE (RFC 6143, sections
    7.7.5 and 7.7.6).  Each tile is written in the way that takes the fewest
    bytes; of two that take the same the one named first: packed palette, runs
    of palette colors, raw, runs of colors.

    @param tile: How wide and high tiles are: 64 for ZRLE, 16 for TRLE.

    @param deflated: Whether they are to be deflated: runs of palette colors, of which
        deflate makes the least, then count two and a half times.

    @return: The tiles, row by row.
    """
    checkRange("tile", tile, 1, 64)
    checkLayout(size, shift)
    area = maskedValues(values, stride, x, y, width, height, mask)
    result = []
    for top in range(0, height, tile):
        for left in range(0, width, tile):
            block = area[top : top + tile, left : left + tile]
            result.append(_zrleTile(block, size, shift, bigEndian, deflated))
    return b"".join(result)


def _zrleTile(
    block: Words, size: int, shift: int, bigEndian: bool, deflated: bool
) -> bytes:
    height, width = block.shape
    flat = block.ravel()
    starts = np.concatenate(
        (np.zeros(1, np.intp), np.flatnonzero(flat[1:] != flat[:-1]) + 1)
    )
    runs = flat[starts]
    if runs.size == 1:
        return b"\x01" + written(runs, size, shift, bigEndian)
    lengths = np.diff(starts, append=flat.size)
    colors = list(dict.fromkeys(runs.tolist()))
    count = len(colors)
    # A length is written as its bytes of 255, and one more.
    longs = (lengths - 1) // 255 + 1
    costs = []
    if count <= 16:
        bits = 1 if count == 2 else 2 if count <= 4 else 4
        costs.append((count * size + height * (-(-width * bits // 8)), _PACKED))
    if count <= 127:
        cost = count * size + runs.size + int(longs[lengths > 1].sum())
        costs.append((cost * 5 // 2 if deflated else cost, _PALETTE_RUNS))
    costs.append((flat.size * size, _PIXELS))
    costs.append((runs.size * size + int(longs.sum()), _RUNS))
    way = min(costs)[1]
    if way == _PIXELS:
        return b"\x00" + written(flat, size, shift, bigEndian)
    if way == _RUNS:
        data = written(runs, size, shift, bigEndian)
        pieces = [b"\x80"]
        for number, length in enumerate(lengths.tolist()):
            pieces.append(data[number * size : (number + 1) * size])
            pieces.append(_length(length))
        return b"".join(pieces)
    head = written(np.array(colors, np.uint32), size, shift, bigEndian)
    numbers = {color: number for number, color in enumerate(colors)}
    indices = [numbers[color] for color in runs.tolist()]
    if way == _PACKED:
        wide = np.repeat(np.array(indices, np.uint8), lengths).reshape(height, width)
        planes = np.arange(bits - 1, -1, -1, dtype=np.uint8)
        flags = wide[:, :, np.newaxis] >> planes & 1
        packed = np.packbits(flags.reshape(height, width * bits), axis=1)
        return bytes([count]) + head + packed.tobytes()
    pieces = [bytes([128 + count]), head]
    for index, length in zip(indices, lengths.tolist(), strict=True):
        if length == 1:
            pieces.append(bytes([index]))
        else:
            pieces.append(bytes([128 | index]) + _length(length))
    return b"".join(pieces)


# The ways to write a tile, in the order of preference.
_PACKED, _PALETTE_RUNS, _PIXELS, _RUNS = range(4)


def _length(length: int) -> bytes:
    longs, rest = divmod(length - 1, 255)
    return b"\xff" * longs + bytes([rest])


def hextile(
    values: Any,
    stride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    mask: int,
    size: int,
    bigEndian: bool,
) -> bytes:
    """
    Write a rectangle in Hextile (RFC 6143, section 7.7.4).

    The background of a tile is the color that most of its pixels have, of
    several the first to appear; it and the foreground are not repeated while
    they stay the same from tile to tile.  A tile that would not become smaller
    is raw.

    @return: The rectangle's body.
    """
    checkLayout(size, 0)
    area = maskedValues(values, stride, x, y, width, height, mask)
    result = []
    background = foreground = -1
    for top in range(0, height, 16):
        for left in range(0, width, 16):
            block = area[top : top + 16, left : left + 16]
            rows = block.tolist()
            counts = _counts(rows)
            most = max(counts, key=counts.__getitem__)
            flags = 0
            colors = []
            if most != background:
                flags |= _BACKGROUND
                colors.append(most)
            if len(counts) == 1:
                pieces = []
            else:
                flags |= _SUBRECTANGLES
                colored = len(counts) > 2
                other = -1
                if colored:
                    flags |= _COLORED
                else:
                    other = next(color for color in counts if color != most)
                    if other != foreground:
                        flags |= _FOREGROUND
                        colors.append(other)
                found = list(_subrectangles(rows, most))
                each = 2 + size if colored else 2
                cost = len(colors) * size + 1 + len(found) * each
                if cost >= block.size * size:
                    result.append(bytes([_RAW]))
                    result.append(written(block, size, 0, bigEndian))
                    background = foreground = -1
                    continue
                foreground = other
                pieces = [bytes([len(found)])]
                for color, atX, atY, wide, high in found:
                    if colored:
                        pieces.append(_pixel(color, size, bigEndian))
                    pieces.append(bytes([atX << 4 | atY, wide - 1 << 4 | high - 1]))
            background = most
            result.append(bytes([flags]))
            result.extend(_pixel(color, size, bigEndian) for color in colors)
            result.extend(pieces)
    return b"".join(result)


def rre(
    values: Any,
    stride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    mask: int,
    size: int,
    bigEndian: bool,
    compact: bool,
) -> bytes | None:
    """
    Write a rectangle in RRE (RFC 6143, section 7.7.3) or CoRRE (rfbproto, CoRRE
    encoding).

    The background is the color that most pixels have among the first 256
    colors to appear, of several the first.

    @param compact: Whether to write CoRRE; the rectangle may then have at most
        255 columns and rows.

    @return: The rectangle's body; C{None} if it would not be smaller than its
        raw pixels.
    """
    checkLayout(size, 0)
    view(values, stride, x, y, width, height)
    most = 255 if compact else 65535
    checkRange("width", width, 1, most)
    checkRange("height", height, 1, most)
    rows = maskedValues(values, stride, x, y, width, height, mask).tolist()
    counts = _counts(rows)
    candidates = list(counts)[:_BACKGROUNDS]
    background = max(candidates, key=counts.__getitem__)
    place = struct.Struct(">BBBB" if compact else ">HHHH")
    room = width * height * size - 4 - size
    pieces = [b"", _pixel(background, size, bigEndian)]
    count = 0
    for color, *where in _subrectangles(rows, background):
        count += 1
        room -= size + place.size
        if room <= 0:
            return None
        pieces.append(_pixel(color, size, bigEndian))
        pieces.append(place.pack(*where))
    if room <= 0:
        return None
    pieces[0] = struct.pack(">I", count)
    return b"".join(pieces)


def _counts(rows: list[list[int]]) -> dict[int, int]:
    """
    @return: How many pixels there are of each color, in the order in which the
        colors appear.
    """
    counts: dict[int, int] = {}
    for row in rows:
        for color in row:
            counts[color] = counts.get(color, 0) + 1
    return counts


def _subrectangles(
    rows: list[list[int]], background: int
) -> Iterator[tuple[int, int, int, int, int]]:
    """
    Cover all pixels that are not of the background color: from the first that
    is not covered as far as possible to the right, then downwards.

    @return: Rectangles of one color, as (color, x, y, width, height).
    """
    height, width = len(rows), len(rows[0])
    done = [bytearray(width) for row in rows]
    for y, row in enumerate(rows):
        x = 0
        while x < width:
            color = row[x]
            if color == background or done[y][x]:
                x += 1
                continue
            end = x + 1
            while end < width and row[end] == color and not done[y][end]:
                end += 1
            run, free = row[x:end], bytes(end - x)
            bottom = y + 1
            while (
                bottom < height
                and rows[bottom][x:end] == run
                and done[bottom][x:end] == free
            ):
                done[bottom][x:end] = b"\x01" * (end - x)
                bottom += 1
            yield color, x, y, end - x, bottom - y
            x = end


def _pixel(value: int, size: int, bigEndian: bool) -> bytes:
    low = value & (1 << 8 * size) - 1
    return low.to_bytes(size, "big" if bigEndian else "little")
