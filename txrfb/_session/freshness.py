# -*- test-case-name: tests.session.test_freshness -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
How fresh the pixels are that one viewer is sent: whoever asks for pixels, changed or
not, gets those that the framebuffer has at that time, not those of a frame before;
unless the framebuffer takes longer than a moment, or fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from txrfb._screen.display import Display


class Freshness:
    """
    Which capture answers a viewer's request.  It is the next that the frame rate
    allows, for all who wait: asking often brings no more captures.
    """

    __slots__ = ("_display", "_first", "_last")

    def __init__(self, display: Display) -> None:
        """
        @param display: What is shown.
        """
        self._display = display
        # Which capture was to be awaited when the viewer asked, and when it asked again
        # before there was that one.
        self._first = self._last = 0

    def asked(self) -> None:
        """
        The viewer asks for what there is now.
        """
        display = self._display
        self._last = display.nextCapture
        # Who asks again and again is not kept waiting by that.
        if self._first <= display.captures:
            self._first = self._last

    @property
    def isAwaited(self) -> bool:
        """
        Whether the picture is older than the request that is to be answered.
        """
        display = self._display
        return display.captures < self._first and not display.isLate

    @property
    def isAskedAgain(self) -> bool:
        """
        Whether it is older than the last request.
        """
        return self._display.captures < self._last
