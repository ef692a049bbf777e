# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._signals}.
"""

from __future__ import annotations

import os
import signal
from types import FrameType

from twisted.trial.unittest import SynchronousTestCase

from txrfb._signals import SignalService


class Counter(SignalService):
    """
    Counts signals, and how often it began to listen.
    """

    signal = "SIGUSR2"

    def __init__(self) -> None:
        self.seen = self.begun = 0

    def listen(self) -> None:
        """
        Begin to listen.
        """
        self.begun += 1
        SignalService.listen(self)

    def signalled(self, number: int, frame: FrameType | None) -> None:
        """
        It has come.
        """
        self.seen += 1


class Nowhere(SignalService):
    """
    Listens for a signal that no system has.
    """

    signal = "SIGNOWHERE"


class SignalTests(SynchronousTestCase):
    """
    A service that listens.
    """

    def setUp(self) -> None:
        """
        What handles the signal is known.
        """
        self.handler = signal.getsignal(signal.SIGUSR2)
        self.addCleanup(signal.signal, signal.SIGUSR2, self.handler)

    def test_listens(self) -> None:
        """
        It listens from when ports are opened until it stops, and begins once each time;
        then the process is as it was.
        """
        service = Counter()
        for round in (1, 2):
            service.privilegedStartService()
            os.kill(os.getpid(), signal.SIGUSR2)
            service.startService()
            os.kill(os.getpid(), signal.SIGUSR2)
            self.assertEqual((service.seen, service.begun), (2 * round, round))
            service.stopService()
            self.assertIs(signal.getsignal(signal.SIGUSR2), self.handler)

    def test_late(self) -> None:
        """
        It listens as well if it is started alone.
        """
        service = Counter()
        service.startService()
        os.kill(os.getpid(), signal.SIGUSR2)
        service.stopService()
        self.assertEqual(service.seen, 1)

    def test_noSignal(self) -> None:
        """
        Where there is no such signal nothing happens.
        """
        service = Nowhere()
        service.startService()
        service.stopService()
