# -*- test-case-name: tests.benchmarks.test_desktop -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
What happens on the X display of L{benchmarks.desktop}: each of these is a process that
goes on until it is ended, C{python -m benchmarks.desktopscenes NAME}, on C{DISPLAY}.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.task import deferLater, react

from txrfb.x11 import shm
from txrfb.x11.auth import parseDisplay
from txrfb.x11.connection import X11Connection
from txrfb.x11.core import Core
from txrfb.x11.opening import connectDisplay
from txrfb.x11.wire import CORE, Question, Request

#: Ten lines every 50 ms.
_SCROLL = """
import sys, time
n = 0
while True:
    for _ in range(10):
        n += 1
        words = [f"{(n * k * 2654435761) % 99991:05d}" for k in range(1, 3 + n % 17)]
        sys.stdout.write(f"{n:7d} line of the log: {' '.join(words)}\\n")
    sys.stdout.flush()
    time.sleep(0.05)
"""

_PAGE = """<!doctype html><meta charset=utf-8><title>text</title>
<style>body { font: 15px sans-serif; margin: 40px; width: 1100px }</style>
<body><script>
let text = "";
for (let n = 0; n < 400; n++) {
    text += "<h3>Section " + n + "</h3><p>";
    for (let k = 0; k < 90; k++)
        text += ((n * 7919 + k * 104729) % 99991).toString(36) + " ";
    text += "</p>";
}
document.body.innerHTML = text;
let y = 0;
setInterval(() => { y += 40; scrollTo(0, y % 20000) }, 50);
</script>
"""


def scroll() -> None:
    """
    Text that scrolls in an xterm of 140x55 characters.
    """
    terminal("-geometry", "140x55+20+20", "-e", sys.executable, "-c", _SCROLL)


def typing() -> None:
    """
    A terminal that shows what is typed.  The pointer, which without a window manager
    says where keys go, is in the middle of the screen, and in it.
    """
    terminal("-geometry", "200x70+20+20", "-e", "cat")


def terminal(*arguments: str) -> None:
    """
    Be an xterm.
    """
    os.execvp("xterm", ["xterm", *arguments])


def chromium() -> None:
    """
    A page of text that scrolls twenty times a second, in Chromium.
    """
    directory = tempfile.mkdtemp()
    page = Path(directory, "page.html")
    page.write_text(_PAGE)
    command = ["chromium", "--no-sandbox", "--no-first-run", "--disable-gpu"]
    command += [f"--user-data-dir={directory}", "--window-size=1280,900"]
    try:
        subprocess.run([*command, f"--app=file://{page}"], check=False)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def idle() -> None:
    """
    Nothing.
    """
    while True:
        time.sleep(60)


class _ShmPutImage(IntEnum):
    PutImage = 3


def _createWindow(
    display: X11Connection, x: int, y: int, width: int, height: int
) -> int:
    window = display.newId()
    root = display.screen.root
    # Without a window manager: override-redirect is 1 << 9; a background is 1 << 1.
    body = struct.pack(
        *("<IIhhHHHHI", window, root, x, y, width, height, 0, 1, 0),
    )
    body += struct.pack("<III", 1 << 1 | 1 << 9, 0xEEEEEE, 1)
    display.send(
        Request(CORE, Core.CreateWindow, body),
        Request(CORE, Core.MapWindow, struct.pack("<I", window)),
    )
    return window


async def _pause(reactor: Any, began: float, number: int, rate: float) -> None:
    left = began + number / rate - reactor.seconds()
    await deferLater(reactor, max(left, 0))


async def _video(reactor: Any, display: X11Connection) -> None:
    """
    Noise of 640x360 pixels, 25 times a second, by ShmPutImage.
    """
    width, height, count = 640, 360, 8
    window = _createWindow(display, 300, 200, width, height)
    await display.extension(shm.NAME)
    size = width * height * 4
    random = np.random.default_rng(1)
    base = np.linspace(0, 180, width, dtype=np.float32)[None, :, None]
    noise = random.integers(0, 70, (count, height, width, 4))
    pixels = (base + noise).astype(np.uint8)
    file = os.memfd_create("video")
    os.write(file, pixels.tobytes())
    segment, gc = display.newId(), display.newId()
    create = Request(CORE, Core.CreateGC, struct.pack("<III", gc, window, 0))
    await display.check(shm.attachFd(segment), create, descriptor=file)
    began = reactor.seconds()
    number = 0
    while True:
        body = struct.pack("<IIHHHHHH", window, gc, width, height, 0, 0, width, height)
        body += struct.pack("<hhBBBx", 0, 0, display.screen.depth, 2, 0)
        body += struct.pack("<II", segment, number % count * size)
        display.send(Request(shm.NAME, shm.Shm.PutImage, body))
        number += 1
        await _pause(reactor, began, number, 25)


async def _window(reactor: Any, display: X11Connection) -> None:
    """
    A window of 500x350 pixels with text, moved 30 times a second.
    """
    arguments = ["xterm", "-geometry", "82x26+50+50", "-e"]
    script = "head -c 3000 /etc/services; sleep 9999"
    child = subprocess.Popen([*arguments, "sh", "-c", script])
    try:
        window = await _xterm(reactor, display)
        began = reactor.seconds()
        number = 0
        while True:
            x, y = 50 + number * 9 % 1200, 50 + number * 5 % 600
            body = struct.pack("<IHxxIIII", window, 15, x, y, 500, 350)
            display.send(Request(CORE, Core.ConfigureWindow, body))
            number += 1
            await _pause(reactor, began, number, 30)
    finally:
        child.kill()


async def _xterm(reactor: Any, display: X11Connection) -> int:
    """
    @return: The newest window of the screen, when there is one.
    """

    def parse(packet: bytes) -> list[int]:
        (count,) = struct.unpack_from("<H", packet, 16)
        return [*struct.unpack_from(f"<{count}I", packet, 32)]

    body = struct.pack("<I", display.screen.root)
    question = Question(CORE, Core.QueryTree, parse, body)
    before = await display.ask(question)
    while True:
        await deferLater(reactor, 0.2)
        new = [one for one in await display.ask(question) if one not in before]
        if new:
            return int(new[-1])


def drawing(draw: Callable[[Any, X11Connection], Any]) -> Callable[[], None]:
    """
    @return: What draws on the display.
    """

    async def run(reactor: Any) -> None:
        display = await connectDisplay(reactor, parseDisplay(os.environ["DISPLAY"]))
        await draw(reactor, display)

    def begin(reactor: Any) -> Deferred[None]:
        return ensureDeferred(run(reactor))

    return lambda: react(begin)


SCENES: dict[str, Callable[[], None]] = {
    "scroll": scroll,
    "window": drawing(_window),
    "video": drawing(_video),
    "chromium": chromium,
    "idle": idle,
    "typing": typing,
}


if __name__ == "__main__":
    SCENES[sys.argv[1]]()
