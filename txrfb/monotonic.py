# -*- test-case-name: tests.test_monotonic -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A reactor's time that goes on evenly, whoever sets the clock.

Twisted's reactors take time from the system's clock.  If that is set back by an hour,
all timers are an hour late; if it is set forward, they are all due at once.
"""

from __future__ import annotations

import time
from typing import Any

from twisted.internet.base import ReactorBase

__all__ = ["useMonotonicTime"]


def useMonotonicTime(reactor: Any) -> None:
    """
    Let a reactor take time from a clock that nobody can set.  It begins with the time
    of day, and timers that there are already keep their time.

    This is for who runs the reactor, as it concerns the whole process: C{twistd rfb}
    and L{txrfb.protocol.serve} do it by themselves.

    @param reactor: The reactor; one that is not Twisted's own is left as it is.
    """
    if not isinstance(reactor, ReactorBase) or "seconds" in vars(reactor):
        return
    monotonic = time.monotonic
    start = reactor.seconds() - monotonic()

    def seconds() -> float:
        return start + monotonic()

    reactor.seconds = seconds
