# -*- test-case-name: tests.client.test_automaton -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A viewer that is driven by a program: it does something, and waits for what is seen
then.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as DeferredTimeout
from twisted.internet.task import LoopingCall, deferLater

from txrfb._wire.messages import FramebufferUpdateRequest
from txrfb.client.events import Updated
from txrfb.client.protocol import RFBClient
from txrfb.error import ConnectionFailed, RFBError
from txrfb.geometry import Rectangle, Region

__all__ = ["Automaton", "TookTooLong", "find"]

#: How often it is looked for a picture, and a frame recorded, at the most: every so
#: many seconds.
_INTERVAL = 0.1

#: How many pixels are compared before all of them are.
_SAMPLES = 24


class TookTooLong(RFBError):
    """
    Something was waited for in vain.
    """


class Automaton(RFBClient):
    """
    A viewer that waits for what is to be seen.

    @ivar timeout: For how many seconds it waits.
    @ivar tolerance: By how much red, green or blue may be off, of 255, in a picture
        that is waited for.
    @ivar hasLoggedIn: Whether the server let it in.
    @ivar frames: How many updates with pixels have come.
    """

    timeout = 10.0
    tolerance = 0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.frames = 0
        self.hasLoggedIn = False
        self._missing = Region()
        # What is waited for, each with what tells that it is there.
        self._awaited: dict[Deferred[None], Callable[[], bool]] = {}

    # -- What is waited for ----------------------------------------------------------

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """
        Wait until something is true.

        @param condition: Asked after each update.

        @param what: What it is about, for people to read.

        @raise TookTooLong: if it does not become so in time.

        @raise ConnectionFailed: if the connection ends.
        """
        if condition():
            return
        if not self.isReady:
            raise ConnectionFailed("the connection has ended")
        there: Deferred[None] = Deferred()
        self._awaited[there] = condition
        there.addTimeout(self.timeout, self._clock)
        try:
            await there
        except DeferredTimeout:
            self._awaited.pop(there, None)
            raise TookTooLong(f"{what}: not in {self.timeout:g} seconds") from None

    async def refresh(self) -> None:
        """
        Have all of the screen sent, so that what is seen is how it is now.
        """
        self._everything()
        await self.until(lambda: not self._missing, "a picture of the whole screen")

    def _everything(self) -> None:
        whole = Rectangle(0, 0, self.width, self.height)
        self._missing = Region([whole])
        self.requestUpdate(incremental=False)

    async def synchronize(self) -> None:
        """
        Wait until the server has read all that was sent.
        """
        corner = Rectangle(0, 0, 1, 1)
        self._missing = Region([corner])
        self.send(FramebufferUpdateRequest(False, corner))
        await self.until(lambda: not self._missing, "an answer of the server")

    async def wait(self, picture: Image.Image) -> tuple[int, int]:
        """
        Wait until a picture is seen somewhere.

        @return: Where it is: column and row.

        @raise TookTooLong: if it does not come.
        """
        place: tuple[int, int] | None = None
        seen = -1
        later = -1.0

        def look() -> bool:
            nonlocal place, seen, later
            now = self._clock.seconds()
            if self.frames == seen or now < later:
                return False
            place = find(self.image(), picture, self.tolerance)
            seen, later = self.frames, now + _INTERVAL
            return place is not None

        # What is not looked at now, as it was just done, is looked at later.
        looking = LoopingCall(self._check)
        looking.clock = self._clock
        looking.start(_INTERVAL, now=False)
        try:
            await self.until(look, "the picture is not seen")
        finally:
            looking.stop()
        assert place is not None
        return place

    async def rest(self, seconds: float) -> None:
        """
        Wait until nothing has changed for some time.

        @raise TookTooLong: if something changes all the time.
        """
        end = self._clock.seconds() + self.timeout + seconds
        while True:
            before = self.frames
            await self.pause(seconds)
            if self.frames == before:
                return
            if self._clock.seconds() >= end:
                raise TookTooLong(
                    f"it never rested for {seconds:g} seconds in {self.timeout:g}"
                )

    async def pause(self, seconds: float) -> None:
        """
        Wait.

        @raise ConnectionFailed: if the connection ends.
        """
        await deferLater(self._clock, seconds)
        if not self.isReady:
            raise ConnectionFailed("the connection has ended")

    async def record(self, directory: Path, seconds: float) -> int:
        """
        Write a picture whenever something has changed, ten a second at the most: files
        named by milliseconds, and C{frames.ffconcat}, by which C{ffmpeg} plays them.

        @return: How many there are.

        @raise OSError: if they cannot be written.
        """
        directory.mkdir(parents=True, exist_ok=True)
        start = self._clock.seconds()
        times: list[int] = []
        seen = -1
        while (now := self._clock.seconds() - start) < seconds or not times:
            if self.frames != seen:
                seen = self.frames
                times.append(round(now * 1000))
                path = directory / f"{times[-1]:08}.png"
                self.image().save(path, compress_level=1)
            await self.pause(min(_INTERVAL, max(0.0, seconds - now)))
        lines = ["ffconcat version 1.0"]
        for time, end in zip(times, [*times[1:], round(seconds * 1000)], strict=True):
            lines += [f"file {time:08}.png", f"duration {(end - time) / 1000:.3f}"]
        (directory / "frames.ffconcat").write_text("\n".join(lines) + "\n")
        return len(times)

    # -- What happens ----------------------------------------------------------------

    def ready(self) -> None:
        """
        The login is done.
        """
        self.hasLoggedIn = True
        super().ready()

    def updateReceived(self, update: Updated) -> None:
        """
        Look whether what is waited for is there.
        """
        self.frames += bool(update.rectangles)
        for rectangle in update.rectangles:
            if self._missing:
                self._missing = self._missing.subtract(rectangle)
        self._check()

    def sizeChanged(self) -> None:
        """
        All is to be sent anew, if it was waited for.
        """
        if self._missing:
            self._everything()

    def connectionFailed(self, reason: str) -> None:
        """
        Nothing more will be seen.
        """
        awaited = [*self._awaited]
        self._awaited.clear()
        for there in awaited:
            there.errback(ConnectionFailed(reason))

    def _check(self) -> None:
        for there, condition in [*self._awaited.items()]:
            if there in self._awaited and condition():
                del self._awaited[there]
                there.callback(None)


def find(
    screen: Image.Image, picture: Image.Image, tolerance: int = 0
) -> tuple[int, int] | None:
    """
    @param screen: Where to look.

    @param picture: What to look for.  Its transparent pixels match everything.

    @param tolerance: By how much red, green or blue may be off, of 255.

    @return: The column and row of its upper left corner, of the first from the top;
        C{None} if it is not there.
    """
    where = np.asarray(screen.convert("RGB")).astype(np.int16)
    what = np.asarray(picture.convert("RGBA")).astype(np.int16)
    (rows, columns), (height, width) = where.shape[:2], what.shape[:2]
    if height > rows or width > columns:
        return None
    ys, xs = np.nonzero(what[..., 3])
    colors = what[ys, xs, :3]
    if not len(ys):
        return 0, 0
    # Some pixels tell for most places that it is not there.
    places: NDArray[Any] | None = None
    for at in np.unique(np.linspace(0, len(ys) - 1, _SAMPLES).astype(int)):
        y, x, color = ys[at], xs[at], colors[at]
        if places is None:
            part = where[y : y + rows - height + 1, x : x + columns - width + 1]
            places = np.argwhere((np.abs(part - color) <= tolerance).all(2))
        else:
            seen = where[places[:, 0] + y, places[:, 1] + x]
            places = places[(np.abs(seen - color) <= tolerance).all(1)]
    assert places is not None
    for top, left in places:
        seen = where[ys + top, xs + left]
        if (np.abs(seen - colors) <= tolerance).all():
            return int(left), int(top)
    return None
