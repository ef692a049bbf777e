# -*- test-case-name: tests.transcript.test_records -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The records of a log, whichever observer wrote it: text, or JSON by
L{txrfb.log.jsonObserver} or L{txrfb.log.bunyanObserver}.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import IO, Any

__all__ = ["LEVELS", "Follower", "Record", "parseTime", "recordsOf"]

#: The levels, the least important first.
LEVELS = ("debug", "info", "warn", "error", "critical")

# A line that Twisted's text observers write: time, namespace and perhaps level.
_TEXT = re.compile(r"(\d{4}-\d\d-\d\d[T ]\S+) \[([^\]]*?)(?:#(\w+))?\] (.*)")

_CONNECTION = re.compile(r"Connection (\d+):")


@dataclass(frozen=True)
class Record:
    """
    One event of a log.

    @ivar time: When; C{None} if that is not known.
    @ivar level: One of L{LEVELS}.
    @ivar text: What is said; it may have several lines.
    @ivar connection: The number of the connection that it is about, if it is.
    @ivar more: The lines that belong to it, such as a traceback.
    """

    time: datetime | None
    level: str
    text: str
    connection: int | None = None
    more: tuple[str, ...] = field(default=())


def parseTime(text: str) -> datetime:
    """
    @param text: A date, with or without a time, as ISO 8601 has them.

    @return: The time; in UTC if no time zone is said.

    @raise ValueError: if it is none.
    """
    text = re.sub(r"Z$", "+00:00", text)
    # Twisted writes +0000, which Python before 3.11 does not read.
    text = re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", text) if "T" in text else text
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def recordsOf(lines: Iterable[str]) -> Iterator[Record]:
    """
    @param lines: The lines of a log.

    @return: What they say, line by line; lines that begin no record belong to the one
        before them.
    """
    last: Record | None = None
    for line in lines:
        line = line.rstrip("\r\n")
        record = _fromJSON(line) or _fromText(line)
        if record is not None:
            if last is not None:
                yield last
            last = record
        elif not line.strip():
            continue  # Twisted writes one behind a traceback
        elif last is not None:
            last = replace(last, more=(*last.more, line.strip("\t")))
        else:
            last = Record(None, "info", line)
    if last is not None:
        yield last


def _fromJSON(line: str) -> Record | None:
    """
    @return: What a line of JSON says; C{None} if it is none, or not a record.
    """
    if not line.startswith("{"):
        return None
    try:
        found: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    isBunyan = "v" in found and "msg" in found
    text = found.get("msg" if isBunyan else "text")
    if not isinstance(text, str):
        return None
    level = found.get("level")
    if isBunyan and isinstance(level, int):
        # Bunyan's levels are 10 apart, from trace, which is 10, to fatal.
        level = LEVELS[min(max(level // 10 - 2, 0), 4)]
    error = found.get("err")
    more = error.get("stack") if isinstance(error, dict) else found.get("traceback")
    return Record(
        _timeIn(found.get("time")),
        level if level in LEVELS else "info",
        text,
        _connectionIn(text, found.get("connection")),
        tuple(more.splitlines()) if isinstance(more, str) else (),
    )


def _fromText(line: str) -> Record | None:
    """
    @return: What a line of text says; C{None} if no record begins with it.
    """
    found = _TEXT.match(line)
    if found is None:
        return None
    time, _, level, text = found.groups()
    return Record(
        _timeIn(time), level if level in LEVELS else "info", text, _connectionIn(text)
    )


def _timeIn(value: object) -> datetime | None:
    try:
        return parseTime(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _connectionIn(text: str, number: object = None) -> int | None:
    if isinstance(number, int):
        return number
    found = _CONNECTION.match(text)
    return int(found[1]) if found else None


class Follower:
    """
    Reads a log that grows, and goes on with the next file when it is rotated.
    """

    def __init__(self, path: str) -> None:
        """
        @raise OSError: if it cannot be read.
        """
        self._path = path
        self._file: IO[str] = self._open()
        self._part = ""

    def _open(self) -> IO[str]:
        return open(self._path, encoding="utf-8", errors="backslashreplace")

    def close(self) -> None:
        """
        Read no more.
        """
        self._file.close()

    def lines(self) -> list[str]:
        """
        @return: The whole lines that were written since the last call.
        """
        found = self._read()
        try:
            there, here = os.stat(self._path), os.fstat(self._file.fileno())
        except OSError:
            return found  # it is being rotated
        if (there.st_ino, there.st_dev) != (here.st_ino, here.st_dev):
            # What came into the old one after the look at it is not lost.
            found += self._read()
            self._file.close()
            self._file = self._open()
            found += self._read()
        elif there.st_size < self._file.tell():
            self._file.seek(0)
            self._part = ""
            found += self._read()
        return found

    def _read(self) -> list[str]:
        *whole, self._part = (self._part + self._file.read()).split("\n")
        return whole
