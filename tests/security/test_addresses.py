# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.admission.addresses}.
"""

from __future__ import annotations

import ipaddress

from twisted.trial.unittest import SynchronousTestCase

from txrfb.security.admission.addresses import (
    Networks,
    addressKey,
    isLocal,
    parseAddress,
    userOf,
)


class AddressTests(SynchronousTestCase):
    """
    What an address means.
    """

    def test_key(self) -> None:
        """
        Addresses of one owner have one key: the same IPv4 address however it is
        written, a /64 of IPv6, a link with and without its scope; all loopback
        addresses.
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
            ("127.0.0.1", "127.7.0.1", True),
            ("127.0.0.1", "::1", True),
            ("::1", "::2", False),
            (None, "uid 0", False),
            ("uid 1000", "uid 1001", False),
        ):
            self.assertEqual(addressKey(one) == addressKey(other), same, (one, other))

    def test_parse(self) -> None:
        """
        What is no address is none.
        """
        self.assertIsNone(parseAddress("example.org"))
        self.assertIsNone(parseAddress(None))
        self.assertEqual(parseAddress("::1%lo"), ipaddress.ip_address("::1"))

    def test_local(self) -> None:
        """
        This machine's addresses are known, and UNIX sockets, which have none.
        """
        local = ("127.0.0.1", "127.8.0.1", "::1", "::ffff:127.0.0.1", None)
        for host in (*local, userOf(1000)):
            self.assertTrue(isLocal(host), host)
        for host in ("192.0.2.1", "fe80::1%lo", "2001:db8::1", "uid x", "foo"):
            self.assertFalse(isLocal(host), host)


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

    def test_noAddress(self) -> None:
        """
        What is no address, and says so, is nobody's, whatever is allowed or denied.
        """
        for networks in (Networks(), Networks(["192.0.2.0/24"])):
            for host in ("foo", "192.0.2.300", "192.0.2.1 ", "uid ann"):
                self.assertFalse(networks.permit(host), host)
            self.assertTrue(networks.permit(userOf(1000)))

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

    def test_hostBits(self) -> None:
        """
        Neither is an address in a network: which of both was meant?
        """
        for text, words in (
            ("192.0.2.1/24", "192.0.2.0/24 is the network, and 192.0.2.1 the address"),
            ("2001:db8::1/64", "2001:db8::/64 is the network, and 2001:db8::1 the"),
        ):
            error = self.assertRaises(ValueError, Networks, [text])
            self.assertIn(f"{text!r} is an address in a network: {words}", str(error))
        Networks(["192.0.2.1/32", " ::1/128 ", "192.0.2.0/255.255.255.0"])

    def test_nobody(self) -> None:
        """
        Some choices leave no address at all.
        """
        halves = ["0.0.0.0/1", "128.0.0.0/1"]
        for allowed, denied, expected in (
            ([], [], False),
            ([], ["0.0.0.0/0"], False),
            ([], ["::/0", *halves], True),
            (["192.0.2.0/24"], ["192.0.2.0/25"], False),
            (["192.0.2.0/24"], ["192.0.0.0/16"], True),
            (["192.0.2.0/24", "::1"], ["192.0.2.0/25", "192.0.2.128/25"], False),
            (["192.0.2.0/24", "::1"], ["::/0", *halves], True),
        ):
            networks = Networks(allowed, denied)
            self.assertIs(networks.permitNobody(), expected, (allowed, denied))
