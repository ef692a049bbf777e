# -*- test-case-name: tests.security.test_vencrypt -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
User name and password in clear: the sub-type Plain of VeNCrypt, to be used inside
TLS.
"""

from __future__ import annotations

import struct
from collections.abc import Generator
from typing import Any

from zope.interface import implementer

from txrfb.error import SecurityError
from txrfb.interfaces import ISecurityType
from txrfb.security.steps import ClientSteps, Context, Read, Step, Write
from txrfb.security.types.usernamepassword import UsernamePasswordType

__all__ = ["MAX_LENGTH", "Plain", "clientSteps"]

#: The most bytes that a name or a password may have.
MAX_LENGTH = 1024

_LENGTHS = struct.Struct(">II")


@implementer(ISecurityType)
class Plain(UsernamePasswordType):
    """
    Ask for user name and password.
    """

    number = 256
    name = "Plain"

    def ask(self, context: Context) -> Generator[Step, Any, tuple[bytes, bytes]]:
        """
        See L{UsernamePasswordType.ask}.
        """
        lengths = yield Read(_LENGTHS.size)
        name, password = _LENGTHS.unpack(lengths)
        if name > MAX_LENGTH or password > MAX_LENGTH:
            raise SecurityError(
                f"a name of {name} and a password of {password} bytes;"
                f" {MAX_LENGTH} each are allowed"
            )
        both = (yield Read(name + password)) if name + password else b""
        return both[:name], both[name:]


def clientSteps(username: bytes, password: bytes) -> ClientSteps:
    """
    @return: The viewer's side.
    """
    yield Write(_LENGTHS.pack(len(username), len(password)) + username + password)
