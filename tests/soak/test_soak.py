# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of the soak test itself, and a short one.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.scenes import serving
from tests.soak.__main__ import grown
from tests.soak.census import Census, leftovers
from tests.soak.simulated import Simulated
from txrfb.testing import Viewer

ROOT = Path(__file__).resolve().parents[2]


class SoakTests(SynchronousTestCase):
    """
    Short runs, in a process of their own, where nothing else is left.  Long ones are
    done by C{python -m tests.soak}.
    """

    def soak(self, *options: str) -> None:
        """
        Run the command, and assert that it is content.
        """
        done = subprocess.run(
            [sys.executable, "-m", "tests.soak", *options],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("all is well", done.stdout)

    def test_simulated(self) -> None:
        """
        Half a minute on a simulated clock: whoever rests has the right picture, and
        nothing is left when all have gone.
        """
        self.soak("--seconds", "24", "--seed", "9")

    def test_sockets(self) -> None:
        """
        Some seconds over real sockets.
        """
        self.soak("--seconds", "3", "--real")

    def test_same(self) -> None:
        """
        By the same seed the same happens, and all kinds of things do.
        """
        one, other = (Simulated(random.Random(7)) for _ in range(2))
        for simulated in (one, other):
            simulated.run(15)
        # The application fails on purpose; what is logged of it keeps viewers alive.
        self.flushLoggedErrors(ZeroDivisionError)
        self.assertEqual(one.crowd.counts, other.crowd.counts)
        self.assertGreater(len(one.crowd.counts), 15)
        self.assertEqual(
            one.crowd.framebuffer.toImage().tobytes(),
            other.crowd.framebuffer.toImage().tobytes(),
        )


class CensusTests(SynchronousTestCase):
    """
    What is left is found.
    """

    def test_leftovers(self) -> None:
        """
        A viewer that is still there, and what belongs to it.
        """
        # Other tests' viewers may go at any time, so none is taken off.
        before: Counter[str] = Counter()
        factory = serving()
        viewer = Viewer(factory)
        clock = factory.clock
        assert isinstance(clock, Clock)
        left = leftovers(factory, [clock.callLater(5, lambda: None)], before)
        text = "\n".join(left)
        for part in (
            "RFBServer",
            "UpdateProducer",
            "followers of the display",
            "connected",
            "timer",
        ):
            self.assertIn(part, text)
        viewer.disconnect()

    def test_grown(self) -> None:
        """
        What has become more since the second round.
        """
        before = Census(9, 1 << 20, 90 << 20)
        self.assertEqual(grown([Census(1, 1, 1), before, before]), [])
        much = Census(10, 2 << 20, 190 << 20)
        found = grown([before, before, much])
        self.assertEqual(
            [text.split(":")[0] for text in found],
            ["descriptors", "allocated bytes", "resident bytes"],
        )
