# -*- test-case-name: tests.transcript.test_records -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.transcript.records}.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.logger import Logger
from twisted.trial.unittest import SynchronousTestCase

from tests.transcript.logs import Observed, converse
from txrfb.transcript.records import Follower, Record, parseTime, recordsOf

UTC = timezone.utc


class RecordTests(SynchronousTestCase):
    """
    Tests for L{recordsOf}.
    """

    def test_observers(self) -> None:
        """
        What any of the observers writes is read alike.
        """
        with Observed() as outs:
            converse(failing=True)
            try:
                raise ValueError("odd")
            except ValueError:
                Logger(namespace="tests").failure("while testing")
        self.flushLoggedErrors(ValueError)
        found = {
            name: list(recordsOf(out.getvalue().splitlines(True)))
            for name, out in outs.items()
        }
        for records in found.values():
            [failed] = [record for record in records if record.level == "warn"]
            exception = records[-1]
            self.assertEqual((failed.level, failed.connection), ("warn", 1))
            lines = [*failed.text.splitlines(), *failed.more]
            self.assertIn("FAILED in Messages", lines[0])
            self.assertTrue(lines[1].endswith("0.000 BEGIN ProtocolVersion"), lines[1])
            self.assertEqual(exception.level, "critical")
            self.assertEqual(exception.text, "while testing")
            self.assertEqual(exception.connection, None)
            self.assertIn("ValueError: odd", exception.more[-1])
            assert exception.time is not None
            self.assertLess(abs(datetime.now(UTC) - exception.time), timedelta(hours=1))
        one, *others = (
            [(r.level, r.connection, r.text.split("\n")[0]) for r in records]
            for records in found.values()
        )
        self.assertGreater(len(one), 20)
        for other in others:
            self.assertEqual(other, one)

    def test_levels(self) -> None:
        """
        Bunyan's levels are numbers, from trace to fatal, and some between.
        """
        for number, level in (
            (10, "debug"),
            (20, "debug"),
            (30, "info"),
            (35, "info"),
            (40, "warn"),
            (50, "error"),
            (60, "critical"),
            (99, "critical"),
        ):
            [record] = recordsOf([f'{{"v": 0, "msg": "x", "level": {number}}}'])
            self.assertEqual(record.level, level)

    def test_legacy(self) -> None:
        """
        Events of the older logging system have no level.
        """
        [record] = recordsOf(["2026-11-29T12:00:00+0100 [-] hello\n"])
        time = datetime(2026, 11, 29, 11, tzinfo=UTC)
        self.assertEqual(record, Record(time, "info", "hello"))

    def test_lost(self) -> None:
        """
        Lines without a head, as at the begin of a file that was rotated, are shown.
        """
        self.assertEqual(
            list(recordsOf(["    tail", "", '{"v": 1}'])),
            [Record(None, "info", "    tail", None, ('{"v": 1}',))],
        )

    @given(
        st.lists(st.text(max_size=40) | st.sampled_from(["{", '{"text": 1}', "[-]"]))
    )
    @settings(max_examples=200, deadline=None)
    def test_anything(self, lines: list[str]) -> None:
        """
        Whatever is in a file, it is read.
        """
        list(recordsOf(lines))

    def test_times(self) -> None:
        """
        Times are UTC's if they do not say anything else.
        """
        for text, hour in (
            ("2026-11-29T12:00", 12),
            ("2026-11-29 12:00:00", 12),
            ("2026-11-29T12:00:00.000Z", 12),
            ("2026-11-29T12:00:00+0200", 10),
            ("2026-11-29T12:00:00+02:00", 10),
            ("2026-11-29", 0),
        ):
            self.assertEqual(parseTime(text), datetime(2026, 11, 29, hour, tzinfo=UTC))
        self.assertRaises(ValueError, parseTime, "yesterday")


class FollowerTests(SynchronousTestCase):
    """
    Tests for L{Follower}.
    """

    def setUp(self) -> None:
        """
        Follow a file.
        """
        self.path = self.mktemp()
        self.write("one\n")
        self.follower = Follower(self.path)
        self.addCleanup(self.follower.close)

    def write(self, text: str, mode: str = "a") -> None:
        """
        Write to the file.
        """
        with open(self.path, mode) as file:
            file.write(text)

    def test_grows(self) -> None:
        """
        Lines come when they are whole.
        """
        self.assertEqual(self.follower.lines(), ["one"])
        self.assertEqual(self.follower.lines(), [])
        self.write("tw")
        self.assertEqual(self.follower.lines(), [])
        self.write("o\nthree\n")
        self.assertEqual(self.follower.lines(), ["two", "three"])

    def test_rotated(self) -> None:
        """
        When the file is renamed, what came into it last is not lost, and the next one
        is read from its beginning, when it is there.
        """
        self.follower.lines()
        self.write("two\n")
        os.rename(self.path, f"{self.path}.1")
        self.assertEqual(self.follower.lines(), ["two"])
        self.write("three\n")
        self.assertEqual(self.follower.lines(), ["three"])
        self.write("four\n")
        self.assertEqual(self.follower.lines(), ["four"])

    def test_truncated(self) -> None:
        """
        A file that is made empty is read from its beginning.
        """
        self.follower.lines()
        self.write("2\n", "w")
        self.assertEqual(self.follower.lines(), ["2"])

    def test_missing(self) -> None:
        """
        There must be a file at first.
        """
        self.assertRaises(OSError, Follower, self.path + ".missing")
