# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.accounts.checkers}.
"""

from __future__ import annotations

from typing import Any

from twisted.cred.checkers import FilePasswordDB, ICredentialsChecker
from twisted.cred.credentials import (
    Anonymous,
    IUsernameHashedPassword,
    IUsernamePassword,
)
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.strcred import makeChecker
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from tests.security.driver import temporary
from txrfb.error import Refused
from txrfb.security.accounts.checkers import (
    CertificateChecker,
    FirstOf,
    PlainFile,
    Tolerant,
    mended,
)
from txrfb.security.accounts.credentials import (
    ClientCertificate,
    IClientCertificate,
    UsernamePassword,
    VNCResponse,
    vncResponse,
)


def both(name: bytes, password: bytes) -> list[Any]:
    """
    @return: The password in clear, and by challenge.
    """
    challenge = bytes(range(16))
    return [
        UsernamePassword(name, password),
        VNCResponse(name, challenge, vncResponse(password, challenge)),
    ]


@implementer(ICredentialsChecker)
class Answering:
    """
    A checker that does what a test wants.
    """

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[Any] = []

    def requestAvatarId(self, credentials: Any) -> Any:
        self.asked.append(credentials.username)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class TolerantTests(SynchronousTestCase):
    """
    The checkers that Twisted has, on the command line, take our credentials.
    """

    def assertKnows(self, checker: Any, name: bytes, password: bytes) -> None:
        """
        The checker lets in that user with that password, and not with another.
        """
        for credentials in both(name, password):
            self.successResultOf(checker.requestAvatarId(credentials))
        for credentials in both(name, b"?" + password) + both(b"?", password):
            self.failureResultOf(
                checker.requestAvatarId(credentials), UnauthorizedLogin
            )

    def test_memory(self) -> None:
        """
        C{memory:}, which has its names as C{str}.
        """
        checker = Tolerant(makeChecker("memory:vnc:secret"))
        verifyObject(ICredentialsChecker, checker)
        self.assertKnows(checker, b"vnc", b"secret")

    def test_file(self) -> None:
        """
        C{file:}, which has them as C{bytes}.
        """
        path = temporary(self, b"vnc:secret\nann:other\n")
        checker = Tolerant(makeChecker(f"file:{path}"))
        self.assertKnows(checker, b"vnc", b"secret")
        self.assertKnows(checker, b"ann", b"other")

    def test_colon(self) -> None:
        """
        A password with a colon in it is all of it.
        """
        path = temporary(self, b"ann:p:with:colon\nbob\nempty:\n")
        checker = Tolerant(makeChecker(f"file:{path}"))
        self.assertKnows(checker, b"ann", b"p:with:colon")
        for credentials in both(b"ann", b"p") + both(b"bob", b"") + both(b"empty", b""):
            self.failureResultOf(
                checker.requestAvatarId(credentials), UnauthorizedLogin
            )

    def test_mended(self) -> None:
        """
        Only the plain C{file:} is mended: one that has hashes, or other columns, is
        what its owner made it.
        """
        for checker in (
            FilePasswordDB("x", hash=lambda *ignored: b""),
            FilePasswordDB("x", passwordField=2),
            FilePasswordDB("x", caseSensitive=False),
        ):
            self.assertIs(mended(checker), checker)
        self.assertIsInstance(mended(FilePasswordDB(b"x")), PlainFile)

    def test_missingFile(self) -> None:
        """
        A file that has gone refuses everybody, and the log says why, in one line.
        """
        checker = Tolerant(makeChecker(f"file:{temporary(self)}"))
        with capturedLogs() as events:
            self.failureResultOf(
                checker.requestAvatarId(both(b"ann", b"x")[0]), UnauthorizedLogin
            )
        self.assertEqual([event["error"] for event in events], ["FileNotFoundError"])

    def test_broken(self) -> None:
        """
        An exception of a checker is a refusal.  It is logged by its kind: its text
        may be what the viewer sent.
        """
        checker = Tolerant(Answering(RuntimeError("marked")))
        with capturedLogs() as events:
            failure = self.failureResultOf(
                checker.requestAvatarId(UsernamePassword(b"ann", b"marked")),
                UnauthorizedLogin,
            )
        self.assertEqual(len(events), 1)
        self.assertNotIn("marked", repr(events))
        self.assertNotIn("marked", failure.getTraceback())
        self.assertNotIn("marked", str(failure.value))

    def test_notUTF8(self) -> None:
        """
        A name that is no UTF-8 is a refusal.
        """
        inner = Answering(UnauthorizedLogin())
        with capturedLogs():
            self.failureResultOf(
                Tolerant(inner).requestAvatarId(UsernamePassword(b"\xff", b"")),
                UnauthorizedLogin,
            )
        self.assertEqual(inner.asked, [b"\xff"])

    def test_once(self) -> None:
        """
        Every checker is asked once about each guess, as it may count them, and its work
        may be dear.  A refusal that is not for the credentials remains what it is.
        """
        for credentials in both(b"ann", b""):
            inner = Answering(UnauthorizedLogin())
            asked = Tolerant(inner).requestAvatarId(credentials)
            self.failureResultOf(asked, UnauthorizedLogin)
            self.assertEqual(inner.asked, [b"ann"])
        busy = Tolerant(Answering(Refused("busy")))
        asked = busy.requestAvatarId(UsernamePassword(b"ann", b""))
        self.failureResultOf(asked, Refused)

    def test_cancelled(self) -> None:
        """
        Giving up reaches the checker.
        """
        given: list[Any] = []
        waiting: Deferred[Any] = Deferred(given.append)
        checker = Tolerant(Answering(waiting))
        asked = checker.requestAvatarId(UsernamePassword(b"ann", b""))
        self.assertNoResult(asked)
        asked.cancel()
        self.failureResultOf(asked, CancelledError)
        self.assertEqual(given, [waiting])

    def test_foreignCredentials(self) -> None:
        """
        Credentials that are not ours are asked about once.
        """
        checker = Tolerant(makeChecker("anonymous"))
        self.assertEqual(self.successResultOf(checker.requestAvatarId(Anonymous())), ())


class FirstOfTests(SynchronousTestCase):
    """
    Several checkers in a row.
    """

    def test_order(self) -> None:
        """
        The first that agrees decides, and the rest are not asked.
        """
        checkers = [
            Answering(UnauthorizedLogin()),
            Answering(b"second"),
            Answering(b"third"),
        ]
        together = FirstOf(IUsernameHashedPassword, checkers)
        self.assertEqual(together.credentialInterfaces, (IUsernameHashedPassword,))
        answer = together.requestAvatarId(UsernamePassword(b"ann", b""))
        self.assertEqual(self.successResultOf(answer), b"second")
        self.assertEqual(checkers[2].asked, [])

    def test_none(self) -> None:
        """
        If none agrees it is a refusal.
        """
        together = FirstOf(IUsernamePassword, [Answering(UnauthorizedLogin())] * 2)
        self.failureResultOf(
            together.requestAvatarId(UsernamePassword(b"ann", b"")), UnauthorizedLogin
        )


class CertificateCheckerTests(SynchronousTestCase):
    """
    Certificates of viewers.
    """

    def ask(self, checker: CertificateChecker, name: bytes) -> Any:
        """
        @return: What it says to a certificate with that name.
        """
        return checker.requestAvatarId(ClientCertificate(name, b""))

    def test_everybody(self) -> None:
        """
        A certificate logs its owner in by its name, if it has a name.
        """
        checker = CertificateChecker()
        verifyObject(ICredentialsChecker, checker)
        self.assertEqual(checker.credentialInterfaces, (IClientCertificate,))
        self.assertEqual(self.successResultOf(self.ask(checker, b"ann")), b"ann")
        self.failureResultOf(self.ask(checker, b""), UnauthorizedLogin)

    def test_some(self) -> None:
        """
        Or only those who are listed.
        """
        checker = CertificateChecker(["ann", b"bob"])
        self.successResultOf(self.ask(checker, b"bob"))
        self.failureResultOf(self.ask(checker, b"eve"), UnauthorizedLogin)
