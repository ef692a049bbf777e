# -*- test-case-name: tests.benchmarks.test_benchmarks -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
Memory of a server: C{python -m benchmarks.memory}.

Two questions.  Does a viewer that stops reading slow another one down, or make the
server grow, while the other watches an animation at 60 frames a second?  And what does
a viewer cost, at 800x600, 1920x1080 and 3840x2160 pixels?

Memory is the anonymous resident memory of the server's process, from
C{/proc/PID/smaps_rollup}: framebuffer, shadow, caches and buffers, but not programs or
the mapped file of frames.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import replace
from typing import Any

from benchmarks.building import built
from benchmarks.serve import encodings, measure
from benchmarks.servers import KINDS, anonymousKib, available, cpuSeconds, running
from benchmarks.workloads import workload

SIZES = ((800, 600), (1920, 1080), (3840, 2160))


def stall(seconds: int, stalled: int, encoding: str = "tight") -> dict[str, Any]:
    """
    One viewer watches a film at 60 frames a second, others stop reading.

    @param seconds: For how long.
    @param stalled: How many others there are; 0 to see what the watcher gets alone.
    @return: What the watcher saw: C{updates}, C{p50_ms}, C{p99_ms} and C{max_ms} of the
        intervals between them; of the server: C{cpu_share} of a core, C{start_kib}
        when everybody had a first screen, C{peak_kib} and C{end_kib}.
    """
    work = workload("video")
    animated = ("--hints=exact", "--fps=60", "--timer=60")
    kind = replace(KINDS["txrfb"], options=animated)
    with running(kind, work) as server:
        command = [str(built("drain")), "--frames", str(work.path)]
        command += ["--progress", str(server.progress), "--port", str(server.port)]
        command += ["--pid", str(server.pid), "--viewers", str(1 + stalled)]
        command += ["--encodings", encodings(encoding, kind), "--watch", str(seconds)]
        drain = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert drain.stdout is not None
        if drain.stdout.readline().strip() != "watching":
            raise OSError("the drain client did not get its first screens")
        # Kernel and transport buffers fill in the first moments: part of the budget.
        cpu, begun = cpuSeconds(server.pid), time.monotonic()
        start = peak = anonymousKib(server.pid)
        while drain.poll() is None:
            time.sleep(0.25)
            peak = max(peak, anonymousKib(server.pid))
        share = (cpuSeconds(server.pid) - cpu) / (time.monotonic() - begun)
        end = anonymousKib(server.pid)
        said: dict[str, Any] = json.loads(drain.stdout.read())
        drain.stdout.close()
        if drain.returncode:
            raise OSError("the drain client failed")
    return {
        **said,
        "stalled": stalled,
        "seconds": seconds,
        "cpu_share": share,
        "start_kib": start,
        "peak_kib": peak,
        "end_kib": end,
    }


def perViewer(name: str, encoding: str, width: int, height: int) -> dict[str, float]:
    """
    What viewers cost in memory, who watch full screens change in step.

    @return: KiB: C{start} before the first viewer, C{first} at the peak with one viewer
        above that, C{further} for each of 16 more.
    """
    work = workload("mix", width, height)
    kind = KINDS[name]
    one = measure(kind, work, encoding, 1)
    many = measure(kind, work, encoding, 17)
    return {
        "start": one.raw["memory_start_kib"],
        "first": one.memory,
        "further": (many.memory - one.memory) / 16,
    }


def printStalls(seconds: int) -> list[dict[str, Any]]:
    """
    Measure a watching viewer alone and next to viewers that stop reading, and print it.
    """
    print(f"A film of 640x360 at 60 frames a second, for {seconds} s:")
    print("  stalled  frames   p50    p99    max ms   CPU    memory KiB (growth, peak)")
    found = []
    for stalled in (0, 1, 4):
        r = stall(seconds, stalled)
        found.append(r)
        print(
            f"  {stalled:7} {r['updates']:7} {r['p50_ms']:6.2f} {r['p99_ms']:6.2f}"
            f" {r['max_ms']:6.2f}   {100 * r['cpu_share']:4.1f} %"
            f" {r['start_kib']:8} {r['end_kib'] - r['start_kib']:+6}"
            f" {r['peak_kib'] - r['start_kib']:+6}",
            flush=True,
        )
    return found


def printSizes(servers: list[str], encoding: str) -> list[dict[str, Any]]:
    """
    Measure and print the memory of viewers at all L{SIZES}.
    """
    print(f"Peak anonymous memory, {encoding}, KiB:")
    print("  size        server        empty     first viewer   each of 16 more")
    found = []
    for width, height in SIZES:
        for name in servers:
            if not available(KINDS[name]):
                continue
            r = perViewer(name, encoding, width, height)
            found.append({"server": name, "width": width, "height": height, **r})
            print(
                f"  {width}x{height:<6} {name:12} {r['start']:8.0f}"
                f" {r['first']:12.0f} {r['further']:14.1f}",
                flush=True,
            )
    return found


def main(argv: list[str]) -> int:
    """
    Measure and print both.
    """
    parser = argparse.ArgumentParser(prog="benchmarks.memory")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--servers", default="txrfb,lvs,xvnc")
    parser.add_argument("--encodings", default="tight")
    parser.add_argument("--only", choices=("stall", "sizes"))
    options = parser.parse_args(argv)
    if built("drain") is None:
        return 1
    if options.only != "sizes":
        printStalls(options.seconds)
    if options.only != "stall":
        for encoding in options.encodings.split(","):
            printSizes(options.servers.split(","), encoding)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
