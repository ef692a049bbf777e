# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Decoders for what L{txrfb.kernels} writes, for its tests: as plain as they can be,
and written from the specification, not from the kernels.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Words = np.ndarray[Any, np.dtype[np.uint32]]


class _Reader:
    """
    Takes bytes from the front.
    """

    def __init__(self, data: bytes, size: int, bigEndian: bool) -> None:
        self.data = data
        self.at = 0
        self.size = size
        self.order: Any = "big" if bigEndian else "little"

    def take(self, count: int) -> bytes:
        piece = self.data[self.at : self.at + count]
        if len(piece) != count:
            raise ValueError(f"{count} bytes wanted, {len(piece)} are left")
        self.at += count
        return piece

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self, count: int) -> int:
        return int.from_bytes(self.take(count), "big")

    def pixel(self) -> int:
        return int.from_bytes(self.take(self.size), self.order)

    def end(self) -> None:
        if self.at != len(self.data):
            raise ValueError(f"{len(self.data) - self.at} bytes are left over")


def paletteNumbers(
    colors: int, packed: bytes, width: int, height: int
) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """
    Unpack the numbers of Tight's palette filter.
    """
    if colors == 1:
        assert packed == b""
        return np.zeros((height, width), np.uint8)
    numbers = np.frombuffer(packed, np.uint8)
    if colors == 2:
        return np.unpackbits(numbers.reshape(height, -1), axis=1)[:, :width]
    return numbers.reshape(height, width)


def gradient(data: bytes, width: int, height: int) -> Words:
    """
    Undo Tight's gradient filter.
    """
    pixels = np.zeros((height + 1, width + 1, 3), int)
    differences = np.frombuffer(data, np.uint8).reshape(height, width, 3)
    for y in range(1, height + 1):
        for x in range(1, width + 1):
            guess = pixels[y, x - 1] + pixels[y - 1, x] - pixels[y - 1, x - 1]
            guess = guess.clip(0, 255)
            pixels[y, x] = (guess + differences[y - 1, x - 1]) % 256
    colors = pixels[1:, 1:] @ np.array([1 << 16, 1 << 8, 1])
    result: Words = colors.astype(np.uint32)
    return result


def zrle(
    data: bytes, width: int, height: int, tile: int, size: int, bigEndian: bool
) -> Words:
    """
    Decode ZRLE or TRLE tiles.
    """
    reader = _Reader(data, size, bigEndian)
    result = np.zeros((height, width), np.uint32)
    for y in range(0, height, tile):
        for x in range(0, width, tile):
            block = result[y : y + tile, x : x + tile]
            high, wide = block.shape
            block[...] = np.array(_zrleTile(reader, wide, high)).reshape(high, wide)
    reader.end()
    return result


def _zrleTile(reader: _Reader, width: int, height: int) -> list[int]:
    kind = reader.byte()
    count = width * height
    if kind == 0:
        return [reader.pixel() for _ in range(count)]
    if kind == 1:
        return [reader.pixel()] * count
    if kind <= 16:
        colors = [reader.pixel() for _ in range(kind)]
        bits = 1 if kind == 2 else 2 if kind <= 4 else 4
        result = []
        for _ in range(height):
            row = reader.number((width * bits + 7) // 8)
            spare = -(width * bits) % 8
            for x in range(width):
                shift = (width - 1 - x) * bits + spare
                result.append(colors[row >> shift & (1 << bits) - 1])
        return result
    result = []
    colors = []
    if kind > 128:
        assert kind >= 130
        colors = [reader.pixel() for _ in range(kind - 128)]
    else:
        assert kind == 128
    while len(result) < count:
        long = True
        if colors:
            index = reader.byte()
            long = index >= 128
            color = colors[index & 127]
        else:
            color = reader.pixel()
        length = 1
        while long:
            more = reader.byte()
            length += more
            long = more == 255
        result += [color] * length
    assert len(result) == count
    return result


def hextile(data: bytes, width: int, height: int, size: int, bigEndian: bool) -> Words:
    """
    Decode Hextile.  Colors that a viewer might not have kept are not used.
    """
    reader = _Reader(data, size, bigEndian)
    result = np.zeros((height, width), np.uint32)
    background: Any = None
    foreground: Any = None
    for y in range(0, height, 16):
        for x in range(0, width, 16):
            block = result[y : y + 16, x : x + 16]
            flags = reader.byte()
            if flags & 1:
                assert flags == 1
                pixels = [reader.pixel() for _ in range(block.size)]
                block[...] = np.array(pixels).reshape(block.shape)
                background = foreground = None
                continue
            if flags & 2:
                background = reader.pixel()
            if flags & 4:
                foreground = reader.pixel()
            assert background is not None
            block[...] = background
            if not flags & 8:
                continue
            if flags & 16:
                foreground = None
            for _ in range(reader.byte()):
                color = reader.pixel() if flags & 16 else foreground
                assert color is not None
                place, extent = reader.byte(), reader.byte()
                _paint(
                    block,
                    color,
                    place >> 4,
                    place & 15,
                    (extent >> 4) + 1,
                    (extent & 15) + 1,
                )
    reader.end()
    return result


def rre(
    data: bytes, width: int, height: int, size: int, bigEndian: bool, compact: bool
) -> Words:
    """
    Decode RRE or CoRRE.
    """
    reader = _Reader(data, size, bigEndian)
    count = reader.number(4)
    result = np.full((height, width), reader.pixel(), np.uint32)
    each = 1 if compact else 2
    for _ in range(count):
        color = reader.pixel()
        x, y, wide, high = (reader.number(each) for _ in range(4))
        _paint(result, color, x, y, wide, high)
    reader.end()
    return result


def _paint(where: Words, color: int, x: int, y: int, width: int, height: int) -> None:
    assert 0 < width <= where.shape[1] - x and 0 < height <= where.shape[0] - y
    where[y : y + height, x : x + width] = color
