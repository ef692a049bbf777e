# -*- test-case-name: tests.x11.test_randr -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Several answers at once, and one for several.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, FirstError, gatherResults
from twisted.python.failure import Failure

__all__ = ["gathered", "shared"]

_Answer = TypeVar("_Answer")


def gathered(answers: Sequence[Deferred[_Answer]]) -> Deferred[list[_Answer]]:
    """
    @return: Fires with all of them, or fails as the first that does.
    """
    return gatherResults(answers, consumeErrors=True).addErrback(_first)


def _first(failure: Failure) -> Failure:
    error = failure.value
    return error.subFailure if isinstance(error, FirstError) else failure


def shared(found: Deferred[_Answer]) -> Deferred[_Answer]:
    """
    @return: Another Deferred that fires as this one does, which may be canceled.
    """
    own: Deferred[_Answer] = Deferred()

    def passOn(result: Any) -> Any:
        if not own.called:
            (own.errback if isinstance(result, Failure) else own.callback)(result)
        return None if isinstance(result, Failure) else result

    found.addBoth(passOn)
    return own
