# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.x11.properties}: requests to bytes, and replies and events from bytes.
"""

from __future__ import annotations

import struct

from twisted.trial.unittest import SynchronousTestCase

from txrfb.x11 import properties
from txrfb.x11.properties import Property, SelectionRequest


class RequestTests(SynchronousTestCase):
    """
    Requests.
    """

    def test_bytes(self) -> None:
        """
        What they are on the wire.
        """
        asked = SelectionRequest(7, 1, 2, 3, 4, 5)
        for request, expected in (
            (
                properties.createWindow(0x600001, 0x50D),
                "01000900" + "01006000" + "0d050000" + "ffffffff" + "01000100"
                "00000200" + "00000000" + "00080000" + "00004000",
            ),
            (properties.destroyWindow(1), "04000200" + "01000000"),
            (
                properties.changeProperty(1, 2, 3, 8, b"abcde"),
                "12000800" + "01000000" + "02000000" + "03000000" + "08000000"
                "05000000" + "6162636465000000",
            ),
            (
                properties.changeProperty(1, 2, 4, 32, b"abcdefgh"),
                "12000800" + "01000000" + "02000000" + "04000000" + "20000000"
                "02000000" + "6162636465666768",
            ),
            (properties.deleteProperty(1, 2), "13000300" + "01000000" + "02000000"),
            (
                properties.getProperty(1, 2, 1 << 20),
                "14010600" + "01000000" + "02000000" + "00000000" * 2 + "00000400",
            ),
            (
                properties.setSelectionOwner(1, 2),
                "16000400" + "01000000" + "02000000" + "00000000",
            ),
            (properties.getSelectionOwner(2), "17000200" + "02000000"),
            (
                properties.convertSelection(1, 2, 3, 4, 5),
                "18000600" + "".join(f"0{number}000000" for number in range(1, 6)),
            ),
            (
                properties.notifySelection(asked, 5),
                "19000b00" + "02000000" + "00000000" + "1f000000" + "07000000"
                "02000000" + "03000000" + "04000000" + "05000000" + "00" * 8,
            ),
        ):
            self.assertEqual(request.toBytes(0).hex(), expected, request.name)
        self.assertEqual(
            properties.selectSelectionInput(1, 2).toBytes(138).hex(),
            "8a020400" + "01000000" + "02000000" + "07000000",
        )


class ParsingTests(SynchronousTestCase):
    """
    Replies and events.
    """

    def test_getProperty(self) -> None:
        """
        A property; that there is none; and a reply that is too short.
        """
        question = properties.getProperty(1, 2, 100)
        head = struct.pack("<BBHIIII12x", 1, 16, 0, 2, 31, 9, 3)
        self.assertEqual(
            question.parse(head + b"abcdef\0\0"), Property(31, 16, b"abcdef", 9)
        )
        self.assertRaises(ValueError, question.parse, head + b"abc")
        self.assertEqual(question.parse(b"\1".ljust(32, b"\0")), Property(0, 0, b"", 0))

    def test_events(self) -> None:
        """
        Events.
        """
        event = struct.pack("<BBHIIIIIII", 87, 0, 0, 1, 2, 3, 4, 5, 0, 0)
        self.assertEqual(properties.ownerOf(event), (2, 3, 5))
        event = struct.pack("<BBHIIIIIII", 31, 0, 0, 1, 2, 3, 4, 5, 0, 0)
        self.assertEqual(properties.selectionOf(event), (3, 4, 5))
        event = struct.pack("<BBHIIIB15x", 28, 0, 0, 1, 2, 3, 1)
        self.assertEqual(properties.propertyOf(event), (1, 2, True))
        event = struct.pack("<BBHIIIIIII", 30, 0, 0, 1, 2, 3, 4, 5, 6, 0)
        self.assertEqual(
            SelectionRequest.fromEvent(event), SelectionRequest(1, 2, 3, 4, 5, 6)
        )
