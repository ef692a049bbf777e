# -*- test-case-name: tests.wire.test_extensions -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The messages that came after RFC 6143 (rfbproto.rst), as values, to bytes and back.

A peer may send them only when it has been told that they are understood.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import Struct
from typing import Any, ClassVar

from txrfb._wire.messages.clipboard import ExtendedCutText
from txrfb._wire.messages.parsing import Limits, Message, Parsed
from txrfb._wire.messages.viewer import PointerEvent
from txrfb.error import ProtocolError
from txrfb.geometry import Rectangle, Screen

_CONTINUOUS = Struct(">?HHHH")
_FENCE = Struct(">3xIB")
_SIZE = Struct(">xHHBx")
_SCREEN = Struct(">IHHHHI")
_KEY = Struct(">HII")
_AUDIO_FORMAT = Struct(">BBI")

#: How long the payload of a fence may be.
MAX_PAYLOAD = 64

#: The flags of a fence.
BLOCK_BEFORE, BLOCK_AFTER, SYNC_NEXT, REQUEST = 1, 2, 4, 1 << 31

#: The flags of a fence that mean something.
FENCE_FLAGS = BLOCK_BEFORE | BLOCK_AFTER | SYNC_NEXT | REQUEST


@dataclass(frozen=True, slots=True)
class EnableContinuousUpdates:
    """
    The viewer wants updates without asking for each, or wants them no more.

    @ivar enable: Which of both.
    @ivar rectangle: Of which part of the screen.
    """

    type: ClassVar[int] = 150
    enable: bool
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
        return b"\x96" + _CONTINUOUS.pack(self.enable, *self.rectangle)

    @classmethod
    def parse(cls, limits: Limits) -> Parsed:
        """
        Nine bytes.
        """
        enable, x, y, width, height = _CONTINUOUS.unpack((yield 9))
        return cls(enable, Rectangle(x, y, width, height))


@dataclass(frozen=True, slots=True)
class EndOfContinuousUpdates(Message):
    """
    The server sends no more updates that are not asked for; and, the first time,
    that it could.
    """

    type: ClassVar[int] = 150

    def toBytes(self) -> bytes:
        """
        @return: One byte.
        """
        return b"\x96"

    @classmethod
    def parse(cls, limits: Limits) -> Parsed:
        """
        Nothing follows.
        """
        return cls()
        yield


@dataclass(frozen=True, slots=True)
class Fence(Message):
    """
    A mark in the stream, from either side, that the other sends back.

    @ivar flags: Of L{BLOCK_BEFORE}, L{BLOCK_AFTER}, L{SYNC_NEXT} and L{REQUEST}.
    @ivar payload: What comes back, at most L{MAX_PAYLOAD} bytes.
    """

    type: ClassVar[int] = 248
    flags: int
    payload: bytes

    @property
    def size(self) -> int:
        """
        How many bytes it has on the wire.
        """
        return 9 + len(self.payload)

    def toBytes(self) -> bytes:
        """
        @return: The message.
        """
        return b"\xf8" + _FENCE.pack(self.flags, len(self.payload)) + self.payload

    @classmethod
    def parse(cls, limits: Limits) -> Parsed:
        """
        @raise ProtocolError: if the payload is too long.
        """
        flags, length = _FENCE.unpack((yield 8))
        if length > MAX_PAYLOAD:
            raise ProtocolError(
                f"a fence of {length} bytes; at most {MAX_PAYLOAD} are allowed"
            )
        return cls(flags, (yield length))


@dataclass(frozen=True, slots=True)
class SetDesktopSize:
    """
    The viewer would have the screen of another size.

    @ivar width: Columns it asks for.
    @ivar height: Rows it asks for.
    @ivar screens: How they are to be divided.
    """

    type: ClassVar[int] = 251
    width: int
    height: int
    screens: tuple[Screen, ...]

    @property
    def size(self) -> int:
        """
        How many bytes it has on the wire.
        """
        return 8 + 16 * len(self.screens)

    def toBytes(self) -> bytes:
        """
        @return: The message.
        """
        return (
            b"\xfb"
            + _SIZE.pack(self.width, self.height, len(self.screens))
            + b"".join(_SCREEN.pack(*screen) for screen in self.screens)
        )

    @classmethod
    def parse(cls, limits: Limits) -> Parsed:
        """
        At most 255 screens: 4 kB.
        """
        width, height, count = _SIZE.unpack((yield 7))
        data = yield 16 * count
        screens = tuple(Screen(*one) for one in _SCREEN.iter_unpack(data))
        return cls(width, height, screens)


#: What an xvp message may say: the server, and the viewer.
XVP_FAIL, XVP_INIT = 0, 1
XVP_ACTIONS = {2: "shutdown", 3: "reboot", 4: "reset"}


@dataclass(frozen=True, slots=True)
class Xvp(Message):
    """
    The viewer would shut down, reboot or reset the machine whose screen it is; or
    the server says that it can, or could not.

    @ivar version: The version of the extension: 1.
    @ivar code: A key of L{XVP_ACTIONS}, L{XVP_FAIL} or L{XVP_INIT}.
    """

    type: ClassVar[int] = 250
    version: int
    code: int

    @property
    def size(self) -> int:
        """
        How many bytes it has on the wire.
        """
        return 4

    def toBytes(self) -> bytes:
        """
        @return: Four bytes.
        """
        return bytes((250, 0, self.version, self.code))

    @classmethod
    def parse(cls, limits: Limits) -> Parsed:
        """
        Three bytes.
        """
        _, version, code = yield 3
        return cls(version, code)


@dataclass(frozen=True, slots=True)
class ExtendedKeyEvent:
    """
    A key went down or up, of which the viewer knows where it is on the keyboard.

    @ivar down: Whether it went down.
    @ivar keysym: Its symbol; 0 if the viewer does not know one.
    @ivar keycode: Its XT scan code, the high bit set for those that begin with
        C{0xe0}.
    """

    submessage: ClassVar[int] = 0
    down: bool
    keysym: int
    keycode: int

    @property
    def size(self) -> int:
        """
        How many bytes it has on the wire.
        """
        return 12

    def toBytes(self) -> bytes:
        """
        @return: The message.
        """
        return b"\xff\0" + _KEY.pack(self.down, self.keysym, self.keycode)

    @classmethod
    def parse(cls, limits: Limits) -> Parsed:
        """
        Ten bytes.
        """
        down, keysym, keycode = _KEY.unpack((yield 10))
        # SysRq has two codes, of which one is right.
        return cls(bool(down), keysym, 0x54 if keycode == 0xB7 else keycode)


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """
    How sound is written.

    @ivar sample: 0 for U8, 1 for S8, 2 for U16, 3 for S16, 4 for U32, 5 for S32;
        little endian.
    @ivar channels: 1 or 2.
    @ivar frequency: Samples in a second, of each channel.
    """

    sample: int = 3
    channels: int = 2
    frequency: int = 44100

    @property
    def frameSize(self) -> int:
        """
        How many bytes one sample of all channels has.
        """
        return (1 << self.sample // 2) * self.channels


@dataclass(frozen=True, slots=True)
class AudioRequest:
    """
    The viewer wants to hear, or no more, or wants it written in a certain way.

    @ivar enable: Whether it wants to hear; C{None} if it says only how.
    @ivar format: How, if it says so.
    """

    submessage: ClassVar[int] = 1
    enable: bool | None
    format: AudioFormat | None = None

    @property
    def size(self) -> int:
        """
        How many bytes it has on the wire.
        """
        return 4 if self.format is None else 10

    def toBytes(self) -> bytes:
        """
        @return: The message.
        """
        format = self.format
        if format is None:
            return b"\xff\1\0" + (b"\0" if self.enable else b"\1")
        return b"\xff\1\0\2" + _AUDIO_FORMAT.pack(
            format.sample, format.channels, format.frequency
        )

    @classmethod
    def parse(cls, limits: Limits) -> Parsed:
        """
        @raise ProtocolError: if there is no such operation, or no such format.
        """
        operation = int.from_bytes((yield 2), "big")
        if operation < 2:
            return cls(operation == 0)
        if operation > 2:
            raise ProtocolError(f"there is no audio operation {operation}")
        format = AudioFormat(*_AUDIO_FORMAT.unpack((yield 6)))
        if (
            format.sample > 5
            or format.channels not in (1, 2)
            or not 1000 <= format.frequency <= 192000
        ):
            raise ProtocolError(f"{format} is not a format of sound")
        return cls(None, format)


_QEMU: dict[int, type[Any]] = {
    message.submessage: message for message in (ExtendedKeyEvent, AudioRequest)
}


class QemuMessage:
    """
    What begins with QEMU's message type: one of several messages.
    """

    type: ClassVar[int] = 255

    @classmethod
    def parse(cls, limits: Limits) -> Parsed:
        """
        @raise ProtocolError: if there is no such message.
        """
        submessage = (yield 1)[0]
        kind = _QEMU.get(submessage)
        if kind is None:
            raise ProtocolError(f"there is no QEMU message {submessage}")
        return (yield from kind.parse(limits))


@dataclass(frozen=True, slots=True)
class AudioMessage(Message):
    """
    From the server: sound begins, ends, or is here.

    @ivar operation: 0 for the end, 1 for the beginning, 2 for sound.
    @ivar data: The sound.
    """

    type: ClassVar[int] = 255
    operation: int
    data: bytes = field(default=b"", repr=False)

    @property
    def label(self) -> str:
        """
        Its name in the log.
        """
        return ("AudioEnd", "AudioBegin", "AudioData")[self.operation]

    def toBytes(self) -> bytes:
        """
        @return: The message.
        """
        head = b"\xff\1" + self.operation.to_bytes(2, "big")
        if self.operation != 2:
            return head
        return head + len(self.data).to_bytes(4, "big") + self.data

    @classmethod
    def parse(cls, limits: Limits) -> Parsed:
        """
        @raise ProtocolError: if it is not about sound, or too long.
        """
        head = yield 3
        operation = int.from_bytes(head[1:], "big")
        if head[0] != 1 or operation > 2:
            raise ProtocolError(f"there is no QEMU message {head.hex()}")
        if operation < 2:
            return cls(operation)
        length = int.from_bytes((yield 4), "big")
        if length > limits.cutText:
            raise ProtocolError(f"{length} bytes of sound at once")
        return cls(2, (yield length))


class ExtendedPointerEvent:
    """
    A L{PointerEvent} that may have a byte more, for nine buttons (rfbproto,
    ExtendedMouseButtons).
    """

    type: ClassVar[int] = PointerEvent.type

    @classmethod
    def parse(cls, limits: Limits) -> Parsed:
        """
        Five bytes; one more if the highest bit of the first says so.
        """
        message = yield from PointerEvent.parse(limits)
        if not message.buttons & 0x80:
            return message
        # Two more; the other bits mean nothing yet.
        buttons = message.buttons & 0x7F | ((yield 1)[0] & 3) << 7
        return PointerEvent(buttons, message.x, message.y, True)


ExtensionMessage = (
    EnableContinuousUpdates
    | ExtendedCutText
    | Fence
    | SetDesktopSize
    | Xvp
    | ExtendedKeyEvent
    | AudioRequest
)

#: The viewer's messages of extensions by their type.
EXTENSIONS: dict[int, type[Any]] = {
    message.type: message
    for message in (
        EnableContinuousUpdates,
        Fence,
        SetDesktopSize,
        Xvp,
        QemuMessage,
    )
}

#: The server's messages of extensions by their type.
SERVER_EXTENSIONS: dict[int, type[Any]] = {
    message.type: message
    for message in (EndOfContinuousUpdates, Fence, Xvp, AudioMessage)
}
