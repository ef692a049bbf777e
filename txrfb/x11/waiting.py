# -*- test-case-name: tests.x11.test_inputs -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What viewers do, while it waits for a display.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple, TypeAlias

__all__ = ["Event", "KeyChange", "PointerChange"]


class KeyChange(NamedTuple):
    """
    A key goes down or comes up.
    """

    viewer: Hashable
    keysym: int
    down: bool


class PointerChange(NamedTuple):
    """
    The pointer moves, or a button changes.

    @ivar isMove: Whether no button changed.
    """

    viewer: Hashable
    x: int
    y: int
    buttons: int
    isMove: bool


Event: TypeAlias = KeyChange | PointerChange
