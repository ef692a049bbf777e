# -*- test-case-name: tests.screen.test_desktop -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The state of a desktop besides its pixels: name, cursor, pointer, screens, lights.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from operator import index
from typing import TYPE_CHECKING, Any, TypeVar

from twisted.logger import Logger

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

T = TypeVar("T")

#: How many characters a name has at the most.
_MAX_NAME = 1024

#: What viewers know a screen of number 0 by, unless there is one of this number.
_ZERO = 0x7FFFFFFF


class DesktopState:
    """
    A name, a pointer, screens and the lights of a keyboard.  What the application
    says of them is only believed if it can be true; else it is as it was, or as it
    mostly is.

    @ivar isNamed: Whether it has a name of its own, not the framebuffer's.
    @ivar message: What viewers show before the name, as those who run the server have
        something to say.
    @ivar cursor: The shape of the pointer, if it has one.
    @ivar pointer: Where the pointer is: column and row.
    @ivar isWarped: Whether it was the application that moved it there.
    @ivar keepsClipboard: Whether somebody may ask what was copied last.
    @ivar clipboard: That, if it is kept; C{None} if nothing was.
    """

    _log = Logger()

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
        self.message = ""
        self.cursor: Cursor | None = None
        self.pointer = (0, 0)
        self.isWarped = False
        self.keepsClipboard = False
        self.clipboard: str | None = None
        self._framebuffer = framebuffer
        self._name = name
        self.use(motionReceiver, screenSource, ledSource)
        self._lastName = ""
        self._complained: set[str] = set()
        self.updateCursor()

    def use(
        self,
        motionReceiver: IPointerMotionReceiver | None,
        screenSource: IScreens | None,
        ledSource: ILedSource | None,
    ) -> None:
        """
        Ask these from now on; see L{__init__}.
        """
        self._motionReceiver = motionReceiver
        self._screenSource = screenSource
        self._ledSource = ledSource

    def _read(self, what: str, read: Callable[[], T], otherwise: T) -> T:
        """
        @param what: What is read, for people to read.

        @return: What is read; C{otherwise} if that fails.
        """
        try:
            return read()
        except BaseException:  # as for callbacks: see L{txrfb._callbacks.ask}
            if what not in self._complained:
                self._complained.add(what)
                self._log.failure("the application has a wrong {what}", what=what)
            return otherwise

    def copied(self, text: str | None) -> None:
        """
        The application, or a viewer, has copied something.

        @param text: As text; C{None} if it is none.
        """
        if self.keepsClipboard and text is not None:
            self.clipboard = text

    @property
    def name(self) -> str:
        """
        What viewers show as its name.
        """

        def read() -> str:
            name = self._framebuffer.name if self._name is None else self._name
            if self.message:
                name = f"{self.message} - {name}"
            return name[:_MAX_NAME].encode("utf-8", "replace").decode()

        self._lastName = self._read("name", read, self._lastName)
        return self._lastName

    def updateCursor(self) -> None:
        """
        The pointer may have another shape.
        """
        framebuffer: Any = self._framebuffer

        def read() -> Cursor | None:
            cursor: Cursor | None = framebuffer.cursor
            if cursor is not None:
                width, height, x, y, pixels = cursor
                if not (0 <= x < 65536 and 0 <= y < 65536 and width >= 0 <= height):
                    raise ValueError(
                        f"a cursor of {width}x{height} that points {x}, {y}"
                    )
                if len(pixels) != width * height * 4:
                    raise ValueError(
                        f"a cursor of {width}x{height} and {len(pixels)} bytes"
                    )
            return cursor

        if ICursorSource.providedBy(framebuffer):
            self.cursor = self._read("cursor", read, self.cursor)

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
        source = self._ledSource
        if source is None:
            return 0
        return self._read("set of lights", lambda: source.leds & 7, 0)

    @property
    def wantsMotion(self) -> bool:
        """
        Whether the application wants to know of motions, not positions.
        """
        receiver = self._motionReceiver
        if receiver is None:
            return False
        return self._read("wantsMotion", lambda: bool(receiver.wantsMotion), False)

    def screensIn(self, bounds: Rectangle) -> Sequence[Screen]:
        """
        @param bounds: All of the newest frame.

        @return: How it is divided.
        """
        source = self._screenSource
        if source is not None:

            def read() -> Sequence[Screen]:
                screens = source.screens
                return tuple(Screen(*map(index, one)) for one in screens)

            nothing: Sequence[Screen] = ()
            screens = self._read("list of screens", read, nothing)
            # Between a change of size and the next frame they may not fit.
            if screens and all(
                bounds.contains(Rectangle(*one[1:5])) for one in screens
            ):
                return _renumbered(screens, 0, _freeNumber(screens))
        return (Screen(1, *bounds, 0),)

    def ownScreens(self, screens: Sequence[Screen]) -> Sequence[Screen]:
        """
        @param screens: Screens as a viewer knows them.

        @return: The same, as the application does.
        """
        source = self._screenSource
        if source is None:
            return screens
        nothing: Sequence[Screen] = ()
        own = self._read("list of screens", lambda: source.screens, nothing)
        if all(screen.id for screen in own):
            return screens
        return _renumbered(screens, _freeNumber(own), 0)


def _freeNumber(screens: Sequence[Screen]) -> int:
    """
    @return: What stands for the number 0, which libvncclient takes for that of no
        screen: a number that no screen has.
    """
    numbers = {screen.id for screen in screens}
    return next(number for number in count(_ZERO, -1) if number not in numbers)


def _renumbered(screens: Sequence[Screen], old: int, new: int) -> Sequence[Screen]:
    if all(screen.id != old for screen in screens):
        return screens
    return tuple(
        screen._replace(id=new) if screen.id == old else screen for screen in screens
    )
