# -*- test-case-name: tests.security.test_summary -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What security types ask for, what they protect from whom, and which viewers have them:
in words, for administrators.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from twisted.cred.credentials import IAnonymous, IUsernamePassword
from twisted.cred.portal import Portal

from txrfb.interfaces import ISecurityType
from txrfb.security.admission.choice import NAMES
from txrfb.security.admission.feasible import typeNames
from txrfb.security.admission.offer import offered

__all__ = ["summaryOf"]

_PROVED = "all is encrypted, and the certificate proves who the server is"
_COMPARED = "all is encrypted, and viewers compare the host key"
_SECRET = "all is encrypted, but not from a man in the middle"
_LOGIN = "the password is encrypted, and nothing else"

#: What a type protects, and which viewers have it, as far as they were tried; the same
#: for all types that begin so.
_FACTS = {
    "X509": (_PROVED, "TigerVNC, libvncclient, gtk-vnc"),
    "RA2ne": (_LOGIN, "noVNC (by https)"),
    "RA2": (_COMPARED, "TigerVNC from 1.13 on"),
    "TLS": (_SECRET, "TigerVNC, libvncclient, gtk-vnc"),
    "Plain": ("nothing is encrypted, but where TLS is there", "TigerVNC, noVNC"),
    "ARD": (_LOGIN, "libvncclient, gtk-vnc, noVNC, vncdotool"),
    "MSLogonII": (
        "the password is hardly encrypted, and nothing else",
        "libvncclient, gtk-vnc, noVNC",
    ),
    "VncAuth": ("DES with eight bytes of the password, and nothing else", "all"),
    "None": ("nothing is encrypted", "all"),
}


def summaryOf(
    types: Sequence[ISecurityType], portal: Portal, canTLS: bool
) -> Iterator[tuple[str, str, str, str]]:
    """
    @param types: The security types of a server.

    @param portal: What judges the credentials.

    @param canTLS: Whether there can be TLS.

    @return: Of each security type that a viewer is offered who comes by TCP: its name,
        what it asks for, what it protects, and which viewers have it; the better first.
    """
    names = typeNames(offered(types, portal, canStartTLS=canTLS))
    hasNames = IUsernamePassword in portal.listCredentialsInterfaces()
    for name in sorted(names, key=NAMES.index):
        if name.endswith("None"):
            isOpen = IAnonymous in portal.listCredentialsInterfaces()
            asks = "nothing" if isOpen else "a certificate"
        elif name.endswith(("Vnc", "VncAuth")) or not hasNames:
            asks = "a password"
        else:
            asks = "a name and a password"
        begin = next(one for one in _FACTS if name.startswith(one))
        yield name, asks, *_FACTS[begin]
