# -*- test-case-name: tests.transcript.test_show -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Records of a log for people to read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from textwrap import dedent
from typing import TextIO

from txrfb._wire.lines import printable
from txrfb.transcript.records import LEVELS, Record

__all__ = ["Filter", "hasColors", "shown"]

# As terminals have them: dim, plain, yellow, red, and red on bold.
_COLORS = {"debug": "2", "warn": "33", "error": "31", "critical": "1;31"}

# Whoever wrote the log, no line of it is longer.
_MAX_LINE = 1 << 16


@dataclass(frozen=True)
class Filter:
    """
    Which records are of interest.

    @ivar connections: The numbers of connections; empty for all.
    @ivar level: The least important level.
    @ivar since: The first time; C{None} for any.
    @ivar until: The last time; C{None} for any.
    """

    connections: frozenset[int] = frozenset()
    level: str = "debug"
    since: datetime | None = None
    until: datetime | None = None

    def takes(self, record: Record) -> bool:
        """
        @return: Whether a record is.
        """
        if self.connections and record.connection not in self.connections:
            return False
        if LEVELS.index(record.level) < LEVELS.index(self.level):
            return False
        if self.since is None and self.until is None:
            return True
        if record.time is None:
            return False
        return (self.since is None or self.since <= record.time) and (
            self.until is None or record.time <= self.until
        )


def hasColors(out: TextIO, environ: Mapping[str, str]) -> bool:
    """
    @return: Whether colors may be written: on terminals, unless C{NO_COLOR} is set
        (https://no-color.org).
    """
    if environ.get("NO_COLOR") or environ.get("TERM") == "dumb":
        return False
    return out.isatty()


def shown(record: Record, colors: bool = False) -> str:
    """
    @return: The lines of a record, without anything of its own that a terminal might
        act on; times are in UTC.
    """
    time = " " * 23
    if record.time is not None:
        utc = record.time.astimezone(timezone.utc)
        time = utc.strftime("%Y-%m-%d %H:%M:%S.") + f"{utc.microsecond // 1000:03}"
    first, *rest = [*record.text.split("\n"), *record.more] or [""]
    level = f"{record.level:8}"
    # However deep it is already, by whoever wrote the log.
    block = dedent("\n".join(rest).expandtabs()).splitlines()
    indented = (f"    {printable(line.rstrip(), _MAX_LINE)}" for line in block)
    text = "\n".join([printable(first, _MAX_LINE), *indented])
    color = _COLORS.get(record.level)
    if colors:
        time = f"\x1b[2m{time}\x1b[0m"
        if color is not None:
            level, text = f"\x1b[{color}m{level}", f"{text}\x1b[0m"
    return f"{time} {level} {text}"
