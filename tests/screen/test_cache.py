# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._screen.cache}.
"""

from __future__ import annotations

from collections.abc import Hashable

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from txrfb._screen.cache import EncodedCache

COST = 400


class EncodedCacheTests(SynchronousTestCase):
    """
    Bytes by key, bounded in bytes.
    """

    def test_keeps(self) -> None:
        """
        What is put in is found, and counted.
        """
        cache = EncodedCache()
        cache.put("a", b"1")
        self.assertEqual(cache.get("a"), b"1")
        self.assertIsNone(cache.get("b"))
        self.assertEqual((cache.hits, cache.misses, len(cache)), (1, 1, 1))

    def test_replaces(self) -> None:
        """
        A key has the bytes that it got last, and costs no more than those.
        """
        cache = EncodedCache()
        cache.put("a", bytes(100))
        cache.put("a", b"1")
        self.assertEqual(cache.get("a"), b"1")
        self.assertEqual((len(cache), cache.size), (1, 1 + COST))

    def test_bounded(self) -> None:
        """
        What came first goes first when there is no room, and half of the room is
        never lost at once.
        """
        cache = EncodedCache(4 * (120 + COST))
        for key in "abcdefg":
            cache.put(key, bytes(100))
            self.assertLessEqual(cache.size, cache.capacity)
        held = [key for key in "abcdefg" if cache.get(key)]
        self.assertEqual(held, list("abcdefg"[-len(held) :]))
        self.assertGreaterEqual(len(held), 2)
        self.assertEqual(cache.evictions, 7 - len(held))

    def test_whatIsUsedStays(self) -> None:
        """
        What was asked for lately outlives what was not.
        """
        cache = EncodedCache(4 * (120 + COST))
        for key in "abcdefgh":
            cache.put(key, bytes(100))
            self.assertIsNotNone(cache.get("a"))
        self.assertIsNone(cache.get("b"))

    def test_tooLarge(self) -> None:
        """
        What is larger than everything is not kept, and drives nothing out.
        """
        cache = EncodedCache(1000)
        cache.put("a", bytes(100))
        cache.put("b", bytes(1000))
        self.assertIsNone(cache.get("b"))
        self.assertIsNotNone(cache.get("a"))

    def test_age(self) -> None:
        """
        What nobody asked for in sixteen frames is let go; what somebody did, is
        not.
        """
        cache = EncodedCache()
        cache.put("a", b"1")
        cache.put("b", b"2")
        for _ in range(7):
            cache.nextFrame()
        self.assertEqual(len(cache), 2)
        for _ in range(9):
            cache.nextFrame()
            cache.get("a")
        self.assertEqual((len(cache), cache.get("a")), (1, b"1"))

    def test_clear(self) -> None:
        """
        Everything is let go.
        """
        cache = EncodedCache()
        cache.put("a", b"1")
        cache.clear()
        self.assertEqual((len(cache), cache.size, cache.get("a")), (0, 0, None))

    def test_nothing(self) -> None:
        """
        A cache of no bytes holds nothing; one of less cannot be.
        """
        cache = EncodedCache(0)
        cache.put("a", b"")
        self.assertEqual(len(cache), 0)
        self.assertRaises(ValueError, EncodedCache, -1)

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["get", "put", "frame", "clear"]),
                st.integers(0, 9),
                st.integers(0, 900),
            ),
            max_size=60,
        )
    )
    def test_anything(self, actions: list[tuple[str, int, int]]) -> None:
        """
        Whatever is done, the size is that of what is held, and within the bound;
        and what is found is what was put in last.
        """
        cache = EncodedCache(3000)
        last: dict[Hashable, bytes] = {}
        for action, key, size in actions:
            if action == "put":
                last[key] = bytes(size)
                cache.put(key, last[key])
            elif action == "get":
                self.assertIn(cache.get(key), (None, last.get(key)))
            elif action == "frame":
                cache.nextFrame()
            else:
                cache.clear()
            # Not by asking for it, which would change what is held.
            held = cache._old | cache._young
            self.assertEqual(len(held), len(cache))
            self.assertTrue(all(last[key] == data for key, data in held.items()))
            expected = sum(len(data) * 6 // 5 + COST for data in held.values())
            self.assertEqual(cache.size, expected)
            self.assertLessEqual(cache.size, 3000)
