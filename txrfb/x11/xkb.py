# -*- test-case-name: tests.x11.test_xkb -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Requests and events of the XKEYBOARD extension ("The X Keyboard Extension: Protocol
Specification", section 16 and its appendix D): what is on the keys, modifiers and
groups, lights, the bell.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import NamedTuple

from txrfb.x11.keymap import Key, Keymap, KeyType
from txrfb.x11.wire import Packet, Question, Request

__all__ = ["NAME", "Event", "State", "Xkb"]

#: The name of the extension.
NAME = "XKEYBOARD"

#: The keyboard that belongs to the display's pointer (XkbUseCoreKbd).
_CORE = 0x100

#: The lights of that keyboard (XkbDfltXIClass, XkbDfltXIId).
_ANY, _ANY_ID = 0x300, 0x400

#: Parts of a map: KeyTypes, KeySyms, ModifierMap, KeyActions.
_TYPES, _SYMBOLS, _MODIFIERS, _ACTIONS = 1, 2, 4, 0x10
_VIRTUAL_MODIFIERS = 0x40

#: Those of single keys, as a MapNotify has them: KeySyms, KeyActions, KeyBehaviors,
#: ExplicitComponents, ModifierMap, VirtualModMap.
_KEY_PARTS = _SYMBOLS, _ACTIONS, 0x20, 8, _MODIFIERS, 0x80

#: Actions of keys: SetMods, LatchMods, LockMods, SetGroup, LatchGroup, LockGroup.
_SET_MODS, _LAST_CHANGE = 1, 6

#: A flag of SetMap: actions that follow from the symbols are found anew.
_RECOMPUTE_ACTIONS = 2

#: The type that every display has for a lower and an upper letter; it is spent on Shift
#: and Caps Lock.
_ALPHABETIC = 2

_MAP_REPLY = struct.Struct("<8xxxBBHBBBBHBBHBBBBBBBBBBBBBxH")
_SET_MAP = struct.Struct("<HHHBBBBBBHBBHBBBBBBBBBBBBH")
_KEY = struct.Struct("<4BBBH")


class Xkb(IntEnum):
    """
    The minor opcodes.
    """

    UseExtension = 0
    SelectEvents = 1
    Bell = 3
    GetState = 4
    LatchLockState = 5
    GetMap = 8
    SetMap = 9
    GetIndicatorState = 12
    GetNamedIndicator = 15


class Event(IntEnum):
    """
    What the second byte of the extension's only event says.
    """

    NewKeyboardNotify = 0
    MapNotify = 1
    StateNotify = 2
    IndicatorStateNotify = 4
    BellNotify = 8


class State(NamedTuple):
    """
    The modifiers and the group of a keyboard (section 2).

    @ivar base: The modifiers of keys that are down.
    @ivar latched: Those that are kept for the next key.
    @ivar locked: Those that stay, such as Caps Lock.
    @ivar group: The group in effect.
    @ivar lockedGroup: The part of it that stays.
    """

    base: int = 0
    latched: int = 0
    locked: int = 0
    group: int = 0
    lockedGroup: int = 0

    @property
    def mods(self) -> int:
        """
        The modifiers in effect.
        """
        return self.base | self.latched | self.locked


def useExtension() -> Question[bool]:
    """
    Ask whether this version can be used, which must be done before all else.
    """

    def parse(packet: Packet) -> bool:
        return bool(packet[1])

    return Question(NAME, Xkb.UseExtension, parse, struct.pack("<HH", 1, 0))


def selectEvents() -> Request:
    """
    Be told when keys, modifiers, the group and lights change, and when the bell rings.
    """
    whole = 1 << Event.NewKeyboardNotify | 1 << Event.MapNotify
    whole |= 1 << Event.IndicatorStateNotify | 1 << Event.BellNotify
    body = struct.pack(
        "<HHHHHHHH",
        _CORE,
        whole | 1 << Event.StateNotify,
        0,
        whole,
        0xFF,  # of maps, all parts
        0xFF,
        0x3FFF,  # of the state, modifiers and groups; not buttons
        0xFF,
    )
    return Request(NAME, Xkb.SelectEvents, body)


def getState() -> Question[State]:
    """
    Ask for the modifiers and the group.
    """

    def parse(packet: Packet) -> State:
        return State(*struct.unpack_from("<9xBBBBB", packet))

    return Question(NAME, Xkb.GetState, parse, struct.pack("<Hxx", _CORE))


def stateOf(event: Packet) -> State:
    """
    @param event: A StateNotify.

    @return: What it says.
    """
    base, latched, locked, group, _, _, lockedGroup = struct.unpack_from(
        "<10xBBBBhhB", event
    )
    return State(base, latched, locked, group, lockedGroup)


def latchLockState(mods: int, locked: int, group: int | None) -> Request:
    """
    Lock or unlock modifiers, or a group.

    @param mods: Which modifiers.

    @param locked: Those of them that shall be locked.

    @param group: The group; C{None} if it stays.
    """
    body = struct.pack(
        "<HBBBBBBxBh", _CORE, mods, locked, group is not None, group or 0, 0, 0, 0, 0
    )
    return Request(NAME, Xkb.LatchLockState, body)


def getIndicatorState() -> Question[int]:
    """
    Ask which lights are on, a bit each.
    """

    def parse(packet: Packet) -> int:
        (state,) = struct.unpack_from("<I", packet, 8)
        return int(state)

    return Question(NAME, Xkb.GetIndicatorState, parse, struct.pack("<Hxx", _CORE))


def getNamedIndicator(name: int) -> Question[int | None]:
    """
    Ask for the number of a light.

    @param name: The atom of its name.

    @return: What is answered with the number of its bit; with C{None} if there is no
        such light.
    """

    def parse(packet: Packet) -> int | None:
        number = packet[15]
        return number if packet[12] and number < 32 else None

    body = struct.pack("<HHHxxI", _CORE, _ANY, _ANY_ID, name)
    return Question(NAME, Xkb.GetNamedIndicator, parse, body)


def indicatorsOf(event: Packet) -> int:
    """
    @param event: An IndicatorStateNotify.

    @return: Which lights are on.
    """
    (state,) = struct.unpack_from("<I", event, 12)
    return int(state)


def keysOf(event: Packet) -> range | None:
    """
    @param event: A MapNotify.

    @return: The key codes of which something has changed; C{None} if it is more than
        these.
    """
    (changed,) = struct.unpack_from("<H", event, 10)
    if changed & (_TYPES | _VIRTUAL_MODIFIERS):
        return None
    spans = []
    for number, part in enumerate(_KEY_PARTS):
        first, count = event[16 + 2 * number : 18 + 2 * number]
        if changed & part and count:
            spans.append((first, first + count))
    if not spans:
        return range(0)
    return range(min(first for first, _ in spans), max(end for _, end in spans))


def getMap() -> Question[Keymap]:
    """
    Ask for what is on all keys.
    """
    parts = _TYPES | _SYMBOLS | _ACTIONS | _MODIFIERS
    body = struct.pack("<HHH18x", _CORE, parts, 0)
    return Question(NAME, Xkb.GetMap, _parseMap, body)


def setKey(keycode: int, keysym: int, keycodes: tuple[int, int]) -> Request:
    """
    Put one symbol on a key, or nothing.

    It is there for Shift and for Caps Lock as it is without them: the type of letters
    is spent on these, so nobody makes it upper case, as would be done with a key that
    has one level.

    @param keysym: The symbol; 0 for nothing.

    @param keycodes: The least and the largest key code of the display.
    """
    key = bytes(8)
    symbols = b""
    if keysym:
        key = _KEY.pack(_ALPHABETIC, 0, 0, 0, 1, 2, 2)
        symbols = struct.pack("<II", keysym, keysym)
    head = _SET_MAP.pack(
        _CORE,
        _SYMBOLS,
        _RECOMPUTE_ACTIONS,
        *keycodes,
        *(0, 0),  # types
        *(keycode, 1, len(symbols) // 4),
        *(0, 0, 0),  # actions
        *(0, 0, 0),  # behaviors
        *(0, 0, 0),  # explicit parts
        *(0, 0, 0),  # modifiers
        *(0, 0, 0),  # virtual modifiers
        0,
    )
    return Request(NAME, Xkb.SetMap, head + key + symbols)


class _Types:
    """
    What a map has of the types of keys, and where its next part begins.
    """

    def __init__(self, packet: Packet, at: int, count: int) -> None:
        self.types: list[KeyType] = []
        for _ in range(count):
            mods, _, _, _, entries, hasPreserve = struct.unpack_from(
                "<BBHBBB", packet, at
            )
            at += 8
            levels = {}
            masks = []
            for _ in range(entries):
                isActive, mask, level = struct.unpack_from("<BBB", packet, at)
                at += 8
                masks.append(mask if isActive else -1)
                if isActive and level:
                    levels[mask] = level
            preserved = {}
            if hasPreserve:
                for mask in masks:
                    if mask >= 0 and packet[at]:
                        preserved[mask] = packet[at]
                    at += 4
            self.types.append(KeyType(mods, levels, preserved))
        self.end = at


def _parseMap(packet: Packet) -> Keymap:
    fields = _MAP_REPLY.unpack_from(packet)
    least, most, present, _, typeCount = fields[:5]
    firstSymbols, _, symbolCount, firstActions, _, actionCount = fields[6:12]
    modifierTotal = fields[20]
    if most < least or present & ~(_TYPES | _SYMBOLS | _ACTIONS | _MODIFIERS):
        raise ValueError(f"a map of parts {present:#x}, keys {least} to {most}")
    at = 40
    types: list[KeyType] = []
    if present & _TYPES:
        read = _Types(packet, at, typeCount)
        types, at = read.types, read.end
    groups: dict[int, tuple[list[tuple[KeyType, tuple[int, ...]]], int]] = {}
    for keycode in range(firstSymbols, firstSymbols + symbolCount):
        *kinds, info, width, count = _KEY.unpack_from(packet, at)
        at += 8
        symbols = struct.unpack_from(f"<{count}I", packet, at)
        at += 4 * count
        groupCount = min(info & 15, 4)
        groups[keycode] = (
            [
                (types[kinds[group]], symbols[group * width : (group + 1) * width])
                for group in range(groupCount)
            ],
            info,
        )
    holds: dict[int, int] = {}
    changes: set[int] = set()
    if present & _ACTIONS:
        counts = packet[at : at + actionCount]
        at += actionCount + (-actionCount % 4)
        for keycode, count in enumerate(counts, firstActions):
            for number in range(count):
                kind, _, mods = struct.unpack_from("<BBB", packet, at)
                at += 8
                if 1 <= kind <= _LAST_CHANGE:
                    changes.add(keycode)
                if kind == _SET_MODS and not number:
                    holds[keycode] = mods
    if present & _MODIFIERS:
        for keycode, _ in struct.iter_unpack(
            "<BB", packet[at : at + 2 * modifierTotal]
        ):
            changes.add(keycode)
    keys = {}
    for keycode in range(least, most + 1):
        found, info = groups.get(keycode, ([], 0))
        keys[keycode] = Key(found, info, holds.get(keycode, 0), keycode in changes)
    return Keymap(keys)
