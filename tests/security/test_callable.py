# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.accounts.login}, and for the logins of L{RFBFactory}.
"""

from __future__ import annotations

import os
import sys
from typing import Any
from unittest import mock

from twisted.cred.checkers import (
    ICredentialsChecker,
    InMemoryUsernamePasswordDatabaseDontUse,
)
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.portal import Portal
from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from tests.security.driver import temporary
from txrfb.error import Refused
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.protocol import RFBFactory
from txrfb.security.accounts.credentials import UsernamePassword
from txrfb.security.accounts.login import LoginChecker
from txrfb.security.accounts.realm import RFBRealm, portalFor
from txrfb.security.accounts.rights import FULL, VIEW_ONLY, Rights
from txrfb.security.admission.assembly import makeGate, makePortal
from txrfb.security.admission.choice import choose
from txrfb.security.types.hostkey import HostKey
from txrfb.security.types.none import NoSecurity
from txrfb.security.types.vncauth import VNCAuth
from txrfb.testing import Viewer

USERS = {"änn": ("sésame", FULL), "bob": ("b", VIEW_ONLY)}


class LoginCheckerTests(SynchronousTestCase):
    """
    A function as checker.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.asked: list[Any] = []

    def ask(
        self,
        answer: Any,
        name: bytes = b"ann",
        password: bytes = b"x",
        host: Any = None,
    ) -> Deferred[Any]:
        """
        @return: What the checker makes of an answer.
        """

        def login(*arguments: Any) -> Any:
            self.asked.append(arguments)
            if isinstance(answer, BaseException):
                raise answer
            return answer

        credentials = UsernamePassword(name, password)
        credentials.host = host
        checker = LoginChecker(login, self.clock)
        verifyObject(ICredentialsChecker, checker)
        return checker.requestAvatarId(credentials)

    def test_arguments(self) -> None:
        """
        It is called with name and password as text, and the address.
        """
        self.ask(None, "änn".encode(), "pässe".encode(), "192.0.2.1").addErrback(str)
        self.ask(None, host="uid 1000").addErrback(str)
        self.assertEqual(
            self.asked, [("änn", "pässe", "192.0.2.1"), ("ann", "x", None)]
        )
        for name, password in ((b"\xff", b"x"), (b"ann", b"\xff")):
            self.failureResultOf(self.ask(FULL, name, password), UnauthorizedLogin)
        self.assertEqual(len(self.asked), 2)

    def test_rights(self) -> None:
        """
        It answers with rights, at once, later, or as a coroutine.
        """

        async def coroutine() -> Rights:
            return VIEW_ONLY

        for answer in (VIEW_ONLY, succeed(VIEW_ONLY), coroutine()):
            who = self.successResultOf(self.ask(answer))
            self.assertEqual(who, b"ann")
            self.assertEqual(RFBRealm().rightsOf(who), VIEW_ONLY)

    def test_no(self) -> None:
        """
        C{None} is no, as is a failed login; a refusal keeps its reason.
        """
        with capturedLogs() as events:
            for answer in (None, succeed(None), UnauthorizedLogin()):
                self.failureResultOf(self.ask(answer), UnauthorizedLogin)
            busy = self.failureResultOf(self.ask(Refused("busy")), Refused)
        self.assertEqual(str(busy.value), "busy")
        self.assertEqual(events, [])

    def test_mistakes(self) -> None:
        """
        All else is no, and the log says what it was, without what the viewer sent.
        """
        for answer, word in (
            (True, "bool"),
            ("full", "str"),
            (RuntimeError("marked"), "RuntimeError"),
            (fail(KeyError("marked")), "KeyError"),
            (SystemExit("marked"), "SystemExit"),
        ):
            with capturedLogs() as events:
                self.failureResultOf(
                    self.ask(answer, password=b"marked"), UnauthorizedLogin
                )
            self.assertEqual([event["kind"] for event in events], [word])
            self.assertNotIn("marked", repr(events))
        for wrong in (None, "ann", {"ann": "x"}):
            error = self.assertRaises(ValueError, LoginChecker, wrong, self.clock)
            self.assertIn("cannot be called", str(error))

    def test_never(self) -> None:
        """
        No answer for a minute is no; a viewer that leaves cancels the question.
        """
        cancelled: list[Any] = []
        login = self.ask(Deferred(cancelled.append))
        with capturedLogs():
            self.clock.advance(60)
        self.failureResultOf(login, UnauthorizedLogin)
        login = self.ask(Deferred(cancelled.append))
        login.cancel()
        self.failureResultOf(login, CancelledError)
        self.assertEqual(len(cancelled), 2)


class FactoryTests(SynchronousTestCase):
    """
    L{RFBFactory}, whose viewers have names.
    """

    def factory(self, **options: Any) -> RFBFactory:
        """
        @return: A factory.
        """
        return RFBFactory(MemoryFramebuffer(8, 8), reactor=Clock(), **options)

    @staticmethod
    def login(name: str, password: str, address: str | None) -> Rights | None:
        """
        Look into a database.
        """
        known, rights = USERS.get(name, ("", None))
        return rights if password == known else None

    def assertUsers(self, factory: RFBFactory, **how: Any) -> None:
        """
        The users of L{USERS} come in with their rights, and nobody else.
        """
        for name, (password, rights) in USERS.items():
            viewer = Viewer(factory, password, username=name, **how)
            self.assertTrue(viewer.isConnected, viewer.log)
            [session] = factory.viewers
            self.assertEqual(session.avatarId, name.encode())
            self.assertEqual(session.rights, rights)
            viewer.disconnect()
        for name, password in (("bob", "sésame"), ("eve", "b"), ("", "b")):
            viewer = Viewer(factory, password, username=name or "-", **how)
            viewer.settle(2)
            self.assertFalse(viewer.isConnected, (name, how))

    def test_login(self) -> None:
        """
        A function is enough.
        """
        self.assertUsers(self.factory(login=self.login), names=["TLSPlain"])
        self.assertUsers(self.factory(login=self.login))

    def test_everyType(self) -> None:
        """
        All security types that carry a name ask the function.
        """
        key = temporary(self, HostKey.generate(1024).toPEM())
        os.chmod(key, 0o600)
        for name in ("RA2_256", "RA2", "RA2ne", "TLSPlain", "ARD", "MSLogonII"):
            clock = Clock()
            portal = makePortal(checkers=[LoginChecker(self.login, clock)])
            gate = makeGate(clock, portal, choice=choose(name), hostKey=key)
            factory = RFBFactory(MemoryFramebuffer(8, 8), gate=gate, reactor=clock)
            self.assertUsers(factory, names=[name])

    def test_stored(self) -> None:
        """
        VncAuth wants a password that is stored, which is said at once; so is what
        contradicts itself, and what would let in nobody.
        """
        for types in ([VNCAuth()], [VNCAuth(), NoSecurity()]):
            error = self.assertRaises(
                ValueError, self.factory, login=self.login, securityTypes=types
            )
            self.assertIn("password that is stored", str(error))
        for other in ({"portal": portalFor("x")}, {"gate": self.factory().gate}):
            error = self.assertRaises(
                ValueError, self.factory, login=self.login, **other
            )
            self.assertIn("one of them", str(error))
        error = self.assertRaises(ValueError, self.factory, portal=self.login)
        self.assertIn("login=", str(error))
        with mock.patch.dict(sys.modules, {"txrfb.security.tls.server": None}):
            error = self.assertRaises(ValueError, self.factory, login=self.login)
            self.assertIn("pyOpenSSL", str(error))

    def test_usualPortal(self) -> None:
        """
        A portal with a checker of Twisted's for names and passwords lets in its users,
        by TLSPlain; by VncAuth only if there is one of the name that it asks for.
        """
        users: Any = {name.encode(): word.encode() for name, (word, _) in USERS.items()}
        database = InMemoryUsernamePasswordDatabaseDontUse()
        database.users = users
        for more, offered in ((b"", False), (b"vnc", True)):
            if more:
                users[more] = b"eight..."
            factory = self.factory(portal=Portal(RFBRealm([b"bob"]), [database]))
            self.assertUsers(factory)
            viewer = Viewer(factory, "eight...")
            self.assertEqual(viewer.isConnected, offered)
            self.assertEqual(2 in [one.number for one in factory.gate.types], offered)
