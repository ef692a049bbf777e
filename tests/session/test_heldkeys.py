# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.heldkeys}.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.machine import Desk, Keyboard, Knowing
from tests.scenes import serving
from txrfb._session.heldkeys import HeldKeys, Typed
from txrfb._wire.messages import KeyEvent
from txrfb.keysyms import byName, fromUnicode
from txrfb.testing import Viewer

SHIFT, ALT, META = byName("Shift_L"), byName("Alt_L"), byName("Meta_L")
TAB, LEFT_TAB = byName("Tab"), byName("ISO_Left_Tab")

#: What the keys of a keyboard mean, without Shift and with it.
LAYOUTS = {
    "us": ("aA", "bB", "1!", "2@", "9(", ";:", "/?"),
    "de": ("aA", "bB", "1!", '2"', "9)", "öÖ", "-_"),
    "ru": ("фФ", "иИ", "1!", '2"', "9(", "жЖ", ".,"),
}

#: Any keys: letters, digits, signs, modifiers, and others.
SYMBOLS = st.sampled_from(
    [
        *map(fromUnicode, "aAzZ1!ößжЖ"),
        SHIFT,
        ALT,
        META,
        TAB,
        LEFT_TAB,
        0xFF7F,
        0,
        1 << 31,
    ]
)


class HeldKeysTests(SynchronousTestCase):
    """
    What went down comes up, and nothing else does.
    """

    def setUp(self) -> None:
        """
        Nothing is held.
        """
        self.keys = HeldKeys()

    def type(self, *what: tuple[str | int, bool]) -> list[tuple[int, bool]]:
        """
        Do something to keys of which it is not known where they are.

        @return: What comes of it: symbols, and whether they go down.
        """
        return [
            (event.keysym, event.down)
            for key, down in what
            for event in self.keys.key(
                fromUnicode(key) if isinstance(key, str) else key, down
            )
        ]

    def test_neverDown(self) -> None:
        """
        What never went down does not come up.
        """
        self.type(("a", True), (SHIFT, True), (SHIFT, False))
        for stranger in ("b", "Z", "5", META, SHIFT):
            self.assertEqual(self.type((stranger, False)), [])
        self.assertEqual(list(self.keys.keycode(30, 0, False)), [])
        self.assertEqual(self.type(("a", False), ("a", False)), [(97, False)])
        self.assertFalse(self.keys)

    def test_shiftGoesFirst(self) -> None:
        """
        A key comes up as what it went down as, though Shift went up before, or went
        down meanwhile.
        """
        for before, after in ("Bb", "bB", "Öö", "!1", "1!", "?ß", "Жж", ":."):
            down = fromUnicode(before)
            self.type((SHIFT, True), (before, True), (SHIFT, False))
            self.assertEqual(self.type((after, False)), [(down, False)], before)
            self.assertFalse(self.keys)

    def test_layoutChanges(self) -> None:
        """
        So it does though another layout is in force by then.
        """
        group = byName("ISO_Next_Group")
        self.type(("a", True), (group, True), (group, False))
        self.assertEqual(self.type(("ф", False)), [(97, False)])

    def test_namesOfOneKey(self) -> None:
        """
        Keys whose names change with Shift or Alt are known by all of them.
        """
        for down, up in ((ALT, META), (META, ALT), (TAB, LEFT_TAB), (LEFT_TAB, TAB)):
            self.assertEqual(self.type((down, True), (up, False))[1], (down, False))
        self.type((byName("Control_L"), True), (SHIFT, True))
        self.assertEqual(self.type((META, False)), [])

    def test_repeats(self) -> None:
        """
        A key that repeats goes down again; if it is another letter by then, as Shift
        went up, the one before comes up first.
        """
        self.assertEqual(self.type(("A", True), ("A", True)), [(65, True)] * 2)
        self.assertEqual(self.type(("a", True)), [(65, False), (97, True)])
        self.assertEqual(self.type(("a", False)), [(97, False)])
        self.assertFalse(self.keys)

    def test_places(self) -> None:
        """
        A key of which it is known where it is comes up as what it went down as; what
        comes by one message may go by the other.
        """
        keys = self.keys
        self.assertEqual(list(keys.keycode(30, 65, True)), [Typed(30, 65, True)])
        self.assertEqual(list(keys.keycode(30, 97, False)), [Typed(30, 65, False)])
        list(keys.keycode(30, 65, True))
        self.assertEqual(
            list(keys.keycode(30, 97, True)),
            [Typed(30, 65, False), Typed(30, 97, True)],
        )
        self.assertEqual(list(keys.key(97, False)), [Typed(30, 97, False)])
        self.type(("b", True))
        self.assertEqual(list(keys.keycode(48, 98, False)), [Typed(None, 98, False)])
        self.assertFalse(keys)

    @given(
        st.lists(
            st.tuples(SYMBOLS, st.integers(0, 3), st.booleans())
            | st.tuples(SYMBOLS, st.none(), st.booleans()),
            max_size=60,
        )
    )
    def test_anything(self, talk: list[tuple[int, int | None, bool]]) -> None:
        """
        Whatever a viewer says, only what is down comes up, and all of it does in the
        end.
        """
        keys = HeldKeys()
        down: set[tuple[int | None, int]] = set()

        def check(event: Typed) -> None:
            key = event[:2]
            if event.down:
                down.add(key)
            else:
                self.assertIn(key, down)
                down.remove(key)

        for keysym, code, isDown in talk:
            events = (
                keys.key(keysym, isDown)
                if code is None
                else keys.keycode(code, keysym, isDown)
            )
            for event in events:
                check(event)
            self.assertEqual(bool(keys), bool(down))
        while (released := keys.release()) is not None:
            check(released)
        self.assertEqual(down, set())

    def test_wrongGuess(self) -> None:
        """
        Of two keys that come up by other names one may be taken for the other: then the
        second is what is left.
        """
        self.type(("a", True), (SHIFT, True), ('"', True), (SHIFT, False), ("1", True))
        self.type((SHIFT, True), ("A", False))
        # A 2 on that keyboard has the quotation mark, and a 1 the exclamation mark.
        up = self.type(("!", False), (SHIFT, False), ("2", False))
        released = [keysym for keysym, _ in up if keysym != SHIFT]
        self.assertEqual(sorted(released), [ord('"'), ord("1")])
        self.assertFalse(self.keys)

    @given(st.data())
    def test_keyboard(self, data: Any) -> None:
        """
        Of a keyboard whose viewer says what each key means at the moment, in any
        layout, all keys have come up when all of them have.
        """
        keys = HeldKeys()
        layout = LAYOUTS[data.draw(st.sampled_from(sorted(LAYOUTS)))]
        down: set[int] = set()
        shift = len(layout)

        def strike(number: int) -> None:
            isDown = number not in down
            (down.add if isDown else down.remove)(number)
            keysym = SHIFT
            if number != shift:
                keysym = fromUnicode(layout[number][shift in down])
            list(keys.key(keysym, isDown))

        for number in data.draw(st.lists(st.integers(0, shift), max_size=30)):
            strike(number)
        for number in data.draw(st.permutations(sorted(down))):
            strike(number)
        self.assertFalse(keys)


class ThroughTests(SynchronousTestCase):
    """
    The same, as an application sees it.
    """

    def test_capital(self) -> None:
        """
        A capital is not held after Shift and the key have gone up, whichever was first.
        """
        desk = Desk()
        viewer = Viewer(serving(application=desk))
        for down, keysym in ((1, SHIFT), (1, 65), (0, SHIFT), (0, 97), (0, 97)):
            viewer.send(KeyEvent(bool(down), keysym))
        heard = [one[1:] for one in desk.heard]
        self.assertEqual(heard[2:], [(SHIFT, False), (65, False)])
        server: Any = viewer.server
        viewer.disconnect()
        self.assertEqual(len(desk.heard), 4)
        self.assertFalse(server.hasUnread)

    def test_noPlace(self) -> None:
        """
        A key at no place, as viewers on phones send it, is known by its symbol.
        """
        keyboard = Keyboard()
        viewer = Knowing(serving(application=keyboard))
        for down in (True, False):
            viewer.client.keycodeEvent(0, 64, down)
        viewer.settle()
        self.assertEqual(keyboard.heard, [("key", 64, True), ("key", 64, False)])
