# -*- test-case-name: tests.x11.test_pointer -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Where the pointer of an X display is, when no viewer has moved it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.python.failure import Failure

from txrfb.x11 import devices, xinput
from txrfb.x11.devices import PointerPlace
from txrfb.x11.wire import CORE, GENERIC_EVENT, Extension, Packet

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall

    from txrfb.x11.connection import X11Connection

__all__ = ["PointerWatch"]

#: Seconds between two looks at the pointer while it is moved, and while there are
#: frames, in which programs may have moved it, which they seldom do.
_PAUSE, _FRAMES = 1 / 30, 0.2


class PointerWatch:
    """
    Looks where the pointer is: with frames, as programs may move it, and while somebody
    moves it in front of the display.
    """

    def __init__(
        self,
        reactor: Any,
        connection: X11Connection,
        moved: Callable[[int, int], None],
    ) -> None:
        """
        @param reactor: What time is taken from.

        @param connection: A connection on which the server has let us in.

        @param moved: Called with the column and the row where it is.
        """
        self._reactor = reactor
        self._connection = connection
        self._moved = moved
        self._extension: Extension | None = None
        self._isWatched = False
        # Where it is as far as viewers know, and how often they have moved it.
        self._place: tuple[int, int] | None = None
        self._placings = 0
        self._isLooking = False
        self._isMoving = False
        self._timer: IDelayedCall | None = None
        # When it was looked at last, and is to be because of a frame.
        self._lookedAt: float | None = None
        self._later: IDelayedCall | None = None

    @inlineCallbacks
    def start(self) -> Generator[Deferred[Any], Any, None]:
        """
        Find out what there is.
        """
        connection = self._connection
        extension = yield connection.extension(xinput.NAME)
        if extension is None:
            return
        major, _ = yield connection.ask(xinput.queryVersion())
        if major < 2:
            return
        self._extension = extension
        connection.addListener(CORE, GENERIC_EVENT, self._event)
        if self._isWatched:
            self._select(True)

    def watch(self, isWanted: bool) -> None:
        """
        There is somebody to be told, or nobody any more.
        """
        if isWanted != self._isWatched:
            self._isWatched = isWanted
            self._select(isWanted)
        if isWanted:
            self._place = None
            self.look()
            return
        for timer in (self._timer, self._later):
            if timer is not None:
                timer.cancel()
        self._timer = self._later = None
        self._isMoving = False

    def stop(self) -> None:
        """
        Tell nothing any more.
        """
        self.watch(False)

    def _select(self, isWanted: bool) -> None:
        if self._extension is not None:
            root = self._connection.screen.root
            self._connection.send(xinput.selectRawMotion(root, isWanted))

    def placed(self, x: int, y: int) -> None:
        """
        A viewer has moved it.
        """
        self._place = x, y
        self._placings += 1

    def framed(self) -> None:
        """
        There is to be a frame: see where it is, now or soon.
        """
        if self._later is not None:
            return
        left = 0.0
        if self._lookedAt is not None:
            left = self._lookedAt + _FRAMES - self._reactor.seconds()
        if 0 < left <= _FRAMES:
            self._later = self._reactor.callLater(left, self._lookLater)
        else:
            self.look()

    def _lookLater(self) -> None:
        self._later = None
        self.look()

    def look(self) -> None:
        """
        See where it is.
        """
        if self._isLooking or self._connection.isLost:
            return
        self._isLooking = True
        self._lookedAt = self._reactor.seconds()
        root = self._connection.screen.root
        answer = self._connection.ask(devices.queryPointer(root))
        answer.addCallbacks(self._found, self._failed, callbackArgs=(self._placings,))

    def _found(self, place: PointerPlace, placings: int) -> None:
        self._isLooking = False
        if not place.isHere or not self._isWatched or placings != self._placings:
            return  # what a viewer does counts more
        if self._place != (place.x, place.y):
            self._place = place.x, place.y
            self._moved(place.x, place.y)

    def _failed(self, failure: Failure) -> None:
        self._isLooking = False

    def _event(self, event: Packet) -> None:
        assert self._extension is not None
        if self._isWatched and xinput.isRawMotion(event, self._extension):
            self._isMoving = True
            if self._timer is None:
                self._follow()

    def _follow(self) -> None:
        """
        Look where it is moved, until it rests.
        """
        self._timer = None
        if self._isMoving:
            # A display that has not answered yet is asked once more when it has.
            self._isMoving = self._isLooking
            self.look()
            self._timer = self._reactor.callLater(_PAUSE, self._follow)
