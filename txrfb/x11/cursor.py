# -*- test-case-name: tests.framebuffers.test_x11 -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The shape of the cursor.
"""

from __future__ import annotations

import struct
from collections import OrderedDict
from collections.abc import Callable

import numpy as np
from twisted.logger import Logger
from twisted.python.failure import Failure

from txrfb.error import DisplayError
from txrfb.pixels import Cursor
from txrfb.x11 import xfixes
from txrfb.x11.connection import X11Connection
from txrfb.x11.wire import Packet

__all__ = ["CursorWatch", "cursorOf"]

#: How many shapes are kept.
_MAX_SHAPES = 64

_log = Logger()


def cursorOf(image: xfixes.CursorImage) -> Cursor:
    """
    @return: A cursor as viewers want it: not premultiplied.
    """
    pixels = np.frombuffer(image.pixels, np.uint8).reshape(-1, 4).astype(np.uint32)
    alpha = pixels[:, 3:]
    colors = (pixels[:, :3] * 255 + alpha // 2) // np.maximum(alpha, 1)
    pixels[:, :3] = np.minimum(colors, 255)
    return Cursor(
        image.width,
        image.height,
        min(image.hotspotX, max(image.width - 1, 0)),
        min(image.hotspotY, max(image.height - 1, 0)),
        pixels.astype(np.uint8).tobytes(),
    )


class CursorWatch:
    """
    Follows the shape of the cursor while somebody looks: an event for each change, and
    a question for each shape that is new.
    """

    def __init__(
        self, connection: X11Connection, changed: Callable[[Cursor], None]
    ) -> None:
        """
        @param connection: One with XFIXES.

        @param changed: Called with the shape.
        """
        self._connection = connection
        self._changed = changed
        self._isOn = False
        # The number of the shape that is to be shown, if there is one.
        self._wanted: int | None = None
        self._shapes: OrderedDict[int, Cursor] = OrderedDict()
        connection.addListener(xfixes.NAME, xfixes.CURSOR_NOTIFY, self._notified)

    def start(self) -> None:
        """
        There is nothing to find out.
        """

    def stop(self) -> None:
        """
        There is nothing to give back.
        """
        self._isOn = False

    def watch(self, isWanted: bool) -> None:
        """
        Somebody looks, or nobody.
        """
        if isWanted == self._isOn:
            return
        self._isOn = isWanted
        root = self._connection.screen.root
        self._connection.send(xfixes.selectCursorInput(root, isWanted))
        if isWanted:
            self._wanted = None
            self._ask()

    def _notified(self, packet: Packet) -> None:
        (serial,) = struct.unpack_from("<I", packet, 8)
        self._wanted = serial
        known = self._shapes.get(serial)
        if known is None:
            self._ask()
        elif self._isOn:
            self._changed(known)

    def _ask(self) -> None:
        question = xfixes.getCursorImage()
        self._connection.ask(question).addCallbacks(self._received, self._failed)

    def _received(self, image: xfixes.CursorImage) -> None:
        cursor = self._shapes[image.serial] = cursorOf(image)
        if len(self._shapes) > _MAX_SHAPES:
            self._shapes.popitem(last=False)
        # A shape may have been followed by one that is known already.
        if self._isOn and self._wanted in (None, image.serial):
            self._changed(cursor)

    def _failed(self, failure: Failure) -> None:
        if not self._connection.isLost:
            _log.warn("The cursor of the X display: {error}", error=failure.value)
        failure.trap(DisplayError)
