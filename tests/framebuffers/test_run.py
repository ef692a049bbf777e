# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.framebuffers.run} and of C{run:} on the command line.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from twisted.application.service import IService, MultiService
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import deferLater
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface import implementer

from tests.interop.test_command import need
from tests.x11.test_processes import ROOT, isThere
from tests.x11.test_xvfb import fakeServer
from txrfb.framebuffers import run
from txrfb.framebuffers._run import framebufferFromString, optionsFrom
from txrfb.framebuffers.run import RunFramebuffer
from txrfb.interfaces import IFramebufferOwner
from txrfb.x11.xvfb import NoXvfb


class OptionTests(SynchronousTestCase):
    """
    What is behind C{run:}.
    """

    def test_command(self) -> None:
        """
        A command is taken as a shell takes it.
        """
        for argument, words in (
            ("xterm", ["xterm"]),
            ('xterm -e "a b"', ["xterm", "-e", "a b"]),
            ("sh -c 'a=1; echo $a'", ["sh", "-c", "a=1; echo $a"]),
            ("/opt/a\\ b --name=x y=z", ["/opt/a b", "--name=x", "y=z"]),
            ("xterm # no comment", ["xterm", "#", "no", "comment"]),
            ("  xterm  ", ["xterm"]),
        ):
            self.assertEqual(optionsFrom(argument), (words, {}))

    def test_options(self) -> None:
        """
        Before it there are options and variables.
        """
        argument = (
            "size=800x600 LANG=C.UTF-8 wm='openbox --config-file \"a b\"' restart=yes"
            " GREETING='a b' depth=24 xterm size=1x1"
        )
        self.assertEqual(
            optionsFrom(argument),
            (
                ["xterm", "size=1x1"],
                {
                    "size": (800, 600),
                    "windowManager": ["openbox", "--config-file", "a b"],
                    "restart": True,
                    "depth": 24,
                    "environment": {"LANG": "C.UTF-8", "GREETING": "a b"},
                },
            ),
        )
        self.assertEqual(optionsFrom("restart=no x"), (["x"], {"restart": False}))
        self.assertEqual(optionsFrom("primary=yes x"), (["x"], {"primary": True}))

    def test_mistakes(self) -> None:
        """
        What is wrong is said, and what would be right.
        """
        for argument, reason in (
            ("", "there is no program; expected run:[size="),
            ("size=800x600", "there is no program; expected run:[size="),
            ("xterm -e 'a", "no closing quotation; expected run:"),
            ("sise=1x1 xterm", "there is no option sise=; there are size, depth, wm,"),
            ("size=big xterm", "size=big: expected WIDTHxHEIGHT, and a blank before"),
            ("size=800x600,wm=x:xterm", "size=800x600,wm=x:xterm: expected WIDTHx"),
            ("size=0x600 xterm", "size 0x600: width and height must be from 1 to"),
            ("depth=many xterm", "depth=many: expected a number of bits"),
            ("restart=maybe xterm", "restart=maybe: expected yes or no"),
            ("primary=1 xterm", "primary=1: expected yes or no"),
            ('wm="a \'b" xterm', "wm=a 'b: no closing quotation"),
        ):
            error = self.assertRaises(ValueError, optionsFrom, argument)
            self.assertIn(reason, str(error))

    def test_missing(self) -> None:
        """
        A program that is not there is an error that names its Debian package.
        """
        directory = fakeServer(self.mktemp(), "exit")
        script = Path(directory, "text")
        script.write_text("text")
        self.patch(os, "environ", {"PATH": directory})
        for argument, reason in (
            (
                "xterm -e top",
                "there is no program 'xterm'; on Debian: apt-get install xterm",
            ),
            (
                "firefox",
                "there is no program 'firefox'; on Debian: apt-get install firefox-esr",
            ),
            (
                "wm=openbox Xvfb",
                "there is no window manager 'openbox'; on Debian: apt-get install"
                " openbox",
            ),
            (str(script), f"{str(script)!r} cannot be run: it is no program"),
            ("depth=8 Xvfb", "a depth of 8; expected 15, 16 or 24"),
            ("size=65535x65535 Xvfb", "65535x65535"),
        ):
            error = self.assertRaises(
                ValueError, framebufferFromString, object(), argument
            )
            self.assertIn(reason, str(error))
        self.patch(os, "environ", {"PATH": "/bin:/usr/bin"})
        self.patch(run, "findXvfb", _noXvfb)
        error = self.assertRaises(NoXvfb, framebufferFromString, object(), "sh")
        self.assertIn("apt-get install xvfb", str(error))


def _noXvfb() -> None:
    raise NoXvfb("there is no Xvfb; on Debian: apt-get install xvfb")


@implementer(IFramebufferOwner)
class Owner(MultiService):
    """
    What the framebuffer tells that it is over.
    """

    def __init__(self) -> None:
        MultiService.__init__(self)
        self.ended: Deferred[tuple[str, int]] = Deferred()

    def framebufferEnded(self, reason: str, status: int = 1) -> None:
        """
        Keep it.
        """
        self.ended.callback((reason, status))


class RunTests(TestCase):
    """
    Programs that run.
    """

    timeout = 120

    def setUp(self) -> None:
        """
        The reactor.
        """
        need("Xvfb")
        from twisted.internet import reactor

        self.reactor: Any = reactor

    def begin(self, command: Any, **options: Any) -> Any:
        """
        @return: A framebuffer that is started, and what owns it.
        """
        framebuffer = RunFramebuffer(
            command, (320, 200), reactor=self.reactor, **options
        )
        owner = Owner()
        IService(framebuffer).setServiceParent(owner)
        owner.startService()
        self.addCleanup(owner.stopService)
        return framebuffer, owner

    async def until(self, condition: Any) -> None:
        """
        Wait until something is so.
        """
        while not condition():
            await deferLater(self.reactor, 0.02)

    async def test_status(self) -> None:
        """
        When the program ends it is over, with its status; what it said is in the log,
        and if it was in error, in the reason.
        """
        for script, reason, status in (
            ("exit 0", "sh has ended with exit status 0", 0),
            ("echo no room >&2; exit 3", "sh has ended with exit status 3: no room", 3),
            ("kill -9 $$", "sh was ended by SIGKILL", 137),
        ):
            with capturedLogs() as events:
                _, owner = self.begin(["/bin/sh", "-c", script])
                self.assertEqual(await owner.ended, (reason, status))
                await owner.stopService()
            if status == 3:
                self.assertIn("sh: no room", [formatEvent(one) for one in events])

    async def test_environment(self) -> None:
        """
        The program, and nobody else, is told of the display and of the cookie, and has
        a session of its own.
        """
        before = dict(os.environ)
        script = 'echo "$DISPLAY|$XAUTHORITY|$WORD|$WAYLAND_DISPLAY"; sleep 100'
        self.patch(os, "environ", {**before, "WAYLAND_DISPLAY": "wayland-7"})
        framebuffer, _ = self.begin(
            ["/bin/sh", "-c", script], environment={"WORD": "x"}
        )
        await self.until(
            lambda: framebuffer._programs and framebuffer._programs[0].said
        )
        display, cookie, word, wayland = framebuffer._programs[0].said[0].split("|")
        self.assertEqual((display, word, wayland), (str(framebuffer.display), "x", ""))
        self.assertTrue(os.path.isfile(cookie))
        self.assertEqual(os.environ.get("XAUTHORITY"), before.get("XAUTHORITY"))
        self.assertEqual(framebuffer.environment["DISPLAY"], display)

    async def test_stop(self) -> None:
        """
        When it is stopped nothing is left: neither programs nor X server, nor files.
        """
        framebuffer, owner = self.begin(["/bin/sh", "-c", "sleep 100 & echo $!; wait"])
        await self.until(
            lambda: framebuffer._programs and framebuffer._programs[0].said
        )
        child = int(framebuffer._programs[0].said[0])
        server = framebuffer._xvfb._program.pid
        cookie, socket = framebuffer._xvfb.authority, framebuffer.display.socket
        self.assertTrue(os.path.exists(socket))
        await owner.stopService()
        self.assertNoResult(owner.ended)
        for pid in (child, server):
            self.assertFalse(isThere(pid))
        self.assertFalse(os.path.exists(os.path.dirname(cookie)))
        self.assertFalse(os.path.exists(socket))

    async def test_stoppedEarly(self) -> None:
        """
        It may be stopped at any time, and started again.
        """
        framebuffer, owner = self.begin(["/bin/sleep", "100"])
        await owner.stopService()
        owner.startService()
        await framebuffer.prepared()
        self.assertEqual((framebuffer.width, framebuffer.height), (320, 200))
        await owner.stopService()
        self.assertNoResult(owner.ended)

    async def test_restart(self) -> None:
        """
        A program is started again, after a pause that grows, on the same display.
        """
        self.patch(run, "_MIN_PAUSE", 0.05)
        path = self.mktemp()
        script = f"echo $DISPLAY >> {path}; exit 4"
        with capturedLogs() as events:
            framebuffer, owner = self.begin(["/bin/sh", "-c", script], restart=True)

            def lines() -> list[str]:
                there = os.path.exists(path)
                return Path(path).read_text().split() if there else []

            await self.until(lambda: len(lines()) >= 3)
        self.assertEqual(set(lines()), {str(framebuffer.display)})
        self.assertNoResult(owner.ended)
        said = [formatEvent(event) for event in events]
        for seconds in ("0.05", "0.1"):
            self.assertIn(
                "sh has ended with exit status 4; it is started again in"
                f" {seconds} seconds",
                said,
            )

    async def test_serverKilled(self) -> None:
        """
        Without its X server it is over, with that reason.
        """
        framebuffer, owner = self.begin(["/bin/sleep", "100"])
        await framebuffer.prepared()
        await self.until(lambda: framebuffer._programs)
        program = framebuffer._programs[0].pid
        os.kill(framebuffer._xvfb._program.pid, signal.SIGKILL)
        self.assertEqual(await owner.ended, ("Xvfb was ended by SIGKILL", 1))
        self.assertFalse(isThere(program))

    async def test_serverRestarts(self) -> None:
        """
        If the program is to be started again, so is the X server; viewers have the last
        picture meanwhile.
        """
        self.patch(run, "_MIN_PAUSE", 0.05)
        framebuffer, owner = self.begin(["/bin/sleep", "100"], restart=True)
        await framebuffer.prepared()
        await self.until(lambda: framebuffer._programs)
        before = framebuffer._programs[0].pid
        os.kill(framebuffer._xvfb._program.pid, signal.SIGKILL)
        await self.until(
            lambda: framebuffer._programs and framebuffer._programs[0].pid != before
        )
        self.assertFalse(isThere(before))
        await framebuffer.capture()
        self.assertNoResult(owner.ended)

    async def test_serverFails(self) -> None:
        """
        If the X server does not start, that is why it is over; viewers who wait are
        told.
        """
        directory = fakeServer(self.mktemp(), "echo no fonts >&2; exit 1")
        self.patch(os, "environ", {"PATH": f"{directory}:/bin:/usr/bin"})
        framebuffer, owner = self.begin(["/bin/sleep", "100"])
        waiting = maybeDeferred(framebuffer.prepared)
        reason = "Xvfb has ended with exit status 1: no fonts"
        self.assertEqual(await owner.ended, (reason, 1))
        error: Any = await self.assertFailure(waiting, Exception)
        self.assertEqual(str(error), reason)

    async def test_manager(self) -> None:
        """
        A window manager runs before the program; when it ends, that is in the log and
        nothing else.
        """
        directory = fakeServer(self.mktemp(), "exit")
        manager = Path(directory, "manager")
        manager.write_text('#!/bin/sh\necho "manages $DISPLAY $1"; exit 5\n')
        manager.chmod(0o755)
        with capturedLogs() as events:
            framebuffer, owner = self.begin(
                ["/bin/sleep", "100"], windowManager=[str(manager), "a b"]
            )
            await self.until(
                lambda: any("is gone" in formatEvent(event) for event in events)
            )
        said = [formatEvent(event) for event in events]
        self.assertIn(f"manager: manages {framebuffer.display} a b", said)
        self.assertIn(
            "The window manager is gone: manager has ended with exit status 5:"
            f" manages {framebuffer.display} a b",
            said,
        )
        self.assertNoResult(owner.ended)

    async def test_home(self) -> None:
        """
        Where the daemon has become another user, the program has that user's home.
        """
        home = self.mktemp()
        os.mkdir(home)
        self.patch(os, "environ", {"HOME": os.path.abspath(home), "PATH": "/bin"})
        self.assertEqual(run._ownEnvironment()["HOME"], os.path.abspath(home))
        self.patch(os, "environ", {"HOME": "/nowhere", "XDG_RUNTIME_DIR": "/run/u"})
        environment = run._ownEnvironment()
        self.assertNotEqual(environment["HOME"], "/nowhere")
        self.assertNotIn("XDG_RUNTIME_DIR", environment)


class DaemonTests(TestCase):
    """
    C{twistd rfb --framebuffer run:...}.
    """

    timeout = 120

    def run_(self, *arguments: str) -> subprocess.Popen[str]:
        """
        Start a daemon.
        """
        return subprocess.Popen(
            [sys.executable, "-m", "txrfb", "--port", "unix:rfb", *arguments],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            cwd=self.directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def setUp(self) -> None:
        """
        A directory.
        """
        self.directory = self.mktemp()
        os.makedirs(self.directory)

    def test_status(self) -> None:
        """
        The daemon ends with the program, and with its status.
        """
        need("Xvfb")
        daemon = self.run_("--framebuffer", "run:sh -c 'exit 7'")
        said, _ = daemon.communicate(timeout=60)
        self.assertEqual(daemon.returncode, 7, said)
        self.assertIn(
            "The framebuffer has ended: sh has ended with exit status 7", said
        )

    def test_missing(self) -> None:
        """
        What is missing is one line.
        """
        need("Xvfb")
        daemon = self.run_("--framebuffer", "run:there-is-no-such-program")
        said, _ = daemon.communicate(timeout=60)
        self.assertEqual(daemon.returncode, 1)
        self.assertIn(
            "--framebuffer 'run:there-is-no-such-program': there is no program"
            " 'there-is-no-such-program'; on Debian: apt-get install",
            said,
        )
        self.assertNotIn("Traceback", said)

    def test_killed(self) -> None:
        """
        When the daemon is killed, program and X server end, too.
        """
        need("Xvfb", "setpriv")
        path = Path(self.directory, "said")
        script = f'echo $$ "$DISPLAY" > {path.absolute()}; exec sleep 100'
        daemon = self.run_("--framebuffer", f"run:sh -c '{script}'")
        until = time.monotonic() + 60
        while not (path.exists() and path.read_text().endswith("\n")):
            self.assertLess(time.monotonic(), until)
            time.sleep(0.02)
        pid, display = path.read_text().split()
        socket = Path("/tmp/.X11-unix", f"X{display[1:]}")
        self.assertTrue(isThere(int(pid)) and socket.exists())
        daemon.kill()
        daemon.communicate()
        while isThere(int(pid)) or socket.exists():
            self.assertLess(time.monotonic(), until)
            time.sleep(0.02)
