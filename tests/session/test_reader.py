# -*- test-case-name: tests.session.test_reader -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.reader}, by itself and in a server.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import LogLevel, capturedLogs
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.machine import raw, say
from tests.scenes import Application, serving
from tests.session.test_turns import occupy, turn
from txrfb._session.reader import MAX_PIECES, PIECE, Reader
from txrfb._session.turns import SLICE, Account, Turns
from txrfb._wire.messages import KeyEvent
from txrfb.client.input import Message
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.testing import Viewer, assertScreen


class ReaderTests(SynchronousTestCase):
    """
    Bytes that take time to act on.
    """

    def setUp(self) -> None:
        """
        A reader of which each piece takes a slice.
        """
        self.clock = Clock()
        self.got: list[bytes] = []
        self.transport = StringTransport()
        self.reader = Reader(Turns(self.clock), Account(), self.receive, lambda: 0)

    def receive(self, data: bytes) -> None:
        """
        Act on a piece.
        """
        self.got.append(data)
        self.clock.rightNow += SLICE

    def test_paused(self) -> None:
        """
        While something waits, nothing more is read from the transport; then it goes on.
        """
        data = bytes(range(256)) * 20
        self.reader.received(data, self.transport)
        self.assertEqual(self.transport.producerState, "paused")
        self.assertEqual(self.reader.held, len(data) - PIECE)
        self.assertFalse(self.reader.isEmpty)
        while self.reader.held:
            self.clock.advance(0)
        self.assertEqual(self.transport.producerState, "producing")
        self.assertEqual(b"".join(self.got), data)
        self.assertTrue(self.reader.isEmpty)

    def test_bounded(self) -> None:
        """
        A turn ends after a number of pieces, if there is no end to its time, as where
        a clock stands still.
        """
        got: list[int] = []
        reader = Reader(
            Turns(Clock()), Account(), lambda data: got.append(len(data)), lambda: 0
        )
        reader.received(bytes(1 << 20), self.transport)
        self.assertEqual(got, [PIECE] * MAX_PIECES)

    def test_finish(self) -> None:
        """
        When nothing more will come, what has is acted on for another slice; nobody
        reads from the transport any more.
        """
        self.reader.received(bytes(PIECE * 5), self.transport)
        self.assertEqual(len(self.got), 1)
        self.reader.finish()
        self.assertEqual(len(self.got), 2)
        self.assertEqual(self.transport.producerState, "paused")
        self.reader.stop()
        self.reader.finish()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(len(self.got), 2)

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.binary(min_size=1, max_size=3000), max_size=6))
    def test_inOrder(self, pieces: list[bytes]) -> None:
        """
        Whatever comes, also what comes in spite of the pause, is acted on in order.
        """
        self.setUp()
        for piece in pieces:
            self.reader.received(piece, self.transport)
        while self.clock.getDelayedCalls():
            self.clock.advance(0)
        self.assertEqual(b"".join(self.got), b"".join(pieces))
        self.assertEqual(self.transport.producerState, "producing")

    def test_stop(self) -> None:
        """
        After the end nothing is acted on, held or waited for.
        """
        self.reader.received(bytes(10 * PIECE), self.transport)
        self.reader.stop()
        self.assertEqual(self.reader.held, 0)
        self.assertFalse(self.reader.isEmpty)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.reader.received(b"late", self.transport)
        self.assertEqual(len(self.got), 1)


class Slow(Application):
    """
    An application that takes a while for each key, on a clock.
    """

    clock: Clock

    def keyEvent(self, keysym: int, down: bool, viewer: Any) -> None:
        """
        A key.
        """
        self.clock.rightNow += 0.001
        super().keyEvent(keysym, down, viewer)


class FairnessTests(SynchronousTestCase):
    """
    One viewer that talks at line rate, and another.
    """

    def test_bystander(self) -> None:
        """
        While thousands of keys of one viewer wait for the application, another's key
        arrives in the next turn of the reactor; in the end all have, in order, and the
        other sees what is new.
        """
        framebuffer, application = MemoryFramebuffer(80, 60), Slow()
        factory = serving(framebuffer, application=application)
        application.clock = factory.clock
        loud, quiet = Viewer(factory), Viewer(factory)
        server: Any = loud.server
        keys = [KeyEvent(True, 0x1000 + n % 50) for n in range(4000)]
        server.dataReceived(b"".join(key.toBytes() for key in keys))
        self.assertLess(len(application.keys), 200)
        framebuffer.fill("red")
        other: Any = quiet.server
        other.dataReceived(KeyEvent(True, 0x61).toBytes())
        turn(factory.clock)
        self.assertIn(0x61, [key for key, *_ in application.keys[:40]])
        for _ in range(4):
            turn(factory.clock)
        self.assertLess(len(application.keys), 1000)
        assertScreen(quiet, framebuffer)
        loudly = [key for key, *_ in application.keys if key != 0x61]
        self.assertEqual(loudly, [key.keysym for key in keys])


class LeavingTests(SynchronousTestCase):
    """
    Viewers that have said something, and are gone before it was their turn.
    """

    def setUp(self) -> None:
        """
        A server whose viewers have to wait for the next turn of the reactor.
        """
        self.application = Application()
        self.factory = serving(application=self.application)
        self.server, self.transport = raw(self.factory)
        occupy(self.factory.turns, isWriting=False)

    def leave(self, *messages: bytes | Message) -> list[dict[str, Any]]:
        """
        Say something, and be gone.

        @return: What was logged as a failure.
        """
        say(self.server, *messages)
        self.assertEqual(self.application.keys, [])
        with capturedLogs() as events:
            self.server.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.factory.viewers, [])
        self.assertEqual(self.factory.clock.getDelayedCalls(), [])
        return [event for event in events if event["log_level"] >= LogLevel.warn]

    def test_typed(self) -> None:
        """
        What they have typed is taken.
        """
        keys = [KeyEvent(True, 0x61), KeyEvent(False, 0x61)] * 20
        self.assertEqual(self.leave(*keys), [])
        self.assertEqual(
            self.application.keys, [(0x61, True, 1), (0x61, False, 1)] * 20
        )

    def test_mistaken(self) -> None:
        """
        What comes after a mistake is not; nor is a closed transport closed again.
        """
        [event] = self.leave(KeyEvent(True, 0x61), b"\xf1", KeyEvent(True, 0x62))
        self.assertEqual(event["reason"], "there is no message type 241")
        self.assertEqual(self.application.keys, [(0x61, True, 1), (0x61, False, 1)])
        self.assertFalse(self.transport.disconnecting)

    def test_broken(self) -> None:
        """
        An application that fails to take it is the reason that is logged.
        """
        self.application.broken = ZeroDivisionError()
        events = self.leave(KeyEvent(True, 0x61), KeyEvent(True, 0x62))
        self.assertEqual(len(events), 1)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(self.application.keys, [(0x61, True, 1), (0x61, False, 1)])
