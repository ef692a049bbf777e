# -*- test-case-name: tests.security.test_vncauth -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
VNC authentication (RFC 6143, section 7.2.2): a challenge, encrypted under a
password of eight bytes.  It keeps honest people out, and protects nothing that is
sent afterwards.
"""

from __future__ import annotations

from twisted.cred.credentials import IUsernameHashedPassword
from zope.interface import implementer

from txrfb.interfaces import ISecurityType
from txrfb.security.accounts.credentials import VNCResponse, vncResponse
from txrfb.security.steps import ClientSteps, Context, Login, Read, Steps, Write
from txrfb.security.types.conditions import Conditions

__all__ = ["VNCAuth", "clientSteps"]


@implementer(ISecurityType)
class VNCAuth:
    """
    Ask for a password by a challenge.

    @ivar username: The name whose password is asked for, as this security type has
        no names: checkers with many users need one.
    """

    number = 2
    name = "VncAuth"

    def __init__(self, username: bytes = b"vnc") -> None:
        self.username = username

    def under(self, conditions: Conditions) -> VNCAuth | None:
        """
        @return: This, if the portal has a checker with passwords in clear.
        """
        return self if conditions.canCheck(IUsernameHashedPassword) else None

    def negotiate(self, context: Context) -> Steps:
        """
        See L{ISecurityType.negotiate}.
        """
        challenge = context.random(16)
        yield Write(challenge)
        response = yield Read(16)
        yield Login(VNCResponse(self.username, challenge, response))


def clientSteps(password: bytes) -> ClientSteps:
    """
    @param password: The password; only its first eight bytes count.

    @return: The viewer's side.
    """
    challenge = yield Read(16)
    yield Write(vncResponse(password, challenge))
