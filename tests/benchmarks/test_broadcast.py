# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{benchmarks.broadcast}.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from benchmarks import broadcast


class BroadcastTests(SynchronousTestCase):
    """
    What is measured.
    """

    def test_measured(self) -> None:
        """
        Origin, engine and edges are measured with some viewers, and the origin without.
        """
        if not sys.platform.startswith("linux"):
            raise SkipTest("there is no /proc")
        if shutil.which("redis-server") is None:
            reason = "redis-server is not installed: tests/interop/install.sh"
            raise RuntimeError(reason) if os.environ.get("CI") else SkipTest(reason)
        self.patch(broadcast, "TURNS", ((1, 1), (2, 1)))
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            options = ["--runs", "1", "--seconds", "1"]
            self.assertEqual(broadcast.main(options), 0)
        _, nobody, one, two, ratio = output.getvalue().splitlines()
        self.assertEqual(nobody.split()[:2], ["1", "0"])
        self.assertEqual(two.split()[:2], ["2", "2"])
        self.assertGreater(float(one.split()[5]), 1.0)
        self.assertLess(float(nobody.split()[2]), float(one.split()[2]))
        self.assertIn("target 1.10", ratio)
