# -*- test-case-name: tests.client.test_formats -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
When a viewer may ask for another pixel format (RFC 6143, section 7.5.1), so that it
knows of each update in which format its pixels are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

from txrfb._wire.messages import FramebufferUpdateRequest, SetPixelFormat
from txrfb._wire.messages.extensions import (
    REQUEST,
    SYNC_NEXT,
    EnableContinuousUpdates,
    Fence,
)
from txrfb.client.input import Message
from txrfb.geometry import Rectangle
from txrfb.pixels import PixelFormat

__all__ = ["FormatChanges"]

#: By what an answer is known: what comes before it is in the old format, what comes
#: after it in the new one.
_MARK = b"format"


class FormatChanges:
    """
    Puts a change of the format where no update can be on its way.

    If nothing was requested, it is sent at once.  A server that knows fences is told
    by one where the change begins.  Of any other the update is awaited that was
    requested; as it may answer several requests by one update or by several, no more
    than one may be made at a time by a viewer of such a server that changes the format.
    Its continuous updates are switched off for the change.

    @ivar canFence: Whether the server is known to know fences.
    """

    def __init__(self, use: Callable[[PixelFormat], None]) -> None:
        """
        @param use: Called with the format in which all pixels are that come from then
            on.
        """
        self.canFence = False
        self._use = use
        # Whether an update may come, and what keeps them coming.
        self._isAsked = False
        self._continuous: EnableContinuousUpdates | None = None
        # Formats that are in force when a fence comes back; the one that waits for an
        # update, or for the end of continuous updates.
        self._fenced: deque[PixelFormat] = deque()
        self._waiting: SetPixelFormat | None = None
        self._isEnding = False

    def say(self, message: Message, bounds: Rectangle) -> Iterator[Message]:
        """
        The viewer wants something to be sent.

        @param bounds: The screen.

        @return: What is to be sent now.
        """
        if isinstance(message, SetPixelFormat):
            yield from self._change(message)
            return
        if isinstance(message, FramebufferUpdateRequest):
            if message.rectangle.intersects(bounds):
                self._isAsked = True
        elif isinstance(message, EnableContinuousUpdates):
            self._continuous = message if message.enable else None
        yield message

    def updated(self, isAnswer: bool) -> Iterator[Message]:
        """
        An update has come.

        @param isAnswer: Whether it answers what was requested for sure.

        @return: What is to be sent now.
        """
        if isAnswer:
            self._isAsked = False
            if not self._isEnding:
                yield from self._goOn()

    def ended(self) -> Iterator[Message]:
        """
        Continuous updates have ended, or the server says that it knows them.

        @return: What is to be sent now.
        """
        if self._isEnding:
            self._isEnding = self._isAsked = False
            yield from self._goOn()
            if self._continuous is not None:
                yield self._continuous

    def fenced(self, fence: Fence) -> bool:
        """
        A fence has come.

        @return: Whether it was the answer to one from here, and is nobody's business.
        """
        self.canFence = True
        if fence.flags & REQUEST or fence.payload != _MARK or not self._fenced:
            return False
        self._use(self._fenced.popleft())
        return True

    def _change(self, message: SetPixelFormat) -> Iterator[Message]:
        isFlowing = self._isAsked or self._continuous is not None
        if self.canFence and (isFlowing or self._fenced):
            self._fenced.append(message.format)
            yield Fence(REQUEST | SYNC_NEXT, _MARK)
            yield message
            return
        self._waiting = message
        if not isFlowing:
            yield from self._goOn()
        elif self._continuous is not None and not self._isEnding:
            self._isEnding = True
            yield EnableContinuousUpdates(False, Rectangle(0, 0, 0, 0))

    def _goOn(self) -> Iterator[Message]:
        message, self._waiting = self._waiting, None
        if message is not None:
            self._use(message.format)
            yield message
