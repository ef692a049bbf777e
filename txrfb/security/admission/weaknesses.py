# -*- test-case-name: tests.security.test_weaknesses -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What administrators should know about the security types that they chose.
"""

from __future__ import annotations

from collections.abc import Iterable

from twisted.cred.credentials import IAnonymous, IUsernameHashedPassword
from twisted.cred.portal import Portal

from txrfb.interfaces import ISecurityType
from txrfb.security.accounts.credentials import ICertified
from txrfb.security.accounts.tokens import IToken
from txrfb.security.admission.offer import offered
from txrfb.security.types.vencrypt import VeNCrypt

__all__ = ["weaknesses"]


def weaknesses(types: Iterable[ISecurityType], portal: Portal) -> list[str]:
    """
    @param types: The security types of a server that strangers can reach.

    @param portal: What judges the credentials.

    @return: What its administrator should know, in sentences; empty if all is well.
    """
    # A token is a door of its own.
    interfaces = [one for one in portal.listCredentialsInterfaces() if one != IToken]
    if IAnonymous in interfaces:
        return ["anybody who can connect may view the screen, without a password"]
    said = []
    if ICertified in interfaces and len(interfaces) > 1:
        said.append(
            "not every security type that --security names asks for both a certificate"
            " and a password: one of them is enough"
        )
    for one in offered(types, portal, canStartTLS=True):
        if isinstance(one, VeNCrypt):
            names = [inner.name for inner in one.subTypes]
            if "Plain" in names:
                said.append("security type Plain sends passwords in clear")
            bare = [name for name in names if name.startswith("TLS")]
            if bare:
                leaving = f"--security={','.join(f'-{name}' for name in bare)}"
                hasCertificate = any(name.startswith("X509") for name in names)
                said.append(
                    f"TLS without a certificate ({', '.join(bare)}) does not protect"
                    " from a man in the middle; "
                    + (
                        f"{leaving} leaves it out"
                        if hasCertificate
                        else f"with --tls-certificate and {leaving} it is with one"
                    )
                )
        elif one.number == 2 and IUsernameHashedPassword in interfaces:
            said.append(
                "security type VncAuth uses only eight bytes of the password, and"
                " encrypts nothing that is sent afterwards; --security=-VncAuth forbids"
                " it"
            )
        elif one.number in (30, 113):
            said.append(f"security type {one.name} is weak")
        elif one.number in (6, 130):
            said.append(f"with security type {one.name} only the password is encrypted")
    return said
