# -*- test-case-name: tests.test_log -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.log}.
"""

from __future__ import annotations

import json
import math
from io import StringIO
from typing import Any, NoReturn

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.logger import (
    FileLogObserver,
    LogEvent,
    Logger,
)
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from txrfb._wire.transcript import Transcript
from txrfb.log import jsonObserver, jsonSummaryObserver


def failureOf(error: Exception) -> Failure:
    """
    @return: C{error} as if it had just been caught.
    """
    try:
        raise error
    except type(error):
        return Failure()


class Unprintable:
    """
    An object that cannot be made a text.
    """

    def __repr__(self) -> NoReturn:
        """
        Fail.
        """
        raise RuntimeError("no text")


class JSONObserverTests(SynchronousTestCase):
    """
    Tests for L{jsonObserver} and L{jsonSummaryObserver}.
    """

    def setUp(self) -> None:
        """
        A logger that writes to memory.
        """
        self.patch(Transcript, "tracing", False)
        self.out = StringIO()
        self.log = Logger(
            namespace="tests.json", observer=jsonSummaryObserver(self.out)
        )

    def record(self) -> dict[str, Any]:
        """
        @return: The one object that was written.
        """
        text = self.out.getvalue()
        self.assertTrue(text.endswith("\n"))
        self.assertEqual(text.count("\n"), 1)
        self.assertTrue(text.isascii())
        found: dict[str, Any] = json.loads(text, parse_constant=self.fail)
        return found

    def test_record(self) -> None:
        """
        Time, level, namespace and text come first; fields follow by their names.
        """
        self.log.info("{direction} of {size}", direction="tx", size=12)
        record = self.record()
        self.assertRegex(record.pop("time"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:[\d.]+Z$")
        self.assertEqual(
            record,
            {
                "level": "info",
                "namespace": "tests.json",
                "text": "tx of 12",
                "direction": "tx",
                "size": 12,
            },
        )

    def test_odd(self) -> None:
        """
        What JSON does not have is written as text, and nothing fails.
        """
        loop: list[object] = []
        loop.append(loop)
        self.log.info(
            "odd\nthings",
            data=b"caf\xc3\xa9 \xff",
            infinity=math.inf,
            nothing=math.nan,
            mapping={(1, 2): {3}, "b": None},
            loop=loop,
            unprintable=Unprintable(),
            surrogate="\udc80",
        )
        record = self.record()
        self.assertEqual(record["data"], "caf\u00e9 \\xff")
        self.assertEqual(record["infinity"], "inf")
        self.assertEqual(record["nothing"], "nan")
        self.assertEqual(record["mapping"], {"(1, 2)": [3], "b": None})
        self.assertIn("Unprintable", record["unprintable"])
        self.assertEqual(record["surrogate"], "\udc80")

    def test_reservedNames(self) -> None:
        """
        A field cannot take the place of the text, the level or the time.
        """
        self.log.warn("real", text="false", namespace="false", time="false")
        record = self.record()
        self.assertEqual((record["text"], record["namespace"]), ("real", "tests.json"))
        self.assertNotEqual(record["time"], "false")

    def test_failure(self) -> None:
        """
        A failure is written with its traceback.
        """
        self.log.failure("while testing", failureOf(ValueError("odd")))
        record = self.record()
        self.assertEqual(record["level"], "critical")
        self.assertIn("ValueError: odd", record["traceback"])

    def test_legacyEvent(self) -> None:
        """
        Events of the older logging system are written, too.
        """
        observer = jsonSummaryObserver(self.out)
        observer({"log_time": 1e30, "log_format": "x", "message": ("a",), "isError": 0})
        record = self.record()
        self.assertEqual((record["text"], record["time"]), ("x", None))
        self.assertNotIn("message", record)

    @given(
        st.dictionaries(
            st.text(max_size=8),
            st.recursive(
                st.none()
                | st.booleans()
                | st.integers()
                | st.floats()
                | st.binary(max_size=8),
                # Small ones: hypothesis draws a container anew that has too many
                # leaves, and that took nearly all of the test's time.
                lambda inner: (
                    st.lists(inner, max_size=3)
                    | st.dictionaries(st.text(max_size=4), inner, max_size=3)
                ),
                max_leaves=8,
            ),
            max_size=4,
        )
    )
    @settings(max_examples=60, deadline=None)
    def test_anyEvent(self, event: LogEvent) -> None:
        """
        Whatever an event holds, it becomes one object on one line.
        """
        self.out.seek(0)
        self.out.truncate()
        jsonSummaryObserver(self.out)(event)
        self.record()

    def test_standardOutput(self) -> None:
        """
        By default it writes to what was standard output when it was made.
        """
        self.patch(__import__("sys"), "stdout", self.out)
        observer = jsonSummaryObserver()
        self.assertIsInstance(observer, FileLogObserver)
        observer({"log_format": "hello"})
        self.assertEqual(self.record()["text"], "hello")

    def test_tracing(self) -> None:
        """
        L{jsonObserver} shows the messages of connections as well, and
        L{jsonSummaryObserver} leaves them out.
        """
        self.assertFalse(Transcript.tracing)
        jsonObserver(self.out)
        self.assertTrue(Transcript.tracing)
