# -*- test-case-name: tests.security.test_login -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
TLS for viewers.  It needs pyOpenSSL, and is not imported without.
"""

from __future__ import annotations

from collections.abc import Callable

from cryptography.x509 import Certificate
from OpenSSL import SSL
from OpenSSL.crypto import Error
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.ssl import Certificate as TwistedCertificate
from twisted.internet.ssl import (
    PrivateCertificate,
    optionsForClientTLS,
    trustRootFromCertificates,
)
from twisted.protocols.tls import TLSMemoryBIOProtocol
from zope.interface import implementer

from txrfb.security.tls.certificates import certificatesIn

__all__ = ["AnonymousViewerTLS", "viewerTLS"]

#: As L{txrfb.security.tls.server} has it.
_ANONYMOUS = b"ADH+AESGCM:AECDH+AES:@SECLEVEL=0"


@implementer(IOpenSSLClientConnectionCreator)
class AnonymousViewerTLS:
    """
    TLS with a server that has no certificate: it may be anybody.
    """

    def __init__(self) -> None:
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        context.set_max_proto_version(SSL.TLS1_2_VERSION)
        context.set_cipher_list(_ANONYMOUS)
        self._context = context

    def clientConnectionForTLS(self, protocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        """
        See L{IOpenSSLClientConnectionCreator}.
        """
        return SSL.Connection(self._context, None)


@implementer(IOpenSSLClientConnectionCreator)
class _Recognizing:
    """
    TLS with a server that has the right certificate.  It knows what that was, if it was
    another, which Twisted does not tell.
    """

    def __init__(self, creator: IOpenSSLClientConnectionCreator) -> None:
        """
        @param creator: What recognizes it.
        """
        self._creator = creator
        self._connection: SSL.Connection | None = None

    def clientConnectionForTLS(self, protocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        """
        See L{IOpenSSLClientConnectionCreator}.
        """
        self._connection = self._creator.clientConnectionForTLS(protocol)
        return self._connection

    @property
    def certificate(self) -> Certificate | None:
        """
        What the server has shown; C{None} before it has.
        """
        chain = self._connection and self._connection.get_peer_cert_chain()
        return chain[0].to_cryptography() if chain else None


def viewerTLS(
    hostname: str,
    authority: bytes | None = None,
    own: bytes | None = None,
) -> Callable[[str], IOpenSSLClientConnectionCreator]:
    """
    Say how a viewer begins TLS; see L{RFBClient<txrfb.client.protocol.RFBClient>}.

    @param hostname: The name or address that the server's certificate must have.

    @param authority: The certificates of authorities of which one must have signed it,
        or the server's own, in PEM form; by default those that the system trusts.

    @param own: The viewer's certificate and its key, in PEM form, if it has one.

    @return: Given the kind of TLS, returns what a transport's C{startTLS} takes.

    @raise ValueError: if C{authority} or C{own} is not what it should be, or (from what
        is returned) the kind is unknown.
    """
    trust = None
    if authority is not None:
        loaded = [TwistedCertificate.loadPEM(one) for one in certificatesIn(authority)]
        trust = trustRootFromCertificates(loaded)
    certificate = None
    if own is not None:
        certificatesIn(own)
        try:
            certificate = PrivateCertificate.loadPEM(own)
        except Error:
            raise ValueError("there is no key in PEM form in it") from None

    def creator(kind: str) -> IOpenSSLClientConnectionCreator:
        if kind == "anonymous":
            return AnonymousViewerTLS()
        if kind != "x509":
            raise ValueError(f"there is no TLS of kind {kind!r}")
        return _Recognizing(optionsForClientTLS(hostname, trust, certificate))

    return creator
