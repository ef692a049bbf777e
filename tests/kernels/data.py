# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Memory with pixels in it, for the tests of L{txrfb.kernels}; and the kernels in C, if
they were built.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

native: Any
try:
    from txrfb.kernels import _native as native
except ImportError:
    native = None

#: Why tests of the kernels in C are skipped, if they are.
NOT_BUILT = "the extension txrfb.kernels._native is not built"

Words = np.ndarray[Any, np.dtype[np.uint32]]

COLOR = 0xFFFFFF


class Picture(NamedTuple):
    """
    A rectangle in some memory: the first arguments of a kernel.
    """

    pixels: Any
    stride: int
    x: int
    y: int
    width: int
    height: int

    def array(self) -> Words:
        """
        The values of the rectangle, a copy.
        """
        view: Words = np.ndarray(
            (self.height, self.width),
            np.uint32,
            self.pixels,
            self.y * self.stride + 4 * self.x,
            (self.stride, 4),
        )
        return view.copy()


def content(height: int, width: int, kind: str, seed: int) -> Words:
    """
    Pixels as they are met with: flat areas, few colors, runs as in text, noise.
    """
    rng = np.random.default_rng(seed)
    count = height * width
    if kind == "noise":
        return rng.integers(0, 1 << 32, (height, width), dtype=np.uint32)
    colors = rng.integers(0, 1 << 24, int(rng.integers(1, 300)), dtype=np.uint32)
    if kind == "few":
        colors = colors[: int(rng.integers(1, 20))]
    if kind == "flat":
        result = np.full((height, width), colors[0])
        for color in colors[: int(rng.integers(0, 6))]:
            x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
            high, wide = rng.integers(1, 40, 2).tolist()
            result[y : y + high, x : x + wide] = color
        return result
    runs = colors[rng.integers(0, len(colors), count)]
    if kind == "text":
        runs = np.repeat(runs, rng.integers(1, 12, count))[:count]
    result = runs.reshape(height, width)
    if seed % 2:
        result = result | rng.integers(0, 256, (height, width), dtype=np.uint32) << 24
    return np.ascontiguousarray(result, np.uint32)


def photo(height: int, width: int, seed: int) -> Words:
    """
    Pixels as those of a photo: soft, with some noise; flat where there is much light.
    """
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = [
        140 + 120 * np.sin(x / rng.uniform(9, 40) + y / rng.uniform(9, 40))
        for _ in range(3)
    ]
    noise = rng.normal(0, rng.uniform(0, 6), (height, width, 3))
    channels = np.clip(np.stack(waves, 2) + noise, 0, 255).astype(np.uint32)
    shifts = np.array([1 << 16, 1 << 8, 1], np.uint32)
    result: Words = (channels * shifts).sum(2, np.uint32)
    return result


def collage(height: int, width: int, seed: int) -> Words:
    """
    Things drawn, beside and over a photo.
    """
    rng = np.random.default_rng(seed)
    result = photo(height, width, seed)
    for _ in range(int(rng.integers(0, 4))):
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        high, wide = rng.integers(1, 120, 2).tolist()
        part = result[y : y + high, x : x + wide]
        drawn = content(high, wide, str(rng.choice(["flat", "few", "text"])), seed)
        drawn = drawn[: part.shape[0], : part.shape[1]]
        if rng.random() < 0.5:
            part[...] = drawn
        else:
            part[drawn & 1 == 1] = 0xFFFF00
    return result


def store(values: Words, stride: int, offset: int = 0) -> Any:
    """
    Put values into memory with gaps between the rows, C{offset} bytes away from
    an aligned address.
    """
    height, width = values.shape
    memory = bytearray(b"\x5a" * (offset + stride * (height - 1) + 4 * width))
    view: Words = np.ndarray((height, width), np.uint32, memory, offset, (stride, 4))
    view[...] = values
    return memoryview(memory)[offset:]


def picture(values: Words) -> Picture:
    """
    All of the values, without gaps.
    """
    height, width = values.shape
    return Picture(store(values, 4 * width), 4 * width, 0, 0, width, height)


@st.composite
def pictures(draw: st.DrawFn, most: int = 90) -> Picture:
    """
    Rectangles of any content, at any place, of any memory.
    """
    width = draw(st.integers(1, most))
    height = draw(st.integers(1, most))
    left, top = draw(st.integers(0, 20)), draw(st.integers(0, 20))
    right, bottom = draw(st.integers(0, 3)), draw(st.integers(0, 3))
    values = content(
        top + height + bottom,
        left + width + right,
        draw(st.sampled_from(["flat", "few", "text", "noise"])),
        draw(st.integers(0, 1 << 32)),
    )
    stride = 4 * (left + width + right) + draw(st.integers(0, 9))
    memory = store(values, stride, draw(st.integers(0, 4)))
    return Picture(memory, stride, left, top, width, height)


masks = st.sampled_from([0xFFFFFF, 0xFFFFFFFF, 0xFFFF, 0xFF, 0])
layouts = st.tuples(st.integers(1, 4), st.sampled_from([0, 8, 3, 31]), st.booleans())


def drawing(*rows: str) -> Words:
    """
    A picture from characters; C{"."} is 0, another its code.
    """
    return np.array(
        [[0 if c == "." else ord(c) for c in row] for row in rows], np.uint32
    )
