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
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from tests.security.driver import temporary
from tests.security.test_realm import ODD
from txrfb.error import Refused
from txrfb.security.accounts.checkers import (
    CertificateChecker,
    CertifiedChecker,
    FirstOf,
    PlainFile,
    Tolerant,
    mended,
)
from txrfb.security.accounts.credentials import (
    Certified,
    ClientCertificate,
    IClientCertificate,
    UsernamePassword,
    VNCResponse,
    vncResponse,
)
from txrfb.security.accounts.names import Names
from txrfb.security.accounts.rights import FULL, VIEW_ONLY, RightfulId, Rights


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

    def test_noId(self) -> None:
        """
        So is an answer that is no avatar id; the log says what it is.
        """
        for answer in ODD:
            with self.subTest(repr(answer)), capturedLogs() as events:
                self.failureResultOf(
                    Tolerant(Answering(answer)).requestAvatarId(both(b"ann", b"x")[0]),
                    UnauthorizedLogin,
                )
                [event] = events
                self.assertIn(
                    f"no avatar id: {type(answer).__name__};", formatEvent(event)
                )

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

    def test_decodes(self) -> None:
        """
        It is no error of the server's if a checker takes what is no UTF-8 for that; but
        if it does so with something of its own it is.
        """

        class Decoding(Answering):
            def requestAvatarId(self, credentials: Any) -> Any:
                credentials.username.decode("utf-8")
                return self.answer.decode("utf-8")

        for name, password, count in (
            (b"\xff", b"", 0),
            (b"ann", b"\xff", 0),
            (b"ann", b"x", 1),
        ):
            checker = Tolerant(Decoding(b"\xfe"))
            with capturedLogs() as events:
                self.failureResultOf(
                    checker.requestAvatarId(UsernamePassword(name, password)),
                    UnauthorizedLogin,
                )
            self.assertEqual(len(events), count, name)

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


class CertifiedCheckerTests(SynchronousTestCase):
    """
    A certificate, and a password beside it.
    """

    def setUp(self) -> None:
        self.asked: list[Any] = []
        self.answer: Any = RightfulId(b"ann", FULL)

    def ask(self, owner: bytes, name: bytes, proof: Any = None) -> Any:
        """
        @return: What it says.
        """
        passwords = Answering(self.answer)
        self.asked = passwords.asked
        listed = CertificateChecker(Names({b"ann": Rights(["keys"]), b"bob": FULL}))
        checker = CertifiedChecker(listed, {IUsernamePassword: passwords})
        verifyObject(ICredentialsChecker, checker)
        shown = ClientCertificate(owner, b"")
        proof = proof or UsernamePassword(name, b"x")
        return checker.requestAvatarId(Certified(shown, proof))

    def test_both(self) -> None:
        """
        Who proves both is in, with the rights that both allow; a password that is
        nobody's own will do, and no name.
        """
        for name in (b"ann", b""):
            for answer in (RightfulId(b"ann", FULL), RightfulId(b"", FULL), b"ann"):
                self.answer = answer
                who = self.successResultOf(self.ask(b"ann", name))
                self.assertEqual((who, who.rights), (b"ann", Rights(["keys"])))
                self.assertEqual(self.asked, [b"ann"])
        self.answer = RightfulId(b"bob", VIEW_ONLY)
        self.assertEqual(
            self.successResultOf(self.ask(b"bob", b"bob")).rights, VIEW_ONLY
        )

    def test_notBoth(self) -> None:
        """
        Another's certificate, one that is not listed, or without a name, and a wrong
        password are refusals; where the certificate is enough to say so the password is
        not looked at.
        """
        for owner, name in ((b"bob", b"ann"), (b"eve", b"eve"), (b"", b"")):
            self.failureResultOf(self.ask(owner, name), UnauthorizedLogin)
            self.assertEqual(self.asked, [])
        self.answer = UnauthorizedLogin()
        self.failureResultOf(self.ask(b"ann", b"ann"), UnauthorizedLogin)
        # A checker that answers for somebody else than it was asked about.
        self.answer = b"bob"
        self.failureResultOf(self.ask(b"ann", b"ann"), UnauthorizedLogin)

    def test_otherProof(self) -> None:
        """
        What nobody can check is a refusal.
        """
        proof = VNCResponse(b"vnc", bytes(16), bytes(16))
        self.failureResultOf(self.ask(b"ann", b"", proof), UnauthorizedLogin)


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
        self.assertIs(checker.rightsOf(b"ann"), FULL)
        self.assertIsNone(checker.rightsOf(b"eve"))
        self.assertIsNone(CertificateChecker().rightsOf(b"ann"))
