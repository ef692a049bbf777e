# -*- test-case-name: tests.test_geometry -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Rectangles, and regions made of them.
"""

from __future__ import annotations

from txrfb.geometry.disjoint import joined
from txrfb.geometry.rectangles import (
    MAX_PIXELS,
    Copy,
    ExactRectangle,
    Rectangle,
    Screen,
    checkSize,
)
from txrfb.geometry.regions import Region

__all__ = [
    "MAX_PIXELS",
    "Copy",
    "ExactRectangle",
    "Rectangle",
    "Region",
    "Screen",
    "checkSize",
    "joined",
]
