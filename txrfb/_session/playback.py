# -*- test-case-name: tests.session.test_playback -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What is played, as viewers and administrators are told of it, and how they order it
about: by an application's L{IPlayback<txrfb.interfaces.IPlayback>}, whose answers are
looked at before they are believed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from twisted.internet.defer import CancelledError

from txrfb._callbacks import DEADLINE, Complaints, ask
from txrfb.error import RFBError

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred
    from twisted.internet.interfaces import IReactorTime
    from twisted.python.failure import Failure

__all__ = ["MAX_KEYS", "ORDERS", "PlaybackState", "RemoteControl"]

#: How many of the times of whole pictures are told at the most.
MAX_KEYS = 200

#: How many of them are looked at: there are so many in eleven days.
_MAX_LOOKED_AT = 100_000

#: The longest time that can be spoken of, in seconds: three hundred years.
_MAX_SECONDS = 1e10

#: The slowest and the fastest that viewers can ask for.
_SPEEDS = (0.5, 16.0)


class PlaybackState(NamedTuple):
    """
    What is played, at some moment.

    @ivar position: Which second is shown.
    @ivar duration: How many there are.
    @ivar isPlaying: Whether time passes.
    @ivar speed: How many seconds are played in one.
    @ivar idle: To how many seconds idle times are cut; 0 if they are not.
    """

    position: float
    duration: float
    isPlaying: bool
    speed: float
    idle: float

    def told(self) -> dict[str, Any]:
        """
        @return: The same for programs, as JSON has it.
        """
        return {
            "position": round(self.position, 3),
            "duration": round(self.duration, 3),
            "playing": self.isPlaying,
            "speed": self.speed,
            "idle": self.idle,
        }


def _seconds(value: Any) -> float:
    """
    @raise ValueError: if it is no length of time.
    """
    number = float(value)
    if not (isfinite(number) and 0 <= number <= _MAX_SECONDS):
        raise ValueError(f"{value!r:.40} is no number of seconds")
    return number


def _speed(value: Any) -> float:
    """
    @raise ValueError: if it is none that viewers can ask for.
    """
    low, high = _SPEEDS
    number = float(value)
    if not low <= number <= high:
        raise ValueError(f"speed {value!r:.40}: expected {low:g} to {high:g}")
    return number


def _play(playback: Any, isWanted: bool) -> Any:
    return playback.play() if isWanted else playback.pause()


def _seek(playback: Any, seconds: float) -> Any:
    return playback.seek(seconds)


def _setSpeed(playback: Any, speed: float) -> None:
    playback.speed = speed


def _setIdle(playback: Any, seconds: float) -> None:
    playback.idle = seconds


#: What can be ordered: what makes of a number what it stands for, or raises
#: C{ValueError}, and what is called with that.
ORDERS: Mapping[str, tuple[Callable[[Any], Any], Callable[[Any, Any], Any]]] = {
    "play": (bool, _play),
    "seek": (_seconds, _seek),
    "speed": (_speed, _setSpeed),
    "idle": (_seconds, _setIdle),
}


class RemoteControl:
    """
    Asks something that is played, and orders it about.

    @ivar playback: What is played.
    """

    def __init__(self, playback: Any, clock: IReactorTime) -> None:
        """
        @param playback: An L{IPlayback<txrfb.interfaces.IPlayback>}.

        @param clock: What time is taken from.
        """
        self.playback = playback
        self._clock = clock
        self._complaints = Complaints()
        self._sought: Deferred[Any] | None = None

    def state(self) -> Deferred[PlaybackState]:
        """
        @return: Fires with how it is now; fails if that makes no sense.
        """
        return ask(self._clock, DEADLINE, _stateOf, self.playback)

    def keyTimes(self) -> Deferred[list[float]]:
        """
        @return: Fires with when there are whole pictures, in seconds, L{MAX_KEYS} of
            them at the most; fails if that makes no sense.
        """
        return ask(self._clock, DEADLINE, _keyTimesOf, self.playback)

    def order(self, kind: str, value: Any) -> Deferred[None]:
        """
        Order something.  Of places that are looked for the last is what counts; nobody
        waits for those before.

        @param kind: One of L{ORDERS}.

        @param value: A number, or whether it is to play.

        @return: Fires when that is done, and what was looked for is shown; fails with
            C{ValueError} if it cannot be.

        @raise ValueError: if the value is none of these.
        """
        check, act = ORDERS[kind]
        checked = check(value)
        if kind != "seek":
            return ask(self._clock, DEADLINE, act, self.playback, checked)
        self.forget()
        sought = ask(self._clock, DEADLINE, act, self.playback, checked)
        self._sought = sought

        def over(result: Any) -> Any:
            if self._sought is sought:
                self._sought = None
            return result

        return sought.addBoth(over)

    def forget(self) -> None:
        """
        Wait no more for what is looked for.
        """
        sought, self._sought = self._sought, None
        if sought is not None:
            sought.cancel()

    def objection(self, failure: Failure) -> str:
        """
        @param failure: Why something could not be.

        @return: The same in a sentence for whoever asked; empty if nobody waits.
        """
        if failure.check(CancelledError):
            return ""
        if failure.check(ValueError, RFBError):
            return f"That cannot be played: {failure.getErrorMessage():.200}."
        self._complaints.failed(failure, type(self.playback))
        return "That cannot be played; the server's log says why."


def _stateOf(playback: Any) -> PlaybackState:
    """
    @raise ValueError: if it makes no sense.
    """
    duration = _seconds(playback.duration)
    return PlaybackState(
        min(_seconds(playback.position), duration),
        duration,
        bool(playback.isPlaying),
        _seconds(playback.speed),
        _seconds(playback.idle),
    )


def _keyTimesOf(playback: Any) -> list[float]:
    """
    @raise ValueError: if it makes no sense.
    """
    times = playback.keyTimes
    step = _seconds(playback.duration) / (MAX_KEYS - 1)
    found: list[float] = []
    for time in islice(times, _MAX_LOOKED_AT):
        seconds = round(_seconds(time), 3)
        if len(found) < MAX_KEYS and (not found or seconds >= found[-1] + step):
            found.append(seconds)
    return found
