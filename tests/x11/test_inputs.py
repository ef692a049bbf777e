# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.x11.inputs}.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.x11.keyboards import ONE_LEVEL, SHIFT_KEY, keysyms, named
from tests.x11.keyboardserver import KeyboardServer
from txrfb.keysyms import byName
from txrfb.x11 import xkb, xtest
from txrfb.x11.connection import X11Connection
from txrfb.x11.inputs import Inputs
from txrfb.x11.keymap import LOCK, SHIFT

SHIFT_L = byName("Shift_L")


class InputsCase(SynchronousTestCase):
    """
    A display with a keyboard, and viewers 1 and 2.
    """

    isPrivate = False

    def setUp(self) -> None:
        """
        Connect.
        """
        self.clock = Clock()
        self.begin(KeyboardServer())

    def begin(self, server: KeyboardServer) -> None:
        """
        Connect to a display.
        """
        self.server = server
        self.keys = dict(server.display.keys)
        self.connection = X11Connection(self.clock)
        server.connect(self.connection)
        self.inputs = Inputs(self.clock, self.connection, self.isPrivate)
        self.connection.onDrained = self.inputs.goOn
        started = self.inputs.start()
        server.pump()
        self.successResultOf(started)
        server.log.clear()

    def key(self, keysym: int, down: bool, viewer: int = 1) -> Deferred[None] | None:
        """
        A viewer does something with a key.
        """
        answer = self.inputs.keyEvent(keysym, down, viewer)
        self.server.pump()
        return answer

    def type(self, text: str, viewer: int = 1) -> None:
        """
        A viewer types, and waits as long as it takes.
        """
        for keysym in keysyms(text):
            self.key(keysym, True, viewer)
            self.key(keysym, False, viewer)
        self.wait()

    def wait(self) -> None:
        """
        Let time pass.
        """
        for _ in range(100):
            self.advance(0.05)

    def advance(self, seconds: float) -> None:
        """
        Let some time pass.
        """
        self.server.display.now += seconds
        self.clock.advance(seconds)
        self.server.pump()

    def point(self, x: int, y: int, buttons: int, viewer: int = 1) -> Any:
        """
        A viewer points.
        """
        answer = self.inputs.pointerEvent(x, y, buttons, viewer)
        self.server.pump()
        return answer

    @property
    def text(self) -> str:
        """
        What programs have read.
        """
        return self.server.display.text()


class KeyTests(InputsCase):
    """
    Keys.
    """

    def test_start(self) -> None:
        """
        The display cannot be kept from taking input by others, and goes on repeating
        keys for who sits there.
        """
        self.assertTrue(self.inputs.offers)
        self.assertTrue(self.server.isImpervious)
        self.assertTrue(self.server.repeats)

    def test_text(self) -> None:
        """
        Text arrives, whatever is on the keys; but for the first key, and for what must
        be put on a key, nothing is asked.
        """
        self.type("Hello")
        self.assertEqual(self.text, "Hello")
        self.assertEqual(self.server.log.count("XKEYBOARD 4"), 1)
        self.type("漢字仮名を日本語で")
        self.assertEqual(self.text, "Hello漢字仮名を日本語で")
        self.assertEqual(self.server.log.count("XKEYBOARD 4"), 1)
        self.assertEqual(self.server.log.count("XKEYBOARD 8"), 0)

    def test_capsLock(self) -> None:
        """
        Somebody turns Caps Lock on; nothing is typed wrong.
        """
        self.type("aA")
        self.server.display.locked = LOCK
        self.server.tellState()
        self.server.flush()
        self.type("bBé")
        self.assertEqual(self.text, "aAbBé")

    def test_heldShift(self) -> None:
        """
        A viewer's own Shift is let go of for what has none.
        """
        self.key(SHIFT_L, True)
        self.type("aA漢")
        self.key(SHIFT_L, False)
        self.assertEqual(self.text, "aA漢")
        self.assertEqual(self.server.display.down, set())

    def test_othersShift(self) -> None:
        """
        So is one that another program has pressed.
        """
        self.server.display.down.add(62)
        self.type("aA漢")
        self.assertEqual(self.text, "aA漢")
        self.assertEqual(self.server.display.down, {62})
        self.assertIn("44", self.server.log)
        # When it has come up, it is not pressed again.
        self.server.display.down.clear()
        self.server.tellState()
        self.server.flush()
        self.type("bB")
        self.assertEqual(self.server.display.down, set())
        self.assertEqual(self.text, "aA漢bB")

    def test_lateState(self) -> None:
        """
        What the display says about the state before it has done what was asked last is
        not believed.
        """
        self.type("a")
        self.server.isStopped = True
        self.server.tellState()  # as it was
        stale, self.server._out = self.server._out, b""
        self.inputs.keyEvent(SHIFT_L, True, 1)
        self.connection.dataReceived(stale)
        self.inputs.keyEvent(ord("b"), True, 1)
        self.server.isStopped = False
        self.server.pump()
        self.assertEqual(self.text, "ab")
        self.assertEqual(self.server.display.down, {SHIFT_KEY})

    def test_layout(self) -> None:
        """
        With another layout the same characters are typed, and what is held comes up.
        """
        self.key(ord("q"), True)
        keys = dict(self.keys)
        keys[100], keys[110] = keys[110], keys[100]
        self.server.setKeys(keys)
        self.key(ord("q"), False)
        self.assertEqual(self.server.display.down, set())
        self.type("qa漢")
        self.assertEqual(self.server.display.presses[1][0], 110)
        self.assertEqual(self.server.display.presses[2][0], 100)
        self.assertEqual(self.server.display.presses[3][1], keysyms("漢")[0])

    def test_layoutAgain(self) -> None:
        """
        A layout that changes while the last one is being read is read, too.
        """
        self.server.isStopped = True
        self.connection.dataReceived(b"")
        self.inputs._reload()
        self.inputs._reload()
        self.inputs.keyEvent(ord("a"), True, 1)
        self.server.isStopped = False
        self.server.pump()
        self.assertEqual(self.server.log.count("XKEYBOARD 8"), 2)
        self.assertEqual(self.server.display.down, {110})

    def test_ownChange(self) -> None:
        """
        What we put on a key ourselves is no reason to read all keys.
        """
        self.type("漢")
        self.assertNotIn("XKEYBOARD 8", self.server.log)

    def test_release(self) -> None:
        """
        A viewer's release does not wait for what others press.
        """
        self.key(ord("a"), True, 2)
        for keysym in keysyms("漢字仮名を"):
            self.key(keysym, True, 1)
            self.key(keysym, False, 1)
        self.key(ord("b"), True, 2)
        self.key(ord("a"), False, 2)
        # It follows its own press of another key.
        self.assertEqual(self.server.display.down, {110})
        self.key(ord("c"), True, 3)
        self.key(ord("c"), False, 3)
        self.wait()
        self.assertEqual(self.text, "a漢字仮名をbc")
        self.key(ord("b"), False, 2)
        self.assertEqual(self.server.display.down, set())

    def test_order(self) -> None:
        """
        Keys and buttons happen in their order, also while a key waits.
        """
        self.type("漢字仮名")
        self.server.events.clear()
        for keysym in keysyms("をん"):
            self.inputs.keyEvent(keysym, True, 1)
            self.inputs.keyEvent(keysym, False, 1)
        self.inputs.keyEvent(SHIFT_L, True, 1)
        self.point(3, 4, 0)
        self.point(5, 6, 0)
        self.point(7, 8, 1)
        self.inputs.keyEvent(SHIFT_L, False, 1)
        self.wait()
        self.assertEqual(self.text, "漢字仮名をん")
        self.assertEqual(self.server.events[-2:], [(7, 8), (1, True)])
        self.assertEqual(self.server.display.down, set())

    def test_stoppedServer(self) -> None:
        """
        While the display hangs, keys wait, and none is lost; those who send too many
        wait, too.
        """
        self.type("漢字仮名")
        self.server.isStopped = True
        waiting = [
            self.inputs.keyEvent(keysym, down, 1)
            for keysym in keysyms("あいうえお") * 1000
            for down in (True, False)
        ]
        later = [one for one in waiting if one is not None]
        self.assertTrue(later)
        self.assertLess(len(later), len(waiting) // 4)
        self.assertNoResult(later[0])
        self.server.isStopped = False
        for _ in range(1000):
            self.wait()
            if not self.inputs._queue:
                break
        self.successResultOf(later[-1])
        self.assertEqual(self.server.display.text(), "漢字仮名" + "あいうえお" * 1000)

    def test_fullTransport(self) -> None:
        """
        While the connection takes no more, moves are merged; keys are kept, and
        releases of those who have nothing waiting go first.
        """
        self.key(ord("a"), True, 1)
        self.connection.pauseProducing()
        for column in range(50):
            self.point(column, 1, 0, 2)
        self.key(ord("b"), True, 2)
        self.key(ord("a"), False, 1)
        self.assertEqual(self.server.display.down, set())
        self.assertEqual(self.server.events, [])
        self.connection.resumeProducing()
        self.server.pump()
        self.assertEqual(self.server.events, [(49, 1)])
        self.assertEqual(self.server.display.down, {123})

    @given(
        st.lists(
            st.tuples(st.integers(1, 3), st.sampled_from("aA漢字仮é"), st.booleans()),
            max_size=40,
        )
    )
    def test_any(self, events: list[tuple[int, str, bool]]) -> None:
        """
        Whatever viewers type, in whatever order: each press arrives, and all is up when
        all have released.
        """
        self.setUp()
        held = set()
        expected = []
        for viewer, character, down in events:
            (keysym,) = keysyms(character)
            if down and (viewer, keysym) not in held:
                expected.append(character)
                held.add((viewer, keysym))
                self.key(keysym, True, viewer)
            elif not down:
                held.discard((viewer, keysym))
                self.key(keysym, False, viewer)
        for viewer, keysym in held:
            self.key(keysym, False, viewer)
        self.wait()
        self.assertEqual(sorted(self.text), sorted(expected))
        self.assertEqual(self.server.display.down, set())

    def test_lost(self) -> None:
        """
        When the display is gone, input goes nowhere, and nobody waits.
        """
        self.type("漢字仮名")
        for keysym in keysyms("あいうえお" * 2000):
            last = self.key(keysym, True)
        assert last is not None
        self.connection.connectionLost()
        self.successResultOf(last)
        self.assertFalse(self.inputs.offers)
        self.assertIsNone(self.inputs.keyEvent(ord("a"), True, 1))
        self.assertIsNone(self.inputs.pointerEvent(1, 1, 1, 1))
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.successResultOf(self.inputs.stop())
        self.inputs.watch(False)


class EndTests(InputsCase):
    """
    The end.
    """

    def test_rest(self) -> None:
        """
        When nobody is there to type, borrowed keys are given back, but not before
        programs have seen what was typed.
        """
        self.type("漢")
        self.type("字")
        self.clock.advance(0)
        self.key(keysyms("仮")[0], True)
        self.inputs.watch(False)
        self.assertNotEqual(self.server.display.keys, self.keys)
        # Somebody comes, and leaves.
        self.inputs.watch(True)
        self.advance(0.2)
        self.advance(0.5)
        self.assertNotEqual(self.server.display.keys, self.keys)
        self.inputs.watch(False)
        self.inputs.watch(False)
        self.server.pump()
        self.assertEqual(self.server.display.keys, self.keys)
        self.type("漢")
        self.assertEqual(self.text, "漢字仮漢")

    def test_restLater(self) -> None:
        """
        What waits to be typed is typed first.
        """
        for keysym in keysyms("あいうえおかきくけこ" * 2):
            self.key(keysym, True)
            self.key(keysym, False)
        self.inputs.watch(False)
        self.wait()
        self.assertEqual(self.text, "あいうえおかきくけこ" * 2)
        self.assertEqual(self.server.display.keys, self.keys)

    def test_stop(self) -> None:
        """
        At the end all comes up, and borrowed keys are given back.
        """
        self.key(SHIFT_L, True)
        self.key(keysyms("漢")[0], True, 2)
        self.point(1, 2, 1 | 4)
        stopped = self.inputs.stop()
        self.server.pump()
        self.assertNoResult(stopped)
        self.assertEqual(self.server.display.down, set())
        self.assertEqual(self.server.buttons, set())
        self.advance(0.3)
        self.successResultOf(stopped)
        self.assertEqual(self.server.display.keys, self.keys)
        self.assertIsNone(self.inputs.keyEvent(ord("a"), True, 1))

    def test_stopHanging(self) -> None:
        """
        A display that hangs is not waited for at the end.
        """
        self.key(SHIFT_L, True)
        self.key(keysyms("漢")[0], True)
        self.server.isStopped = True
        stopped = self.inputs.stop()
        self.advance(0.3)
        self.assertNoResult(stopped)
        self.advance(1)
        self.successResultOf(stopped)

    def test_stopNothing(self) -> None:
        """
        Where nothing was typed there is nothing to wait for.
        """
        stopped = self.inputs.stop()
        self.server.pump()
        self.successResultOf(stopped)


class PrivateTests(InputsCase):
    """
    A display at which nobody sits.
    """

    isPrivate = True

    def test_repeats(self) -> None:
        """
        It repeats no keys; viewers say when one is repeated.
        """
        self.assertFalse(self.server.repeats)
        for _ in range(3):
            self.key(ord("a"), True)
        self.key(ord("a"), False)
        self.assertEqual(self.text, "aaa")

    def test_rest(self) -> None:
        """
        Nobody misses the keys that were borrowed.
        """
        self.type("漢")
        keys = dict(self.server.display.keys)
        self.inputs.watch(False)
        self.wait()
        self.assertEqual(self.server.display.keys, keys)
        self.successResultOf(self.inputs.stop())


class PointerTests(InputsCase):
    """
    The pointer.
    """

    def test_buttons(self) -> None:
        """
        Nine buttons, where the pointer is.
        """
        for number in range(9):
            self.server.events.clear()
            self.point(number, 2, 1 << number)
            self.point(number, 2, 0)
            self.assertEqual(
                self.server.events,
                [(number, 2), (number + 1, 1), (number, 2), (number + 1, 0)],
            )

    def test_twoViewers(self) -> None:
        """
        A button that two viewers hold comes up when both have let go.
        """
        self.point(1, 1, 1, 1)
        self.point(2, 2, 1, 2)
        self.point(1, 1, 0, 1)
        self.assertEqual(self.server.buttons, {1})
        self.point(2, 2, 0, 2)
        self.assertEqual(self.server.buttons, set())

    def test_leftHanded(self) -> None:
        """
        The left button is the one that means it, also when somebody has the buttons of
        the display the other way round.
        """
        self.server.buttonMap = bytes([3, 2, 1, 5, 4])
        self.server.event(34, bytes([2, 0, 0, 0]))
        self.server.flush()
        self.server.events.clear()
        self.point(0, 0, 1 | 8)
        self.assertEqual(self.server.buttons, {3, 5})
        self.point(0, 0, 1 | 8 | 64)  # there is none
        self.assertEqual(self.server.buttons, {3, 5})
        self.server.buttonMap = bytes([1, 2, 3, 4, 5])
        self.server.event(34, bytes([2, 0, 0, 0]))
        self.server.flush()
        self.assertEqual(self.server.buttons, set())

    def test_placed(self) -> None:
        """
        Where viewers put the pointer is told.
        """
        places: list[tuple[int, int]] = []
        self.inputs.onPlaced = lambda x, y: places.append((x, y))
        self.point(3, 4, 0)
        self.assertEqual(places, [(3, 4)])
        self.assertEqual(self.server.pointer, (3, 4))


class MissingTests(InputsCase):
    """
    Displays that lack something.
    """

    def test_missing(self) -> None:
        """
        Without XTEST, or without XKEYBOARD, viewers can look only.
        """
        for name in (xtest.NAME, xkb.NAME):
            extensions = {xtest.NAME, xkb.NAME} - {name}
            self.begin(KeyboardServer(extensions=tuple(extensions)))
            self.assertFalse(self.inputs.offers)
            self.assertEqual(self.inputs.missing, name)
            self.assertIsNone(self.key(ord("a"), True))
            self.assertIsNone(self.point(1, 1, 1))
            self.assertEqual(self.server.display.down, set())
            self.assertEqual(self.server.events, [])

    def test_fullKeyboard(self) -> None:
        """
        Where all keys have something on them, others are typed.
        """
        server = KeyboardServer()
        for code, key in server.display.keys.items():
            if not any(key.keysyms()):
                server.display.keys[code] = named(ONE_LEVEL, "F13")
        self.begin(server)
        self.type("a漢b")
        self.assertEqual(self.text, "ab")
        self.assertEqual(server.display.presses[0][2] & SHIFT, 0)
