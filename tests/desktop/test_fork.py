# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.desktop.fork}.
"""

from __future__ import annotations

from typing import Any

from twisted.application.service import IService, Service
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from tests.desktop.test_eye import Slow
from txrfb.desktop.fork import Branch, Fork
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle, Region, Screen
from txrfb.interfaces import IFramebuffer, IInputReceiver, IResizable, IScreens
from txrfb.protocol import RFBFactory
from txrfb.testing import Viewer


@implementer(IInputReceiver, IResizable, IScreens)
class Desk(Slow):
    """
    A framebuffer that takes input, and sizes.
    """

    def __init__(self) -> None:
        super().__init__(8, 6)
        self.calls: list[Any] = []
        self.screens = [Screen(1, 0, 0, 8, 6)]

    def __conform__(self, interface: Any) -> Any:
        """
        It is a service.
        """
        return Service() if interface is IService else None

    def resumeProducing(self) -> None:
        """
        Note it.
        """
        self.calls.append("resume")

    def pauseProducing(self) -> None:
        """
        Note it.
        """
        self.calls.append("pause")

    def keyEvent(self, keysym: int, down: bool, viewer: Any) -> None:
        """
        Note it.
        """
        self.calls.append(keysym)

    def pointerEvent(self, x: int, y: int, buttons: int, viewer: Any) -> None:
        """
        Note it.
        """
        self.calls.append((x, y, buttons))

    def sizeRequested(self, width: int, height: int, viewer: Any) -> bool:
        """
        Grant it.
        """
        self.resize(width, height)
        return True

    def layoutRequested(
        self, width: int, height: int, screens: Any, viewer: Any
    ) -> bool:
        """
        Grant it.
        """
        return self.sizeRequested(width, height, viewer)


class ForkTests(SynchronousTestCase):
    """
    One framebuffer, several that show it.
    """

    def setUp(self) -> None:
        """
        Two branches, which are watched.
        """
        self.desk = Desk()
        self.fork = Fork(self.desk)
        self.one, self.two = self.fork.branch(), self.fork.branch()
        for branch in (self.one, self.two):
            branch.resumeProducing()

    def captured(self, branch: Branch) -> Region:
        """
        @return: What a capture says is new.
        """
        return self.successResultOf(branch.capture())

    def test_interfaces(self) -> None:
        """
        A branch does what the framebuffer does, but is no service.
        """
        for interface in (IFramebuffer, IInputReceiver, IResizable, IScreens):
            verifyObject(interface, self.one)
        self.assertIsNone(IService(self.one, None))
        plain = Fork(MemoryFramebuffer(4, 4)).branch()
        for interface in (IInputReceiver, IResizable, IScreens):
            self.assertFalse(interface.providedBy(plain))
        self.assertEqual(list(self.one.screens), list(self.desk.screens))

    def test_news(self) -> None:
        """
        What was captured for one is news for the other, each time once.
        """
        everything = Region([Rectangle(0, 0, 8, 6)])
        self.assertEqual(self.captured(self.one), everything)
        self.assertEqual(self.captured(self.one), Region())
        self.assertEqual(self.captured(self.two), everything)
        parts = [Rectangle(1, 1, 2, 2), Rectangle(5, 2, 1, 3)]
        for part in parts:
            self.desk.fill("red", part)
            self.assertEqual(self.captured(self.one), Region([part]))
        self.assertEqual(self.captured(self.two), Region(parts))
        for _ in range(1000):
            self.desk.fill("blue", (1, 1, 1, 1))
            self.captured(self.one)
        self.assertEqual(self.captured(self.two), Region([Rectangle(1, 1, 1, 1)]))

    def test_oneAtATime(self) -> None:
        """
        While one captures the other waits, for a capture of its own, and then both have
        all that is new.
        """
        for branch in (self.one, self.two):
            self.captured(branch)
        waiting = self.desk.waiting = []
        self.desk.fill("red", (0, 0, 1, 1))
        first = self.one.capture()
        self.desk.fill("red", (2, 2, 1, 1))
        second = self.two.capture()
        self.assertEqual(len(waiting), 1)
        waiting.pop()()
        self.assertEqual(self.successResultOf(first), Region([Rectangle(0, 0, 1, 1)]))
        self.assertNoResult(second)
        waiting.pop()()
        both = Region([Rectangle(0, 0, 1, 1), Rectangle(2, 2, 1, 1)])
        self.assertEqual(self.successResultOf(second), both)
        self.desk.waiting = None
        self.assertEqual(self.captured(self.one), Region([Rectangle(2, 2, 1, 1)]))

    def test_failure(self) -> None:
        """
        A capture that fails does so for who asked, and loses nothing; neither does one
        that nobody waits for any more.
        """
        self.desk.fault = OSError("gone")
        self.failureResultOf(self.one.capture(), OSError)
        self.desk.fault = None
        self.assertEqual(self.captured(self.one).area, 48)
        waiting = self.desk.waiting = []
        self.desk.fill("red", (0, 0, 1, 1))
        canceled = self.one.capture()
        canceled.addErrback(lambda _: None)
        canceled.cancel()
        waiting.pop()()
        self.desk.waiting = None
        self.assertEqual(self.captured(self.one), Region([Rectangle(0, 0, 1, 1)]))

    def test_rest(self) -> None:
        """
        The framebuffer rests when nobody watches any of them.
        """
        self.assertEqual(self.desk.calls, ["resume"])
        self.one.pauseProducing()
        self.assertEqual(self.desk.calls, ["resume"])
        self.two.pauseProducing()
        self.assertEqual(self.desk.calls, ["resume", "pause"])
        self.one.resumeProducing()
        self.assertEqual(self.desk.calls, ["resume", "pause", "resume"])

    def test_viewers(self) -> None:
        """
        Viewers of both see the same to the pixel, whatever is painted, and are heard.
        """
        clock = Clock()
        viewers = [
            Viewer(RFBFactory(branch, reactor=clock)) for branch in (self.one, self.two)
        ]
        for color, area in (("red", (0, 0, 3, 3)), ("lime", (2, 2, 6, 4))):
            self.desk.fill(color, area)
            for viewer in viewers:
                viewer.settle()
                self.assertEqual(
                    viewer.image().tobytes(), self.desk.toImage().tobytes()
                )
        self.desk.resize(12, 4)
        for viewer in viewers:
            viewer.settle()
            self.assertEqual(viewer.size, (12, 4))
        viewers[0].type("a")
        viewers[1].click(3, 2)
        self.assertEqual(self.desk.calls[1:], [97, 97, (3, 2, 0), (3, 2, 1), (3, 2, 0)])
