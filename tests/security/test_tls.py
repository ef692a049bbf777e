# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.tls.server}.
"""

from __future__ import annotations

import datetime
import os
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from OpenSSL import SSL
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.protocols.haproxy import proxyEndpoint
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface import implementer

from tests.security.driver import temporary
from txrfb.error import UnusableFile
from txrfb.security.tls.certificates import selfSigned
from txrfb.security.tls.server import PAUSE, TLS, AnonymousTLS, ReloadingTLS
from txrfb.security.types.vencrypt import commonName

NOW = datetime.datetime.now(datetime.timezone.utc)

#: The protocol for which nothing looks.
NOBODY: Any = None

PROXY = b"PROXY TCP4 198.51.100.7 192.0.2.9 1 2\r\n"


class Authority:
    """
    Signs certificates.
    """

    def __init__(self, name: str = "authority") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = self.name(name)
        self.certificate = self.signed(name, self._key, True)

    @staticmethod
    def name(name: str) -> x509.Name:
        """
        @return: A common name.
        """
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])

    def signed(self, name: str, key: Any, ca: bool = False) -> bytes:
        """
        @return: A certificate, in PEM form.
        """
        day = datetime.timedelta(1)
        made = (
            x509.CertificateBuilder()
            .subject_name(self.name(name))
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - day)
            .not_valid_after(NOW + day)
            .add_extension(x509.BasicConstraints(ca, None), True)
            .sign(self._key, SHA256())
        )
        return made.public_bytes(serialization.Encoding.PEM)

    def revoke(self, *certificates: bytes, days: int = 1) -> bytes:
        """
        @param days: Until when it is good.

        @return: A revocation list, in PEM form.
        """
        day = datetime.timedelta(1)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._name)
            .last_update(NOW - 9 * day)
            .next_update(NOW + days * day)
        )
        for one in certificates:
            number = x509.load_pem_x509_certificate(one).serial_number
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(number)
                .revocation_date(NOW - day)
                .build()
            )
        return builder.sign(self._key, SHA256()).public_bytes(
            serialization.Encoding.PEM
        )

    def issue(self, name: str) -> bytes:
        """
        @return: A certificate and its key, in PEM form.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        return self.signed(name, key) + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


@implementer(IOpenSSLClientConnectionCreator)
class Viewer:
    """
    A viewer's TLS.
    """

    def __init__(
        self,
        ciphers: bytes = b"DEFAULT",
        own: str | None = None,
        version: int = SSL.TLS1_3_VERSION,
    ) -> None:
        """
        @param ciphers: What it can do.

        @param own: The path of its certificate and key.
        """
        self._context = SSL.Context(SSL.TLS_METHOD)
        self._context.set_max_proto_version(version)
        self._context.set_cipher_list(ciphers)
        if own is not None:
            self._context.use_certificate_file(own)
            self._context.use_privatekey_file(own)

    def clientConnectionForTLS(self, protocol: Any) -> SSL.Connection:
        return SSL.Connection(self._context, None)


class Side(Protocol):
    """
    One side of a connection, that keeps what it hears.
    """

    transport: Any

    def __init__(self) -> None:
        self.heard = b""
        self.wanted: dict[bytes, Deferred[bytes]] = {}
        self.lost: Deferred[None] = Deferred()

    def dataReceived(self, data: bytes) -> None:
        self.heard += data
        for end in list(self.wanted):
            if self.heard.endswith(end):
                self.wanted.pop(end).callback(self.heard)

    def until(self, end: bytes) -> Deferred[bytes]:
        """
        @return: What fires when that was heard.
        """
        waiting: Deferred[bytes] = Deferred()
        self.wanted[end] = waiting
        self.dataReceived(b"")
        return waiting

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.lost.callback(None)


class SocketTests(TestCase):
    """
    TLS that begins in the middle of a connection, over real sockets.
    """

    timeout = 10

    async def connect(self, proxied: bool = False) -> tuple[Side, Side]:
        """
        @return: Server and viewer, which have exchanged a word in clear.
        """
        server, viewer = Side(), Side()
        endpoint: Any = TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1")
        if proxied:
            endpoint = proxyEndpoint(endpoint)

        class Once(Factory):
            def buildProtocol(self, address: Any) -> Side:
                return server

        class Client(Factory):
            def buildProtocol(self, address: Any) -> Side:
                return viewer

        port = await endpoint.listen(Once())
        self.addCleanup(port.stopListening)
        number = port.getHost().port
        await TCP4ClientEndpoint(reactor, "127.0.0.1", number).connect(Client())
        for side in (server, viewer):
            self.addCleanup(self.close, side)
        viewer.transport.write((PROXY if proxied else b"") + b"hello")
        await server.until(b"hello")
        return server, viewer

    def close(self, side: Side) -> Any:
        """
        End a connection, and wait until it has.
        """
        if side.lost.called:
            return None
        side.transport.abortConnection()
        return side.lost

    async def secured(
        self, tls: TLS, kind: str, creator: Any, proxied: bool = False
    ) -> tuple[Side, Side, bytes | None]:
        """
        @return: Server and viewer, who have begun TLS, and the viewer's certificate.
        """
        server, viewer = await self.connect(proxied)
        begun = tls.start(server.transport, kind, reactor)
        viewer.transport.startTLS(creator)
        certificate = await begun
        server.transport.write(b"inside")
        await viewer.until(b"inside")
        viewer.transport.write(b"answer")
        await server.until(b"answer")
        return server, viewer, certificate

    def certificate(self, data: bytes) -> str:
        """
        @return: The path of a file with that.
        """
        return temporary(self, data)

    async def test_anonymous(self) -> None:
        """
        Without a certificate there is TLS 1.2 with AES in GCM, by a group of numbers,
        which is all that gtk-vnc knows.
        """
        for ciphers in (b"ADH", b"ADH:AECDH"):
            creator = Viewer(ciphers + b":@SECLEVEL=0", version=SSL.TLS1_2_VERSION)
            _, viewer, certificate = await self.secured(TLS(), "anonymous", creator)
            connection = viewer.transport.protocol.getHandle()
            self.assertEqual(connection.get_protocol_version_name(), "TLSv1.2")
            self.assertIn("AES", connection.get_cipher_name())
            self.assertIsNone(certificate)

    async def test_nothingWithoutEncryption(self) -> None:
        """
        A viewer that would talk without encryption is not talked to.
        """
        creator = Viewer(b"AECDH-NULL-SHA:@SECLEVEL=0", version=SSL.TLS1_2_VERSION)
        server, viewer = await self.connect()
        begun = TLS().start(server.transport, "anonymous", reactor)
        viewer.transport.startTLS(creator)
        await server.lost
        self.assertNoResult(begun)

    async def test_certificate(self) -> None:
        """
        With a certificate there is TLS 1.3, or 1.2 for those who know no better.
        """
        path = self.certificate(selfSigned(["localhost"], NOW))
        tls = TLS(ReloadingTLS(path))
        for version, name in (
            (SSL.TLS1_3_VERSION, "TLSv1.3"),
            (SSL.TLS1_2_VERSION, "TLSv1.2"),
        ):
            _, viewer, certificate = await self.secured(
                tls, "x509", Viewer(version=version)
            )
            connection = viewer.transport.protocol.getHandle()
            self.assertEqual(connection.get_protocol_version_name(), name)
            self.assertIsNone(certificate)

    async def test_proxied(self) -> None:
        """
        Behind a proxy, whose word was in front, it is the same.
        """
        path = self.certificate(selfSigned(["localhost"], NOW))
        await self.secured(TLS(ReloadingTLS(path)), "x509", Viewer(), proxied=True)

    async def test_viewerCertificate(self) -> None:
        """
        The certificate of a viewer is known when TLS has begun, if it is signed by
        the right authority; without, or with another, there is no connection, in
        TLS 1.3 and 1.2.
        """
        authority, stranger = Authority(), Authority("stranger")
        path = self.certificate(selfSigned(["localhost"], NOW))
        trusted = self.certificate(authority.certificate)
        tls = TLS(ReloadingTLS(path, None, trusted))
        ann = self.certificate(authority.issue("ann"))
        bob = self.certificate(stranger.issue("bob"))
        for version in (SSL.TLS1_3_VERSION, SSL.TLS1_2_VERSION):
            _, _, certificate = await self.secured(
                tls, "x509", Viewer(own=ann, version=version)
            )
            self.assertEqual(commonName(certificate or b""), b"ann")
            for own in (bob, None):
                server, viewer = await self.connect()
                begun = tls.start(server.transport, "x509", reactor)
                viewer.transport.startTLS(Viewer(own=own, version=version))
                await server.lost
                self.assertNoResult(begun)

    async def test_revoked(self) -> None:
        """
        A certificate that its authority has revoked is refused from the moment that the
        list says so, in TLS 1.3 and 1.2; so are all once the list is out of date, of
        which the log warns.
        """
        authority = Authority()
        path = self.certificate(selfSigned(["localhost"], NOW))
        ann, bob = authority.issue("ann"), authority.issue("bob")
        paths = {data: self.certificate(data) for data in (ann, bob)}
        revoked = self.certificate(authority.revoke(bob))
        trusted = self.certificate(authority.certificate)
        tls = TLS(ReloadingTLS(path, None, trusted, revoked))

        def rewrite(data: bytes) -> None:
            os.replace(self.certificate(data), revoked)

        async def assertRefused(own: bytes, version: int) -> None:
            server, viewer = await self.connect()
            begun = tls.start(server.transport, "x509", reactor)
            viewer.transport.startTLS(Viewer(own=paths[own], version=version))
            await server.lost
            self.assertNoResult(begun)

        for version in (SSL.TLS1_3_VERSION, SSL.TLS1_2_VERSION):
            rewrite(authority.revoke(bob))
            await self.secured(tls, "x509", Viewer(own=paths[ann], version=version))
            await assertRefused(bob, version)
            rewrite(authority.revoke(bob, ann))
            await assertRefused(ann, version)
            with capturedLogs() as events:
                rewrite(authority.revoke(days=-1))
                await assertRefused(ann, version)
            said = [formatEvent(event) for event in events if "until" in event]
            self.assertEqual(len(said), 1)
            self.assertIn(repr(revoked), said[0])
            rewrite(authority.revoke())
            await self.secured(tls, "x509", Viewer(own=paths[bob], version=version))

    async def test_pause(self) -> None:
        """
        After the handshake there is a pause before the server may speak: a viewer
        that hears something in it hangs.  Cancelling ends the pause.
        """
        path = self.certificate(selfSigned(["localhost"], NOW))
        tls, clock = TLS(ReloadingTLS(path)), Clock()
        server, viewer = await self.connect()
        begun = tls.start(server.transport, "x509", clock)
        viewer.transport.startTLS(Viewer())
        viewer.transport.write(b"early")
        # What the viewer sends in the pause comes in.
        await server.until(b"early")
        self.assertNoResult(begun)
        [call] = clock.getDelayedCalls()
        self.assertEqual(call.getTime(), PAUSE)
        begun.cancel()
        self.failureResultOf(begun, CancelledError)
        self.assertEqual(clock.getDelayedCalls(), [])

    async def test_cancelledEarly(self) -> None:
        """
        A handshake that is done after nobody waits for it any more is no error.
        """
        path = self.certificate(selfSigned(["localhost"], NOW))
        server, viewer = await self.connect()
        clock = Clock()
        begun = TLS(ReloadingTLS(path)).start(server.transport, "x509", clock)
        begun.cancel()
        self.failureResultOf(begun, CancelledError)
        viewer.transport.startTLS(Viewer())
        viewer.transport.write(b"early")
        await server.until(b"early")
        self.assertEqual(clock.getDelayedCalls(), [])

    async def test_reload(self) -> None:
        """
        The certificate is read again when its file has changed; connections that
        there are go on.  Rubbish, or a key that does not fit, leaves the old one in
        use, and is told once.
        """
        path = self.certificate(selfSigned(["first"], NOW))
        reloading = ReloadingTLS(path)
        tls = TLS(reloading)

        async def shown() -> tuple[Side, str]:
            server, viewer, _ = await self.secured(tls, "x509", Viewer())
            peer = viewer.transport.getPeerCertificate().to_cryptography()
            return server, commonName(
                peer.public_bytes(serialization.Encoding.DER)
            ).decode()

        old, name = await shown()
        self.assertEqual(name, "first")
        with capturedLogs() as events:
            self.rewrite(path, selfSigned(["second"], NOW))
            self.assertEqual((await shown())[1], "second")
            old.transport.write(b"still here")
        mine = [event for event in events if event.get("log_source") is reloading]
        self.assertEqual(len(mine), 1)
        one, other = selfSigned(["one"], NOW), selfSigned(["other"], NOW)
        mixed = (
            one[: one.index(b"-----BEGIN CERT")]
            + other[other.index(b"-----BEGIN CERT") :]
        )
        for bad in (b"rubbish", mixed):
            self.rewrite(path, bad)
            with capturedLogs() as events:
                for _ in range(3):
                    self.assertEqual((await shown())[1], "second")
            mine = [event for event in events if event.get("log_source") is reloading]
            self.assertEqual(len(mine), 1)
        os.unlink(path)
        with capturedLogs():
            self.assertEqual((await shown())[1], "second")
        self.rewrite(path, selfSigned(["third"], NOW))
        self.assertEqual((await shown())[1], "third")

    def rewrite(self, path: str, data: bytes) -> None:
        """
        Put something else where a certificate was.
        """
        with open(path + "x", "wb") as file:
            file.write(data)
        os.chmod(path + "x", 0o600)
        os.replace(path + "x", path)


class ReloadingTLSTests(SynchronousTestCase):
    """
    What is said of files at the start.
    """

    def test_chain(self) -> None:
        """
        Key and certificates may be in files of their own.
        """
        authority = Authority()
        both = authority.issue("desk")
        at = both.index(b"-----BEGIN PRIVATE")
        chain = temporary(self, both[:at] + authority.certificate)
        key = temporary(self, both[at:])
        server = ReloadingTLS(chain, key).serverConnectionForTLS(NOBODY)
        viewer = SSL.Connection(SSL.Context(SSL.TLS_CLIENT_METHOD), None)
        server.set_accept_state()
        viewer.set_connect_state()
        for source, target in ((viewer, server), (server, viewer)):
            self.assertRaises(SSL.WantReadError, source.do_handshake)
            target.bio_write(source.bio_read(65536))
        viewer.do_handshake()
        certificates = viewer.get_peer_cert_chain()
        assert certificates is not None
        self.assertEqual(len(certificates), 2)

    def test_wrong(self) -> None:
        """
        What cannot be used is said at once, naming the files.
        """
        good = selfSigned(["one"], NOW)
        other = selfSigned(["other"], NOW)
        begin = good.index(b"-----BEGIN CERT")
        certificate, key = good[begin:], other[: other.index(b"-----BEGIN CERT")]
        locked = serialization.load_pem_private_key(key, None).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"x"),
        )
        for files, at, reason in (
            ((b"",), 0, "there is no certificate in PEM form"),
            ((key,), 0, "there is no certificate in PEM form"),
            ((certificate,), 0, "there is no private key in PEM form"),
            ((certificate, b""), 1, "there is no private key in PEM form"),
            ((certificate, locked), 1, "is encrypted by a password"),
            ((certificate, key), 1, "does not belong to the certificate in"),
            ((good, good, b"no authority"), 2, "there is no certificate in PEM form"),
        ):
            paths = [temporary(self, data) for data in files]
            error = self.assertRaises(UnusableFile, ReloadingTLS, *paths)
            self.assertEqual(error.path, paths[at])
            self.assertIn(reason, error.reason)
        self.assertRaises(OSError, ReloadingTLS, temporary(self))

    def test_weakKey(self) -> None:
        """
        What OpenSSL says to a certificate that it does not take is passed on.
        """
        key = rsa.generate_private_key(65537, 1024)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "weak")])
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(NOW)
            .not_valid_after(NOW + datetime.timedelta(1))
            .sign(key, SHA256())
        )
        pem = serialization.Encoding.PEM
        path = temporary(
            self,
            made.public_bytes(pem)
            + key.private_bytes(
                pem,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )
        error = self.assertRaises(UnusableFile, ReloadingTLS, path)
        self.assertEqual(error.reason, "OpenSSL does not take it: ee key too small")

    def test_kind(self) -> None:
        """
        There is no TLS with a certificate if there is no certificate, nor any other
        kind.
        """
        for kind in ("x509", "else"):
            self.assertRaises(ValueError, TLS().start, None, kind, Clock())

    def test_suites(self) -> None:
        """
        Nothing anonymous is without encryption.
        """
        connection = AnonymousTLS().serverConnectionForTLS(NOBODY)
        suites = [
            name for name in connection.get_cipher_list() if not name.startswith("TLS_")
        ]
        self.assertTrue(suites)
        for name in suites:
            self.assertRegex(name, "^ADH-AES[0-9]+-GCM-SHA[0-9]+$")
