# -*- test-case-name: tests.session.test_server -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The handshake of one viewer, on its transport: what happens between the connection and
ClientInit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from twisted.cred.credentials import ICredentials, IUsernamePassword
from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.logger import Logger
from twisted.python.failure import Failure

from txrfb._screen.preparation import PATIENCE, Vigil
from txrfb._session.contracts import ConnectionState, ISession
from txrfb._session.stream import streamOf, textOf
from txrfb._wire.connection import ServerConnection
from txrfb._wire.events import (
    Event,
    LoginRequested,
    SealRequested,
    SecurityChosen,
    TLSRequested,
    TurnRequested,
)
from txrfb.error import ConnectionFailed, ProxyHeaderError
from txrfb.security import Context
from txrfb.security.accounts.credentials import ICertified, IClientCertificate
from txrfb.security.accounts.rights import (
    NAMES,
    VIEW_ONLY,
    IRights,
    IUserScreen,
    Rights,
)
from txrfb.security.admission.addresses import isLocal
from txrfb.security.admission.judge import reasonOf
from txrfb.security.admission.turns import Done
from txrfb.security.tls.failures import tlsProblem

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall


class Handshake:
    """
    Sees to it that a viewer comes to ClientInit before its time is over, or not at
    all: does what the conversation asks for, which is TLS, sealing and the login.
    """

    _log = Logger()

    def __init__(self, session: ISession, connection: ServerConnection) -> None:
        """
        @param session: Whose handshake it is.

        @param connection: The conversation.
        """
        self._session = session
        self._connection = connection
        self._visit = session.host.gate.visit(self._dropped)
        # What a login, a turn, or the beginning of TLS, waits for.
        self._pending: Deferred[Any] | None = None
        self._logout: Callable[[], Any] | None = None
        # What keeps the framebuffer awake while the viewer waits for it.
        self._vigil: Vigil | None = None
        self._deadline: IDelayedCall | None = None
        self._wasRefused = False
        self._tlsProblems: list[str] = []
        # Whether the connection has lines in the log; nobody knows before it matters.
        self._isTold: bool | None = None
        # Where a proxy is, if it has said where the viewer is.
        self._proxy = ""
        # Whether somebody has left without a word who may look in all the time.
        self._isProbe = False

    @property
    def isLocated(self) -> bool:
        """
        Whether it is known where the viewer is; behind a proxy that has to say it.
        """
        return self._visit.isLocated

    # -- What becomes of it ----------------------------------------------------------

    def begin(self) -> str | None:
        """
        The viewer has connected: greet it, if it is welcome.

        @return: Why it is not, as
            L{Visit.objection<txrfb.security.admission.gate.Visit.objection>} says.
        """
        session = self._session
        host, transport = session.host, session.transport
        gate, stream = host.gate, streamOf(transport)
        objection = self._visit.arrive(stream)
        self._wasRefused = objection is not None
        if objection is None:
            if not stream.awaitsViewer:
                self._waitFor(host.limits.handshakeTimeout)
            session.act(
                self._connection.start,
                gate.offer(stream),
                Context(host.random, gate.canStartTLS(stream), stream.isSecure),
                host.refusal() or gate.lack(stream),
            )
        return objection

    def begun(self) -> None:
        """
        Something came: now the log hears of the connection; and if a proxy stands
        between, it has said where the viewer is.
        """
        session = self._session
        if self._isTold is None:
            self._isTold = session.host.gate.noise.mayTell()
            if self._isTold:
                session.transcript.opened(self._proxy or session.peer)
            if self._deadline is None:
                # Here is the viewer for which a repeater has waited.
                self._waitFor(session.host.limits.handshakeTimeout)
            if self._isTold and self._proxy:
                session.transcript.cameFrom(session.peer)
        if not self.isLocated:
            self.locate()

    def locate(self) -> None:
        """
        A proxy has said where the viewer is.
        """
        session = self._session
        self._proxy = session.peer
        session.peer = textOf(session.transport.getPeer())
        if self._isTold:
            session.transcript.cameFrom(session.peer)
        else:
            session.transcript.peer = session.peer
        objection = self._visit.locate(streamOf(session.transport))
        if objection is not None:
            self._wasRefused = True
            self._connection.refuse(objection or "access was denied")

    def tellEnd(self, reason: str, failed: bool, failure: Failure | None) -> None:
        """
        Log that the connection ends, as far as strangers may have lines in the log.

        @param reason: Why.

        @param failed: Whether something went wrong, on either side.

        @param failure: The exception that is at fault, if there is one.
        """
        transcript, noise = self._session.transcript, self._session.host.gate.noise
        if not failed and (self._isProbe or not self.isLocated):
            # A proxy that looks in, to see whether there is a server.
            transcript.ended(reason)
            return
        # Of that there is a line already.
        failed = failed and not self._wasRefused
        if self._isTold is None:
            # It has not said a word.
            failed = failed and self._session.state is not ConnectionState.CLOSED
            self._isTold = not self._wasRefused and noise.mayTell()
        if not self._isTold and failure is not None:
            self._isTold = noise.mayTell()
        if not self._isTold:
            phase = transcript.phase
            transcript.ended(reason)
            if not self._wasRefused:
                noise.count(self._visit.host, f"ended {phase}")
        elif failed:
            transcript.failed(reason, failure)
        else:
            transcript.closed(reason)

    def whyLost(self, reason: Failure) -> tuple[str, bool]:
        """
        @param reason: Why the transport was lost.

        @return: It, in words, and whether something went wrong.
        """
        if reason.check(ProxyHeaderError):
            return reason.getErrorMessage(), True
        problem = tlsProblem(reason.value)
        if problem is not None:
            return f"TLS failed: {', '.join(self._tlsProblems) or problem}", True
        asked = self._session.transcript.asked
        why = "disconnected during login" + (f" when asked {asked}" if asked else "")
        isSilent = self.isLocated and self._isTold is None and not self._wasRefused
        doorkeeper = self._session.host.gate.doorkeeper
        self._isProbe = isSilent and doorkeeper.isShared(self._visit.host)
        return why, self.isLocated and not self._isProbe

    def succeeded(self) -> None:
        """
        The viewer has come to ClientInit.
        """
        self._visit.stopWaiting()
        self._forgetDeadline()
        self._endVigil()

    def close(self) -> None:
        """
        The connection ends: wait for nothing.
        """
        self._visit.stopWaiting()
        self._forgetDeadline()
        if self._pending is not None:
            self._pending.cancel()
        self._endVigil()

    def logOut(self) -> None:
        """
        The viewer that logged in is gone, if it did.
        """
        if self._logout is not None:
            self._logout()

    def leave(self) -> None:
        """
        The transport is gone.
        """
        self._visit.leave()

    def _forgetDeadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _waitFor(self, seconds: float) -> None:
        """
        Give the viewer so many seconds for its next step.
        """
        self._forgetDeadline()
        clock = self._session.host.clock
        self._deadline = clock.callLater(seconds, self._late, seconds)

    def _late(self, seconds: float) -> None:
        self._deadline = None
        session = self._session
        self._visit.late()
        late = "login timed out" if self.isLocated else "no PROXY header came"
        session.failed(f"{late} after {seconds:g} s", None)
        session.transport.abortConnection()

    def _dropped(self, reason: str) -> None:
        self._session.failed(reason, None)

    # -- What the conversation asks for ----------------------------------------------

    def received(self, event: Any) -> None:
        """
        Do what the conversation asks for.

        @param event: One of L{EVENTS}.
        """
        self._HANDLERS[type(event)](self, event)

    def _onSecurityChosen(self, event: SecurityChosen) -> None:
        self._waitFor(self._session.host.limits.loginTimeout)

    def _onTurnRequested(self, event: TurnRequested) -> None:
        turn = self._pending = self._visit.turn()
        turn.addCallback(self._turnCame, event.later)
        turn.addErrback(self._brokeOff, "its turn failed")

    def _turnCame(self, done: Done, later: float) -> None:
        self._pending = None
        try:
            self._session.act(self._connection.turnCame)
        finally:
            done(later)

    def _onTLSRequested(self, event: TLSRequested) -> None:
        session = self._session
        if session.hasUnread:
            # As the parser says where it has them itself: they were not protected.
            session.failed("bytes came between the choice and TLS", None)
            return
        begun = session.host.gate.startTLS(
            session.transport, event.kind, self._tlsProblems.append
        )
        self._pending = begun
        begun.addCallback(self._tlsBegan).addErrback(self._brokeOff, "TLS failed")

    def _tlsBegan(self, certificate: bytes | None) -> None:
        self._pending = None
        self._session.act(self._connection.tlsStarted, certificate)

    def _onSealRequested(self, event: SealRequested) -> None:
        session = self._session
        transport = session.transport
        # Only now: it needs cryptography.
        from txrfb.security.types.sealing import SealedTransport

        if isinstance(transport, SealedTransport):
            transport = transport.transport
        if event.send is not None:
            transport = SealedTransport(transport, event.send)
        session.transport = transport

    def _onLoginRequested(self, event: LoginRequested) -> None:
        session = self._session
        session.transcript.begin("Login")
        session.transcript.tries(event.securityType, _nameIn(event.credentials))
        host = session.host
        # Others may be judged first, and it may be a person who decides.
        self._waitFor(host.limits.loginTimeout + host.gate.patience)
        login = self._pending = self._visit.login(event.credentials, session.viewer)
        login.addCallbacks(self._loggedIn, self._refused)
        login.addErrback(self._brokeOff, "the login failed")

    def _loggedIn(self, avatar: tuple[Any, Any, Callable[[], Any]]) -> None:
        session = self._session
        self._pending = None
        _, rights, self._logout = avatar
        if IUserScreen.providedBy(rights):
            host = session.host.screenFor(rights.framebuffer, rights.application)
            session.show(host)
            host.connected(session)
        session.rights = VIEW_ONLY if session.host.viewOnly else rights
        if not (self._isTold or session.host.gate.isOpen()):
            # No stranger.
            self._isTold = True
            session.transcript.opened(session.peer)
        if self._isTold:
            name, words = session.viewer.avatarId, _inWords(session.rights)
            session.transcript.loggedIn(name, words)
        session.transcript.end("Login")
        self._tellWeakness()
        if session.host.preparation.isNeeded:
            self._prepare()
        else:
            self._letIn()

    def _letIn(self) -> None:
        self._waitFor(self._session.host.limits.handshakeTimeout)
        self._session.act(self._connection.loginSucceeded)

    def _prepare(self) -> None:
        """
        Wait until it is known what there is to be seen.  That is done before the login
        is told to have succeeded, for later a viewer cannot be told why it has not.
        """
        self._visit.stopWaiting()
        self._forgetDeadline()
        host = self._session.host
        self._vigil = Vigil()
        host.display.add(self._vigil)
        prepared = self._pending = host.preparation.wait()
        prepared.addCallbacks(self._prepared, self._notPrepared)
        prepared.addErrback(self._brokeOff, "waiting for the desktop failed")

    def _prepared(self, _: None) -> None:
        self._pending = None
        self._letIn()

    def _notPrepared(self, failure: Failure) -> None:
        self._pending = None
        session = self._session
        if failure.check(CancelledError) or session.hasEnded:
            return
        if failure.check(TimeoutError):
            reason = f"the desktop is not there yet, after {PATIENCE:g} seconds"
        else:
            reason = "the desktop is not there"
            say = "Connection {connection}: the framebuffer is not prepared"
            if failure.check(ConnectionFailed):
                # What it shows is elsewhere, and out of reach: no fault in here.
                why = failure.getErrorMessage()
                self._log.warn(f"{say}: {{why}}", connection=session.number, why=why)
            else:
                self._log.failure(say, failure, connection=session.number)
        session.act(self._connection.loginFailed, reason, "refused")

    def _endVigil(self) -> None:
        if self._vigil is not None:
            self._session.host.display.remove(self._vigil)
            self._vigil = None

    def _tellWeakness(self) -> None:
        """
        Log that somebody has logged in by VNC authentication from elsewhere: whoever is
        in between has seen it all.
        """
        session, stream = self._session, streamOf(self._session.transport)
        if session.transcript.security != "VncAuth" or stream.isSecure:
            return
        if not isLocal(self._visit.host):
            self._log.info(
                "VncAuth was used, from {peer}: nothing of it is encrypted, and eight"
                " bytes of the password counted; --security=-VncAuth closes it",
                peer=session.peer,
            )

    def _refused(self, failure: Failure) -> None:
        self._pending = None
        session = self._session
        if not (failure.check(CancelledError) or session.hasEnded):
            session.act(self._connection.loginFailed, reasonOf(failure.value))

    def _brokeOff(self, failure: Failure, reason: str) -> None:
        self._pending = None
        if not failure.check(CancelledError):
            self._session.failed(reason, failure)

    _HANDLERS: ClassVar[dict[type[Event], Callable[[Any, Any], None]]] = {
        SecurityChosen: _onSecurityChosen,
        TurnRequested: _onTurnRequested,
        TLSRequested: _onTLSRequested,
        SealRequested: _onSealRequested,
        LoginRequested: _onLoginRequested,
    }

    #: The events that L{received} takes.
    EVENTS = frozenset(_HANDLERS)


def _nameIn(credentials: ICredentials | None) -> bytes | str:
    """
    @return: The user name that a viewer gave, for the log; empty if it gave none, or
        gave its password for one, which is nobody's business.
    """
    if IClientCertificate.providedBy(credentials) or ICertified.providedBy(credentials):
        return credentials.username
    if not IUsernamePassword.providedBy(credentials):
        return ""
    name: bytes = credentials.username
    return b"" if credentials.checkPassword(name) else name


def _inWords(rights: IRights) -> str:
    """
    @return: Rights, whoever made them, for the log.
    """
    return str(Rights(name for name in NAMES if rights.allows(name)))
