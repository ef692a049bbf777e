# -*- test-case-name: tests.security.test_gate -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The waiting room: connections that are not logged in.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

__all__ = ["Drop", "WaitingRoom"]

#: Closes a connection.
Drop = Callable[[], None]


class WaitingRoom:
    """
    The connections that are not logged in, by address.  There is always room for one
    more: if there are too many, the address that has most of them loses the one that
    has been there longest.

    @ivar size: How many there may be.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._waiting: dict[Hashable, dict[Drop, None]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def enter(self, key: Hashable, drop: Drop) -> None:
        """
        A connection comes.

        @param key: Its address.

        @param drop: Closes it, and calls L{leave}.
        """
        self._waiting.setdefault(key, {})[drop] = None
        if len(self) > self.size:
            most = max(self._waiting.values(), key=len)
            next(iter(most))()

    def leave(self, key: Hashable, drop: Drop) -> None:
        """
        A connection is logged in, or ends.
        """
        del self._waiting[key][drop]
        if not self._waiting[key]:
            del self._waiting[key]
