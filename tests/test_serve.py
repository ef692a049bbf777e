# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.protocol}; that it serves is shown by the tests of the examples.
"""

from __future__ import annotations

import subprocess
import sys

from twisted.trial.unittest import SynchronousTestCase

PROGRAM = """
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.protocol import serve

serve(MemoryFramebuffer(8, 8), {arguments})
"""


class ServeTests(SynchronousTestCase):
    """
    A program that serves one framebuffer.
    """

    def run_(self, arguments: str) -> tuple[int, str]:
        """
        Run a program.

        @return: Its status, and what it says of errors.
        """
        ran = subprocess.run(
            [sys.executable, "-c", PROGRAM.format(arguments=arguments)],
            capture_output=True,
            text=True,
            timeout=60,
        )
        return ran.returncode, ran.stderr

    def test_wrongPlace(self) -> None:
        """
        If there is no such place to listen at, the program ends and says so.
        """
        status, said = self.run_("'carrier-pigeon:5900'")
        self.assertEqual(status, 1)
        self.assertIn("carrier-pigeon", said)

    def test_wrongOption(self) -> None:
        """
        If an option is wrong, the program ends and says so.
        """
        status, said = self.run_("'tcp:0:interface=127.0.0.1', maxViewers=0")
        self.assertEqual(status, 1)
        self.assertIn("0 viewers at the most", said)
