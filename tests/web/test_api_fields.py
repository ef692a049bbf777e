# -*- test-case-name: tests.web.test_api_fields -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.web.api.fields}.
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from txrfb.web.api.doing import DOING
from txrfb.web.api.fields import Field, bodyOf, queryOf
from txrfb.web.api.looking import LOOKING
from txrfb.web.api.problems import Problem

VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


class FieldTests(SynchronousTestCase):
    """
    Parts of bodies.
    """

    def body(self, field: Field, value: Any) -> Any:
        """
        @return: What becomes of a value.
        """
        return bodyOf([field], json.dumps({"x": value}).encode("ascii"))["x"]

    def test_numbers(self) -> None:
        """
        Numbers are in their range, whole where they must be, and no booleans.
        """
        whole = Field("x", "integer", "", least=-1, most=3)
        for value, wanted in ((3, 3), (-1, -1), (2.0, 2)):
            found = self.body(whole, value)
            self.assertEqual((found, type(found)), (wanted, int))
        bads: tuple[Any, ...] = (4, -2, 1.5, True, "1", None, [], 1e400, float("nan"))
        for bad in bads:
            self.assertRaises(Problem, self.body, whole, bad)
        broken = Field("x", "number", "", most=1)
        self.assertEqual(self.body(broken, 0.5), 0.5)
        self.assertRaises(Problem, self.body, broken, 10**400)

    def test_arrays(self) -> None:
        """
        Arrays have strings.
        """
        array = Field("x", "array", "", least=1, most=2)
        self.assertEqual(self.body(array, ["a", "b"]), ["a", "b"])
        bads: tuple[Any, ...]
        bads = ([], ["a"] * 3, [1], [""], ["a" * 65], ["\ud800"], "a", {"a": 1})
        for bad in bads:
            self.assertRaises(Problem, self.body, array, bad)

    def test_choices(self) -> None:
        """
        A word is one of those that there are.
        """
        word = Field("x", "string", "", default="a", choices=("a", "b"))
        self.assertEqual(self.body(word, "b"), "b")
        self.assertEqual(bodyOf([word], b"{}"), {"x": "a"})
        self.assertRaises(Problem, self.body, word, "c")

    @given(st.binary() | VALUES.map(lambda value: json.dumps(value).encode("ascii")))
    def test_any(self, data: bytes) -> None:
        """
        Whatever comes is taken, or is a problem, and no other error.
        """
        for one in DOING:
            if one.fields:
                try:
                    values = bodyOf(one.fields, data)
                except Problem as problem:
                    self.assertEqual(problem.status, 400)
                else:
                    self.assertEqual(set(values), {field.name for field in one.fields})

    @given(st.data())
    def test_anyValue(self, data: st.DataObject) -> None:
        """
        So it is with bodies that are nearly right.
        """
        one = data.draw(st.sampled_from([one for one in DOING if one.fields]))
        names = st.sampled_from([field.name for field in one.fields])
        body = data.draw(st.dictionaries(names, VALUES))
        try:
            bodyOf(one.fields, json.dumps(body).encode("ascii"))
        except Problem as problem:
            self.assertEqual(problem.status, 400)


class QueryTests(SynchronousTestCase):
    """
    Queries.
    """

    def query(self, path: str, **given: str | list[str]) -> dict[str, Any]:
        """
        @return: The values of a query.
        """
        [one] = [one for one in LOOKING if one.path == path]
        lists = {k: v if isinstance(v, list) else [v] for k, v in given.items()}
        return queryOf(
            one.query,
            {k.encode(): [v.encode("utf-8") for v in vs] for k, vs in lists.items()},
        )

    def test_durations(self) -> None:
        """
        Times are in seconds or milliseconds, and not for ever.
        """
        for text, wanted in (
            ("300ms", 0.3),
            ("2s", 2.0),
            ("0.5", 0.5),
            ("60s", 60.0),
            ("1500.5ms", 1.5005),
        ):
            self.assertEqual(self.query("api/settled", quiet=text)["quiet"], wanted)
        for bad in ("", "0", "0ms", "61s", "-1", "1m", "1e3", "s", "\u0665s", "1 s"):
            self.assertRaises(Problem, self.query, "api/settled", quiet=bad)
        found = self.query("api/settled")
        self.assertEqual(found, {"quiet": 0.3, "timeout": 10.0})

    def test_pictures(self) -> None:
        """
        Parts of the screen, and sizes.
        """
        found = self.query("screenshot.png", area="1,2,3,4", scale="0.25")
        self.assertEqual(found, {"area": (1, 2, 3, 4), "scale": 0.25})
        for bad in ("", "1,2,3", "1,2,0,4", "-1,0,1,1", "1,2,3,4,5", "a,b,c,d"):
            self.assertRaises(Problem, self.query, "screenshot.png", area=bad)
        for bad in ("", "0", "2", "1.5", "-1", "nan", "0.00001", "1e-1"):
            self.assertRaises(Problem, self.query, "screenshot.png", scale=bad)

    def test_twice(self) -> None:
        """
        What is there twice is not understood; what others understand is left to them.
        """
        self.assertRaises(Problem, self.query, "screenshot.png", scale=["1", "1"])
        self.query("screenshot.png", token="x", other=["a", "b"])
