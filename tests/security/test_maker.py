# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.admission.maker}.
"""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.security.driver import flat, within
from txrfb.security.admission.choice import NAMES, choose
from txrfb.security.admission.maker import securityTypes
from txrfb.security.types.hostkey import HostKey

KEY = HostKey.generate(1024)


class SecurityTypesTests(SynchronousTestCase):
    """
    From names to types.
    """

    def test_everything(self) -> None:
        """
        Every name makes the type of that name.  VeNCrypt stands where the first of its
        sub-types does, and has in it all others, too, in the order of their names.
        """
        types = securityTypes(
            choose(",".join(NAMES)), hostKey=KEY, canTLS=True, hasCertificate=True
        )
        self.assertEqual(tuple(within(types)), NAMES)
        self.assertEqual(set(flat(types)), set(NAMES))
        types = securityTypes(
            choose("RA2,TLSVnc,VncAuth,Plain"), hostKey=KEY, canTLS=True
        )
        self.assertEqual(flat(types), ["RA2", "TLSVnc", "Plain", "VncAuth"])
        self.assertEqual(within(types), ["RA2", "TLSVnc", "VncAuth", "Plain"])

    def test_username(self) -> None:
        """
        Types without names ask for the password of the one who is said.
        """
        types: Any = securityTypes(
            choose("TLSVnc,VncAuth"), canTLS=True, username=b"desk"
        )
        self.assertEqual(types[0].subTypes[0].inner.username, b"desk")
        self.assertEqual(types[1].username, b"desk")

    def test_lack(self) -> None:
        """
        What is usual and cannot be done is left out; what was asked for and cannot be
        done is an error.
        """
        self.assertEqual(flat(securityTypes()), ["Plain", "VncAuth", "None"])
        self.assertNotIn("X509Vnc", flat(securityTypes(canTLS=True)))
        for name, word in (
            ("RA2", "key"),
            ("TLSVnc", "pyOpenSSL"),
            ("X509None", "pyOpenSSL"),
        ):
            error = self.assertRaises(ValueError, securityTypes, choose(name))
            self.assertIn(word, str(error))
        error = self.assertRaises(
            ValueError, securityTypes, choose("+X509Vnc"), canTLS=True
        )
        self.assertIn("a certificate", str(error))

    def test_hostKey(self) -> None:
        """
        A key is made once, and only if it is needed.
        """
        made: list[HostKey] = []

        def make() -> HostKey:
            made.append(KEY)
            return KEY

        securityTypes(choose("VncAuth"), hostKey=make)
        self.assertEqual(made, [])
        securityTypes(choose("RA2,RA2ne,RA2_256"), hostKey=make)
        self.assertEqual(made, [KEY])
