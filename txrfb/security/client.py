# -*- test-case-name: tests.security.test_login -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The viewer's side of all security types, for L{txrfb.client}.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

from txrfb.security.steps import ClientSteps
from txrfb.security.types import ard, mslogon, none, rsaaes, vencrypt, vncauth

__all__ = ["USUAL", "securityFor"]

#: The security types that a viewer uses by default, the preferred first: those that
#: protect at least the password, and those without any.
USUAL = (
    "RA2_256",
    "RA2",
    "X509Plain",
    "X509Vnc",
    "X509None",
    "TLSPlain",
    "TLSVnc",
    "TLSNone",
    "RA2ne_256",
    "RA2ne",
    "VncAuth",
    "None",
)


def securityFor(
    username: bytes | str = b"",
    password: bytes | str = b"",
    names: Sequence[str] = USUAL,
    trust: Callable[[bytes], bool] = lambda encoded: True,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> dict[int, Callable[[], ClientSteps]]:
    """
    Say how to log in; see L{RFBClient<txrfb.client.protocol.RFBClient>}.

    @param username: The user's name, where one is asked for.

    @param password: The password, where one is asked for.

    @param names: The security types that may be used, the preferred first; some of
        L{txrfb.security.admission.choice.NAMES}.

    @param trust: Is asked by RSA-AES whether the server's key, as
        L{txrfb.security.types.hostkey.encodeKey} makes it, is the right one.

    @param random: Makes unpredictable bytes.

    @return: What makes the steps of each type, by its number.

    @raise ValueError: if there is no such type.
    """
    user, secret = (
        text.encode("utf-8") if isinstance(text, str) else text
        for text in (username, password)
    )
    inTLS = [name for name in names if name in vencrypt.NAMES]
    simple: dict[str, tuple[int, Callable[[], ClientSteps]]] = {
        "ARD": (30, lambda: ard.clientSteps(user, secret, random)),
        "MSLogonII": (113, lambda: mslogon.clientSteps(user, secret, random)),
        "VncAuth": (2, lambda: vncauth.clientSteps(secret)),
        "None": (1, none.clientSteps),
    }

    def sealed(name: str) -> Callable[[], ClientSteps]:
        return lambda: rsaaes.clientSteps(name, user, secret, random, trust)

    made: dict[int, Callable[[], ClientSteps]] = {}
    numbers = {name: number for number, name in rsaaes.NUMBERS.items()}
    for name in names:
        if name in numbers:
            made[numbers[name]] = sealed(name)
        elif name in inTLS:
            made[19] = lambda: vencrypt.clientSteps(inTLS, user, secret)
        elif name in simple:
            number, steps = simple[name]
            made[number] = steps
        else:
            raise ValueError(f"there is no security type {name!r}")
    return made
