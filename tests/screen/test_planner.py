# -*- test-case-name: tests.screen.test_planner -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._screen.planner}.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.codec import RGB565
from txrfb._screen.plan import Plan
from txrfb._screen.planner import Planner
from txrfb._screen.shadow import Shadow
from txrfb.encodings import ENCODINGS
from txrfb.encodings.constants import RAW
from txrfb.encodings.level import Level
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.interfaces import IEncoder
from txrfb.pixels import NATIVE

WHOLE = Rectangle(0, 0, 100, 50)
PART = Rectangle(10, 10, 5, 5)


class PlannerTests(SynchronousTestCase):
    """
    What is planned and encoded for viewers that want the same, and for how long.
    """

    def setUp(self) -> None:
        """
        A picture of two frames, and a planner for several viewers.
        """
        self.framebuffer = MemoryFramebuffer(100, 50)
        self.shadow = Shadow(100, 50, 1)
        self.planner = Planner(self.shadow, 1 << 20)
        self.planner.isShared = True
        self.encoder: IEncoder = self.planner.encoder(ENCODINGS[RAW], NATIVE, Level())
        self.draw("red")

    def draw(self, color: str, where: Rectangle = PART) -> None:
        """
        Go on to a next frame.
        """
        self.framebuffer.fill(color, where)
        region = self.successResultOf(self.framebuffer.capture())
        self.assertTrue(self.shadow.update(self.framebuffer, region, (), False))
        self.planner.nextFrame()

    def bytesOf(self, plan: Plan) -> bytes:
        """
        @return: All of an update that is short.
        """
        data, end = plan.chunk(0)
        self.assertEqual(end, len(plan.pieces))
        return data

    def test_samePlan(self) -> None:
        """
        Viewers that go from the same frame to the newest by the same encoder have
        the same plan; from another frame, or by another encoder, it is another.
        """
        planner, encoder = self.planner, self.encoder
        plan = planner.plan(1, encoder, False)
        self.assertEqual(plan.serial, 2)
        self.assertIs(planner.plan(1, encoder, False), plan)
        self.assertIsNot(planner.plan(0, encoder, False), plan)
        other = planner.encoder(ENCODINGS[RAW], RGB565, Level())
        self.assertIsNot(planner.plan(1, other, False), plan)

    def test_everything(self) -> None:
        """
        Who asks for the whole picture shares the plan of those who have nothing.
        """
        whole = self.planner.planFor(self.encoder, [WHOLE])
        self.assertIs(whole, self.planner.plan(0, self.encoder, False))
        some = self.planner.planFor(self.encoder, [PART])
        self.assertIsNot(some, self.planner.planFor(self.encoder, [PART]))
        self.assertEqual([piece.rectangle for piece in some.pieces], [PART])

    def test_nextFrame(self) -> None:
        """
        With the next frame there are other plans; who is busy with an old one gets
        the newest pixels.
        """
        plan = self.planner.plan(0, self.encoder, False)
        self.draw("blue")
        self.assertIsNot(self.planner.plan(0, self.encoder, False), plan)
        new = self.planner.planFor(self.encoder, [WHOLE])
        self.assertEqual(self.bytesOf(plan), self.bytesOf(new))

    def test_resized(self) -> None:
        """
        When the size changes, what is left of all plans is black, also of those
        that nobody shares, and what is planned then has the new pixels.
        """
        shared = self.planner.plan(1, self.encoder, False)
        single = self.planner.planFor(self.encoder, [PART])
        before = self.bytesOf(single)
        self.planner.resized(Shadow(20, 10, 3))
        self.assertNotIn(b"\xff", self.bytesOf(shared)[16:])
        black = self.bytesOf(single)
        self.assertEqual(len(black), len(before))
        self.assertNotEqual(black, before)
        self.assertEqual(set(black[16:]), {0})
        plan = self.planner.plan(0, self.encoder, False)
        self.assertEqual(
            [piece.rectangle for piece in plan.pieces], [Rectangle(0, 0, 20, 10)]
        )
        self.assertEqual(plan.serial, 3)

    def test_bounded(self) -> None:
        """
        However many ways there are to the newest frame, not all plans are kept.
        """
        first = self.planner.plan(-1, self.encoder, False)
        for serial in range(-100, -1):
            self.planner.plan(serial, self.encoder, False)
        self.assertEqual(len(self.planner._plans), 16)
        self.assertIsNot(self.planner.plan(-1, self.encoder, False), first)

    def test_cache(self) -> None:
        """
        What is encoded is kept for the next viewer, if there is one, and forgotten
        with the last.
        """
        planner = self.planner
        planner.isShared = False
        alone = planner.encoded(self.encoder, PART)
        self.assertEqual(len(planner.cache), 0)
        planner.isShared = True
        data = planner.encoded(self.encoder, PART)
        self.assertEqual(data, alone)
        self.assertIs(planner.encoded(self.encoder, PART), data)
        self.assertEqual((planner.cache.hits, planner.cache.misses), (1, 1))
        planner.forget()
        self.assertEqual(len(planner.cache), 0)
