# -*- test-case-name: tests.test_reverse -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Reverse connections: the server connects to a viewer that listens, or to a repeater by
way of which a viewer comes.
"""

from __future__ import annotations

from collections.abc import Callable
from random import random as anyFraction
from typing import TYPE_CHECKING, Any, cast

from twisted.application.internet import ClientService
from twisted.internet.defer import CancelledError, Deferred, maybeDeferred
from twisted.internet.interfaces import (
    IAddress,
    IProtocol,
    IProtocolFactory,
    IStreamClientEndpoint,
)
from twisted.internet.protocol import Protocol, connectionDone
from twisted.logger import ILogObserver, LogEvent, Logger
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.python.failure import Failure
from zope.interface import implementer, provider

from txrfb._arguments import checkEndpoint, checkFactory
from txrfb._session.contracts import ConnectionState
from txrfb.security.seldom import Seldom

if TYPE_CHECKING:
    from twisted.internet.interfaces import ITransport

    from txrfb.protocol import RFBFactory

__all__ = ["ReverseConnection", "outgoing", "repeaterBlock"]

_log = Logger()


@provider(ILogObserver)
def _ignore(event: LogEvent) -> None:
    """
    Be an observer that observes nothing.
    """


#: The seconds until the first attempt after one that failed, and until any at the most.
_FIRST, _LONGEST = 1.0, 60.0

#: A connection that has lasted for so many seconds was of use: the next is tried soon.
_SETTLED = 30.0

#: The bytes in which a server tells a repeater of UltraVNC's who it is.
_BLOCK = 250


def repeaterBlock(identifier: str) -> bytes:
    """
    @param identifier: What viewers give to the repeater to be connected to this server,
        most often a number.

    @return: What a server sends to a repeater of UltraVNC's, in mode II, before it
        begins with RFB: C{ID:} and the identifier, filled up with zeros.

    @raise ValueError: if it is empty, too long, or not ASCII.
    """
    text = f"ID:{identifier}"
    if not identifier or not text.isascii() or len(text) >= _BLOCK:
        raise ValueError(
            f"{identifier!r} is no identifier for a repeater: expected 1 to"
            f" {_BLOCK - 4} ASCII characters"
        )
    return text.encode("ascii").ljust(_BLOCK, b"\0")


def outgoing(factory: RFBFactory, repeaterID: str | None = None) -> IProtocolFactory:
    """
    Prepare for a connection that the server opens:
    C{endpoint.connect(outgoing(factory))} connects to a viewer that listens, once.  If
    the endpoint were given the factory as it is, the server would begin TLS as a client
    does.

    @param factory: What makes the session.

    @param repeaterID: As L{ReverseConnection} takes it.

    @return: A factory for endpoints of clients.

    @raise ValueError: if there can be no such identifier.
    """
    return cast(IProtocolFactory, _Outgoing(factory, repeaterID))


class ReverseConnection(ClientService):
    """
    Keeps one connection to a viewer that listens, such as C{vncviewer -listen}, or to a
    repeater.  When it ends, or cannot be made, it is tried again: after a second at
    first, then after twice as long each time, up to a minute, a quarter more or less by
    chance, so that many servers do not come back all at once.

    Viewers log in as all others do.

    To connect but once, there is L{outgoing}.
    """

    # What its base class would say each time.
    _log = Logger(observer=_ignore)

    def __init__(
        self,
        factory: RFBFactory,
        endpoint: IStreamClientEndpoint,
        where: str = "the viewer",
        repeaterID: str | None = None,
        reactor: Any = None,
        random: Callable[[], float] = anyFraction,
    ) -> None:
        """
        @param factory: What makes the session.

        @param endpoint: Where to connect.

        @param where: The same, for people to read.

        @param repeaterID: If a repeater of UltraVNC's is there: the identifier by which
            viewers ask it for this server.

        @param reactor: What time is taken from; the global reactor if not given.

        @param random: A number from 0 to 1.

        @raise ValueError: if there can be no such identifier.
        """
        checkEndpoint(endpoint)
        sessions = _Outgoing(factory, repeaterID, self._made, self._lost)
        attempts = _Explained(endpoint, self._failed)
        super().__init__(attempts, sessions, self._pause, reactor)
        self._clock = factory.clock
        self._where = where
        self._random = random
        self._seldom = Seldom()
        self._since = 0.0
        self._attempts = 0
        self._reason = ""
        self._session: Any = None
        self._isDraining = False

    def drain(self) -> object:
        """
        Connect no more.  If there is a viewer it stays.

        @return: What tells when that is so.
        """
        self._isDraining = True
        if self._session is not None and self._session.state is ConnectionState.OPEN:
            return None
        return self.stopService()

    def _made(self, session: Any) -> None:
        self._session = session
        self._since = self._clock.seconds()
        _log.info("Connected to {where}", where=self._where)

    def _lost(self) -> None:
        self._reason = ""
        self._session = None
        if self._clock.seconds() - self._since >= _SETTLED:
            self._attempts = 0
        if self._isDraining:
            # Whoever calls this is not done with the connection yet.
            self._clock.callLater(0, self._stopIfRunning)

    def _stopIfRunning(self) -> None:
        if self.running:
            self.stopService()

    def _failed(self, reason: str) -> None:
        self._reason = reason

    def _pause(self, _: int) -> float:
        """
        @return: The seconds until the next attempt.
        """
        pause = min(_LONGEST, _FIRST * 2.0 ** min(self._attempts, 20))
        pause *= 0.75 + self._random() / 2
        self._attempts += 1
        if self._reason and self._seldom.isDue(self._reason):
            _log.warn(
                "Cannot connect to {where}: {reason}; trying again in {seconds:.1f} s",
                where=self._where,
                reason=self._reason,
                seconds=pause,
            )
        return pause


@implementer(IStreamClientEndpoint)
class _Explained:
    """
    An endpoint of which it is told why it could not connect.
    """

    def __init__(
        self, endpoint: IStreamClientEndpoint, failed: Callable[[str], None]
    ) -> None:
        self._endpoint = endpoint
        self._failed = failed

    def connect(self, factory: IProtocolFactory) -> Deferred[IProtocol]:
        """
        See L{IStreamClientEndpoint.connect}.
        """

        def failed(failure: Failure) -> Failure:
            if not failure.check(CancelledError):
                error = getattr(failure.value, "osError", None)
                words = getattr(error, "strerror", None) or failure.getErrorMessage()
                self._failed(words or type(failure.value).__name__)
            return failure

        return maybeDeferred(self._endpoint.connect, factory).addErrback(failed)


class _Introduced(ProtocolWrapper):
    """
    A connection that this side has opened, as the transport of a session.

    @ivar awaitsViewer: See L{IViewerStream<txrfb.interfaces.IViewerStream>}.
    """

    factory: _Outgoing

    @property
    def awaitsViewer(self) -> bool:
        """
        Whether a viewer will come by way of this connection, maybe much later.
        """
        return bool(self.factory.block)

    def makeConnection(self, transport: ITransport) -> None:
        """
        Say who this is, if there is a repeater, and begin.
        """
        if self.factory.block:
            transport.write(self.factory.block)
        self.factory.made(self.wrappedProtocol)
        super().makeConnection(transport)  # type: ignore[no-untyped-call]

    def startTLS(self, contextFactory: Any, normal: bool = True) -> None:
        """
        Begin TLS.  A transport takes whoever has connected for the client, which here
        is the viewer.
        """
        self.transport.startTLS(contextFactory, not normal)  # type: ignore[union-attr]

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        It has ended.
        """
        self.factory.lost()
        super().connectionLost(reason)  # type: ignore[no-untyped-call]


class _Closed(Protocol):
    """
    A connection for which there is no room.
    """

    def connectionMade(self) -> None:
        """
        Close it.
        """
        assert self.transport is not None
        self.transport.loseConnection()


class _Outgoing(WrappingFactory):
    """
    Makes the sessions of connections that this side opens.
    """

    noisy = False

    def __init__(
        self,
        factory: RFBFactory,
        repeaterID: str | None,
        made: Callable[[Any], None] = lambda session: None,
        lost: Callable[[], None] = lambda: None,
    ) -> None:
        """
        @param factory: What makes sessions.

        @param repeaterID: As L{ReverseConnection} takes it.

        @param made: Called with the session when there is a connection.

        @param lost: Called when it has ended.
        """
        checkFactory(factory)
        super().__init__(factory)  # type: ignore[no-untyped-call]
        self.block = b"" if repeaterID is None else repeaterBlock(repeaterID)
        self.made = made
        self.lost = lost

    def buildProtocol(self, addr: IAddress | None) -> Any:
        """
        Make the protocol for a connection.
        """
        session = self.wrappedFactory.buildProtocol(addr) or _Closed()
        return _Introduced(self, session)  # type: ignore[arg-type]
