# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.admission.doorkeeper}.
"""

from __future__ import annotations

import ipaddress

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from txrfb.security.admission.addresses import Networks
from txrfb.security.admission.doorkeeper import Doorkeeper


class DoorkeeperTests(SynchronousTestCase):
    """
    Counting failures.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.doorkeeper = Doorkeeper(self.clock)

    def failing(self, times: int = 1, host: str | None = "192.0.2.1") -> None:
        """
        Somebody fails to log in.
        """
        for _ in range(times):
            self.doorkeeper.failed(host)

    def test_waits(self) -> None:
        """
        Five failures are free; then the wait begins with ten seconds and doubles up
        to an hour.
        """
        waits = []
        for _ in range(16):
            self.clock.advance(self.doorkeeper.wait("192.0.2.1"))
            self.failing()
            waits.append(self.doorkeeper.wait("192.0.2.1"))
        self.assertEqual(
            waits,
            [0, 0, 0, 0, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600],
        )

    def test_bySubnet(self) -> None:
        """
        The neighbors of an IPv6 address wait with it, others do not.
        """
        self.failing(5, "2001:db8::1")
        self.assertEqual(self.doorkeeper.wait("2001:db8::2"), 10)
        self.assertEqual(self.doorkeeper.wait("2001:db8:1::1"), 0)

    def test_passes(self) -> None:
        """
        Waiting ends by itself.
        """
        self.failing(5)
        self.clock.advance(9)
        self.assertEqual(self.doorkeeper.wait("192.0.2.1"), 1)
        self.clock.advance(2)
        self.assertEqual(self.doorkeeper.wait("192.0.2.1"), 0)

    def test_success(self) -> None:
        """
        A good login clears its own address, and no other.
        """
        self.failing(5)
        self.failing(5, "192.0.2.2")
        self.doorkeeper.succeeded("192.0.2.1")
        self.doorkeeper.succeeded("192.0.2.3")
        self.assertEqual(self.doorkeeper.wait("192.0.2.1"), 0)
        self.assertEqual(self.doorkeeper.wait("192.0.2.2"), 10)
        self.failing(4)
        self.assertEqual(self.doorkeeper.wait("192.0.2.1"), 0)

    def test_byName(self) -> None:
        """
        A good login makes up for failures with its own name, and not for guesses at
        somebody else's; nor elsewhere.
        """
        for _ in range(5):
            self.assertEqual(self.doorkeeper.wait("192.0.2.1"), 0)
            self.doorkeeper.failed("192.0.2.1", b"admin")
            self.doorkeeper.failed("192.0.2.2", b"ann")
            self.doorkeeper.succeeded("192.0.2.1", b"ann")
        self.assertEqual(self.doorkeeper.wait("192.0.2.1"), 10)
        self.assertEqual(self.doorkeeper.wait("192.0.2.2"), 10)
        self.doorkeeper.succeeded("192.0.2.2", b"ann")
        self.doorkeeper.succeeded("192.0.2.3", b"admin")
        self.assertEqual(self.doorkeeper.wait("192.0.2.1"), 10)
        self.assertEqual(self.doorkeeper.wait("192.0.2.2"), 0)

    def test_takenBack(self) -> None:
        """
        What counted as failed and turns out to be good leaves everything as it was
        before: counts, names, and until when whom is locked out.
        """
        for host in ("192.0.2.1", "2001:db8::1", "127.0.0.1"):
            doorkeeper = Doorkeeper(self.clock)
            doorkeeper.failed(host, b"ann")()
            self.assertEqual(len(doorkeeper), 0)
            for _ in range(4):
                doorkeeper.failed(host, b"ann")
            takeBack = doorkeeper.failed(host, b"bob")
            locked = doorkeeper.wait(host) + doorkeeper.pause(host)
            self.assertEqual(locked, 1 if host == "127.0.0.1" else 10)
            takeBack()
            self.assertEqual(doorkeeper.wait(host) + doorkeeper.pause(host), 0)
            doorkeeper.succeeded(host, b"ann")
            self.assertEqual(len(doorkeeper), 0)

    def test_takenBackLate(self) -> None:
        """
        What has failed meanwhile stays as it is.
        """
        takeBack = self.doorkeeper.failed("192.0.2.1")
        self.failing(5)
        self.assertEqual(self.doorkeeper.wait("192.0.2.1"), 20)
        takeBack()
        self.assertEqual(self.doorkeeper.wait("192.0.2.1"), 20)

    def test_manyNames(self) -> None:
        """
        However many names are tried at an address, little is kept of them; failures
        with those of which nothing is kept are not forgiven.
        """
        for number in range(1000):
            self.doorkeeper.failed("192.0.2.1", b"%d" % number)
        [record] = self.doorkeeper._records.values()
        self.assertLess(len(record.names), 50)
        for number in range(1000):
            self.doorkeeper.succeeded("192.0.2.1", b"%d" % number)
        self.assertEqual(self.doorkeeper.wait("192.0.2.1"), 3600)

    def test_wider(self) -> None:
        """
        Whoever has a larger IPv6 network wins little by using all of it: the networks
        of 56 and 48 bits are locked out, too, later than one of 64.
        """

        def guesses(addresses: list[str]) -> int:
            self.doorkeeper = Doorkeeper(self.clock)
            for number, host in enumerate(addresses):
                if self.doorkeeper.wait(host):
                    return number
                self.doorkeeper.failed(host)
            self.fail("never locked out")

        hosts = range(1, 1000)
        self.assertEqual(guesses([f"2001:db8::{n:x}" for n in hosts]), 5)
        self.assertEqual(guesses([f"2001:db8:0:{n % 256:x}::1" for n in hosts]), 20)
        self.assertEqual(guesses([f"2001:db8:0:{n % 256:x}00::1" for n in hosts]), 80)
        self.assertEqual(self.doorkeeper.wait("2001:db8:0:ffff::1"), 10)
        self.assertEqual(self.doorkeeper.wait("2001:db8:1::1"), 0)

    def test_widerForgiven(self) -> None:
        """
        A good login makes up for its failures in the networks around it as well.
        """
        for number in range(200):
            host = f"2001:db8::{number % 256}:0:0:0:1"
            self.doorkeeper.failed(host, b"ann")
            self.doorkeeper.succeeded(host, b"ann")
        self.assertEqual(self.doorkeeper.wait("2001:db8::1:0:0:0:1"), 0)
        self.assertEqual(len(self.doorkeeper), 0)

    def test_shared(self) -> None:
        """
        An address that stands for many is not locked out: logins from there wait for
        their judgment, no longer than ten seconds.
        """
        self.doorkeeper = Doorkeeper(self.clock, Networks(["192.0.2.0/28"]))
        for host in (None, "127.0.0.1", "::1", "192.0.2.1"):
            pauses = []
            for _ in range(11):
                self.failing(1, host)
                self.assertEqual(self.doorkeeper.wait(host), 0)
                pauses.append(self.doorkeeper.pause(host))
            self.assertEqual(pauses, [0, 0, 0, 0, 1, 2, 4, 8, 10, 10, 10])
        self.clock.advance(3601)
        self.assertEqual(self.doorkeeper.pause(None), 0)
        self.failing(7, "192.0.2.77")
        self.assertEqual(self.doorkeeper.pause("192.0.2.77"), 0)
        self.assertGreater(self.doorkeeper.wait("192.0.2.77"), 0)

    def test_forgets(self) -> None:
        """
        After an hour without failures counting begins anew, and not before.
        """
        self.failing(4)
        self.clock.advance(3599)
        self.failing()
        self.assertEqual(self.doorkeeper.wait("192.0.2.1"), 10)
        self.clock.advance(3611)
        self.failing(4)
        self.assertEqual(self.doorkeeper.wait("192.0.2.1"), 0)

    def test_bounded(self) -> None:
        """
        A flood of addresses makes it forget the oldest, and does not make it grow;
        one that is at it all the time is not forgotten.
        """
        self.failing(5)
        for number in range(10000):
            self.failing(1, str(ipaddress.ip_address(number + (10 << 24))))
            if not number % 1000:
                self.failing()
        self.assertEqual(len(self.doorkeeper), Doorkeeper.maxAddresses)
        self.assertGreater(self.doorkeeper.wait("192.0.2.1"), 0)
