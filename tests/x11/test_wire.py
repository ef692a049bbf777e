# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.x11.wire}.
"""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.pieces import cut, lengths
from tests.x11.fake import ROOT, SETUP
from txrfb.error import DisplayError
from txrfb.x11 import wire
from txrfb.x11.core import Core
from txrfb.x11.wire import CORE, PacketReader, Request, Setup, X11Error, setupRequest

#: A reply, an error, an event and one that is longer than others.
REPLY = struct.pack("<BBHI", 1, 0, 1, 2).ljust(32, b"r") + b"12345678"
ERROR = struct.pack("<BBHIHB", 0, 9, 3, 0x1234, 0, 14).ljust(32, b"\0")
EVENT = struct.pack("<BBH", 22 | 128, 0, 3).ljust(32, b"e")
GENERIC = struct.pack("<BBHI", 35, 0, 3, 1).ljust(32, b"g") + b"abcd"


class SetupTests(SynchronousTestCase):
    """
    What is said at first.
    """

    def test_recorded(self) -> None:
        """
        What an Xvfb says is understood.
        """
        setup = Setup.fromBytes(SETUP)
        self.assertEqual(setup.vendor, "The X.Org Foundation")
        self.assertEqual((setup.idBase, setup.idMask), (0x200000, 0x1FFFFF))
        self.assertEqual((setup.minKeycode, setup.maxKeycode), (8, 255))
        self.assertEqual(setup.maxRequest, wire.MAX_REQUEST)
        self.assertFalse(setup.isBigEndian)
        self.assertIn((24, 32, 32), setup.formats)
        [screen] = setup.screens
        self.assertEqual(screen[:4], (ROOT, 1920, 1080, 24))
        assert screen.visual is not None
        self.assertEqual(screen.visual[2:], (0xFF0000, 0xFF00, 0xFF))

    def test_truncated(self) -> None:
        """
        What ends before its last mask is an error, wherever.
        """
        for size in range(8, len(SETUP) - 4):
            with self.assertRaises(DisplayError):
                Setup.fromBytes(SETUP[:size])

    @given(st.binary(max_size=400))
    def test_anything(self, data: bytes) -> None:
        """
        Any bytes are a setup, or an error.
        """
        try:
            Setup.fromBytes(SETUP[:8] + data)
        except DisplayError:
            pass

    def test_request(self) -> None:
        """
        We say which byte comes first, and what we know, in whole words.
        """
        self.assertEqual(setupRequest().hex(), "6c000b000000000000000000")
        self.assertEqual(
            setupRequest(b"COOKIE", b"abcde"),
            bytes.fromhex("6c000b000000060005000000") + b"COOKIE\0\0abcde\0\0\0",
        )

    def test_refused(self) -> None:
        """
        The reason of a server that refuses is in the error.
        """
        for head, reason in (
            (struct.pack("<BBHHH", 0, 5, 11, 0, 2), b"No no\0\0\0"),
            (struct.pack("<BxxxxxH", 2, 2), b"No no\n\0\0"),
        ):
            reader = PacketReader()
            with self.assertRaisesRegex(DisplayError, "refuses: No no$"):
                list(reader.receive(head + reason))

    def test_noX(self) -> None:
        """
        A server of something else is recognized.
        """
        with self.assertRaisesRegex(DisplayError, "no X server"):
            list(PacketReader().receive(b"RFB 003.008\n"))


class PacketReaderTests(SynchronousTestCase):
    """
    Bytes to packets.
    """

    def read(self, data: bytes, pieces: list[int]) -> list[bytes]:
        """
        @return: The packets after the setup.
        """
        reader = PacketReader()
        found = []
        for piece in cut(SETUP + data, pieces):
            found += list(reader.receive(piece))
        self.assertIsNotNone(reader.setup)
        return found

    @given(st.lists(st.sampled_from([REPLY, ERROR, EVENT, GENERIC])), lengths)
    def test_pieces(self, packets: list[bytes], pieces: list[int]) -> None:
        """
        Packets are found, in whatever pieces they arrive.
        """
        self.assertEqual(self.read(b"".join(packets), pieces), packets)

    @given(st.binary(max_size=300), lengths)
    def test_anything(self, data: bytes, pieces: list[int]) -> None:
        """
        Any bytes are packets, the beginning of one, or an error.
        """
        try:
            found = b"".join(self.read(data, pieces))
        except DisplayError:
            return
        self.assertTrue(data.startswith(found))

    def test_tooLong(self) -> None:
        """
        A length that is too long is refused before its bytes come.
        """
        head = struct.pack("<BBHI", 1, 0, 1, wire.MAX_PACKET // 4).ljust(32, b"\0")
        with self.assertRaisesRegex(DisplayError, "at once"):
            self.read(head, [64])


class RequestTests(SynchronousTestCase):
    """
    Requests, and errors of them.
    """

    def test_core(self) -> None:
        """
        A request of the core protocol has its opcode first.
        """
        request = Request(CORE, Core.GetImage, b"12345", 2)
        self.assertEqual(request.toBytes(99).hex(), "49020300" + "3132333435000000")
        self.assertEqual(request.name, "GetImage")

    def test_extension(self) -> None:
        """
        One of an extension has that of the extension, and its own second.
        """
        request = Request("GEOM", Core.GetGeometry, b"1234")
        self.assertEqual(request.toBytes(130).hex(), "820e0200" + "31323334")
        self.assertEqual(request.name, "GEOM GetGeometry")

    def test_tooLong(self) -> None:
        """
        A request that is longer than its length can say is refused.
        """
        self.assertEqual(
            len(Request(CORE, Core.PutImage, bytes(65534 * 4)).toBytes(0)), 65535 * 4
        )
        with self.assertRaisesRegex(ValueError, "262144 bytes"):
            Request(CORE, Core.PutImage, bytes(65535 * 4))

    def test_error(self) -> None:
        """
        An error says what it is, of what, and of which request.
        """
        error = X11Error(ERROR, "GetGeometry")
        self.assertEqual(str(error), "BadDrawable (0x1234) in GetGeometry")
        self.assertEqual((error.code, error.major, error.value), (9, 14, 0x1234))
        unknown = X11Error(bytes([0, 200]).ljust(32, b"\0"))
        self.assertEqual(str(unknown), "error 200 (0x0) in request 0.0")
