# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.accounts.users} and L{txrfb.security.accounts.hashing}.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface.verify import verifyObject

from tests.security.driver import Pool, temporary
from txrfb.error import Refused
from txrfb.security.accounts import users
from txrfb.security.accounts.credentials import UsernamePassword
from txrfb.security.accounts.hashing import Hash
from txrfb.security.accounts.realm import RFBRealm
from txrfb.security.accounts.rights import FULL, VIEW_ONLY, Rights
from txrfb.security.accounts.users import User, UsersFile, checkName, parseUsers
from txrfb.security.worker import Worker

SALT = bytes(range(16))


def cheap(password: str) -> Hash:
    """
    @return: A hash that takes no time.
    """
    return Hash.make(password.encode(), SALT, 8, 1, 1)


ANN = User(cheap("a")).line("ann")
BOB = User(cheap("b"), VIEW_ONLY).line("bob")


class HashTests(SynchronousTestCase):
    """
    Argon2id in PHC form.
    """

    #: Of "password", by the reference implementation: argon2 somesalt -id -t 2 -m 16
    #: -p 1.
    known = (
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ"
        "$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
    )

    def test_known(self) -> None:
        """
        What the reference implementation made is recognized.
        """
        known = Hash.fromString(self.known)
        self.assertTrue(known.fits(b"password"))
        self.assertFalse(known.fits(b"Password"))
        self.assertEqual(str(known), self.known)

    def test_default(self) -> None:
        """
        New ones cost 64 MiB, three times.
        """
        made = Hash.make(b"secret", SALT)
        self.assertTrue(str(made).startswith("$argon2id$v=19$m=65536,t=3,p=1$"))
        self.assertTrue(Hash.fromString(str(made)).fits(b"secret"))

    @settings(max_examples=20, deadline=None)
    @given(st.binary(max_size=40), st.binary(min_size=16, max_size=16))
    def test_roundTrip(self, password: bytes, salt: bytes) -> None:
        """
        Whatever is hashed is recognized after it was written, and nothing else is.
        """
        read = Hash.fromString(str(Hash.make(password, salt, 8, 1, 1)))
        self.assertTrue(read.fits(password))
        self.assertFalse(read.fits(password + b"x"))

    def test_severalAtOnce(self) -> None:
        """
        Hashes of several lanes are computed in several threads without any of them
        waiting for ever, as OpenSSL would let them.
        """
        made = Hash.make(b"secret", SALT, 4096, 3, 4)
        fits: list[bool] = []
        threads = [
            threading.Thread(target=lambda: fits.append(made.fits(b"secret")))
            for _ in range(4)
        ]
        for thread in threads:
            thread.daemon = True
            thread.start()
        for thread in threads:
            thread.join(20)
        self.assertEqual(fits, [True] * 4)

    def test_wrong(self) -> None:
        """
        Other hashes, broken ones, and ones that would cost too much are errors that
        do not quote them.
        """
        for text in (
            "",
            "secret",
            "$2y$05$abcdefghijklmnopqrstuu5LoC8TmGaPbKy8YzCc8vV1yqXHk.Iq2",
            self.known.replace("argon2id", "argon2i"),
            self.known.replace("v=19", "v=16"),
            self.known.replace("m=65536", "m=99999999"),
            self.known.replace("m=65536", "m=7"),
            self.known.replace("t=2", "t=0"),
            self.known.replace("p=1", "p=0"),
            self.known[:-40],
        ):
            error = self.assertRaises(ValueError, Hash.fromString, text)
            if text:
                self.assertNotIn(text, str(error))

    def test_repr(self) -> None:
        """
        A hash does not print, for it can be guessed at.
        """
        self.assertEqual(repr(Hash.fromString(self.known)), "<Hash>")


class ParseTests(SynchronousTestCase):
    """
    What is in the file.
    """

    def test_lines(self) -> None:
        """
        Users, comments and empty lines.
        """
        keys = User(cheap("c"), Rights(["keys"])).line("càrl")
        text = f"# people\n\n{ANN}\r\n  {BOB}\n{keys}\n"
        users = parseUsers(text.encode())
        self.assertEqual(
            {name: user.rights for name, user in users.items()},
            {b"ann": FULL, b"bob": VIEW_ONLY, "càrl".encode(): Rights(["keys"])},
        )
        self.assertTrue(users[b"bob"].hash.fits(b"b"))

    def test_wrong(self) -> None:
        """
        A wrong line is named, and not quoted.
        """
        for line, words in (
            ("ann", "name:hash"),
            ("ann:secret", "not an Argon2id"),
            (f"{ANN}:fly", "no such rights"),
            (f"{ANN}:view:x", "name:hash"),
            (ANN, "twice"),
            (":" + ANN.partition(":")[2], "name of a user"),
        ):
            error = self.assertRaises(
                ValueError, parseUsers, f"# people\n{ANN}\n{line}\n".encode()
            )
            self.assertIn("line 3: ", str(error))
            self.assertIn(words, str(error))
            self.assertNotIn("secret", str(error))
        self.assertRaises(ValueError, parseUsers, b"\xff:x")

    def test_names(self) -> None:
        """
        Names that a line could not hold are refused.
        """
        for name in ("", "a:b", "#ann", " ann", "ann ", "a\nb", "x" * 256):
            self.assertRaises(ValueError, checkName, name)
        self.assertEqual(checkName("Ann B. Çelik"), "Ann B. Çelik")


class UsersFileTests(SynchronousTestCase):
    """
    The checker.
    """

    def setUp(self) -> None:
        self.path = temporary(self, f"{ANN}\n{BOB}\n".encode())

    def checker(self, inThread: Any = None, **options: Any) -> UsersFile:
        """
        @return: A checker that does in the same thread what is to be in another.
        """
        return UsersFile(
            self.path,
            inThread or (lambda call, *more: succeed(call(*more))),
            **options,
        )

    def write(self, text: str) -> None:
        """
        Replace the file.
        """
        with open(self.path + "x", "w") as file:
            file.write(text)
        os.replace(self.path + "x", self.path)

    def ask(self, checker: UsersFile, name: bytes, password: bytes) -> Any:
        """
        @return: What it answers.
        """
        return checker.requestAvatarId(UsernamePassword(name, password))

    def test_login(self) -> None:
        """
        Users come in by their passwords, and with their rights.
        """
        checker = self.checker()
        verifyObject(ICredentialsChecker, checker)
        self.assertEqual(checker.credentialInterfaces, (IUsernamePassword,))
        for name, password, rights in (
            (b"ann", b"a", FULL),
            (b"bob", b"b", VIEW_ONLY),
        ):
            avatarId = self.successResultOf(self.ask(checker, name, password))
            self.assertEqual(avatarId, name)
            self.assertEqual(RFBRealm().rightsOf(avatarId), rights)

    def test_refused(self) -> None:
        """
        Others do not, and somebody who is not there takes the same work as somebody
        who is.
        """
        worked: list[Any] = []

        def inThread(call: Any, *more: Any) -> Any:
            worked.append(call)
            return succeed(call(*more))

        checker = self.checker(inThread)
        for name, password in ((b"ann", b"b"), (b"eve", b""), (b"", b"a")):
            self.failureResultOf(self.ask(checker, name, password), UnauthorizedLogin)
        self.assertEqual(len(worked), 3)

    def test_padded(self) -> None:
        """
        A user whose hash is cheaper than another's, and one who is not there, take the
        same work as the one whose hash is dearest.
        """
        salt = bytes(16)
        lines = [
            User(Hash.make(b"p", salt, memory, rounds, lanes)).line(name)
            for name, memory, rounds, lanes in (
                ("ann", 8, 1, 1),
                ("bob", 64, 3, 1),
                ("cid", 60, 1, 2),
                ("dan", 64, 2, 1),
            )
        ]
        self.write("\n".join(lines))
        checker = self.checker()
        worked: list[int] = []
        derive = Hash._derive

        def counted(hash: Hash, password: bytes) -> bytes:
            worked.append(hash.cost)
            return derive(hash, password)

        self.patch(Hash, "_derive", counted)
        for name in (b"ann", b"bob", b"cid", b"dan", b"eve"):
            for password in (b"p", b"wrong"):
                worked.clear()
                login = self.ask(checker, name, password)
                if password == b"p" and name != b"eve":
                    self.assertEqual(self.successResultOf(login), name)
                else:
                    self.failureResultOf(login, UnauthorizedLogin)
                self.assertApproximates(sum(worked), 64 * 3, 3)

    def test_oneAtATime(self) -> None:
        """
        Passwords are looked at one after the other, however many viewers come.  One
        whose viewer has left is not looked at; one that is being looked at keeps its
        place until that is done, though nobody waits for it.
        """
        pool = Pool()
        checker = self.checker(Worker(reactor=pool, start=pool.start).call)
        logins = [self.ask(checker, b"ann", b"a") for _ in range(4)]
        self.assertEqual(len(pool.begun), 1)
        logins[0].cancel()
        self.failureResultOf(logins[0], CancelledError)
        self.assertEqual(len(pool.begun), 1)
        logins[2].cancel()
        self.failureResultOf(logins[2], CancelledError)
        pool.finish()
        self.assertEqual(len(pool.begun), 1)
        pool.finish()
        self.successResultOf(logins[1])
        pool.finish()
        self.successResultOf(logins[3])
        self.assertEqual(pool.begun, [])

    def test_memory(self) -> None:
        """
        If there is not enough memory for a hash it is tried once more; after that the
        login is refused for this reason, not for its password, and the log says so.
        """
        for failures, good in ((1, True), (2, False)):
            errors: Iterator[Any] = iter([MemoryError()] * failures)

            def inThread(
                call: Any, *more: Any, errors: Iterator[Any] = errors
            ) -> Deferred[bool]:
                error = next(errors, None)
                return succeed(call(*more)) if error is None else fail(error)

            with capturedLogs() as events:
                login = self.ask(self.checker(inThread), b"ann", b"a")
                if good:
                    self.assertEqual(self.successResultOf(login), b"ann")
                else:
                    failure = self.failureResultOf(login, Refused)
                    self.assertIn("short of memory", str(failure.value))
            self.assertEqual(len(events), 0 if good else 1)

    def test_changes(self) -> None:
        """
        A file that has changed is read again at the next login.
        """
        checker = self.checker()
        self.write(BOB)
        self.failureResultOf(self.ask(checker, b"ann", b"a"), UnauthorizedLogin)
        self.successResultOf(self.ask(checker, b"bob", b"b"))

    def test_broken(self) -> None:
        """
        If the file is missing, wrong or cannot be read the users stay as they were for
        ten minutes, and the log says so each minute; then nobody may log in, until the
        file is mended.
        """

        def refuse(*arguments: Any) -> Any:
            raise PermissionError(13, "Permission denied", self.path)

        data = Path(self.path).read_text("utf-8")
        for damage in ("rubbish", "gone", "closed"):
            self.write(data)
            clock = Clock()
            checker = self.checker(seconds=clock.seconds)
            if damage == "rubbish":
                self.write("rubbish")
            elif damage == "gone":
                os.unlink(self.path)
            else:
                # Whoever runs the tests may read everything.
                os.chmod(self.path, 0)
                vars(users)["open"] = refuse
                self.addCleanup(vars(users).pop, "open", None)
            with capturedLogs() as events:
                for _ in range(60):
                    self.successResultOf(self.ask(checker, b"ann", b"a"))
                    clock.advance(10)
            lines = [formatEvent(event) or "" for event in events]
            self.assertEqual(len(lines), 10)
            self.assertIn("may log in for 600 s more", lines[0])
            self.assertIn("may log in for 60 s more", lines[-1])
            with capturedLogs() as events:
                for _ in range(12):
                    failure = self.failureResultOf(self.ask(checker, b"ann", b"a"))
                    self.assertIn("cannot read its users", str(failure.value))
                    clock.advance(10)
            lines = [formatEvent(event) or "" for event in events]
            self.assertEqual(len(lines), 2)
            self.assertIn("until it is mended nobody may log in", lines[0])
            if damage == "closed":
                # With nothing changed but that.
                del vars(users)["open"]
                os.chmod(self.path, 0o600)
            else:
                self.write(data)
            with capturedLogs() as events:
                self.successResultOf(self.ask(checker, b"ann", b"a"))
            self.assertIn("can be read", formatEvent(events[0]) or "")

    def test_start(self) -> None:
        """
        At the start it is an error that names the file.
        """
        self.write("rubbish")
        error = self.assertRaises(ValueError, self.checker)
        self.assertIn(repr(self.path), str(error))
        os.unlink(self.path)
        self.assertRaises(FileNotFoundError, self.checker)

    def test_empty(self) -> None:
        """
        A file without users lets nobody in.
        """
        self.write("# nobody yet\n")
        checker = self.checker()
        self.failureResultOf(self.ask(checker, b"ann", b""), UnauthorizedLogin)


class ThreadTests(TestCase):
    """
    Off the reactor.
    """

    timeout = 20

    async def test_thread(self) -> None:
        """
        It is a thread where passwords are looked at, if nothing else is said.
        """
        seen: list[threading.Thread] = []
        fits = Hash.fits

        def noted(hash: Hash, password: bytes) -> bool:
            seen.append(threading.current_thread())
            return fits(hash, password)

        self.patch(Hash, "fits", noted)
        checker = UsersFile(temporary(self, ANN.encode()))
        name = await checker.requestAvatarId(UsernamePassword(b"ann", b"a"))
        self.assertEqual(name, b"ann")
        self.assertIsNot(seen[0], threading.current_thread())
