# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What is fuzzed: functions of bytes, one for each place where bytes of a stranger, or of
a file, are read.

The first bytes choose between variants, the rest is read.  Whatever a target raises is
a finding: that input is damaged is something it expects.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
from PIL import Image
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from twisted.python.failure import Failure
from zope.interface import implementer

from tests.codec import FORMATS
from tests.machine import Everything
from tests.pieces import Transcript, cut
from txrfb._wire.clipboard import ClipboardContent, ClipboardExchange
from txrfb._wire.connection import ServerConnection
from txrfb._wire.events import ClientInit, Event, Failed, LoginRequested, TLSRequested
from txrfb._wire.messages import Limits
from txrfb.client import RFBClient
from txrfb.client.pseudorectangles import readPseudoRectangle
from txrfb.encodings import ENCODINGS, Wanted, constants
from txrfb.encodings.copyrect import CopyRectDecoder
from txrfb.encodings.jpeg import AVAILABLE, decompress
from txrfb.encodings.png import decodePng
from txrfb.error import PixelFormatError, ProtocolError
from txrfb.framebuffers.image import ImageFramebuffer
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.interfaces import ISecurityType
from txrfb.pixels import NATIVE, PixelFormat
from txrfb.protocol import RFBFactory
from txrfb.security.accounts.hashing import Hash
from txrfb.security.accounts.passwords import parsePasswords
from txrfb.security.accounts.realm import portalFor
from txrfb.security.accounts.users import parseUsers
from txrfb.security.admission.addresses import Networks, parseAddress
from txrfb.security.client import Security, securityFor
from txrfb.security.types.ard import AppleDH
from txrfb.security.types.hostkey import HostKey, decodeKey, encodeKey, fingerprint
from txrfb.security.types.mslogon import MSLogonII
from txrfb.security.types.none import NoSecurity
from txrfb.security.types.rsaaes import RSAAES
from txrfb.security.types.vencrypt import NAMES, VeNCrypt, subTypes
from txrfb.security.types.vncauth import VNCAuth

LIMITS = Limits(cutText=500, encodings=20, pixels=1 << 16)

#: What decoders may read before they have to come to an end, and what the server may
#: write for so little input.
_MAX_READ = 1 << 22
_MAX_WRITTEN = 1 << 24

#: Pixels of a picture in a file: of what is large, Pillow itself takes its time.
_MAX_PICTURE = 1 << 20

_FORMATS = tuple(FORMATS.values())

#: The pseudo-encodings whose rectangles have bodies of their own.
PSEUDO = tuple(
    number
    for number in constants.NAMES
    if number not in ENCODINGS and number != constants.COPY_RECT
)

_GREETING = b"RFB 003.008\n"


def _choose(data: bytes, count: int) -> tuple[list[int], bytes]:
    """
    @return: So many numbers, and the bytes after those that they were made of.
    """
    return list(data[:count].ljust(count, b"\0")), data[count:]


def _cut(data: bytes, choice: int) -> Iterator[bytes]:
    """
    @return: C{data} at once, or in pieces, as was chosen.
    """
    return cut(data, [len(data) or 1] if choice < 128 else [choice % 7 + 1, 40])


def _random(size: int) -> bytes:
    return b"\5" * size


@contextmanager
def _nothingLogged() -> Iterator[None]:
    """
    @raise Exception: the first that is logged inside.
    """
    failures: list[Failure] = []

    @implementer(ILogObserver)
    def observe(event: LogEvent) -> None:
        failure = event.get("log_failure")
        if failure is not None:
            failures.append(failure)

    globalLogPublisher.addObserver(observe)
    try:
        yield
    finally:
        globalLogPublisher.removeObserver(observe)
    if failures:
        failures[0].raiseException()


@cache
def _hostKey() -> HostKey:
    # As short as viewers accept, as each try decrypts.
    return HostKey.generate(1024)


@cache
def _securityTypes() -> tuple[tuple[ISecurityType, ...], ...]:
    return (
        (NoSecurity(), VNCAuth()),
        (VNCAuth(),),
        (AppleDH(), MSLogonII()),
        (RSAAES("RA2", _hostKey()), RSAAES("RA2ne_256", _hostKey())),
        (VeNCrypt(subTypes(NAMES)),),
    )


def connection(data: bytes) -> None:
    """
    The server's side without input and output, with every security type.
    """
    (kind, pieces, answers), data = _choose(data, 3)
    types = _securityTypes()[kind % 5]
    server = ServerConnection(Transcript(), LIMITS)
    events = server.start(types)
    if kind & 128:
        data = _GREETING + bytes([types[0].number]) + data
    for piece in _cut(data, pieces):
        events = server.receive(piece)
        while events:
            assert not any(isinstance(event, Failed) for event in events[:-1])
            following: list[Event] | None = _react(server, events[-1], answers)
            if following is None:
                assert server.receive(b"more") == []
                return
            events = following
        stepper = server._stepper
        assert stepper is not None and stepper.held < 5000, "too much is held"


def _react(server: ServerConnection, event: Event, answers: int) -> list[Event] | None:
    """
    @return: The events that follow; C{None} if the conversation is over.
    """
    if isinstance(event, Failed):
        assert event.reason
        return None
    if isinstance(event, LoginRequested):
        if answers & 1:
            return server.loginFailed("no")
        return server.loginSucceeded()
    if isinstance(event, TLSRequested):
        return server.tlsStarted(None)
    if isinstance(event, ClientInit):
        return server.initialize(100, 80, NATIVE, "name")
    return []


def server(data: bytes) -> None:
    """
    The whole server on a transport, while its picture changes.
    """
    (kind, pieces), data = _choose(data, 2)
    framebuffer = MemoryFramebuffer(100, 80)
    application = Everything(framebuffer, LIMITS.pixels)
    clock = Clock()
    factory = RFBFactory(
        framebuffer,
        application,
        portal=portalFor("secret" if kind & 1 else None),
        limits=LIMITS,
        random=_random,
        reactor=clock,
    )
    if kind & 128:
        data = _GREETING + b"\1\1" + data
    with _nothingLogged():
        protocol = factory.buildProtocol(None)
        assert protocol is not None
        transport: Any = StringTransport()
        transport.abortConnection = transport.loseConnection
        protocol.makeConnection(transport)
        for turn, piece in enumerate(_cut(data, pieces)):
            if turn % 8 == 0:
                framebuffer.fill((turn % 256, 9, 9), Rectangle(turn % 90, 0, 20, 30))
                clock.advance(0.02)
            if transport.disconnecting:
                break
            protocol.dataReceived(piece)
            assert len(transport.value()) < _MAX_WRITTEN, "too much is written"
            transport.clear()
        framebuffer.cutText("text")
        clock.pump([0.02] * 10)
        protocol.connectionLost(Failure(ConnectionDone()))
        clock.advance(1)
    assert clock.getDelayedCalls() == [], clock.getDelayedCalls()
    assert factory.viewers == []
    assert application.sinks == []
    down = {(key, number): isDown for key, isDown, number in application.keys}
    assert True not in down.values(), "a key stays down"
    assert not application.pointers or not application.pointers[-1][2]


@cache
def _logins() -> Security:
    names = ["ARD", "MSLogonII", "RA2", "RA2ne", "TLSPlain", "VncAuth", "None"]
    return securityFor(b"secret", b"ada", names, random=_random)


def client(data: bytes) -> None:
    """
    A viewer with all encodings, and a hostile server.
    """
    (kind, pieces), data = _choose(data, 2)
    clock = Clock()
    viewer = RFBClient(
        _logins(),
        encodings=[*constants.NAMES],
        format=(None, *_FORMATS)[kind % 8],
        limits=LIMITS,
        clock=clock,
    )
    if kind & 128:
        init = bytes([0, 100, 0, 80]) + _FORMATS[0].toBytes() + b"\0\0\0\4name"
        data = _GREETING + b"\1\1\0\0\0\0" + init + data
    with _nothingLogged():
        transport = StringTransport()
        viewer.makeConnection(transport)
        for piece in _cut(data, pieces):
            viewer.dataReceived(piece)
            assert viewer.canvas.size <= LIMITS.pixels
            transport.clear()
        viewer.connectionLost()
    assert clock.getDelayedCalls() == []


def _drive(reading: Generator[int, bytes, Any], data: bytes) -> None:
    """
    Read what there is, and no more.
    """
    at = 0
    try:
        size = next(reading)
        while True:
            most = size
            if isinstance(size, Wanted):
                assert 0 <= size.unused <= at, f"{size.unused} bytes are given back"
                at -= size.unused
                most = max(size, size.most)
            assert 0 <= size <= most < _MAX_READ, f"{size} bytes are asked for"
            if size > len(data) - at:
                return
            piece = data[at : at + most]
            at += len(piece)
            size = reading.send(piece)
    except (ProtocolError, StopIteration, ValueError):
        pass
    finally:
        reading.close()


def decoders(data: bytes) -> None:
    """
    The decoder of each encoding, two rectangles one after the other.
    """
    (kind, look, width, height), data = _choose(data, 4)
    makers: list[Callable[[], Any]] = [one.decoder for one in ENCODINGS.values()]
    makers.append(CopyRectDecoder)
    decoder = makers[kind % len(makers)]()
    format = _FORMATS[look % len(_FORMATS)]
    if not format.trueColor:
        format = NATIVE
    rectangle = Rectangle(3, 2, width, height)
    canvas = np.full((height + 5, width + 6), 0xABCDEF, np.uint32)
    half = len(data) // 2 if kind & 128 else len(data)
    for part in (data[:half], data[half:]):
        _drive(decoder.decode(rectangle, format, canvas), part)
    canvas[2 : 2 + height, 3 : 3 + width] = 0xABCDEF
    assert (canvas == 0xABCDEF).all(), "it painted outside of the rectangle"


def pseudo(data: bytes) -> None:
    """
    The rectangles that are not pixels.
    """
    (kind, look, x, y, width, height), data = _choose(data, 6)
    rectangle = Rectangle(x * 3, y * 3, width * 3, height * 3)
    encoding = PSEUDO[kind % len(PSEUDO)]
    format = _FORMATS[look % len(_FORMATS)]
    try:
        reading = readPseudoRectangle(rectangle, encoding, format)
    except ProtocolError:
        return  # it stands for nothing that a server sends
    _drive(reading, data)


def images(data: bytes) -> None:
    """
    PNG and JPEG as they come from a server.
    """
    (kind, width, height), data = _choose(data, 3)
    try:
        if kind & 1 and AVAILABLE:
            pixels = decompress(data, width, height)
        else:
            pixels = decodePng(data, width, height)
    except ValueError:
        return
    assert pixels.shape[:2] == (height, width)


def files(data: bytes) -> None:
    """
    Files of pictures and animations, while they are shown.
    """
    clock = Clock()
    descriptor, path = tempfile.mkstemp()
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, _MAX_PICTURE
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        # That a frame is broken is in the log; what else is wrong is raised.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                framebuffer = ImageFramebuffer(clock, path, (32, 24))
            except ValueError:
                return
            framebuffer.resumeProducing()
            for _ in range(4):
                framebuffer.capture()
                clock.advance(0.5)
            framebuffer.pauseProducing()
        assert clock.getDelayedCalls() == []
    finally:
        Image.MAX_IMAGE_PIXELS = limit
        os.unlink(path)


def clipboard(data: bytes) -> None:
    """
    The extended clipboard.
    """
    (kind, action, formats), data = _choose(data, 3)
    said: list[Any] = []
    received: list[dict[str, bytes]] = []
    exchange = ClipboardExchange(500, bool(kind & 1), said.append, received.append)
    exchange.extend()
    exchange.changed(ClipboardContent("text", {"html": b"<p>"} if kind & 2 else {}))
    flags = bytes([1 << (action % 5), 0, 0, formats & 7])
    try:
        for _ in range(2):
            exchange.extendedReceived((flags if kind & 4 else b"") + data.ljust(4))
    except ProtocolError:
        pass
    for one in received:
        assert all(len(content) <= 500 for content in one.values())
    assert len(said) < 20


def formats(data: bytes) -> None:
    """
    Pixel formats.
    """
    try:
        format = PixelFormat.fromBytes(data[:16].ljust(16, b"\0"))
    except PixelFormatError:
        return
    assert PixelFormat.fromBytes(format.toBytes()) == format
    if format.trueColor:
        for color in (0, 0xFFFFFF, 0x123456):
            assert 0 <= format.valueOf(color) < 1 << format.bitsPerPixel


def secrets(data: bytes) -> None:
    """
    The files of passwords and of users, hashes, keys and addresses.
    """
    (kind,), data = _choose(data, 1)
    text = data.decode("latin-1")
    try:
        _PARSERS[kind % len(_PARSERS)](SimpleNamespace(data=data, text=text))
    except ValueError:
        pass


def _key(given: SimpleNamespace) -> None:
    key = decodeKey(given.data)
    assert fingerprint(encodeKey(key))


def _address(given: SimpleNamespace) -> None:
    parseAddress(given.text)
    Networks(given.text.split(","))


_PARSERS: tuple[Callable[[SimpleNamespace], object], ...] = (
    lambda given: parsePasswords(given.data),
    lambda given: parseUsers(given.data),
    lambda given: Hash.fromString(given.text),
    lambda given: HostKey.fromPEM(given.data),
    _key,
    _address,
)


#: All of them, by their names.
TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target
    for target in (
        connection,
        server,
        client,
        decoders,
        pseudo,
        images,
        files,
        clipboard,
        formats,
        secrets,
    )
}
