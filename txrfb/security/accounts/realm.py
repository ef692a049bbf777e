# -*- test-case-name: tests.security.test_realm -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The realm, which maps users to rights, and the portal for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from twisted.cred.checkers import AllowAnonymousAccess, ICredentialsChecker
from twisted.cred.credentials import IUsernameHashedPassword, IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.portal import IRealm, Portal
from twisted.internet.defer import Deferred, fail, succeed
from zope.interface import Interface, implementer

from txrfb.security.accounts.checkers import FirstOf, Tolerant
from txrfb.security.accounts.credentials import IPassword, toBytes
from txrfb.security.accounts.rights import FULL, VIEW_ONLY, IRights, Rights

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["PasswordChecker", "RFBRealm", "RightfulId", "portalFor"]


class RightfulId(bytes):
    """
    An avatar id that brings along what its owner may do, for checkers that know.

    @ivar rights: The L{Rights}.
    """

    rights: Rights

    def __new__(cls, name: bytes, rights: Rights) -> Self:
        """
        @param name: The user's name; C{b""} for somebody without one.
        """
        self = super().__new__(cls, name)
        self.rights = rights
        return self


@implementer(IRealm)
class RFBRealm:
    """
    The realm whose avatars are L{IRights}.

    A checker may have settled the rights by its avatar id, a L{RightfulId}.  Of all
    others C{viewOnlyUsers} may only view, and the rest may do everything.
    """

    def __init__(
        self,
        viewOnlyUsers: Iterable[bytes | str] = (),
        anonymousRights: Rights = FULL,
    ) -> None:
        """
        @param viewOnlyUsers: Avatar ids.

        @param anonymousRights: What those may do who were asked nothing.
        """
        self._viewOnlyUsers = frozenset(map(toBytes, viewOnlyUsers))
        self._anonymousRights = anonymousRights

    def rightsOf(self, avatarId: bytes | str | tuple[()]) -> Rights:
        """
        @param avatarId: What a checker answered.

        @return: What it is worth.
        """
        if isinstance(avatarId, tuple):
            return self._anonymousRights
        if toBytes(avatarId) in self._viewOnlyUsers:
            return VIEW_ONLY
        return getattr(avatarId, "rights", FULL)

    def requestAvatar(
        self,
        avatarId: bytes | str | tuple[()],
        mind: object,
        *interfaces: type[Interface],
    ) -> tuple[type[Interface], Rights, Callable[[], None]]:
        """
        See L{IRealm.requestAvatar<twisted.cred.portal.IRealm>}.

        @raise NotImplementedError: if L{IRights} is not what is asked for.
        """
        if IRights not in interfaces:
            raise NotImplementedError("this realm has only IRights")
        rights = self.rightsOf(avatarId)
        if hasattr(mind, "avatarId"):
            name = b"" if isinstance(avatarId, tuple) else toBytes(avatarId)
            mind.avatarId = bytes(name)
        return IRights, rights, lambda: None


@implementer(ICredentialsChecker)
class PasswordChecker:
    """
    A checker with one password for full access, a view-only password, or both.  The
    user name that comes along does not matter.

    @ivar credentialInterfaces: What it can check: if C{names} is true, also
        passwords that come with a name, so that viewers ask their users for one.
    """

    def __init__(
        self,
        password: bytes | str | None,
        viewPassword: bytes | str | None = None,
        names: bool = False,
    ) -> None:
        """
        @param password: The password for full access.

        @param viewPassword: The view-only password.

        @param names: Whether there are users with names besides this.

        @raise ValueError: if there is no password, or one is empty, as everybody
            would guess an empty one; or if VNC authentication could not tell one from
            the other, as their first eight bytes are the same.
        """
        clear = IUsernamePassword if names else IPassword
        self.credentialInterfaces = (clear, IUsernameHashedPassword)
        both = [(password, FULL), (viewPassword, VIEW_ONLY)]
        self._passwords = [
            (toBytes(given), RightfulId(b"", rights))
            for given, rights in both
            if given is not None
        ]
        if not self._passwords:
            raise ValueError("a password or a view-only password is needed")
        if not all(given for given, _ in self._passwords):
            raise ValueError("the password is empty")
        if len({given[:8] for given, _ in self._passwords}) < len(self._passwords):
            raise ValueError(
                "the password and the view-only password begin with the same eight"
                " bytes, and VNC authentication looks at no more"
            )

    def requestAvatarId(
        self, credentials: IPassword | IUsernamePassword | IUsernameHashedPassword
    ) -> Deferred[bytes | tuple[()]]:
        """
        See L{ICredentialsChecker<twisted.cred.checkers.ICredentialsChecker>}.
        """
        # All are tried, whichever fits, so that the time does not tell.
        matches = [
            avatarId
            for password, avatarId in self._passwords
            if credentials.checkPassword(password)
        ]
        # If several fit, for instance as they are vncpasswd's and one is no more than
        # the beginning of what was typed, the one that allows less counts.
        return succeed(matches[-1]) if matches else fail(UnauthorizedLogin())


def portalFor(
    password: bytes | str | None = None,
    viewPassword: bytes | str | None = None,
    checkers: Sequence[ICredentialsChecker] = (),
    viewOnlyUsers: Iterable[bytes | str] = (),
    anonymousRights: Rights = FULL,
    names: bool = False,
) -> Portal:
    """
    Make a portal, as most servers want it.

    @param password: The password for full access.

    @param viewPassword: The view-only password.

    @param checkers: Further checkers.  Each is asked, in this order, about the
        credentials that it can check.

    @param viewOnlyUsers: Avatar ids of those who may only view.

    @param anonymousRights: What those may do who were asked nothing.

    @param names: Whether to ask for names even if there are no checkers but for
        C{password} and C{viewPassword}.

    @return: The portal.  Without passwords and checkers it lets everybody in.

    @raise ValueError: if a password is empty.
    """
    asked = [Tolerant(checker) for checker in checkers]
    everybody: list[ICredentialsChecker] = []
    if password is not None or viewPassword is not None:
        names = names or any(
            IUsernamePassword in checker.credentialInterfaces for checker in asked
        )
        everybody.append(PasswordChecker(password, viewPassword, names))
    everybody.extend(asked)
    if not everybody:
        everybody.append(AllowAnonymousAccess())
    portal = Portal(RFBRealm(viewOnlyUsers, anonymousRights))
    interfaces: dict[type[Interface], list[ICredentialsChecker]] = {}
    for checker in everybody:
        for interface in checker.credentialInterfaces:
            interfaces.setdefault(interface, []).append(checker)
    for interface, those in interfaces.items():
        chosen = those[0] if len(those) == 1 else FirstOf(interface, those)
        portal.registerChecker(chosen, interface)
    return portal
