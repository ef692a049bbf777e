# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What fuzzing has found, in files.
"""

from __future__ import annotations

import hashlib
import time
import traceback
from pathlib import Path

from tests.fuzz.targets import TARGETS

#: What takes more seconds of the processor is a finding.
SLOW = 5.0

#: After so many findings a target has enough.
_ENOUGH = 10


class Findings:
    """
    The findings of one target: input in a file, and the traceback in another beside it.

    @ivar places: Where something was raised: the same line is the same fault.
    @ivar count: How many inputs were tried.
    """

    def __init__(self, name: str, directory: Path) -> None:
        """
        @param name: The name of the target.

        @param directory: Where they are written to.
        """
        self.places: set[str] = set()
        self.count = 0
        self._name = name
        self._target = TARGETS[name]
        self._directory = directory

    def attempt(self, data: bytes) -> None:
        """
        Run the target, and note what it raises.
        """
        self.count += 1
        start = time.process_time()
        try:
            self._target(data)
            taken = time.process_time() - start
            if taken > SLOW:
                raise AssertionError(f"it took {taken:.1f} s")
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{type(error).__name__} {where.filename}:{where.lineno}"
            if place not in self.places:
                self.places.add(place)
                self._write(data, place)

    def _write(self, data: bytes, place: str) -> None:
        digest = hashlib.sha256(data).hexdigest()[:12]
        path = self._directory / f"{self._name}-{digest}"
        path.write_bytes(data)
        path.with_suffix(".txt").write_text(traceback.format_exc(), "utf-8")
        print(f"{self._name}: {place}, see {path}", flush=True)

    @property
    def areEnough(self) -> bool:
        """
        Whether there is no need to look for more.
        """
        return len(self.places) >= _ENOUGH
