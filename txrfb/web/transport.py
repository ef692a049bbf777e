# -*- test-case-name: tests.web.test_transport -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A WebSocket as a transport: the protocol on it is that of a connection by TCP, and sees
a stream of bytes.

What is written leaves as binary messages, each in one frame.  What comes in goes on as
it comes, parts of frames too, so that nothing is gathered here however long a browser
says that its message is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.internet.abstract import FileDescriptor
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import (
    IConsumer,
    IProtocol,
    IPushProducer,
    ITCPTransport,
    ITransport,
)
from twisted.logger import Logger
from twisted.python.failure import Failure
from wsproto.connection import Connection, ConnectionState
from wsproto.events import (
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    Pong,
    TextMessage,
)
from wsproto.frame_protocol import CloseReason
from zope.interface import implementer

from txrfb._session.sending import ISender, senderFor
from txrfb._session.stream import tune, watchPeer
from txrfb._session.turns import Turns
from txrfb.error import WebSocketError
from txrfb.interfaces import IExplainedClose, IViewerStream
from txrfb.web.flow import Incoming, Room
from txrfb.web.frames import binaryHeader, shortened, textFrame

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IAddress, IDelayedCall, IReactorTime

    from txrfb.web.visitors import Visitor

__all__ = ["PING", "UNANSWERED", "WebSocketTransport"]

#: The seconds between two pings.  Proxies close what is silent for a minute.
PING = 30.0

#: The seconds for which a browser that is there may read and say nothing.
UNANSWERED = 120.0

#: The most characters that a text message may have.
_MAX_TEXT = 1 << 10

#: The seconds for which an answer to a Close frame is waited for.
_PATIENCE = 2.0


@implementer(ITransport, IConsumer, IPushProducer, IViewerStream, IExplainedClose)
class WebSocketTransport:
    """
    One WebSocket, seen by the protocol that it carries.

    @ivar disconnecting: Whether it is being closed.
    @ivar heard: Called with text messages, if there may be any; it raises C{ValueError}
        for what should not have been said.
    """

    isProxied = awaitsViewer = canStartTLS = False
    isWebSocket = True

    _log = Logger()

    def __init__(
        self,
        transport: Any,
        connection: Connection,
        visitor: Visitor,
        clock: IReactorTime,
        turns: Turns,
        ping: float = PING,
    ) -> None:
        """
        @param transport: What the WebSocket runs over, on which its handshake has been
            written.

        @param connection: Takes frames apart.

        @param visitor: Who has opened it.

        @param clock: Where time comes from.

        @param turns: The turns of all viewers.

        @param ping: The seconds between two pings; 0 for none.
        """
        self.disconnecting = False
        self.heard: Callable[[str], None] | None = None
        # Whether nothing more is read.
        self._isOver = False
        self.host = visitor.host
        self.isSecure = visitor.isSecure
        self.isSecureContext = visitor.isSecureContext
        self.credentials = visitor.credentials
        self._address = visitor.address
        self._transport = transport
        self._connection = connection
        self._clock = clock
        self._pingInterval = ping
        self._protocol: IProtocol | None = None
        self._room = Room(self._roomCame)
        # All that is written goes through this, so that nothing overtakes.
        self._sender: ISender = transport
        self._incoming = Incoming(turns, self._receive, self._throttle)
        self._isReadingPaused = self._isThrottled = False
        # What is to be in the answer to a ping that waits for room.
        self._pong: bytes | None = None
        # The parts of a text message that have come, and the news that wait for room.
        self._text = ""
        self._news: dict[str, bytes] = {}
        # How many pings have had no answer of any kind.
        self._unanswered = 0
        self._pinging: IDelayedCall | None = None
        self._abortion: IDelayedCall | None = None
        # Why it ends, if that is known before the connection is lost.
        self._reason: Exception | None = None

    def start(self, protocol: IProtocol) -> None:
        """
        Carry a protocol.  Nothing else may write to the transport, or be its producer,
        from here on.
        """
        transport = self._transport
        self._protocol = protocol
        tune(transport)
        watchPeer(transport, unanswered=UNANSWERED)
        transport.unregisterProducer()
        self._sender = senderFor(transport)
        self._sender.registerProducer(self._room, True)
        if self._pingInterval:
            self._pinging = self._clock.callLater(self._pingInterval, self._ping)
        transport.resumeProducing()
        protocol.makeConnection(self)

    def getPeer(self) -> IAddress:
        """
        See L{ITransport.getPeer}: the browser, also where a proxy stands between.
        """
        return self._address

    def getHost(self) -> IAddress:
        """
        See L{ITransport.getHost}.
        """
        host: IAddress = self._transport.getHost()
        return host

    # -- Writing ---------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """
        See L{ITransport.write}: send a binary message.
        """
        if data and not self.disconnecting:
            self._sender.write(binaryHeader(len(data)) + data)

    def writeSequence(self, data: Any) -> None:
        """
        See L{ITransport.writeSequence}: send one message.
        """
        self.write(b"".join(data))

    def tell(self, subject: str, text: bytes) -> None:
        """
        Send a text message; where there is no room the last one of each subject, later.

        @param subject: What it is about.

        @param text: UTF-8.
        """
        if self.disconnecting:
            return
        if self._room.isFull:
            self._news[subject] = text
        else:
            self._sender.write(textFrame(text))

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """
        See L{IConsumer.registerProducer}.

        @raise ValueError: if it is not a push producer.
        """
        if not streaming:
            raise ValueError(f"{producer!r} pulls; a WebSocket takes push producers")
        self._room.use(producer)

    def unregisterProducer(self) -> None:
        """
        See L{IConsumer.unregisterProducer}.
        """
        self._room.use(None)

    def _roomCame(self) -> None:
        """
        There is room again: answer the last ping, and tell the news, which had to wait.
        """
        payload, self._pong = self._pong, None
        news, self._news = self._news, {}
        if self.disconnecting:
            return
        if payload is not None:
            self._sender.write(self._connection.send(Pong(payload)))
        for subject, text in news.items():
            self.tell(subject, text)

    # -- Reading ---------------------------------------------------------------------

    def pauseProducing(self) -> None:
        """
        See L{IPushProducer.pauseProducing}: read no more for now.
        """
        self._isReadingPaused = True
        self._throttle()

    def resumeProducing(self) -> None:
        """
        See L{IPushProducer.resumeProducing}.
        """
        self._isReadingPaused = False
        self._throttle()

    def stopProducing(self) -> None:
        """
        See L{IPushProducer}.
        """
        self.loseConnection()

    def _throttle(self) -> None:
        """
        Read nothing while something that was read waits; but the answer to a Close
        frame in any case.
        """
        isPaused = self._isReadingPaused and not self.disconnecting
        wanted = self._incoming.isHolding or isPaused
        if wanted != self._isThrottled:
            self._isThrottled = wanted
            if wanted:
                self._transport.pauseProducing()
            else:
                self._transport.resumeProducing()

    def dataReceived(self, data: bytes) -> None:
        """
        Bytes of frames have come.
        """
        self._unanswered = 0
        if self._isOver:
            return
        self._incoming.received(data)

    def _receive(self, data: bytes) -> None:
        """
        Take frames apart, and do what they are for.
        """
        if self._isOver:
            return
        content: list[bytes] = []
        try:
            self._connection.receive_data(data)
            for event in self._connection.events():
                if isinstance(event, BytesMessage):
                    # A part is as good as a whole.
                    content.append(bytes(event.data))
                elif isinstance(event, Ping):
                    self._answer(bytes(event.payload))
                elif isinstance(event, TextMessage) and self.heard is not None:
                    self._hear(event)
                elif not isinstance(event, Pong):
                    self._deliver(content)
                    self._end(event)
                    return
            self._deliver(content)
        except Exception:
            # The reactor would not say whose connection it was.
            self._log.failure(
                "What {peer} sent by WebSocket could not be taken", peer=self._address
            )
            self._fail(CloseReason.INTERNAL_ERROR, "the server failed")

    def _deliver(self, content: list[bytes]) -> None:
        joined = b"".join(content)
        # An empty message is no end of anything, and nothing else.
        if joined and self._protocol is not None and not self.disconnecting:
            self._protocol.dataReceived(joined)

    def _hear(self, event: TextMessage) -> None:
        """
        Take a part of a text message.
        """
        assert self.heard is not None
        self._text += event.data
        if len(self._text) > _MAX_TEXT:
            self._fail(CloseReason.MESSAGE_TOO_BIG, f"text of more than {_MAX_TEXT}")
        elif event.message_finished and not self.disconnecting:
            text, self._text = self._text, ""
            try:
                self.heard(text)
            except ValueError as error:
                self._fail(CloseReason.POLICY_VIOLATION, str(error))

    def _answer(self, payload: bytes) -> None:
        """
        Answer a ping; where there is no room only the last one (section 5.5.3).
        """
        if self.disconnecting:
            return
        if self._room.isFull:
            self._pong = payload
        else:
            self._sender.write(self._connection.send(Pong(payload)))

    def _ping(self) -> None:
        """
        Have proxies see that somebody is there, and see it here.
        """
        self._pinging = self._clock.callLater(self._pingInterval, self._ping)
        if self._isThrottled:
            # Whoever it is has said so much that nothing is read.
            return
        if self._unanswered * self._pingInterval >= UNANSWERED:
            self._fail(
                CloseReason.INTERNAL_ERROR,
                f"no answer to a ping for {UNANSWERED:g} seconds",
            )
            return
        self._unanswered += 1
        if not self._room.isFull:
            self._sender.write(self._connection.send(Ping()))

    # -- The end ---------------------------------------------------------------------

    def closeFor(self, reason: str | None, isFault: bool) -> None:
        """
        See L{IExplainedClose.closeFor}: a fault is one of the other side (1008,
        section 7.4.1), or of the server (1011).
        """
        if reason is None:
            self._close(CloseReason.INTERNAL_ERROR, "the server failed")
        elif isFault:
            self._close(CloseReason.POLICY_VIOLATION, reason)
        else:
            self._close(CloseReason.NORMAL_CLOSURE, reason)

    def loseConnection(self) -> None:
        """
        See L{ITransport.loseConnection}: begin the closing handshake (section 7.1.2).
        """
        self._close(CloseReason.NORMAL_CLOSURE, "")

    def goAway(self) -> None:
        """
        Close, as the server stops.
        """
        self._close(CloseReason.GOING_AWAY, "the server stops")

    def _close(self, code: CloseReason, reason: str) -> None:
        if self.disconnecting:
            return
        self._sayClose(code, reason)
        self._wait()
        # The answer is to be read, whatever waits.
        self._incoming.drop()
        self._throttle()

    def abortConnection(self) -> None:
        """
        See L{ITCPTransport.abortConnection
        <twisted.internet.interfaces.ITCPTransport.abortConnection>}.
        """
        self.disconnecting = self._isOver = True
        self._transport.abortConnection()

    def _end(self, event: Event) -> None:
        """
        This was the last that is taken.
        """
        if not isinstance(event, CloseConnection):
            assert isinstance(event, TextMessage)
            self._fail(CloseReason.UNSUPPORTED_DATA, "text, where RFB is binary")
        elif self._connection.state is ConnectionState.REMOTE_CLOSING:
            self._reason = ConnectionDone()
            self.disconnecting = True
            self._sender.write(self._connection.send(event.response()))
            self._finish()
        elif self._connection.state is ConnectionState.OPEN:
            # The parser says in this way that it cannot go on.
            self._fail(CloseReason(event.code), event.reason or "")
        else:
            self._finish()

    def _sayClose(self, code: CloseReason, reason: str) -> None:
        self.disconnecting = True
        event = CloseConnection(code, shortened(reason) or None)
        self._sender.write(self._connection.send(event))

    def _fail(self, code: CloseReason, reason: str) -> None:
        """
        Fail the connection (section 7.1.7).
        """
        if self._isOver:
            return
        if not self.disconnecting:
            self._reason = WebSocketError(f"{reason} (WebSocket, {int(code)})")
            self._sayClose(code, reason)
        # What is still on its way would reset the connection before the other side
        # has read why.
        lower: Any = self._transport
        isPlain = isinstance(lower, FileDescriptor) and ITCPTransport.providedBy(lower)
        if isPlain:
            self._isOver = True
            self._wait()
            lower.unregisterProducer()
            lower.loseWriteConnection()
            self._stopReading()
        else:
            self._finish()

    def _finish(self) -> None:
        """
        Close what the WebSocket runs over.
        """
        self._isOver = True
        self._wait()
        # While there is a producer, loseConnection would wait for it.
        self._transport.unregisterProducer()
        self._transport.loseConnection()
        self._stopReading()

    def _stopReading(self) -> None:
        """
        Forget what was read; what comes still is thrown away.
        """
        self._incoming.drop()
        self._throttle()

    def _wait(self) -> None:
        """
        Do not wait for ever for the other side.
        """
        if self._pinging is not None:
            self._pinging.cancel()
            self._pinging = None
        if self._abortion is None:
            self._abortion = self._clock.callLater(_PATIENCE, self._abort)

    def _abort(self) -> None:
        self._abortion = None
        self.abortConnection()

    def connectionLost(self, reason: Failure) -> None:
        """
        The connection that the WebSocket ran over is gone.
        """
        self.disconnecting = self._isOver = True
        for call in (self._pinging, self._abortion):
            if call is not None:
                call.cancel()
        self._pinging = self._abortion = None
        self._incoming.drop()
        self._room.use(None)
        protocol, self._protocol = self._protocol, None
        if protocol is not None:
            why = reason if self._reason is None else Failure(self._reason)
            protocol.connectionLost(why)
