# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{benchmarks.steps}.
"""

from __future__ import annotations

from io import StringIO

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from benchmarks.steps import Steps


class Terminal(StringIO):
    """
    A stream that says it is a terminal.
    """

    def isatty(self) -> bool:
        """
        It is.
        """
        return True


class StepsTests(SynchronousTestCase):
    """
    A run of four steps, each of which takes a minute.
    """

    def run_(self, stream: StringIO) -> str:
        """
        @return: What is written for all of them.
        """
        clock = Clock()
        steps = Steps(4, stream, clock.seconds)
        for name in ("one", "two", "three", "four"):
            steps.next(name)
            clock.advance(60)
        steps.end()
        return stream.getvalue()

    def test_lines(self) -> None:
        """
        In a file, each step is a line, with an estimate from the second on.
        """
        self.assertEqual(
            self.run_(StringIO()).splitlines(),
            [
                "[1 of 4] one",
                "[2 of 4, 3.0 minutes left] two",
                "[3 of 4, 2.0 minutes left] three",
                "[4 of 4, 1.0 minutes left] four",
            ],
        )

    def test_bar(self) -> None:
        """
        On a terminal it is one line with a bar, which is gone in the end.
        """
        written = self.run_(Terminal())
        self.assertNotIn("\n", written)
        self.assertIn(
            "[############............] 3 of 4, 2.0 minutes left: three", written
        )
        self.assertTrue(written.endswith("\r\x1b[K"))
