# -*- test-case-name: tests.security.test_noise -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What strangers can make the log say, which is bounded: they shall not fill the disk.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from twisted.logger import Logger

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall, IReactorTime

__all__ = ["Noise"]

#: How many different reasons, and addresses, are told apart in a minute.
_MAX_KINDS = 64

#: How many of them are named.
_NAMED = 5


class Noise:
    """
    Connections that come to no login, as far as the log is concerned.

    So many of them have lines of their own; others are counted, and told of together
    once a minute.  So are connections that are refused, but for the first.

    @cvar burst: How many connections have lines of their own, if there were few before.
    @cvar rate: How many a second, if there are many all the time.
    @cvar interval: The seconds from one summary to the next.
    @ivar refusals: How many connections were refused.
    """

    burst = 60
    rate = 1 / 6
    interval = 60.0

    _log = Logger()

    def __init__(self, clock: IReactorTime) -> None:
        """
        @param clock: Where time comes from.
        """
        self._clock = clock
        self.refusals = 0
        self._left = float(self.burst)
        self._filled = clock.seconds()
        self._counts: Counter[str] = Counter()
        self._hosts: Counter[str] = Counter()
        self._nextSummary = 0.0
        self._timer: IDelayedCall | None = None

    def mayTell(self) -> bool:
        """
        @return: Whether a connection may have lines of its own.  If so, it counts.
        """
        now = self._clock.seconds()
        # A clock that was set back does no harm.
        passed = max(0.0, now - self._filled)
        self._filled = now
        self._left = min(float(self.burst), self._left + passed * self.rate)
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def refused(self, host: str | None, kind: str, reason: str) -> None:
        """
        A connection was refused.

        @param host: Where from.

        @param kind: Why, in words of which there are few.

        @param reason: Why, in words for people.
        """
        now = self._clock.seconds()
        self.refusals += 1
        if self._timer is None and self._isQuiet(now):
            self._nextSummary = now + self.interval
            self._log.info(
                "refused connection from {host}: {reason}", host=host, reason=reason
            )
        else:
            self.count(host, f"refused: {kind}")

    def count(self, host: str | None, kind: str) -> None:
        """
        Something happened that has no line of its own.

        @param host: Where from.

        @param kind: What, in words of which there are few.
        """
        for counts, key in ((self._counts, kind), (self._hosts, str(host))):
            known = key in counts or len(counts) < _MAX_KINDS
            counts[key if known else "others"] += 1
        if self._timer is None:
            now = self._clock.seconds()
            if self._isQuiet(now):
                self._nextSummary = now + self.interval
            self._timer = self._clock.callLater(self._nextSummary - now, self._summary)

    def _isQuiet(self, now: float) -> bool:
        """
        @return: Whether nothing was told of in the last minute.
        """
        return not 0 < self._nextSummary - now <= self.interval

    def _summary(self) -> None:
        self._timer = None
        self._nextSummary = self._clock.seconds() + self.interval
        counts, self._counts = self._counts, Counter()
        hosts, self._hosts = self._hosts, Counter()
        self._log.info(
            "{connections} connections more in {interval:g} s: {kinds}; from {hosts}",
            connections=counts.total(),
            interval=self.interval,
            kinds=_named(counts),
            hosts=_named(hosts),
        )


def _named(counts: Counter[str]) -> str:
    """
    @return: What there was most of, for people to read.
    """
    said = [f"{number} {what}" for what, number in counts.most_common(_NAMED)]
    rest = counts.total() - sum(number for _, number in counts.most_common(_NAMED))
    return ", ".join(said) + (f", {rest} others" if rest else "")
