# -*- test-case-name: tests.test_cache -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Rectangles that are encoded already, for the next viewer that wants the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

#: How many frames an entry is kept that nobody asks for: viewers further behind
#: than this share little with each other.
_FRAMES = 16

#: What an entry costs beside its bytes: keys, tuples and links, measured.
_OVERHEAD = 400


class EncodedCache:
    """
    Bytes by key, bounded in bytes: what was not asked for longest goes first.

    @ivar capacity: How many bytes it may hold.
    @ivar size: How many bytes it holds.
    @ivar hits: How often something was found.
    @ivar misses: How often something was not found.
    @ivar evictions: How many entries made room for others.
    """

    def __init__(self, capacity: int = 64 << 20) -> None:
        """
        @param capacity: The most bytes to hold; 0 to hold nothing.

        @raise ValueError: if it is negative.
        """
        if capacity < 0:
            raise ValueError(f"a cache of {capacity} bytes")
        self.capacity = capacity
        self.size = 0
        self.hits = 0
        self.misses = 0
        self.evictions = 0
        self._entries: OrderedDict[Hashable, tuple[bytes, int]] = OrderedDict()
        self._frame = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Hashable) -> bytes | None:
        """
        @return: The bytes, if they are here.
        """
        entries = self._entries
        found = entries.get(key)
        if found is None:
            self.misses += 1
            return None
        self.hits += 1
        data, frame = found
        if frame != self._frame:
            entries[key] = (data, self._frame)
            entries.move_to_end(key)
        return data

    def put(self, key: Hashable, data: bytes) -> None:
        """
        Keep C{data}, and let go what there is no more room for.
        """
        cost = len(data) + _OVERHEAD
        if cost > self.capacity:
            return
        entries = self._entries
        old = entries.pop(key, None)
        if old is not None:
            self.size -= len(old[0]) + _OVERHEAD
        entries[key] = (data, self._frame)
        self.size += cost
        while self.size > self.capacity:
            self._drop()

    def nextFrame(self) -> None:
        """
        The picture has changed: let go what nobody asked for since long ago.
        """
        self._frame += 1
        oldest = self._frame - _FRAMES
        entries = self._entries
        while entries and next(iter(entries.values()))[1] < oldest:
            self._drop()

    def clear(self) -> None:
        """
        Let go everything.
        """
        self._entries.clear()
        self.size = 0

    def _drop(self) -> None:
        _, (data, _) = self._entries.popitem(last=False)
        self.size -= len(data) + _OVERHEAD
        self.evictions += 1
