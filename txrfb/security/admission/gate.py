# -*- test-case-name: tests.security.test_gate -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The gate: what a viewer passes from its connection to its login.

A server has one L{Gate}.  Each connection is a L{Visit} of it, which says whether
the viewer is welcome, what it is offered, and at last whether it is logged in.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from math import ceil
from random import choice
from typing import Protocol, TypeAlias

from twisted.cred.credentials import IAnonymous, ICredentials
from twisted.cred.portal import Portal
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime, ITLSTransport
from twisted.logger import Logger

from txrfb.interfaces import ISecurityType, IViewer, IViewerStream
from txrfb.security.admission.addresses import LOOPBACK, Networks, addressKey
from txrfb.security.admission.doorkeeper import Doorkeeper
from txrfb.security.admission.judge import Approve, Avatar, Judge
from txrfb.security.admission.noise import Noise
from txrfb.security.admission.offer import offered
from txrfb.security.admission.penalties import Penalties
from txrfb.security.admission.room import Choose, WaitingRoom
from txrfb.security.admission.turns import Done, Pace
from txrfb.security.types.proved import Proved

__all__ = ["Drop", "Gate", "ITLSStarter", "Visit", "shortRefusal"]

#: What viewers of every version understand: version 3.3, no security type.
_REFUSAL = b"RFB 003.003\n\0\0\0\0"

#: Why those are refused who connect for nothing again and again.
_IDLE = "too many connections without a login"

#: The seconds after which it is told again that there are too many connections.
_FULL_INTERVAL = 60.0

#: Closes a connection, for a reason.
Drop: TypeAlias = Callable[[str], None]


class ITLSStarter(Protocol):
    """
    What begins TLS: a L{TLS<txrfb.security.tls.server.TLS>}, which the gate need not
    know, as it needs pyOpenSSL.
    """

    def start(
        self,
        transport: ITLSTransport,
        kind: str,
        clock: IReactorTime,
        tell: Callable[[str], None],
    ) -> Deferred[bytes | None]:
        """
        See L{TLS.start<txrfb.security.tls.server.TLS.start>}.
        """


def shortRefusal(reason: str) -> bytes:
    """
    @param reason: Why, for the viewer to show.

    @return: All that has to be sent to refuse a viewer (RFC 6143, section 7.1.2);
        nothing it sends need be read.
    """
    text = reason.encode("utf-8")
    return _REFUSAL + len(text).to_bytes(4, "big") + text


class Gate(Judge):
    """
    Admission control of one server.

    @ivar types: The security types, the preferred first.
    @ivar tls: The L{TLS<txrfb.security.tls.server.TLS>} that viewers can begin, if any.
    @ivar proxies: The addresses whose word for where a viewer is counts; by default
        this machine's, and those who may open a UNIX socket.
    @ivar networks: The addresses from which viewers may connect.
    @ivar maxConnections: How many connections there may be at all.
    @ivar penalties: What connections without a login cost.
    @ivar noise: What the log is told of connections that come to no login.
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        portal: Portal,
        types: Sequence[ISecurityType],
        *,
        tls: ITLSStarter | None = None,
        networks: Networks | None = None,
        proxies: Networks | None = None,
        doorkeeper: Doorkeeper | None = None,
        maxWaiting: int = 64,
        maxConnections: int = 0,
        refusalTime: float = 1.0,
        approve: Approve | None = None,
        approvalTime: float = 60.0,
        choose: Choose = choice,
    ) -> None:
        """
        @param maxWaiting: How many connections there may be that are not logged in; see
            L{WaitingRoom}.

        @param choose: Chooses who must go where there is no room.

        @param maxConnections: 0 if the number shall not be limited.
        """
        super().__init__(
            clock,
            portal,
            Doorkeeper(clock) if doorkeeper is None else doorkeeper,
            refusalTime,
            approve,
            approvalTime,
        )
        self.types = types
        self.tls = tls
        self.networks = networks or Networks()
        self.proxies = Networks(LOOPBACK) if proxies is None else proxies
        self.maxConnections = maxConnections
        self._connections = 0
        self._pace = Pace(clock)
        self.penalties = Penalties(clock)
        self._waiting = WaitingRoom(maxWaiting, choose)
        self._isFull = False
        # When the log was last told so, and whether it is to hear of the end.
        self._fullSince: float | None = None
        self._isFullTold = False
        self.noise = Noise(clock)

    def adopt(self, other: Gate) -> None:
        """
        Judge from now on as another gate would, by its portal, security types and TLS,
        and go on to count as before.  Whoever is logged in stays.

        @param other: A gate made of the same options as this was.
        """
        self.portal, self.types, self.tls = other.portal, other.types, other.tls

    def hasRoom(self) -> bool:
        """
        @return: Whether there may be one connection more.  If not, it is best
            closed before anything is made for it.
        """
        full = 0 < self.maxConnections <= self._connections
        if full != self._isFull:
            self._isFull = full
            self._tellFull(full)
        return not full

    def _tellFull(self, full: bool) -> None:
        """
        Log that the limit is reached, or no longer; once a minute, as it may come and
        go with each connection.
        """
        now, since = self.clock.seconds(), self._fullSince
        if not full:
            if self._isFullTold:
                self._log.info("below the limit of connections again")
            self._isFullTold = False
        elif since is None or not 0 <= now - since < _FULL_INTERVAL:
            self._log.warn(
                "limit of {connections} connections reached: more are closed at once",
                connections=self._connections,
            )
            self._fullSince, self._isFullTold = now, True

    def visit(self, drop: Drop) -> Visit:
        """
        @param drop: Closes the connection, for a reason.

        @return: What will be a connection: L{Visit.arrive} is to be called when it is
            made, and L{Visit.leave} when it ends.
        """
        return Visit(self, drop)

    @property
    def maxWaiting(self) -> int:
        """
        How many connections there may be that are not logged in.
        """
        return self._waiting.size

    @property
    def waiting(self) -> int:
        """
        How many connections are not logged in.
        """
        return len(self._waiting)

    @property
    def connections(self) -> int:
        """
        How many connections there are.
        """
        return self._connections

    def objection(self, host: str | None) -> str | None:
        """
        @param host: The address of a connection.

        @return: Why it is refused: C{""} if it is closed without a reason, and
            C{None} if it is welcome.
        """
        if not self.networks.permit(host):
            return ""
        wait = self.doorkeeper.wait(host)
        if wait:
            return f"too many failed logins; try again in {ceil(wait)} seconds"
        wait = self.penalties.wait(host)
        if wait:
            return f"{_IDLE}; try again in {ceil(wait)} seconds"
        return None

    def charge(self, host: str | None, seconds: float) -> None:
        """
        Have an address pay for connections without a login, unless many share it.
        """
        if not self.doorkeeper.isShared(host):
            self.penalties.charge(host, seconds)

    def offer(self, stream: IViewerStream) -> list[ISecurityType]:
        """
        @return: The security types for a connection, in order.
        """
        if stream.credentials is not None:
            return [Proved(stream.credentials)]
        return offered(
            self.types,
            self.portal,
            canStartTLS=self.canStartTLS(stream),
            isSecure=stream.isSecure,
            webSocket=stream.isWebSocket,
            secureContext=stream.isSecureContext,
        )

    def lack(self, stream: IViewerStream) -> str:
        """
        @return: Why nothing can be offered for a connection that a viewer can do
            something about, in words for that; empty if there is no such reason.
        """
        if not stream.isWebSocket or stream.isSecureContext or self.offer(stream):
            return ""
        return (
            "browsers can log in here only from a page by https, or from one of their"
            " own machine"
        )

    def canStartTLS(self, stream: IViewerStream) -> bool:
        """
        @return: Whether L{startTLS} is possible.
        """
        return self.tls is not None and stream.canStartTLS and not stream.isWebSocket

    def startTLS(
        self, transport: ITLSTransport, kind: str, tell: Callable[[str], None]
    ) -> Deferred[bytes | None]:
        """
        Begin TLS; see L{TLS.start<txrfb.security.tls.server.TLS.start>}.
        """
        assert self.tls is not None
        return self.tls.start(transport, kind, self.clock, tell)

    def isOpen(self) -> bool:
        """
        @return: Whether anybody may log in without credentials.
        """
        return IAnonymous in self.portal.listCredentialsInterfaces()


class Visit:
    """
    One connection, as the gate sees it.

    @ivar host: The viewer's address; C{None} if it has none, or none yet.
    @ivar isLocated: Whether that is known.  Behind a proxy it is once something has
        come: then L{locate} should be called.
    """

    _log = Logger()

    def __init__(self, gate: Gate, drop: Drop) -> None:
        self._gate = gate
        self._drop = drop
        self._isThere = False
        self._isWaiting = False
        # Whether it has logged in, and so costs its address nothing.
        self._isPaid = False
        self.isLocated = False
        self.host: str | None = None
        # Nobody's address: connections that a proxy made count each for itself.
        self._key: Hashable = self

    def arrive(self, stream: IViewerStream) -> str | None:
        """
        The connection was made.

        @return: As L{objection}.
        """
        self.isLocated = not stream.isProxied
        if self.isLocated:
            self.host = stream.host
            self._key = addressKey(self.host)
        self._isThere = True
        self._gate._connections += 1
        if stream.isProxied and not self._gate.proxies.permit(stream.host):
            return self._turnAway("PROXY headers are not taken from there", stream.host)
        return self._judgeAddress()

    def locate(self, stream: IViewerStream) -> str | None:
        """
        Something came: what a proxy said of the viewer is known.

        @return: As L{objection}.
        """
        self.isLocated = True
        self.host = stream.host
        self.stopWaiting()
        self._key = addressKey(self.host)
        if self.host is None and self._gate.networks.isRestricted:
            return self._turnAway("the proxy does not say where it is", self.host)
        return self._judgeAddress()

    def _turnAway(self, reason: str, host: str | None) -> str:
        self._gate.noise.refused(host, reason, reason)
        return ""

    def _judgeAddress(self) -> str | None:
        objection = self.objection()
        if objection is None:
            self._isWaiting = True
            if self.isLocated:
                self._gate.charge(self.host, Penalties.start)
            self._gate._waiting.enter(self._key, self.drop)
        else:
            kind = objection.partition(";")[0] or "address not allowed"
            self._gate.noise.refused(self.host, kind, objection or kind)
        return objection

    def objection(self) -> str | None:
        """
        @return: Why the connection is refused: the reason that the viewer is given,
            or C{""} if it is given none; C{None} if it is welcome.
        """
        return self._gate.objection(self.host) if self.isLocated else None

    def login(
        self, credentials: ICredentials | None, mind: IViewer
    ) -> Deferred[Avatar]:
        """
        Check credentials, and ask for approval.

        @param credentials: What the viewer proved; C{None} if it was asked nothing.

        @param mind: The viewer; its attribute C{avatarId} is set, and L{Gate.approve}
            is called with it.

        @return: A L{Deferred} that fires with what
            L{Portal.login<twisted.cred.portal.Portal.login>} says: interface,
            avatar that is an L{IRights<txrfb.security.accounts.rights.IRights>}, and
            what is to be called at the end.  It fails with
            L{LoginFailed<twisted.cred.error.LoginFailed>}, of which
            L{reasonOf<txrfb.security.admission.judge.reasonOf>} says what the viewer
            may know; and with
            L{CancelledError<twisted.internet.defer.CancelledError>} if it is cancelled,
            which it must be if the viewer disconnects.
        """
        return self._gate.judge(self.host, credentials, mind).addCallback(self._paid)

    def _paid(self, avatar: Avatar) -> Avatar:
        self._isPaid = True
        self._gate.charge(self.host, -Penalties.start)
        return avatar

    def late(self) -> None:
        """
        The viewer's time is over.
        """
        if self.isLocated and not self._isPaid:
            self._gate.charge(self.host, Penalties.late)

    def turn(self) -> Deferred[Done]:
        """
        Wait until it is this viewer's turn to have the server compute something.

        @return: See L{Pace.turn}.
        """
        return self._gate._pace.turn(self._key)

    def drop(self) -> None:
        """
        Close the connection, as there is no room for it.
        """
        self.stopWaiting()
        self._drop("too many viewers are logging in, and this waited longest")

    def stopWaiting(self) -> None:
        """
        The viewer is logged in, or is being closed: it no longer counts as waiting.
        """
        if self._isWaiting:
            self._isWaiting = False
            self._gate._waiting.leave(self._key, self.drop)

    def leave(self) -> None:
        """
        The connection has ended, at whatever stage.
        """
        if self._isThere:
            self._isThere = False
            self.stopWaiting()
            self._gate._connections -= 1
            self._gate.hasRoom()
