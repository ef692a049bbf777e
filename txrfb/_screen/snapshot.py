# -*- test-case-name: tests.screen.test_snapshot -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A snapshot: the pixels of a display once, for somebody who is no viewer.
"""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from txrfb._screen.display import Display
from txrfb._screen.followers import Change
from txrfb._screen.renderedcursor import RenderedCursor
from txrfb._wire.clipboard import ClipboardContent
from txrfb.pixels import Surface

__all__ = ["Snapshot", "newestFrame", "snapshot", "surfaceOf"]

#: The seconds after which there is no snapshot: longer than a capture may take.
_DEADLINE = 15.0


def newestFrame(display: Display, clock: IReactorTime) -> Deferred[Display]:
    """
    Have all that is drawn now captured.

    @param display: What is shown.

    @param clock: What time is taken from.

    @return: A L{Deferred} that fires with the display when its newest frame has all
        of that, or fails with
        L{TimeoutError<twisted.internet.defer.TimeoutError>} if the framebuffer brings
        nothing in time.
    """
    taken: Deferred[Display] = Deferred(lambda _: display.remove(follower))
    follower = Snapshot(display, taken)
    follower.start()
    return taken.addTimeout(_DEADLINE, clock)


def snapshot(display: Display, clock: IReactorTime) -> Deferred[Surface]:
    """
    Have all that is drawn now captured; see L{newestFrame}.

    @return: A L{Deferred} that fires with a copy of the pixels.
    """
    return newestFrame(display, clock).addCallback(surfaceOf)


def surfaceOf(display: Display) -> Surface:
    """
    @return: A copy of the pixels of the newest frame.
    """
    pixels, stride, width, height = display.surface
    return Surface(bytes(pixels), stride, width, height)


class Snapshot:
    """
    A follower that wants one frame, and leaves then; see
    L{IFollower<txrfb._screen.followers.IFollower>}.
    """

    isReady = True
    #: It is no reason to keep what was encoded.
    isPaused = True
    wantsCopies = False

    def __init__(self, display: Display, taken: Deferred[Display]) -> None:
        """
        @param display: What it follows.

        @param taken: Fires with it when there is the frame.
        """
        self._display = display
        self._taken = taken
        self._capture = 0

    def start(self) -> None:
        """
        Follow the display until there is a frame with all that is there now.
        """
        display = self._display
        display.add(self)
        self._capture = display.nextCapture
        display.wanted()
        self.frameReady()

    def frameReady(self) -> None:
        """
        Take the frame, if it is new enough.
        """
        display = self._display
        if not display.isValid or display.captures < self._capture:
            return
        display.remove(self)
        self._taken.callback(display)

    def pictureFailed(self, reason: str) -> None:
        """
        It may come in time.
        """

    def sizeChanged(self, reason: int) -> None:
        """
        The frame tells the size.
        """

    def screensChanged(self, reason: int) -> None:
        """
        Of no interest, as all that follows.
        """

    def cursorChanged(self, old: RenderedCursor | None) -> None:
        """
        It has no pointer.
        """

    def changed(self, what: Change) -> None:
        """
        It has nothing but pixels.
        """

    def bell(self) -> None:
        """
        It is quick.
        """

    def cutText(self, content: ClipboardContent) -> None:
        """
        It has no clipboard.
        """
