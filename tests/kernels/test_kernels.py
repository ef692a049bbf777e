# -*- test-case-name: tests.kernels.test_kernels -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.kernels}: what both implementations do, and which is chosen.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from tests.kernels.data import (
    COLOR,
    NOT_BUILT,
    Picture,
    content,
    drawing,
    native,
    picture,
    store,
)
from txrfb import kernels
from txrfb.kernels import reference


class KernelTestsMixin:
    """
    What both implementations do.

    @ivar k: The module with the kernels.
    """

    k: Any

    # The assertions come from the other base, a test case class.
    assertEqual: Any
    assertIsNone: Any
    assertRaises: Any
    assertTrue: Any

    def test_moveRectangle(self) -> None:
        """
        A rectangle arrives whole even where it overlaps the place it came from,
        and nothing else changes.
        """
        values = content(60, 60, "noise", 1)
        part = values[10:40, 11:46]
        for right in (-7, -1, 0, 1, 9):
            for down in (-10, -1, 0, 1, 20):
                memory = store(values, 243, 1)
                expected = values.copy()
                expected[10 + down : 40 + down, 11 + right : 46 + right] = part
                self.k.moveRectangle(memory, 243, 11, 10, 35, 30, 11 + right, 10 + down)
                self.assertEqual(memory, store(expected, 243, 1))

    def test_moveOutside(self) -> None:
        """
        Both the rectangle and the place it goes to must be inside.
        """
        memory = bytearray(400)
        for where in [(0, 0, 5, 5, 6, 0), (0, 0, 5, 5, 0, 6), (6, 0, 5, 5, 0, 0)]:
            with self.assertRaises(ValueError):
                self.k.moveRectangle(memory, 40, *where)
        with self.assertRaises(ValueError):
            self.k.moveRectangle(memory, 40, 0, 0, 5, 5, -1, 0)

    def test_splitSolidFindsAreas(self) -> None:
        """
        The largest rectangles on the grid are found, those that are too small are
        left to the rest.
        """
        values = content(96, 128, "noise", 3)
        values[16:64, 32:100] = 0x112233
        values[80:, :32] = 0xFF445566
        where = picture(values)
        self.assertEqual(
            self.k.splitSolid(*where, 600)[:1], [(32, 16, 64, 48, 0x112233)]
        )
        self.assertEqual(
            [piece for piece in self.k.splitSolid(*where, 512) if piece[4] >= 0],
            [(32, 16, 64, 48, 0x112233), (0, 80, 32, 16, 0x445566)],
        )
        self.assertEqual(self.k.splitSolid(*where, 128 * 96 + 1), [(0, 0, 128, 96, -1)])

    def test_swizzle(self) -> None:
        """
        Colors go to the bytes that are asked for, the fourth is zero.
        """
        where = picture(np.array([[0x99112233] * 9] * 3, np.uint32))
        self.assertEqual(
            self.k.swizzle(*where, 0, 1, 2, b""), bytes.fromhex("11223300") * 27
        )
        self.assertEqual(
            self.k.swizzle(*where, 3, 0, 1, b""), bytes.fromhex("22330011") * 27
        )
        for wrong in [(0, 1, 1), (0, 1, 4), (-1, 1, 2)]:
            with self.assertRaises(ValueError):
                self.k.swizzle(*where, *wrong, b"")

    def test_packRgb(self) -> None:
        """
        Red comes first; with filters each row begins with a zero.
        """
        where = picture(np.array([[0x99112233, 0x445566], [1, 2]], np.uint32))
        self.assertEqual(
            self.k.packRgb(*where, False), bytes.fromhex("112233445566000001000002")
        )
        self.assertEqual(
            self.k.packRgb(*where, True), bytes.fromhex("0011223344556600000001000002")
        )

    def test_convertRefuses(self) -> None:
        """
        There are no pixels of three bytes, and no tables of another length.
        """
        where = picture(np.zeros((1, 1), np.uint32))
        for tables, size in [(bytes(3072), 3), (bytes(3071), 4), (bytes(3076), 4)]:
            with self.assertRaises(ValueError):
                self.k.convert(*where, tables, size)

    def test_palette(self) -> None:
        """
        Colors are numbered as they appear; few of them take less room.
        """

        def packed(*rows: str, maximum: int = 256) -> Any:
            where = picture(drawing(*rows) | np.uint32(0x7000000))
            result = self.k.palette(*where, COLOR, maximum)
            if result is None:
                return None
            colors = np.frombuffer(result[0], np.uint32).tolist()
            return "".join(chr(c) if c else "." for c in colors), result[1]

        self.assertEqual(packed("aaa", "aaa"), ("a", b""))
        self.assertEqual(
            packed("b.........", ".bb......."), ("b.", b"\x7f\xc0\x9f\xc0")
        )
        self.assertEqual(packed("..a", "bca"), (".abc", bytes([0, 0, 1, 2, 3, 1])))
        self.assertEqual(packed("abc", maximum=3), ("abc", bytes([0, 1, 2])))
        self.assertIsNone(packed("abc", maximum=2))

    def test_gradient(self) -> None:
        """
        Differences are to left + above - corner, cut to what a color can be.
        """
        values = np.array([[0x102030, 0x112233], [0xFF0000, 0x010203]], np.uint32)
        self.assertEqual(
            self.k.gradient(*picture(values)),
            bytes([0x10, 0x20, 0x30, 1, 2, 3])
            + bytes([0xEF, 0xE0, 0xD0, 0x02, 0x00, 0x00]),
        )

    def test_zrleTiles(self) -> None:
        """
        Each kind of tile is written where it is the smallest.
        """

        def tile(*rows: str) -> Any:
            where = picture(drawing(*rows))
            return self.k.zrle(*where, COLOR, 64, 3, 0, True, False).hex(" ")

        self.assertEqual(tile("abb"), "02 00 00 61 00 00 62 60")
        self.assertEqual(tile("aa", "aa"), "01 00 00 61")
        self.assertEqual(
            tile("abc", "ab."), "04 00 00 61 00 00 62 00 00 63 00 00 00 18 1c"
        )
        self.assertEqual(tile("a"), "01 00 00 61")
        self.assertEqual(
            tile(*["a" * 30 + "b" * 34] * 5, "a" * 30 + "b" * 33 + "a", "b" * 64),
            "82 00 00 61 00 00 62" + " 80 1d 81 21" * 5 + " 80 1d 81 20 00 81 3f",
        )
        noise = content(1, 20, "noise", 2)
        layout = (COLOR, 64, 3, 0, True)
        self.assertEqual(self.k.zrle(*picture(noise), *layout, False)[0], 0)
        runs = np.repeat(content(1, 256, "noise", 2), 16).reshape(64, 64)
        self.assertEqual(self.k.zrle(*picture(runs), *layout, False)[0], 128)
        # What is deflated later has numbers of colors only where they are much less.
        few = np.repeat(np.arange(512) * 7 % 20, 8).astype(np.uint32).reshape(64, 64)
        self.assertEqual(self.k.zrle(*picture(few), *layout, False)[0], 128 + 20)
        self.assertEqual(self.k.zrle(*picture(few), *layout, True)[0], 128)
        few = np.arange(64 * 64).astype(np.uint32).reshape(64, 64) % 20
        self.assertEqual(self.k.zrle(*picture(few), *layout, True)[0], 128 + 20)

    def test_hextileTiles(self) -> None:
        """
        Colors are not repeated; a raw tile lets them be forgotten.
        """
        values = np.full((16, 96), 1, np.uint32)
        values[0, 0] = values[4:6, 20:31] = 2
        values[:, 48:64] = content(16, 16, "noise", 1) & 0xFF
        data = self.k.hextile(*picture(values), COLOR, 1, False)
        self.assertEqual(data[:7].hex(" "), "0e 01 02 01 00 00 08")
        self.assertEqual(data[7:11].hex(" "), "01 44 a1 00")
        self.assertEqual(data[11], 1)
        self.assertEqual(data[12 + 256 :].hex(" "), "02 01 00")

    def test_rreBodies(self) -> None:
        """
        A body is the number of subrectangles, the background, and they.
        """
        where = picture(drawing("....bb", "a...bb", "......", "......"))
        self.assertEqual(
            self.k.rre(*where, COLOR, 4, True, True).hex(" "),
            "00 00 00 02 00 00 00 00 00 00 00 62 04 00 02 02 00 00 00 61 00 01 01 01",
        )
        self.assertEqual(
            self.k.rre(*where, COLOR, 4, False, False).hex(" "),
            "00 00 00 02 00 00 00 00 62 00 00 00 00 04 00 00 00 02 00 02"
            " 61 00 00 00 00 00 00 01 00 01 00 01",
        )
        where = where._replace(height=3)
        self.assertIsNone(self.k.rre(*where, COLOR, 1, False, False))
        self.assertIsNone(
            self.k.rre(*picture(content(9, 9, "noise", 1)), COLOR, 4, False, True)
        )

    def test_rreSizes(self) -> None:
        """
        CoRRE has no more than 255 columns and rows, RRE no more than 65535.
        """
        for width, height in [(256, 1), (1, 256)]:
            where = Picture(bytes(1024), 4 * width, 0, 0, width, height)
            self.assertEqual(self.k.rre(*where, COLOR, 4, False, False), bytes(8))
            with self.assertRaises(ValueError):
                self.k.rre(*where, COLOR, 4, False, True)
        with self.assertRaises(ValueError):
            where = Picture(bytes(65536 * 4), 65536 * 4, 0, 0, 65536, 1)
            self.k.rre(*where, COLOR, 4, False, False)

    def calls(self, pixels: Any, stride: int, *where: int) -> list[tuple[Any, ...]]:
        """
        A call of every kernel for a rectangle.
        """
        k = self.k
        other = bytearray(4400)
        area = (pixels, stride, *where)
        return [
            (k.takeChanges, other, 400, pixels, stride, [where], 0, 64, False),
            (k.takeChanges, pixels, stride, other, 400, [where], 1, 64, True),
            (k.moveRectangle, *area, 0, 0),
            (k.changedBounds, other, 400, *area),
            (k.changedBounds, pixels, stride, other, 400, *where),
            (k.findMove, other, 400, *area, False),
            (k.findMove, pixels, stride, other, 400, *where, True),
            (k.splitSolid, *area, 1),
            (k.swizzle, *area, 0, 1, 2, b""),
            (k.packRgb, *area, False),
            (k.convert, *area, bytes(3072), 4),
            (k.palette, *area, COLOR, 256),
            (k.gradient, *area),
            (k.zrle, *area, COLOR, 64, 3, 0, False, True),
            (k.hextile, *area, COLOR, 4, False),
            (k.rre, *area, COLOR, 4, False, False),
        ]

    def test_bounds(self) -> None:
        """
        A rectangle that is empty, or not inside of memory and rows, is refused
        with what was asked for.
        """
        huge = 1 << 62
        # These look at other memory, too.
        several = (
            self.k.changedBounds,
            self.k.findMove,
            self.k.takeChanges,
        )
        for stride, *where in [
            (40, 0, 0, 11, 1),
            (40, 10, 0, 1, 1),
            (40, 0, 0, 1, 11),
            (40, 0, 10, 1, 1),
            (40, 9, 9, 1, 2),
            (36, 0, 0, 10, 1),
            (44, 0, 0, 10, 10),
            (40, -1, 0, 1, 1),
            (40, 0, -1, 1, 1),
            (40, 0, 0, 0, 1),
            (40, 0, 0, 1, 0),
            (40, 0, 0, -1, -1),
            (-40, 0, 0, 1, 2),
            (0, 0, 0, 1, 1),
            (40, huge, 0, huge, 1),
            (40, 0, huge, 1, huge),
            (huge, 0, 1, 1, 1),
            (40, 1 << 200, 0, 1, 1),
        ]:
            for function, *arguments in self.calls(bytearray(400), stride, *where):
                with self.assertRaises(ValueError) as caught:
                    function(*arguments)
                if max(where) < huge and function not in several:
                    x, y, width, height = where
                    self.assertEqual(
                        str(caught.exception),
                        f"rectangle {width}x{height} at {x},{y} is not inside 400"
                        f" bytes in rows of {stride}",
                    )

    def test_lastRow(self) -> None:
        """
        The last row may end with its last pixel, and one row may have any stride.
        """
        for stride, *where in [(60, 0, 0, 10, 7), (1 << 40, 0, 0, 100, 1)]:
            memory = bytearray(400)
            for function, *arguments in self.calls(memory, stride, *where):
                function(*arguments)

    def test_otherArguments(self) -> None:
        """
        Numbers that the kernels have no meaning for are refused.
        """
        k = self.k
        area = picture(np.zeros((4, 4), np.uint32))
        cases: list[tuple[Any, ...]] = [
            (k.takeChanges, *area[:2], *area[:2], [area[2:]], 0, 0, False),
            (k.takeChanges, *area[:2], *area[:2], [area[2:]], 0, 65537, False),
            (k.takeChanges, *area[:2], *area[:2], [area[3:]], 0, 64, False),
            (k.palette, *area, COLOR, 1),
            (k.palette, *area, COLOR, 257),
            (k.palette, *area, -1, 256),
            (k.palette, *area, 1 << 32, 256),
            (k.zrle, *area, 1 << 32, 64, 3, 0, False, True),
            (k.zrle, *area, COLOR, 0, 3, 0, False, True),
            (k.zrle, *area, COLOR, 65, 3, 0, False, True),
            (k.zrle, *area, COLOR, 64, 0, 0, False, True),
            (k.zrle, *area, COLOR, 64, 5, 0, False, True),
            (k.zrle, *area, COLOR, 64, 3, 32, False, True),
            (k.hextile, *area, COLOR, 5, False),
            (k.rre, *area, COLOR, 0, False, False),
        ]
        for function, *arguments in cases:
            with self.assertRaises(ValueError):
                function(*arguments)

    def test_types(self) -> None:
        """
        Another number of arguments, or something that is no memory, is a
        programming error.
        """
        for function, *arguments in self.calls(bytearray(400), 40, 0, 0, 1, 1):
            with self.assertRaises(TypeError):
                function(*arguments, 1)
            with self.assertRaises(TypeError):
                function(*arguments[:-1])
            with self.assertRaises(TypeError):
                function(None, *arguments[1:])


class ReferenceTests(KernelTestsMixin, SynchronousTestCase):
    """
    Tests of the kernels in numpy.
    """

    k = reference


class NativeTests(KernelTestsMixin, SynchronousTestCase):
    """
    Tests of the kernels in C.
    """

    k = native

    if native is None:
        skip = NOT_BUILT


class ChoiceTests(SynchronousTestCase):
    """
    Tests of which kernels are used.
    """

    def chosen(self, environment: dict[str, str], before: str = "") -> str:
        """
        Import the kernels in a process of its own.

        @param before: What it does before.
        """
        return subprocess.run(
            [
                sys.executable,
                "-c",
                f"{before}\n"
                "from txrfb import kernels; from txrfb.kernels import reference;"
                " print(kernels.NATIVE, kernels.zrle is reference.zrle)",
            ],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    def test_native(self) -> None:
        """
        Where the extension is there, it is in use; it is always there in
        continuous integration.
        """
        if native is None and os.environ.get("CI"):
            self.fail(NOT_BUILT)
        self.assertEqual(
            self.chosen({"TXRFB_KERNELS": ""}), f"{native is not None} {native is None}"
        )

    def test_forced(self) -> None:
        """
        C{TXRFB_KERNELS=reference} chooses numpy.
        """
        self.assertEqual(self.chosen({"TXRFB_KERNELS": "reference"}), "False True")

    def test_old(self) -> None:
        """
        An extension that was built before the last kernel was written is not used.
        """
        old = (
            "import sys, types; old = types.ModuleType('txrfb.kernels._native');"
            " old.zrle = None; sys.modules['txrfb.kernels._native'] = old"
        )
        self.assertEqual(self.chosen({"TXRFB_KERNELS": ""}, old), "False True")

    def test_names(self) -> None:
        """
        Both implementations have every kernel, and the package offers it.
        """
        for name in reference.__all__:
            self.assertIn(name, kernels.__all__)
            if kernels.NATIVE:
                self.assertIs(getattr(kernels, name), getattr(native, name))
            else:
                self.assertIs(getattr(kernels, name), getattr(reference, name))
