# -*- test-case-name: tests.screen.test_pointer -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What the followers of a display are told of its pointer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from txrfb._screen.desktop import DesktopState
from txrfb._screen.followers import Change, Followers, IFollower
from txrfb._screen.renderedcursor import RenderedCursor

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall, IReactorTime

#: For how many seconds moves are told as one: each costs as much as there are
#: followers, and each of these may be the one that moves it.
_PAUSE = 1 / 60


class PointerNews:
    """
    Tells followers that the pointer was moved: at once if it rested, otherwise once in
    a while.
    """

    def __init__(
        self, clock: IReactorTime, desktop: DesktopState, followers: Followers
    ) -> None:
        """
        @param clock: What time is taken from.

        @param desktop: Whose pointer it is.

        @param followers: Who is told.
        """
        self._clock = clock
        self._desktop = desktop
        self._followers = followers
        self._timer: IDelayedCall | None = None
        # What they were told of last, and who has moved it since.
        self._isNew = False
        self._old: RenderedCursor | None = None
        self._by: IFollower | None = None

    def move(self, x: int, y: int, by: IFollower | None) -> None:
        """
        The pointer is elsewhere.

        @param by: Whose viewer moved it there; C{None} if none did.
        """
        desktop = self._desktop
        if desktop.pointer == (x, y):
            return
        old = desktop.overlay
        desktop.pointer = (x, y)
        desktop.isWarped = by is None
        if not self._followers:
            return
        if not self._isNew:
            self._isNew = True
            self._old = old
        self._by = by
        if self._timer is None:
            self._tell()

    def stop(self) -> None:
        """
        Nobody is there who could be told.
        """
        self._isNew = False
        self._old = self._by = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tell(self) -> None:
        self._timer = None
        if not self._isNew:
            return
        self._timer = self._clock.callLater(_PAUSE, self._tell)
        old, by = self._old, self._by
        self._isNew = False
        self._old = self._by = None

        def moved(follower: IFollower) -> None:
            if follower is not by:
                follower.changed(Change.POINTER)
            follower.cursorChanged(old)

        self._followers.tell(moved)
