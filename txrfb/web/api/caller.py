# -*- test-case-name: tests.web.test_api_caller -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Who asks: programs pass the same gate as viewers, by what HTTP has for that.

A browser asks, too, in the name of any page, with whatever its user has logged in with:
a page of a stranger must not reach a server through it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from twisted.cred.credentials import ICredentials
from twisted.cred.error import LoginFailed
from twisted.web.http import Request
from zope.interface import implementer

from txrfb._session.stream import textOf
from txrfb.error import WebSocketError
from txrfb.interfaces import IViewer
from txrfb.security.accounts.credentials import toBytes
from txrfb.security.accounts.rights import VIEW_ONLY, IUserScreen
from txrfb.security.accounts.tokens import IToken
from txrfb.security.admission.judge import reasonOf
from txrfb.web.api.problems import Problem
from txrfb.web.forwarded import Forwarding
from txrfb.web.origins import Origins
from txrfb.web.proofs import BASIC, proofIn
from txrfb.web.visitors import Visitor, headerOf, visitorOf

if TYPE_CHECKING:
    from txrfb.protocol import RFBFactory

__all__ = ["Caller", "Door", "Guest"]


@implementer(IViewer)
class Guest:
    """
    Who logs in for one answer, as an approval callback sees it: a viewer that has no
    connection.
    """

    number = 0
    avatarId = b""
    viewOnly = True
    rights: Any = VIEW_ONLY
    encoding = "HTTP"
    encodings = ()
    bytesSent = framesSent = memory = 0
    latency = pointer = None
    secondsBehind = 0.0

    def __init__(self, peer: str) -> None:
        """
        @param peer: Where it is, for people to read.
        """
        self.peer = peer

    def disconnect(self, reason: str) -> None:
        """
        See L{IViewer.disconnect}: there is nothing to be disconnected.
        """

    def limitRate(self, bytesPerSecond: float = 0, framesPerSecond: float = 0) -> None:
        """
        See L{IViewer.limitRate}: there is nothing to be limited.
        """


@dataclass(frozen=True)
class Caller:
    """
    Somebody who is logged in for one answer.

    @ivar rights: What it may do.
    @ivar hasScreen: Whether it sees a screen of its own.
    @ivar logOut: Called at the end.
    """

    rights: Any
    hasScreen: bool
    logOut: Callable[[], Any]


class Door:
    """
    Judges who asks.
    """

    def __init__(
        self, factory: RFBFactory, origins: Origins, forwarding: Forwarding
    ) -> None:
        """
        @param factory: Whose gate it is.

        @param origins: The origins of pages that may ask.

        @param forwarding: The proxies whose word counts.
        """
        self._factory = factory
        self._origins = origins
        self._forwarding = forwarding

    def visitor(self, request: Request) -> Visitor:
        """
        @return: Who has sent a request, if it may ask for anything.

        @raise Problem: if it may not.
        """
        try:
            visitor = visitorOf(request, self._forwarding)
        except WebSocketError as error:
            raise Problem(400, str(error)) from None
        gate = self._factory.gate
        objection = self._foreign(request, visitor)
        if objection:
            gate.noise.refused(visitor.host, "a page that may not ask", objection)
            raise Problem(403, "this page may not ask; the server's log says why")
        refusal = gate.objection(visitor.host)
        if refusal == "":
            gate.noise.refused(visitor.host, "address not allowed", "by HTTP")
            raise Problem(403, "this address may not ask")
        if refusal is not None:
            raise self._locked(visitor.host, refusal)
        return visitor

    def _foreign(self, request: Request, visitor: Visitor) -> str:
        """
        @return: Why a page may not ask; empty if it may, or it is no page that asks.
        """
        headers = request.requestHeaders
        if len(headers.getRawHeaders(b"origin", [])) > 1:
            return "more than one Origin"
        site = headerOf(request, "sec-fetch-site")
        isNavigation = headerOf(request, "sec-fetch-mode") == "navigate"
        origin, hosts = visitor.origin, visitor.hosts
        if origin is None and site in ("cross-site", "same-site") and not isNavigation:
            return "a page of another site"
        # Only who is on this machine already is let in without a password; for what
        # pages of the same origin read, browsers send no Origin, and a stranger may
        # have a name of his own lead here (DNS rebinding).
        isNamed = self._factory.gate.isOpen() and not visitor.isForwarded
        if origin is None and isNamed and hosts:
            scheme = "https" if visitor.isSecure else "http"
            origin = f"{scheme}://{hosts[0]}"
        return self._origins.objection(origin, hosts, visitor.isSecure, isNamed)

    def _locked(self, host: str | None, why: str, name: bytes = b"") -> Problem:
        gate = self._factory.gate
        wait = max(gate.doorkeeper.wait(host, name), gate.penalties.wait(host), 1.0)
        return Problem(429, why, {"retry-after": str(ceil(wait))})

    def proof(self, request: Request) -> ICredentials | None:
        """
        @return: What a request proves; C{None} if nothing, and nothing is needed.

        @raise Problem: if something is.
        """
        gate = self._factory.gate
        proof = proofIn(request, gate.portal, basic=True)
        needsToken = IToken in gate.portal.listCredentialsInterfaces()
        if proof is None and (needsToken or not gate.isOpen()):
            raise self._unauthorized("a password or a token is needed")
        return proof

    def _unauthorized(self, why: str) -> Problem:
        known = self._factory.gate.portal.listCredentialsInterfaces()
        kinds = [BASIC] if any(one is not IToken for one in known) else []
        kinds += ["Bearer"] if IToken in known else []
        return Problem(401, why, {"www-authenticate": ", ".join(kinds)})

    async def login(self, visitor: Visitor, proof: ICredentials | None) -> Caller:
        """
        Have it judged what somebody has proved.

        @raise Problem: if it is not good.
        """
        factory = self._factory
        guest = Guest(textOf(visitor.address))
        try:
            avatar = await factory.gate.judge(visitor.host, proof, guest)
        except LoginFailed as error:
            raise self.refusal(visitor, proof, reasonOf(error)) from None
        _, rights, logOut = avatar
        hasScreen = IUserScreen.providedBy(rights)
        return Caller(VIEW_ONLY if factory.viewOnly else rights, hasScreen, logOut)

    def refusal(
        self, visitor: Visitor, proof: ICredentials | None, reason: str
    ) -> Problem:
        """
        @param proof: What somebody has proved.

        @param reason: Why that was not enough, as far as it may be known.

        @return: The answer to that.
        """
        gate, host = self._factory.gate, visitor.host
        gate.noise.refused(host, "login by HTTP", f"{reason} (HTTP)")
        if reason == reasonOf(None):
            return self._unauthorized(reason)
        name = toBytes(getattr(proof, "username", b""))
        if gate.doorkeeper.wait(host, name) or gate.penalties.wait(host):
            return self._locked(host, reason, name)
        return Problem(403, reason)
