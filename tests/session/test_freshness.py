# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.freshness}: nobody who asks for pixels gets older ones.
"""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.scenes import SlowFramebuffer, serving
from txrfb.client import RFBClient
from txrfb.encodings.constants import RAW
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.testing import Viewer, assertScreen


class Painted(MemoryFramebuffer):
    """
    Counts its captures.
    """

    captures = 0

    def capture(self) -> Any:
        """
        Count.
        """
        self.captures += 1
        return super().capture()


class FreshTests(SynchronousTestCase):
    """
    A display that has taken a frame just now, and takes the next later.
    """

    def setUp(self) -> None:
        """
        A viewer that follows, and five frames a second.
        """
        self.framebuffer = Painted(200, 150)
        self.factory = serving(self.framebuffer, frameRate=5)
        self.viewer = Viewer(self.factory)
        self.viewer.advance(10)
        self.framebuffer.fill("red")
        self.viewer.advance(0)
        self.assertEqual(self.viewer.color(0, 0), "#ff0000")

    def first(self) -> str:
        """
        @return: The first picture of another viewer, by its color: the viewer is one
            that looks once, as screenshots are taken.
        """
        return Viewer(self.factory, encodings=(RAW,)).color(199, 149)

    def test_firstPicture(self) -> None:
        """
        The first picture has what was painted before the viewer came, however short
        before.
        """
        for color in ("#0000ff", "#00ff00", "#0000fe"):
            self.framebuffer.fill(color)
            self.assertEqual(self.first(), color)

    def test_firstIncremental(self) -> None:
        """
        So it has for a viewer that begins by asking for changes.
        """
        self.framebuffer.fill("blue")

        def ready(client: RFBClient) -> None:
            client.requestUpdate(True)

        self.patch(RFBClient, "ready", ready)
        self.assertEqual(self.first(), "#0000ff")

    def test_everyTime(self) -> None:
        """
        What was painted before a request for all pixels is in its answer.
        """
        viewer = self.viewer
        viewer.client.isUpdating = False
        for color in ("#0000ff", "#00ff00", "#0000fe"):
            self.framebuffer.fill(color)
            viewer.client.requestUpdate(False)
            viewer.settle()
            self.assertEqual(viewer.color(199, 149), color)

    def test_nothingNew(self) -> None:
        """
        Where nothing was painted since the last frame nothing is captured, and nobody
        waits.
        """
        captures, now = self.framebuffer.captures, self.factory.clock.seconds()
        self.assertEqual(self.first(), "#ff0000")
        self.assertEqual(self.framebuffer.captures, captures)
        self.assertLess(self.factory.clock.seconds() - now, 0.001)

    def test_frameRate(self) -> None:
        """
        Asking at line rate brings no more captures than the frame rate allows, and one
        capture answers all who wait.
        """
        others = [Viewer(self.factory, encodings=(RAW,)) for _ in range(3)]
        for one in (self.viewer, *others):
            one.client.isUpdating = False
        captures = self.framebuffer.captures
        for n in range(1000):
            self.framebuffer.fill((n % 256, n // 256, 0))
            for one in others:
                one.client.requestUpdate(False, Rectangle(0, 0, 64, 64))
            self.viewer.advance(0.001)
        self.assertLessEqual(self.framebuffer.captures - captures, 6)
        self.assertGreaterEqual(min(len(one.updates) for one in others), 5)

    def test_failedCapture(self) -> None:
        """
        A viewer that asks while a capture is under way that fails is answered by the
        next that does not.
        """
        framebuffer = SlowFramebuffer()
        factory = serving(framebuffer)
        follower = Viewer(factory, encodings=(RAW,))
        framebuffer.deliver()
        follower.settle()
        framebuffer.fill("red")
        follower.advance(0.1)
        framebuffer.fill("blue")
        viewer = Viewer(factory, encodings=(RAW,))
        framebuffer.captures[-1].errback(OSError("gone"))
        viewer.advance(0.2)
        framebuffer.deliver()
        assertScreen(viewer, framebuffer)
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)

    def test_slowCapture(self) -> None:
        """
        A viewer that asks again and again while a capture takes its time, and there is
        always something new, is answered by the next that begins after it asked; in the
        end it has what there was at its last request.
        """
        framebuffer = SlowFramebuffer()
        factory = serving(framebuffer)
        viewer = Viewer(factory, encodings=(RAW,))
        framebuffer.deliver()
        viewer.settle()
        viewer.client.isUpdating = False
        viewer.updates.clear()
        for n in range(1, 9):
            framebuffer.fill((n, 0, 0))
            viewer.client.requestUpdate(False)
            viewer.advance(0.1)
            framebuffer.fill((n, 9, 0))
            viewer.client.requestUpdate(False)
            viewer.advance(0.1)
            framebuffer.deliver()
            viewer.advance(0)
        self.assertGreaterEqual(len(viewer.updates), 4)
        viewer.advance(0.1)
        self.assertFalse(framebuffer.captures[-1].called, "it was asked again")
        framebuffer.deliver()
        assertScreen(viewer, framebuffer)
