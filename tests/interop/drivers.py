# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The drivers of viewer libraries (C{drivers/*.c}): programs of our own that show nothing,
and answer what they would show.

A driver connects as its command line says. Then it writes lines:

    - C{connected WIDTH HEIGHT NAME}, once;
    - C{size WIDTH HEIGHT}: the framebuffer has a new size;
    - C{cursor WIDTH HEIGHT X Y HEX}: the cursor is another, with this hotspot, and
      R G B A of each pixel;
    - C{bell}, and C{cut HEX} with the server's cut text;
    - C{picture WIDTH HEIGHT UPDATES}, followed by WIDTH * HEIGHT * 3 bytes R G B.

and reads lines: C{picture}, C{key KEYSYM DOWN}, C{pointer X Y BUTTONS}, C{cut TEXT},
C{size WIDTH HEIGHT}.
It ends with its input, or with a reason on standard error when the connection is lost.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from tests.interop.processes import Child, Reactor, ViewerFailed, run
from tests.interop.viewers import Cursor
from tests.interop.xserver import Picture

SOURCES = Path(__file__).parent / "drivers"

_compiled: dict[str, str] = {}


async def compiled(
    reactor: Reactor, name: str, library: str, words: Sequence[str] = ()
) -> str:
    """
    The path of a driver, compiled when first asked for.

    @param name: the name of its source.
    @param library: the name by which pkg-config knows what it needs.
    @param words: what else the compiler is told.
    """
    if name not in _compiled:
        directory = tempfile.mkdtemp(prefix="txrfb-driver-")
        atexit.register(shutil.rmtree, directory, ignore_errors=True)
        flags = await run(reactor, ["pkg-config", "--cflags", "--libs", library])
        path = f"{directory}/{name}"
        source = str(SOURCES / f"{name}.c")
        await run(
            reactor,
            [
                *("cc", "-O1", "-Wall", *words, "-o", path, source),
                *flags.decode("ascii").split(),
            ],
            seconds=60.0,
        )
        _compiled[name] = path
    return _compiled[name]


class Driver(Child):
    """
    A driver that runs.

    @ivar joined: whether the handshake is over.
    @ivar size: the framebuffer's width and height.
    @ivar name: the desktop's name.
    @ivar updates: how many updates had been taken when the last picture was.
    @ivar bells: how often the bell rang.
    @ivar clipboard: the last cut text of the server.
    @ivar cursor: the last cursor of the server.
    @ivar notes: what else the driver noted, a line each.
    """

    joined = False
    size = (0, 0)
    name = ""
    updates = 0
    bells = 0
    clipboard: bytes | None = None
    cursor: Cursor | None = None

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[str] = []
        self._pictures: list[Deferred[Picture]] = []

    def outReceived(self, data: bytes) -> None:
        """
        Take whole lines and whole pictures from what the driver wrote.
        """
        self.output += data
        while b"\n" in self.output:
            line, rest = self.output.split(b"\n", 1)
            words = line.split(b" ", 3)
            if words[0] == b"picture":
                width, height, self.updates = (int(word) for word in words[1:4])
                length = width * height * 3
                if len(rest) < length:
                    return
                pixels = np.frombuffer(rest, np.uint8, length)
                self.output = rest[length:]
                self._pictures.pop(0).callback(pixels.reshape(height, width, 3).copy())
                continue
            self.output = rest
            if words[0] in (b"connected", b"size"):
                self.size = (int(words[1]), int(words[2]))
            if words[0] == b"connected":
                self.joined = True
                self.name = words[3].decode("utf-8", "replace")
            elif words[0] == b"bell":
                self.bells += 1
            elif words[0] == b"cursor":
                width, height, x, y = (int(word) for word in line.split(b" ")[1:5])
                hexadecimal = line.split(b" ", 5)[5].decode("ascii")
                pixels = np.frombuffer(bytes.fromhex(hexadecimal), np.uint8)
                self.cursor = Cursor(x, y, pixels.reshape(height, width, 4))
            elif words[0] == b"note":
                self.notes.append(line.decode("ascii").removeprefix("note "))
            elif words[0] == b"cut":
                self.clipboard = bytes.fromhex(words[1].decode("ascii"))

    def processEnded(self, reason: Failure) -> None:
        """
        Who waits for a picture waits in vain.
        """
        super().processEnded(reason)
        pictures, self._pictures = self._pictures, []
        for picture in pictures:
            picture.errback(ViewerFailed(self.said()))

    def tell(self, *words: object) -> None:
        """
        Give a command.
        """
        self.check()
        self.process.write(" ".join(map(str, words)).encode("latin-1") + b"\n")

    async def picture(self) -> Picture:
        """
        What the viewer would show now.
        """
        answer: Deferred[Picture] = Deferred()
        self._pictures.append(answer)
        self.tell("picture")
        return await answer
