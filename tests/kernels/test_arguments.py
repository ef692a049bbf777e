# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Any arguments for any kernel: those in C refuse what those in numpy refuse, and return
the same else.  Under sanitizers (C{tests/kernels/sanitized.py}), a byte that is read or
written outside of the memory ends the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.kernels.data import NOT_BUILT, content, native, store
from tests.kernels.test_painters import PAINTERS
from txrfb.kernels import reference

#: What compares two pieces of memory.
_PAIRS = ("takeChanges", "changedBounds", "findMove")

#: How many numbers come after the rectangle, and how many truths after those.
_NUMBERS = {
    "takeChanges": (2, 1),
    "refreshTiles": (2, 0),
    "changedBounds": (0, 0),
    "findMove": (0, 1),
    "likeLeft": (1, 0),
    "moveRectangle": (2, 0),
    "splitPhotos": (1, 0),
    "splitSolid": (1, 0),
    "swizzle": (3, 0),
    "packRgb": (0, 1),
    "convert": (1, 0),
    "palette": (2, 0),
    "gradient": (0, 0),
    "zrle": (4, 2),
    "hextile": (2, 1),
    "rre": (2, 2),
}

#: Where numbers of C overflow, and a little around.
_EXTREMES = [
    sign * (1 << bits) + more
    for bits in (15, 16, 30, 31, 32, 60, 61, 62, 63, 64, 70)
    for sign in (1, -1)
    for more in (-1, 0, 1)
]

_any = st.one_of(st.integers(-3, 70), st.sampled_from(_EXTREMES))
_small = st.integers(0, 9)

#: Sizes around what loops do at a time: 4 pixels of SSE2, 16 of a tile of Hextile, 64
#: of ZRLE and of the display, 255 of CoRRE.
_EDGES = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 127, 129, 255, 257]


def outcome(function: Callable[..., Any], arguments: list[Any]) -> Any:
    """
    @return: What it returns, or the type of what it raises.
    """
    try:
        return function(*arguments)
    except (BufferError, TypeError, ValueError) as error:
        return type(error)


def copied(arguments: list[Any]) -> list[Any]:
    """
    @return: The same with memory of its own, which is exactly as long.
    """
    return [bytearray(a) if isinstance(a, bytearray) else a for a in arguments]


class ArgumentTests(SynchronousTestCase):
    """
    The kernels in C against those in numpy.
    """

    if native is None:
        skip = NOT_BUILT

    def same(self, name: str, arguments: list[Any]) -> object:
        """
        Assert that both do the same, to what they write into, too.

        @return: What came of it.
        """
        ours, theirs = copied(arguments), copied(arguments)
        expected = outcome(getattr(reference, name), theirs)
        self.assertEqual(
            outcome(getattr(native, name), ours), expected, f"{name}{arguments}"
        )
        self.assertEqual(ours, theirs, name)
        return expected

    def arguments(
        self,
        name: str,
        memory: list[tuple[bytearray, int]],
        where: list[int],
        numbers: list[int],
    ) -> list[Any]:
        """
        @return: The arguments of a kernel, of what there is of each kind.
        """
        areas: list[Any] = [*memory[0]]
        if name in _PAIRS:
            areas += memory[1]
        if name == "refreshTiles":
            areas += [bytes(memory[1][0]), memory[1][1], *memory[2]]
        ints, truths = _NUMBERS[name]
        more: list[Any] = numbers[:ints]
        if name == "convert":
            more = [bytearray(3072), *more]
        if name == "swizzle":
            more = [*more, bytes(memory[1][0])]
        wanted = [number % 2 == 1 for number in numbers[len(numbers) - truths :]]
        rectangle = [[tuple(where)]] if name == "takeChanges" else where
        return [*areas, *rectangle, *more, *wanted]

    def test_names(self) -> None:
        """
        No kernel is forgotten.
        """
        from txrfb import kernels

        others = {"NATIVE", *PAINTERS}  # those have tests of their own
        self.assertEqual({*_NUMBERS}, {*kernels.__all__} - others)

    @settings(max_examples=150, deadline=None)
    @given(
        st.sampled_from([*_NUMBERS]),
        st.lists(
            st.tuples(st.binary(max_size=300).map(bytearray), _any),
            min_size=3,
            max_size=3,
        ),
        st.lists(_any, min_size=4, max_size=4),
        st.lists(_any, min_size=4, max_size=4),
    )
    def test_any(
        self,
        name: str,
        memory: list[tuple[bytearray, int]],
        where: list[int],
        numbers: list[int],
    ) -> None:
        """
        Any numbers at all.
        """
        self.same(name, self.arguments(name, memory, where, numbers))

    @settings(max_examples=150, deadline=None)
    @given(
        st.sampled_from([*_NUMBERS]),
        st.integers(0, 330),
        st.integers(-1, 50),
        st.lists(_small, min_size=4, max_size=4),
        st.lists(_any, min_size=4, max_size=4),
        st.integers(0, 11),
        _any,
    )
    def test_oneWrong(
        self,
        name: str,
        size: int,
        stride: int,
        where: list[int],
        numbers: list[int],
        place: int,
        number: int,
    ) -> None:
        """
        Numbers that are near to what is right, and one that need not be.
        """
        other = (bytearray(300), 40)
        memory = [(bytearray(size), stride), other, other]
        if place < 4:
            where[place] = number
        small = [abs(one) % 5 for one in numbers]
        if 4 <= place < 8:
            small[place - 4] = number
        self.same(name, self.arguments(name, memory, where, small))

    @settings(max_examples=60, deadline=None)
    @given(
        st.sampled_from(_EDGES),
        st.sampled_from(_EDGES),
        st.integers(0, 9),
        st.integers(0, 7),
        st.sampled_from(["flat", "few", "text", "noise"]),
        st.integers(0, 99),
    )
    def test_edges(
        self, width: int, height: int, gap: int, offset: int, kind: str, seed: int
    ) -> None:
        """
        Sizes at the edges of what is done at a time, in memory that is not aligned and
        ends with the last pixel.
        """
        values = content(height, width, kind, seed)
        stride = 4 * width + gap
        pixels = store(values, stride, offset)
        other = store(np.roll(values, 1, 0), stride, offset)
        area = [pixels, stride, 0, 0, width, height]
        pair = [pixels, stride, other, stride, 0, 0, width, height]
        for name, arguments in (
            ("changedBounds", pair),
            ("findMove", [*pair, False]),
            ("likeLeft", [*area, 1]),
            ("splitPhotos", [*area, 256]),
            ("splitSolid", [*area, 256]),
            ("swizzle", [*area, 2, 1, 0, b""]),
            ("packRgb", [*area, True]),
            ("convert", [*area, bytes(3072), 2]),
            ("palette", [*area, 0xFFFFFF, 256]),
            ("gradient", area),
            ("zrle", [*area, 0xFFFFFF, 64, 3, 0, False, True]),
            ("zrle", [*area, 0xFFFF, 16, 2, 0, True, False]),
            ("hextile", [*area, 0xFFFFFF, 4, False]),
            ("rre", [*area, 0xFF, 1, False, False]),
            ("rre", [*area, 0xFF, 1, False, True]),
        ):
            self.same(name, arguments)
        where = [tuple(area[2:])]
        for name, arguments in (
            (
                "takeChanges",
                [bytearray(pixels), *pair[1:4], where, 0, 64, 0],
            ),
            (
                "takeChanges",
                [bytearray(pixels), *pair[1:4], where, 1, 64, 0],
            ),
            ("moveRectangle", [bytearray(pixels), *area[1:4], 1, height, width - 1, 0]),
        ):
            self.same(name, arguments)
