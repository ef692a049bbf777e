# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.x11.keyboard}.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.x11.keyboards import (
    ALPHABETIC,
    ALT_KEY,
    CONTROL_KEY,
    LEVEL3,
    LEVEL3_KEY,
    NUM_LOCK,
    SHIFT_KEY,
    ModelDisplay,
    american,
    keysyms,
)
from txrfb.keysyms import byName
from txrfb.x11.keyboard import Keyboard, Prepared, Stroke
from txrfb.x11.keymap import LOCK, SHIFT, Key, Keymap
from txrfb.x11.spares import SETTLE, PutSymbol, Wait
from txrfb.x11.xkb import State

MIXED = "aB9 €ñ漢èÈ§~äÄºéÉßÿŁżЖжΩωあ한😀µſŉ"

SHIFT_L = byName("Shift_L")


class TypingTests(SynchronousTestCase):
    """
    Text arrives as it was sent.
    """

    def check(self, text: str, display: ModelDisplay) -> None:
        """
        Type, and have programs read it that look at the keys at once and late.
        """
        before = display.state
        display.type(text)
        self.assertEqual(display.text(-0.099), text)
        self.assertEqual(display.text(0), text)
        self.assertEqual(display.text(), text)
        self.assertEqual(display.state, before)

    def test_keys(self) -> None:
        """
        What is on keys is typed by them; Shift is pressed around what needs it.
        """
        display = ModelDisplay(american())
        self.check("Hello World! <|>", display)
        codes = [code for code, *_ in display.presses]
        self.assertTrue(all(code < 200 for code in codes), codes)
        self.assertEqual(display.presses[0][2], SHIFT)
        self.assertEqual(display.presses[-2][2], LEVEL3)

    def test_actions(self) -> None:
        """
        Shift goes down before the key and up after it.
        """
        keyboard = Keyboard(Keymap(american()), False)
        self.assertEqual(
            keyboard.press(1, ord("A"), State(), 0.0),
            [
                Stroke(SHIFT_KEY, True),
                Stroke(110, True),
                Stroke(SHIFT_KEY, False),
            ],
        )
        self.assertEqual(keyboard.release(1, ord("A"), 0.0), [Stroke(110, False)])

    def test_others(self) -> None:
        """
        What is on no key is put on one with nothing on it.
        """
        self.check(MIXED, ModelDisplay(american()))

    def test_capsLock(self) -> None:
        """
        Caps Lock changes nothing of what is typed, and stays.
        """
        self.check(MIXED + "Hello", ModelDisplay(american(), locked=LOCK))

    def test_oneSpareKey(self) -> None:
        """
        One key is enough; it only takes longer.
        """
        display = ModelDisplay(american(spares=1))
        begin = display.now
        self.check("漢字仮名", display)
        rest = display.keyboard.spares.rest
        self.assertAlmostEqual(display.now - begin, 3 * rest + 4 * SETTLE)

    def test_noSpareKey(self) -> None:
        """
        Where there is none, what is on no key is not typed.
        """
        display = ModelDisplay(american(spares=0))
        display.type("a漢b")
        self.assertEqual(display.text(), "ab")

    def test_heldShift(self) -> None:
        """
        While a viewer holds Shift, it still types what it says.
        """
        display = ModelDisplay(american())
        display.press(SHIFT_L)
        self.check(MIXED, display)
        display.release(SHIFT_L)
        self.assertEqual(display.down, set())

    def test_heldLevel3(self) -> None:
        """
        So it does while it holds AltGr.
        """
        display = ModelDisplay(american())
        level3 = byName("ISO_Level3_Shift")
        display.press(level3)
        self.check(MIXED + "<>|¦", display)
        display.release(level3)
        self.assertEqual(display.down, set())

    def test_anotherGroup(self) -> None:
        """
        A symbol of another group is typed in that group, and the group is restored.
        """
        keys = american()
        keys[110] = Key(
            ((ALPHABETIC, keysyms("aA")), (ALPHABETIC, keysyms("фФ"))), info=2
        )
        display = ModelDisplay(keys)
        self.check("aфAФa", display)
        self.assertEqual({code for code, *_ in display.presses}, {110})
        display = ModelDisplay(keys)
        display.lockedGroup = 1
        self.check("aфAФaq", display)

    @given(
        st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cc", "Cs"])),
        st.sampled_from([0, LOCK, NUM_LOCK, LOCK | NUM_LOCK]),
        st.booleans(),
        st.sampled_from([[], ["Shift_L"], ["ISO_Level3_Shift"], ["Shift_R"]]),
        st.integers(1, 5),
    )
    def test_any(
        self, text: str, locked: int, repeats: bool, held: list[str], spares: int
    ) -> None:
        """
        Any text arrives whatever is locked or held.
        """
        text = "".join(one for one in text if one.isprintable())
        display = ModelDisplay(american(spares), repeats, locked)
        for name in held:
            display.press(byName(name))
        self.check(text, display)

    def test_sameCharacter(self) -> None:
        """
        A character has several symbols; all are typed by the key that has one.
        """
        keyboard = Keyboard(Keymap(american()), False)
        euro = keyboard.press(1, 0x20AC, State(), 0.0)
        self.assertEqual(euro, Prepared([PutSymbol(200, 0x20AC)]))
        self.assertEqual(keyboard.press(1, 0x20AC, State(), 0.0), Wait(SETTLE))
        self.assertEqual(
            keyboard.press(1, 0x20AC, State(), SETTLE), [Stroke(200, True)]
        )
        self.assertEqual(
            keyboard.press(2, 0x10020AC, State(), 1.0),
            [Stroke(200, False), Stroke(200, True)],
        )
        self.assertEqual(
            keyboard.press(1, 0x1000061, State(), 1.0), [Stroke(110, True)]
        )

    def test_nothing(self) -> None:
        """
        What is no symbol types nothing.
        """
        display = ModelDisplay(american())
        for keysym in (0, 0x20000000, 0xFFFFFFFF, 0xFFFFFF):
            display.press(keysym)
            display.release(keysym)
        self.assertEqual(display.presses, [])

    def test_deeds(self) -> None:
        """
        No viewer gets a key that ends the server or moves its pointer where there is
        none.
        """
        keyboard = Keyboard(Keymap(american()), False)
        for name in (
            *("Terminate_Server", "XF86Switch_VT_3", "Pointer_Button1", "Hyper_L"),
            *("Mode_switch", "AccessX_Enable", "XF86Ungrab"),
        ):
            self.assertEqual(keyboard.press(1, byName(name), State(), 0.0), [], name)
        self.assertNotEqual(keyboard.press(1, byName("dead_acute"), State(), 0.0), [])
        self.assertNotEqual(keyboard.press(1, byName("XF86Back"), State(), 0.0), [])


class CommandTests(SynchronousTestCase):
    """
    Keys that print nothing are pressed as they are.
    """

    def pressed(self, display: ModelDisplay, name: str) -> tuple[int, int, int]:
        """
        @return: What happens when a key is pressed: key code, symbol, modifiers.
        """
        display.press(byName(name))
        display.release(byName(name))
        return display.presses[-1]

    def test_shiftTab(self) -> None:
        """
        Shift and Tab stay together, whatever the viewer calls that.
        """
        display = ModelDisplay(american())
        display.press(SHIFT_L)
        expected = (23, byName("ISO_Left_Tab"), SHIFT)
        self.assertEqual(self.pressed(display, "Tab"), expected)
        self.assertEqual(self.pressed(display, "ISO_Left_Tab"), expected)
        display.release(SHIFT_L)
        self.assertEqual(self.pressed(display, "ISO_Left_Tab"), expected)
        self.assertEqual(self.pressed(display, "Tab"), (23, byName("Tab"), 0))

    def test_functionKeys(self) -> None:
        """
        Control, Alt and F1 are what they are to the display.
        """
        display = ModelDisplay(american())
        display.press(byName("Control_L"))
        display.press(byName("Alt_L"))
        self.assertEqual(
            self.pressed(display, "F1"), (67, byName("XF86Switch_VT_1"), 0xC)
        )
        self.assertEqual(display.down, {CONTROL_KEY, ALT_KEY})

    def test_control(self) -> None:
        """
        Control stays down with a letter, and with what needs Shift.
        """
        display = ModelDisplay(american())
        display.press(byName("Control_L"))
        display.type("c+")
        self.assertEqual(
            display.presses, [(121, ord("c"), 4), (21, ord("+"), 4 | SHIFT)]
        )

    def test_keypad(self) -> None:
        """
        A key of the keypad is what the viewer's Num Lock makes of it, not what the
        display's does; the cursor is not moved with Shift.
        """
        for locked in (0, NUM_LOCK):
            display = ModelDisplay(american(), locked=locked)
            code, keysym, mods = self.pressed(display, "KP_Left")
            self.assertEqual((keysym, mods & SHIFT), (byName("KP_Left"), 0))
            self.assertEqual(code == 83, not locked)
            self.assertEqual(self.pressed(display, "KP_4")[:2], (83, byName("KP_4")))

    def test_modifiers(self) -> None:
        """
        Modifiers change none of the others.
        """
        display = ModelDisplay(american())
        for name in ("Shift_L", "Control_L", "Alt_L", "ISO_Level3_Shift"):
            display.press(byName(name))
        self.assertEqual(display.down, {SHIFT_KEY, CONTROL_KEY, ALT_KEY, LEVEL3_KEY})
        display.act(display.keyboard.releaseAll(0.0))
        self.assertEqual(display.down, set())

    def test_strangersModifier(self) -> None:
        """
        What somebody else holds is released around a press, if it is known by which
        key.
        """
        keyboard = Keyboard(Keymap(american()), False)
        shifted = State(base=SHIFT)
        self.assertFalse(keyboard.explains(shifted))
        self.assertTrue(keyboard.explains(State(base=4, locked=LOCK)))
        self.assertEqual(
            keyboard.press(1, ord("a"), shifted, 0.0, {62}),
            [Stroke(62, False), Stroke(110, True), Stroke(62, True)],
        )
        # Else a key of ours, on which Shift does nothing.
        self.assertEqual(
            keyboard.press(1, ord("b"), shifted, 0.0),
            Prepared([PutSymbol(200, ord("b"))]),
        )


class HoldingTests(SynchronousTestCase):
    """
    What went down comes up.
    """

    def test_release(self) -> None:
        """
        A release is one of the key that was pressed, though there is something else on
        it now.
        """
        display = ModelDisplay(american())
        display.press(ord("a"))
        display.keyboard.reload(Keymap({110: Key()}))
        display.release(ord("a"))
        self.assertEqual(display.down, set())
        self.assertEqual(display.keyboard.release(1, ord("a"), 0.0), [])

    def test_twoViewers(self) -> None:
        """
        A key that two viewers hold types twice, and comes up when both have let go.
        """
        display = ModelDisplay(american())
        display.press(ord("a"), 1)
        display.press(ord("a"), 2)
        self.assertEqual(display.text(), "aa")
        display.release(ord("a"), 1)
        self.assertEqual(display.down, {110})
        display.release(ord("a"), 2)
        self.assertEqual(display.down, set())

    def test_twoShifts(self) -> None:
        """
        So it is with Shift.
        """
        display = ModelDisplay(american())
        display.press(SHIFT_L, 1)
        display.press(SHIFT_L, 2)
        display.release(SHIFT_L, 1)
        self.assertEqual(display.down, {SHIFT_KEY})
        display.release(SHIFT_L, 2)
        self.assertEqual(display.down, set())

    def test_sameKey(self) -> None:
        """
        Two symbols of one key can be held by one viewer.
        """
        display = ModelDisplay(american())
        display.press(ord("1"))
        display.press(ord("!"))
        self.assertEqual(display.text(), "1!")
        display.release(ord("1"))
        display.release(ord("!"))
        self.assertEqual(display.down, set())

    def test_allSparesHeld(self) -> None:
        """
        Who holds all keys on which there was nothing loses the first of them; nobody is
        kept from typing.
        """
        display = ModelDisplay(american(spares=2))
        for keysym in keysyms("漢字"):
            display.press(keysym, 1)
        display.type("仮名", 2)
        self.assertEqual(display.text(), "漢字仮名")
        display.act(display.keyboard.releaseAll(display.now))
        self.assertEqual(display.down, set())

    def test_repeated(self) -> None:
        """
        Where the server repeats nothing, each repetition is a press.
        """
        display = ModelDisplay(american())
        for keysym in keysyms("aA漢"):
            for _ in range(3):
                display.press(keysym)
            display.release(keysym)
        self.assertEqual(display.text(), "aaaAAA漢漢漢")
        self.assertEqual(display.down, set())

    def test_serverRepeats(self) -> None:
        """
        Where it repeats, repetitions are dropped; but not of what it would repeat with
        other modifiers, which does not stay down.
        """
        display = ModelDisplay(american(), repeats=True)
        for keysym in keysyms("aA漢"):
            for _ in range(3):
                display.press(keysym)
            self.assertEqual(bool(display.down), keysym != ord("A"))
            display.release(keysym)
        self.assertEqual(display.text(), "aAAA漢")
        self.assertEqual(display.down, set())

    def test_repeatedModifier(self) -> None:
        """
        Modifiers that repeat do nothing.
        """
        display = ModelDisplay(american())
        display.press(SHIFT_L)
        self.assertEqual(
            display.keyboard.press(1, SHIFT_L, display.state, display.now), []
        )

    @given(
        st.lists(
            st.tuples(
                st.integers(1, 2),
                st.sampled_from([*keysyms("aA1!漢字<|"), SHIFT_L, 0xFE03, 0xFFE3]),
                st.sampled_from([True, True, False]),
            )
        ),
        st.booleans(),
        st.integers(0, 3),
    )
    def test_any(
        self, events: list[tuple[int, int, bool]], repeats: bool, spares: int
    ) -> None:
        """
        Whatever viewers do, when all is released no key is down.
        """
        display = ModelDisplay(american(spares), repeats)
        for viewer, keysym, down in events:
            (display.press if down else display.release)(keysym, viewer)
            display.now += 0.03
        display.act(display.keyboard.releaseAll(display.now))
        self.assertEqual(display.down, set())


class SpareKeyTests(SynchronousTestCase):
    """
    Keys with nothing on them are borrowed.
    """

    def test_rest(self) -> None:
        """
        A key is not given another symbol before it has rested since its last press.
        """
        keyboard = Keyboard(Keymap(american(spares=1)), False)
        first, second = keysyms("漢字")
        rest = keyboard.spares.rest
        keyboard.press(1, first, State(), 9.0)
        # It had not gone to the display at once.
        keyboard.spares.arrived(200, 9.95)
        wait = Wait(9.95 + SETTLE)
        self.assertEqual(keyboard.press(1, first, State(), 10.0), wait)
        keyboard.press(1, first, State(), wait.until)
        keyboard.release(1, first, 10.06)
        wait = Wait(10.06 + rest)
        self.assertEqual(keyboard.press(1, second, State(), 10.07), wait)
        self.assertEqual(
            keyboard.press(1, second, State(), wait.until),
            Prepared([PutSymbol(200, second)]),
        )

    def test_prepare(self) -> None:
        """
        Of what is to be typed, all symbols are put on keys at once, as far as there
        are keys; none is taken away that is still to be typed.
        """
        keyboard = Keyboard(Keymap(american(spares=3)), False)
        first, second, third, fourth = keysyms("漢字仮名")
        for keysym in (first, ord("a"), SHIFT_L, 0):
            keyboard.press(1, keysym, State(), 0.0)
        self.assertEqual(
            [
                keyboard.prepare(keysym, State(), 10.0)
                for keysym in (first, ord("a"), SHIFT_L, 0, second, third, fourth)
            ],
            [[], [], [], [], [PutSymbol(201, second)], [PutSymbol(202, third)], None],
        )
        keyboard = Keyboard(Keymap(american(spares=0)), False)
        self.assertEqual(keyboard.prepare(first, State(), 0.0), [])

    def test_leastRecentlyUsed(self) -> None:
        """
        The key is taken that has rested for longest.
        """
        display = ModelDisplay(american(spares=3))
        for character in "漢字仮漢名":
            display.now += 1
            display.type(character)
        self.assertEqual(
            [code for code, *_ in display.presses], [200, 201, 202, 200, 201]
        )

    def test_giveBack(self) -> None:
        """
        At the end nothing is on the keys that nothing was on.
        """
        keys = american()
        display = ModelDisplay(keys)
        display.type("漢字")
        self.assertAlmostEqual(
            display.keyboard.spares.restsAt, display.now + display.keyboard.spares.rest
        )
        display.now = display.keyboard.spares.restsAt
        display.act(display.keyboard.spares.giveBack())
        self.assertEqual(display.keys, keys)
        self.assertEqual(display.keyboard.spares.giveBack(), [])
        self.assertLess(display.keyboard.spares.restsAt, 0)
        # It may go on, but the keys rest first.
        display.type("仮名漢字")
        self.assertEqual(display.text(), "漢字仮名漢字")

    def test_reload(self) -> None:
        """
        With another layout all that is ours may be gone, or may have become
        somebody's.
        """
        display = ModelDisplay(american(spares=3))
        display.type("漢字仮")
        keys = dict(display.keys)
        keys[200] = Key()
        keys[201] = Key(((ALPHABETIC, keysyms("zZ")),), 1)
        display.keys = keys
        display.keyboard.reload(Keymap(keys))
        self.assertTrue(display.keyboard.spares.owns(range(202, 203)))
        self.assertTrue(display.keyboard.spares.owns(range(200, 201)))
        self.assertFalse(display.keyboard.spares.owns(range(200, 203)))
        display.now += 1
        display.type("仮漢字")
        codes = [code for code, *_ in display.presses[3:]]
        self.assertEqual(codes, [202, 200, 202])
