# -*- test-case-name: tests.x11.test_randr -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Several answers at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from twisted.internet.defer import Deferred, FirstError, gatherResults
from twisted.python.failure import Failure

__all__ = ["gathered"]

_Answer = TypeVar("_Answer")


def gathered(answers: Sequence[Deferred[_Answer]]) -> Deferred[list[_Answer]]:
    """
    @return: Fires with all of them, or fails as the first that does.
    """
    return gatherResults(answers, consumeErrors=True).addErrback(_first)


def _first(failure: Failure) -> Failure:
    error = failure.value
    return error.subFailure if isinstance(error, FirstError) else failure
