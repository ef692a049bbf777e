# -*- test-case-name: tests.security.test_seldom -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Errors that strangers can repeat, which need not be in the log each time.
"""

from __future__ import annotations

__all__ = ["Seldom"]

#: From here on every so many times.
_EVERY = 64


class Seldom:
    """
    Counts how often something has happened, and says when that is to be told: the first
    time, the second, the fourth and so on, and then every 64th time.
    """

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def isDue(self, what: str) -> bool:
        """
        It has happened again.

        @param what: One of a few things that happen.

        @return: Whether it is to be told.
        """
        count = self._counts[what] = self._counts.get(what, 0) + 1
        return not count % _EVERY or (count < _EVERY and not count & (count - 1))
