# -*- test-case-name: tests.test_systemd -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What systemd, or whatever does as it does, gives to a process: sockets that listen
(sd_listen_fds(3)), and a place for telling how the process is (sd_notify(3)).
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from typing import Any

from twisted.internet.defer import Deferred, execute
from twisted.internet.error import AlreadyListened
from twisted.internet.interfaces import (
    IListeningPort,
    IProtocolFactory,
    IStreamServerEndpoint,
)
from twisted.logger import Logger
from zope.interface import implementer

__all__ = ["InheritedEndpoint", "notify"]

#: How many viewers may wait to be accepted: as many as the system allows.
_BACKLOG = 1 << 16

_log = Logger()


def notify(state: str, environ: Mapping[str, str]) -> None:
    """
    Tell systemd, if it wants to know.

    @param state: What, as sd_notify(3) has it.

    @param environ: The environment, in which it says where.
    """
    address = environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifier:
            notifier.setblocking(False)
            notifier.sendto(state.encode("utf-8"), address)
    except OSError as error:
        _log.warn("cannot notify systemd: {error}", error=error.strerror)


@implementer(IStreamServerEndpoint)
class InheritedEndpoint:
    """
    A socket that listens already, and that other processes may have, too: it is used
    as it is.

    Twisted's own C{systemd:} sets the mode of a UNIX socket to 666, ends it for all who
    have it and removes its file when it listens no more, and lets no more than fifty
    viewers wait.
    """

    def __init__(self, reactor: Any, fileno: int, family: int) -> None:
        """
        @param reactor: What is to accept connections.

        @param fileno: The socket.  It is closed when there is a port for it.

        @param family: Its address family.
        """
        self._reactor = reactor
        self._fileno: int | None = fileno
        self._family = family

    def listen(self, protocolFactory: IProtocolFactory) -> Deferred[IListeningPort]:
        """
        See L{IStreamServerEndpoint.listen}.
        """
        port: Deferred[IListeningPort] = execute(self._listen, protocolFactory)
        return port

    def _listen(self, factory: IProtocolFactory) -> Any:
        fileno, self._fileno = self._fileno, None
        if fileno is None:
            raise AlreadyListened
        os.set_blocking(fileno, False)
        port: Any
        if self._family == socket.AF_UNIX:
            # Needed by few, and not there on all systems.
            from txrfb._unixport import inheritedPort

            port = inheritedPort(self._reactor, fileno, factory, _BACKLOG)
        else:
            port = self._reactor.adoptStreamPort(fileno, self._family, factory)
            port.socket.listen(_BACKLOG)
        # The port has a duplicate.  While any is open, connections are made to it.
        os.close(fileno)
        return port
