# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.framebuffers.layouts}.
"""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from txrfb.framebuffers.layouts import XWD_SIZE, Layout, layoutOfXWD


def xwd(**changes: int) -> bytes:
    """
    @return: A header as that of C{Xvfb -fbdir} at 320x200.
    """
    fields = {
        name: int(value, 0)
        for name, value in (
            word.split("=")
            for word in "size=160 version=7 kind=2 depth=24 width=320 height=200 x=0"
            " order=0 unit=32 bitOrder=0 pad=32 bits=32 stride=1280 visual=4"
            " red=0xff0000 green=0xff00 blue=0xff each=8 entries=256 colors=256"
            " a=320 b=200 c=0 d=0 e=0".split()
        )
    }
    return struct.pack(">25L", *{**fields, **changes}.values())


class LayoutTests(SynchronousTestCase):
    """
    Where pixels are.
    """

    def test_checked(self) -> None:
        """
        Without a stride there is nothing between rows.
        """
        layout = Layout.checked(10, 5, None, 7, "RG24")
        self.assertEqual(layout, (10, 5, 30, 7, "RG24"))
        self.assertEqual(layout.end, 7 + 30 * 5)
        self.assertEqual(Layout.checked(10, 5, 64).end, 64 * 4 + 40)

    def test_wrong(self) -> None:
        """
        What there cannot be is refused, with what was given.
        """
        for arguments, said in (
            ((0, 5), "0x5"),
            ((10, 5, 39), "rows of 39 bytes"),
            ((10, 5, 1 << 61), "rows of"),
            ((10, 5, 40, -1), "offset -1"),
            ((10, 5, 40, 0, "NV12"), "'NV12'"),
        ):
            error = self.assertRaises(ValueError, Layout.checked, *arguments)
            self.assertIn(said, str(error))


class XWDTests(SynchronousTestCase):
    """
    Headers of XWD files.
    """

    def test_sizes(self) -> None:
        """
        The header says all, for each depth of true color.
        """
        start = 160 + 256 * 12
        self.assertEqual(layoutOfXWD(xwd()), (320, 200, 1280, start, "XR24"))
        masks = {"red": 0xF800, "green": 0x7E0, "blue": 0x1F}
        deep = layoutOfXWD(xwd(bits=16, stride=640, **masks))
        self.assertEqual(deep, (320, 200, 640, start, "RG16"))
        self.assertEqual(layoutOfXWD(xwd(order=1)).format, "BX24")

    def test_wrong(self) -> None:
        """
        What is none, or has colors in a table, is refused.
        """
        for header in (
            b"",
            xwd()[:-1],
            xwd(version=6),
            xwd(kind=0),
            xwd(bits=8, red=0, green=0, blue=0),
            xwd(width=0),
            xwd(stride=1279),
        ):
            self.assertRaises(ValueError, layoutOfXWD, header)

    @given(st.binary(max_size=XWD_SIZE + 3))
    def test_any(self, header: bytes) -> None:
        """
        Any bytes are a layout, or refused.
        """
        try:
            layoutOfXWD(header)
        except ValueError:
            pass
