# -*- test-case-name: tests.desktop.test_outcome -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Methods for programs of Twisted's as for those of asyncio's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from twisted.internet.defer import CancelledError, Deferred, ensureDeferred
from twisted.python.failure import Failure

__all__ = ["Outcome", "anywhere"]

T = TypeVar("T")
P = ParamSpec("P")


class Outcome(Deferred[T]):
    """
    A L{Deferred} that can be awaited by a task of asyncio's, too.
    """

    def __await__(self) -> Generator[Any, None, T]:
        """
        Wait as whoever waits does: a task gets a future.
        """
        loop = _loopOfTask()
        if loop is None:
            return super().__await__()
        return _awaited(self, loop)


def _awaited(
    outcome: Deferred[T], loop: asyncio.AbstractEventLoop
) -> Generator[Any, None, T]:
    try:
        result: T = yield from outcome.asFuture(loop).__await__()
    except CancelledError:
        raise asyncio.CancelledError from None
    return result


def _loopOfTask() -> asyncio.AbstractEventLoop | None:
    """
    @return: The loop of the task that runs; C{None} if none does.
    """
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return None
    return None if task is None else asyncio.get_running_loop()


def anywhere(
    method: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, Outcome[T]]:
    """
    Make of a coroutine function one that returns an L{Outcome}.  It begins when it is
    called.  In it only L{Deferred}s may be awaited, not what this makes.
    """

    @wraps(method)
    def called(*arguments: P.args, **options: P.kwargs) -> Outcome[T]:
        work = ensureDeferred(method(*arguments, **options))
        outcome: Outcome[T] = Outcome(lambda _: work.cancel())

        def end(result: Any) -> None:
            if outcome.called:
                return
            if isinstance(result, Failure):
                outcome.errback(result)
            else:
                outcome.callback(result)

        work.addBoth(end)
        return outcome

    return called
