# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.x11.indicators}.
"""

from __future__ import annotations

import struct

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.x11.keyboardserver import KeyboardServer
from txrfb.x11.connection import X11Connection
from txrfb.x11.indicators import Indicators
from txrfb.x11.xkb import Event


class IndicatorsTests(SynchronousTestCase):
    """
    Lights and the bell.
    """

    def begin(self, server: KeyboardServer) -> None:
        """
        Connect to a display.
        """
        self.clock = Clock()
        self.leds: list[int] = []
        self.rings = 0
        self.server = server
        connection = X11Connection(self.clock)
        server.connect(connection)
        self.indicators = Indicators(
            self.clock,
            connection,
            lambda: self.leds.append(self.indicators.leds),
            self.ring,
        )
        started = self.indicators.start()
        server.pump()
        self.successResultOf(started)

    def ring(self) -> None:
        """
        The bell rings.
        """
        self.rings += 1

    def light(self, state: int) -> None:
        """
        Lights go on and off.
        """
        self.server.keyboardEvent(
            Event.IndicatorStateNotify, struct.pack("<8xI", state)
        )
        self.server.flush()

    def test_leds(self) -> None:
        """
        Lights have numbers of the display's own, by their names; those that it does not
        name have the usual ones.
        """
        server = KeyboardServer()
        server.lights = 1
        self.begin(server)
        self.assertTrue(self.indicators.offers)
        self.assertEqual(self.leds, [4])
        for state in (1 << 3, 1 << 3, 1 << 2, 0x105, 0):
            self.light(state)
        self.assertEqual(self.leds, [4, 2, 1, 5, 0])

    def test_bell(self) -> None:
        """
        A program that rings the bell all the time rings it some times a second.
        """
        self.begin(KeyboardServer())
        for _ in range(100):
            self.server.keyboardEvent(Event.BellNotify)
            self.server.flush()
            self.clock.advance(0.01)
        self.assertIn(self.rings, range(15, 21))

    def test_missing(self) -> None:
        """
        A display without XKEYBOARD has neither.
        """
        self.begin(KeyboardServer(extensions=()))
        self.assertFalse(self.indicators.offers)
        self.assertEqual(self.indicators.leds, 0)
        self.indicators.watch(True)
        self.indicators.stop()
