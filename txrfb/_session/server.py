# -*- test-case-name: tests.test_protocol -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
One viewer on a transport.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from txrfb._session.extensions import Extensions
from txrfb._session.handshake import Handshake
from txrfb._session.input import ViewerInput
from txrfb._session.stream import textOf, tune
from txrfb._session.timeouts import Timeouts
from txrfb._session.updates import UpdateProducer
from txrfb._wire.connection import ServerConnection
from txrfb._wire.events import ClientInit, Event, Failed, Output
from txrfb._wire.messages import (
    FramebufferUpdateRequest,
    KeyEvent,
    PointerEvent,
    SetEncodings,
    SetPixelFormat,
)
from txrfb._wire.messages.extensions import ExtendedKeyEvent
from txrfb._wire.transcript import Transcript
from txrfb.error import InputFlood, ProtocolError
from txrfb.interfaces import IViewer
from txrfb.pixels import NATIVE
from txrfb.security.accounts.rights import VIEW_ONLY
from txrfb.security.admission.gate import shortRefusal
from txrfb.security.sockets import watchPeer

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall

    from txrfb.protocol import RFBFactory

#: Seconds for which a viewer that is there may read nothing.
_UNANSWERED = 120.0

#: Seconds for a viewer to take what it is still to be told when it is closed.
_PATIENCE = 1.0


@implementer(IViewer)
class RFBServer(Protocol):
    """
    One viewer's connection: the only thing here that knows a transport.

    @ivar factory: The L{RFBFactory}.
    @ivar number: The number of the connection.
    @ivar peer: Where the viewer is, for people to read.
    @ivar avatarId: Who logged in; C{b""} for nobody in particular.
    @ivar rights: What it may do, an L{IRights}.
    @ivar encodings: The encodings and pseudo-encodings it reads, as it listed them.
    @ivar producer: What sends it updates; C{None} before it is in.
    """

    _log = Logger()

    factory: RFBFactory
    transport: Any

    def __init__(self, number: int) -> None:
        """
        @param number: The number of the connection.
        """
        self.number = number
        self.peer = "?"
        self.avatarId = b""
        self._rights: Any = VIEW_ONLY
        self.producer: UpdateProducer | None = None
        self.transcript: Transcript
        self._connection: ServerConnection
        self._hasEnded = False
        self._isLost = False
        self._abortion: IDelayedCall | None = None
        self._input: ViewerInput
        self._abilities: Extensions
        self._entrance: Handshake
        self._times: Timeouts
        self.encodings: tuple[int, ...] = ()
        # What surrounds the next event, if it is to be acted on in one piece.
        self.around: Callable[[Callable[[], None]], None] | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.number} {self.peer}>"

    # -- What the application sees ---------------------------------------------------

    @property
    def viewOnly(self) -> bool:
        """
        See L{IViewer}.
        """
        return bool(self._rights.viewOnly)

    @property
    def rights(self) -> Any:
        """
        See L{IViewer}.
        """
        return self._rights

    @rights.setter
    def rights(self, rights: Any) -> None:
        self._rights = rights
        self.releaseForbidden()

    @property
    def encoding(self) -> str:
        """
        See L{IViewer}.
        """
        return "" if self.producer is None else self.producer.choice.encoding.name

    @property
    def bytesSent(self) -> int:
        """
        See L{IViewer}.
        """
        return 0 if self.producer is None else self.producer.bytesSent

    @property
    def framesSent(self) -> int:
        """
        See L{IViewer}.
        """
        return 0 if self.producer is None else self.producer.framesSent

    @property
    def latency(self) -> float | None:
        """
        See L{IViewer}.
        """
        producer = self.producer
        return None if producer is None else producer.pace.congestion.roundTrip

    @property
    def secondsBehind(self) -> float:
        """
        See L{IViewer}.
        """
        return 0.0 if self.producer is None else self.producer.secondsBehind

    def limitRate(self, bytesPerSecond: float = 0, framesPerSecond: float = 0) -> None:
        """
        See L{IViewer.limitRate}.
        """
        if self.producer is not None:
            self.producer.pace.limit(bytesPerSecond, framesPerSecond)

    def mayUse(self, right: str) -> bool:
        """
        @param right: One of L{txrfb.security.accounts.rights.NAMES}.

        @return: Whether the viewer may do that, and it is its turn.
        """
        return self._rights.allows(right) and self.factory.mayDrive(self)

    def releaseForbidden(self) -> None:
        """
        Let go, on behalf of the viewer, what it holds down and may not.
        """
        if not self.mayUse("keys"):
            self._input.releaseKeys()
        if not self.mayUse("pointer"):
            self._input.releaseButtons()

    @property
    def hasEnded(self) -> bool:
        """
        Whether the connection is at its end.
        """
        return self._hasEnded

    # -- The transport ---------------------------------------------------------------

    def connectionMade(self) -> None:
        """
        Greet the viewer, and give it a while to come in.
        """
        factory, transport = self.factory, self.transport
        tune(transport)
        watchPeer(transport, unanswered=_UNANSWERED)
        self.peer = textOf(transport.getPeer())
        self._input = ViewerInput(factory.application, self, self._inputFailed)
        self.transcript = Transcript(self.number, factory.clock)
        self.transcript.opened(self.peer)
        self._entrance = Handshake(self, self._act)
        self._connection = self._entrance.connection
        objection = self._entrance.visit.objection()
        if objection is None:
            self._act(self._connection.start)
            return
        if objection:
            transport.write(shortRefusal(objection))
        self._end(objection or "its network may not come")

    def dataReceived(self, data: bytes) -> None:
        """
        The viewer says something.
        """
        if self._hasEnded:
            return
        if not self._entrance.visit.isLocated:
            self._entrance.locate()
        self._act(self._connection.receive, data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        The viewer is gone.
        """
        self._isLost = True
        if self.producer is None:
            self._end("the viewer went away before it was in")
        elif reason.check(ConnectionDone):
            self._end("the viewer closed the connection", failed=False)
        else:
            self._end(f"the connection was lost: {reason.getErrorMessage()}", False)
        if self._abortion is not None:
            self._abortion.cancel()
            self._abortion = None
        self._entrance.visit.leave()
        self.factory.gone(self)

    # -- The end ---------------------------------------------------------------------

    def disconnect(self, reason: str) -> None:
        """
        See L{IViewer.disconnect}.
        """
        self._end(reason, failed=False)

    def _end(
        self, reason: str, failed: bool = True, failure: Failure | None = None
    ) -> None:
        """
        The one way in which a connection ends, whatever the reason; only the first
        counts.

        @param reason: Why, for the log.

        @param failed: Whether something went wrong: the log then gets the
            transcript, too.

        @param failure: The exception that is at fault, if there is one.
        """
        if self._hasEnded:
            return
        self._hasEnded = True
        if failed:
            self.transcript.failed(reason, failure)
        else:
            self.transcript.closed(reason)
        self._connection.close()
        self._entrance.close()
        transport = self.transport
        if self.producer is not None:
            self._times.stop()
            self._try(self._abilities.stop)
            self.producer.stopProducing()
            self._try(partial(self.factory.display.remove, self.producer))
            # While a producer is registered, loseConnection would wait for it.  A
            # transport that is lost while it has TLS cannot take it back.
            if not self._isLost:
                transport.unregisterProducer()
        self._input.isLeaving = True
        while self._input.holdsSomething:
            self._try(self._input.release)
        self.factory.left(self)
        self._try(self._entrance.logOut)
        if not self._isLost:
            transport.loseConnection()
            self._abortion = self.factory.clock.callLater(_PATIENCE, self._abort)

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

    def failed(self, reason: str, failure: Failure | None) -> None:
        """
        Something that serves this viewer alone has failed.
        """
        self._end(reason, failure=failure)

    def _inputFailed(self, failure: Failure) -> None:
        self._end("the application failed to take input", failure=failure)

    # -- The conversation ------------------------------------------------------------

    def _act(self, say: Callable[..., list[Event]], *arguments: Any) -> None:
        """
        Let the conversation go on, and do what follows from it.  Nothing that goes
        wrong here reaches the reactor, or another viewer.
        """
        try:
            for event in say(*arguments):
                if self._hasEnded:
                    return
                handler = self._EVENTS[type(event)]
                around, self.around = self.around, None
                if around is None:
                    handler(self, event)
                else:
                    around(partial(handler, self, event))
        except (ProtocolError, InputFlood) as error:
            self._end(str(error))
        except Exception as error:
            self._end(f"{type(error).__name__}: {error}", failure=Failure())

    def _onOutput(self, event: Output) -> None:
        self.transcript.tx(event.name, len(event.data))
        self.transport.write(event.data)

    def _onFailed(self, event: Failed) -> None:
        self._end(event.reason)

    def _onWayIn(self, event: Any) -> None:
        self._entrance.received(event)

    def _onClientInit(self, event: ClientInit) -> None:
        factory = self.factory
        reason = factory.enter(self, event.shared)
        if reason:
            self._end(reason)
            return
        self._entrance.entered()
        self._times = Timeouts(
            factory.clock, factory.idleTimeout, factory.timeLimit, self.disconnect
        )
        display, application = factory.display, factory.application
        abilities = Extensions(self, application, display, self._connection)
        self._abilities = abilities
        self.producer = UpdateProducer(
            display,
            self.transport,
            factory.clock,
            self.transcript,
            self.failed,
            abilities.clipboardChanged,
            application.pseudo,
        )
        display.add(self.producer)
        self.transport.registerProducer(self.producer, True)
        self._act(
            self._connection.initialize,
            display.width,
            display.height,
            NATIVE,
            factory.name,
        )
        factory.audienceChanged()

    # -- The messages ----------------------------------------------------------------

    def _onSetPixelFormat(self, message: SetPixelFormat) -> None:
        assert self.producer is not None
        self.producer.setFormat(message.format)

    def _onSetEncodings(self, message: SetEncodings) -> None:
        producer = self.producer
        assert producer is not None
        self.encodings = message.encodings
        producer.setEncodings(message.encodings)
        self._abilities.encodingsChanged(producer.choice.pseudo)

    def _onUpdateRequest(self, message: FramebufferUpdateRequest) -> None:
        assert self.producer is not None
        self.producer.request(message.incremental, message.rectangle)

    def _onKeyEvent(self, message: KeyEvent) -> None:
        self._times.touch()
        if self.mayUse("keys"):
            self._input.key(message.keysym, message.down)

    def _onExtendedKeyEvent(self, message: ExtendedKeyEvent) -> None:
        self._times.touch()
        if self.mayUse("keys"):
            self._input.keycode(message.keycode, message.keysym, message.down)

    def _onPointerEvent(self, message: PointerEvent) -> None:
        self._times.touch()
        if not self.mayUse("pointer"):
            return
        producer, display, input = self.producer, self.factory.display, self._input
        assert producer is not None
        isMotion = producer.sendsMotions
        if isMotion:
            # The application may have put it elsewhere.
            input.x, input.y = display.desktop.pointer
        input.pointer(message.x, message.y, message.buttons, display.bounds, isMotion)
        display.movePointer(input.x, input.y, producer)

    def _onExtension(self, message: Any) -> None:
        self._abilities.received(message)

    _EVENTS: ClassVar[dict[type[Any], Callable[[Any, Any], None]]] = {
        Output: _onOutput,
        Failed: _onFailed,
        ClientInit: _onClientInit,
        SetPixelFormat: _onSetPixelFormat,
        SetEncodings: _onSetEncodings,
        FramebufferUpdateRequest: _onUpdateRequest,
        KeyEvent: _onKeyEvent,
        ExtendedKeyEvent: _onExtendedKeyEvent,
        PointerEvent: _onPointerEvent,
        **dict.fromkeys(Handshake.EVENTS, _onWayIn),
        **dict.fromkeys(Extensions.MESSAGES, _onExtension),
    }
