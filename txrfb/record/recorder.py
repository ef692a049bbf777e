# -*- test-case-name: tests.record.test_recorder -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What records a screen while it is served.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, succeed
from twisted.internet.threads import deferToThreadPool

from txrfb.record._recording import KEY_SECONDS, KEY_SIZES, SMALL, Recording, Settings

if TYPE_CHECKING:
    from txrfb.protocol import RFBFactory

__all__ = ["KEY_SECONDS", "KEY_SIZES", "SMALL", "Recorder"]

#: The longest recording, in seconds, as players' milliseconds have 31 bits.
_LONGEST = 24 * 86400.0


def _utc() -> datetime:
    return datetime.now(timezone.utc)


class Recorder(Service):
    """
    Records what a factory's viewers are shown, in files of the format FBS 001.000, as
    long as the service runs.

    A recording has pixels, sizes, name, bell, and shape and place of the pointer.  The
    index beside it says where whole pictures are, which viewers came and left, and who
    drove.

    Files are written by a thread, one update at a time; until an update is written,
    nothing is captured or encoded for the next.  So what waits for the disk is never
    more than one update, and twice L{SMALL} bytes of other things.  If writing fails
    the recording ends, with a line in the log; the server goes on.
    """

    def __init__(
        self,
        factory: RFBFactory,
        directory: str,
        *,
        frameRate: float = 30.0,
        fileSize: int = 0,
        fileSeconds: float = 0.0,
        clipboard: bool = False,
        input: bool = False,
        inThread: Callable[..., Deferred[Any]] | None = None,
        now: Callable[[], datetime] = _utc,
    ) -> None:
        """
        @param factory: What serves the screen.

        @param directory: Where recordings go; if it is not there it is made, for its
            owner alone.

        @param frameRate: How many updates a second there are at the most; 0 for as
            many as there are frames.

        @param fileSize: After how many bytes the next file begins, with the next
            change, unless a file has little more than a whole picture then; 0 for
            never.

        @param fileSeconds: After how many seconds it does; 0 for never, which is 24
            days.

        @param clipboard: Whether texts that the application copies are recorded, too.

        @param input: Whether the index has keys and buttons that viewers press, too:
            whoever reads it reads their passwords.

        @param inThread: Called with a function and its arguments, it has a thread call
            that, and returns a Deferred with the result; by default a thread of the
            factory's reactor.

        @param now: Says what time it is, in UTC, which the names of files are.
        """
        self._factory = factory
        self._settings = Settings(
            factory,
            directory,
            1 / frameRate if frameRate else 0.0,
            fileSize,
            min(fileSeconds or _LONGEST, _LONGEST),
            clipboard,
            input,
            inThread or self._inPool,
            now,
        )
        self._recording: Recording | None = None

    def _inPool(self, *call: Any) -> Deferred[Any]:
        reactor: Any = self._factory.clock
        return deferToThreadPool(reactor, reactor.getThreadPool(), *call)

    @property
    def path(self) -> str:
        """
        The file that is being written; empty if there is none.
        """
        recording = self._recording
        isOn = recording is not None and recording.isRunning
        return recording.files.path if recording is not None and isOn else ""

    def startService(self) -> None:
        """
        Begin to record.
        """
        Service.startService(self)
        self._recording = Recording(self._settings)
        self._recording.start()

    def stopService(self) -> Deferred[None]:
        """
        Record no more.

        @return: Fires when what was recorded is written, or that has taken too long.
        """
        Service.stopService(self)
        recording, self._recording = self._recording, None
        return succeed(None) if recording is None else recording.stop()
