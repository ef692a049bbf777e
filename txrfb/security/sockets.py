# -*- test-case-name: tests.security.test_sockets -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Socket options and limits that keep dead peers and crowds from exhausting a server.
"""

from __future__ import annotations

import socket

from twisted.internet.interfaces import ITransport

__all__ = [
    "RESERVE",
    "connectionLimit",
    "descriptors",
    "hostOf",
    "isProxied",
    "watchPeer",
]

#: Descriptors that are kept for other things than connections.
RESERVE = 64


def hostOf(transport: ITransport) -> str | None:
    """
    @return: The address of the other side, C{None} if it has none.
    """
    host = getattr(transport.getPeer(), "host", None)
    return host if isinstance(host, str) else None


def isProxied(transport: object) -> bool:
    """
    @return: Whether a proxy stands between, which tells where the viewer is before
        anything that the viewer says.
    """
    # TLS may be between, and a wrapper or two; no more.
    for _ in range(4):
        if type(transport).__module__.startswith("twisted.protocols.haproxy."):
            return True
        transport = getattr(transport, "transport", None)
    return False


def watchPeer(
    transport: object,
    idle: int = 30,
    interval: int = 10,
    count: int = 3,
    unanswered: float = 60.0,
) -> bool:
    """
    Have the kernel find out that the other side is no longer there.  Keep-alive
    does that while nothing is said, and the time limit for unanswered bytes while
    something is: each is blind for the other's case.

    @param transport: A transport; if it is not TCP nothing happens.

    @param idle: The seconds of silence before the first probe.

    @param interval: The seconds between probes.

    @param count: How many probes may stay without answer.

    @param unanswered: The seconds for which written bytes may stay unanswered.
        Somebody who is there and reads nothing is closed after that time, too.

    @return: Whether it is TCP.
    """
    getHandle = getattr(transport, "getHandle", None)
    if getHandle is None:
        return False
    handle = getHandle()
    # A UNIX socket's transport says that it is one of TCP.
    if getattr(handle, "family", None) not in (socket.AF_INET, socket.AF_INET6):
        return False
    settings = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    for name, value in (
        ("TCP_KEEPIDLE", idle),
        ("TCP_KEEPINTVL", interval),
        ("TCP_KEEPCNT", count),
        ("TCP_USER_TIMEOUT", round(unanswered * 1000)),
    ):
        # Not every system has every one of them.
        option = getattr(socket, name, None)
        if option is not None:
            settings.append((socket.IPPROTO_TCP, option, value))
    try:
        for level, option, value in settings:
            handle.setsockopt(level, option, value)
    except OSError:
        # The other side was quick to go away: reading will tell.
        return False
    return True


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
