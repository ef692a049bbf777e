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
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from twisted.logger import Logger

from txrfb._wire.lines import (
    Entry,
    Kind,
    Lines,
    Update,
    contents,
    lineOf,
    linesOf,
    nameIn,
    printable,
)
from txrfb.encodings.constants import nameOf

if TYPE_CHECKING:
    from twisted.internet.interfaces import IReactorTime
    from twisted.python.failure import Failure

# How many beginnings and ends of phases are kept after they have left the ring.
_MILESTONES = 32

# How many encodings are named of those that a viewer reads.
_MAX_ENCODINGS = 48

_log = Logger()


class ITranscript(Protocol):
    """
    What the two sides of a conversation need of a L{Transcript}.
    """

    asked: str

    def begin(self, phase: str) -> None: ...
    def end(self, phase: str) -> None: ...
    def rx(self, name: str, size: int, detail: str = "") -> None: ...
    def came(self, size: int) -> None: ...


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
    @ivar user: Who has logged in or tried to, for people to read; empty for nobody
        in particular.
    @ivar security: The security type by which; empty if nobody tried.
    @ivar received: How many bytes of messages came from the viewer.
    @ivar raw: How many bytes came from it before ClientInit, of messages or not.
    @ivar sent: How many bytes of messages went to the viewer, including those of an
        update under way.
    @ivar isUpdating: Whether an update has begun and not ended.
    @ivar isIntroduced: Whether the log has the login.
    @ivar asked: What the viewer was asked last in its login, if it may leave for that:
        "to choose ...".
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
        self.user = ""
        self.asked = ""
        self.security = ""
        self.received = 0
        self.raw = 0
        self.sent = 0
        self.isUpdating = False
        self.isIntroduced = True
        self._seconds = clock.seconds
        self._start = clock.seconds()
        self._ring: deque[Entry | Update] = deque(maxlen=size)
        self._append = self._ring.append
        self._milestones: deque[Entry] = deque(maxlen=_MILESTONES)
        self._open: list[str] = []
        self._lastEnded = ""
        self._count = 0
        self._update: Update = []
        self._updates = self._receivedBefore = 0
        self._rights = ""
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
        if self.isUpdating:
            return "in FramebufferUpdate"
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

    def came(self, size: int) -> None:
        """
        Bytes came from the viewer before ClientInit, whatever they are.
        """
        self.raw += size

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

    def beginUpdate(self, count: int, encoding: int | None, serial: int) -> None:
        """
        An update begins: what goes to the viewer until L{endUpdate} is of it.

        @param count: How many rectangles it has.

        @param encoding: The number of the encoding that those with pixels have; C{None}
            if there are none.

        @param serial: The number of the frame it leads to; 0 if it has no pixels.
        """
        if not self._updates:
            self._receivedBefore = self.received
        self._updates += 1
        self._count += 1
        self.isUpdating = True
        now, name = self._seconds(), "FramebufferUpdate"
        self._update = update = [now, "tx", name, 0, count, encoding, serial, None]
        self._append(update)
        if self.tracing:
            self._traceUpdate("BEGIN")

    def wrote(self, size: int) -> None:
        """
        Bytes of the update under way go to the viewer.
        """
        self.sent += size
        self._update[3] += size

    def endUpdate(self) -> None:
        """
        The last byte of the update was written.
        """
        self.isUpdating = False
        self._update[7] = self._seconds()
        if self.tracing:
            self._traceUpdate("END")

    def whole(self, update: Update) -> None:
        """
        An update is written at once.

        @param update: Its entry, which may be that of others, too.
        """
        if self.tracing or not self._updates:
            self.beginUpdate(*update[4:7])
            self.wrote(update[3])
            self.endUpdate()
            return
        self._updates += 1
        self._count += 1
        self.sent += update[3]
        self._append(update)

    def lines(self) -> list[str]:
        """
        @return: What is kept, oldest first, one line each: seconds since the connection
            began, what, its name, its size.  Messages of one kind in a row share a
            line; where messages are no longer kept, a line says how many.
        """
        kept = {id(entry) for entry in self._ring}
        old: list[Entry | Update] = [
            entry for entry in self._milestones if id(entry) not in kept
        ]
        if self.isUpdating and id(self._update) not in kept:
            # Whatever the viewer says meanwhile, this is the one to be seen.
            old.append(self._update)
        lines = [lineOf([entry], self._start) for entry in old]
        forgotten = self._count - len(self._ring) - len(old)
        if forgotten > 0:
            lines.append(f"... {forgotten} earlier lines are not kept")
        return lines + linesOf(self._ring, self._start)

    def opened(self, peer: str) -> None:
        """
        Log that there is a connection.

        @param peer: Where the viewer is, for people to read.
        """
        self.peer = printable(peer)
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
        peer = printable(peer)
        if peer == self.peer:
            return
        _log.info(
            "Connection {connection}: {proxy} passes on {peer}",
            connection=self.number,
            proxy=self.peer,
            peer=peer,
        )
        self.peer = peer

    def tries(self, security: str, user: bytes | str) -> None:
        """
        The viewer has shown credentials, which are not judged yet.

        @param security: The name of the security type.

        @param user: The name that it gave; empty if it gave none.
        """
        self.security = security
        self.user = nameIn(user)

    def loggedIn(self, user: bytes | str, rights: str) -> None:
        """
        The credentials are good.  L{reads} logs it, with all that is to be known of
        the viewer in one line; if nothing calls that, the end of the connection does.

        @param user: Who it is; empty for nobody in particular.

        @param rights: What it may do, in words.
        """
        self.user = nameIn(user)
        self._rights = rights
        self.isIntroduced = False

    def reads(self, encodings: Sequence[int] = ()) -> None:
        """
        Log who has logged in.  Only the first call counts.

        @param encodings: The encodings that the viewer has listed.
        """
        if self.isIntroduced:
            return
        self.isIntroduced = True
        listed = [nameOf(number) for number in encodings[:_MAX_ENCODINGS]]
        if len(encodings) > _MAX_ENCODINGS:
            listed.append(f"{len(encodings) - _MAX_ENCODINGS} more")
        _log.info(
            "Connection {connection}: logged in"
            + (" as '{user}'" if self.user else "")
            + " by {security}, rights {rights}, from {peer}; it reads {listed}",
            connection=self.number,
            user=self.user,
            security=self.security,
            rights=self._rights,
            peer=self.peer,
            encodings=list(encodings[:_MAX_ENCODINGS]),
            listed=", ".join(listed) or "no encoding but Raw",
        )

    def closed(self, reason: str) -> None:
        """
        Log that the connection ended as connections may: in one line, unless the
        viewer was silent since its first update, which may be what it could not
        read.  Only the first call of L{closed} or L{failed} counts.

        @param reason: Why it ended.
        """
        if self._over:
            return
        self._over = True
        isSilent = self._updates == 1 and self.received == self._receivedBefore
        text, fields = self._ending("closed", reason, isSilent)
        _log.info(text, **fields)

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
        text, fields = self._ending("FAILED", reason, True)
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
            self.reason = printable(reason)

    def _ending(
        self, how: str, reason: str, withLines: bool
    ) -> tuple[str, dict[str, Any]]:
        """
        @param how: In which way it ended.

        @param reason: Why.

        @param withLines: Whether to say what was said, if anything was.

        @return: What to log of the end: a format, and its fields.
        """
        self.reads()
        self.reason = printable(reason)
        text = (
            "Connection {connection}: from {peer}"
            + (", as '{user}' by {security}," if self.user else "")
            + f" {how} "
            + "{phase}, after {seconds:.3f} s, {received} bytes received, {sent} sent:"
            " {reason}"
        )
        fields = {
            "connection": self.number,
            "peer": self.peer,
            "user": self.user,
            "security": self.security,
            "phase": self.phase,
            "seconds": self.seconds,
            "received": max(self.received, self.raw),
            "sent": self.sent,
            "reason": self.reason,
        }
        lines = self.lines() if withLines else []
        if lines:
            text += "; its transcript:{transcript}"
            fields["transcript"] = Lines(lines)
        return text, fields

    def _milestone(self, kind: Kind, phase: str) -> None:
        """
        Keep the beginning or the end of a phase.
        """
        entry: Entry = (self._seconds(), kind, phase, 0, "")
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
            "Connection {connection}: {direction} {name}, {size} bytes"
            + (" ({detail})" if detail else ""),
            connection=self.number,
            direction=direction,
            # Not "message": observers of the older logging system overwrite it.
            name=name,
            size=size,
            detail=printable(detail),
        )

    def _traceUpdate(self, direction: str) -> None:
        """
        Make the beginning or the end of an update an event of the log.
        """
        began, _, name, size, count, encoding, serial, ended = self._update
        text = "Connection {connection}: {direction} {name} {serial}, {detail}"
        if ended is not None:
            text += ", {size} bytes in {seconds:.3f} s"
        _log.debug(
            text,
            connection=self.number,
            direction=direction,
            name=name,
            serial=serial,
            rectangles=count,
            encoding=None if encoding is None else nameOf(encoding),
            size=size,
            seconds=(began if ended is None else ended) - began,
            detail=contents(count, encoding),
        )


def traceMessages(on: bool = True) -> None:
    """
    Make every phase and every message of every connection an event of the log at
    debug level, with the fields C{connection}, C{direction}, C{name} (or
    C{phase}) and C{size}; or stop doing so.  At first it is off: at sixty pictures
    a second it is much to read, and twistd's own log writes whatever it is told.
    """
    Transcript.tracing = on
