# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.encodings.level} and L{txrfb.encodings.constants}.
"""

from __future__ import annotations

from twisted.trial import unittest

from tests.listed import NOVNC, TIGERVNC
from txrfb.encodings import constants
from txrfb.encodings.level import (
    FULL_COLOR,
    GRAY,
    HALF_COLOR,
    QUALITIES,
    QUARTER_COLOR,
    Level,
    levelFor,
)


class LevelTests(unittest.SynchronousTestCase):
    """
    Tests for L{levelFor}.
    """

    def test_unasked(self) -> None:
        """
        Without any wish, compression is the server's found and nothing is lost.
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

    def test_colorful(self) -> None:
        """
        From level 6 on, which noVNC asks for, color is as sharp as brightness; that of
        TigerVNC is 8.
        """
        levels = [levelFor((-32 + level,)) for level in range(10)]
        self.assertEqual(
            [one.subsampling == FULL_COLOR for one in levels], [False] * 6 + [True] * 4
        )
        self.assertEqual((levels[6].quality, levels[8].quality), (79, 92))

    def test_fine(self) -> None:
        """
        The fine-grained quality counts before the quality level, wherever it is, and
        implies a subsampling of its own.
        """
        for numbers, quality, subsampling in (
            ((-27, -512 + 95), 95, FULL_COLOR),
            ((-512 + 78, -27), 78, HALF_COLOR),
            ((-512 + 40,), 40, QUARTER_COLOR),
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

    def test_film(self) -> None:
        """
        What moves has less color where that is left to a level that is not the best.
        """
        films = [levelFor((-32 + level,)).film for level in range(10)]
        self.assertEqual(films, [QUARTER_COLOR] * 9 + [-1])
        for numbers in ((-24, -768), (-24, -766), (-512 + 92, -24), (-250,)):
            self.assertEqual(levelFor(numbers).film, -1)
        self.assertEqual(levelFor((-24,)).lossless(), Level())

    def test_first(self) -> None:
        """
        Of two wishes of a kind, the first counts.
        """
        level = levelFor((-250, -256, -23, -32, -765, -768))
        self.assertEqual(
            (level.compression, level.quality, level.subsampling), (6, 100, GRAY)
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
