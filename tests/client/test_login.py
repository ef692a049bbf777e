# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.client.login}: viewers, without sockets, at servers of every kind.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.security.driver import temporary
from tests.security.test_tls import NOW, Authority
from txrfb.client import loginFor, securityFor
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.protocol import RFBFactory
from txrfb.security import (
    CertificateChecker,
    HostKey,
    choose,
    client,
    makeGate,
    makePortal,
    portalFor,
    selfSigned,
)
from txrfb.testing import Link, Viewer, assertScreen

_KEY = HostKey.generate(1024)
_CERTIFICATE = selfSigned(["localhost", "vnc.example.com"], NOW)


class ChoiceTests(SynchronousTestCase):
    """
    Which security types a viewer uses unless it is told.
    """

    def test_numbers(self) -> None:
        """
        Those for which it has what they ask for.
        """
        self.assertEqual([*securityFor()], [19, 1])
        self.assertEqual([*securityFor("x")], [129, 5, 19, 130, 6, 2, 1])
        self.assertEqual(
            [*securityFor("x", "ada")], [129, 5, 19, 130, 6, 30, 113, 2, 1]
        )
        self.assertEqual([*securityFor("x", names=["VncAuth", "None"])], [2, 1])
        self.assertRaises(ValueError, securityFor, names=["Rot13"])

    def test_noTLS(self) -> None:
        """
        Nothing in TLS where there is no pyOpenSSL.
        """
        self.patch(client, "find_spec", lambda name: None)
        self.assertEqual([*securityFor()], [1])
        error = self.assertRaises(ValueError, loginFor, "x", authority=b"")
        self.assertIn("pyOpenSSL", str(error))


class LoginTests(SynchronousTestCase):
    """
    From connecting to the picture, with L{Viewer}.
    """

    def setUp(self) -> None:
        self.certificate = temporary(self, _CERTIFICATE)
        self.key = temporary(self, _KEY.toPEM())
        os.chmod(self.key, 0o600)

    def factory(self, names: str, portal: Any = None, **options: Any) -> RFBFactory:
        """
        @return: A factory with these security types.
        """
        clock = Clock()
        choice = choose(names)
        if portal is None:
            portal = makePortal(password="secret", choice=choice)
        gate = makeGate(
            clock,
            portal,
            choice=choice,
            hostKey=self.key,
            certificate=self.certificate,
            **options,
        )
        framebuffer = MemoryFramebuffer(40, 30)
        framebuffer.fill("lime")
        return RFBFactory(framebuffer, gate=gate, reactor=clock)

    def assertSees(self, viewer: Viewer) -> None:
        """
        A viewer has logged in and has the picture.
        """
        self.assertTrue(viewer.isConnected, viewer.log)
        self.assertEqual(viewer.color(39, 29), "#00ff00")

    def test_password(self) -> None:
        """
        With a password it is used where the server asks for it, and nothing else where
        it does not.
        """
        for names in ("VncAuth", "TLSVnc", "RA2", "RA2ne", "RA2_256"):
            factory = self.factory(names)
            self.assertSees(Viewer(factory, "secret"))
            refused = Viewer(factory, "wrong")
            self.assertFalse(refused.isConnected)
            self.assertIn("failed", refused.reason)
        self.assertSees(Viewer(self.factory("None", portalFor()), "secret"))

    def test_user(self) -> None:
        """
        So it is with a name and a password.
        """
        users = InMemoryUsernamePasswordDatabaseDontUse(ada=b"secret")
        portal = portalFor(checkers=[users])
        for names in ("TLSPlain", "RA2", "ARD", "MSLogonII"):
            factory = self.factory(names, portal)
            viewer = Viewer(factory, "secret", "ada")
            self.assertSees(viewer)
            self.assertEqual(factory.viewers[0].avatarId, b"ada")
            self.assertFalse(Viewer(factory, "secret", "bob").isConnected)

    def test_x509(self) -> None:
        """
        A certificate is compared with what is known of it; of which nothing is known,
        no password is sent.
        """
        factory = self.factory("X509Vnc")
        nothing: dict[str, Any] = {}
        options: dict[str, Any]
        for options in (nothing, {"hostname": "vnc.example.com"}):
            self.assertSees(
                Viewer(factory, "secret", authority=_CERTIFICATE, **options)
            )
        names = "but for localhost, vnc.example.com"
        untrusted = "certificate is not accepted: nobody but itself has signed it"
        for options, reason in (
            (
                {"authority": _CERTIFICATE, "hostname": "elsewhere.example.com"},
                f"certificate is not for elsewhere.example.com, {names}",
            ),
            (
                {"authority": _CERTIFICATE, "hostname": "192.0.2.1"},
                f"certificate is not for 192.0.2.1, {names}",
            ),
            ({"authority": Authority().certificate}, untrusted),
            ({"hostname": "localhost"}, untrusted),
        ):
            viewer = Viewer(factory, "secret", **options)
            self.assertFalse(viewer.isConnected)
            self.assertEqual(viewer.reason, f"TLS failed: the server's {reason}")
        viewer = Viewer(factory, "secret")
        self.assertIn("the server offers X509Vnc only; usable are RA2_256", viewer.log)
        viewer = Viewer(self.factory("X509Vnc,RA2,VncAuth"), names=["TLSNone"])
        self.assertIn(
            "offers X509Vnc, RA2, VncAuth only; usable are TLSNone", viewer.log
        )

    def test_authorities(self) -> None:
        """
        There may be several authorities, of which one has signed.
        """
        factory = self.factory("X509Vnc")
        for several in (
            [Authority().certificate, _CERTIFICATE],
            [_CERTIFICATE, b"# another\n", Authority().certificate],
        ):
            self.assertSees(Viewer(factory, "secret", authority=b"".join(several)))

    def test_noCertificate(self) -> None:
        """
        What is no certificate is said at once.
        """
        begin = _CERTIFICATE.index(b"-----BEGIN CERTIFICATE")
        broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        key, certificate = _CERTIFICATE[:begin], _CERTIFICATE[begin:]
        options: dict[str, Any]
        for options, reason in (
            ({"authority": b""}, "authority: there is no certificate"),
            ({"authority": key}, "authority: there is no certificate"),
            ({"authority": broken}, "authority: a certificate in it is broken"),
            (
                {"authority": "/etc/ca.pem"},
                "authority: '/etc/ca.pem' is no certificate",
            ),
            ({"certificate": key}, "certificate: there is no certificate"),
            ({"certificate": certificate}, "certificate: there is no key"),
        ):
            error = self.assertRaises(ValueError, loginFor, "secret", **options)
            self.assertTrue(str(error).startswith(reason), error)

    def test_ownCertificate(self) -> None:
        """
        A viewer may have a certificate of its own.
        """
        authority = Authority()
        factory = self.factory(
            "X509None",
            portalFor(checkers=[CertificateChecker(["ann"])]),
            clientAuthority=temporary(self, authority.certificate),
        )
        own = authority.issue("ann")
        self.assertSees(Viewer(factory, authority=_CERTIFICATE, certificate=own))
        self.assertEqual(factory.viewers[0].avatarId, b"ann")

    def test_inTLS(self) -> None:
        """
        In TLS, too, much is sent on a slow link, a viewer can leave, and the server can
        close the connection.
        """
        factory = self.factory("TLSNone", portalFor())
        framebuffer: Any = factory.framebuffer
        viewer = Viewer(factory, link=Link(bandwidth=50_000, delay=0.05))
        self.assertSees(viewer)
        noise = np.frombuffer(os.urandom(200 * 150 * 4), np.uint8)
        framebuffer.useBuffer(noise, 200, 150)
        viewer.settle()
        assertScreen(viewer, framebuffer)
        viewer.disconnect()
        viewer.advance(1)
        self.assertEqual(factory.connections, [])
        other = Viewer(factory)
        factory.disconnectAll()
        other.advance(2)
        self.assertFalse(other.isOpen)
        self.assertEqual(factory.connections, [])

    def test_names(self) -> None:
        """
        A test can say which security types a viewer uses.
        """
        factory = self.factory("+TLSVnc,+VncAuth")
        for name, number in (("VncAuth", 2), ("TLSVnc", 19)):
            viewer = Viewer(factory, "secret", names=[name])
            self.assertEqual(viewer.client.connection.securityType, number)
