# -*- test-case-name: tests.security.test_vencrypt -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The security type VeNCrypt of the RFB protocol, version 0.2: TLS, and inside it one
of the simple types.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cryptography import x509
from twisted.cred.credentials import IAnonymous
from zope.interface import implementer

from txrfb.error import SecurityError
from txrfb.interfaces import ISecurityType
from txrfb.security.accounts.credentials import (
    Certified,
    ClientCertificate,
    IClientCertificate,
)
from txrfb.security.steps import (
    ClientSteps,
    Context,
    Login,
    Read,
    StartTLS,
    Steps,
    Turn,
    Write,
)
from txrfb.security.types import SECURITY_TYPES, none, plain, vncauth
from txrfb.security.types.conditions import Conditions, possible
from txrfb.security.types.none import NoSecurity
from txrfb.security.types.plain import Plain
from txrfb.security.types.vncauth import VNCAuth

__all__ = [
    "NAMES",
    "NUMBERS",
    "SubType",
    "VeNCrypt",
    "clientSteps",
    "commonName",
    "subTypes",
]

_VERSION = b"\x00\x02"

#: How long a server computes for a handshake of TLS: 1 ms for ffdhe2048, 0.6 ms with a
#: certificate for P-256, 1.7 ms with one for RSA of 2048 bits.
_TLS_SECONDS = 0.002

#: What may be inside.
_Inner = Plain | VNCAuth | NoSecurity

#: Sub-types by name: number, kind of TLS, what is inside.  The better come first.
_KINDS: dict[str, tuple[int, str | None, type[_Inner]]] = {
    "X509Plain": (262, "x509", Plain),
    "X509Vnc": (261, "x509", VNCAuth),
    "X509None": (260, "x509", NoSecurity),
    "TLSPlain": (259, "anonymous", Plain),
    "TLSVnc": (258, "anonymous", VNCAuth),
    "TLSNone": (257, "anonymous", NoSecurity),
    "Plain": (256, None, Plain),
}

NAMES = tuple(_KINDS)
NUMBERS = {number: name for name, (number, _, _) in _KINDS.items()}


def commonName(certificate: bytes) -> bytes:
    """
    @param certificate: A certificate in DER form.

    @return: The common name of its subject, as UTF-8; empty if it has none.

    @raise ValueError: if it is not a certificate.
    """
    subject = x509.load_der_x509_certificate(certificate).subject
    names = subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    if not names:
        return b""
    value = names[0].value
    return value if isinstance(value, bytes) else value.encode("utf-8")


@dataclass(frozen=True, slots=True)
class SubType:
    """
    A sub-type of VeNCrypt.

    @ivar name: One of L{NAMES}.
    @ivar inner: The security type inside.
    @ivar asked: Whether the administrator asked for it by name.  If not, it is not
        offered where it protects nobody.
    @ivar certified: Whether the viewer must show a certificate.
    """

    name: str
    inner: _Inner = field(repr=False)
    asked: bool = False
    certified: bool = False

    @property
    def number(self) -> int:
        """
        Its number on the wire.
        """
        return _KINDS[self.name][0]

    @property
    def kind(self) -> str | None:
        """
        Which TLS there is around the inner type, as L{StartTLS} has it.
        """
        return _KINDS[self.name][1]

    def under(self, conditions: Conditions) -> SubType | None:
        """
        @return: This with the inner type as it is under these conditions, if it can
            be offered.
        """
        if self.kind is None:
            possible = conditions.isSecure or self.asked
        else:
            possible = conditions.canStartTLS
        if not possible:
            return None
        if isinstance(self.inner, NoSecurity):
            isX509 = self.kind == "x509"
            if isX509 and conditions.canCheck(IClientCertificate):
                return self
            anybody = conditions.canCheck(IAnonymous)
            return self if anybody and (isX509 or self.asked) else None
        certified = self.kind == "x509" and bool(conditions.certified)
        if certified:
            conditions = replace(conditions, interfaces=conditions.certified)
        inner = self.inner.under(conditions)
        if inner is None:
            return None
        return SubType(self.name, inner, self.asked, certified)

    def negotiate(self, context: Context) -> Steps:
        """
        TLS, if it belongs to this, and the type inside.
        """
        certificate = None
        if self.kind is not None:
            certificate = yield StartTLS(self.kind)
        if certificate is None and self.certified:
            # TLS itself should have refused it.
            raise SecurityError(f"{self.name} without a certificate of the viewer")
        if certificate is None:
            yield from self.inner.negotiate(context)
            return
        shown = ClientCertificate(commonName(certificate), certificate)
        if isinstance(self.inner, NoSecurity):
            yield Login(shown)
        else:
            # Whoever judges the password hears whose it has to be.
            yield from _changed(
                self.inner.negotiate(context),
                lambda login: Login(Certified(shown, login.credentials)),
            )


def subTypes(
    names: Iterable[str], username: bytes = b"vnc", asked: bool = False
) -> list[SubType]:
    """
    Make sub-types.

    @param names: Some of L{NAMES}, the preferred first.

    @param username: Whose password sub-types with VNC authentication ask for.

    @param asked: Whether the administrator asked for them by name.
    """
    made = []
    for name in names:
        inner = _KINDS[name][2]
        made.append(
            SubType(name, VNCAuth(username) if inner is VNCAuth else inner(), asked)
        )
    return made


@implementer(ISecurityType)
class VeNCrypt:
    """
    Offer a choice of sub-types.

    Among them may be security types that are offered besides it, too, as TigerVNC's
    server has them: noVNC looks no further once it has seen VeNCrypt, and would find
    nothing that it can do.

    @ivar subTypes: The sub-types and other types, the preferred first.
    """

    number = 19
    name = "VeNCrypt"

    def __init__(self, subTypes: Sequence[SubType | ISecurityType]) -> None:
        self.subTypes = tuple(subTypes)

    def under(self, conditions: Conditions) -> VeNCrypt | None:
        """
        @return: One with those that can be offered, if a sub-type is among them.
        """
        chosen = possible(self.subTypes, conditions)
        return VeNCrypt(chosen) if SubType in map(type, chosen) else None

    def negotiate(self, context: Context) -> Steps:
        """
        See L{ISecurityType.negotiate}.
        """
        yield Write(_VERSION)
        version = yield Read(2)
        if version != _VERSION:
            yield Write(b"\xff")
            raise SecurityError(f"VeNCrypt {version[0]}.{version[1]} instead of 0.2")
        numbers = [one.number for one in self.subTypes]
        yield Write(struct.pack(f">BB{len(numbers)}I", 0, len(numbers), *numbers))
        names = ", ".join(one.name for one in self.subTypes)
        answer = yield Read(4, f"to choose a type in VeNCrypt of {names}")
        number = int.from_bytes(answer, "big")
        for chosen in self.subTypes:
            if chosen.number == number:
                break
        else:
            raise SecurityError(f"VeNCrypt sub-type {number} was not offered")
        if isinstance(chosen, SubType) and chosen.kind is not None:
            # Before the viewer may begin TLS, which computes inside of the transport.
            yield Turn(_TLS_SECONDS)
            # Sub-type Plain has no such byte, whatever some viewers wait for.
            yield Write(b"\x01")
        yield from _changed(
            chosen.negotiate(context), lambda login: replace(login, name=chosen.name)
        )


def _changed(steps: Steps, change: Callable[[Login], Login]) -> Steps:
    """
    @return: The steps, with another login.
    """
    answer: Any = None
    try:
        while True:
            try:
                step = steps.send(answer)
            except StopIteration:
                return
            answer = yield change(step) if isinstance(step, Login) else step
    finally:
        steps.close()


def clientSteps(
    names: Sequence[str],
    username: bytes = b"",
    password: bytes = b"",
    others: Mapping[str, tuple[int, Callable[[], ClientSteps]]] | None = None,
) -> ClientSteps:
    """
    The viewer's side.

    @param names: The sub-types that may be used, the preferred first.

    @param username: For those that ask for it.

    @param password: For those that ask for it.

    @param others: Security types that may be among C{names} besides: what makes the
        steps of each, by its number.

    @raise SecurityError: if none of them is offered.
    """
    others = others or {}
    version = yield Read(2)
    if version < _VERSION:
        raise SecurityError(f"the server has VeNCrypt {version[0]}.{version[1]} only")
    yield Write(_VERSION)
    answer = yield Read(2)
    if answer[0] != 0 or answer[1] == 0:
        raise SecurityError("the server refuses VeNCrypt 0.2")
    listed = yield Read(4 * answer[1])
    numbers = struct.unpack(f">{answer[1]}I", listed)
    for name in names:
        if (others.get(name) or _KINDS[name])[0] in numbers:
            break
    else:
        known = {**SECURITY_TYPES, **NUMBERS}
        offered = [known.get(number, str(number)) for number in numbers]
        usable = ", ".join(names)
        raise SecurityError(
            f"the server offers {', '.join(offered)} only; usable are {usable}"
        )
    if name in others:
        other, steps = others[name]
        yield Write(other.to_bytes(4, "big"))
        yield from steps()
        return
    number, kind, inner = _KINDS[name]
    yield Write(number.to_bytes(4, "big"))
    if kind is not None:
        acknowledged = yield Read(1)
        if acknowledged != b"\x01":
            raise SecurityError(f"the server cannot do {name}")
        yield StartTLS(kind)
    if inner is Plain:
        yield from plain.clientSteps(username, password)
    elif inner is VNCAuth:
        yield from vncauth.clientSteps(password)
    else:
        yield from none.clientSteps()
