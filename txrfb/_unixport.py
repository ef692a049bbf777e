# -*- test-case-name: tests.test_systemd -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A UNIX socket that others have made, and may have, too.
"""

from __future__ import annotations

from typing import Any

from twisted.internet import tcp, unix
from twisted.internet.interfaces import IProtocolFactory
from twisted.python.failure import Failure

__all__ = ["inheritedPort"]


class _InheritedPort(unix.Port):
    """
    Leaves the file as it is, which is not this process' own.
    """

    #: To shut it down would end it for all who have it.
    _shouldShutdown = False

    _preexistingSocket: Any
    factory: Any
    fileno: Any

    def startListening(self) -> None:
        """
        Accept connections.
        """
        self.factory.doStart()
        listening, self._preexistingSocket = self._preexistingSocket, None
        listening.listen(self.backlog)
        self.connected = True
        self.socket = listening
        self.fileno = listening.fileno
        self.numberAccepts = 100
        self.startReading()  # type: ignore[no-untyped-call]

    def connectionLost(self, reason: Failure) -> None:
        """
        It listens no more.
        """
        tcp.Port.connectionLost(self, reason)


def inheritedPort(
    reactor: Any, fileno: int, factory: IProtocolFactory, backlog: int
) -> unix.Port:
    """
    @param reactor: What is to accept connections.

    @param fileno: A UNIX socket that listens.

    @param factory: What connections are for.

    @param backlog: How many may wait to be accepted.

    @return: A port that accepts connections, at a duplicate of the socket.
    """
    make: Any = _InheritedPort._fromListeningDescriptor
    port: unix.Port = make(reactor, fileno, factory)
    port.backlog = backlog
    port.startListening()
    return port
