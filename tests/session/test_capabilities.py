# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.capabilities}.
"""

from __future__ import annotations

from twisted.trial import unittest

from tests.listed import (
    ASYNCVNC,
    GSTREAMER,
    GTKVNC,
    LIBVNCCLIENT,
    NET_VNC,
    NOVNC,
    REMMINA_POOR,
    SSVNC,
    TIGERVNC,
    XTIGHTVNC_HERE,
)
from txrfb._session.capabilities import Capabilities
from txrfb.encodings import ENCODINGS, constants
from txrfb.encodings.level import (
    Level,
)
from txrfb.pixels import NATIVE


class ChoiceTests(unittest.SynchronousTestCase):
    """
    Tests for L{Capabilities}.
    """

    def test_realViewers(self) -> None:
        """
        Real viewers get what they like best of what there is.
        """
        for numbers, name, copies in (
            (TIGERVNC, "Tight", True),
            (LIBVNCCLIENT, "Tight", True),
            (GTKVNC, "Tight", True),
            (NOVNC, "Tight", True),
            (XTIGHTVNC_HERE, "Raw", True),
            (SSVNC, "Tight", True),
            (ASYNCVNC, "Zlib", False),
            (GSTREAMER, "Hextile", False),
            (NET_VNC, "CoRRE", True),
            (REMMINA_POOR, "ZRLE", True),
        ):
            found = Capabilities.fromEncodings(numbers)
            self.assertEqual(
                (found.encoding.name, found.copyRect), (name, copies), numbers
            )

    def test_nothing(self) -> None:
        """
        A viewer that lists nothing that is known gets Raw and nothing else.
        """
        for numbers in ((), (1234567, -5), (1,)):
            found = Capabilities.fromEncodings(numbers)
            self.assertEqual(found.encoding.name, "Raw")
            self.assertEqual(found.level, Level())
            self.assertEqual(found.pseudo, frozenset())

    def test_order(self) -> None:
        """
        Of two encodings the first wins.
        """
        for first in ENCODINGS:
            for second in ENCODINGS:
                self.assertEqual(
                    Capabilities.fromEncodings((first, second)).encoding.number, first
                )

    def test_pseudo(self) -> None:
        """
        Pseudo-encodings that have a name are told, encodings of pixels are not.
        """
        found = Capabilities.fromEncodings(
            (7, 1, 50, -224, -223, -26, 0x574D5664, -99999)
        )
        self.assertEqual(
            found.pseudo,
            {
                constants.LAST_RECT,
                constants.DESKTOP_SIZE,
                constants.VMWARE_CURSOR,
                -26,
            },
        )

    def test_lossless(self) -> None:
        """
        What must not lose anything goes by the same encoding, or by the next if
        that is JPEG.
        """
        self.assertEqual(Capabilities.fromEncodings(NOVNC).lossless.name, "Tight")
        self.assertEqual(Capabilities.fromEncodings((21, 16, 0)).lossless.name, "ZRLE")
        self.assertEqual(Capabilities.fromEncodings((21,)).lossless.name, "Raw")


class MapTests(unittest.SynchronousTestCase):
    """
    Viewers with a map of colors.
    """

    def test_noColors(self) -> None:
        """
        They are not sent PNG or JPEG, which hold colors, but pixels; others are.
        """
        mapped = NATIVE._replace(bitsPerPixel=8, trueColor=False)
        for number in (constants.TIGHT_PNG, constants.JPEG):
            found = Capabilities.fromEncodings((number, constants.TIGHT))
            self.assertEqual(found.encodingFor(NATIVE).number, number)
            self.assertEqual(found.encodingFor(mapped).number, constants.RAW)
        found = Capabilities.fromEncodings((constants.TIGHT,))
        self.assertEqual(found.encodingFor(mapped).number, constants.TIGHT)
