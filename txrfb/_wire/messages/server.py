# -*- test-case-name: tests.wire.test_messages -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What servers send (RFC 6143, sections 7.3.2 and 7.6).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from struct import Struct
from typing import Any, ClassVar

from txrfb._wire.messages.parsing import Limits, Message, Parsed, skip
from txrfb.error import ProtocolError
from txrfb.geometry import Rectangle
from txrfb.pixels import PixelFormat

_RECTANGLE = Struct(">HHHHi")

#: Makes the twelve bytes of a L{RectangleHeader} of C{(x, y, width, height,
#: encoding)}, without one: there are many in each update.
packHeader = _RECTANGLE.pack

#: How many bytes that is.
HEADER_SIZE = _RECTANGLE.size

#: Makes the four bytes of a L{FramebufferUpdate} of so many rectangles, without one.
packUpdate = Struct(">xxH").pack


@dataclass(frozen=True, slots=True)
class RectangleHeader:
    """
    What stands before each rectangle of an update (section 7.6.1).
    """

    rectangle: Rectangle
    encoding: int

    def toBytes(self) -> bytes:
        """
        @return: Twelve bytes.
        """
        return packHeader(*self.rectangle, self.encoding)

    @classmethod
    def parse(cls) -> Parsed:
        """
        Twelve bytes.
        """
        x, y, width, height, encoding = _RECTANGLE.unpack((yield 12))
        return cls(Rectangle(x, y, width, height), encoding)


@dataclass(frozen=True, slots=True)
class FramebufferUpdate:
    """
    The start of an update: rectangles follow (section 7.6.1).

    @ivar count: How many; 65535 where the LastRect pseudo-encoding ends it.
    """

    type: ClassVar[int] = 0
    count: int

    def toBytes(self) -> bytes:
        """
        @return: Four bytes.
        """
        return packUpdate(self.count)

    @classmethod
    def parse(cls, limits: Limits) -> Parsed:
        """
        Three bytes.
        """
        return cls(int.from_bytes((yield 3)[1:], "big"))


@dataclass(frozen=True, slots=True)
class SetColorMapEntries(Message):
    """
    Colors for viewers that are not true color (section 7.6.2).

    @ivar first: The pixel value of the first color.
    @ivar colors: The colors, red, green and blue of 0 to 65535 each.
    """

    type: ClassVar[int] = 1
    first: int
    colors: tuple[tuple[int, int, int], ...]

    def toBytes(self) -> bytes:
        """
        @return: The message.
        """
        count = len(self.colors)
        flat = [part for color in self.colors for part in color]
        return Struct(f">BxHH{3 * count}H").pack(1, self.first, count, *flat)

    @classmethod
    def parse(cls, limits: Limits) -> Parsed:
        """
        At most 65535 colors: 393 kB.
        """
        _, first, count = Struct(">BHH").unpack((yield 5))
        flat = Struct(f">{3 * count}H").unpack((yield 6 * count))
        return cls(first, tuple(zip(flat[::3], flat[1::3], flat[2::3], strict=True)))


@lru_cache(maxsize=8)
def colorMapOf(format: PixelFormat) -> SetColorMapEntries:
    """
    @return: All colors of a format that has a map of them.
    """
    return SetColorMapEntries(0, tuple(format.colorMap()))


@dataclass(frozen=True, slots=True)
class Bell(Message):
    """
    The bell rings (section 7.6.3).
    """

    type: ClassVar[int] = 2

    def toBytes(self) -> bytes:
        """
        @return: One byte.
        """
        return b"\2"

    @classmethod
    def parse(cls, limits: Limits) -> Parsed:
        """
        Nothing follows.
        """
        return cls()
        yield


@dataclass(frozen=True, slots=True)
class ServerCutText(Message):
    """
    The server has new text in its cut buffer (section 7.6.4).

    @ivar text: The text, in Latin-1.
    @ivar dropped: How many bytes of it were beyond L{Limits.cutText}.
    """

    type: ClassVar[int] = 3
    text: bytes
    dropped: int = 0

    @property
    def tail(self) -> bytes:
        """
        The text.
        """
        return self.text

    def head(self) -> bytes:
        """
        @return: All before the text.
        """
        return b"\3\0\0\0" + len(self.text).to_bytes(4, "big")

    def toBytes(self) -> bytes:
        """
        @return: The message.
        """
        return self.head() + self.text

    @classmethod
    def parse(cls, limits: Limits) -> Parsed:
        """
        See L{parseBody}.
        """
        return (yield from cls.parseBody(int.from_bytes((yield 7)[3:], "big"), limits))

    @classmethod
    def parseBody(cls, length: int, limits: Limits) -> Parsed:
        """
        Take as much of the text as the limit allows, and skip the rest.
        """
        kept = min(length, limits.cutText)
        text = yield kept
        yield from skip(length - kept)
        return cls(text, length - kept)


@dataclass(frozen=True, slots=True)
class PseudoUpdate(Message):
    """
    An update of a single rectangle that is no pixels (rfbproto, Pseudo-encodings).

    @ivar name: The name of its encoding.
    @ivar header: Where it is, and in which encoding.
    @ivar body: What follows the header.
    """

    name: str
    header: RectangleHeader
    body: bytes = b""

    @property
    def label(self) -> str:
        """
        Its name in the log.
        """
        return self.name

    def toBytes(self) -> bytes:
        """
        @return: The message.
        """
        return FramebufferUpdate(1).toBytes() + self.header.toBytes() + self.body


#: The server's messages by their type.
SERVER_MESSAGES: dict[int, type[Any]] = {
    message.type: message
    for message in (FramebufferUpdate, SetColorMapEntries, Bell, ServerCutText)
}


# -- Of the handshake (sections 7.1 to 7.3) ------------------------------------------


@dataclass(frozen=True, slots=True)
class ServerInit(Message):
    """
    The screen, as the viewer first hears of it (section 7.3.2).
    """

    width: int
    height: int
    format: PixelFormat
    name: str

    def toBytes(self) -> bytes:
        """
        @return: The message; the name in UTF-8, as every current viewer reads it.
        """
        name = self.name.encode("utf-8", "replace")
        return (
            Struct(">HH").pack(self.width, self.height)
            + self.format.toBytes()
            + len(name).to_bytes(4, "big")
            + name
        )

    @classmethod
    def parse(cls, limits: Limits) -> Parsed:
        """
        @raise ProtocolError: if the name is longer than L{Limits.name}.
        """
        data = yield 24
        length = int.from_bytes(data[20:], "big")
        if length > limits.name:
            raise ProtocolError(f"a desktop name of {length} bytes")
        name = yield length
        width, height = Struct(">HH").unpack(data[:4])
        format = PixelFormat.fromBytes(data[4:20])
        return cls(width, height, format, name.decode("utf-8", "replace"))
