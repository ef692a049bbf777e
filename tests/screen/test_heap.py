# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._screen.heap}, in a process of its own.
"""

from __future__ import annotations

import platform
import subprocess
import sys
from unittest import SkipTest

from twisted.trial.unittest import SynchronousTestCase

_PROGRAM = """
import resource, sys
from txrfb._screen.heap import keepFreed

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def update():
    pieces = [bytes([n]) * 300_000 for n in range(5)]

if sys.argv[1] == "keep":
    keepFreed(8_000_000)
update()
before = faults()
for _ in range(20):
    update()
print(faults() - before)
"""


def faultsOf(what: str) -> int:
    """
    @return: How many pages the kernel hands out for twenty updates.
    """
    command = [sys.executable, "-c", _PROGRAM, what]
    return int(subprocess.run(command, check=True, capture_output=True).stdout)


class HeapTests(SynchronousTestCase):
    """
    A process that frees what it takes, again and again.
    """

    def test_kept(self) -> None:
        """
        What was freed is taken again, and the kernel is not asked for it.
        """
        if platform.libc_ver()[0] != "glibc":
            raise SkipTest("the C library is not GNU's")
        kept, plain = faultsOf("keep"), faultsOf("plain")
        self.assertGreater(plain, 1000)
        self.assertLess(kept, plain / 10)
