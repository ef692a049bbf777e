# -*- test-case-name: tests.test_tap -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The options of C{twistd rfb} that limit viewers: how many, how often, how
long, before they have logged in and after; and what they may cost.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from twisted.python.usage import Options, UsageError

from txrfb.encodings.h264 import H264Encoder
from txrfb.protocol import SHARING

__all__ = ["LimitOptions"]


def _wholeNumber(option: str, minimum: int) -> Callable[[str], int]:
    """
    @return: What makes a number of the value of C{option}.
    """

    def coerce(value: str) -> int:
        try:
            number = int(value)
        except ValueError:
            number = minimum - 1
        if number < minimum:
            raise UsageError(
                f"--{option} {value!r}: expected a whole number, {minimum} or more"
            )
        return number

    return coerce


def _frameRate(value: str) -> float:
    """
    @return: The value of C{--frame-rate}.
    """
    try:
        rate = float(value)
    except ValueError:
        rate = -1
    if not 0 <= rate < math.inf:
        raise UsageError(
            f"--frame-rate {value!r}: expected a number of frames a second, or 0"
            " for as many as viewers take"
        )
    return rate


def _seconds(option: str, never: bool = True) -> Callable[[str], float]:
    """
    @param never: Whether 0 is a value, and stands for no limit.

    @return: What makes a number of seconds of the value of C{option}.
    """

    def coerce(value: str) -> float:
        try:
            seconds = float(value)
        except ValueError:
            seconds = -1
        if not 0 <= seconds < math.inf or not (seconds or never):
            more = "or 0 for never" if never else "more than 0"
            raise UsageError(
                f"--{option} {value!r}: expected a number of seconds, {more}"
            )
        return seconds

    return coerce


def _shared(value: str) -> str:
    """
    @return: The value of C{--shared}.
    """
    if value not in SHARING:
        raise UsageError(f"--shared {value!r}: expected one of {', '.join(SHARING)}")
    return value


class LimitOptions(Options):
    """
    The part of the options of C{twistd rfb} that limits viewers.
    """

    optFlags = [  # noqa: RUF012
        [
            "h264",
            None,
            "Send what moves as a video to viewers that read H.264, in a third of the"
            " bytes or less; it needs PyAV: pip install 'txrfb[h264]'.",
        ],
    ]

    optParameters: list[list[Any]] = [  # noqa: RUF012
        [
            "shared",
            None,
            "always",
            "Whether viewers share the screen: always; honor, which disconnects all"
            " others when a viewer asks for exclusive access; or never, one viewer at a"
            " time.",
            _shared,
        ],
        [
            "max-viewers",
            None,
            100,
            "Viewers at a time, at most.",
            _wholeNumber("max-viewers", 1),
        ],
        [
            "max-logins",
            None,
            64,
            "How many viewers may be logging in at a time; if there are more, those of"
            " the address that has most of them are closed.",
            _wholeNumber("max-logins", 1),
        ],
        [
            "login-timeout",
            None,
            120.0,
            "How many seconds a viewer has for its user to give a password.",
            _seconds("login-timeout", never=False),
        ],
        [
            "frame-rate",
            None,
            60.0,
            "Frames a second, at most; 0 for as many as viewers take.",
            _frameRate,
        ],
        [
            "idle-timeout",
            None,
            0.0,
            "Disconnect viewers that do nothing for so many seconds; 0 for never.",
            _seconds("idle-timeout"),
        ],
        [
            "time-limit",
            None,
            0.0,
            "Disconnect viewers after so many seconds; 0 for never.",
            _seconds("time-limit"),
        ],
        [
            "drain-timeout",
            None,
            0.0,
            "How many seconds viewers may stay after SIGUSR2, which has the server"
            " take no others and end when all have left; 0 for as long as they like.",
            _seconds("drain-timeout"),
        ],
    ]

    def makeVideo(self) -> type[H264Encoder] | None:
        """
        @return: What makes encoders of videos; C{None} if viewers are sent none.

        @raise UsageError: if there can be none.
        """
        if not self["h264"]:
            return None
        try:
            H264Encoder()
        except ValueError as error:
            raise UsageError(f"--h264: {error}") from None
        return H264Encoder
