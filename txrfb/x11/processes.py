# -*- test-case-name: tests.x11.test_processes -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Programs that run as long as this process wants them to, and no longer.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReadDescriptor
from twisted.internet.protocol import ProcessProtocol
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

__all__ = ["Program", "findProgram"]

#: Seconds that a program has to end when it was asked to.
PATIENCE = 3.0

#: How often it is looked whether all of a program have ended, in seconds.
_LOOK = 0.05

#: Seconds that are waited for the rest of what a program has said that has ended.
_LAST_WORDS = 0.5

#: How long the lines are that are kept of what a program says, and how many.
_MAX_LINE, _MAX_LINES = 1000, 20

#: Runs a program in a session of its own where there is no setsid(1).
_SETSID = "import os, sys; os.setsid(); os.execv(sys.argv[1], sys.argv[1:])"

_log = Logger()


def findProgram(name: str) -> str | None:
    """
    @param name: The name of a program, or its path.

    @return: Its absolute path; C{None} if there is none that can be run.
    """
    found = shutil.which(name)
    return None if found is None else os.path.abspath(found)


def _bound(death: str) -> list[str]:
    """
    @param death: The signal that a program gets when this process has ended without
        ending it.

    @return: The command that runs another command in a session of its own, and so that
        it gets that signal, where the system can do that.
    """
    command = []
    setpriv = shutil.which("setpriv")
    # That of BusyBox has no such option.
    if setpriv and os.path.basename(os.path.realpath(setpriv)) == "setpriv":
        command += [setpriv, "--pdeathsig", death, "--"]
    setsid = shutil.which("setsid")
    return command + ([setsid] if setsid else [sys.executable, "-IS", "-c", _SETSID])


def _isRunning(group: int) -> bool:
    """
    @return: Whether somebody in a group of processes runs.  Those that have ended, and
        whom nobody asks why, are there in a container for ever.
    """
    isKnown = False
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if not name.isdecimal():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                state, _, its = file.read().rpartition(b")")[2].split()[:3]
        except (OSError, ValueError):
            continue
        isKnown = True
        if int(its) == group and state not in (b"Z", b"X"):
            return True
    return not isKnown


class Program(ProcessProtocol):
    """
    A program in a session of its own.  If this process ends without having ended it, it
    gets a signal.

    @ivar pid: The number of its process, and of its session; 0 if it was not started.
    @ivar status: Its exit status, as shells have it: of one that was ended by a signal
        it is 128 and the signal's number; C{None} while it runs.
    @ivar said: The last lines of what it said.
    """

    transport: Any

    def __init__(
        self,
        reactor: Any,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        death: str = "KILL",
        says: Callable[[str], object] | None = None,
        hears: Callable[[bytes], object] | None = None,
        holds: int | None = None,
    ) -> None:
        """
        @param reactor: What runs it.

        @param command: The program's path, and its arguments.

        @param environment: All of its environment.

        @param death: The signal that it gets if this process ends without ending it.

        @param says: Called with each line that it writes to standard output and
            standard error.

        @param hears: Called with what it writes to file descriptor 3; without this it
            has none.

        @param holds: A file descriptor that it has open, too.
        """
        self.name = os.path.basename(command[0])
        self.status: int | None = None
        self.said: deque[str] = deque(maxlen=_MAX_LINES)
        self._reactor = reactor
        self._command = tuple(command)
        self._environment = dict(environment)
        self._death = death
        self._says = says
        self._hears = hears
        self._holds = holds
        self._rest: dict[int, bytes] = {}
        self._waiting: list[Deferred[int]] = []
        self._watch: _Watch | None = None
        self._late: IDelayedCall | None = None
        self.pid = 0

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} {self.pid or 'not started'}>"

    def start(self) -> None:
        """
        Run it.

        @raise OSError: if that cannot be.
        """
        command = [*_bound(self._death), *self._command]
        files: dict[int, Any] = {0: "w", 1: "r", 2: "r"}
        if self._hears is not None:
            files[3] = "r"
        if self._holds is not None:
            files[4] = self._holds
        process = self._reactor.spawnProcess(
            self, command[0], command, self._environment, childFDs=files
        )
        if self.status is None and hasattr(os, "pidfd_open"):
            # In programs of asyncio's, and in others that handle signals themselves,
            # Twisted is not told of the end of children.
            try:
                self._watch = _Watch(self._reactor, process)
            except OSError:
                # It has ended, or the system is too old.
                process.reapProcess()

    def connectionMade(self) -> None:
        """
        It runs, and has nothing to read.
        """
        # Of one that has ended by the time that it is known to run, the transport does
        # not know it any more; what it has left behind is in its group.
        self.pid = self.transport.pid
        self.transport.closeStdin()

    def childDataReceived(self, childFD: int, data: bytes) -> None:
        """
        It says something.
        """
        if childFD == 3:
            if self._hears is not None:
                self._hears(data)
            return
        *lines, rest = (self._rest.get(childFD, b"") + data).split(b"\n")
        while len(rest) > _MAX_LINE:
            lines.append(rest[:_MAX_LINE])
            rest = rest[_MAX_LINE:]
        self._rest[childFD] = rest
        for line in lines:
            self._sayLine(line)

    def childConnectionLost(self, childFD: int) -> None:
        """
        It says no more there.
        """
        rest = self._rest.pop(childFD, b"")
        if rest:
            self._sayLine(rest)

    def _sayLine(self, line: bytes) -> None:
        text = line[:_MAX_LINE].decode("utf-8", "replace").rstrip()
        if text:
            self.said.append(text)
            if self._says is not None:
                self._says(text)

    def processExited(self, reason: Failure) -> None:
        """
        It has ended; what it has started may still run, and hold what it said open.
        """
        if self._watch is not None:
            self._watch.stop()
            self._watch = None
        ended: Any = reason.value
        self.status = 128 + ended.signal if ended.signal else ended.exitCode or 0
        # What it said last may not have been read yet; who has left the session may
        # hold its end open for ever.
        self._late = self._reactor.callLater(_LAST_WORDS, self._tell)

    def processEnded(self, reason: Failure) -> None:
        """
        It has ended, and all that it said was read.
        """
        if self._late is not None:
            self._late.cancel()
            self._tell()

    def _tell(self) -> None:
        self._late = None
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            one.callback(self.status or 0)

    def whenEnded(self) -> Deferred[int]:
        """
        @return: Fires with the status when it has ended.
        """
        if self.status is not None and self._late is None:
            return succeed(self.status)
        waiting: Deferred[int] = Deferred(self._waiting.remove)
        self._waiting.append(waiting)
        return waiting

    def why(self) -> str:
        """
        @return: How it has ended, in words, and if that was in error what it said last.
        """
        status = self.status or 0
        words = f"{self.name} has ended with exit status {status}"
        if status > 128:
            try:
                words = f"{self.name} was ended by {signal.Signals(status - 128).name}"
            except ValueError:
                pass
        return f"{words}: {self.said[-1]}" if status and self.said else words

    # -- The end ---------------------------------------------------------------------

    def _signal(self, number: int) -> bool:
        """
        Send a signal to all in its group.

        @return: Whether there is somebody who may have got it.
        """
        if not self.pid:
            return False
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            if self.status is not None:
                return False
            # It has no session of its own yet.
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return False
        except PermissionError:
            # Some systems say this of those that have ended; or it runs as somebody
            # else, and cannot be ended.
            return False
        return True

    def stop(self, patience: float = PATIENCE) -> Deferred[None]:
        """
        End it, and what it has started in its group.

        @param patience: Seconds that they have for it after SIGTERM, before SIGKILL.

        @return: Fires when they have ended.
        """
        stopped: Deferred[None] = Deferred()
        deadline = self._reactor.seconds() + patience
        if not self._signal(signal.SIGTERM):
            self._finish(stopped)
            return stopped

        def look() -> None:
            if not (self._signal(0) and _isRunning(self.pid)):
                self._finish(stopped)
            elif self._reactor.seconds() < deadline:
                self._reactor.callLater(_LOOK, look)
            else:
                _log.info(
                    "{name} has not ended {seconds:g} seconds after SIGTERM: SIGKILL",
                    name=self.name,
                    seconds=patience,
                )
                self._signal(signal.SIGKILL)
                self._finish(stopped)

        self._signal(signal.SIGCONT)
        look()
        return stopped

    def _finish(self, stopped: Deferred[None]) -> None:
        def close(_: object) -> None:
            # Who left the session may hold them open for ever.
            if self.transport is not None:
                self.transport.loseConnection()
            stopped.callback(None)

        if self.pid:
            self.whenEnded().addCallback(close)
        else:
            close(None)


@implementer(IReadDescriptor)
class _Watch:
    """
    Waits for the end of a process, by a file descriptor that stands for it.
    """

    def __init__(self, reactor: Any, process: Any) -> None:
        self._reactor = reactor
        self._process = process
        self._file = os.pidfd_open(process.pid)
        reactor.addReader(self)

    def fileno(self) -> int:
        """
        The file descriptor.
        """
        return self._file

    def logPrefix(self) -> str:
        """
        For the log.
        """
        return "Program"

    def doRead(self) -> None:
        """
        The process has ended.
        """
        self._reactor.removeReader(self)
        self._process.reapProcess()

    def connectionLost(self, reason: Failure) -> None:
        """
        The reactor has ended.
        """
        self.stop()

    def stop(self) -> None:
        """
        Wait no more.
        """
        if self._file >= 0:
            self._reactor.removeReader(self)
            os.close(self._file)
            self._file = -1
