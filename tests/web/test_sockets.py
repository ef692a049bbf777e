# -*- test-case-name: tests.web.test_sockets -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
WebSockets on real sockets: what only they can show.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.endpoints import (
    TCP4ClientEndpoint,
    UNIXClientEndpoint,
    connectProtocol,
    serverFromString,
)
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.task import deferLater
from twisted.logger import capturedLogs, formatEvent
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from tests.web.scenes import BINARY, CLOSE, TEXT, USUAL, frame, parsed, siteOf
from txrfb._session.sending import DirectSender
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.protocol import RFBFactory
from txrfb.web import WebSocketResource

reactor: Any = _reactor

VERSION = b"RFB 003.008\n"

#: From the version to the first messages: no security, shared, Raw alone.
LOGIN = VERSION + b"\x01\x01" + b"\x02\0\0\x01\0\0\0\0"


class Client(Protocol):
    """
    A viewer in few words, which reads only when it is told to.

    @ivar answer: The head of the server's answer.
    @ivar closed: The code with which the server closed.
    """

    transport: Any

    def __init__(
        self,
        path: str = "/websockify",
        headers: dict[str, str] | None = None,
        first: bytes = LOGIN,
    ) -> None:
        """
        @param headers: What to send besides what is usual.

        @param first: What to say at once.
        """
        self.path = path
        self.headers = {**USUAL, **(headers or {})}
        self.first = first
        self.answer = b""
        self.closed: int | None = None
        self.content = bytearray()
        self.lost: Deferred[None] = Deferred()
        self._data = b""

    def connectionMade(self) -> None:
        """
        Open the WebSocket, and log in.
        """
        lines = [f"{name}: {value}" for name, value in self.headers.items()]
        head = "\r\n".join([f"GET {self.path} HTTP/1.1", *lines, "", ""])
        behind = frame(self.first) if self.first else b""
        self.transport.write(head.encode("ascii") + behind)

    def dataReceived(self, data: bytes) -> None:
        """
        Take frames.
        """
        self._data += data
        if not self.answer:
            self.answer, end, self._data = self._data.partition(b"\r\n\r\n")
            if not end:
                self._data, self.answer = self.answer, b""
                return
        if not self.answer.startswith(b"HTTP/1.1 101 "):
            # Whatever it is, it is no frames.
            return
        frames, self._data = parsed(self._data)
        for opcode, content in frames:
            if opcode == BINARY:
                self.content += content
            elif opcode == CLOSE:
                self.closed = int.from_bytes(content[:2], "big")
                self.transport.write(frame(content, CLOSE))

    def say(self, data: bytes) -> None:
        """
        Send a message.
        """
        self.transport.write(frame(data))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        It is over.
        """
        self.lost.callback(None)


def request(isIncremental: bool, width: int, height: int) -> bytes:
    """
    @return: A FramebufferUpdateRequest for all of the screen.
    """
    size = width.to_bytes(2, "big") + height.to_bytes(2, "big")
    return bytes([3, isIncremental, 0, 0, 0, 0]) + size


class SocketTests(TestCase):
    """
    A server and a client of this process.
    """

    timeout = 60

    async def serve(
        self, framebuffer: MemoryFramebuffer, where: str = "tcp:0:interface=127.0.0.1"
    ) -> tuple[RFBFactory, Any]:
        """
        @return: What serves a framebuffer, and where.
        """
        factory = RFBFactory(framebuffer, reactor=reactor)
        site = siteOf(WebSocketResource(factory))
        port = await serverFromString(reactor, where).listen(site)
        self.addCleanup(lambda: factory.disconnectAll())
        self.addCleanup(lambda: maybeDeferred(port.stopListening))
        return factory, port.getHost()

    async def connect(self, address: Any) -> Client:
        """
        @return: A client that has logged in.
        """
        if hasattr(address, "port"):
            endpoint: Any = TCP4ClientEndpoint(reactor, "127.0.0.1", address.port)
        else:
            endpoint = UNIXClientEndpoint(reactor, address.name)
        client: Client = await connectProtocol(endpoint, Client())

        def end() -> Deferred[None]:
            client.transport.abortConnection()
            return client.lost

        self.addCleanup(end)
        await self.until(lambda: bool(client.content[-5:] == b"txrfb"))
        return client

    async def until(self, condition: Any) -> None:
        """
        Wait until something is so.
        """
        while not condition():
            await deferLater(reactor, 0.005)

    async def test_direct(self) -> None:
        """
        On a plain socket the kernel gets the bytes at once, as without WebSocket.
        """
        factory, address = await self.serve(MemoryFramebuffer(64, 48))
        client = await self.connect(address)
        self.assertTrue(client.answer.startswith(b"HTTP/1.1 101 "))
        [viewer] = factory.viewers
        transport: Any = viewer.transport
        self.assertIsInstance(transport._sender, DirectSender)
        start = len(client.content)
        client.say(request(False, 64, 48))
        await self.until(lambda: len(client.content) >= start + 64 * 48 * 4)
        self.assertFalse(transport._sender._isHolding)

    async def test_unix(self) -> None:
        """
        At a UNIX socket it works as well.
        """
        where = f"unix:{self.mktemp()[-60:]}"
        factory, address = await self.serve(MemoryFramebuffer(64, 48), where)
        client = await self.connect(address)
        client.say(request(False, 64, 48))
        await self.until(lambda: len(client.content) > 64 * 48 * 4)
        self.assertTrue(factory.viewers[0].peer.startswith("unix"))

    async def test_stalled(self) -> None:
        """
        A viewer that asks and reads nothing costs no more, however long that goes on;
        when it reads again it is shown what there is then.
        """
        width, height = 640, 480
        framebuffer = MemoryFramebuffer(width, height)
        factory, address = await self.serve(framebuffer)
        client = await self.connect(address)
        client.transport.pauseProducing()
        [viewer] = factory.viewers
        tcp = viewer.transport._transport
        random = np.random.default_rng(1)
        held: list[int] = []
        client.say(request(False, width, height))
        for _ in range(60):
            noise = random.integers(0, 256, (height, width, 3), np.uint8)
            framebuffer.paste(noise)
            client.say(request(True, width, height) * 10)
            await deferLater(reactor, 0.02)
            buffered = len(tcp.dataBuffer) - tcp.offset + tcp._tempDataLen
            held.append(buffered + viewer.memory)
        # The frames that were not sent are 70 MB.
        self.assertLess(max(held), 1 << 20)
        self.assertLess(max(held[30:]), max(held[:30]) + (1 << 16))
        sent = viewer.framesSent
        client.transport.resumeProducing()
        await self.until(lambda: viewer.framesSent > sent)
        client.say(request(False, width, height))
        last = framebuffer.array[-1, -1, 2::-1].tobytes()[::-1]
        await self.until(lambda: bytes(client.content[-4:-1]) == last)

    async def test_wrong(self) -> None:
        """
        Who does something wrong reads why, though it goes on talking.
        """
        factory, address = await self.serve(MemoryFramebuffer(64, 48))
        client = await self.connect(address)
        with capturedLogs() as logs:
            client.transport.write(frame(b"text", TEXT) + bytes(1 << 20))
            await client.lost
            await self.until(lambda: not factory.connections)
        self.assertEqual(client.closed, 1003)
        text = "\n".join(str(formatEvent(event)) for event in logs)
        self.assertIn("text, where RFB is binary (WebSocket, 1003)", text)

    async def test_stop(self) -> None:
        """
        A server that stops closes as it should.
        """
        factory, address = await self.serve(MemoryFramebuffer(64, 48))
        client = await self.connect(address)
        await factory.disconnectAll()
        await client.lost
        self.assertEqual(client.closed, 1000)
