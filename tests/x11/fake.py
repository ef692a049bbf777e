# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
An X server for tests, without any socket: it has one screen, the pixels of which a test
paints, and does what its requests ask for, as far as they are asked for here.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IUNIXTransport
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from zope.interface import implementer

from txrfb.geometry import Rectangle, Region
from txrfb.x11 import damage, shm, xfixes

#: What Xvfb 21.1 says at first, with one of its many visuals: one screen of 1920x1080
#: pixels of depth 24, root 0x50d.
SETUP = bytes.fromhex(
    "01000b0000002b008fa5b80000002000ffff1f00000100001400ffff01060000202008ff"
    "0000000054686520582e4f726720466f756e646174696f6e010120000000000004082000"
    "000000000808200000000000101020000000000018202000000000002020200000000000"
    "0d05000020000000ffffff00000000000000000080073804e80112010100010021000000"
    "01001801180001000000000021000000040800010000ff0000ff0000ff00000000000000"
)

ROOT = 0x50D

#: Opcode, first event and first error of the extensions.
EXTENSIONS = {
    shm.NAME: (130, 65, 128),
    xfixes.NAME: (138, 87, 140),
    damage.NAME: (143, 91, 152),
}


class Transport(StringTransport):
    """
    A transport that says when something is written.
    """

    def __init__(self, written: Callable[[], None]) -> None:
        super().__init__()
        self._written = written

    def write(self, data: bytes) -> None:
        """
        Keep it.
        """
        super().write(data)
        self._written()

    def abortConnection(self) -> None:
        """
        The client wants no more.
        """
        super().abortConnection()
        self._written()


@implementer(IUNIXTransport)
class UNIXTransport(Transport):
    """
    A transport that takes descriptors of files, too.
    """

    def __init__(self, written: Callable[[], None]) -> None:
        super().__init__(written)
        self.descriptors: list[int] = []

    def sendFileDescriptor(self, descriptor: int) -> None:
        """
        Take one, as the system does it: as another one of the same file.
        """
        self.descriptors.append(os.dup(descriptor))


class Refusal(Exception):
    """
    An error that a request is answered with.
    """

    def __init__(self, code: int, value: int = 0) -> None:
        super().__init__(code)
        self.code, self.value = code, value


class Segment:
    """
    Memory that was attached.
    """

    def __init__(self, descriptor: int) -> None:
        self.memory = mmap.mmap(descriptor, 0)
        os.close(descriptor)


class FakeServer:
    """
    @ivar pixels: What is on the screen: values of 32 bits, shape (height, width).
    @ivar log: The names of the requests that came.
    @ivar isStopped: Whether it does nothing, as one that hangs.
    @ivar damages: What is damaged, by the identifiers of Damage objects.
    """

    def __init__(
        self,
        width: int = 64,
        height: int = 48,
        *,
        extensions: Iterable[str] = tuple(EXTENSIONS),
        hasPixmaps: bool = True,
        depth: int = 24,
        bits: int = 32,
        isBigEndian: bool = False,
        refusal: str = "",
        isLocal: bool = True,
        clock: Clock | None = None,
    ) -> None:
        """
        @param clock: What makes it do by itself what is asked for, in the next turn.
        """
        self.pixels: NDArray[np.uint32] = np.zeros((height, width), np.uint32)
        self.extensions = {
            name: numbers for name, numbers in EXTENSIONS.items() if name in extensions
        }
        self.hasPixmaps = hasPixmaps
        self.depth, self.bits, self.isBigEndian = depth, bits, isBigEndian
        self.refusal = refusal
        self.isLocal = isLocal
        self.transport: StringTransport = StringTransport()
        self._clock = clock
        self.protocol: Any = None
        self.log: list[str] = []
        self.isStopped = False
        self.isEnded = False
        self.sequence = 0
        self.segments: dict[int, Segment] = {}
        self.pixmaps: dict[int, NDArray[np.uint32]] = {}
        self.clips: dict[int, Region] = {}
        self.regions: dict[int, Region] = {}
        self.damages: dict[int, Region] = {}
        self.cursor = (0, 0, 1, 1, 0, 0, 7, b"\x10\x20\x30\xff")
        self.atoms: dict[bytes, int] = {}
        self.pointer = (0, 0)
        self.authority: tuple[bytes, bytes] | None = None
        self._data = b""
        self._out = b""

    # -- Connecting ------------------------------------------------------------------

    def connect(self, protocol: Any) -> None:
        """
        Let a client in, or not.
        """
        self.protocol = protocol
        kind = UNIXTransport if self.isLocal else Transport
        self.transport = kind(self._written)
        protocol.makeConnection(self.transport)
        self.pump()

    def _written(self) -> None:
        if self._clock is not None:
            self._clock.callLater(0, self.pump)

    def end(self) -> None:
        """
        Close the connection.
        """
        self.isEnded = True
        self.protocol.connectionLost(Failure(ConnectionDone()))

    def pump(self) -> None:
        """
        Do what the client has asked for, until it asks for nothing more.
        """
        if self.transport.disconnected and self._clock and not self.isEnded:
            self.end()
        while not self.isStopped and not self.isEnded and self.transport.value():
            self._data += self.transport.value()
            self.transport.clear()
            while self._one():
                pass
            out, self._out = self._out, b""
            if out:
                self.protocol.dataReceived(out)

    def setup(self) -> bytes:
        """
        What it says at first.
        """
        data = bytearray(SETUP)
        height, width = self.pixels.shape
        data[30] = self.isBigEndian
        # The format of pixels of depth 24, and the screen.
        data[60 + 4 * 8 : 60 + 4 * 8 + 2] = bytes([self.depth, self.bits])
        struct.pack_into("<HH", data, 108 + 20, width, height)
        data[108 + 38] = self.depth
        return bytes(data)

    def _one(self) -> bool:
        data = self._data
        if self.authority is None:
            if len(data) < 12:
                return False
            name, value = struct.unpack_from("<HH", data, 6)
            at = 12 + name + -name % 4
            self.authority = data[12 : 12 + name], data[at : at + value]
            self._data = data[at + value + -value % 4 :]
            if self.refusal:
                reason = self.refusal.encode("latin-1")
                body = reason + bytes(-len(reason) % 4)
                head = (0, len(reason), 11, 0, len(body) // 4)
                self._out += struct.pack("<BBHHH", *head) + body
            else:
                self._out += self.setup()
            return True
        if len(data) < 4 or len(data) < struct.unpack_from("<H", data, 2)[0] * 4:
            return False
        size = struct.unpack_from("<H", data, 2)[0] * 4
        request, self._data = data[:size], data[size:]
        self.sequence += 1
        self._do(request)
        return True

    def _do(self, request: bytes) -> None:
        name, minor = str(request[0]), 0
        for extension, numbers in self.extensions.items():
            if numbers[0] == request[0]:
                name, minor = f"{extension} {request[1]}", request[1]
        self.log.append(name)
        try:
            handler = self.handlers.get(name)
            if handler is None:
                raise Refusal(1)
            handler(self, request)
        except (Refusal, KeyError) as refusal:
            # There is no such resource.
            error = refusal if isinstance(refusal, Refusal) else Refusal(200)
            head = struct.pack(
                *("<BBHIHB", 0, error.code, self.sequence & 0xFFFF),
                *(error.value, minor, request[0]),
            )
            self._out += head.ljust(32, b"\0")

    def reply(self, body: bytes, data: int = 0) -> None:
        """
        @param body: What follows the header, of eight bytes.
        """
        body = body.ljust(24, b"\0")
        body += bytes(-len(body) % 4)
        more = (len(body) - 24) // 4
        number = self.sequence & 0xFFFF
        self._out += struct.pack("<BBHI", 1, data, number, more) + body

    def event(self, number: int, body: bytes = b"") -> None:
        """
        @param number: Counted as on the wire.
        """
        head = struct.pack("<BBH", number, 0, self.sequence & 0xFFFF)
        self._out += (head + body).ljust(32, b"\0")

    def flush(self) -> None:
        """
        Hand over events that are no answers.
        """
        if not self.isStopped:
            out, self._out = self._out, b""
            self.protocol.dataReceived(out)
            self.pump()

    # -- What happens on it ----------------------------------------------------------

    def paint(self, rectangle: Rectangle, color: int) -> None:
        """
        Draw.
        """
        x, y, width, height = rectangle
        self.pixels[y : y + height, x : x + width] = color
        for id, region in self.damages.items():
            self.damages[id] = region.union(Region([rectangle]))
            if not region:
                self._damaged(id)
        self.flush()

    def _damaged(self, id: int) -> None:
        # Who is told only that there is something is not told how much.
        body = struct.pack("<IIIhhHH", ROOT, id, 0, *self.screen)
        self.event(self.extensions[damage.NAME][1], body)

    def resize(self, width: int, height: int) -> None:
        """
        Have another size.
        """
        pixels = np.zeros((height, width), np.uint32)
        old = self.pixels[:height, :width]
        pixels[: old.shape[0], : old.shape[1]] = old
        self.pixels = pixels
        body = struct.pack("<IIIhhHH", ROOT, ROOT, 0, 0, 0, width, height)
        self.event(22, body)
        self.flush()

    @property
    def screen(self) -> Rectangle:
        """
        All of it.
        """
        height, width = self.pixels.shape
        return Rectangle(0, 0, width, height)

    # -- Requests --------------------------------------------------------------------

    def queryExtension(self, request: bytes) -> None:
        """
        QueryExtension.
        """
        size = struct.unpack_from("<H", request, 4)[0]
        name = request[8 : 8 + size].decode()
        numbers = self.extensions.get(name)
        self.reply(bytes([numbers is not None, *(numbers or (0, 0, 0))]))

    def internAtom(self, request: bytes) -> None:
        """
        InternAtom.
        """
        size = struct.unpack_from("<H", request, 4)[0]
        name = request[8 : 8 + size]
        atom = self.atoms.setdefault(name, 100 + len(self.atoms))
        self.reply(struct.pack("<I", atom))

    def getGeometry(self, request: bytes) -> None:
        """
        GetGeometry.
        """
        (drawable,) = struct.unpack_from("<I", request, 4)
        if drawable != ROOT:
            raise Refusal(9, drawable)
        self.reply(struct.pack("<IhhHH", ROOT, *self.screen), self.depth)

    def image(self, request: bytes) -> bytes:
        """
        The pixels that GetImage asks for.
        """
        drawable, x, y, width, height = struct.unpack_from("<IhhHH", request, 4)
        if not self.screen.contains(Rectangle(x, y, width, height)):
            raise Refusal(8, drawable)
        kind = ">u4" if self.isBigEndian else "<u4"
        return self.pixels[y : y + height, x : x + width].astype(kind).tobytes()

    def getImage(self, request: bytes) -> None:
        """
        GetImage.
        """
        self.reply(bytes(24) + self.image(request), self.depth)

    def shmGetImage(self, request: bytes) -> None:
        """
        GetImage of MIT-SHM.
        """
        segment, offset = struct.unpack_from("<II", request, 24)
        pixels = self.image(request)
        memory = self.segments[segment].memory
        memory[offset : offset + len(pixels)] = pixels
        self.reply(struct.pack("<II", 33, len(pixels)), self.depth)

    def attachFd(self, request: bytes) -> None:
        """
        AttachFd.
        """
        (segment,) = struct.unpack_from("<I", request, 4)
        if not isinstance(self.transport, UNIXTransport):
            raise Refusal(10)
        self.segments[segment] = Segment(self.transport.descriptors.pop(0))

    def detach(self, request: bytes) -> None:
        """
        Detach.
        """
        self.segments.pop(struct.unpack_from("<I", request, 4)[0])

    def createPixmap(self, request: bytes) -> None:
        """
        CreatePixmap of MIT-SHM.
        """
        if not self.hasPixmaps:
            raise Refusal(17)
        fields = struct.unpack_from("<IIHHBxxxII", request, 4)
        pixmap, _, width, height, _, segment, _ = fields
        self.pixmaps[pixmap] = np.frombuffer(
            self.segments[segment].memory, np.uint32, width * height
        ).reshape(height, width)

    def copyArea(self, request: bytes) -> None:
        """
        CopyArea, of the root window to a pixmap.
        """
        _, target, gc, _, _, _, _, width, height = struct.unpack_from(
            "<IIIhhhhHH", request, 4
        )
        area = self.screen.intersection(Rectangle(0, 0, width, height))
        clip = self.clips.get(gc, Region([area]))
        for x, y, w, h in clip.intersection(area):
            self.pixmaps[target][y : y + h, x : x + w] = self.pixels[
                y : y + h, x : x + w
            ]

    def setGCClipRegion(self, request: bytes) -> None:
        """
        SetGCClipRegion.
        """
        gc, region = struct.unpack_from("<II", request, 4)
        self.clips.pop(gc, None)
        if region:
            self.clips[gc] = self.regions[region]

    def fetchRegion(self, request: bytes) -> None:
        """
        FetchRegion.
        """
        region = self.regions[struct.unpack_from("<I", request, 4)[0]]
        body = b"".join(struct.pack("<hhHH", *one) for one in region)
        self.reply(struct.pack("<hhHH", *region.bounds).ljust(24, b"\0") + body)

    def createRegion(self, request: bytes) -> None:
        """
        CreateRegion.
        """
        self.regions[struct.unpack_from("<I", request, 4)[0]] = Region()

    def createDamage(self, request: bytes) -> None:
        """
        Create: all is damaged at first.
        """
        (id,) = struct.unpack_from("<I", request, 4)
        self.damages[id] = Region([self.screen])
        self._damaged(id)

    def destroyDamage(self, request: bytes) -> None:
        """
        Destroy.
        """
        self.damages.pop(struct.unpack_from("<I", request, 4)[0])

    def subtract(self, request: bytes) -> None:
        """
        Subtract.
        """
        id, _, region = struct.unpack_from("<III", request, 4)
        if region:
            self.regions[region] = self.damages[id]
        self.damages[id] = Region()

    def getCursorImage(self, request: bytes) -> None:
        """
        GetCursorImage.
        """
        *numbers, pixels = self.cursor
        body = struct.pack("<hhHHHHI", *numbers).ljust(24, b"\0")
        self.reply(body + pixels)

    def version(self, request: bytes) -> None:
        """
        QueryVersion of DAMAGE and of XFIXES.
        """
        self.reply(struct.pack("<II", 5, 0))

    def shmVersion(self, request: bytes) -> None:
        """
        QueryVersion of MIT-SHM.
        """
        self.reply(struct.pack("<HH", 1, 2), int(self.hasPixmaps))

    def nothing(self, request: bytes) -> None:
        """
        What changes nothing.
        """

    def focus(self, request: bytes) -> None:
        """
        GetInputFocus.
        """
        self.reply(b"")

    def owner(self, request: bytes) -> None:
        """
        GetSelectionOwner: nobody.
        """
        self.reply(bytes(4))

    def queryPointer(self, request: bytes) -> None:
        """
        QueryPointer.
        """
        x, y = self.pointer
        self.reply(struct.pack("<IIhhhhHxx", ROOT, 0, x, y, x, y, 0), 1)

    handlers: ClassVar[dict[str, Callable[[FakeServer, bytes], None]]] = {
        "1": nothing,
        "2": nothing,
        "4": nothing,
        "14": getGeometry,
        "16": internAtom,
        "23": owner,
        "38": queryPointer,
        "43": focus,
        "54": nothing,
        "55": nothing,
        "60": nothing,
        "62": copyArea,
        "73": getImage,
        "98": queryExtension,
        "MIT-SHM 0": shmVersion,
        "MIT-SHM 2": detach,
        "MIT-SHM 4": shmGetImage,
        "MIT-SHM 5": createPixmap,
        "MIT-SHM 6": attachFd,
        "XFIXES 0": version,
        "XFIXES 2": nothing,
        "XFIXES 3": nothing,
        "XFIXES 4": getCursorImage,
        "XFIXES 5": createRegion,
        "XFIXES 19": fetchRegion,
        "XFIXES 20": setGCClipRegion,
        "DAMAGE 0": version,
        "DAMAGE 1": createDamage,
        "DAMAGE 2": destroyDamage,
        "DAMAGE 3": subtract,
    }
