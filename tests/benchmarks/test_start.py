# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{benchmarks.start}.
"""

from __future__ import annotations

import contextlib
import io
import sys
from unittest import mock

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from benchmarks import start


class StartTests(SynchronousTestCase):
    """
    What is measured.
    """

    def setUp(self) -> None:
        """
        It needs Linux.
        """
        if not sys.platform.startswith("linux"):
            raise SkipTest("there is no /proc")

    def test_starts(self) -> None:
        """
        Each starts and greets; with numpy it is more than without, and the daemon,
        which has numpy, is more than that.
        """
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            self.assertEqual(start.main(["--runs", "1", "--seconds", "0"]), 0)
        lines = output.getvalue().splitlines()
        self.assertEqual([line.split()[0] for line in lines], start.NAMES)
        memory = [float(line.split()[6]) for line in lines]
        self.assertEqual(memory, sorted(memory))
        self.assertGreater(memory[0], 10)

    def test_failed(self) -> None:
        """
        What ends before it greets is an error, not a number.
        """
        with (
            mock.patch.object(start, "arguments", lambda *_: ["--help"]),
            self.assertRaises(OSError),
        ):
            start.start("txrfb", 0)
