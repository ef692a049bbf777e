# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.broadcast.layout}.
"""

from __future__ import annotations

import contextlib
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from txrfb.broadcast.layout import (
    ENTRY,
    Act,
    Info,
    KeyFrame,
    Keys,
    Kind,
    Place,
    entriesOf,
    entryOf,
    piecesOf,
)

NUMBER = st.integers(0, (1 << 64) - 1)

ACTS = st.one_of(
    st.tuples(st.just("key"), st.integers(0, 0xFFFFFFFF), st.integers(0, 1)),
    st.tuples(st.just("pointer"), *[st.integers(0, 0xFFFF)] * 3),
    st.tuples(st.just("cut"), st.text(max_size=50)),
    st.tuples(st.just("hello"), st.integers(0, 100)),
    st.tuples(st.just("left")),
    st.tuples(
        st.just("size"),
        *[st.integers(0, 0xFFFF)] * 2,
        st.lists(st.tuples(*[st.integers(0, 0xFFFF)] * 6), max_size=3).map(tuple),
    ),
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


class LayoutTests(SynchronousTestCase):
    """
    To bytes and back.
    """

    def test_keys(self) -> None:
        """
        All keys of a broadcast are in one slot; names that would be in none, or in
        another's, are refused.
        """
        keys = Keys.of("lobby-1.a_b")
        for key in keys:
            self.assertEqual(key.split(b":")[1], b"{lobby-1.a_b}")
        self.assertEqual(len(set(keys)), 5)
        for name in ("", "a}", "a/b", "a b", "\u00e4", "x" * 65, "-a", "a\n"):
            self.assertRaises(ValueError, Keys.of, name)

    @given(NUMBER, NUMBER)
    def test_place(self, epoch: int, serial: int) -> None:
        """
        A place is an id of an entry.
        """
        place = Place(epoch, serial)
        self.assertEqual(Place.fromBytes(place.toBytes()), place)

    def test_noPlace(self) -> None:
        """
        What is no id is refused.
        """
        for data in (b"", b"1", b"1-", b"a-1", b"1-1-1", b"1-%d" % (1 << 64), None, 7):
            self.assertRaises(ValueError, Place.fromBytes, data)

    @given(NUMBER, NUMBER, st.integers(1, 65535), st.integers(1, 65535))
    def test_keyFrame(self, epoch: int, serial: int, width: int, height: int) -> None:
        """
        A key frame comes back.
        """
        frame = KeyFrame(Place(epoch, serial), width, height, b"\0\0\0\1abc")
        self.assertEqual(KeyFrame.fromBytes(frame.toBytes()), frame)

    @given(st.one_of(st.binary(max_size=80), st.none(), st.integers()))
    def test_anyKeyFrame(self, data: Any) -> None:
        """
        Anything else is refused.
        """
        if isinstance(data, bytes) and data[:4] == b"RFB1":
            return
        self.assertRaises(ValueError, KeyFrame.fromBytes, data)

    def test_pieces(self) -> None:
        """
        What is long is divided, and is the same together.
        """
        for size in (1, ENTRY - 1, ENTRY, ENTRY + 1, 2 * ENTRY + 5):
            data = bytes(size)
            pieces = list(piecesOf(data))
            self.assertEqual(b"".join(piece for _, piece in pieces), data)
            self.assertLessEqual(max(len(piece) for _, piece in pieces), ENTRY)
            kinds = [kind for kind, _ in pieces]
            self.assertEqual(kinds.pop(), Kind.SAID)
            self.assertEqual(set(kinds) - {Kind.MORE}, set())

    @given(
        st.recursive(
            st.none() | st.integers() | st.binary(max_size=9),
            lambda inner: st.lists(inner, max_size=4),
            max_leaves=12,
        )
    )
    def test_anyEntries(self, reply: Any) -> None:
        """
        Whatever is answered, it is entries or a C{ValueError}.
        """
        with contextlib.suppress(ValueError):
            for number, fields in entriesOf(reply, b"k"):
                entryOf(number, fields)

    def test_entries(self) -> None:
        """
        What Redis answers is read; entries that were deleted meanwhile are none.
        """
        reply = [[b"k", [[b"5-1", [b"b", b"x"]], [b"5-2", None]]]]
        first, second = entriesOf(reply, b"k")
        self.assertEqual(entryOf(*first), (Place(5, 1), Kind.SAID, b"x"))
        self.assertRaises(ValueError, entryOf, *second)
        self.assertRaises(ValueError, entriesOf, reply, b"other")
        self.assertEqual(entriesOf(None, b"k"), [])


class ActTests(SynchronousTestCase):
    """
    What edges say.
    """

    @given(ACTS, st.integers(0, 1 << 40), st.integers(0, 1 << 30))
    def test_act(self, what: tuple[Any, ...], order: int, viewer: int) -> None:
        """
        An act comes back; but for halves of characters, which are no text.
        """
        act = Act("edge", order, viewer, "keys", what)
        if what[0] == "cut" and not what[1].isprintable():
            Act.fromBytes(act.toBytes())
            return
        self.assertEqual(Act.fromBytes(act.toBytes()), act)

    @given(JSON)
    def test_anyJSON(self, value: Any) -> None:
        """
        Anything else is refused.
        """
        self.assertRaises(ValueError, Act.fromBytes, json.dumps(value).encode())

    @given(st.one_of(ACTS, JSON), JSON, JSON, JSON)
    def test_nearly(self, what: Any, edge: Any, order: Any, viewer: Any) -> None:
        """
        What is nearly an act is refused, or has all that acts have.
        """
        data = json.dumps([edge, order, viewer, "view", what]).encode()
        with contextlib.suppress(ValueError):
            act = Act.fromBytes(data)
            self.assertIsInstance(act.what[0], str)
            self.assertIsInstance(act.order, int)

    def test_limits(self) -> None:
        """
        Numbers that RFB cannot have, and what is too long, are refused.
        """
        for what in (
            ("key", -1, 1),
            ("key", 1 << 32, 1),
            ("key", 5, 2),
            ("key", 5, True),
            ("pointer", 65536, 0, 0),
            ("size", 5, 5, [[1, 2, 3]]),
            ("size", 5, 5, 5),
            ("cut", 5),
            ("cut", "x" * (1 << 19)),
            ("fly",),
            (),
        ):
            data = json.dumps(["e", 0, 1, "full", what]).encode()
            self.assertRaises(ValueError, Act.fromBytes, data)
        deep = b"[" * 3000
        self.assertRaises(ValueError, Act.fromBytes, deep)

    def test_info(self) -> None:
        """
        What origins say of themselves comes back.
        """
        info = Info(7, "keys", True, False)
        self.assertEqual(Info.fromBytes(info.toBytes()), info)
        for data in (None, b"", b"5", b"{}", b'{"epoch": 1.5, "rights": "view"}'):
            self.assertRaises(ValueError, Info.fromBytes, data)
