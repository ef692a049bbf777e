# -*- test-case-name: tests.wire.test_clipboard -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The clipboard that one viewer and the application share, in Latin-1 as RFC 6143 has
it, or by the extended messages (rfbproto, Extended Clipboard Pseudo-Encoding).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Generator, Iterable, Sequence
from functools import cached_property
from struct import Struct

from txrfb._wire.messages import ClientCutText, Message, ServerCutText
from txrfb._wire.messages.clipboard import CLIPBOARD_ACTIONS, ExtendedCutText
from txrfb._wire.messages.parsing import skip
from txrfb._wire.stepper import Stepper
from txrfb.error import ProtocolError

#: The formats that are exchanged, by their bits.
_FORMATS = {0: "text", 1: "rtf", 2: "html"}
_BITS = {name: 1 << bit for bit, name in _FORMATS.items()}
_ALL = 0xFFFF

#: What is done with them.
_CAPS, _REQUEST, _PEEK, _NOTIFY, _PROVIDE = CLIPBOARD_ACTIONS
_ACTIONS = _CAPS | _REQUEST | _PEEK | _NOTIFY | _PROVIDE

#: What the other side can do if it has not said, and how much may come unasked.
_USUAL = _REQUEST | _NOTIFY | _PROVIDE | _BITS["text"] | _BITS["rtf"] | _BITS["html"]
_USUAL_SIZES = {"text": 20 << 20}

_U32 = Struct(">I")

#: How much is inflated at a time.
_PIECE = 1 << 16


def _lines(text: str) -> str:
    """
    @return: A text in which lines end with line feeds, however they ended.
    """
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


class ClipboardContent:
    """
    What the application has in its clipboard, encoded once for all viewers, in each
    form when the first of them is sent it.

    @ivar formats: The formats in which it is there.
    @ivar text: It as text.
    """

    def __init__(self, text: str, others: dict[str, bytes]) -> None:
        """
        @param text: As text.

        @param others: As C{rtf} and C{html}, if it is there so.

        @raise ValueError: if it is there in a format that cannot be said.
        """
        strangers = others.keys() - _BITS.keys()
        if strangers or "text" in others:
            raise ValueError(f"clipboard formats {sorted(others)}; rtf and html exist")
        self.formats = ("text", *others) if text or others else ()
        self.text = text
        self._others = others
        self._packed: dict[frozenset[str], bytes] = {}

    @cached_property
    def latin(self) -> bytes:
        """
        The text in Latin-1, with line feeds (RFC 6143, section 7.6.4).
        """
        return _lines(self.text).encode("latin-1", "replace")

    @cached_property
    def _utf8(self) -> bytes:
        lines = _lines(self.text).replace("\n", "\r\n")
        return lines.encode("utf-8", "replace") + b"\0"

    def inFormat(self, name: str) -> bytes:
        """
        @return: What there is in a format, as the extended messages have it.
        """
        return self._utf8 if name == "text" else self._others[name]

    def packed(self, names: Iterable[str]) -> bytes:
        """
        @return: What there is in some formats, compressed.
        """
        wanted = frozenset(names)
        packed = self._packed.get(wanted)
        if packed is None:
            parts = [self.inFormat(name) for name in _BITS if name in wanted]
            data = b"".join(_U32.pack(len(part)) + part for part in parts)
            # libvncserver takes the end of a stream for an error.
            stream = zlib.compressobj(1)
            packed = stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH)
            self._packed[wanted] = packed
        return packed


#: A clipboard in which nothing is.
_EMPTY = ClipboardContent("", {})


class ClipboardExchange:
    """
    What is said between one viewer and the application about the clipboard.

    The viewer is told what there is, and asks for what it wants of it, and the other
    way round; so a large clipboard that nobody pastes costs nothing.  As both sides
    say the same, a viewer can have one, too.
    """

    def __init__(
        self,
        limit: int,
        rich: bool,
        send: Callable[[Message], None],
        receive: Callable[[dict[str, bytes]], None],
        cutText: type[ClientCutText] | type[ServerCutText] = ServerCutText,
        dropped: Callable[[str, int], None] = lambda what, size: None,
    ) -> None:
        """
        @param limit: How many bytes are taken from the viewer at a time.

        @param rich: Whether the application takes more than text.

        @param send: Called with a message to the other side; one with the same
            label that still waits is replaced by it.

        @param receive: Called with what the viewer has copied, by format; text is
            in UTF-8, with line feeds only.

        @param cutText: The plain messages from this side.

        @param dropped: Called with what was too long for either side, for people to
            read, and its size in bytes.
        """
        self._limit = limit
        self.isRich = rich
        self._send = send
        self._receive = receive
        self._cutText = cutText
        self._dropped = dropped
        # What the other side is providing, if that is wanted.
        self._unpacking: _Unpacking | None = None
        self._isExtended = False
        # What the other side can do, and what it takes unasked.
        self._flags = _USUAL
        self._sizes = _USUAL_SIZES
        # What there is on this side; all viewers share it.
        self._content = _EMPTY

    @property
    def _wanted(self) -> tuple[str, ...]:
        return tuple(_FORMATS.values()) if self.isRich else ("text",)

    @property
    def isExtended(self) -> bool:
        """
        Whether the extended messages are used.
        """
        return self._isExtended

    @property
    def held(self) -> int:
        """
        How many bytes are held of what the other side is providing.
        """
        return 0 if self._unpacking is None else self._unpacking.held

    def extend(self) -> None:
        """
        The viewer knows the extended messages: say what this side can do.
        """
        self._isExtended = True
        flags = _ACTIONS | self._bits(self._wanted)
        # Only text may come unasked.
        sizes = [self._limit if name == "text" else 0 for name in self._wanted]
        self._say(flags, b"".join(map(_U32.pack, sizes)))

    def changed(self, content: ClipboardContent) -> None:
        """
        This side has something new.
        """
        if not self._isExtended:
            self._send(self._cutText(content.latin))
            return
        self._content = content
        if self._flags & _NOTIFY:
            self._notify()
        elif self._flags & _PROVIDE:
            small = []
            for name in self._formats():
                size = len(content.inFormat(name))
                if size <= self._sizes.get(name, 0):
                    small.append(name)
                else:
                    self._dropped(f"{name} for the other side, which takes less", size)
            if small:
                self._provide(small)

    def latinReceived(self, text: bytes) -> None:
        """
        The viewer has copied text, and sends it in Latin-1.
        """
        self._receive({"text": _lines(text.decode("latin-1")).encode("utf-8")})

    def extendedReceived(
        self, data: bytes, isWanted: bool = True, rest: int = 0
    ) -> None:
        """
        The viewer sends an extended message.

        @param data: All after its length; at least four bytes.

        @param isWanted: Whether the other side's clipboard is wanted; if not, no work
            is done for it.

        @param rest: How many bytes are still to come, for L{pieceReceived}.

        @raise ProtocolError: if it is not as it should be.
        """
        flags = _U32.unpack(data[:4])[0]
        action = flags & _ACTIONS
        formats = [name for name, bit in _BITS.items() if flags & bit]
        if action & _CAPS:
            self._able(flags, data[4:])
        elif action == _REQUEST:
            self._provide([name for name in formats if name in self._formats()])
        elif action == _PEEK:
            self._notify()
        elif action == _NOTIFY:
            wanted = self._bits(name for name in formats if name in self._wanted)
            if isWanted and wanted and self._flags & _REQUEST:
                self._say(_REQUEST | wanted)
        elif action == _PROVIDE:
            self._unpacking = None
            if isWanted:
                self._unpacking = _Unpacking(flags, self._wanted, self._limit)
            if not rest:
                self.pieceReceived(data[4:], True)
        else:
            raise ProtocolError(f"clipboard flags {flags:#x} name no single action")

    def _able(self, flags: int, sizes: bytes) -> None:
        """
        The other side says what it can do.
        """
        bits = [bit for bit in range(16) if flags & 1 << bit]
        if len(sizes) < 4 * len(bits):
            raise ProtocolError("clipboard sizes are missing")
        self._flags = flags
        self._sizes = {
            _FORMATS[bit]: _U32.unpack_from(sizes, 4 * index)[0]
            for index, bit in enumerate(bits)
            if bit in _FORMATS
        }

    def pieceReceived(self, data: bytes, isLast: bool, isWanted: bool = True) -> None:
        """
        The viewer sends more of what it provides.

        @param isLast: Whether that was all of it.

        @param isWanted: Whether it is wanted still.

        @raise ProtocolError: if it is not as it should be.
        """
        unpacking = self._unpacking
        if unpacking is None or not isWanted:
            self._unpacking = None
            return
        unpacking.feed(data, isLast)
        if not isLast:
            return
        self._unpacking = None
        for name, size in unpacking.dropped.items():
            self._dropped(f"{name} from the other side", size)
        if unpacking.received:
            self._receive(unpacking.received)

    def _formats(self) -> list[str]:
        """
        @return: What there is that the other side takes.
        """
        return [name for name in self._content.formats if self._flags & _BITS[name]]

    def _notify(self) -> None:
        self._say(_NOTIFY | self._bits(self._formats()))

    def _provide(self, names: Sequence[str]) -> None:
        self._say(_PROVIDE | self._bits(names), self._content.packed(names))

    @staticmethod
    def _bits(names: Iterable[str]) -> int:
        bits = 0
        for name in names:
            bits |= _BITS[name]
        return bits

    def _say(self, flags: int, tail: bytes = b"") -> None:
        kind = self._cutText.type
        self._send(ExtendedCutText(_U32.pack(flags), type=kind, tail=tail))


class _Unpacking:
    """
    Takes what the other side has copied out of its zlib stream, as that comes.

    @ivar received: What is wanted of it, by format.
    @ivar dropped: The sizes of what was too long.
    """

    def __init__(self, flags: int, wanted: Sequence[str], limit: int) -> None:
        """
        @param flags: Which formats are in it.

        @param wanted: Which are wanted.

        @param limit: How many bytes of them.
        """
        self.received: dict[str, bytes] = {}
        self.dropped: dict[str, int] = {}
        self._flags = flags
        self._wanted = wanted
        self._limit = limit
        self._stream = zlib.decompressobj()
        self._stepper = Stepper(self._contents())

    @property
    def held(self) -> int:
        """
        How many bytes of it are held.
        """
        return self._stepper.held + sum(map(len, self.received.values()))

    def feed(self, data: bytes, isLast: bool) -> None:
        """
        Go on with the stream.

        @raise ProtocolError: if it is none, or ends early.
        """
        stepper, stream = self._stepper, self._stream
        while not stepper.isDone:
            # No more is inflated than is wanted, whatever the stream holds.
            most = min(stepper.missing, _PIECE)
            try:
                piece = stream.decompress(data, most)
            except zlib.error as error:
                raise ProtocolError(f"clipboard data: {error}") from None
            data = stream.unconsumed_tail
            if not (piece or data):
                break
            stepper.feed(piece)
        if isLast and not stepper.isDone:
            raise ProtocolError("clipboard data ends early")

    def _contents(self) -> Generator[int, bytes, None]:
        last = max(
            (bit for bit, name in _FORMATS.items() if name in self._wanted), default=-1
        )
        left = self._limit
        # What comes after the last that is wanted need not be inflated.
        for bit in range(last + 1):
            if not self._flags & 1 << bit:
                continue
            size = _U32.unpack((yield 4))[0]
            name = _FORMATS.get(bit, "")
            if size > left:
                # What comes after it cannot be had without inflating it.
                self.dropped[name] = size
                return
            if name not in self._wanted:
                yield from skip(size)
                continue
            left -= size
            self.received[name] = yield size
            if name == "text":
                self.received[name] = _plain(self.received[name])


def _plain(text: bytes) -> bytes:
    """
    @param text: Text as the extended messages have it.

    @return: The same in UTF-8 for sure, with line feeds.
    """
    text = text.removesuffix(b"\0")
    # Most often there is nothing to do, which is found out fast.
    if text.isascii() and b"\r" not in text:
        return text
    return _lines(text.decode("utf-8", "replace")).encode("utf-8")
