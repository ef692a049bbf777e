# -*- test-case-name: tests.session.test_gathering -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What many viewers send is read together.

For each socket that it reads from, the reactor makes a context of the log, and asks
the transport: that costs more than to read the ten bytes by which a viewer asks for the
next update.  Where there are many viewers on plain sockets, the reactor is shown one
descriptor for all of them, and their sockets are read here.  What is not just data - an
end, an error, TLS - is left to the transport, which reads again then.
"""

from __future__ import annotations

import select
from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IReactorFDSet, IReadDescriptor
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from txrfb._session.sending import isPlain

#: From how many viewers the reactor reads: for few, one more descriptor costs more.
FEW = 8

#: How many bytes are read at once; a viewer that sends more has its next turn.
_SIZE = 1 << 14


class Gathered:
    """
    A transport whose socket is read here, until it is paused.
    """

    def __init__(
        self, gathering: Gathering, transport: Any, received: Callable[[bytes], None]
    ) -> None:
        """
        @param gathering: Reads it.

        @param transport: A transport of TCP or of a UNIX socket.

        @param received: Called with what was read.
        """
        self._gathering = gathering
        self.transport = transport
        self.received = received
        handle = transport.getHandle()
        self.recv = handle.recv
        self.number = handle.fileno()

    def pauseProducing(self) -> None:
        """
        Read nothing.
        """
        if not self._gathering.remove(self):
            self.transport.pauseProducing()

    def resumeProducing(self) -> None:
        """
        Read again.
        """
        transport = self.transport
        if transport.connected and not transport.disconnecting:
            self._gathering.take(self)


@implementer(IReadDescriptor)
class Gathering:
    """
    All sockets that are read together.
    """

    _log = Logger()

    def __init__(self, reactor: Any) -> None:
        """
        @param reactor: It is shown the descriptor, if it takes some.
        """
        self._reactor = reactor
        self._isUseful = hasattr(select, "epoll") and IReactorFDSet.providedBy(reactor)
        # Transports that the reactor reads, and sockets that are read here.
        self._few: set[Any] = set()
        self._all: dict[int, Gathered] = {}
        self._epoll: Any = None

    def add(self, transport: Any, received: Callable[[bytes], None]) -> Any:
        """
        Read from a transport, if that is of use.

        @param transport: The transport of a viewer.

        @param received: Called with what was read.

        @return: By what reading is paused: the transport itself, if the reactor goes on
            to read it.
        """
        if not (
            self._isUseful and isPlain(transport) and transport.reactor is self._reactor
        ):
            return transport
        if len(self._few) < FEW:
            self._few.add(transport)
            return transport
        one = Gathered(self, transport, received)
        self.take(one)
        return one

    def take(self, one: Gathered) -> None:
        """
        Read from one, which the reactor does no more.
        """
        one.transport.stopReading()
        if self._epoll is None:
            self._epoll = select.epoll()
            self._reactor.addReader(self)
        if one.number not in self._all:
            self._epoll.register(one.number, select.EPOLLIN)
            self._all[one.number] = one

    def leave(self, intake: Any) -> None:
        """
        A transport is lost, or about to be closed.

        @param intake: What L{add} returned for it; C{None} if it was not asked.
        """
        if isinstance(intake, Gathered):
            self.remove(intake)
        else:
            self._few.discard(intake)

    def remove(self, one: Gathered) -> bool:
        """
        Read from one no more.

        @return: Whether it was read.
        """
        if self._all.get(one.number) is not one:
            return False
        del self._all[one.number]
        try:
            self._epoll.unregister(one.number)
        except OSError:
            pass  # the socket is closed already
        if not self._all:
            self._reactor.removeReader(self)
            self._epoll.close()
            self._epoll = None
        return True

    # -- What the reactor asks -------------------------------------------------------

    def fileno(self) -> int:
        """
        See L{IReadDescriptor}.
        """
        return -1 if self._epoll is None else int(self._epoll.fileno())

    def logPrefix(self) -> str:
        """
        See L{IReadDescriptor}.
        """
        return "viewers"

    def doRead(self) -> None:
        """
        See L{IReadDescriptor}.
        """
        everyone = self._all
        for number, events in self._epoll.poll(0):
            one = everyone.get(number)
            if one is None:
                continue  # one before it has ended its session
            data = b""
            if events & select.EPOLLIN:
                try:
                    data = one.recv(_SIZE)
                except BlockingIOError:
                    continue
                except OSError:
                    pass  # as below
            if not data:
                # The transport finds out why, and tells.
                self._giveBack(one)
                continue
            try:
                one.received(data)
            except Exception:
                self._log.failure("what a viewer sent could not be taken")
                one.transport.abortConnection()

    def _giveBack(self, one: Gathered) -> None:
        if self.remove(one):
            one.transport.startReading()

    def connectionLost(self, reason: Failure) -> None:
        """
        See L{IReadDescriptor}: the reactor stops, and would tell all transports.
        """
        for one in list(self._all.values()):
            self.remove(one)
            one.transport.connectionLost(reason)
