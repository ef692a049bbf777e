# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb._anywhere}.
"""

from __future__ import annotations

import errno
import socket
from functools import partial
from typing import Any, NoReturn

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP6ClientEndpoint
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SkipTest, SynchronousTestCase, TestCase

from txrfb._anywhere import AnywhereEndpoint
from txrfb._session.stream import TransportStream


def hasIPv6() -> bool:
    """
    @return: Whether this machine has an address of IPv6.
    """
    try:
        with socket.socket(socket.AF_INET6) as made:
            made.bind(("::1", 0))
    except OSError:
        return False
    return True


def _fire(deferred: Deferred[None], reason: object) -> None:
    deferred.callback(None)


class Greeted(Factory):
    """
    Notes from where it was connected to.
    """

    noisy = False

    def __init__(self) -> None:
        """
        Nobody has come yet.
        """
        self.came: Deferred[Any] = Deferred()

    def buildProtocol(self, addr: IAddress | None) -> Protocol:
        """
        Somebody has come.
        """
        factory = self

        class Noting(Protocol):
            def connectionMade(self) -> None:
                came, factory.came = factory.came, Deferred()
                came.callback(self.transport)

        return Noting()


class ListenTests(TestCase):
    """
    Real sockets.
    """

    async def test_both(self) -> None:
        """
        Both families of addresses come to one port; who comes by IPv4 has an address of
        IPv4, for people and for networks.
        """
        if not hasIPv6():
            raise SkipTest("this machine has no IPv6")
        from twisted.internet import reactor

        clock: Any = reactor
        factory = Greeted()
        port = await AnywhereEndpoint(clock, 0).listen(factory)
        self.addCleanup(port.stopListening)
        number = port.getHost().port  # type: ignore[attr-defined]
        for endpoint, host in (
            (TCP4ClientEndpoint(clock, "127.0.0.1", number), "127.0.0.1"),
            (TCP6ClientEndpoint(clock, "::1", number), "::1"),
        ):
            came = factory.came
            viewer: Any = await endpoint.connect(Factory.forProtocol(Protocol))
            transport = await came
            self.assertEqual(TransportStream(transport).host, host)
            lost: Deferred[None] = Deferred()
            self.patch(transport.protocol, "connectionLost", partial(_fire, lost))
            viewer.transport.abortConnection()
            await lost

    async def test_used(self) -> None:
        """
        A port that somebody has is an error that says so.
        """
        from twisted.internet import reactor

        clock: Any = reactor
        port = await AnywhereEndpoint(clock, 0).listen(Greeted())
        self.addCleanup(port.stopListening)
        number = port.getHost().port  # type: ignore[attr-defined]
        error: Any = await self.assertFailure(
            AnywhereEndpoint(clock, number).listen(Greeted()), CannotListenError
        )
        self.assertEqual(error.socketError.errno, errno.EADDRINUSE)


class MemoryTests(SynchronousTestCase):
    """
    Machines that are made up.
    """

    def listen(self, problem: int) -> tuple[Any, list[str]]:
        """
        @param problem: What a socket of IPv6 fails with.

        @return: The reactor, and what is in the log.
        """

        def refuse(*arguments: object) -> NoReturn:
            raise OSError(problem, "refused")

        self.patch(socket, "socket", refuse)
        reactor: Any = MemoryReactorClock()
        with capturedLogs() as events:
            listening = AnywhereEndpoint(reactor, 5900).listen(Greeted())
        self.listening = listening
        return reactor, [formatEvent(event) for event in events]

    def test_withoutIPv6(self) -> None:
        """
        A kernel without IPv6 serves IPv4, and says so in one line.
        """
        for problem in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):
            reactor, said = self.listen(problem)
            self.successResultOf(self.listening)
            [(port, _, _, interface)] = reactor.tcpServers
            self.assertEqual((port, interface), (5900, ""))
            self.assertEqual(
                said,
                ["There is no IPv6 here (refused): port 5900 is open to IPv4 only"],
            )

    def test_forbidden(self) -> None:
        """
        What IPv4 would not be allowed either is no reason to try it.
        """
        for problem in (errno.EACCES, errno.EPERM):
            reactor, said = self.listen(problem)
            self.failureResultOf(self.listening, CannotListenError)
            self.assertEqual((reactor.tcpServers, said), ([], []))
