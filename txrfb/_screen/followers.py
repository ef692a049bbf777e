# -*- test-case-name: tests.screen.test_display -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What a display expects of those whom it serves.
"""

from __future__ import annotations

from typing import Protocol

from twisted.python.failure import Failure

from txrfb._screen.renderedcursor import RenderedCursor


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
        """

    def cursorChanged(self, old: RenderedCursor | None) -> None:
        """
        The cursor has another shape, or is elsewhere.

        @param old: As it was.
        """

    def changed(self, what: str) -> None:
        """
        Something else is another now.

        @param what: See L{txrfb._session.pseudorectangles.PseudoRectangles.note}.
        """

    def bell(self) -> None:
        """
        The bell rings.
        """

    def cutText(self, text: str, others: dict[str, bytes]) -> None:
        """
        There is something new in the clipboard.
        """

    def displayFailed(self, failure: Failure) -> None:
        """
        The framebuffer failed: there will be no more pixels.
        """
