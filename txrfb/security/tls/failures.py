# -*- test-case-name: tests.security.test_failures -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Why TLS failed, in words for the log.  OpenSSL says it in codes, and not all of it.

It does without pyOpenSSL, as servers may be without.
"""

from __future__ import annotations

import datetime
from typing import Any

__all__ = ["serverProblem", "tlsProblem", "verifyProblem"]

#: What is wrong with a certificate, by OpenSSL's number (C{x509_vfy.h}).
_VERIFY = {
    3: "there is no list of what its authority has revoked",
    7: "the authority that it names has not signed it",
    9: "it is not valid yet",
    10: "it has expired",
    12: "the list of what its authority has revoked has expired",
    18: "nobody but itself has signed it",
    19: "no authority that is trusted has signed it",
    20: "no authority that is trusted has signed it",
    21: "no authority that is trusted has signed it",
    23: "it was revoked",
    24: "one that has signed it is not an authority's",
    26: "it is for another purpose than to be a viewer's",
    66: "its key is too weak",
    68: "its signature is too weak",
    79: "one that has signed it is not an authority's",
}

#: What OpenSSL says of handshakes, or a part of that, and what it means.
_REASONS = {
    "no shared cipher": "viewer and server have no cipher suite in common",
    "unsupported protocol": "viewer and server have no version of TLS in common",
    "version too low": "viewer and server have no version of TLS in common",
    "inappropriate fallback": "viewer and server have no version of TLS in common",
    "no application protocol": "the viewer wants a protocol (ALPN) that is not here",
    "did not return a certificate": "the viewer showed no certificate",
    "http request": "what came is HTTP, not TLS",
    "wrong version number": "what came is not TLS",
    "packet length too long": "what came is not TLS",
    "no suitable signature algorithm": "viewer and server have no signature in common",
    "no suitable key share": "viewer and server have no group of keys in common",
}

#: What viewers say of the server's certificate, in the words of RFC 8446, section 6.2.
_ALERTS = {
    "unknown ca": "it does not know the authority that has signed the certificate",
    "certificate expired": "the certificate has expired",
    "bad certificate": "it does not like the certificate",
    "certificate unknown": "it does not accept the certificate",
    "unsupported certificate": "it cannot use such a certificate",
    "certificate revoked": "the certificate was revoked",
    "protocol version": "it has no version of TLS in common with the server",
    "handshake failure": "it has nothing in common with the server",
    "insufficient security": "it wants stronger ciphers",
    "no application protocol": "it wants a protocol (ALPN) that is not here",
}


def verifyProblem(number: int) -> str:
    """
    @param number: What OpenSSL has against a viewer's certificate.

    @return: It, in words.
    """
    problem = _VERIFY.get(number, f"OpenSSL has error {number} for it")
    return f"the viewer's certificate is not accepted: {problem}"


def serverProblem(error: BaseException | None, creator: object) -> str | None:
    """
    @param error: Why a viewer's connection ended.

    @param creator: What TLS was begun with, as
        L{viewerTLS<txrfb.security.tls.client.viewerTLS>} makes it.

    @return: What was wrong with its TLS, or with the server's certificate; C{None} if
        it did not end for that.
    """
    certificate = getattr(creator, "certificate", None)
    if type(error).__module__.partition(".")[0] == "service_identity":
        # Needed by viewers alone, and takes time to load.
        from txrfb.security.tls.certificates import alternativeNames

        wanted = " or ".join(_wanted(error)) or "any server"
        names = ", ".join(alternativeNames(certificate) if certificate else ())
        return f"the server's certificate is not for {wanted}" + (
            f", but for {names}" if names else ""
        )
    problem = tlsProblem(error, "server")
    if problem is None or "verify failed" not in problem:
        return problem
    return f"the server's certificate is not accepted: {_verified(certificate)}"


def _verified(certificate: Any) -> str:
    """
    @return: What is wrong with a certificate that OpenSSL does not accept, in all
        probability: it does not tell.
    """
    now = datetime.datetime.now(datetime.timezone.utc)
    number = 20
    if certificate is not None:
        if certificate.not_valid_after_utc < now:
            number = 10
        elif certificate.not_valid_before_utc > now:
            number = 9
        elif certificate.issuer == certificate.subject:
            number = 18
    return _VERIFY[number]


def _wanted(error: BaseException | None) -> list[str]:
    """
    @return: Whose a certificate should have been, as service_identity has it.
    """
    found = []
    for mismatch in getattr(error, "errors", ()):
        one = mismatch.mismatched_id
        name = getattr(one, "hostname", None) or getattr(one, "ip", "another server")
        found.append(name.decode("ascii") if isinstance(name, bytes) else str(name))
    return found


def tlsProblem(error: BaseException | None, peer: str = "viewer") -> str | None:
    """
    @param error: Why a connection ended.

    @param peer: Who is at the other end.

    @return: What was wrong with its TLS; C{None} if it did not end for that.
    """
    if type(error).__module__ != "OpenSSL.SSL":
        return None
    assert error is not None
    codes = error.args[0] if error.args and isinstance(error.args[0], list) else []
    texts = [code[2] for code in codes if len(code) == 3 and code[2]]
    for text in texts:
        _, alert, said = text.rpartition("alert ")
        if alert:
            return f"the {peer} broke it off: {_ALERTS.get(said, said)}"
        for part, meaning in _REASONS.items():
            if part in text:
                return meaning
    return ", ".join(texts) or type(error).__name__
