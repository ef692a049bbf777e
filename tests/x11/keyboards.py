# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A keyboard of an X display, as far as typing goes, and programs that read what it types.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from txrfb.keysyms import byName, fromUnicode, toUnicode
from txrfb.x11.keyboard import Action, Keyboard, LockState, Prepared, Stroke
from txrfb.x11.keymap import LOCK, SHIFT, Key, Keymap, KeyType
from txrfb.x11.spares import PutSymbol, Wait
from txrfb.x11.xkb import State

NUM_LOCK, LEVEL3 = 0x10, 0x80

ONE_LEVEL = KeyType()
TWO_LEVEL = KeyType(SHIFT, {SHIFT: 1})
ALPHABETIC = KeyType(SHIFT | LOCK, {SHIFT: 1, LOCK: 1})
KEYPAD = KeyType(SHIFT | NUM_LOCK, {SHIFT: 1, NUM_LOCK: 1})
FOUR_LEVEL = KeyType(SHIFT | LEVEL3, {SHIFT: 1, LEVEL3: 2, SHIFT | LEVEL3: 3})
SEMIALPHABETIC = KeyType(
    SHIFT | LOCK | LEVEL3,
    {
        **{SHIFT: 1, LOCK: 1, LEVEL3: 2, SHIFT | LEVEL3: 3},
        **{LOCK | LEVEL3: 2, LOCK | SHIFT | LEVEL3: 3},
    },
    {LOCK | LEVEL3: LOCK, LOCK | SHIFT | LEVEL3: LOCK},
)
FUNCTION = KeyType(0xD, {0xC: 1})

SHIFT_KEY, CAPS_KEY, LEVEL3_KEY, CONTROL_KEY, ALT_KEY, NUM_KEY = 50, 66, 92, 37, 64, 77

_MODIFIERS = {
    SHIFT_KEY: ("Shift_L", SHIFT),
    62: ("Shift_R", SHIFT),
    LEVEL3_KEY: ("ISO_Level3_Shift", LEVEL3),
    CONTROL_KEY: ("Control_L", 4),
    ALT_KEY: ("Alt_L", 8),
}
_LOCKS = {CAPS_KEY: ("Caps_Lock", LOCK), NUM_KEY: ("Num_Lock", NUM_LOCK)}


def keysyms(text: str) -> list[int]:
    """
    The symbols of characters.
    """
    return [fromUnicode(character) for character in text]


def key(kind: KeyType, text: str) -> Key:
    """
    A key with characters on it.
    """
    return Key(((kind, keysyms(text)),), 1)


def named(kind: KeyType, *names: str) -> Key:
    """
    A key with symbols on it that are called so.
    """
    return Key(((kind, [byName(name) for name in names]),), 1)


def american(spares: int = 4) -> dict[int, Key]:
    """
    A keyboard with American letters, and some keys with nothing on them.
    """
    keys = {
        10 + number: key(TWO_LEVEL, pair)
        for number, pair in enumerate(
            ("1!", "2@", "3#", "4$", "5%", "6^", "7&", "8*", "9(", "0)", "-_", "=+")
        )
    }
    for number, letter in enumerate("qwertyuiopasdfghjklzxcvbnm"):
        keys[100 + number] = key(ALPHABETIC, letter + letter.upper())
    keys[65] = key(ONE_LEVEL, " ")
    keys[36] = named(ONE_LEVEL, "Return")
    keys[23] = named(TWO_LEVEL, "Tab", "ISO_Left_Tab")
    keys[67] = named(FUNCTION, "F1", "XF86Switch_VT_1")
    keys[83] = named(KEYPAD, "KP_Left", "KP_4")
    keys[94] = key(FOUR_LEVEL, "<>|¦")
    keys[96] = key(SEMIALPHABETIC, "äÄµº")  # as German ones have it
    keys[95] = key(FOUR_LEVEL, "è\u00a7~È")  # as French keyboards have it
    for code, (name, mods) in _MODIFIERS.items():
        keys[code] = Key(((ONE_LEVEL, [byName(name)]),), 1, mods, True)
    for code, (name, _) in _LOCKS.items():
        keys[code] = Key(((ONE_LEVEL, [byName(name)]),), 1, 0, True)
    for number in range(spares):
        keys[200 + number] = Key()
    return keys


class ModelDisplay:
    """
    A display with a keyboard, on which a program listens that looks late at what is on
    the keys.

    @ivar presses: What went down: key code, symbol as it was then, modifiers.
    """

    def __init__(
        self,
        keys: dict[int, Key],
        repeats: bool = False,
        locked: int = 0,
    ) -> None:
        self.keys = dict(keys)
        self.keyboard = Keyboard(Keymap(keys), repeats)
        self.now = 1000.0
        self.down: set[int] = set()
        self.locked = locked
        self.lockedGroup = 0
        self.presses: list[tuple[int, int, int]] = []
        self._typed: list[tuple[int, int, int, float]] = []
        # When what was put on which key.
        self._puts: list[tuple[float, int, Key]] = []

    @property
    def state(self) -> State:
        """
        What XkbGetState says.
        """
        base = 0
        for code in self.down:
            base |= self.keys[code].holds
        return State(base, 0, self.locked, self.lockedGroup, self.lockedGroup)

    def act(self, actions: Iterable[Action]) -> None:
        """
        Do what the keyboard says.
        """
        for action in actions:
            if isinstance(action, Stroke):
                self._stroke(*action)
            elif isinstance(action, PutSymbol):
                new = Key()
                if action.keysym:
                    new = Key(((ALPHABETIC, [action.keysym] * 2),), 1)
                self._puts.append((self.now, action.keycode, self.keys[action.keycode]))
                self.keys[action.keycode] = new
            else:
                assert isinstance(action, LockState)
                self.lockedGroup = action.group

    def _stroke(self, code: int, down: bool) -> None:
        if not down:
            self.down.discard(code)
            return
        if code in self.down:
            return  # nobody hears it
        if not self.keys[code].changes:
            state = self.state
            meant = self.keys[code].keysym(state.mods, state.group)
            self.presses.append((code, meant, state.mods))
            self._typed.append((code, state.mods, state.group, self.now))
        elif code in _LOCKS:
            self.locked ^= _LOCKS[code][1]
        self.down.add(code)

    def press(self, keysym: int, viewer: Hashable = 1) -> None:
        """
        A viewer presses a key, and waits until that has happened.
        """
        while True:
            actions = self.keyboard.press(viewer, keysym, self.state, self.now)
            if isinstance(actions, Wait):
                assert actions.until > self.now
                self.now = actions.until
            elif isinstance(actions, Prepared):
                self.act(actions.actions)
            else:
                return self.act(actions)

    def release(self, keysym: int, viewer: Hashable = 1) -> None:
        """
        A viewer releases a key.
        """
        self.act(self.keyboard.release(viewer, keysym, self.now))

    def type(self, text: str, viewer: Hashable = 1) -> None:
        """
        A viewer types, one key after the other, and has no Shift of its own.
        """
        for keysym in keysyms(text):
            self.press(keysym, viewer)
            self.release(keysym, viewer)

    def text(self, lag: float = 0.249) -> str:
        """
        What a program understands that looks at what is on a key C{lag} seconds after
        it was pressed, or before, if that is negative.
        """
        text = ""
        for code, mods, group, when in self._typed:
            found = self.keys[code]
            for changed, keycode, before in reversed(self._puts):
                if keycode == code and changed > when + lag:
                    found = before
            character = toUnicode(found.keysym(mods, group)) or ""
            kind = found.groups[found.group(group)][0] if found.groups else ONE_LEVEL
            if not kind.spends(mods & LOCK, mods & kind.mods):
                character = character.upper()  # as Xlib does
            text += character
        return text
