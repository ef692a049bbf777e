# -*- test-case-name: tests.wire.test_transcript -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The lines of a transcript: what was said, for people to read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

from txrfb.encodings.constants import nameOf

# Longer texts are cut: nothing a viewer sends may make the log large.
_TEXT_LIMIT = 400
_NAME_LIMIT = 64

# Updates that take so many seconds to be written share no line with others.
_SLOW = 0.1

Kind: TypeAlias = Literal["BEGIN", "END", "tx", "rx"]

#: When, what, its name, its size, its detail.
Entry: TypeAlias = tuple[float, Kind, str, int, str]

#: An update, which is completed in place, as a second entry at its end would double its
#: cost: when it began, C{"tx"}, its name, the bytes written so far, the number of its
#: rectangles, of its encoding and of its frame, and when it ended, or C{None}.
Update: TypeAlias = list[Any]


def wholeUpdate(
    now: float, size: int, count: int, encoding: int, serial: int
) -> Update:
    """
    @return: The entry of an update that was written at once.
    """
    return [now, "tx", "FramebufferUpdate", size, count, encoding, serial, now]


class Lines(list[str]):
    """
    Lines of text: a list to a machine, a paragraph to people.
    """

    def __str__(self) -> str:
        return "".join(f"\n    {line}" for line in self)


def printable(text: str, limit: int = _TEXT_LIMIT) -> str:
    """
    @return: C{text} on one line, without anything a terminal might act on, and
        not too long.
    """
    if len(text) > limit:
        text = text[:limit] + "..."
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def nameIn(user: bytes | str) -> str:
    """
    @return: A user's name for people to read, which cannot pass for more than a name.
    """
    if isinstance(user, bytes):
        user = user.decode("utf-8", "backslashreplace")
    return printable(user, _NAME_LIMIT).replace("'", "\\'")


def contents(count: int, encoding: int | None) -> str:
    """
    @return: What an update consists of.
    """
    how = "no pixels" if encoding is None else nameOf(encoding)
    return f"{count} rectangle{'s' * (count != 1)}, {how}"


def linesOf(entries: Iterable[Entry | Update], start: float) -> list[str]:
    """
    @param entries: What was said, oldest first.

    @param start: When the connection began.

    @return: A line each; messages that are alike, in a row, share one.
    """
    lines: list[str] = []
    run: list[Entry | Update] = []
    for entry in entries:
        if run and not _alike(run[0], entry):
            lines.append(lineOf(run, start))
            run = []
        run.append(entry)
    if run:
        lines.append(lineOf(run, start))
    return lines


def lineOf(run: list[Entry | Update], start: float) -> str:
    """
    @return: One line for entries that are alike.
    """
    first, last = run[0], run[-1]
    kind = first[1]
    if isinstance(last, list) and last[7] is None:
        kind = "BEGIN"
    line = f"{first[0] - start:9.3f} {kind:5} {first[2]}"
    if len(run) > 1:
        line += f" x {len(run)}"
    if first[1] in ("tx", "rx"):
        line += f", {sum(entry[3] for entry in run)} bytes"
    if isinstance(last, tuple):
        return f"{line} ({printable(last[4])})" if last[4] else line
    began, _, _, _, count, encoding, serial, ended = last
    if ended is None:
        line += " so far"
    line += f" ({contents(count, encoding)}"
    if len(run) > 1 and isinstance(first, list) and first[6] != serial:
        line += f", frames {first[6]}-{serial}"
    elif serial:
        line += f", frame {serial}"
    if ended is not None and ended - began >= _SLOW:
        line += f", in {ended - began:.3f} s"
    return f"{line})"


def _alike(first: Entry | Update, second: Entry | Update) -> bool:
    """
    @return: Whether both are messages that can share a line.
    """
    if first[1] not in ("tx", "rx") or first[1:3] != second[1:3]:
        return False
    if isinstance(first, tuple) or isinstance(second, tuple):
        return bool(first[4:] == second[4:])
    return first[4:6] == second[4:6] and _isQuick(first) and _isQuick(second)


def _isQuick(update: Update) -> bool:
    """
    @return: Whether there is nothing to be said of how long an update took.
    """
    return update[7] is not None and update[7] - update[0] < _SLOW
