# -*- test-case-name: tests.test_diagnostics -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.diagnostics}.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import socket
from collections.abc import Callable
from typing import Any

from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.logger import LogLevel, capturedLogs, formatEvent
from twisted.python.usage import Options, UsageError
from twisted.trial.unittest import SynchronousTestCase

from txrfb import log
from txrfb.diagnostics import Diagnostics, LogOptions
from txrfb.encodings.constants import RAW
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.log import logTo
from txrfb.protocol import RFBFactory
from txrfb.testing import Viewer


class Reactor(MemoryReactorClock):
    """
    A reactor that is called from other threads.
    """

    def __init__(self) -> None:
        super().__init__()
        self.threadCalls: list[Callable[[], None]] = []

    def callFromThread(self, call: Callable[..., Any], *arguments: Any) -> None:
        """
        Note the call.
        """
        self.threadCalls.append(lambda: call(*arguments))


class DiagnosticsTestCase(SynchronousTestCase):
    """
    What is needed to try L{Diagnostics}.
    """

    def setUp(self) -> None:
        """
        A server.
        """
        self.reactor = Reactor()
        self.framebuffer = MemoryFramebuffer(400, 300, "desk")
        self.factory = RFBFactory(self.framebuffer, reactor=self.reactor)

    def start(
        self, crashFile: str | None = None, environ: dict[str, str] | None = None
    ) -> Diagnostics:
        """
        @return: A service that runs until the test is over.
        """
        service = Diagnostics(self.factory, self.reactor, crashFile, environ or {})
        service.startService()
        self.addCleanup(lambda: service.stopService() if service.running else None)
        return service


class ReportTests(DiagnosticsTestCase):
    """
    The report.
    """

    def report(self, service: Diagnostics) -> dict[str, Any]:
        """
        @return: The event of a report.
        """
        with capturedLogs() as events:
            service.report()
        [event] = events
        return event

    def test_signal(self) -> None:
        """
        SIGUSR1 has one written, with the stack that the main thread had; and what
        there was on that signal happens before, as long as the service runs.
        """
        seen: list[int] = []
        before = signal.signal(
            signal.SIGUSR1, lambda number, frame: seen.append(number)
        )
        self.addCleanup(signal.signal, signal.SIGUSR1, before)
        service = self.start()
        signal.raise_signal(signal.SIGUSR1)
        [call] = self.reactor.threadCalls
        self.assertEqual(seen, [signal.SIGUSR1])
        with capturedLogs() as events:
            call()
        text = formatEvent(events[0])
        self.assertIn("thread MainThread:", text)
        self.assertIn("in test_signal", text)
        self.assertEqual(len(events), 1)
        service.stopService()
        signal.raise_signal(signal.SIGUSR1)
        self.assertEqual(len(self.reactor.threadCalls), 1)
        self.assertEqual(len(seen), 2)

    def test_viewers(self) -> None:
        """
        Each viewer is in it, with what it was sent and what waits for it.
        """
        Viewer(self.factory, encodings=(RAW,))
        slow = Viewer(self.factory, encodings=(RAW,))
        slow.pauseReading()
        for color in ("red", "lime", "blue"):
            self.framebuffer.fill(color)
            self.reactor.advance(1)
        event = self.report(self.start())
        first, second = event["connections"]
        self.assertEqual((first["connection"], second["connection"]), (1, 2))
        self.assertEqual(second["state"], "OPEN")
        self.assertEqual(second["encoding"], "Raw")
        self.assertEqual(second["rights"], "full")
        self.assertTrue(second["paused"])
        self.assertGreater(second["behind"], 1)
        self.assertGreater(second["rectangles waiting"] + second["bytes waiting"], 0)
        self.assertEqual((first["rectangles waiting"], first["bytes waiting"]), (0, 0))
        text = formatEvent(event)
        self.assertIn("viewers 2, connections 2", text)
        self.assertIn("screen: 400x300, frame ", text)
        self.assertIn("connection 2, peer 127.0.0.1:", text)

    def test_handshake(self) -> None:
        """
        So is one that has not logged in, with how far it has come.
        """
        protocol = self.factory.buildProtocol(None)
        assert protocol is not None
        protocol.makeConnection(StringTransport())
        self.reactor.advance(3)
        [only] = self.report(self.start())["connections"]
        self.assertEqual(only["state"], "HANDSHAKE")
        self.assertEqual(only["phase"], "in ProtocolVersion")
        self.assertEqual(only["seconds"], 3)
        self.assertNotIn("encoding", only)

    def lags(self, event: dict[str, Any]) -> list[float]:
        """
        @return: The lags in a report, the smallest first, to the millisecond.
        """
        return [round(lag, 3) for lag in event["lags"]]

    def test_lags(self) -> None:
        """
        How late the reactor was in the last minute is in it; only while somebody is
        connected is that looked at.
        """
        service = self.start()
        self.assertEqual(self.reactor.getDelayedCalls(), [])
        viewer = Viewer(self.factory)
        self.reactor.advance(1)
        self.reactor.advance(3.5)
        event = self.report(service)
        self.assertEqual(self.lags(event), [0.0, 2.5])
        self.assertIn("worst 2.500 s, last 0.000 2.500", formatEvent(event))
        self.reactor.pump([1] * 100)
        event = self.report(service)
        self.assertEqual(self.lags(event), [0.0] * 60)
        self.assertIn("in the last 60 s with connections: median", formatEvent(event))
        viewer.disconnect()
        self.reactor.pump([1] * 100)
        self.assertEqual(self.reactor.getDelayedCalls(), [])
        again = Viewer(self.factory)
        self.reactor.advance(3)
        self.assertEqual(self.lags(self.report(service))[-1], 2.0)
        service.stopService()
        again.disconnect()
        self.reactor.pump([1] * 100)
        Viewer(self.factory).disconnect()
        self.reactor.pump([1] * 100)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_lagsOfUsers(self) -> None:
        """
        That somebody sees a screen of a user's own is to be connected, too.
        """
        service = self.start()
        viewer = Viewer(self.factory)
        [connection] = self.factory.connections
        screen = self.factory.screenFor(MemoryFramebuffer(8, 8), None)
        self.factory.gone(connection)
        screen.connected(connection)
        self.reactor.pump([1] * 10)
        self.assertEqual(len(self.report(service)["lags"]), 10)
        screen.gone(connection)
        viewer.disconnect()

    def test_stops(self) -> None:
        """
        Nothing is left when it stops.
        """
        self.start(environ={"WATCHDOG_USEC": "1000000"}).stopService()
        self.assertEqual(self.reactor.getDelayedCalls(), [])


class CrashTests(DiagnosticsTestCase):
    """
    What is left of a crash.
    """

    def setUp(self) -> None:
        """
        Whoever runs the tests may have turned the module on.
        """
        super().setUp()
        if faulthandler.is_enabled():
            faulthandler.disable()
            self.addCleanup(faulthandler.enable, 2)

    def test_standardError(self) -> None:
        """
        Without a file, crashes are written to standard error, as long as it runs.
        """
        service = self.start()
        self.assertTrue(faulthandler.is_enabled())
        service.stopService()
        self.assertFalse(faulthandler.is_enabled())

    def test_alreadyOn(self) -> None:
        """
        Where they are written already, that stays.
        """
        faulthandler.enable(2)
        self.addCleanup(faulthandler.disable)
        self.start().stopService()
        self.assertTrue(faulthandler.is_enabled())

    def test_file(self) -> None:
        """
        What is in the file at the start comes into the log, and out of the file.
        """
        path = self.mktemp()
        with open(path, "w") as file:
            file.write("Fatal Python error: Segmentation fault\n\nCurrent thread\n")
        with capturedLogs() as events:
            service = self.start(path)
        [event] = events
        self.assertEqual(event["log_level"], LogLevel.critical)
        self.assertIn("\n    Fatal Python error: Seg", formatEvent(event))
        self.assertEqual(os.path.getsize(path), 0)
        self.assertTrue(faulthandler.is_enabled())
        service.stopService()
        self.assertFalse(faulthandler.is_enabled())
        with capturedLogs() as events:
            self.start(path)
        self.assertEqual(list(events), [])

    def test_noFile(self) -> None:
        """
        A file that cannot be written is a warning, and no more.
        """
        with capturedLogs() as events:
            self.start(os.path.join(self.mktemp(), "missing"))
        [event] = events
        self.assertEqual(event["log_level"], LogLevel.warn)
        self.assertIn("No such file", formatEvent(event))


class SystemdTests(DiagnosticsTestCase):
    """
    What systemd is told.
    """

    def listen(self, address: str) -> Callable[[], list[str]]:
        """
        @return: What gives all that has come since the last time.
        """
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(listener.close)
        listener.bind(address)
        listener.setblocking(False)

        def heard() -> list[str]:
            found = []
            try:
                while True:
                    found.append(listener.recv(100).decode("ascii"))
            except BlockingIOError:
                return found

        return heard

    def path(self) -> str:
        """
        @return: A path for a socket, which may not be long.
        """
        path: str = os.path.relpath(self.mktemp())
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def test_ready(self) -> None:
        """
        It is told when the server is ready, and when it stops.
        """
        path = self.path()
        heard = self.listen(path)
        service = self.start(environ={"NOTIFY_SOCKET": path})
        self.assertEqual(heard(), ["READY=1"])
        self.reactor.pump([1] * 100)
        self.assertEqual(heard(), [])
        service.stopService()
        self.assertEqual(heard(), ["STOPPING=1"])

    def test_abstract(self) -> None:
        """
        Sockets without a file are written with an at-sign.
        """
        name = f"txrfb-{os.getpid()}-{id(self)}"
        heard = self.listen(f"\0{name}")
        self.start(environ={"NOTIFY_SOCKET": f"@{name}"})
        self.assertEqual(heard(), ["READY=1"])

    def test_watchdog(self) -> None:
        """
        If it wants to hear that the server is alive, it does: twice as often as it
        must, as long as the reactor runs.
        """
        path = self.path()
        heard = self.listen(path)
        environ = {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "4000000"}
        self.start(environ={**environ, "WATCHDOG_PID": str(os.getpid())})
        self.assertEqual(heard(), ["WATCHDOG=1", "READY=1"])
        self.reactor.pump([1] * 6)
        self.assertEqual(heard(), ["WATCHDOG=1"] * 3)

    def test_noWatchdog(self) -> None:
        """
        It is not told what is not for this process, or makes no sense.
        """
        for environ in (
            {"WATCHDOG_USEC": "4000000", "WATCHDOG_PID": str(os.getpid() + 1)},
            {"WATCHDOG_USEC": "often"},
        ):
            path = self.path()
            heard = self.listen(path)
            self.start(environ={"NOTIFY_SOCKET": path, **environ})
            self.reactor.pump([1] * 6)
            self.assertEqual(heard(), ["READY=1"])

    def test_nobodyListens(self) -> None:
        """
        That nobody is there is a warning, and no more.
        """
        with capturedLogs() as events:
            self.start(environ={"NOTIFY_SOCKET": self.path()})
        self.assertIn("cannot notify systemd", formatEvent(events[0]))


class LogOptionsTests(SynchronousTestCase):
    """
    Tests for L{LogOptions}.
    """

    def setUp(self) -> None:
        """
        Leave no trace.
        """
        self.addCleanup(logTo, None)

    def options(self, *arguments: str, **twistd: Any) -> LogOptions:
        """
        @return: The options of the arguments, and those of C{twistd} before them.
        """
        options = LogOptions()
        options.parent = Options()
        options.parent.update(twistd)
        options.parseOptions(list(arguments))
        return options

    def test_logFile(self) -> None:
        """
        The log goes where C{twistd} would write it.
        """
        for twistd, path in (
            ({"nodaemon": 1, "logfile": None}, None),
            ({"nodaemon": 1, "logfile": "-"}, None),
            ({"nodaemon": 1, "logfile": "rfb.log"}, os.path.abspath("rfb.log")),
            ({"nodaemon": 0, "logfile": "/var/rfb.log"}, "/var/rfb.log"),
            ({"nodaemon": 0, "logfile": None}, os.path.abspath("twistd.log")),
            ({}, None),
        ):
            self.assertEqual(self.options(**twistd).logFile, path)
        self.assertIsNone(LogOptions().logFile)

    def test_setLogFile(self) -> None:
        """
        Observers are told of it, with the bounds of the options.
        """
        twistd = {"nodaemon": 1, "logfile": "/x"}
        self.options("--log-size=3", "--log-files=7", **twistd).setLogFile()
        self.assertEqual(log._destination, ("/x", 3 << 20, 7))
        self.options(**twistd).setLogFile()
        self.assertEqual(log._destination, ("/x", 10 << 20, 5))

    def test_refused(self) -> None:
        """
        A log without room is refused.
        """
        for value in ("0", "-1", "x", ""):
            error = self.assertRaises(UsageError, self.options, f"--log-size={value}")
            self.assertIn("a number of 1 or more is needed", str(error))
