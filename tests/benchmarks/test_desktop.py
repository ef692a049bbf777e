# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{benchmarks.desktop}.
"""

from __future__ import annotations

import contextlib
import io

from twisted.trial.unittest import SynchronousTestCase

from benchmarks import desktop
from benchmarks.building import built
from benchmarks.desktop import CAPTURE, NOBODY, OURS, Gate, Run
from benchmarks.desktopscenes import SCENES
from tests.interop.test_command import need


class GateTests(SynchronousTestCase):
    """
    What must be.
    """

    def ratio(self, what: str, ours: Run, theirs: Run) -> float | None:
        """
        @return: What a gate says of two runs.
        """
        found = {
            (NOBODY, "scroll", 1): Run(0, 0.1, 0, 0, 0),
            (OURS, "scroll", 1): ours,
            ("x11vnc", "scroll", 1): theirs,
        }
        gate = Gate("", what, "scroll", 1, ("x11vnc",), 0.5)
        return desktop.ratio(gate, found, "x11vnc")

    def test_ratios(self) -> None:
        """
        CPU time, bytes and latency are compared as they are; of Xvfb what it did
        without a server is taken off.
        """
        ours, theirs = Run(1, 0.2, 100, 500, 2), Run(4, 0.6, 50, 1000, 8)
        self.assertEqual(self.ratio("cpu", ours, theirs), 0.25)
        self.assertEqual(self.ratio("bytes", ours, theirs), 0.5)
        self.assertEqual(self.ratio("latency", ours, theirs), 0.25)
        display = self.ratio("display", ours, theirs)
        assert display is not None
        self.assertAlmostEqual(display, 0.2)

    def test_alone(self) -> None:
        """
        A gate may be about a part of what txrfb does.
        """
        (gate,) = [one for one in desktop.gates() if one.server == CAPTURE]
        found = {
            (NOBODY, "scroll", 1): Run(0, 0, 0, 0, 0),
            (OURS, "scroll", 1): Run(3, 0, 0, 0, 0),
            (CAPTURE, "scroll", 1): Run(1, 0, 0, 0, 0),
            ("x0vncserver", "scroll", 1): Run(4, 0, 0, 0, 0),
        }
        self.assertEqual(desktop.ratio(gate, found, "x0vncserver"), 0.25)

    def test_notMeasured(self) -> None:
        """
        Of what was not measured nothing is said.
        """
        for gate in desktop.gates():
            self.assertIsNone(desktop.ratio(gate, {}, gate.peers[0]))
        with contextlib.redirect_stdout(io.StringIO()) as said:
            self.assertTrue(desktop.printGates({}))
        self.assertEqual(said.getvalue(), "")

    def test_verdicts(self) -> None:
        """
        Each gate is printed, and one that does not hold is a failure.
        """
        found = {
            (NOBODY, "typing", 1): Run(0, 0, 0, 0, 0),
            (OURS, "typing", 1): Run(1, 0, 0, 0, 1),
            ("x11vnc", "typing", 1): Run(2, 0, 0, 0, 20),
            ("x0vncserver", "typing", 1): Run(1, 0, 0, 0, 10),
            (OURS, "idle", 1): Run(0.001, 0, 0, 0, 0),
        }
        with contextlib.redirect_stdout(io.StringIO()) as said:
            self.assertTrue(desktop.printGates(found))
        self.assertEqual(said.getvalue().count("ok  "), 4)
        found[OURS, "idle", 1] = Run(0.003, 0, 0, 0, 0)
        with contextlib.redirect_stdout(io.StringIO()) as said:
            self.assertFalse(desktop.printGates(found))
        self.assertEqual(said.getvalue().count("FAIL"), 1)

    def test_scenes(self) -> None:
        """
        Gates are about what can be done.
        """
        for gate in desktop.gates():
            self.assertIn(gate.scene, SCENES)
            self.assertIn(gate.what, Run._fields)


class RunTests(SynchronousTestCase):
    """
    A run.
    """

    def test_scroll(self) -> None:
        """
        A terminal scrolls, and what is seen of that is measured.
        """
        need("Xvfb")
        need("xterm")
        if built("spectators") is None:
            self.skipTest("there is no compiler")
        run = desktop.measure(OURS, "scroll", 2, 1)
        self.assertGreater(run.cpu, 0)
        self.assertGreater(run.display, 0)
        self.assertGreater(run.updates, 20)
        self.assertGreater(run.bytes, 1000)

    def test_capture(self) -> None:
        """
        So is what it costs before anything is encoded.
        """
        need("Xvfb")
        need("xterm")
        run = desktop.measure(CAPTURE, "scroll", 1, 1)
        self.assertGreater(run.cpu, 0)
        self.assertGreater(run.display, 0)
        self.assertGreater(run.updates, 20)
        self.assertEqual(run.bytes, 0)
