# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.x11.pointer}.
"""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.x11.keyboardserver import KeyboardServer
from txrfb.x11.connection import X11Connection
from txrfb.x11.pointer import PointerWatch


class PointerWatchTests(SynchronousTestCase):
    """
    Where the pointer is.
    """

    def setUp(self) -> None:
        """
        Connect to a display.
        """
        self.begin(KeyboardServer())

    def begin(self, server: KeyboardServer) -> None:
        """
        Connect to a display.
        """
        self.clock = Clock()
        self.places: list[tuple[int, int]] = []
        self.server = server
        self.connection = X11Connection(Clock())
        server.connect(self.connection)
        self.watch = PointerWatch(
            self.clock, self.connection, lambda x, y: self.places.append((x, y))
        )
        started = self.watch.start()
        server.pump()
        self.successResultOf(started)
        server.log.clear()

    def look(self) -> None:
        """
        There is a frame.
        """
        self.watch.look()
        self.server.pump()

    def test_place(self) -> None:
        """
        Who comes is told where it is; then it is told when it is elsewhere.
        """
        self.server.pointer = (3, 4)
        self.watch.watch(True)
        self.server.pump()
        self.look()
        self.server.pointer = (5, 6)
        self.look()
        self.assertEqual(self.places, [(3, 4), (5, 6)])

    def test_frames(self) -> None:
        """
        While there are frames it is looked for some times a second, and once after the
        last of them.
        """
        self.watch.watch(True)
        self.server.pump()
        self.server.log.clear()
        for column in range(1, 31):
            self.server.pointer = (column, 0)
            self.watch.framed()
            self.server.pump()
            self.clock.advance(1 / 30)
        self.assertLess(self.server.log.count("38"), 8)
        self.clock.advance(0.2)
        self.server.pump()
        self.assertEqual(self.places[-1], (30, 0))
        self.server.log.clear()
        self.clock.advance(10)
        self.assertEqual(self.server.log, [])
        # After a pause it is looked for at once.
        self.server.pointer = (40, 0)
        self.watch.framed()
        self.server.pump()
        self.assertEqual(self.places[-1], (40, 0))
        self.watch.framed()
        self.watch.watch(False)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_moved(self) -> None:
        """
        While somebody moves it in front of the display it is looked for, some times a
        second, and at last where it rests.
        """
        self.watch.watch(True)
        self.server.pump()
        self.places.clear()
        self.server.log.clear()
        for column in range(1, 101):
            self.server.move(column, 0)
            self.clock.advance(0.001)
            self.server.pump()
        self.clock.advance(0.1)
        self.server.pump()
        self.assertEqual(self.places[-1], (100, 0))
        self.assertLess(self.server.log.count("38"), 10)
        self.clock.advance(0.1)
        self.server.pump()
        # Nothing is asked while it rests.
        self.server.log.clear()
        self.clock.advance(10)
        self.server.pump()
        self.assertEqual(self.server.log, [])
        self.server.move(7, 8)
        self.assertEqual(self.places[-1], (7, 8))

    def test_viewers(self) -> None:
        """
        Where viewers move it is not told, also not if it was looked for meanwhile.
        """
        self.watch.watch(True)
        self.server.pump()
        self.places.clear()
        self.watch.look()
        self.server.pointer = (9, 9)
        self.watch.placed(9, 9)
        self.server.pointer = (1, 1)  # it was there before
        self.server.pump()
        self.assertEqual(self.places, [])
        self.server.pointer = (9, 9)
        self.look()
        self.assertEqual(self.places, [])
        # A program does not let it go there.
        self.watch.placed(20, 20)
        self.look()
        self.assertEqual(self.places, [(9, 9)])

    def test_nobody(self) -> None:
        """
        When nobody looks, nothing is asked for, nor told.
        """
        self.watch.watch(True)
        self.server.pump()
        self.server.move(1, 1)
        self.server.move(2, 2)
        self.watch.watch(False)
        self.server.pump()
        self.assertFalse(self.server.isWatched)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.server.log.clear()
        self.server.move(3, 3)
        self.assertEqual(self.server.log, [])
        self.watch.stop()

    def test_lost(self) -> None:
        """
        A display that is gone has no pointer.
        """
        self.watch.watch(True)
        self.connection.connectionLost()
        self.look()
        self.watch.stop()
        self.assertEqual(self.places, [])

    def test_missing(self) -> None:
        """
        Without XInput it is looked for with each frame.
        """
        self.begin(KeyboardServer(extensions=()))
        self.watch.watch(True)
        self.server.pump()
        self.server.move(1, 1)
        self.assertEqual(self.places, [(0, 0)])
        self.look()
        self.assertEqual(self.places, [(0, 0), (1, 1)])
