# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.desktop.outcome} and of L{txrfb.desktop.reactors}.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from twisted.internet.defer import CancelledError, Deferred, ensureDeferred, succeed
from twisted.trial.unittest import SynchronousTestCase

from txrfb.desktop.outcome import anywhere

ROOT = Path(__file__).parent.parent.parent

#: Each C{asyncio.run} has a loop of its own.
LOOPS = """
import asyncio
from twisted.internet.task import deferLater
from txrfb.desktop.outcome import anywhere
from txrfb.desktop.reactors import reactorHere

@anywhere
async def nap(reactor):
    await deferLater(reactor, 0.01)
    return "slept"

async def main():
    reactor = reactorHere()
    assert reactorHere() is reactor and reactor.running
    print(await nap(reactor))
    return reactor

first, second = asyncio.run(main()), asyncio.run(main())
from twisted.internet import reactor
print(first is reactor, second is reactor)
"""


class Application:
    """
    Has methods that take a while.
    """

    def __init__(self) -> None:
        self.waiting: Deferred[str] = Deferred()
        self.cancelled = 0

    @anywhere
    async def method(self, word: str) -> str:
        """
        Wait, and say something.
        """
        try:
            return word + await self.waiting
        except CancelledError:
            self.cancelled += 1
            raise


class OutcomeTests(SynchronousTestCase):
    """
    Tests of L{anywhere}.
    """

    def setUp(self) -> None:
        """
        An application.
        """
        self.application = Application()

    def test_deferred(self) -> None:
        """
        It is a L{Deferred}, and can be awaited by what Twisted runs.
        """
        outcome = self.application.method("a")
        self.assertIsInstance(outcome, Deferred)

        first = self.application.waiting
        second: Deferred[str] = Deferred()
        self.application.waiting = second

        async def work() -> str:
            return await self.application.method("b")

        work_ = ensureDeferred(work())
        self.assertNoResult(work_)
        first.callback("!")
        self.assertEqual(self.successResultOf(outcome), "a!")
        second.callback("?")
        self.assertEqual(self.successResultOf(work_), "b?")

    def test_failure(self) -> None:
        """
        What goes wrong is raised.
        """
        outcome = self.application.method("a")
        self.application.waiting.errback(ValueError("no"))
        self.failureResultOf(outcome, ValueError)

    def test_cancel(self) -> None:
        """
        Who cancels it cancels the work.
        """
        outcome = self.application.method("a")
        outcome.cancel()
        self.failureResultOf(outcome, CancelledError)
        self.assertEqual(self.application.cancelled, 1)

    def test_task(self) -> None:
        """
        A task of asyncio's can await it, wait for it for a while, and fail.
        """

        async def main() -> None:
            loop = asyncio.get_running_loop()
            loop.call_soon(self.application.waiting.callback, "!")
            self.assertEqual(await self.application.method("a"), "a!")
            # One that has its result already.
            self.application.waiting = succeed("!")
            self.assertEqual(await self.application.method("b"), "b!")
            self.application.waiting = Deferred()
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(self.application.method("c"), 0.01)
            self.assertEqual(self.application.cancelled, 1)
            self.application.waiting = Deferred()
            loop.call_soon(self.application.waiting.errback, ValueError("no"))
            with self.assertRaises(ValueError):
                await self.application.method("d")

        asyncio.run(main())

    def test_loops(self) -> None:
        """
        In a program of asyncio's there is a reactor on its loop, and on each loop that
        there is after it.
        """
        ran = subprocess.run(
            [sys.executable, "-c", LOOPS],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual((ran.stdout, ran.stderr), ("slept\nslept\nTrue False\n", ""))
