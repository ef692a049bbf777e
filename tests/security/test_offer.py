# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.admission.offer}.
"""

from __future__ import annotations

from typing import Any

from twisted.cred.credentials import IUsernamePassword
from twisted.trial.unittest import SynchronousTestCase

from txrfb.security.accounts.checkers import CertificateChecker
from txrfb.security.accounts.realm import portalFor
from txrfb.security.admission.offer import (
    NAMES,
    choose,
    offered,
    securityTypes,
    weaknesses,
)
from txrfb.security.types.conditions import Conditions
from txrfb.security.types.hostkey import HostKey
from txrfb.security.types.none import NoSecurity
from txrfb.security.types.vncauth import VNCAuth


class OfferedTests(SynchronousTestCase):
    """
    What one viewer is offered.
    """

    def test_portalDecides(self) -> None:
        """
        Only what the portal can check is offered: None never beside a password.
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


KEY = HostKey.generate(1024)


def flat(types: Any) -> list[str]:
    """
    @return: The names of types, those of VeNCrypt's sub-types in their place.
    """
    names: list[str] = []
    for one in types:
        names += flat(one.subTypes) if one.number == 19 else [one.name]
    return names


class ChooseTests(SynchronousTestCase):
    """
    What administrators write.
    """

    usual = (
        "RA2_256 RA2 RA2ne X509Plain X509Vnc X509None TLSPlain TLSVnc Plain VncAuth"
        " None"
    ).split()

    def test_usual(self) -> None:
        """
        Nothing said is what is usual, in the order that lets every viewer in.
        """
        for text in ("", " ", ","):
            choice = choose(text)
            self.assertEqual(list(choice.names), self.usual)
            self.assertEqual(choice.asked, frozenset())
            self.assertFalse(choice.needsNames)

    def test_exact(self) -> None:
        """
        Names are those and no others, in their order, however they are spelled.
        """
        choice = choose("vncauth, x509plain,RA2")
        self.assertEqual(choice.names, ("VncAuth", "X509Plain", "RA2"))
        self.assertEqual(choice.asked, set(choice.names))
        self.assertTrue(choice.needsNames)

    def test_change(self) -> None:
        """
        What is usual can be added to, at the place where it is best, and be taken
        from.
        """
        choice = choose("+ARD,-VncAuth,-ra2")
        expected = [name for name in NAMES if name in {*self.usual, "ARD"}]
        expected.remove("VncAuth")
        expected.remove("RA2")
        self.assertEqual(list(choice.names), expected)
        self.assertEqual(choice.asked, {"ARD"})
        self.assertEqual(expected.index("ARD"), expected.index("None") - 1)

    def test_wrong(self) -> None:
        """
        What is not understood is an error that says what there is.
        """
        for text, word in (
            ("Tight", "there are RA2_256"),
            ("VncAuth,+ARD", "all security types have"),
            ("RA2,ra2", "twice"),
            ("+ARD,-ARD", "twice"),
            ("+", "there are RA2_256"),
        ):
            error = self.assertRaises(ValueError, choose, text)
            self.assertIn(word, str(error))


class SecurityTypesTests(SynchronousTestCase):
    """
    From names to types.
    """

    def test_everything(self) -> None:
        """
        Every name makes the type of that name; sub-types of VeNCrypt are together,
        where the first of them stands.
        """
        types = securityTypes(
            choose(",".join(NAMES)), hostKey=KEY, canTLS=True, hasCertificate=True
        )
        self.assertEqual(tuple(flat(types)), NAMES)
        types = securityTypes(choose("TLSVnc,VncAuth,Plain"), canTLS=True)
        self.assertEqual(flat(types), ["TLSVnc", "Plain", "VncAuth"])

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
            ("TLSVnc", "in between"),
            ("Plain", "passwords in clear"),
            ("ARD", "ARD is weak"),
            ("MSLogonII", "MSLogonII is weak"),
            ("RA2ne", "only the password"),
        ):
            self.assertIn(words, self.said(text, portal))
        self.assertIn("anybody", self.said("", portalFor()))
