# -*- test-case-name: tests.test_log -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Observers for C{twistd --logger}: a log of one JSON object a line.

Nothing secret comes here; see L{txrfb._wire.transcript} for what is logged of each
connection.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timezone
from typing import IO, Any

from twisted.logger import FileLogObserver, ILogObserver, LogEvent, formatEvent

from txrfb._wire.transcript import traceMessages

__all__ = ["jsonObserver", "jsonSummaryObserver", "traceMessages"]


def jsonObserver(outFile: IO[str] | None = None) -> ILogObserver:
    """
    Make an observer that writes one JSON object a line, and turn on
    L{traceMessages}: C{twistd -n --logger=txrfb.log.jsonObserver rfb}.

    Every object has C{time} (ISO 8601, UTC), C{level}, C{namespace} and C{text};
    the named fields of the event follow.

    @param outFile: Where to write; standard output if not given.
    """
    traceMessages()
    return jsonSummaryObserver(outFile)


def jsonSummaryObserver(outFile: IO[str] | None = None) -> ILogObserver:
    """
    Like L{jsonObserver}, but without the messages: connections and what becomes of
    them.

    @param outFile: Where to write; standard output if not given.
    """
    return FileLogObserver(sys.stdout if outFile is None else outFile, _jsonLine)


def _jsonLine(event: LogEvent) -> str:
    """
    @return: C{event} as JSON, whatever is in it, and a line feed.
    """
    try:
        when = datetime.fromtimestamp(event["log_time"], timezone.utc)
        time = when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        time = None
    level = event.get("log_level")
    record: dict[str, Any] = {
        "time": time,
        "level": getattr(level, "name", None),
        "namespace": _plain(event.get("log_namespace")),
        "text": formatEvent(event),
    }
    failure = event.get("log_failure")
    if failure is not None:
        try:
            record["traceback"] = failure.getTraceback()
        except Exception as error:
            record["traceback"] = f"unknown: {error!r}"
    for key, value in event.items():
        name = str(key)
        if name.startswith("log_") or name in record or name in _LEGACY:
            continue
        record[name] = _plain(value)
    # No byte of a line may depend on the locale: ASCII, and no NaN.
    return json.dumps(record) + "\n"


# Fields that Twisted adds for the older logging system; they repeat what is said
# already, or are about the text.
_LEGACY = frozenset(
    ("format", "message", "time", "system", "isError", "failure", "why", "logLevel")
)


def _plain(value: object, depth: int = 0) -> Any:
    """
    @return: C{value} as JSON can have it: simple things and shallow collections of
        them as they are, anything else as text.
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if abs(value) < float("inf") else repr(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    try:
        if depth < 4 and isinstance(value, dict):
            return {str(key): _plain(item, depth + 1) for key, item in value.items()}
        if depth < 4 and isinstance(value, list | tuple | set | frozenset):
            return [_plain(item, depth + 1) for item in value]
        return str(value)
    except Exception as error:
        return f"unprintable {type(value).__name__}: {type(error).__name__}"
