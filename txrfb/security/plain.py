# -*- test-case-name: tests.test_security_vencrypt -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
User name and password in clear: the sub-type Plain of VeNCrypt, to be used inside
TLS.
"""

from __future__ import annotations

import struct

from twisted.cred.credentials import IUsernamePassword
from zope.interface import implementer

from txrfb.interfaces import ISecurityType
from txrfb.security.conditions import Conditions
from txrfb.security.credentials import UsernamePassword
from txrfb.security.steps import (
    ClientSteps,
    Context,
    Login,
    Read,
    SecurityError,
    Steps,
    Write,
)

#: The most bytes that a name or a password may have.
LONGEST = 1024

_LENGTHS = struct.Struct(">II")


@implementer(ISecurityType)
class Plain:
    """
    Ask for user name and password.
    """

    number = 256
    name = "Plain"

    def under(self, conditions: Conditions) -> Plain | None:
        """
        @return: This, if the portal can check names and passwords.
        """
        return self if conditions.canCheck(IUsernamePassword) else None

    def negotiate(self, context: Context) -> Steps:
        """
        See L{ISecurityType.negotiate}.
        """
        lengths = yield Read(_LENGTHS.size)
        name, password = _LENGTHS.unpack(lengths)
        if name > LONGEST or password > LONGEST:
            raise SecurityError(
                f"a name of {name} and a password of {password} bytes; {LONGEST} each"
                " are allowed"
            )
        both = (yield Read(name + password)) if name + password else b""
        yield Login(UsernamePassword(both[:name], both[name:]))


def clientSteps(username: bytes, password: bytes) -> ClientSteps:
    """
    @return: The viewer's side.
    """
    yield Write(_LENGTHS.pack(len(username), len(password)) + username + password)
