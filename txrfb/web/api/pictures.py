# -*- test-case-name: tests.web.test_api_looking -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Pictures of a screen, for programs: one is made at a time, in a thread, and the last is
kept, so that nobody waits for those who ask for many.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from secrets import token_hex
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from twisted.internet.defer import Deferred, DeferredLock
from twisted.internet.interfaces import IReactorTime

from txrfb._screen.display import Display
from txrfb._screen.snapshot import newestFrame, surfaceOf
from txrfb.geometry import Rectangle
from txrfb.pixels import Surface

__all__ = ["InThread", "Pictures", "pngOf"]

#: Which part of a screen, and how large; C{None} for all of it.
Wanted: TypeAlias = tuple[Rectangle | None, float]

#: Does what takes long elsewhere.
InThread: TypeAlias = Callable[..., Deferred[bytes]]


class Pictures:
    """
    Takes pictures.
    """

    def __init__(self, clock: IReactorTime, inThread: InThread) -> None:
        """
        @param clock: What time is taken from.

        @param inThread: Does what takes long in a thread.
        """
        self._clock = clock
        self._inThread = inThread
        # A thread for all: whoever asks for much shall not have all processors.
        self._lock = DeferredLock()
        self._last: WeakKeyDictionary[Display, tuple[int, Wanted, bytes]]
        self._last = WeakKeyDictionary()
        # Numbers of frames begin anew with each server, and each screen.
        self._names: WeakKeyDictionary[Display, str] = WeakKeyDictionary()

    async def take(
        self, display: Display, wanted: Wanted, known: Callable[[str], bool]
    ) -> tuple[str, bytes | None]:
        """
        Take a picture.

        @param display: Of what.

        @param wanted: Of which part.

        @param known: Tells of the name of a frame whether whoever asks has that.

        @return: The name of the frame that there is now, and a PNG file; C{None} if
            that is known already.

        @raise TimeoutError: if the framebuffer brings no pixels.

        @raise ValueError: if there is nothing in that part of the screen.
        """
        async with _held(self._lock):
            await newestFrame(display, self._clock)
            serial = display.serial
            name = f"{self._nameOf(display)}-{serial}"
            if known(name):
                return name, None
            last = self._last.get(display)
            if last is not None and last[:2] == (serial, wanted):
                return name, last[2]
            area, scale = wanted
            area = display.bounds if area is None else area
            if area.intersection(display.bounds).isEmpty:
                raise ValueError(
                    f"there is nothing on the screen of {display.width}x"
                    f"{display.height}"
                )
            picture = await self._inThread(pngOf, surfaceOf(display), area, scale)
            self._last[display] = serial, wanted, picture
            return name, picture

    def _nameOf(self, display: Display) -> str:
        name = self._names.get(display)
        if name is None:
            name = self._names[display] = token_hex(4)
        return name


class _held:
    """
    A lock, as long as it is needed.
    """

    def __init__(self, lock: DeferredLock) -> None:
        self._lock = lock

    async def __aenter__(self) -> None:
        await self._lock.acquire()

    async def __aexit__(self, *_: object) -> None:
        self._lock.release()


def pngOf(surface: Surface, area: Rectangle, scale: float) -> bytes:
    """
    @param surface: All pixels.

    @param area: Which of them.

    @param scale: By how much the picture is smaller than what it shows: 1 for not.

    @return: A PNG file.
    """
    from PIL import Image

    size = surface.width, surface.height
    image: Any = Image.frombuffer(
        "RGB", size, surface.pixels, "raw", "BGRX", surface.stride, 1
    )
    x, y, width, height = area.intersection(Rectangle(0, 0, *size))
    if (width, height) != size:
        image = image.crop((x, y, x + width, y + height))
    if scale != 1:
        smaller = max(1, round(width * scale)), max(1, round(height * scale))
        image = image.resize(smaller, Image.Resampling.BOX)
    file = io.BytesIO()
    # Level 6 would take three times as long, for little.
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()
