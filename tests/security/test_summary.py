# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.admission.summary}.
"""

from __future__ import annotations

from twisted.cred.portal import Portal
from twisted.trial.unittest import SynchronousTestCase

from txrfb.security.accounts.checkers import CertificateChecker
from txrfb.security.accounts.realm import portalFor
from txrfb.security.admission.choice import NAMES, choose
from txrfb.security.admission.maker import securityTypes
from txrfb.security.admission.summary import summaryOf
from txrfb.security.types.hostkey import HostKey

KEY = HostKey.generate(1024)


class SummaryTests(SynchronousTestCase):
    """
    What is said of security types.
    """

    def said(
        self, text: str, portal: Portal, canTLS: bool = True
    ) -> dict[str, tuple[str, str, str]]:
        """
        @return: It, by the names of the types, in order.
        """
        types = securityTypes(
            choose(text), hostKey=KEY, canTLS=canTLS, hasCertificate=canTLS
        )
        return {name: rest for name, *rest in summaryOf(types, portal, canTLS)}  # type: ignore[misc]

    def test_everyType(self) -> None:
        """
        There is something to say of each, the better first.
        """
        both = portalFor("x", names=True)
        asked = ",".join(name for name in NAMES if not name.endswith("None"))
        said = self.said(asked, both)
        self.assertEqual(list(said), asked.split(","))
        for asks, protects, viewers in said.values():
            self.assertTrue(asks.startswith("a "), asks)
            self.assertIn("encrypt", protects.replace("DES", "encrypt"))
            self.assertTrue(viewers)

    def test_asks(self) -> None:
        """
        What a viewer must give depends on who may log in.
        """
        for portal, name, expected in (
            (portalFor(), "X509None", "nothing"),
            (portalFor(), "None", "nothing"),
            (portalFor("x"), "VncAuth", "a password"),
            (portalFor("x"), "RA2", "a password"),
            (portalFor("x", names=True), "RA2", "a name and a password"),
            (portalFor("x", names=True), "X509Vnc", "a password"),
            (portalFor(checkers=[CertificateChecker()]), "X509None", "a certificate"),
        ):
            asks, _, _ = self.said("", portal)[name]
            self.assertEqual(asks, expected, name)

    def test_protects(self) -> None:
        """
        It is told what is encrypted, and from whom.
        """
        said = self.said("", portalFor("x", names=True))
        for name, words in (
            ("X509Plain", "the certificate proves who the server is"),
            ("RA2_256", "viewers compare the host key"),
            ("RA2ne", "the password is encrypted, and nothing else"),
            ("TLSVnc", "not from a man in the middle"),
            ("VncAuth", "eight bytes"),
        ):
            self.assertIn(words, said[name][1])

    def test_offeredOnly(self) -> None:
        """
        Nothing is told of what viewers are not offered.
        """
        self.assertEqual(list(self.said("", portalFor(), canTLS=False)), ["None"])
