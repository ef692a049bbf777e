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
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from tests.scenes import Application, serving
from tests.session.test_turns import turn
from txrfb._session.reader import MAX_PIECES, PIECE, Reader
from txrfb._session.turns import SLICE, Account, Turns
from txrfb._wire.messages import KeyEvent
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
