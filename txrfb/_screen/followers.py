# -*- test-case-name: tests.screen.test_display -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The followers of a display: what it expects of those whom it serves.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Protocol

from twisted.python.failure import Failure

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

    def displayFailed(self, failure: Failure) -> None:
        """
        The framebuffer failed: there will be no more pixels.
        """
