# -*- test-case-name: tests.security.test_assembly -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A gate made of what administrators write: names, paths and numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.portal import Portal
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from txrfb.security.accounts.checkers import CertificateChecker
from txrfb.security.accounts.files import secretWarnings
from txrfb.security.accounts.names import NamesFile
from txrfb.security.accounts.realm import portalFor
from txrfb.security.accounts.rights import FULL, Rights
from txrfb.security.accounts.users import UsersFile
from txrfb.security.admission.addresses import LOOPBACK, Networks
from txrfb.security.admission.choice import Choice, choose
from txrfb.security.admission.descriptors import connectionLimit
from txrfb.security.admission.doorkeeper import Doorkeeper
from txrfb.security.admission.feasible import checkFeasible
from txrfb.security.admission.gate import Gate, ITLSStarter
from txrfb.security.admission.maker import securityTypes
from txrfb.security.types.hostkey import HostKey

__all__ = ["makeGate", "makePortal"]

#: Added to the number of viewers, and those that log in, for the limit of
#: connections: those that are on their way out.
_LEAVING = 16

_log = Logger()


def _hostKey(path: str) -> HostKey:
    """
    @return: The key in a file, which is made if it is not there.
    """
    key = HostKey.loadOrCreate(path)
    for warning in secretWarnings(path, "the host key"):
        _log.warn("{advice}", advice=warning)
    _log.info(
        "host key {path} has the fingerprint {fingerprint}",
        path=path,
        fingerprint=key.fingerprint,
    )
    return key


def makePortal(
    *,
    password: bytes | str | None = None,
    viewPassword: bytes | str | None = None,
    users: str | None = None,
    checkers: Sequence[ICredentialsChecker] = (),
    clientAuthority: str | None = None,
    clientNames: str | None = None,
    viewOnlyUsers: Iterable[bytes | str] = (),
    anonymousRights: Rights = FULL,
    choice: Choice | str | None = None,
) -> Portal:
    """
    Make a portal.

    @param password: The password for full access.

    @param viewPassword: The view-only password.

    @param users: The path of a file of users.

    @param checkers: Further checkers.

    @param clientAuthority: The path of a file with certificates of authorities; if
        there is one, viewers must have a certificate that one of them signed, and
        besides it whatever else is given here proves that they are whom it names.

    @param clientNames: The path of a file with the names of those whose certificates
        are good; see L{NamesFile}.

    @param viewOnlyUsers: Users who may only view.

    @param anonymousRights: What those may do who were asked nothing.

    @param choice: The security types that were chosen, or what L{choose} makes them of.

    @raise OSError: if the file of users cannot be read.

    @raise ValueError: if it is wrong, or a password is empty.
    """
    if isinstance(choice, str):
        choice = choose(choice)
    everybody = list(checkers)
    if users is not None:
        everybody.insert(0, UsersFile(users))
    if clientAuthority is not None:
        names = None if clientNames is None else NamesFile(clientNames)
        everybody.append(CertificateChecker(names))
    asked = frozenset() if choice is None else choice.asked
    enough = {"certificate"} if "X509None" in asked else set()
    if not all(name.startswith("X509") for name in asked):
        enough.add("password")
    return portalFor(
        password,
        viewPassword,
        everybody,
        viewOnlyUsers,
        anonymousRights,
        names=choice is not None and choice.needsNames,
        enough=enough,
    )


def makeGate(
    clock: IReactorTime,
    portal: Portal,
    *,
    choice: Choice | str | None = None,
    hostKey: str | None = None,
    certificate: str | None = None,
    key: str | None = None,
    clientAuthority: str | None = None,
    clientRevoked: str | None = None,
    username: bytes = b"vnc",
    allowed: Iterable[str] = (),
    denied: Iterable[str] = (),
    shared: Iterable[str] = (),
    proxies: Iterable[str] = LOOPBACK,
    maxViewers: int = 0,
    **options: Any,
) -> Gate:
    """
    Make a gate.

    @param clock: Where time comes from.

    @param portal: Checks credentials.

    @param choice: Which security types, or what L{choose} makes them of; by default
        what is usual.

    @param hostKey: The path of the server's RSA key, which is made if it is not
        there and needed.

    @param certificate: The path of a certificate.

    @param key: The path of its key, if that is in another file.

    @param clientAuthority: The path of a file with certificates of authorities: who
        begins TLS must have a certificate of one of them.

    @param clientRevoked: The path of a file with the revocation lists of these.

    @param username: Whose password security types without names ask for.

    @param allowed: Networks that viewers may connect from; by default all.

    @param denied: Networks that they may not connect from.

    @param shared: Networks of addresses that stand for many viewers, such as those of
        proxies: see L{Doorkeeper}.

    @param proxies: Networks of proxies that may say where viewers are, by the PROXY
        protocol; who may open a UNIX socket may always.

    @param maxViewers: How many viewers there may be; 0 for as many as can be.

    @param options: Whatever else L{Gate} takes.

    @raise OSError: if a file cannot be read or made.

    @raise ValueError: if the settings contradict each other, or let in nobody, in
        words for administrators.
    """
    for name, value in (("key", key), ("authority", clientAuthority)):
        if value is not None and certificate is None:
            raise ValueError(f"the {name} {value!r} is of no use without a certificate")
    tls: ITLSStarter | None = None
    try:
        from txrfb.security.tls.server import TLS, ReloadingTLS
    except ImportError:
        if certificate is not None:
            raise ValueError("a certificate needs pyOpenSSL") from None
    else:
        x509 = None
        if certificate is not None:
            x509 = ReloadingTLS(certificate, key, clientAuthority, clientRevoked)
        tls = TLS(x509)
    if not hasattr(portal, "listCredentialsInterfaces"):
        raise ValueError(
            f"portal {portal!r}: expected a twisted.cred Portal, as makePortal makes"
        )
    if not isinstance(choice, Choice):
        choice = choose(choice or "")
    types = securityTypes(
        choice,
        hostKey=None if hostKey is None else partial(_hostKey, hostKey),
        canTLS=tls is not None,
        hasCertificate=certificate is not None,
        needsCertificates=clientAuthority is not None,
        username=username,
    )
    checkFeasible(choice, types, portal, tls is not None)
    waiting = options.get("maxWaiting", 64)
    wanted = maxViewers + waiting + _LEAVING if maxViewers else 0
    return Gate(
        clock,
        portal,
        types,
        tls=tls,
        networks=Networks(allowed, denied),
        proxies=Networks(proxies),
        doorkeeper=Doorkeeper(clock, Networks(shared)),
        maxConnections=options.pop("maxConnections", connectionLimit(wanted)),
        **options,
    )
