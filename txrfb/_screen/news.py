# -*- test-case-name: tests.screen.test_display -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The news of a desktop besides its pixels, its size and its screens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from txrfb._screen.followers import Change, Followers, IFollower
from txrfb._screen.pointer import PointerNews
from txrfb._wire.clipboard import ClipboardContent

if TYPE_CHECKING:
    from twisted.internet.interfaces import IReactorTime

    from txrfb._screen.desktop import DesktopState
    from txrfb.pixels import Surface


class DesktopNews:
    """
    Tells followers what a framebuffer tells its listeners.

    @ivar desktop: What there is besides the pixels.
    @ivar followers: Who is told.
    @ivar surface: The pixels of the newest frame.
    """

    surface: Surface

    def __init__(self, desktop: DesktopState, clock: IReactorTime) -> None:
        """
        @param desktop: What there is besides the pixels.

        @param clock: What time is taken from.
        """
        self.desktop = desktop
        self.followers = Followers()
        self._pointer = PointerNews(clock, desktop, self.followers)

    @property
    def pointer(self) -> tuple[int, int]:
        """
        Where the pointer is: column and row.
        """
        return self.desktop.pointer

    def renamed(self) -> None:
        """
        See L{IFramebufferListener.renamed}.
        """
        if not self.desktop.isNamed:
            self._changed(Change.NAME)

    def cursorChanged(self) -> None:
        """
        See L{IFramebufferListener.cursorChanged}.
        """
        old = self.desktop.overlay
        self.desktop.updateCursor()
        self.followers.tell(lambda follower: follower.cursorChanged(old))
        self._changed(Change.CURSOR)

    def pointerMoved(self, x: int, y: int) -> None:
        """
        See L{IFramebufferListener.pointerMoved}.
        """
        self.movePointer(x, y)
        self._changed(Change.WARP)

    def pointerModeChanged(self) -> None:
        """
        See L{IFramebufferListener.pointerModeChanged}.
        """
        self._changed(Change.MOTION)

    def ledsChanged(self) -> None:
        """
        See L{IFramebufferListener.ledsChanged}.
        """
        self._changed(Change.LEDS)

    def announce(self, message: str) -> None:
        """
        Have the bell rung, and a message shown with the desktop's name.

        @param message: The message; empty to take the last one away.
        """
        self.desktop.message = message
        self._changed(Change.NAME)
        if message:
            self.bell()

    def bell(self) -> None:
        """
        See L{IFramebufferListener.bell}.
        """
        self.followers.tell(lambda follower: follower.bell())

    def cutText(self, text: str, **others: bytes) -> None:
        """
        See L{IFramebufferListener.cutText}.
        """
        content = ClipboardContent(text, others)
        self.desktop.copied(text)
        self.followers.tell(lambda follower: follower.cutText(content))

    def movePointer(self, x: int, y: int, by: IFollower | None = None) -> None:
        """
        The pointer is elsewhere.

        @param by: Whose viewer moved it there; C{None} if none did.
        """
        x = min(max(x, 0), self.surface.width - 1)
        y = min(max(y, 0), self.surface.height - 1)
        self._pointer.move(x, y, by)

    def _changed(self, what: Change) -> None:
        self.followers.tell(lambda follower: follower.changed(what))
