# -*- test-case-name: tests.test_diagnostics -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What a daemon does so that others know how it is: a report on SIGUSR1, tracebacks of
crashes, and notifications for systemd.
"""

from __future__ import annotations

import faulthandler
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from traceback import StackSummary, walk_stack
from types import FrameType
from typing import IO, TYPE_CHECKING, Any

from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.usage import Options, UsageError

from txrfb import __version__
from txrfb._session.contracts import ConnectionState
from txrfb._signals import SignalService
from txrfb._systemd import notify
from txrfb._wire.lines import Lines
from txrfb.log import FILE_COUNT, FILE_SIZE, logTo

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall

    from txrfb._session.server import RFBServer
    from txrfb.protocol import RFBFactory

__all__ = ["Diagnostics", "LogOptions", "describe"]

#: How many seconds there are between two looks at the reactor.
_INTERVAL = 1.0

#: How many of them are remembered.
_LAGS = 60

#: The most bytes of an earlier crash that come into the log.
_MAX_CRASH = 1 << 16

#: The threads' stacks at one moment, by the threads' names.
_Stacks = list[tuple[str, StackSummary]]


def _positive(option: str) -> Callable[[str], int]:
    """
    @return: What makes a number of the value of an option.
    """

    def coerce(value: str) -> int:
        if not (value.isascii() and value.isdigit() and int(value)):
            raise UsageError(f"--{option} {value!r}: a number of 1 or more is needed")
        return int(value)

    return coerce


class LogOptions(Options):
    """
    The part of the options of C{twistd rfb} that is about the log.
    """

    optParameters = [  # noqa: RUF012
        [
            "log-size",
            None,
            FILE_SIZE >> 20,
            "How many MiB a log file of the observers in txrfb.log has when the next"
            " begins.",
            _positive("log-size"),
        ],
        [
            "log-files",
            None,
            FILE_COUNT,
            "How many full log files of these observers are kept.",
            _positive("log-files"),
        ],
    ]

    @property
    def logFile(self) -> str | None:
        """
        Where C{twistd} is to log: a path; C{None} for standard output.
        """
        twistd: Mapping[str, Any] | None = self.parent
        # Where there is no --nodaemon there are no daemons.
        if twistd is None or "nodaemon" not in twistd:
            return None
        path = twistd.get("logfile")
        if path == "-" or (twistd["nodaemon"] and not path):
            return None
        return os.path.abspath(path or "twistd.log")

    def setLogFile(self) -> None:
        """
        Have the observers of L{txrfb.log} write where C{twistd} is to log.
        """
        logTo(self.logFile, self["log-size"] << 20, self["log-files"])


class Diagnostics(SignalService):
    """
    Tells how a server is.

    While it runs, SIGUSR1 writes a report to the log.  If the process crashes, the
    stacks of its threads are written to a file, and come into the log at the next
    start.  If systemd has started the process, it is told when the server is ready,
    and, if it asks for that, that the reactor is alive.
    """

    signal = "SIGUSR1"

    _log = Logger()

    def __init__(
        self,
        factory: RFBFactory,
        reactor: Any,
        crashFile: str | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        """
        @param factory: What is reported on.

        @param reactor: Whose lags are measured.

        @param crashFile: Where stacks are written in a crash; C{None} for standard
            error, which daemons do not have.

        @param environ: The environment, in which systemd says what it wants.
        """
        self._factory = factory
        self._reactor = reactor
        self._crashFile = crashFile
        self._environ = environ
        self._crashes: IO[str] | None = None
        self._handlesFaults = False
        self._start = 0.0
        self._lags: deque[float] = deque(maxlen=_LAGS)
        self._probe: IDelayedCall | None = None
        self._beat: LoopingCall | None = None

    def listen(self) -> None:
        """
        See L{SignalService.listen}.  Crashes are noted from then on, too.
        """
        self._start = self._reactor.seconds()
        self._handleFaults()
        SignalService.listen(self)

    def startService(self) -> None:
        """
        Tell systemd that the server is ready.
        """
        SignalService.startService(self)
        self._factory.arriving.append(self._arriving)
        interval = self._watchdogInterval()
        if interval:
            self._beat = LoopingCall(self._notify, "WATCHDOG=1")
            self._beat.clock = self._reactor
            self._beat.start(interval)
        self._notify("READY=1")

    def stopService(self) -> None:
        """
        Leave the process as it was.
        """
        self._notify("STOPPING=1")
        if self._beat is not None:
            self._beat.stop()
            self._beat = None
        self._factory.arriving.remove(self._arriving)
        if self._probe is not None:
            self._probe.cancel()
            self._probe = None
        SignalService.stopService(self)
        self._forgetFaults()

    # -- Crashes ---------------------------------------------------------------------

    def _handleFaults(self) -> None:
        path = self._crashFile
        if path is None:
            # Whoever turned it on knows where to.
            if not faulthandler.is_enabled():
                faulthandler.enable(2)
                self._handlesFaults = True
            return
        try:
            self._crashes = open(path, "a+", errors="replace")
        except OSError as error:
            self._log.warn("{path}: {error}", path=path, error=error.strerror)
            return
        self._crashes.seek(0)
        crash = self._crashes.read(_MAX_CRASH)
        if crash:
            self._log.critical(
                "The server has crashed before:{stacks}",
                stacks=Lines(crash.splitlines()),
            )
            self._crashes.truncate(0)
        faulthandler.enable(self._crashes)
        self._handlesFaults = True

    def _forgetFaults(self) -> None:
        if self._handlesFaults:
            self._handlesFaults = False
            faulthandler.disable()
        if self._crashes is not None:
            self._crashes.close()
            self._crashes = None

    # -- The report ------------------------------------------------------------------

    def signalled(self, number: int, frame: FrameType | None) -> None:
        """
        See L{SignalService.signalled}.
        """
        # Where the main thread is, is lost when the reactor comes to the report.
        stacks = _stacks(frame)
        if callable(self.before):
            # twistd's, which rotates its log: the report goes to the new one.
            self.before(number, frame)
        self._reactor.callFromThread(self.report, stacks)

    def report(self, stacks: _Stacks | None = None) -> None:
        """
        Write a report to the log.

        @param stacks: The stacks of threads; those of now if not given.
        """
        factory = self._factory
        connections = [describe(one) for one in factory.connections]
        display, cache = factory.display, factory.display.planner.cache
        lags = sorted(self._lags)
        lines = [
            f"txrfb {__version__}, process {os.getpid()},"
            f" {self._reactor.seconds() - self._start:.0f} s: viewers"
            f" {len(factory.viewers)}, connections {len(connections)}",
            f"screen: {display.width}x{display.height}, frame {display.serial};"
            f" cache: {len(cache)} rectangles, {cache.size} of {cache.capacity} bytes,"
            f" {cache.hits} hits, {cache.misses} misses",
        ]
        if lags:
            lines.append(
                f"reactor: lags in the last {len(lags) * _INTERVAL:.0f} s with"
                f" connections: median {lags[len(lags) // 2]:.3f} s, worst"
                f" {lags[-1]:.3f} s, last"
                f" {' '.join(f'{lag:.3f}' for lag in list(self._lags)[-5:])}"
            )
        for one in connections:
            words = (f"{key} {_short(value)}" for key, value in one.items())
            lines.append(", ".join(words))
        for name, stack in _stacks(None) if stacks is None else stacks:
            lines.append(f"thread {name}:")
            for line in stack.format():
                lines.extend(line.rstrip().splitlines())
        self._log.info(
            "Report:{report}", report=Lines(lines), connections=connections, lags=lags
        )

    def _arriving(self) -> None:
        """
        Look at the reactor every second while there are connections.  A process that
        nobody looks at sleeps.
        """
        if self._probe is None:
            self._look()

    def _look(self) -> None:
        """
        See to it that the next look at the reactor is in a second.
        """
        due = self._reactor.seconds() + _INTERVAL

        def look() -> None:
            self._lags.append(max(0.0, self._reactor.seconds() - due))
            self._probe = None
            everywhere = (self._factory, *self._factory.screens)
            if any(one.connections for one in everywhere):
                self._look()

        self._probe = self._reactor.callLater(_INTERVAL, look)

    # -- systemd (sd_notify(3)) ------------------------------------------------------

    def _watchdogInterval(self) -> float:
        """
        @return: Every how many seconds systemd must hear of this process, and half of
            that for safety; 0 if it wants nothing.
        """
        environ = self._environ
        if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
            return 0.0
        try:
            return int(environ.get("WATCHDOG_USEC", "0")) / 2e6
        except ValueError:
            return 0.0

    def _notify(self, state: str) -> None:
        """
        Tell systemd, if it wants to know.
        """
        notify(state, self._environ)


def describe(connection: RFBServer) -> dict[str, Any]:
    """
    @return: What is to be known of a connection.
    """
    transcript, writer = connection.transcript, connection.writer
    found: dict[str, Any] = {
        "connection": connection.number,
        "peer": connection.peer,
        "state": connection.state.name,
        "phase": transcript.phase,
        "seconds": transcript.seconds,
        "received": transcript.received,
        "sent": transcript.sent,
    }
    if connection.state is not ConnectionState.OPEN:
        return found
    messages, rectangles, size = writer.queued
    return found | {
        "user": transcript.user,
        "security": transcript.security,
        "rights": str(connection.rights),
        "encoding": connection.encoding,
        "frames": connection.framesSent,
        "behind": connection.secondsBehind,
        "latency": connection.latency,
        "paused": writer.isPaused,
        "messages waiting": messages,
        "rectangles waiting": rectangles,
        "bytes waiting": size,
    }


def _short(value: object) -> str:
    """
    @return: A value for people to read.
    """
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _stacks(frame: FrameType | None) -> _Stacks:
    """
    @param frame: Where the main thread is, if this is not it.

    @return: Where all threads are.
    """
    names = {one.ident: one.name for one in threading.enumerate()}
    main = threading.main_thread().ident
    return [
        (
            names.get(ident, str(ident)),
            _stackOf(frame if ident == main and frame is not None else here),
        )
        for ident, here in sys._current_frames().items()
    ]


def _stackOf(frame: FrameType) -> StackSummary:
    """
    @return: The stack of a frame, of which no file is read before it is formatted.
    """
    walk: Callable[[FrameType], Iterator[tuple[FrameType, int]]] = walk_stack
    stack = StackSummary.extract(walk(frame), lookup_lines=False)
    stack.reverse()
    return stack
