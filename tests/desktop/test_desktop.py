# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.desktop.Desktop}, with real programs: a terminal, and one of Tk.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import clientFromString, serverFromString
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests.interop.test_command import need
from txrfb.client import RFBClient, connectViewer
from txrfb.client.events import Updated
from txrfb.desktop import Desktop
from txrfb.error import DesktopError, NotSeen
from txrfb.geometry import Rectangle
from txrfb.protocol import RFBFactory

ROOT = Path(__file__).parent.parent.parent

#: A program of Tk's: an entry and a button, which writes to a file what was entered.
FORM = """
import sys, tkinter

top = tkinter.Tk()
top.configure(background="white")
entry = tkinter.Entry(top, font=("Courier", 20), insertofftime=0)
entry.pack()

def save():
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write(entry.get())
    top.destroy()

tkinter.Button(top, background="orange", width=20, height=4, command=save).pack()
entry.focus()
top.mainloop()
"""

#: A program of Tk's that shows where it is dragged, and how the wheel is turned.
SHEET = """
import tkinter

top = tkinter.Tk()
canvas = tkinter.Canvas(top, background="white", highlightthickness=0)
canvas.pack(fill="both", expand=True)
said = []

def say(word):
    if not said or said[-1] != word:
        said.append(word)
        print(word, flush=True)

canvas.bind("<Button>", lambda e: say(f"down {e.num} {e.x} {e.y}"))
canvas.bind("<Double-Button-1>", lambda e: say("double"))
canvas.bind("<B1-Motion>", lambda e: say("drag"))
canvas.bind("<ButtonRelease-1>", lambda e: say(f"up {e.x} {e.y}"))
canvas.bind("<Button-4>", lambda e: print("wheel up", flush=True))
canvas.bind("<Button-5>", lambda e: print("wheel down", flush=True))
top.bind("<Control-q>", lambda e: top.destroy())
print("ready", flush=True)
top.mainloop()
"""

#: A program of asyncio's, run twice, each time on a loop of its own.
ASYNCIO = """
import asyncio
from txrfb.desktop import Desktop

async def main():
    async with Desktop(["xterm", "-e", "sh"], size=(640, 400)) as desktop:
        await desktop.settled(timeout=30)
        await asyncio.wait_for(desktop.type("exit 5\\n"), 30)
        print(await desktop.ended(timeout=30), desktop.image().size)

asyncio.run(main())
asyncio.run(main())
"""

ORANGE = (255, 165, 0)


def shell(script: str) -> list[str]:
    """
    @return: A program that shows nothing.
    """
    return ["/bin/sh", "-c", script]


class DesktopTests(TestCase):
    """
    What can be done with a desktop.
    """

    timeout = 180

    def setUp(self) -> None:
        """
        The reactor, and a directory for pictures.
        """
        need("Xvfb")
        from twisted.internet import reactor

        self.reactor: Any = reactor
        self.pictures = os.path.abspath(self.mktemp())

    async def begin(self, program: Any, **options: Any) -> Desktop:
        """
        @return: A desktop that is started, and stops with the test.
        """
        options.setdefault("size", (640, 400))
        options.setdefault("timeout", 60.0)
        desktop = Desktop(program, pictures=self.pictures, **options)
        self.addCleanup(desktop.stop)
        await desktop.start()
        return desktop

    async def tk(self, program: str, *arguments: str) -> Desktop:
        """
        @return: A desktop with a program of Tk's.
        """
        python = "/usr/bin/python3"
        need(python)
        found = subprocess.run([python, "-c", "import tkinter"], capture_output=True)
        if found.returncode:
            need("python3-tk")
        return await self.begin([python, "-c", program, *arguments])

    async def said(self, desktop: Desktop, pattern: str) -> None:
        """
        Wait until a program has said something.
        """
        lines: Any = desktop._run._programs[0].said
        await desktop._until(
            lambda: any(re.fullmatch(pattern, line) for line in lines) or None,
            60.0,
            lambda: f"{pattern} was not said, but {list(lines)}",
            wake=lambda: 0.05,
        )

    async def lines(self, desktop: Desktop, count: int) -> None:
        """
        Wait until a terminal shows some lines of text, with that of the cursor.
        """
        while True:
            pixels = np.asarray(desktop.image().convert("L"))
            marked = (pixels != pixels[-1, -1]).any(1)
            if sum(marked[at : at + 13].any() for at in range(2, 388, 13)) == count:
                return
            await desktop.waitForChange()

    async def test_terminal(self) -> None:
        """
        What is typed is seen; a picture is found where it is, and waited for.
        """
        need("xterm")
        terminal = ["xterm", "-fn", "fixed", "-e", "sh"]
        async with Desktop(terminal, size=(640, 400), timeout=60.0) as desktop:
            self.assertEqual(desktop.size, (640, 400))
            before = desktop.image()
            # It is typed when there is somebody who hears it.
            await desktop.type("echo hello\n")
            await desktop.settled()
            await self.lines(desktop, 3)
            seen = desktop.image()
            self.assertNotEqual(seen.tobytes(), before.tobytes())
            area = Rectangle(0, 10, 100, 40)
            path = self.mktemp() + ".png"
            desktop.image(area).save(path)
            self.assertEqual(desktop.find(path), area)
            self.assertIsNone(desktop.find(Image.new("RGB", (30, 30), ORANGE)))
            await desktop.type("clear\n")
            await desktop.settled()
            await self.lines(desktop, 1)
            self.assertIsNone(desktop.find(path))
            await desktop.type("clear; echo hello\n")
            await desktop.settled()
            await self.lines(desktop, 2)
            await desktop.key("ctrl-d")
            self.assertEqual(await desktop.ended(), 0)
        self.assertFalse(desktop.isRunning)
        # It is the last that was there.
        self.assertEqual(desktop.image().size, (640, 400))

    async def test_manager(self) -> None:
        """
        Where there is a window manager, too, what is typed at once arrives.
        """
        need("xterm", "openbox")
        path = self.mktemp()
        desktop = await self.begin(
            ["xterm", "-e", "sh", "-c", f"cat > {path}"], windowManager="openbox"
        )
        await desktop.type("hello\n")
        await desktop.key("ctrl-d")
        self.assertEqual(await desktop.ended(), 0)
        self.assertEqual(Path(path).read_text(), "hello\n")

    async def test_form(self) -> None:
        """
        A program of Tk's is filled in with any characters, and its button is found and
        pressed.
        """
        path = self.mktemp()
        desktop = await self.tk(FORM, path)
        button = await self.button(desktop)
        await desktop.type("Grüße, 世界 €")
        await desktop.settled()
        # Its color changes when the pointer is there.
        await desktop.click(button)
        self.assertEqual(await desktop.ended(), 0)
        self.assertEqual(Path(path).read_text("utf-8"), "Grüße, 世界 €")

    async def test_pointer(self) -> None:
        """
        Buttons, double clicks, drags and the wheel arrive, and so do several keys at a
        time.
        """
        desktop = await self.tk(SHEET)
        await self.said(desktop, "ready")
        await desktop.settled()
        await desktop.click(20, 30, button=3)
        await self.said(desktop, "down 3 20 30")
        await desktop.click((40, 50), times=2)
        await self.said(desktop, "double")
        await desktop.drag((100, 100), Rectangle(200, 150, 100, 50))
        await self.said(desktop, "drag")
        await self.said(desktop, "up 250 175")
        await desktop.scroll(2)
        await self.said(desktop, "wheel down")
        await desktop.scroll(-1, 60, 60)
        await self.said(desktop, "wheel up")
        await desktop.key("Control_L", "q")
        self.assertEqual(await desktop.ended(), 0)

    async def test_clipboard(self) -> None:
        """
        Programs paste what was copied here, and the other way round.
        """
        need("xclip")
        desktop = await self.begin(shell("sleep 100"))
        environment = desktop.environment
        await desktop.copy("Grüße, 世界")
        pasted: Any = await self.run_(["xclip", "-o", "-selection", "c"], environment)
        self.assertEqual(pasted, "Grüße, 世界")
        await self.run_(["xclip", "-i", "-selection", "c"], environment, "zurück")
        self.assertEqual(await desktop.clipboard(), "zurück")

    async def run_(
        self, command: list[str], environment: dict[str, str], given: str = ""
    ) -> Any:
        """
        @return: What a program says.
        """
        from twisted.internet.threads import deferToThread

        ran = await deferToThread(
            subprocess.run,
            command,
            env=environment,
            input=given.encode(),
            stdout=subprocess.PIPE if not given else subprocess.DEVNULL,
            timeout=60,
        )
        return (ran.stdout or b"").decode()

    async def button(self, desktop: Desktop) -> Rectangle:
        """
        Wait until the button of the form is in the middle of the screen's columns.
        """
        size = 100, 30
        area = Rectangle((desktop.size[0] - size[0]) // 2, 60, *size)
        return await desktop.waitFor(Image.new("RGB", size, ORANGE), area=area)

    async def test_resize(self) -> None:
        """
        The screen gets another size, and windows fill it.
        """
        desktop = await self.tk(FORM, self.mktemp())
        await self.button(desktop)
        await desktop.resize(1000, 700)
        self.assertEqual(desktop.size, (1000, 700))
        await self.button(desktop)
        failed = desktop.resize(20000, 20000)
        error: Any = await self.assertFailure(failed, DesktopError)
        self.assertEqual(str(error), "the screen cannot be 20000x20000")

    async def test_notSeen(self) -> None:
        """
        What does not come in time is an error that says what was waited for, and has a
        picture of what there was.
        """
        desktop = await self.begin(shell("sleep 100"), timeout=1.0)
        error: Any = await self.assertFailure(desktop.type("a"), NotSeen)
        self.assertIn("the program has shown no window after 1 seconds", str(error))
        orange = Image.new("RGB", (30, 30), ORANGE)
        path = self.mktemp() + ".png"
        Image.new("RGB", (640, 400), ORANGE).save(path)
        waiting: Any = (
            (desktop.waitFor(orange, timeout=0.1), "the picture is not there after"),
            (
                desktop.waitFor(path, timeout=0.1),
                f"{path} is not there: 256000 of 256000 pixels differ after 0.1 s",
            ),
            (
                desktop.settled(timeout=0.1),
                "nothing has changed since the last input after 0.1 seconds; what was",
            ),
            (desktop.waitForChange(timeout=0.1), "nothing has changed after 0.1 sec"),
            (desktop.ended(timeout=0.1), "the program has not ended after 0.1 seco"),
        )
        for waits, reason in waiting:
            error = await self.assertFailure(waits, NotSeen)
            self.assertIn(reason, str(error))
            self.assertIn(f"what was on the screen is in {error.path}", str(error))
            self.assertEqual(os.path.dirname(error.path), self.pictures)
            with Image.open(error.path) as kept:
                self.assertEqual(
                    kept.convert("RGB").tobytes(), desktop.image().tobytes()
                )

    async def test_never(self) -> None:
        """
        A screen that never rests is not quiet.
        """
        need("xsetroot")
        script = "while :; do xsetroot -solid red; xsetroot -solid blue; done"
        desktop = await self.begin(shell(script))
        failed = desktop.settled(2.0, timeout=5)
        error: Any = await self.assertFailure(failed, NotSeen)
        self.assertIn("the screen was never quiet for 2 seconds", str(error))
        await desktop.waitForChange()
        await desktop.waitForChange(Rectangle(0, 0, 1, 1))

    async def test_programEnds(self) -> None:
        """
        When the program has ended nobody waits any longer.
        """
        desktop = await self.begin(shell("sleep 0.5; echo no room >&2; exit 3"))
        failed = desktop.waitFor(Image.new("RGB", (30, 30), ORANGE), timeout=100)
        error: Any = await self.assertFailure(failed, NotSeen)
        self.assertIn(
            "the picture is not there, and sh has ended with exit status 3: no room;",
            str(error),
        )
        self.assertEqual(await desktop.ended(), 3)

    async def test_viewer(self) -> None:
        """
        A viewer that looks on sees the same as the program, and may take part.
        """
        desktop = await self.tk(FORM, self.mktemp())
        path = os.path.relpath(self.mktemp())
        factory = RFBFactory(desktop.framebuffer, reactor=self.reactor)
        port = await serverFromString(self.reactor, f"unix:{path}").listen(factory)
        self.addCleanup(factory.disconnectAll)
        self.addCleanup(port.stopListening)
        endpoint = clientFromString(self.reactor, f"unix:{path}")
        viewer: Any = await connectViewer(endpoint, protocol=Looker)
        await desktop.type("both of us")
        await desktop.settled()
        shown = desktop.image()
        await viewer.until(lambda seen: seen.tobytes() == shown.tobytes())
        viewer.type(" type")
        await desktop.waitForChange()
        await desktop.settled()
        shown = desktop.image()
        await viewer.until(lambda seen: seen.tobytes() == shown.tobytes())
        viewer.transport.loseConnection()

    async def test_mistakes(self) -> None:
        """
        What cannot be done says so.
        """
        wrong: Any = (("there-is-no-such", {}), ("sh", {"size": (0, 5)}))
        for program, options in wrong:
            failed: Any = Desktop(program, **options).start()
            await self.assertFailure(failed, ValueError)
        desktop = Desktop(shell("sleep 100"), (320, 200))
        uses: Any = (desktop.image, lambda: desktop.size, lambda: desktop.environment)
        for use in uses:
            self.assertRaises(DesktopError, use)
        outcomes: Any = (desktop.type("a"), desktop.settled(), desktop.ended())
        for outcome in outcomes:
            await self.assertFailure(outcome, DesktopError)
        await desktop.stop()
        async with desktop:
            await self.assertFailure(desktop.start(), DesktopError)
            wrong = (
                desktop.click(320, 0),
                desktop.click(0, -1),
                desktop.click("button.png"),
                desktop.click(1, 2, button=10),
                desktop.key("no such key"),
                desktop.type("\x00"),
            )
            for outcome in wrong:
                await self.assertFailure(outcome, ValueError)
            waiting = desktop.ended(timeout=100)
        await self.assertFailure(waiting, DesktopError)
        # It may be started again.
        async with desktop:
            self.assertEqual(desktop.size, (320, 200))


class Looker(RFBClient):
    """
    A viewer that waits for something to be seen.
    """

    transport: Any

    _sought: Any = None

    def until(self, condition: Any) -> Deferred[None]:
        """
        @return: Fires when the picture is as it should be.
        """
        seen: Deferred[None] = Deferred()
        self._sought = condition, seen
        self._look()
        return seen

    def updateReceived(self, update: Updated) -> None:
        """
        Look.
        """
        self._look()

    def _look(self) -> None:
        if self._sought is not None and self._sought[0](self.image()):
            (_, seen), self._sought = self._sought, None
            seen.callback(None)


class AsyncioTests(SynchronousTestCase):
    """
    Programs of asyncio's.
    """

    def test_programs(self) -> None:
        """
        They use it like their own, with C{asyncio.run} and nothing else.
        """
        need("Xvfb", "xterm")
        ran = subprocess.run(
            [sys.executable, "-c", ASYNCIO],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=150,
        )
        self.assertEqual((ran.stdout, ran.stderr), ("0 (640, 400)\n" * 2, ""))
