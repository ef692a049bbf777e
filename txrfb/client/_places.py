# -*- test-case-name: tests.client.test_main -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Where servers are, as people write it.
"""

from __future__ import annotations

import re
from typing import Any

from twisted.internet.endpoints import (
    HostnameEndpoint,
    UNIXClientEndpoint,
)
from twisted.internet.interfaces import IStreamClientEndpoint

__all__ = ["endpointOf"]


def endpointOf(
    reactor: Any, server: str, timeout: float
) -> tuple[IStreamClientEndpoint, str]:
    """
    @param server: C{HOST}, C{HOST:DISPLAY}, C{HOST:PORT}, C{HOST::PORT}, the absolute
        path of a UNIX socket, or a client endpoint.

    @return: Where it is, and the host's name.

    @raise ValueError: if it cannot be understood.
    """
    if server.startswith("/"):
        return UNIXClientEndpoint(reactor, server, timeout), ""
    if re.match("(tcp|tls|ssl|unix):", server):
        # Seldom needed.
        from txrfb._endpoints import clientEndpoint

        # What the server is called is not known, but by --hostname.
        try:
            return clientEndpoint(reactor, server), ""
        except ValueError as error:
            raise ValueError(f"{server!r} is no client endpoint: {error}") from None
    found = re.fullmatch(r"(\[[^]]+\]|[^:\[\]]+)(?:(::?)(\d{1,5}))?", server)
    if found is None:
        raise ValueError(
            f"{server!r} is no server; expected HOST, HOST:PORT or [ADDRESS]:PORT"
        )
    host, colons, digits = found.groups()
    port = int(digits or 0)
    if colons != "::" and port < 100:
        port += 5900
    if not 0 < port < 1 << 16:
        raise ValueError(f"{server!r}: a port is from 1 to 65535")
    host = host.strip("[]")
    return HostnameEndpoint(reactor, host, port, timeout), host
