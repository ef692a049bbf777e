# -*- test-case-name: tests.security.test_doorkeeper -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The lockout: addresses from which too many logins fail must wait.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from twisted.internet.interfaces import IReactorTime

from txrfb.security.admission.addresses import (
    Networks,
    addressKey,
    isLocal,
    isUser,
    networksOf,
)

__all__ = ["Doorkeeper"]

#: How many names are told apart of those that one address has tried.  Failures with
#: others count as well, and are not forgiven.
_MAX_NAMES = 32


@dataclass(slots=True)
class _Record:
    """
    The failures of one address, or of one network.

    @ivar names: How many there were with each name, by its hash; at an address that
        many share, by C{None} those with names that are not told apart.
    @ivar locked: Until when each name is locked out, at an address that many share.
    @ivar count: How many there were in all; at an address that many share, of those
        with no name.
    @ivar until: Until when it is locked out.
    @ivar last: When the last one was.
    """

    names: dict[int | None, int] = field(default_factory=dict)
    locked: dict[int, float] = field(default_factory=dict)
    count: int = 0
    until: float = 0.0
    last: float = 0.0

    def tellsApart(self, number: int) -> bool:
        """
        @return: Whether failures with the name of that hash are counted by themselves.
        """
        return number in self.names or len(self.names) < _MAX_NAMES


class Doorkeeper:
    """
    The lockout of addresses from which too many logins fail: after 5 failures for 10
    seconds, and with each further one twice as long, up to an hour.  An address from
    which no login has failed for an hour begins anew.

    Failures are counted by address and by the name that was tried.  A good login makes
    up for failures with its own name from its own address, and for nothing else: to
    log in as oneself between guesses at somebody else's password is of no use.  A name
    alone locks out nobody, or strangers could keep its owner out.

    With IPv6 an address is a network of 64 bits; the networks of 56 and 48 bits around
    it are locked out after 4 and 16 times as many failures.

    Addresses that stand for many (this machine's, proxies that do not say who is behind
    them, UNIX sockets where the system does not tell who opened them) are never locked
    out, as everybody there would be.  There a name is, for five minutes at the most.
    Logins without a name stand in one row, and each is judged after a pause, which
    doubles with each failure up to ten seconds; so are, in rows of their own, those
    with further names while many different ones fail.

    It remembers a limited number of addresses, and forgets those first that have
    been quiet longest.

    @cvar free: How many failures there are before the first wait.
    @cvar first: The seconds of the first wait.
    @cvar longest: The seconds that no wait exceeds.
    @cvar longestName: The seconds that no wait of a single name exceeds.
    @cvar firstPause: The seconds of the first pause.
    @cvar longestPause: The seconds that no pause exceeds.
    @cvar longestRow: The seconds that no pauses of one login and of those before it
        exceed.
    @cvar maxRow: How many logins may wait in a row without pauses: the last has its
        turn before its time is over, though PAM takes seconds for each.
    @cvar forget: After how many seconds failures are forgotten.
    @cvar maxAddresses: How many addresses and networks are remembered.
    """

    free = 5
    first = 10.0
    longest = 3600.0
    longestName = 300.0
    firstPause = 1.0
    longestPause = 10.0
    longestRow = 60.0
    maxRow = 16
    forget = 3600.0
    maxAddresses = 4096

    def __init__(self, clock: IReactorTime, shared: Networks | None = None) -> None:
        """
        @param clock: Where time comes from.

        @param shared: Addresses that stand for many, besides this machine's own.
        """
        self._clock = clock
        self._shared = shared
        # The longest quiet first.
        self._records: dict[Hashable, _Record] = {}

    def isShared(self, host: str | None) -> bool:
        """
        @return: Whether an address stands for many viewers.
        """
        if isLocal(host):
            return not isUser(host)
        return self._shared is not None and self._shared.names(host)

    def rowOf(self, host: str | None, name: bytes = b"") -> Hashable:
        """
        @return: Whose logins are judged one after the other: those with one key.  Where
            many share an address these are the ones with the same name, so that nobody
            waits for strangers who has one; and those without.
        """
        key = addressKey(host)
        return (key, hash(name)) if self.isShared(host) else key

    def tellsApart(self, host: str | None, name: bytes) -> bool:
        """
        @return: Whether failures from there with that name are counted by themselves.
        """
        record = self._recent(host)
        return record is None or record.tellsApart(hash(name))

    def maxWaiting(self, host: str | None, name: bytes = b"") -> int:
        """
        @return: How many logins may wait in that row for the one that is being judged,
            so that the pauses of all of them are no longer than L{longestRow} though
            all fail.
        """
        record = self._recent(host)
        if record is None or not self.isShared(host):
            return self.maxRow
        if name:
            if record.tellsApart(hash(name)):
                return self.maxRow
            # Others with such names fail meanwhile.
            return int(self.longestRow / self.longestPause) - 1
        # The last one that counts is the one that is being judged.
        waiting, wait = 0, self._pauseAfter(record.count - 1)
        while waiting < self.maxRow:
            wait += self._pauseAfter(record.count + waiting)
            if wait > self.longestRow:
                break
            waiting += 1
        return waiting

    def hasFailed(self, host: str | None, name: bytes = b"") -> bool:
        """
        @return: Whether logins from there, or with that name where many share an
            address, have failed lately.
        """
        record = self._recent(host)
        if record is None or not self.isShared(host):
            return record is not None
        return hash(name) in record.names or not record.tellsApart(hash(name))

    def failed(self, host: str | None, name: bytes = b"") -> Callable[[], None]:
        """
        A login from there has failed, or has begun: it counts as failed until it turns
        out to be good, so that guesses that are judged at the same time are as few as
        others.

        @param name: The name that was tried; empty if there was none.

        @return: What takes it back, to be called once at the most.
        """
        now = self._clock.seconds()
        isShared, number = self.isShared(host), hash(name)
        isName = isShared and bool(name)
        counted: list[tuple[Hashable, int, _Record, int | None, float, float]] = []
        for key, factor in networksOf(host):
            record = self._records.pop(key, None)
            if record is None or now - max(record.last, record.until) > self.forget:
                record = _Record()
            one = number if record.tellsApart(number) else None
            if isName or one is not None:
                record.names[one] = record.names.get(one, 0) + 1
            record.last = now
            before = record.locked.get(number, 0.0) if isName else record.until
            until = before
            # Where it has a name, that is what is locked out.
            if isName:
                over = record.names[one] - self.free
                if over >= 0 and one is not None:
                    until = now + _doubled(self.first, over, self.longestName)
                    record.locked[number] = until
            else:
                record.count += 1
                over = record.count - self.free * factor
                if over >= 0 and not isShared:
                    until = record.until = now + _doubled(
                        self.first, over, self.longest
                    )
            self._records[key] = record
            counted.append((key, factor, record, one, before, until))
        while len(self._records) > self.maxAddresses:
            del self._records[next(iter(self._records))]

        def takeBack() -> None:
            for key, factor, record, one, before, until in counted:
                left = record.names.pop(one, 1) - 1
                if left:
                    record.names[one] = left
                if isName:
                    if one is None:
                        pass
                    elif left < self.free:
                        record.locked.pop(number, None)
                    elif record.locked.get(number) == until:
                        record.locked[number] = before
                else:
                    record.count -= 1
                    if record.count < self.free * factor:
                        record.until = 0.0
                    elif record.until == until:
                        record.until = before
                isOver = record.count <= 0 and not record.names
                if isOver and self._records.get(key) is record:
                    del self._records[key]

        return takeBack

    def succeeded(self, host: str | None, name: bytes = b"") -> None:
        """
        A login from there was good: it makes up for failures with that name.
        """
        (key, _), *wider = networksOf(host)
        record = self._records.get(key)
        if record is None:
            return
        forgiven = record.names.pop(hash(name), 0)
        record.locked.pop(hash(name), None)
        if name and self.isShared(host):
            # They were not counted with the others.
            forgiven = 0
            if record.names:
                return
        for each in [key, *(key for key, _ in wider)]:
            record = self._records.get(each)
            if record is not None:
                record.count = max(0, record.count - forgiven)
                if not record.count:
                    del self._records[each]

    def wait(self, host: str | None, name: bytes = b"") -> float:
        """
        @param name: The name that is tried; empty if it is not known yet.

        @return: For how many seconds a login from there is locked out; 0 if it is not.
        """
        now = float(self._clock.seconds())
        if self.isShared(host):
            record = self._records.get(addressKey(host))
            until = record.locked.get(hash(name), 0.0) if record else 0.0
            return max(0.0, until - now)
        records = [self._records.get(key) for key, _ in networksOf(host)]
        return max([0.0, *(record.until - now for record in records if record)])

    def pause(self, host: str | None, name: bytes = b"") -> float:
        """
        @return: For how many seconds a login from there is to wait for its judgment: 0
            but for addresses that stand for many.
        """
        record = self._recent(host)
        if record is None or not self.isShared(host):
            return 0.0
        if not name:
            return self._pauseAfter(record.count)
        isOne = record.tellsApart(hash(name))
        return 0.0 if isOne else self._pauseAfter(record.names.get(None, 0))

    def _pauseAfter(self, failures: int) -> float:
        over = failures - self.free
        return _doubled(self.firstPause, over, self.longestPause) if over >= 0 else 0.0

    def _recent(self, host: str | None) -> _Record | None:
        """
        @return: The failures of an address, if they count.
        """
        record = self._records.get(addressKey(host))
        if record is None or self._clock.seconds() - record.last > self.forget:
            return None
        return record

    def __len__(self) -> int:
        return len(self._records)


def _doubled(first: float, times: int, most: float) -> float:
    """
    @return: C{first}, doubled so many times, but no more than C{most}.
    """
    # The exponent is bounded so that the number is.
    return min(most, first * 2.0 ** min(times, 20))
