# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{benchmarks.record}.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
from importlib.util import find_spec

import numpy as np
from twisted.internet.task import Clock
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from benchmarks import record
from benchmarks.scenes import SCENES
from txrfb.feeds import FedFramebuffer
from txrfb.record.fbs import readBlocks


class RecordTests(SynchronousTestCase):
    """
    What is measured.
    """

    def test_recorded(self) -> None:
        """
        What is recorded of a scene is what is to be seen in it.
        """
        path, spent = record.record("typing", (320, 240), 2.0, self.mktemp())
        self.assertGreater(spent, 0)
        assert path is not None
        fed = FedFramebuffer(clock=Clock())
        fed.begin()
        with path.open("rb") as file:
            for block in readBlocks(file):
                fed.feed(block.data)
        shown = fed.pixels.view(np.uint8).reshape(240, 320, 4)[..., :3]
        shots = list(SCENES["typing"](320, 240))[8:12]
        self.assertTrue(
            any(np.array_equal(shown, shot.pixels[..., :3]) for shot in shots)
        )

    def test_printed(self) -> None:
        """
        Sizes and times are printed.
        """
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            options = ["--size=320x240", "--seconds=1", "--scenes=idle,office"]
            self.assertEqual(record.main(options), 0)
        idle, office = output.getvalue().splitlines()
        self.assertIn("in 1 whole pictures", idle)
        self.assertRegex(office, r"^office +\d+\.\d\d MB a minute, ")
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            options = ["--size=64x64", "--seconds=1", "--scenes=typing", "--beside"]
            self.assertEqual(record.main(options), 0)
        self.assertIn(" ms more than a viewer alone", output.getvalue())

    def test_played(self) -> None:
        """
        It is played, and made into a film.
        """
        if find_spec("av") is None:
            reason = "PyAV is not installed"
            raise RuntimeError(reason) if os.environ.get("CI") else SkipTest(reason)
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            options = ["--size=64x64", "--seconds=1", "--scenes=typing", "--play"]
            self.assertEqual(record.main(options), 0)
        found = re.search(r"([\d.]+) ms of CPU .* ([\d.]+) to make", output.getvalue())
        assert found is not None
        self.assertGreater(float(found[1]), 0)
        self.assertGreater(float(found[2]), 0)
