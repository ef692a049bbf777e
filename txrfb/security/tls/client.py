# -*- test-case-name: tests.security.test_login -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
TLS for viewers.  It needs pyOpenSSL, and is not imported without.
"""

from __future__ import annotations

from collections.abc import Callable

from OpenSSL import SSL
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.ssl import (
    Certificate,
    PrivateCertificate,
    optionsForClientTLS,
    trustRootFromCertificates,
)
from twisted.protocols.tls import TLSMemoryBIOProtocol
from zope.interface import implementer

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


def viewerTLS(
    hostname: str,
    authority: bytes | None = None,
    own: bytes | None = None,
) -> Callable[[str], IOpenSSLClientConnectionCreator]:
    """
    Say how a viewer begins TLS; see L{RFBClient<txrfb.client.protocol.RFBClient>}.

    @param hostname: The name or address that the server's certificate must have.

    @param authority: The certificate of the authority that must have signed it, or
        the server's own, in PEM form; by default those that the system trusts.

    @param own: The viewer's certificate and its key, in PEM form, if it has one.

    @return: Given the kind of TLS, returns what a transport's C{startTLS} takes.

    @raise ValueError: (from what is returned) if the kind is unknown.
    """

    def creator(kind: str) -> IOpenSSLClientConnectionCreator:
        if kind == "anonymous":
            return AnonymousViewerTLS()
        if kind != "x509":
            raise ValueError(f"there is no TLS of kind {kind!r}")
        trust = None
        if authority is not None:
            trust = trustRootFromCertificates([Certificate.loadPEM(authority)])
        certificate = None if own is None else PrivateCertificate.loadPEM(own)
        return optionsForClientTLS(hostname, trust, certificate)

    return creator
