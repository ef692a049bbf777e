# -*- test-case-name: tests.desktop.test_eye -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A copy of what a framebuffer shows, and when each pixel of it has changed last.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from txrfb.desktop.pictures import Picture
from txrfb.geometry import Rectangle, Region
from txrfb.interfaces import IFramebuffer, IFramebufferListener

__all__ = ["Eye"]

#: Without the fourth byte, which means nothing.
_COLOR = np.uint32(0xFFFFFF)

#: How often it is looked in a second, at the most.
_RATE = 60.0

#: Seconds after which it is looked again when that has failed.
_AGAIN = 0.2

_log = Logger()


@implementer(IFramebufferListener)
class Eye:
    """
    Looks at a framebuffer whenever something may have changed.

    @ivar serial: The number of changes that were seen.
    @ivar text: The text that programs have copied last.
    @ivar copies: How often they have.
    @ivar bells: How often the bell rang.
    """

    def __init__(self, framebuffer: IFramebuffer, clock: Any) -> None:
        """
        @param framebuffer: What it looks at.

        @param clock: What time is taken from.
        """
        self._framebuffer = framebuffer
        self._clock = clock
        self._words: NDArray[np.uint32] = np.zeros((0, 0), np.uint32)
        self._when: NDArray[np.uint32] = np.zeros((0, 0), np.uint32)
        self.serial = 0
        self.text = ""
        self.copies = 0
        self.bells = 0
        self._isOpen = False
        self._isBusy = False
        self._isDue = False
        self._began = -1.0
        self._timer: IDelayedCall | None = None
        self._fresh: list[Deferred[None]] = []
        self._nextFresh: list[Deferred[None]] = []
        self._waiting: list[Deferred[None]] = []

    # -- What is seen ----------------------------------------------------------------

    @property
    def size(self) -> tuple[int, int]:
        """
        Width and height.
        """
        height, width = self._words.shape
        return width, height

    @property
    def isPlain(self) -> bool:
        """
        Whether there is nothing to be seen: everything has one color.
        """
        return bool((self._words == self._words[:1, :1]).all())

    def picture(self, area: Rectangle | None = None) -> Picture:
        """
        @param area: Which part.

        @return: A copy of what was seen last.
        """
        words = self._words if area is None else self._words[_slices(area)]
        parts = np.ascontiguousarray(words).view(np.uint8).reshape(*words.shape, 4)
        return np.ascontiguousarray(parts[:, :, 2::-1])

    def hasChanged(self, since: int, area: Rectangle | None = None) -> bool:
        """
        @param since: A L{serial}.

        @param area: Where; everywhere if not given.

        @return: Whether something has changed there since then.
        """
        if area is None:
            return self.serial > since
        return bool((self._when[_slices(area)] > since).any())

    # -- Waiting ---------------------------------------------------------------------

    def fresh(self) -> Deferred[None]:
        """
        @return: Fires when it was looked after this call.
        """
        if not self._isOpen:
            return succeed(None)
        fresh: Deferred[None] = Deferred()
        (self._nextFresh if self._isBusy else self._fresh).append(fresh)
        self._isDue = True
        self._look()
        return fresh

    def news(self, seconds: float) -> Deferred[None]:
        """
        @return: Fires when something has changed, or after some seconds.
        """
        news: Deferred[None] = Deferred(self._waiting.remove)
        self._waiting.append(news)
        timer = self._clock.callLater(seconds, self._late, news)

        def done(result: Any) -> Any:
            if timer.active():
                timer.cancel()
            return result

        return news.addBoth(done)

    def _late(self, news: Deferred[None]) -> None:
        self._waiting.remove(news)
        news.callback(None)

    def wake(self) -> None:
        """
        Have all look who wait: something has happened that is not seen.
        """
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            one.callback(None)

    # -- Looking ---------------------------------------------------------------------

    def open(self) -> None:
        """
        Begin to look.
        """
        self._isOpen = True
        self._framebuffer.addListener(self)
        awake: Deferred[Any] = maybeDeferred(self._framebuffer.resumeProducing)
        awake.addErrback(self._failed)
        self.damaged()

    def close(self) -> None:
        """
        Look no more.
        """
        if not self._isOpen:
            return
        self._isOpen = False
        self._framebuffer.removeListener(self)
        rested: Deferred[Any] = maybeDeferred(self._framebuffer.pauseProducing)
        rested.addErrback(self._failed)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._tellFresh(also=True)
        self.wake()

    def damaged(self) -> None:
        """
        Something may have changed.
        """
        self._isDue = True
        if self._timer is None and not self._isBusy:
            wait = self._began + 1 / _RATE - self._clock.seconds()
            self._timer = self._clock.callLater(max(0.0, wait), self._onTime)

    resized = damaged

    def _onTime(self) -> None:
        self._timer = None
        self._look()

    def _look(self) -> None:
        if self._isBusy or not (self._isDue and self._isOpen):
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._isBusy, self._isDue = True, False
        self._began = self._clock.seconds()
        captured: Deferred[Any] = maybeDeferred(self._framebuffer.capture)
        captured.addCallback(self._captured).addErrback(self._failed)
        captured.addBoth(self._looked)

    def _captured(self, region: Region) -> None:
        framebuffer = self._framebuffer
        width, height = framebuffer.width, framebuffer.height
        # The pixels are in a buffer that may be written to as soon as this returns.
        rows: NDArray[np.uint32] = np.ndarray(
            (height, width),
            np.uint32,
            memoryview(framebuffer.pixels).cast("B"),
            strides=(framebuffer.stride, 4),
        )
        if self._words.shape != rows.shape:
            self.serial += 1
            self._words = rows & _COLOR
            self._when = np.full(rows.shape, self.serial, np.uint32)
            self.wake()
            return
        isNew = False
        for part in region.parts:
            where = _slices(part)
            new = rows[where] & _COLOR
            differs = new != self._words[where]
            if differs.any():
                if not isNew:
                    isNew = True
                    self.serial += 1
                self._words[where] = new
                self._when[where][differs] = self.serial
        if isNew:
            self.wake()

    def _failed(self, failure: Failure) -> None:
        if self._isOpen:
            _log.info("Cannot look: {reason}", reason=failure.value)
            if self._timer is None:
                self._timer = self._clock.callLater(_AGAIN, self._onTime)
            self._isDue = True

    def _looked(self, _: object) -> None:
        self._isBusy = False
        self._tellFresh()
        if self._fresh:
            self._isDue = True
            self._look()
        elif self._isDue:
            self.damaged()

    def _tellFresh(self, also: bool = False) -> None:
        fresh, self._fresh, self._nextFresh = self._fresh, self._nextFresh, []
        if also:
            fresh, self._fresh = [*fresh, *self._fresh], []
        for one in fresh:
            one.callback(None)

    # -- What else is told -----------------------------------------------------------

    def cutText(self, text: str, **others: bytes) -> None:
        """
        A program has copied something.
        """
        self.text = text
        self.copies += 1
        self.wake()

    def bell(self) -> None:
        """
        The bell rings.
        """
        self.bells += 1
        self.wake()

    def _ignored(self, *news: object) -> None:
        pass

    copied = renamed = cursorChanged = pointerMoved = _ignored
    pointerModeChanged = ledsChanged = screensChanged = _ignored


def _slices(area: Rectangle) -> tuple[slice, slice]:
    return slice(area.y, area.bottom), slice(area.x, area.right)
