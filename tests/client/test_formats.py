# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.client.formats}: a viewer decodes each update in the format that is in
force for it.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.codec import RGB565
from tests.scenes import serving
from txrfb._wire.messages import FramebufferUpdateRequest, SetPixelFormat
from txrfb._wire.messages.extensions import (
    REQUEST,
    SYNC_NEXT,
    EnableContinuousUpdates,
    Fence,
)
from txrfb.client import DEFAULT_ENCODINGS
from txrfb.client.formats import FormatChanges
from txrfb.encodings import constants as c
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.pixels import NATIVE, PixelFormat
from txrfb.testing import Link, Viewer, assertScreen

SCREEN = Rectangle(0, 0, 60, 50)

RGB332 = PixelFormat(8, 8, False, True, 7, 7, 3, 5, 2, 0)
MAPPED = PixelFormat(8, 8, False, False, 0, 0, 0, 0, 0, 0)
SWAPPED = PixelFormat(32, 24, True, True, 255, 255, 255, 0, 8, 16)
ANY = (NATIVE, RGB565, RGB332, MAPPED, SWAPPED)

FULL = FramebufferUpdateRequest(False, SCREEN)
CHANGES = FramebufferUpdateRequest(True, SCREEN)


class OrderTests(SynchronousTestCase):
    """
    What is sent when, and from when on pixels are in another format.
    """

    def setUp(self) -> None:
        """
        Nothing was said yet.
        """
        self.used: list[PixelFormat] = []
        self.formats = FormatChanges(self.used.append)

    def say(self, *messages: Any) -> list[Any]:
        """
        @return: What is sent at once.
        """
        return [one for m in messages for one in self.formats.say(m, SCREEN)]

    def updated(self, isAnswer: bool = True) -> list[Any]:
        """
        @return: What is sent when an update has come.
        """
        return list(self.formats.updated(isAnswer))

    def test_quiet(self) -> None:
        """
        Where nothing was requested it is sent at once, and in force.
        """
        nothing = FramebufferUpdateRequest(False, Rectangle(60, 0, 9, 9))
        change = SetPixelFormat(RGB565)
        self.assertEqual(self.say(nothing, change), [nothing, change])
        self.assertEqual(self.used, [RGB565])

    def test_requested(self) -> None:
        """
        Without fences it waits for the update that was requested, and of several the
        last; an update that only tells of a size is not that one.
        """
        first, second = SetPixelFormat(RGB565), SetPixelFormat(RGB332)
        self.assertEqual(self.say(CHANGES), [CHANGES])
        self.assertEqual(self.say(first, second), [])
        self.assertEqual(self.updated(False), [])
        self.assertEqual(self.used, [])
        self.assertEqual(self.updated(), [second])
        self.assertEqual(self.used, [RGB332])
        self.assertEqual(self.updated(), [])

    def test_fences(self) -> None:
        """
        A server that knows fences says where it begins, however much was requested.
        """
        self.assertFalse(self.formats.fenced(Fence(REQUEST, b"theirs")))
        first, second = SetPixelFormat(RGB565), SetPixelFormat(RGB332)
        fence = Fence(REQUEST | SYNC_NEXT, b"format")
        sent = self.say(CHANGES, FULL, first, FULL, second)
        self.assertEqual(sent, [CHANGES, FULL, fence, first, FULL, fence, second])
        self.assertEqual(self.updated(), [])
        self.assertEqual(self.used, [])
        answer = Fence(SYNC_NEXT, b"format")
        self.assertFalse(self.formats.fenced(Fence(0, b"other")))
        for used in ([RGB565], [RGB565, RGB332]):
            self.assertTrue(self.formats.fenced(answer))
            self.assertEqual(self.used, used)
        self.assertFalse(self.formats.fenced(answer))

    def test_continuous(self) -> None:
        """
        Continuous updates of a server without fences end before it, and go on after it.
        """
        on = EnableContinuousUpdates(True, SCREEN)
        off = EnableContinuousUpdates(False, Rectangle(0, 0, 0, 0))
        change = SetPixelFormat(RGB565)
        self.assertEqual(list(self.formats.ended()), [])
        self.assertEqual(self.say(on, change, FULL), [on, off, FULL])
        self.assertEqual(self.updated(), [])
        self.assertEqual(self.used, [])
        self.assertEqual(list(self.formats.ended()), [change, on])
        self.assertEqual(self.used, [RGB565])
        self.assertEqual(list(self.formats.ended()), [])


class ThroughTests(SynchronousTestCase):
    """
    The same with a server, over links on which much is on its way at a time.
    """

    def changes(self, pseudo: tuple[int, ...], steps: list[Any], delay: float) -> None:
        """
        Let a viewer change its format while the application paints and resizes, and
        see that its picture is right.
        """
        framebuffer = MemoryFramebuffer(60, 50)
        framebuffer.fill("teal")
        factory = serving(framebuffer)
        viewer = Viewer(
            factory,
            encodings=(*DEFAULT_ENCODINGS, *pseudo),
            link=Link(100_000, delay),
        )
        client = viewer.client
        if c.CONTINUOUS_UPDATES in pseudo:
            client.enableContinuousUpdates(Rectangle(0, 0, 200, 200))
        for n, (what, number) in enumerate(steps):
            if what == "format":
                client.setPixelFormat(ANY[number % len(ANY)])
                client.requestUpdate(False)
            elif what == "request":
                client.requestUpdate(not number % 2)
            elif what == "paint":
                framebuffer.fill((n * 40 % 256, 80, number), Rectangle(n, n, 30, 20))
            elif what == "size":
                framebuffer.resize(40 + number, 60 - number // 2)
                framebuffer.fill("olive", Rectangle(0, 0, 30, 30))
            viewer.advance(number / 500)
        client.setPixelFormat(NATIVE)
        client.requestUpdate(False)
        viewer.settle()
        self.assertTrue(viewer.isConnected, viewer.log)
        assertScreen(viewer, framebuffer)

    STEPS = st.lists(
        st.tuples(
            st.sampled_from(("format", "request", "paint", "size")), st.integers(0, 50)
        ),
        max_size=12,
    )

    @settings(max_examples=60, deadline=None)
    @given(
        st.sampled_from(
            (
                (),
                (c.EXTENDED_DESKTOP_SIZE,),
                (c.EXTENDED_DESKTOP_SIZE, c.QEMU_EXTENDED_KEY),
                (c.CONTINUOUS_UPDATES, c.EXTENDED_DESKTOP_SIZE),
            )
        ),
        STEPS,
        st.sampled_from((0.0, 0.01, 0.1)),
    )
    def test_anything(
        self, pseudo: tuple[int, ...], steps: list[Any], delay: float
    ) -> None:
        """
        Whatever happens in whatever order, the picture is right in the end.
        """
        self.changes(pseudo, steps, delay)

    def test_requestBehindChange(self) -> None:
        """
        A request that is made after the change is not answered in the format before it.
        """
        steps = [("paint", 9), ("format", 1), ("paint", 1), ("paint", 1)]
        self.changes((), steps * 3, 0.1)
