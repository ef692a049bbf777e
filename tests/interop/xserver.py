# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
An X server without a screen, for the viewers that need one: what is on it can be read
to the pixel, and keys and pointer can be worked.
"""

from __future__ import annotations

import atexit
import mmap
import os
import select
import shutil
import subprocess
import tempfile
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tests.interop.processes import PATIENCE, Reactor, ViewerFailed, run, startShared

Picture = npt.NDArray[np.uint8]
"""
Pixels as (height, width, 3): red, green, blue.
"""

WIDTH, HEIGHT = 1280, 1024


@dataclass(frozen=True)
class Window:
    """
    A window: its X identifier, its place on the screen and its size in pixels.
    """

    identifier: str
    x: int
    y: int
    width: int
    height: int


class XServer:
    """
    An Xvfb with 24-bit colors whose memory is a file that we read.

    @ivar display: what goes into C{DISPLAY}.
    """

    _shared: XServer | None = None

    @classmethod
    def shared(cls) -> XServer:
        """
        The one of this process, started when first asked for.
        """
        if cls._shared is None:
            cls._shared = cls()
        return cls._shared

    def __init__(self) -> None:
        directory = tempfile.mkdtemp(prefix="txrfb-xvfb-")
        atexit.register(shutil.rmtree, directory, ignore_errors=True)
        reading, writing = os.pipe()
        try:
            startShared(
                [
                    *("Xvfb", "-displayfd", str(writing), "-fbdir", directory),
                    *("-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-nolisten", "tcp"),
                    # No pointer is painted into the picture, nothing is blanked.
                    *("-nocursor", "-noreset", "-s", "0"),
                ],
                passed=[writing],
                log=os.path.join(directory, "log"),
            )
            os.close(writing)
            number = b""
            while not number.endswith(b"\n"):
                if not select.select([reading], [], [], PATIENCE)[0]:
                    raise ViewerFailed(
                        f"Xvfb did not start within {PATIENCE:.0f} seconds"
                    )
                piece = os.read(reading, 16)
                if not piece:
                    with open(os.path.join(directory, "log")) as log:
                        raise ViewerFailed(f"Xvfb did not start: {log.read()}")
                number += piece
        finally:
            os.close(reading)
        self.display = f":{int(number)}"
        # On a server whose pointer has never clicked, TigerVNC's viewer takes no
        # notice of moves.
        subprocess.run(
            ["xdotool", "mousemove", "1", "1", "click", "1"],
            env={**os.environ, **self.environment},
            timeout=PATIENCE,
            check=True,
        )
        with open(os.path.join(directory, "Xvfb_screen0"), "rb") as file:
            self._memory = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        # An XWD file: a header of big-endian words, a color map of 12 bytes an entry.
        header = np.frombuffer(self._memory, ">u4", 25)
        offset, stride = int(header[0]) + int(header[19]) * 12, int(header[12])
        rows = np.frombuffer(self._memory, np.uint8, stride * HEIGHT, offset)
        self._pixels = rows.reshape(HEIGHT, stride // 4, 4)[:, :WIDTH, 2::-1]

    @property
    def environment(self) -> dict[str, str]:
        """
        The environment that brings a program to this display.
        """
        return {"DISPLAY": self.display}

    def pixels(self, window: Window) -> Picture:
        """
        A copy of what is on the screen inside a window.
        """
        rows = slice(max(window.y, 0), window.y + window.height)
        columns = slice(max(window.x, 0), window.x + window.width)
        return self._pixels[rows, columns].copy()

    async def tool(self, reactor: Reactor, *arguments: str) -> str:
        """
        Run C{xdotool}.

        @return: what it prints.
        """
        output = await run(reactor, ["xdotool", *arguments], self.environment)
        return output.decode("utf-8", "replace")

    async def window(self, reactor: Reactor, *search: str) -> Window | None:
        """
        Find a visible window.

        @param search: what to search for, in the words of C{xdotool search}.
        """
        try:
            text = await self.tool(
                reactor,
                "search",
                "--onlyvisible",
                *search,
                "getwindowgeometry",
                "--shell",
            )
        except ViewerFailed:
            return None
        values = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        return Window(
            values["WINDOW"],
            *(int(values[name]) for name in ("X", "Y", "WIDTH", "HEIGHT")),
        )
