# -*- test-case-name: tests.screen.test_cache -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Rectangles that are encoded already, for the next viewer that wants the same.
"""

from __future__ import annotations

from collections.abc import Hashable

#: How many frames an entry is kept at least that nobody asks for: viewers further
#: behind than this share little with each other.
_FRAMES = 8

#: What an entry costs besides its bytes, measured: keys, tuples and links; and, as a
#: part of the bytes, gaps between them that other memory does not fit into.
_OVERHEAD, _GAPS = 400, 5


def _costOf(data: bytes) -> int:
    return len(data) + len(data) // _GAPS + _OVERHEAD


class EncodedCache:
    """
    Bytes by key, bounded in bytes.

    Entries are in one of two generations.  What is put in or asked for is in the
    young one; when that is full, or some frames have passed, it becomes the old one,
    and what was in the old one, which nobody asked for since, goes at once.

    @ivar capacity: How many bytes it may hold.
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
        self.hits = 0
        self.misses = 0
        self.evictions = 0
        self._frames = 0
        self._young: dict[Hashable, bytes] = {}
        self._old: dict[Hashable, bytes] = {}
        self._youngSize = 0
        self._oldSize = 0

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    @property
    def size(self) -> int:
        """
        How many bytes it takes.
        """
        return self._youngSize + self._oldSize

    def get(self, key: Hashable) -> bytes | None:
        """
        @return: The bytes, if they are here.
        """
        data = self._young.get(key)
        if data is None:
            data = self._old.pop(key, None)
            if data is None:
                self.misses += 1
                return None
            self._oldSize -= _costOf(data)
            self._add(key, data)
        self.hits += 1
        return data

    def put(self, key: Hashable, data: bytes) -> None:
        """
        Keep C{data}, and let go what there is no more room for.
        """
        for generation in (self._young, self._old):
            before = generation.pop(key, None)
            if before is not None:
                cost = _costOf(before)
                if generation is self._young:
                    self._youngSize -= cost
                else:
                    self._oldSize -= cost
        if _costOf(data) <= self.capacity:
            self._add(key, data)

    def nextFrame(self) -> None:
        """
        The picture has changed: let go what nobody asked for since long ago.
        """
        self._frames += 1
        if self._frames >= _FRAMES:
            self._age()

    def clear(self) -> None:
        """
        Let go everything.
        """
        self._young = {}
        self._old = {}
        self._youngSize = self._oldSize = 0

    def _add(self, key: Hashable, data: bytes) -> None:
        cost = _costOf(data)
        if self._youngSize + cost > self.capacity // 2 and self._young:
            self._age()
        if self.size + cost > self.capacity:
            self._forgetOld()
        self._young[key] = data
        self._youngSize += cost

    def _age(self) -> None:
        self._frames = 0
        self._forgetOld()
        self._old, self._young = self._young, {}
        self._oldSize, self._youngSize = self._youngSize, 0

    def _forgetOld(self) -> None:
        self.evictions += len(self._old)
        self._old = {}
        self._oldSize = 0
