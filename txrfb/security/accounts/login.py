# -*- test-case-name: tests.security.test_callable -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Logins that a function of the application judges: the shortest way to users of one's
own.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeAlias

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import LoginFailed, UnauthorizedLogin
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from zope.interface import implementer

from txrfb._callbacks import DEADLINE, ask, nameOf
from txrfb.security.accounts.credentials import toBytes
from txrfb.security.accounts.rights import IRights, RightfulId
from txrfb.security.admission.addresses import parseAddress
from txrfb.security.seldom import Seldom

__all__ = ["Login", "LoginChecker"]

#: Is called with name, password and address, C{None} where there is none as on a UNIX
#: socket; answers, at once or by a L{Deferred} or as a coroutine, with L{IRights}, or
#: with C{None} for no.
Login: TypeAlias = Callable[[str, str, str | None], Any]


@implementer(ICredentialsChecker)
class LoginChecker:
    """
    Asks a function about names and passwords.

    What it answers that is neither rights nor C{None} is no, and so is an exception;
    the log has the kind of it, and not what the viewer sent.
    """

    credentialInterfaces = (IUsernamePassword,)

    _log = Logger()

    def __init__(self, login: Login, clock: IReactorTime | None = None) -> None:
        """
        @param login: The function.

        @param clock: Where time comes from; the global reactor if not given.

        @raise ValueError: if it cannot be called.
        """
        if not callable(login):
            raise ValueError(
                f"login {login!r} cannot be called; expected a function of name,"
                " password and address that returns rights, or None"
            )
        _checkArguments(login)
        if clock is None:
            from twisted.internet import reactor

            clock = reactor
        self._clock: Any = clock
        self._login = login
        self._seldom = Seldom()

    async def _check(self, credentials: Any) -> RightfulId:
        name = toBytes(credentials.username)
        try:
            user, password = (
                toBytes(text).decode("utf-8") for text in (name, credentials.password)
            )
        except UnicodeDecodeError:
            raise UnauthorizedLogin() from None
        host = getattr(credentials, "host", None)
        address = None if parseAddress(host) is None else host
        try:
            answer = await ask(
                self._clock, DEADLINE, self._login, user, password, address
            )
        except (LoginFailed, CancelledError):
            raise
        # Whoever wants to exit does not do so in the midst of a login.
        except BaseException as error:
            self._complain("failed with", type(error).__name__)
            raise UnauthorizedLogin() from None
        if IRights.providedBy(answer):
            return RightfulId(name, answer)
        if answer is not None:
            self._complain(
                "answered, which is neither rights nor None,", type(answer).__name__
            )
        raise UnauthorizedLogin()

    def _complain(self, what: str, kind: str) -> None:
        if self._seldom.isDue(f"{what} {kind}"):
            self._log.error(
                "refused login: {callback} {what} {kind}",
                callback=nameOf(self._login),
                what=what,
                kind=kind,
            )

    def requestAvatarId(
        self, credentials: IUsernamePassword
    ) -> Deferred[bytes | tuple[()]]:
        """
        See L{ICredentialsChecker<twisted.cred.checkers.ICredentialsChecker>}.
        """
        return Deferred.fromCoroutine(self._check(credentials))


def _checkArguments(login: Login) -> None:
    """
    @raise ValueError: if a function cannot be called with what it will be called with.
    """
    try:
        signature = inspect.signature(login)
    except (TypeError, ValueError):
        return  # which does not tell
    try:
        signature.bind("name", "password", "address")
    except TypeError:
        raise ValueError(
            f"login {getattr(login, '__name__', login)}{signature} cannot be called: it"
            " must take (name, password, address)"
        ) from None
