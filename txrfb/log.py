# -*- test-case-name: tests.test_log -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What is written down: the transcript of every connection, and a log of one JSON
object a line.

Nothing secret comes here.  A transcript knows the names and the sizes of messages,
never which key was pressed or what the clipboard held.
"""

from __future__ import annotations

import json
import sys
from collections import deque
from datetime import datetime, timezone
from typing import IO, TYPE_CHECKING, Any, ClassVar, Literal

from twisted.logger import FileLogObserver, ILogObserver, LogEvent, Logger, formatEvent

if TYPE_CHECKING:
    from twisted.internet.interfaces import IReactorTime
    from twisted.python.failure import Failure

__all__ = ["Transcript", "jsonObserver", "jsonSummaryObserver", "traceMessages"]

# How many beginnings and ends of phases are kept after they have left the ring.
_MILESTONES = 32

# Longer texts are cut: nothing a viewer sends may make the log large.
_TEXT_LIMIT = 400

_log = Logger()

_Kind = Literal["BEGIN", "END", "tx", "rx"]

# When (seconds since the connection began), what, its name, its size, its detail.
_Entry = tuple[float, _Kind, str, int, str]


class _Lines(list[str]):
    """
    Lines of text: a list to a machine, a paragraph to people.
    """

    def __str__(self) -> str:
        return "".join(f"\n    {line}" for line in self)


def _printable(text: str) -> str:
    """
    @return: C{text} on one line, without anything a terminal might act on, and
        not too long.
    """
    if len(text) > _TEXT_LIMIT:
        text = text[:_TEXT_LIMIT] + "..."
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


class Transcript:
    """
    What was said on one connection, as far as it is needed to understand how it
    ended: the last messages by name and size, and all phases.

    Of everything told, only the names of phases and messages, the sizes, and the
    details are kept, so whoever calls this must put nothing secret and no input of
    people into a detail.

    Messages are not events of the log unless L{traceMessages} is on; telling of
    one costs a fraction of a microsecond.

    @ivar number: The number of the connection.
    @ivar peer: Where the viewer is, for people to read; C{"?"} until known.
    @ivar received: How many bytes of messages came from the viewer.
    @ivar sent: How many bytes of messages went to the viewer.
    @ivar reason: Why the connection ended; empty before it did.
    @ivar tracing: Whether every phase and message is an event of the log, at debug
        level, when it happens.  It is one switch for all connections.
    """

    tracing: ClassVar[bool] = False

    def __init__(self, number: int, clock: IReactorTime, size: int = 64) -> None:
        """
        @param number: The number of the connection.

        @param clock: What times are read from.

        @param size: How many messages are kept.

        @raise ValueError: if no message would be kept.
        """
        if size < 1:
            raise ValueError(f"a transcript of {size} messages; at least 1 is needed")
        self.number = number
        self.peer = "?"
        self.received = 0
        self.sent = 0
        self._seconds = clock.seconds
        self._start = clock.seconds()
        self._ring: deque[_Entry] = deque(maxlen=size)
        self._append = self._ring.append
        self._milestones: deque[_Entry] = deque(maxlen=_MILESTONES)
        self._open: list[str] = []
        self._lastEnded = ""
        self._count = 0
        self._over = False
        self.reason = ""

    @property
    def seconds(self) -> float:
        """
        How many seconds ago the connection began.
        """
        return self._seconds() - self._start

    @property
    def phase(self) -> str:
        """
        How far the connection has come, in words: the innermost phase that has
        begun and not ended, or the last that ended.
        """
        if self._open:
            return f"in {self._open[-1]}"
        if self._lastEnded:
            return f"after {self._lastEnded}"
        return "before anything was said"

    def begin(self, phase: str) -> None:
        """
        A phase begins, for instance C{"security"}.  Phases may lie in each other.
        """
        self._open.append(phase)
        self._milestone("BEGIN", phase)

    def end(self, phase: str) -> None:
        """
        A phase has come to its good end.  Phases that began in it have, too.
        """
        if phase in self._open:
            del self._open[self._open.index(phase) :]
        self._lastEnded = phase
        self._milestone("END", phase)

    def tx(self, name: str, size: int, detail: str = "") -> None:
        """
        A message goes to the viewer.

        @param name: The name of its kind.

        @param size: How many bytes it has.

        @param detail: A few words more, nothing secret.
        """
        self.sent += size
        self._count += 1
        self._append((self._seconds(), "tx", name, size, detail))
        if self.tracing:
            self._trace("tx", name, size, detail)

    def rx(self, name: str, size: int, detail: str = "") -> None:
        """
        A message came from the viewer.

        @param name: The name of its kind.

        @param size: How many bytes it has.

        @param detail: A few words more, nothing secret.
        """
        self.received += size
        self._count += 1
        self._append((self._seconds(), "rx", name, size, detail))
        if self.tracing:
            self._trace("rx", name, size, detail)

    def lines(self) -> list[str]:
        """
        @return: What is kept, oldest first, one line each: seconds since the
            connection began, what, its name, its size.  Messages of one kind in a
            row share a line; where messages are no longer kept, a line says how
            many.
        """
        lines: list[str] = []
        kept = {id(entry) for entry in self._ring}
        old = [entry for entry in self._milestones if id(entry) not in kept]
        lines.extend(self._line([entry]) for entry in old)
        forgotten = self._count - len(self._ring) - len(old)
        if forgotten > 0:
            lines.append(f"... {forgotten} earlier lines are not kept")
        run: list[_Entry] = []
        for entry in self._ring:
            if run and not _alike(run[0], entry):
                lines.append(self._line(run))
                run = []
            run.append(entry)
        if run:
            lines.append(self._line(run))
        return lines

    def opened(self, peer: str) -> None:
        """
        Log that there is a connection.

        @param peer: Where the viewer is, for people to read.
        """
        self.peer = _printable(peer)
        _log.info(
            "Connection {connection}: opened by {peer}",
            connection=self.number,
            peer=self.peer,
        )

    def cameFrom(self, peer: str) -> None:
        """
        Log where the viewer really is, if that comes out later: behind a proxy it
        does with the first bytes.

        @param peer: Where the viewer is, for people to read.
        """
        peer = _printable(peer)
        if peer == self.peer:
            return
        _log.info(
            "Connection {connection}: {proxy} passes on {peer}",
            connection=self.number,
            proxy=self.peer,
            peer=peer,
        )
        self.peer = peer

    def closed(self, reason: str) -> None:
        """
        Log that the connection ended as connections may, in one line.  Only the
        first of L{closed} and L{failed} is heeded.

        @param reason: Why it ended.
        """
        if self._over:
            return
        self._over = True
        _log.info(
            "Connection {connection}: from {peer} closed {phase}, after"
            " {seconds:.3f} s, {received} bytes received, {sent} sent: {reason}",
            **self._ending(reason),
        )

    def failed(self, reason: str, failure: Failure | None = None) -> None:
        """
        Log that the connection ended in error, with everything that is kept.  Only
        the first of L{closed} and L{failed} is heeded.

        @param reason: What went wrong, in words.

        @param failure: The exception behind it, if it is the fault of this side:
            the traceback is logged as well, at level error.  Otherwise the level is
            warn.
        """
        if self._over:
            return
        self._over = True
        text = (
            "Connection {connection}: from {peer} FAILED {phase}, after"
            " {seconds:.3f} s, {received} bytes received, {sent} sent: {reason};"
            " its transcript:{transcript}"
        )
        fields = {**self._ending(reason), "transcript": _Lines(self.lines())}
        if failure is None:
            _log.warn(text, **fields)
        else:
            # Observers write the traceback that comes with it.
            _log.error(text, log_failure=failure, **fields)

    def _ending(self, reason: str) -> dict[str, Any]:
        """
        @return: The fields of the line that tells of the end.
        """
        self.reason = _printable(reason)
        return {
            "connection": self.number,
            "peer": self.peer,
            "phase": self.phase,
            "seconds": self.seconds,
            "received": self.received,
            "sent": self.sent,
            "reason": self.reason,
        }

    def _milestone(self, kind: _Kind, phase: str) -> None:
        """
        Keep the beginning or the end of a phase.
        """
        entry: _Entry = (self._seconds(), kind, phase, 0, "")
        self._count += 1
        self._append(entry)
        self._milestones.append(entry)
        if self.tracing:
            _log.debug(
                "Connection {connection}: {direction} {phase}",
                connection=self.number,
                direction=kind,
                phase=phase,
            )

    def _trace(self, direction: str, name: str, size: int, detail: str) -> None:
        """
        Make a message an event of the log.
        """
        _log.debug(
            "Connection {connection}: {direction} {name}, {size} bytes {detail}",
            connection=self.number,
            direction=direction,
            # Not "message": observers of the older logging system overwrite it.
            name=name,
            size=size,
            detail=_printable(detail),
        )

    def _line(self, run: list[_Entry]) -> str:
        """
        @return: One line for entries that are alike.
        """
        seconds, kind, name, _, detail = run[0]
        line = f"{seconds - self._start:9.3f} {kind:5} {name}"
        if len(run) > 1:
            line += f" x {len(run)}"
        if kind in ("tx", "rx"):
            line += f", {sum(entry[3] for entry in run)} bytes"
        if detail:
            line += f" ({_printable(detail)})"
        return line


def _alike(first: _Entry, second: _Entry) -> bool:
    """
    @return: Whether both are messages that can share a line.
    """
    return (
        first[1] in ("tx", "rx") and first[1:3] == second[1:3] and first[4] == second[4]
    )


def traceMessages(on: bool = True) -> None:
    """
    Make every phase and every message of every connection an event of the log at
    debug level, with the fields C{connection}, C{direction}, C{name} (or
    C{phase}) and C{size}; or stop doing so.  At first it is off: at sixty pictures
    a second it is much to read, and twistd's own log writes whatever it is told.
    """
    Transcript.tracing = on


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
