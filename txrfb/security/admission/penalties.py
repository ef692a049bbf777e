# -*- test-case-name: tests.security.test_penalties -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Penalties: addresses from which connections come that end without a login must wait.
"""

from __future__ import annotations

from collections.abc import Hashable

from twisted.internet.interfaces import IReactorTime

from txrfb.security.admission.addresses import networksOf

__all__ = ["Penalties"]


class Penalties:
    """
    What connections without a login cost the address that they come from, in seconds.

    A connection costs one when it begins, so that those that come together are counted
    before any of them ends; a login takes that back.  A second pays for one.  Whoever
    owes more than is free is refused until it owes less: so a monitor that looks in
    each second is welcome, a class that comes at once is, and whoever connects for
    nothing again and again does so once a second.

    With IPv6 an address is a network of 64 bits; of the networks of 56 and 48 bits
    around it 4 and 16 times as much is free.

    A limited number of addresses is remembered; those are forgotten first that began
    longest ago.

    @cvar free: How many seconds an address may owe.
    @cvar start: What a connection costs.
    @cvar late: What it costs besides to be too slow for a login.
    @cvar longest: How many seconds more than is free nobody owes.
    @cvar maxAddresses: How many addresses and networks are remembered.
    """

    free = 100.0
    start = 1.0
    late = 10.0
    longest = 600.0
    maxAddresses = 4096

    def __init__(self, clock: IReactorTime) -> None:
        """
        @param clock: Where time comes from.
        """
        self._clock = clock
        # When each has paid all.
        self._until: dict[Hashable, float] = {}

    def charge(self, host: str | None, seconds: float) -> None:
        """
        Have an address owe so much more, or less.
        """
        now = self._clock.seconds()
        for key, factor in networksOf(host):
            # A clock that was set back is no reason to wait for long.
            most = now + self.free * factor + self.longest
            until = min(max(now, self._until.pop(key, now)) + seconds, most)
            if until > now:
                self._until[key] = until
        while len(self._until) > self.maxAddresses:
            del self._until[next(iter(self._until))]

    def wait(self, host: str | None) -> float:
        """
        @return: For how many seconds connections from there are refused; 0 if they are
            not.
        """
        now = float(self._clock.seconds())
        waits = [
            min(self._until.get(key, now) - now - self.free * factor, self.longest)
            for key, factor in networksOf(host)
        ]
        return max(0.0, *waits)

    def __len__(self) -> int:
        return len(self._until)
