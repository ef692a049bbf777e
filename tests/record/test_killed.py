# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of what is left of a recording when its process ends.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from txrfb.feeds import FedFramebuffer
from txrfb.record.fbs import readBlocks

ROOT = Path(__file__).parent.parent.parent

#: Seconds that a process may take to do what it does at once, on a busy machine.
PATIENCE = 120.0

#: How many bytes of a recording there are when its process is told to end.
ENOUGH = 100_000


class KilledTests(SynchronousTestCase):
    """
    C{--record}, in a process of its own.
    """

    def recorded(self, number: int) -> tuple[Path, int]:
        """
        Record the test card, and end the process.

        @param number: The signal that ends it.

        @return: The recording, and how large it was just before.
        """
        directory = Path(self.mktemp()).absolute()
        with TemporaryDirectory(prefix="r", dir="/tmp") as short:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "txrfb", "--framebuffer"),
                    *("testcard:320x240", "--port", f"unix:{short}/s:mode=600"),
                    *("--record", str(directory)),
                ],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            try:
                size, end = 0, time.monotonic() + PATIENCE
                while size < ENOUGH:
                    self.assertLess(time.monotonic(), end, "nothing is recorded")
                    self.assertIsNone(process.poll(), "the server has ended")
                    time.sleep(0.05)
                    size = sum(one.stat().st_size for one in directory.glob("*.fbs"))
                process.send_signal(number)
                process.communicate(timeout=PATIENCE)
            finally:
                process.kill()
                process.communicate()
        [path] = directory.glob("*.fbs")
        return path, size

    def assertPlays(self, path: Path, size: int) -> None:
        """
        Fail unless all that had been written plays.
        """
        fed = FedFramebuffer(clock=Clock())
        fed.begin()
        with path.open("rb") as file:
            for block in readBlocks(file):
                fed.feed(block.data)
        self.assertEqual((fed.width, fed.height), (320, 240))
        # A block that was being written at that moment is not whole.
        self.assertGreater(block.offset + len(block.data), size // 2)

    def test_killed(self) -> None:
        """
        What was recorded until a process was killed plays.
        """
        path, size = self.recorded(signal.SIGKILL)
        self.assertPlays(path, size)

    def test_stopped(self) -> None:
        """
        A process that is told to end ends the recording well.
        """
        path, size = self.recorded(signal.SIGTERM)
        self.assertPlays(path, size)
        data = path.read_bytes()
        with path.open("rb") as file:
            *_, last = readBlocks(file)
        self.assertEqual(last.offset + 8 + (len(last.data) + 3) // 4 * 4, len(data))
        lines = Path(f"{path}.idx").read_text("ascii").splitlines()
        self.assertEqual(json.loads(lines[-1])["event"], "stopped")
