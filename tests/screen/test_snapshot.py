# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb._screen.snapshot}.
"""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.internet.task import Clock
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from tests.screen.test_source import Camera, raising
from txrfb._screen.snapshot import snapshot
from txrfb.pixels import Surface
from txrfb.protocol import RFBFactory
from txrfb.testing import Viewer


class SnapshotTests(SynchronousTestCase):
    """
    Snapshots of a display.
    """

    def setUp(self) -> None:
        """
        A display that nobody follows.
        """
        self.clock = Clock()
        self.camera = Camera(self.clock)
        self.factory = RFBFactory(self.camera, reactor=self.clock)

    def begin(self) -> Deferred[Surface]:
        """
        @return: What will be a snapshot.
        """
        return snapshot(self.factory.display, self.clock)

    def assertShows(self, color: int) -> None:
        """
        Fail unless a snapshot has this color, blue, green and red, everywhere.
        """
        taken = self.begin()
        self.clock.advance(0.1)
        surface = self.successResultOf(taken)
        self.assertEqual(surface[2:], (200, 100))
        self.assertEqual(set(surface.array()[:, :, :3].flat), {color})

    def test_alone(self) -> None:
        """
        Without viewers the framebuffer is woken, captured once and may rest again.
        """
        for number, color in enumerate((0, 255), 1):
            self.camera.fill("white" if color else "black")
            self.assertShows(color)
            self.assertEqual(len(self.camera.captures), number)
        self.clock.advance(10)
        self.assertEqual(len(self.camera.captures), 2)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_beside(self) -> None:
        """
        Beside a viewer it costs a capture only if there is something new; the viewer
        goes on.
        """
        viewer = Viewer(self.factory)
        self.clock.advance(1)
        before = len(self.camera.captures)
        self.assertShows(0)
        self.assertEqual(len(self.camera.captures), before)
        self.camera.fill("white")
        self.assertShows(255)
        self.clock.advance(1)
        self.assertEqual(len(self.camera.captures), before + 1)
        self.assertEqual(viewer.color(0, 0), "#ffffff")

    def test_apart(self) -> None:
        """
        What is drawn afterwards is not in it.
        """
        taken = self.begin()
        self.clock.advance(0.1)
        surface = self.successResultOf(taken)
        self.camera.fill("white")
        self.assertShows(255)
        self.assertEqual(set(surface.array()[:, :, :3].flat), {0})

    def test_failing(self) -> None:
        """
        A framebuffer that fails is tried again, until the time is over.
        """
        self.camera.broken = raising
        with capturedLogs():
            taken = self.begin()
            self.clock.pump([0.5] * 4)
            self.assertNoResult(taken)
            self.camera.broken = None
            self.clock.pump([0.5] * 8)
            self.successResultOf(taken)
            self.camera.broken = raising
            self.camera.fill("white")
            taken = self.begin()
            self.clock.pump([0.5] * 32)
        self.failureResultOf(taken, TimeoutError)
        self.assertFalse(self.factory.display.followers)
        self.flushLoggedErrors(ZeroDivisionError)

    def test_cancelled(self) -> None:
        """
        Who wants it no more is forgotten.
        """
        taken = self.begin()
        taken.cancel()
        self.failureResultOf(taken, CancelledError)
        self.assertFalse(self.factory.display.followers)
        self.clock.advance(1)
        self.assertEqual(self.camera.captures, [])
