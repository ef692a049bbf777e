# -*- test-case-name: tests.benchmarks.test_benchmarks -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
A thousand viewers in step: C{python -m benchmarks.thousand}.

The office workload at 10 frames a second, one process: what share of a core it takes,
and whether any viewer does not hold a frame when the next one is drawn.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from benchmarks.building import built
from benchmarks.serve import measure
from benchmarks.servers import KINDS
from benchmarks.workloads import workload


def thousand(
    viewers: int = 1000, fps: int = 10, rounds: int = 3, name: str = "txrfb"
) -> dict[str, Any]:
    """
    @param rounds: How often the 60 frames are played.
    @return: C{share} of a core, C{behind}: frames that some viewer did not hold when
        the next was drawn, and C{unread}: those that it did not as it had not read what
        it was sent, C{p50_ms} and C{p99_ms} from a frame to its last byte at a viewer,
        C{memory_kib}: peak above the empty server.
    """
    work = workload("office")
    options = ("--fps", str(fps), "--rounds", str(rounds))
    result = measure(KINDS[name], work, "tight", viewers, options=options)
    raw = result.raw
    return {
        "viewers": viewers,
        "fps": fps,
        "share": raw["cpu_ms"] / raw["wall_ms"],
        "behind": raw["behind"],
        "unread": raw["unread"],
        "p50_ms": result.p50,
        "p99_ms": result.p99,
        "memory_kib": result.memory,
        "bytes": result.bytes,
    }


def main(argv: list[str]) -> int:
    """
    Measure and print it.
    """
    parser = argparse.ArgumentParser(prog="benchmarks.thousand")
    parser.add_argument("--viewers", type=int, default=1000)
    parser.add_argument("--fps", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--server", default="txrfb")
    options = parser.parse_args(argv)
    if built("drain") is None:
        return 1
    r = thousand(options.viewers, options.fps, options.rounds, options.server)
    print(
        f"{r['viewers']} viewers at {r['fps']} frames a second:"
        f" {100 * r['share']:.1f} % of a core, {r['behind']} frames late"
        f" (and {r['unread']} that the viewers' program had not read),"
        f" latency p50 {r['p50_ms']:.1f} p99 {r['p99_ms']:.1f} ms,"
        f" {r['memory_kib']} KiB above the empty server"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
