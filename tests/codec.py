# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Pixels of every kind, and what the tests of encodings do with them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from typing import TypeVar

import numpy as np

from txrfb.encodings import Wanted
from txrfb.encodings.level import Level
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.interfaces import IDecoder, IEncoding
from txrfb.pixels import NATIVE, PixelFormat, Surface, Words

T = TypeVar("T")

RGB332 = PixelFormat(8, 8, False, True, 7, 7, 3, 5, 2, 0)
BGR233 = PixelFormat(8, 8, False, True, 7, 7, 3, 0, 3, 6)
MAP = PixelFormat(8, 8, False, False, 7, 7, 3, 0, 3, 6)
RGB565 = PixelFormat(16, 16, False, True, 31, 63, 31, 11, 5, 0)

#: Pixel formats by what is special about them.
FORMATS: dict[str, PixelFormat] = {
    "native": NATIVE,
    "big": NATIVE._replace(bigEndian=True),
    "red first": NATIVE._replace(redShift=0, blueShift=16),
    "high bytes": NATIVE._replace(redShift=24, greenShift=16, blueShift=8),
    "high bytes, big": NATIVE._replace(
        bigEndian=True, redShift=8, greenShift=16, blueShift=24
    ),
    "depth 32": NATIVE._replace(depth=32),
    "10 bits a color": PixelFormat(32, 30, False, True, 1023, 1023, 1023, 20, 10, 0),
    "10 bits a color, big": PixelFormat(
        32, 30, True, True, 1023, 1023, 1023, 0, 10, 20
    ),
    "565": RGB565,
    "565, big": RGB565._replace(bigEndian=True),
    "332": RGB332,
    "233": BGR233,
    "map": MAP,
    "map, 16 bits": MAP._replace(bitsPerPixel=16, bigEndian=True),
}


def flat(random: np.random.Generator, width: int, height: int) -> Words:
    """
    One color.
    """
    return np.full((height, width), random.integers(1 << 24), np.uint32)


def mono(random: np.random.Generator, width: int, height: int) -> Words:
    """
    Two colors, in pieces.
    """
    bits = random.random((height, width)).cumsum(axis=1).astype(int) // 3 % 2
    result: Words = random.integers(0, 1 << 24, 2).astype(np.uint32)[bits]
    return result


def text(random: np.random.Generator, width: int, height: int) -> Words:
    """
    Dark strokes with soft edges on a light ground.
    """
    strokes = random.random((height, width))
    strokes = np.where(strokes > 0.8, random.integers(0, 12, (height, width)), 12)
    strokes[: height // 4] = 12
    grays = (strokes * 20).astype(np.uint32)
    result: Words = grays * np.uint32(0x010101) | np.uint32(0x100000)
    return result


def colorful(random: np.random.Generator, width: int, height: int) -> Words:
    """
    A few hundred colors in runs.
    """
    colors = random.integers(0, 1 << 24, 200).astype(np.uint32)
    steps = random.random((height, width)) > 0.6
    result: Words = colors[np.cumsum(steps, axis=1) * 7 % 200]
    return result


def photo(random: np.random.Generator, width: int, height: int) -> Words:
    """
    Soft changes, and a little grain.
    """
    across = np.linspace(0, 3, width)[None, :]
    down = np.linspace(0, 2, height)[:, None]
    parts = []
    for phase in random.random(3) * 6:
        wave = 128 + 90 * np.sin(across + phase) * np.cos(down - phase)
        grain = random.integers(-2, 3, (height, width))
        parts.append(np.clip(wave + grain, 0, 255).astype(np.uint32))
    red, green, blue = parts
    result: Words = red << np.uint32(16) | green << np.uint32(8) | blue
    return result


def shaded(random: np.random.Generator, width: int, height: int) -> Words:
    """
    Flat ground with thin shades of many colors on it, as soft text in color is.
    """
    strokes = random.random((height, width)) > 0.95
    result: Words = np.where(strokes, noise(random, width, height), 0xF0F4F8)
    return result.astype(np.uint32)


def noise(random: np.random.Generator, width: int, height: int) -> Words:
    """
    Nothing that is like anything.
    """
    return random.integers(0, 1 << 24, (height, width)).astype(np.uint32)


CONTENTS: tuple[Callable[[np.random.Generator, int, int], Words], ...] = (
    flat,
    mono,
    text,
    colorful,
    photo,
    noise,
)


def surfaceOf(colors: Words, margin: int = 3) -> tuple[Surface, Rectangle]:
    """
    @param colors: Colors C{0xRRGGBB}.

    @return: A surface with them in it, other pixels around, and anything in the
        fourth bytes; and where they are.
    """
    height, width = colors.shape
    random = np.random.default_rng(width * 65536 + height)
    memory = random.integers(
        0, 1 << 32, (height + 2 * margin, width + 3 * margin), np.uint32
    )
    padding = memory & np.uint32(0xFF000000)
    memory[margin : margin + height, margin : margin + width] = (
        colors | padding[margin : margin + height, margin : margin + width]
    )
    whole = (width + 2 * margin, height + 2 * margin)
    surface = Surface(memory.astype("<u4").tobytes(), (width + 3 * margin) * 4, *whole)
    return surface, Rectangle(margin, margin, width, height)


def shown(colors: Words, format: PixelFormat) -> Words:
    """
    @return: The colors as a viewer of the format shows them.
    """
    tables = np.frombuffer(format.tables(sys.byteorder == "big"), np.uint32)
    tables = tables.reshape(3, 256)
    return format.colorsOf(
        tables[0][colors >> np.uint32(16) & np.uint32(255)]
        | tables[1][colors >> np.uint32(8) & np.uint32(255)]
        | tables[2][colors & np.uint32(255)]
    )


def expected(framebuffer: MemoryFramebuffer, format: PixelFormat) -> Words:
    """
    @return: The colors of a framebuffer as a viewer of the format shows them.
    """
    blue, green, red = (framebuffer.array[..., n].astype(np.uint32) for n in range(3))
    return shown(red << np.uint32(16) | green << np.uint32(8) | blue, format)


def drive(reading: Generator[int, bytes, T], data: bytes) -> T:
    """
    Give a generator the bytes that it asks for, and all that it can use.

    @raise EOFError: if there are not enough.

    @raise AssertionError: if some are left over.
    """
    at = 0
    try:
        size = next(reading)
        while True:
            if isinstance(size, Wanted):
                at -= size.unused
            piece = data[at : at + max(size, getattr(size, "most", 0))]
            if len(piece) < size:
                raise EOFError(f"{int(size)} bytes are wanted at {at} of {len(data)}")
            at += len(piece)
            size = reading.send(piece)
    except StopIteration as end:
        assert at == len(data), f"{len(data) - at} bytes are left over"
        result: T = end.value
        return result


def decoded(
    decoder: IDecoder, body: bytes, rectangle: Rectangle, format: PixelFormat
) -> Words:
    """
    @return: What a decoder makes of a body: the rectangle's colors.

    @raise AssertionError: if it paints elsewhere.
    """
    x, y, width, height = rectangle
    canvas = np.full((y + height + 2, x + width + 2), 0xABCDEF, np.uint32)
    drive(decoder.decode(rectangle, format, canvas), body)
    inside = canvas[y : y + height, x : x + width].copy()
    canvas[y : y + height, x : x + width] = 0xABCDEF
    assert (canvas == 0xABCDEF).all(), "pixels outside of the rectangle are painted"
    return inside


def thereAndBack(
    encoding: IEncoding,
    colors: Words,
    format: PixelFormat,
    level: Level | None = None,
    isPhoto: bool = False,
) -> tuple[bytes, Words]:
    """
    @param isPhoto: Whether it may lose something.

    @return: The body, as it would be the first on a connection, and the colors that
        a decoder makes of it.
    """
    encoder = encoding.encoder(format, level or Level())
    surface, rectangle = surfaceOf(colors)
    encode = encoder.encodePhoto if isPhoto else encoder.encode
    body = encode(surface, rectangle)
    assert type(body) is bytes
    if encoder.opens:
        body = encoder.opening(body)
    return body, decoded(encoding.decoder(), body, rectangle, format)


def differing(got: Words, wanted: Words) -> int:
    """
    @return: How many pixels differ.
    """
    return int((got != wanted).sum())


def minSignal(got: Words, wanted: Words) -> float:
    """
    @return: The peak signal to noise ratio in decibels.
    """
    pairs = [
        np.stack([one >> np.uint32(n) & np.uint32(255) for n in (16, 8, 0)])
        for one in (got, wanted)
    ]
    square = ((pairs[0].astype(float) - pairs[1]) ** 2).mean()
    return float(10 * np.log10(255**2 / max(square, 1e-9)))
