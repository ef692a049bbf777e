# -*- test-case-name: tests.security.test_gate -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The judgment of logins: the portal, the lockout, and whoever approves.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from twisted.cred.credentials import (
    Anonymous,
    ICredentials,
    IUsernameHashedPassword,
)
from twisted.cred.error import LoginFailed, UnauthorizedLogin
from twisted.cred.portal import Portal
from twisted.internet.defer import CancelledError, Deferred, maybeDeferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger
from zope.interface import Interface

from txrfb._callbacks import ask
from txrfb.error import Refused, UnusableAnswer
from txrfb.interfaces import IViewer
from txrfb.security.accounts.credentials import (
    ICertified,
    IClientCertificate,
    isText,
    toBytes,
)
from txrfb.security.accounts.rights import IRights
from txrfb.security.admission.doorkeeper import Doorkeeper
from txrfb.security.admission.turns import OneEach
from txrfb.security.seldom import Seldom
from txrfb.security.worker import patient

__all__ = ["Approve", "Avatar", "Judge", "reasonOf"]

#: The reason that a viewer is given if it is not to know more.
_NO = "authentication failed"

#: What a login comes to, as L{Portal.login<twisted.cred.portal.Portal.login>} says it:
#: interface, rights, and what is to be called at the end.
Avatar: TypeAlias = tuple[type[Interface], IRights, Callable[[], None]]

#: Is asked about a viewer and its credentials; see L{Judge}.
Approve: TypeAlias = Callable[
    [IViewer, ICredentials | None],
    Deferred[bool] | Coroutine[Deferred[Any], Any, bool] | bool,
]


class Judge:
    """
    Judges logins.

    @ivar clock: Where time comes from.
    @ivar portal: Checks credentials.
    @ivar doorkeeper: The lockout of addresses after failed logins.
    @ivar refusalTime: The seconds from credentials to a refusal, whatever it is
        that takes time.
    @ivar approve: The approval callback.  It is called for each viewer whose
        credentials are good, with the mind (see L{Visit.login}) and the credentials,
        C{None} for those who were asked nothing, and returns whether to let the
        viewer in, now or later.
    @ivar approvalTime: The seconds after which approval counts as denied.
    @ivar refused: How many logins were refused.
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        portal: Portal,
        doorkeeper: Doorkeeper,
        refusalTime: float,
        approve: Approve | None,
        approvalTime: float,
    ) -> None:
        self.clock = clock
        self.portal = portal
        self.doorkeeper = doorkeeper
        self.refusalTime = refusalTime
        self.approve = approve
        self.approvalTime = approvalTime
        self.refused = 0
        self._judging = OneEach()
        self._seldom = Seldom()

    @property
    def patience(self) -> float:
        """
        The seconds that a login may take longer because a person approves it.
        """
        return 0.0 if self.approve is None else self.approvalTime

    def judge(
        self,
        host: str | None,
        credentials: ICredentials | None,
        mind: IViewer,
    ) -> Deferred[Avatar]:
        """
        Judge a login; see L{Visit.login<txrfb.security.admission.gate.Visit.login>}.

        @param host: The address that it comes from.
        """
        return Deferred.fromCoroutine(self._login(host, credentials, mind))

    async def _login(
        self, host: str | None, credentials: ICredentials | None, mind: IViewer
    ) -> Avatar:
        began = self.clock.seconds()
        try:
            avatar = await self._check(host, credentials, mind)
            if self.approve is not None:
                try:
                    await self._ask(self.approve, host, mind, credentials)
                except BaseException:
                    avatar[2]()
                    raise
        except LoginFailed as error:
            failed = error
            self.refused += 1
        else:
            return avatar
        remaining = self.refusalTime - (self.clock.seconds() - began)
        if remaining > 0:
            await deferLater(self.clock, remaining, lambda: None)
        raise failed

    async def _check(
        self, host: str | None, credentials: ICredentials | None, mind: IViewer
    ) -> Avatar:
        """
        Have credentials judged, and count failures.
        """
        doorkeeper, name = self.doorkeeper, _nameIn(credentials)
        # A password that is good with any name is not to be guessed with all of them.
        if self._takesAnyName(credentials) and not doorkeeper.tellsApart(host, name):
            name = b""
        # One after the other, so that who waits for others to be judged is not locked
        # out by what turns out to be good.
        row, most = doorkeeper.rowOf(host, name), doorkeeper.maxWaiting(host, name)
        async with self._judging.turn(row, most):
            # A lockout holds for connections made before it, too.
            if doorkeeper.wait(host, name):
                raise Refused("too many failed logins")
            pause = doorkeeper.pause(host, name)
            patient.set(doorkeeper.hasFailed(host, name))
            # Whoever does not wait for the answer has cost the work, too.
            takeBack = doorkeeper.failed(host, name)
            if pause:
                try:
                    await deferLater(self.clock, pause, lambda: None)
                except CancelledError:
                    takeBack()
                    raise
            try:
                avatar = await self._judge(host, credentials, mind)
            except Refused:
                takeBack()
                raise
        takeBack()
        # The view-only password is nobody's own: it makes up for no guess at the other.
        if not avatar[1].viewOnly or mind.avatarId:
            doorkeeper.succeeded(host, name)
        return avatar

    def _takesAnyName(self, credentials: ICredentials | None) -> bool:
        """
        @return: Whether among what the portal checks is a password of nobody's own.
        """
        checkers = getattr(self.portal, "checkers", {})
        return any(
            getattr(checker, "takesAnyName", False)
            for interface, checker in checkers.items()
            if interface.providedBy(credentials)
        )

    async def _judge(
        self, host: str | None, credentials: ICredentials | None, mind: IViewer
    ) -> Avatar:
        portal = self.portal
        asked: Any = Anonymous() if credentials is None else credentials
        known = portal.listCredentialsInterfaces()
        # To a portal that knows nothing of certificates: that it is of the right
        # authority was settled when TLS began.
        if ICertified.providedBy(asked) and ICertified not in known:
            if not asked.agrees:
                raise UnauthorizedLogin()
            asked = asked.proof
        elif IClientCertificate.providedBy(asked) and IClientCertificate not in known:
            asked = Anonymous()
        several: list[Any] = [asked, getattr(asked, "proof", asked)]
        for one in several:
            if hasattr(one, "host"):
                one.host = host
        try:
            return _avatar(await maybeDeferred(portal.login, asked, mind, IRights))
        except (LoginFailed, CancelledError):
            raise
        except Exception as error:
            if not isinstance(error, UnicodeError) or isText(credentials):
                self._complain("checker", host, error)
            raise UnauthorizedLogin() from None

    async def _ask(
        self,
        approve: Approve,
        host: str | None,
        mind: IViewer,
        credentials: ICredentials | None,
    ) -> None:
        try:
            answer = await ask(
                self.clock, self.approvalTime, approve, mind, credentials
            )
        except CancelledError:
            raise
        except TimeoutError:
            raise Refused("nobody approved the login in time") from None
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            self._complain("approval callback", host, error)
            raise Refused("access was denied") from None
        if answer is not True:
            raise Refused("access was denied")

    def _complain(self, what: str, host: str | None, error: BaseException) -> None:
        # Its text may contain the credentials: only its type is logged.
        said = str(error) if isinstance(error, UnusableAnswer) else type(error).__name__
        if self._seldom.isDue(f"{what} {said}"):
            self._log.error(
                "refused login from {host}: the {what} failed with {error}",
                host=host,
                what=what,
                error=said,
            )


def _avatar(answer: Any) -> Avatar:
    """
    @return: What a realm answers, if it is what it should be.

    @raise UnusableAnswer: if it is not.
    """
    if isinstance(answer, tuple) and len(answer) == 3:
        _, rights, logout = answer
        isRights = callable(getattr(rights, "allows", None))
        isRights = isRights and hasattr(rights, "viewOnly")
        if isRights and callable(logout):
            return answer
        answer = logout if isRights else rights
    raise UnusableAnswer(
        f"an answer of the realm that is no avatar: {type(answer).__name__}; expected"
        " are an interface, IRights, and what is to be called at the end"
    )


def _nameIn(credentials: ICredentials | None) -> bytes:
    """
    @return: The name that the viewer gave; empty if it gave none: VNC authentication
        has the one that the server is told to check.
    """
    if IUsernameHashedPassword.providedBy(credentials):
        return b""
    return toBytes(getattr(credentials, "username", b""))


def reasonOf(error: BaseException | None) -> str:
    """
    @param error: What a login failed with.

    @return: What the viewer may know of it, which is little.
    """
    return str(error) if isinstance(error, Refused) else _NO
