# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.passwd}.
"""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
import threading
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.security.driver import temporary
from txrfb.passwd import main
from txrfb.security.accounts.rights import FULL, VIEW_ONLY
from txrfb.security.accounts.users import parseUsers

#: Has its standard input for its terminal, where Ctrl-C interrupts it; not for ever.
ON_TERMINAL = """
import fcntl, os, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
# What runs in the background inherits that it is ignored.
signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.alarm(60)
os.execv(sys.argv[1], sys.argv[1:])
"""

CHEAP = {"memory": 8, "rounds": 1, "lanes": 1}


def typed(command: list[str], answers: bytes) -> str:
    """
    @param command: What is run on a terminal of its own.

    @param answers: What is typed when it has asked.

    @return: What the terminal shows until it ends.
    """
    terminal, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", ON_TERMINAL, *command],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    with open(terminal, "r+b", buffering=0) as screen:
        while True:
            try:
                data = screen.read(1000)
            except OSError:
                # Nobody has it open any more.
                break
            shown += data
            if data.endswith(b": "):
                line, end, answers = answers.partition(b"\n")
                screen.write(line + end)
    process.wait()
    return shown.decode()


class PasswdTests(SynchronousTestCase):
    """
    The command.
    """

    def run_(self, path: str, *arguments: str, answers: str = "") -> Any:
        """
        @return: What the command returns, if those are the answers, a word each.
        """
        words = iter(answers.split(" "))
        self.questions: list[str] = []

        def ask(question: str) -> str:
            self.questions.append(question)
            return next(words)

        self.warnings = io.StringIO()
        return main([path, *arguments], ask, cost=CHEAP, stderr=self.warnings)

    def read(self, path: str) -> bytes:
        """
        @return: What is in the file.
        """
        with open(path, "rb") as file:
            return file.read()

    def test_new(self) -> None:
        """
        The file is made for its owner only; the password is asked for twice and is
        not in it.
        """
        path = temporary(self)
        self.assertIsNone(self.run_(path, "ann", answers="marked marked"))
        self.assertEqual(self.questions, ["Password for ann: ", "Again: "])
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        data = self.read(path)
        self.assertNotIn(b"marked", data)
        user = parseUsers(data)[b"ann"]
        self.assertTrue(user.hash.fits(b"marked"))
        self.assertEqual(user.rights, FULL)

    def test_change(self) -> None:
        """
        The line of the user is changed and all others stay, comments too.
        """
        path = temporary(self)
        self.run_(path, "ann", answers="a a")
        self.run_(path, "bob", "--rights", "view", answers="b b")
        before = self.read(path).split(b"\n")
        with open(path, "wb") as file:
            file.write(b"\n".join([b"# people", *before]))
        self.assertIsNone(self.run_(path, "ann", answers="c c"))
        after = self.read(path).split(b"\n")
        self.assertEqual([after[0], after[2]], [b"# people", before[1]])
        users = parseUsers(self.read(path))
        self.assertTrue(users[b"ann"].hash.fits(b"c"))
        self.assertEqual(users[b"bob"].rights, VIEW_ONLY)

    def test_salt(self) -> None:
        """
        Equal passwords look different.
        """
        path = temporary(self)
        for name in ("ann", "bob"):
            self.run_(path, name, answers="same same")
        users = parseUsers(self.read(path))
        self.assertNotEqual(users[b"ann"].hash.salt, users[b"bob"].hash.salt)

    def test_delete(self) -> None:
        """
        A user can be removed, once.
        """
        path = temporary(self)
        for name in ("ann", "bob"):
            self.run_(path, name, answers="x x")
        self.assertIsNone(self.run_(path, "ann", "--delete"))
        self.assertEqual(list(parseUsers(self.read(path))), [b"bob"])
        self.assertIn("no user 'ann'", self.run_(path, "ann", "--delete"))

    def test_wrong(self) -> None:
        """
        What cannot be is said, and changes nothing.
        """
        path = temporary(self)
        for arguments, answers, words in (
            (["ann"], "a b", "differ"),
            (["ann"], "", "empty"),
            (["a:b"], "x x", "name of a user"),
            (["ann", "--rights", "fly"], "x x", "no such rights"),
        ):
            self.assertIn(words, self.run_(path, *arguments, answers=answers))
            self.assertFalse(os.path.exists(path))

    def test_brokenFile(self) -> None:
        """
        What is wrong in the file is said before a password is typed, and stays.
        """
        path = temporary(self, b"rubbish\n")
        self.assertIn("line 1", self.run_(path, "ann", answers="x x"))
        self.assertEqual(self.questions, [])
        self.assertEqual(self.read(path), b"rubbish\n")

    def test_stdin(self) -> None:
        """
        Scripts give the password by standard input.
        """
        path = temporary(self)
        error = main(
            [path, "ann", "--stdin"], stdin=io.StringIO("secretive\nmore\n"), cost=CHEAP
        )
        self.assertIsNone(error)
        self.assertTrue(parseUsers(self.read(path))[b"ann"].hash.fits(b"secretive"))
        error = main([path, "ann", "--stdin"], stdin=io.StringIO("\n"), cost=CHEAP)
        self.assertIn("empty", error or "")

    def test_short(self) -> None:
        """
        Of a password with less than eight characters there is a warning.
        """
        path = temporary(self)
        self.assertIsNone(self.run_(path, "ann", answers="sevenxx sevenxx"))
        self.assertIn("less than 8 characters", self.warnings.getvalue())
        for answer in ("eightxxx", "\u00fc" * 8):
            self.assertIsNone(self.run_(path, "ann", answers=f"{answer} {answer}"))
            self.assertEqual(
                self.warnings.getvalue(),
                f"{path}: ann may log in now, with rights full\n",
            )

    def test_nowhere(self) -> None:
        """
        Where nothing could be written is said before anybody types a password, in
        words of this program.
        """
        directory = self.mktemp()
        path = os.path.join(directory, "users")
        self.assertEqual(
            self.run_(path, "ann", answers="x x"),
            f"{path}: No such file or directory ({os.path.realpath(directory)})",
        )
        self.assertEqual(self.questions, [])
        os.mkdir(directory)
        self.patch(os, "access", lambda path, mode: False)
        self.assertEqual(
            self.run_(path, "ann", answers="x x"),
            f"{path}: Permission denied ({os.path.realpath(directory)})",
        )
        self.assertEqual(self.questions, [])
        self.assertEqual(self.run_(directory, "ann"), f"{directory}: Is a directory")

    def test_terminal(self) -> None:
        """
        On a terminal it asks, and shows nothing of the answers.  However they end there
        is one sentence, in a line of its own.
        """
        path = temporary(self)
        for answers, sentence in (
            (
                b"secretive\nsecretive\n",
                "ann may log in now, with rights full",
            ),
            (
                b"secretive\nother\n",
                "the passwords differ; nothing was changed",
            ),
            (b"\3", "interrupted; nothing was changed"),
            (b"\4", "no password came; nothing was changed"),
        ):
            shown = typed([sys.executable, "-m", "txrfb.passwd", path, "ann"], answers)
            self.assertTrue(shown.startswith("Password for ann: "), shown)
            self.assertEqual(shown.splitlines()[-1], f"{path}: {sentence}")
            self.assertNotIn("secretive", shown)
            self.assertNotIn("Traceback", shown)

    def test_noTerminal(self) -> None:
        """
        Without a terminal the password is what a program says, once or twice; if
        nobody does, nothing is asked for that would be shown.
        """
        path = temporary(self)
        nobody = (
            "there is no terminal on which a password can be typed unseen; --stdin"
            " takes it from standard input"
        )
        for data, sentence in (
            ("secretive\nsecretive\n", None),
            ("secretive\n", None),
            ("secretive\nother\n", "the passwords differ; nothing was changed"),
            ("\nsecretive\n", "a password cannot be empty"),
            ("", nobody),
        ):
            done = subprocess.run(
                [sys.executable, "-m", "txrfb.passwd", path, "ann"],
                input=data,
                capture_output=True,
                text=True,
                start_new_session=True,
            )
            self.assertEqual((done.returncode, done.stdout), (sentence is not None, ""))
            wanted = sentence or "ann may log in now, with rights full"
            self.assertEqual(done.stderr, f"{path}: {wanted}\n")
        self.assertTrue(parseUsers(self.read(path))[b"ann"].hash.fits(b"secretive"))

    def test_together(self) -> None:
        """
        Those who change the file at the same time lose nothing of each other.
        """
        path = temporary(self)
        self.run_(path, "zoe", answers="zoe zoe")
        # All have looked at the file before any of them writes.
        ready = threading.Barrier(8, timeout=60)
        errors: list[str | None] = []

        def change(name: str) -> None:
            def ask(question: str) -> str:
                ready.wait()
                return name

            errors.append(main([path, name], ask, cost=CHEAP, stderr=io.StringIO()))

        threads = [
            threading.Thread(target=change, args=(f"user{number}",))
            for number in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [None] * 8)
        users = parseUsers(self.read(path))
        self.assertEqual(set(users), {b"zoe", *(b"user%d" % n for n in range(8))})

    def test_removedMeanwhile(self) -> None:
        """
        A user who is removed while somebody types stays removed, whether it is the one
        whose password is typed or another.
        """
        path = temporary(self)
        for name in ("ann", "bob", "eve"):
            self.run_(path, name, answers="x x")

        def askAfter(gone: str) -> Any:
            def ask(question: str) -> str:
                if question != "Again: ":
                    main([path, gone, "--delete"])
                return "something"

            return ask

        self.assertIsNone(main([path, "ann"], askAfter("eve"), cost=CHEAP))
        self.assertEqual(set(parseUsers(self.read(path))), {b"ann", b"bob"})
        error = main([path, "bob"], askAfter("bob"), cost=CHEAP)
        self.assertIn("'bob' was removed meanwhile; nothing was changed", error or "")
        self.assertEqual(set(parseUsers(self.read(path))), {b"ann"})

    def test_ends(self) -> None:
        """
        However the input ends, so does the command: with a sentence, and the file as it
        was.
        """
        path = temporary(self, b"# nobody\n")

        def raising(error: BaseException) -> Any:
            def ask(question: str) -> str:
                raise error

            return ask

        for ask, words in (
            (raising(EOFError()), "no password came"),
            (raising(KeyboardInterrupt()), "interrupted"),
            (lambda question: "\udcff", "the password is not UTF-8"),
        ):
            self.assertIn(words, main([path, "ann"], ask, cost=CHEAP) or "")
        for data, words in ((b"\xff\xfe\n", "UTF-8"), (b"", "empty")):
            command = [sys.executable, "-X", "utf8", "-m", "txrfb.passwd", path, "ann"]
            done = subprocess.run(
                [*command, "--stdin"], input=data, capture_output=True, text=False
            )
            self.assertEqual(done.returncode, 1)
            self.assertIn(words, done.stderr.decode())
            self.assertNotIn(b"Traceback", done.stderr)
        self.assertEqual(self.read(path), b"# nobody\n")

    def test_program(self) -> None:
        """
        It is a program: with a status, and errors where they belong.
        """
        path = temporary(self)
        command = [sys.executable, "-m", "txrfb.passwd", path, "ann", "--stdin"]
        done = subprocess.run(command, input=b"secretive\n", capture_output=True)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))
        done = subprocess.run(command, input=b"\n", capture_output=True)
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assertIn(b"empty", done.stderr)
