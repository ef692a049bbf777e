# -*- test-case-name: tests.security.test_pam -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The users of the system, by PAM.  It needs python-pam.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TypeAlias

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred
from zope.interface import implementer

from txrfb.security.worker import Worker

__all__ = [
    "DIRECTORIES",
    "Authenticate",
    "InThread",
    "PAMChecker",
    "checkService",
    "systemAuthenticate",
]

#: Where PAM looks for services.
DIRECTORIES = ("/etc/pam.d", "/usr/lib/pam.d", "/usr/share/pam.d")

#: Where PAM finds services if there are no directories.
_TABLE = "/etc/pam.conf"

#: How many users can be asked for at once.  PAM holds a wrong password for seconds, in
#: which its thread only waits.
_THREADS = 4

#: Checks name and password by a service.
Authenticate: TypeAlias = Callable[[str, str, str], bool]

#: Calls what checks in a thread, and fires with its result.
InThread: TypeAlias = Callable[[Authenticate, str, str, str], Deferred[bool]]


def checkService(
    service: str, directories: Sequence[str] = DIRECTORIES, table: str = _TABLE
) -> str:
    """
    @return: C{service}.

    @raise ValueError: if there is no such service.  PAM itself would not say so, but
        take the service C{other}, which may let everybody in.
    """
    if not service or "/" in service or service.startswith("."):
        raise ValueError(f"{service!r} is not the name of a PAM service")
    files = [os.path.join(directory, service) for directory in directories]
    if any(os.path.isfile(file) for file in files):
        return service
    try:
        with open(table, encoding="utf-8", errors="replace") as lines:
            if any(line.split()[:1] == [service] for line in lines):
                return service
    except OSError:
        pass
    raise ValueError(
        f"there is no PAM service {service!r}: it would have a file in"
        f" {' or '.join(directories)}"
    )


def systemAuthenticate() -> Authenticate:
    """
    @return: What asks PAM, given name, password and service; in any thread.

    @raise ImportError: if python-pam is not there.
    """
    pam = import_module("pam")

    def authenticate(name: str, password: str, service: str) -> bool:
        # One a call: it has the state of its conversation in it.
        return bool(pam.pam().authenticate(name, password, service=service))

    return authenticate


@implementer(ICredentialsChecker)
class PAMChecker:
    """
    Checks names and passwords of the system's users.

    If the process is not root's, PAM's usual modules know only its own user.
    """

    credentialInterfaces = (IUsernamePassword,)

    def __init__(
        self,
        service: str,
        authenticate: Authenticate | None = None,
        inThread: InThread | None = None,
    ) -> None:
        """
        @param service: The PAM service, whose file says how to check.

        @param authenticate: Is called, in a thread, with name, password and service;
            by default it asks PAM.

        @param inThread: Calls something in a thread and fires with its result; by
            default a L{Worker} with a few threads of its own.

        @raise ImportError: if python-pam is not there.

        @raise ValueError: if there is no such service.
        """
        self._service = checkService(service)
        self._authenticate = authenticate or systemAuthenticate()
        self._inThread = inThread or Worker(_THREADS).call

    async def _check(self, credentials: IUsernamePassword) -> bytes:
        try:
            name, password = (
                text.decode("utf-8") if isinstance(text, bytes) else text
                for text in (credentials.username, credentials.password)
            )
        except UnicodeDecodeError:
            raise UnauthorizedLogin() from None
        # A zero would end the name, for the C library, before its end.
        if not name or "\0" in name or "\0" in password:
            raise UnauthorizedLogin()
        good = await self._inThread(self._authenticate, name, password, self._service)
        if good is not True:
            raise UnauthorizedLogin()
        return name.encode("utf-8")

    def requestAvatarId(
        self, credentials: IUsernamePassword
    ) -> Deferred[bytes | tuple[()]]:
        """
        See L{ICredentialsChecker<twisted.cred.checkers.ICredentialsChecker>}.
        """
        return Deferred.fromCoroutine(self._check(credentials))
