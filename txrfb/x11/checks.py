# -*- test-case-name: tests.x11.test_connection -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Requests that have no reply, of whose errors somebody wants to know, or nobody.
"""

from __future__ import annotations

from collections import deque

from txrfb.x11.wire import X11Error

__all__ = ["Check", "Checks"]

#: How many requests are kept whose errors are of no interest.
_QUIET = 256


class Check:
    """
    Requests of which one may have an error.

    @ivar error: The first error of them.
    """

    def __init__(self, first: int, count: int) -> None:
        """
        @param first: The number of the first request.

        @param count: How many there are.
        """
        self._first = first
        self._count = count
        self.error: X11Error | None = None

    def has(self, number: int) -> bool:
        """
        @return: Whether the request of this number, of 16 bits, is one of them.
        """
        return (number - self._first & 0xFFFF) < self._count


class Checks:
    """
    All that are under way on a connection.
    """

    def __init__(self) -> None:
        self._quiet: deque[int] = deque(maxlen=_QUIET)
        self._checks: list[Check] = []

    def ignore(self, number: int) -> None:
        """
        The error of a request is of no interest.
        """
        self._quiet.append(number & 0xFFFF)

    def begin(self, first: int, count: int) -> Check:
        """
        Errors of these requests are of interest.
        """
        check = Check(first, count)
        self._checks.append(check)
        return check

    def end(self, check: Check) -> None:
        """
        They were all done.
        """
        self._checks.remove(check)

    def takes(self, number: int, error: X11Error) -> bool:
        """
        @return: Whether the error of a request is known here.
        """
        if number in self._quiet:
            self._quiet.remove(number)
            return True
        for check in self._checks:
            if check.has(number):
                check.error = check.error or error
                return True
        return False
