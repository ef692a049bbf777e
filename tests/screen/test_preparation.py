# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._screen.preparation}: viewers that come before a framebuffer knows how
large it is.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import alsoProvides, implementer, noLongerProvides

from tests.scenes import RemoteFramebuffer, serving
from txrfb.encodings.constants import RAW, XVP
from txrfb.framebuffers import CropFramebuffer, MemoryFramebuffer, ScaledFramebuffer
from txrfb.interfaces import IFramebuffer, IPowerControl, IPrepared, IViewer
from txrfb.protocol import RFBFactory
from txrfb.testing import Viewer


class PreparationTestCase(SynchronousTestCase):
    """
    A framebuffer whose size is still to come.
    """

    def setUp(self) -> None:
        """
        Serve it.
        """
        self.framebuffer = RemoteFramebuffer()
        self.factory = serving(self.framebuffer)
        self.said: list[str] = []
        observe: Any = self._observe
        globalLogPublisher.addObserver(observe)
        self.addCleanup(globalLogPublisher.removeObserver, observe)

    def _observe(self, event: Any) -> None:
        if "log_format" in event:
            self.said.append(event["log_format"].format_map(event))

    def connected(self, width: int = 300, height: int = 200) -> None:
        """
        Now it knows its size.
        """
        self.framebuffer.connected(width, height)


class WaitTests(PreparationTestCase):
    """
    When a viewer is sent ServerInit.
    """

    def test_waits(self) -> None:
        """
        It is when the size is known, and that is the size it is told: one that cannot
        be told of another is not thrown out.
        """
        viewer = Viewer(self.factory, encodings=(RAW,))
        self.assertTrue(viewer.isOpen)
        self.assertFalse(self.framebuffer.isResting)
        self.assertEqual(len(self.framebuffer.questions), 1)
        self.assertEqual(self.framebuffer.captures, [])
        self.assertEqual(self.factory.viewers, [])
        viewer.advance(9)
        self.connected()
        viewer.advance(0.1)
        self.assertEqual(self.factory.viewers, [viewer.server])
        self.framebuffer.fill("red")
        self.framebuffer.deliver()
        viewer.advance(0.1)
        self.assertTrue(viewer.isOpen)
        self.assertEqual(viewer.size, (300, 200))
        self.assertEqual(viewer.color(299, 199), "#ff0000")
        self.assertIn("The desktop 'txrfb' is 300x200", self.said)

    def test_several(self) -> None:
        """
        Several wait for one answer, and one that leaves takes nothing from the others.
        """
        viewers = [Viewer(self.factory, encodings=(RAW,)) for _ in range(3)]
        viewers[0].disconnect()
        viewers[1].advance(1)
        self.assertEqual(len(self.framebuffer.questions), 1)
        self.connected()
        for viewer in viewers[1:]:
            viewer.advance(0.1)
            self.assertEqual(viewer.size, (300, 200))
        self.assertEqual(len(self.factory.viewers), 2)
        self.assertFalse(self.framebuffer.isResting)

    def test_refused(self) -> None:
        """
        After ten seconds the viewer is refused, in words, and the framebuffer rests.
        """
        viewer = Viewer(self.factory)
        viewer.advance(9.9)
        self.assertTrue(viewer.isOpen)
        viewer.advance(0.2)
        self.assertFalse(viewer.isOpen)
        self.assertIn("the desktop is not there yet, after 10 seconds", viewer.reason)
        [said] = [one for one in self.said if "FAILED" in one and "yet" in one]
        self.assertNotIn("login failed", said)
        self.assertEqual(self.framebuffer.canceled, self.framebuffer.questions)
        self.assertTrue(self.framebuffer.isResting)
        self.assertEqual(self.factory.viewers, [])

    def test_eachItsTime(self) -> None:
        """
        Each may wait so long, whenever it came.
        """
        first = Viewer(self.factory)
        first.advance(6)
        second = Viewer(self.factory)
        second.advance(3)
        self.assertFalse(first.isOpen)
        self.assertTrue(second.isOpen)
        self.connected()
        second.advance(0.1)
        self.assertEqual(second.size, (300, 200))

    def test_leaves(self) -> None:
        """
        When all that wait have left, nothing is asked any more, and it rests.
        """
        viewer = Viewer(self.factory)
        viewer.disconnect()
        viewer.advance(2)
        self.assertEqual(self.framebuffer.canceled, self.framebuffer.questions)
        self.assertTrue(self.framebuffer.isResting)
        self.assertEqual(self.factory.clock.getDelayedCalls(), [])

    def test_fails(self) -> None:
        """
        If it fails the viewer is refused, and the log has why; the next may have more
        luck.
        """
        viewer = Viewer(self.factory)
        self.framebuffer.questions[0].errback(ZeroDivisionError("no host"))
        viewer.advance(0.1)
        self.assertIn("the desktop is not there", viewer.reason)
        self.assertNotIn("no host", viewer.reason)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        second = Viewer(self.factory)
        self.connected()
        second.advance(0.1)
        self.assertEqual(second.size, (300, 200))

    def test_noSize(self) -> None:
        """
        So it is if it says that it knows, and does not.
        """
        viewer = Viewer(self.factory)
        self.framebuffer.questions[0].callback(None)
        viewer.advance(0.1)
        self.assertIn("the desktop is not there", viewer.reason)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_another(self) -> None:
        """
        When it is connected anew, to something of another size, who comes is told that;
        and who was there before, as always.
        """
        first = Viewer(self.factory)
        self.connected()
        first.advance(0.1)
        self.framebuffer.deliver()
        first.advance(0.1)
        second = Viewer(self.factory, encodings=(RAW,))
        self.connected(80, 60)
        second.advance(0.1)
        for _ in range(2):
            if not self.framebuffer.captures[-1].called:
                self.framebuffer.deliver()
            second.advance(0.1)
        self.assertEqual([first.size, second.size], [(80, 60)] * 2)
        self.assertTrue(first.isOpen and second.isOpen)

    def test_beneath(self) -> None:
        """
        What is over such a framebuffer waits with it.
        """
        for over, size in (
            (lambda one: CropFramebuffer(one, (10, 10, 50, 40)), (50, 40)),
            (lambda one: ScaledFramebuffer(one, factor=0.5), (150, 100)),
            (
                lambda one: ScaledFramebuffer(CropFramebuffer(one, (0, 0, 90, 50)), 2),
                (180, 100),
            ),
        ):
            beneath = RemoteFramebuffer()
            framebuffer: IFramebuffer = over(beneath)
            self.assertTrue(IPrepared.providedBy(framebuffer))
            factory = serving(framebuffer)
            viewer = Viewer(factory, encodings=(RAW,))
            beneath.connected(300, 200)
            viewer.advance(0.1)
            beneath.deliver()
            viewer.advance(0.1)
            self.assertEqual(viewer.size, size)
        self.assertFalse(
            IPrepared.providedBy(CropFramebuffer(MemoryFramebuffer(9, 9), (0, 0, 1, 1)))
        )


class AbilityTests(SynchronousTestCase):
    """
    What an application can do is asked when a viewer comes.
    """

    def test_later(self) -> None:
        """
        What it learns to do later, those can use who come then; and nobody is harmed
        when it cannot do it any more.
        """

        @implementer(IPrepared)
        class Machine(MemoryFramebuffer):
            asked: list[str]

            def prepared(self) -> Deferred[None]:
                return succeed(None)

            def powerRequested(self, action: str, viewer: IViewer) -> bool:
                self.asked.append(action)
                return True

        machine = Machine(20, 10)
        machine.asked = []
        for framebuffer in (machine, CropFramebuffer(machine, (0, 0, 10, 10))):
            factory: RFBFactory = serving(framebuffer)
            before = Viewer(factory, encodings=(RAW, XVP))
            alsoProvides(machine, IPowerControl)
            after = Viewer(factory, encodings=(RAW, XVP))
            after.client.power("reboot")
            after.settle()
            self.assertEqual(machine.asked.pop(), "reboot")
            noLongerProvides(machine, IPowerControl)
            after.client.power("reset")
            after.settle()
            self.assertTrue(after.isOpen)
            self.assertTrue(before.isOpen)
            self.assertEqual(factory.application.pseudo, frozenset((XVP,)))
            before.disconnect()
            after.disconnect()
            after.advance(2)


class NeverFired(RemoteFramebuffer):
    """
    Returns nothing that could be waited for.
    """

    def prepared(self) -> Deferred[None]:
        """
        Be known at once.
        """
        self.resize(30, 20)
        return None  # type: ignore[return-value]


class AtOnceTests(SynchronousTestCase):
    """
    A framebuffer that knows its size as soon as it is asked.
    """

    def test_atOnce(self) -> None:
        """
        Nobody waits.
        """
        viewer = Viewer(serving(NeverFired()), encodings=(RAW,))
        self.assertEqual(viewer.size, (30, 20))
