# -*- test-case-name: tests.security.test_realm -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What a viewer may do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from zope.interface import Attribute, Interface, implementer

from txrfb.error import UnusableAnswer

if TYPE_CHECKING:
    from typing_extensions import Self

    from txrfb.interfaces import IFramebuffer

__all__ = [
    "FULL",
    "NAMES",
    "VIEW_ONLY",
    "IKnowsRights",
    "IRights",
    "IUserScreen",
    "RightfulId",
    "Rights",
    "UserScreen",
    "avatarIdOf",
    "least",
]

#: All rights there are.
NAMES = ("view", "keys", "pointer", "clipboard", "resize", "power")


class IRights(Interface):
    """
    The avatar of a viewer: what it may do.
    """

    viewOnly: bool = Attribute(
        "A C{bool}: whether neither keys nor pointer have an effect."
    )

    def allows(name: str) -> bool:
        """
        @param name: One of L{NAMES}.

        @return: Whether the viewer may do that.
        """


class IUserScreen(IRights):
    """
    The avatar of a viewer that sees a screen of its own.
    """

    framebuffer: IFramebuffer = Attribute(
        "The L{IFramebuffer<txrfb.interfaces.IFramebuffer>} that it sees."
    )
    application: object = Attribute(
        "What takes its keys, pointer and so on, as L{RFBFactory"
        "<txrfb.protocol.RFBFactory>} has it; C{None} if the framebuffer does."
    )


class IKnowsRights(Interface):
    """
    A source of what users may do, such as a file of them.
    """

    def rightsOf(name: bytes) -> IRights | None:
        """
        @param name: The name of a user.

        @return: What that user may do at the most; C{None} if it says nothing of it.
        """


@implementer(IRights)
class Rights:
    """
    A set of rights.  Everybody who is logged in may view.

    @ivar names: A C{frozenset} of L{NAMES}.
    """

    __slots__ = ("names",)

    def __init__(self, names: Iterable[str]) -> None:
        """
        @raise ValueError: if one of the names is not of L{NAMES}.
        """
        self.names = frozenset(names) | {"view"}
        strangers = self.names.difference(NAMES)
        if strangers:
            raise ValueError(
                f"no such rights: {', '.join(sorted(strangers))};"
                f" there are full, {', '.join(NAMES)}"
            )

    @classmethod
    def fromString(cls, text: str) -> Rights:
        """
        @param text: C{"full"}, C{"view"}, or names with commas between them.

        @raise ValueError: if it is none of these.
        """
        if text.strip() == "full":
            return FULL
        return cls(name.strip() for name in text.split(","))

    def allows(self, name: str) -> bool:
        """
        See L{IRights.allows}.
        """
        return name in self.names

    @property
    def viewOnly(self) -> bool:
        """
        See L{IRights}.
        """
        return self.names.isdisjoint(("keys", "pointer"))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Rights):
            return NotImplemented
        return self.names == other.names

    def __hash__(self) -> int:
        return hash(self.names)

    def __str__(self) -> str:
        if len(self.names) == len(NAMES):
            return "full"
        return ",".join(name for name in NAMES if name in self.names)

    def __repr__(self) -> str:
        return f"<Rights {self}>"


FULL = Rights(NAMES)
VIEW_ONLY = Rights(())


@implementer(IUserScreen)
class UserScreen:
    """
    A screen, and what the user whose it is may do there.  All to whom the same
    framebuffer is given see the same.

    @ivar framebuffer: What is shown.
    @ivar application: What takes keys, pointer and so on.
    """

    def __init__(
        self,
        framebuffer: IFramebuffer,
        application: object = None,
        rights: IRights = FULL,
    ) -> None:
        self.framebuffer = framebuffer
        self.application = application
        self._rights = rights

    @property
    def viewOnly(self) -> bool:
        """
        See L{IRights}.
        """
        return self._rights.viewOnly

    def allows(self, name: str) -> bool:
        """
        See L{IRights.allows}.
        """
        return self._rights.allows(name)


def least(*several: IRights) -> IRights:
    """
    @param several: Rights, at least one.

    @return: What all of them allow, on the screen that one brings along.
    """
    first, *others = several
    if not others:
        return first
    rights = Rights(
        name for name in NAMES if all(one.allows(name) is True for one in several)
    )
    for one in several:
        if IUserScreen.providedBy(one):
            return UserScreen(one.framebuffer, one.application, rights)
    return rights


def avatarIdOf(answer: object) -> bytes | str | tuple[()]:
    """
    @param answer: What a checker answers.

    @return: It, if it is an avatar id.

    @raise UnusableAnswer: if it is none: C{True}, say, is nobody's name.
    """
    if isinstance(answer, bytes | str):
        return answer
    if isinstance(answer, tuple) and not answer:
        return ()
    raise UnusableAnswer(
        f"an answer that is no avatar id: {type(answer).__name__}; expected are bytes,"
        " or twisted.cred.checkers.ANONYMOUS"
    )


class RightfulId(bytes):
    """
    An avatar id that brings along what its owner may do, for checkers that know.

    @ivar rights: The L{IRights}.
    @ivar claimed: The name that a viewer gave which proved nothing of the kind: it gets
        no more than who is called that.
    """

    rights: IRights
    claimed: bytes

    def __new__(cls, name: bytes, rights: IRights, claimed: bytes = b"") -> Self:
        """
        @param name: The user's name; C{b""} for somebody without one.

        @raise ValueError: if these are no name and no rights.
        """
        if not isinstance(name, bytes):
            raise ValueError(f"name {name!r}: expected bytes")
        if not IRights.providedBy(rights):
            raise ValueError(f"rights {rights!r}: expected IRights, such as FULL")
        self = super().__new__(cls, name)
        self.rights = rights
        self.claimed = claimed
        return self
