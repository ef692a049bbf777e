# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._wire.messages.extensions}.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.pieces import lengths, parsed
from txrfb._wire.messages import Limits, PointerEvent
from txrfb._wire.messages.clipboard import (
    AnyClientCutText,
    AnyServerCutText,
    CutTextPiece,
    ExtendedCutText,
    piecesOf,
)
from txrfb._wire.messages.extensions import (
    BLOCK_AFTER,
    BLOCK_BEFORE,
    EXTENSIONS,
    REQUEST,
    SERVER_EXTENSIONS,
    SYNC_NEXT,
    AudioFormat,
    AudioMessage,
    AudioRequest,
    EnableContinuousUpdates,
    EndOfContinuousUpdates,
    ExtendedKeyEvent,
    ExtendedPointerEvent,
    Fence,
    QemuMessage,
    SetDesktopSize,
    Xvp,
)
from txrfb._wire.stepper import Stepper
from txrfb.error import ProtocolError
from txrfb.geometry import Rectangle, Screen

u8 = st.integers(0, 255)
u16 = st.integers(0, 65535)
u32 = st.integers(0, (1 << 32) - 1)
screens = st.builds(Screen, u32, u16, u16, u16, u16, u32)
formats = st.builds(
    AudioFormat, st.integers(0, 5), st.integers(1, 2), st.integers(1000, 192000)
)
LIMITS = Limits()

viewersMessages: st.SearchStrategy[Any] = st.one_of(
    st.builds(
        EnableContinuousUpdates,
        st.booleans(),
        st.builds(Rectangle, u16, u16, u16, u16),
    ),
    st.builds(Fence, u32, st.binary(max_size=64)),
    st.builds(SetDesktopSize, u16, u16, st.lists(screens, max_size=8).map(tuple)),
    st.builds(Xvp, u8, u8),
    st.builds(
        ExtendedKeyEvent, st.booleans(), u32, u32.filter(lambda code: code != 0xB7)
    ),
    st.builds(AudioRequest, st.booleans()),
    st.builds(AudioRequest, st.none(), formats),
)
serversMessages: st.SearchStrategy[Any] = st.one_of(
    st.builds(EndOfContinuousUpdates),
    st.builds(Fence, u32, st.binary(max_size=64)),
    st.builds(Xvp, u8, u8),
    st.builds(AudioMessage, st.integers(0, 1)),
    st.builds(AudioMessage, st.just(2), st.binary(max_size=60)),
)


def refused(test: SynchronousTestCase, kind: Any, data: bytes) -> str:
    """
    @return: Why a parser does not go on, which has taken nothing more.
    """
    stepper = Stepper(kind.parse(LIMITS))
    error = test.assertRaises(ProtocolError, stepper.feed, data)
    return str(error)


class RoundTripTests(SynchronousTestCase):
    """
    A message is the same on the other side.
    """

    @settings(max_examples=120, deadline=None)
    @given(viewersMessages, lengths)
    def test_viewersMessages(self, message: Any, pieces: list[int]) -> None:
        """
        What a viewer says.
        """
        data = message.toBytes()
        self.assertEqual(message.size, len(data))
        kind = EXTENSIONS[data[0]]
        self.assertEqual(parsed(kind.parse(LIMITS), data[1:], pieces), message)

    @settings(max_examples=80, deadline=None)
    @given(serversMessages, lengths)
    def test_serversMessages(self, message: Any, pieces: list[int]) -> None:
        """
        What a server says.
        """
        data = message.toBytes()
        kind = SERVER_EXTENSIONS[data[0]]
        if data[1:]:
            self.assertEqual(parsed(kind.parse(LIMITS), data[1:], pieces), message)
        else:
            self.assertRaises(StopIteration, next, kind.parse(LIMITS))

    @settings(max_examples=60, deadline=None)
    @given(st.integers(0, 0x1FF), st.integers(0, 0x3F), u16, u16)
    def test_manyButtons(self, buttons: int, others: int, x: int, y: int) -> None:
        """
        A pointer with nine buttons, and with bits that are reserved, which nobody gets
        to see.
        """
        message = PointerEvent(buttons, x, y, True)
        data = PointerEvent(buttons | others << 9, x, y, True).toBytes()
        self.assertEqual((len(data), message.size), (7, 7))
        self.assertEqual(parsed(ExtendedPointerEvent.parse(LIMITS), data[1:]), message)

    @settings(max_examples=60, deadline=None)
    @given(st.binary(min_size=4, max_size=40), st.booleans(), lengths)
    def test_extendedCutText(
        self, data: bytes, provides: bool, pieces: list[int]
    ) -> None:
        """
        A cut text of negative length, from both sides: what provides something comes
        in pieces, all else whole.
        """
        first = 0x10 if provides else data[0] & 0xEF
        message = ExtendedCutText(bytes((first,)) + data[1:])
        sent = message.toBytes()
        self.assertEqual(len(sent), message.size)
        for kind in (AnyClientCutText, AnyServerCutText):
            found: list[CutTextPiece] = []

            def parse(kind: Any = kind, found: Any = found) -> Any:
                head = yield from kind.parse(LIMITS)
                yield from piecesOf(head, found.append)
                return head

            head = parsed(parse(), sent[1:], pieces)
            self.assertEqual(head.size, message.size)
            self.assertEqual(
                head.data + b"".join(piece.data for piece in found), message.data
            )
            self.assertEqual([one.isLast for one in found[-1:]], [True] * bool(found))


class BytesTests(SynchronousTestCase):
    """
    Messages are what rfbproto says they are.
    """

    def test_enableContinuousUpdates(self) -> None:
        """
        EnableContinuousUpdates; anything but zero enables.
        """
        message = EnableContinuousUpdates(True, Rectangle(1, 2, 0x300, 4))
        data = bytes.fromhex("96 01 0001 0002 0300 0004")
        self.assertEqual(message.toBytes(), data)
        found = parsed(EnableContinuousUpdates.parse(LIMITS), b"\xff" + data[2:])
        self.assertEqual(found, message)

    def test_endOfContinuousUpdates(self) -> None:
        """
        EndOfContinuousUpdates.
        """
        self.assertEqual(EndOfContinuousUpdates().toBytes(), b"\x96")

    def test_fence(self) -> None:
        """
        ClientFence and ServerFence.
        """
        self.assertEqual((BLOCK_BEFORE, BLOCK_AFTER, SYNC_NEXT), (1, 2, 4))
        self.assertEqual(
            Fence(REQUEST | SYNC_NEXT, b"abc").toBytes(),
            bytes.fromhex("f8 000000 80000004 03 616263"),
        )

    def test_setDesktopSize(self) -> None:
        """
        SetDesktopSize.
        """
        screen = Screen(0x01020304, 5, 6, 7, 8, 0x0A0B0C0D)
        self.assertEqual(
            SetDesktopSize(0x320, 0x258, (screen,)).toBytes(),
            bytes.fromhex(
                "fb 00 0320 0258 01 00 01020304 0005 0006 0007 0008 0a0b0c0d"
            ),
        )

    def test_xvp(self) -> None:
        """
        xvp, from both sides.
        """
        self.assertEqual(Xvp(1, 4).toBytes(), bytes.fromhex("fa 00 01 04"))

    def test_extendedKeyEvent(self) -> None:
        """
        QEMU Extended Key Event; SysRq has two codes, of which one is right.
        """
        data = bytes.fromhex("ff 00 0001 0000ff53 000000cd")
        self.assertEqual(ExtendedKeyEvent(True, 0xFF53, 0xCD).toBytes(), data)
        sysRq = bytes.fromhex("00 0000 0000ff61 000000b7")
        self.assertEqual(
            parsed(QemuMessage.parse(LIMITS), sysRq),
            ExtendedKeyEvent(False, 0xFF61, 0x54),
        )

    def test_audioRequests(self) -> None:
        """
        QEMU Audio Client Message.
        """
        self.assertEqual(AudioRequest(True).toBytes(), bytes.fromhex("ff 01 0000"))
        self.assertEqual(AudioRequest(False).toBytes(), bytes.fromhex("ff 01 0001"))
        self.assertEqual(
            AudioRequest(None, AudioFormat(3, 2, 44100)).toBytes(),
            bytes.fromhex("ff 01 0002 03 02 0000ac44"),
        )

    def test_audio(self) -> None:
        """
        QEMU Audio Server Message.
        """
        self.assertEqual(AudioMessage(1).toBytes(), bytes.fromhex("ff 01 0001"))
        self.assertEqual(AudioMessage(0).toBytes(), bytes.fromhex("ff 01 0000"))
        self.assertEqual(
            AudioMessage(2, b"ab").toBytes(), bytes.fromhex("ff 01 0002 00000002 6162")
        )

    def test_audioFrames(self) -> None:
        """
        How many bytes a sample has.
        """
        sizes = [AudioFormat(sample, 1).frameSize for sample in range(6)]
        self.assertEqual(sizes, [1, 1, 2, 2, 4, 4])
        self.assertEqual(AudioFormat(3, 2).frameSize, 4)

    def test_manyButtons(self) -> None:
        """
        An extended PointerEvent: the marker, seven buttons, then eight more.
        """
        back, forward = 1 << 7, 1 << 8
        self.assertEqual(
            PointerEvent(1 | back | forward, 2, 3, True).toBytes(),
            bytes.fromhex("05 81 0002 0003 03"),
        )

    def test_markerWithoutAnnouncement(self) -> None:
        """
        If more buttons were not spoken of, the marker is the eighth.
        """
        found = parsed(PointerEvent.parse(LIMITS), bytes.fromhex("80 0002 0003"))
        self.assertEqual(found, PointerEvent(0x80, 2, 3))


class RefusalTests(SynchronousTestCase):
    """
    What cannot be meant.
    """

    def test_fence(self) -> None:
        """
        A fence of more than 64 bytes, before any of them is read.
        """
        why = refused(self, Fence, bytes(7) + b"\x41")
        self.assertEqual(why, "a fence of 65 bytes; at most 64 are allowed")

    def test_qemu(self) -> None:
        """
        A message of QEMU's that there is not.
        """
        self.assertIn("message 2", refused(self, QemuMessage, b"\2"))

    def test_audioRequests(self) -> None:
        """
        Operations and formats that there are not.
        """
        for text in ("01 0003", "01 0002 06 02 0000ac44", "01 0002 03 03 0000ac44"):
            refused(self, QemuMessage, bytes.fromhex(text))
        for frequency in (0, 999, 192001, 0xFFFFFFFF):
            data = bytes.fromhex("01 0002 03 02") + frequency.to_bytes(4, "big")
            self.assertIn(str(frequency), refused(self, QemuMessage, data))

    def test_audio(self) -> None:
        """
        For a viewer: what is not about sound, and more of it than it will have.
        """
        for text in ("00 0000", "01 0003", "01 0002 00100001"):
            refused(self, AudioMessage, bytes.fromhex(text))

    def test_extendedCutText(self) -> None:
        """
        A message that has no flags, one that is too long, and one that was not spoken
        of.
        """
        limits = Limits(cutText=10)
        for length in (1, 3):
            head = bytes(3) + (-length).to_bytes(4, "big", signed=True)
            stepper = Stepper(AnyServerCutText.parse(limits))
            self.assertRaises(ProtocolError, stepper.feed, head)
        long = ExtendedCutText(bytes(11)).toBytes()[1:]
        found = parsed(AnyServerCutText.parse(limits), long)
        self.assertEqual(found, ExtendedCutText(b"", 11))

    @settings(max_examples=150, deadline=None)
    @given(st.sampled_from(list(EXTENSIONS.values())), st.binary(max_size=80))
    def test_anything(self, kind: Any, data: bytes) -> None:
        """
        Whatever comes, it is a message, part of one, or refused.
        """
        stepper = Stepper(kind.parse(LIMITS))
        try:
            stepper.feed(data)
        except ProtocolError as error:
            self.assertTrue(str(error))
