# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A server in use for long::

    python -m tests.soak --seconds 3600           # an hour, on a simulated clock
    python -m tests.soak --seconds 600 --real     # ten minutes, over real sockets

Viewers and others connect and disconnect, log in with good and bad passwords, resize,
stall, change encodings and formats, press keys and copy text at random, while the
application paints, scrolls, resizes and fails.  It is done in four rounds, after each
of which everybody leaves.  The exit status is 1 if a viewer that rested had a wrong
picture, or if a connection, a timer or a descriptor was left, or more memory after the
last round than after the second: by then all that is kept for good is there.
"""

from __future__ import annotations

import argparse
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import globalLogBeginner

from tests.soak import simulated, sockets
from tests.soak.census import Census

#: How many crowds come and go, one after the other.
_ROUNDS = 4

#: How many bytes more there may be, by chance: of objects, and of memory, which is
#: returned to the system in large parts only.
_ALLOCATED = 512 << 10
_RESIDENT = 32 << 20


def grown(counts: list[Census]) -> list[str]:
    """
    @param counts: What was left after each round.

    @return: What has become more, in words.
    """
    first, last = counts[1], counts[-1]
    found = []
    if last.descriptors > first.descriptors:
        found.append(f"descriptors: {first.descriptors}, then {last.descriptors}")
    if last.allocated > first.allocated + _ALLOCATED:
        found.append(f"allocated bytes: {first.allocated}, then {last.allocated}")
    if last.resident > first.resident + _RESIDENT:
        found.append(f"resident bytes: {first.resident}, then {last.resident}")
    return found


def _real(
    seed: int, seconds: float, rounds: int, note: Callable[[Census], None]
) -> list[str]:
    """
    Run the reactor for it.
    """
    from twisted.internet import reactor

    running: Any = reactor
    results: list[list[str]] = []
    failures: list[Any] = []

    def start() -> None:
        done = Deferred.fromCoroutine(
            sockets.soak(running, seed, seconds, rounds, note)
        )
        done.addCallbacks(results.append, failures.append)
        done.addBoth(lambda _: running.stop())

    running.callWhenRunning(start)
    running.run()
    for failure in failures:
        failure.raiseException()
    return results[0] if results else ["interrupted"]


def main(arguments: list[str]) -> int:
    """
    @return: The exit status.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--real", action="store_true", help="over real sockets")
    options = parser.parse_args(arguments)
    tracemalloc.start()
    soak = _real if options.real else simulated.soak
    counts: list[Census] = []

    def note(count: Census) -> None:
        counts.append(count)
        print(
            f"{count.descriptors} descriptors, {count.allocated >> 10} KiB allocated,"
            f" {count.resident >> 20} MiB resident",
            flush=True,
        )

    wrong = soak(options.seed, options.seconds, _ROUNDS, note)
    tracemalloc.stop()
    if len(counts) == _ROUNDS:
        wrong += grown(counts)
    for text in wrong:
        print(f"WRONG: {text}")
    print("something is wrong" if wrong else "all is well")
    return int(bool(wrong))


if __name__ == "__main__":
    # What is logged is not printed: there are many failures on purpose.
    globalLogBeginner.beginLoggingTo([], redirectStandardIO=False)
    sys.exit(main(sys.argv[1:]))
