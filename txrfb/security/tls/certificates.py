# -*- test-case-name: tests.security.test_certificates -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Certificates that a server makes for itself.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import ipaddress
import os
import re
from collections.abc import Sequence
from math import ceil
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID

from txrfb.security.accounts.files import createSecret

__all__ = [
    "alternativeNames",
    "certificatesIn",
    "createSelfSigned",
    "expiry",
    "fingerprintOf",
    "namesIn",
    "pinOf",
    "selfSigned",
]

#: A certificate, or a key, in PEM form.
_BLOCKS = re.compile(rb"-----BEGIN .*?-----END [^\n]*", re.DOTALL)

#: When it is time to see to a new one.
_SOON = datetime.timedelta(days=14)

#: For how long a certificate is good.
_YEARS = 10


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def expiry(certificate: x509.Certificate, now: datetime.datetime) -> list[str]:
    """
    @param now: The time.

    @return: That it has expired, or will soon: in two weeks, or when five sixths of its
        time are over; or that its time has not come.  In sentences; empty if all is
        well.
    """
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    name = certificate.subject.rfc4514_string() or "without a name"
    left = end - now
    if now < begin:
        said = f"is not valid before {begin:%Y-%m-%d %H:%M} UTC"
    elif left <= datetime.timedelta(0):
        said = f"has expired, on {end:%Y-%m-%d %H:%M} UTC"
    elif left < min(_SOON, (end - begin) / 6):
        days = ceil(left / datetime.timedelta(1))
        said = f"expires in {days} days, on {end:%Y-%m-%d %H:%M} UTC"
    else:
        return []
    return [f"the certificate {name} {said}"]


def selfSigned(names: Sequence[str], now: datetime.datetime) -> bytes:
    """
    Make a certificate that is signed by itself, and its key.

    Viewers accept it if it is given to them as the authority they trust.

    @param names: The names and addresses of the server, the most important first.

    @param now: The time.

    @return: Both in PEM form, the key first.

    @raise ValueError: if there is no name.
    """
    if not names:
        raise ValueError("a certificate needs a name")
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0][:64])])
    public = key.public_key()
    day = datetime.timedelta(1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        # Not all clocks are right.
        .not_valid_before(now - day)
        .not_valid_after(now + _YEARS * 365 * day)
        .add_extension(
            x509.SubjectAlternativeName([_alternative(name) for name in names]), False
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .sign(key, SHA256())
    )
    pem = serialization.Encoding.PEM
    return key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + certificate.public_bytes(pem)


def fingerprintOf(pem: bytes) -> str:
    """
    @param pem: A certificate in PEM form; there may be a key in front of it.

    @return: Its SHA-256 fingerprint, as viewers show it.

    @raise ValueError: if there is no certificate.
    """
    certificate = x509.load_pem_x509_certificate(pem)
    return certificate.fingerprint(SHA256()).hex(":").upper()


def pinOf(path: str) -> str:
    """
    @param path: The path of a certificate in PEM form.

    @return: The SHA-256 of its public key in base64, as viewers that are made with
        GnuTLS show it.

    @raise OSError: if it cannot be read.

    @raise ValueError: if it is none.
    """
    certificate = x509.load_pem_x509_certificate(Path(path).read_bytes())
    key = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(hashlib.sha256(key).digest()).decode("ascii")


def certificatesIn(pem: bytes) -> list[bytes]:
    """
    @param pem: Certificates in PEM form, and whatever is between them.

    @return: Each of them.

    @raise ValueError: if there is none, or one is broken.
    """
    blocks = [
        block
        for block in _BLOCKS.findall(pem)
        if block.startswith(b"-----BEGIN CERTIFICATE")
    ]
    if not blocks:
        raise ValueError("there is no certificate in PEM form in it")
    for block in blocks:
        try:
            x509.load_pem_x509_certificate(block)
        except ValueError:
            raise ValueError("a certificate in it is broken") from None
    return blocks


def createSelfSigned(
    path: str, names: Sequence[str], now: datetime.datetime | None = None
) -> str:
    """
    Make a certificate and its key for L{selfSigned}, unless there is the file
    already.

    @param path: Where both are kept, readable by the owner only.

    @param names: The names and addresses of the server.

    @param now: The time, by default that of the system.

    @return: The fingerprint of what is in the file.

    @raise OSError: if it can be neither read nor made.

    @raise ValueError: if there is something else in the file.
    """
    if not os.path.exists(path):
        time = now or datetime.datetime.now(datetime.timezone.utc)
        createSecret(path, selfSigned(names, time))
    with open(path, "rb") as file:
        return fingerprintOf(file.read())


def namesIn(directory: str) -> list[str]:
    """
    The names of a server whose certificates are in a directory, as endpoints C{tls:}
    find them.

    @param directory: Where files whose names end in C{.pem} are, at any depth.

    @return: The DNS names in the subjectAltName of those certificates whose keys are
        there, too.

    @raise OSError: if a file cannot be read.

    @raise ValueError: if there is something in one that is neither a key nor a
        certificate, naming it.
    """
    keys: set[bytes] = set()
    certificates: list[x509.Certificate] = []
    for path in sorted(Path(directory).rglob("*.pem")):
        for block in _BLOCKS.findall(path.read_bytes()):
            try:
                if b"CERTIFICATE" in block.partition(b"\n")[0]:
                    certificates.append(x509.load_pem_x509_certificate(block))
                else:
                    key = serialization.load_pem_private_key(block, None)
                    keys.add(_identity(key.public_key()))
            except (ValueError, TypeError, UnsupportedAlgorithm):
                raise ValueError(
                    f"{str(path)!r} has something in it that is neither a certificate"
                    " nor a key without a password"
                ) from None
    names = []
    for one in certificates:
        if _identity(one.public_key()) in keys:
            for other in _alternatives(one):
                names += other.get_values_for_type(x509.DNSName)
    return names


def alternativeNames(certificate: x509.Certificate) -> list[str]:
    """
    @return: The names and addresses of a server's certificate.
    """
    return [
        str(name)
        for one in _alternatives(certificate)
        for name in (
            *one.get_values_for_type(x509.DNSName),
            *one.get_values_for_type(x509.IPAddress),
        )
    ]


def _alternatives(certificate: x509.Certificate) -> list[x509.SubjectAlternativeName]:
    return [
        extension.value
        for extension in certificate.extensions
        if isinstance(extension.value, x509.SubjectAlternativeName)
    ]


def _identity(key: PublicKeyTypes) -> bytes:
    """
    @return: What tells a key from others.
    """
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
