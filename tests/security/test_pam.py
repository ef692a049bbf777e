# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.accounts.pam} and its plugin.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from importlib.util import find_spec
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
from txrfb.security.accounts.names import Names
from txrfb.security.accounts.pam import PAMChecker, checkService, groupsOf, namesFrom
from txrfb.security.accounts.realm import RFBRealm, portalFor
from txrfb.security.accounts.rights import FULL, VIEW_ONLY, IRights, Rights

NAMES = Names({"änn".encode(): FULL, b"ann": FULL, b"bob": VIEW_ONLY})


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
            "file", NAMES, authenticate, lambda call, *more: succeed(call(*more))
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
        self.assertEqual(self.asked, [("änn", "pässe", "file", "localhost")])
        credentials = UsernamePassword(b"ann", b"x")
        credentials.host = "192.0.2.1"
        self.successResultOf(checker.requestAvatarId(credentials))
        self.assertEqual(self.asked[1:], [("ann", "x", "file", "192.0.2.1")])
        credentials.host = "uid 1000"
        self.successResultOf(checker.requestAvatarId(credentials))
        self.assertEqual(self.asked[2:], [("ann", "x", "file", "localhost")])

    def test_names(self) -> None:
        """
        Who comes may do what the list says.  About others PAM is asked, too, but not by
        their names: it takes as long, and locks them out of nothing.  Where there is no
        list nobody may come.
        """
        for name, rights in ((b"ann", FULL), (b"bob", VIEW_ONLY)):
            answer = self.successResultOf(self.ask(self.checker(), name, b"x"))
            self.assertEqual(RFBRealm().rightsOf(answer), rights)
        checker = self.checker()
        self.assertEqual(checker.rightsOf(b"bob"), VIEW_ONLY)
        self.assertIsNone(checker.rightsOf(b"eve"))
        for one in (checker, PAMChecker("file", None, checker._authenticate)):
            one._inThread = lambda call, *more: succeed(call(*more))
            self.failureResultOf(self.ask(one, b"eve", b"x"), UnauthorizedLogin)
            [(name, password, *_)] = self.asked
            self.assertEqual((name, password), ("nobody of these", "x"))
            self.asked.clear()

    def test_namesFrom(self) -> None:
        """
        Names stand behind the service, or in a file.
        """
        root = groupsOf(b"root")
        self.assertIn(b"root", root)
        self.assertEqual(groupsOf(b"nobody of these"), [])
        for text in ("ann, bob:view,@root", temporary(self, b"ann\nbob:view\n@root\n")):
            names = namesFrom(text)
            for name, rights in (
                (b"ann", FULL),
                (b"bob", VIEW_ONLY),
                (b"root", FULL),
                (b"eve", None),
            ):
                self.assertEqual(names.rightsOf(name), rights)
        for wrong in ("", ",", "ann:fly", "@"):
            self.assertRaises(ValueError, namesFrom, wrong)
        self.assertRaises(OSError, namesFrom, temporary(self))

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
        self.assertRaises(ValueError, PAMChecker, "else", NAMES, lambda *ignored: True)

    def test_library(self) -> None:
        """
        By default it is python-pam that asks, a new conversation each time, in which
        PAM hears of the address and the kind of terminal, and after a right password is
        asked once about the account, whichever version it is.
        """
        said: list[Any] = []

        class Conversation:
            valid = 0

            def __init__(self) -> None:
                said.append("new")
                self.pam_authenticate = self.password
                self.pam_acct_mgmt = self.account

            def pam_set_item(self, handle: Any, item: int, value: Any) -> None:
                said.append((item, value.value))

            def password(self, handle: Any, flags: int) -> int:
                said.append(("password", flags))
                return 0 if self.given == ("ann", "x") else 7

            def account(self, handle: Any, flags: int) -> int:
                said.append("account")
                return self.valid

            def authenticate(self, name: str, password: str, service: str) -> bool:
                self.given = name, password
                good = self.pam_authenticate(1, 0) == 0
                return good and self.pam_acct_mgmt(1, 0) == 0

        class Module:
            PamAuthenticator = Conversation
            PAM_SUCCESS, PAM_DISALLOW_NULL_AUTHTOK, PAM_RHOST, PAM_TTY = 0, 1, 4, 3

        self.patch(pam, "import_module", lambda name: Module)
        authenticate = pam.systemAuthenticate()
        begin = ["new", (4, b"192.0.2.1"), (3, b"rfb"), ("password", 1)]
        for password, valid, good in (
            ("x", 0, True),
            ("x", 13, False),
            ("y", 0, False),
        ):
            said.clear()
            self.patch(Conversation, "valid", valid)
            answer = authenticate("ann", password, "file", "192.0.2.1")
            self.assertEqual(answer, good)
            self.assertEqual(said, begin + ["account"] * (password == "x"))

    def test_oldLibrary(self) -> None:
        """
        A python-pam that is too old is as good as none.
        """
        self.patch(pam, "import_module", lambda name: object())
        self.assertRaises(ImportError, pam.systemAuthenticate)


def missing() -> str:
    """
    @return: Why nobody can be made to log in by PAM here; empty if somebody can.
    """
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "only root can make a user and a PAM service"
    if not os.path.isdir("/etc/pam.d"):
        return "there is no /etc/pam.d"
    for program in ("useradd", "userdel", "chpasswd", "chage"):
        if shutil.which(program) is None:
            return f"there is no {program}"
    if find_spec("pam") is None:
        return "there is no python-pam"
    return ""


class SystemTests(TestCase):
    """
    PAM itself, with a user and a service of the test's own.
    """

    timeout = 60
    skip = missing() or None

    def setUp(self) -> None:
        self.name = f"txrfb{os.getpid()}"
        self.service = f"/etc/pam.d/{self.name}"
        directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, directory)
        self.record = os.path.join(directory, "record")
        script = os.path.join(directory, "script")
        with open(script, "w") as file:
            file.write(
                '#!/bin/sh\necho "$PAM_TYPE $PAM_USER $PAM_RHOST $PAM_TTY"'
                f" >> {self.record}\n"
            )
        os.chmod(script, 0o700)
        with open(self.service, "w") as file:
            file.write(
                f"auth optional pam_exec.so quiet {script}\n"
                "auth required pam_unix.so nodelay\n"
                f"account optional pam_exec.so quiet {script}\n"
                "account required pam_unix.so\n"
            )
        self.addCleanup(os.unlink, self.service)
        self.run_("useradd", "--no-create-home", "--user-group", self.name)
        self.addCleanup(self.run_, "userdel", self.name)
        self.run_("chpasswd", stdin=f"{self.name}:sésame!\n")

    def run_(self, *command: str, stdin: str = "") -> None:
        """
        Run a command of the system's.
        """
        subprocess.run(command, input=stdin.encode(), check=True, capture_output=True)

    def recorded(self) -> list[str]:
        """
        @return: What PAM heard since it was last asked.
        """
        try:
            with open(self.record) as file:
                return file.read().splitlines()
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.record)

    async def login(self, names: str, password: str = "sésame!") -> Any:
        """
        @return: What logging in from an address comes to.
        """
        portal = portalFor(checkers=[makeChecker(f"pam:{self.name}:{names}")])
        credentials = UsernamePassword(self.name.encode(), password.encode())
        credentials.host = "192.0.2.7"
        _, rights, _ = await portal.login(credentials, None, IRights)
        return rights

    async def test_login(self) -> None:
        """
        A user of the system comes in by name or by group, with the rights that are
        said; PAM is told where from, and asked once about password and account.
        """
        about = f"{self.name} 192.0.2.7 rfb"
        for names, rights in (
            (self.name, FULL),
            (f"@{self.name}:view", VIEW_ONLY),
            (f"{self.name}:keys,@{self.name}", Rights(["keys"])),
        ):
            self.assertEqual(await self.login(names), rights)
            self.assertEqual(self.recorded(), [f"auth {about}", f"account {about}"])

    async def test_wrong(self) -> None:
        """
        A wrong password is shown to PAM once.
        """
        with self.assertRaises(UnauthorizedLogin):
            await self.login(self.name, "wrong")
        self.assertEqual(self.recorded(), [f"auth {self.name} 192.0.2.7 rfb"])

    async def test_notNamed(self) -> None:
        """
        Who is not in the list does not come in, and PAM does not hear the name.
        """
        with self.assertRaises(UnauthorizedLogin):
            await self.login("somebody,@else")
        self.assertEqual(self.recorded(), ["auth nobody of these 192.0.2.7 rfb"])

    async def test_expired(self) -> None:
        """
        An account that has expired does not come in, though its password is right.
        """
        self.run_("chage", "--expiredate", "1", self.name)
        with self.assertRaises(UnauthorizedLogin):
            await self.login(self.name)
        self.assertEqual(len(self.recorded()), 2)


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
        checker = PAMChecker("file", NAMES, authenticate)
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
        checker = makeChecker("pam:file:ann,bob:view")
        self.assertIsInstance(checker, PAMChecker)
        self.assertEqual(checker.rightsOf(b"bob"), VIEW_ONLY)
        for argument, word in (
            ("pam:else:ann", "else"),
            ("pam:file", "lets nobody in"),
            ("pam:file:", "lets nobody in"),
            ("pam:file:/nowhere", "/nowhere"),
            ("pam:file:ann:fly", "fly"),
        ):
            error = self.assertRaises(ValueError, makeChecker, argument)
            self.assertIn(word, str(error))

    def test_notInstalled(self) -> None:
        """
        Without python-pam it says so.
        """

        def missing(name: str) -> Any:
            raise ImportError(name)

        self.patch(pam, "import_module", missing)
        error = self.assertRaises(ValueError, makeChecker, "pam:file:ann")
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
