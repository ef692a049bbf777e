# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.encodings.choice}, L{txrfb.encodings.level} and
L{txrfb.encodings.constants}.
"""

from __future__ import annotations

from twisted.trial import unittest

from txrfb.encodings import ENCODINGS, constants
from txrfb.encodings.choice import choose
from txrfb.encodings.level import (
    FULL_COLOR,
    GRAY,
    HALF_COLOR,
    QUALITIES,
    QUARTER_COLOR,
    Level,
    levelFor,
)
from txrfb.pixels import NATIVE

# What real viewers send.
TIGERVNC = (
    7,
    1,
    16,
    5,
    2,
    1,
    0,
    -314,
    0x574D5664,
    -239,
    -240,
    -223,
    -308,
    -307,
    -224,
    0xC0A1E5CE - (1 << 32),
    -313,
    -312,
    -258,
    -254,
    -24,
)
LIBVNCCLIENT = (7, 16, 9, -65527, 1, 5, 6, 4, 2, 0, -253, -27, -131072, -223, -308)
GTKVNC = (-27, 7, 16, 5, 2, 1, 0, -309, -258, -261, -308, -223, -307, -224)
NOVNC = (1, 50, 7, -260, 16, 21, 5, 2, 6, 0, -26, -254, -223, -224, -258, -239)
XTIGHTVNC_HERE = (0, 1, 7, 5, 6, 4, 2, -255, -26, -240, -239, -232, -224)
SSVNC = (1, 7, 16, 17, 5, 6, 4, 2, -255, -23, -240, -239, -232, -224, -223)
ASYNCVNC = (6,)
GSTREAMER = (5, 4, 2, 0)
NET_VNC = (4, 2, 1, 0, -232, -239)
REMMINA_POOR = (1, 16, 9, -65527, 6, 5, 4, 2, 0, -253, -240, -239, -232)


class ChoiceTests(unittest.SynchronousTestCase):
    """
    Tests for L{choose}.
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
            choice = choose(numbers)
            self.assertEqual(
                (choice.encoding.name, choice.copyRect), (name, copies), numbers
            )

    def test_nothing(self) -> None:
        """
        A viewer that lists nothing that is known gets Raw and nothing else.
        """
        for numbers in ((), (1234567, -5), (1,)):
            choice = choose(numbers)
            self.assertEqual(choice.encoding.name, "Raw")
            self.assertEqual(choice.level, Level())
            self.assertEqual(choice.pseudo, frozenset())

    def test_order(self) -> None:
        """
        Of two encodings the first wins.
        """
        for first in ENCODINGS:
            for second in ENCODINGS:
                self.assertEqual(choose((first, second)).encoding.number, first)

    def test_pseudo(self) -> None:
        """
        Pseudo-encodings that have a name are told, encodings of pixels are not.
        """
        choice = choose((7, 1, 50, -224, -223, -26, 0x574D5664, -99999))
        self.assertEqual(
            choice.pseudo,
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
        self.assertEqual(choose(NOVNC).lossless.name, "Tight")
        self.assertEqual(choose((21, 16, 0)).lossless.name, "ZRLE")
        self.assertEqual(choose((21,)).lossless.name, "Raw")


class LevelTests(unittest.SynchronousTestCase):
    """
    Tests for L{levelFor}.
    """

    def test_unasked(self) -> None:
        """
        Without any wish, compression is the server's choice and nothing is lost.
        """
        self.assertEqual(levelFor(()), Level(-1, -1, FULL_COLOR, True))

    def test_compression(self) -> None:
        """
        The compression levels are ten numbers in a row.
        """
        for level in range(10):
            self.assertEqual(levelFor((7, -256 + level)).compression, level)

    def test_quality(self) -> None:
        """
        The quality levels are ten numbers in a row, and better from one to the next.
        """
        got = [levelFor((-32 + level,)) for level in range(10)]
        self.assertEqual(
            [(one.quality, one.subsampling) for one in got], list(QUALITIES)
        )
        self.assertEqual(sorted(got), got)

    def test_fine(self) -> None:
        """
        The fine-grained quality counts before the quality level, wherever it is, and
        implies a subsampling of its own.
        """
        for numbers, quality, subsampling in (
            ((-27, -512 + 95), 95, FULL_COLOR),
            ((-512 + 87, -27), 87, HALF_COLOR),
            ((-512 + 80,), 80, QUARTER_COLOR),
            ((-512,), 1, QUARTER_COLOR),
            ((-412,), 100, FULL_COLOR),
        ):
            level = levelFor(numbers)
            self.assertEqual((level.quality, level.subsampling), (quality, subsampling))

    def test_subsampling(self) -> None:
        """
        A subsampling that is asked for counts before one that is implied; it means
        nothing without a quality.
        """
        for number, subsampling in (
            (-768, FULL_COLOR),
            (-767, QUARTER_COLOR),
            (-766, HALF_COLOR),
            (-765, GRAY),
            (-764, QUARTER_COLOR),
            (-763, QUARTER_COLOR),
        ):
            self.assertEqual(levelFor((number, -27)).subsampling, subsampling)
            self.assertEqual(levelFor((number,)), Level())

    def test_first(self) -> None:
        """
        Of two wishes of a kind, the first counts.
        """
        level = levelFor((-250, -256, -23, -32, -765, -768))
        self.assertEqual(
            (level.compression, level.quality, level.subsampling), (6, 97, GRAY)
        )

    def test_gradient(self) -> None:
        """
        The gradient filter is for all viewers but noVNC of before it could.
        """
        self.assertTrue(levelFor(TIGERVNC).gradient)
        self.assertTrue(levelFor(NOVNC).gradient)
        self.assertFalse(levelFor([n for n in NOVNC if n != 50]).gradient)

    def test_losslessLevel(self) -> None:
        """
        The same viewer's level without loss has its compression.
        """
        self.assertEqual(levelFor((-250, -27)).lossless(), levelFor((-250,)))


class ConstantsTests(unittest.SynchronousTestCase):
    """
    Tests for L{constants}.
    """

    def test_names(self) -> None:
        """
        Every constant has a name of its own, and is a signed 32-bit number.
        """
        numbers = {
            value
            for key, value in vars(constants).items()
            if key.isupper() and isinstance(value, int)
        }
        self.assertLessEqual(numbers, set(constants.NAMES))
        self.assertEqual(len(set(constants.NAMES.values())), len(constants.NAMES))
        for number in numbers:
            self.assertTrue(-(1 << 31) <= number < 1 << 31)

    def test_nameOf(self) -> None:
        """
        A number without a name is told in digits.
        """
        self.assertEqual(constants.nameOf(7), "Tight")
        self.assertEqual(constants.nameOf(-27), "QualityLevel5")
        self.assertEqual(constants.nameOf(-250), "CompressionLevel6")
        self.assertEqual(constants.nameOf(4711), "4711")


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
            choice = choose((number, constants.TIGHT))
            self.assertEqual(choice.encodingFor(NATIVE).number, number)
            self.assertEqual(choice.encodingFor(mapped).number, constants.RAW)
        choice = choose((constants.TIGHT,))
        self.assertEqual(choice.encodingFor(mapped).number, constants.TIGHT)
