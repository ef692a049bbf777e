# -*- test-case-name: tests.record.test_player -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What a player can be told.
"""

from __future__ import annotations

from math import isfinite

__all__ = ["SPEEDS", "checkSeconds", "checkedSpeed"]

#: How fast a recording can be played: from, to.
SPEEDS = (0.5, 16.0)


def checkSeconds(name: str, seconds: float) -> None:
    """
    @raise ValueError: if it is no length of time.
    """
    isNumber = isinstance(seconds, int | float) and isfinite(seconds)
    if not isNumber or seconds < 0:
        raise ValueError(f"{name} {seconds!r}: expected seconds, 0 or more")


def checkedSpeed(speed: float) -> float:
    """
    @raise ValueError: if it is not one of L{SPEEDS}.
    """
    low, high = SPEEDS
    if not (isinstance(speed, int | float) and low <= speed <= high):
        raise ValueError(f"speed {speed!r}: expected {low:g} to {high:g}")
    return float(speed)
