# -*- test-case-name: tests.security.test_vncauth -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Security type None (RFC 6143, section 7.2.1).
"""

from __future__ import annotations

from twisted.cred.credentials import IAnonymous
from zope.interface import implementer

from txrfb.interfaces import ISecurityType
from txrfb.security.steps import ClientSteps, Context, Login, Steps
from txrfb.security.types.conditions import Conditions

__all__ = ["NoSecurity", "clientSteps"]


@implementer(ISecurityType)
class NoSecurity:
    """
    The viewer is asked nothing.
    """

    number = 1
    name = "None"

    def under(self, conditions: Conditions) -> NoSecurity | None:
        """
        @return: This, if the portal lets anybody in.
        """
        return self if conditions.canCheck(IAnonymous) else None

    def negotiate(self, context: Context) -> Steps:
        """
        See L{ISecurityType.negotiate}.
        """
        yield Login(None)


def clientSteps() -> ClientSteps:
    """
    @return: The viewer's side: there is nothing to do.
    """
    yield from ()
