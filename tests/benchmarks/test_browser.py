# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{benchmarks.browser}.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from benchmarks.browser import family, measureCPU
from benchmarks.latency import HEIGHT, WIDTH, animation
from benchmarks.workloads import Workload, write


class BrowserTests(SynchronousTestCase):
    """
    The measurements; those in a browser are for C{python -m benchmarks.browser}.
    """

    def test_family(self) -> None:
        """
        Processes that a process has started are found, and theirs.
        """
        with subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdin.read()"],
            stdin=subprocess.PIPE,
        ) as child:
            self.assertIn(child.pid, family(os.getpid()))
        self.assertNotIn(child.pid, family(os.getpid()))

    def test_cpu(self) -> None:
        """
        A server works while clients read.
        """
        path = Path(self.mktemp()).absolute()
        write(path, animation(8), WIDTH, HEIGHT)
        used = measureCPU("txrfb", Workload(path), 2, 0.5)
        self.assertGreater(used, 0.0)
        self.assertLess(used, 2.0)
