# -*- test-case-name: tests.security.test_offer -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Which of a server's security types one viewer is offered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from twisted.cred.portal import Portal

from txrfb.interfaces import ISecurityType
from txrfb.security.types.conditions import Conditions

__all__ = ["offered"]


def offered(
    types: Iterable[ISecurityType],
    portal: Portal,
    *,
    canStartTLS: bool = False,
    isSecure: bool = False,
    webSocket: bool = False,
) -> list[ISecurityType]:
    """
    Choose what to offer to one viewer.

    @param types: The server's security types, the preferred first.  One that has a
        method C{under}, taking L{Conditions} and returning a security type or
        C{None}, decides by it whether it can be offered.

    @param portal: What will judge the credentials.

    @param canStartTLS: Whether the transport can begin TLS.

    @param isSecure: Whether it is inside TLS already.

    @param webSocket: Whether it is a WebSocket.

    @return: What can be offered, in the same order; empty if nothing can.
    """
    conditions = Conditions(
        frozenset(portal.listCredentialsInterfaces()),
        canStartTLS and not isSecure,
        isSecure,
        webSocket,
    )
    chosen: list[ISecurityType] = []
    for candidate in types:
        under: Callable[[Conditions], ISecurityType | None] | None
        under = getattr(candidate, "under", None)
        answer = candidate if under is None else under(conditions)
        if answer is not None:
            chosen.append(answer)
    return chosen
