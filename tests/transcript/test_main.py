# -*- test-case-name: tests.transcript.test_main -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for C{python -m txrfb.transcript}.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests.transcript.logs import OBSERVERS, Observed, converse
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.protocol import RFBFactory
from txrfb.security.accounts.realm import portalFor
from txrfb.transcript.__main__ import main

ROOT = Path(__file__).parents[2]


def files(test: SynchronousTestCase, **options: Any) -> dict[str, str]:
    """
    @return: The paths of logs of one conversation.
    """
    with Observed() as outs:
        converse(**options)
    paths = {}
    for name, out in outs.items():
        paths[name] = test.mktemp()
        Path(paths[name]).write_text(out.getvalue(), "utf-8")
    return paths


class ShowTests(SynchronousTestCase):
    """
    What is shown.
    """

    def show(self, *arguments: str, **options: Any) -> list[str]:
        """
        @return: The lines that are.
        """
        out = StringIO()
        self.assertIsNone(main(arguments, out, {}, **options))
        return out.getvalue().splitlines()

    def test_kinds(self) -> None:
        """
        A log of each kind reads the same, but for fractions of seconds.
        """
        paths = files(self, failing=True)
        one, *others = (
            [line[24:] for line in self.show(paths[name])] for name in OBSERVERS
        )
        self.assertTrue(any("tx FramebufferUpdate" in line for line in one) or one)
        self.assertTrue(any("FAILED in Messages" in line for line in one))
        for other in others:
            self.assertEqual(other, one)

    def test_filters(self) -> None:
        """
        What is not of interest is left out.
        """
        path = files(self, failing=True)["json"]
        shown = self.show(path, "--connection", "1", "--level", "warn")
        heads = [line for line in shown if not line.startswith(" ")]
        self.assertEqual(len(heads), 1)
        self.assertIn("FAILED", heads[0])
        self.assertEqual(self.show(path, "-c", "2"), [])
        self.assertEqual(self.show(path, "--until", "2020-01-01"), [])
        self.assertEqual(self.show(path, "--since", "2020-01-01"), self.show(path))

    def test_severalFiles(self) -> None:
        """
        Several logs are read one after the other.
        """
        path = files(self)["json"]
        self.assertEqual(len(self.show(path, path)), 2 * len(self.show(path)))

    def test_follow(self) -> None:
        """
        A log is followed until somebody has seen enough.
        """
        path = self.mktemp()
        Path(path).write_text('{"text": "one"}\n')
        waits = 0

        def sleep(seconds: float) -> None:
            nonlocal waits
            waits += 1
            if waits == 2:
                raise KeyboardInterrupt
            with open(path, "a") as file:
                file.write('{"text": "two"}\n')

        shown = self.show("--follow", path, sleep=sleep)
        self.assertEqual([line.split()[-1] for line in shown], ["one", "two"])

    def test_wrong(self) -> None:
        """
        What cannot be done is said in one line.
        """
        path = files(self)["json"]
        for arguments, words in (
            ([f"{path}.missing"], "No such file"),
            (["--follow", path, path], "only one file"),
            (["--follow", "-"], "only one file"),
            (["--replay", "x:1", path], "one --connection"),
            (["--replay", "x", "-c", "1", path], "HOST:PORT"),
            (["--replay", "x:1", "-c", "9", path], "--trace"),
        ):
            self.assertIn(words, str(main(arguments, StringIO(), {})))

    def test_program(self) -> None:
        """
        It is a program, which reads standard input, too.
        """
        done = subprocess.run(
            [sys.executable, "-m", "txrfb.transcript", "-"],
            input='{"text": "hello"}\n',
            capture_output=True,
            text=True,
            timeout=120,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout.split(), ["info", "hello"])


class ReplayTests(TestCase):
    """
    A recording is replayed over real sockets.
    """

    timeout = 30

    async def replay(self, *arguments: str, **options: Any) -> tuple[str, Any]:
        """
        @return: What is written, and the status.
        """
        begun: list[Callable[[Any], Any]] = []
        out = StringIO()
        factory = RFBFactory(MemoryFramebuffer(100, 80), reactor=reactor, **options)
        endpoint = serverFromString(reactor, "tcp:0:interface=127.0.0.1")
        port = await endpoint.listen(factory)
        self.addCleanup(port.stopListening)
        self.addCleanup(factory.disconnectAll)
        path = files(self)["bunyan"]
        where = f"127.0.0.1:{port.getHost().port}"
        told = main(
            ["--replay", where, "--connection", "1", *arguments, path],
            out,
            {},
            run=lambda act, _: begun.append(act),
        )
        self.assertIsNone(told)
        status = None
        try:
            await Deferred.fromCoroutine(begun[0](reactor))
        except SystemExit as end:
            status = end.code
        return out.getvalue(), status

    async def test_replays(self) -> None:
        """
        What came of it is said.
        """
        said, status = await self.replay()
        self.assertRegex(said, r"^(\d+) of \1 messages were sent; [1-9]\d* updates and")
        self.assertIsNone(status)

    async def test_password(self) -> None:
        """
        If the server asks for a password, it is read from a file.
        """
        portal = portalFor(b"secret")
        said, status = await self.replay(portal=portal)
        self.assertIn("the connection ended: ", said)
        self.assertEqual(status, 1)
        path = Path(self.mktemp())
        path.write_bytes(b"secret\n")
        path.chmod(0o600)
        said, status = await self.replay("--password-file", str(path), portal=portal)
        self.assertIsNone(status, said)
