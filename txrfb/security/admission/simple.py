# -*- test-case-name: tests.security.test_callable -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A gate without files and names, as small programs need it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from twisted.cred.credentials import IUsernameHashedPassword, IUsernamePassword
from twisted.cred.portal import Portal
from twisted.internet.interfaces import IReactorTime

from txrfb.interfaces import ISecurityType
from txrfb.security.accounts.checkers import namesOf
from txrfb.security.admission.gate import Gate
from txrfb.security.types.none import NoSecurity
from txrfb.security.types.vncauth import VNCAuth

__all__ = ["gateFor"]


def gateFor(
    clock: IReactorTime,
    portal: Portal,
    types: Sequence[ISecurityType] | None = None,
    **options: Any,
) -> Gate:
    """
    Make a gate without files: for VncAuth, or nothing, and where users have names for
    TLS without a certificate as well.

    @param clock: Where time comes from.

    @param portal: Checks credentials.

    @param types: Other security types.

    @param options: Whatever else L{Gate} takes.

    @raise ValueError: if nobody could log in.
    """
    known = portal.listCredentialsInterfaces()
    if types is None and IUsernamePassword not in known:
        types = (VNCAuth(), NoSecurity())
    elif types is None:
        # Only now: all security types are loaded with it, and cryptography.
        from txrfb.security.admission.assembly import makeGate
        from txrfb.security.admission.choice import choose

        choice = choose()
        stored: Any = portal.checkers.get(IUsernameHashedPassword)
        names = None if stored is None else namesOf(stored)
        if names is not None and b"vnc" not in names:
            # Those that ask for a password and no name would let in nobody.
            choice = choice.without(("X509Vnc", "TLSVnc", "VncAuth"))
        gate = makeGate(clock, portal, choice=choice, maxConnections=0, **options)
        if gate.tls is None and stored is None:
            raise ValueError(
                "nobody could log in: security types that ask for names need pyOpenSSL"
                " (pip install txrfb[tls]), or a gate with a host key"
            )
        return gate
    elif known == [IUsernamePassword] and {one.number for one in types} <= {1, 2}:
        raise ValueError(
            "nobody could log in: VncAuth needs a password that is stored, and here"
            " names and passwords are checked; without securityTypes, types are"
            " offered that ask for both"
        )
    return Gate(clock, portal, types, **options)
