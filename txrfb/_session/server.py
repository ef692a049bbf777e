# -*- test-case-name: tests.test_protocol -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The session of one viewer on its transport, from the first byte to the last.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from twisted.internet.protocol import Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from txrfb._session.capabilities import Capabilities
from txrfb._session.congestion import ECHO
from txrfb._session.contracts import ConnectionState, ISessionHost
from txrfb._session.controls import Controls
from txrfb._session.extensions import Extensions, parsersFor
from txrfb._session.handshake import Handshake
from txrfb._session.input import ViewerInput
from txrfb._session.reader import Reader
from txrfb._session.sending import TransportSender, senderFor
from txrfb._session.stream import close, textOf, tune, watchPeer, whyLost
from txrfb._session.timeouts import Timeouts
from txrfb._session.turns import Account
from txrfb._session.updates import UpdateProducer
from txrfb._session.viewer import SessionViewer
from txrfb._session.writer import Writer
from txrfb._wire.clipboard import ClipboardContent
from txrfb._wire.connection import ServerConnection
from txrfb._wire.events import ClientInit, Event, Failed, Output, SyncedMessage
from txrfb._wire.messages import (
    FramebufferUpdateRequest,
    SetEncodings,
    SetPixelFormat,
)
from txrfb._wire.transcript import Transcript
from txrfb.error import InputFlood, ProtocolError
from txrfb.interfaces import IViewer
from txrfb.pixels import NATIVE
from txrfb.security.accounts.rights import VIEW_ONLY
from txrfb.security.admission.gate import shortRefusal

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall

#: Seconds for which a viewer that is there may read nothing.
_UNANSWERED = 120.0

#: The states in which nothing is acted on any more.
_ENDED = (ConnectionState.CLOSING, ConnectionState.CLOSED)

#: Seconds in which a viewer that is closed can still read why.
_PATIENCE = 1.0


@implementer(IViewer)
class RFBServer(SessionViewer, Protocol):
    """
    One viewer's session: the only thing here that knows a transport.

    @ivar host: What hosts it: the L{RFBFactory<txrfb.protocol.RFBFactory>}.
    @ivar number: The number of the connection.
    @ivar peer: Where the viewer is, for people to read.
    @ivar state: How far the connection has come.
    @ivar avatarId: Who logged in; C{b""} for nobody in particular.
    @ivar application: What the application can do, as it was when the viewer came.
    @ivar transcript: What is written down of the connection.
    @ivar writer: The one way out to the viewer.
    @ivar producer: What has updates for it.
    """

    _log = Logger()

    transport: Any

    def __init__(self, host: ISessionHost, number: int) -> None:
        """
        @param host: What hosts it.

        @param number: The number of the connection.
        """
        self._door = host
        self.number = number
        self.peer = "?"
        self.state = ConnectionState.CONNECTING
        self.avatarId = b""
        self.transcript = Transcript(number, host.clock)
        self._rights: Any = VIEW_ONLY
        self._abortion: IDelayedCall | None = None
        self._isLost = False
        # What reads from the transport, once that will not be another any more.
        self._intake: Any = None
        account = Account()
        connection = self._connection = ServerConnection(self.transcript, host.limits)
        read = partial(self.act, connection.receive)
        self._reader = Reader(host.turns, account, read, self._missing)
        self._timeouts = Timeouts(host.clock, self.disconnect)
        sender = TransportSender(self)
        self.writer = Writer(sender, host.turns, account, self.transcript, self.failed)
        self.show(host)
        self._handshake = Handshake(self, self._connection)

    def show(self, host: ISessionHost) -> None:
        """
        Show from here on what a host shows; before ServerInit.
        """
        self.host = host
        clock, display, failed = host.clock, host.display, self.failed
        application = self.application = host.application.copy()
        told, mayPoint = self._clipboardChanged, lambda: self.mayUse("pointer")
        self.producer = UpdateProducer(
            display, self.writer, clock, failed, told, mayPoint
        )
        taken = ViewerInput(application, self, clock, self._inputFailed)
        self._controls = Controls(self, self.producer, self._timeouts, taken)
        self._extensions = Extensions(self, self.producer)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.number} {self.peer}>"

    @property
    def viewer(self) -> IViewer:
        """
        This, as the application knows it.
        """
        return self

    def mayUse(self, right: str) -> bool:
        """
        @param right: One of L{txrfb.security.accounts.rights.NAMES}.

        @return: Whether the viewer may do that, and it is its turn.
        """
        try:
            isAllowed = self._rights.allows(right) is True
        except Exception:
            self._log.failure(
                "Connection {connection}: its rights do not say whether it may use"
                " {right}",
                connection=self.number,
                right=right,
            )
            return False
        return isAllowed and self.host.mayDrive(self)

    @property
    def hasEnded(self) -> bool:
        """
        Whether the connection is at its end.
        """
        return self.state in _ENDED

    @property
    def hasUnread(self) -> bool:
        """
        Whether something has come that was not acted on yet.
        """
        return bool(self._reader.held)

    # -- The transport ---------------------------------------------------------------

    def connectionMade(self) -> None:
        """
        Greet the viewer, and give it a while for its handshake.
        """
        transport = self.transport
        tune(transport)
        watchPeer(transport, unanswered=_UNANSWERED)
        self.state = ConnectionState.HANDSHAKE
        self.peer = self.transcript.peer = textOf(transport.getPeer())
        self.host.connected(self)
        objection = self._handshake.begin()
        if objection:
            self.writer.say(Output("Refusal", shortRefusal(objection)))
        if objection is not None:
            self._end(objection or "address not allowed")

    def located(self) -> None:
        """
        A proxy has said where the viewer is, which itself has not said a word.
        """
        if self.state is ConnectionState.HANDSHAKE:
            self._handshake.locate()

    def dataReceived(self, data: bytes) -> None:
        """
        The viewer says something.
        """
        if self.state is ConnectionState.HANDSHAKE:
            self._handshake.begun()
        elif self._connection.isBetweenMessages and self._reader.isEmpty:
            data = self._answered(data)
            if not data:
                return
        intake, display = self._intake, self.host.display
        display.isAnswered = True
        try:
            self._reader.received(data, intake or self.transport)
        finally:
            display.answer()
        if intake is None and self.state is ConnectionState.OPEN:
            self._gather()

    def _gather(self) -> None:
        """
        Have what this viewer sends read together with what others send, if there are
        many.
        """
        if self._reader.isEmpty:
            host = self.host
            self._intake = host.gathering.add(self.transport, self.dataReceived)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        The viewer is gone.
        """
        self._isLost = True
        if self.state is ConnectionState.OPEN:
            self._reader.finish()
        state, self.state = self.state, ConnectionState.CLOSED
        if state is ConnectionState.HANDSHAKE:
            self._cleanUp(state, *self._handshake.whyLost(reason))
        elif state is ConnectionState.OPEN:
            why = whyLost(reason, self.transport)
            # One that ends in its first update may have been sent what it cannot read.
            isFirst = self.transcript.isUpdating and not self.framesSent
            self._cleanUp(state, why, isFirst)
        if self._abortion is not None:
            self._abortion.cancel()
            self._abortion = None
        self._handshake.leave()
        # The door last: it waits for the end of what this saw.
        for host in dict.fromkeys((self.host, self._door)):
            host.gone(self)

    def write(self, data: bytes) -> None:
        """
        Write to the transport that there is now, for the L{Writer}.
        """
        self.transport.write(data)

    # -- The end ---------------------------------------------------------------------

    def disconnect(self, reason: str) -> None:
        """
        See L{IViewer.disconnect}.
        """
        self._end(reason, failed=False)

    def failed(self, reason: str, failure: Failure | None) -> None:
        """
        End the connection, as something that serves this viewer alone has failed.
        """
        self._end(reason, failure=failure)

    def _end(
        self, reason: str, failed: bool = True, failure: Failure | None = None
    ) -> None:
        """
        The one way in which this side ends a connection, whatever the reason; only
        the first counts.

        @param reason: Why, for the log.

        @param failed: Whether something went wrong: the log then gets the
            transcript, too.

        @param failure: The exception that is at fault, if there is one.
        """
        state = self.state
        if state not in (ConnectionState.HANDSHAKE, ConnectionState.OPEN):
            return
        self.state = ConnectionState.CLOSING
        self._cleanUp(state, reason, failed, failure)
        if not self._isLost:
            close(self.transport, None if failure else reason, failed)
            self._abortion = self.host.clock.callLater(_PATIENCE, self._abort)

    def _cleanUp(
        self,
        state: ConnectionState,
        reason: str,
        failed: bool = True,
        failure: Failure | None = None,
    ) -> None:
        """
        Undo what the session has done, whoever has ended it.

        @param state: How far it had come.
        """
        self._handshake.tellEnd(reason, failed, failure)
        self._reader.stop()
        self.host.gathering.leave(self._intake)
        self._connection.close()
        self._handshake.close()
        self.producer.stopProducing()
        if state is ConnectionState.OPEN:
            self._timeouts.stop()
            self._try(self._extensions.stop)
            self._try(partial(self.host.display.remove, self.producer))
            # While a producer is registered, loseConnection would wait for it.  A
            # transport that is lost while it has TLS cannot take it back.
            if not self._isLost:
                self.transport.unregisterProducer()
        self._controls.stop()
        self.host.left(self)
        self._try(self._handshake.logOut)

    def _try(self, act: Callable[[], Any]) -> None:
        """
        Do something of the application's that may not keep a connection from ending.
        """
        try:
            act()
        except Exception:
            self._log.failure(
                "Connection {connection}: while it ended", connection=self.number
            )

    def _abort(self) -> None:
        self._abortion = None
        self.transport.abortConnection()

    def _inputFailed(self, failure: Failure) -> None:
        if self.hasEnded:
            self._log.failure(
                "Connection {connection}: the application failed to take a release",
                failure,
                connection=self.number,
            )
        else:
            self._end("the application failed to take input", failure=failure)

    def _answered(self, data: bytes) -> bytes:
        """
        Read what comes most often, once a viewer has been sent an update: that it wants
        whatever changes, or the fence that was behind the update.

        @param data: The beginning of a message.

        @return: What is left.
        """
        member = self.producer.member
        request = self.host.display.request
        if data.startswith(request) and member.asks():
            self.transcript.rx("FramebufferUpdateRequest", len(request))
            return data[len(request) :]
        if data.startswith(ECHO) and member.echoes():
            self.transcript.rx("Fence", len(ECHO))
            return data[len(ECHO) :]
        return data

    # -- The conversation ------------------------------------------------------------

    def _missing(self) -> int:
        return self._connection.missing

    def act(self, say: Callable[..., list[Event]], *arguments: Any) -> None:
        """
        Let the conversation go on, and do what follows from it.  Nothing that goes
        wrong here reaches the reactor, or another viewer.

        @param say: Called with the arguments; returns what follows from it.
        """
        try:
            for event in say(*arguments):
                if self.state in _ENDED:
                    return
                self._EVENTS[type(event)](self, event)
        except (ProtocolError, InputFlood) as error:
            self._end(str(error))
        except Exception as error:
            self._end(f"{type(error).__name__}: {error}", failure=Failure())

    def _onOutput(self, event: Output) -> None:
        self.writer.say(event)

    def _onFailed(self, event: Failed) -> None:
        self._end(event.reason)

    def _onHandshake(self, event: Any) -> None:
        self._handshake.received(event)

    def _onClientInit(self, event: ClientInit) -> None:
        host = self.host
        reason = host.enter(self, event.shared)
        if reason:
            self._end(reason)
            return
        self.state = ConnectionState.OPEN
        self._timeouts.start(host.idleTimeout, host.timeLimit)
        application = self.application
        application.find()
        self._connection.extensions = parsersFor(application)
        self._extensions.start()
        self.producer.start(application.pseudo)
        self._handshake.succeeded()
        sender = senderFor(self.transport)
        sender.registerProducer(self.producer, True)
        self.writer.use(sender)
        _, _, *size = host.display.surface
        self.act(self._connection.initialize, *size, NATIVE, host.name)
        host.audienceChanged()

    # -- The messages ----------------------------------------------------------------

    def _onSynced(self, event: SyncedMessage) -> None:
        handler = self._EVENTS[type(event.message)]

        def both() -> None:
            self._extensions.received(event.fence)
            handler(self, event.message)

        self.writer.together(both)

    def _onSetPixelFormat(self, message: SetPixelFormat) -> None:
        self.producer.setFormat(message.format)

    def _onSetEncodings(self, message: SetEncodings) -> None:
        self.transcript.reads(message.encodings)
        capabilities = self.producer.capabilities
        if message.encodings != capabilities.encodings:
            capabilities = Capabilities.fromEncodings(message.encodings)
            self.producer.use(capabilities)
        self._extensions.use(capabilities)

    def _onUpdateRequest(self, message: FramebufferUpdateRequest) -> None:
        if not self.transcript.isIntroduced:
            self.transcript.reads()
        self.producer.request(message.incremental, message.rectangle)

    def _onControl(self, message: Any) -> None:
        self._controls.received(message)

    def _onExtension(self, message: Any) -> None:
        self._extensions.received(message)

    def _clipboardChanged(self, content: ClipboardContent) -> None:
        self._extensions.clipboardChanged(content)

    _EVENTS: ClassVar[dict[type[Any], Callable[[Any, Any], None]]] = {
        Output: _onOutput,
        Failed: _onFailed,
        ClientInit: _onClientInit,
        SyncedMessage: _onSynced,
        SetPixelFormat: _onSetPixelFormat,
        SetEncodings: _onSetEncodings,
        FramebufferUpdateRequest: _onUpdateRequest,
        **dict.fromkeys(Handshake.EVENTS, _onHandshake),
        **dict.fromkeys(Controls.MESSAGES, _onControl),
        **dict.fromkeys(Extensions.MESSAGES, _onExtension),
    }
