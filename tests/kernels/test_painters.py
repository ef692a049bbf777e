# -*- test-case-name: tests.kernels.test_painters -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of the kernels that paint what a server sent: those in C paint what those in numpy
do, or find the same fault, whatever it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.kernels.data import NOT_BUILT, Words, content, native
from txrfb.kernels import reference
from txrfb.pixels import NATIVE, PixelFormat

many = settings(max_examples=120, deadline=None)

FORMATS = [
    NATIVE,
    NATIVE._replace(bigEndian=True),
    NATIVE._replace(redShift=0, blueShift=16),
    NATIVE._replace(redShift=24, greenShift=16, blueShift=8),
    NATIVE._replace(bigEndian=True, redShift=8, greenShift=16, blueShift=24),
    NATIVE._replace(depth=32),
    NATIVE._replace(depth=16, redMax=31, greenMax=63, blueMax=31),
    PixelFormat(32, 30, False, True, 1023, 1023, 1023, 20, 10, 0),
    PixelFormat(32, 30, True, True, 1023, 1023, 1023, 0, 10, 20),
    PixelFormat(16, 16, False, True, 31, 63, 31, 11, 5, 0),
    PixelFormat(16, 16, True, True, 31, 63, 31, 11, 5, 0),
    PixelFormat(8, 8, False, True, 7, 7, 3, 0, 3, 6),
    # What stands for numbers of colors of a map.
    PixelFormat(8, 8, False, False, 255, 255, 255, 16, 8, 0),
    PixelFormat(16, 16, True, False, 255, 255, 255, 16, 8, 0),
]

#: For each kernel that paints, what it takes after the data and before the format; a
#: number stands for any, a flag for a truth, bytes for any bytes.
PAINTERS: dict[str, tuple[Any, ...]] = {
    "paintHextile": (0, 0, 0),
    "paintIndices": (b"", 0),
    "paintPixels": (0, 0),
    "paintSubrectangles": (False, 0),
    "paintTiles": (0, 0, b"", False),
    "readColors": (0,),
    "undoFilters": (0, b""),
    "undoGradient": (b"",),
}

formats = st.sampled_from(FORMATS)
sides = st.sampled_from([1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 50, 64, 65, 80])
kinds = st.sampled_from(["flat", "few", "text", "noise"])
seeds = st.integers(0, 1 << 32)
#: What is done to bytes: where, and how.
damages = st.lists(
    st.tuples(st.sampled_from(["set", "cut", "insert"]), st.integers(0, 1 << 16)),
    max_size=3,
)


def damaged(data: bytes, ways: list[tuple[str, int]]) -> bytes:
    """
    @return: The bytes with something wrong in them.
    """
    result = bytearray(data)
    for way, number in ways:
        at = number % (len(result) + 1)
        if way == "set" and at < len(result):
            result[at] = number >> 8 & 255
        elif way == "cut":
            del result[at:]
        else:
            result[at:at] = bytes([number & 255]) * (number & 7)
    return bytes(result)


def written(values: Words, size: int, bigEndian: bool) -> bytes:
    """
    @return: Numbers as they are sent.
    """
    wide = values.astype(">u4" if bigEndian else "<u4").view(np.uint8).reshape(-1, 4)
    return (wide[:, 4 - size :] if bigEndian else wide[:, :size]).tobytes()


class PainterTests(SynchronousTestCase):
    """
    The same pictures, results and faults.
    """

    if native is None:
        skip = NOT_BUILT

    def same(
        self, name: str, width: int, height: int, *arguments: Any, margin: int = 3
    ) -> Any:
        """
        Call both, each with a canvas of its own.

        @return: What they return; the text of a fault.
        """
        found = []
        for module in (native, reference):
            canvas = np.full((height + 2 * margin, width + margin), 0xABCDEF, np.uint32)
            where = (canvas.shape[1] * 4, 1, margin, width, height)
            try:
                result = getattr(module, name)(canvas, *where, *arguments)
            except ValueError as fault:
                # What a caller did wrong is told in other words by each.
                result = str(fault)
                if (
                    " of pixels" in result
                    or " pixels from" in result
                    or result[:6] == "pixel "
                ):
                    result = "wrong"
            inside = canvas[margin : margin + height, 1 : 1 + width].copy()
            canvas[margin : margin + height, 1 : 1 + width] = 0xABCDEF
            self.assertTrue((canvas == 0xABCDEF).all(), "it paints elsewhere")
            found.append((result, inside.tolist()))
        (result, canvas), (wanted, picture) = found
        self.assertEqual(result, wanted)
        self.assertEqual(canvas, picture)
        return result

    @many
    @given(sides, sides, seeds, formats, st.sampled_from([0, 1, 2]), st.integers(-9, 9))
    def test_pixels(
        self,
        width: int,
        height: int,
        seed: int,
        format: PixelFormat,
        kind: int,
        more: int,
    ) -> None:
        """
        Pixels of every format, in the right number or not.
        """
        size = (format.bytesPerPixel, format.cpixel()[0], 3 if format.is888 else 0)[
            kind
        ] or format.bytesPerPixel
        rng = np.random.default_rng(seed)
        data = rng.bytes(max(width * height * size + (more if more > 6 else 0), 0))
        for first in (0, more, seed % (width * height)):
            self.same("paintPixels", width, height, data, first, kind, format)
            count = (width * height - first) * size
            self.same("paintPixels", width, height, data[:count], first, kind, format)
        for one in (data, data[:size], b"", data[: size + 1]):
            results = []
            for module in (native, reference):
                try:
                    results.append(module.readColors(one, kind, format))
                except ValueError:
                    results.append(None)
            self.assertEqual(*results)

    @many
    @given(sides, sides, seeds, st.integers(1, 256), st.sampled_from([1, 8]), damages)
    def test_indices(
        self,
        width: int,
        height: int,
        seed: int,
        count: int,
        bits: int,
        ways: list[tuple[str, int]],
    ) -> None:
        """
        Numbers of colors that there are or are not.
        """
        rng = np.random.default_rng(seed)
        if bits == 1:
            count = 1 + count % 2
        colors = rng.integers(0, 1 << 24, count).astype(np.uint32).tobytes()
        indices = rng.integers(0, count, (height, width)).astype(np.uint8)
        if bits == 1:
            indices = np.packbits(indices, axis=1)
        data = damaged(indices.tobytes(), ways)
        self.same("paintIndices", width, height, data, colors, bits)

    @many
    @given(sides, sides, seeds, formats, st.integers(0, 90))
    def test_gradient(
        self, width: int, height: int, seed: int, format: PixelFormat, cut: int
    ) -> None:
        """
        Differences, all at once or in two parts.
        """
        rng = np.random.default_rng(seed)
        row = width * (3 if format.is888 else format.bytesPerPixel)
        data = rng.bytes(row * height)
        if seed % 3:
            data = bytes(byte & 3 for byte in data)
        above = bytes(6 * width)
        whole = self.same("undoGradient", width, height, data, above, format)
        first = cut % height
        if first:
            above = self.same(
                "undoGradient", width, first, data[: first * row], above, format
            )
        rest = self.same(
            "undoGradient", width, height - first, data[first * row :], above, format
        )
        self.assertEqual(rest, whole)
        self.same("undoGradient", width, height, data[1:], above, format)
        self.same("undoGradient", width, height, data, above[1:], format)

    @many
    @given(sides, sides, st.integers(1, 8), seeds, damages)
    def test_filters(
        self,
        row: int,
        rows: int,
        pixel: int,
        seed: int,
        ways: list[tuple[str, int]],
    ) -> None:
        """
        Rows of PNG, in every filter that there is, and others.
        """
        rng = np.random.default_rng(seed)
        data = rng.integers(0, 256, (rows, row + 1), np.uint8)
        data[:, 0] %= 5
        for one in (data.tobytes(), damaged(data.tobytes(), ways)):
            found = []
            for module in (native, reference):
                try:
                    found.append(module.undoFilters(one, pixel, bytes(row)))
                except ValueError as fault:
                    found.append(str(fault))
            self.assertEqual(*found)

    @many
    @given(sides, sides, kinds, seeds, formats, damages)
    def test_hextile(
        self,
        width: int,
        height: int,
        kind: str,
        seed: int,
        format: PixelFormat,
        ways: list[tuple[str, int]],
    ) -> None:
        """
        Tiles of Hextile, whole and damaged ones, and parts of them.
        """
        values = content(height, width, kind, seed)
        where = (values, 4 * width, 0, 0, width, height)
        size = format.bytesPerPixel
        body = reference.hextile(*where, 0xFFFFFF, size, format.bigEndian)
        self.tiles(
            "paintHextile", width, height, damaged(body, ways), (), (-1, -1), format
        )
        self.same("paintHextile", width, height, body[1:], 1, -1, 0xFFFFFF, format)

    @many
    @given(
        sides,
        sides,
        kinds,
        seeds,
        formats,
        damages,
        st.sampled_from([16, 64, 5]),
        st.booleans(),
    )
    def test_tiles(
        self,
        width: int,
        height: int,
        kind: str,
        seed: int,
        format: PixelFormat,
        ways: list[tuple[str, int]],
        tile: int,
        reuse: bool,
    ) -> None:
        """
        Tiles of ZRLE and TRLE likewise.
        """
        values = content(height, width, kind, seed)
        where = (values, 4 * width, 0, 0, width, height)
        size, shift = format.cpixel()
        big = format.bigEndian
        body = reference.zrle(*where, 0xFFFFFF, tile, size, shift, big, bool(seed % 2))
        last = (b"", reuse)
        data = damaged(body, ways)
        self.tiles("paintTiles", width, height, data, (tile,), last, format)
        colors = np.arange(seed % 20, dtype=np.uint32).tobytes()
        for first in (127, 129):
            data = bytes([first]) + body
            self.same("paintTiles", width, height, data, tile, 0, colors, reuse, format)

    def tiles(
        self,
        name: str,
        width: int,
        height: int,
        data: bytes,
        before: tuple[int, ...],
        state: tuple[Any, ...],
        format: PixelFormat,
    ) -> None:
        """
        All at once, and a part and the rest: what is used and the state then are those
        of all.
        """
        whole = self.same(name, width, height, data, *before, 0, *state, format)
        half = data[: len(data) * 2 // 3]
        part = self.same(name, width, height, half, *before, 0, *state, format)
        if isinstance(part, str):
            self.assertEqual(part, whole)
            return
        used, needed, tile, *now = part
        if needed:
            self.assertLess(len(half) - used, needed)
        state = (*now, *state[len(now) :])
        rest = self.same(
            name, width, height, data[used:], *before, tile, *state, format
        )
        if isinstance(rest, str):
            self.assertEqual(rest, whole)
        else:
            self.assertEqual((used + rest[0], *rest[1:]), whole)

    @many
    @given(sides, sides, kinds, seeds, formats, damages, st.booleans())
    def test_subrectangles(
        self,
        width: int,
        height: int,
        kind: str,
        seed: int,
        format: PixelFormat,
        ways: list[tuple[str, int]],
        compact: bool,
    ) -> None:
        """
        Subrectangles of RRE and CoRRE, and a part of them.
        """
        values = content(height, width, kind, seed)
        where = (values, 4 * width, 0, 0, width, height)
        size = format.bytesPerPixel
        body = reference.rre(*where, 0xFFFFFF, size, format.bigEndian, compact)
        data = damaged((body or bytes(99))[4 + size :], ways)
        for budget in (1 << 40, seed % 300, 0, -1):
            self.same(
                "paintSubrectangles", width, height, data, compact, budget, format
            )

    @many
    @given(sides, sides, st.binary(max_size=300), formats, st.booleans())
    def test_anything(
        self, width: int, height: int, data: bytes, format: PixelFormat, flag: bool
    ) -> None:
        """
        Any bytes.
        """
        self.same("paintHextile", width, height, data, 0, -1, 5, format)
        self.same("paintTiles", width, height, data, 16, 0, b"", flag, format)
        self.same("paintTiles", width, height, data, 64, 0, bytes(64), flag, format)
        self.same("paintSubrectangles", width, height, data, flag, 99, format)

    def test_noFormat(self) -> None:
        """
        What is no format is refused by both.
        """
        for wrong in (
            NATIVE._replace(bitsPerPixel=24),
            NATIVE._replace(redMax=0),
            NATIVE._replace(greenMax=65536),
            NATIVE._replace(blueShift=32),
            NATIVE._replace(redShift=-1),
        ):
            for module in (native, reference):
                self.assertRaises(ValueError, module.readColors, b"", 0, wrong)
        for nothing in ((1, 2), None, list(NATIVE)):
            for module in (native, reference):
                self.assertRaises(TypeError, module.readColors, b"", 0, nothing)


_extremes = [
    sign * (1 << bits) + more
    for bits in (15, 16, 30, 31, 32, 61, 62, 63, 64, 70)
    for sign in (1, -1)
    for more in (-1, 0, 1)
]
_near = st.integers(-2, 20)
_any = st.one_of(_near, _near, _near, st.sampled_from(_extremes))


class PainterArgumentTests(SynchronousTestCase):
    """
    Any arguments at all: those in C refuse what those in numpy refuse.
    """

    if native is None:
        skip = NOT_BUILT

    @settings(max_examples=400, deadline=None)
    @given(
        st.sampled_from([*PAINTERS]),
        st.integers(0, 300),
        st.lists(_any, min_size=5, max_size=5),
        st.binary(max_size=90),
        st.lists(_any, min_size=4, max_size=4),
        st.binary(max_size=60) | st.integers(0, 20).map(lambda n: bytes(4 * n)),
        st.lists(_any, min_size=10, max_size=10) | formats.map(list),
    )
    def test_any(
        self,
        name: str,
        size: int,
        where: list[int],
        data: bytes,
        numbers: list[int],
        more: bytes,
        format: list[int],
    ) -> None:
        """
        They return the same, or raise the same.
        """
        given = iter(numbers)
        rest = [
            next(given) if kind == 0 and kind is not False else kind
            for kind in PAINTERS[name]
        ]
        rest = [more if one == b"" else one for one in rest]
        if name not in ("paintIndices", "undoFilters"):
            rest.append(tuple(format))
        found = []
        for module in (native, reference):
            canvas = bytearray(size)
            first = [canvas, *where]
            if name in ("readColors", "undoFilters"):
                first = []
            try:
                result = getattr(module, name)(*first, data, *rest)
            except (BufferError, TypeError, ValueError) as fault:
                result = type(fault)
            found.append((result, canvas))
        self.assertEqual(*found)
