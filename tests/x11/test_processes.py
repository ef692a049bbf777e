# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.x11.processes}.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessDone
from twisted.internet.task import Clock, deferLater
from twisted.python.failure import Failure
from twisted.trial.unittest import SkipTest, TestCase

from txrfb.x11 import processes
from txrfb.x11.processes import Program, findProgram

ROOT = Path(__file__).parent.parent.parent

#: Starts a program, says its number, and is killed.
ORPHAN = """
import os, sys
from twisted.internet import reactor
from txrfb.x11.processes import Program

program = Program(reactor, ["/bin/sleep", "100"], os.environ)
program.start()
print(program.pid, flush=True)
reactor.run()
"""

#: A program of asyncio's, in which nobody handles the signal of the end of children.
ASYNCIO = """
import asyncio, os
from twisted.internet import asyncioreactor

async def main():
    loop = asyncio.get_running_loop()
    asyncioreactor.install(loop)
    from twisted.internet import reactor
    from txrfb.x11.processes import Program

    reactor.startRunning(installSignalHandlers=False)
    program = Program(reactor, ["/bin/sh", "-c", "exit 7"], os.environ)
    program.start()
    print(await asyncio.wait_for(program.whenEnded().asFuture(loop), 30))

asyncio.run(main())
"""


def isThere(pid: int) -> bool:
    """
    @return: Whether a process runs.
    """
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


class ProgramTests(TestCase):
    """
    Programs in sessions of their own.
    """

    timeout = 60

    def setUp(self) -> None:
        """
        The reactor.
        """
        from twisted.internet import reactor

        self.reactor: Any = reactor
        self.heard = b""

    def begin(self, script: str, **options: Any) -> Program:
        """
        @return: A shell that runs a script.
        """
        command = ["/bin/sh", "-c", script]
        program = Program(self.reactor, command, {"PATH": "/bin:/usr/bin"}, **options)
        program.start()
        self.addCleanup(program.stop, 0.0)
        return program

    async def until(self, condition: Any) -> None:
        """
        Wait until something is so.
        """
        while not condition():
            await deferLater(self.reactor, 0.01)

    async def test_status(self) -> None:
        """
        The status is that of a shell's C{$?}; what was said last is there by then.
        """
        for script, status, why in (
            ("exit 0", 0, "sh has ended with exit status 0"),
            ("echo no >&2; exit 3", 3, "sh has ended with exit status 3: no"),
            ("kill -USR1 $$", 128 + signal.SIGUSR1, "sh was ended by SIGUSR1"),
        ):
            lines: list[str] = []
            program = self.begin(script, says=lines.append)
            self.assertEqual(await program.whenEnded(), status)
            self.assertEqual(await program.whenEnded(), status)
            self.assertEqual((program.status, program.why()), (status, why))
            self.assertEqual(lines, ["no"] if status == 3 else [])
            await program.stop()

    async def test_said(self) -> None:
        """
        Of what it says the last lines are kept, and of a line not more than its
        beginning; what is not UTF-8 does no harm.
        """
        lines: list[str] = []
        script = "seq 1 50; printf 'a\\377b\\n'; head -c 2500 /dev/zero | tr '\\0' x"
        program = self.begin(script, says=lines.append)
        await program.whenEnded()
        await self.until(lambda: lines[-1] == "x" * 500)
        self.assertEqual(lines[:50], [str(n) for n in range(1, 51)])
        self.assertEqual(lines[50:], ["a�b", "x" * 1000, "x" * 1000, "x" * 500])
        self.assertEqual(len(program.said), processes._MAX_LINES)

    async def test_files(self) -> None:
        """
        It has nothing to read, and says something on a descriptor of its own.
        """

        def hear(data: bytes) -> None:
            self.heard += data

        program = self.begin("cat; echo 17 >&3", hears=hear)
        self.assertEqual(await program.whenEnded(), 0)
        await self.until(lambda: self.heard)
        self.assertEqual(self.heard, b"17\n")

    async def test_session(self) -> None:
        """
        It leads a session of its own.
        """
        program = self.begin("cut -d' ' -f6 /proc/$$/stat")
        await program.whenEnded()
        self.assertEqual(program.said[-1].strip(), str(program.pid))

    async def test_group(self) -> None:
        """
        What it has started ends with it, also when it has ended itself.
        """
        for script in ("sleep 100 & echo $!; wait", "sleep 100 & echo $!"):
            program = self.begin(script)
            await self.until(lambda: program.said)  # noqa: B023
            child = int(program.said[0])
            self.assertTrue(isThere(child))
            await program.stop()
            await self.until(lambda: not isThere(child))  # noqa: B023
            self.assertIsNotNone(program.status)

    def test_endedAtOnce(self) -> None:
        """
        So it does if Twisted has seen its end before it tells that it runs.
        """
        transport = SimpleNamespace(pid=4321, closeStdin=lambda: None)
        clock: Any = Clock()

        def spawnProcess(protocol: Program, *_: object, **options: object) -> Any:
            protocol.makeConnection(transport)
            transport.pid = None
            protocol.processExited(Failure(ProcessDone(0)))
            return transport

        clock.spawnProcess = spawnProcess
        program = Program(clock, ["/bin/sh"], {})
        program.start()
        self.assertEqual((program.pid, program.status), (4321, 0))
        signals: list[tuple[int, int]] = []
        self.patch(os, "killpg", lambda *arguments: signals.append(arguments))
        program.stop()
        self.assertEqual(signals[0], (4321, signal.SIGTERM))

    async def test_patience(self) -> None:
        """
        If SIGTERM does not end it SIGKILL does.
        """
        program = self.begin("trap '' TERM; echo ready; while :; do sleep 1; done")
        await self.until(lambda: program.said)
        await program.stop(0.2)
        self.assertEqual(program.status, 128 + signal.SIGKILL)

    async def test_stopped(self) -> None:
        """
        One that stands still is ended, too; and it is no error to end it twice.
        """
        program = self.begin("echo ready; exec sleep 100")
        await self.until(lambda: program.said)
        os.kill(program.pid, signal.SIGSTOP)
        twice = [program.stop(20.0), program.stop(20.0)]
        for one in twice:
            await one
        self.assertEqual(program.status, 128 + signal.SIGTERM)

    def test_zombies(self) -> None:
        """
        Those who have ended are not waited for, even if nobody asks why they have.
        """
        with subprocess.Popen(["/bin/cat"], stdin=-1, start_new_session=True) as one:
            self.assertTrue(processes._isRunning(one.pid))
            assert one.stdin is not None
            one.stdin.close()
            os.waitid(os.P_PID, one.pid, os.WEXITED | os.WNOWAIT)
            os.killpg(one.pid, 0)
            self.assertFalse(processes._isRunning(one.pid))

    async def test_neverStarted(self) -> None:
        """
        What was not started is no trouble to stop.
        """
        await Program(self.reactor, ["/bin/true"], {}).stop()

    async def test_openPipe(self) -> None:
        """
        Nobody waits for those that left the session and hold what it said open.
        """
        self.begin("setsid sleep 3 & exit 4")
        program = self.begin("setsid sleep 3 & exit 4")
        self.assertEqual(await program.whenEnded(), 4)
        await program.stop()

    async def test_cancelled(self) -> None:
        """
        Who does not want to wait any more need not.
        """
        program = self.begin("sleep 100")
        waiting: Deferred[Any] = program.whenEnded()
        waiting.addErrback(lambda _: None)
        waiting.cancel()
        await program.stop()

    async def test_missing(self) -> None:
        """
        What cannot be run says so.
        """
        program = Program(self.reactor, ["/nowhere/program"], os.environ)
        program.start()
        status = await program.whenEnded()
        self.assertNotEqual(status, 0)
        self.assertIn("/nowhere/program", program.why())

    def test_orphan(self) -> None:
        """
        It does not outlive a process that is killed.
        """
        if not any("setpriv" in word for word in processes._bound("KILL")):
            raise SkipTest("there is no setpriv, which is of util-linux")
        with subprocess.Popen(
            [sys.executable, "-c", ORPHAN],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        ) as parent:
            assert parent.stdout is not None
            pid = int(parent.stdout.readline())
            # Until it is the program itself.
            until = time.monotonic() + 30
            while Path(f"/proc/{pid}/comm").read_text() != "sleep\n":
                self.assertLess(time.monotonic(), until)
                time.sleep(0.01)
            parent.kill()
        while isThere(pid):
            self.assertLess(time.monotonic(), until)
            time.sleep(0.01)

    def test_asyncio(self) -> None:
        """
        Its end is noticed where a program of asyncio's runs the reactor.
        """
        ran = subprocess.run(
            [sys.executable, "-c", ASYNCIO],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual((ran.stdout, ran.stderr), ("7\n", ""))


class FindTests(TestCase):
    """
    Tests of L{findProgram} and of how programs are bound.
    """

    def test_find(self) -> None:
        """
        A name is looked for where programs are, a path is made absolute.
        """
        self.assertIsNone(findProgram("there-is-no-such-program"))
        self.assertEqual(findProgram("/bin/sh"), "/bin/sh")
        script = Path(self.mktemp())
        script.write_text("#!/bin/sh\n")
        self.assertIsNone(findProgram(f"./{script}"))
        script.chmod(0o755)
        self.assertEqual(findProgram(f"./{script}"), str(script.absolute()))

    def test_withoutTools(self) -> None:
        """
        Where there is no setsid(1), Python is.
        """
        self.patch(shutil, "which", lambda name: None)
        command = [*processes._bound("KILL"), findProgram("/bin/sh") or "/bin/sh"]
        script = "test $(ps -o sid= -p $$) = $$ && echo yes"
        ran = subprocess.run(
            [*command, "-c", script], capture_output=True, text=True, timeout=60
        )
        self.assertEqual(ran.stdout, "yes\n")
