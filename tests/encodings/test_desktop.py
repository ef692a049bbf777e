# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.encodings.desktop}.
"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial import unittest

from tests.codec import drive
from txrfb.encodings import desktop
from txrfb.geometry import Screen


class ScreensTests(unittest.SynchronousTestCase):
    """
    Tests for the body of ExtendedDesktopSize.
    """

    def test_bytes(self) -> None:
        """
        A count, three bytes of nothing, and sixteen bytes a screen.
        """
        body = desktop.encodeExtendedDesktopSize([Screen(1, 2, 3, 4, 5, 6)])
        self.assertEqual(
            body.hex(), "01000000" + "00000001" + "0002000300040005" + "00000006"
        )

    @settings(max_examples=30, deadline=None)
    @given(
        st.lists(
            st.builds(
                Screen,
                st.integers(0, (1 << 32) - 1),
                *[st.integers(0, 65535)] * 4,
                st.integers(0, (1 << 32) - 1),
            ),
            max_size=6,
        )
    )
    def test_back(self, screens: list[Screen]) -> None:
        """
        All screens arrive.
        """
        body = desktop.encodeExtendedDesktopSize(screens)
        self.assertEqual(drive(desktop.decodeExtendedDesktopSize(), body), screens)

    def test_errors(self) -> None:
        """
        More screens than can be counted and numbers that do not fit are refused.
        """
        one = Screen(0, 0, 0, 1, 1)
        self.assertEqual(
            len(desktop.encodeExtendedDesktopSize([one] * 255)), 4 + 255 * 16
        )
        for screens in ([one] * 256, [one._replace(width=65536)], [one._replace(x=-1)]):
            self.assertRaises(ValueError, desktop.encodeExtendedDesktopSize, screens)


class NameTests(unittest.SynchronousTestCase):
    """
    Tests for the body of DesktopName.
    """

    def test_back(self) -> None:
        """
        A name is UTF-8 behind its length.
        """
        body = desktop.encodeDesktopName("Büro")
        self.assertEqual(body, b"\0\0\0\x05B\xc3\xbcro")
        self.assertEqual(drive(desktop.decodeDesktopName(), body), "Büro")
        empty = desktop.encodeDesktopName("")
        self.assertEqual(drive(desktop.decodeDesktopName(), empty), "")

    def test_anyBytes(self) -> None:
        """
        Of what is not UTF-8 or not Unicode something is shown.
        """
        got = drive(desktop.decodeDesktopName(), b"\0\0\0\x03a\xffb")
        self.assertEqual(got, "a\N{REPLACEMENT CHARACTER}b")
        self.assertEqual(desktop.encodeDesktopName("\ud800"), b"\0\0\0\x01?")

    def test_tooLong(self) -> None:
        """
        A name that is too long is not waited for.
        """
        reading = desktop.decodeDesktopName()
        self.assertEqual(next(reading), 4)
        self.assertRaises(ValueError, reading.send, b"\x7f\xff\xff\xff")
