# -*- test-case-name: tests.security.test_checkers -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Checkers: wrappers that mend the quirks of those of Twisted, and some of our own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeAlias, cast

from twisted.cred.checkers import (
    FilePasswordDB,
    ICredentialsChecker,
    InMemoryUsernamePasswordDatabaseDontUse,
)
from twisted.cred.credentials import (
    ICredentials,
    IUsernameHashedPassword,
    IUsernamePassword,
)
from twisted.cred.error import LoginFailed, UnauthorizedLogin
from twisted.internet.defer import (
    CancelledError,
    Deferred,
    fail,
    maybeDeferred,
    succeed,
)
from twisted.logger import Logger
from zope.interface import Interface, implementer

from txrfb.error import UnusableAnswer
from txrfb.security.accounts.credentials import (
    ICertified,
    IClientCertificate,
    isText,
    toBytes,
)
from txrfb.security.accounts.names import Names
from txrfb.security.accounts.rights import (
    FULL,
    IKnowsRights,
    IRights,
    RightfulId,
    avatarIdOf,
    least,
)
from txrfb.security.seldom import Seldom

__all__ = [
    "CertificateChecker",
    "CertifiedChecker",
    "FirstOf",
    "LeastOf",
    "PlainFile",
    "Tolerant",
    "mended",
    "namesOf",
]

_WithName: TypeAlias = IUsernamePassword | IUsernameHashedPassword


@implementer(ICredentialsChecker)
class PlainFile:
    """
    Users and their passwords in a file of lines C{name:password}, which is read
    anew for each login.  Everything behind the first colon is the password, other
    colons and blanks at its end too.

    @ivar path: The file's path.
    """

    credentialInterfaces = (IUsernamePassword, IUsernameHashedPassword)

    def __init__(self, path: str) -> None:
        """
        @param path: The file's path.
        """
        self.path = path

    def _entries(self) -> Iterator[tuple[bytes, bytes]]:
        with open(self.path, "rb") as file:
            for line in file:
                user, _, password = line.rstrip(b"\r\n").partition(b":")
                if password:
                    yield user, password

    def names(self) -> set[bytes]:
        """
        @return: The names of all users.

        @raise OSError: if the file cannot be read.
        """
        return {user for user, _ in self._entries()}

    def _check(self, credentials: _WithName) -> bytes:
        name = toBytes(credentials.username)
        for user, password in self._entries():
            if user == name:
                if credentials.checkPassword(password):
                    return user
                break
        raise UnauthorizedLogin()

    def requestAvatarId(self, credentials: _WithName) -> Deferred[bytes | tuple[()]]:
        """
        See L{ICredentialsChecker<twisted.cred.checkers.ICredentialsChecker>}.
        """
        return maybeDeferred(self._check, credentials)


def mended(checker: ICredentialsChecker) -> ICredentialsChecker:
    """
    @return: C{checker}, or for the C{file:} checker of Twisted, in which a password
        ends at its first colon and the part before it gets one in, another that
        reads the same file.
    """
    if (
        type(checker) is FilePasswordDB
        and checker.hash is None
        and checker.caseSensitive
        and (checker.delim, checker.ufield, checker.pfield) == (b":", 0, 1)
    ):
        path = checker.filename
        return PlainFile(path.decode() if isinstance(path, bytes) else path)
    return checker


def _named(checker: Any, credentials: Any) -> Any:
    """
    @return: C{credentials}, with the user's name as C{str} if that is how the checker
        knows it.
    """
    if isinstance(checker, InMemoryUsernamePasswordDatabaseDontUse):
        users: dict[Any, bytes] = checker.users
        name = getattr(credentials, "username", None)
        if isinstance(name, bytes) and name not in users:
            text = name.decode("utf-8", "replace")
            if text in users and hasattr(credentials, "withUsername"):
                return credentials.withUsername(text)
    return credentials


def namesOf(checker: ICredentialsChecker) -> set[bytes] | None:
    """
    @return: The names of those whom a checker knows; C{None} if it does not tell.

    @raise OSError: if it has them in a file that cannot be read.
    """
    checker = mended(checker)
    if isinstance(checker, PlainFile):
        return checker.names()
    if isinstance(checker, InMemoryUsernamePasswordDatabaseDontUse):
        return set(map(toBytes, checker.users))
    return None


@implementer(ICredentialsChecker)
class Tolerant:
    """
    Asks another checker, once, as it may count wrong passwords, or take long about
    them.  Names are C{bytes}; only to Twisted's C{memory:}, which has them as C{str},
    they are C{str}.

    Whatever goes wrong in it is a refusal, and logged without its message, which
    may hold what the viewer sent, and not each time.
    """

    _log = Logger()

    def __init__(self, checker: ICredentialsChecker) -> None:
        """
        @param checker: The checker to ask.
        """
        self._checker = mended(checker)
        self._seldom = Seldom()
        self.credentialInterfaces = tuple(checker.credentialInterfaces)

    async def _ask(self, credentials: ICredentials) -> bytes | tuple[()]:
        try:
            asked = _named(self._checker, credentials)
            answer = await maybeDeferred(self._checker.requestAvatarId, asked)
            return cast("bytes | tuple[()]", avatarIdOf(answer))
        except (LoginFailed, CancelledError):
            raise
        except Exception as error:
            if isinstance(error, UnicodeError) and not isText(credentials):
                raise UnauthorizedLogin() from None
            isUnusable = isinstance(error, UnusableAnswer)
            if self._seldom.isDue(type(error).__name__):
                self._log.error(
                    "refused login: the checker {checker} failed with {error}",
                    checker=type(self._checker).__name__,
                    # The text of others may have what the viewer sent.
                    error=error if isUnusable else type(error).__name__,
                )
        raise UnauthorizedLogin()

    def requestAvatarId(self, credentials: ICredentials) -> Deferred[bytes | tuple[()]]:
        """
        See L{ICredentialsChecker<twisted.cred.checkers.ICredentialsChecker>}.
        """
        return Deferred.fromCoroutine(self._ask(credentials))


@implementer(ICredentialsChecker)
class FirstOf:
    """
    Asks several checkers, one after the other, until one agrees.

    @ivar takesAnyName: Whether to one of them the user name does not matter.
    """

    def __init__(
        self, interface: type[Interface], checkers: Sequence[ICredentialsChecker]
    ) -> None:
        """
        @param interface: What they are asked about.

        @param checkers: Those to ask.
        """
        self.credentialInterfaces = (interface,)
        self._checkers = tuple(checkers)
        self.takesAnyName = any(
            getattr(checker, "takesAnyName", False) for checker in self._checkers
        )

    async def _ask(self, credentials: ICredentials) -> bytes | tuple[()]:
        for checker in self._checkers:
            try:
                return await maybeDeferred(checker.requestAvatarId, credentials)
            except UnauthorizedLogin:
                continue
        raise UnauthorizedLogin()

    def requestAvatarId(self, credentials: ICredentials) -> Deferred[bytes | tuple[()]]:
        """
        See L{ICredentialsChecker<twisted.cred.checkers.ICredentialsChecker>}.
        """
        return Deferred.fromCoroutine(self._ask(credentials))


class LeastOf(FirstOf):
    """
    Asks all of several checkers about a challenge's answer: in eight bytes one password
    may look like another.  Of those that agree, the ones that allow less count.
    """

    async def _ask(self, credentials: ICredentials) -> bytes | tuple[()]:
        agreed: list[Any] = []
        for checker in self._checkers:
            with suppress(UnauthorizedLogin):
                asked = maybeDeferred(checker.requestAvatarId, credentials)
                agreed.append(await asked)
        if not agreed:
            raise UnauthorizedLogin()
        names = [toBytes(one) for one in agreed]
        said = [getattr(one, "rights", FULL) for one in agreed]
        return RightfulId(names[0], least(*said), max(names))


@implementer(ICredentialsChecker, IKnowsRights)
class CertificateChecker:
    """
    Lets in whoever has a certificate: that a trusted authority has signed it was
    settled when TLS began.
    """

    credentialInterfaces = (IClientCertificate,)

    def __init__(self, names: Names | Iterable[bytes | str] | None = None) -> None:
        """
        @param names: The common names that may log in, perhaps with rights; by default
            all.
        """
        if names is not None and not isinstance(names, Names):
            names = Names({toBytes(name): FULL for name in names})
        self._names = names

    def rightsOf(self, name: bytes) -> IRights | None:
        """
        See L{IKnowsRights.rightsOf<txrfb.security.accounts.rights.IKnowsRights>}.
        """
        return None if self._names is None else self._names.rightsOf(name)

    def requestAvatarId(
        self, credentials: IClientCertificate
    ) -> Deferred[bytes | tuple[()]]:
        """
        See L{ICredentialsChecker<twisted.cred.checkers.ICredentialsChecker>}.
        """
        name = toBytes(credentials.username)
        rights = FULL if self._names is None else self.rightsOf(name)
        if not name or rights is None:
            return fail(UnauthorizedLogin())
        return succeed(RightfulId(name, rights))


@implementer(ICredentialsChecker)
class CertifiedChecker:
    """
    Lets in whoever has a certificate, and proves to be the one whom it names.

    @ivar proofs: What checks the proofs, by the kinds of credentials.
    """

    credentialInterfaces = (ICertified,)

    def __init__(
        self,
        certificates: ICredentialsChecker,
        proofs: Mapping[type[Interface], ICredentialsChecker],
    ) -> None:
        """
        @param certificates: What checks certificates.

        @param proofs: What checks that which is proved beside them.
        """
        self._certificates = certificates
        self.proofs = proofs

    async def _ask(self, credentials: ICertified) -> RightfulId:
        if not credentials.agrees:
            raise UnauthorizedLogin()
        first = self._certificates.requestAvatarId
        shown = await maybeDeferred(first, credentials.certificate)
        for interface, checker in self.proofs.items():
            if interface.providedBy(credentials.proof):
                second = checker.requestAvatarId
                proven = await maybeDeferred(second, credentials.proof)
                return _both(shown, proven)
        raise UnauthorizedLogin()

    def requestAvatarId(self, credentials: ICertified) -> Deferred[bytes | tuple[()]]:
        """
        See L{ICredentialsChecker<twisted.cred.checkers.ICredentialsChecker>}.
        """
        return Deferred.fromCoroutine(self._ask(credentials))


def _both(shown: Any, proven: Any) -> RightfulId:
    """
    @param shown: The avatar id for a certificate.

    @param proven: That for a password; empty if that is nobody's own.

    @return: The one for both.

    @raise UnauthorizedLogin: if they are not of the same user.
    """
    name = toBytes(shown)
    if toBytes(proven) not in (b"", name):
        raise UnauthorizedLogin()
    said = [getattr(one, "rights", FULL) for one in (shown, proven)]
    return RightfulId(name, least(*said))
