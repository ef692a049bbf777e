# -*- test-case-name: tests.session.test_heldkeys -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The keys that one viewer holds down (RFC 6143, section 7.5.4; rfbproto, QEMU Extended
Key Event Message): what went down comes up, and nothing else does.

A viewer that knows no places of keys says what a key means when it goes down and what
it means when it comes up, which may be something else: of Shift, B, and Shift let go
first, all that comes of the key is a b.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from txrfb.keysyms import toUnicode

#: How many keys a viewer can hold down; of one that holds more, the one it holds
#: longest is released.
_KEYS = 64

#: Keys that change what others mean: ISO_Lock and what follows it, Mode_switch,
#: Num_Lock, Shift_L to Hyper_R.
_MODIFIERS = frozenset((*range(0xFE01, 0xFE14), 0xFF7E, 0xFF7F, *range(0xFFE1, 0xFFEF)))

#: Symbols of one key: Tab, ISO_Left_Tab; Print, Sys_Req; Pause, Break; Alt_L, Meta_L;
#: Alt_R, Meta_R, ISO_Level3_Shift, Mode_switch.
_ONE_KEY = (
    frozenset((0xFF09, 0xFE20)),
    frozenset((0xFF61, 0xFF15)),
    frozenset((0xFF13, 0xFF6B)),
    frozenset((0xFFE9, 0xFFE7)),
    frozenset((0xFFEA, 0xFFE8, 0xFE03, 0xFF7E)),
)


class Typed(NamedTuple):
    """
    What a key does.

    @ivar keycode: Where it is on the keyboard; C{None} if that is not known.
    @ivar keysym: What it means; when it comes up, what it meant when it went down.
    @ivar down: Whether it goes down.
    """

    keycode: int | None
    keysym: int
    down: bool


class HeldKeys:
    """
    Makes of what a viewer says of keys what they do.
    """

    def __init__(self) -> None:
        # In the order in which they went down: symbols, and how often what symbols
        # mean had changed by then; and codes with their symbols.
        self._keysyms: dict[int, int] = {}
        self._keycodes: dict[int, int] = {}
        self._changes = 0
        # Symbols that were taken for what came up by another name.
        self._guesses: set[int] = set()

    def __bool__(self) -> bool:
        return bool(self._keysyms or self._keycodes)

    def key(self, keysym: int, down: bool) -> Iterable[Typed]:
        """
        A key of which it is not known where it is goes down or comes up.

        @return: What keys do.
        """
        keys = self._keysyms
        if not down:
            if keysym in keys and keysym not in _MODIFIERS:
                return (self._released(keysym),)
            return self._up(keysym)
        if keys and keysym not in keys:
            return self._down(keysym)
        return (self._pressed(keysym),)

    def _down(self, keysym: int) -> Iterator[Typed]:
        """
        One goes down that is not held, while others are.
        """
        other = self._otherCase(keysym)
        if other is not None:  # a letter has one key
            yield self._released(other)
        if len(self._keysyms) >= _KEYS:
            yield self._released(next(iter(self._keysyms)))
        yield self._pressed(keysym)

    def _pressed(self, keysym: int) -> Typed:
        if keysym in _MODIFIERS:
            self._changes += 1
        self._keysyms[keysym] = self._changes
        self._guesses.discard(keysym)
        return Typed(None, keysym, True)

    def keycode(self, keycode: int, keysym: int, down: bool) -> Iterator[Typed]:
        """
        A key of which it is known where it is goes down or comes up.

        @return: What keys do.
        """
        keys = self._keycodes
        meant = keys.pop(keycode, None)
        if not down:
            if meant is not None:
                yield Typed(keycode, meant, False)
            elif keysym:
                yield from self._up(keysym)
            return
        if meant is not None and meant != keysym:
            yield Typed(keycode, meant, False)
        elif meant is None and len(keys) >= _KEYS:
            oldest = next(iter(keys))
            yield Typed(oldest, keys.pop(oldest), False)
        keys[keycode] = keysym
        yield Typed(keycode, keysym, True)

    def release(self) -> Typed | None:
        """
        @return: That the key comes up that is held for longest; C{None} if there is
            none.
        """
        for keysym in self._keysyms:
            return self._released(keysym)
        for keycode in self._keycodes:
            return Typed(keycode, self._keycodes.pop(keycode), False)
        return None

    def keep(self, event: Typed) -> None:
        """
        The application has not heard that a key came up: it is held still.
        """
        if event.keycode is None:
            self._keysyms[event.keysym] = self._changes
        else:
            self._keycodes[event.keycode] = event.keysym

    def _released(self, keysym: int) -> Typed:
        del self._keysyms[keysym]
        return Typed(None, keysym, False)

    def _up(self, keysym: int) -> Iterator[Typed]:
        if keysym in self._keysyms:
            found: int | None = keysym
        else:
            for keycode, meant in self._keycodes.items():
                if meant == keysym:
                    del self._keycodes[keycode]
                    yield Typed(keycode, meant, False)
                    return
            found = self._other(keysym)
        if found is not None:
            yield self._released(found)
        if keysym in _MODIFIERS:
            self._changes += 1

    def _other(self, keysym: int) -> int | None:
        """
        @return: What the key was called when it went down that comes up by another
            name; C{None} if there is none that could be it.
        """
        keys = self._keysyms
        if not keys:
            return None
        for names in _ONE_KEY:
            if keysym in names:
                return next((held for held in keys if held in names), None)
        if keysym in _MODIFIERS:
            return None
        other = self._otherCase(keysym)
        if other is not None:
            return other
        # Shift, a layout: whatever it is, it has changed since the key went down.
        changed = [
            held
            for held, changes in keys.items()
            if changes != self._changes and held not in _MODIFIERS
        ]
        if keysym in self._guesses:
            self._guesses.remove(keysym)  # the other was one of these
        elif _isPlain(keysym):
            others = [held for held in changed if not _isPlain(held)]
            if changed and not others and self._guesses:
                # One of them was wrong: what it stood for is held still.
                self._guesses.pop()
            else:
                changed = others
        if not changed:
            return None
        # What is no letter is more likely on the key of another that is none.
        guess = min(changed, key=_isLetter)
        if len(self._guesses) < _KEYS:
            self._guesses.add(guess)
        return guess

    def _otherCase(self, keysym: int) -> int | None:
        """
        @return: The same letter, large or small, if it is held.
        """
        if not self._keysyms:
            return None
        letter = (toUnicode(keysym) or "").lower()
        if not letter.isalpha():
            return None
        for held in self._keysyms:
            if (toUnicode(held) or "").lower() == letter:
                return held
        return None


def _isLetter(keysym: int) -> bool:
    """
    @return: Whether it is a letter of whatever alphabet.
    """
    return (toUnicode(keysym) or "").isalpha()


def _isPlain(keysym: int) -> bool:
    """
    @return: Whether it is a letter or a digit of ASCII: no two of these, but for the
        case, are on one key.
    """
    return keysym < 0x80 and chr(keysym).isalnum()
