# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb._draining}, and for what it drains.
"""

from __future__ import annotations

import os
import signal
import socket
from typing import Any

from twisted.internet.defer import Deferred, fail
from twisted.internet.endpoints import serverFromString
from twisted.internet.testing import StringTransport
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from tests.test_diagnostics import Reactor
from txrfb._draining import Drain
from txrfb.encodings.constants import RAW
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.protocol import RFBFactory
from txrfb.service import Listener, RFBService
from txrfb.testing import Viewer


class DrainTestCase(SynchronousTestCase):
    """
    What is needed to drain a server.
    """

    def setUp(self) -> None:
        """
        A server, at two places.
        """
        self.reactor: Any = Reactor()
        self.stops: list[float] = []
        self.patch(
            self.reactor, "stop", lambda: self.stops.append(self.reactor.seconds())
        )
        framebuffer = self.framebuffer = MemoryFramebuffer(64, 48, "desk")
        self.factory = RFBFactory(framebuffer, reactor=self.reactor)
        listeners = [
            Listener(where, serverFromString(self.reactor, where), False)
            for where in (
                "tcp:5900:interface=127.0.0.1",
                "tcp:5901:interface=127.0.0.1",
            )
        ]
        self.service = RFBService(
            self.factory, framebuffer, listeners, self.reactor, isProtected=False
        )
        self.closed: list[int] = []
        listenTCP = self.reactor.listenTCP

        def listen(number: int, *arguments: Any, **named: Any) -> Any:
            port = listenTCP(number, *arguments, **named)
            port.stopListening = lambda: self.closed.append(number)
            return port

        self.patch(self.reactor, "listenTCP", listen)

    def start(self, seconds: float = 0.0, **environ: str) -> Drain:
        """
        @return: What drains the server, which runs until the test is over.
        """
        drain = Drain(self.service, self.reactor, seconds, environ)
        drain.setServiceParent(self.service)
        self.service.privilegedStartService()
        self.service.startService()
        self.addCleanup(self.stop)
        return drain

    def stop(self) -> None:
        """
        Stop the server, as the reactor does.
        """
        if self.service.running:
            self.service.stopService()
        self.reactor.pump([1] * 10)

    def viewer(self) -> Any:
        """
        @return: Somebody who looks.
        """
        viewer = Viewer(self.factory, encodings=[RAW])
        return viewer


class DrainTests(DrainTestCase):
    """
    Draining.
    """

    def test_nobody(self) -> None:
        """
        Where nobody is connected the server ends, but not before whoever has ordered it
        can be answered.
        """
        drain = self.start()
        said = drain.begin()
        self.assertEqual(
            said,
            "draining: no more viewers are taken, 0 connections are left, and the"
            " server ends after the last",
        )
        self.assertEqual((self.closed, self.stops), ([5900, 5901], []))
        self.reactor.advance(0.2)
        self.assertEqual(len(self.stops), 1)

    def test_viewers(self) -> None:
        """
        Viewers stay for as long as they like, those that have not logged in, too, and
        are served; the server ends after the last.
        """
        drain = self.start()
        viewer, other = self.viewer(), self.viewer()
        stranger: Any = self.factory.buildProtocol(None)
        stranger.makeConnection(StringTransport())
        self.assertIn("3 connections are left", drain.begin())
        self.assertEqual(self.closed, [5900, 5901])
        self.reactor.pump([10] * 2)
        stranger.connectionLost()
        viewer.disconnect()
        self.reactor.pump([100] * 100)
        self.assertEqual(self.stops, [])
        self.framebuffer.fill("red")
        other.settle()
        self.assertEqual(other.color(1, 1), "#ff0000")
        with capturedLogs() as events:
            other.disconnect()
        self.assertIn(
            "Nobody is connected any more: the server ends", map(formatEvent, events)
        )
        self.reactor.advance(0.2)
        self.assertEqual(len(self.stops), 1)

    def test_timeout(self) -> None:
        """
        They may stay for as long as is said.
        """
        drain = self.start(seconds=60)
        self.viewer()
        self.assertIn("1 connection is left", drain.begin())
        self.reactor.advance(59)
        self.assertEqual(self.stops, [])
        with capturedLogs() as events:
            self.reactor.pump([1, 0.2])
        self.assertEqual(len(self.stops), 1)
        self.assertIn(
            "The 60 s of --drain-timeout are over: the server ends, and closes 1"
            " connections",
            map(formatEvent, events),
        )

    def test_again(self) -> None:
        """
        Told a second time, the server ends at once; and once only.
        """
        drain = self.start(seconds=60)
        viewer = self.viewer()
        drain.begin()
        self.assertEqual(
            drain.begin(), "draining was ordered again: the server ends now"
        )
        drain.begin()
        viewer.disconnect()
        self.reactor.pump([0.2, 100])
        self.assertEqual(len(self.stops), 1)

    def test_signal(self) -> None:
        """
        A signal does it, in a turn of the reactor; a server that has stopped leaves the
        signal alone.
        """
        before = signal.getsignal(signal.SIGUSR2)
        self.start()
        os.kill(os.getpid(), signal.SIGUSR2)
        self.assertEqual(self.closed, [])
        [call] = self.reactor.threadCalls
        call()
        self.assertEqual(self.closed, [5900, 5901])
        self.service.stopService()
        self.assertEqual(signal.getsignal(signal.SIGUSR2), before)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_systemd(self) -> None:
        """
        systemd is told what the server does, and not that it stops: it would end it.
        """
        path = os.path.relpath(self.mktemp())
        os.makedirs(os.path.dirname(path), exist_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(listener.close)
        listener.bind(path)
        listener.setblocking(False)
        drain = self.start(NOTIFY_SOCKET=path)
        self.viewer()
        said = drain.begin()
        self.assertEqual(listener.recv(1000).decode(), f"STATUS={said}")
        self.assertRaises(BlockingIOError, listener.recv, 100)

    def test_otherDoors(self) -> None:
        """
        Whatever else brings viewers is closed, too; one that cannot be is logged, and
        does not keep the others open.
        """
        closing: Deferred[None] = Deferred()
        self.service.doors.insert(0, lambda: fail(RuntimeError("it is stuck")))
        self.service.doors.append(lambda: closing)
        drain = self.start()
        drain.begin()
        self.assertEqual(self.closed, [5900, 5901])
        self.reactor.advance(0.2)
        self.assertEqual(self.stops, [])
        closing.callback(None)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)
        self.reactor.advance(0.2)
        self.assertEqual(len(self.stops), 1)
