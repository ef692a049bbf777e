# -*- test-case-name: tests.client.test_client -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What is waited for while a viewer connects.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from twisted.internet.defer import Deferred, fail, succeed

from txrfb.error import ConnectionFailed

__all__ = ["Milestone"]

T = TypeVar("T")


class Milestone(Generic[T]):
    """
    Something that happens once, or never.

    @ivar isReached: Whether it has happened.
    """

    def __init__(self, who: T, cancel: Callable[[], None]) -> None:
        """
        @param who: What all who wait for it are told.

        @param cancel: Called when somebody does not want to wait any longer.
        """
        self.isReached = False
        self._who = who
        self._cancel = cancel
        self._failure: ConnectionFailed | None = None
        self._waiting: list[Deferred[T]] = []

    def when(self) -> Deferred[T]:
        """
        @return: Fires when it happens, or at once if it has happened; fails if it
            cannot happen any more.
        """
        if self._failure is not None:
            return fail(self._failure)
        if self.isReached:
            return succeed(self._who)

        def cancelled(one: Deferred[T]) -> None:
            self._waiting.remove(one)
            self._cancel()

        one: Deferred[T] = Deferred(cancelled)
        self._waiting.append(one)
        return one

    def reach(self) -> None:
        """
        It happens.
        """
        self.isReached = True
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            one.callback(self._who)

    def miss(self, reason: str) -> None:
        """
        The connection ends: whoever waits, or asks from now on, is told why.
        """
        self._failure = ConnectionFailed(reason)
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            one.errback(ConnectionFailed(reason))
