# -*- test-case-name: tests.test_lastones -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A port before it is closed: those connections are not lost that have begun.

What waits at a port to be accepted is reset by the kernel when that is closed, though
to the other side it is connected already.  Where it can, the kernel passes over all
that would begin, while whatever has begun is finished and accepted.  Who was passed
over asks again in a second, as TCP does, is refused, and goes elsewhere.  Elsewhere,
and at UNIX sockets, all are accepted that wait in the turn in which the port is closed.
"""

from __future__ import annotations

import ctypes
import select
import socket
import struct
import sys
from typing import Any

__all__ = ["LAST_SECONDS", "acceptAll", "beginNoMore"]

#: How long connections have that had begun: once around the world.
LAST_SECONDS = 0.25

# More do not fit into the queue of a port of Twisted's.
_MOST = 50

# Of Linux' socket(7).
_SO_ATTACH_FILTER = 26

# Of the flags of TCP, at their place in its header.
_FLAGS, _SYN, _ACK = 13, 0x02, 0x10

# The program, as of Linux' filter.h: code, jumps if true and if false, operand.
_FILTER = (
    (0x30, 0, 0, _FLAGS),  # load a byte
    (0x54, 0, 0, _SYN | _ACK),  # and
    (0x15, 0, 1, _SYN),  # is equal
    (0x06, 0, 0, 0),  # nothing is let through
    (0x06, 0, 0, 0xFFFFFFFF),  # all is
)


def acceptAll(port: Any) -> None:
    """
    Accept all connections that wait at a port.

    @param port: What listens, an L{IListeningPort
        <twisted.internet.interfaces.IListeningPort>} that is an L{IReadDescriptor
        <twisted.internet.interfaces.IReadDescriptor>}; nothing happens if it is closed.
    """
    if not port.connected:
        return
    waiting = select.poll()
    waiting.register(port, select.POLLIN)
    for _ in range(_MOST):
        if not waiting.poll(0):
            return
        port.doRead()


def beginNoMore(port: Any) -> bool:
    """
    Have no more connections begin at a port.

    @param port: What listens, an L{IListeningPort
        <twisted.internet.interfaces.IListeningPort>}.

    @return: Whether it is so.  It is not if others have the socket, too, to whom all
        goes that is not accepted here; nor for sockets that are not TCP's, where
        connections do not begin but are there; nor where the system does not know how.
    """
    # Twisted leaves a socket alone that it was given.
    if not sys.platform.startswith("linux") or not getattr(
        port, "_shouldShutdown", False
    ):
        return False
    if getattr(port, "addressFamily", None) not in (socket.AF_INET, socket.AF_INET6):
        return False
    program = ctypes.create_string_buffer(
        b"".join(struct.pack("=HBBI", *step) for step in _FILTER)
    )
    what = struct.pack("@HP", len(_FILTER), ctypes.addressof(program))
    try:
        port.socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, what)
    except OSError:
        return False
    return True
