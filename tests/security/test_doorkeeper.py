# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.admission.doorkeeper}.
"""

from __future__ import annotations

import ipaddress

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from txrfb.security.admission.addresses import Networks, userOf
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
            # Where many share an address it is the name that is locked out.
            name = b"ann" if host == "127.0.0.1" else b"bob"
            takeBack = doorkeeper.failed(host, name)
            self.assertEqual(doorkeeper.wait(host, name), 10)
            takeBack()
            self.assertEqual(doorkeeper.wait(host, name), 0)
            doorkeeper.succeeded(host, b"ann")
            self.assertEqual(len(doorkeeper), 0)
        for _ in range(4):
            self.doorkeeper.failed(None)
        takeBack = self.doorkeeper.failed(None)
        self.assertEqual(self.doorkeeper.pause(None), 1)
        takeBack()
        self.assertEqual(self.doorkeeper.pause(None), 0)

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
        An address that stands for many is not locked out: logins from there that have
        no name wait for their judgment, no longer than ten seconds.
        """
        self.doorkeeper = Doorkeeper(self.clock, Networks(["192.0.2.0/28"]))
        for host in (None, "127.0.0.1", "192.0.2.1"):
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

    def test_sharedNames(self) -> None:
        """
        Where many share an address a name is locked out, for five minutes at the most,
        and nobody else.  A good login makes up for its own name.
        """
        waits = []
        for _ in range(11):
            self.clock.advance(self.doorkeeper.wait("127.0.0.1", b"ann"))
            self.doorkeeper.failed("127.0.0.1", b"ann")
            waits.append(self.doorkeeper.wait("127.0.0.1", b"ann"))
        self.assertEqual(waits, [0, 0, 0, 0, 10, 20, 40, 80, 160, 300, 300])
        for host, name in (("127.0.0.1", b"bob"), ("127.0.0.1", b""), (None, b"ann")):
            self.assertEqual(self.doorkeeper.wait(host, name), 0)
            self.assertEqual(self.doorkeeper.pause(host, name), 0)
            self.assertFalse(self.doorkeeper.hasFailed(host, name))
        self.assertTrue(self.doorkeeper.hasFailed("127.0.0.1", b"ann"))
        self.doorkeeper.failed("127.0.0.1", b"bob")
        self.doorkeeper.succeeded("127.0.0.1", b"ann")
        self.assertEqual(self.doorkeeper.wait("127.0.0.1", b"ann"), 0)
        self.assertTrue(self.doorkeeper.hasFailed("127.0.0.1", b"bob"))
        self.doorkeeper.succeeded("127.0.0.1", b"bob")
        self.assertEqual(len(self.doorkeeper), 0)

    def test_sharedManyNames(self) -> None:
        """
        Whoever tries many names at such an address makes slow those that are not told
        apart, and nothing grows.
        """
        self.doorkeeper.failed("127.0.0.1", b"ann")
        for number in range(1000):
            self.doorkeeper.failed("127.0.0.1", b"%d" % number)
        self.assertEqual(self.doorkeeper.pause("127.0.0.1", b"x"), 10)
        self.assertTrue(self.doorkeeper.hasFailed("127.0.0.1", b"x"))
        self.assertEqual(self.doorkeeper.wait("127.0.0.1", b"x"), 0)
        self.assertEqual(self.doorkeeper.pause("127.0.0.1", b"ann"), 0)
        [record] = self.doorkeeper._records.values()
        self.assertLess(len(record.names), 50)

    def test_users(self) -> None:
        """
        Users of this machine who open a UNIX socket are locked out one by one.
        """
        self.failing(5, userOf(1000))
        self.assertFalse(self.doorkeeper.isShared(userOf(1000)))
        self.assertEqual(self.doorkeeper.wait(userOf(1000)), 10)
        self.assertEqual(self.doorkeeper.wait(userOf(1001)), 0)
        self.assertEqual(self.doorkeeper.pause(None), 0)

    def test_rows(self) -> None:
        """
        Logins of one address are judged one after the other; where many share it, those
        with one name, and those without.
        """
        row = self.doorkeeper.rowOf
        self.assertEqual(row("192.0.2.1", b"ann"), row("192.0.2.1", b"bob"))
        self.assertEqual(row("127.0.0.1", b"ann"), row("127.0.0.1", b"ann"))
        self.assertNotEqual(row("127.0.0.1", b"ann"), row("127.0.0.1", b"bob"))
        self.assertEqual(row(userOf(5), b"ann"), row(userOf(5), b"bob"))
        for host in (None, "127.0.0.1"):
            self.assertEqual(row(host), row(host))
            self.assertNotEqual(row(host), row(host, b"ann"))

    def test_otherNames(self) -> None:
        """
        Names that are not told apart have counts and pauses together, and those
        without a name others; what is taken back of them is as if it never was.
        """
        host = "127.0.0.1"
        for number in range(32):
            self.doorkeeper.failed(host, b"%d" % number)
        self.assertTrue(self.doorkeeper.tellsApart(host, b"3"))
        self.assertFalse(self.doorkeeper.tellsApart(host, b"ann"))
        takeBacks = [self.doorkeeper.failed(host, b"x%d" % one) for one in range(9)]
        self.assertEqual(self.doorkeeper.pause(host, b"ann"), 10)
        self.assertEqual(self.doorkeeper.maxWaiting(host, b"ann"), 5)
        self.assertEqual(self.doorkeeper.pause(host), 0)
        self.assertEqual(self.doorkeeper.maxWaiting(host), 13)
        for takeBack in takeBacks:
            takeBack()
        self.assertEqual(self.doorkeeper.pause(host, b"ann"), 0)
        self.assertEqual(self.doorkeeper.wait(host, b"ann"), 0)

    def test_maxWaiting(self) -> None:
        """
        So many may wait in a row that the pauses of all of them come to a minute at the
        most, should all fail; where there are no pauses sixteen.
        """
        for failures in range(1, 30):
            self.failing(1, None)
            # The last is the one that is being judged.
            most = self.doorkeeper.maxWaiting(None)
            pauses = [0, 0, 0, 0, 0, 1, 2, 4, 8, *[10] * 50][failures - 1 :]
            self.assertLessEqual(sum(pauses[: most + 1]), 60)
            self.assertGreater(sum(pauses[: most + 2]), 60)
        self.assertEqual(most, 5)
        self.assertEqual(self.doorkeeper.maxWaiting(None, b"ann"), 16)
        for host in ("127.0.0.1", "192.0.2.1", userOf(5)):
            self.assertEqual(self.doorkeeper.maxWaiting(host), 16)

    def test_loopback(self) -> None:
        """
        All of this machine's addresses are one: whoever is there can use any of them.
        """
        for number in range(9):
            self.failing(1, f"127.0.0.{number}")
        for host in ("127.7.0.1", "::1", "::ffff:127.0.0.1"):
            self.assertEqual(self.doorkeeper.pause(host), 10)
        self.assertEqual(len(self.doorkeeper), 1)

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
