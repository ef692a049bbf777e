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
from pathlib import Path
from typing import Any

from PIL import Image
from twisted.internet.defer import Deferred
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import capturedLogs, formatEvent
from twisted.python import usage
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.test_diagnostics import Reactor
from tests.test_service import Endpoint, ServiceTestCase
from txrfb import _daemon
from txrfb._daemon import DaemonService, Endings, HangUp
from txrfb.geometry import Region
from txrfb.service import Listener, RFBService
from txrfb.tap import Options, makeService
from txrfb.testing import Viewer


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
        if that was while it was started, before the reactor ran, and once only.
        """
        for status in (0, 3):
            statuses: list[int] = []
            self.patch(_daemon, "exitWithStatus", statuses.append)
            waiting: list[Any] = []
            self.patch(self.reactor, "callWhenRunning", waiting.append)
            service = self.serve(kind=DaemonService)
            for again in ("", ", again"):
                service.framebufferEnded(f"the program has ended{again}", status)
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

    def test_start(self) -> None:
        """
        At the start it does not look through all that there is for garbage, which takes
        longer than most else that it does.
        """
        seen: list[int] = []

        def began(phase: str, info: dict[str, int]) -> None:
            if phase == "start":
                seen.append(info["generation"])

        serving = self.serve(kind=DaemonService)
        gc.disable()
        self.addCleanup(gc.enable)
        gc.callbacks.append(began)
        try:
            serving.startService()
        finally:
            gc.callbacks.remove(began)
            serving.stopService()
        self.assertEqual(seen, [1])


class IdleTests(SynchronousTestCase):
    """
    What the daemon does while nobody looks.
    """

    def test_nobody(self) -> None:
        """
        Before the first viewer, and when the last has left, nothing is captured, and
        nothing waits for any time: the process sleeps.
        """
        moving = self.mktemp() + ".gif"
        frames = [Image.new("RGB", (64, 64), color) for color in ("red", "blue")]
        frames[0].save(moving, save_all=True, append_images=frames[1:], duration=50)
        memory = self.mktemp()
        Path(memory).write_bytes(bytes(64 * 64 * 4))
        mapped = f"mmap:{memory},width=64,height=64"
        for kind in (
            *("testcard", "testcard:still", f"image:{moving}", mapped),
            *("crop:0,0,50,50:testcard", "scale:0.5:testcard", f"scale:2:{mapped}"),
        ):
            self.checkRests(kind)

    def checkRests(self, kind: str) -> None:
        """
        Check what a daemon does that shows something of this kind.
        """
        reactor: Any = MemoryReactorClock()
        options = Options(reactor)
        options.parent = usage.Options()
        options.parent.update({"nodaemon": 1, "logfile": None})
        options.parseOptions(["--framebuffer", kind])
        service = makeService(options)
        service.privilegedStartService()
        service.startService()
        self.addCleanup(service.stopService)
        framebuffer: Any = options.framebuffer
        capture, captures = framebuffer.capture, 0

        def counted() -> Deferred[Region]:
            nonlocal captures
            captures += 1
            result: Deferred[Region] = capture()
            return result

        self.patch(framebuffer, "capture", counted)
        self.assertEqual(reactor.getDelayedCalls(), [], kind)
        for _ in range(2):
            viewer = Viewer(service.factory)
            viewer.advance(1)
            self.assertGreater(captures, 0)
            self.assertNotEqual(reactor.getDelayedCalls(), [])
            viewer.disconnect()
            # What there was to be done for the viewer is over by then.
            reactor.pump([1] * 60)
            captures = 0
            reactor.pump([0.1] * 600)
            self.assertEqual((reactor.getDelayedCalls(), captures), ([], 0), kind)


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


# Writes to a log file, and has the signal come at each line that this runs, one after
# the other.  The reactor's handler writes there, too.
_AMIDST = """
import faulthandler, signal, sys
from types import SimpleNamespace
from twisted.python.logfile import LogFile
from txrfb._daemon import Endings

faulthandler.dump_traceback_later(30, exit=True)
log = LogFile.fromFullPath(sys.argv[1])
signal.signal(signal.SIGTERM, lambda number, frame: log.write("ending\\n"))
calls = []
reactor = SimpleNamespace(
    callWhenRunning=lambda call: call(),
    callFromThread=lambda call, *arguments: calls.append((call, arguments)),
)
service = Endings(reactor)
if sys.argv[2] == "Endings":
    service.startService()
place = count = 0

def trace(frame, event, argument):
    global count
    if event in ("line", "return"):
        count += 1
        if count == place:
            signal.raise_signal(signal.SIGTERM)
    return trace

while count >= place:
    place, count = place + 1, 0
    sys.settrace(trace)
    log.write("line\\n")
    sys.settrace(None)
for call, arguments in calls:
    call(*arguments)
print(place > 10)
"""


class EndingsTests(SynchronousTestCase):
    """
    Tests of L{Endings}.
    """

    def setUp(self) -> None:
        """
        The signal has a handler of the reactor's.
        """
        self.reactor = Reactor()
        self.running: list[Any] = []
        self.patch(self.reactor, "callWhenRunning", self.running.append)
        self.seen: list[int] = []
        self.addCleanup(signal.signal, signal.SIGTERM, signal.getsignal(signal.SIGTERM))
        self.handler = lambda number, frame: self.seen.append(number)
        self.service = Endings(self.reactor)

    def start(self) -> None:
        """
        Start the service, and then the reactor, which sets its handlers.
        """
        self.service.startService()
        signal.signal(signal.SIGTERM, self.handler)
        for call in self.running:
            call()

    def test_inATurn(self) -> None:
        """
        The reactor's handler is called in a turn of the reactor.
        """
        self.start()
        os.kill(os.getpid(), signal.SIGTERM)
        self.assertEqual(self.seen, [])
        [call] = self.reactor.threadCalls
        call()
        self.assertEqual(self.seen, [signal.SIGTERM])
        self.service.stopService()
        self.assertIs(signal.getsignal(signal.SIGTERM), self.handler)

    def test_stoppedBefore(self) -> None:
        """
        If it stops before the reactor runs, the handler stays.
        """
        self.service.startService()
        self.service.stopService()
        self.handler = signal.SIG_IGN  # type: ignore[assignment]
        signal.signal(signal.SIGTERM, self.handler)
        for call in self.running:
            call()
        self.assertIs(signal.getsignal(signal.SIGTERM), self.handler)

    def test_early(self) -> None:
        """
        What comes before the reactor runs is taken when it does.
        """
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        self.service.privilegedStartService()
        os.kill(os.getpid(), signal.SIGTERM)
        self.start()
        self.assertEqual(self.seen, [])
        [call] = self.reactor.threadCalls
        call()
        self.assertEqual(self.seen, [signal.SIGTERM])

    def test_earlyAlone(self) -> None:
        """
        So it is if the reactor has no handler, too.
        """
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        stops: list[str] = []
        self.patch(self.reactor, "stop", lambda: stops.append("stop"))
        self.service.privilegedStartService()
        self.service.startService()
        for call in self.running:
            call()
        os.kill(os.getpid(), signal.SIGTERM)
        [call] = self.reactor.threadCalls
        call()
        self.assertEqual(stops, ["stop"])
        self.service.stopService()
        self.assertEqual(signal.getsignal(signal.SIGTERM), signal.SIG_DFL)

    def test_interrupt(self) -> None:
        """
        Python's own handler of SIGINT stays, as do signals that are ignored.
        """
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        self.addCleanup(signal.signal, signal.SIGINT, before)
        self.handler = signal.SIG_IGN  # type: ignore[assignment]
        self.start()
        self.assertIs(signal.getsignal(signal.SIGINT), signal.default_int_handler)
        self.assertEqual(signal.getsignal(signal.SIGTERM), signal.SIG_IGN)

    def test_amidstLog(self) -> None:
        """
        Wherever in the writing of a line of the log the signal comes, nothing waits for
        itself.
        """
        path = self.mktemp()
        result = subprocess.run(
            [sys.executable, "-c", _AMIDST, path, "Endings"],
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual(result.stdout, "True\n", result.stderr)
