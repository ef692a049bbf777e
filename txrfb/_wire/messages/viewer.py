# -*- test-case-name: tests.wire.test_messages -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What viewers send (RFC 6143, section 7.5).
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import Any, ClassVar

from txrfb._wire.messages.parsing import Limits, Message, Parsed, skip
from txrfb.error import ProtocolError
from txrfb.geometry import Rectangle
from txrfb.pixels import PixelFormat


@dataclass(frozen=True, slots=True)
class SetPixelFormat:
    """
    The viewer wants pixels in this format (section 7.5.1).
    """

    type: ClassVar[int] = 0
    format: PixelFormat

    @property
    def size(self) -> int:
        """
        How many bytes it has on the wire.
        """
        return 20

    def toBytes(self) -> bytes:
        """
        @return: The message.
        """
        return b"\0\0\0\0" + self.format.toBytes()

    @classmethod
    def parse(cls, limits: Limits) -> Parsed:
        """
        @raise PixelFormatError: if the format is illegal.
        """
        data = yield 19
        return cls(PixelFormat.fromBytes(data[3:]))


@dataclass(frozen=True, slots=True)
class SetEncodings:
    """
    The encodings the viewer can read, the preferred first (section 7.5.2).

    @ivar dropped: How many more were in the list than L{Limits.encodings}.
    """

    type: ClassVar[int] = 2
    encodings: tuple[int, ...]
    dropped: int = 0

    @property
    def size(self) -> int:
        """
        How many bytes it has on the wire.
        """
        return 4 + 4 * (len(self.encodings) + self.dropped)

    def toBytes(self) -> bytes:
        """
        @return: The message.
        """
        count = len(self.encodings)
        return Struct(f">BxH{count}i").pack(2, count, *self.encodings)

    @classmethod
    def parse(cls, limits: Limits) -> Parsed:
        """
        Take as many as the limit allows, and skip the rest.
        """
        count = int.from_bytes((yield 3)[1:], "big")
        kept = min(count, limits.encodings)
        encodings = Struct(f">{kept}i").unpack((yield 4 * kept))
        yield from skip(4 * (count - kept))
        return cls(encodings, count - kept)


_UPDATE_REQUEST = Struct(">?HHHH")
_SHORT_REQUEST = Struct(">x?HHHH")


@dataclass(frozen=True, slots=True)
class FramebufferUpdateRequest:
    """
    The viewer has room for an update (section 7.5.3).

    @ivar incremental: Whether only what changed is wanted.
    @ivar rectangle: The part of the screen that is wanted, as it was sent.
    """

    type: ClassVar[int] = 3
    LENGTH: ClassVar[int] = 10
    incremental: bool
    rectangle: Rectangle

    @property
    def size(self) -> int:
        """
        How many bytes it has on the wire.
        """
        return 10

    def toBytes(self) -> bytes:
        """
        @return: The message.
        """
        return b"\3" + _UPDATE_REQUEST.pack(self.incremental, *self.rectangle)

    @classmethod
    def fromBytes(cls, data: bytes, start: int) -> FramebufferUpdateRequest:
        """
        @return: The message whose type stands at C{start}.
        """
        incremental, x, y, width, height = _SHORT_REQUEST.unpack_from(data, start)
        return cls(incremental, Rectangle(x, y, width, height))

    @classmethod
    def parse(cls, limits: Limits) -> Parsed:
        """
        Nine bytes.
        """
        incremental, x, y, width, height = _UPDATE_REQUEST.unpack((yield 9))
        return cls(incremental, Rectangle(x, y, width, height))


_KEY_EVENT = Struct(">?xxI")
_SHORT_KEY = Struct(">x?xxI")


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """
    A key went down or came up (section 7.5.4).
    """

    type: ClassVar[int] = 4
    LENGTH: ClassVar[int] = 8
    down: bool
    keysym: int

    @property
    def size(self) -> int:
        """
        How many bytes it has on the wire.
        """
        return 8

    def toBytes(self) -> bytes:
        """
        @return: The message.
        """
        return b"\4" + _KEY_EVENT.pack(self.down, self.keysym)

    @classmethod
    def fromBytes(cls, data: bytes, start: int) -> KeyEvent:
        """
        @return: The message whose type stands at C{start}.
        """
        return cls(*_SHORT_KEY.unpack_from(data, start))

    @classmethod
    def parse(cls, limits: Limits) -> Parsed:
        """
        Seven bytes.
        """
        return cls(*_KEY_EVENT.unpack((yield 7)))


_POINTER_EVENT = Struct(">BHH")
_SHORT_POINTER = Struct(">xBHH")


@dataclass(frozen=True, slots=True)
class PointerEvent:
    """
    The pointer is somewhere, with some buttons down (section 7.5.5).

    @ivar buttons: A bit for each.
    @ivar x: The column.
    @ivar y: The row.
    @ivar isExtended: Whether there is room for more than eight buttons.
    """

    type: ClassVar[int] = 5
    LENGTH: ClassVar[int] = 6
    buttons: int
    x: int
    y: int
    isExtended: bool = False

    @property
    def size(self) -> int:
        """
        How many bytes it has on the wire.
        """
        return 7 if self.isExtended else 6

    def toBytes(self) -> bytes:
        """
        @return: The message.
        """
        if not self.isExtended:
            return b"\5" + _POINTER_EVENT.pack(self.buttons, self.x, self.y)
        buttons = self.buttons & 0x7F | 0x80
        more = bytes((self.buttons >> 7,))
        return b"\5" + _POINTER_EVENT.pack(buttons, self.x, self.y) + more

    @classmethod
    def fromBytes(cls, data: bytes, start: int) -> PointerEvent | None:
        """
        @return: The message whose type stands at C{start}; C{None} if it may go on.
        """
        buttons, x, y = _SHORT_POINTER.unpack_from(data, start)
        return None if buttons & 0x80 else cls(buttons, x, y)

    @classmethod
    def parse(cls, limits: Limits) -> Parsed:
        """
        Five bytes.
        """
        return cls(*_POINTER_EVENT.unpack((yield 5)))


@dataclass(frozen=True, slots=True)
class ClientCutText(Message):
    """
    The viewer has new text in its cut buffer (section 7.5.6).

    @ivar text: The text, in Latin-1.
    @ivar dropped: How many bytes of it were beyond L{Limits.cutText}, and
        skipped.
    """

    type: ClassVar[int] = 6
    text: bytes
    dropped: int = 0

    @property
    def size(self) -> int:
        """
        How many bytes it has on the wire.
        """
        return 8 + len(self.text) + self.dropped

    def toBytes(self) -> bytes:
        """
        @return: The message.
        """
        return b"\6\0\0\0" + len(self.text).to_bytes(4, "big") + self.text

    @classmethod
    def parse(cls, limits: Limits) -> Parsed:
        """
        See L{parseBody}.

        @raise ProtocolError: if the length is negative, which means something only
            to those who were told of the extended clipboard.
        """
        length = int.from_bytes((yield 7)[3:], "big", signed=True)
        if length < 0:
            raise ProtocolError(
                f"ClientCutText of length {length}: the extended clipboard was not"
                " announced"
            )
        return (yield from cls.parseBody(length, limits))

    @classmethod
    def parseBody(cls, length: int, limits: Limits) -> Parsed:
        """
        Take as much of the text as the limit allows, and skip the rest.
        """
        kept = min(length, limits.cutText)
        text = yield kept
        yield from skip(length - kept)
        return cls(text, length - kept)


ClientMessage = (
    SetPixelFormat
    | SetEncodings
    | FramebufferUpdateRequest
    | KeyEvent
    | PointerEvent
    | ClientCutText
)

#: Those of a viewer's messages that are short and come often, by their type.
SHORT_MESSAGES: dict[int, type[Any]] = {
    message.type: message
    for message in (FramebufferUpdateRequest, KeyEvent, PointerEvent)
}

#: The viewer's messages by their type.
CLIENT_MESSAGES: dict[int, type[Any]] = {
    message.type: message
    for message in (
        SetPixelFormat,
        SetEncodings,
        FramebufferUpdateRequest,
        KeyEvent,
        PointerEvent,
        ClientCutText,
    )
}
