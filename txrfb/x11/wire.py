# -*- test-case-name: tests.x11.test_wire -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The X protocol on the wire: requests to bytes, and bytes to what the server says.  It
knows no transport.  Chapters and numbers are those of "X Window System Protocol, X
Version 11" and its appendix B, "Protocol Encoding".
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import Generic, NamedTuple, TypeVar

from txrfb.error import DisplayError

__all__ = [
    "CORE",
    "GENERIC_EVENT",
    "MAX_PACKET",
    "MAX_REQUEST",
    "Extension",
    "Format",
    "Packet",
    "PacketReader",
    "Question",
    "Request",
    "ScreenInfo",
    "Setup",
    "Visual",
    "X11Error",
    "padded",
    "setupRequest",
]

_Answer = TypeVar("_Answer")

#: The name of the core protocol, among those of extensions.
CORE = ""

#: The longest that a reply or an event may be, in bytes: the pixels of a band of an
#: image, a piece of a selection, a large cursor, the layout of a keyboard are less.
MAX_PACKET = 1 << 26

#: The longest a request may be, in bytes, without the BIG-REQUESTS extension.
MAX_REQUEST = 65535 * 4

#: The first bytes of a packet: an error, and a reply.  All others are events.
_ERROR, _REPLY = 0, 1

#: The number of events that may be longer than 32 bytes.
GENERIC_EVENT = 35

_HEADER = struct.Struct("<BBH")
_LENGTH = struct.Struct("<I")
_SEQUENCE = struct.Struct("<H")


def padded(data: bytes) -> bytes:
    """
    @return: C{data}, and zeros up to a multiple of four bytes.
    """
    return data + bytes(-len(data) % 4)


class Extension(NamedTuple):
    """
    What a server says of an extension that it has.

    @ivar opcode: The major opcode of its requests.
    @ivar event: The number of its first event.
    @ivar error: The number of its first error.
    """

    opcode: int
    event: int
    error: int


class Request:
    """
    A request that has no reply.

    @ivar extension: Whose it is; L{CORE} for the core protocol.
    @ivar number: The opcode; of an extension, the minor opcode.
    @ivar body: What follows the header.
    @ivar data: The second byte, which extensions use for the minor opcode.
    """

    __slots__ = ("body", "data", "extension", "number")

    def __init__(
        self, extension: str, number: IntEnum, body: bytes = b"", data: int = 0
    ) -> None:
        """
        @raise ValueError: if it is longer than requests may be.
        """
        if len(body) > MAX_REQUEST - 4:
            raise ValueError(f"a request of {4 + len(body)} bytes")
        self.extension = extension
        self.number = number
        self.body = padded(body)
        self.data = data

    @property
    def name(self) -> str:
        """
        Its name in the specification.
        """
        prefix = f"{self.extension} " if self.extension else ""
        return f"{prefix}{self.number.name}"

    def toBytes(self, opcode: int) -> bytes:
        """
        @param opcode: The major opcode of the extension; of the core protocol it is not
            looked at.

        @return: What goes to the server.
        """
        first, second = opcode, int(self.number)
        if not self.extension:
            first, second = int(self.number), self.data
        return _HEADER.pack(first, second, 1 + len(self.body) // 4) + self.body


class Question(Request, Generic[_Answer]):
    """
    A request that has a reply.

    @ivar parse: Makes the answer of the reply.
    """

    __slots__ = ("parse",)

    def __init__(
        self,
        extension: str,
        number: IntEnum,
        parse: Callable[[Packet], _Answer],
        body: bytes = b"",
        data: int = 0,
    ) -> None:
        """
        @param parse: Makes the answer of the reply.  It may raise C{struct.error},
            C{IndexError} or C{ValueError} if the reply is too short, or wrong.
        """
        super().__init__(extension, number, body, data)
        self.parse = parse


#: A reply, an event or an error, with its header: 32 bytes or more.
Packet = bytes

#: Errors of the core protocol (appendix B, "Errors").
_ERRORS = (
    *("BadRequest", "BadValue", "BadWindow", "BadPixmap", "BadAtom", "BadCursor"),
    *("BadFont", "BadMatch", "BadDrawable", "BadAccess", "BadAlloc", "BadColor"),
    *("BadGC", "BadIDChoice", "BadName", "BadLength", "BadImplementation"),
)


class X11Error(DisplayError):
    """
    An error that the server reports of a request (chapter 4).

    @ivar code: Its number.
    @ivar major: The major opcode of the request.
    @ivar minor: Its minor opcode.
    @ivar value: The resource, the value or the atom that is wrong.
    @ivar request: The name of the request; empty if it is not known.
    """

    def __init__(self, packet: Packet, request: str = "", name: str = "") -> None:
        """
        @param packet: What the server said.

        @param request: The name of the request, if it is known.

        @param name: The name of the error, if it is one of an extension's.
        """
        self.code = packet[1]
        (self.value, self.minor, self.major) = struct.unpack_from("<IHB", packet, 4)
        self.request = request
        if 1 <= self.code <= len(_ERRORS):
            name = _ERRORS[self.code - 1]
        name = name or f"error {self.code}"
        what = request or f"request {self.major}.{self.minor}"
        super().__init__(f"{name} ({self.value:#x}) in {what}")


class Format(NamedTuple):
    """
    How pixels of a depth are written (chapter 8).
    """

    depth: int
    bitsPerPixel: int
    scanlinePad: int


class Visual(NamedTuple):
    """
    How pixels are colors.
    """

    id: int
    kind: int
    redMask: int
    greenMask: int
    blueMask: int


class ScreenInfo(NamedTuple):
    """
    A screen of a display, as it was when the connection was made.

    @ivar root: Its root window.
    @ivar width: In pixels.
    @ivar height: In pixels.
    @ivar depth: How many bits of a pixel are used.
    @ivar visual: How they are colors; C{None} if the server does not say.
    """

    root: int
    width: int
    height: int
    depth: int
    visual: Visual | None


class Setup(NamedTuple):
    """
    What a server says at first, if it lets us in (chapter 8).

    @ivar idBase: What all our identifiers have in common.
    @ivar idMask: The bits in which they differ.
    @ivar maxRequest: How long a request may be, in bytes.
    @ivar isBigEndian: Whether the most significant byte of a pixel comes first.
    """

    vendor: str
    release: int
    idBase: int
    idMask: int
    maxRequest: int
    isBigEndian: bool
    minKeycode: int
    maxKeycode: int
    formats: tuple[Format, ...]
    screens: tuple[ScreenInfo, ...]

    @classmethod
    def fromBytes(cls, data: bytes) -> Setup:
        """
        @param data: All of it, from its first byte.

        @raise DisplayError: if that is not what servers say.
        """
        try:
            return cls._fromBytes(data)
        except (struct.error, IndexError):
            raise DisplayError("the display's setup is too short") from None

    @classmethod
    def _fromBytes(cls, data: bytes) -> Setup:
        fields = struct.unpack_from("<IIIIHHBBBBBBBB", data, 8)
        (release, idBase, idMask, _, vendorSize, maxRequest, screenCount) = fields[:7]
        (formatCount, isBigEndian, _, _, _, minKeycode, maxKeycode) = fields[7:]
        if not idMask or minKeycode < 8 or maxKeycode < minKeycode:
            raise DisplayError("the display's setup makes no sense")
        at = 40
        vendor = data[at : at + vendorSize].decode("latin-1")
        at += vendorSize + (-vendorSize % 4)
        formats = []
        for _ in range(formatCount):
            formats.append(Format(*struct.unpack_from("<BBB", data, at)))
            at += 8
        screens = []
        for _ in range(screenCount):
            (root,) = struct.unpack_from("<I", data, at)
            width, height = struct.unpack_from("<HH", data, at + 20)
            visualId, _, _, depth, depths = struct.unpack_from("<IBBBB", data, at + 32)
            at += 40
            visual = None
            for _ in range(depths):
                (count,) = struct.unpack_from("<H", data, at + 2)
                at += 8
                for _ in range(count):
                    id, kind, _, _, *masks = struct.unpack_from("<IBBHIII", data, at)
                    if id == visualId:
                        visual = Visual(id, kind, *masks)
                    at += 24
            screens.append(ScreenInfo(root, width, height, depth, visual))
        if not screens:
            raise DisplayError("the display has no screen")
        return cls(
            vendor,
            release,
            idBase,
            idMask,
            min(maxRequest * 4, MAX_REQUEST),
            bool(isBigEndian),
            minKeycode,
            maxKeycode,
            tuple(formats),
            tuple(screens),
        )


def setupRequest(name: bytes = b"", data: bytes = b"") -> bytes:
    """
    @param name: The kind of authorization, if there is any.

    @param data: What is to be known.

    @return: The first bytes to a server: the least significant byte comes first from
        then on, both ways.
    """
    head = struct.pack("<BxHHHHxx", 0x6C, 11, 0, len(name), len(data))
    return head + padded(name) + padded(data)


class PacketReader:
    """
    Cuts what a server says into packets.

    @ivar setup: What it said at first; C{None} before that.
    """

    def __init__(self) -> None:
        self._data = bytearray()
        self.setup: Setup | None = None

    def receive(self, data: bytes) -> Iterator[Packet]:
        """
        @param data: The next bytes.

        @return: The packets that are complete with them, which must all be taken before
            this is called again.  What the server says at first is none of them, but
            sets C{setup}.

        @raise DisplayError: if the server refuses, or says what is no X.
        """
        buffer = self._data
        buffer += data
        at = 0
        try:
            if self.setup is None:
                at = self._readSetup()
                if not at:
                    return
            available = len(buffer)
            while available - at >= 32:
                kind = buffer[at]
                size = 32
                if kind == _REPLY or kind & 127 == GENERIC_EVENT:
                    size += _LENGTH.unpack_from(buffer, at + 4)[0] * 4
                    if size > MAX_PACKET:
                        raise DisplayError(f"the display says {size} bytes at once")
                    if available - at < size:
                        break
                at += size
                yield bytes(buffer[at - size : at])
        finally:
            del buffer[:at]

    def _readSetup(self) -> int:
        buffer = self._data
        if len(buffer) < 8:
            return 0
        status = buffer[0]
        if status > 2:
            raise DisplayError("what answers is no X server")
        size = 8 + int(_SEQUENCE.unpack_from(buffer, 6)[0]) * 4
        if len(buffer) < size:
            return 0
        if status == 1:
            self.setup = Setup.fromBytes(bytes(buffer[:size]))
            return size
        # A reason without its length goes on to the end (status 2).
        reason = bytes(buffer[8 : 8 + buffer[1]] if status == 0 else buffer[8:size])
        text = reason.decode("latin-1").strip("\0 \n")
        raise DisplayError(f"the display refuses: {text or 'it does not say why'}")
