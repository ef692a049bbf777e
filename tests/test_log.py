# -*- test-case-name: tests.test_log -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.log}.
"""

from __future__ import annotations

import json
import math
import os
import socket
import sys
from glob import glob
from io import StringIO
from typing import Any, NoReturn

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.logger import (
    FileLogObserver,
    LogEvent,
    Logger,
    LogLevel,
    globalLogPublisher,
)
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from txrfb._wire.transcript import Transcript
from txrfb.log import (
    bunyanObserver,
    jsonObserver,
    jsonSummaryObserver,
    logTo,
    textObserver,
    traceMessages,
)


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
    Tests for L{jsonObserver}.
    """

    def setUp(self) -> None:
        """
        A logger that writes to memory.
        """
        self.patch(Transcript, "tracing", False)
        self.out = StringIO()
        self.log = Logger(namespace="tests.json", observer=jsonObserver(self.out))

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

    def test_olderName(self) -> None:
        """
        The observer's older name, which stands in unit files, makes the same lines.
        """
        older = StringIO()
        for observer in (jsonObserver(self.out), jsonSummaryObserver(older)):
            observer({"log_time": 0.0, "log_namespace": "x", "log_format": "said"})
        self.assertEqual(older.getvalue(), self.out.getvalue())
        self.assertIn('"said"', older.getvalue())

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
        observer = jsonObserver(self.out)
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
        jsonObserver(self.out)(event)
        self.record()

    def test_standardOutput(self) -> None:
        """
        By default it writes to what was standard output when it was made.
        """
        self.patch(__import__("sys"), "stdout", self.out)
        observer = jsonObserver()
        self.assertIsInstance(observer, FileLogObserver)
        observer({"log_format": "hello"})
        self.assertEqual(self.record()["text"], "hello")

    def test_tracing(self) -> None:
        """
        Messages of connections are not in it unless somebody asks for them.
        """
        jsonObserver(self.out)
        self.assertFalse(Transcript.tracing)

    def test_noTrailingBlanks(self) -> None:
        """
        No text ends with a blank: not of a message, with or without a detail.
        """
        traceMessages()
        globalLogPublisher.addObserver(observer := jsonObserver(self.out))
        self.addCleanup(globalLogPublisher.removeObserver, observer)
        transcript = Transcript(7, Clock())
        transcript.begin("version")
        transcript.tx("A", 3)
        transcript.rx("B", 4, "detail")
        transcript.beginUpdate(1, 7, 1)
        transcript.endUpdate()
        transcript.failed("the end")
        for line in self.out.getvalue().splitlines():
            text = json.loads(line)["text"]
            self.assertEqual(text, text.rstrip())


class BunyanObserverTests(SynchronousTestCase):
    """
    Tests for L{bunyanObserver}.  C{tests.interop.test_bunyan} shows what it writes to
    bunyan itself.
    """

    def setUp(self) -> None:
        """
        A logger that writes to memory.
        """
        self.out = StringIO()
        self.log = Logger(namespace="tests.bunyan", observer=bunyanObserver(self.out))

    def record(self) -> dict[str, Any]:
        """
        @return: The one object that was written.
        """
        [line] = self.out.getvalue().splitlines()
        found: dict[str, Any] = json.loads(line, parse_constant=self.fail)
        return found

    def test_record(self) -> None:
        """
        It has all that such a record must have, and the fields of the event; those
        that would take the place of something else have another name.
        """
        self.log.info("{name} of {size}", name="Bell", size=1, pid="x", req="y")
        record = self.record()
        self.assertRegex(
            record.pop("time"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"
        )
        self.assertEqual(
            record,
            {
                "v": 0,
                "name": "txrfb",
                "hostname": socket.gethostname(),
                "pid": os.getpid(),
                "level": 30,
                "msg": "Bell of 1",
                "component": "tests.bunyan",
                "name_": "Bell",
                "size": 1,
                "pid_": "x",
                "req_": "y",
            },
        )

    def test_levels(self) -> None:
        """
        Levels are bunyan's numbers; what has none is information.
        """
        for level, number in zip(
            LogLevel.iterconstants(), (20, 30, 40, 50, 60), strict=True
        ):
            self.log.emit(level, "x")
            self.assertEqual(self.record()["level"], number)
            self.out.seek(0)
            self.out.truncate()
        bunyanObserver(self.out)({"log_format": "x"})
        self.assertEqual(self.record()["level"], 30)
        self.assertEqual(self.record()["time"], "1970-01-01T00:00:00.000Z")

    def test_failure(self) -> None:
        """
        An exception is an C{err} with message, name and stack.
        """
        self.log.failure("while testing", failureOf(ValueError("odd")))
        record = self.record()
        self.assertEqual((record["level"], record["msg"]), (60, "while testing"))
        error = record["err"]
        self.assertEqual((error["name"], error["message"]), ("ValueError", "odd"))
        self.assertIn("ValueError: odd", error["stack"])


class DestinationTests(SynchronousTestCase):
    """
    Where observers write that are made by their names alone.
    """

    def setUp(self) -> None:
        """
        Leave no trace.
        """
        self.addCleanup(logTo, None)

    def test_file(self) -> None:
        """
        Each writes to the file that L{logTo} names.
        """
        for make, words in (
            (textObserver, "[tests#info] hello"),
            (jsonObserver, '"text": "hello"'),
            (bunyanObserver, '"msg": "hello"'),
        ):
            path = self.mktemp()
            logTo(path)
            Logger(namespace="tests", observer=make()).info("hello")
            with open(path) as file:
                self.assertIn(words, file.read())

    def test_bounded(self) -> None:
        """
        Whatever is logged, there are so many files of such a size, the newest last.
        """
        path = self.mktemp()
        logTo(path, size=500, count=2)
        log = Logger(namespace="tests", observer=jsonObserver())
        for number in range(100):
            log.info("line {number}", number=number)
        files = sorted(glob(f"{path}*"))
        self.assertEqual(files, [path, f"{path}.1", f"{path}.2"])
        for one in files:
            self.assertLess(os.path.getsize(one), 800)
        with open(path) as file:
            self.assertEqual(json.loads(file.readlines()[-1])["number"], 99)

    def test_standardOutput(self) -> None:
        """
        C{None} is standard output.
        """
        logTo(self.mktemp())
        logTo(None)
        self.patch(sys, "stdout", out := StringIO())
        Logger(namespace="tests", observer=jsonObserver()).info("hello")
        self.assertIn("hello", out.getvalue())
