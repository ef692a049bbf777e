# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb._lastones}, and for the port that is drained by it.
"""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import (
    AdoptedStreamServerEndpoint,
    serverFromString,
)
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock, deferLater
from twisted.trial.unittest import TestCase

from txrfb._lastones import LAST_SECONDS, acceptAll, beginNoMore
from txrfb.service import Listener, PortService

_IS_LINUX = sys.platform.startswith("linux")


class Greeting(Protocol):
    """
    Says who it is.
    """

    def connectionMade(self) -> None:
        """
        Greet, and leave.
        """
        assert self.transport is not None
        self.transport.write(b"hello")
        self.transport.loseConnection()


class LastOnesTestCase(TestCase):
    """
    What is needed for a port.
    """

    def setUp(self) -> None:
        """
        A time that stands still.
        """
        self.clock: Any = Clock()
        self.port: Any = None

    def listen(self, where: str, endpoint: Any = None) -> PortService:
        """
        @return: A service that listens at an endpoint.
        """
        if endpoint is None:
            endpoint = serverFromString(reactor, where)

        listener = Listener(where, endpoint, False)
        made = PortService(
            listener,
            Factory.forProtocol(Greeting),
            self.listening,
            self.fail,
            self.clock,
        )
        made.startService()
        self.addCleanup(made.stopService)
        return made

    def listening(self, listener: Listener, port: Any) -> None:
        """
        It listens.
        """
        self.port = port

    def begun(self, where: Any) -> socket.socket:
        """
        @return: A connection that is made, while the reactor knows nothing of it yet.
        """
        family = socket.AF_UNIX if isinstance(where, bytes) else socket.AF_INET
        made = socket.socket(family)
        self.addCleanup(made.close)
        made.settimeout(20)
        made.connect(where)
        made.setblocking(False)
        return made

    async def heard(self, connection: socket.socket) -> bytes:
        """
        @return: What the other side says until it leaves.
        """
        said = b""
        while True:
            try:
                more = connection.recv(100)
            except BlockingIOError:
                await deferLater(reactor, 0.001)
                continue
            if not more:
                return said
            said += more


class PortTests(LastOnesTestCase):
    """
    Ports that are drained.
    """

    if not _IS_LINUX:
        skip = "only Linux knows how"

    async def test_waiting(self) -> None:
        """
        Whoever is connected already is served; who would connect then is neither served
        nor refused, until the port is closed.
        """
        service = self.listen("tcp:0:interface=127.0.0.1")
        address = ("127.0.0.1", self.port.getHost().port)
        waiting = [self.begun(address) for _ in range(5)]
        drained = service.drain()
        late = socket.socket()
        self.addCleanup(late.close)
        late.setblocking(False)
        late.connect_ex(address)
        for connection in waiting:
            self.assertEqual(await self.heard(connection), b"hello")
        self.assertNoResult(drained)
        with self.assertRaises(OSError):
            late.getpeername()
        self.clock.advance(LAST_SECONDS)
        await drained
        with self.assertRaises(ConnectionRefusedError):
            self.begun(address)
        await self.refused(late)

    async def refused(self, connection: socket.socket) -> None:
        """
        Wait until a connection is refused.
        """
        while not connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            with self.assertRaises(OSError):
                connection.getpeername()
            await deferLater(reactor, 0.01)

    async def test_stopped(self) -> None:
        """
        A service that is stopped does not wait.
        """
        service = self.listen("tcp:0:interface=127.0.0.1")
        drained = service.drain()
        await service.stopService()
        await drained
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertFalse(self.port.connected)

    async def test_shared(self) -> None:
        """
        At a socket that others have, too, connections begin as before: they are theirs.
        """
        shared = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(shared.close)
        shared.setblocking(False)
        address = shared.getsockname()
        service = self.listen(
            "shared",
            AdoptedStreamServerEndpoint(
                reactor, os.dup(shared.fileno()), socket.AF_INET
            ),
        )
        await service.drain()
        self.begun(address)
        connection, _ = shared.accept()
        connection.close()

    async def test_notYet(self) -> None:
        """
        What does not listen yet is to be drained at once.
        """

        class Endpoint:
            def listen(self, factory: object) -> Deferred[Any]:
                return Deferred()

        endpoint: Any = Endpoint()
        service = PortService(
            Listener("", endpoint, False),
            Factory(),
            self.listening,
            self.fail,
            self.clock,
        )
        await service.drain()
        service.startService()
        await service.drain()
        self.assertEqual(self.clock.getDelayedCalls(), [])


class OtherPortTests(LastOnesTestCase):
    """
    Those where connections cannot be kept from beginning.
    """

    async def served(self, where: Any) -> None:
        """
        Assert that whoever waits there is served.
        """
        self.clock = reactor
        service = self.listen(where)
        host = self.port.getHost()
        address = getattr(host, "name", None) or ("127.0.0.1", host.port)
        waiting = [self.begun(address) for _ in range(50)]
        drained = service.drain()
        # Who comes before the port is closed does, too.
        waiting.append(self.begun(address))
        for connection in waiting:
            self.assertEqual(await self.heard(connection), b"hello")
        await drained
        self.assertFalse(self.port.connected)
        with self.assertRaises(OSError):
            self.begun(address)

    async def test_unix(self) -> None:
        """
        Those of UNIX sockets.
        """
        path = Path(tempfile.mkdtemp(), "socket")
        self.addCleanup(path.parent.rmdir)
        await self.served(f"unix:{path}")

    async def test_elsewhere(self) -> None:
        """
        Those of other systems.
        """
        self.patch(sys, "platform", "darwin")
        await self.served("tcp:0:interface=127.0.0.1")

    def test_nothing(self) -> None:
        """
        Where nobody waits, nothing is done; nor where a port is closed.
        """
        self.listen("tcp:0:interface=127.0.0.1")
        port = self.port
        self.patch(port, "doRead", self.fail)
        acceptAll(port)
        self.patch(port, "connected", False)
        acceptAll(port)


class FilterTests(LastOnesTestCase):
    """
    L{beginNoMore}.
    """

    def test_others(self) -> None:
        """
        Where it cannot be it says so.
        """
        self.listen(f"unix:{self.mktemp()[-80:]}")
        self.assertFalse(beginNoMore(self.port))
        self.listen("tcp:0:interface=127.0.0.1")
        self.assertEqual(beginNoMore(self.port), _IS_LINUX)
        self.patch(sys, "platform", "darwin")
        self.assertFalse(beginNoMore(self.port))
        self.assertFalse(beginNoMore(object()))

    def test_six(self) -> None:
        """
        It is so for version 6 of IP.
        """
        self.listen("tcp:0:interface=\\:\\:1")
        self.assertEqual(beginNoMore(self.port), _IS_LINUX)
        with socket.socket(socket.AF_INET6) as late:
            late.setblocking(False)
            late.connect_ex(("::1", self.port.getHost().port))
            with self.assertRaises(OSError):
                late.getpeername()
