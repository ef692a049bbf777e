# -*- test-case-name: tests.test_clipboard -*-
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

from txrfb.messages import ProtocolError, ServerCutText

#: The formats that are exchanged, by their bits.
_FORMATS = {0: "text", 1: "rtf", 2: "html"}
_BITS = {name: 1 << bit for bit, name in _FORMATS.items()}
_ALL = 0xFFFF

#: What is done with them.
_CAPS, _REQUEST, _PEEK, _NOTIFY, _PROVIDE = (1 << bit for bit in range(24, 29))
_ACTIONS = _CAPS | _REQUEST | _PEEK | _NOTIFY | _PROVIDE

#: What a viewer can do that has not said.
_USUAL = _REQUEST | _NOTIFY | _PROVIDE | _BITS["text"] | _BITS["rtf"] | _BITS["html"]

_U32 = Struct(">I")


class ClipboardExchange:
    """
    What is said between one viewer and the application about the clipboard.

    The viewer is told what there is, and asks for what it wants of it, and the other
    way round; so a large clipboard that nobody pastes costs nothing.
    """

    def __init__(
        self,
        limit: int,
        rich: bool,
        send: Callable[[str, bytes], None],
        receive: Callable[[dict[str, bytes]], None],
    ) -> None:
        """
        @param limit: How many bytes of each format are taken from the viewer.

        @param rich: Whether the application takes more than text.

        @param send: Called with the name and the bytes of a message to the viewer;
            one of the same name that still waits is worth nothing any more.

        @param receive: Called with what the viewer has copied, by format; text is
            in UTF-8, with line feeds only.
        """
        self._limit = limit
        self._wanted = tuple(_FORMATS.values()) if rich else ("text",)
        self._send = send
        self._receive = receive
        self._isExtended = False
        self._flags = _USUAL
        self._content: dict[str, bytes] = {}

    def extend(self) -> None:
        """
        The viewer knows the extended messages: say what this side can do.
        """
        self._isExtended = True
        flags = _ACTIONS | self._bits(self._wanted)
        # Only text may come unasked.
        sizes = [self._limit if name == "text" else 0 for name in self._wanted]
        self._say("Caps", flags, b"".join(map(_U32.pack, sizes)))

    def changed(self, text: str, others: dict[str, bytes]) -> None:
        """
        The application has something new.

        @param text: As text.

        @param others: As C{rtf} and C{html}, if it is there so.
        """
        if not self._isExtended:
            data = text.encode("latin-1", "replace")
            self._send("ServerCutText", ServerCutText(data).toBytes())
            return
        encoded = text.encode("utf-8", "replace")
        self._content = {"text": encoded, **{k: others[k] for k in others}}
        if self._flags & _NOTIFY:
            self._notify()
        elif self._flags & _PROVIDE:
            self._provide(("text",))

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
            count = (flags & _ALL).bit_count()
            if len(data) < 4 + 4 * count:
                raise ProtocolError("clipboard sizes are missing")
            self._flags = flags
        elif action == _REQUEST:
            self._provide([name for name in formats if name in self._content])
        elif action == _PEEK:
            self._notify()
        elif action == _NOTIFY:
            wanted = self._bits(name for name in formats if name in self._wanted)
            if wanted and self._flags & _REQUEST:
                self._say("Request", _REQUEST | wanted)
        elif action == _PROVIDE:
            self._provided(formats, data[4:], flags)
        else:
            raise ProtocolError(f"clipboard flags {flags:#x} name no single action")

    def _provided(self, formats: list[str], data: bytes, flags: int) -> None:
        """
        Take what the viewer has copied out of its zlib stream.
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
                return
            content = read(size)
            name = _FORMATS.get(bit, "")
            if name in self._wanted:
                received[name] = content
        if "text" in received:
            text = received["text"].removesuffix(b"\0").replace(b"\r\n", b"\n")
            received["text"] = text
        if received:
            self._receive(received)

    def _notify(self) -> None:
        self._say("Notify", _NOTIFY | self._bits(self._content))

    def _provide(self, names: Sequence[str]) -> None:
        packed = bytearray()
        for name in _BITS:
            if name in names:
                content = self._content[name]
                if name == "text":
                    lines = content.replace(b"\r\n", b"\n")
                    content = lines.replace(b"\n", b"\r\n") + b"\0"
                packed += _U32.pack(len(content)) + content
        data = zlib.compress(bytes(packed), 1)
        self._say("Provide", _PROVIDE | self._bits(names), data)

    @staticmethod
    def _bits(names: Iterable[str]) -> int:
        bits = 0
        for name in names:
            bits |= _BITS.get(name, 0)
        return bits

    def _say(self, action: str, flags: int, data: bytes = b"") -> None:
        body = _U32.pack(flags) + data
        length = Struct(">i").pack(-len(body))
        self._send(f"Clipboard{action}", b"\3\0\0\0" + length + body)
