# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of the kernel for pixels as others lay them out in memory.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.kernels.data import NOT_BUILT, native
from txrfb.kernels import reference

#: How red, green and blue of 0x11, 0x22 and 0x33 are written, by layout; and what is
#: shown of them.
WRITTEN = (
    (b"\x33\x22\x11\xee", 0x112233),
    (b"\x11\x22\x33\xee", 0x112233),
    (b"\xee\x33\x22\x11", 0x112233),
    (b"\xee\x11\x22\x33", 0x112233),
    (b"\x33\x22\x11", 0x112233),
    (b"\x11\x22\x33", 0x112233),
    (b"\x06\x11", 0x102031),
    (b"\x86\x88", 0x102131),
)


class LayoutTests(SynchronousTestCase):
    """
    What the kernel does, in numpy.
    """

    k: Any = reference

    def refresh(self, old: Any, new: bytes, layout: int, tile: int = 64) -> Any:
        """
        Bring a row of pixels up to date.

        @return: The colors shown, and the flags.
        """
        width = len(new) // len(WRITTEN[layout][0])
        canvas = bytearray(b"\x5a" * 4 * width)
        stride = len(new)
        where = (0, 0, width, 1, layout, tile)
        flags = self.k.refreshTiles(old, stride, new, stride, canvas, 4 * width, *where)
        return np.frombuffer(canvas, "<u4").tolist(), flags

    def test_colors(self) -> None:
        """
        Each layout has its colors, and what is left over is 0.
        """
        for layout, (written, color) in enumerate(WRITTEN):
            old = bytearray(len(written))
            self.assertEqual(self.refresh(old, written, layout), ([color], b"\1"))
            self.assertEqual(old, written)

    def test_extremes(self) -> None:
        """
        Black is black, and white is white, in all of them.
        """
        for layout, (written, _) in enumerate(WRITTEN):
            for byte, color in ((b"\0", 0), (b"\xff", 0xFFFFFF)):
                new = byte * len(written)
                other = bytearray(b"\x55" * len(written))
                self.assertEqual(self.refresh(other, new, layout)[0], [color])

    def test_unchanged(self) -> None:
        """
        What has not changed is left alone: tiles without a change, and all if there is
        none.
        """
        for layout, (written, color) in enumerate(WRITTEN):
            rest = 0x5A5A5A5A
            new = written * 6
            self.assertEqual(
                self.refresh(bytearray(new), new, layout), ([rest] * 6, b"")
            )
            old = bytearray(new)
            old[4 * len(written)] ^= 1
            self.assertEqual(
                self.refresh(old, new, layout, 2),
                ([rest] * 4 + [color] * 2, b"\0\0\1"),
            )

    def test_part(self) -> None:
        """
        Tiles are those of the grid; nothing outside of the rectangle is touched.
        """
        rng = np.random.default_rng(1)
        new = rng.integers(1, 256, 7 * 3 * 100, np.uint8).tobytes()
        old, canvas = bytearray(len(new)), bytearray(100 * 28)
        flags = self.k.refreshTiles(old, 21, new, 21, canvas, 28, 3, 60, 2, 10, 4, 64)
        self.assertEqual(flags, b"\1\1")
        shown = np.frombuffer(canvas, np.uint8).reshape(100, 7, 4)
        wanted = np.zeros_like(shown)
        picture = np.frombuffer(new, np.uint8).reshape(100, 7, 3)
        wanted[60:70, 3:5, :3] = picture[60:70, 3:5]
        self.assertEqual(shown.tobytes(), wanted.tobytes())

    def test_wrong(self) -> None:
        """
        Memory that is too small or read-only is refused, as are numbers that mean
        nothing.
        """
        good = [bytearray(16), 8, bytes(16), 8, bytearray(64), 32, 0, 0, 4, 2, 6, 64]
        self.assertEqual(self.k.refreshTiles(*good), b"")
        for place, value, error in (
            (0, bytes(16), BufferError),
            (0, bytearray(15), ValueError),
            (1, 7, ValueError),
            (2, bytes(15), ValueError),
            (3, 9, ValueError),
            (4, bytes(64), BufferError),
            (4, bytearray(47), ValueError),
            (6, 1, ValueError),
            (6, 1 << 62, ValueError),
            (8, 0, ValueError),
            (10, 8, ValueError),
            (10, -1, ValueError),
            (11, 0, ValueError),
        ):
            wrong = [*good]
            wrong[place] = value
            with self.assertRaises(error):
                self.k.refreshTiles(*wrong)


class NativeTestsOfLayouts(LayoutTests):
    """
    What it does, in C.
    """

    k = native
    if native is None:
        skip = NOT_BUILT


class SameTestsOfLayouts(SynchronousTestCase):
    """
    The kernel in C does what that in numpy does.
    """

    if native is None:
        skip = NOT_BUILT

    @settings(max_examples=200, deadline=None)
    @given(
        st.integers(0, 7),
        st.integers(1, 70),
        st.integers(1, 70),
        st.integers(0, 5),
        st.integers(0, 5),
        st.integers(0, 9),
        st.integers(0, 3),
        st.sampled_from((1, 2, 7, 16, 64)),
        st.integers(0, 1 << 30),
    )
    def test_same(
        self,
        layout: int,
        width: int,
        height: int,
        x: int,
        y: int,
        gap: int,
        offset: int,
        tile: int,
        seed: int,
    ) -> None:
        """
        Flags, copy and colors are equal, in memory that is not aligned and ends with
        the last pixel.
        """
        rng = np.random.default_rng(seed)
        size = len(WRITTEN[layout][0])
        stride = size * (x + width) + gap
        length = stride * (y + height - 1) + size * (x + width)
        new = rng.integers(0, 256, length + offset, np.uint8)
        old = new.copy()
        some = rng.integers(0, len(old), rng.integers(0, 20))
        old[some] = rng.integers(0, 256, len(some), np.uint8)
        wide = 4 * (x + width) + gap
        canvas = bytes(rng.integers(0, 256, wide * (y + height), np.uint8))
        results = []
        for refresh in (native.refreshTiles, reference.refreshTiles):
            before, shown = bytearray(old), bytearray(canvas)
            flags = refresh(
                memoryview(before)[offset:],
                stride,
                memoryview(new.tobytes())[offset:],
                stride,
                shown,
                wide,
                *(x, y, width, height, layout, tile),
            )
            results.append((flags, before, shown))
        self.assertEqual(results[0], results[1])
