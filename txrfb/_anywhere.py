# -*- test-case-name: tests.test_anywhere -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
An endpoint at all addresses of the machine, of IPv4 and of IPv6.
"""

from __future__ import annotations

import errno
import os
import socket
from typing import TYPE_CHECKING, Any, cast

from twisted.internet.defer import Deferred, execute
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import (
    IListeningPort,
    IProtocolFactory,
    IReactorSocket,
    IReactorTCP,
    IReactorTime,
    IStreamServerEndpoint,
)
from twisted.logger import Logger
from zope.interface import implementer

if TYPE_CHECKING:
    from twisted.internet.protocol import ServerFactory

__all__ = ["AnywhereEndpoint"]

_BACKLOG = 50

_log = Logger()


@implementer(IStreamServerEndpoint)
class AnywhereEndpoint:
    """
    One socket of IPv6 that takes IPv4, too, whatever the system's default is; of IPv4
    alone, where there is no IPv6.
    """

    def __init__(self, reactor: IReactorTime, port: int) -> None:
        """
        @param reactor: What listens.

        @param port: The port's number; 0 for any.
        """
        self._reactor = reactor
        self._port = port

    def listen(self, protocolFactory: IProtocolFactory) -> Deferred[IListeningPort]:
        """
        See L{IStreamServerEndpoint<twisted.internet.interfaces.IStreamServerEndpoint>}.
        """
        return execute(self._listen, protocolFactory)

    def _listen(self, factory: IProtocolFactory) -> IListeningPort:
        server = cast("ServerFactory[Any]", factory)
        try:
            bound = self._bound()
        except OSError as error:
            if error.errno == errno.EADDRINUSE or isinstance(error, PermissionError):
                raise CannotListenError("::", self._port, error) from error
            _log.info(
                "There is no IPv6 here ({reason}): port {port} is open to IPv4 only",
                reason=error.strerror,
                port=self._port,
            )
            tcp = cast(IReactorTCP, self._reactor)
            return tcp.listenTCP(self._port, server, _BACKLOG)
        with bound:
            # The reactor has a copy.
            return IReactorSocket(self._reactor).adoptStreamPort(
                bound.fileno(), socket.AF_INET6, server
            )

    def _bound(self) -> socket.socket:
        """
        @return: A socket that listens.

        @raise OSError: if there can be none.
        """
        made = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        try:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            if os.name == "posix":
                # On Windows it means that others may take the port away.
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.setblocking(False)
            made.bind(("::", self._port))
            made.listen(_BACKLOG)
        except BaseException:
            made.close()
            raise
        return made
