# -*- test-case-name: tests.x11.test_inputs -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The buttons of an X display's pointer, and who holds which of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping

from txrfb.x11 import xtest
from txrfb.x11.wire import Request

__all__ = ["Buttons"]

#: How many buttons viewers can have.
_BUTTONS = 9


class Buttons:
    """
    Makes of what viewers hold what the buttons of the display do.
    """

    def __init__(self) -> None:
        # Which button does what a button usually does.
        self._mapping: Mapping[int, int] = {}
        self._held: dict[Hashable, int] = {}
        # How many hold a button of the display.
        self._pressed: Counter[int] = Counter()

    def reload(self, mapping: Mapping[int, int]) -> list[Request]:
        """
        The buttons mean something else.

        @param mapping: Which button does what the left, the middle, the right one and
            the others usually do.

        @return: That the buttons come up that are down: they would not as what they
            were.
        """
        requests = self.releaseAll()
        self._mapping = mapping
        return requests

    def hold(self, viewer: Hashable, buttons: int) -> list[Request]:
        """
        @param buttons: The buttons that a viewer holds now: bit 0 is the left one.

        @return: What changes.
        """
        changed = self._held.get(viewer, 0) ^ buttons
        if not changed:
            return []
        if buttons:
            self._held[viewer] = buttons
        else:
            del self._held[viewer]
        requests = []
        for number in range(_BUTTONS):
            button = self._mapping.get(number + 1)
            if button is not None and changed >> number & 1:
                down = bool(buttons >> number & 1)
                before = self._pressed[button]
                after = before + 1 if down else max(before - 1, 0)
                self._pressed[button] = after
                if bool(before) != bool(after):
                    requests.append(xtest.fakeButton(button, down))
        return requests

    def releaseAll(self) -> list[Request]:
        """
        @return: That everything comes up.
        """
        requests = [
            xtest.fakeButton(button, False)
            for button, count in self._pressed.items()
            if count
        ]
        self._pressed.clear()
        self._held.clear()
        return requests
