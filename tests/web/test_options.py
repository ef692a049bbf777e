# -*- test-case-name: tests.web.test_options -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.web.options}.
"""

from __future__ import annotations

import subprocess
import sys
from io import StringIO
from typing import Any
from unittest import mock

from tests.test_tap import TapTestCase
from txrfb.security.accounts.tokens import IToken
from txrfb.security.tls.certificates import createSelfSigned
from txrfb.tap import Options, makeService
from txrfb.web.https import SecureEndpoint


class OptionsTests(TapTestCase):
    """
    The options for browsers.
    """

    def certificate(self) -> str:
        """
        @return: The path of a certificate and its key.
        """
        path: str = self.mktemp()
        createSelfSigned(path, ["localhost"])
        return path

    def where(self, *arguments: str) -> list[tuple[str, bool]]:
        """
        @return: Where it listens for browsers, and whether by https.
        """
        return [
            (one.description, one.isSecure)
            for one in self.parse(*arguments).webListeners
        ]

    def test_none(self) -> None:
        """
        Nobody listens for browsers who was not told to.
        """
        self.assertEqual(self.where(), [])

    def test_number(self) -> None:
        """
        A number is this machine's only, unless viewers must log in.
        """
        here = ("tcp:6080:interface=127.0.0.1", False)
        self.assertEqual(self.where("--web", "6080"), [here])
        password = ("--password-file", self.file(b"secret\n"))
        self.assertEqual(self.where("--web", "6080", *password), [("tcp:6080", False)])

    def test_endpoints(self) -> None:
        """
        An endpoint is taken as it is; there may be several.
        """
        given = ["tcp:6080", "unix:/run/web.sock", "haproxy:tcp:6081", "tcp6:6082"]
        words = [word for one in given for word in ("--web", one)]
        self.assertEqual(self.where(*words), [(one, False) for one in given])

    def test_https(self) -> None:
        """
        With a certificate a number is https, as are endpoints that are TLS; others are
        as they are.
        """
        path = self.certificate()
        certificate = ("--tls-certificate", path)
        options = self.parse("--web", "6443", *certificate)
        [one] = options.webListeners
        self.assertTrue(one.isSecure)
        self.assertIsInstance(one.endpoint, SecureEndpoint)
        self.assertEqual(
            self.where("--web", "tcp:6080", *certificate), [("tcp:6080", False)]
        )
        description = f"ssl:6443:privateKey={path}:certKey={path}"
        self.assertEqual(self.where("--web", description), [(description, True)])

    def test_wrong(self) -> None:
        """
        What is wrong is named, with the option.
        """
        for words, said in (
            (["--web", "99999"], "--web '99999': expected a port number"),
            (["--web", "nonsense:1"], "--web 'nonsense:1'"),
            (
                ["--web", "0", "--web-origin", "desk"],
                "--web-origin: 'desk' is no origin",
            ),
            (
                ["--web", "0", "--web-trusted-proxy", "proxy.example"],
                "--web-trusted-proxy: 'proxy.example' is not a network",
            ),
            (["--web", "0", "--web-prefix", "a b"], "--web-prefix 'a b'"),
            (["--web", "0", "--web-prefix", "a/../b"], "--web-prefix 'a/../b'"),
            (["--web", "0", "--web-path", "/"], "--web-path '/'"),
            (
                ["--web", "0", "--web-frame-ancestors", "'self'; script-src *"],
                "--web-frame-ancestors: ",
            ),
        ):
            self.assertIn(said, self.refusal(*words))

    def test_useless(self) -> None:
        """
        Options that would do nothing are refused.
        """
        for words in (
            ["--web-path", "ws"],
            ["--web-prefix", "desk"],
            ["--web-origin", "*"],
            ["--web-trusted-proxy", "127.0.0.1"],
            ["--web-frame-ancestors", "https://a.example"],
        ):
            self.assertIn(
                f"{words[0]}: it is of no use without --web", self.refusal(*words)
            )

    def test_paths(self) -> None:
        """
        Paths are taken with their slashes, or without.
        """
        for given in ("desk/1", "/desk/1/", "/desk/1"):
            options = self.parse("--web", "0", "--web-prefix", given)
            self.assertEqual(options["web-prefix"], "desk/1")

    def test_withoutWsproto(self) -> None:
        """
        Without wsproto it is said what to install.
        """
        with mock.patch("txrfb.web.options.find_spec", lambda name: None):
            said = self.refusal("--web", "0")
        self.assertIn("pip install txrfb[web]", said)

    def test_light(self) -> None:
        """
        Who does not use it does not load it.
        """
        program = (
            "import sys, txrfb.tap\n"
            "from twisted.internet.testing import MemoryReactorClock\n"
            "options = txrfb.tap.Options(MemoryReactorClock())\n"
            "options.parseOptions(['--port', '0'])\n"
            "txrfb.tap.makeService(options)\n"
            "print({'twisted.web', 'wsproto', 'h11'} & {*sys.modules})"
        )
        said = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
        )
        self.assertEqual(said.stdout, "set()\n", said.stderr)

    def warnings(self, *arguments: str) -> str:
        """
        @return: What is warned of.
        """
        return "\n".join(self.parse(*arguments).warnings)

    def test_warnings(self) -> None:
        """
        It is said when browsers cannot log in, or what they do is for all to see.
        """
        users = ("--users", self.file(_USERS), "--state", self.mktemp())
        self.assertIn(
            "--web tcp:6080: by http browsers can log in from this machine only",
            self.warnings("--web", "6080", *users),
        )
        for words in (
            ("--web", "tcp:6080:interface=127.0.0.1"),
            ("--web", "6443", "--tls-certificate", self.certificate()),
            ("--web", "tcp:6080", "--web-trusted-proxy", "192.0.2.1"),
        ):
            self.assertNotIn("--web", self.warnings(*words, *users))
        password = ("--password-file", self.file(b"secret\n"))
        self.assertIn("in the clear", self.warnings("--web", "6080", *password))
        only = ("--security", "TLSVnc", *password)
        self.assertIn(
            "no browser can log in there", self.warnings("--web", "6080", *only)
        )

    def test_tokens(self) -> None:
        """
        A file of tokens is one, and no way around certificates.
        """
        good = self.file(b"0123456789abcdef0123:view\n")
        options = self.parse("--web", "0", "--web-token-file", good)
        assert options.gate is not None
        self.assertIn(IToken, options.gate.portal.listCredentialsInterfaces())
        self.assertTrue(options.gate.isOpen())
        self.assertIn(
            "in the clear", self.warnings("--web", "tcp:0", "--web-token-file", good)
        )
        options.reload()
        self.assertIn(IToken, options.gate.portal.listCredentialsInterfaces())
        for path, said in (
            (self.file(b"secret\n"), "line 1: a token of 6 characters can be guessed"),
            ("/nowhere", "No such file"),
        ):
            refusal = self.refusal("--web", "0", "--web-token-file", path)
            self.assertIn(f"--web-token-file {path!r}: {said}", refusal)
        certificate = self.certificate()
        self.assertIn(
            "--tls-client-ca asks for",
            self.refusal(
                *("--web", "0", "--web-token-file", good),
                *("--tls-certificate", certificate, "--tls-client-ca", certificate),
            ),
        )
        self.assertIn("no use without --web", self.refusal("--web-token-file", good))

    def test_basic(self) -> None:
        """
        HTTP Basic is for those who can log in.
        """
        words = ("--web", "0", "--web-basic")
        self.assertIn("--password-file or --users", self.refusal(*words))
        password = ("--password-file", self.file(b"secret\n"))
        self.assertTrue(self.parse(*words, *password)["web-basic"])
        self.assertIn("no use without --web", self.refusal("--web-basic", *password))

    def test_api(self) -> None:
        """
        Programs are served where browsers are.
        """
        self.assertTrue(self.parse("--web", "0", "--web-api")["web-api"])
        self.assertIn("no use without --web", self.refusal("--web-api"))

    def test_check(self) -> None:
        """
        C{--check} says where browsers are served.
        """
        options = Options(self.reactor)
        written = options.authOutput = StringIO()
        self.assertRaises(
            SystemExit, options.parseOptions, ["--check", "--web", "6080"]
        )
        self.assertIn(
            "  tcp:6080:interface=127.0.0.1, with a browser, by this machine only",
            written.getvalue(),
        )

    def test_unreachable(self) -> None:
        """
        A place where nobody may come from is warned of.
        """
        said = self.warnings("--port", "tcp:0", "--web", "0", "--allow", "192.0.2.0/24")
        self.assertIn("leave nobody who could connect to tcp:0:interface=127", said)

    def test_service(self) -> None:
        """
        The service listens.
        """
        words = ("--port", "unix:/nowhere/rfb", "--web", "6080")
        service: Any = makeService(self.parse(*words))
        names = [type(one).__name__ for one in service.services]
        self.assertIn("WebService", names)


_USERS = (
    b"ann:$argon2id$v=19$m=4096,t=1,p=1$c2FsdHNhbHRzYWx0c2E"
    b"$3q2+7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA:full\n"
)
