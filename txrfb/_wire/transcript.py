# -*- test-case-name: tests.wire.test_transcript -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The transcript of one connection: what was said on it, as far as it is needed to
understand how it ended.

Nothing secret comes here.  A transcript knows the names and the sizes of messages,
never which key was pressed or what the clipboard held.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from twisted.logger import Logger

if TYPE_CHECKING:
    from twisted.internet.interfaces import IReactorTime
    from twisted.python.failure import Failure

# How many beginnings and ends of phases are kept after they have left the ring.
_MILESTONES = 32

# Longer texts are cut: nothing a viewer sends may make the log large.
_TEXT_LIMIT = 400

_log = Logger()

_Kind = Literal["BEGIN", "END", "tx", "rx"]

# When (seconds since the connection began), what, its name, its size, its detail.
_Entry = tuple[float, _Kind, str, int, str]


class ITranscript(Protocol):
    """
    What the two sides of a conversation need of a L{Transcript}.
    """

    def begin(self, phase: str) -> None: ...
    def end(self, phase: str) -> None: ...
    def rx(self, name: str, size: int, detail: str = "") -> None: ...


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

    Only the names of phases and messages, their sizes, and the details are kept, so
    whoever calls this must put nothing secret and no input of people into a detail.

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
        first call of L{closed} or L{failed} counts.

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
        the first call of L{closed} or L{failed} counts.

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

    def ended(self, reason: str) -> None:
        """
        The connection ended, and the log has no line about it.  Only the first call of
        this, L{closed} or L{failed} counts.

        @param reason: Why it ended.
        """
        if not self._over:
            self._over = True
            self.reason = _printable(reason)

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
