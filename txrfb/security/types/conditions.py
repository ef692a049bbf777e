# -*- test-case-name: tests.security.test_offer -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What decides whether a security type can be offered to a viewer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from zope.interface import Interface

__all__ = ["Conditions", "possible"]


@dataclass(frozen=True, slots=True)
class Conditions:
    """
    What is possible on a connection.

    @ivar interfaces: The kinds of credentials that the portal can check.
    @ivar canStartTLS: Whether the transport can begin TLS.
    @ivar isSecure: Whether it is inside TLS already.
    @ivar webSocket: Whether it is a WebSocket, so that a browser is behind it.
    @ivar certified: The kinds that it can check together with a viewer's certificate.
    @ivar secureContext: Whether a browser does cryptography for the page.
    """

    interfaces: frozenset[type[Interface]]
    canStartTLS: bool = False
    isSecure: bool = False
    webSocket: bool = False
    certified: frozenset[type[Interface]] = frozenset()
    secureContext: bool = True

    def canCheck(self, *interfaces: type[Interface]) -> bool:
        """
        @return: Whether the portal can check one of these kinds of credentials.
        """
        return not self.interfaces.isdisjoint(interfaces)


def possible(types: Iterable[Any], conditions: Conditions) -> list[Any]:
    """
    Choose what can be offered.

    @param types: Security types, or sub-types of one, the preferred first.  One that
        has a method C{under}, taking L{Conditions} and returning what to offer in its
        place or C{None}, decides by it.

    @return: Those that can be offered, in the same order; but behind all others those
        that have a true attribute C{isLastResort}.
    """
    chosen = []
    for candidate in types:
        under: Callable[[Conditions], Any] | None = getattr(candidate, "under", None)
        answer = candidate if under is None else under(conditions)
        if answer is not None:
            chosen.append(answer)
    return sorted(chosen, key=lambda one: bool(getattr(one, "isLastResort", False)))
