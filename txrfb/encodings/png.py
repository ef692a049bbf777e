# -*- test-case-name: tests.encodings.test_png -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
PNG, as far as TightPNG needs it (ISO/IEC 15948): what is made is deflated like
everything else; what is read may come from any server.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np

from txrfb.encodings.deflate import Inflater
from txrfb.encodings.values import Words, colorsOfRgb

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = struct.Struct(">IIBBBBB")
_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"

#: Color types.
GRAY, RGB, PALETTE, GRAY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6

#: Samples of a pixel by color type.
_samples = {GRAY: 1, RGB: 3, PALETTE: 1, GRAY_ALPHA: 2, RGB_ALPHA: 4}


def _chunk(kind: bytes, data: bytes) -> bytes:
    """
    @return: A chunk of a PNG stream.
    """
    crc = zlib.crc32(data, zlib.crc32(kind))
    return b"".join((len(data).to_bytes(4, "big"), kind, data, crc.to_bytes(4, "big")))


def encodePng(
    width: int, height: int, bits: int, colors: bytes, deflated: bytes
) -> bytes:
    """
    @param bits: Bits of a pixel: 1 or 8 with a palette, 24 without.

    @param colors: The palette: red, green and blue of each color.

    @param deflated: The rows, each behind the number of its filter, as a zlib
        stream.

    @return: A PNG stream.
    """
    if bits == 24:
        header = _HEADER.pack(width, height, 8, RGB, 0, 0, 0)
        palette = b""
    else:
        header = _HEADER.pack(width, height, bits, PALETTE, 0, 0, 0)
        palette = _chunk(b"PLTE", colors)
    return b"".join(
        (_SIGNATURE, _chunk(b"IHDR", header), palette, _chunk(b"IDAT", deflated), _END)
    )


def decodePng(data: bytes, width: int, height: int) -> Words:
    """
    Read a PNG stream of 1 to 8 bits a sample that is not interlaced.  Transparency
    is left out, and so are the chunks' checksums.

    @param data: A PNG stream.

    @param width: How wide it must be.

    @param height: How high it must be.

    @return: Its colors, of shape (height, width).

    @raise ValueError: if it is damaged, of another size, or beyond what is read.
    """
    if not data.startswith(_SIGNATURE):
        raise ValueError("PNG data does not begin with its signature")
    at = len(_SIGNATURE)
    header: tuple[int, ...] | None = None
    palette = b""
    packed = []
    while True:
        if at + 12 > len(data):
            raise ValueError("the PNG data has no end")
        size = int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + size]
        at += size + 12
        if len(body) < size:
            raise ValueError(f"a PNG chunk of {size} bytes is not all there")
        if kind == b"IHDR":
            if size != _HEADER.size:
                raise ValueError(f"the PNG header has {size} bytes")
            header = _HEADER.unpack(body)
        elif kind == b"PLTE":
            palette = body
        elif kind == b"IDAT":
            packed.append(body)
        elif kind == b"IEND":
            break
        elif not kind[0] & 32:
            raise ValueError(f"a PNG chunk {kind!r} that cannot be left out")
    if header is None:
        raise ValueError("the PNG data has no header")
    hasWidth, hasHeight, depth, color, compression, filtering, interlace = header
    if (hasWidth, hasHeight) != (width, height):
        raise ValueError(
            f"a PNG picture of {hasWidth}x{hasHeight} pixels for a rectangle of"
            f" {width}x{height}"
        )
    samples = _samples.get(color, 0)
    depths = (1, 2, 4, 8) if color in (GRAY, PALETTE) else (8,)
    if not samples or depth not in depths or compression or filtering or interlace:
        raise ValueError(
            f"PNG of color type {color}, {depth} bits, compression {compression},"
            f" filter method {filtering}, interlace {interlace} is not read here"
        )
    row = (width * depth * samples + 7) // 8
    inflated = Inflater().inflate(b"".join(packed), (row + 1) * height)
    if len(inflated) != (row + 1) * height:
        raise ValueError(f"{len(inflated)} bytes of PNG rows, not {(row + 1) * height}")
    rows = _unfiltered(inflated, height, row, max(1, depth * samples // 8))
    return _colors(rows, width, depth, color, palette)


def _colors(rows: Any, width: int, depth: int, color: int, palette: bytes) -> Words:
    """
    @param rows: Bytes, of shape (height, bytes of a row).

    @return: Colors, of shape (height, width).
    """
    height = len(rows)
    result: Words
    if color in (RGB, RGB_ALPHA):
        parts = rows.reshape(height, width, -1)[:, :, :3]
        return colorsOfRgb(parts.tobytes()).reshape(height, width)
    if color == GRAY_ALPHA:
        samples = rows[:, ::2]
    elif depth == 8:
        samples = rows
    else:
        shifts = np.arange(8 - depth, -1, -depth, dtype=np.uint8)
        spread = rows[:, :, None] >> shifts & np.uint8((1 << depth) - 1)
        samples = spread.reshape(height, -1)[:, :width]
    if color != PALETTE:
        scale = 255 // ((1 << depth) - 1)
        result = samples.astype(np.uint32) * np.uint32(scale * 0x010101)
        return result
    if not palette or len(palette) % 3:
        raise ValueError(f"a PNG palette of {len(palette)} bytes")
    if int(samples.max()) * 3 >= len(palette):
        raise ValueError(f"color {samples.max()} of a palette of {len(palette) // 3}")
    result = colorsOfRgb(palette)[samples]
    return result


def _unfiltered(data: bytes, height: int, size: int, step: int) -> Any:
    """
    @param size: Bytes of a row.

    @param step: Bytes from a sample to that of the pixel to its right.

    @return: The rows, of shape (height, size).
    """
    rows = np.frombuffer(data, np.uint8).reshape(height, size + 1)
    result = np.zeros((height, size), np.uint8)
    above = np.zeros(size, np.uint8)
    for y in range(height):
        kind = rows[y, 0]
        row = rows[y, 1:]
        here = result[y]
        if kind == 0:
            here[:] = row
        elif kind == 1:
            for first in range(min(step, size)):
                here[first::step] = np.cumsum(row[first::step], dtype=np.uint8)
        elif kind == 2:
            here[:] = row + above
        elif kind == 3:
            here[:] = _averaged(row.tolist(), above.tolist(), step)
        elif kind == 4:
            here[:] = _paeth(row.tolist(), above.tolist(), step)
        else:
            raise ValueError(f"there is no PNG filter {kind}")
        above = here
    return result


def _averaged(row: list[int], above: list[int], step: int) -> list[int]:
    """
    Undo filter 3 on one row.
    """
    left = [0] * step
    for at, byte in enumerate(row):
        left.append(byte + (left[at] + above[at] >> 1) & 255)
    return left[step:]


def _paeth(row: list[int], above: list[int], step: int) -> list[int]:
    """
    Undo filter 4 on one row.
    """
    left = [0] * step
    corner = [0] * step + above
    for at, byte in enumerate(row):
        a, b, c = left[at], above[at], corner[at]
        p = a + b - c
        toA, toB, toC = abs(p - a), abs(p - b), abs(p - c)
        nearest = a if toA <= toB and toA <= toC else b if toB <= toC else c
        left.append(byte + nearest & 255)
    return left[step:]
