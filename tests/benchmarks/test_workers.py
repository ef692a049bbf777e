# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{benchmarks.workers}.
"""

from __future__ import annotations

import contextlib
import io
import socket
import sys

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from benchmarks import servers, workers
from benchmarks.workers import Share
from benchmarks.workloads import workload


class WorkersTests(SynchronousTestCase):
    """
    What one process carries.
    """

    def test_perFrame(self) -> None:
        """
        What viewers cost is what more of them take, for each frame that was shown.
        """
        few, many = Share(0.3, 60, 6.0, 10), Share(0.9, 100, 10.0, 900)
        self.assertAlmostEqual(workers.perFrame(few, many, 40), 100.0)

    def test_measures(self) -> None:
        """
        By each way viewers are sent frames; each is a line.
        """
        if not sys.platform.startswith("linux"):
            raise SkipTest("it counts the processor's time as Linux does")
        self.patch(workers, "_SETTLING", 0.4)
        output = io.StringIO()
        arguments = ["--few", "1", "--many", "3", "--seconds", "0.6"]
        with contextlib.redirect_stdout(output):
            self.assertEqual(workers.main(arguments), 0)
        lines = [line.split() for line in output.getvalue().splitlines()]
        self.assertEqual([line[0] for line in lines], list(workers.WAYS))
        for line in lines:
            # Kilobytes a frame and viewer.
            self.assertGreater(float(line[7]), 0.1, line)

    def test_occupied(self) -> None:
        """
        A server that cannot listen says so, and is not waited for.
        """
        if not sys.platform.startswith("linux"):
            raise SkipTest("servers are measured on Linux")
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            self.patch(servers, "freePort", lambda: port)
            with (
                self.assertRaisesRegex(OSError, "in use"),
                servers.running(
                    servers.KINDS["txrfb+hints"], workload("typing"), fps=9
                ),
            ):
                self.fail("it is said to be ready")
