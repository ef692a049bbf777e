# -*- test-case-name: tests.web.test_proofs -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What browsers and programs prove by HTTP, before RFB begins: bearer tokens (RFC 6750),
and names and passwords by HTTP Basic (RFC 7617).
"""

from __future__ import annotations

import base64
import binascii
from math import ceil
from typing import Any

from twisted.cred.credentials import ICredentials, IUsernamePassword
from twisted.cred.error import LoginFailed
from twisted.cred.portal import Portal
from twisted.internet.defer import CancelledError
from twisted.python.failure import Failure
from twisted.web.http import BAD_REQUEST, UNAUTHORIZED, Request
from twisted.web.resource import IResource, Resource
from twisted.web.server import NOT_DONE_YET

from txrfb.error import WebSocketError
from txrfb.security.accounts.credentials import IPassword, Password, UsernamePassword
from txrfb.security.accounts.tokens import IToken, Token
from txrfb.security.admission.gate import Gate
from txrfb.web.forwarded import Forwarding
from txrfb.web.visitors import headerOf, visitorOf

__all__ = ["BASIC", "BasicGuard", "guarded", "proofIn"]

#: What asks a browser to ask its user.
BASIC = 'Basic realm="VNC", charset="UTF-8"'


def proofIn(request: Request, portal: Portal, basic: bool) -> ICredentials | None:
    """
    @param request: A request.

    @param portal: What is to judge.

    @param basic: Whether HTTP Basic counts.

    @return: What came with the request that the portal can judge: a token in the header
        Authorization, or, as pages cannot send that with a WebSocket, behind the path;
        or name and password.  C{None} if nothing did.
    """
    known = portal.listCredentialsInterfaces()
    kind, _, value = (headerOf(request, "authorization") or "").partition(" ")
    if IToken in known:
        if kind.lower() == "bearer":
            return Token(value.strip().encode("latin-1"))
        given = request.args.get(b"token") if request.args else None
        if given:
            return Token(given[-1])
    return _password(value, known) if basic and kind.lower() == "basic" else None


def _password(value: str, known: Any) -> ICredentials | None:
    """
    @return: The name and the password of HTTP Basic.
    """
    try:
        both = base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    name, colon, password = both.partition(b":")
    if not colon:
        return None
    if IUsernamePassword in known:
        return UsernamePassword(name, password)
    return Password(b"", password) if IPassword in known else None


class _Reader:
    """
    Whoever reads the page: nobody who views a screen yet.
    """

    avatarId = b""


class BasicGuard(Resource):
    """
    Another resource, for those whose name and password are right.
    """

    def __init__(self, resource: IResource, gate: Gate, forwarding: Forwarding) -> None:
        """
        @param resource: What is guarded.

        @param gate: What judges, and counts failures.

        @param forwarding: The proxies whose word counts.
        """
        Resource.__init__(self)
        self._resource = resource
        self._gate = gate
        self._forwarding = forwarding

    def render_GET(self, request: Request) -> bytes | int:
        """
        Have it judged who asks.
        """
        proof = proofIn(request, self._gate.portal, basic=True)
        if proof is None:
            return self._ask(request)
        try:
            host = visitorOf(request, self._forwarding).host
        except WebSocketError:
            request.setResponseCode(BAD_REQUEST)
            return b"The proxy does not say who asks.\n"
        wait = self._gate.doorkeeper.wait(host)
        if wait:
            return self._ask(request, f"Try again in {ceil(wait)} seconds.\n")
        reader: Any = _Reader()
        judged = self._gate.judge(host, proof, reader)

        def gone(_: Failure) -> None:
            judged.cancel()

        request.notifyFinish().addErrback(gone)
        judged.addCallback(self._let, request)
        judged.addErrback(self._refuse, request)
        judged.addErrback(lambda failure: failure.trap(CancelledError))
        return NOT_DONE_YET

    def _ask(self, request: Request, text: str = "A password is needed.\n") -> bytes:
        request.setResponseCode(UNAUTHORIZED)
        request.setHeader("www-authenticate", BASIC)
        request.setHeader("content-type", "text/plain; charset=utf-8")
        return text.encode("utf-8")

    def _let(self, avatar: Any, request: Any) -> None:
        # It was asked for this once only.
        avatar[2]()
        request.write(self._resource.render(request))
        request.finish()

    def _refuse(self, failure: Failure, request: Any) -> None:
        failure.trap(LoginFailed)
        request.write(self._ask(request))
        request.finish()


def guarded(
    resources: dict[str, Any], gate: Gate, forwarding: Forwarding
) -> dict[str, Any]:
    """
    @param resources: What belongs to a page, by its path.

    @return: The same, with the page itself guarded; its parts are no secrets.
    """
    page = BasicGuard(resources[""], gate, forwarding)
    return {**resources, "": page}
