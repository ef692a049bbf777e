# -*- test-case-name: tests.security.test_offer -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Which of a server's security types one viewer is offered.
"""

from __future__ import annotations

from collections.abc import Iterable

from twisted.cred.portal import Portal

from txrfb.interfaces import ISecurityType
from txrfb.security.accounts.credentials import ICertified
from txrfb.security.types.conditions import Conditions, possible

__all__ = ["offered"]


def offered(
    types: Iterable[ISecurityType],
    portal: Portal,
    *,
    canStartTLS: bool = False,
    isSecure: bool = False,
    webSocket: bool = False,
    secureContext: bool = True,
) -> list[ISecurityType]:
    """
    Choose what to offer to one viewer.

    @param types: The server's security types, the preferred first; see L{possible}.

    @param portal: What will judge the credentials.

    @param canStartTLS: Whether the transport can begin TLS.

    @param isSecure: Whether it is inside TLS already.

    @param webSocket: Whether it is a WebSocket.

    @param secureContext: Whether a browser does cryptography for the page that is
        behind it.

    @return: What can be offered, as L{possible} orders it; empty if nothing can.
    """
    conditions = Conditions(
        frozenset(portal.listCredentialsInterfaces()),
        canStartTLS and not isSecure,
        isSecure,
        webSocket,
        frozenset(getattr(portal.checkers.get(ICertified), "proofs", ())),
        secureContext,
    )
    return possible(types, conditions)
