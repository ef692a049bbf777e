# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What a viewer in a browser needs: a bridge that joins a WebSocket with binary frames to
a TCP server.
"""

from __future__ import annotations

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
    Event,
    Ping,
    Request,
)
from wsproto.utilities import LocalProtocolError


class Bridge(Factory):
    """
    A WebSocket server on 127.0.0.1.

    @ivar port: the port that it got.
    @ivar connections: the connections that are open.
    """

    port = 0
    _listening: IListeningPort

    def __init__(self, target: IStreamClientEndpoint) -> None:
        """
        @param target: where the bridge leads.
        """
        self.target = target
        self.connections: set[_Connection | _Target] = set()

    def buildProtocol(self, addr: IAddress | None) -> _Connection:
        """
        One connection of the browser.
        """
        return _Connection(self)

    @property
    def url(self) -> str:
        """
        Where a page finds it.
        """
        return f"ws://127.0.0.1:{self.port}/"

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


class NoBridge:
    """
    The server's own WebSocket.

    @ivar url: where a page finds it.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    async def stop(self) -> None:
        """
        There is nothing to be stopped.
        """


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
        if not self.browser.lost.called:
            self.browser.send(CloseConnection(code=1000))
            cast(IConsumer, self.browser.link).unregisterProducer()
            self.browser.link.loseConnection()


class _Connection(_Ending):
    """
    A WebSocket of the browser.
    """

    def __init__(self, bridge: Bridge) -> None:
        super().__init__(bridge)
        self._websocket = WSConnection(ConnectionType.SERVER)
        self._target: _Target | None = None
        self._early: list[bytes] = []

    def dataReceived(self, data: bytes) -> None:
        """
        Pieces of the handshake or of frames.
        """
        self._websocket.receive_data(data)
        for event in self._websocket.events():
            self._event(event)

    def _event(self, event: Event) -> None:
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

    def send(self, event: Event) -> None:
        """
        Send a WebSocket event, unless it is too late for that.
        """
        if not self.lost.called:
            try:
                self.link.write(self._websocket.send(event))
            except LocalProtocolError:
                # The closing handshake is over: nobody waits for this any more.
                self.link.abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        The server's connection ends too.
        """
        super().connectionLost(reason)
        if self._target is not None:
            self._target.link.loseConnection()
