# -*- test-case-name: tests.security.test_feasible -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Whether security types that an administrator chose can let anybody in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from twisted.cred.credentials import IAnonymous
from twisted.cred.portal import Portal

from txrfb.interfaces import ISecurityType
from txrfb.security.admission.choice import Choice
from txrfb.security.admission.offer import offered
from txrfb.security.types.vencrypt import VeNCrypt

__all__ = ["checkFeasible", "typeNames"]


def checkFeasible(
    choice: Choice, types: Sequence[ISecurityType], portal: Portal, canTLS: bool
) -> None:
    """
    Refuse choices with which nobody could log in, or not by what was asked for.

    @param choice: What was chosen.

    @param types: The security types that were made of it.

    @param portal: What judges the credentials.

    @param canTLS: Whether there can be TLS.

    @raise ValueError: if a security type that was asked for by name cannot be offered
        to anybody, or none can be at all; it says what is missing.
    """
    found: set[str] = set()
    for isSecure in (False, True):
        found |= typeNames(
            offered(types, portal, canStartTLS=canTLS, isSecure=isSecure)
        )
    for name in choice.names:
        if name in choice.asked and name not in found:
            raise ValueError(f"security type {name} {_lack(name, portal)}")
    if not found:
        there = typeNames(types)
        reasons: dict[str, list[str]] = {}
        for name in choice.names:
            reasons.setdefault(_brief(name, name in there, portal), []).append(name)
        left = "; ".join(
            f"{', '.join(names)} ({reason})" for reason, names in reasons.items()
        )
        raise ValueError(
            "no security type that is left could be offered to anybody:"
            f" {left or 'there is none'}"
        )


def typeNames(types: Iterable[ISecurityType]) -> set[str]:
    """
    @return: The names of security types, and of those inside of them.
    """
    names: set[str] = set()
    for one in types:
        inner = one.subTypes if isinstance(one, VeNCrypt) else [one]
        names.update(each.name for each in inner)
    return names


def _brief(name: str, isThere: bool, portal: Portal) -> str:
    """
    @return: Why a security type cannot be offered, in few words.
    """
    if not isThere:
        if name.startswith("RA2"):
            return "no host key"
        return "no certificate" if name.startswith("X509") else "no pyOpenSSL"
    if name == "Plain":
        return "only inside of TLS"
    if name.endswith("None"):
        return "asks for nothing"
    if IAnonymous in portal.listCredentialsInterfaces():
        return "no password and no users"
    return "no password in clear" if name.endswith(("Vnc", "VncAuth")) else "no users"


def _lack(name: str, portal: Portal) -> str:
    """
    @return: Why a security type cannot be offered.
    """
    if name.endswith("None"):
        more = ", and no authority for certificates of viewers" * (name == "X509None")
        return (
            "asks viewers for nothing, so it lets in nobody where a password or users"
            f" are needed{more}"
        )
    if IAnonymous in portal.listCredentialsInterfaces():
        return "asks for a password, and there is neither a password nor a user"
    if name.endswith(("Vnc", "VncAuth")):
        return (
            "needs a password that is kept in clear, as in a password file: hashes of"
            " passwords do not suffice to check its answers"
        )
    return "needs users with names and passwords, or a password"
