# -*- test-case-name: tests.wire.test_clipboard -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The clipboard that one viewer and the application share, in Latin-1 as RFC 6143 has
it, or by the extended messages (rfbproto, Extended Clipboard Pseudo-Encoding).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from struct import Struct

from txrfb._wire.messages import ClientCutText, Message, ServerCutText
from txrfb._wire.messages.clipboard import CLIPBOARD_ACTIONS, ExtendedCutText
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

#: How much is inflated at a time of what nobody wants.
_PIECE = 1 << 16


class ClipboardContent:
    """
    What the application has in its clipboard, encoded once for all viewers, in each
    form when the first of them is sent it.

    @ivar formats: The formats in which it is there.
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
        self._text = text
        self._others = others
        self._packed: dict[frozenset[str], bytes] = {}

    @cached_property
    def latin(self) -> bytes:
        """
        The text in Latin-1, with line feeds (RFC 6143, section 7.6.4).
        """
        return self._text.replace("\r\n", "\n").encode("latin-1", "replace")

    @cached_property
    def _utf8(self) -> bytes:
        lines = self._text.replace("\r\n", "\n").replace("\n", "\r\n")
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
            packed = self._packed[wanted] = zlib.compress(data, 1)
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
    ) -> None:
        """
        @param limit: How many bytes of each format are taken from the viewer.

        @param rich: Whether the application takes more than text.

        @param send: Called with a message to the other side; one with the same
            label that still waits is replaced by it.

        @param receive: Called with what the viewer has copied, by format; text is
            in UTF-8, with line feeds only.

        @param cutText: The plain messages from this side.
        """
        self._limit = limit
        self._wanted = tuple(_FORMATS.values()) if rich else ("text",)
        self._send = send
        self._receive = receive
        self._cutText = cutText
        self._isExtended = False
        # What the other side can do, and what it takes unasked.
        self._flags = _USUAL
        self._sizes = _USUAL_SIZES
        # What there is on this side; all viewers share it.
        self._content = _EMPTY

    @property
    def isExtended(self) -> bool:
        """
        Whether the extended messages are used.
        """
        return self._isExtended

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
            small = [
                name
                for name in self._formats()
                if len(content.inFormat(name)) <= self._sizes.get(name, 0)
            ]
            if small:
                self._provide(small)

    def latinReceived(self, text: bytes) -> None:
        """
        The viewer has copied text, and sends it in Latin-1.
        """
        self._receive({"text": text.decode("latin-1").encode("utf-8")})

    def extendedReceived(self, data: bytes, isWanted: bool = True) -> None:
        """
        The viewer sends an extended message.

        @param data: All after its length; at least four bytes.

        @param isWanted: Whether the other side's clipboard is wanted; if not, no work
            is done for it.

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
            if isWanted:
                self._provided(data[4:], flags)
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

    def _provided(self, data: bytes, flags: int) -> None:
        """
        Take what the other side has copied out of its zlib stream.
        """
        last = max(
            (bit for bit, name in _FORMATS.items() if name in self._wanted), default=-1
        )
        stream = zlib.decompressobj()
        pending = data

        def read(size: int, isKept: bool) -> bytes:
            nonlocal pending
            got = bytearray()
            left = size
            while left:
                try:
                    piece = stream.decompress(pending, min(left, _PIECE))
                except zlib.error as error:
                    raise ProtocolError(f"clipboard data: {error}") from None
                pending = stream.unconsumed_tail
                if not piece:
                    raise ProtocolError("clipboard data ends early")
                left -= len(piece)
                if isKept:
                    got += piece
            return bytes(got)

        received = {}
        # What comes after the last that is wanted need not be inflated.
        for bit in range(last + 1):
            if not flags & 1 << bit:
                continue
            size = _U32.unpack(read(4, True))[0]
            if size > self._limit:
                # What comes after it cannot be had without inflating it.
                break
            name = _FORMATS.get(bit, "")
            content = read(size, name in self._wanted)
            if name == "text":
                content = content.removesuffix(b"\0")
                # Most often there is nothing to do, which is found out fast.
                if not content.isascii() or b"\r" in content:
                    text = content.decode("utf-8", "replace")
                    content = text.replace("\r\n", "\n").encode("utf-8")
            if name in self._wanted:
                received[name] = content
        if received:
            self._receive(received)

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
