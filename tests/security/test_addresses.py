# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.admission.addresses}.
"""

from __future__ import annotations

import ipaddress

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from txrfb.security.admission.addresses import (
    Doorkeeper,
    Networks,
    addressKey,
    parseAddress,
)


class AddressTests(SynchronousTestCase):
    """
    What an address means.
    """

    def test_key(self) -> None:
        """
        Addresses of one owner have one key: the same IPv4 address however it is
        written, a /64 of IPv6, a link with and without its scope.
        """
        for one, other, same in (
            ("192.0.2.1", "192.0.2.1", True),
            ("192.0.2.1", "::ffff:192.0.2.1", True),
            ("192.0.2.1", "192.0.2.2", False),
            ("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", True),
            ("2001:db8::1", "2001:db8:0:1::1", False),
            ("fe80::1%eth0", "fe80::2", True),
            (None, "", True),
            (None, "127.0.0.1", False),
        ):
            self.assertEqual(addressKey(one) == addressKey(other), same, (one, other))

    def test_parse(self) -> None:
        """
        What is no address is none.
        """
        self.assertIsNone(parseAddress("example.org"))
        self.assertIsNone(parseAddress(None))
        self.assertEqual(parseAddress("::1%lo"), ipaddress.ip_address("::1"))


class NetworksTests(SynchronousTestCase):
    """
    Which addresses may connect.
    """

    def test_default(self) -> None:
        """
        Everybody may.
        """
        for host in ("192.0.2.1", "2001:db8::1", None):
            self.assertTrue(Networks().permit(host))

    def test_allowed(self) -> None:
        """
        If networks are allowed others are not; a UNIX socket is inside.
        """
        networks = Networks(["192.0.2.0/24", "::1"])
        for host, expected in (
            ("192.0.2.200", True),
            ("::ffff:192.0.2.200", True),
            ("192.0.3.1", False),
            ("::1", True),
            ("::2", False),
            (None, True),
        ):
            self.assertEqual(networks.permit(host), expected, host)

    def test_denied(self) -> None:
        """
        What is denied is so even inside what is allowed.
        """
        networks = Networks(["192.0.2.0/24"], ["192.0.2.66"])
        self.assertTrue(networks.permit("192.0.2.65"))
        self.assertFalse(networks.permit("192.0.2.66"))
        self.assertFalse(Networks(denied=["fe80::/10"]).permit("fe80::1%eth0"))

    def test_wrong(self) -> None:
        """
        A network that is none is an error that names it.
        """
        for text in ("192.0.2.0/33", "example.org", ""):
            error = self.assertRaises(ValueError, Networks, [text])
            self.assertIn(repr(text), str(error))


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
