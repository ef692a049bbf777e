# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.tap}.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.scenes import serving
from txrfb._session.tap import TappedUpdate, UpdateTap
from txrfb._wire.messages import Bell, ServerCutText, ServerInit
from txrfb.feeds import FedFramebuffer
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.pixels import NATIVE, Cursor
from txrfb.testing import Viewer, assertScreen


class TapTests(SynchronousTestCase):
    """
    What a tap hands over, and when.
    """

    def setUp(self) -> None:
        """
        A display, and a tap that has its first picture.
        """
        self.framebuffer = MemoryFramebuffer(300, 200)
        self.factory = serving(self.framebuffer)
        self.clock: Any = self.factory.clock
        self.updates: list[TappedUpdate] = []
        self.messages: list[bytes] = []
        self.answer: Any = None
        self.tap = UpdateTap(self.factory, self.take, told=self.messages.append)
        self.fed: FedFramebuffer | None = None
        self.tap.start()
        self.pass_()

    def take(self, update: TappedUpdate) -> Any:
        """
        Take an update, and paint it.
        """
        self.updates.append(update)
        fed = self.fed
        if update.isWhole and (fed is None or (fed.width, fed.height) != update[2:4]):
            fed = self.fed = FedFramebuffer(clock=self.clock)
            fed.begin()
            init = ServerInit(update.width, update.height, NATIVE, "tapped")
            fed.feed(b"RFB 003.003\n\0\0\0\1" + init.toBytes())
        assert fed is not None
        fed.feed(update.toBytes())
        return self.answer

    def pass_(self, seconds: float = 0.3) -> None:
        """
        Let time pass.
        """
        self.clock.pump([0.01] * round(seconds * 100))

    def assertSame(self) -> None:
        """
        Fail unless who reads all updates has the picture.
        """
        self.pass_()
        assert self.fed is not None
        shown = self.fed.pixels.view(np.uint8).reshape(*self.fed.pixels.shape, 4)
        np.testing.assert_array_equal(shown[..., :3], self.framebuffer.array[..., :3])

    def test_first(self) -> None:
        """
        The first update is the whole picture, and has the name.
        """
        [update] = self.updates
        self.assertTrue(update.isWhole)
        self.assertEqual(update[:4], (0, self.tap.serial, 300, 200))
        self.assertEqual(len(update.toBytes()), update.size)
        self.assertSame()

    def test_changes(self) -> None:
        """
        Each of the others begins with the picture before it, and is what changed; when
        nothing does there is none.
        """
        for color in ("red", "green", "blue"):
            self.framebuffer.fill(color, Rectangle(10, 10, 30, 20))
            self.assertSame()
        self.assertEqual(len(self.updates), 4)
        for before, after in zip(self.updates, self.updates[1:], strict=False):
            self.assertEqual(after.base, before.serial)
            self.assertLess(after.size, 200)
        self.pass_(5)
        self.assertEqual(len(self.updates), 4)

    def test_copies(self) -> None:
        """
        What moves is copied.
        """
        noise = np.random.default_rng(1).integers(0, 256, (200, 300, 4), np.uint8)
        self.framebuffer.array[:] = noise
        self.framebuffer.damage()
        self.assertSame()
        self.framebuffer.copy(Rectangle(0, 50, 300, 150), 0, 0)
        self.assertSame()
        self.assertLess(self.updates[-1].size, 1000)

    def test_room(self) -> None:
        """
        While its callback has not ended nothing is captured for it; then it has all
        that changed since.
        """
        self.answer = Deferred()
        self.framebuffer.fill("red")
        self.pass_()
        captures = self.factory.display.captures
        for shade in range(20):
            self.framebuffer.fill((shade, 0, 0), Rectangle(shade * 9, 5, 9, 9))
            self.pass_(0.1)
        self.assertEqual(len(self.updates), 2)
        self.assertEqual(self.factory.display.captures, captures)
        waiting, self.answer = self.answer, None
        waiting.callback(None)
        self.assertSame()
        self.assertEqual(len(self.updates), 3)
        self.assertEqual(self.updates[-1].base, self.updates[-2].serial)

    def test_whole(self) -> None:
        """
        A whole picture comes when it is wanted, also while nothing changes.
        """
        self.tap.wantWhole()
        self.pass_()
        self.assertEqual([update.isWhole for update in self.updates], [True, True])
        self.assertSame()

    def test_size(self) -> None:
        """
        Of another size there is a whole picture.
        """
        self.framebuffer.resize(120, 90)
        self.assertSame()
        self.assertEqual(self.updates[-1][2:4], (120, 90))
        self.assertTrue(self.updates[-1].isWhole)

    def test_sizeInTheMidst(self) -> None:
        """
        What was being encoded of the size before is not handed over.
        """
        self.framebuffer.resize(1500, 1500)
        self.pass_()
        viewer = Viewer(self.factory)
        before = len(self.updates)
        seen: list[bool] = []

        def watch(times: int) -> None:
            if self.tap.isPaused and not seen:
                seen.append(True)
                self.framebuffer.resize(120, 90)
                self.factory.display.measure()
            elif times:
                self.clock.callLater(0, watch, times - 1)

        capture = self.framebuffer.capture

        def captured() -> Any:
            self.clock.callLater(0, watch, 9)
            return capture()

        self.patch(self.framebuffer, "capture", captured)
        noise = np.random.default_rng(1).integers(0, 256, (1500, 1500, 4), np.uint8)
        self.framebuffer.array[:] = noise
        self.framebuffer.damage()
        self.pass_()
        self.assertTrue(seen)
        assertScreen(viewer, self.framebuffer)
        self.assertSame()
        self.assertEqual(self.updates[-1][2:4], (120, 90))
        self.assertTrue(self.updates[-1].isWhole)
        self.assertEqual(len(self.updates), before + 1)

    def test_rest(self) -> None:
        """
        Pointer, name, bell and clipboard are told.
        """
        self.framebuffer.name = "another"
        self.framebuffer.cursor = Cursor(3, 2, 1, 1, b"\x10\x20\x30\xff" * 6)
        self.framebuffer.movePointer(20, 30)
        self.framebuffer.bell()
        self.framebuffer.cutText("caf\u00e9")
        self.pass_()
        assert self.fed is not None
        self.assertEqual(self.fed.name, "another")
        self.assertEqual(self.fed.cursor, self.framebuffer.cursor)
        text = ServerCutText("caf\u00e9".encode("latin-1"))
        self.assertEqual(self.messages, [Bell().toBytes(), text.toBytes()])
        self.assertEqual(self.updates[-1].base, self.updates[-1].serial)

    def test_fails(self) -> None:
        """
        A callback that fails ends the tap, and nothing else.
        """
        self.answer = ZeroDivisionError("full")
        viewer = Viewer(self.factory)

        def fail(update: TappedUpdate) -> None:
            raise self.answer

        reasons: list[Any] = []
        tap = UpdateTap(self.factory, fail, failed=reasons.append)
        tap.start()
        self.pass_()
        self.assertFalse(tap.isRunning)
        self.assertIs(reasons[0].value, self.answer)
        self.answer = None
        silent = UpdateTap(self.factory, lambda update: Deferred())
        silent.start()
        self.clock.pump([1] * 61)
        self.assertFalse(silent.isRunning)
        self.assertEqual(len(self.flushLoggedErrors()), 1)
        self.framebuffer.fill("red")
        assertScreen(viewer, self.framebuffer)
        self.assertSame()

    def test_stops(self) -> None:
        """
        When it has stopped nothing is left of it; it may start again.
        """
        self.framebuffer.fill("red")
        self.tap.stop()
        self.tap.stop()
        self.pass_()
        self.assertEqual(len(self.updates), 1)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertFalse(self.factory.display.followers)
        self.tap.start()
        self.assertSame()
        self.assertTrue(self.updates[-1].isWhole)

    @settings(max_examples=20, deadline=None)
    @given(st.data())
    def test_anything(self, data: st.DataObject) -> None:
        """
        Whatever happens, in the end the picture is the same.
        """
        self.setUp()
        source = np.random.default_rng(data.draw(st.integers(0, 1 << 32)))
        waiting: list[Deferred[None]] = []
        for _ in range(15):
            framebuffer = self.framebuffer
            what = data.draw(st.integers(0, 6))
            if what == 0:
                framebuffer.resize(int(source.integers(1, 400)), 150)
            elif what == 1:
                shape = framebuffer.array.shape
                framebuffer.array[:] = source.integers(0, 256, shape, np.uint8)
                framebuffer.damage()
            elif what == 2:
                height = framebuffer.height - 7
                framebuffer.copy(Rectangle(0, 7, framebuffer.width, height), 0, 0)
            elif what == 3:
                self.tap.wantWhole()
            elif what == 4:
                self.answer = Deferred()
                waiting.append(self.answer)
            elif what == 5:
                self.answer = None
                for one in waiting:
                    if not one.called:
                        one.callback(None)
            else:
                framebuffer.fill("red", Rectangle(0, 0, 1, 99))
            self.pass_(data.draw(st.sampled_from((0, 0.01, 0.05))))
        self.answer = None
        for one in waiting:
            if not one.called:
                one.callback(None)
        self.assertSame()
        self.tap.stop()
