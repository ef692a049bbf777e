# -*- test-case-name: tests.broadcast.test_options -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
C{rediss:} on the command line: C{redis:} inside TLS.
"""

from __future__ import annotations

from typing import Any

from txrfb.broadcast import _redis
from txrfb.broadcast.edge import BroadcastFramebuffer

__all__ = ["framebufferFromString"]


def framebufferFromString(reactor: Any, argument: str) -> BroadcastFramebuffer:
    """
    See L{_redis.framebufferFromString}.
    """
    return _redis.framebufferFromString(reactor, argument, "rediss")
