# -*- test-case-name: tests.screen.test_display -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The followers of a display: what it expects of those whom it serves.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from enum import Enum, auto
from typing import Protocol

from twisted.logger import Logger

from txrfb._screen.renderedcursor import RenderedCursor
from txrfb._wire.clipboard import ClipboardContent


class Change(Enum):
    """
    What can change of a desktop besides its pixels, its size and its screens.

    @cvar NAME: Its name.
    @cvar CURSOR: The shape of its cursor.
    @cvar POINTER: The place of its pointer, which some viewer moved.
    @cvar WARP: The place of its pointer, which the application moved.
    @cvar LEDS: The lights of its keyboard.
    @cvar MOTION: Whether the application wants motions of the pointer, not places.
    """

    NAME = auto()
    CURSOR = auto()
    POINTER = auto()
    WARP = auto()
    LEDS = auto()
    MOTION = auto()


class IFollower(Protocol):
    """
    Somebody whom a display serves: see L{txrfb._session.updates.UpdateProducer}.

    @ivar isReady: Whether it would begin an update now, if there were one.
    @ivar isPaused: Whether its transport has no room.
    @ivar wantsCopies: Whether it has the newest picture, and can copy.
    """

    @property
    def isReady(self) -> bool: ...

    @property
    def isPaused(self) -> bool: ...

    @property
    def wantsCopies(self) -> bool: ...

    def frameReady(self) -> None:
        """
        There may be something new.
        """

    def pictureFailed(self, reason: str) -> None:
        """
        The framebuffer fails, and there has been no picture yet since anybody came.

        @param reason: What went wrong.
        """

    def sizeChanged(self, reason: int) -> None:
        """
        The display has another size, and everything is new.

        @param reason: Why: see L{txrfb.encodings.desktop}.
        """

    def screensChanged(self, reason: int) -> None:
        """
        The display is divided otherwise.

        @param reason: Why: see L{txrfb.encodings.desktop}.
        """

    def cursorChanged(self, old: RenderedCursor | None) -> None:
        """
        The cursor has another shape, or is elsewhere.

        @param old: As it was.
        """

    def changed(self, what: Change) -> None:
        """
        Something else has changed.
        """

    def bell(self) -> None:
        """
        The bell rings.
        """

    def cutText(self, content: ClipboardContent) -> None:
        """
        There is something new in the clipboard.
        """


class IGroup(Protocol):
    """
    Some followers to whom a frame is the same: see L{txrfb._session.instep.InStep}.

    @ivar wantsCopies: Whether they have the newest picture, and can copy.
    """

    @property
    def wantsCopies(self) -> bool: ...

    def frameReady(self) -> None:
        """
        There may be something new.
        """


class Followers:
    """
    All that follow one display, in the order in which they came.

    @ivar groups: Those of them that are told of frames together, by what they have in
        common.
    """

    _log = Logger()

    def __init__(self) -> None:
        self._all: dict[IFollower, None] = {}
        # Those that are in no group.
        self._single: dict[IFollower, None] = {}
        self.groups: dict[Hashable, IGroup] = {}

    def __bool__(self) -> bool:
        return bool(self._all)

    def __contains__(self, follower: IFollower) -> bool:
        return follower in self._all

    def add(self, follower: IFollower) -> None:
        """
        Add one.
        """
        self._all[follower] = self._single[follower] = None

    def remove(self, follower: IFollower) -> None:
        """
        Remove one.
        """
        del self._all[follower]
        self._single.pop(follower, None)

    def join(self, follower: IFollower) -> None:
        """
        One is in a group from now on, which is told of frames for it.
        """
        self._single.pop(follower, None)

    def part(self, follower: IFollower) -> None:
        """
        One has left its group.
        """
        if follower in self._all:
            self._single[follower] = None

    def frameReady(self) -> None:
        """
        Tell all of them that there may be something new.
        """
        single = list(self._single)
        for group in list(self.groups.values()):
            group.frameReady()
        if single:
            self._tell(single, lambda follower: follower.frameReady())

    def tell(self, say: Callable[[IFollower], None]) -> None:
        """
        Tell all of them something, which may make some leave.  What goes wrong with
        one, because of what the application says of itself, concerns no other, and
        not whoever brought the news.
        """
        self._tell(list(self._all), say)

    def _tell(
        self, followers: Iterable[IFollower], say: Callable[[IFollower], None]
    ) -> None:
        for follower in followers:
            try:
                say(follower)
            except Exception:
                self._log.failure("a viewer could not be told of a change")

    @property
    def isAnyReady(self) -> bool:
        """
        Whether one would begin an update now.
        """
        for follower in self._all:
            if follower.isReady:
                return True
        return False

    @property
    def canCopy(self) -> bool:
        """
        Whether one can be sent copies.
        """
        for group in self.groups.values():
            if group.wantsCopies:
                return True
        for follower in self._single:
            if follower.wantsCopies:
                return True
        return False

    @property
    def areSharing(self) -> bool:
        """
        Whether several want the same: those that read nothing want nothing.
        """
        able = 0
        if len(self._all) > 1:
            for follower in self._all:
                if not follower.isPaused:
                    able += 1
                    if able > 1:
                        return True
        return False
