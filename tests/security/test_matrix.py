# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Who gets in with which rights: every combination of options, with everybody who tries
everything that anybody knows.

What is expected comes from L{Policy}, which says in few words what C{SECURITY.rst}
promises, and knows nothing of how it is kept.
"""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import product
from types import SimpleNamespace
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate
from twisted.cred.error import LoginFailed
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import ITLSTransport
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import alsoProvides

from tests.security.driver import converse, flat
from tests.security.test_tls import NOW, Authority
from txrfb._session.stream import streamOf
from txrfb.error import SecurityError
from txrfb.interfaces import ISecurityType
from txrfb.security.accounts import pam, users
from txrfb.security.accounts.hashing import Hash
from txrfb.security.accounts.rights import NAMES, Rights
from txrfb.security.accounts.users import User
from txrfb.security.steps import Context
from txrfb.security.tls.certificates import selfSigned
from txrfb.security.types import none, rsaaes, vencrypt, vncauth
from txrfb.security.types.hostkey import HostKey
from txrfb.security.types.vencrypt import VeNCrypt
from txrfb.tap import Options

#: What the sources say of whom, by name: password and rights.
USERS = {"ann": ("ann-users", "full"), "bob": ("bob-users", "view")}
SYSTEM = {
    "ann": ("ann-pam", "keys,pointer"),
    "bob": ("bob-pam", "full"),
    "cid": ("cid-pam", "full"),
}
#: Whose certificates are good where there is a list, and for what.
LISTED = {"ann": "full", "bob": "full", "cid": "pointer,clipboard"}

FULL_PASSWORD, VIEW_PASSWORD = "shared-1", "viewonly"

SECURITY = (
    "",
    "None",
    "X509None",
    "+X509None",
    "VncAuth",
    "+VncAuth",
    "-VncAuth",
    "TLSPlain,X509Plain",
    "RA2,X509Vnc",
)

#: The security types that can be offered with these.
CHOICES = {
    "X509Plain",
    "X509Vnc",
    "X509None",
    "RA2_256",
    "RA2",
    "RA2ne",
    "TLSPlain",
    "TLSVnc",
    "VncAuth",
    "None",
}

KEY = HostKey.generate(1024)


class Attempt(NamedTuple):
    """
    What a viewer shows.

    @ivar name: The user's name; empty for none.
    @ivar password: The password.
    @ivar certificate: Whom its certificate names, if it has one.
    """

    name: str
    password: str
    certificate: str | None = None


#: Everything that anybody knows, under everybody's name.
TYPED = [
    ("", FULL_PASSWORD),
    ("ann", FULL_PASSWORD),
    ("bob", FULL_PASSWORD),
    ("", VIEW_PASSWORD),
    ("ann", VIEW_PASSWORD),
    ("ann", "ann-users"),
    ("ann", "ann-pam"),
    ("", "ann-users"),
    ("bob", "bob-users"),
    ("bob", "bob-pam"),
    ("bob", "ann-users"),
    ("cid", "cid-pam"),
    ("zoe", "ann-pam"),
    ("ann", ""),
    ("ann", "wrong"),
]
OWNERS = (None, "ann", "bob", "cid", "zoe")


def attempts(name: str, hasAuthority: bool) -> Iterator[Attempt]:
    """
    @return: What is tried by a security type; certificates where they are asked for.
    """
    owners = OWNERS if hasAuthority and name.startswith("X509") else OWNERS[:1]
    if name.endswith("None"):
        typed = [("", "")]
    elif name in ("RA2_256", "RA2ne"):
        # The same steps as RA2, with other numbers.
        typed = TYPED[2:9:3]
    elif name.endswith(("Vnc", "VncAuth")):
        typed = sorted({("", password) for _, password in TYPED})
    else:
        typed = TYPED
    for owner, (user, password) in product(owners, typed):
        yield Attempt(user, password, owner)


class Policy(NamedTuple):
    """
    What is promised.

    @ivar password: Whether there is a password for full access; so with the others.
    @ivar tls: C{""}, C{"certificate"}, C{"authority"}, or C{"list"} for an authority
        and a list of the names whose certificates are good.
    @ivar security: What C{--security} says; empty if it is not given.
    """

    password: bool
    view: bool
    users: bool
    pam: bool
    tls: str
    hostKey: bool
    security: str

    @property
    def hasAuthority(self) -> bool:
        return self.tls in ("authority", "list")

    @property
    def named(self) -> set[str]:
        """
        The security types that are asked for by name.
        """
        words = self.security.split(",")
        return {word.strip("+") for word in words if word and word[0] != "-"}

    @property
    def asksPassword(self) -> bool:
        return self.password or self.view or self.users or self.pam

    @property
    def asksName(self) -> bool:
        return self.users or self.pam or bool(self.named & {"TLSPlain", "X509Plain"})

    def isOffered(self, name: str) -> bool:
        """
        @return: Whether viewers on TCP may choose a security type.
        """
        isNamed = name in self.named
        isX509 = name.startswith("X509")
        if self.security and self.security[0] not in "+-" and not isNamed:
            return False
        if f"-{name}" in self.security.split(","):
            return False
        # Without a certificate the server makes one, where it is asked for.
        if isX509 and not (self.tls or isNamed):
            return False
        # Without a certificate of the viewer's only what is asked for by name.
        if self.hasAuthority and not isX509 and not isNamed:
            return False
        if name == "X509None":
            # It is named, or nothing else could let anybody in.
            return not self.asksPassword or (self.hasAuthority and isNamed)
        if name == "None":
            return not (self.asksPassword or self.hasAuthority)
        if name.startswith("RA2"):
            # Without a host key the server makes one.
            return self.asksPassword
        if name.endswith("Plain"):
            return self.asksPassword and self.asksName
        return self.password or self.view

    def said(self, name: str) -> list[str]:
        """
        @return: What all sources say of the rights of somebody.
        """
        lists = [
            {user: rights for user, (_, rights) in USERS.items()} if self.users else {},
            {user: rights for user, (_, rights) in SYSTEM.items()} if self.pam else {},
            LISTED if self.tls == "list" else {},
        ]
        return [one[name] for one in lists if name in one]

    def rights(self, name: str, attempt: Attempt) -> Rights | None:
        """
        @return: What an attempt is worth by a type that is offered; C{None} if the
            viewer is not let in.
        """
        who = ""
        if self.hasAuthority and name.startswith("X509"):
            if attempt.certificate is None:
                return None
            if self.tls == "list" and attempt.certificate not in LISTED:
                return None
            who = attempt.certificate
        if name.endswith("None"):
            return least(self.said(who))
        typed = ""
        if name.endswith("Plain") or (name.startswith("RA2") and self.asksName):
            typed = attempt.name
        # Certificate and password name the same user.
        if who and typed not in ("", who):
            return None
        who = who or typed
        fits = []
        if self.password and attempt.password == FULL_PASSWORD:
            fits.append("full")
        if self.view and attempt.password == VIEW_PASSWORD:
            fits.append("view")
        # A challenge is answered for a password that is stored.
        if not name.endswith(("Vnc", "VncAuth")):
            for isThere, source in ((self.users, USERS), (self.pam, SYSTEM)):
                if isThere and source.get(who, (None,))[0] == attempt.password:
                    fits.append(source[who][1])
        return least(fits + self.said(who)) if fits else None


def least(several: list[str]) -> Rights:
    """
    @return: What all of several rights allow.
    """
    names = set(NAMES)
    for one in several:
        names &= set(NAMES if one == "full" else one.split(","))
    return Rights(names)


class AtOnce:
    """
    Has checks done without a thread.
    """

    def __init__(self, *arguments: Any) -> None:
        pass

    def call(self, function: Callable[..., Any], *given: Any) -> Deferred[Any]:
        return succeed(function(*given))


class MatrixTests(SynchronousTestCase):
    """
    All combinations.
    """

    def setUp(self) -> None:
        self.directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.directory)
        # What is shown does not matter, and would take most of the time.
        self.patch(Options, "_makeFramebuffer", lambda *ignored: None)
        self.patch(users, "Worker", AtOnce)
        self.patch(pam, "Worker", AtOnce)
        # Reading a key checks it, which took a third of the time.
        self.patch(HostKey, "fromPEM", functools.cache(HostKey.fromPEM))
        self.patch(pam.checkService, "__defaults__", ((self.directory,), "/nowhere"))
        self.patch(pam, "systemAuthenticate", lambda: self.ask)
        authority = Authority()
        self.certificates = {
            owner: load_pem_x509_certificate(authority.issue(owner)).public_bytes(
                Encoding.DER
            )
            for owner in OWNERS
            if owner is not None
        }
        self.files = {
            "password": FULL_PASSWORD,
            "view": VIEW_PASSWORD,
            "users": "\n".join(
                User(
                    Hash.make(password.encode(), bytes(16), 8, 1, 1),
                    Rights.fromString(rights),
                ).line(name)
                for name, (password, rights) in USERS.items()
            ),
            "pam": "\n".join(f"{name}:{one[1]}" for name, one in SYSTEM.items()),
            "list": "\n".join(f"{name}:{rights}" for name, rights in LISTED.items()),
            "certificate": selfSigned(["localhost"], NOW).decode(),
            "authority": authority.certificate.decode(),
            "key": KEY.toPEM().decode(),
        }
        for name, text in self.files.items():
            descriptor = os.open(self.path(name), os.O_CREAT | os.O_WRONLY, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(text)
        self.transport = StringTransport()
        alsoProvides(self.transport, ITLSTransport)
        self.viewerKey = HostKey.generate(1024)
        self.tried = 0

    def path(self, name: str) -> str:
        """
        @return: The path of a file.
        """
        return os.path.join(self.directory, name)

    def ask(self, name: str, password: str, service: str, host: str) -> bool:
        """
        Be the system.
        """
        return SYSTEM.get(name, (None,))[0] == password

    def arguments(self, policy: Policy) -> list[str]:
        """
        @return: The options on the command line.
        """
        options = [
            (policy.password, "--password-file", "password"),
            (policy.view, "--view-password-file", "view"),
            (policy.users, "--users", "users"),
            (policy.hostKey, "--host-key", "key"),
            (policy.tls, "--tls-certificate", "certificate"),
            (policy.hasAuthority, "--tls-client-ca", "authority"),
            (policy.tls == "list", "--tls-client-names", "list"),
        ]
        given = [
            f"{name}={self.path(file)}" for isThere, name, file in options if isThere
        ]
        if policy.pam:
            given.append(f"--auth=pam:pam:{self.path('pam')}")
        return [*given, *([f"--security={policy.security}"] if policy.security else [])]

    def steps(self, name: str, attempt: Attempt) -> Any:
        """
        @return: The viewer's side.
        """
        user, password = attempt.name.encode(), attempt.password.encode()
        if name in vencrypt.NAMES:
            return vencrypt.clientSteps([name], user, password)
        if name in rsaaes.NAMES:
            return rsaaes.clientSteps(
                name, user, password, os.urandom, hostKey=self.viewerKey
            )
        return (
            vncauth.clientSteps(password) if name == "VncAuth" else none.clientSteps()
        )

    def login(self, gate: Any, one: ISecurityType, name: str, attempt: Attempt) -> Any:
        """
        @return: The rights that an attempt comes to, if it is let in.
        """
        shown = None
        if attempt.certificate is not None:
            shown = self.certificates[attempt.certificate]
        self.tried += 1
        steps = self.steps(name, attempt)
        try:
            server, _ = converse(one.negotiate(Context()), steps, certificate=shown)
        except SecurityError:
            return None
        self.assertTrue(server.finished)
        # Each from elsewhere, as guesses are locked out.
        host = f"10.{self.tried >> 16 & 255}.{self.tried >> 8 & 255}.{self.tried & 255}"
        login = gate.judge(host, server.credentials, SimpleNamespace(avatarId=b"?"))
        answers: list[Any] = []
        login.addCallback(lambda avatar: answers.append(avatar[1]))
        login.addErrback(lambda failure: answers.append(failure.trap(LoginFailed)))
        if not answers:
            self.clock.advance(1)
        [answer] = answers
        return None if answer is LoginFailed else answer

    def test_everybody(self) -> None:
        """
        Everybody gets in who shall, with the rights that they shall have, and nobody
        else, by every security type that is offered; and offered is what shall be.
        """
        switches = [(False, True)] * 4
        tls = ("", "certificate", "authority", "list")
        combinations = product(*switches, tls, (False, True), SECURITY)
        served = 0
        for policy in map(Policy._make, combinations):
            expected = {name for name in CHOICES if policy.isOffered(name)}
            arguments = self.arguments(policy)
            self.clock = MemoryReactorClock()
            options = Options(self.clock)
            if not expected or not policy.named <= expected:
                self.assertRaises(UsageError, options.parseOptions, arguments)
                continue
            options.parseOptions(arguments)
            served += 1
            gate: Any = options.gate
            types = gate.offer(streamOf(self.transport))
            self.assertEqual(set(flat(types)), expected, policy)
            for one in types:
                inside = {each.name for each in getattr(one, "subTypes", [one])}
                if isinstance(one, VeNCrypt):
                    # What it offers besides its own is tried by itself.
                    inside &= set(vencrypt.NAMES)
                for name in inside & CHOICES:
                    for attempt in attempts(name, policy.hasAuthority):
                        self.assertEqual(
                            self.login(gate, one, name, attempt),
                            policy.rights(name, attempt),
                            (policy, name, attempt),
                        )
        # That it was not all refused.
        self.assertGreater(served, 400)
        self.assertGreater(self.tried, 20000)
