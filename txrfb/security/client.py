# -*- test-case-name: tests.security.test_login -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The viewer's side of all security types, for L{txrfb.client}.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec

from txrfb.security.admission.choice import NAMES
from txrfb.security.steps import ClientSteps
from txrfb.security.types import none, vncauth

__all__ = ["USUAL", "Security", "securityFor", "usual"]

#: What makes the steps of each security type that may be used, by its number, the
#: preferred first.
Security = Mapping[int, Callable[[], ClientSteps]]

#: The security types that a viewer uses by default, the preferred first: those that
#: protect at least the password, and those without any.
USUAL = (
    "X509Plain",
    "X509Vnc",
    "X509None",
    "RA2_256",
    "RA2",
    "TLSPlain",
    "TLSVnc",
    "TLSNone",
    "RA2ne_256",
    "RA2ne",
    "ARD",
    "MSLogonII",
    "VncAuth",
    "None",
)

#: The numbers of RSA-AES.
_SEALED = {"RA2": 5, "RA2ne": 6, "RA2_256": 129, "RA2ne_256": 130}

#: Those that ask for a name in any case.
_NAMED = ("X509Plain", "TLSPlain", "ARD", "MSLogonII")


def usual(
    username: bytes | str | None,
    password: bytes | str | None,
    byCertificate: bool = False,
    byHostKey: bool = False,
) -> list[str]:
    """
    @param username: The user's name, if there is one.

    @param password: The password, if there is one.

    @param byCertificate: Whether it is known what the server's certificate must be.

    @param byHostKey: Whether it is known what its host key must be.

    @return: Those of L{USUAL} that can be used.  If something is known of the server,
        those alone in which it shows that, and in which all is encrypted: what poses as
        the server offers others.
    """
    canTLS = find_spec("OpenSSL") is not None
    names = list(USUAL)
    if password is None:
        names = [name for name in names if name.endswith("None")]
    if not username:
        names = [name for name in names if name not in _NAMED]
    if not canTLS:
        names = [name for name in names if not name.startswith(("X509", "TLS"))]
    if not byCertificate:
        names = [name for name in names if not name.startswith("X509")]
    if byCertificate or byHostKey:
        keys = ("RA2_256", "RA2") if byHostKey else ()
        names = [name for name in names if name.startswith("X509") or name in keys]
    return names


def securityFor(
    password: bytes | str | None = None,
    username: bytes | str | None = None,
    names: Sequence[str] | None = None,
    trust: Callable[[bytes], bool] = lambda encoded: True,
    random: Callable[[int], bytes] = secrets.token_bytes,
    proved: Callable[[bytes], None] = lambda encoded: None,
) -> Security:
    """
    Say how to log in; see L{RFBClient<txrfb.client.protocol.RFBClient>}.

    @param password: The password, if there is one.

    @param username: The user's name, if there is one.

    @param names: The security types that may be used, the preferred first; some of
        L{txrfb.security.admission.choice.NAMES}.  By default those of L{USUAL} for
        which there is what they ask for; none of X509, as it must be known what the
        certificate is, see L{loginFor<txrfb.client.login.loginFor>}.

    @param trust: Is asked by RSA-AES whether the server's key, as
        L{txrfb.security.types.hostkey.encodeKey} makes it, is the right one.

    @param random: Makes unpredictable bytes.

    @param proved: Is told the server's key when the server has shown that it has it.

    @return: What makes the steps of each type, by its number.

    @raise ValueError: if there is no such type.
    """
    if names is None:
        names = usual(username, password)
    user, secret = (
        text.encode("utf-8") if isinstance(text, str) else text or b""
        for text in (username, password)
    )
    made: dict[int, Callable[[], ClientSteps]] = {}
    chosen = tuple(names)

    # What needs cryptography is loaded when it is used.
    def inside() -> ClientSteps:
        from txrfb.security.types import vencrypt

        # Servers may have other types in there, too; what is preferred is taken.
        return vencrypt.clientSteps(chosen, user, secret, simple)

    def sealed(name: str) -> Callable[[], ClientSteps]:
        def steps() -> ClientSteps:
            from txrfb.security.types import rsaaes

            return rsaaes.clientSteps(name, user, secret, random, trust, proved=proved)

        return steps

    def apple() -> ClientSteps:
        from txrfb.security.types import ard

        return ard.clientSteps(user, secret, random)

    def microsoft() -> ClientSteps:
        from txrfb.security.types import mslogon

        return mslogon.clientSteps(user, secret, random)

    simple: dict[str, tuple[int, Callable[[], ClientSteps]]] = {
        "ARD": (30, apple),
        "MSLogonII": (113, microsoft),
        "VncAuth": (2, lambda: vncauth.clientSteps(secret)),
        "None": (1, none.clientSteps),
        **{name: (number, sealed(name)) for name, number in _SEALED.items()},
    }
    for name in names:
        if name in simple:
            number, steps = simple[name]
            made[number] = steps
        elif name in NAMES:
            made[19] = inside
        else:
            raise ValueError(
                f"there is no security type {name!r}; there are {', '.join(NAMES)}"
            )
    return made
