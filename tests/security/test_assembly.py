# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.admission.assembly}.
"""

from __future__ import annotations

import datetime
import os
import sys
from typing import Any
from unittest import mock

from twisted.cred.credentials import (
    IAnonymous,
    IUsernameHashedPassword,
    IUsernamePassword,
)
from twisted.internet.interfaces import ITLSTransport
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import alsoProvides

from tests.security.driver import flat, temporary
from txrfb._session.stream import streamOf
from txrfb.security.accounts.credentials import (
    ICertified,
    IClientCertificate,
    IPassword,
)
from txrfb.security.accounts.hashing import Hash
from txrfb.security.accounts.users import User
from txrfb.security.admission import descriptors
from txrfb.security.admission.assembly import makeGate, makePortal
from txrfb.security.admission.choice import choose
from txrfb.security.admission.gate import Gate
from txrfb.security.tls.certificates import selfSigned
from txrfb.security.types.hostkey import HostKey


class PortalTests(SynchronousTestCase):
    """
    Portals.
    """

    def kinds(self, **options: Any) -> set[Any]:
        """
        @return: The kinds of credentials that can be checked.
        """
        return set(makePortal(**options).listCredentialsInterfaces())

    def test_kinds(self) -> None:
        """
        Each way to say who may log in has its own kinds of credentials.
        """
        users = temporary(
            self, User(Hash.make(b"x", bytes(16), 8, 1, 1)).line("a").encode()
        )
        self.assertEqual(self.kinds(), {IAnonymous})
        self.assertEqual(self.kinds(password="x"), {IPassword, IUsernameHashedPassword})
        self.assertEqual(
            self.kinds(viewPassword="x", choice=choose("+ARD")),
            {IUsernamePassword, IUsernameHashedPassword},
        )
        self.assertEqual(self.kinds(users=users), {IUsernamePassword})
        self.assertEqual(
            self.kinds(users=users, password="x"),
            {IUsernamePassword, IUsernameHashedPassword},
        )
        self.assertEqual(self.kinds(clientAuthority="x"), {IClientCertificate})
        both: dict[str, Any] = {"clientAuthority": "x", "users": users}
        self.assertEqual(self.kinds(**both), {ICertified})
        self.assertEqual(
            self.kinds(**both, choice=choose("+X509None")),
            {ICertified, IClientCertificate},
        )
        self.assertEqual(
            self.kinds(**both, choice=choose("+TLSPlain,+X509Plain")),
            {ICertified, IUsernamePassword},
        )

    def test_wrong(self) -> None:
        """
        A file of users that is wrong is an error.
        """
        self.assertRaises(ValueError, makePortal, users=temporary(self, b"wrong"))
        self.assertRaises(OSError, makePortal, users=temporary(self))


class GateTests(SynchronousTestCase):
    """
    Gates.
    """

    def gate(self, portal: Any = None, **options: Any) -> Gate:
        """
        @return: A gate for a password.
        """
        return makeGate(Clock(), portal or makePortal(password="x"), **options)

    def names(self, gate: Gate) -> list[str]:
        """
        @return: What it offers on TCP.
        """
        transport = StringTransport()
        alsoProvides(transport, ITLSTransport)
        return flat(gate.offer(streamOf(transport)))

    def certificate(self) -> str:
        """
        @return: The path of one.
        """
        now = datetime.datetime.now(datetime.timezone.utc)
        return temporary(self, selfSigned(["localhost"], now))

    def test_plain(self) -> None:
        """
        With nothing more there is TLS without a certificate, and VncAuth.
        """
        self.assertEqual(self.names(self.gate()), ["TLSVnc", "VncAuth"])

    def test_everything(self) -> None:
        """
        A host key and a certificate add what needs them; the key is made when it is
        needed, and the log has its fingerprint for people to compare.
        """
        key = temporary(self)
        with capturedLogs() as events:
            gate = self.gate(hostKey=key, certificate=self.certificate())
        self.assertEqual(
            self.names(gate),
            ["X509Vnc", "TLSVnc", "RA2_256", "RA2", "VncAuth", "RA2ne"],
        )
        fingerprint = HostKey.load(key).fingerprint
        [said] = [event for event in events if "fingerprint" in event]
        self.assertEqual((said["path"], said["fingerprint"]), (key, fingerprint))
        other = temporary(self)
        self.gate(hostKey=other, choice=choose("VncAuth"))
        self.assertFalse(os.path.exists(other))

    def test_clientAuthority(self) -> None:
        """
        With an authority for viewers' certificates these are what is asked for.
        """
        path = self.certificate()
        gate = self.gate(
            makePortal(clientAuthority=path), certificate=path, clientAuthority=path
        )
        self.assertEqual(self.names(gate), ["X509None"])

    def test_useless(self) -> None:
        """
        What is of no use without something else is an error.
        """
        for options in ({"key": "x"}, {"clientAuthority": "x"}):
            error = self.assertRaises(ValueError, self.gate, **options)
            self.assertIn("without a certificate", str(error))
        self.assertRaises(ValueError, self.gate, choice=choose("RA2"))
        self.assertRaises(ValueError, self.gate, allowed=["nowhere"])

    def test_withoutOpenSSL(self) -> None:
        """
        Without pyOpenSSL there is no TLS, and a certificate is an error.
        """
        with mock.patch.dict(sys.modules, {"txrfb.security.tls.server": None}):
            gate = self.gate()
            error = self.assertRaises(ValueError, self.gate, certificate="x")
        self.assertIsNone(gate.tls)
        self.assertEqual(self.names(gate), ["VncAuth"])
        self.assertIn("pyOpenSSL", str(error))

    def test_limits(self) -> None:
        """
        There are never more connections than descriptors, and not many more than
        viewers; everything else is as it is said.
        """
        self.patch(descriptors, "descriptors", lambda: 1024)
        self.assertEqual(self.gate().maxConnections, 960)
        self.assertEqual(self.gate(maxViewers=10).maxConnections, 90)
        gate = self.gate(maxViewers=10, maxWaiting=4, maxConnections=7)
        self.assertEqual((gate.maxWaiting, gate.maxConnections), (4, 7))
        gate = self.gate(denied=["192.0.2.0/24"], refusalTime=3)
        self.assertFalse(gate.networks.permit("192.0.2.1"))
        self.assertEqual(gate.refusalTime, 3)
