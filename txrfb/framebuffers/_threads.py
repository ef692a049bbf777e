# -*- test-case-name: tests.framebuffers.test_threads -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Calls from other threads than the reactor's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from threading import get_ident
from typing import Any, TypeVar, cast

from twisted.python import threadable

__all__ = ["inReactorThread", "isElsewhere"]

M = TypeVar("M", bound=Callable[..., None])


def isElsewhere() -> bool:
    """
    @return: Whether a reactor runs, or has run, in another thread than this.
    """
    return threadable.ioThread not in (None, get_ident())


def inReactorThread(method: M) -> M:
    """
    Make a method that does its work in the reactor's thread: at once if it is called
    there, and soon if it is called in another.
    """

    @wraps(method)
    def called(*arguments: Any, **options: Any) -> None:
        if not isElsewhere():
            method(*arguments, **options)
            return
        # Not one that was handed in: what runs there is the only one there is.
        from twisted.internet import reactor

        running: Any = reactor
        running.callFromThread(method, *arguments, **options)

    return cast(M, called)
