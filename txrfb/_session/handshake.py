# -*- test-case-name: tests.session.test_server -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
One viewer's way in: what happens on its transport between the connection and the
first pixel.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import ISSLTransport
from twisted.python.failure import Failure

from txrfb._session.stream import textOf
from txrfb._wire.connection import ServerConnection
from txrfb._wire.events import Event, LoginRequested, SealRequested, TLSRequested
from txrfb.security import Context
from txrfb.security.accounts.rights import VIEW_ONLY
from txrfb.security.admission.gate import reasonOf
from txrfb.security.types.sealing import SealedTransport

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall

    from txrfb._session.server import RFBServer


class Handshake:
    """
    Sees to it that a viewer comes in before its time is over, or not at all: does
    what the handshake asks for, which is TLS, sealing and the login.

    @ivar visit: The L{Visit<txrfb.security.admission.gate.Visit>}: whether it is
        welcome.
    @ivar connection: What the viewer's bytes are to go through.
    """

    def __init__(self, viewer: RFBServer, act: Callable[..., None]) -> None:
        """
        @param viewer: Who has just connected.

        @param act: Called with something that returns events, and its arguments,
            when the conversation goes on.
        """
        factory, transport = viewer.factory, viewer.transport
        gate, limits = factory.gate, factory.limits
        self._viewer = viewer
        self._act = act
        self.visit = gate.arrive(transport)
        # What a login, or the beginning of TLS, waits for.
        self._pending: Deferred[Any] | None = None
        self._logout: Callable[[], Any] | None = None
        self._patience = limits.loginTimeout
        self._deadline: IDelayedCall | None = factory.clock.callLater(
            self._patience, self._late
        )
        self.connection = ServerConnection(
            gate.offer(transport, factory.isWebSocket(transport)),
            viewer.transcript,
            Context(
                factory.random,
                gate.canStartTLS(transport),
                ISSLTransport.providedBy(transport),
            ),
            limits,
            factory.refusal(),
        )

    # -- What becomes of it ----------------------------------------------------------

    def locate(self) -> None:
        """
        A proxy has said where the viewer is.
        """
        viewer = self._viewer
        viewer.peer = textOf(viewer.transport.getPeer())
        viewer.transcript.cameFrom(viewer.peer)
        objection = self.visit.locate(viewer.transport)
        if objection is not None:
            self.connection.refuse(objection or "access was denied")

    def entered(self) -> None:
        """
        The viewer is in.
        """
        self.visit.entered()
        self._forgetDeadline()

    def close(self) -> None:
        """
        The connection ends: wait for nothing.
        """
        self._forgetDeadline()
        if self._pending is not None:
            self._pending.cancel()

    def logOut(self) -> None:
        """
        The viewer that logged in is gone, if it did.
        """
        if self._logout is not None:
            self._logout()

    def _forgetDeadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _late(self) -> None:
        self._deadline = None
        viewer = self._viewer
        viewer.failed(f"the viewer was not in after {self._patience:g} seconds", None)
        viewer.transport.abortConnection()

    # -- What the handshake asks for -------------------------------------------------

    def received(self, event: Any) -> None:
        """
        Do what the handshake asks for.

        @param event: One of L{EVENTS}.
        """
        self._HANDLERS[type(event)](self, event)

    def _onTLSRequested(self, event: TLSRequested) -> None:
        viewer = self._viewer
        gate = viewer.factory.gate
        begun = self._pending = gate.startTLS(viewer.transport, event.kind)
        begun.addCallback(self._tlsBegan).addErrback(self._brokeOff, "TLS failed")

    def _tlsBegan(self, certificate: bytes | None) -> None:
        self._pending = None
        self._act(self.connection.tlsStarted, certificate)

    def _onSealRequested(self, event: SealRequested) -> None:
        viewer = self._viewer
        transport = viewer.transport
        if isinstance(transport, SealedTransport):
            transport = transport.transport
        if event.send is not None:
            transport = SealedTransport(transport, event.send)
        viewer.transport = transport

    def _onLoginRequested(self, event: LoginRequested) -> None:
        viewer = self._viewer
        viewer.transcript.begin("Login")
        patience = viewer.factory.gate.patience
        if patience and self._deadline is not None:
            # From here on it may be a person who takes time.
            self._patience += patience
            self._deadline.delay(patience)
        login = self._pending = self.visit.login(event.credentials, viewer)
        login.addCallbacks(self._loggedIn, self._refused)
        login.addErrback(self._brokeOff, "the login failed")

    def _loggedIn(self, avatar: tuple[Any, Any, Callable[[], Any]]) -> None:
        viewer = self._viewer
        self._pending = None
        _, rights, self._logout = avatar
        viewer.rights = VIEW_ONLY if viewer.factory.viewOnly else rights
        viewer.transcript.end("Login")
        self._act(self.connection.loginSucceeded)

    def _refused(self, failure: Failure) -> None:
        self._pending = None
        if not (failure.check(CancelledError) or self._viewer.hasEnded):
            self._act(self.connection.loginFailed, reasonOf(failure.value))

    def _brokeOff(self, failure: Failure, reason: str) -> None:
        self._pending = None
        if not failure.check(CancelledError):
            self._viewer.failed(reason, failure)

    _HANDLERS: ClassVar[dict[type[Event], Callable[[Any, Any], None]]] = {
        TLSRequested: _onTLSRequested,
        SealRequested: _onSealRequested,
        LoginRequested: _onLoginRequested,
    }

    #: The events that L{received} takes.
    EVENTS = frozenset(_HANDLERS)
