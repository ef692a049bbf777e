# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.x11.xvfb}.
"""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from twisted.trial.unittest import TestCase

from tests.interop.test_command import need
from tests.x11.test_processes import ROOT, isThere
from txrfb.x11 import xvfb
from txrfb.x11.auth import readAuthorities
from txrfb.x11.directories import PrivateDirectory
from txrfb.x11.xvfb import NoXvfb, Xvfb, XvfbFailed, takeNumber

#: Starts a server, says where it is, and is killed.
ORPHAN = """
from twisted.internet import reactor
from txrfb.x11.xvfb import Xvfb

server = Xvfb(reactor, (320, 240))
server.start().addCallback(
    lambda _: print(server.display[1:], server._program.pid, flush=True)
)
reactor.run()
"""


def fakeServer(directory: str, script: str) -> str:
    """
    @return: A directory with a program by the name of Xvfb.
    """
    os.makedirs(directory)
    path = Path(directory, "Xvfb")
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return os.path.abspath(directory)


class XvfbTests(TestCase):
    """
    A server of our own.
    """

    timeout = 120

    def setUp(self) -> None:
        """
        The reactor.
        """
        from twisted.internet import reactor

        self.reactor: Any = reactor

    async def begin(self, **options: Any) -> Xvfb:
        """
        @return: One that runs.
        """
        server = Xvfb(self.reactor, (320, 240), **options)
        self.addCleanup(server.stop)
        await server.start()
        return server

    async def test_display(self) -> None:
        """
        Servers have a display each, which nobody can open without the cookie; when one
        ends nothing of it is left.
        """
        need("Xvfb")
        need("xdpyinfo")
        one, two = await self.begin(), await self.begin()
        self.assertNotEqual(one.display, two.display)
        for server, mine in ((one, True), (two, True), (two, False)):
            environment = server.environment(os.environ)
            if not mine:
                environment["XAUTHORITY"] = one.authority
            process = subprocess.run(
                ["xdpyinfo"], env=environment, capture_output=True, timeout=60
            )
            self.assertEqual(process.returncode == 0, mine)
            if mine:
                self.assertIn(b"dimensions:    320x240 pixels", process.stdout)
        number, directory = int(two.display[1:]), Path(two.authority).parent
        self.assertEqual(stat.S_IMODE(directory.stat().st_mode), 0o700)
        self.assertEqual(stat.S_IMODE(os.stat(two.authority).st_mode), 0o600)
        self.assertEqual(len(readAuthorities(two.authority)), 2)
        self.assertNotIn(
            f"@/tmp/.X11-unix/X{number}", Path("/proc/net/unix").read_text()
        )
        await two.stop()
        self.assertEqual((two.display, two.authority), ("", ""))
        self.assertFalse(directory.exists())
        self.assertFalse(Path(f"/tmp/.X11-unix/X{number}").exists())
        await two.stop()

    async def test_left(self) -> None:
        """
        While a server runs nobody takes its directory for one that was left behind,
        whatever has become of who started it; later it is removed.
        """
        need("Xvfb")
        server = await self.begin()
        directory, program = server._directory, server._program
        assert directory is not None and program is not None
        # As if we were killed.
        os.close(directory.descriptor)
        server._directory = None
        PrivateDirectory().remove()
        self.assertTrue(os.path.isdir(directory.path))
        await program.stop()
        PrivateDirectory().remove()
        self.assertFalse(os.path.isdir(directory.path))

    async def test_restart(self) -> None:
        """
        One that was stopped can be started again.
        """
        need("Xvfb")
        server = await self.begin()
        await server.stop()
        await server.start()
        self.assertTrue(Path(f"/tmp/.X11-unix/X{server.display[1:]}").exists())

    async def test_killed(self) -> None:
        """
        One that is killed says so, and what it leaves behind is removed.
        """
        need("Xvfb")
        server = await self.begin()
        number = server.display[1:]
        program: Any = server._program
        os.kill(program.pid, signal.SIGKILL)
        self.assertEqual(await server.whenEnded(), "Xvfb was ended by SIGKILL")
        await server.stop()
        self.assertFalse(Path(f"/tmp/.X11-unix/X{number}").exists())
        self.assertFalse(Path(f"/tmp/.X{number}-lock").exists())

    def test_numbers(self) -> None:
        """
        A number is taken by a lock, as X servers have it: from one that has ended, but
        from nobody else, be it that there is no lock but somebody listens.
        """
        directory = self.mktemp()
        os.mkdir(directory)
        self.patch(xvfb, "_SOCKETS", directory)
        self.patch(xvfb, "_LOCK", f"{directory}/lock-{{number}}")
        for number, text in ((100, f"{os.getppid():>10}\n"), (101, "?\n")):
            Path(directory, f"lock-{number}").write_text(text)
        ended = subprocess.Popen(["/bin/true"])
        ended.wait()
        Path(directory, "lock-102").write_text(f"{ended.pid:>10}\n")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(f"{directory}/X103")
            server.listen()
            # A socket that nobody listens at is in nobody's way.
            with socket.socket(socket.AF_UNIX) as stale:
                stale.bind(f"{directory}/X104")
            self.assertEqual([takeNumber() for _ in range(2)], [102, 104])
        self.assertEqual(
            Path(directory, "lock-102").read_text(), f"{os.getpid():>10}\n"
        )
        before = set(os.listdir(directory))
        xvfb._returnNumber(104)
        self.assertEqual(before - set(os.listdir(directory)), {"lock-104", "X104"})
        self.patch(xvfb, "_NUMBERS", range(100, 102))
        self.assertRaises(OSError, takeNumber)

    def test_orphan(self) -> None:
        """
        When this process is killed nothing is left of the server.
        """
        need("Xvfb")
        need("setpriv")
        with subprocess.Popen(
            [sys.executable, "-c", ORPHAN],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        ) as parent:
            assert parent.stdout is not None
            number, pid = parent.stdout.readline().split()
            self.assertTrue(Path(f"/tmp/.X11-unix/X{number}").exists())
            parent.kill()
        until = time.monotonic() + 60
        while isThere(int(pid)):
            self.assertLess(time.monotonic(), until)
            time.sleep(0.02)
        self.assertFalse(Path(f"/tmp/.X11-unix/X{number}").exists())

    def test_missing(self) -> None:
        """
        Where there is none, it is said what to install.
        """
        self.patch(os, "environ", {"PATH": "/nowhere"})
        server = Xvfb(self.reactor, (320, 240))
        error = self.assertRaises(NoXvfb, server.start)
        self.assertEqual(
            str(error), "there is no Xvfb; on Debian: apt-get install xvfb"
        )

    async def test_fails(self) -> None:
        """
        One that does not start says why, or takes too long; no directory is left.
        """
        path = fakeServer(self.mktemp(), "echo Fatal: no fonts >&2; exit 1")
        slow = fakeServer(self.mktemp(), "exec sleep 100")
        runtime = self.mktemp()
        os.mkdir(runtime)
        self.patch(xvfb, "_START", 0.5)
        for directory, reason in (
            (path, "Xvfb has ended with exit status 1: Fatal: no fonts"),
            (slow, "Xvfb has not started in 0.5 seconds"),
        ):
            environment = {"PATH": f"{directory}:/bin", "XDG_RUNTIME_DIR": runtime}
            self.patch(os, "environ", environment)
            server = Xvfb(self.reactor, (320, 240))
            started = server.start()
            self.assertEqual(len(os.listdir(runtime)), 1)
            failure: Any = self.assertFailure(started, XvfbFailed)
            error = await failure
            self.assertEqual(str(error), reason)
            await server.stop()
            self.assertEqual(os.listdir(runtime), [])

    async def test_stoppedEarly(self) -> None:
        """
        It may be stopped while it starts.
        """
        slow = fakeServer(self.mktemp(), "exec sleep 100")
        self.patch(os, "environ", {"PATH": f"{slow}:/bin"})
        server = Xvfb(self.reactor, (320, 240))
        started = server.start()
        stopped = server.stop()
        await self.assertFailure(started, XvfbFailed)
        await stopped

    def test_environment(self) -> None:
        """
        Programs are told of the display, and of no other.
        """
        server = Xvfb(self.reactor, (320, 240))
        server.display, server.authority = ":7", "/run/cookie"
        before = {"HOME": "/root", "DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}
        self.assertEqual(
            server.environment(before),
            {
                "HOME": "/root",
                "DISPLAY": ":7",
                "XAUTHORITY": "/run/cookie",
                "XDG_SESSION_TYPE": "x11",
            },
        )
