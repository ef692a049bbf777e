# -*- test-case-name: tests.security.test_gate -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The waiting room: connections that are not logged in.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

__all__ = ["Choose", "Drop", "WaitingRoom"]

#: Closes a connection.
Drop = Callable[[], None]

#: Chooses one of them.
Choose = Callable[[Sequence[Drop]], Drop]


class WaitingRoom:
    """
    The connections that are not logged in, by address.  There is always room for one
    more: if there are too many, one of those is closed that are of the address which
    has most of them, or of any of these addresses.

    Which one, is left to chance: whoever fills the room from many addresses would know
    how many connections it takes to drive out all that were there before.

    @ivar size: How many there may be.
    """

    def __init__(self, size: int, choose: Choose) -> None:
        """
        @param choose: Chooses one.
        """
        self.size = size
        self._choose = choose
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
            most = max(map(len, self._waiting.values()))
            crowd = [
                each
                for those in self._waiting.values()
                if len(those) == most
                for each in those
                if each != drop
            ]
            # The one that has just come is the only one at most where there is no room.
            self._choose(crowd or [drop])()

    def all(self) -> list[Drop]:
        """
        @return: What closes each connection that is there.
        """
        return [each for those in self._waiting.values() for each in those]

    def leave(self, key: Hashable, drop: Drop) -> None:
        """
        A connection is logged in, or ends.
        """
        del self._waiting[key][drop]
        if not self._waiting[key]:
            del self._waiting[key]
