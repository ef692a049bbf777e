# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.accounts.pam} and its plugin.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import Any

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.strcred import ICheckerFactory, findCheckerFactory, makeChecker
from twisted.internet.defer import succeed
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface.verify import verifyObject

from tests.security.driver import temporary
from txrfb.security.accounts import pam
from txrfb.security.accounts.credentials import UsernamePassword
from txrfb.security.accounts.pam import PAMChecker, checkService


class ServiceTests(SynchronousTestCase):
    """
    Names of services.
    """

    def setUp(self) -> None:
        self.directory = os.path.dirname(temporary(self, b""))

    def test_known(self) -> None:
        """
        A service that has a file, or a line in the table, is one.
        """
        self.assertEqual(checkService("file", ["/nowhere", self.directory]), "file")
        table = temporary(self, b"# x\nlogin auth required pam_unix.so\n")
        self.assertEqual(checkService("login", ["/nowhere"], table), "login")

    def test_unknown(self) -> None:
        """
        One that has none is an error: PAM would take another for it.  So is a path.
        """
        for service in ("", "other?", "../passwd", ".", "sub/file", "file "):
            error = self.assertRaises(
                ValueError, checkService, service, [self.directory], "/nowhere"
            )
            self.assertIn(repr(service), str(error))
        table = temporary(self, b"\n# login\n")
        self.assertRaises(ValueError, checkService, "login", [self.directory], table)


class Base(SynchronousTestCase):
    """
    Tests with a service "file".
    """

    def setUp(self) -> None:
        directory = os.path.dirname(temporary(self, b""))
        self.patch(pam.checkService, "__defaults__", ((directory,), "/nowhere"))


class PAMCheckerTests(Base):
    """
    The checker.
    """

    def checker(self, answer: Any = True) -> PAMChecker:
        """
        @return: A checker that is answered this.
        """
        self.asked: list[Any] = []

        def authenticate(*arguments: str) -> Any:
            self.asked.append(arguments)
            return answer

        return PAMChecker(
            "file", authenticate, lambda call, *more: succeed(call(*more))
        )

    def ask(self, checker: PAMChecker, name: bytes, password: bytes) -> Any:
        """
        @return: What it answers.
        """
        return checker.requestAvatarId(UsernamePassword(name, password))

    def test_login(self) -> None:
        """
        PAM is asked about name and password, by the service's name.
        """
        checker = self.checker()
        verifyObject(ICredentialsChecker, checker)
        self.assertEqual(checker.credentialInterfaces, (IUsernamePassword,))
        answer = self.ask(checker, "änn".encode(), "pässe".encode())
        self.assertEqual(self.successResultOf(answer), "änn".encode())
        self.assertEqual(self.asked, [("änn", "pässe", "file")])

    def test_refused(self) -> None:
        """
        Whatever is not a plain yes is no.
        """
        for answer in (False, None, 0, "yes"):
            self.failureResultOf(
                self.ask(self.checker(answer), b"ann", b"x"), UnauthorizedLogin
            )

    def test_notAsked(self) -> None:
        """
        What the C library could not take as it is is not shown to it.
        """
        checker = self.checker()
        for name, password in (
            (b"", b"x"),
            (b"\xff", b"x"),
            (b"ann", b"\xff"),
            (b"root\0ann", b"x"),
            (b"ann", b"x\0y"),
        ):
            self.failureResultOf(self.ask(checker, name, password), UnauthorizedLogin)
        self.assertEqual(self.asked, [])

    def test_service(self) -> None:
        """
        There is no checker for a service that is not there.
        """
        self.assertRaises(ValueError, PAMChecker, "else", lambda *ignored: True)

    def test_library(self) -> None:
        """
        By default it is python-pam that asks, a new conversation each time.
        """
        made: list[Any] = []

        class Conversation:
            def __init__(self) -> None:
                made.append(self)

            def authenticate(self, name: str, password: str, service: str) -> bool:
                return (name, password, service) == ("ann", "x", "file")

        class Module:
            pam = Conversation

        self.patch(pam, "import_module", lambda name: Module)
        authenticate = pam.systemAuthenticate()
        self.assertTrue(authenticate("ann", "x", "file"))
        self.assertFalse(authenticate("ann", "y", "file"))
        self.assertEqual(len(made), 2)


class ThreadTests(TestCase):
    """
    PAM takes its time, and is asked elsewhere.
    """

    timeout = 20

    async def test_thread(self) -> None:
        """
        By default a thread asks, not the reactor's.
        """
        seen: list[threading.Thread] = []

        def authenticate(*arguments: str) -> bool:
            seen.append(threading.current_thread())
            return True

        directory = os.path.dirname(temporary(self, b""))
        self.patch(pam.checkService, "__defaults__", ((directory,), "/nowhere"))
        checker = PAMChecker("file", authenticate)
        await checker.requestAvatarId(UsernamePassword(b"ann", b"x"))
        self.assertIsNot(seen[0], threading.current_thread())


class PluginTests(Base):
    """
    C{--auth pam:SERVICE}.
    """

    def test_found(self) -> None:
        """
        It is found where Twisted looks for checkers.
        """
        factory = findCheckerFactory("pam")
        verifyObject(ICheckerFactory, factory)
        self.assertIn("python-pam", factory.authHelp)

    def test_made(self) -> None:
        """
        It makes a checker for a service, or says why not.
        """
        self.patch(pam, "systemAuthenticate", lambda: None)
        self.assertIsInstance(makeChecker("pam:file"), PAMChecker)
        self.assertRaises(ValueError, makeChecker, "pam:else")

    def test_notInstalled(self) -> None:
        """
        Without python-pam it says so.
        """

        def missing(name: str) -> Any:
            raise ImportError(name)

        self.patch(pam, "import_module", missing)
        error = self.assertRaises(ValueError, makeChecker, "pam:file")
        self.assertIn("python-pam", str(error))

    def test_light(self) -> None:
        """
        Every command of twistd loads the plugin: it brings in nothing of txrfb.
        """
        program = (
            "import sys, twisted.plugins.txrfb_cred_plugin;"
            "print([name for name in sys.modules if name.split('.')[0] in"
            " ('txrfb', 'numpy', 'cryptography', 'OpenSSL', 'PIL')])"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, check=True
        )
        self.assertEqual(done.stdout, b"[]\n")
