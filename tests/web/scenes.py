# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A browser without a socket, as far as WebSockets are concerned: it says whatever it is
told to, right or wrong, and takes only what is right.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IAddress
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.web.resource import IResource, Resource
from twisted.web.server import Site

from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.protocol import RFBFactory
from txrfb.web import WebSocketResource

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10

KEY = base64.b64encode(bytes(range(16)))

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

#: What browsers send to open a WebSocket.
USUAL = {
    "Host": "desk.example:6080",
    "Upgrade": "websocket",
    "Connection": "keep-alive, Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": KEY.decode("ascii"),
    "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
}


class WrongFrame(Exception):
    """
    A server has sent what RFC 6455 forbids.
    """


def frame(
    content: bytes = b"",
    opcode: int = BINARY,
    *,
    fin: bool = True,
    reserved: int = 0,
    mask: bytes | None = b"\x11\x22\x33\x44",
    width: int | None = None,
    size: int | None = None,
) -> bytes:
    """
    @param reserved: The reserved bits, 0 to 7.

    @param mask: C{None} for none.

    @param width: How many bytes the length has besides the first: 0, 2 or 8.

    @param size: Another length than the content has.

    @return: A frame as a browser sends it, or should not.
    """
    length = len(content) if size is None else size
    if width is None:
        width = 0 if length < 126 else 2 if length < 1 << 16 else 8
    short = {0: length, 2: 126, 8: 127}[width]
    head = bytes([fin << 7 | reserved << 4 | opcode, (mask is not None) << 7 | short])
    head += length.to_bytes(width, "big") if width else b""
    if mask is None:
        return head + content
    masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(content))
    return head + mask + masked


def parsed(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """
    @param data: What a server has sent.

    @return: The opcodes and contents of the frames in it, and what is left over.

    @raise WrongFrame: if a server may not send that.
    """
    found = []
    inMessage = False
    while len(data) >= 2:
        first, second = data[0], data[1]
        opcode, isLast = first & 15, first >> 7
        if first & 0x70:
            raise WrongFrame("reserved bits")
        if second & 0x80:
            raise WrongFrame("masked")
        width = {126: 2, 127: 8}.get(second, 0)
        length = int.from_bytes(data[2 : 2 + width], "big") if width else second
        if len(data) < 2 + width + length:
            break
        if (width == 2 and length < 126) or (width == 8 and length < 1 << 16):
            raise WrongFrame("a length that is longer than it need be")
        if opcode >= 8:
            if not isLast or length > 125:
                raise WrongFrame("a control frame in parts, or too long")
        elif (opcode == CONTINUATION) != inMessage:
            raise WrongFrame("a part of no message, or no part of one")
        else:
            inMessage = not isLast
        if opcode not in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG):
            raise WrongFrame(f"opcode {opcode}")
        found.append((opcode, data[2 + width : 2 + width + length]))
        data = data[2 + width + length :]
    return found, data


def closing(code: int, reason: str = "") -> bytes:
    """
    @return: The content of a Close frame.
    """
    return code.to_bytes(2, "big") + reason.encode("utf-8")


class Socket(StringTransport):
    """
    A connection in memory that can be aborted.
    """

    def abortConnection(self) -> None:
        """
        Be gone at once.
        """
        self.aborting = self.disconnected = True

    aborting = False


def factoryOn(clock: Clock, **options: Any) -> RFBFactory:
    """
    @return: A server of a small screen.
    """
    return RFBFactory(MemoryFramebuffer(32, 24), reactor=clock, **options)


def siteOf(resource: IResource) -> Site:
    """
    @return: A site with a resource at C{/websockify}.
    """
    root = Resource()
    root.putChild(b"websockify", resource)
    return Site(root, timeout=None)


class Browser:
    """
    A browser with one connection.

    @ivar transport: The server's end of it.
    @ivar head: The lines of the answer, once there was one.
    @ivar closed: The code and the reason of the Close frame, if one came.
    @ivar pongs: What came in Pong frames.
    @ivar texts: What came in text messages.
    """

    def __init__(
        self,
        site: Any,
        peer: IAddress | None = None,
        headers: dict[str, Any] | None = None,
        request: str = "GET /websockify HTTP/1.1",
    ) -> None:
        """
        @param site: The server, or a resource of it.

        @param headers: What to send besides what is usual, or, if it is C{None}, not
            to send.
        """
        if not isinstance(site, Site):
            site = siteOf(site)
        self.transport: Any = Socket(peerAddress=peer or _peer())
        self.channel: Any = site.buildProtocol(self.transport.getPeer())
        assert self.channel is not None, "the connection was refused"
        self.channel.makeConnection(self.transport)
        self.head: list[str] = []
        self.body = b""
        self.closed: tuple[int, str] | None = None
        self.pings = 0
        self.pongs: list[bytes] = []
        self.texts: list[str] = []
        self._frames = b""
        given: dict[str, Any] = {**USUAL, **(headers or {})}
        lines = [request]
        for name, value in given.items():
            values = value if isinstance(value, list) else [value]
            lines += [f"{name}: {one}" for one in values if one is not None]
        self.request = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    @property
    def status(self) -> int:
        """
        The status of the answer; 0 if there was none.
        """
        return int(self.head[0].split()[1]) if self.head else 0

    def header(self, name: str) -> str | None:
        """
        @return: A header of the answer.
        """
        for line in self.head[1:]:
            key, _, value = line.partition(": ")
            if key.lower() == name.lower():
                return value
        return None

    def open(self, behind: bytes = b"") -> Browser:
        """
        Ask, and read the answer.

        @param behind: What is sent right behind the request.
        """
        self.channel.dataReceived(self.request + behind)
        head, _, rest = self.transport.value().partition(b"\r\n\r\n")
        self.transport.clear()
        self.head = head.decode("latin-1").split("\r\n")
        if self.status == 101:
            token = hashlib.sha1(KEY + _GUID).digest()
            assert self.header("sec-websocket-accept") == base64.b64encode(
                token
            ).decode("ascii")
            assert self.header("sec-websocket-extensions") is None
            self._frames = rest
        else:
            self.body = rest
        return self

    def send(self, *frames: bytes) -> None:
        """
        Send frames.
        """
        for one in frames:
            self.channel.dataReceived(one)

    def say(self, content: bytes) -> None:
        """
        Send a binary message.
        """
        self.send(frame(content))

    def codeAfter(self, text: str, clock: Clock) -> int:
        """
        @return: The status that it was closed with after it had sent a text.
        """
        self.send(frame(text.encode("ascii"), TEXT))
        clock.advance(1)
        self.heard()
        assert self.closed is not None, text
        return self.closed[0]

    def heard(self) -> bytes:
        """
        @return: What came in binary messages since this was asked last.
        """
        frames, self._frames = parsed(self._frames + self.transport.value())
        self.transport.clear()
        content = b""
        for opcode, data in frames:
            if opcode in (BINARY, CONTINUATION):
                assert self.closed is None, "a message after Close"
                content += data
            elif opcode == CLOSE:
                assert self.closed is None, "Close twice"
                self.closed = int.from_bytes(data[:2], "big"), data[2:].decode("utf-8")
            elif opcode == PING:
                self.pings += 1
            elif opcode == PONG:
                self.pongs.append(data)
            elif opcode == TEXT:
                assert self.closed is None, "a message after Close"
                self.texts.append(data.decode("utf-8"))
        return content

    def vanish(self, reason: Exception | None = None) -> None:
        """
        The connection ends.
        """
        self.channel.connectionLost(Failure(reason or ConnectionDone()))


def _peer() -> IPv4Address:
    return IPv4Address("TCP", "192.0.2.7", 40312)


def browserOn(
    clock: Clock,
    headers: dict[str, Any] | None = None,
    origins: Iterable[str] = (),
    proxies: Iterable[str] = (),
    peer: IAddress | None = None,
    **options: Any,
) -> Browser:
    """
    @param options: Whatever else the server takes.

    @return: A browser that has opened a WebSocket.
    """
    resource = WebSocketResource(factoryOn(clock, **options), origins, proxies)
    browser = Browser(resource, peer, headers)
    return browser.open()
