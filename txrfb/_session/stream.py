# -*- test-case-name: tests.session.test_stream -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What is asked of transports beside reading and writing.
"""

from __future__ import annotations

import socket
from typing import Any

from twisted.internet.interfaces import ITCPTransport

#: How many bytes the kernel holds back before it says that there is no more room.
_UNSENT = 1 << 17


def tune(transport: Any) -> None:
    """
    Make a TCP connection send small things at once, and hold little that is stale.
    """
    if not ITCPTransport.providedBy(transport):
        return
    tcp: Any = transport
    try:
        tcp.setTcpNoDelay(True)
        handle = tcp.getHandle()
        option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
        if option is not None:
            handle.setsockopt(socket.IPPROTO_TCP, option, _UNSENT)
    except (OSError, AttributeError):
        pass  # a UNIX socket says it is a TCP transport, and has neither


def textOf(address: Any) -> str:
    """
    @return: An address for people to read.
    """
    host = getattr(address, "host", None)
    if host is not None:
        return f"[{host}]:{address.port}" if ":" in host else f"{host}:{address.port}"
    name = getattr(address, "name", None)
    if name is not None:
        return f"unix:{name!r}"
    return str(address)
