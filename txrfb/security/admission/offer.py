# -*- test-case-name: tests.security.test_offer -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Which security types a viewer is offered, and in which order.

The order matters: some viewers take the first that they know, and noVNC looks no
further once it has seen VeNCrypt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from twisted.cred.credentials import IAnonymous, IUsernameHashedPassword
from twisted.cred.portal import Portal

from txrfb.interfaces import ISecurityType
from txrfb.security.types import rsaaes, vencrypt
from txrfb.security.types.ard import AppleDH
from txrfb.security.types.conditions import Conditions
from txrfb.security.types.hostkey import HostKey
from txrfb.security.types.mslogon import MSLogonII
from txrfb.security.types.none import NoSecurity
from txrfb.security.types.rsaaes import RSAAES
from txrfb.security.types.vencrypt import VeNCrypt, subTypes
from txrfb.security.types.vncauth import VNCAuth

#: Every name there is, in the order in which they are best offered.
NAMES = (
    "RA2_256",
    "RA2",
    "RA2ne",
    "RA2ne_256",
    *vencrypt.NAMES,
    "ARD",
    "MSLogonII",
    "VncAuth",
    "None",
)

#: Those that are offered only if they are asked for: they are weaker than what every
#: viewer that has them has as well, or ask nothing.
_RARE = frozenset(["RA2ne_256", "TLSNone", "ARD", "MSLogonII"])

#: Those in which users give a name.
_NAMED = frozenset(["ARD", "MSLogonII", "Plain", "TLSPlain", "X509Plain"])

#: What makes those that need nothing.
_SIMPLE: dict[str, Callable[[], ISecurityType]] = {
    "ARD": AppleDH,
    "MSLogonII": MSLogonII,
    "None": NoSecurity,
}


class Choice(NamedTuple):
    """
    What an administrator chose of security types.

    @ivar names: Some of L{NAMES}, the preferred first.
    @ivar asked: Those of them that were asked for by name.
    """

    names: tuple[str, ...]
    asked: frozenset[str]

    @property
    def needsNames(self) -> bool:
        """
        Whether users were to give names, as something with names was asked for.
        """
        return not self.asked.isdisjoint(_NAMED)


def choose(text: str = "") -> Choice:
    """
    Understand a choice of security types.

    @param text: Names with commas between them, which are offered in this order and
        no others; or names each with a plus or minus before it, which are offered
        beside what is usual, or not offered.  Case does not matter.

    @return: The choice.

    @raise ValueError: if it cannot be understood, naming what is there.
    """
    known = {name.lower(): name for name in NAMES}
    words = [word.strip() for word in text.split(",") if word.strip()]
    signs = {word[0] if word[0] in "+-" else "" for word in words}
    if len(signs) > 1 and "" in signs:
        raise ValueError(
            f"{text!r}: either all security types have + or - before them, or none has"
        )
    named = []
    for word in words:
        name = known.get(word.lstrip("+-").lower())
        if name is None:
            raise ValueError(
                f"{word!r} is no security type; there are {', '.join(NAMES)}"
            )
        named.append((word[0], name))
    names = [name for _, name in named]
    if len(set(names)) < len(names):
        raise ValueError(f"{text!r} names a security type twice")
    if signs == {""}:
        return Choice(tuple(names), frozenset(names))
    wanted = {name for sign, name in named if sign == "+"}
    unwanted = {name for sign, name in named if sign == "-"}
    usual = [
        name
        for name in NAMES
        if name in wanted or (name not in _RARE and name not in unwanted)
    ]
    return Choice(tuple(usual), frozenset(wanted))


def securityTypes(
    choice: Choice | None = None,
    *,
    hostKey: HostKey | Callable[[], HostKey] | None = None,
    canTLS: bool = False,
    hasCertificate: bool = False,
    username: bytes = b"vnc",
) -> list[ISecurityType]:
    """
    Make security types.

    @param choice: Which; by default what is usual.

    @param hostKey: The server's key for RSA-AES, or what makes or reads it, which is
        called only if it is needed.

    @param canTLS: Whether there can be TLS.

    @param hasCertificate: Whether there is a certificate that viewers can trust.

    @param username: Whose password types without names ask for.

    @return: The types, the preferred first.

    @raise ValueError: if one that was asked for needs what is not there.
    """
    choice = choice or choose()
    made: list[ISecurityType] = []
    inTLS: list[vencrypt.SubType] = []
    key: HostKey | None = None
    for name in choice.names:
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
            made.append(RSAAES(name, key))
        elif name in vencrypt.NAMES:
            if not inTLS:
                # One type holds all of them, where the first of them stands.
                made.append(VeNCrypt(()))
            inTLS += subTypes([name], username, name in choice.asked)
        elif name == "VncAuth":
            made.append(VNCAuth(username))
        else:
            made.append(_SIMPLE[name]())
    return [VeNCrypt(inTLS) if type(one) is VeNCrypt else one for one in made]


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
        under: Any = getattr(candidate, "under", None)
        answer = candidate if under is None else under(conditions)
        if answer is not None:
            chosen.append(answer)
    return chosen


def weaknesses(types: Iterable[ISecurityType], portal: Portal) -> list[str]:
    """
    @param types: The security types of a server that strangers can reach.

    @param portal: What judges the credentials.

    @return: What its administrator should know, in sentences; empty if all is well.
    """
    interfaces = portal.listCredentialsInterfaces()
    if IAnonymous in interfaces:
        return ["anybody who can connect may look on, without a password"]
    said = []
    for one in offered(types, portal, canStartTLS=True):
        if isinstance(one, VeNCrypt):
            names = [inner.name for inner in one.subTypes]
            if "Plain" in names:
                said.append("security type Plain sends passwords in clear")
            if any(name.startswith("TLS") for name in names):
                said.append(
                    "TLS without a certificate keeps out who listens, and not who is"
                    " in between; with a certificate, and without the security types"
                    " TLSPlain and TLSVnc, it does"
                )
        elif one.number == 2 and IUsernameHashedPassword in interfaces:
            said.append(
                "security type VncAuth looks at eight bytes of the password, and"
                " nothing is encrypted for those who use it; -VncAuth forbids it"
            )
        elif one.number in (30, 113):
            said.append(f"security type {one.name} is weak")
        elif one.number in (6, 130):
            said.append(f"with security type {one.name} only the password is encrypted")
    return said
