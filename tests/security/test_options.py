# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.admission.options}.
"""

from __future__ import annotations

import datetime
import os
from typing import Any

from twisted.cred.checkers import (
    FilePasswordDB,
    InMemoryUsernamePasswordDatabaseDontUse,
)
from twisted.cred.credentials import IUsernamePassword
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.python.usage import Options, UsageError
from twisted.trial.unittest import SynchronousTestCase

from tests.security.driver import temporary
from txrfb.security.accounts.credentials import IClientCertificate
from txrfb.security.accounts.hashing import Hash
from txrfb.security.accounts.realm import portalFor
from txrfb.security.accounts.users import User
from txrfb.security.admission.feasible import typeNames
from txrfb.security.admission.options import SecurityOptions
from txrfb.security.tls.certificates import selfSigned
from txrfb.security.types.hostkey import HostKey


class Command(SecurityOptions):
    """
    A command that has more options.
    """

    optParameters = [["other", None, None, "Another."]]  # noqa: RUF012


class SecurityOptionsTests(SynchronousTestCase):
    """
    From words to a gate.
    """

    def parse(self, *words: str) -> Command:
        """
        @return: The options that are meant.
        """
        options = Command()
        options.parseOptions(list(words))
        return options

    def gate(self, *words: str) -> Any:
        """
        @return: The gate that is meant.
        """
        return self.parse(*words).securityGate(Clock(), portalFor("x"))

    def certificate(self) -> str:
        """
        @return: The path of one.
        """
        now = datetime.datetime.now(datetime.timezone.utc)
        return temporary(self, selfSigned(["localhost"], now))

    def test_mixed(self) -> None:
        """
        Options that have them have their own as well, and help for all.
        """
        self.assertTrue(issubclass(SecurityOptions, Options))
        text = str(self.parse("--other", "x"))
        for name in ("other", "security", "users", "tls-certificate", "allow", "deny"):
            self.assertIn(f"--{name}", text)

    def test_nothing(self) -> None:
        """
        If nothing is said there is no portal, and a gate with what is usual.
        """
        self.assertIsNone(self.parse().securityPortal(None, None))
        self.assertTrue(self.gate().networks.permit("192.0.2.1"))

    def test_portal(self) -> None:
        """
        Passwords, users and certificates make a portal.
        """
        user = User(Hash.make(b"x", bytes(16), 8, 1, 1)).line("ann").encode()
        for words, password, kind in (
            (["--users", temporary(self, user)], None, IUsernamePassword),
            (["--tls-client-ca", self.certificate()], None, IClientCertificate),
            (["--security=+ARD"], b"x", IUsernamePassword),
        ):
            portal = self.parse(*words).securityPortal(password, None)
            assert portal is not None
            self.assertIn(kind, portal.listCredentialsInterfaces())

    def test_gate(self) -> None:
        """
        What is said is what the gate has.
        """
        gate = self.gate(
            *("--security=X509Vnc,RA2,VncAuth", "--vnc-user=desk"),
            *("--tls-certificate", self.certificate()),
            *("--host-key", temporary(self)),
            *("--allow=192.0.2.0/24", "--allow=::1", "--deny=192.0.2.7"),
        )
        self.assertEqual([one.number for one in gate.types], [19, 5, 2])
        self.assertEqual(gate.types[2].username, b"desk")
        self.assertTrue(gate.networks.permit("::1"))
        self.assertTrue(gate.networks.permit("192.0.2.6"))
        self.assertFalse(gate.networks.permit("192.0.2.7"))
        self.assertFalse(gate.networks.permit("198.51.100.1"))

    def test_clientCertificates(self) -> None:
        """
        An authority without a list of names, where nothing else names anybody, is worth
        a warning; a list, or what was revoked, is of no use without an authority, and
        an error names the file.
        """
        certificate, user = (
            self.certificate(),
            User(Hash.make(b"x", bytes(16), 8, 1, 1)),
        )
        words = ["--tls-certificate", certificate, "--tls-client-ca", certificate]
        names = ["--tls-client-names", temporary(self, b"ann\n")]
        users = ["--users", temporary(self, user.line("ann").encode())]
        for more, warns in (([], True), (names, False), (users, False)):
            options = self.parse(*words, *more)
            portal = options.securityPortal(None, None)
            assert portal is not None
            options.securityGate(Clock(), portal)
            said = [text for text in options.warnings if "whoever it names" in text]
            self.assertEqual(len(said), int(warns))
        for option, reason in (
            ("tls-client-names", "line 1: "),
            ("tls-client-crl", "there is no certificate revocation list in PEM form"),
        ):
            path = temporary(self, b"@x")
            error = self.assertRaises(UsageError, self.gate, f"--{option}={path}")
            self.assertIn("no use without --tls-client-ca", str(error))
            options = self.parse(*words, f"--{option}={path}")
            error = self.assertRaises(
                UsageError,
                lambda options=options: options.securityGate(
                    Clock(), options.securityPortal(None, None)
                ),
            )
            self.assertIn(f"--{option} {path!r}: {reason}", str(error))

    def test_readableByOthers(self) -> None:
        """
        Users, passwords and keys that others can read are a warning, as a password file
        is.
        """
        hash = Hash.make(b"x", bytes(16), 8, 1, 1)
        users = temporary(self, f"ann:{hash}\n".encode())
        plain = temporary(self, b"ada:pw\n")
        certificate, key = self.certificate(), temporary(self)
        HostKey.loadOrCreate(key)
        for path in (users, plain, certificate, key):
            for mode, expected in ((0o600, 0), (0o640, 1)):
                os.chmod(path, mode)
                options = self.parse(
                    *("--users", users, "--host-key", key),
                    *("--tls-certificate", certificate),
                )
                options["credCheckers"] = [FilePasswordDB(plain)]
                with capturedLogs() as events:
                    portal = options.securityPortal(None, None)
                    assert portal is not None
                    options.securityGate(Clock(), portal)
                said = options.warnings + [formatEvent(event) or "" for event in events]
                warned = [line for line in said if "can be read by others" in line]
                self.assertEqual(len(warned), expected, said)
                self.assertTrue(all(path in line for line in warned))
            os.chmod(path, 0o600)

    def test_strangers(self) -> None:
        """
        Where many share one address, and which proxies are believed, can be said.
        """
        options = self.parse("--proxy=192.0.2.0/30", "--proxy=2001:db8::1")
        for words, permitted in (
            ([], ["127.0.0.1", "::1", None]),
            (["--proxy-from=192.0.2.9", "--proxy-from=::1"], ["192.0.2.9", "::1"]),
        ):
            gate = self.parse(*words).securityGate(Clock(), portalFor("x"))
            for proxy in ("127.0.0.1", "192.0.2.9", "::1", "192.0.2.8"):
                self.assertEqual(gate.proxies.permit(proxy), proxy in permitted, proxy)
        gate = options.securityGate(Clock(), portalFor("x"))
        for host in ("192.0.2.3", "2001:db8::1", "127.0.0.1", None):
            self.assertTrue(gate.doorkeeper.isShared(host), host)
        for host in ("192.0.2.4", "2001:db8::2"):
            self.assertFalse(gate.doorkeeper.isShared(host), host)

    def test_wrong(self) -> None:
        """
        What cannot be is a usage error with the value in it.
        """
        for words, text in (
            (["--security=Tight"], "'Tight' is no security type"),
            (["--security=None"], "--security: security type None asks viewers for"),
            (["--allow=somewhere"], "--allow: 'somewhere' is not a network"),
            (["--deny=192.0.2.0/99"], "--deny: '192.0.2.0/99'"),
            (["--proxy=proxy.example"], "--proxy: 'proxy.example' is not a network"),
        ):
            error = self.assertRaises(UsageError, self.gate, *words)
            self.assertIn(text, str(error))

    def test_wrongFiles(self) -> None:
        """
        A file that is not what it should be is named with its option, and what is wrong
        with it: that file, and no temporary one beside it.
        """
        good, missing, empty = self.certificate(), temporary(self), temporary(self, b"")
        fitting = ["--tls-certificate", good]
        for words, option, path, reason in (
            ([], "tls-certificate", missing, "No such file or directory"),
            ([], "tls-certificate", empty, "there is no certificate in PEM form in it"),
            (fitting, "tls-key", missing, "No such file or directory"),
            (fitting, "tls-key", empty, "there is no private key in PEM form in it"),
            (
                fitting,
                "tls-key",
                self.certificate(),
                f"the key in it does not belong to the certificate in {good!r}",
            ),
            ([], "tls-key", good, "it is of no use without --tls-certificate"),
            ([], "tls-client-ca", good, "it is of no use without --tls-certificate"),
            (fitting, "tls-client-ca", missing, "No such file or directory"),
            (
                fitting,
                "tls-client-ca",
                empty,
                "there is no certificate in PEM form in it",
            ),
            ([], "host-key", "/nowhere/key", "No such file or directory"),
            (
                [],
                "host-key",
                empty,
                "it is not a private key in PEM form",
            ),
        ):
            arguments = [*words, f"--{option}", path]
            error = self.assertRaises(UsageError, self.gate, *arguments)
            self.assertIn(f"--{option} {path!r}: {reason}", str(error))
        for data, text in (
            (b"rubbish", "line 1: it is neither name:hash nor name:hash:rights"),
            (b"# nobody\n", "there are no users in it; python -m txrfb.passwd"),
            (None, "No such file or directory"),
        ):
            path = temporary(self, data)
            options = self.parse("--users", path)
            error = self.assertRaises(UsageError, options.securityPortal, None, None)
            self.assertIn(f"--users {path!r}: {text}", str(error))

    def test_auth(self) -> None:
        """
        Checkers of Twisted that know nobody are refused; so are security types by name
        in which a viewer gives no name, if the checker does not know whose password
        that is, and if they are not asked for they are not offered.
        """

        def gate(checker: object, *words: str) -> tuple[Any, list[str]]:
            options = self.parse(*words)
            options["credCheckers"] = [checker]
            portal = options.securityPortal(None, None)
            assert portal is not None
            return options.securityGate(Clock(), portal), options.warnings

        for data, reason in (
            (None, "No such file or directory"),
            (b"", "there are no users with passwords"),
            (b"nobody\nnobody:\n", "there are no users with passwords"),
        ):
            checker = FilePasswordDB(temporary(self, data))
            error = self.assertRaises(UsageError, gate, checker)
            self.assertIn("--auth", str(error))
            self.assertIn(reason, str(error))
        memory = InMemoryUsernamePasswordDatabaseDontUse(ada=b"pw")
        file = FilePasswordDB(temporary(self, b"ada:pw\n"))
        for known in (memory, file):
            made, [warning] = gate(known)
            self.assertNotIn("VncAuth", typeNames(made.types))
            self.assertIn("--auth knows no such user", warning)
            self.assertIn("X509Vnc, TLSVnc, VncAuth are not offered", warning)
            error = self.assertRaises(UsageError, gate, known, "--security=VncAuth")
            self.assertIn("--vnc-user 'vnc': --auth knows no such user", str(error))
            made, warnings = gate(known, "--vnc-user=ada")
            self.assertIn("VncAuth", typeNames(made.types))
            self.assertEqual(warnings, [])

    def test_certificateAlone(self) -> None:
        """
        With a certificate and without a password viewers are offered X509None, and the
        administrator hears what that protects from, and what it does not.
        """
        for words, isSaid in (([], True), (["--security=X509None"], False)):
            options = self.parse("--tls-certificate", self.certificate(), *words)
            gate = options.securityGate(Clock(), portalFor())
            self.assertIn("X509None", typeNames(gate.types))
            [warning] = options.warnings
            self.assertIn("X509None encrypts what is shown and typed", warning)
            self.assertEqual("viewers may choose None, in the clear" in warning, isSaid)
        options = self.parse("--tls-certificate", self.certificate())
        options.securityGate(Clock(), portalFor("x"))
        self.assertEqual(options.warnings, [])
