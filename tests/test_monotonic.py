# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.monotonic}.
"""

from __future__ import annotations

import subprocess
import sys
import time

from twisted.internet import base
from twisted.internet.selectreactor import SelectReactor
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from txrfb.monotonic import useMonotonicTime

# An hour back, while timers of before and after the change are due.
PROGRAM = """
import sys, time
from twisted.internet import {name}
{name}.install()
from twisted.internet import base, reactor
from txrfb.monotonic import useMonotonicTime
real = time.time
fired = []
reactor.callLater(0.05, fired.append, "before")
useMonotonicTime(reactor)
reactor.callLater(0.1, fired.append, "after")
reactor.callLater(0.15, reactor.stop)
def step():
    base.runtimeSeconds = type(reactor).seconds = staticmethod(
        lambda: real() - 3600
    )
reactor.callLater(0, step)
reactor.run()
assert fired == ["before", "after"], fired
print("done")
"""


class MonotonicTests(SynchronousTestCase):
    """
    Reactors whose clock is set.
    """

    def close(self, one: float, other: float) -> None:
        """
        Two moments are about the same.
        """
        self.assertLess(abs(one - other), 1)

    def test_timeGoesOn(self) -> None:
        """
        The time is as it was, and is no longer taken from the system's clock.
        """
        reactor = SelectReactor()
        self.addCleanup(reactor.disconnectAll)
        before = reactor.seconds()
        useMonotonicTime(reactor)
        self.close(reactor.seconds(), before)
        self.patch(SelectReactor, "seconds", staticmethod(lambda: before - 3600))
        self.patch(base, "runtimeSeconds", lambda: before - 3600)
        self.close(reactor.seconds(), before)
        call = reactor.callLater(5, lambda: None)
        self.close(call.getTime(), time.time() + 5)
        seconds = reactor.seconds
        useMonotonicTime(reactor)
        self.assertIs(reactor.seconds, seconds)

    def test_others(self) -> None:
        """
        What is no reactor of Twisted's is left as it is.
        """
        clock = Clock()
        useMonotonicTime(clock)
        self.assertEqual(clock.seconds(), 0)

    def test_reactors(self) -> None:
        """
        Timers of all kinds of reactors come in time, those of before, too.
        """
        for name in ("selectreactor", "pollreactor", "epollreactor", "asyncioreactor"):
            done = subprocess.run(
                [sys.executable, "-c", PROGRAM.format(name=name)],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            self.assertEqual((done.stdout, done.returncode), ("done\n", 0), done.stderr)
