# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.x11.xkb}.
"""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.x11.keyboards import FOUR_LEVEL, american, keysyms
from tests.x11.keyboardserver import LEAST, MOST, mapReply
from txrfb.x11 import xkb
from txrfb.x11.keymap import Key, Keymap, KeyType
from txrfb.x11.xkb import Event, State


def parsed(body: bytes) -> Keymap:
    """
    @return: What a reply to GetMap says.
    """
    return xkb.getMap().parse(struct.pack("<BBHI", 1, 3, 0, 0) + body)


class MapTests(SynchronousTestCase):
    """
    What is on the keys.
    """

    def test_parse(self) -> None:
        """
        Keys, types, groups and what keys do to modifiers are as the display has them.
        """
        keys = american()
        keys[110] = Key(
            ((FOUR_LEVEL, keysyms("aA@ ")), (KeyType(), keysyms("ф"))), 0x42
        )
        keymap = parsed(mapReply(keys))
        self.assertEqual(list(keymap.keys), list(range(LEAST, MOST + 1)))
        for keycode, key in keys.items():
            found = keymap.keys[keycode]
            for group, (kind, symbols) in enumerate(key.groups):
                self.assertEqual(found.groups[group][0], kind)
                self.assertEqual(
                    [one for one in found.groups[group][1] if one], list(symbols)
                )
            self.assertEqual(found.holds, key.holds)
            self.assertEqual(found.changes, key.changes)
            self.assertEqual(found.info & 0xF0, key.info & 0xF0)

    @given(st.integers(0, 3000), st.integers(0, 3000), st.binary(max_size=4))
    def test_wrong(self, size: int, at: int, other: bytes) -> None:
        """
        A reply that is too short, or wrong, is nothing worse than that.
        """
        body = bytearray(mapReply(american())[:size])
        body[at : at + len(other)] = other
        try:
            keymap = parsed(bytes(body))
        except (ValueError, IndexError, struct.error):
            return
        self.assertIsInstance(keymap, Keymap)

    def test_setKey(self) -> None:
        """
        A symbol is the same with Shift and without it.
        """
        request = xkb.setKey(200, 0x1006F22, (8, 255))
        data = request.toBytes(135)
        self.assertEqual(
            data.hex(),
            "87090d00"
            + "0001"
            + "0200"
            + "0200"
            + "08ff"
            + "0000"
            + "c8010200"
            + "00" * 18
            + "02000000"
            + "01"
            + "02"
            + "0200"
            + "226f0001" * 2,
        )
        nothing = xkb.setKey(200, 0, (8, 255)).toBytes(135)
        self.assertEqual(nothing[14:18].hex(), "c8010000")
        self.assertEqual(nothing[36:], bytes(8))

    def test_keysOf(self) -> None:
        """
        An event says which keys have changed, if it is no more than keys.
        """

        def event(changed: int, *spans: int) -> bytes:
            head = struct.pack("<BBHIBBH4x", 85, 1, 0, 0, 3, 0, changed)
            return (head + bytes(spans)).ljust(32, b"\0")

        self.assertEqual(xkb.keysOf(event(2, 200, 1)), range(200, 201))
        self.assertEqual(xkb.keysOf(event(0x12, 200, 1, 198, 2)), range(198, 201))
        self.assertEqual(xkb.keysOf(event(0x10, 9, 9, 198, 2)), range(198, 200))
        self.assertEqual(xkb.keysOf(event(0x04, *[0] * 8, 37, 3)), range(37, 40))
        self.assertEqual(xkb.keysOf(event(0)), range(0))
        self.assertIsNone(xkb.keysOf(event(3, 200, 1)))
        self.assertIsNone(xkb.keysOf(event(0x42, 200, 1)))


class StateTests(SynchronousTestCase):
    """
    Modifiers and groups.
    """

    def test_getState(self) -> None:
        """
        The state as it is asked for, and as an event has it.
        """
        expected = State(1, 0x80, 2, 1, 3)
        self.assertEqual(expected.mods, 0x83)
        reply = struct.pack("<BBHI6Bhh", 1, 3, 0, 0, 0x83, 1, 0x80, 2, 1, 3, 0, 0)
        self.assertEqual(xkb.getState().parse(reply.ljust(32, b"\0")), expected)
        event = struct.pack(
            "<BBHIBBBBBBhhB",
            85,
            Event.StateNotify,
            0,
            0,
            3,
            0x83,
            1,
            0x80,
            2,
            1,
            0,
            -2,
            3,
        )
        self.assertEqual(xkb.stateOf(event.ljust(32, b"\0")), expected)

    def test_latchLockState(self) -> None:
        """
        A group is locked, and no modifier.
        """
        self.assertEqual(
            xkb.latchLockState(0, 0, 2).toBytes(135).hex(),
            "87050400" + "0001" + "0000" + "0102" + "0000" + "0000" + "0000",
        )
        self.assertEqual(
            xkb.latchLockState(0x12, 2, None).toBytes(135).hex(),
            "87050400" + "0001" + "1202" + "0000" + "0000" + "0000" + "0000",
        )

    def test_selectEvents(self) -> None:
        """
        Of everything about the state but buttons, and of the whole map.
        """
        self.assertEqual(
            xkb.selectEvents().toBytes(135).hex(),
            "87010500"
            + "0001"
            + "1701"
            + "0000"
            + "1301"
            + "ff00" * 2
            + "ff3f"
            + "ff00",
        )
