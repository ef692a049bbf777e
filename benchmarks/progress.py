# -*- test-case-name: tests.benchmarks.test_fairness -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
The page of memory that a server under measurement shares with whoever measures it:
C{Progress} of C{peers/frames.h}.
"""

from __future__ import annotations

import mmap
import struct
import time
from pathlib import Path

SIZE = 4096
KEYS = 500
"""
How many of the last key presses are kept.
"""

NOTED_KEY = ord("z")
"""
The keysym whose presses are noted.
"""

_SHOWN, _PAINT, _HALTED, _PRESSED, _TIMES = 0, 8, 16, 24, 32


class Progress:
    """
    How far a server is, which keys have reached its application, and whether it is to
    stop painting.
    """

    def __init__(self, path: Path) -> None:
        """
        @param path: A file of L{SIZE} bytes; zeros at first.
        """
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), SIZE)

    def _read(self, at: int) -> int:
        [number] = struct.unpack_from("<Q", self._map, at)
        return int(number)

    def _write(self, at: int, number: int) -> None:
        struct.pack_into("<Q", self._map, at, number)

    @property
    def shown(self) -> int:
        """
        How many frames were painted.
        """
        return self._read(_SHOWN)

    def tell(self, shown: int, paint: int) -> None:
        """
        A frame is painted.

        @param paint: The nanoseconds of CPU time that painting took so far.
        """
        self._write(_PAINT, paint)
        self._write(_SHOWN, shown)

    @property
    def isHalted(self) -> bool:
        """
        Nothing more is to be painted.
        """
        return bool(self._read(_HALTED))

    def halt(self) -> None:
        """
        Paint nothing more.
        """
        self._write(_HALTED, 1)

    def noteKey(self) -> None:
        """
        L{NOTED_KEY} was pressed, as the application sees it.
        """
        count = self._read(_PRESSED)
        self._write(_TIMES + 8 * (count % KEYS), time.monotonic_ns())
        self._write(_PRESSED, count + 1)

    def keyTime(self, number: int) -> float | None:
        """
        @param number: Of a press, from 0; not more than L{KEYS} before the last one.

        @return: When it reached the application, in seconds of C{time.monotonic};
            C{None} if it has not.
        """
        if number >= self._read(_PRESSED):
            return None
        return self._read(_TIMES + 8 * (number % KEYS)) / 1e9
