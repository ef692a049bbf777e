# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb._systemd}: sockets that a process inherits.
"""

from __future__ import annotations

import os
import socket
import stat
import struct
import tempfile
from typing import Any

from twisted.internet import reactor as anyReactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import (
    AdoptedStreamServerEndpoint,
    TCP4ClientEndpoint,
    UNIXClientEndpoint,
    connectProtocol,
)
from twisted.internet.error import AlreadyListened
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from txrfb import _endpoints
from txrfb._endpoints import serverEndpoint
from txrfb._systemd import InheritedEndpoint

reactor: Any = anyReactor


class Greeter(Protocol):
    """
    Says a word, and closes.
    """

    def connectionMade(self) -> None:
        """
        Somebody has connected.
        """
        assert self.transport is not None
        self.transport.write(b"hello")
        self.transport.loseConnection()


class Hearer(Protocol):
    """
    Hears all that is said.
    """

    def __init__(self) -> None:
        self.heard = b""
        self.ended: Deferred[bytes] = Deferred()

    def dataReceived(self, data: bytes) -> None:
        """
        Keep it.
        """
        self.heard += data

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        That was all.
        """
        self.ended.callback(self.heard)


class InheritedTests(TestCase):
    """
    A socket that listens, and that another process has, too.
    """

    timeout = 60

    def adopt(self, listening: socket.socket) -> Any:
        """
        @return: An endpoint for a duplicate of it, as a child process would have.
        """
        self.addCleanup(listening.close)
        fileno = os.dup(listening.fileno())
        return InheritedEndpoint(reactor, fileno, listening.family)

    def duplicates(self, listening: socket.socket) -> int:
        """
        @return: How many descriptors of this process are that socket.
        """
        wanted = os.fstat(listening.fileno()).st_ino
        found = 0
        for name in os.listdir("/proc/self/fd"):
            try:
                found += os.fstat(int(name)).st_ino == wanted
            except OSError:
                # That of the directory.
                continue
        return found

    async def assertGreets(self, endpoint: Any) -> None:
        """
        Fail unless somebody accepts connections there.
        """
        hearer = await connectProtocol(endpoint, Hearer())
        self.assertEqual(await hearer.ended, b"hello")

    async def test_tcp(self) -> None:
        """
        It accepts connections; many may wait; when it stops no duplicate is left, and
        the socket of the others goes on.
        """
        listening = socket.create_server(("127.0.0.1", 0), backlog=7)
        number = listening.getsockname()[1]
        endpoint = self.adopt(listening)
        port = await endpoint.listen(Factory.forProtocol(Greeter))
        client = TCP4ClientEndpoint(reactor, "127.0.0.1", number)
        await self.assertGreets(client)
        with open("/proc/sys/net/core/somaxconn") as limit:
            most = int(limit.read())
        told = listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 32)
        self.assertEqual(struct.unpack("=8x6I", told)[5], most)
        with self.assertRaises(AlreadyListened):
            await endpoint.listen(Factory.forProtocol(Greeter))
        await port.stopListening()
        self.assertEqual(self.duplicates(listening), 1)
        # It is in the queue of the one that is left.
        with socket.create_connection(("127.0.0.1", number), 5):
            accepted, _ = listening.accept()
            accepted.close()

    async def test_unix(self) -> None:
        """
        A socket in the file system keeps its mode, and its file when this process
        listens no more.
        """
        with tempfile.TemporaryDirectory() as directory:
            path = f"{directory}/socket"
            listening = socket.socket(socket.AF_UNIX)
            listening.bind(path)
            os.chmod(path, 0o640)
            listening.listen()
            port = await self.adopt(listening).listen(Factory.forProtocol(Greeter))
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o640)
            self.assertEqual(os.fsdecode(port.getHost().name), path)
            await self.assertGreets(UNIXClientEndpoint(reactor, path))
            await port.stopListening()
            self.assertTrue(os.path.exists(path))
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(path)
                accepted, _ = listening.accept()
                accepted.close()

    async def test_described(self) -> None:
        """
        It is what a description with C{systemd:} stands for.
        """
        listening = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listening.close)
        made = AdoptedStreamServerEndpoint(
            reactor, os.dup(listening.fileno()), socket.AF_INET
        )
        self.patch(_endpoints, "serverFromString", lambda *_: made)
        endpoint = serverEndpoint(reactor, "systemd:domain=INET:name=rfb.socket")
        self.assertIsInstance(endpoint, InheritedEndpoint)
        port: Any = await endpoint.listen(Factory.forProtocol(Greeter))
        number = port.getHost().port
        await self.assertGreets(TCP4ClientEndpoint(reactor, "127.0.0.1", number))
        await port.stopListening()
