# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._daemon}.
"""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import capturedLogs, formatEvent
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.test_diagnostics import Reactor
from tests.test_service import Endpoint, ServiceTestCase
from txrfb import _daemon
from txrfb._daemon import DaemonService, HangUp
from txrfb.service import Listener, RFBService


class ProcessTests(ServiceTestCase):
    """
    What the daemon does to its process, and other services do not.
    """

    def test_lateFailure(self) -> None:
        """
        If an endpoint fails later, the reactor stops and the status is 1.
        """
        statuses: list[int] = []
        self.patch(_daemon, "exitWithStatus", statuses.append)
        result: Deferred[Any] = Deferred()
        listener = Listener("slow:", Endpoint(result), False)
        serving = self.serve(listener, kind=DaemonService)
        serving.startService()
        self.addCleanup(gc.unfreeze)
        self.assertEqual(self.stops, [])
        with capturedLogs() as events:
            result.errback(Failure(RuntimeError("no circuit")))
        self.assertEqual(self.stops, ["stop"])
        self.assertEqual(statuses, [1])
        self.assertEqual(
            [formatEvent(event) for event in events],
            ["cannot listen at slow:: no circuit"],
        )

    def test_framebufferEnded(self) -> None:
        """
        When the framebuffer is over for good, so is the process, with its status; also
        if that was while it was started, before the reactor ran.
        """
        for status in (0, 3):
            statuses: list[int] = []
            self.patch(_daemon, "exitWithStatus", statuses.append)
            waiting: list[Any] = []
            self.patch(self.reactor, "callWhenRunning", waiting.append)
            service = self.serve(kind=DaemonService)
            service.framebufferEnded("the program has ended", status)
            self.assertEqual(self.stops, [])
            for call in waiting:
                call()
            self.assertEqual((statuses, self.stops), ([3] * (status == 3), ["stop"]))
            self.stops.clear()
            self.assertEqual(
                service._why, "the framebuffer has ended: the program has ended"
            )

    def test_collector(self) -> None:
        """
        The garbage collector is told of what stays, while the daemon runs.
        """
        before = gc.get_freeze_count()
        for kind, isFrozen in ((RFBService, False), (DaemonService, True)):
            serving = self.serve(kind=kind)
            serving.startService()
            self.assertEqual(gc.get_freeze_count() > before, isFrozen)
            serving.stopService()
            self.assertEqual(gc.get_freeze_count(), before if not isFrozen else 0)


class StatusTests(SynchronousTestCase):
    """
    Tests for L{_daemon.exitWithStatus}.
    """

    def test_status(self) -> None:
        """
        The process runs to its end and then has the status 1, and nothing that it
        printed is lost.
        """
        program = (
            "from txrfb._daemon import exitWithStatus\n"
            "exitWithStatus(1)\n"
            "print('to the end')"
        )
        result = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
        )
        self.assertEqual((result.returncode, result.stdout), (1, "to the end\n"))


class HangUpTests(SynchronousTestCase):
    """
    Tests of L{HangUp}.
    """

    def setUp(self) -> None:
        """
        A service that runs.
        """
        self.reactor = Reactor()
        self.hasTerminal = False
        self.reloaded = 0
        self.before = signal.getsignal(signal.SIGHUP)

    def reload(self) -> None:
        """
        Count.
        """
        self.reloaded += 1

    def hangUp(self, hadTerminal: bool = False, hasTerminal: bool = False) -> None:
        """
        Send the signal, and let the reactor see to it.
        """
        terminals = iter([hadTerminal, hasTerminal])
        service = HangUp(self.reactor, self.reload, lambda: next(terminals))
        service.startService()
        os.kill(os.getpid(), signal.SIGHUP)
        self.assertEqual(self.reloaded, 0)
        [call] = self.reactor.threadCalls
        call()
        service.stopService()

    def test_reload(self) -> None:
        """
        On the signal files are read again, in the reactor's thread; when the service
        has stopped, the signal is what it was.
        """
        self.hangUp()
        self.assertEqual(self.reloaded, 1)
        self.assertIs(signal.getsignal(signal.SIGHUP), self.before)

    def test_terminal(self) -> None:
        """
        So it is where there is a terminal, too.
        """
        self.hangUp(True, True)
        self.assertEqual(self.reloaded, 1)

    def test_terminalGone(self) -> None:
        """
        If that is gone, the server ends as it should.
        """
        self.hangUp(True, False)
        self.assertEqual(self.reloaded, 0)
        self.assertTrue(self.reactor.hasStopped)
