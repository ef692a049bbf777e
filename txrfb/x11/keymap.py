# -*- test-case-name: tests.x11.test_keyboard -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What is on the keys of an X display: symbols in groups and levels, and what modifiers
choose among them (The X Keyboard Extension: Protocol Specification, sections 7 and 12).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from txrfb.keysyms import fromUnicode, toUnicode

__all__ = [
    "LOCK",
    "SHIFT",
    "Key",
    "KeyType",
    "Keymap",
    "Place",
    "canonical",
    "isModifier",
]

#: The modifiers that mean the same on every display.
SHIFT, LOCK = 1, 2

#: Symbols of keys that choose among others: ISO_Lock and what follows it, Mode_switch,
#: Num_Lock, Shift_L to Hyper_R.
_MODIFIERS = frozenset((*range(0xFE01, 0xFE14), 0xFF7E, 0xFF7F, *range(0xFFE1, 0xFFEF)))

#: Those that choose a level of what is printed, as Shift does: ISO_Level3_Shift,
#: ISO_Level5_Shift, Mode_switch.
_LEVEL_SHIFTS = (0xFFE1, 0xFFE2, 0xFE03, 0xFE11, 0xFF7E)


def canonical(keysym: int) -> int:
    """
    The one of all symbols that print the same character: 0xE9 for 0x10000E9, EuroSign
    for 0x10020AC.  Digits of the keypad are no digits of the main keys.
    """
    if keysym >= 0x1000000 or 0xA0 <= keysym < 0xFD00:
        character = toUnicode(keysym)
        if character is not None:
            try:
                return fromUnicode(character)
            except ValueError:
                return keysym
    return keysym


def isModifier(keysym: int) -> bool:
    """
    @return: Whether it is on keys that change what others mean.
    """
    return keysym in _MODIFIERS


@dataclass(frozen=True)
class KeyType:
    """
    How modifiers choose a level of a key.

    @ivar mods: The modifiers that do.
    @ivar levels: The level for each combination of them that is not the first, 0.
    @ivar preserved: For each combination, those of which programs still make something,
        as Caps Lock makes upper case.
    """

    mods: int = 0
    levels: Mapping[int, int] = field(default_factory=dict)
    preserved: Mapping[int, int] = field(default_factory=dict)

    def level(self, mods: int) -> int:
        """
        @return: The level while some modifiers are active.
        """
        return self.levels.get(mods & self.mods, 0)

    def spends(self, mods: int, mask: int) -> bool:
        """
        @return: Whether programs make nothing more of some modifiers when C{mask}, a
            combination of C{mods}, has chosen the level.
        """
        return not mods & ~(self.mods & ~self.preserved.get(mask, 0))

    @cached_property
    def _masks(self) -> Mapping[int, Sequence[int]]:
        masks: dict[int, list[int]] = {}
        mask = self.mods
        while True:  # all subsets
            masks.setdefault(self.level(mask), []).append(mask)
            if not mask:
                return masks
            mask = mask - 1 & self.mods

    def masks(self, level: int) -> Sequence[int]:
        """
        @return: All combinations of C{mods} that choose a level.
        """
        return self._masks.get(level, ())


@dataclass(frozen=True)
class Key:
    """
    What is on one key.

    @ivar groups: For each group its type, and the symbol of each level; 0 for none.
    @ivar info: What happens in a group that the key does not have: 0x40 the last is
        taken, 0x80 the one in bits 4 and 5, else they begin anew.
    @ivar holds: The modifiers that are active while the key is down.
    @ivar changes: Whether the key has an effect on modifiers or groups.
    """

    groups: Sequence[tuple[KeyType, Sequence[int]]] = ()
    info: int = 0
    holds: int = 0
    changes: bool = False

    def group(self, group: int) -> int:
        """
        @return: Which of its groups the key is in while the keyboard is in C{group}.
        """
        count = len(self.groups)
        if group < count or not count:
            return group
        if self.info & 0xC0 == 0x40:
            return count - 1
        if self.info & 0xC0 == 0x80:
            redirected = self.info >> 4 & 3
            return redirected if redirected < count else 0
        return group % count

    def keysym(self, mods: int, group: int) -> int:
        """
        @return: The symbol that a press means; 0 for none.
        """
        if not self.groups:
            return 0
        kind, symbols = self.groups[self.group(group)]
        level = kind.level(mods)
        return symbols[level] if level < len(symbols) else 0

    def keysyms(self) -> Iterator[tuple[int, int, int]]:
        """
        @return: All groups, levels and symbols.
        """
        for group, (_, symbols) in enumerate(self.groups):
            for level, keysym in enumerate(symbols):
                if keysym:
                    yield group, level, keysym


class Place(NamedTuple):
    """
    Where a symbol is.
    """

    keycode: int
    group: int
    level: int


class Keymap:
    """
    All keys of a keyboard.

    @ivar keys: By their key codes.
    @ivar shifts: For each modifier that chooses what is printed, a key that does so
        while it is down.
    """

    def __init__(self, keys: Mapping[int, Key]) -> None:
        """
        @param keys: By their key codes; also those with nothing on them.
        """
        self.keys = dict(keys)
        self._places: dict[int, list[Place]] = {}
        self.shifts: dict[int, int] = {}
        for keycode, key in sorted(self.keys.items()):
            for group, level, keysym in key.keysyms():
                place = Place(keycode, group, level)
                self._places.setdefault(canonical(keysym), []).append(place)
        for keysym in _LEVEL_SHIFTS:
            for place in self._places.get(keysym, ()):
                holds = self.keys[place.keycode].holds
                if place.level == 0 and holds and holds & (holds - 1) == 0:
                    self.shifts.setdefault(holds, place.keycode)

    def places(self, keysym: int) -> Sequence[Place]:
        """
        @return: Where a symbol is, or another that prints the same character.
        """
        return self._places.get(canonical(keysym), ())

    def empty(self) -> list[int]:
        """
        @return: The codes of keys on which there is nothing.
        """
        return sorted(
            keycode
            for keycode, key in self.keys.items()
            if not any(key.keysyms()) and not key.changes
        )
