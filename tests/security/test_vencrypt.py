# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.types.vencrypt} and L{txrfb.security.types.plain}.
"""

from __future__ import annotations

import datetime
import struct
from collections.abc import Sequence
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.cred.credentials import (
    IAnonymous,
    IUsernameHashedPassword,
    IUsernamePassword,
)
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import Interface
from zope.interface.verify import verifyObject

from tests.security.driver import Driver, converse
from txrfb.error import SecurityError
from txrfb.interfaces import ISecurityType
from txrfb.security import Context
from txrfb.security.accounts.credentials import (
    ICertified,
    IClientCertificate,
    IPassword,
    vncResponse,
)
from txrfb.security.types import plain, vencrypt
from txrfb.security.types.conditions import Conditions
from txrfb.security.types.plain import Plain
from txrfb.security.types.vencrypt import NAMES, NUMBERS, VeNCrypt, commonName, subTypes
from txrfb.security.types.vncauth import VNCAuth


def certificate(*names: str) -> bytes:
    """
    @return: A certificate with these common names, in DER form.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [x509.NameAttribute(x509.NameOID.COMMON_NAME, name) for name in names]
    )
    begin = datetime.datetime(2020, 1, 1)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + datetime.timedelta(1))
        .sign(key, SHA256())
    )
    return made.public_bytes(Encoding.DER)


def types(*names: str, asked: bool = True) -> VeNCrypt:
    """
    @return: VeNCrypt with these sub-types.
    """
    return VeNCrypt(subTypes(names, asked=asked))


class NegotiateTests(SynchronousTestCase):
    """
    From the version to the inner type.
    """

    def test_everySubType(self) -> None:
        """
        Each sub-type begins the TLS that it is named for, and leads to the
        credentials that it is named for, however the bytes are cut.
        """
        for name in NAMES:
            for piece in (1, 100):
                server, viewer = converse(
                    types(*NAMES).negotiate(Context()),
                    vencrypt.clientSteps([name], b"ann", b"secret"),
                    piece=piece,
                )
                self.assertTrue(server.finished and viewer.finished, name)
                self.assertEqual(server.upgrades, viewer.upgrades)
                kind = {"T": ["anonymous"], "X": ["x509"], "P": []}[name[0]]
                self.assertEqual(server.upgrades, kind)
                credentials = server.credentials
                if name.endswith("None"):
                    self.assertIsNone(credentials)
                    continue
                self.assertTrue(credentials.checkPassword(b"secret"), name)
                self.assertFalse(credentials.checkPassword(b"other"), name)
                if name.endswith("Plain"):
                    self.assertTrue(IUsernamePassword.providedBy(credentials))
                    self.assertEqual(credentials.username, b"ann")
                else:
                    self.assertTrue(IUsernameHashedPassword.providedBy(credentials))
                    self.assertEqual(credentials.username, b"vnc")

    def test_bytes(self) -> None:
        """
        The bytes are those of VeNCrypt 0.2: a status byte of 1 is sent before TLS,
        and none before sub-type Plain, which has no TLS.
        """
        for number, status in ((258, b"\x01"), (256, b"")):
            driver = Driver(types("TLSVnc", "Plain").negotiate(Context()))
            self.assertEqual(driver.take(), b"\x00\x02")
            driver.receive(b"\x00\x02")
            self.assertEqual(driver.take(), struct.pack(">BBII", 0, 2, 258, 256))
            driver.receive(struct.pack(">I", number))
            self.assertTrue(driver.take().startswith(status))
            self.assertEqual(driver.upgrades, ["anonymous"] if status else [])

    def test_otherTypes(self) -> None:
        """
        A type without TLS that is among the sub-types has neither a status byte nor
        TLS, and its login bears its own name; with none but such there is no VeNCrypt.
        """
        both = VeNCrypt([*subTypes(["TLSVnc"]), VNCAuth(b"desk")])
        driver = Driver(both.negotiate(Context()))
        driver.receive(b"\x00\x02")
        self.assertEqual(driver.take()[2:], struct.pack(">BBII", 0, 2, 258, 2))
        driver.receive(struct.pack(">I", 2))
        challenge = driver.take()
        self.assertEqual(len(challenge), 16)
        driver.receive(vncResponse(b"secret", challenge))
        self.assertEqual(driver.upgrades, [])
        self.assertTrue(driver.credentials.checkPassword(b"secret"))
        self.assertEqual(driver.credentials.username, b"desk")
        interfaces: frozenset[type[Interface]] = frozenset([IUsernameHashedPassword])
        self.assertIsNone(both.under(Conditions(interfaces)))
        offer = both.under(Conditions(interfaces, canStartTLS=True))
        assert offer is not None
        self.assertEqual([one.number for one in offer.subTypes], [258, 2])

    def test_certificate(self) -> None:
        """
        The certificate that a viewer showed logs in the one who is named in it; with a
        password inside the same TLS both are to be judged, and must agree.
        """
        der = certificate("ann")
        server, _ = converse(
            types("X509None").negotiate(Context()),
            vencrypt.clientSteps(["X509None"]),
            certificate=der,
        )
        verifyObject(IClientCertificate, server.credentials)
        self.assertEqual(server.credentials.username, b"ann")
        self.assertEqual(server.credentials.certificate, der)
        for name, agrees in ((b"ann", True), (b"", True), (b"bob", False)):
            server, _ = converse(
                types("X509Plain").negotiate(Context()),
                vencrypt.clientSteps(["X509Plain"], name, b"secret"),
                certificate=der,
            )
            verifyObject(ICertified, server.credentials)
            self.assertEqual(server.credentials.certificate.certificate, der)
            self.assertEqual(server.credentials.agrees, agrees)
            self.assertEqual(server.credentials.proof.username, name or b"ann")
            self.assertTrue(server.credentials.proof.checkPassword(b"secret"))
        server, _ = converse(
            types("X509Vnc").negotiate(Context()),
            vencrypt.clientSteps(["X509Vnc"], b"", b"secret"),
            certificate=der,
        )
        self.assertTrue(server.credentials.agrees)
        self.assertEqual(server.credentials.proof.username, b"ann")
        self.assertTrue(server.credentials.proof.checkPassword(b"secret"))

    def test_commonName(self) -> None:
        """
        The first common name counts; there may be none.
        """
        self.assertEqual(commonName(certificate("änn", "bob")), "änn".encode())
        self.assertEqual(commonName(certificate()), b"")

    def test_version(self) -> None:
        """
        Another version is refused by a byte, and ends the connection.
        """
        driver = Driver(types("TLSVnc").negotiate(Context()))
        driver.take()
        error = self.assertRaises(SecurityError, driver.receive, b"\x00\x01")
        self.assertEqual(driver.take(), b"\xff")
        self.assertIn("0.1", str(error))

    def test_notOffered(self) -> None:
        """
        Only what was offered can be chosen.
        """
        for number in (257, 256, 1, 2, 19, 0, 0xFFFFFFFF):
            driver = Driver(types("TLSVnc").negotiate(Context()))
            driver.receive(b"\x00\x02")
            error = self.assertRaises(
                SecurityError, driver.receive, struct.pack(">I", number)
            )
            self.assertIn(str(number), str(error))
            self.assertEqual(driver.upgrades, [])

    def test_viewerFindsNothing(self) -> None:
        """
        A viewer that can do none of the sub-types says which there are.
        """
        error = self.assertRaises(
            SecurityError,
            converse,
            types("TLSVnc").negotiate(Context()),
            vencrypt.clientSteps(["X509Vnc"]),
        )
        self.assertIn("offers TLSVnc only; usable are X509Vnc", str(error))

    def test_viewerRefused(self) -> None:
        """
        A viewer understands a server that is too old, that refuses, and that cannot.
        """
        for answers in (
            (b"\x00\x01",),
            (b"\x00\x02", b"\xff\x00"),
            (b"\x00\x02", b"\x00\x00"),
            (b"\x00\x02", b"\x00\x01\x00\x00\x01\x02", b"\x00"),
        ):
            viewer = Driver(vencrypt.clientSteps(["TLSVnc"]))
            for answer in answers[:-1]:
                viewer.receive(answer)
            self.assertRaises(SecurityError, viewer.receive, answers[-1])


class PlainTests(SynchronousTestCase):
    """
    User name and password in clear.
    """

    @settings(max_examples=40, deadline=None)
    @given(st.binary(max_size=1024), st.binary(max_size=1024))
    def test_roundTrip(self, name: bytes, password: bytes) -> None:
        """
        Any name and password of up to 1024 bytes arrive, empty ones too.
        """
        server, _ = converse(
            Plain().negotiate(Context()), plain.clientSteps(name, password)
        )
        self.assertEqual(server.credentials.username, name)
        self.assertEqual(server.credentials.password, password)

    def test_tooLong(self) -> None:
        """
        Longer ones are refused before anything is read.
        """
        for lengths in ((1025, 0), (0, 1025), (0xFFFFFFFF, 1)):
            driver = Driver(Plain().negotiate(Context()))
            self.assertRaises(
                SecurityError, driver.receive, struct.pack(">II", *lengths)
            )

    def test_interfaces(self) -> None:
        """
        Both are security types.
        """
        verifyObject(ISecurityType, Plain())
        verifyObject(ISecurityType, VeNCrypt([]))


class UnderTests(SynchronousTestCase):
    """
    Which sub-types can be offered.
    """

    def under(
        self, asked: bool, interfaces: Sequence[type[Interface]], **transport: Any
    ) -> list[str]:
        """
        @return: The names of those that are.
        """
        conditions = Conditions(frozenset(interfaces), **transport)
        answer = types(*NAMES, asked=asked).under(conditions)
        return [] if answer is None else [one.name for one in answer.subTypes]

    def test_portal(self) -> None:
        """
        What the portal can check decides, and each kind of password has its own.
        """
        for asked in (False, True):
            self.assertEqual(
                self.under(asked, [IUsernameHashedPassword], canStartTLS=True),
                ["X509Vnc", "TLSVnc"],
            )
            self.assertEqual(self.under(asked, [IPassword], canStartTLS=True), [])
        self.assertEqual(
            self.under(False, [IUsernamePassword], canStartTLS=True),
            ["X509Plain", "TLSPlain"],
        )

    def test_nothingAsked(self) -> None:
        """
        Where nobody is asked for anything, X509None encrypts at least, and proves who
        the server is; TLSNone, which proves nothing, is offered only if the
        administrator wants it.  A certificate of the viewer stands for a password.
        """
        self.assertEqual(
            self.under(False, [IAnonymous], canStartTLS=True), ["X509None"]
        )
        self.assertEqual(
            self.under(True, [IAnonymous], canStartTLS=True), ["X509None", "TLSNone"]
        )
        for asked in (False, True):
            self.assertEqual(
                self.under(asked, [IClientCertificate], canStartTLS=True),
                ["X509None"],
            )

    def test_transport(self) -> None:
        """
        Where TLS cannot begin nothing needs it.  A password goes in clear only
        inside TLS, or where the administrator wants it.
        """
        everything = [IUsernamePassword, IUsernameHashedPassword]
        self.assertEqual(self.under(False, everything), [])
        self.assertEqual(self.under(True, everything), ["Plain"])
        self.assertEqual(self.under(False, everything, isSecure=True), ["Plain"])
        self.assertEqual(
            self.under(False, everything, isSecure=True, webSocket=True), ["Plain"]
        )

    def test_numbers(self) -> None:
        """
        The numbers are those of the protocol, each once.
        """
        self.assertEqual(sorted(NUMBERS), list(range(256, 263)))
        self.assertEqual(NUMBERS[261], "X509Vnc")
