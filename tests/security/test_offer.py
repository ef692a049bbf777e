# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.admission.offer}.
"""

from __future__ import annotations

from typing import Any

from twisted.cred.credentials import IUsernamePassword
from twisted.trial.unittest import SynchronousTestCase

from tests.security.driver import flat, within
from txrfb.security.accounts.checkers import CertificateChecker
from txrfb.security.accounts.realm import portalFor
from txrfb.security.admission.choice import choose
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

    def offer(
        self,
        portal: Any,
        hasCertificate: bool = True,
        choice: str = "",
        key: HostKey | None = KEY,
        **how: Any,
    ) -> list[str]:
        """
        @return: The names of what is offered; what VeNCrypt offers is in
            C{self.within}.
        """
        types = securityTypes(
            choose(choice), hostKey=key, canTLS=True, hasCertificate=hasCertificate
        )
        answer = offered(types, portal, **how)
        self.within = within(answer)
        return flat(answer)

    def test_open(self) -> None:
        """
        Without a password it is None, which some viewers cannot do without; with a
        certificate, where TLS can begin, X509None is better.
        """
        hows: tuple[tuple[dict[str, Any], list[str]], ...] = (
            ({}, ["None"]),
            ({"canStartTLS": True}, ["X509None", "None"]),
            ({"isSecure": True}, ["None"]),
        )
        for how, offer in hows:
            self.assertEqual(self.offer(portalFor(), **how), offer)

    def test_password(self) -> None:
        """
        With a password nobody is asked for a name.  Certificates come first, then host
        keys, then TLS that may be anybody's.  What noVNC can do is in VeNCrypt, too,
        and what it cannot do without https is last.
        """
        portal = portalFor("x")
        self.assertEqual(
            self.offer(portal, canStartTLS=True),
            ["X509Vnc", "TLSVnc", "RA2_256", "RA2", "VncAuth", "RA2ne"],
        )
        self.assertEqual(
            self.within, ["X509Vnc", "RA2_256", "RA2", "TLSVnc", "VncAuth", "RA2ne"]
        )
        self.assertEqual(
            self.offer(portal, False, canStartTLS=True),
            ["RA2_256", "RA2", "TLSVnc", "VncAuth", "RA2ne"],
        )
        self.assertEqual(self.within, ["RA2_256", "RA2", "TLSVnc", "VncAuth", "RA2ne"])
        self.assertEqual(
            self.offer(portal, False, key=None, canStartTLS=True), ["TLSVnc", "VncAuth"]
        )
        self.assertEqual(self.within, ["TLSVnc", "VncAuth"])
        self.assertEqual(self.offer(portal), ["RA2_256", "RA2", "VncAuth", "RA2ne"])
        self.assertEqual(self.within, [])
        self.assertEqual(self.offer(portal, webSocket=True), ["VncAuth", "RA2ne"])
        self.assertEqual(
            self.offer(portal, webSocket=True, secureContext=False), ["VncAuth"]
        )

    def test_asked(self) -> None:
        """
        The place of a type that was asked for by name is where its name stands.
        """
        portal = portalFor("x")
        for choice, names in (
            ("RA2ne,VncAuth", ["RA2ne", "VncAuth"]),
            ("+RA2ne", ["RA2_256", "RA2", "RA2ne", "VncAuth"]),
            ("-VncAuth", ["RA2_256", "RA2", "RA2ne"]),
        ):
            self.assertEqual(self.offer(portal, choice=choice), names)

    def test_passwordAndUsers(self) -> None:
        """
        Where some have names, noVNC asks for them.
        """

        class Users:
            credentialInterfaces = (IUsernamePassword,)

        portal = portalFor("x", checkers=[Users()])  # type: ignore[list-item]
        self.assertEqual(
            self.offer(portal, False, canStartTLS=True),
            ["RA2_256", "RA2", "TLSPlain", "TLSVnc", "RA2ne", "VncAuth"],
        )
        self.assertEqual(self.within[-2:], ["RA2ne", "VncAuth"])

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
            ["X509Plain", "TLSPlain", "RA2_256", "RA2", "RA2ne"],
        )
        self.assertEqual(
            self.within, ["X509Plain", "RA2_256", "RA2", "TLSPlain", "RA2ne"]
        )
        self.assertEqual(self.offer(portal, webSocket=True), ["RA2ne"])
        self.assertEqual(
            self.offer(portal, webSocket=True, isSecure=True), ["Plain", "RA2ne"]
        )
        # Where the browser does no cryptography there is nothing that it can do.
        self.assertEqual(self.offer(portal, webSocket=True, secureContext=False), [])

    def test_certificates(self) -> None:
        """
        With certificates of the viewers nothing else is asked.
        """
        portal = portalFor(checkers=[CertificateChecker()])
        self.assertEqual(self.offer(portal, canStartTLS=True), ["X509None"])
        self.assertEqual(self.offer(portal, False, canStartTLS=True), [])
