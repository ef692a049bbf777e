# -*- test-case-name: tests.security.test_offer -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What decides whether a security type can be offered to a viewer.
"""

from __future__ import annotations

from dataclasses import dataclass

from zope.interface import Interface

__all__ = ["Conditions"]


@dataclass(frozen=True, slots=True)
class Conditions:
    """
    What is possible on a connection.

    @ivar interfaces: The kinds of credentials that the portal can check.
    @ivar canStartTLS: Whether the transport can begin TLS.
    @ivar isSecure: Whether it is inside TLS already.
    @ivar webSocket: Whether it is a WebSocket, so that a browser is behind it.
    """

    interfaces: frozenset[type[Interface]]
    canStartTLS: bool = False
    isSecure: bool = False
    webSocket: bool = False

    def canCheck(self, *interfaces: type[Interface]) -> bool:
        """
        @return: Whether the portal can check one of these kinds of credentials.
        """
        return not self.interfaces.isdisjoint(interfaces)
