# -*- test-case-name: tests.security.test_tls -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
TLS for viewers that begin it after they have connected.  It needs pyOpenSSL, and is
not imported without.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timezone
from importlib import resources
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from OpenSSL import SSL, crypto
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IOpenSSLServerConnectionCreator,
    IReactorTime,
    ITLSTransport,
)
from twisted.internet.ssl import AcceptableCiphers, CertificateOptions
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.protocols.tls import TLSMemoryBIOProtocol
from zope.interface import implementer

from txrfb.error import UnusableFile
from txrfb.security.accounts.files import secretWarnings
from txrfb.security.accounts.followed import stampOf
from txrfb.security.tls.certificates import expiry
from txrfb.security.tls.failures import verifyProblem

__all__ = [
    "PAUSE",
    "TLS",
    "AnonymousTLS",
    "ReloadingTLS",
    "noProtocol",
    "peerCertificate",
]

#: How many seconds to say nothing after a handshake.  TigerVNC's viewers before 1.13
#: overlook what arrives together with the session tickets of TLS 1.3, for ever.
PAUSE = 0.05

#: Cipher suites without certificates, which are in no security level but the lowest.
#: All viewers that have any have these, by OpenSSL or by GnuTLS; those with elliptic
#: curves are CBC with SHA-1.
_ANONYMOUS = b"ADH+AESGCM:@SECLEVEL=0"

#: Those with a certificate, of TLS 1.2; all of TLS 1.3 are of the kind.
_SUITES = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20"

#: Is told in words what went wrong.
Tell: TypeAlias = Callable[[str], None]


def _now() -> datetime:
    return datetime.now(timezone.utc)


#: What is called when the handshake of a connection is done.
_waiting: WeakKeyDictionary[SSL.Connection, Callable[[SSL.Connection], None]] = (
    WeakKeyDictionary()
)

#: What is called with what is wrong with a viewer's certificate.
_complaining: WeakKeyDictionary[SSL.Connection, Tell] = WeakKeyDictionary()


def _tellDone(connection: SSL.Connection, where: int, _: int) -> None:
    """
    Report the end of a handshake.
    """
    if where & SSL.SSL_CB_HANDSHAKE_DONE:
        # TLS 1.3 says it again after each session ticket.
        done = _waiting.pop(connection, None)
        if done is not None:
            done(connection)


def _verified(
    connection: SSL.Connection, _: crypto.X509, number: int, depth: int, isGood: int
) -> bool:
    """
    Take OpenSSL's word for a certificate, and tell what is wrong with it.
    """
    tell = _complaining.get(connection)
    if not isGood and tell is not None:
        tell(verifyProblem(number))
    return bool(isGood)


def noProtocol(connection: SSL.Connection, names: list[bytes]) -> Any:
    """
    Go on without a protocol by ALPN: RFB has no name there.
    """
    return SSL.NO_OVERLAPPING_PROTOCOLS


@implementer(IOpenSSLServerConnectionCreator)
class AnonymousTLS:
    """
    TLS without a certificate: an eavesdropper learns nothing, a man in the middle
    everything.
    """

    def __init__(self) -> None:
        # TLS 1.3 has nothing anonymous, and what is older than 1.2 is too old.
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        context.set_max_proto_version(SSL.TLS1_2_VERSION)
        context.set_cipher_list(_ANONYMOUS)
        context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION)
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        # gtk-vnc wants a group of its own; this is ffdhe2048 of RFC 7919.
        group = resources.files("txrfb.security.tls").joinpath("ffdhe2048.pem")
        with resources.as_file(group) as path:
            context.load_tmp_dh(str(path))
        context.set_info_callback(_tellDone)
        self._context = context

    def serverConnectionForTLS(self, protocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        """
        See L{IOpenSSLServerConnectionCreator}.
        """
        return SSL.Connection(self._context, None)


@implementer(IOpenSSLServerConnectionCreator)
class ReloadingTLS:
    """
    TLS with a certificate, which is read again when its file has changed.  If what
    is there then is not usable, that before goes on to be used.
    """

    _log = Logger()

    def __init__(
        self,
        certificate: str,
        key: str | None = None,
        authority: str | None = None,
        revoked: str | None = None,
        now: Callable[[], datetime] = _now,
    ) -> None:
        """
        @param certificate: The path of a file with the certificate, and those that
            lead from it to an authority, in PEM form.

        @param key: The path of a file with its key; by default it is in the first.

        @param authority: The path of a file with certificates in PEM form.  Only
            viewers that have one signed by one of these are let in.

        @param revoked: The path of a file with what these have revoked, in PEM form: a
            certificate revocation list (RFC 5280, section 5) of each.

        @param now: Tells the time.

        @raise OSError: if one of the files cannot be read.

        @raise UnusableFile: if they are not what they should be.
        """
        self._certificate, self._key, self._authority = certificate, key, authority
        self._revoked = revoked
        self._now = now
        self._stamp: object = None
        self._load(stampOf(*self._paths))

    @property
    def _paths(self) -> list[str]:
        paths = (self._certificate, self._key, self._authority, self._revoked)
        return [path for path in paths if path is not None]

    def _load(self, stamp: object) -> None:
        self._stamp = stamp
        options = _options(self._certificate, self._key, self._authority)
        context = options.getContext()
        if self._revoked is not None:
            self._refuse(context, self._revoked)
        context.set_info_callback(_tellDone)
        context.set_alpn_select_callback(noProtocol)
        if self._authority is not None:
            context.set_verify(context.get_verify_mode(), _verified)
        self._options = options
        self._warn()

    def _warn(self) -> None:
        """
        Warn of certificates whose time is over, or soon will be, and of a key that
        others can read.
        """
        now = self._now()
        for warning in secretWarnings(self._key or self._certificate, "the TLS key"):
            self._log.warn("{advice}", advice=warning)
        for path in filter(None, (self._certificate, self._authority)):
            for one in _certificates(path):
                for sentence in expiry(one, now):
                    self._log.warn("{path!r}: {sentence}", path=path, sentence=sentence)

    def _refuse(self, context: SSL.Context, path: str) -> None:
        """
        Refuse the certificates that were revoked.

        @param path: The file of lists.

        @raise UnusableFile: if it is not what it should be.
        """
        begin, end = b"-----BEGIN X509 CRL-----", b"-----END X509 CRL-----"
        store = context.get_cert_store()
        assert store is not None
        parts = _read(path).split(end)[:-1]
        try:
            lists = [
                x509.load_pem_x509_crl(begin + part.partition(begin)[2] + end)
                for part in parts
            ]
        except ValueError:
            lists = []
        if not lists:
            raise UnusableFile(
                path, "there is no certificate revocation list in PEM form in it"
            )
        for one in lists:
            store.add_crl(one)
            until = one.next_update_utc
            if until is not None and until < self._now():
                self._log.warn(
                    "the revocation list in {path!r} was to be replaced by {until}:"
                    " nobody's certificate is accepted until it is",
                    path=path,
                    until=until.isoformat(),
                )
        store.set_flags(crypto.X509StoreFlags.CRL_CHECK)

    def serverConnectionForTLS(self, protocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        """
        See L{IOpenSSLServerConnectionCreator}.
        """
        stamp = stampOf(*self._paths)
        # Tried once for each state of the files, not for each connection.
        if stamp != self._stamp:
            try:
                self._load(stamp)
            except (OSError, ValueError) as error:
                self._log.error(
                    "cannot reload the certificate, the old one stays: {why}",
                    why=str(error),
                )
            else:
                self._log.info("reloaded the certificate")
        return SSL.Connection(self._options.getContext(), None)


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _certificates(path: str) -> list[x509.Certificate]:
    """
    @return: All that are in a file.

    @raise UnusableFile: if there is none.
    """
    try:
        return x509.load_pem_x509_certificates(_read(path))
    except ValueError:
        raise UnusableFile(path, "there is no certificate in PEM form in it") from None


def _privateKey(path: str) -> Any:
    """
    @return: The key in a file.

    @raise UnusableFile: if there is none that can be used.
    """
    try:
        return load_pem_private_key(_read(path), None)
    except TypeError:
        reason = "the key in it is encrypted by a password; openssl pkey decrypts it"
    except (ValueError, UnsupportedAlgorithm):
        reason = "there is no private key in PEM form in it"
    raise UnusableFile(path, reason)


def _options(
    certificate: str, key: str | None, authority: str | None
) -> CertificateOptions:
    """
    @return: The options for a server, with which a context can be made.

    @raise OSError: if one of the files cannot be read.

    @raise UnusableFile: if one is not what it should be.
    """
    own, *chain = _certificates(certificate)
    private = _privateKey(key or certificate)
    if private.public_key() != own.public_key():
        belongs = f"the key in it does not belong to the certificate in {certificate!r}"
        raise UnusableFile(key or certificate, belongs)
    authorities = [] if authority is None else _certificates(authority)
    try:
        options = CertificateOptions(
            privateKey=crypto.PKey.from_cryptography_key(private),
            certificate=crypto.X509.from_cryptography(own),
            extraCertChain=list(map(crypto.X509.from_cryptography, chain)),
            acceptableCiphers=AcceptableCiphers.fromOpenSSLCipherString(_SUITES),
            verify=bool(authorities),
            requireCertificate=bool(authorities),
            caCerts=list(map(crypto.X509.from_cryptography, authorities)) or None,
        )
        # What OpenSSL does not take is seen here, not in a handshake.
        options.getContext()
    except Exception as error:
        # It says so in a list of codes.
        words = re.findall(r"'([a-z][^']* [^']*)'\)", str(error))
        raise UnusableFile(
            certificate, f"OpenSSL does not take it: {', '.join(words) or 'no reason'}"
        ) from None
    return options


class TLS:
    """
    What TLS a server has.

    @ivar anonymous: Makes connections without a certificate.
    @ivar x509: Makes connections with one; C{None} if there is none.
    """

    def __init__(self, x509: IOpenSSLServerConnectionCreator | None = None) -> None:
        """
        @param x509: For instance a L{ReloadingTLS}.
        """
        self.anonymous = AnonymousTLS()
        self.x509 = x509

    def start(
        self,
        transport: ITLSTransport,
        kind: str,
        clock: IReactorTime,
        tell: Tell = lambda problem: None,
    ) -> Deferred[bytes | None]:
        """
        Begin TLS as a server.

        @param transport: The transport, an
            L{ITLSTransport<twisted.internet.interfaces.ITLSTransport>}.

        @param kind: C{"anonymous"} or C{"x509"}.

        @param clock: Where time comes from.

        @param tell: Called with what is wrong with the viewer's certificate, which
            OpenSSL does not say when it breaks off.

        @return: A L{Deferred} that fires when the handshake is done and it is time to
            speak, with the viewer's certificate in DER form if it showed one.  If the
            handshake fails it does not fire: the connection is lost.  It should be
            cancelled then.

        @raise ValueError: if there is no such TLS here.
        """
        creator = {"anonymous": self.anonymous, "x509": self.x509}.get(kind)
        if creator is None:
            raise ValueError(f"there is no TLS of kind {kind!r}")
        done: Deferred[bytes | None] = Deferred()

        def completed(connection: SSL.Connection) -> None:
            if not done.called:
                done.callback(peerCertificate(connection))

        def pause(certificate: bytes | None) -> Deferred[bytes | None]:
            return deferLater(clock, PAUSE, lambda: certificate)

        transport.startTLS(_Telling(creator, completed, tell))
        return done.addCallback(pause)


@implementer(IOpenSSLServerConnectionCreator)
class _Telling:
    """
    Makes one connection that tells when its handshake is done.

    Twisted can notify protocols, but not through a wrapper such as the one behind a
    proxy.
    """

    def __init__(
        self,
        creator: IOpenSSLServerConnectionCreator,
        completed: Callable[[SSL.Connection], None],
        tell: Tell,
    ) -> None:
        self._creator = creator
        self._completed = completed
        self._tell = tell

    def serverConnectionForTLS(self, protocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        connection: SSL.Connection = self._creator.serverConnectionForTLS(protocol)
        _waiting[connection] = self._completed
        _complaining[connection] = self._tell
        return connection


def peerCertificate(connection: SSL.Connection) -> bytes | None:
    """
    @return: The certificate of the other side, in DER form, if it showed one.
    """
    certificate = connection.get_peer_certificate()
    if certificate is None:
        return None
    return certificate.to_cryptography().public_bytes(Encoding.DER)
