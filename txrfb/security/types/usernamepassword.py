# -*- test-case-name: tests.security.test_usernamepassword -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What the security types share that ask for a user name and a password in full.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from twisted.cred.credentials import IUsernamePassword

from txrfb.security.accounts.credentials import UsernamePassword
from txrfb.security.steps import Context, Login, Step, Steps
from txrfb.security.types.conditions import Conditions

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["UsernamePasswordType", "pad", "unpad"]


class UsernamePasswordType(ABC):
    """
    A security type that asks for user name and password.
    """

    def under(self, conditions: Conditions) -> Self | None:
        """
        @return: This, if the portal can check names and passwords.
        """
        return self if conditions.canCheck(IUsernamePassword) else None

    def negotiate(self, context: Context) -> Steps:
        """
        See L{ISecurityType.negotiate<txrfb.interfaces.ISecurityType.negotiate>}.
        """
        name, password = yield from self.ask(context)
        yield Login(UsernamePassword(name, password))

    @abstractmethod
    def ask(self, context: Context) -> Generator[Step, Any, tuple[bytes, bytes]]:
        """
        @return: What the viewer gives: user name and password.
        """


def pad(text: bytes, size: int, random: Callable[[int], bytes]) -> bytes:
    """
    @param text: Fewer than C{size} bytes.

    @param random: Makes unpredictable bytes.

    @return: A field of C{size} bytes: the text, a zero, and random bytes.
    """
    return text + b"\0" + random(size - 1 - len(text))


def unpad(field: bytes) -> bytes:
    """
    @return: What is in a field before its first zero.
    """
    return field.partition(b"\0")[0]
