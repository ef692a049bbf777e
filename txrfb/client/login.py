# -*- test-case-name: tests.client.test_login -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
How a viewer logs in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from txrfb.security.client import Security, securityFor, usual

if TYPE_CHECKING:
    from twisted.internet.interfaces import IOpenSSLClientConnectionCreator

__all__ = ["Security", "loginFor", "securityFor"]


def loginFor(
    password: bytes | str | None = None,
    username: bytes | str | None = None,
    *,
    hostname: str | None = None,
    authority: bytes | None = None,
    certificate: bytes | None = None,
    names: Sequence[str] | None = None,
    trust: Callable[[bytes], bool] = lambda encoded: True,
) -> dict[str, Any]:
    """
    Say how to log in, with all that TLS needs.

    @param password: The password, if there is one.

    @param username: The user's name, if there is one.

    @param hostname: The name that the server's certificate must have; C{"localhost"}
        if there is only C{authority}.

    @param authority: The certificate of the authority that must have signed it, or
        the server's own, in PEM form; by default those that the system trusts, if
        C{hostname} is given.  Without both, X509 is not used: a certificate is worth
        nothing of which it is not known whose it should be.

    @param certificate: The viewer's certificate and its key, in PEM form, if it has
        one.

    @param names: The security types that may be used, the preferred first; some of
        L{txrfb.security.admission.choice.NAMES}, by default all for which there is
        what they ask for.

    @param trust: See L{securityFor}.

    @return: The arguments C{security} and C{startTLS} of
        L{RFBClient<txrfb.client.protocol.RFBClient>}.

    @raise ValueError: if there is no such type.
    """
    canVerify = hostname is not None or authority is not None
    if names is None:
        names = usual(username, password, canVerify)

    def startTLS(kind: str) -> IOpenSSLClientConnectionCreator:
        from txrfb.security.tls.client import viewerTLS

        return viewerTLS(hostname or "localhost", authority, certificate)(kind)

    return {
        "security": securityFor(password, username, names, trust),
        "startTLS": startTLS,
    }
