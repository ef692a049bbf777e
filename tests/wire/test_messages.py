# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._wire.messages}.
"""

from __future__ import annotations

import struct
from collections.abc import Generator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.codec import FORMATS
from tests.pieces import lengths, parsed
from txrfb._wire.messages import (
    CLIENT_MESSAGES,
    SERVER_MESSAGES,
    Bell,
    ClientCutText,
    FramebufferUpdate,
    FramebufferUpdateRequest,
    KeyEvent,
    Limits,
    PointerEvent,
    RectangleHeader,
    ServerCutText,
    ServerInit,
    SetColorMapEntries,
    SetEncodings,
    SetPixelFormat,
)
from txrfb._wire.stepper import Stepper
from txrfb.error import PixelFormatError, ProtocolError
from txrfb.geometry import Rectangle
from txrfb.pixels import NATIVE

u8 = st.integers(0, 255)
u16 = st.integers(0, 65535)
u32 = st.integers(0, (1 << 32) - 1)
s32 = st.integers(-(1 << 31), (1 << 31) - 1)
rectangles = st.builds(Rectangle, u16, u16, u16, u16)
formats = st.sampled_from(list(FORMATS.values()))

clientMessages: st.SearchStrategy[Any] = st.one_of(
    st.builds(SetPixelFormat, formats),
    st.builds(SetEncodings, st.lists(s32, max_size=40).map(tuple)),
    st.builds(FramebufferUpdateRequest, st.booleans(), rectangles),
    st.builds(KeyEvent, st.booleans(), u32),
    st.builds(PointerEvent, u8, u16, u16),
    st.builds(ClientCutText, st.binary(max_size=60)),
)
serverMessages: st.SearchStrategy[Any] = st.one_of(
    st.builds(FramebufferUpdate, u16),
    st.builds(
        SetColorMapEntries,
        u16,
        st.lists(st.tuples(u16, u16, u16), max_size=20).map(tuple),
    ),
    st.builds(Bell),
    st.builds(ServerCutText, st.binary(max_size=60)),
)
LIMITS = Limits()


def read(message: Any, data: bytes, pieces: list[int] | None = None) -> Any:
    """
    @return: The message that its class makes of bytes.
    """
    assert data[0] == message.type
    return parsed(type(message).parse(LIMITS), data[1:], pieces)


class RoundTripTests(SynchronousTestCase):
    """
    A message is the same on the other side.
    """

    @settings(max_examples=100, deadline=None)
    @given(clientMessages, lengths)
    def test_clientMessages(self, message: Any, pieces: list[int]) -> None:
        """
        What a viewer says.
        """
        data = message.toBytes()
        self.assertIs(CLIENT_MESSAGES[data[0]], type(message))
        self.assertEqual(message.size, len(data))
        if data[1:]:
            self.assertEqual(read(message, data, pieces), message)

    @settings(max_examples=60, deadline=None)
    @given(serverMessages, lengths)
    def test_serverMessages(self, message: Any, pieces: list[int]) -> None:
        """
        What a server says.
        """
        data = message.toBytes()
        self.assertIs(SERVER_MESSAGES[data[0]], type(message))
        if data[1:]:
            self.assertEqual(read(message, data, pieces), message)

    @settings(max_examples=40, deadline=None)
    @given(rectangles, s32)
    def test_rectangleHeader(self, rectangle: Rectangle, encoding: int) -> None:
        """
        What stands before a rectangle.
        """
        header = RectangleHeader(rectangle, encoding)
        self.assertEqual(parsed(RectangleHeader.parse(), header.toBytes()), header)

    @settings(max_examples=40, deadline=None)
    @given(u16, u16, formats, st.text(max_size=40), lengths)
    def test_serverInit(
        self, width: int, height: int, format: Any, name: str, pieces: list[int]
    ) -> None:
        """
        The screen, as the viewer first hears of it; with any name, in UTF-8.
        """
        message = ServerInit(width, height, format, name)
        found = parsed(ServerInit.parse(LIMITS), message.toBytes(), pieces)
        name = name.encode("utf-8", "replace").decode("utf-8")
        self.assertEqual(found, ServerInit(width, height, format, name))


class BytesTests(SynchronousTestCase):
    """
    Messages are what RFC 6143 says they are.
    """

    def test_setPixelFormat(self) -> None:
        """
        Section 7.5.1.
        """
        data = b"\0\0\0\0" + struct.pack(
            ">BBBBHHHBBBxxx", 32, 24, 0, 1, 255, 255, 255, 16, 8, 0
        )
        self.assertEqual(SetPixelFormat(NATIVE).toBytes(), data)

    def test_setEncodings(self) -> None:
        """
        Section 7.5.2.
        """
        data = SetEncodings((16, -239)).toBytes()
        self.assertEqual(data, b"\2\0\0\2" + b"\0\0\0\x10" + b"\xff\xff\xff\x11")

    def test_framebufferUpdateRequest(self) -> None:
        """
        Section 7.5.3; any byte but zero means incremental.
        """
        message = FramebufferUpdateRequest(True, Rectangle(1, 2, 3, 4))
        data = b"\3\1\0\1\0\2\0\3\0\4"
        self.assertEqual(message.toBytes(), data)
        self.assertEqual(read(message, data[:1] + b"\7" + data[2:]), message)

    def test_keyEvent(self) -> None:
        """
        Section 7.5.4.
        """
        data = b"\4\1\0\0\0\0\xff\x0d"
        self.assertEqual(KeyEvent(True, 0xFF0D).toBytes(), data)

    def test_pointerEvent(self) -> None:
        """
        Section 7.5.5.
        """
        self.assertEqual(PointerEvent(5, 258, 3).toBytes(), b"\5\5\1\2\0\3")

    def test_cutTexts(self) -> None:
        """
        Sections 7.5.6 and 7.6.4.
        """
        rest = b"\0\0\0\0\0\0\2hi"
        self.assertEqual(ClientCutText(b"hi").toBytes(), b"\6" + rest)
        self.assertEqual(ServerCutText(b"hi").toBytes(), b"\3" + rest)

    def test_setColorMapEntries(self) -> None:
        """
        Section 7.6.2.
        """
        message = SetColorMapEntries(2, ((1, 2, 3),))
        self.assertEqual(message.toBytes(), b"\1\0\0\2\0\1\0\1\0\2\0\3")

    def test_bell(self) -> None:
        """
        Section 7.6.3: one byte, and nothing follows.
        """
        self.assertEqual(Bell().toBytes(), b"\2")
        found: list[Any] = []

        def parse() -> Generator[int, bytes, None]:
            found.append((yield from Bell.parse(LIMITS)))

        Stepper(parse())
        self.assertEqual(found, [Bell()])

    def test_framebufferUpdate(self) -> None:
        """
        Section 7.6.1.
        """
        self.assertEqual(FramebufferUpdate(258).toBytes(), b"\0\0\1\2")
        header = RectangleHeader(Rectangle(1, 2, 3, 4), -224)
        self.assertEqual(header.toBytes(), b"\0\1\0\2\0\3\0\4\xff\xff\xff\x20")


class LimitTests(SynchronousTestCase):
    """
    What is too long is never held.
    """

    def most(self, parser: Generator[int, bytes, Any], data: bytes) -> int:
        """
        @return: The most bytes that the parser asks for at a time.
        """
        most = at = 0
        try:
            size = next(parser)
            while True:
                most = max(most, size)
                piece = data[at : at + size].ljust(size, b"\0")
                at += size
                size = parser.send(piece)
        except StopIteration:
            return most

    def test_cutText(self) -> None:
        """
        What is beyond the limit of a cut text is skipped, in pieces.
        """
        limits = Limits(cutText=10)
        body = b"\0\0\0" + (1 << 20).to_bytes(4, "big")
        data = body + b"0123456789" + bytes((1 << 20) - 10)
        for kind in (ClientCutText, ServerCutText):
            message = parsed(kind.parse(limits), data, [5000])
            self.assertEqual(message.text, b"0123456789")
            self.assertEqual(message.dropped, (1 << 20) - 10)
            self.assertLessEqual(self.most(kind.parse(limits), body), 4096)
        self.assertEqual(ClientCutText(b"ab", 7).size, 17)

    def test_cutTextOfTheUsualSize(self) -> None:
        """
        By default a mebibyte is kept.
        """
        data = ClientCutText(bytes(1 << 20)).toBytes()[1:]
        message = parsed(ClientCutText.parse(Limits()), data, [1 << 16])
        self.assertEqual((len(message.text), message.dropped), (1 << 20, 0))

    def test_negativeCutText(self) -> None:
        """
        A negative length means the extended clipboard, and nothing where that was
        not announced.
        """
        for length in (b"\xff\xff\xff\xff", b"\x80\0\0\0"):
            with self.assertRaises(ProtocolError) as caught:
                parsed(ClientCutText.parse(LIMITS), b"\0\0\0" + length)
            number = int.from_bytes(length, "big", signed=True)
            self.assertIn(f"length {number}", str(caught.exception))

    def test_encodings(self) -> None:
        """
        Of a list that is too long the first encodings are kept, in order.
        """
        sent = tuple(range(100, 170))
        message = parsed(
            SetEncodings.parse(Limits(encodings=50)), SetEncodings(sent).toBytes()[1:]
        )
        self.assertEqual(message, SetEncodings(sent[:50], 20))
        self.assertEqual(message.size, 4 + 70 * 4)

    def test_theLongestListOfEncodings(self) -> None:
        """
        65535 encodings are read in small pieces.
        """
        limits = Limits(encodings=16)
        most = self.most(SetEncodings.parse(limits), b"\0\xff\xff")
        self.assertLessEqual(most, 4096)

    def test_name(self) -> None:
        """
        A server's name that is too long ends the connection.
        """
        data = ServerInit(1, 1, NATIVE, "12345").toBytes()
        self.assertEqual(parsed(ServerInit.parse(Limits(name=5)), data).name, "12345")
        with self.assertRaises(ProtocolError):
            parsed(ServerInit.parse(Limits(name=4)), data)

    def test_illegalFormats(self) -> None:
        """
        A pixel format that the specification does not allow is an error, on both
        sides.
        """
        format = NATIVE._replace(bitsPerPixel=24)
        with self.assertRaises(PixelFormatError):
            parsed(SetPixelFormat.parse(LIMITS), SetPixelFormat(format).toBytes()[1:])
        with self.assertRaises(PixelFormatError):
            parsed(ServerInit.parse(LIMITS), ServerInit(1, 1, format, "").toBytes())
