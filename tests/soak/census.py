# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What is left when everybody has gone.
"""

from __future__ import annotations

import gc
import os
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from txrfb._screen.plan import Plan
from txrfb._session.server import RFBServer
from txrfb._session.updates import UpdateProducer
from txrfb._session.writer import Writer
from txrfb.client import RFBClient
from txrfb.protocol import RFBFactory

#: What belongs to one connection.
_KINDS = (RFBServer, RFBClient, UpdateProducer, Writer, Plan)


class Census(NamedTuple):
    """
    What there is.

    @ivar descriptors: How many files and sockets are open.
    @ivar allocated: How many bytes Python has allocated, if tracemalloc is on.
    @ivar resident: How many bytes of memory the process has.
    """

    descriptors: int
    allocated: int
    resident: int


def census() -> Census:
    """
    Count, after all that can be collected was.
    """
    gc.collect()
    with open("/proc/self/statm", "rb") as file:
        resident = int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")
    return Census(
        len(os.listdir("/proc/self/fd")), tracemalloc.get_traced_memory()[0], resident
    )


def population() -> Counter[str]:
    """
    @return: How many there are of each kind of what belongs to a connection.
    """
    gc.collect()
    return Counter(
        type(one).__name__ for one in gc.get_objects() if isinstance(one, _KINDS)
    )


def leftovers(
    factory: RFBFactory, timers: Sequence[object], before: Counter[str]
) -> list[str]:
    """
    @param factory: It had viewers, who have all gone.

    @param timers: The delayed calls that there are.

    @param before: The L{population} before the first of them came.

    @return: What is left of them, in words.
    """
    more = population() - before
    left = [f"{count} {name}" for name, count in sorted(more.items())]
    if factory.viewers or factory._connections:
        left.append(f"viewers {factory.viewers}, {factory._connections} connected")
    if factory.display.followers:
        left.append("followers of the display")
    if factory.display.planner.cache.size:
        left.append(f"{factory.display.planner.cache.size} bytes in the cache")
    left.extend(f"timer {timer}" for timer in timers)
    return left
