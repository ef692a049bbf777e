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
        # What there is on this side; text is kept as it was given, as all viewers
        # share that.
        self._text = ""
        self._others: dict[str, bytes] = {}
        self._packed: tuple[frozenset[str], bytes] | None = None

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

    def changed(self, text: str, others: dict[str, bytes]) -> None:
        """
        The application has something new.

        @param text: As text.

        @param others: As C{rtf} and C{html}, if it is there so.

        @raise ValueError: if it is there in a format that cannot be said.
        """
        strangers = others.keys() - _BITS.keys()
        if strangers or "text" in others:
            raise ValueError(f"clipboard formats {sorted(others)}; rtf and html exist")
        if not self._isExtended:
            data = text.replace("\r\n", "\n").encode("latin-1", "replace")
            self._send(self._cutText(data))
            return
        self._text, self._others = text, others
        self._packed = None
        if self._flags & _NOTIFY:
            self._notify()
        elif self._flags & _PROVIDE:
            small = [
                name
                for name in self._formats()
                if len(self._content(name)) <= self._sizes.get(name, 0)
            ]
            if small:
                self._provide(small)

    def latinReceived(self, text: bytes) -> None:
        """
        The viewer has copied text, and sends it in Latin-1.
        """
        self._receive({"text": text.decode("latin-1").encode("utf-8")})

    def extendedReceived(self, data: bytes) -> None:
        """
        The viewer sends an extended message.

        @param data: All after its length; at least four bytes.

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
            if wanted and self._flags & _REQUEST:
                self._say(_REQUEST | wanted)
        elif action == _PROVIDE:
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
        stream = zlib.decompressobj()
        pending = data

        def read(size: int) -> bytes:
            nonlocal pending
            got = b""
            while len(got) < size:
                try:
                    piece = stream.decompress(pending, size - len(got))
                except zlib.error as error:
                    raise ProtocolError(f"clipboard data: {error}") from None
                pending = stream.unconsumed_tail
                if not piece:
                    raise ProtocolError("clipboard data ends early")
                got += piece
            return got

        received = {}
        for bit in range(16):
            if not flags & 1 << bit:
                continue
            size = _U32.unpack(read(4))[0]
            if size > self._limit:
                # What comes after it cannot be had without inflating it.
                break
            content = read(size)
            name = _FORMATS.get(bit, "")
            if name == "text":
                text = content.removesuffix(b"\0").decode("utf-8", "replace")
                content = text.replace("\r\n", "\n").encode("utf-8")
            if name in self._wanted:
                received[name] = content
        if received:
            self._receive(received)

    def _formats(self) -> list[str]:
        """
        @return: What there is that the other side takes.
        """
        there = ["text", *self._others] if self._text or self._others else []
        return [name for name in there if self._flags & _BITS[name]]

    def _content(self, name: str) -> bytes:
        """
        @return: What there is in a format, as it is sent.
        """
        if name != "text":
            return self._others[name]
        lines = self._text.replace("\r\n", "\n").replace("\n", "\r\n")
        return lines.encode("utf-8", "replace") + b"\0"

    def _notify(self) -> None:
        self._say(_NOTIFY | self._bits(self._formats()))

    def _provide(self, names: Sequence[str]) -> None:
        wanted = frozenset(names)
        if self._packed is None or self._packed[0] != wanted:
            # It may be asked for again and again.
            parts = [self._content(name) for name in _BITS if name in wanted]
            data = b"".join(_U32.pack(len(part)) + part for part in parts)
            self._packed = wanted, zlib.compress(data, 1)
        self._say(_PROVIDE | self._bits(names), self._packed[1])

    @staticmethod
    def _bits(names: Iterable[str]) -> int:
        bits = 0
        for name in names:
            bits |= _BITS[name]
        return bits

    def _say(self, flags: int, data: bytes = b"") -> None:
        self._send(ExtendedCutText(_U32.pack(flags) + data, type=self._cutText.type))
