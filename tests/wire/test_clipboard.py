# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._wire.clipboard}: two sides that talk with each other, and one that
hears what it should not.
"""

from __future__ import annotations

import zlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.pieces import cut
from txrfb._wire.clipboard import ClipboardContent, ClipboardExchange
from txrfb._wire.messages import ClientCutText, Message, ServerCutText
from txrfb.error import ProtocolError

TEXT, RTF, HTML, DIB = 1, 2, 4, 8
CAPS, REQUEST, PEEK, NOTIFY, PROVIDE = (1 << bit for bit in range(24, 29))
USUAL = CAPS | REQUEST | NOTIFY | PROVIDE


def u32(*numbers: int) -> bytes:
    """
    @return: Numbers as they are on the wire.
    """
    return b"".join(number.to_bytes(4, "big") for number in numbers)


def provided(flags: int, *contents: bytes) -> bytes:
    """
    @return: A message that provides something.
    """
    data = b"".join(u32(len(one)) + one for one in contents)
    return u32(PROVIDE | flags) + zlib.compress(data)


class Side:
    """
    One side, and what comes of it.

    @ivar sent: The names and the bodies of messages.
    @ivar got: What was received.
    @ivar dropped: What was too long: the format and the size.
    """

    def __init__(
        self,
        limit: int = 1000,
        rich: bool = False,
        cutText: type[ClientCutText] | type[ServerCutText] = ServerCutText,
    ) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.got: list[dict[str, bytes]] = []
        self.dropped: list[tuple[str, int]] = []
        self.exchange = ClipboardExchange(
            limit,
            rich,
            self._send,
            self.got.append,
            cutText,
            lambda what, size: self.dropped.append((what.split()[0], size)),
        )
        self.cutText = cutText

    def _send(self, message: Message) -> None:
        name, data = message.label, message.toBytes()
        assert data[:4] == bytes((self.cutText.type, 0, 0, 0))
        length = int.from_bytes(data[4:8], "big", signed=True)
        assert abs(length) == len(data) - 8
        assert (length < 0) == name.startswith("Clipboard")
        self.sent.append((name, data[8:]))

    def flags(self) -> list[int]:
        """
        @return: The flags of what was sent since this was asked last.
        """
        sent, self.sent = self.sent, []
        return [int.from_bytes(data[:4], "big") for _, data in sent]

    def hear(self, *messages: bytes) -> None:
        """
        The other side says something.
        """
        for message in messages:
            self.exchange.extendedReceived(message)


def introduced(**options: Any) -> Side:
    """
    @return: A side that has said what it can do.
    """
    side = Side(**options)
    side.exchange.extend()
    side.sent.clear()
    return side


class LatinTests(SynchronousTestCase):
    """
    As RFC 6143 has it.
    """

    def test_out(self) -> None:
        """
        Text goes in Latin-1, with line feeds; what that does not have becomes a
        question mark.
        """
        side = Side()
        side.exchange.changed(ClipboardContent("für\r\n€\rx\n", {"html": b"<b>"}))
        self.assertEqual(side.sent, [("ServerCutText", b"f\xfcr\n?\nx\n")])

    def test_in(self) -> None:
        """
        And comes so, or with other ends of lines.
        """
        side = Side()
        side.exchange.latinReceived(b"f\xfcr\r\n\r\n")
        side.exchange.latinReceived(b"\ra\n\rb")
        self.assertEqual(
            side.got, [{"text": "für\n\n".encode()}, {"text": b"\na\n\nb"}]
        )


class CapsTests(SynchronousTestCase):
    """
    What each side can do.
    """

    def test_text(self) -> None:
        """
        All actions, and text up to the limit unasked.
        """
        side = Side(limit=5000)
        side.exchange.extend()
        flags = USUAL | PEEK | TEXT
        self.assertEqual(side.sent, [("ClipboardCaps", u32(flags, 5000))])

    def test_rich(self) -> None:
        """
        Other formats only if they are asked for.
        """
        side = Side(limit=5000, rich=True)
        side.exchange.extend()
        flags = USUAL | PEEK | TEXT | RTF | HTML
        self.assertEqual(side.sent, [("ClipboardCaps", u32(flags, 5000, 0, 0))])

    def test_formatsOfTheOther(self) -> None:
        """
        Only formats are named that the other side takes.
        """
        side = introduced()
        side.hear(u32(USUAL | TEXT | DIB, 0, 0))
        side.exchange.changed(ClipboardContent("text", {"html": b"<b>"}))
        self.assertEqual(side.flags(), [NOTIFY | TEXT])
        side.hear(u32(USUAL | HTML, 0))
        side.exchange.changed(ClipboardContent("text", {"html": b"<b>"}))
        self.assertEqual(side.flags(), [NOTIFY | HTML])

    def test_withoutNotify(self) -> None:
        """
        Who cannot be told is given what it takes unasked.
        """
        side = introduced()
        side.hear(u32(CAPS | PROVIDE | TEXT | HTML, 6, 0))
        side.exchange.changed(ClipboardContent("short", {"html": b"<b>"}))
        self.assertEqual(side.sent, [("ClipboardProvide", provided_(b"short\0"))])
        side.sent.clear()
        side.exchange.changed(ClipboardContent("longer", {"html": b"<b>"}))
        self.assertEqual(side.sent, [])

    def test_nothing(self) -> None:
        """
        Who takes nothing gets nothing.
        """
        side = introduced()
        side.hear(u32(CAPS))
        side.exchange.changed(ClipboardContent("text", {}))
        side.hear(u32(NOTIFY | TEXT))
        self.assertEqual(side.sent, [])

    def test_sizesMissing(self) -> None:
        """
        There is a size for each format.
        """
        side = introduced()
        self.assertRaises(ProtocolError, side.hear, u32(CAPS | TEXT | HTML, 5))
        self.assertRaises(ProtocolError, side.hear, u32(CAPS | 0xFFFF, *range(15)))
        side.hear(u32(CAPS | 0xFFFF, *range(16)))


def provided_(text: bytes) -> bytes:
    """
    @return: Text as it is provided here.
    """
    stream = zlib.compressobj(1)
    packed = stream.compress(u32(len(text)) + text) + stream.flush(zlib.Z_SYNC_FLUSH)
    return u32(PROVIDE | TEXT) + packed


class OutTests(SynchronousTestCase):
    """
    What there is on this side.
    """

    def test_notify(self) -> None:
        """
        The other side is told, and asks for what it wants.
        """
        side = introduced()
        side.exchange.changed(ClipboardContent("a\nb\r\nc", {"html": b"<b>\n"}))
        self.assertEqual(side.flags(), [NOTIFY | TEXT | HTML])
        side.hear(u32(REQUEST | TEXT))
        self.assertEqual(side.sent, [("ClipboardProvide", provided_(b"a\r\nb\r\nc\0"))])
        side.hear(u32(REQUEST | HTML | TEXT | RTF))
        _, data = side.sent[-1]
        self.assertEqual(data[:4], u32(PROVIDE | TEXT | HTML))
        self.assertEqual(
            zlib.decompressobj().decompress(data[4:]),
            u32(8) + b"a\r\nb\r\nc\0" + u32(4) + b"<b>\n",
        )

    def test_peek(self) -> None:
        """
        It may ask what there is.
        """
        side = introduced()
        side.hear(u32(PEEK))
        self.assertEqual(side.flags(), [NOTIFY])
        side.exchange.changed(ClipboardContent("text", {}))
        side.hear(u32(PEEK | TEXT))
        self.assertEqual(side.flags(), [NOTIFY | TEXT] * 2)

    def test_nothingThere(self) -> None:
        """
        If it asks for what there is not, that is what it gets.
        """
        side = introduced()
        for flags in (REQUEST | TEXT, REQUEST | DIB, REQUEST):
            side.hear(u32(flags))
            [(_, data)] = side.sent
            self.assertEqual(data[:4], u32(PROVIDE))
            self.assertEqual(zlib.decompressobj().decompress(data[4:]), b"")
            side.sent.clear()

    def test_strangeFormats(self) -> None:
        """
        An application can give only formats that have a name.
        """
        for others in ({"dib": b""}, {"text": b""}):
            self.assertRaises(ValueError, ClipboardContent, "", others)

    def test_surrogates(self) -> None:
        """
        What is no text goes as question marks.
        """
        side = introduced()
        side.exchange.changed(ClipboardContent("a\ud800b", {}))
        side.hear(u32(REQUEST | TEXT))
        self.assertEqual(side.sent[-1][1], provided_(b"a?b\0"))


class InTests(SynchronousTestCase):
    """
    What there is on the other side.
    """

    def test_notify(self) -> None:
        """
        What is wanted of it is asked for.
        """
        side = introduced()
        side.hear(u32(NOTIFY | TEXT | HTML | DIB), u32(NOTIFY | HTML), u32(NOTIFY))
        self.assertEqual(side.flags(), [REQUEST | TEXT])
        rich = introduced(rich=True)
        rich.hear(u32(NOTIFY | TEXT | HTML | DIB), u32(NOTIFY | RTF))
        self.assertEqual(rich.flags(), [REQUEST | TEXT | HTML, REQUEST | RTF])

    def test_text(self) -> None:
        """
        Text has line feeds, and no zero at its end.
        """
        side = introduced()
        for text, seen in (
            (b"a\r\nb\0", b"a\nb"),
            (b"a\nb", b"a\nb"),
            (b"\0", b""),
            (b"", b""),
            (b"a\rb\0\0", b"a\nb\0"),
            (b"a\r\n\r\rb\n\r\0", b"a\n\n\nb\n\n"),
            ("ж\0".encode(), "ж".encode()),
            (b"\xff\0", "\ufffd".encode()),
        ):
            side.hear(provided(TEXT, text))
            self.assertEqual(side.got.pop(), {"text": seen})

    def test_formats(self) -> None:
        """
        Of several formats those are taken that are wanted.
        """
        message = provided(TEXT | HTML | DIB, b"t\0", b"<b>", b"bits")
        side = introduced()
        side.hear(message)
        self.assertEqual(side.got, [{"text": b"t"}])
        rich = introduced(rich=True)
        rich.hear(message)
        self.assertEqual(rich.got, [{"text": b"t", "html": b"<b>"}])

    def test_onlyOthers(self) -> None:
        """
        If nothing of it is wanted, nothing is told.
        """
        side = introduced()
        side.hear(provided(DIB, b"bits"), provided(0))
        self.assertEqual(side.got, [])

    def test_tooLong(self) -> None:
        """
        What is longer than the limit, and what comes after it, is dropped, which is
        told; what was before it is taken.
        """
        side = introduced(rich=True, limit=100)
        side.hear(provided(TEXT | RTF | HTML, b"t", bytes(101), b"<b>"))
        self.assertEqual(side.got, [{"text": b"t"}])
        side.hear(provided(TEXT | RTF | HTML, bytes(50), bytes(50), b"<"))
        self.assertEqual(side.got.pop(), {"text": bytes(49), "rtf": bytes(50)})
        self.assertEqual(side.dropped, [("rtf", 101), ("html", 1)])
        side.hear(provided(TEXT, bytes(101)))
        self.assertEqual(len(side.got), 1)
        side.hear(provided(TEXT, b"x" * 100))
        self.assertEqual(side.got[1:], [{"text": b"x" * 100}])

    def test_bomb(self) -> None:
        """
        No more is inflated than the limit, whatever the stream holds.
        """
        side = introduced(limit=1000)
        bomb = zlib.compress(u32(1000) + bytes(50_000_000))
        side.hear(u32(PROVIDE | TEXT) + bomb)
        self.assertEqual(side.got, [{"text": bytes(999)}])
        side.hear(u32(PROVIDE | TEXT) + zlib.compress(u32(0xFFFFFFFF)))
        self.assertEqual(len(side.got), 1)

    @given(
        st.lists(st.binary(max_size=300), min_size=3, max_size=3),
        st.lists(st.integers(1, 50), min_size=1, max_size=5),
        st.booleans(),
    )
    def test_pieces(self, contents: list[bytes], sizes: list[int], rich: bool) -> None:
        """
        It makes no difference in what pieces it comes; what is held meanwhile is not
        more than there is.
        """
        message = provided(TEXT | RTF | HTML, *contents)
        whole, other = introduced(rich=rich), introduced(rich=rich)
        whole.hear(message)
        rest = message[4:]
        other.exchange.extendedReceived(message[:4], True, len(rest))
        for piece in cut(rest, sizes):
            self.assertEqual(other.got, [])
            rest = rest[len(piece) :]
            other.exchange.pieceReceived(piece, not rest)
            self.assertLessEqual(other.exchange.held, 1000)
        self.assertEqual(other.got, whole.got)
        self.assertEqual(other.exchange.held, 0)

    def test_unwanted(self) -> None:
        """
        Of what is not wanted nothing is held.
        """
        side = introduced()
        rest = provided(TEXT, bytes(900))[4:]
        side.exchange.extendedReceived(u32(PROVIDE | TEXT), False, len(rest))
        side.exchange.pieceReceived(rest[:-1], False)
        self.assertEqual(side.exchange.held, 0)
        side.exchange.pieceReceived(rest[-1:], True)
        self.assertEqual(side.got, [])

    def test_broken(self) -> None:
        """
        Streams that end early, or are none.
        """
        side = introduced()
        whole = provided(TEXT, b"something long enough to be cut")
        for length in range(4, len(whole) - 6):
            self.assertRaises(ProtocolError, side.hear, whole[:length])
        self.assertRaises(ProtocolError, side.hear, whole[:4] + b"no stream")
        self.assertEqual(side.got, [])

    def test_actions(self) -> None:
        """
        There is one action at a time.
        """
        side = introduced()
        for flags in (0, TEXT, 1 << 29, REQUEST | PEEK, NOTIFY | PROVIDE):
            self.assertRaises(ProtocolError, side.hear, u32(flags))

    @settings(max_examples=200, deadline=None)
    @given(st.integers(0, 0x1FFFFFFF), st.binary(max_size=60), st.booleans())
    def test_anything(self, flags: int, data: bytes, packed: bool) -> None:
        """
        Whatever comes, it is understood or refused.
        """
        side = introduced(rich=True)
        side.exchange.changed(ClipboardContent("text", {"rtf": b"rich"}))
        try:
            side.hear(u32(flags) + (zlib.compress(data) if packed else data))
        except ProtocolError as error:
            self.assertIn("clipboard", str(error))


class BothTests(SynchronousTestCase):
    """
    Two sides.
    """

    @settings(max_examples=60, deadline=None)
    @given(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
        st.dictionaries(st.sampled_from(["rtf", "html"]), st.binary(max_size=60)),
    )
    def test_exchange(self, text: str, others: dict[str, bytes]) -> None:
        """
        What one has, the other gets: with other line ends, and otherwise as it was.
        """
        server, viewer = Side(rich=True), Side(rich=True, cutText=ClientCutText)
        server.exchange.extend()
        viewer.exchange.extend()
        server.exchange.changed(ClipboardContent(text, others))
        while server.sent or viewer.sent:
            for one, other in ((server, viewer), (viewer, server)):
                sent, one.sent = one.sent, []
                other.hear(*(data for _, data in sent))
        lines = text.replace("\r\n", "\n").replace("\r", "\n")
        expected = {"text": lines.encode(), **others}
        self.assertEqual(viewer.got, [expected] if text or others else [])
