# -*- test-case-name: tests.wire.test_connection -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Moves of the pointer that come together.
"""

from __future__ import annotations

from txrfb._wire.messages import PointerEvent

#: Of so many moves the last is told.
_MAX_MOVES = 8


def lastMove(data: bytes, start: int) -> int:
    """
    @param start: Where a pointer event begins.

    @return: Where the last of a row of pointer events begins that differ in the place
        alone; but of a long row only a part is passed over, so that a line that is
        drawn keeps its shape.
    """
    size = PointerEvent.LENGTH
    last, limit = start, min(len(data), start + _MAX_MOVES * size) - 2 * size
    while (
        last <= limit and data[last + size : last + size + 2] == data[start : start + 2]
    ):
        last += size
    return last
