# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.input}: by itself, with applications that are slow or fail;
and the rest of it as viewers send it.
"""

from __future__ import annotations

import itertools
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.machine import Desk, Keyboard, Knowing, Mouse, later
from tests.scenes import serving
from txrfb._session.application import Application
from txrfb._session.input import ViewerInput
from txrfb._wire.messages import KeyEvent, PointerEvent
from txrfb.encodings import constants as c
from txrfb.error import InputFlood
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.interfaces import IViewer
from txrfb.security.accounts.rights import FULL, VIEW_ONLY, Rights
from txrfb.testing import Viewer, assertScreen

SCREEN = Rectangle(0, 0, 100, 80)


class SlowTests(SynchronousTestCase):
    """
    An application that takes its time with the pointer.
    """

    def begin(self, part: Any) -> None:
        """
        Have the input of a viewer for that.
        """
        self.failures: list[Failure] = []
        self.part = part
        self.fired: list[Deferred[Any]] = []
        part.answer = later(self.fired)
        viewer: Any = object()
        self.clock = Clock()
        self.input = ViewerInput(
            Application(part), viewer, self.clock, self.failures.append
        )

    def setUp(self) -> None:
        """
        One that wants positions.
        """
        self.begin(Desk())

    def point(self, *events: tuple[int, int, int]) -> None:
        """
        The pointer does something.
        """
        for x, y, buttons in events:
            self.input.pointer(x, y, buttons, SCREEN, False)

    def take(self) -> None:
        """
        The application has taken all, one after the other.
        """
        while self.fired:
            self.fired.pop(0).callback(None)

    def test_whenTaken(self) -> None:
        """
        Whoever waits until all is taken hears when it is, or will not be.
        """
        self.successResultOf(self.input.whenTaken())
        self.point((1, 1, 1), (1, 1, 0), (2, 2, 1))
        waiting = self.input.whenTaken()
        self.fired.pop(0).callback(None)
        self.assertNoResult(waiting)
        self.take()
        self.successResultOf(waiting)
        self.point((1, 1, 1))
        waiting = self.input.whenTaken()
        self.clock.advance(61)
        self.successResultOf(waiting)
        self.assertEqual(len(self.failures), 1)

    def test_fast(self) -> None:
        """
        What the application takes at once it gets at once, whatever it returns.
        """
        for answer in (None, 5, lambda: succeed(None)):
            self.part.answer = answer
            self.point((1, 2, 0), (3, 4, 1))
            self.assertEqual(self.part.heard, [(1, 2, 0), (3, 4, 1)])
            self.part.heard.clear()

    def test_merged(self) -> None:
        """
        While it is busy, moves become one.
        """
        self.point((1, 1, 0), (2, 2, 0), (3, 3, 0), (4, 4, 0))
        self.assertEqual(self.part.heard, [(1, 1, 0)])
        self.take()
        self.assertEqual(self.part.heard, [(1, 1, 0), (4, 4, 0)])

    def test_buttonsStayWhereTheyAre(self) -> None:
        """
        A button goes down and comes up where it did; only what is between is merged.
        """
        self.point(
            (1, 1, 0),
            *((5, 5, 0), (10, 10, 0)),
            (10, 10, 1),
            *((20, 20, 1), (50, 50, 1)),
            (50, 50, 0),
            *((60, 60, 0), (70, 70, 0)),
        )
        self.take()
        self.assertEqual(
            self.part.heard,
            [
                (1, 1, 0),
                (10, 10, 0),
                (10, 10, 1),
                (50, 50, 1),
                (50, 50, 0),
                (70, 70, 0),
            ],
        )

    def test_wheel(self) -> None:
        """
        Every step of the wheel arrives, in both directions, on both axes.
        """
        steps = [(9, 9, bit) for n in range(20) for bit in (8 << n % 4, 0)]
        self.point((9, 9, 0), *steps)
        self.take()
        self.assertEqual(self.part.heard[1:], steps)

    def test_motions(self) -> None:
        """
        Motions add up.
        """
        self.begin(Mouse())
        self.point((10, 10, 0), (12, 11, 0), (15, 9, 0), (15, 9, 1), (10, 9, 1))
        self.take()
        self.assertEqual(
            self.part.heard, [(0, 0, 0), (5, -1, 0), (0, 0, 1), (-5, 0, 1)]
        )

    @settings(max_examples=100, deadline=None)
    @given(st.integers(0, 1 << 32))
    def test_nothingIsLost(self, seed: int) -> None:
        """
        Whatever happens while whatever is taken: each change of a button arrives, in
        order, where it was, and the last place is the last.
        """
        self.setUp()
        source = random.Random(seed)
        said, buttons, x = [(0, 0, 0)], 0, 0
        self.point((0, 0, 0))
        for _ in range(60):
            match source.randrange(3):
                case 0:
                    x = source.randrange(80)
                case 1:
                    buttons ^= 1 << source.randrange(3)
                case 2:
                    if self.fired:
                        self.fired.pop(0).callback(None)
                    continue
            said.append((x, x, buttons))
            self.point((x, x, buttons))
        self.take()

        def changes(events: list[Any]) -> list[Any]:
            pairs = itertools.pairwise(events)
            return [now for before, now in pairs if before[2] != now[2]]

        self.assertEqual(changes(self.part.heard), changes(said))
        self.assertEqual(self.part.heard[-1], said[-1])

    def test_flood(self) -> None:
        """
        Who presses buttons much faster than the application takes them is closed;
        what it holds is released all the same, after all that it did.
        """
        self.point((0, 0, 0))
        error = None
        for number in range(1, 400):
            try:
                self.point((0, 0, number % 2))
            except InputFlood as flood:
                error = flood
                break
        self.assertIn("256 changes", str(error))
        self.assertEqual(number, 257)
        self.input.isLeaving = True
        self.input.release()
        self.take()
        self.assertEqual(self.part.heard[-1], (0, 0, 0))

    def test_manyAtOnce(self) -> None:
        """
        All that waited may be taken at once, however much.
        """
        self.point((0, 0, 0), *[(0, 0, n % 2) for n in range(1, 250)])
        self.part.answer = lambda: succeed(None)
        self.take()
        self.assertEqual(len(self.part.heard), 250)

    def test_failsLater(self) -> None:
        """
        If the application fails after a while, that is told, and the rest of what
        waits is dropped; buttons are released.
        """
        self.point((0, 0, 1), (1, 1, 0), (2, 2, 1))
        self.fired[0].errback(ZeroDivisionError())
        self.assertEqual(len(self.failures), 1)
        self.part.answer = None
        self.input.release()
        self.assertEqual(self.part.heard, [(0, 0, 1), (2, 2, 0)])

    def test_failsAtOnce(self) -> None:
        """
        The same if what it returns has failed already.
        """
        self.part.answer = lambda: fail(ZeroDivisionError())
        self.point((0, 0, 1))
        self.assertEqual(len(self.failures), 1)

    def test_raisesInBetween(self) -> None:
        """
        The same if it raises while it is handed what waited.
        """
        self.point((0, 0, 0), (1, 1, 1), (2, 2, 0))
        self.part.answer = ZeroDivisionError()
        self.fired[0].callback(None)
        self.assertEqual(len(self.failures), 1)
        self.assertEqual(self.part.heard, [(0, 0, 0), (1, 1, 1)])

    def test_raises(self) -> None:
        """
        The same if it raises at once.
        """
        self.part.answer = ZeroDivisionError()
        self.point((0, 0, 0))
        self.assertEqual(len(self.failures), 1)


class ReleaseTests(SynchronousTestCase):
    """
    What a viewer holds when it leaves, or may hold no longer.
    """

    def setUp(self) -> None:
        """
        A viewer that holds keys, of both kinds, and buttons.
        """
        self.desk = Keyboard()
        self.factory = serving(application=self.desk)
        self.viewer = Knowing(self.factory)
        self.server: Any = self.viewer.server
        self.viewer.keyEvent(65, True)
        self.viewer.keyEvent(66, True)
        self.viewer.client.keycodeEvent(30, 97, True)
        self.viewer.move(5, 6)
        self.viewer.buttonDown(1)
        self.viewer.buttonDown(3)
        self.desk.heard.clear()

    KEYS = (("key", 65, False), ("key", 66, False), ("code", 30, 97, False))

    def test_leaving(self) -> None:
        """
        All of it is released when it leaves.
        """
        self.viewer.disconnect()
        self.assertEqual(self.desk.heard, [*self.KEYS, (5, 6, 0)])

    def test_rights(self) -> None:
        """
        What it may no longer press is released at once, the rest is not.
        """
        self.server.rights = Rights(["pointer"])
        self.assertEqual(self.desk.heard, [*self.KEYS])
        self.desk.heard.clear()
        self.viewer.keyEvent(67, True)
        self.viewer.client.keycodeEvent(31, 98, True)
        self.viewer.move(7, 8)
        self.assertEqual(self.desk.heard, [(7, 8, 5)])
        self.desk.heard.clear()
        self.server.rights = VIEW_ONLY
        self.assertEqual(self.desk.heard, [(7, 8, 0)])
        self.assertTrue(self.server.viewOnly)
        self.server.rights = FULL
        self.viewer.keyEvent(67, True)
        self.viewer.disconnect()
        self.assertEqual(self.desk.heard[1:], [("key", 67, True), ("key", 67, False)])

    def test_brokenApplication(self) -> None:
        """
        An application that fails at each of it is told of each of it.
        """
        self.desk.answer = ZeroDivisionError()
        self.viewer.disconnect()
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 4)
        self.assertEqual(self.desk.heard, [*self.KEYS, (5, 6, 0)])
        self.assertEqual(self.factory.viewers, [])

    def test_brokenMeanwhile(self) -> None:
        """
        An application that fails at an event ends the connection, and is told that
        what is held was released.
        """
        other = Viewer(self.factory)

        def once() -> None:
            self.desk.answer = None
            raise ZeroDivisionError

        self.desk.answer = once
        self.viewer.keyEvent(70, True)
        self.assertFalse(self.viewer.isConnected)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(self.desk.heard[0], ("key", 70, True))
        self.assertIn(("key", 70, False), self.desk.heard)
        self.assertEqual(self.desk.heard[-1], (5, 6, 0))
        self.assertTrue(other.isConnected)


class KeyTests(SynchronousTestCase):
    """
    Keys.
    """

    def test_withoutPlaces(self) -> None:
        """
        An application that knows no places of keys is not announced as if it did, and
        gets symbols.
        """
        desk = Desk()
        viewer = Knowing(serving(application=desk))
        self.assertNotIn(c.QEMU_EXTENDED_KEY, viewer.client.announced)
        viewer.press("A")
        self.assertEqual(desk.heard, [("key", 65, True), ("key", 65, False)])

    def test_places(self) -> None:
        """
        One that does gets the place and the symbol; and symbols alone from viewers
        that know no places.
        """
        keyboard = Keyboard()
        factory = serving(application=keyboard)
        viewer = Knowing(factory)
        self.assertIn(c.QEMU_EXTENDED_KEY, viewer.client.announced)
        viewer.client.keycodeEvent(0xCD, 0xFF53, True)
        viewer.client.keycodeEvent(0xCD, 0xFF53, True)
        viewer.client.keycodeEvent(0xCD, 0xFF53, False)
        viewer.client.keycodeEvent(0xB7, 0, True)
        viewer.settle()
        Viewer(factory).press("A")
        self.assertEqual(
            keyboard.heard,
            [
                ("code", 0xCD, 0xFF53, True),
                ("code", 0xCD, 0xFF53, True),
                ("code", 0xCD, 0xFF53, False),
                ("code", 0x54, 0, True),
                ("key", 65, True),
                ("key", 65, False),
            ],
        )

    def test_manyKeys(self) -> None:
        """
        Of more than 64 keys that are held the oldest is let go.
        """
        desk = Desk()
        viewer = Viewer(serving(application=desk))
        for keysym in range(1, 71):
            viewer.keyEvent(keysym, True)
        released = [one[1] for one in desk.heard if not one[2]]
        self.assertEqual(released, [1, 2, 3, 4, 5, 6])

    def test_manyPlaces(self) -> None:
        """
        Of more than 64 keys that are held the oldest is let go.
        """
        keyboard = Keyboard()
        viewer = Knowing(serving(application=keyboard))
        for code in range(1, 71):
            viewer.client.keycodeEvent(code, 0, True)
        viewer.settle()
        released = [one[1] for one in keyboard.heard if not one[3]]
        self.assertEqual(released, [1, 2, 3, 4, 5, 6])

    def test_nobodyListens(self) -> None:
        """
        Where there is no application, input goes nowhere.
        """
        viewer = Viewer(serving())
        viewer.press("A")
        viewer.click(1, 2)
        viewer.paste("text")
        viewer.disconnect()
        self.assertEqual(viewer.reason, "")


class PointerTests(SynchronousTestCase):
    """
    Pointers.
    """

    def test_manyButtons(self) -> None:
        """
        Back and forward arrive, with the others, if both sides know of them.
        """
        desk = Desk()
        viewer = Knowing(serving(application=desk))
        self.assertIn(c.EXTENDED_MOUSE_BUTTONS, viewer.client.announced)
        viewer.move(3, 4)
        viewer.buttonDown(8)
        viewer.buttonDown(9)
        viewer.buttonDown(1)
        viewer.buttonUp(8)
        viewer.buttonUp(9)
        masks = [buttons for _, _, buttons in desk.heard]
        self.assertEqual(masks, [0, 0x80, 0x180, 0x181, 0x101, 1])

    def test_wheel(self) -> None:
        """
        The wheel turns in both directions.
        """
        desk = Desk()
        viewer = Viewer(serving(application=desk))
        viewer.move(3, 4)
        viewer.scroll(2)
        viewer.scroll(-1)
        self.assertEqual([e[2] for e in desk.heard], [0, 16, 0, 16, 0, 8, 0])

    def test_motions(self) -> None:
        """
        A viewer that can is told to send motions, and those arrive, also at the edge
        of the screen.
        """
        mouse = Mouse()
        viewer = Knowing(serving(application=mouse))
        self.assertTrue(viewer.client.isRelative)
        for dx, dy, buttons in ((5, -3, 0), (0, 0, 1), (-30000, 30000, 1), (0, 0, 0)):
            viewer.client.moveBy(dx, dy, buttons)
        viewer.settle()
        self.assertEqual(
            mouse.heard, [(5, -3, 0), (0, 0, 1), (-30000, 30000, 1), (0, 0, 0)]
        )

    def test_motionsReleased(self) -> None:
        """
        Buttons that are held when the viewer leaves are released, without a motion.
        """
        mouse = Mouse()
        viewer = Knowing(serving(application=mouse))
        viewer.client.moveBy(5, 5, 1)
        viewer.settle()
        viewer.disconnect()
        self.assertEqual(mouse.heard, [(5, 5, 1), (0, 0, 0)])

    def test_motionsWorkedOut(self) -> None:
        """
        Of viewers that send positions, motions are worked out; the first position is
        none.
        """
        mouse = Mouse()
        viewer = Viewer(serving(application=mouse))
        for x, y in ((50, 40), (53, 38), (53, 38)):
            viewer.move(x, y)
        self.assertEqual(mouse.heard, [(0, 0, 0), (3, -2, 0), (0, 0, 0)])

    def test_modeChanges(self) -> None:
        """
        The application may want motions at one time, positions at another.
        """

        class Both(Mouse, Desk):
            wantsMotion = False

        both = Both()
        framebuffer = MemoryFramebuffer(100, 80)
        viewer = Knowing(serving(framebuffer, both))
        viewer.move(10, 10)
        both.wantsMotion = True
        for listener in framebuffer.listeners():
            listener.pointerModeChanged()
        viewer.settle()
        self.assertTrue(viewer.client.isRelative)
        viewer.client.moveBy(2, 2)
        viewer.settle()
        both.wantsMotion = False
        for listener in framebuffer.listeners():
            listener.pointerModeChanged()
        viewer.settle()
        self.assertFalse(viewer.client.isRelative)
        viewer.move(20, 20)
        self.assertEqual(both.heard, [(10, 10, 0), (2, 2, 0), (20, 20, 0)])

    def test_motionFromWhereItIs(self) -> None:
        """
        A motion starts where the application has put the pointer.
        """
        mouse = Mouse()
        framebuffer = MemoryFramebuffer(100, 80)
        factory = serving(framebuffer, mouse)
        viewer = Knowing(factory)
        other = Knowing(factory)
        framebuffer.movePointer(50, 50)
        viewer.client.moveBy(1, 2)
        viewer.settle()
        self.assertEqual(factory.display.pointer, (51, 52))
        self.assertEqual(other.client.pointer, (51, 52))

    def test_slowApplication(self) -> None:
        """
        A slow application keeps nothing waiting but what it is sent.
        """
        desk = Desk()
        fired: list[Deferred[Any]] = []
        desk.answer = later(fired)
        framebuffer = MemoryFramebuffer(100, 80)
        viewer = Viewer(serving(framebuffer, desk))
        for x in range(50):
            viewer.move(x, 0)
        framebuffer.fill("red")
        assertScreen(viewer, framebuffer)
        fired[0].callback(None)
        self.assertEqual(desk.heard, [(0, 0, 0), (49, 0, 0)])

    def test_brokenApplication(self) -> None:
        """
        One that fails after a while ends the connection.
        """
        desk = Desk()
        fired: list[Deferred[Any]] = []
        desk.answer = later(fired)
        viewer = Viewer(serving(application=desk))
        viewer.move(1, 1)
        desk.answer = None
        fired[0].errback(ZeroDivisionError())
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        viewer.advance(0)
        self.assertFalse(viewer.isConnected)
        self.assertIn("failed to take input", viewer.log)

    def test_flood(self) -> None:
        """
        A flood ends the connection of who makes it, and no other.
        """
        desk = Desk()
        fired: list[Deferred[Any]] = []
        desk.answer = later(fired)
        factory = serving(application=desk)
        viewer, other = Viewer(factory), Viewer(factory)
        server: Any = viewer.server
        data = PointerEvent(1, 0, 0).toBytes() + PointerEvent(0, 0, 0).toBytes()
        server.dataReceived(data * 500 + KeyEvent(True, 65).toBytes())
        self.assertTrue(server.hasEnded)
        self.assertIn("256 changes of buttons", server.transcript.reason)
        self.assertTrue(other.isConnected)
        self.assertEqual(self.flushLoggedErrors(), [])


class OthersTests(SynchronousTestCase):
    """
    What one viewer holds is released because of what the application does with
    another: none of that reaches the application's call.
    """

    def setUp(self) -> None:
        """
        Three viewers, of which the second has done so much with its buttons that no
        more of it can wait, and the third holds something, too.
        """
        self.heard: list[tuple[Any, ...]] = []
        self.fired: list[Deferred[Any]] = []
        self.answer: Any = None
        test = self

        class Recorder(Desk):
            """
            Writes down who does what.
            """

            def keyEvent(self, keysym: int, down: bool, viewer: IViewer) -> Any:
                """
                A key.
                """
                return test.hear(viewer.number, keysym, down)

            def pointerEvent(
                self, x: int, y: int, buttons: int, viewer: IViewer
            ) -> Any:
                """
                The pointer.
                """
                return test.hear(viewer.number, buttons)

        self.factory = serving(application=Recorder())
        self.first, self.busy, self.last = (Viewer(self.factory) for _ in range(3))
        self.server: Any = self.busy.server

    def hear(self, *what: Any) -> Any:
        """
        Write it down, and answer.
        """
        self.heard.append(what)
        return self.answer(*what) if callable(self.answer) else self.answer

    def fill(self) -> None:
        """
        Let as much wait as may.
        """
        self.answer = lambda *_: self.later()
        for number in range(1, 258):
            self.busy.send(PointerEvent(number % 2, 1, 1))
        self.last.send(PointerEvent(1, 1, 1))
        self.assertTrue(self.busy.isConnected)

    def later(self) -> Deferred[Any]:
        """
        Answer later.
        """
        self.fired.append(Deferred())
        return self.fired[-1]

    def take(self) -> None:
        """
        The application takes all that waits.
        """
        self.answer = None
        for one in self.fired:
            one.callback(None)

    def released(self, *viewers: Viewer) -> None:
        """
        The application knows of no button that these hold.
        """
        for viewer in viewers:
            assert viewer.server is not None
            number = viewer.server.number
            last = [event for event in self.heard if event[0] == number][-1]
            self.assertEqual(last, (number, 0))

    def test_exclusive(self) -> None:
        """
        The buttons of all that may not press them any more come up.
        """
        self.fill()
        self.factory.exclusive = True
        self.take()
        self.released(self.busy, self.last)
        self.assertTrue(self.busy.isConnected)

    def test_rights(self) -> None:
        """
        So do those of who has lost the right, and of who leaves.
        """
        self.fill()
        self.server.rights = VIEW_ONLY
        self.last.disconnect()
        self.take()
        self.released(self.busy, self.last)

    def test_handOver(self) -> None:
        """
        So do those of who has driven.
        """
        self.factory.exclusive = True
        self.factory.handOver(self.busy.server)
        self.fill()
        self.factory.handOver(self.first.server)
        self.take()
        self.released(self.busy)
        self.assertRaises(IndexError, self.released, self.last)

    def test_exclusiveAndGone(self) -> None:
        """
        A release that waits outlives the viewer.
        """
        self.fill()
        self.factory.exclusive = True
        self.busy.disconnect()
        self.take()
        self.released(self.busy, self.last)

    def test_never(self) -> None:
        """
        Who never takes anything is told at the deadline that all is released; the
        viewer is closed.
        """
        self.fill()
        self.factory.clock.advance(60)
        self.assertFalse(self.busy.isOpen or self.last.isOpen)
        self.assertTrue(self.first.isOpen)
        self.released(self.busy, self.last)
        self.assertEqual(len(self.flushLoggedErrors(TimeoutError)), 2)

    def test_neverAfterTheEnd(self) -> None:
        """
        The same if the viewer has left before.
        """
        self.fill()
        self.busy.disconnect()
        self.factory.clock.advance(120)
        self.released(self.busy, self.last)
        self.first.disconnect()
        self.factory.clock.advance(120)
        self.assertEqual(self.factory.clock.getDelayedCalls(), [])
        self.assertEqual(len(self.flushLoggedErrors(TimeoutError)), 4)

    def test_manyReleases(self) -> None:
        """
        Who lets go of what it does not hold has no effect, and so can be no flood.
        """
        self.fill()
        for number in range(50):
            self.busy.send(PointerEvent(0, number, 1))
        waiting = self.busy.server.memory  # type: ignore[union-attr]
        for number in range(500):
            self.busy.send(KeyEvent(False, 65 + number % 50))
        self.assertTrue(self.busy.isOpen)
        self.assertEqual(self.busy.server.memory, waiting)  # type: ignore[union-attr]

    def test_releaseFails(self) -> None:
        """
        If a release fails, that ends the viewer that held it, and no other; all others
        are released.
        """

        def fails(number: int, _: int, down: bool = True) -> None:
            if number == self.server.number and not down:
                raise OSError

        for viewer in (self.busy, self.last):
            viewer.keyEvent(97, True)
        self.answer = fails
        self.factory.exclusive = True
        self.first.settle()
        self.assertFalse(self.busy.isOpen)
        self.assertTrue(self.last.isOpen and self.first.isOpen)
        last: Any = self.last.server
        self.assertIn((last.number, 97, False), self.heard)
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)

    def test_coroutines(self) -> None:
        """
        An application of coroutines gets keys and buttons one after the other, in
        order.
        """
        order: list[Any] = []

        async def take(_: int, *what: int) -> None:
            order.append(("begin", *what))
            await self.later()
            order.append(("end", *what))

        self.answer = take
        self.busy.keyEvent(65, True)
        self.busy.click(5, 5)
        self.busy.keyEvent(65, False)
        while self.fired:
            self.fired.pop(0).callback(None)
        said = [(65, 1), (0,), (1,), (0,), (65, 0)]
        self.assertEqual(
            order, [(word, *what) for what in said for word in ("begin", "end")]
        )

    def test_exits(self) -> None:
        """
        An application that wants to end the process ends a connection.
        """

        def leave(*_: object) -> None:
            raise SystemExit(3)

        self.answer = leave
        self.busy.keyEvent(65, True)
        self.assertFalse(self.busy.isOpen)
        self.assertTrue(self.first.isOpen)
        self.assertEqual(len(self.flushLoggedErrors(SystemExit)), 2)

    def test_reentrant(self) -> None:
        """
        The application may take the right away, close the viewer, or hand over, while
        it is told of a key.
        """
        factory = self.factory
        server: Any = None

        def takeAway() -> None:
            server.rights = VIEW_ONLY

        def close() -> None:
            server.disconnect("enough")

        def alone() -> None:
            factory.exclusive = True

        for act in (takeAway, close, alone):
            self.busy = Viewer(factory)
            server = self.busy.server
            self.busy.keyEvent(65, True)
            self.busy.buttonDown(1)
            self.answer = lambda *_, act=act: act()
            self.busy.keyEvent(66, True)
            self.answer = None
            number = server.number
            events = [event for event in self.heard if event[0] == number]
            self.assertIn((number, 65, False), events)
            self.assertIn((number, 66, False), events)
            self.assertEqual(events[-1], (number, 0))
            factory.exclusive = False

    def test_rightsThatFail(self) -> None:
        """
        Rights that do not say C{True} say no.
        """

        def fails(right: str) -> bool:
            raise ZeroDivisionError

        for broken in (fails, lambda right: 1):
            rights = Rights(["keys"])
            self.patch(Rights, "allows", lambda _, right, broken=broken: broken(right))
            self.server.rights = rights
            self.busy.keyEvent(65, True)
        self.assertEqual(self.heard, [])
        self.assertTrue(self.busy.isOpen)
        self.assertGreater(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
