# -*- test-case-name: tests.security.test_failures -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.tls.failures}: what the log says when TLS fails.
"""

from __future__ import annotations

import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID
from OpenSSL import SSL
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from tests.security.driver import temporary
from txrfb.security.tls.certificates import selfSigned
from txrfb.security.tls.failures import tlsProblem, verifyProblem
from txrfb.security.tls.server import TLS, ReloadingTLS

NOW = datetime.datetime.now(datetime.timezone.utc)
DAY = datetime.timedelta(1)


class Authority:
    """
    Signs certificates of viewers, good ones and others.
    """

    def __init__(self, name: str = "ca") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        self.certificate = self._sign(name, self._key, NOW - DAY, NOW + DAY, None)

    def _sign(self, name: str, key: Any, begin: Any, end: Any, purpose: Any) -> bytes:
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(name != "ann", None), True)
        )
        if purpose is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), False)
        signed = builder.sign(self._key, SHA256())
        return signed.public_bytes(serialization.Encoding.PEM)

    def issue(
        self,
        begin: datetime.datetime = NOW - 2 * DAY,
        end: datetime.datetime = NOW + DAY,
        purpose: Any = ExtendedKeyUsageOID.CLIENT_AUTH,
    ) -> bytes:
        """
        @return: A certificate and its key, in PEM form.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        return self._sign("ann", key, begin, end, purpose) + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


class Transport:
    """
    What TLS begins on.
    """

    def startTLS(self, creator: Any) -> None:
        self.server = creator.serverConnectionForTLS(None)
        self.server.set_accept_state()


def handshake(
    tls: TLS, viewer: SSL.Context, kind: str = "x509", said: bytes = b""
) -> tuple[BaseException | None, list[str], Any]:
    """
    Let a viewer and a server shake hands.

    @param said: What comes from the viewer instead of TLS.

    @return: What the server's side failed with, if it did, what was told meanwhile,
        and the viewer's connection.
    """
    transport: Any = Transport()
    told: list[str] = []
    tls.start(transport, kind, Clock(), told.append)
    server, client = transport.server, SSL.Connection(viewer, None)
    client.set_connect_state()
    if said:
        server.bio_write(said)
    for _ in range(6):
        for one in (client, server):
            try:
                one.do_handshake()
            except SSL.WantReadError:
                pass
            except SSL.Error as error:
                if one is server:
                    return error, told, client
        for one, other in ((client, server), (server, client)):
            try:
                other.bio_write(one.bio_read(1 << 16))
            except SSL.WantReadError:
                pass
    return None, told, client


def viewerWith(
    own: bytes | None = None,
    version: int = SSL.TLS1_3_VERSION,
    ciphers: bytes = b"DEFAULT",
    trusted: bytes | None = None,
    case: Any = None,
) -> SSL.Context:
    """
    @return: A viewer's side.
    """
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_max_proto_version(version)
    context.set_cipher_list(ciphers)
    if own is not None:
        path = temporary(case, own)
        context.use_certificate_file(path)
        context.use_privatekey_file(path)
    if trusted is not None:
        context.load_verify_locations(temporary(case, trusted))
        context.set_verify(SSL.VERIFY_PEER, lambda *_: bool(_[-1]))
    return context


class HandshakeTests(SynchronousTestCase):
    """
    Handshakes that fail.
    """

    def setUp(self) -> None:
        self.path = temporary(self, selfSigned(["localhost"], NOW))
        self.authority = Authority()

    def tls(self, trusted: Authority | None = None) -> TLS:
        """
        @return: A server's side.
        """
        ca = None if trusted is None else temporary(self, trusted.certificate)
        return TLS(ReloadingTLS(self.path, None, ca))

    def test_viewersCertificate(self) -> None:
        """
        What is wrong with a viewer's certificate is said, by either version of TLS.
        """
        issue = self.authority.issue
        server = ExtendedKeyUsageOID.SERVER_AUTH
        for own, reason in (
            (issue(), None),
            (issue(end=NOW - DAY), "it has expired"),
            (issue(begin=NOW + DAY / 2), "it is not valid yet"),
            (issue(purpose=server), "it is for another purpose than to be a viewer's"),
            (Authority("other").issue(), "no authority that is trusted has signed it"),
            (Authority().issue(), "the authority that it names has not signed it"),
            (selfSigned(["ann"], NOW), "nobody but itself has signed it"),
            (None, "the viewer showed no certificate"),
        ):
            for version in (SSL.TLS1_3_VERSION, SSL.TLS1_2_VERSION):
                viewer = viewerWith(own, version, case=self)
                error, told, _ = handshake(self.tls(self.authority), viewer)
                if reason is None:
                    self.assertEqual((error, told), (None, []))
                    continue
                self.assertIn(reason, ", ".join(told) or tlsProblem(error) or "")

    def test_nothingInCommon(self) -> None:
        """
        So is what viewer and server have not in common; that of viewers which know
        only what nobody should use any more.
        """
        old = b"AES128-SHA:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"
        for viewer, kind, reason in (
            (viewerWith(ciphers=old, version=SSL.TLS1_2_VERSION), "x509", "no cipher"),
            (viewerWith(version=SSL.TLS1_2_VERSION), "anonymous", "no cipher suite in"),
            (
                viewerWith(ciphers=b"DEFAULT:@SECLEVEL=0", version=SSL.TLS1_1_VERSION),
                "x509",
                "no version of TLS in common",
            ),
        ):
            error, _, _ = handshake(self.tls(), viewer, kind)
            self.assertIn(reason, tlsProblem(error) or "")

    def test_notTLS(self) -> None:
        """
        So is what is no TLS at all.
        """
        for said, reason in (
            (b"RFB 003.008\n", "what came is not TLS"),
            (b"GET / HTTP/1.1\r\n\r\n", "what came is HTTP, not TLS"),
        ):
            error, _, _ = handshake(self.tls(), viewerWith(), said=said)
            self.assertEqual(tlsProblem(error), reason)

    def test_serversCertificate(self) -> None:
        """
        So is that the viewer does not accept the server's certificate, as far as it
        says.
        """
        for trusted, version, reason in (
            (self.authority.certificate, SSL.TLS1_3_VERSION, "broke it off"),
            (self.authority.certificate, SSL.TLS1_2_VERSION, "broke it off"),
        ):
            viewer = viewerWith(trusted=trusted, version=version, case=self)
            error, _, _ = handshake(self.tls(), viewer)
            self.assertIn(reason, tlsProblem(error) or "")

    def test_protocols(self) -> None:
        """
        A viewer that names protocols (ALPN) is welcome, and none of them is chosen.
        """
        for kind in ("x509", "anonymous"):
            viewer = viewerWith(version=SSL.TLS1_2_VERSION, ciphers=b"ALL:@SECLEVEL=0")
            viewer.set_alpn_protos([b"rfb", b"h2"])
            error, _, client = handshake(self.tls(), viewer, kind)
            self.assertIsNone(error)
            self.assertEqual(client.get_alpn_proto_negotiated(), b"")
        viewer = viewerWith()
        viewer.set_alpn_protos([b"http/1.1"])
        self.assertIsNone(handshake(self.tls(), viewer)[0])

    def test_suites(self) -> None:
        """
        No cipher suite is CBC, or has SHA-1 in it.
        """
        for kind in ("x509", "anonymous"):
            transport: Any = Transport()
            self.tls().start(transport, kind, Clock())
            names = transport.server.get_cipher_list()
            self.assertTrue(names)
            for name in names:
                self.assertRegex(name, "GCM|CHACHA20|CCM", kind)


class WordTests(SynchronousTestCase):
    """
    What OpenSSL says.
    """

    def test_others(self) -> None:
        """
        What is not of TLS is nothing, and what nobody has thought of is told as
        OpenSSL tells it.
        """
        self.assertIsNone(tlsProblem(ConnectionDone()))
        self.assertIsNone(tlsProblem(None))
        for codes, words in (
            ([("SSL routines", "", "something new")], "something new"),
            ([], "Error"),
            (
                [("SSL routines", "", "tlsv1 alert unknown ca")],
                "does not know the auth",
            ),
            (
                [("SSL routines", "", "ssl/tls alert certificate expired")],
                "has expired",
            ),
            ([("SSL routines", "", "tls alert something")], "broke it off: something"),
        ):
            self.assertIn(words, tlsProblem(SSL.Error(codes)) or "")
        self.assertEqual(
            tlsProblem(SSL.SysCallError(-1, "Unexpected EOF")), "SysCallError"
        )
        self.assertIn("OpenSSL has error 4711", verifyProblem(4711))


class ExpiryTests(SynchronousTestCase):
    """
    Certificates whose time is over, or soon will be.
    """

    def said(self, now: datetime.datetime, authority: str | None = None) -> list[str]:
        """
        @return: The warnings when a certificate of ten years is read.
        """
        with capturedLogs() as events:
            self.reloading = ReloadingTLS(self.path, None, authority, now=lambda: now)
        return [formatEvent(event) or "" for event in events]

    def test_times(self) -> None:
        """
        It is said when it is read, two weeks before and after, and before it begins.
        """
        self.path = temporary(self, selfSigned(["desk"], NOW))
        end = NOW + 3650 * DAY
        self.assertEqual(self.said(NOW), [])
        self.assertEqual(self.said(end - 15 * DAY), [])
        [line] = self.said(end - 13 * DAY)
        self.assertIn("certificate CN=desk expires in 13 days, on", line)
        [line] = self.said(end + DAY)
        self.assertIn("certificate CN=desk has expired, on", line)
        [line] = self.said(NOW - 2 * DAY)
        self.assertIn("CN=desk is not valid before", line)

    def test_short(self) -> None:
        """
        One that lives for six days only is not about to expire all the time.
        """
        authority = Authority()
        self.path = temporary(self, authority.issue(NOW, NOW + 6 * DAY, None))
        self.assertEqual(self.said(NOW + 4 * DAY), [])
        self.assertEqual(len(self.said(NOW + 5.5 * DAY)), 1)

    def test_authority(self) -> None:
        """
        The authority for viewers counts, too: nobody would be let in.
        """
        self.path = temporary(self, selfSigned(["desk"], NOW))
        trusted = temporary(self, Authority().certificate)
        [line] = self.said(NOW + 2 * DAY, trusted)
        self.assertIn("certificate CN=ca has expired", line)

    def test_reloaded(self) -> None:
        """
        What is read again is looked at again.
        """
        self.path = temporary(self, selfSigned(["desk"], NOW))
        self.assertEqual(self.said(NOW), [])
        with open(self.path, "wb") as file:
            file.write(selfSigned(["old"], NOW - 3660 * DAY))
        with capturedLogs() as events:
            for _ in range(2):
                self.reloading.serverConnectionForTLS(None)  # type: ignore[arg-type]
        lines = [formatEvent(event) or "" for event in events]
        self.assertEqual(len(lines), 2)
        self.assertIn("CN=old has expired", lines[0])
        self.assertIn("reloaded the certificate", lines[1])
