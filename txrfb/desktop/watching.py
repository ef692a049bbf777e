# -*- test-case-name: tests.desktop.test_desktop -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What can be seen of a desktop, and waiting for it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from PIL import Image
from twisted.internet.defer import TimeoutError

from txrfb.desktop.eye import Eye
from txrfb.desktop.outcome import anywhere
from txrfb.desktop.pictures import Picture, find, toPicture
from txrfb.error import DesktopError, NotSeen
from txrfb.geometry import Rectangle

__all__ = ["Watched"]

T = TypeVar("T")

#: Seconds in which the display has answered, unless there is something wrong with it.
_ANSWER = 10.0


class Watched:
    """
    A desktop that is looked at.
    """

    def __init__(self, timeout: float, pictures: str, reactor: Any) -> None:
        self.pictures = pictures
        self.reactor = reactor
        self._timeout = timeout
        self._eye: Eye | None = None
        # The numbers of changes: at the last input, and that was waited for last.
        self._mark = self._noticed = 0
        # Of what programs have copied, how often it was asked for.
        self._copies = 0
        # How the program has ended.
        self._status: int | None = None
        self._reason = ""

    @property
    def isRunning(self) -> bool:
        """
        Whether it was started, and has not been stopped.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say if it runs")

    def _open(self) -> Eye:
        """
        @return: What looks.
        """
        if self._eye is None or not self.isRunning:
            raise DesktopError("the desktop does not run")
        return self._eye

    # -- What there is ---------------------------------------------------------------

    @property
    def size(self) -> tuple[int, int]:
        """
        Width and height of the screen.
        """
        return self._open().size

    def image(self, area: Rectangle | None = None) -> Image.Image:
        """
        What was on the screen last.  When the desktop has stopped, it is what was there
        before.

        @param area: Which part of the screen.

        @return: A Pillow image of mode C{RGB}.
        """
        return Image.fromarray(self._picture(area))

    def find(
        self, picture: Any, area: Rectangle | None = None, tolerance: int = 0
    ) -> Rectangle | None:
        """
        Find a picture on the screen.

        @param picture: A part of the screen: a Pillow image, an array of red, green and
            blue, or the path of a file.

        @param area: Where to look.

        @param tolerance: By how much red, green or blue may be off, of 255.

        @return: Where it is now; C{None} if it is not there.
        """
        return self._find(toPicture(picture), area, tolerance)

    def _picture(self, area: Rectangle | None = None) -> Picture:
        if self._eye is None or not all(self._eye.size):
            raise DesktopError("the desktop was not started: there is no picture yet")
        return self._eye.picture(area)

    def _find(
        self, wanted: Picture, area: Rectangle | None, tolerance: int
    ) -> Rectangle | None:
        found = find(self._picture(area), wanted, tolerance)
        if found is not None and area is not None:
            found = found.translated(area.x, area.y)
        return found

    # -- Waiting ---------------------------------------------------------------------

    async def _fresh(self) -> None:
        """
        Look at the screen.
        """
        try:
            await self._open().fresh().addTimeout(_ANSWER, self.reactor)
        except TimeoutError:
            raise DesktopError(
                f"the display has not answered for {_ANSWER:g} seconds"
            ) from None

    async def _until(
        self,
        look: Callable[[], T | None],
        timeout: float | None,
        what: Callable[[], str],
        mayEnd: bool = False,
        wake: Callable[[], float] = lambda: _ANSWER,
    ) -> T:
        """
        Look until something is there.

        @param look: Looks at what was seen.

        @param what: Says what is not so yet.

        @param mayEnd: Whether it may be there when the program has ended.

        @param wake: Says after how many seconds to look again if nothing has changed.
        """
        seconds = self._timeout if timeout is None else timeout
        eye = self._open()
        deadline = self.reactor.seconds() + seconds
        await self._fresh()
        while True:
            found = look()
            if found is not None:
                return found
            if not self.isRunning:
                raise DesktopError(f"{what()}: the desktop was stopped")
            if self._status is not None and not mayEnd:
                raise self._notSeen(f"{what()}, and {self._reason}")
            left = deadline - self.reactor.seconds()
            if left <= 0:
                raise self._notSeen(f"{what()} after {seconds:g} seconds")
            await eye.news(min(left, wake()))

    def _notSeen(self, reason: str) -> NotSeen:
        """
        @return: What to raise; what is on the screen is kept.
        """
        path = self.keep()
        return NotSeen(f"{reason}; what was on the screen is in {path}", path)

    def keep(self) -> str:
        """
        Save what is on the screen to a file in L{pictures}.

        @return: The path of the file.
        """
        directory = self.pictures or tempfile.gettempdir()
        os.makedirs(directory, exist_ok=True)
        handle, path = tempfile.mkstemp(".png", "desktop-", directory)
        with open(handle, "wb") as file:
            self.image().save(file, "PNG")
        return os.path.abspath(path)

    @anywhere
    async def waitFor(
        self,
        picture: Any,
        timeout: float | None = None,
        *,
        area: Rectangle | None = None,
        tolerance: int = 0,
    ) -> Rectangle:
        """
        Wait until a picture is on the screen.

        @param picture: What to wait for, the whole screen or a part of it that may be
            anywhere: a Pillow image, an array of red, green and blue, or the path of a
            file.

        @param timeout: For how many seconds.

        @param area: Where to look.

        @param tolerance: By how much red, green or blue may be off, of 255.

        @return: Where it is.

        @raise NotSeen: if it does not appear in time.
        """
        wanted = toPicture(picture)

        def what() -> str:
            name = picture if isinstance(picture, str | os.PathLike) else "the picture"
            seen = self._picture(area)
            if seen.shape != wanted.shape:
                return f"{name} is not there"
            off = np.abs(seen.astype(np.int16) - wanted).max(-1) > tolerance
            return f"{name} is not there: {off.sum()} of {off.size} pixels differ"

        return await self._until(
            lambda: self._find(wanted, area, tolerance), timeout, what
        )

    @anywhere
    async def waitForChange(
        self, area: Rectangle | None = None, timeout: float | None = None
    ) -> None:
        """
        Wait until something has changed on the screen since the last input, and since
        this was called the last time.

        @param area: Where; everywhere if not given.

        @param timeout: For how many seconds.

        @raise NotSeen: if nothing changes in time.
        """
        eye, since = self._open(), max(self._mark, self._noticed)
        await self._until(
            lambda: eye.hasChanged(since, area) or None,
            timeout,
            lambda: "nothing has changed",
        )
        self._noticed = eye.serial

    @anywhere
    async def settled(
        self,
        quiet: float = 0.5,
        timeout: float | None = None,
        *,
        area: Rectangle | None = None,
    ) -> None:
        """
        Wait until something has changed on the screen since the last input, and then
        for some time nothing.

        @param quiet: For how many seconds nothing is to change.

        @param timeout: For how many seconds to wait at the most.

        @param area: Where to look, if there is something elsewhere that never rests.

        @raise NotSeen: if it does not happen in time.
        """
        eye, seen, last = self._open(), self._mark, -1.0

        def look() -> bool | None:
            nonlocal seen, last
            now = self.reactor.seconds()
            if eye.hasChanged(seen, area):
                seen, last = eye.serial, now
            return True if last >= 0 and now - last >= quiet else None

        def what() -> str:
            if last < 0:
                return "nothing has changed since the last input"
            return f"the screen was never quiet for {quiet:g} seconds"

        def wake() -> float:
            return quiet if last < 0 else last + quiet - self.reactor.seconds()

        await self._until(look, timeout, what, wake=wake)

    @anywhere
    async def ended(self, timeout: float | None = None) -> int:
        """
        Wait until the program has ended.

        @param timeout: For how many seconds.

        @return: Its exit status, as shells have it.

        @raise NotSeen: if it has not ended in time.
        """
        return await self._until(
            lambda: self._status,
            timeout,
            lambda: "the program has not ended",
            mayEnd=True,
        )

    @anywhere
    async def clipboard(self, timeout: float | None = None) -> str:
        """
        Wait until a program has copied text that was not asked for before.

        @param timeout: For how many seconds.

        @return: What was copied last.

        @raise NotSeen: if nothing is copied in time.
        """
        eye = self._open()
        await self._until(
            lambda: eye.copies > self._copies or None,
            timeout,
            lambda: "nothing was copied",
        )
        self._copies = eye.copies
        return eye.text
