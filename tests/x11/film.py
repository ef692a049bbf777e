# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A window in which a film runs, and that moves meanwhile.
"""

from __future__ import annotations

import os
import struct
from enum import IntEnum
from typing import Any

import numpy as np

from tests.interop.processes import pause
from txrfb.x11 import core, shm
from txrfb.x11.connection import X11Connection
from txrfb.x11.core import Core
from txrfb.x11.wire import CORE, Request

#: How many pictures it has, which come again and again.
_PICTURES = 7


class _Shm(IntEnum):
    PutImage = 3


class Film:
    """
    Noise over a slope of gray, by ShmPutImage.
    """

    def __init__(self, reactor: Any, display: X11Connection) -> None:
        """
        @param reactor: What it takes time from.

        @param display: A connection on which the server has let us in.
        """
        self._reactor = reactor
        self._display = display
        self._frame = 0

    async def open(self, width: int = 320, height: int = 200) -> None:
        """
        Show the window, with nothing in it yet.
        """
        display = self._display
        await display.extension(shm.NAME)
        self._size = width, height
        self._window, self._segment, self._gc = (display.newId() for _ in range(3))
        root = display.screen.root
        body = struct.pack("<IIhhHHHHI", self._window, root, 5, 5, *self._size, 0, 1, 0)
        # A background, and no window manager that would have a say.
        body += struct.pack("<III", 1 << 1 | 1 << 9, 0x336699, 1)
        random = np.random.default_rng(1)
        slope = np.linspace(0, 180, width)[None, :, None]
        noise = random.integers(0, 70, (_PICTURES, height, width, 4))
        file = os.memfd_create("film")
        os.write(file, (slope + noise).astype(np.uint8).tobytes())
        display.send(
            Request(CORE, Core.CreateWindow, body),
            Request(CORE, Core.MapWindow, struct.pack("<I", self._window)),
            Request(
                CORE, Core.CreateGC, struct.pack("<III", self._gc, self._window, 0)
            ),
        )
        await display.check(shm.attachFd(self._segment), descriptor=file)
        os.close(file)

    async def play(self, frames: int) -> None:
        """
        Show so many pictures, a hundred a second at the most; every other time the
        window is somewhere else.
        """
        display = self._display
        width, height = self._size
        for _ in range(frames):
            self._frame = frame = self._frame + 1
            if frame % 2:
                x, y = frame * 7 % 300, frame * 3 % 250
                body = struct.pack("<IHxxII", self._window, 3, x, y)
                display.send(Request(CORE, Core.ConfigureWindow, body))
            body = struct.pack("<IIHHHH", self._window, self._gc, *self._size, 0, 0)
            body += struct.pack("<HHhhBBBx", width, height, 0, 0, 24, 2, 0)
            start = frame % _PICTURES * width * height * 4
            body += struct.pack("<II", self._segment, start)
            display.send(Request(shm.NAME, _Shm.PutImage, body))
            # It is shown when the next question is answered.
            await display.ask(core.getGeometry(self._window))
            await pause(self._reactor, 0.01)
