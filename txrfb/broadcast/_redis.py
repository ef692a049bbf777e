# -*- test-case-name: tests.broadcast.test_options -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
C{redis:} and C{rediss:} on the command line.
"""

from __future__ import annotations

from typing import Any

from txrfb.broadcast.address import Address
from txrfb.broadcast.edge import BroadcastFramebuffer

__all__ = ["framebufferFromString"]


def framebufferFromString(
    reactor: Any, argument: str, kind: str = "redis"
) -> BroadcastFramebuffer:
    """
    @param reactor: What time is taken from.

    @param argument: What comes after C{redis:} in a broadcast's address.

    @param kind: What comes before it.

    @raise ValueError: if it is none.
    """
    return BroadcastFramebuffer(
        Address.fromString(f"{kind}:{argument}"), reactor=reactor
    )
