# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.x11.opening}.
"""

from __future__ import annotations

from unittest.mock import patch

from twisted.internet.error import ConnectError, ConnectionDone
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.x11.fake import FakeServer
from txrfb.error import DisplayError
from txrfb.x11.auth import COOKIE, FAMILY_WILD, Authority, parseDisplay
from txrfb.x11.opening import connectDisplay

ENTRY = Authority(FAMILY_WILD, b"", b"", COOKIE, b"0123456789abcdef")


class ConnectTests(SynchronousTestCase):
    """
    Ways to a display.
    """

    def setUp(self) -> None:
        """
        Have a reactor.
        """
        self.reactor = MemoryReactorClock()

    def test_local(self) -> None:
        """
        A display of this machine is behind a UNIX socket; what lets us in is chosen.
        """
        opened = connectDisplay(self.reactor, parseDisplay(":7"), [ENTRY])
        [(path, factory, *_)] = self.reactor.unixClients
        self.assertEqual(path, "/tmp/.X11-unix/X7")
        server = FakeServer()
        server.connect(factory.buildProtocol(None))
        self.successResultOf(opened)
        self.assertEqual(server.authority, (ENTRY.name, ENTRY.data))

    def test_abstract(self) -> None:
        """
        On Linux the socket may have no file; if neither is there, the error names the
        file.
        """
        with patch("sys.platform", "linux"):
            opened = connectDisplay(self.reactor, parseDisplay(":7"))
            for number in (0, 1):
                path, factory, *_ = self.reactor.unixClients[number]
                self.assertEqual(path, "\0" * number + "/tmp/.X11-unix/X7")
                connector = self.reactor.connectors[number]
                error = ConnectError(osError=2)
                factory.clientConnectionFailed(connector, Failure(error))
        failure = self.failureResultOf(opened, DisplayError)
        self.assertEqual(
            str(failure.value),
            "cannot connect to :7 at /tmp/.X11-unix/X7: No such file or directory",
        )

    def test_tcp(self) -> None:
        """
        One of another machine is behind a port.
        """
        opened = connectDisplay(self.reactor, parseDisplay("127.0.0.1:7"))
        self.reactor.advance(1)
        [(host, port, factory, *_)] = self.reactor.tcpClients
        self.assertEqual((host, port), ("127.0.0.1", 6007))
        FakeServer(isLocal=False).connect(factory.buildProtocol(None))
        self.successResultOf(opened)

    def test_noAuthority(self) -> None:
        """
        If we knew nothing, and are not let in, that is said.
        """
        opened = connectDisplay(self.reactor, parseDisplay(":7"))
        [(_, factory, *_)] = self.reactor.unixClients
        protocol = factory.buildProtocol(None)
        FakeServer(refusal="No protocol specified").connect(protocol)
        protocol.connectionLost(Failure(ConnectionDone()))
        failure = self.failureResultOf(opened, DisplayError)
        self.assertEqual(
            str(failure.value),
            "the display refuses: No protocol specified (there is no authority for :7)",
        )
