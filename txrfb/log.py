# -*- test-case-name: tests.test_log -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Observers for C{twistd --logger}: a log in files whose size and number are bounded, as
text, as JSON, or as JSON that C{bunyan} reads.  C{python -m txrfb.transcript} shows any
of them.

They write where C{twistd --logfile} says, or else to standard output.

Nothing secret comes here; see L{txrfb._wire.transcript} for what is logged of each
connection.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import IO, Any

from twisted.logger import (
    FileLogObserver,
    ILogObserver,
    LogEvent,
    LogLevel,
    formatEvent,
    textFileLogObserver,
)
from twisted.python.logfile import LogFile

from txrfb._wire.transcript import traceMessages

__all__ = [
    "bunyanObserver",
    "jsonObserver",
    "jsonSummaryObserver",
    "logTo",
    "textObserver",
    "traceMessages",
]

#: How large a log file becomes before it is rotated, in bytes.
FILE_SIZE = 10 << 20

#: How many rotated files are kept.
FILE_COUNT = 5

# Opens the file of the next observer that is given none.
_destination: tuple[str, int, int] | None = None


def logTo(path: str | None, size: int = FILE_SIZE, count: int = FILE_COUNT) -> None:
    """
    Say where observers write that are made without a file, as those of C{twistd
    --logger} are: C{twistd} does not tell them its C{--logfile}.

    @param path: The file; C{None} for standard output.

    @param size: How many bytes it has when it is rotated.

    @param count: How many rotated files are kept: C{path.1}, which is the newest, to
        C{path.count}.
    """
    global _destination
    _destination = None if path is None else (path, size, count)


def textObserver(outFile: IO[str] | None = None) -> ILogObserver:
    """
    Make an observer that writes text, as C{twistd} does by itself, but never fills
    the disk: C{twistd --logfile rfb.log --logger=txrfb.log.textObserver rfb}.

    @param outFile: Where to write; what L{logTo} says if not given.
    """
    return textFileLogObserver(_file(outFile))


def jsonObserver(outFile: IO[str] | None = None) -> ILogObserver:
    """
    Make an observer that writes one JSON object a line: C{twistd -n
    --logger=txrfb.log.jsonObserver rfb}.

    Every object has C{time} (ISO 8601, UTC), C{level}, C{namespace} and C{text};
    the named fields of the event follow.  Messages of viewers are events only with
    C{--trace}, or after L{traceMessages}.

    @param outFile: Where to write; what L{logTo} says if not given.
    """
    return FileLogObserver(_file(outFile), _jsonLine)


def jsonSummaryObserver(outFile: IO[str] | None = None) -> ILogObserver:
    """
    Make a L{jsonObserver}, by the name that stands in the unit files of some: it has
    always left messages out.

    @param outFile: Where to write; what L{logTo} says if not given.
    """
    return jsonObserver(outFile)


def bunyanObserver(outFile: IO[str] | None = None) -> ILogObserver:
    """
    Make an observer that writes what the tools of node-bunyan read: C{twistd -n
    --logger=txrfb.log.bunyanObserver rfb | bunyan}.

    The namespace is C{component}, the text C{msg}, an exception C{err}; of the
    event's fields, those whose names have a meaning of their own in such records get
    an underscore at the end, as in C{name_}.

    @param outFile: Where to write; what L{logTo} says if not given.
    """
    return FileLogObserver(_file(outFile), _bunyanLine)


def _file(outFile: IO[str] | None) -> Any:
    """
    @return: What an observer writes to.
    """
    if outFile is not None:
        return outFile
    if _destination is None:
        return sys.stdout
    path, size, count = _destination
    return LogFile.fromFullPath(path, rotateLength=size, maxRotatedFiles=count)


def _jsonLine(event: LogEvent) -> str:
    """
    @return: C{event} as JSON, whatever is in it, and a line feed.
    """
    level = event.get("log_level")
    record: dict[str, Any] = {
        "time": _time(event),
        "level": getattr(level, "name", None),
        "namespace": _plain(event.get("log_namespace")),
        "text": formatEvent(event),
    }
    failure = event.get("log_failure")
    if failure is not None:
        record["traceback"] = _traceback(failure)
    for name, value in _fields(event):
        if name not in record:
            record[name] = value
    return _line(record)


# What levels are to bunyan.
_LEVELS = {
    LogLevel.debug: 20,
    LogLevel.info: 30,
    LogLevel.warn: 40,
    LogLevel.error: 50,
    LogLevel.critical: 60,
}

# What else bunyan has an idea of its own of.
_RESERVED = ("err", "src", "req", "res", "client_req", "client_res")


def _bunyanLine(event: LogEvent) -> str:
    """
    @return: C{event} as a record of bunyan's, version 0, and a line feed.
    """
    record: dict[str, Any] = {
        "v": 0,
        "name": "txrfb",
        "hostname": socket.gethostname(),
        "pid": os.getpid(),
        "level": _LEVELS.get(event.get("log_level"), 30),
        # Without one bunyan takes the line for no record.
        "time": _time(event) or "1970-01-01T00:00:00.000Z",
        "msg": formatEvent(event),
        "component": _plain(event.get("log_namespace")),
    }
    failure = event.get("log_failure")
    if failure is not None:
        record["err"] = {
            "message": _plain(getattr(failure, "value", None)),
            "name": getattr(getattr(failure, "type", None), "__name__", "Exception"),
            "stack": _traceback(failure),
        }
    taken = frozenset((*record, *_RESERVED))
    for name, value in _fields(event):
        record[f"{name}_" if name in taken else name] = value
    return _line(record)


def _line(record: dict[str, Any]) -> str:
    """
    @return: No byte of it depends on the locale: ASCII, and no NaN.
    """
    return json.dumps(record) + "\n"


def _time(event: LogEvent) -> str | None:
    """
    @return: When it happened, as ISO 8601 has it, in UTC; C{None} if that is not known.
    """
    try:
        when = datetime.fromtimestamp(event["log_time"], timezone.utc)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _traceback(failure: Any) -> str:
    """
    @return: The traceback of a failure, whatever that is.
    """
    try:
        return str(failure.getTraceback())
    except Exception as error:
        return f"unknown: {error!r}"


# Fields that Twisted adds for the older logging system; they repeat what is said
# already, or are about the text.
_LEGACY = frozenset(
    ("format", "message", "time", "system", "isError", "failure", "why", "logLevel")
)


def _fields(event: LogEvent) -> Iterator[tuple[str, Any]]:
    """
    @return: The named fields of an event, as JSON can have them.
    """
    for key, value in event.items():
        name = str(key)
        if not name.startswith("log_") and name not in _LEGACY:
            yield name, _plain(value)


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
