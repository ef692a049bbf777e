# -*- test-case-name: tests.security.test_pam -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The users of the system, by PAM.  It needs python-pam.

Passwords are PAM's business, and whether an account is valid; who of the system's users
may come to the screen, and what for, is not: that says a list of names and groups.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from ctypes import c_char_p
from importlib import import_module
from typing import Any, TypeAlias

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred
from zope.interface import implementer

from txrfb.security.accounts.names import Names, NamesFile, parseNames
from txrfb.security.accounts.rights import IKnowsRights, IRights, RightfulId
from txrfb.security.admission.addresses import parseAddress
from txrfb.security.worker import Worker

__all__ = [
    "DIRECTORIES",
    "Authenticate",
    "InThread",
    "PAMChecker",
    "checkService",
    "groupsOf",
    "namesFrom",
    "systemAuthenticate",
]

#: Where PAM looks for services.
DIRECTORIES = ("/etc/pam.d", "/usr/lib/pam.d", "/usr/share/pam.d")

#: Where PAM finds services if there are no directories.
_TABLE = "/etc/pam.conf"

#: How many users can be asked for at once.  PAM holds a wrong password for seconds, in
#: which its thread only waits.
_THREADS = 4

#: Checks name and password by a service, for somebody at an address.
Authenticate: TypeAlias = Callable[[str, str, str, str], bool]

#: Calls what checks in a thread, and fires with its result.
InThread: TypeAlias = Callable[[Authenticate, str, str, str, str], Deferred[bool]]

#: What PAM is told instead of the name of a terminal.
_TTY = b"rfb"

#: Nobody's name.  PAM is asked about it instead of those who may not come, so that they
#: can neither be told from others by the time it takes, nor be locked out from here.
_NOBODY = "nobody of these"


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
    @return: What asks PAM, given name, password, service and address; in any thread.

    @raise ImportError: if python-pam is not there, or too old.
    """
    pam = import_module("pam")
    if not hasattr(pam, "PamAuthenticator"):
        raise ImportError("python-pam is older than 2.0.2")

    def authenticate(name: str, password: str, service: str, host: str) -> bool:
        # One a call: it has the state of its conversation in it.
        conversation = pam.PamAuthenticator()
        ask, account = conversation.pam_authenticate, conversation.pam_acct_mgmt

        def asked(handle: Any, flags: int) -> int:
            for item, value in (
                (pam.PAM_RHOST, host.encode("utf-8")),
                (pam.PAM_TTY, _TTY),
            ):
                conversation.pam_set_item(handle, item, c_char_p(value))
            code: int = ask(handle, flags | pam.PAM_DISALLOW_NULL_AUTHTOK)
            return code if code != pam.PAM_SUCCESS else int(account(handle, 0))

        # Version 2.0.2 would neither set these items nor look at the account, others
        # would look at it twice.
        conversation.pam_authenticate = asked
        conversation.pam_acct_mgmt = lambda handle, flags: pam.PAM_SUCCESS
        return bool(conversation.authenticate(name, password, service=service))

    return authenticate


def groupsOf(name: bytes) -> list[bytes]:
    """
    @return: The groups of one of the system's users; none if there is no such user.
    """
    import grp
    import pwd

    try:
        user = pwd.getpwnam(os.fsdecode(name))
    except (KeyError, ValueError):
        return []
    groups = []
    for number in os.getgrouplist(user.pw_name, user.pw_gid):
        try:
            groups.append(os.fsencode(grp.getgrgid(number).gr_name))
        except KeyError:
            continue
    return groups


def _systemName(name: str) -> str:
    """
    @return: The name as the system has it, as there are systems on which C{Ann} is
        C{ann}, too.
    """
    import pwd

    try:
        return pwd.getpwnam(name).pw_name
    except (KeyError, ValueError):
        return name


def namesFrom(text: str) -> Names:
    """
    @param text: The path of a file of names and groups, with a slash in it; or those
        themselves, with commas between them: C{"ann,bob:view,@staff"}.

    @raise OSError: if the file cannot be read.

    @raise ValueError: if there is a line in it, or a name, that is wrong, or none.
    """
    if os.sep in text:
        return NamesFile(text, groupsOf)
    rights = parseNames(text.replace(",", "\n").encode("utf-8"), groups=True)
    if not rights:
        raise ValueError("it names nobody who may come")
    return Names(rights, groupsOf)


@implementer(ICredentialsChecker, IKnowsRights)
class PAMChecker:
    """
    Checks names and passwords of the system's users, and whether their accounts are
    valid.

    If the process is not root's, PAM's usual modules know only its own user.
    """

    credentialInterfaces = (IUsernamePassword,)

    def __init__(
        self,
        service: str,
        names: Names | None = None,
        authenticate: Authenticate | None = None,
        inThread: InThread | None = None,
    ) -> None:
        """
        @param service: The PAM service, whose file says how to check.

        @param names: Who may come, and what for; by default nobody.  See L{namesFrom}.

        @param authenticate: Is called, in a thread, with name, password, service and
            address; by default it asks PAM.

        @param inThread: Calls something in a thread and fires with its result; by
            default a L{Worker} with a few threads of its own.

        @raise ImportError: if python-pam is not there.

        @raise ValueError: if there is no such service.
        """
        self._service = checkService(service)
        self._names = Names({}) if names is None else names
        self._authenticate = authenticate or systemAuthenticate()
        self._inThread = inThread or Worker(_THREADS).call

    def rightsOf(self, name: bytes) -> IRights | None:
        """
        See L{IKnowsRights.rightsOf}.
        """
        return self._names.rightsOf(name)

    async def _check(self, credentials: IUsernamePassword) -> RightfulId:
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
        host = getattr(credentials, "host", None)
        who = _systemName(name).encode("utf-8")
        rights = self.rightsOf(who)
        asked = _NOBODY if rights is None else name
        good = await self._inThread(
            self._authenticate,
            asked,
            password,
            self._service,
            "localhost" if parseAddress(host) is None else str(host),
        )
        if good is not True or rights is None:
            raise UnauthorizedLogin()
        return RightfulId(who, rights)

    def requestAvatarId(
        self, credentials: IUsernamePassword
    ) -> Deferred[bytes | tuple[()]]:
        """
        See L{ICredentialsChecker<twisted.cred.checkers.ICredentialsChecker>}.
        """
        return Deferred.fromCoroutine(self._check(credentials))
