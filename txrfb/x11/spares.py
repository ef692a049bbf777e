# -*- test-case-name: tests.x11.test_keyboard -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Keys of an X display with nothing on them, for symbols that are on no other.

There are few, and programs look at what is on a key only when they get to it, and some
(Chromium) not at once when they are told that there is something else on it.  So a key
is pressed only a moment after it was given a symbol, it is not given another one before
it has rested for a while, and the one that has rested for longest is taken first.
"""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple

from txrfb.x11.keymap import Keymap, canonical

__all__ = ["SETTLE", "Borrowed", "PutSymbol", "SpareKeys", "Wait"]

#: For how many seconds a key keeps its symbol after it was last used: as long as that
#: does not make typing slower than this many symbols a second, at least and at most.
_SYMBOLS_PER_SECOND = 100.0
_MIN_REST, _MAX_REST = 0.25, 1.0

#: Symbols with which a key would do something to the server, or to modifiers: they are
#: put on none.  ISO_Lock and what follows; AccessX; Terminate_Server and the keys that
#: move the pointer; modifiers; VoidSymbol; the switching of terminals and of modes.
_DEEDS = (
    range(0xFE00, 0xFE50),
    range(0xFE70, 0xFE80),
    range(0xFED0, 0xFF00),
    range(0xFF7E, 0xFF80),
    range(0xFFE0, 0xFFEF),
    range(0xFFFFFF, 0x1000000),
    range(0x1008FE00, 0x1008FF00),
)


#: For how many seconds a symbol is on a key before that is pressed.
SETTLE = 0.1


class PutSymbol(NamedTuple):
    """
    A key gets another symbol; 0 for none.
    """

    keycode: int
    keysym: int


class Wait(NamedTuple):
    """
    Nothing can happen before a time.
    """

    until: float


class Borrowed(NamedTuple):
    """
    A key for a symbol.

    @ivar isNew: Whether the symbol is to be put on it.
    @ivar isHeld: Whether somebody holds it down, who has had it for longest.
    """

    keycode: int
    isNew: bool
    isHeld: bool


class _Spare:
    """
    A key that is ours.

    @ivar keysym: What we have put on it; 0 for nothing.
    @ivar put: When we have.
    @ivar used: When that was typed.
    """

    __slots__ = ("keysym", "put", "used")

    def __init__(self) -> None:
        self.keysym = 0
        self.put = self.used = float("-inf")


class SpareKeys:
    """
    The keys, and what was put on them.

    @ivar rest: For how many seconds a key keeps its symbol after it was last used.
    """

    def __init__(self, keymap: Keymap) -> None:
        """
        @param keymap: What is on all keys.
        """
        self.rest = _MIN_REST
        # The one that has rested for longest first.
        self._spares: dict[int, _Spare] = {}
        self.reload(keymap)

    def __bool__(self) -> bool:
        return bool(self._spares)

    def __contains__(self, keycode: object) -> bool:
        return keycode in self._spares

    def reload(self, keymap: Keymap) -> None:
        """
        There is something else on the keys.
        """
        before, self._spares = self._spares, {}
        for keycode in keymap.empty():
            spare = self._spares[keycode] = before.pop(keycode, _Spare())
            # It is as others left it, but rests as long as it would have.
            spare.keysym = 0
        for keycode, spare in before.items():
            key = keymap.keys.get(keycode)
            if spare.keysym and key is not None and key.keysym(0, 0) == spare.keysym:
                self._spares[keycode] = spare
        order = sorted(self._spares.items(), key=lambda item: item[1].used)
        self._spares = dict(order)
        rest = len(order) / _SYMBOLS_PER_SECOND
        self.rest = min(max(rest, _MIN_REST), _MAX_REST)

    def borrow(
        self, keysym: int, down: Container[int], now: float
    ) -> Borrowed | Wait | None:
        """
        @param keysym: A symbol.

        @param down: The keys that are down.

        @param now: The time, in seconds.

        @return: A key for it; or that there is none before some time; C{None} if there
            can be none.
        """
        if any(keysym in deeds for deeds in _DEEDS):
            return None
        keysym = canonical(keysym)
        best: int | None = None
        for keycode, spare in self._spares.items():
            if spare.keysym == keysym:
                self.use(keycode, now)
                if spare.put + SETTLE > now:
                    return Wait(spare.put + SETTLE)
                return Borrowed(keycode, False, False)
            if keycode not in down and spare.used + self.rest <= now:
                # One with nothing on it, if there is any.
                if best is None or (self._spares[best].keysym and not spare.keysym):
                    best = keycode
        if best is not None:
            keycode = best
        else:
            free = (code for code in self._spares if code not in down)
            first = next(free, next(iter(self._spares), None))
            if first is None:
                return None
            keycode = first
            rested = self._spares[keycode].used + self.rest
            if rested > now:
                return Wait(rested)
        self._spares[keycode].keysym = keysym
        self.arrived(keycode, now)
        return Borrowed(keycode, True, keycode in down)

    def has(self, keysym: int) -> bool:
        """
        @return: Whether a symbol is on one of the keys.
        """
        keysym = canonical(keysym)
        return any(spare.keysym == keysym for spare in self._spares.values())

    def arrived(self, keycode: int, now: float) -> None:
        """
        What was put on a key has come there.
        """
        spare = self._spares.get(keycode)
        if spare is not None:
            spare.put = now
            self.use(keycode, now)

    def use(self, keycode: int, now: float) -> None:
        """
        A key that may be ours is used.
        """
        spare = self._spares.pop(keycode, None)
        if spare is not None:
            spare.used = now
            self._spares[keycode] = spare

    def owns(self, keycodes: range) -> bool:
        """
        @return: Whether nothing but keys of ours is among some.
        """
        return all(keycode in self._spares for keycode in keycodes)

    def giveBack(self) -> list[PutSymbol]:
        """
        @return: That there is nothing on the keys any more.
        """
        actions = []
        for keycode, spare in self._spares.items():
            if spare.keysym:
                spare.keysym = 0
                actions.append(PutSymbol(keycode, 0))
        return actions

    @property
    def restsAt(self) -> float:
        """
        When the last of the keys will have rested: if they are given back then, nothing
        is lost of what was typed.
        """
        times = (one.used for one in self._spares.values() if one.keysym)
        return max(times, default=float("-inf")) + self.rest
