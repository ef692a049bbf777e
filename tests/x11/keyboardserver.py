# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
An X server for tests, without any socket, that has a keyboard and a pointer.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, ClassVar

from tests.x11.fake import EXTENSIONS, ROOT, FakeServer
from tests.x11.keyboards import ALPHABETIC, ONE_LEVEL, ModelDisplay, american, named
from txrfb.x11 import xinput, xkb, xtest
from txrfb.x11.keyboard import LockState, Stroke
from txrfb.x11.keymap import Key, KeyType
from txrfb.x11.spares import PutSymbol
from txrfb.x11.xkb import Event, State

KEYBOARD_EXTENSIONS = {
    **EXTENSIONS,
    xtest.NAME: (132, 0, 0),
    xkb.NAME: (135, 85, 137),
    xinput.NAME: (131, 66, 129),
}

LEAST, MOST = 8, 255


def mapReply(keys: dict[int, Key]) -> bytes:
    """
    @return: What follows the header of a reply to GetMap.
    """
    types: list[KeyType] = [KeyType(), KeyType(), ALPHABETIC]
    symbols, counts, actions = b"", b"", b""
    for keycode in range(LEAST, MOST + 1):
        key = keys.get(keycode, Key())
        numbers = []
        for kind, _ in key.groups:
            if kind not in types:
                types.append(kind)
            numbers.append(types.index(kind))
        width = max((len(one) for _, one in key.groups), default=0)
        values = [
            value
            for _, one in key.groups
            for value in [*one, *[0] * (width - len(one))]
        ]
        numbers += [0] * (4 - len(numbers))
        info = key.info & 0xF0 | len(key.groups)
        symbols += struct.pack("<4BBBH", *numbers, info, width, len(values))
        symbols += struct.pack(f"<{len(values)}I", *values)
        isAction = key.changes
        counts += bytes([isAction])
        if isAction:
            actions += struct.pack("<BBB5x", 1 if key.holds else 3, 0, key.holds)
    data = b""
    for one in types:
        levels = max([0, *one.levels.values()]) + 1
        entries = sorted(one.levels.items())
        data += struct.pack("<BBHBBBx", one.mods, 0, 0, levels, len(entries), 1)
        for mods, level in entries:
            data += struct.pack("<BBBBHxx", 1, mods, level, 0, 0)
        for mods, _ in entries:
            data += struct.pack("<BBH", one.preserved.get(mods, 0), 0, 0)
    data += symbols + counts + bytes(-len(counts) % 4) + actions
    data += bytes([50, 1, 37, 4])  # Shift_L and Control_L in the modifier map
    count = MOST - LEAST + 1
    head = struct.pack(
        "<xxBBHBBBBHBBHBBBBBBBBBBBBBxH",
        *(LEAST, MOST, 0x17, 0, len(types), len(types)),
        *(LEAST, len(symbols) // 4 & 0xFFFF, count),
        *(LEAST, len(actions) // 8, count),
        *(0, 0, 0, 0, 0, 0),
        *(LEAST, count, 2),
        *(0, 0, 0, 0),
    )
    return head + data


class KeyboardServer(FakeServer):
    """
    @ivar display: The keyboard, as it is: what was typed, what is down.
    @ivar buttons: The buttons that are down.
    @ivar events: What happened: buttons with whether they went down, and motions.
    @ivar repeats: Whether keys repeat.
    """

    def __init__(self, **options: Any) -> None:
        """
        @param options: See L{FakeServer}.
        """
        options.setdefault("extensions", tuple(KEYBOARD_EXTENSIONS))
        extensions = options["extensions"]
        super().__init__(**options)
        self.extensions = {
            name: numbers
            for name, numbers in KEYBOARD_EXTENSIONS.items()
            if name in extensions
        }
        filled = {code: named(ONE_LEVEL, "F13") for code in range(LEAST, MOST + 1)}
        self.display = ModelDisplay({**filled, **american()})
        self.buttons: set[int] = set()
        self.events: list[tuple[int, int]] = []
        self.buttonMap = bytes(range(1, 11))
        self.repeats = True
        self.isImpervious = False
        self.isWatched = False
        self.lights = 0

    def keyboardEvent(self, kind: int, body: bytes = b"") -> None:
        """
        An event of XKEYBOARD; see L{FakeServer.event}.
        """
        head = struct.pack(
            "<BBH", self.extensions[xkb.NAME][1], kind, self.sequence & 0xFFFF
        )
        self._out += (head + body).ljust(32, b"\0")

    def tellState(self) -> None:
        """
        StateNotify.
        """
        state = self.display.state
        fields = state.mods, state.base, 0, state.locked, state.group, 0, 0
        body = struct.pack("<4xxBBBBBhhB", *fields, state.lockedGroup)
        self.keyboardEvent(Event.StateNotify, body)

    def setKeys(self, keys: dict[int, Key]) -> None:
        """
        Somebody chooses another layout.
        """
        self.display.keys = dict(keys)
        self.keyboardEvent(Event.NewKeyboardNotify)
        self.keyboardEvent(Event.MapNotify, struct.pack("<6xH", 0xFF))
        self.flush()

    def _changing(self, before: State) -> None:
        if self.display.state != before:
            self.tellState()

    # -- Requests --------------------------------------------------------------------

    def fakeInput(self, request: bytes) -> None:
        """
        FakeInput.
        """
        kind, detail, _, root, x, y = struct.unpack_from(
            "<BBxxIIxxxxxxxxhh", request, 4
        )
        if kind in (2, 3):
            before = self.display.state
            self.display.act([Stroke(detail, kind == 2)])
            self._changing(before)
        elif kind in (4, 5):
            (self.buttons.add if kind == 4 else self.buttons.discard)(detail)
            self.events.append((detail, kind == 4))
        else:
            assert root == ROOT
            self.pointer = x, y
            self.events.append((x, y))

    def grabControl(self, request: bytes) -> None:
        """
        GrabControl.
        """
        self.isImpervious = bool(request[4])

    def useExtension(self, request: bytes) -> None:
        """
        UseExtension.
        """
        self.reply(struct.pack("<HH", 1, 0), 1)

    def getState(self, request: bytes) -> None:
        """
        GetState.
        """
        state = self.display.state
        fields = state.mods, state.base, state.latched, state.locked
        self.reply(struct.pack("<6B", *fields, state.group, state.lockedGroup))

    def getMap(self, request: bytes) -> None:
        """
        GetMap.
        """
        self.reply(mapReply(self.display.keys), 3)

    def setMap(self, request: bytes) -> None:
        """
        SetMap, of one key.
        """
        present, _, least, most = struct.unpack_from("<HHBB", request, 6)
        assert (present, least, most) == (2, LEAST, MOST)
        keycode, count = request[14], request[15]
        assert count == 1
        *_, info, width, total = struct.unpack_from("<4BBBH", request, 36)
        assert total == (info & 15) * width
        keysym = struct.unpack_from("<I", request, 44)[0] if total else 0
        self.display.act([PutSymbol(keycode, keysym)])
        body = bytes(6) + struct.pack("<H", 0x12) + bytes(4)
        body += bytes([keycode, 1, keycode, 1])
        self.keyboardEvent(Event.MapNotify, body)

    def latchLockState(self, request: bytes) -> None:
        """
        LatchLockState, of a group.
        """
        before = self.display.state
        if request[8]:
            self.display.act([LockState(request[9])])
        self._changing(before)

    def indicators(self, request: bytes) -> None:
        """
        GetIndicatorState.
        """
        self.reply(struct.pack("<I", self.lights))

    def namedIndicator(self, request: bytes) -> None:
        """
        GetNamedIndicator: Num Lock is the fourth, the others are not known.
        """
        (atom,) = struct.unpack_from("<I", request, 12)
        isKnown = self.atoms.get(b"Num Lock") == atom
        self.reply(struct.pack("<IBBBB", atom, isKnown, 0, 1, 3))

    def keymap(self, request: bytes) -> None:
        """
        QueryKeymap.
        """
        bits = sum(1 << code for code in self.display.down)
        self.reply(bits.to_bytes(32, "little"))

    def control(self, request: bytes) -> None:
        """
        GetKeyboardControl.
        """
        self.reply(b"", int(self.repeats))

    def changeControl(self, request: bytes) -> None:
        """
        ChangeKeyboardControl, of repetition.
        """
        mask, value = struct.unpack_from("<II", request, 4)
        assert mask == 0x80
        self.repeats = bool(value)

    def pointerMapping(self, request: bytes) -> None:
        """
        GetPointerMapping.
        """
        self.reply(bytes(24) + self.buttonMap, len(self.buttonMap))

    def inputVersion(self, request: bytes) -> None:
        """
        XIQueryVersion.
        """
        self.reply(struct.pack("<HH", 2, 0))

    def selectRaw(self, request: bytes) -> None:
        """
        XISelectEvents.
        """
        root, count, device, length, mask = struct.unpack_from("<IHxxHHI", request, 4)
        assert (root, count, device, length) == (ROOT, 1, 1, 1)
        self.isWatched = mask == 1 << 17

    def move(self, x: int, y: int) -> None:
        """
        Somebody moves the pointer in front of the display.
        """
        self.pointer = x, y
        if self.isWatched:
            head = struct.pack("<BBHIH", 35, 131, self.sequence & 0xFFFF, 0, 17)
            self._out += head.ljust(32, b"\0")
            self.flush()

    handlers: ClassVar[dict[str, Callable[[Any, bytes], None]]] = {
        **FakeServer.handlers,
        "44": keymap,
        "102": changeControl,
        "103": control,
        "117": pointerMapping,
        f"{xtest.NAME} 2": fakeInput,
        f"{xtest.NAME} 3": grabControl,
        f"{xkb.NAME} 0": useExtension,
        f"{xkb.NAME} 1": FakeServer.nothing,
        f"{xkb.NAME} 4": getState,
        f"{xkb.NAME} 5": latchLockState,
        f"{xkb.NAME} 8": getMap,
        f"{xkb.NAME} 9": setMap,
        f"{xkb.NAME} 12": indicators,
        f"{xkb.NAME} 15": namedIndicator,
        f"{xinput.NAME} 46": selectRaw,
        f"{xinput.NAME} 47": inputVersion,
    }
