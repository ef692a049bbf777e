# -*- test-case-name: tests.feeds.test_relay -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Another VNC server's screen as a framebuffer: a relay.

There is one connection upstream, whatever the number of viewers.  One update at a time
is asked for, when some viewer has room for it; while nobody looks, none is.  When the
connection is lost it is made again, and viewers keep the picture that they have.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from twisted.application.service import IService
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import Interface, implementer

from txrfb._arguments import checkEndpoint
from txrfb._wire.messages import Limits
from txrfb.client.events import ClientEvent, SizeChanged, Updated
from txrfb.client.factory import RFBClientFactory
from txrfb.client.login import loginFor
from txrfb.feeds._controls import RelayedControls
from txrfb.feeds._loops import LoopWatch
from txrfb.feeds.upstream import ENCODINGS, Upstream
from txrfb.framebuffers._service import FramebufferService
from txrfb.geometry import Rectangle, Region
from txrfb.interfaces import IAudience, IFramebufferOwner, IViewer

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall

__all__ = ["Password", "RelayFramebuffer"]

#: Seconds after which a server is looked for again that was not there: at first, and at
#: the most.
_MIN_PAUSE, _MAX_PAUSE = 0.5, 30.0

#: Seconds after which what was seen of the server is no longer what is there, unless
#: it owes an update.
_FRESH = 0.1

#: Seconds between two attempts that are made because a viewer has come.
_HURRY = 1.0

#: Seconds after which a refusal is no answer to what we said.
_LONG = 5.0

#: A password, or what reads it each time that there is a connection to be made.
Password = bytes | str | Callable[[], bytes | str | None] | None


@implementer(IAudience)
class RelayFramebuffer(RelayedControls):
    """
    Shows what another VNC server shows, and hands on to it what viewers do.

    It connects when its service is started (C{IService(framebuffer)}), which
    C{twistd rfb} and C{serve} do by themselves.  What the server can do is offered to
    viewers that come after it has said so.
    """

    _log = Logger()

    def __init__(
        self,
        endpoint: IStreamClientEndpoint,
        password: Password = None,
        username: bytes | str | None = None,
        *,
        called: str = "the server upstream",
        encodings: Iterable[int] = ENCODINGS,
        limits: Limits | None = None,
        reactor: Any = None,
        jitter: Callable[[], float] = random.random,
        **login: Any,
    ) -> None:
        """
        @param endpoint: Where the server is.

        @param password: The password; or what returns it, called for each connection,
            which may raise C{OSError} or C{ValueError}.

        @param username: The user's name, if there is one.

        @param called: What the server is called in the log.

        @param encodings: What is asked for, the preferred first.

        @param limits: How long what the server sends may be.

        @param reactor: What time is taken from; the global reactor if not given.

        @param jitter: Makes numbers from 0 to 1, which make pauses between attempts
            unequal: after an outage not all relays come at a time.

        @param login: Other arguments of L{loginFor<txrfb.client.login.loginFor>}, such
            as C{authority} and C{knownHosts}.

        @raise ValueError: if C{endpoint} is none, or an option cannot be.
        """
        checkEndpoint(endpoint)
        if reactor is None:
            from twisted.internet import reactor
        super().__init__(called, reactor)
        self.called = called
        self._endpoint = endpoint
        self._password = password
        self._username = username
        self._login = login
        self._limits = limits
        self._jitter = jitter
        self._service = FramebufferService(self)
        self._loops = LoopWatch(reactor, encodings, self._listed, self._looped)
        # What is wrong with the options is found out now.
        self._makeFactory()
        self._isStarted = self._isWatched = False
        self._connecting: Deferred[Any] | None = None
        self._current: Upstream | None = None
        self._retry: IDelayedCall | None = None
        self._failures = 0
        self._hasBeenThere = False
        self._lastReason = ""
        self._triedAt = self._updatedAt = -_FRESH
        # Whether an update is owed, and whether the next to be asked for is of all.
        self._isAsked = False
        self._isAll = True
        self._stopping: list[Deferred[None]] = []

    def __conform__(self, interface: type[Interface]) -> Any:
        """
        The connection is a service.
        """
        return self._service if interface is IService else None

    # -- The connection --------------------------------------------------------------

    def start(self) -> None:
        """
        Connect.
        """
        if not self._isStarted:
            self._isStarted = True
            self._loops.start()
            self._connect()

    def stop(self) -> Deferred[None]:
        """
        Connect no more.

        @return: Fires when there is no connection.
        """
        self._isStarted = False
        self._loops.stop()
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        if self._connecting is not None:
            self._connecting.cancel()
        if self._current is None:
            return succeed(None)
        stopped: Deferred[None] = Deferred()
        self._stopping.append(stopped)
        self._current.disconnect()
        return stopped

    def _makeFactory(self) -> RFBClientFactory:
        """
        @raise OSError: if the password cannot be read.

        @raise ValueError: if an option is not as it should be.
        """
        password = self._password() if callable(self._password) else self._password
        self._hasPassword = bool(password)
        factory = RFBClientFactory(
            encodings=self._loops.encodings,
            limits=self._limits,
            clock=self._clock,
            **loginFor(password, self._username, **self._login),
        )
        factory.protocol = self._makeUpstream
        return factory

    def _makeUpstream(self, **options: Any) -> Upstream:
        self._current = Upstream(self, **options)
        return self._current

    def _connect(self) -> None:
        self._retry = None
        self._triedAt = self._clock.seconds()
        try:
            factory = self._makeFactory()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            self._failed(f"the password cannot be read: {reason}", True)
            return
        self._connecting = self._endpoint.connect(factory)
        self._connecting.addCallbacks(self._connected, self._notConnected)

    def _connected(self, upstream: object) -> None:
        self._connecting = None

    def _notConnected(self, failure: Failure) -> None:
        self._connecting = None
        if self._isStarted:
            self._failed(_inWords(failure), False)

    def arrived(self, upstream: Upstream) -> None:
        """
        The login is done.
        """
        self._log.info(
            "{called}: connected to {name!r}, {width}x{height}, as RFB 3.{minor}",
            called=self.called,
            name=upstream.name,
            width=upstream.width,
            height=upstream.height,
            minor=upstream.connection.minor,
        )
        self._failures, self._lastReason = 0, ""
        self._hasBeenThere = True
        self._begin(upstream)
        self.use(upstream.connection)
        self._isAsked, self._isAll = False, True
        self._isStale = False
        if self._isWatched:
            self._ask()

    def left(self, upstream: Upstream, reason: str) -> None:
        """
        The connection has ended.
        """
        if upstream is not self._current:
            return
        self._current = None
        wasThere = self._upstream is upstream
        self._stop()
        self._isAsked = False
        if self._isStarted:
            why = reason if wasThere else f"{_stageOf(upstream)}: {reason}"
            if upstream.isRefused and not (wasThere or self._hasPassword):
                why += "; no password was given"
            # Who refuses after long waits for something, as a relay does.
            isLate = self._clock.seconds() - self._triedAt > _LONG
            self._failed(why, upstream.isRefused and (wasThere or not isLate))
        stopping, self._stopping = self._stopping, []
        for one in stopping:
            one.callback(None)

    def _failed(self, reason: str, isRefused: bool) -> None:
        """
        There is no connection.

        @param isRefused: Whether it will not be otherwise soon.
        """
        said = f"{self.called}: {reason}"
        self._isStale = False
        self.lost(said)
        owner = IFramebufferOwner(self._service.parent, None)
        if isRefused and not self._hasBeenThere and owner is not None:
            self._isStarted = False
            owner.framebufferEnded(said)
            return
        if reason != self._lastReason:
            self._lastReason = reason
            self._log.warn(
                "{said}; it is tried again{more}",
                said=said,
                more=", and viewers keep the last picture" if self.width else "",
            )
        pause = min(_MIN_PAUSE * 2**self._failures, _MAX_PAUSE)
        if isRefused:
            pause = _MAX_PAUSE
        self._failures = min(self._failures + 1, 16)
        pause *= (1 + self._jitter()) / 2
        self._retry = self._clock.callLater(pause, self._connect)

    def prepared(self) -> Deferred[None]:
        """
        See L{IPrepared.prepared<txrfb.interfaces.IPrepared.prepared>}.  A viewer waits
        for the size as long as the server is being looked for.
        """
        if self.width or self._retry is None:
            return super().prepared()
        if self._failures < 16 and self._clock.seconds() - self._triedAt > _HURRY:
            self._retry.cancel()
            self._ending = ""
            waiting = super().prepared()
            self._connect()
            return waiting
        return super().prepared()

    # -- What is asked for -----------------------------------------------------------

    def resumeProducing(self) -> None:
        """
        Somebody looks.
        """
        self._isWatched = True
        self._ask()

    def pauseProducing(self) -> None:
        """
        Nobody does: nothing more is asked for.
        """
        self._isWatched = False

    def capture(self) -> Deferred[Region]:
        """
        See L{IFramebuffer.capture<txrfb.interfaces.IFramebuffer.capture>}.
        """
        isLongAgo = self._clock.seconds() - self._updatedAt > _FRESH
        if isLongAgo and not self._isAsked and self.upstream is not None:
            # Nobody had room, or looked, for so long that there may be other pixels.
            self._ask()
            if self._isAsked and not self._isAll:
                self._isStale = True
                self.upstream.requestUpdate(False, Rectangle(0, 0, 1, 1))
        return super().capture()

    def _captured(self) -> None:
        self._ask()

    def _ask(self) -> None:
        """
        Ask for an update, if none is owed.
        """
        upstream = self.upstream
        if upstream is None or self._isAsked or not self._isWatched:
            return
        self._isAsked = True
        isAll, self._isAll = self._isAll, False
        upstream.requestUpdate(incremental=not isAll)

    def take(self, event: ClientEvent) -> None:
        """
        See L{FedFramebuffer.take}.
        """
        if type(event) is Updated:
            if event.rectangles:
                self._isAsked = self._isStale = False
                self._updatedAt = self._clock.seconds()
            super().take(event)
            self._updated()
            if not event.rectangles and (self._isAsked or self._isAll):
                # It may be all that comes for what was asked, or tell of another size.
                self._isAsked = False
                self._ask()
            return
        if type(event) is SizeChanged:
            self._isAll = True
            self._isAsked = False
        super().take(event)

    # -- Loops -----------------------------------------------------------------------

    def viewersChanged(self, viewers: Sequence[IViewer]) -> None:
        """
        See L{IAudience.viewersChanged}.
        """
        self._loops.watch(viewers)

    def _listed(self, encodings: tuple[int, ...]) -> None:
        """
        There are other marks to be said upstream.
        """
        if self.upstream is not None:
            self.upstream.setEncodings(encodings)

    def _looped(self) -> None:
        if self._current is not None:
            self._current.isRefused = True
            self._current.end("it shows what this server shows: a loop of relays")


def _inWords(failure: Failure) -> str:
    """
    @return: Why there is no connection.
    """
    reason = failure.getErrorMessage().rstrip(".")
    return reason[:1].lower() + reason[1:] or type(failure.value).__name__


def _stageOf(upstream: Upstream) -> str:
    """
    @return: How far a connection has come that was not logged in.
    """
    connection = upstream.connection
    if not connection.minor:
        return "it is no VNC server, or none that answers"
    if not connection.securityType:
        return f"no login (RFB 3.{connection.minor})"
    from txrfb.security.types import SECURITY_TYPES

    number = connection.securityType
    name = SECURITY_TYPES.get(number, str(number))
    if upstream.transcript.phase == "Init":
        return f"after the login by {name}, without a size"
    return f"in the login by {name}"
