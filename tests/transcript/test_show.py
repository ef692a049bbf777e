# -*- test-case-name: tests.transcript.test_show -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.transcript.show}.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from io import StringIO

from twisted.trial.unittest import SynchronousTestCase

from txrfb.transcript.records import LEVELS, Record
from txrfb.transcript.show import Filter, hasColors, shown

NOON = datetime(2026, 11, 29, 12, 0, 0, 123456, timezone(timedelta(hours=1)))


class Terminal(StringIO):
    """
    Something that people look at.
    """

    def isatty(self) -> bool:
        """
        It is one.
        """
        return True


class ShownTests(SynchronousTestCase):
    """
    Tests for L{shown}.
    """

    def test_lines(self) -> None:
        """
        Time in UTC, level and text; what belongs to it stands below, as deep as it is
        in itself.
        """
        record = Record(NOON, "warn", "one\n      two", 7, ("    three", "\t  four"))
        self.assertEqual(
            shown(record).splitlines(),
            [
                "2026-11-29 11:00:00.123 warn     one",
                "      two",
                "    three",
                "          four",
            ],
        )

    def test_noTime(self) -> None:
        """
        One without a time is no problem.
        """
        self.assertEqual(shown(Record(None, "info", "x")).strip(), "info     x")

    def test_colors(self) -> None:
        """
        With colors, what matters is seen from afar.
        """
        seen = {shown(Record(NOON, level, "x"), True) for level in LEVELS}
        self.assertEqual(len(seen), len(LEVELS))
        for text in seen:
            self.assertTrue(text.startswith("\x1b[2m2026-11-29 11:00:00.123\x1b[0m"))
        self.assertIn(
            "\x1b[33mwarn     x\x1b[0m", shown(Record(NOON, "warn", "x"), True)
        )

    def test_escapes(self) -> None:
        """
        What is in a log cannot act on the terminal.
        """
        text = shown(Record(None, "info", "\x1b[2J", None, ("\x07\u202e",)))
        self.assertNotIn("\x1b", text)
        self.assertIn("\\x07\\u202e", text)

    def test_hasColors(self) -> None:
        """
        There are colors on terminals, if nobody minds.
        """
        self.assertTrue(hasColors(Terminal(), {}))
        self.assertTrue(hasColors(Terminal(), {"NO_COLOR": ""}))
        self.assertFalse(hasColors(Terminal(), {"NO_COLOR": "1"}))
        self.assertFalse(hasColors(Terminal(), {"TERM": "dumb"}))
        self.assertFalse(hasColors(StringIO(), {}))


class FilterTests(SynchronousTestCase):
    """
    Tests for L{Filter}.
    """

    def test_everything(self) -> None:
        """
        By default everything is of interest.
        """
        self.assertTrue(Filter().takes(Record(None, "debug", "")))

    def test_connections(self) -> None:
        """
        Some connections are, and nothing else.
        """
        wanted = Filter(connections=frozenset([3, 5]))
        found = [wanted.takes(Record(NOON, "info", "", n)) for n in (3, 4, 5, None)]
        self.assertEqual(found, [True, False, True, False])

    def test_level(self) -> None:
        """
        What is as important as that is, or more.
        """
        wanted = Filter(level="warn")
        found = [wanted.takes(Record(NOON, level, "")) for level in LEVELS]
        self.assertEqual(found, [False, False, True, True, True])

    def test_times(self) -> None:
        """
        What happened in that time is, both ends included; it must be known when.
        """
        second = timedelta(seconds=1)
        wanted = Filter(since=NOON - second, until=NOON + second)
        found = [
            wanted.takes(Record(NOON + second * n, "info", "")) for n in range(-2, 3)
        ]
        self.assertEqual(found, [False, True, True, True, False])
        self.assertFalse(wanted.takes(Record(None, "info", "")))
        self.assertFalse(Filter(since=NOON).takes(Record(NOON - second, "info", "")))
        self.assertTrue(Filter(until=NOON).takes(Record(NOON - second, "info", "")))
