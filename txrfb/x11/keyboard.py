# -*- test-case-name: tests.x11.test_keyboard -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What must happen on the keyboard of an X display so that it types the symbols that
viewers send, whatever is on its keys.

A symbol that is on a key is typed by that key.  Modifiers that choose what the key
prints are changed around the press, and are after it as they were; those that make a
command of it (Control, Alt) are the viewer's own affair.  What is on no key is put on
one with nothing on it (L{txrfb.x11.spares}).
"""

from __future__ import annotations

from collections.abc import Container, Hashable, Iterator
from typing import NamedTuple, TypeAlias

from txrfb.keysyms import toUnicode
from txrfb.x11.keymap import LOCK, Keymap, Place, canonical, isModifier
from txrfb.x11.spares import Borrowed, PutSymbol, SpareKeys, Wait
from txrfb.x11.xkb import State

__all__ = ["Action", "Keyboard", "LockState", "Prepared", "Stroke"]

#: The largest symbol (X11, chapter 5).
_MAX_KEYSYM = 0x1FFFFFFF


class Stroke(NamedTuple):
    """
    A key goes down or comes up.
    """

    keycode: int
    down: bool


class LockState(NamedTuple):
    """
    Another group is locked.
    """

    group: int


class Prepared(NamedTuple):
    """
    Before a key can be pressed something must happen, and some time pass.
    """

    actions: list[Action]


Action: TypeAlias = Stroke | PutSymbol | LockState


class _Way(NamedTuple):
    """
    How a key types a symbol.

    @ivar cost: How much must be changed for it.
    @ivar press: Modifiers to press.
    @ivar lift: Modifiers to release.
    @ivar group: The group that must be in effect; -1 if it is.
    """

    cost: int
    keycode: int
    press: int = 0
    lift: int = 0
    group: int = -1


class Keyboard:
    """
    The keys of a display, and who holds which of them.

    @ivar spares: The keys for what is on no other.
    """

    def __init__(self, keymap: Keymap, repeats: bool) -> None:
        """
        @param keymap: What is on the keys.

        @param repeats: Whether the server repeats keys that are down.  If it does,
            repetitions that viewers send are dropped; else each is a press.
        """
        self._keymap = keymap
        self.spares = SpareKeys(keymap)
        self._repeats = repeats
        # Who holds a symbol, by which key; None for one that was released at once.
        self._held: dict[tuple[Hashable, int], int | None] = {}
        # For each key that is down, how many hold it.
        self._down: dict[int, int] = {}

    def reload(self, keymap: Keymap) -> None:
        """
        There is something else on the keys.
        """
        self._keymap = keymap
        self.spares.reload(keymap)

    # -- Keys ------------------------------------------------------------------------

    def explains(self, state: State) -> bool:
        """
        @return: Whether all modifiers that are down are those of keys that viewers
            hold.  If not, L{press} must be told what else is down.
        """
        return not state.base & ~self._heldMods() & self._adjustable

    def changesState(self, keycode: int) -> bool:
        """
        @return: Whether a key changes modifiers or groups.
        """
        key = self._keymap.keys.get(keycode)
        return key is not None and key.changes

    def press(
        self,
        holder: Hashable,
        keysym: int,
        state: State,
        now: float,
        others: Container[int] = (),
    ) -> list[Action] | Prepared | Wait:
        """
        A viewer presses a key, or says that it repeats.

        @param holder: Whose key it is.

        @param keysym: What it means.

        @param state: The modifiers and the group of the display.

        @param now: The time, in seconds.

        @param others: Key codes that are down besides those that viewers hold.

        @return: What must happen, in this order; or what must before, or that nothing
            can before some time: then this is to be called again.
        """
        held = self._held.get((holder, keysym))
        if held is not None:
            return self._again(held, keysym, state, others, now)
        if not 0 < keysym <= _MAX_KEYSYM:
            return []
        if isModifier(keysym):
            return self._pressModifier(holder, keysym, state)
        way = self._find(keysym, state, others)
        if way is None:
            borrowed = self.spares.borrow(keysym, self._down, now)
            if isinstance(borrowed, Wait):
                return borrowed
            if borrowed is None:
                return []
            way = _Way(0, borrowed.keycode)
            if borrowed.isNew:
                return Prepared(self._put(borrowed, keysym))
        around = self._around(way, state, others)
        isChanged = bool(around[0])
        strokes: list[Action] = []
        keycode = way.keycode
        if keycode in self._down or keycode in others:
            # Who holds it meant something else, or is somebody else; a press of a key
            # that is down would not be heard.
            strokes.append(Stroke(keycode, False))
        strokes.append(Stroke(keycode, True))
        if isChanged and self._repeats:
            # The server would repeat it without the modifiers that were changed.
            strokes.append(Stroke(keycode, False))
            if keycode in self._down:
                del self._down[keycode]
                self._forget(keycode)
            self._held[holder, keysym] = None
        else:
            self._down[keycode] = self._down.get(keycode, 0) + 1
            self._held[holder, keysym] = keycode
        return [*around[0], *strokes, *around[1]]

    def prepare(
        self, keysym: int, state: State, now: float, others: Container[int] = ()
    ) -> list[Action] | None:
        """
        A key will soon be pressed.

        @return: What must happen before; C{None} if nothing can now.
        """
        if not 0 < keysym <= _MAX_KEYSYM or isModifier(keysym):
            return []
        if self._find(keysym, state, others) is not None:
            return []
        isThere = self.spares.has(keysym)
        borrowed = self.spares.borrow(keysym, self._down, now)
        if isThere or borrowed is None:
            return []
        if isinstance(borrowed, Wait):
            return None
        return self._put(borrowed, keysym)

    def _put(self, borrowed: Borrowed, keysym: int) -> list[Action]:
        actions: list[Action] = []
        keycode = borrowed.keycode
        if borrowed.isHeld:
            del self._down[keycode]
            self._forget(keycode)
            actions.append(Stroke(keycode, False))
        return [*actions, PutSymbol(keycode, canonical(keysym))]

    def release(self, holder: Hashable, keysym: int, now: float) -> list[Action]:
        """
        A viewer releases a key.

        @return: What must happen: what was pressed comes up, whatever is on it now.
        """
        keycode = self._held.pop((holder, keysym), None)
        if keycode is None:
            return []
        return self._up(keycode, now)

    def releaseAll(self, now: float) -> list[Action]:
        """
        @return: That everything comes up that anybody holds.
        """
        actions: list[Action] = []
        for holder, keysym in list(self._held):
            actions += self.release(holder, keysym, now)
        return actions

    def _up(self, keycode: int, now: float) -> list[Action]:
        self.spares.use(keycode, now)
        count = self._down.get(keycode, 0) - 1
        if count > 0:
            self._down[keycode] = count
            return []
        if count < 0:
            return []
        del self._down[keycode]
        return [Stroke(keycode, False)]

    def _forget(self, keycode: int) -> None:
        """
        A key was released for all who held it.
        """
        for who, held in self._held.items():
            if held == keycode:
                self._held[who] = None

    def _again(
        self,
        keycode: int,
        keysym: int,
        state: State,
        others: Container[int],
        now: float,
    ) -> list[Action]:
        """
        @return: What a key does that its holder says is repeated.
        """
        if self._repeats or isModifier(keysym):
            return []
        before: list[Action] = []
        after: list[Action] = []
        if keycode in self.spares:
            self.spares.use(keycode, now)
        else:
            way = self._find(keysym, state, others, keycode)
            if way is not None:
                before, after = self._around(way, state, others)
        return [*before, Stroke(keycode, False), Stroke(keycode, True), *after]

    def _pressModifier(
        self, holder: Hashable, keysym: int, state: State
    ) -> list[Action]:
        places = self._keymap.places(keysym)
        if not places:
            return []

        def cost(place: Place) -> tuple[bool, int, bool, int]:
            key = self._keymap.keys[place.keycode]
            isHere = key.keysym(state.mods, state.group) == keysym
            return not isHere, place.level, place.keycode in self._down, place.keycode

        keycode = min(places, key=cost).keycode
        count = self._down.get(keycode, 0)
        self._down[keycode] = count + 1
        self._held[holder, keysym] = keycode
        return [] if count else [Stroke(keycode, True)]

    # -- Modifiers -------------------------------------------------------------------

    @property
    def _adjustable(self) -> int:
        """
        The modifiers that may be changed around a press.
        """
        mods = 0
        for mask in self._keymap.shifts:
            mods |= mask
        return mods

    def _heldMods(self) -> int:
        mods = 0
        for keycode in self._down:
            key = self._keymap.keys.get(keycode)
            if key is not None:
                mods |= key.holds
        return mods

    def _holders(self, mods: int, others: Container[int]) -> Iterator[int]:
        """
        @return: The keys that are down and hold some modifiers.
        """
        if not mods:
            return
        for keycode, key in self._keymap.keys.items():
            if key.holds & mods and (keycode in self._down or keycode in others):
                yield keycode

    def _around(
        self, way: _Way, state: State, others: Container[int]
    ) -> tuple[list[Action], list[Action]]:
        """
        @return: What must happen before a press, and what after it so that all is as
            it was.
        """
        before: list[Action] = []
        after: list[Action] = []
        for mask, keycode in self._keymap.shifts.items():
            if way.press & mask:
                before.append(Stroke(keycode, True))
                after.append(Stroke(keycode, False))
        for keycode in self._holders(way.lift, others):
            before.append(Stroke(keycode, False))
            after.append(Stroke(keycode, True))
        if way.group >= 0:
            # What is locked is added to the part that is not.
            before.append(LockState((way.group - state.group + state.lockedGroup) & 3))
            after.append(LockState(state.lockedGroup))
        return before, after[::-1]

    def _find(
        self,
        keysym: int,
        state: State,
        others: Container[int],
        only: int | None = None,
    ) -> _Way | None:
        """
        @param only: The only key that counts, if there is one.

        @return: How to type a symbol with the least of changes; C{None} if there is no
            way.
        """
        best: _Way | None = None
        character = toUnicode(keysym) or ""
        # Programs make upper case of letters when Caps Lock has not been spent on the
        # choice of a level.
        spent = LOCK if state.mods & LOCK and character.upper() != character else 0
        for place in self._keymap.places(keysym):
            if place.keycode in self.spares:
                continue
            if only is None or place.keycode == only:
                way = self._wayTo(place, state, others, bool(character), spent)
                if way is not None and (best is None or way < best):
                    best = way
        return best

    def _wayTo(
        self,
        place: Place,
        state: State,
        others: Container[int],
        isText: bool,
        spent: int,
    ) -> _Way | None:
        """
        @param isText: Whether a character is meant.

        @param spent: The modifiers that must be spent on the choice of the level.

        @return: How to type what is at a place; C{None} if there is no way.
        """
        keycode, group, level = place
        key = self._keymap.keys[keycode]
        other = -1 if key.group(state.group) == group else group
        kind = key.groups[group][0]
        cost = (8 if other >= 0 else 0) + (keycode in self._down)
        adjustable = self._adjustable
        mods = state.mods
        ways = []
        for mask in kind.masks(level):
            press = mask & ~mods
            lift = mods & ~mask & kind.mods
            changed = press | lift
            if not kind.spends(spent, mask):
                continue
            if not changed:
                ways.append(_Way(cost, keycode, 0, 0, other))
            elif changed & ~adjustable or lift & (state.locked | state.latched):
                continue
            elif not isText and mods & kind.mods:
                # With a key that prints nothing, they are a part of the command.
                continue
            elif lift and not self._canLift(lift, others):
                continue
            else:
                price = 2 * press.bit_count() + 3 * lift.bit_count()
                ways.append(_Way(cost + price, keycode, press, lift, other))
        if ways:
            return min(ways)
        if isText or other >= 0:
            return None
        # Shift with Tab, Control and Alt with F1: what a keyboard would make of these.
        # But a key of the keypad must not print a digit.
        meant = key.keysym(mods, state.group)
        return None if toUnicode(meant) else _Way(cost + 16, keycode)

    def _canLift(self, mods: int, others: Container[int]) -> bool:
        held = 0
        for keycode in self._holders(mods, others):
            held |= self._keymap.keys[keycode].holds
        return not mods & ~held
