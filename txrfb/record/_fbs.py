# -*- test-case-name: tests.record.test_player -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
C{fbs:} on the command line.
"""

from __future__ import annotations

import re
from typing import Any

from txrfb.record.player import RecordingFramebuffer

__all__ = ["framebufferFromString"]

_OPTIONS = ("speed", "loop", "start", "idle")

_USAGE = (
    "expected fbs:FILE, and after commas there may be speed= (0.5 to 16), loop=yes,"
    " start=SECONDS and idle=SECONDS (0 leaves idle times as they are)"
)


def framebufferFromString(reactor: Any, argument: str) -> RecordingFramebuffer:
    """
    @param argument: A file, and options after commas:
        C{"monday.fbs,speed=2,loop=yes"}.

    @raise ValueError: if it is anything else, or the file is no recording.
    """
    path, *rest = re.split(f",({'|'.join(_OPTIONS)})=", argument)
    if not path:
        raise ValueError(f"there is no file; {_USAGE}")
    given = dict(zip(rest[::2], rest[1::2], strict=True))
    loop = given.get("loop", "no")
    if loop not in ("yes", "no"):
        raise ValueError(f"loop={loop}: expected yes or no")
    numbers = {
        name: _number(name, given[name])
        for name in ("speed", "start", "idle")
        if name in given
    }
    try:
        return RecordingFramebuffer(path, loop=loop == "yes", clock=reactor, **numbers)
    except OSError as error:
        option = ""
        if "," in path:
            option = f"; if that is not its name: {_USAGE}"
        raise ValueError(f"{path}: {error.strerror}{option}") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _number(name: str, text: str) -> float:
    """
    @raise ValueError: if it is none.
    """
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{name}={text}: expected a number") from None
