# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.admission.penalties}.
"""

from __future__ import annotations

import ipaddress

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from txrfb.security.admission.penalties import Penalties

HOST = "192.0.2.1"


class PenaltiesTests(SynchronousTestCase):
    """
    What connections without a login cost.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.penalties = Penalties(self.clock)

    def connect(self, times: int, host: str = HOST) -> None:
        """
        Connections come.
        """
        for _ in range(times):
            self.penalties.charge(host, Penalties.start)

    def test_atOnce(self) -> None:
        """
        So many are free, and then a second must pass for each.
        """
        self.connect(100)
        self.assertEqual(self.penalties.wait(HOST), 0)
        self.connect(3)
        self.assertEqual(self.penalties.wait(HOST), 3)
        self.assertEqual(self.penalties.wait("192.0.2.2"), 0)
        self.clock.advance(3)
        self.assertEqual(self.penalties.wait(HOST), 0)
        self.connect(1)
        self.assertEqual(self.penalties.wait(HOST), 1)

    def test_monitor(self) -> None:
        """
        Who looks in each second is never refused.
        """
        for _ in range(1000):
            self.assertEqual(self.penalties.wait(HOST), 0)
            self.connect(1)
            self.clock.advance(1)
        self.assertEqual(self.penalties.wait(HOST), 0)

    def test_takenBack(self) -> None:
        """
        A login takes back what its connection has cost.
        """
        for _ in range(1000):
            self.connect(1)
            self.penalties.charge(HOST, -Penalties.start)
        self.assertEqual(len(self.penalties), 0)

    def test_longest(self) -> None:
        """
        Nobody waits for longer than ten minutes, whatever the clock does.
        """
        self.connect(5000)
        self.assertEqual(self.penalties.wait(HOST), 600)
        self.clock.rightNow -= 5000
        self.assertEqual(self.penalties.wait(HOST), 600)
        self.connect(1)
        self.clock.advance(601)
        self.assertEqual(self.penalties.wait(HOST), 0)

    def test_wider(self) -> None:
        """
        Who has a larger IPv6 network wins little by using all of it.
        """
        for number in range(401):
            self.connect(1, f"2001:db8:0:{number % 256:x}::1")
        self.assertEqual(self.penalties.wait("2001:db8:0:77::1"), 1)
        self.assertEqual(self.penalties.wait("2001:db8:0:177::1"), 0)

    def test_bounded(self) -> None:
        """
        A flood of addresses does not make it grow.
        """
        for number in range(10000):
            self.connect(1, str(ipaddress.ip_address(number + (10 << 24))))
        self.assertEqual(len(self.penalties), Penalties.maxAddresses)
