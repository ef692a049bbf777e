# -*- test-case-name: tests.security.test_maker -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Security types made from their names and from what they need.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from txrfb.interfaces import ISecurityType
from txrfb.security.admission.choice import Choice, choose
from txrfb.security.types import rsaaes, vencrypt
from txrfb.security.types.ard import AppleDH
from txrfb.security.types.hostkey import HostKey
from txrfb.security.types.mslogon import MSLogonII
from txrfb.security.types.none import NoSecurity
from txrfb.security.types.rsaaes import RSAAES
from txrfb.security.types.vencrypt import SubType, VeNCrypt, subTypes
from txrfb.security.types.vncauth import VNCAuth

__all__ = ["securityTypes"]

#: What makes those that need nothing.
_SIMPLE: dict[str, Callable[[], ISecurityType]] = {
    "ARD": AppleDH,
    "MSLogonII": MSLogonII,
    "None": NoSecurity,
}


def securityTypes(
    choice: Choice | None = None,
    *,
    hostKey: HostKey | Callable[[], HostKey] | None = None,
    canTLS: bool = False,
    hasCertificate: bool = False,
    needsCertificates: bool = False,
    username: bytes = b"vnc",
) -> list[ISecurityType]:
    """
    Make security types.

    @param choice: Which; by default what is usual.

    @param hostKey: The server's key for RSA-AES, or what makes or reads it, which is
        called only if it is needed.

    @param canTLS: Whether there can be TLS.

    @param hasCertificate: Whether there is a certificate that viewers can trust.

    @param needsCertificates: Whether viewers are to have certificates: types that do
        not ask for one are made only if they were asked for by name.

    @param username: Whose password types without names ask for.

    @return: The types, the preferred first.

    @raise ValueError: if one that was asked for needs what is not there.
    """
    choice = choice or choose()
    made: list[ISecurityType] = []
    inVeNCrypt: list[Any] = []
    place: int | None = None
    key: HostKey | None = None
    for name in choice.names:
        if (
            needsCertificates
            and name not in choice.asked
            and not name.startswith("X509")
        ):
            continue
        lack = ""
        if name in rsaaes.NAMES and hostKey is None:
            lack = "a key of the server"
        elif name.startswith(("TLS", "X509")) and not canTLS:
            lack = "pyOpenSSL"
        elif name.startswith("X509") and not hasCertificate:
            lack = "a certificate"
        if lack:
            if name in choice.asked:
                raise ValueError(f"security type {name} needs {lack}")
            continue
        if name in rsaaes.NAMES:
            if key is None:
                assert hostKey is not None
                key = hostKey if isinstance(hostKey, HostKey) else hostKey()
            one: Any = RSAAES(name, key, name in choice.asked)
        elif name in vencrypt.NAMES:
            [one] = subTypes([name], username, name in choice.asked)
        elif name == "VncAuth":
            one = VNCAuth(username)
        else:
            one = _SIMPLE[name]()
        inVeNCrypt.append(one)
        if not isinstance(one, SubType):
            made.append(one)
        elif place is None:
            # One type holds all sub-types, where the first of them stands.
            place = len(made)
    if place is not None:
        made.insert(place, VeNCrypt(inVeNCrypt))
    return made
