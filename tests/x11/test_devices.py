# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.x11.devices}, L{txrfb.x11.xtest} and L{txrfb.x11.xinput}: requests to
bytes, and replies and events from bytes.
"""

from __future__ import annotations

import struct

from twisted.trial.unittest import SynchronousTestCase

from txrfb.x11 import devices, xinput, xtest
from txrfb.x11.wire import Extension


class DeviceTests(SynchronousTestCase):
    """
    Keyboard and pointer.
    """

    def test_queryPointer(self) -> None:
        """
        Where the pointer is on the screen.
        """
        question = devices.queryPointer(0x50D)
        self.assertEqual(question.toBytes(0).hex(), "260002000d050000")
        reply = struct.pack("<BBHIIIhhhhH", 1, 1, 0, 0, 0x50D, 0, -3, 4, 5, 6, 0)
        self.assertEqual(question.parse(reply.ljust(32, b"\0")), (True, -3, 4))

    def test_queryKeymap(self) -> None:
        """
        The keys that are down.
        """
        question = devices.queryKeymap()
        bits = bytearray(32)
        bits[6] = 0b101
        bits[31] = 0x80
        self.assertEqual(question.parse(bytes(8) + bits), {48, 50, 255})

    def test_pointerMapping(self) -> None:
        """
        Which button does what; one may do nothing.
        """
        question = devices.getPointerMapping()
        reply = struct.pack("<BBHI", 1, 5, 0, 2).ljust(32, b"\0")
        reply += bytes([3, 2, 1, 0, 1, 0, 0, 0])
        self.assertEqual(question.parse(reply), {3: 1, 2: 2, 1: 3})
        event = struct.pack("<BBHB", 34, 0, 0, 2).ljust(32, b"\0")
        self.assertTrue(devices.isPointerMapping(event))
        event = struct.pack("<BBHB", 34, 0, 0, 1).ljust(32, b"\0")
        self.assertFalse(devices.isPointerMapping(event))

    def test_autoRepeat(self) -> None:
        """
        Whether keys repeat.
        """
        self.assertTrue(devices.getKeyboardControl().parse(b"\1\1".ljust(52, b"\0")))
        self.assertFalse(devices.getKeyboardControl().parse(b"\1\0".ljust(52, b"\0")))
        self.assertEqual(
            devices.setAutoRepeat(False).toBytes(0).hex(),
            "66000300" + "80000000" + "00000000",
        )


class XTestTests(SynchronousTestCase):
    """
    What is pretended.
    """

    def test_requests(self) -> None:
        """
        Keys, buttons and motion.
        """
        rest = "0000" + "00000000" * 7
        self.assertEqual(
            xtest.fakeKey(50, True).toBytes(132).hex(), "84020900" + "0232" + rest
        )
        self.assertEqual(
            xtest.fakeKey(50, False).toBytes(132).hex(), "84020900" + "0332" + rest
        )
        self.assertEqual(
            xtest.fakeButton(9, True).toBytes(132).hex(), "84020900" + "0409" + rest
        )
        self.assertEqual(
            xtest.fakeButton(1, False).toBytes(132).hex(), "84020900" + "0501" + rest
        )
        self.assertEqual(
            xtest.fakeMotion(0x50D, 1919, 2).toBytes(132).hex(),
            "84020900"
            + "06000000"
            + "00000000"
            + "0d050000"
            + "00" * 8
            + "7f070200"
            + "00" * 8,
        )
        self.assertEqual(xtest.grabControl(True).toBytes(132).hex(), "8403020001000000")


class XInputTests(SynchronousTestCase):
    """
    Motion.
    """

    def test_rawMotion(self) -> None:
        """
        All motions are asked for, and known.
        """
        self.assertEqual(
            xinput.selectRawMotion(0x50D, True).toBytes(131).hex(),
            "832e0500" + "0d050000" + "01000000" + "01000100" + "00000200",
        )
        self.assertEqual(
            xinput.selectRawMotion(0x50D, False).toBytes(131)[-4:], bytes(4)
        )
        extension = Extension(131, 66, 129)
        for opcode, kind, expected in (
            (131, 17, True),
            (131, 6, False),
            (140, 17, False),
        ):
            event = struct.pack("<BBHIH", 35, opcode, 0, 0, kind).ljust(32, b"\0")
            self.assertEqual(xinput.isRawMotion(event, extension), expected)

    def test_version(self) -> None:
        """
        The version.
        """
        reply = struct.pack("<BBHIHH", 1, 0, 0, 0, 2, 3).ljust(32, b"\0")
        self.assertEqual(xinput.queryVersion().parse(reply), (2, 3))
