# -*- test-case-name: tests.benchmarks.test_benchmarks -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
A viewer on L{txrfb.client} that decodes a workload and compares every frame: what
C{peers/verify.c} does with libvncclient, with a decoder that has nothing in common with
that one.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from twisted.internet.endpoints import clientFromString

from benchmarks.workloads import Workload
from txrfb.client import RFBClient, Updated, connectViewer

SECONDS = 10.0


class Comparer(RFBClient):
    """
    Presses a key when the picture is that of a frame, until all were seen.

    @ivar finished: Called at the end with the worst PSNR in dB (0 if all pixels were
        equal), or with a complaint.
    """

    work: Workload
    floor: float
    finished: Callable[[float | str], None]

    def ready(self) -> None:
        """
        Ask for the first, black screen.
        """
        self._screen = np.zeros((self.work.height, self.work.width, 4), np.uint8)
        self._number = -1
        self._worst = math.inf
        self._timer = self._clock.callLater(SECONDS, self._late)
        super().ready()

    def _late(self) -> None:
        self.finished(f"frame {self._number} is wrong or did not come")

    def updateReceived(self, update: Updated) -> None:
        """
        Compare.
        """
        self._check()

    def _psnr(self) -> float:
        """
        Of the damage of the frame, or of the whole last picture.
        """
        expected = self._screen.view(np.uint32)[..., 0]
        parts = self.work[self._number].damage
        if self._number == len(self.work) - 1:
            parts = [(0, 0, self.work.width, self.work.height)]
        error = pixels = 0
        for x, y, w, h in parts:
            here = np.s_[y : y + h, x : x + w]
            pixels += w * h
            if np.array_equal(self.canvas[here], expected[here]):
                continue
            for shift in (0, 8, 16):
                one = (self.canvas[here] >> shift & 255).astype(np.int64)
                other = (expected[here] >> shift & 255).astype(np.int64)
                error += int(((one - other) ** 2).sum())
        return 10 * math.log10(255**2 * 3 * pixels / error) if error else math.inf

    def _check(self) -> None:
        if self._number >= 0:
            psnr = self._psnr()
            if psnr < (self.floor or math.inf):
                return
            self._worst = min(self._worst, psnr)
        self._number += 1
        if self._number == len(self.work):
            self._timer.cancel()
            self.finished(self._worst if math.isfinite(self._worst) else 0.0)
            return
        frame = self.work[self._number]
        frame.paint(self._screen)
        self._timer.reset(SECONDS)
        self.keyPress("a")
        if frame.top == frame.bottom:
            # Nothing changes, so nothing comes: it is held already.
            self._clock.callLater(0.01, self._check)

    def connectionFailed(self, reason: str) -> None:
        """
        The server hung up.
        """
        self.finished(reason)


def main(argv: list[str]) -> int:
    """
    C{FRAMES PORT ENCODINGS PSNR}, with encodings by number.
    """
    from twisted.internet import reactor as installed

    reactor: Any = installed
    said: list[float | str] = []

    def finished(result: float | str) -> None:
        said.append(result)
        if reactor.running:
            reactor.stop()

    Comparer.work = Workload(Path(argv[0]))
    Comparer.floor = float(argv[3])
    Comparer.finished = staticmethod(finished)
    connecting = connectViewer(
        clientFromString(reactor, f"tcp:127.0.0.1:{argv[1]}"),
        protocol=Comparer,
        encodings=[int(number) for number in argv[2].split(",")],
    )
    connecting.addErrback(lambda failure: finished(failure.getErrorMessage()))
    reactor.run()
    if isinstance(said[0], str):
        print(said[0], file=sys.stderr)
        return 1
    frames = len(Comparer.work)
    print(json.dumps({"frames": frames, "updates": 0, "psnr": round(said[0], 1)}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
