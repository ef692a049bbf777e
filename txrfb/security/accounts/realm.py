# -*- test-case-name: tests.security.test_realm -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The realm, which maps users to rights, and the portal for it.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence

from twisted.cred.checkers import AllowAnonymousAccess, ICredentialsChecker
from twisted.cred.credentials import IUsernameHashedPassword, IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.portal import IRealm, Portal
from twisted.internet.defer import Deferred, fail, succeed
from zope.interface import Interface, implementer

from txrfb.security.accounts.checkers import (
    CertifiedChecker,
    FirstOf,
    LeastOf,
    Tolerant,
)
from txrfb.security.accounts.credentials import (
    IClientCertificate,
    IPassword,
    toBytes,
)
from txrfb.security.accounts.rights import (
    FULL,
    VIEW_ONLY,
    IKnowsRights,
    IRights,
    RightfulId,
    Rights,
    avatarIdOf,
    least,
)

__all__ = ["PasswordChecker", "RFBRealm", "portalFor"]


@implementer(IRealm)
class RFBRealm:
    """
    The realm whose avatars are L{IRights}.

    Rights belong to the person, whatever it proved: they are the least of what the
    avatar id brings along, if it is a L{RightfulId}, of what every source says of that
    name, and of view-only for C{viewOnlyUsers}.
    """

    def __init__(
        self,
        viewOnlyUsers: Iterable[bytes | str] = (),
        anonymousRights: Rights = FULL,
        sources: Iterable[IKnowsRights] = (),
    ) -> None:
        """
        @param viewOnlyUsers: Avatar ids.

        @param anonymousRights: What those may do who were asked nothing.

        @param sources: What knows about the rights of some.

        @raise ValueError: if C{viewOnlyUsers} is the name of one.
        """
        if isinstance(viewOnlyUsers, bytes | str):
            # Of which each letter would be one.
            raise ValueError(f"viewOnlyUsers {viewOnlyUsers!r}: expected a list")
        self._sources = tuple(sources)
        self._viewOnlyUsers = frozenset(map(toBytes, viewOnlyUsers))
        self._anonymousRights = anonymousRights

    def rightsOf(self, avatarId: bytes | str | tuple[()]) -> IRights:
        """
        @param avatarId: What a checker answered.

        @return: What it is worth.
        """
        if isinstance(avatarId, tuple):
            return self._anonymousRights
        claimed: bytes = getattr(avatarId, "claimed", b"")
        name = claimed or toBytes(avatarId)
        said: list[IRights | None] = [getattr(avatarId, "rights", None)]
        said += [VIEW_ONLY] * (name in self._viewOnlyUsers)
        said += [source.rightsOf(name) for source in self._sources]
        return least(*[one for one in said if one is not None] or [FULL])

    def requestAvatar(
        self,
        avatarId: bytes | str | tuple[()],
        mind: object,
        *interfaces: type[Interface],
    ) -> tuple[type[Interface], IRights, Callable[[], None]]:
        """
        See L{IRealm.requestAvatar<twisted.cred.portal.IRealm>}.

        @raise NotImplementedError: if L{IRights} is not what is asked for.

        @raise UnusableAnswer: if that is no avatar id.
        """
        if IRights not in interfaces:
            raise NotImplementedError("this realm has only IRights")
        avatarId = avatarIdOf(avatarId)
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
    @cvar takesAnyName: That is so.
    """

    takesAnyName = True

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
        for given, _ in both:
            if not isinstance(given, bytes | str | None):
                kind = type(given).__name__
                raise ValueError(f"a password is text or bytes, and not of type {kind}")
        self._passwords = [
            (toBytes(given), rights) for given, rights in both if given is not None
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
            rights
            for password, rights in self._passwords
            if credentials.checkPassword(password)
        ]
        # If several fit, for instance as they are vncpasswd's and one is no more than
        # the beginning of what was typed, the one that allows less counts.
        if not matches:
            return fail(UnauthorizedLogin())
        # It is nobody's own; but who says to be somebody who may do less, may.
        claimed = b""
        if IUsernamePassword.providedBy(credentials):
            claimed = toBytes(credentials.username)
        return succeed(RightfulId(b"", matches[-1], claimed))


def portalFor(
    password: bytes | str | None = None,
    viewPassword: bytes | str | None = None,
    checkers: Sequence[ICredentialsChecker] = (),
    viewOnlyUsers: Iterable[bytes | str] = (),
    anonymousRights: Rights = FULL,
    names: bool = False,
    enough: Container[str] = (),
) -> Portal:
    """
    Make a portal, as most servers want it.

    Passwords are alternatives to each other.  A certificate is none to a password: if a
    checker for certificates is among others, both must be shown, and name the same
    user.

    @param password: The password for full access.

    @param viewPassword: The view-only password.

    @param checkers: Further checkers.  Each is asked, in this order, about the
        credentials that it can check.  What those that are L{IKnowsRights} say of a
        user holds whatever was proved.

    @param viewOnlyUsers: Avatar ids of those who may only view.

    @param anonymousRights: What those may do who were asked nothing.

    @param names: Whether to ask for names even if there are no checkers but for
        C{password} and C{viewPassword}.

    @param enough: What is enough by itself where there are both: C{"certificate"},
        C{"password"}, or both of them.

    @return: The portal.  Without passwords and checkers it lets everybody in.

    @raise ValueError: if a password is empty.
    """
    if ICredentialsChecker.providedBy(checkers):
        raise ValueError(f"checkers {checkers!r}: expected a list of them")
    for one in checkers:
        if not hasattr(one, "credentialInterfaces"):
            hint = "; a function is given by LoginChecker(function)" * callable(one)
            raise ValueError(f"{one!r} is no checker of twisted.cred{hint}")
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
    sources = [checker for checker in checkers if IKnowsRights.providedBy(checker)]
    portal = Portal(RFBRealm(viewOnlyUsers, anonymousRights, sources))
    proofs = _byInterface(everybody)
    certificates = proofs.get(IClientCertificate)
    if certificates is not None and len(proofs) > 1:
        del proofs[IClientCertificate]
        portal.registerChecker(CertifiedChecker(certificates, dict(proofs)))
        if "password" not in enough:
            proofs.clear()
        if "certificate" in enough:
            proofs[IClientCertificate] = certificates
    for interface, checker in proofs.items():
        portal.registerChecker(checker, interface)
    return portal


def _byInterface(
    checkers: Iterable[ICredentialsChecker],
) -> dict[type[Interface], ICredentialsChecker]:
    """
    @return: What checks each kind of credentials.
    """
    interfaces: dict[type[Interface], list[ICredentialsChecker]] = {}
    for checker in checkers:
        for interface in checker.credentialInterfaces:
            interfaces.setdefault(interface, []).append(checker)
    chosen = {}
    for interface, those in interfaces.items():
        # To ask more than one costs something where passwords are hashed.
        several = LeastOf if interface is IUsernameHashedPassword else FirstOf
        isOne = len(those) == 1
        chosen[interface] = those[0] if isOne else several(interface, those)
    return chosen
