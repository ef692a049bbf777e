# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.admission.offer}.
"""

from __future__ import annotations

from typing import Any

from twisted.cred.credentials import IUsernamePassword
from twisted.trial.unittest import SynchronousTestCase

from tests.security.driver import flat
from txrfb.security.accounts.checkers import CertificateChecker
from txrfb.security.accounts.realm import portalFor
from txrfb.security.admission.maker import securityTypes
from txrfb.security.admission.offer import offered
from txrfb.security.types.conditions import Conditions
from txrfb.security.types.hostkey import HostKey
from txrfb.security.types.none import NoSecurity
from txrfb.security.types.vncauth import VNCAuth

KEY = HostKey.generate(1024)


class OfferedTests(SynchronousTestCase):
    """
    What one viewer is offered.
    """

    def test_portalDecides(self) -> None:
        """
        Only what the portal can check is offered: None never besides a password.
        """
        types = [VNCAuth(), NoSecurity()]
        self.assertEqual([t.number for t in offered(types, portalFor())], [1])
        self.assertEqual([t.number for t in offered(types, portalFor("x"))], [2])
        self.assertEqual(offered([NoSecurity()], portalFor("x")), [])

    def test_conditions(self) -> None:
        """
        A type learns about the transport, and that nothing can be put into TLS
        twice; it may answer with another, as with a part of itself.
        """
        seen: list[Conditions] = []

        class Picky:
            number, name = 19, "picky"

            def under(self, conditions: Conditions) -> Any:
                seen.append(conditions)
                return VNCAuth()

        answer = offered(
            [Picky()],  # type: ignore[list-item]
            portalFor(),
            canStartTLS=True,
            isSecure=True,
            webSocket=True,
        )
        self.assertIsInstance(answer[0], VNCAuth)
        self.assertFalse(seen[0].canStartTLS)
        self.assertTrue(seen[0].isSecure and seen[0].webSocket)

    def test_stranger(self) -> None:
        """
        A security type of somebody else that has no opinion is offered.
        """

        class Stranger:
            number, name = 200, "stranger"

        stranger: Any = Stranger()
        self.assertEqual(offered([stranger], portalFor()), [stranger])


class CombinationsTests(SynchronousTestCase):
    """
    What viewers are offered of what is usual: the lists that were tried with viewers.
    """

    def offer(self, portal: Any, hasCertificate: bool = True, **how: Any) -> list[str]:
        """
        @return: The names of what is offered.
        """
        types = securityTypes(hostKey=KEY, canTLS=True, hasCertificate=hasCertificate)
        return flat(offered(types, portal, **how))

    def test_open(self) -> None:
        """
        Without a password it is None, alone: some viewers cannot do without.
        """
        for how in ({}, {"canStartTLS": True}, {"isSecure": True}):
            self.assertEqual(self.offer(portalFor(), **how), ["None"])

    def test_password(self) -> None:
        """
        With a password nobody is asked for a name.
        """
        portal = portalFor("x")
        self.assertEqual(
            self.offer(portal, canStartTLS=True),
            ["RA2_256", "RA2", "RA2ne", "X509Vnc", "TLSVnc", "VncAuth"],
        )
        self.assertEqual(
            self.offer(portal, False, canStartTLS=True),
            ["RA2_256", "RA2", "RA2ne", "TLSVnc", "VncAuth"],
        )
        self.assertEqual(self.offer(portal), ["RA2_256", "RA2", "RA2ne", "VncAuth"])
        self.assertEqual(self.offer(portal, webSocket=True), ["RA2ne", "VncAuth"])

    def test_users(self) -> None:
        """
        With users whose passwords are hashed there is nothing that needs to know
        them.
        """

        class Users:
            credentialInterfaces = (IUsernamePassword,)

        portal = portalFor(checkers=[Users()])  # type: ignore[list-item]
        self.assertEqual(
            self.offer(portal, canStartTLS=True),
            ["RA2_256", "RA2", "RA2ne", "X509Plain", "TLSPlain"],
        )
        self.assertEqual(self.offer(portal, webSocket=True), ["RA2ne"])
        self.assertEqual(
            self.offer(portal, webSocket=True, isSecure=True), ["RA2ne", "Plain"]
        )

    def test_certificates(self) -> None:
        """
        With certificates of the viewers nothing else is asked.
        """
        portal = portalFor(checkers=[CertificateChecker()])
        self.assertEqual(self.offer(portal, canStartTLS=True), ["X509None"])
        self.assertEqual(self.offer(portal, False, canStartTLS=True), [])
