# -*- test-case-name: tests.security.test_descriptors -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The descriptors of the process, which bound how many connections there can be.
"""

from __future__ import annotations

__all__ = ["connectionLimit", "descriptors"]

#: Descriptors that are kept for other things than connections.
RESERVE = 64


def connectionLimit(wanted: int = 0, reserve: int = RESERVE) -> int:
    """
    @param wanted: How many connections the administrator would have; 0 for as many
        as there can be.

    @param reserve: How many descriptors are for other things.

    @return: How many connections there can be before the process has no descriptors
        left, or C{wanted} if that is less.
    """
    possible = descriptors()
    if possible is None:
        return wanted
    possible = max(1, possible - reserve)
    return min(wanted, possible) if wanted else possible


def descriptors() -> int | None:
    """
    @return: How many descriptors the process may have open; C{None} if there is no
        limit, or the system does not tell.
    """
    try:
        import resource
    except ImportError:
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft
