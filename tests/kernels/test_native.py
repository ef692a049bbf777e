# -*- test-case-name: tests.kernels.test_native -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests that the kernels in C return what those in numpy do.
"""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.kernels.data import (
    COLOR,
    NOT_BUILT,
    Picture,
    collage,
    content,
    layouts,
    masks,
    native,
    picture,
    pictures,
    store,
)
from txrfb import kernels
from txrfb.kernels import reference

many = settings(max_examples=60, deadline=None)


class StubTests(SynchronousTestCase):
    """
    Type checkers read C{_native.pyi} in place of the kernels in C.
    """

    def signatures(self, source: str) -> dict[str, str]:
        """
        @return: The parameters, their types and that of the result, by function.
        """
        found = {}
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef):
                assert node.returns is not None
                returned = ast.unparse(node.returns)
                found[node.name] = f"({ast.unparse(node.args)}) -> {returned}"
        return found

    def test_signatures(self) -> None:
        """
        It has the functions of the reference, and their parameters, all positional.
        """
        stub = Path(kernels.__file__).with_name("_native.pyi").read_text("utf-8")
        wanted = {
            name: text.replace(") -> ", ", /) -> ")
            for name, text in self.signatures(
                "".join(
                    inspect.getsource(getattr(reference, name))
                    for name in reference.__all__
                )
            ).items()
        }
        self.assertEqual(self.signatures(stub), wanted)


class SameTests(SynchronousTestCase):
    """
    The kernels in C return what those in numpy do, byte for byte.
    """

    if native is None:
        skip = NOT_BUILT

    def same(self, name: str, *arguments: Any) -> None:
        """
        Call both.
        """
        expected = getattr(reference, name)(*arguments)
        self.assertEqual(getattr(native, name)(*arguments), expected)

    @many
    @given(
        pictures(),
        st.integers(-40, 40),
        st.one_of(st.just(0), st.integers(-40, 40)),
        st.integers(0, 3),
    )
    def test_findMove(self, where: Picture, down: int, right: int, noise: int) -> None:
        """
        They find the same that was moved, and the same around what changed.
        """
        whole = where._replace(x=0, y=0, width=where.x + where.width)
        new = whole._replace(height=where.y + where.height).array()
        new = np.roll(new, (down, right), axis=(0, 1))
        for k in range(noise):
            new[(k * 977 + down) % len(new), k * 61 % new.shape[1]] ^= 1
        stride = 4 * new.shape[1]
        for first in (False, True):
            memory = store(new, stride)
            self.same("findMove", *where[:2], memory, stride, *where[2:], first)
        self.same("changedBounds", *where[:2], store(new, stride), stride, *where[2:])

    @many
    @given(pictures(150), st.sampled_from([1, 200, 256, 700, 1024]))
    def test_splitSolid(self, where: Picture, minimum: int) -> None:
        """
        They cut the same pieces, in the same order.
        """
        self.same("splitSolid", *where, minimum)

    @many
    @given(
        st.integers(1, 260),
        st.integers(1, 260),
        st.integers(0, 1 << 32),
        st.sampled_from([-1, 1, 256, 1024, 4096]),
    )
    def test_splitPhotos(
        self, width: int, height: int, seed: int, minimum: int
    ) -> None:
        """
        They find the same photos.
        """
        self.same("splitPhotos", *picture(collage(height, width, seed)), minimum)

    @many
    @given(pictures(150), st.integers(1, 40))
    def test_likeLeft(self, where: Picture, step: int) -> None:
        """
        They count as many pixels that are like the one to their left.
        """
        self.same("likeLeft", *where, min(step, where.height))

    @many
    @given(pictures(150), st.sampled_from([1, 256, 700]))
    def test_splitPhotosAnywhere(self, where: Picture, minimum: int) -> None:
        """
        Also in memory of any shape.
        """
        self.same("splitPhotos", *where, minimum)

    @many
    @given(pictures(), st.permutations([0, 1, 2, 3]), st.booleans())
    def test_colors(self, where: Picture, order: list[int], filtered: bool) -> None:
        """
        They convert and filter pixels to the same.
        """
        self.same("swizzle", *where, *order[:3], b"")
        self.same("swizzle", *where, *order[:3], bytes(order) * 5)
        self.same("packRgb", *where, filtered)
        self.same("gradient", *where)

    @many
    @given(pictures(), st.binary(min_size=3072, max_size=3072))
    def test_convert(self, where: Picture, tables: bytes) -> None:
        """
        They read tables the same, whatever is in them.
        """
        for size in (1, 2, 4):
            self.same("convert", *where, tables, size)

    @many
    @given(pictures(), masks, st.integers(2, 256))
    def test_palette(self, where: Picture, mask: int, maximum: int) -> None:
        """
        They make the same palettes.
        """
        self.same("palette", *where, mask, maximum)

    @many
    @given(pictures(), masks, layouts, st.sampled_from([64, 16, 7]))
    def test_zrle(
        self, where: Picture, mask: int, layout: tuple[int, int, bool], tile: int
    ) -> None:
        """
        They write the same tiles.
        """
        for deflated in (False, True):
            self.same("zrle", *where, mask, tile, *layout, deflated)

    @many
    @given(pictures(), masks, st.integers(1, 4), st.booleans())
    def test_hextile(self, where: Picture, mask: int, size: int, big: bool) -> None:
        """
        They write the same subrectangles.
        """
        self.same("hextile", *where, mask, size, big)

    @many
    @given(
        st.sampled_from([2, 60, 86, 130, 168, 171, 172, 174, 190, 230, 256]),
        st.integers(0, 1 << 32),
        st.integers(15, 33),
        st.integers(1, 4),
    )
    def test_hextileOfPhotos(
        self, colors: int, seed: int, width: int, size: int
    ) -> None:
        """
        Also of tiles that have about as many colors, or subrectangles, as it takes to
        be written raw.
        """
        random = np.random.default_rng(seed)
        values = random.integers(0, colors, (16, width)) * 0x10503
        values[random.random((16, width)) < random.random() / 2] = 7
        flat = random.integers(0, 16)
        values[:flat:2] = values[1 : flat + 1 : 2]
        where = picture(values.astype(np.uint32))
        self.same("hextile", *where, 0xFFFFFF, size, False)

    @many
    @given(pictures(), masks, st.integers(1, 4), st.booleans(), st.booleans())
    def test_rre(
        self, where: Picture, mask: int, size: int, big: bool, compact: bool
    ) -> None:
        """
        They write the same bodies.
        """
        self.same("rre", *where, mask, size, big, compact)

    def test_large(self) -> None:
        """
        Large rectangles, for which the interpreter lock is released, give the
        same, too.
        """
        values = np.vstack(
            [content(100, 700, kind, 3) for kind in ("text", "flat", "few", "noise")]
        )
        where = picture(values)
        self.same("splitSolid", *where, 1024)
        self.same("splitPhotos", *where, 4096)
        self.same("packRgb", *where, True)
        self.same("palette", *where, COLOR, 256)
        self.same("palette", *where._replace(height=300), 0xFF, 256)
        self.same("zrle", *where, COLOR, 64, 3, 0, False, True)
        self.same("hextile", *where, COLOR, 4, False)
        self.same("rre", *where._replace(height=200), COLOR, 4, False, False)
