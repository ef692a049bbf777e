# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.admission.weaknesses}.
"""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from txrfb.security.accounts.checkers import CertificateChecker
from txrfb.security.accounts.realm import portalFor
from txrfb.security.admission.choice import choose
from txrfb.security.admission.maker import securityTypes
from txrfb.security.admission.weaknesses import weaknesses
from txrfb.security.types.hostkey import HostKey

KEY = HostKey.generate(1024)


class WeaknessesTests(SynchronousTestCase):
    """
    What is said to administrators whose server strangers can reach.
    """

    def said(self, text: str, portal: Any) -> str:
        """
        @return: All of it.
        """
        types = securityTypes(
            choose(text), hostKey=KEY, canTLS=True, hasCertificate=True
        )
        return "; ".join(weaknesses(types, portal))

    def test_fine(self) -> None:
        """
        What is strong is not talked about.
        """
        portal = portalFor("x", names=True)
        for text in ("RA2_256", "RA2", "X509Plain", "X509Vnc", "X509Plain,RA2"):
            self.assertEqual(self.said(text, portal), "")

    def test_weak(self) -> None:
        """
        Each weakness is named.
        """
        portal = portalFor("x", names=True)
        for text, words in (
            ("VncAuth", "eight bytes"),
            ("TLSVnc", "man in the middle"),
            ("Plain", "passwords in clear"),
            ("ARD", "ARD is weak"),
            ("MSLogonII", "MSLogonII is weak"),
            ("RA2ne", "only the password"),
        ):
            self.assertIn(words, self.said(text, portal))
        self.assertIn("anybody", self.said("", portalFor()))
        for text, words in (
            ("TLSVnc", "with --tls-certificate and --security=-TLSVnc"),
            ("X509Vnc,X509Plain,TLSVnc,TLSPlain", "; --security=-TLSVnc,-TLSPlain"),
        ):
            self.assertIn(words, self.said(text, portal))
        checkers = [CertificateChecker()]
        for enough in ({"password"}, {"certificate"}):
            portal = portalFor("x", checkers=checkers, enough=enough)
            self.assertIn("one of them is enough", self.said("X509Vnc", portal))
        portal = portalFor("x", checkers=checkers)
        self.assertEqual(self.said("X509Vnc", portal), "")
