# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{benchmarks.relay}.
"""

from __future__ import annotations

import contextlib
import io
import sys

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from benchmarks import relay


class RelayTests(SynchronousTestCase):
    """
    What is measured.
    """

    def test_measured(self) -> None:
        """
        Keys and viewers are timed, and what is measured is compared with the targets.
        """
        if not sys.platform.startswith("linux"):
            raise SkipTest("there is no /proc")
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            options = ["--keys", "2", "--runs", "1", "--seconds", "1"]
            self.assertEqual(relay.main(options), 0)
        lines = output.getvalue().splitlines()
        self.assertEqual(
            [line.split()[0] for line in lines[:3]], ["direct", "relay", "relay"]
        )
        self.assertIn("8 viewers", lines[4])
        self.assertGreater(float(lines[4].split()[2]), 1.0)
