# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What a viewer in a browser needs: a web server for its files, and a bridge that joins a
WebSocket with binary frames to a TCP server.
"""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import cast

from twisted.internet.defer import Deferred, gatherResults, maybeDeferred
from twisted.internet.endpoints import TCP4ServerEndpoint, connectProtocol
from twisted.internet.interfaces import (
    IAddress,
    IConsumer,
    IListeningPort,
    IPushProducer,
    IReactorTCP,
    IStreamClientEndpoint,
    ITCPTransport,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Ping,
    Request,
)

_LONGEST_HEAD = 16384


class Bridge(Factory):
    """
    A server on 127.0.0.1: C{/websocket} is the bridge, every other path a file.

    @ivar port: the port that it got.
    @ivar connections: the connections that are open.
    """

    port = 0
    _listening: IListeningPort

    def __init__(
        self, target: IStreamClientEndpoint, directories: dict[str, Path]
    ) -> None:
        """
        @param target: where the bridge leads.
        @param directories: the directories of files, by the first part of the path.
        """
        self.target = target
        self.directories = directories
        self.connections: set[_Connection | _Target] = set()

    def buildProtocol(self, addr: IAddress | None) -> _Connection:
        """
        One connection of the browser.
        """
        return _Connection(self)

    async def start(self, reactor: IReactorTCP) -> None:
        """
        Listen.
        """
        endpoint = TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1")
        self._listening = await endpoint.listen(self)
        self.port = self._listening.getHost().port  # type: ignore[attr-defined]

    async def stop(self) -> None:
        """
        Stop listening and end every connection.
        """
        await maybeDeferred(self._listening.stopListening)
        lost = [connection.lost for connection in self.connections]
        for connection in list(self.connections):
            connection.link.abortConnection()
        await gatherResults(lost)

    def file(self, path: str) -> Path | None:
        """
        The file for a path of a URL, C{None} when there is none.
        """
        first, _, rest = path.lstrip("/").partition("/")
        directory = self.directories.get(first)
        if directory is None:
            return None
        found = (directory / rest).resolve()
        if found.is_file() and found.is_relative_to(directory.resolve()):
            return found
        return None


class _Ending(Protocol):
    """
    A connection that its bridge knows while it is open.
    """

    def __init__(self, bridge: Bridge) -> None:
        self.bridge = bridge
        self.lost: Deferred[None] = Deferred()

    @property
    def link(self) -> ITCPTransport:
        """
        The transport, as what it is.
        """
        return cast(ITCPTransport, self.transport)

    def connectionMade(self) -> None:
        """
        Join the bridge's connections.
        """
        self.link.setTcpNoDelay(True)
        self.bridge.connections.add(cast("_Connection | _Target", self))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        Leave them.
        """
        self.bridge.connections.discard(cast("_Connection | _Target", self))
        self.lost.callback(None)


class _Target(_Ending):
    """
    The connection to the TCP server.
    """

    browser: _Connection

    def dataReceived(self, data: bytes) -> None:
        """
        To the browser, as one binary frame.
        """
        self.browser.send(BytesMessage(data))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        The browser's connection ends too.
        """
        super().connectionLost(reason)
        self.browser.send(CloseConnection(code=1000))
        self.browser.link.loseConnection()


class _Connection(_Ending):
    """
    A connection of the browser: a request for a file, or a WebSocket.
    """

    def __init__(self, bridge: Bridge) -> None:
        super().__init__(bridge)
        self._head = b""
        self._websocket: WSConnection | None = None
        self._target: _Target | None = None
        self._early: list[bytes] = []

    def dataReceived(self, data: bytes) -> None:
        """
        The head of a request, or pieces of WebSocket frames.
        """
        if self._websocket is None:
            self._head += data
            if b"\r\n\r\n" in self._head:
                self._begin()
            elif len(self._head) > _LONGEST_HEAD:
                self.link.loseConnection()
            return
        self._websocket.receive_data(data)
        self._events(self._websocket)

    def _begin(self) -> None:
        words = self._head.split(b"\r\n", 1)[0].decode("latin-1").split()
        path = words[1] if len(words) == 3 else ""
        if path == "/websocket":
            self._websocket = WSConnection(ConnectionType.SERVER)
            self._websocket.receive_data(self._head)
            self._events(self._websocket)
            return
        file = self.bridge.file(path)
        body = b"" if file is None else file.read_bytes()
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        status = "404 Not Found" if file is None else "200 OK"
        head = (
            f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        self.link.write(head.encode("ascii") + body)
        self.link.loseConnection()

    def _events(self, websocket: WSConnection) -> None:
        for event in websocket.events():
            if isinstance(event, Request):
                protocols = [name for name in event.subprotocols if name == "binary"]
                self.send(AcceptConnection(subprotocol=next(iter(protocols), None)))
                self._connect()
            elif isinstance(event, BytesMessage):
                if self._target is None:
                    self._early.append(bytes(event.data))
                else:
                    self._target.link.write(bytes(event.data))
            elif isinstance(event, Ping):
                self.send(event.response())
            elif isinstance(event, CloseConnection):
                self.send(event.response())
                self.link.loseConnection()

    def _connect(self) -> None:
        target = _Target(self.bridge)
        target.browser = self

        def connected(_: _Target) -> None:
            self._target = target
            target.link.writeSequence(self._early)
            # A slow browser slows the server down, as it would without a bridge.
            cast(IConsumer, self.link).registerProducer(
                cast(IPushProducer, target.link), True
            )

        def failed(_: Failure) -> None:
            self.link.abortConnection()

        connectProtocol(self.bridge.target, target).addCallbacks(connected, failed)

    def send(self, event: object) -> None:
        """
        Send a WebSocket event, unless it is too late for that.
        """
        if self._websocket is not None and not self.lost.called:
            try:
                self.link.write(self._websocket.send(event))  # type: ignore[arg-type]
            except Exception:
                # The closing handshake is over: nobody waits for this any more.
                self.link.abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        The server's connection ends too.
        """
        super().connectionLost(reason)
        if self._target is not None:
            self._target.link.loseConnection()
