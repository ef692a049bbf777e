# -*- test-case-name: tests.security.test_addresses -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Addresses of viewers: networks that are allowed, and lockout after failed logins.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Hashable, Iterable

from twisted.internet.interfaces import IReactorTime

__all__ = [
    "Doorkeeper",
    "IPAddress",
    "IPNetwork",
    "Networks",
    "addressKey",
    "parseAddress",
]

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def parseAddress(host: str | None) -> IPAddress | None:
    """
    @param host: What a peer's address has as C{host}.

    @return: The address it means, without its scope, IPv4 wherever it is; C{None}
        if it is not one.
    """
    try:
        address = ipaddress.ip_address((host or "").partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def addressKey(host: str | None) -> Hashable:
    """
    @param host: What a peer's address has as C{host}.

    @return: What one person holds: an IPv4 address, or the 64 bits of an IPv6
        network.  Whatever has no address is one and the same.
    """
    address = parseAddress(host)
    if isinstance(address, ipaddress.IPv6Address):
        return ipaddress.ip_network((address, 64), strict=False)
    return address


class Networks:
    """
    The networks from which viewers may connect.
    """

    def __init__(self, allowed: Iterable[str] = (), denied: Iterable[str] = ()) -> None:
        """
        @param allowed: Networks like C{"192.0.2.0/24"}, or addresses.  If there are
            any, all others are denied.

        @param denied: Those that are denied, even if they are allowed.

        @raise ValueError: if one is not a network, naming it.
        """
        self._allowed = [self._parse(text) for text in allowed]
        self._denied = [self._parse(text) for text in denied]

    @staticmethod
    def _parse(text: str) -> IPNetwork:
        try:
            return ipaddress.ip_network(text.strip(), strict=False)
        except ValueError:
            raise ValueError(
                f"{text!r} is not a network: something like 192.0.2.0/24,"
                " 2001:db8::/32 or 127.0.0.1 is"
            ) from None

    def permit(self, host: str | None) -> bool:
        """
        @param host: What a peer's address has as C{host}.  A viewer without an
            address, as on a UNIX socket, is on this machine, and allowed.

        @return: Whether it may connect.
        """
        address = parseAddress(host)
        if address is None:
            return True
        if any(address in network for network in self._denied):
            return False
        return not self._allowed or any(address in network for network in self._allowed)


class Doorkeeper:
    """
    The lockout of addresses from which too many logins fail: after 5 failures for 10
    seconds, and with each further one twice as long, up to an hour.  An address from
    which no login has failed for an hour, or one succeeds, begins anew.

    It remembers a limited number of addresses, and forgets those first that have
    been quiet longest.

    @cvar free: How many failures there are before the first wait.
    @cvar first: The seconds of the first wait.
    @cvar longest: The seconds that no wait exceeds.
    @cvar forget: After how many seconds failures are forgotten.
    @cvar maxAddresses: How many addresses are remembered.
    """

    free = 5
    first = 10.0
    longest = 3600.0
    forget = 3600.0
    maxAddresses = 4096

    def __init__(self, clock: IReactorTime) -> None:
        """
        @param clock: Where time comes from.
        """
        self._clock = clock
        # Failures, until when to wait, the last failure; the longest quiet first.
        self._failures: dict[Hashable, tuple[int, float, float]] = {}

    def failed(self, host: str | None) -> None:
        """
        A login from there has failed.
        """
        key, now = addressKey(host), self._clock.seconds()
        count, until, last = self._failures.pop(key, (0, 0.0, now))
        if now - max(last, until) > self.forget:
            count = 0
        count += 1
        if count >= self.free:
            # The exponent is bounded so that the number is.
            wait = self.first * 2 ** min(count - self.free, 20)
            until = now + min(self.longest, wait)
        self._failures[key] = (count, until, now)
        while len(self._failures) > self.maxAddresses:
            del self._failures[next(iter(self._failures))]

    def succeeded(self, host: str | None) -> None:
        """
        A login from there was good.
        """
        self._failures.pop(addressKey(host), None)

    def wait(self, host: str | None) -> float:
        """
        @return: For how many seconds the address is locked out; 0 if it is not.
        """
        record = self._failures.get(addressKey(host))
        if record is None:
            return 0.0
        return max(0.0, record[1] - float(self._clock.seconds()))

    def __len__(self) -> int:
        return len(self._failures)
