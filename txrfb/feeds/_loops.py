# -*- test-case-name: tests.feeds.test_relay -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Relays that, one after the other, show what they show themselves: a bell, a text or a
key would go round for ever.

Each relay lists an encoding upstream that does not exist, its mark, and those that its
own viewers list.  A relay that finds its mark in what a viewer lists is in a loop.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall, IReactorTime

    from txrfb.interfaces import IViewer

__all__ = ["LoopWatch"]

#: The numbers of marks: far from those that rfbproto gives to anybody.
_FIRST, _COUNT = 0x7458_0000, 1 << 16

#: How many relays one behind the other are told apart.
_MARKS = 32

#: Seconds after which a viewer that came has said what it lists; looked at twice.
_SOON, _LATER = 0.2, 3.0


class LoopWatch:
    """
    Looks at what viewers list.
    """

    def __init__(
        self,
        clock: IReactorTime,
        encodings: Iterable[int],
        listed: Callable[[tuple[int, ...]], None],
        looped: Callable[[], None],
    ) -> None:
        """
        @param clock: What time is taken from.

        @param encodings: What is listed upstream besides marks.

        @param listed: Called when something else is to be listed there.

        @param looped: Called if there is a loop.
        """
        self._clock = clock
        self._encodings = tuple(encodings)
        self._whenListed = listed
        self._whenLooped = looped
        self._mark = _FIRST + secrets.randbelow(_COUNT)
        self._others: tuple[int, ...] = ()
        self._viewers: Sequence[IViewer] = ()
        self._calls: list[IDelayedCall] = []
        self._isOn = False

    @property
    def encodings(self) -> tuple[int, ...]:
        """
        What is to be listed upstream.
        """
        return (*self._encodings, self._mark, *self._others)

    def watch(self, viewers: Sequence[IViewer]) -> None:
        """
        These are the viewers now.
        """
        self._viewers = viewers
        if self._isOn:
            self._cancel()
            self._calls = [
                self._clock.callLater(seconds, self._look)
                for seconds in (_SOON, _LATER)
            ]

    def start(self) -> None:
        """
        Look from now on.
        """
        self._isOn = True
        self.watch(self._viewers)

    def stop(self) -> None:
        """
        Look no more.
        """
        self._isOn = False
        self._cancel()

    def _cancel(self) -> None:
        for call in self._calls:
            if call.active():
                call.cancel()
        self._calls.clear()

    def _look(self) -> None:
        marks = {
            number
            for viewer in self._viewers
            for number in viewer.encodings
            if _FIRST <= number < _FIRST + _COUNT
        }
        if self._mark in marks:
            self._whenLooped()
            return
        others = tuple(sorted(marks)[:_MARKS])
        if others != self._others:
            self._others = others
            self._whenListed(self.encodings)
