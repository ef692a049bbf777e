# -*- test-case-name: tests.record.test_player -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A recording as a framebuffer: C{fbs:}.

What was recorded is painted when its time comes.  A place in it is looked for from the
last whole picture before; recordings of other programs, whose compressed streams go on
from one update to the next, have none but the beginning.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twisted.application.service import IService
from twisted.internet.defer import Deferred
from zope.interface import Interface, implementer

from txrfb.framebuffers._service import FramebufferService
from txrfb.interfaces import IPlayback
from txrfb.record._checks import SPEEDS, checkedSpeed, checkSeconds
from txrfb.record._playing import Playing

if TYPE_CHECKING:
    from twisted.internet.interfaces import IReactorTime

__all__ = ["SPEEDS", "RecordingFramebuffer"]


@implementer(IPlayback)
class RecordingFramebuffer(Playing):
    """
    Plays a recording.

    Its service (C{IService(framebuffer)}), which C{twistd rfb} and C{serve} start by
    themselves, opens the file and shows the picture to begin with.  The first viewer
    starts the clock, unless L{play} or L{pause} was called before.  From then on it
    goes whether somebody looks or not, but while nobody does nothing is painted, if
    the recording has whole pictures to go on from.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        speed: float = 1.0,
        loop: bool = False,
        start: float = 0.0,
        idle: float = 2.0,
        clock: IReactorTime | None = None,
    ) -> None:
        """
        @param path: The recording.

        @param speed: How fast it is played: see L{SPEEDS}.

        @param loop: Whether it begins again when it has ended.

        @param start: Where in it to begin, in seconds.

        @param idle: Times in which nothing happened are cut to so many seconds of the
            recording; 0 to leave them as they are.

        @param clock: What time is taken from; the global reactor if not given.

        @raise ValueError: if the file is no recording, or an option cannot be.

        @raise OSError: if it cannot be read.
        """
        super().__init__(path, speed, loop, start, idle, clock)
        self._service = FramebufferService(self)

    def __conform__(self, interface: type[Interface]) -> Any:
        """
        The player is a service.
        """
        return self._service if interface is IService else None

    # -- What people do --------------------------------------------------------------

    @property
    def speed(self) -> float:
        """
        How many seconds of the recording are played in one; it may be changed.

        @raise ValueError: (when it is set) if it is not one of L{SPEEDS}.
        """
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        checked = checkedSpeed(speed)
        self._stand()
        self._speed = checked
        self._schedule()
        self._changed()

    @property
    def idle(self) -> float:
        """
        To how many seconds of the recording times are cut in which nothing happened; 0
        if they are not.  It may be changed.

        @raise ValueError: (when it is set) if it is no time.
        """
        return 0.0 if self._idle == inf else self._idle

    @idle.setter
    def idle(self, idle: float) -> None:
        checkSeconds("idle", idle)
        self._stand()
        self._idle = float(idle) or inf
        self._schedule()
        self._changed()

    @property
    def keyTimes(self) -> list[float]:
        """
        When there are whole pictures, in seconds; none in recordings of other programs.
        """
        return [key.milliseconds / 1000 for key in self._index.keys]

    def play(self) -> None:
        """
        Let the clock run; from the beginning if the recording is at its end, and no
        more of it was written since.
        """
        self._isAwaited = False
        if self._isPlaying:
            return
        if self._isAtEnd and self._goal is None:
            self._again()
        self._isPlaying = True
        self._since = self._clock.seconds()
        self._schedule()
        self._changed()

    def pause(self) -> None:
        """
        Let it stand.
        """
        self._isAwaited = False
        self._stand()
        self._isPlaying = False
        self._schedule()
        self._changed()

    def seek(self, seconds: float) -> Deferred[None]:
        """
        Show the picture of another time, and go on from there if the clock runs.

        @param seconds: Since the recording began; more than there are is the end.

        @return: Fires when it is shown, or when that of a later call is; fails if the
            player is stopped before.

        @raise ValueError: if it is no time.

        @raise OSError: if the file cannot be read.
        """
        checkSeconds("seek", seconds)
        sought: Deferred[None] = Deferred(self._seeking.remove)
        self._seeking.append(sought)
        self._blocks.grow()
        self._look(min(float(seconds), self.duration))
        self._changed()
        return sought

    def addPlaybackListener(self, changed: Callable[[], None]) -> None:
        """
        See L{IPlayback.addPlaybackListener}.
        """
        self._listening.append(changed)

    def removePlaybackListener(self, changed: Callable[[], None]) -> None:
        """
        See L{IPlayback.removePlaybackListener}.
        """
        if changed in self._listening:
            self._listening.remove(changed)

    def resumeProducing(self) -> None:
        """
        Somebody looks.
        """
        self._isWatched = True
        if self._isAwaited:
            self.play()
        elif self._isBehind:
            self._look(self.position)

    def pauseProducing(self) -> None:
        """
        Nobody does.
        """
        self._isWatched = False
