# -*- test-case-name: tests.session.test_sizerequests -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The sizes that one viewer asks for (rfbproto, SetDesktopSize): what can be, and may be,
is put to the application.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from txrfb._screen.resizing import SizeRequest
from txrfb._session.contracts import ISession
from txrfb._wire.messages.extensions import SetDesktopSize
from txrfb.encodings.desktop import (
    BY_THIS_VIEWER,
    GRANTED,
    INVALID_LAYOUT,
    OUT_OF_RESOURCES,
    PROHIBITED,
)
from txrfb.geometry import Rectangle

if TYPE_CHECKING:
    from txrfb._session.updates import UpdateProducer

#: The largest screen that a viewer may ask for, in pixels: 8192x8192.
_MAX_PIXELS = 1 << 26


class SizeRequests:
    """
    Judges what one viewer asks for.
    """

    def __init__(self, session: ISession, producer: UpdateProducer) -> None:
        """
        @param session: Whose viewer it is.

        @param producer: What has updates for it.
        """
        self._session = session
        self._producer = producer
        self._desktopSize = producer.desktopSize
        self._last: SizeRequest | None = None

    def received(self, message: SetDesktopSize) -> None:
        """
        The viewer asks for a size.
        """
        if self._last is not None and self._desktopSize.newSize == BY_THIS_VIEWER:
            # There is what it asked for last, but it cannot be told before this.
            self._last.forward()
        status = self._judge(message)
        if status != GRANTED:
            self._tell(status)
            return
        host = self._session.host
        application, display = self._session.application, host.display
        call: Callable[..., Any]
        arguments: tuple[Any, ...] = (message.width, message.height)
        if application.screens is not None:
            call = application.screens.layoutRequested
            arguments = (*arguments, display.desktop.ownScreens(message.screens))
        else:
            call = application.resizable.sizeRequested
        self._last = SizeRequest(
            self._producer,
            (message.width, message.height),
            call,
            (*arguments, self._session.viewer),
            self._tell,
            self._isAllowed,
        )
        display.resizing.request(self._last)

    def _isAllowed(self) -> bool:
        return self._session.mayUse("resize")

    def _judge(self, message: SetDesktopSize) -> int:
        """
        @return: Whether a request can be put to the application; why not, if not.
        """
        application = self._session.application
        isDivided = application.screens is not None
        if (application.resizable is None and not isDivided) or not self._isAllowed():
            return PROHIBITED
        bounds = Rectangle(0, 0, message.width, message.height)
        screens = message.screens
        if bounds.isEmpty or not screens:
            return INVALID_LAYOUT
        if bounds.area > _MAX_PIXELS:
            return OUT_OF_RESOURCES
        # Where there is but one screen, it is all of that, however the viewer would
        # divide it: over its monitors, or by what stood in memory (libvncclient).
        if isDivided and not _isLayout(message, bounds):
            return INVALID_LAYOUT
        return GRANTED

    def _tell(self, status: int) -> None:
        self._desktopSize.tell(BY_THIS_VIEWER, status)


def _isLayout(message: SetDesktopSize, bounds: Rectangle) -> bool:
    """
    @return: Whether the screens that are asked for can be.
    """
    parts = [Rectangle(*screen[1:5]) for screen in message.screens]
    numbers = {screen.id for screen in message.screens}
    return len(numbers) == len(parts) and not any(
        part.isEmpty or not bounds.contains(part) for part in parts
    )
