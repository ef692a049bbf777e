# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The examples do what they say, each run as its own process.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image, ImageDraw
from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import clientFromString, connectProtocol
from twisted.internet.error import ConnectError
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.task import deferLater
from twisted.python.failure import Failure
from twisted.trial.unittest import SkipTest, TestCase

from tests.interop.processes import freePort
from tests.interop.test_command import need
from tests.web.test_service import Getter
from tests.web.test_sockets import Client as WebSocketClient
from txrfb.client import RFBClient, connectViewer
from txrfb.client.events import Updated
from txrfb.error import ConnectionFailed

reactor: Any = _reactor

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"

ORANGE, WHITE, BLACK = (255, 165, 0), (255, 255, 255), (0, 0, 0)


class Process(ProcessProtocol):
    """
    A process and what it wrote.
    """

    def __init__(self) -> None:
        self.output = b""
        self.ended: Deferred[int] = Deferred()
        self.isRunning = True

    def outReceived(self, data: bytes) -> None:
        """
        Keep it.
        """
        self.output += data

    def errReceived(self, data: bytes) -> None:
        """
        Keep it.
        """
        self.output += data

    def processEnded(self, reason: Failure) -> None:
        """
        Say with which status.
        """
        self.isRunning = False
        self.ended.callback(reason.value.exitCode)  # type: ignore[union-attr]


class Looker(RFBClient):
    """
    A viewer that waits for something to be seen.
    """

    _condition: Callable[[Image.Image], bool] | None = None
    _hasPicture = False

    def until(self, condition: Callable[[Image.Image], bool]) -> Deferred[Image.Image]:
        """
        @return: Fires with the first picture for which C{condition} is true.
        """
        self._condition = condition
        self._seen: Deferred[Image.Image] = Deferred()
        if self._hasPicture:
            self._look()
        return self._seen

    def updateReceived(self, update: Updated) -> None:
        """
        Look whether it is there.
        """
        self._hasPicture = True
        self._look()

    def _look(self) -> None:
        if self._condition is not None and self._condition(self.image()):
            self._condition = None
            self._seen.callback(self.image())


class ExampleTests(TestCase):
    """
    One test for each example.
    """

    timeout = 90

    def start(self, *arguments: str, directory: str = ".") -> Process:
        """
        Run Python until it ends or the test does.
        """
        process = Process()
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        transport = reactor.spawnProcess(
            process,
            sys.executable,
            [sys.executable, *arguments],
            environment,
            directory,
        )

        def stop() -> Deferred[int] | None:
            if not process.isRunning:
                return None
            transport.signalProcess("TERM")
            return process.ended

        self.addCleanup(stop)
        return process

    async def look(self, name: str, *arguments: str, **login: Any) -> Looker:
        """
        @param arguments: What it is told before where to listen.

        @param login: How to log in, see L{connectViewer}.

        @return: A viewer of an example, once it is let in.
        """
        directory = TemporaryDirectory(prefix="rfb")
        self.addCleanup(directory.cleanup)
        self.where = f"unix:{directory.name}/socket"
        process = self.start(str(EXAMPLES / name), *arguments, self.where)
        return await self.come(process, **login)

    async def come(self, process: Process, **login: Any) -> Looker:
        """
        @param process: What listens, or is about to.

        @return: A viewer of it, once it is let in.
        """
        while True:
            try:
                return await self.connect(**login)
            except ConnectError:
                self.assertTrue(process.isRunning, process.output.decode())
                await deferLater(reactor, 0.05)

    async def connect(self, **login: Any) -> Looker:
        """
        @return: A viewer of the example that was started.
        """
        endpoint = clientFromString(reactor, self.where)
        viewer = await connectViewer(endpoint, protocol=Looker, **login)
        assert isinstance(viewer, Looker)
        self.addCleanup(viewer.disconnect)
        return viewer

    def test_length(self) -> None:
        """
        No example has more than 25 lines, besides empty ones, and none in C more than
        40.
        """
        for path in (*EXAMPLES.glob("*.py"), *EXAMPLES.glob("*.c")):
            lines = [line for line in path.read_text("utf-8").splitlines() if line]
            most = 25 if path.suffix == ".py" else 40
            self.assertLessEqual(len(lines), most, path.name)

    async def test_picture(self) -> None:
        """
        A picture, pixel for pixel.
        """
        expected = Image.new("RGB", (640, 480))
        draw = ImageDraw.Draw(expected)
        draw.circle((320, 240), 180, fill="darkorange", outline="white", width=6)
        draw.text((320, 240), "Hello, viewer", "white", anchor="mm", font_size=40)
        viewer = await self.look("picture.py")
        seen = await viewer.until(lambda image: True)
        self.assertEqual(seen.tobytes(), expected.tobytes())
        self.assertEqual(viewer.name, "A picture")

    async def test_memory(self) -> None:
        """
        A program in C that shares its memory, and hears of the pointer.
        """
        compiler = shutil.which("cc")
        if compiler is None:
            raise SkipTest("there is no C compiler")
        directory = TemporaryDirectory(prefix="rfb")
        self.addCleanup(directory.cleanup)
        memory, socket, program, self.where = (
            f"{directory.name}/{name}"
            for name in ("memory", "socket", "program", "rfb")
        )
        source = str(EXAMPLES / "memory.c")
        command = [compiler, "-Wall", "-Wextra", "-Werror", "-o", program, source]
        subprocess.run(command, check=True, timeout=60)
        self.where = f"unix:{self.where}"
        server = self.start(
            *("-m", "txrfb", "--port", self.where),
            *("--framebuffer", f"mmap:{memory},socket={socket}"),
        )
        while not os.path.exists(socket):
            self.assertTrue(server.isRunning, server.output.decode())
            await deferLater(reactor, 0.05)
        process = Process()
        arguments = ["stdbuf", "-oL", program, memory, socket]
        reactor.spawnProcess(process, arguments[0], arguments, os.environ)
        # It listens for programs before it does for viewers.
        viewer = await self.come(server)
        seen = await viewer.until(lambda image: image.getpixel((319, 199)) != BLACK)
        self.assertEqual(seen.size, (320, 200))
        self.assertEqual(seen.getpixel((319, 199)), (254, 0, 253))
        viewer.pointerEvent(7, 5)
        await viewer.until(lambda image: image.getpixel((7, 5)) == (255, 255, 255))
        viewer.keyEvent(97, True)
        while b"97" not in process.output:
            await deferLater(reactor, 0.05)
        self.assertEqual(
            process.output.decode().splitlines(),
            [
                '{"pointer": [7, 5], "buttons": 0}',
                '{"key": 97, "down": true}',
            ],
        )
        # It ends when the server does, before its files are gone.
        assert server.transport is not None
        server.transport.signalProcess("TERM")
        await process.ended

    async def test_paint(self) -> None:
        """
        The pointer draws while its button is down, and keys write.
        """
        viewer = await self.look("paint.py")
        await viewer.until(lambda image: image.getpixel((150, 150)) == BLACK)
        viewer.pointerEvent(100, 100, 0)
        viewer.pointerEvent(200, 200, 1)
        viewer.pointerEvent(300, 100, 0)
        seen = await viewer.until(lambda image: image.getpixel((150, 150)) == ORANGE)
        self.assertEqual(seen.getpixel((250, 150)), BLACK)
        viewer.type("H")
        box = (300, 100, 340, 150)
        await viewer.until(lambda image: WHITE in pixels(image.crop(box)))

    async def test_plasma(self) -> None:
        """
        Waves of color move, for everybody who comes.
        """
        viewer = await self.look("plasma.py")
        for _ in range(2):
            first = await viewer.until(lambda image: True)
            self.assertGreater(len(pixels(first)), 1000)
            await viewer.until(different(first))
            viewer.disconnect()
            viewer = await self.connect()

    async def test_users(self) -> None:
        """
        Users of the program's own come in, and nobody else.
        """
        viewer = await self.look("users.py", username="ada", password="enchantress")
        self.assertEqual(viewer.name, "For users")
        await self.connect(username="bob", password="look!")
        for name, password in (("bob", "enchantress"), ("eve", "")):
            with self.assertRaises(ConnectionFailed):
                await self.connect(username=name, password=password)

    async def test_screens(self) -> None:
        """
        Each user draws on a sheet of its own, which stays when the viewer leaves.
        """
        viewer = await self.look("screens.py", username="ada", password="paper")
        self.assertEqual(viewer.name, "The sheet of ada")
        viewer.pointerEvent(100, 100, 1)
        await viewer.until(lambda image: image.getpixel((100, 100)) == ORANGE)
        other = await self.connect(username="bob", password="paper")
        seen = await other.until(lambda image: True)
        self.assertEqual(seen.getpixel((100, 100)), BLACK)
        viewer.disconnect()
        viewer = await self.connect(username="ada", password="paper")
        await viewer.until(lambda image: image.getpixel((100, 100)) == ORANGE)
        with self.assertRaises(ConnectionFailed):
            await self.connect(username="ada", password="wrong")

    async def test_thread(self) -> None:
        """
        What the thread paints is seen.
        """
        viewer = await self.look("thread.py")
        first = await viewer.until(lambda image: ORANGE in pixels(image))
        second = await viewer.until(different(first))
        for image in (first, second):
            count = sum(color == ORANGE for color in everyPixel(image))
            self.assertGreater(count, 4800)

    async def test_aio(self) -> None:
        """
        A program of asyncio's counts.
        """
        viewer = await self.look("aio.py")
        first = await viewer.until(lambda image: WHITE in pixels(image))
        await viewer.until(different(first))

    async def test_browser(self) -> None:
        """
        A site with a WebSocket, at which a viewer is let in.
        """
        await self.browse("browser.py", b"browser")

    async def test_klein(self) -> None:
        """
        Browsers see the screen on a site of klein, too, and programs have a picture.
        """
        if find_spec("klein") is None:
            raise SkipTest("klein is not installed")
        where = await self.browse("klein_site.py", b"klein")
        getter = Getter("/screen/screenshot.png")
        getter.request = getter.request.replace(b"desk.example", b"localhost")
        await connectProtocol(clientFromString(reactor, where), getter)
        head, _, picture = (await getter.ended).partition(b"\r\n\r\n")
        self.assertIn(b" 200 ", head.partition(b"\r\n")[0])
        image = Image.open(io.BytesIO(picture))
        self.assertEqual(image.getcolors(), [(320 * 240, ORANGE)])

    async def browse(self, name: str, desktop: bytes) -> str:
        """
        @return: Where an example serves browsers, one of which has looked.
        """
        directory = TemporaryDirectory(prefix="rfb")
        self.addCleanup(directory.cleanup)
        where = f"unix:{directory.name}/socket"
        process = self.start(str(EXAMPLES / name), where)
        while True:
            try:
                endpoint = clientFromString(reactor, where)
                client = await connectProtocol(endpoint, WebSocketClient())
                break
            except ConnectError:
                self.assertTrue(process.isRunning, process.output.decode())
                await deferLater(reactor, 0.05)
        while not client.content.endswith(desktop):
            await deferLater(reactor, 0.02)
        client.transport.abortConnection()
        await client.lost
        return where

    async def test_relay(self) -> None:
        """
        What another server shows is seen through it, and nothing can be done to it.
        """
        port = freePort()
        process = self.start(str(EXAMPLES / "picture.py"), str(port))
        self.where = f"tcp:127.0.0.1:{port}"
        # Before there is something to show, the relay lets nobody in.
        while True:
            try:
                await self.connect()
                break
            except ConnectError:
                self.assertTrue(process.isRunning, process.output.decode())
                await deferLater(reactor, 0.05)
        viewer = await self.look("relay.py", "127.0.0.1", str(port))
        self.assertEqual(viewer.name, "A picture")
        image = await viewer.until(lambda image: image.getpixel((320, 100)) != BLACK)
        self.assertEqual(image.size, (640, 480))

    async def test_port(self) -> None:
        """
        An example takes the number of a port, from wherever it is run.
        """
        process = self.start(str(EXAMPLES / "picture.py"), "99999")
        self.assertEqual(await process.ended, 1)
        self.assertIn(b"99999", process.output)

    def test_firstLines(self) -> None:
        """
        The first line of each example says how to run it, by its name.
        """
        for path in EXAMPLES.glob("*.py"):
            first = path.read_text("utf-8").partition("\n")[0]
            how = "trial ./" if path.name.startswith("test_") else "python "
            self.assertIn(f": {how}{path.name}", first)

    async def test_cartpole(self) -> None:
        """
        The game goes on, and does what the keys say.
        """
        if find_spec("gymnasium") is None or find_spec("pygame") is None:
            raise SkipTest("gymnasium[classic-control] is not installed")
        viewer = await self.look("cartpole.py")
        first = await viewer.until(lambda image: True)
        self.assertEqual(first.size, (600, 400))
        viewer.keyPress("Right")
        await viewer.until(different(first))

    async def test_screen(self) -> None:
        """
        The test of a screen passes.
        """
        path = str(EXAMPLES / "test_screen.py")
        self.addCleanup(shutil.rmtree, EXAMPLES / "_trial_temp", ignore_errors=True)
        for arguments, words in (
            (("-m", "twisted.trial", path), b"successes=1"),
            (("-m", "twisted.trial", "./test_screen.py"), b"successes=1"),
            (("-m", "pytest", "-p", "no:cacheprovider", path), b"1 passed"),
        ):
            directory = str(EXAMPLES) if path not in arguments else "."
            process = self.start(*arguments, directory=directory)
            self.assertEqual(await process.ended, 0, process.output.decode())
            self.assertIn(words, process.output)

    async def test_terminal(self) -> None:
        """
        So does the test of a terminal.
        """
        need("Xvfb", "xterm")
        path = str(EXAMPLES / "test_terminal.py")
        process = self.start("-m", "twisted.trial", path)
        self.assertEqual(await process.ended, 0, process.output.decode())
        self.assertIn(b"successes=1", process.output)


def everyPixel(image: Image.Image) -> list[tuple[int, ...]]:
    """
    @return: The color of each pixel in a picture.
    """
    data = image.tobytes()
    return [tuple(data[at : at + 3]) for at in range(0, len(data), 3)]


def pixels(image: Image.Image) -> set[tuple[int, ...]]:
    """
    @return: The colors in a picture.
    """
    return set(everyPixel(image))


def different(first: Image.Image) -> Callable[[Image.Image], bool]:
    """
    @return: What tells whether a picture is another one.
    """
    return lambda image: image.tobytes() != first.tobytes()
