# -*- test-case-name: tests.security.test_addresses -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Addresses of viewers: what they mean, and the networks that are allowed.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Hashable, Iterable
from typing import Any

__all__ = [
    "LOOPBACK",
    "IPAddress",
    "IPNetwork",
    "Networks",
    "addressKey",
    "isLocal",
    "isUser",
    "networksOf",
    "parseAddress",
    "userOf",
]

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


#: The networks around an IPv6 address that count besides its /64, as whoever has them
#: has as many of these as it likes: their prefix, and how much more each may do.
_WIDER = ((56, 4), (48, 16))

#: This machine's own addresses.
LOOPBACK = ("127.0.0.0/8", "::1")

_USER = re.compile(r"uid \d+")


def userOf(uid: int) -> str:
    """
    @return: What stands for an address where there is none, as on a UNIX socket: the
        user of this machine who opened it, like C{"uid 1000"}.
    """
    return f"uid {uid}"


def isUser(host: str | None) -> bool:
    """
    @return: Whether it is what L{userOf} makes.
    """
    return _USER.fullmatch(host or "") is not None


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

    @return: What one person holds: an IPv4 address, the 64 bits of an IPv6 network, or
        a user of this machine.  Whatever has none of these is one and the same; and so
        are all of this machine's own addresses, as whoever is there has 16 million.
    """
    address = parseAddress(host)
    if address is not None and address.is_loopback:
        return LOOPBACK
    if isinstance(address, ipaddress.IPv6Address):
        return ipaddress.ip_network((address, 64), strict=False)
    return address or host or None


def isLocal(host: str | None) -> bool:
    """
    @param host: What a peer's address has as C{host}.

    @return: Whether it is this machine's, or none, as on a UNIX socket.
    """
    address = parseAddress(host)
    if address is None:
        return not host or isUser(host)
    return address.is_loopback


def networksOf(host: str | None) -> list[tuple[Hashable, int]]:
    """
    @param host: What a peer's address has as C{host}.

    @return: What counts for an address: what L{addressKey} says, and the networks
        around it; and by which factor more each of them may do.
    """
    keys: list[tuple[Hashable, int]] = [(addressKey(host), 1)]
    address = parseAddress(host)
    if isinstance(address, ipaddress.IPv6Address) and not address.is_loopback:
        for bits, factor in _WIDER:
            network = ipaddress.ip_network((address, bits), strict=False)
            keys.append((network, factor))
    return keys


class Networks:
    """
    The networks from which viewers may connect.
    """

    def __init__(self, allowed: Iterable[str] = (), denied: Iterable[str] = ()) -> None:
        """
        @param allowed: Networks like C{"192.0.2.0/24"}, or addresses.  If there are
            any, all others are denied.

        @param denied: Those that are denied, even if they are allowed.

        @raise ValueError: if one is not a network, or an address in one, naming it.
        """
        for given in (allowed, denied):
            if isinstance(given, str):
                raise ValueError(f"{given!r} is a text; expected a list of networks")
        self._allowed = [self._parse(text) for text in allowed]
        self._denied = [self._parse(text) for text in denied]

    @staticmethod
    def _parse(text: str) -> IPNetwork:
        try:
            network = ipaddress.ip_network(text.strip(), strict=False)
        except ValueError:
            raise ValueError(
                f"{text!r} is not a network: something like 192.0.2.0/24,"
                " 2001:db8::/32 or 127.0.0.1 is"
            ) from None
        address = ipaddress.ip_address(text.strip().partition("/")[0])
        if address != network.network_address:
            raise ValueError(
                f"{text!r} is an address in a network: {network} is the network, and"
                f" {address} the address"
            )
        return network

    @property
    def isRestricted(self) -> bool:
        """
        Whether it matters where a viewer is.
        """
        return bool(self._allowed or self._denied)

    def permit(self, host: str | None) -> bool:
        """
        @param host: What a peer's address has as C{host}.  A viewer without an
            address, as on a UNIX socket, is on this machine, and allowed.  Something
            else that is no address is nobody's.

        @return: Whether it may connect.
        """
        address = parseAddress(host)
        if address is None:
            return isLocal(host)
        if any(address in network for network in self._denied):
            return False
        return not self._allowed or self.names(host)

    def __str__(self) -> str:
        """
        @return: Which these are, for people to read.
        """
        allowed = ", ".join(map(str, self._allowed)) or "all addresses"
        denied = ", ".join(map(str, self._denied))
        return allowed + (f", but not {denied}" if denied else "")

    def permitNobody(self) -> bool:
        """
        @return: Whether there is no address at all from which viewers may connect.
        """
        everywhere = ("0.0.0.0/0", "::/0")
        allowed = self._allowed or list(map(ipaddress.ip_network, everywhere))
        denied: list[IPNetwork] = []
        for version in (4, 6):
            those: Any = [one for one in self._denied if one.version == version]
            denied += ipaddress.collapse_addresses(those)
        return all(
            any(
                type(one) is type(other) and one.subnet_of(other)  # type: ignore[arg-type]
                for other in denied
            )
            for one in allowed
        )

    def names(self, host: str | None) -> bool:
        """
        @return: Whether the address is in one of the allowed networks.
        """
        address = parseAddress(host)
        return any(address in network for network in self._allowed)
