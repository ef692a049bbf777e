# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.client.knownhosts}, and that viewers take nothing less than what they
were told.
"""

from __future__ import annotations

import os
import stat
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.security.driver import temporary
from tests.security.test_tls import NOW
from txrfb.client import RFBClientFactory, loginFor
from txrfb.client.knownhosts import GivenKey, KnownHost, digestOf
from txrfb.error import SecurityError
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.protocol import RFBFactory
from txrfb.security import HostKey, choose, makeGate, makePortal, selfSigned
from txrfb.testing import Viewer

KEY, OTHER = HostKey.generate(1024), HostKey.generate(1024)
CERTIFICATE = selfSigned(["localhost"], NOW)


class KeyTests(SynchronousTestCase):
    """
    Keys, without servers.
    """

    def setUp(self) -> None:
        """
        There is no file yet.
        """
        self.path = temporary(self)

    def test_given(self) -> None:
        """
        A key that was given is that key, by whichever of its fingerprints.
        """
        for text in (KEY.fingerprint, digestOf(KEY.encoded), f" {KEY.fingerprint}\n"):
            self.assertTrue(GivenKey(text).trusts(KEY.encoded))
            error = self.assertRaises(
                SecurityError, GivenKey(text).trusts, OTHER.encoded
            )
            self.assertIn(f"is {OTHER.fingerprint}, not {text.strip()}", str(error))
        for text in ("", "secret", "aa-bb", KEY.fingerprint + "-00", "SHA256:abc"):
            error = self.assertRaises(ValueError, GivenKey, text)
            self.assertIn(f"{text!r} is no fingerprint", str(error))

    def test_remembered(self) -> None:
        """
        The first key of a name is remembered once it was proved, in a file that only
        its owner can write, and no other is trusted from then on; other names have
        theirs.
        """
        host = KnownHost(self.path, "desk.example")
        self.assertTrue(host.trusts(KEY.encoded))
        self.assertTrue(host.trusts(OTHER.encoded))
        self.assertFalse(os.path.exists(self.path))
        host.proved(KEY.encoded)
        host.proved(KEY.encoded)
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o600)
        for again in (host, KnownHost(self.path, "desk.example")):
            self.assertTrue(again.trusts(KEY.encoded))
            error = self.assertRaises(SecurityError, again.trusts, OTHER.encoded)
            for word in ("desk.example", OTHER.fingerprint, self.path, "in between"):
                self.assertIn(word, str(error))
        self.assertTrue(KnownHost(self.path, "other.example").trusts(OTHER.encoded))
        with open(self.path, encoding="utf-8") as file:
            self.assertEqual(file.read(), f"desk.example {digestOf(KEY.encoded)}\n")

    def test_file(self) -> None:
        """
        People may write into the file: several keys of a name, comments, empty lines.
        """
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(f"# mine\n\ndesk {digestOf(KEY.encoded)} was here\ndesk\n")
            file.write(f"  desk   {digestOf(OTHER.encoded)}\n")
        host = KnownHost(self.path, "desk")
        self.assertTrue(host.trusts(KEY.encoded) and host.trusts(OTHER.encoded))
        third = HostKey.generate(1024)
        self.assertRaises(SecurityError, host.trusts, third.encoded)

    def test_names(self) -> None:
        """
        What could not be found again in the file is no name.
        """
        for name in ("", "#desk", "my desk", "desk\n", "desk\nother SHA256:x"):
            self.assertRaises(ValueError, KnownHost, self.path, name)

    def test_unreadable(self) -> None:
        """
        A file that cannot be read is no empty file.
        """
        os.mkdir(self.path)
        self.addCleanup(os.rmdir, self.path)
        self.assertRaises(OSError, KnownHost(self.path, "desk").trusts, KEY.encoded)


class LoginTests(SynchronousTestCase):
    """
    Viewers and servers.
    """

    def setUp(self) -> None:
        """
        There is no file of known hosts yet.
        """
        self.path = temporary(self)
        self.certificate = temporary(self, CERTIFICATE)

    def factory(self, names: str = "", key: HostKey = KEY) -> RFBFactory:
        """
        @return: A server with a password, and all that it can show.
        """
        clock = Clock()
        path = temporary(self, key.toPEM())
        os.chmod(path, 0o600)
        choice = choose(names)
        gate = makeGate(
            clock,
            makePortal(password="secret", choice=choice),
            choice=choice,
            hostKey=path,
            certificate=self.certificate,
        )
        return RFBFactory(MemoryFramebuffer(40, 30), gate=gate, reactor=clock)

    def typeUsed(self, factory: RFBFactory, **told: Any) -> str:
        """
        @return: By which type a viewer has logged in; the reason, if it has not.
        """
        viewer = Viewer(
            factory, "secret", security=loginFor("secret", **told)["security"]
        )
        if not viewer.isConnected:
            self.assertEqual(factory.viewers, [])
            return viewer.reason
        [session] = factory.connections
        return str(session.transcript.security)

    def test_remembers(self) -> None:
        """
        The first key is remembered, the same is taken again, and another is not, though
        the password were right.
        """
        known = {"hostname": "desk.example", "knownHosts": self.path}
        self.assertEqual(self.typeUsed(self.factory(), **known), "RA2_256")
        self.assertEqual(self.typeUsed(self.factory("RA2"), **known), "RA2")
        reason = self.typeUsed(self.factory(key=OTHER), **known)
        self.assertIn("the host key of desk.example is", reason)

    def test_wrongPassword(self) -> None:
        """
        A key is remembered though the login fails, as the server has shown it.
        """
        told = loginFor("wrong", hostname="desk", knownHosts=self.path)
        viewer = Viewer(self.factory(), "wrong", security=told["security"])
        self.assertIn("authentication failed", viewer.reason)
        self.assertTrue(os.path.exists(self.path))

    def test_given(self) -> None:
        """
        A key that was given must be shown.
        """
        told = {"hostKey": KEY.fingerprint}
        self.assertEqual(self.typeUsed(self.factory(), **told), "RA2_256")
        reason = self.typeUsed(self.factory(key=OTHER), **told)
        self.assertIn(f"is {OTHER.fingerprint}, not {KEY.fingerprint}", reason)

    def test_never(self) -> None:
        """
        Who was told of a key or of a certificate takes nothing in which it is not
        shown, or that is in the clear afterwards.
        """
        less = "TLSVnc,RA2ne,RA2ne_256,VncAuth"
        for told in (
            {"hostKey": KEY.fingerprint},
            {"hostname": "desk", "knownHosts": self.path},
            {"trust": lambda encoded: True},
            {"authority": CERTIFICATE},
            {"hostname": "localhost"},
            {"hostKey": KEY.fingerprint, "authority": CERTIFICATE},
        ):
            reason = self.typeUsed(self.factory(less), **told)
            self.assertRegex(reason, "offers|usable are")
        self.assertEqual(self.typeUsed(self.factory(less)), "TLSVnc")
        self.assertFalse(os.path.exists(self.path))

    def test_both(self) -> None:
        """
        A certificate is preferred to a host key, which is taken where there is none,
        also where VeNCrypt comes first.
        """
        told = {"hostKey": KEY.fingerprint, "authority": CERTIFICATE}
        for names, used in (
            ("", "X509Vnc"),
            ("RA2,X509Vnc", "X509Vnc"),
            ("-X509Vnc", "RA2_256"),
            ("TLSVnc,RA2", "RA2"),
        ):
            factory = self.factory(names)
            viewer = Viewer(
                factory,
                "secret",
                authority=CERTIFICATE,
                security=loginFor("secret", **told)["security"],  # type: ignore[arg-type]
            )
            self.assertTrue(viewer.isConnected, viewer.log)
            [session] = factory.connections
            self.assertEqual(session.transcript.security, used)

    def test_useless(self) -> None:
        """
        What cannot be followed is an error.
        """
        for told, word in (
            ({"password": "x", "knownHosts": self.path}, "hostname"),
            ({"hostKey": KEY.fingerprint}, "password"),
        ):
            error = self.assertRaises(ValueError, loginFor, **told)
            self.assertIn(word, str(error))

    def test_factory(self) -> None:
        """
        Factories and so C{connectViewer} take the same.
        """
        factory = RFBClientFactory("secret", hostname="desk", knownHosts=self.path)
        usable = factory.buildProtocol(None).connection._security
        self.assertEqual([*usable], [129, 5])
        self.assertRaises(ValueError, RFBClientFactory, "x", knownHosts=self.path)
