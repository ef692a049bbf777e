# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Certificates for a server on 127.0.0.1, and authorities to trust or not.
"""

from __future__ import annotations

import datetime
import ipaddress
import os

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

_DAY = datetime.timedelta(days=1)
_PEM = serialization.Encoding.PEM


class Authority:
    """
    Who signs certificates.

    @ivar path: a file with the authority's own certificate.
    """

    def __init__(self, directory: str, name: str) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named(f"txrfb {name}")
        now = datetime.datetime.now(datetime.timezone.utc)
        certificate = (
            self._begun(self._name, self._key.public_key(), now)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
            .sign(self._key, SHA256())
        )
        self.path = os.path.join(directory, f"{name}.pem")
        with open(self.path, "wb") as file:
            file.write(certificate.public_bytes(_PEM))

    def _begun(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        start: datetime.datetime,
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start - _DAY)
            .not_valid_after(start + _DAY)
        )

    def issue(self, expired: bool = False) -> str:
        """
        Make a certificate for 127.0.0.1.

        @param expired: whether it is out of date.
        @return: the path of a file with it and its key.
        """
        now = datetime.datetime.now(datetime.timezone.utc)
        key = ec.generate_private_key(ec.SECP256R1())
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        certificate = (
            self._begun(
                _named("127.0.0.1"),
                key.public_key(),
                now - 10 * _DAY if expired else now,
            )
            .add_extension(x509.SubjectAlternativeName([address]), False)
            .sign(self._key, SHA256())
        )
        path = os.path.join(self._directory, "server.pem")
        with open(path, "wb") as file:
            file.write(certificate.public_bytes(_PEM))
            file.write(
                key.private_bytes(
                    _PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            )
        return path


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
