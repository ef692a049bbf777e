# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.framebuffers.x11} with real X servers and programs: what a viewer sees
is what GetImage says.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import struct
import subprocess
from collections.abc import Awaitable, Callable
from typing import Any
from unittest import SkipTest
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from twisted.application.service import IService
from twisted.internet.defer import ensureDeferred
from twisted.internet.endpoints import HostnameEndpoint
from twisted.trial.unittest import TestCase

from tests.framebuffers.owner import Owner
from tests.interop.processes import pause
from tests.interop.test_command import need
from tests.x11.film import Film
from txrfb.client import DEFAULT_ENCODINGS, connectViewer
from txrfb.encodings import constants
from txrfb.error import DisplayError
from txrfb.framebuffers import X11Framebuffer
from txrfb.geometry import Screen
from txrfb.protocol import RFBFactory
from txrfb.x11 import core
from txrfb.x11.auth import parseDisplay, readAuthorities
from txrfb.x11.capture import SharedPixmap
from txrfb.x11.opening import connectDisplay
from txrfb.x11.xvfb import Xvfb

#: Seconds for what takes much less.
LONG = 60.0


class LiveCase(TestCase):
    """
    A display of our own, shown to a viewer.
    """

    timeout = 180

    size = (640, 480)

    depth = 24

    def setUp(self) -> None:
        """
        The reactor.
        """
        super().setUp()
        from twisted.internet import reactor

        self.reactor: Any = reactor
        need("Xvfb")

    async def show(self, **options: Any) -> None:
        """
        Show a display.
        """
        await self.open(**options)
        self.listen()

    def showDisplay(self, display: str, **options: Any) -> None:
        """
        Show a display that is there.
        """
        self.framebuffer = X11Framebuffer(display, **options)
        self.begin()
        self.listen()

    def begin(self) -> None:
        """
        Have the framebuffer connect.
        """
        service: Any = IService(self.framebuffer)
        service.privilegedStartService()
        service.startService()
        self.addCleanup(service.stopService)

    def listen(self) -> None:
        """
        Let viewers in.
        """
        self.factory = RFBFactory(self.framebuffer)
        self.port = self.reactor.listenTCP(0, self.factory, interface="127.0.0.1")
        self.addCleanup(self.port.stopListening)

    async def open(self, **options: Any) -> None:
        """
        Have a display, and a framebuffer of it.
        """
        self.xvfb = Xvfb(self.reactor, self.size, self.depth)
        self.addCleanup(self.xvfb.stop)
        await self.xvfb.start()
        display, authority = self.xvfb.display, self.xvfb.authority
        self.framebuffer = X11Framebuffer(display, authority=authority, **options)
        self.begin()
        self.other = await connectDisplay(
            self.reactor, parseDisplay(display), readAuthorities(authority)
        )
        self.addCleanup(self.disconnect)

    async def disconnect(self) -> None:
        """
        Close our own connection.
        """
        if not self.other.isLost:
            self.other.close()
            await self.other.lost

    async def look(self, **options: Any) -> Any:
        """
        @return: A viewer.
        """
        port = self.port.getHost().port
        endpoint = HostnameEndpoint(self.reactor, "127.0.0.1", port)
        # Into the picture of one that cannot be told where the pointer is it is drawn.
        encodings = options.pop("encodings", DEFAULT_ENCODINGS)
        options["encodings"] = (*encodings, constants.POINTER_POSITION)
        viewer = await connectViewer(endpoint, **options)
        self.addCleanup(viewer.disconnect)
        return viewer

    def run_(self, *command: str) -> subprocess.Popen[bytes]:
        """
        Run a program on the display.
        """
        need(command[0])
        process = subprocess.Popen(
            command,
            env=self.xvfb.environment(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

        def end() -> None:
            process.kill()
            process.wait()

        self.addCleanup(end)
        return process

    async def displayed(self) -> NDArray[np.uint8]:
        """
        @return: What is on the display: red, green and blue.
        """
        geometry = await self.other.ask(core.getGeometry(self.other.screen.root))
        width, height = geometry.width, geometry.height
        rows = []
        for y in range(0, height, 100):
            count = min(100, height - y)
            question = core.getImage(self.other.screen.root, 0, y, width, count)
            data = await self.other.ask(question)
            pixels = np.frombuffer(data, np.uint8)[: width * count * 4]
            rows.append(pixels.reshape(count, width, 4)[..., 2::-1])
        return np.concatenate(rows)

    def seen(self, viewer: Any) -> NDArray[np.uint8]:
        """
        @return: What a viewer sees, likewise.
        """
        return np.asarray(viewer.image().convert("RGB"))

    async def until(self, condition: Callable[[], Awaitable[bool]]) -> None:
        """
        Wait for something.
        """
        end = self.reactor.seconds() + LONG
        while not await condition():
            if self.reactor.seconds() > end:
                self.fail("it took too long")
            await pause(self.reactor, 0.02)

    async def assertSeen(self, viewer: Any) -> None:
        """
        Assert that a viewer sees what is on the display, in a while.
        """

        async def isSame() -> bool:
            return np.array_equal(self.seen(viewer), await self.displayed())

        await self.until(isSame)


class PixelsTests(LiveCase):
    """
    Programs that draw.
    """

    async def test_programs(self) -> None:
        """
        After text has scrolled, windows have moved and something has moved by itself,
        all pixels are those of the display.
        """
        await self.show()
        viewer = await self.look()
        await self.assertSeen(viewer)
        before = self.seen(viewer)
        script = "i=0; while [ $i -lt 3000 ]; do echo $i $i $i; i=$((i+1)); done"
        xterm = self.run_(
            "xterm", "-geometry", "70x20+5+5", "-e", f"{script}; sleep 99"
        )
        eyes = self.run_("xterm", "-geometry", "30x10+300+200", "-e", "sleep 99")
        environment = self.xvfb.environment(os.environ)
        need("xdotool")

        async def isThere() -> bool:
            found = subprocess.run(
                ["xdotool", "search", "--onlyvisible", "--class", "XTerm"],
                env=environment,
                capture_output=True,
            )
            self.windows = found.stdout.decode().split()
            return len(self.windows) == 2

        await self.until(isThere)
        for step in range(30):
            for number, window in enumerate(self.windows):
                x, y = step * (7 + 3 * number) % 300, step * 5 % 200
                subprocess.run(
                    ["xdotool", "windowmove", window, str(x), str(y)],
                    env=environment,
                    check=True,
                )
            await pause(self.reactor, 0.01)
        for process in (xterm, eyes):
            process.send_signal(19)
        await self.assertSeen(viewer)
        self.assertFalse(np.array_equal(before, self.seen(viewer)))

    async def test_film(self) -> None:
        """
        So it is whenever a film stops that runs in a window that moves; while it runs
        it is seen to.
        """
        await self.show()
        viewer = await self.look()
        film = Film(self.reactor, self.other)
        await film.open()
        before: list[NDArray[np.uint8]] = [self.seen(viewer)]
        for _ in range(3):
            running = ensureDeferred(film.play(150))

            async def isOther() -> bool:
                return not np.array_equal(self.seen(viewer), before[-1])

            await self.until(isOther)
            await running
            await self.assertSeen(viewer)
            before.append(self.seen(viewer))
        self.assertGreater(len(np.unique(before[-1])), 100)

    async def test_filmAndSizes(self) -> None:
        """
        So it is when the size changes while the film runs.
        """
        await self.show()
        encodings = (*DEFAULT_ENCODINGS, constants.EXTENDED_DESKTOP_SIZE)
        viewer = await self.look(encodings=encodings)
        film = Film(self.reactor, self.other)
        await film.open()
        for size in ((500, 300), (640, 400), (333, 217), (640, 480)):
            running = ensureDeferred(film.play(60))
            viewer.setDesktopSize(*size)

            async def hasSize(size: tuple[int, int] = size) -> bool:
                return bool(viewer.image().size == size)

            await self.until(hasSize)
            await running
            await self.assertSeen(viewer)


class SizeTests(LiveCase):
    """
    Other sizes, asked for by viewers and by others.
    """

    async def test_asked(self) -> None:
        """
        A viewer gets the size that it asks for, as often as it likes; one that is too
        large is refused, and the display is as it was.
        """
        await self.show()
        encodings = (*DEFAULT_ENCODINGS, constants.EXTENDED_DESKTOP_SIZE)
        viewer = await self.look(encodings=encodings)
        xterm = self.run_(
            "xterm", "-geometry", "90x30+5+5", "-e", "ls -lR /etc; sleep 99"
        )
        for size in ((600, 300), (333, 217), (640, 480), (600, 300), (1, 1), (500, 77)):
            viewer.setDesktopSize(*size)
            await self.has(viewer, size)
            await self.assertSeen(viewer)
        refused: Any = self.framebuffer.layoutRequested(
            641, 480, self.framebuffer.screens, viewer
        )
        self.assertFalse(await refused)
        await self.assertSeen(viewer)
        self.assertEqual(viewer.image().size, (500, 77))
        xterm.kill()
        screens = self.framebuffer.screens
        self.assertEqual([one[1:5] for one in screens], [(0, 0, 500, 77)])
        modes = await self.xrandr()
        # What was made is there while it is shown.
        self.assertEqual([one for one in modes if "-" in one.split()[0]][1:], [])

    async def has(self, viewer: Any, size: tuple[int, int]) -> None:
        """
        Wait until a viewer sees this size.
        """

        async def isSo() -> bool:
            return bool(viewer.image().size == size)

        await self.until(isSo)

    async def xrandr(self) -> list[str]:
        """
        @return: The modes, as xrandr tells them.
        """
        need("xrandr")
        output = subprocess.run(
            ["xrandr"], env=self.xvfb.environment(os.environ), capture_output=True
        )
        lines = output.stdout.decode().splitlines()
        return [line for line in lines if line.startswith("  ")]

    async def test_divided(self) -> None:
        """
        A display can be divided into monitors, which programs see as well; it is whole
        again when it is shown no more.
        """
        await self.show()
        viewer = await self.look()
        need("xrandr")

        def listed() -> list[str]:
            output = subprocess.run(
                ["xrandr", "--listactivemonitors"],
                env=self.xvfb.environment(os.environ),
                capture_output=True,
                check=True,
            )
            return [
                line.split()[2] for line in output.stdout.decode().split("\n")[1:-1]
            ]

        whole = listed()
        self.assertEqual(len(whole), 1)
        screens = [Screen(7, 0, 0, 300, 400), Screen(8, 300, 0, 320, 400)]
        granted: Any = self.framebuffer.layoutRequested(620, 400, screens, viewer)
        self.assertTrue(await granted)
        self.assertEqual(list(self.framebuffer.screens), screens)
        self.assertEqual(
            [re.sub("/[0-9]+", "", one) for one in listed()],
            ["300x400+0+0", "320x400+300+0"],
        )
        await self.assertSeen(viewer)
        viewer.disconnect()
        service: Any = IService(self.framebuffer)
        await service.stopService()
        self.assertEqual(len(listed()), 1)

    async def test_others(self) -> None:
        """
        A size that somebody else sets is seen.
        """
        await self.show()
        viewer = await self.look()
        need("xrandr")
        mode = "10 320 320 320 320 240 240 240 240"
        script = (
            f"xrandr --newmode a {mode} && xrandr --addmode screen a &&"
            " xrandr --output screen --mode a"
        )
        self.run_("sh", "-c", script)
        await self.has(viewer, (320, 240))
        await self.assertSeen(viewer)


class LifeTests(LiveCase):
    """
    X servers that hang, and that end.
    """

    async def test_stopped(self) -> None:
        """
        While the X server does nothing, a new viewer sees what it showed last; what is
        drawn when it goes on is seen by all.
        """
        await self.show()
        first = await self.look()
        before = self.seen(first)
        self.run_("xterm", "-geometry", "70x20+5+5", "-e", "ls -l /; sleep 99")
        await self.differs(first, before)
        shown = before

        async def isSeen() -> bool:
            # The program may still draw: what was seen before is not enough.
            nonlocal shown
            shown = await self.displayed()
            return np.array_equal(self.seen(first), shown)

        await self.until(isSeen)
        server = self.server
        os.kill(server, signal.SIGSTOP)
        self.addCleanup(os.kill, server, signal.SIGCONT)
        # A capture that has no end.
        self.framebuffer._changed()
        second = await self.look()
        await second.whenSeen()
        np.testing.assert_array_equal(self.seen(second), shown)
        os.kill(server, signal.SIGCONT)
        self.run_("xterm", "-geometry", "30x10+200+150", "-e", "ls -l /; sleep 99")
        await self.differs(second, shown)
        await self.assertSeen(second)
        await self.assertSeen(first)

    async def differs(self, viewer: Any, picture: Any) -> None:
        """
        Wait until a viewer sees something else.
        """

        async def isOther() -> bool:
            return not np.array_equal(self.seen(viewer), picture)

        await self.until(isOther)

    @property
    def server(self) -> int:
        """
        The number of the X server's process: of who listens at its socket.
        """
        handle = self.other.transport.getHandle()
        credentials = handle.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        return int(struct.unpack("3i", credentials)[0])

    async def test_killed(self) -> None:
        """
        When the X server ends the framebuffer's owner is told why.
        """
        await self.show()
        owner = Owner()
        IService(self.framebuffer).setServiceParent(owner)
        viewer = await self.look()
        await self.assertSeen(viewer)
        os.kill(self.server, signal.SIGKILL)

        async def isTold() -> bool:
            return bool(owner.reasons)

        await self.until(isTold)
        self.assertIn("the display is gone", owner.reasons[0])

    async def raw(self, number: int, *options: str) -> Any:
        """
        @return: An X server with a number of its own, for everybody of this machine.
        """
        command = ("Xvfb", f":{number}", "-screen", "0", "200x150x24", "-noreset")
        process = subprocess.Popen(
            [*command, "-s", "0", *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

        def end() -> None:
            process.kill()
            process.wait()

        self.addCleanup(end)
        display = parseDisplay(f":{number}")

        async def isThere() -> bool:
            try:
                self.other = await connectDisplay(self.reactor, display)
            except DisplayError:
                return False
            return True

        await self.until(isThere)
        self.addCleanup(self.disconnect)
        return process

    def freeNumber(self) -> int:
        """
        @return: The number of a display that nobody has.
        """
        for number in range(400 + os.getpid() % 500, 1000):
            with socket.socket() as probe:
                isFree = probe.connect_ex(("127.0.0.1", 6000 + number)) != 0
            if isFree and not os.path.exists(f"/tmp/.X11-unix/X{number}"):
                return number
        raise AssertionError("all displays are taken")

    async def test_comesBack(self) -> None:
        """
        A display that ends and begins anew is seen again by the viewers that were
        there.
        """
        number = self.freeNumber()
        process = await self.raw(number)
        self.showDisplay(f":{number}", reconnect=True)
        viewer = await self.look()
        await self.assertSeen(viewer)
        process.kill()
        process.wait()
        await pause(self.reactor, 0.2)
        await self.raw(number)
        need("xsetroot")
        subprocess.run(
            ["xsetroot", "-display", f":{number}", "-solid", "#336699"], check=True
        )

        async def isBlue() -> bool:
            return bool((self.seen(viewer) == (0x33, 0x66, 0x99)).all())

        await self.until(isBlue)
        await self.assertSeen(viewer)

    async def test_tcp(self) -> None:
        """
        A display can be reached by TCP.
        """
        number = self.freeNumber()
        await self.raw(number, "-listen", "tcp")
        need("xsetroot")
        subprocess.run(
            ["xsetroot", "-display", f":{number}", "-mod", "7", "9"], check=True
        )
        self.showDisplay(f"127.0.0.1:{number}")
        viewer = await self.look()
        await self.assertSeen(viewer)
        self.assertGreater(len(np.unique(self.seen(viewer))), 1)

    async def test_otherUser(self) -> None:
        """
        A display of another user's shares memory with us.
        """
        if os.geteuid() != 0:
            raise SkipTest("only root can be somebody else")
        number = self.freeNumber()
        need("setpriv")
        await self.rawAs(65534, number)
        self.showDisplay(f":{number}")
        viewer = await self.look()
        await self.assertSeen(viewer)
        source = self.framebuffer._view.source  # type: ignore[union-attr]
        self.assertIsInstance(source, SharedPixmap)

    async def rawAs(self, user: int, number: int) -> None:
        """
        Have an X server of another user's.
        """
        popen = subprocess.Popen
        become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]

        def start(command: list[str], **options: Any) -> Any:
            return popen([*become, *command], **options)

        with patch.object(subprocess, "Popen", start):
            await self.raw(number)
