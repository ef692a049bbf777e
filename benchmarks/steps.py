# -*- test-case-name: tests.benchmarks.test_steps -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
How far a long run is.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

_BAR = 24


class Steps:
    """
    Tells, on standard error, how many of the steps are done, and how long the rest will
    take: as a bar that moves on a terminal, else as lines.
    """

    def __init__(
        self,
        count: int,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        @param count: How many there are.
        """
        self._count = count
        self._stream = stream or sys.stderr
        self._clock = clock
        self._begun = clock()
        self._done = 0

    def next(self, what: str) -> None:
        """
        The next step begins.
        """
        rest = ""
        if self._done:
            passed = self._clock() - self._begun
            left = passed / self._done * (self._count - self._done)
            rest = f", {left / 60:.1f} minutes left"
        self._done += 1
        how = f"{self._done} of {self._count}{rest}"
        if self._stream.isatty():
            full = _BAR * (self._done - 1) // self._count
            bar = "#" * full + "." * (_BAR - full)
            # To the end of the line what was there before is wiped out.
            self._stream.write(f"\r[{bar}] {how}: {what}\x1b[K")
            self._stream.flush()
        else:
            self._stream.write(f"[{how}] {what}\n")

    def end(self) -> None:
        """
        All is done: what is printed next has its own line.
        """
        if self._stream.isatty():
            self._stream.write("\r\x1b[K")
            self._stream.flush()
