# -*- test-case-name: tests.web.test_api_looking -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
How a server is, in numbers, for programs.
"""

from __future__ import annotations

import os
from collections import deque
from typing import TYPE_CHECKING, Any

from txrfb import __version__, kernels
from txrfb.diagnostics import describe

if TYPE_CHECKING:
    from txrfb._screen.display import Display
    from txrfb.protocol import RFBFactory

__all__ = ["Meter", "memoryOf", "statusOf"]

#: Over how many seconds rates are, at the least, and for how many numbers are kept.
_LEAST, _MOST = 1.0, 60.0

#: What is told of a viewer to those who do no more than look.
_HARMLESS = ("connection", "seconds", "encoding", "frames", "sent", "behind", "latency")


class Meter:
    """
    Knows how much is sent in a second.  It counts when it is asked, and sleeps
    otherwise.
    """

    def __init__(self, factory: RFBFactory) -> None:
        """
        @param factory: The server.
        """
        self._factory = factory
        self.start = factory.clock.seconds()
        self._seen: deque[tuple[float, int, int, int]] = deque()
        self._note(self.start)

    def _note(self, now: float) -> tuple[float, int, int, int]:
        totals = self._factory.totals
        noted = now, totals.frames, totals.sent, totals.received
        if not self._seen or now - self._seen[-1][0] >= _LEAST:
            self._seen.append(noted)
        while len(self._seen) > 1 and now - self._seen[1][0] > _MOST:
            self._seen.popleft()
        return noted

    @property
    def uptime(self) -> float:
        """
        For how many seconds the server runs.
        """
        return float(max(0.0, self._factory.clock.seconds() - self.start))

    def rates(self) -> dict[str, float]:
        """
        @return: What was sent and received a second, and over how many seconds.
        """
        now = self._factory.clock.seconds()
        before = next(
            (one for one in reversed(self._seen) if now - one[0] >= _LEAST),
            self._seen[0],
        )
        after = self._note(now)
        seconds = max(now - before[0], 1e-3)
        frames, sent, received = (
            max(0.0, (new - old) / seconds)
            for new, old in zip(after[1:], before[1:], strict=True)
        )
        return {
            "seconds": round(seconds, 3),
            "framesPerSecond": round(frames, 3),
            "bytesSentPerSecond": round(sent, 1),
            "bytesReceivedPerSecond": round(received, 1),
        }


def memoryOf(process: str = "/proc/self/statm") -> int | None:
    """
    @return: How many bytes of memory the process has (RSS); C{None} where the system
        does not tell.
    """
    try:
        with open(process, "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        return None


def statusOf(
    factory: RFBFactory, display: Display, meter: Meter, isAll: bool
) -> dict[str, Any]:
    """
    @param factory: The server.

    @param display: What shows the screen.

    @param meter: Knows the rates.

    @param isAll: Whether it is told who the viewers are.

    @return: How it is.
    """
    cache = display.planner.cache
    viewers = []
    for viewer in factory.viewers:
        told = describe(viewer)
        viewers.append(told if isAll else {key: told.get(key) for key in _HARMLESS})
    return {
        "version": __version__,
        "kernels": "C" if kernels.NATIVE else "numpy",
        "uptime": round(meter.uptime, 3),
        "screen": {
            "name": display.desktop.name,
            "width": display.width,
            "height": display.height,
            "frame": display.serial,
        },
        "connections": len(factory.connections),
        "viewers": viewers,
        "rates": meter.rates(),
        "cache": {
            "rectangles": len(cache),
            "bytes": cache.size,
            "capacity": cache.capacity,
            "hits": cache.hits,
            "misses": cache.misses,
        },
        "memory": memoryOf(),
        "parts": factory.reports() if isAll else [],
    }
