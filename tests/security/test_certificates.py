# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.tls.certificates}.
"""

from __future__ import annotations

import datetime
import ipaddress
import os

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from twisted.trial.unittest import SynchronousTestCase

from tests.security.driver import temporary
from txrfb.security.tls.certificates import createSelfSigned, fingerprintOf, selfSigned

NOW = datetime.datetime(2026, 11, 25, 12, tzinfo=datetime.timezone.utc)


class SelfSignedTests(SynchronousTestCase):
    """
    A certificate made on demand.
    """

    def test_content(self) -> None:
        """
        It names the server in all ways it is known by, is good for servers only,
        from a day back to ten years on, and its key is beside it.
        """
        pem = selfSigned(["desk.example", "localhost", "192.0.2.1", "::1"], NOW)
        made = x509.load_pem_x509_certificate(pem)
        key = serialization.load_pem_private_key(pem, None)
        self.assertEqual(key.public_key(), made.public_key())
        [name] = made.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        self.assertEqual(name.value, "desk.example")
        names = made.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        ).value
        self.assertEqual(
            names.get_values_for_type(x509.DNSName), ["desk.example", "localhost"]
        )
        self.assertEqual(
            names.get_values_for_type(x509.IPAddress),
            [ipaddress.ip_address("192.0.2.1"), ipaddress.ip_address("::1")],
        )
        basic = made.extensions.get_extension_for_class(x509.BasicConstraints)
        self.assertTrue(basic.critical)
        self.assertFalse(basic.value.ca)
        usage = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        self.assertEqual(list(usage), [ExtendedKeyUsageOID.SERVER_AUTH])
        self.assertEqual(made.not_valid_before_utc, NOW - datetime.timedelta(1))
        self.assertEqual(made.not_valid_after_utc, NOW + datetime.timedelta(3650))

    def test_longName(self) -> None:
        """
        A name that is longer than a common name may be is there in full elsewhere.
        """
        name = "x" * 60 + ".example"
        made = x509.load_pem_x509_certificate(selfSigned([name], NOW))
        names = made.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        ).value
        self.assertEqual(names.get_values_for_type(x509.DNSName), [name])

    def test_nameless(self) -> None:
        """
        Without a name there is none.
        """
        self.assertRaises(ValueError, selfSigned, [], NOW)

    def test_file(self) -> None:
        """
        It is made once, for its owner only, and found again by its fingerprint.
        """
        path = temporary(self)
        first = createSelfSigned(path, ["localhost"])
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        self.assertEqual(createSelfSigned(path, ["other"]), first)
        self.assertEqual(len(first.split(":")), 32)
        with open(path, "rb") as file:
            self.assertEqual(fingerprintOf(file.read()), first)

    def test_otherFile(self) -> None:
        """
        A file with something else in it stays as it is.
        """
        path = temporary(self, b"something else")
        self.assertRaises(ValueError, createSelfSigned, path, ["localhost"])
