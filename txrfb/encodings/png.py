# -*- test-case-name: tests.encodings.test_png -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
PNG, as far as TightPNG needs it (ISO/IEC 15948): what is made is deflated like
everything else; what is read may come from any server, and is unpacked by Pillow.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Generator

import numpy as np

from txrfb import kernels
from txrfb.encodings.deflate import Held
from txrfb.encodings.painting import Place, paintRows
from txrfb.encodings.values import TPIXEL
from txrfb.geometry import Rectangle
from txrfb.pixels import NATIVE, Words

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = struct.Struct(">IIBBBBB")
_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"

#: Color types.
GRAY, RGB, PALETTE, GRAY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6

#: Pillow's mode of a picture and of its rows, by color type and bits of a sample.
_modes = {
    (GRAY, 1): ("1", "1"),
    (GRAY, 2): ("L", "L;2"),
    (GRAY, 4): ("L", "L;4"),
    (GRAY, 8): ("L", "L"),
    (RGB, 8): ("RGB", "RGB"),
    (PALETTE, 1): ("P", "P;1"),
    (PALETTE, 2): ("P", "P;2"),
    (PALETTE, 4): ("P", "P;4"),
    (PALETTE, 8): ("P", "P"),
    (GRAY_ALPHA, 8): ("LA", "LA"),
    (RGB_ALPHA, 8): ("RGBA", "RGBA"),
}


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

    @param deflated: The rows, each after the number of its filter, as a zlib
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

    Only the rows and the palette are handed to Pillow: other chunks, which might
    inflate to any size, are skipped, and rows after the last are not inflated.

    @param data: A PNG stream.

    @param width: How wide it must be.

    @param height: How high it must be.

    @return: Its colors, of shape (height, width).

    @raise ValueError: if it is damaged, of another size, or beyond what is read.
    """
    # Servers only encode, and need not wait until it is loaded.
    from PIL import Image

    chunks, depth, color = _opened(data, width, height)
    mode, rawMode = _modes[color, depth]
    try:
        image = Image.frombytes(
            mode, (width, height), chunks[b"IDAT"], "zip", rawMode, 0
        )
    except (ValueError, MemoryError) as problem:
        raise ValueError(f"the PNG data cannot be read: {problem}") from None
    if mode == "P":
        palette = chunks[b"PLTE"]
        count, rest = divmod(len(palette), 3)
        if rest or not 0 < count <= 256:
            raise ValueError(f"a PNG palette of {len(palette)} bytes")
        last = int(np.asarray(image).max())
        if last >= count:
            raise ValueError(f"color index {last} in a PNG palette of {count}")
        image.putpalette(palette)
    pixels = image.convert("RGB").tobytes("raw", "BGRX")
    result: Words = np.frombuffer(pixels, "<u4").reshape(height, width)
    return result


def paintPng(
    canvas: Words, rectangle: Rectangle, data: bytes
) -> Generator[int, bytes, None]:
    """
    Paint a PNG stream that fills a rectangle, and wants no more bytes: what servers
    send, colors of 8 bits and palettes of 1 and 8, in parts, and others by
    L{decodePng}.

    @raise ValueError: (from the generator) as L{decodePng}.
    """
    x, y, width, height = rectangle
    chunks, depth, color = _opened(data, width, height)
    if (color, depth) not in ((RGB, 8), (PALETTE, 1), (PALETTE, 8)):
        canvas[y : y + height, x : x + width] = decodePng(data, width, height)
        return
    pixel = 3 if color == RGB else 1
    row = width * 3 if color == RGB else (width * depth + 7) // 8
    above = bytes(row)
    palette = b""
    if color == PALETTE:
        count, rest = divmod(len(chunks[b"PLTE"]), 3)
        if rest or not 0 < count <= 1 << depth:
            raise ValueError(f"a PNG palette of {len(chunks[b'PLTE'])} bytes")
        palette = kernels.readColors(chunks[b"PLTE"], TPIXEL, NATIVE)

    def paint(place: Place, rows: bytes) -> None:
        nonlocal above
        plain = kernels.undoFilters(rows, pixel, above)
        above = plain[-row:]
        if color == RGB:
            kernels.paintPixels(*place, plain, 0, TPIXEL, NATIVE)
        else:
            kernels.paintIndices(*place, plain, palette, depth)

    yield from paintRows(canvas, rectangle, row + 1, Held(chunks[b"IDAT"]), paint)


def _opened(
    data: bytes, width: int, height: int
) -> tuple[dict[bytes, bytes], int, int]:
    """
    @return: The chunks, bits of a sample, and the color type.

    @raise ValueError: if it is damaged, of another size, or beyond what is read.
    """
    chunks = _chunks(data)
    header = chunks[b"IHDR"]
    if len(header) != _HEADER.size:
        raise ValueError(f"the PNG header has {len(header)} bytes")
    hasWidth, hasHeight, depth, color, *methods = _HEADER.unpack(header)
    # The size is looked at before memory is taken for the pixels.
    if (hasWidth, hasHeight) != (width, height) or not width * height:
        raise ValueError(
            f"a PNG picture of {hasWidth}x{hasHeight} pixels for a rectangle of"
            f" {width}x{height}"
        )
    if (color, depth) not in _modes or any(methods):
        raise ValueError(
            f"PNG of color type {color}, {depth} bits, compression {methods[0]},"
            f" filter method {methods[1]}, interlace {methods[2]} is not supported"
        )
    return chunks, depth, color


def _chunks(data: bytes) -> dict[bytes, bytes]:
    """
    @return: The contents of all chunks of each critical kind, joined.

    @raise ValueError: if this is no PNG stream, or has critical chunks of other
        kinds.
    """
    if not data.startswith(_SIGNATURE):
        raise ValueError("PNG data does not begin with its signature")
    found: dict[bytes, list[bytes]] = {b"IHDR": [], b"PLTE": [], b"IDAT": []}
    at = len(_SIGNATURE)
    while True:
        if at + 12 > len(data):
            raise ValueError("the PNG data is truncated")
        size = int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        if at + 12 + size > len(data):
            raise ValueError(f"a PNG chunk of {size} bytes is truncated")
        if kind in found:
            found[kind].append(data[at + 8 : at + 8 + size])
        elif kind == b"IEND":
            return {kind: b"".join(pieces) for kind, pieces in found.items()}
        elif not kind[0] & 32:
            raise ValueError(f"unknown critical PNG chunk {kind!r}")
        at += size + 12
