# -*- test-case-name: tests.test_protocol -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The server on a transport: one L{RFBServer} a viewer, made by one L{RFBFactory} a
framebuffer.
"""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from twisted.cred.credentials import Anonymous
from twisted.cred.error import LoginFailed, UnhandledCredentials
from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IAddress, ITCPTransport
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import Interface, implementer

from txrfb.connection import (
    ClientInit,
    Event,
    Failed,
    LoginRequested,
    Output,
    ServerConnection,
)
from txrfb.display import Display
from txrfb.interfaces import IAudience, IClipboard, IInputReceiver, IViewer
from txrfb.log import Transcript
from txrfb.messages import (
    ClientCutText,
    FramebufferUpdateRequest,
    KeyEvent,
    Limits,
    PointerEvent,
    SetEncodings,
    SetPixelFormat,
)
from txrfb.pixels import NATIVE
from txrfb.security import Context
from txrfb.security.none import NoSecurity
from txrfb.security.offer import offered
from txrfb.security.realm import portalFor
from txrfb.security.rights import IRights
from txrfb.security.vncauth import VNCAuth
from txrfb.updates import UpdateProducer

if TYPE_CHECKING:
    from twisted.cred.portal import Portal
    from twisted.internet.interfaces import IDelayedCall

    from txrfb.interfaces import IFramebuffer, ISecurityType

#: How many bytes the kernel holds back before it says that there is no more room.
_UNSENT = 1 << 17

#: Seconds for a viewer to take what it is still to be told when it is closed.
_PATIENCE = 1.0

#: How many keys a viewer can hold down; who holds more has some released.
_KEYS = 64

#: What C{shared} may be.
SHARING = ("always", "honor", "never")


@implementer(IViewer)
class RFBServer(Protocol):
    """
    One viewer's connection: the only thing here that knows a transport.

    @ivar factory: The L{RFBFactory}.
    @ivar number: The number of the connection.
    @ivar peer: Where the viewer is, for people to read.
    @ivar avatarId: Who logged in; C{b""} for nobody in particular.
    @ivar viewOnly: Whether what it sends of keys, pointer and text is dropped.
    @ivar producer: What sends it updates; C{None} before it is in.
    """

    _log = Logger()

    factory: RFBFactory

    def __init__(self, number: int) -> None:
        """
        @param number: The number of the connection.
        """
        self.number = number
        self.peer = "?"
        self.avatarId = b""
        self.viewOnly = False
        self.producer: UpdateProducer | None = None
        self.transcript: Transcript
        self._connection: ServerConnection
        self._hasEnded = False
        self._deadline: IDelayedCall | None = None
        self._abortion: IDelayedCall | None = None
        self._login: Deferred[Any] | None = None
        self._logout: Callable[[], Any] | None = None
        # Keys that are down, in the order in which they went down.
        self._keys: dict[int, None] = {}
        self._pointer = (0, 0, 0)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.number} {self.peer}>"

    # -- The transport ---------------------------------------------------------------

    def connectionMade(self) -> None:
        """
        Greet the viewer, and give it a while to come in.
        """
        factory = self.factory
        transport = self.transport
        assert transport is not None
        _tune(transport)
        self.peer = _textOf(transport.getPeer())
        self.transcript = Transcript(self.number, factory.clock)
        self.transcript.opened(self.peer)
        limits = factory.limits
        self._deadline = factory.clock.callLater(
            limits.loginTimeout,
            self._end,
            f"the viewer was not in after {limits.loginTimeout:g} seconds",
        )
        self._connection = ServerConnection(
            offered(factory.securityTypes, factory.portal),
            self.transcript,
            Context(random=factory.random),
            limits,
            factory.refusal(),
        )
        self._act(self._connection.start)

    def dataReceived(self, data: bytes) -> None:
        """
        The viewer says something.
        """
        if not self._hasEnded:
            self._act(self._connection.receive, data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        The viewer is gone.
        """
        if self.producer is None:
            self._end("the viewer went away before it was in")
        elif reason.check(ConnectionDone):
            self._end("the viewer closed the connection", failed=False)
        else:
            self._end(f"the connection was lost: {reason.getErrorMessage()}", False)
        if self._abortion is not None:
            self._abortion.cancel()
            self._abortion = None
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
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if self._login is not None:
            self._login.cancel()
        transport = self.transport
        if self.producer is not None:
            self.producer.stopProducing()
            self.factory.display.remove(self.producer)
            # While a producer is registered, loseConnection would wait for it.
            transport.unregisterProducer()
        self._release()
        self.factory.left(self)
        if self._logout is not None:
            self._logout()
        transport.loseConnection()
        self._abortion = self.factory.clock.callLater(_PATIENCE, self._abort)

    def _abort(self) -> None:
        self._abortion = None
        self.transport.abortConnection()

    def _failed(self, reason: str, failure: Failure | None) -> None:
        self._end(reason, failure=failure)

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
                self._EVENTS[type(event)](self, event)
        except Exception as error:
            self._end(f"{type(error).__name__}: {error}", failure=Failure())

    def _onOutput(self, event: Output) -> None:
        self.transcript.tx(event.name, len(event.data))
        self.transport.write(event.data)

    def _onFailed(self, event: Failed) -> None:
        self._end(event.reason)

    def _onLoginRequested(self, event: LoginRequested) -> None:
        credentials = event.credentials
        self.transcript.begin("Login")
        login = self._login = self.factory.portal.login(
            Anonymous() if credentials is None else credentials, self, IRights
        )
        login.addCallbacks(self._loggedIn, self._refused)
        login.addErrback(self._loginBroke)

    def _loggedIn(self, avatar: tuple[Any, Any, Callable[[], Any]]) -> None:
        self._login = None
        _, rights, self._logout = avatar
        self.viewOnly = self.factory.viewOnly or rights.viewOnly
        self.transcript.end("Login")
        self._act(self._connection.loginSucceeded)

    def _refused(self, failure: Failure) -> None:
        self._login = None
        if failure.check(CancelledError) or self._hasEnded:
            return
        if not failure.check(LoginFailed, UnhandledCredentials):
            # What a checker says may hold what it was given: only its kind is told.
            self._log.error(
                "Connection {connection}: the checker failed with {kind}",
                connection=self.number,
                kind=failure.type.__name__ if failure.type else "?",
            )
        self._act(self._connection.loginFailed, "authentication failed")

    def _loginBroke(self, failure: Failure) -> None:
        self._end("the login failed", failure=failure)

    def _onClientInit(self, event: ClientInit) -> None:
        factory = self.factory
        reason = factory.enter(self, event.shared)
        if reason:
            self._end(reason)
            return
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        display = factory.display
        self.producer = UpdateProducer(
            display, self.transport, factory.clock, self.transcript, self._failed
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
        assert self.producer is not None
        self.producer.setEncodings(message.encodings)

    def _onUpdateRequest(self, message: FramebufferUpdateRequest) -> None:
        assert self.producer is not None
        self.producer.request(message.incremental, message.rectangle)

    def _onKeyEvent(self, message: KeyEvent) -> None:
        receiver = self.factory.inputReceiver
        if receiver is None or self.viewOnly:
            return
        keys = self._keys
        if message.down:
            if message.keysym not in keys and len(keys) >= _KEYS:
                oldest = next(iter(keys))
                del keys[oldest]
                receiver.keyEvent(oldest, False, self)
            keys[message.keysym] = None
        else:
            keys.pop(message.keysym, None)
        receiver.keyEvent(message.keysym, message.down, self)

    def _onPointerEvent(self, message: PointerEvent) -> None:
        receiver = self.factory.inputReceiver
        if receiver is None or self.viewOnly:
            return
        display = self.factory.display
        x = min(message.x, display.width - 1)
        y = min(message.y, display.height - 1)
        self._pointer = (x, y, message.buttons)
        receiver.pointerEvent(x, y, message.buttons, self)

    def _onClientCutText(self, message: ClientCutText) -> None:
        if message.dropped:
            self._log.warn(
                "Connection {connection}: {dropped} bytes of a cut text were beyond"
                " the limit, and were skipped",
                connection=self.number,
                dropped=message.dropped,
            )
        clipboard = self.factory.clipboard
        if clipboard is not None and not self.viewOnly:
            clipboard.cutTextReceived(message.text.decode("latin-1"), self)

    def _release(self) -> None:
        """
        Let go, on behalf of a viewer that leaves, the keys and buttons it holds.
        """
        receiver = self.factory.inputReceiver
        keys, self._keys = self._keys, {}
        x, y, buttons = self._pointer
        self._pointer = (x, y, 0)
        if receiver is None:
            return
        try:
            for keysym in keys:
                receiver.keyEvent(keysym, False, self)
            if buttons:
                receiver.pointerEvent(x, y, 0, self)
        except Exception:
            self._log.failure(
                "Connection {connection}: while releasing what it held",
                connection=self.number,
            )

    _EVENTS: ClassVar[dict[type[Any], Callable[[Any, Any], None]]] = {
        Output: _onOutput,
        Failed: _onFailed,
        LoginRequested: _onLoginRequested,
        ClientInit: _onClientInit,
        SetPixelFormat: _onSetPixelFormat,
        SetEncodings: _onSetEncodings,
        FramebufferUpdateRequest: _onUpdateRequest,
        KeyEvent: _onKeyEvent,
        PointerEvent: _onPointerEvent,
        ClientCutText: _onClientCutText,
    }


class RFBFactory(Factory):
    """
    Serves one framebuffer to viewers.

    @ivar display: What shows the framebuffer.
    @ivar clock: What time is taken from.
    @ivar viewers: Who looks on now, in the order in which they came.
    """

    _log = Logger()

    noisy = False
    protocol = RFBServer  # type: ignore[assignment]

    def __init__(
        self,
        framebuffer: IFramebuffer,
        application: Any = None,
        *,
        portal: Portal | None = None,
        securityTypes: Sequence[ISecurityType] | None = None,
        shared: str = "always",
        maxViewers: int = 100,
        frameRate: float = 60.0,
        viewOnly: bool = False,
        name: str | None = None,
        limits: Limits | None = None,
        cacheSize: int = 64 << 20,
        findScrolls: bool = True,
        random: Callable[[int], bytes] = secrets.token_bytes,
        reactor: Any = None,
    ) -> None:
        """
        @param framebuffer: What is shown.

        @param application: What takes keys, pointer, text and so on: whatever of
            the interfaces of L{txrfb.interfaces} it provides.  What it does not
            provide, the framebuffer may.

        @param portal: Who judges logins, by avatars that are
            L{IRights<txrfb.security.rights.IRights>}; see
            L{txrfb.security.realm.portalFor}.  Without one, everybody may come in.

        @param securityTypes: What viewers are offered as far as the portal can
            judge it, in this order; VncAuth and None if it is not given.

        @param shared: What becomes of a viewer that would have the screen for
            itself.  With C{"always"} others stay and may come: many viewers ask
            for it unless told otherwise.  With C{"honor"} the others are closed.
            With C{"never"} there is one viewer at a time, and no other may come.

        @param maxViewers: How many viewers there may be at a time.

        @param frameRate: How many frames a second are shown at the most; 0 for as
            many as viewers take.

        @param viewOnly: Whether keys, pointer and text of all viewers are dropped.

        @param name: The desktop's name, if it is not to be the framebuffer's.

        @param limits: How long what viewers send may be.

        @param cacheSize: How many bytes of encoded rectangles are kept for all
            viewers together.

        @param findScrolls: Whether scrolling is looked for in what changed, which
            saves bytes.

        @param random: What makes challenges.

        @param reactor: What time is taken from; the global reactor if not given.

        @raise ValueError: if a number or a word is not as it should be.
        """
        if shared not in SHARING:
            raise ValueError(f"shared {shared!r}; it is one of {', '.join(SHARING)}")
        if maxViewers < 1:
            raise ValueError(f"{maxViewers} viewers at the most; it must be 1 or more")
        if reactor is None:
            from twisted.internet import reactor
        self.clock = reactor
        self.display = Display(framebuffer, reactor, frameRate, cacheSize, findScrolls)
        self.portal = portalFor() if portal is None else portal
        self.securityTypes: Sequence[ISecurityType] = (
            (VNCAuth(), NoSecurity()) if securityTypes is None else securityTypes
        )
        self.shared = shared
        self.maxViewers = maxViewers
        self.viewOnly = viewOnly
        self.limits = limits or Limits()
        self.random = random
        self.viewers: list[RFBServer] = []
        self._name = name
        self._candidates = (application, framebuffer)
        self.inputReceiver: Any = self._find(IInputReceiver)
        self.clipboard: Any = self._find(IClipboard)
        self._connections: dict[RFBServer, None] = {}
        self._count = 0
        self._isTurningAway = False
        self._emptied: list[Deferred[None]] = []

    @property
    def name(self) -> str:
        """
        The desktop's name, as viewers are told it.
        """
        return self.display.name if self._name is None else self._name

    def _find(self, interface: type[Interface]) -> Any:
        """
        @return: Who provides an ability; C{None} if nobody does.
        """
        for candidate in self._candidates:
            if candidate is not None and interface.providedBy(candidate):
                return candidate
        return None

    # -- Who comes and goes ----------------------------------------------------------

    def buildProtocol(self, addr: IAddress | None) -> RFBServer | None:
        """
        Make the protocol for a connection.

        @return: C{None}, which closes it, if there are too many already that are
            still in their handshake.
        """
        pending = len(self._connections) - len(self.viewers)
        if pending >= self.limits.pending:
            if not self._isTurningAway:
                self._isTurningAway = True
                self._log.warn(
                    "{pending} connections are in their handshake: further ones are"
                    " closed at once",
                    pending=pending,
                )
            return None
        self._isTurningAway = False
        self._count += 1
        protocol = self.protocol(self._count)
        protocol.factory = self
        self._connections[protocol] = None
        return protocol

    def refusal(self) -> str:
        """
        @return: Why another viewer may not come now; empty if it may.
        """
        if self.shared == "never" and self.viewers:
            return "somebody is looking on already, and this server shows one viewer"
        if len(self.viewers) >= self.maxViewers:
            return f"there are {self.maxViewers} viewers already, which is the limit"
        return ""

    def enter(self, viewer: RFBServer, shared: bool) -> str:
        """
        A viewer is about to look on.

        @param shared: Whether it would share the screen.

        @return: Why it may not; empty if it may.
        """
        refusal = self.refusal()
        if refusal:
            return refusal
        if self.shared == "honor" and not shared:
            for other in list(self.viewers):
                other.disconnect(
                    f"connection {viewer.number} wants the screen for itself"
                )
        self.viewers.append(viewer)
        return ""

    def left(self, viewer: RFBServer) -> None:
        """
        A viewer looks on no more, if it ever did.
        """
        if viewer in self.viewers:
            self.viewers.remove(viewer)
            self.audienceChanged()

    def gone(self, viewer: RFBServer) -> None:
        """
        A connection is no more.
        """
        self._connections.pop(viewer, None)
        if not self._connections:
            emptied, self._emptied = self._emptied, []
            for deferred in emptied:
                deferred.callback(None)

    def audienceChanged(self) -> None:
        """
        Tell everybody who wants to know who looks on.
        """
        for candidate in self._candidates:
            if candidate is not None and IAudience.providedBy(candidate):
                try:
                    candidate.viewersChanged(list(self.viewers))
                except Exception:
                    self._log.failure("while telling the application of its viewers")

    def disconnectAll(self, reason: str = "the server stops") -> Deferred[None]:
        """
        Close all connections.

        @param reason: Why, for the log.

        @return: Fires when all are closed, which takes little more than a second
            at the most.
        """
        if not self._connections:
            return succeed(None)
        emptied: Deferred[None] = Deferred()
        self._emptied.append(emptied)
        for connection in list(self._connections):
            connection.disconnect(reason)
        return emptied


def _tune(transport: Any) -> None:
    """
    Make a TCP connection send small things at once, and hold little that is stale.
    """
    if not ITCPTransport.providedBy(transport):
        return
    try:
        transport.setTcpNoDelay(True)
        handle = transport.getHandle()
        option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
        if option is not None:
            handle.setsockopt(socket.IPPROTO_TCP, option, _UNSENT)
    except (OSError, AttributeError):
        pass  # a UNIX socket says it is a TCP transport, and has neither


def _textOf(address: Any) -> str:
    """
    @return: An address for people to read.
    """
    host = getattr(address, "host", None)
    if host is not None:
        return f"[{host}]:{address.port}" if ":" in host else f"{host}:{address.port}"
    name = getattr(address, "name", None)
    if name is not None:
        return f"unix:{name!r}"
    return str(address)
