# -*- test-case-name: tests.client.test_login -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
How a viewer logs in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from txrfb.client.knownhosts import GivenKey, KnownHost
from txrfb.security.client import Security, securityFor, usual

if TYPE_CHECKING:
    from twisted.internet.interfaces import IOpenSSLClientConnectionCreator

__all__ = [
    "Security",
    "checkedAuthority",
    "checkedCertificate",
    "loginFor",
    "securityFor",
]


def loginFor(
    password: bytes | str | None = None,
    username: bytes | str | None = None,
    *,
    hostname: str | None = None,
    authority: bytes | None = None,
    certificate: bytes | None = None,
    hostKey: str | None = None,
    knownHosts: str | None = None,
    names: Sequence[str] | None = None,
    trust: Callable[[bytes], bool] | None = None,
) -> dict[str, Any]:
    """
    Say how to log in, and by what to recognize the server.

    A viewer that is told nothing of the server takes the best that it offers, and would
    not notice somebody in between.  One that is told of a certificate or of a host key
    uses the security types alone in which the server shows that.

    @param password: The password, if there is one.

    @param username: The user's name, if there is one.

    @param hostname: The name that the server's certificate must have; C{"localhost"}
        if there is only C{authority}.  With C{knownHosts}, its name there.

    @param authority: The certificate of the authority that must have signed it, or
        the server's own, in PEM form; by default those that the system trusts, if
        C{hostname} is given and nothing is said of a host key.  Otherwise X509 is not
        used: a certificate is worth nothing of which it is not known whose it should
        be.

    @param certificate: The viewer's certificate and its key, in PEM form, if it has
        one.

    @param hostKey: The fingerprint of the server's host key, as its log has it.

    @param knownHosts: The path of a file that remembers the host keys of servers, see
        L{KnownHost}; it needs C{hostname}.

    @param names: The security types that may be used, the preferred first; some of
        L{txrfb.security.admission.choice.NAMES}, by default all for which there is
        what they ask for and that show what is known of the server.

    @param trust: Is asked about the server's host key, in place of all that; see
        L{securityFor}.

    @return: The arguments C{security} and C{startTLS} of
        L{RFBClient<txrfb.client.protocol.RFBClient>}.

    @raise ValueError: if there is no such type, or nothing to log in with, or a
        certificate or a fingerprint is none.
    """
    key: GivenKey | KnownHost | None = None
    if hostKey is not None:
        key = GivenKey(hostKey)
    elif knownHosts is not None:
        if hostname is None:
            raise ValueError("knownHosts: the name of the server is needed, hostname")
        key = KnownHost(knownHosts, hostname)
    byHostKey = key is not None or trust is not None
    byCertificate = authority is not None or (hostname is not None and not byHostKey)
    if names is None:
        names = usual(username, password, byCertificate, byHostKey)
        if not names:
            raise ValueError(
                "a certificate is checked by pyOpenSSL, which is not installed"
                if byCertificate
                else "servers show a host key only to who has a password"
            )
    for name, check, pem in (
        ("authority", checkedAuthority, authority),
        ("certificate", checkedCertificate, certificate),
    ):
        try:
            if pem is not None:
                check(pem)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    checks: dict[str, Any] = {} if trust is None else {"trust": trust}
    if key is not None:
        checks = {"trust": trust or key.trusts, "proved": key.proved}

    def startTLS(kind: str) -> IOpenSSLClientConnectionCreator:
        from txrfb.security.tls.client import viewerTLS

        return viewerTLS(hostname or "localhost", authority, certificate)(kind)

    return {
        "security": securityFor(password, username, names, **checks),
        "startTLS": startTLS,
    }


def checkedAuthority(pem: bytes) -> bytes:
    """
    @param pem: Who must have signed the server's certificate.

    @return: The same.

    @raise ValueError: if that is no certificate.
    """
    _tls(pem)
    return pem


def checkedCertificate(pem: bytes) -> bytes:
    """
    @param pem: A viewer's certificate and its key.

    @return: The same.

    @raise ValueError: if one of them is not there.
    """
    _tls(None, pem)
    return pem


def _tls(*pems: bytes | None) -> None:
    for pem in pems:
        if not isinstance(pem, bytes | None):
            raise ValueError(f"{pem!r} is no certificate in PEM form, which is bytes")
    # It takes time to load, and few need it.
    from txrfb.security.tls.client import viewerTLS

    viewerTLS("localhost", *pems)
