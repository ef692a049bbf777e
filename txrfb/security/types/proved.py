# -*- test-case-name: tests.security.test_tokens -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What stands for a login where the viewer has proved something before RFB began, as by a
token when it opened its WebSocket: it is asked nothing more (RFC 6143, section 7.2.1).
"""

from __future__ import annotations

from twisted.cred.credentials import ICredentials
from zope.interface import implementer

from txrfb.interfaces import ISecurityType
from txrfb.security.accounts.tokens import IToken
from txrfb.security.steps import Context, Login, Steps

__all__ = ["Proved"]


@implementer(ISecurityType)
class Proved:
    """
    Has judged what was proved already.  To the viewer it is the security type None.
    """

    number = 1

    def __init__(self, credentials: ICredentials) -> None:
        """
        @param credentials: What was proved.
        """
        self._credentials = credentials
        self.name = "Token" if IToken.providedBy(credentials) else "Basic"

    def negotiate(self, context: Context) -> Steps:
        """
        See L{ISecurityType.negotiate}.
        """
        yield Login(self._credentials)
