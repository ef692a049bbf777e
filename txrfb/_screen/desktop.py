# -*- test-case-name: tests.screen.test_desktop -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The state of a desktop besides its pixels: name, cursor, pointer, screens, lights.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from txrfb._screen.renderedcursor import RenderedCursor
from txrfb.geometry import Rectangle, Screen
from txrfb.interfaces import ICursorSource

if TYPE_CHECKING:
    from txrfb.interfaces import (
        IFramebuffer,
        ILedSource,
        IPointerMotionReceiver,
        IScreens,
    )
    from txrfb.pixels import Cursor


class DesktopState:
    """
    A name, a pointer, screens and the lights of a keyboard.

    @ivar isNamed: Whether it has a name of its own, not the framebuffer's.
    @ivar cursor: The shape of the pointer, if it has one.
    @ivar pointer: Where the pointer is: column and row.
    @ivar screenIdentity: The number and the flags of the screen, where there is but
        one.  The number is not 0: libvncclient takes a screen of that number for
        none.
    """

    def __init__(
        self,
        framebuffer: IFramebuffer,
        motionReceiver: IPointerMotionReceiver | None = None,
        name: str | None = None,
        screenSource: IScreens | None = None,
        ledSource: ILedSource | None = None,
    ) -> None:
        """
        @param framebuffer: Its pixels.

        @param motionReceiver: The application, if it may want motions instead of
            positions.

        @param name: Its name, if it is not to be the framebuffer's.

        @param screenSource: What divides it into screens, if something does.

        @param ledSource: What has lights, if something has.
        """
        self.isNamed = name is not None
        self.cursor: Cursor | None = None
        self.pointer = (0, 0)
        self.screenIdentity = (1, 0)
        self._framebuffer = framebuffer
        self._motionReceiver = motionReceiver
        self._name = name
        self._screenSource = screenSource
        self._ledSource = ledSource
        self.updateCursor()

    @property
    def name(self) -> str:
        """
        What viewers show as its name.
        """
        return self._framebuffer.name if self._name is None else self._name

    def updateCursor(self) -> None:
        """
        The pointer may have another shape.
        """
        framebuffer = self._framebuffer
        if ICursorSource.providedBy(framebuffer):
            self.cursor = framebuffer.cursor

    @property
    def overlay(self) -> RenderedCursor | None:
        """
        The pointer where it is, for viewers that do not draw it.
        """
        return (
            None if self.cursor is None else RenderedCursor(self.cursor, *self.pointer)
        )

    @property
    def leds(self) -> int:
        """
        The lights of the keyboard; see L{txrfb.interfaces.ILedSource}.
        """
        return 0 if self._ledSource is None else self._ledSource.leds

    @property
    def wantsMotion(self) -> bool:
        """
        Whether the application wants to know of motions, not positions.
        """
        return self._motionReceiver is not None and self._motionReceiver.wantsMotion

    def screensIn(self, bounds: Rectangle) -> Sequence[Screen]:
        """
        @param bounds: All of the newest frame.

        @return: How it is divided.
        """
        if self._screenSource is not None:
            screens = self._screenSource.screens
            # Between a change of size and the next frame they may not fit.
            if all(bounds.contains(Rectangle(*one[1:5])) for one in screens):
                return screens
        number, flags = self.screenIdentity
        return (Screen(number, *bounds, flags),)
