# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Child processes that cannot outlive their test.

Children of a test run under the reactor, so that a server in the same process goes on
serving them. What many tests share (an X server, a browser) is started without the
reactor, because trial closes all that the reactor holds after every test.
"""

from __future__ import annotations

import atexit
import os
import subprocess
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar, cast

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.error import ProcessDone, ProcessExitedAlready
from twisted.internet.interfaces import (
    IProcessTransport,
    IReactorProcess,
    IReactorTCP,
    IReactorTime,
)
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.task import deferLater
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from benchmarks.servers import freePort as freePort

#: Seconds that something may take, on a machine that is busy with other tests.
PATIENCE = 60.0

T = TypeVar("T")

# The kernel kills a child whose parent dies, however the parent dies.
_BOUND = ["setpriv", "--pdeathsig", "KILL", "--"]


class Reactor(IReactorTime, IReactorProcess, IReactorTCP):
    """
    What the harness needs of a reactor.
    """


class ViewerFailed(Exception):
    """
    A viewer ended, or refused to go on; the text is what it said.
    """


def realReactor() -> Reactor:
    """
    The reactor that trial runs.
    """
    from twisted.internet import reactor

    return cast(Reactor, reactor)


def bounded(
    reactor: Reactor, seconds: float, work: Coroutine[Any, Any, T]
) -> Deferred[T]:
    """
    Run a coroutine that is cancelled when it takes too long.

    @raise twisted.internet.defer.TimeoutError: (in the Deferred) it took too long.
    """
    return ensureDeferred(work).addTimeout(seconds, reactor)


async def pause(reactor: Reactor, seconds: float) -> None:
    """
    Let the reactor run for a while.
    """
    await deferLater(reactor, seconds)


async def until(
    reactor: Reactor,
    seconds: float,
    condition: Callable[[], Awaitable[T | None]],
    step: float = 0.02,
) -> T | None:
    """
    Ask until the answer is true.

    @param seconds: how long to go on asking.
    @return: the answer, or C{None} when the time is over.
    """
    end = reactor.seconds() + seconds
    while True:
        answer = await condition()
        if answer:
            return answer
        if reactor.seconds() >= end:
            return None
        await pause(reactor, step)


class Child(ProcessProtocol):
    """
    A child process of one test: its output is kept, and it can be waited for.

    @ivar output: what it wrote to standard output so far.
    @ivar errors: what it wrote to standard error so far.
    @ivar code: its exit code (negative: the signal that ended it), C{None} while it
        runs.
    """

    output = b""
    errors = b""
    code: int | None = None

    def __init__(self) -> None:
        self._waiting: list[Deferred[None]] = []

    @property
    def process(self) -> IProcessTransport:
        """
        The transport, as what it is.
        """
        return cast(IProcessTransport, self.transport)

    def outReceived(self, data: bytes) -> None:
        """
        Keep the output.
        """
        self.output += data

    def errReceived(self, data: bytes) -> None:
        """
        Keep the error output.
        """
        self.errors += data

    def processEnded(self, reason: Failure) -> None:
        """
        Tell all who wait.
        """
        if reason.check(ProcessDone):
            self.code = 0
        else:
            value = cast(Any, reason.value)
            self.code = -value.signal if value.signal else value.exitCode
        waiting, self._waiting = self._waiting, []
        for deferred in waiting:
            deferred.callback(None)

    async def ended(self) -> None:
        """
        Wait for the end of the process.
        """
        if self.code is None:
            deferred: Deferred[None] = Deferred()
            self._waiting.append(deferred)
            try:
                await deferred
            finally:
                if deferred in self._waiting:
                    self._waiting.remove(deferred)

    async def stop(self) -> None:
        """
        Kill the process and wait until it is gone.
        """
        if self.code is None:
            try:
                self.process.signalProcess("KILL")
            except ProcessExitedAlready:
                pass
            await self.ended()

    def check(self) -> None:
        """
        Complain when the process has ended.

        @raise ViewerFailed: with what it wrote.
        """
        if self.code is not None:
            raise ViewerFailed(f"exit code {self.code}: {self.said()}")

    def said(self) -> str:
        """
        All that the process wrote, for a message.
        """
        return (self.output[-4000:] + self.errors[-4000:]).decode("utf-8", "replace")


C = TypeVar("C", bound=Child)


def start(
    reactor: Reactor,
    child: C,
    arguments: Sequence[str],
    environment: Mapping[str, str] | None = None,
    terminal: bool = False,
) -> C:
    """
    Start a program for one test.

    @param child: the protocol that gets its output.
    @param environment: what to add to the environment.
    @param terminal: give it a terminal of its own, for programs that ask for a
        password there.
    """
    reactor.spawnProcess(
        child,
        _BOUND[0],
        [*_BOUND, *arguments],
        env={**os.environ, **(environment or {})},
        usePTY=terminal,
    )
    return child


async def run(
    reactor: Reactor,
    arguments: Sequence[str],
    environment: Mapping[str, str] | None = None,
    seconds: float = PATIENCE,
) -> bytes:
    """
    Run a program to its end.

    @return: its standard output.
    @raise ViewerFailed: it failed, or took too long.
    """
    child = start(reactor, Child(), arguments, environment)
    try:
        await bounded(reactor, seconds, child.ended())
    finally:
        await child.stop()
    if child.code:
        raise ViewerFailed(f"{arguments[0]}: exit code {child.code}: {child.said()}")
    return child.output


async def startXvnc(
    test: TestCase, reactor: Reactor, *options: str
) -> tuple[Child, str]:
    """
    Start TigerVNC's server, and wait until its display is there.

    @param test: It stops the server at its end.

    @param options: The command line, without the program and C{-displayfd}.

    @return: The server, and the name of its display.
    """
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    server = Child()
    reactor.spawnProcess(
        server,
        "Xvnc",
        ["Xvnc", "-displayfd", "3", *options],
        env=os.environ,
        childFDs={0: "w", 1: "r", 2: "r", 3: writing},
    )
    os.close(writing)
    test.addCleanup(os.close, reading)
    test.addCleanup(server.stop)
    said = b""

    async def isThere() -> bool:
        nonlocal said
        server.check()
        try:
            said += os.read(reading, 16)
        except BlockingIOError:
            pass
        return said.endswith(b"\n")

    await until(reactor, PATIENCE, isThere)
    return server, f":{int(said)}"


def startShared(
    arguments: Sequence[str], passed: Sequence[int] = (), log: str = os.devnull
) -> subprocess.Popen[bytes]:
    """
    Start a program that lives as long as this process, outside the reactor.

    @param passed: file descriptors that it inherits.
    @param log: the path of a file for its output.
    """
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [*_BOUND, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=passed,
        )
    atexit.register(_end, process)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(3.0)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
