# -*- test-case-name: tests.benchmarks.test_benchmarks -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
Whole servers over loopback TCP, in lock step with one or more viewers.

Run alone as C{python -m benchmarks.serve} it measures what its options say and prints
one line a run.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

from benchmarks.building import built
from benchmarks.servers import KINDS, Kind, available, cpuSeconds, running
from benchmarks.workloads import Workload, workload

ENCODINGS = {
    "raw": "0",
    "tight": "7,-255",
    "jpeg8": "7,-255,-24",
    "jpeg444": "7,-255,-24,-768",
    "jpeg6": "7,-255,-26",
    "zrle": "16,-255",
    "zrle2": "16,-254",
    "hextile": "5",
    "zlib": "6,-255",
    "rre": "2",
    "trle": "15",
}
"""
What viewers ask for, by the names of the tables.  With C{jpeg444} they ask for full
color besides the level: all that the others send at level 8 anyway, but txrfb films.
"""


@dataclass(frozen=True)
class Result:
    """
    One run of one server.

    @ivar cpu: CPU milliseconds of the server a frame, without painting.
    @ivar bytes: Bytes a frame for one viewer.
    @ivar memory: Peak anonymous memory in KiB above that before the first viewer.
    @ivar p50: Median latency from key press to the last byte, in milliseconds.
    @ivar raw: All that the drain client said.
    """

    cpu: float
    bytes: float
    memory: float
    p50: float
    p99: float
    raw: dict[str, Any]


def encodings(name: str, kind: Kind) -> str:
    """
    The list of encodings that the drain client asks a server for.
    """
    last = ",-224"
    return ENCODINGS[name] + (",1" if kind.copies or kind.copyRect else "") + last


def baseline(kind: Kind, work: Workload, pause: int = 4) -> float:
    """
    What an X server spends on the drawing itself while no viewer is connected, in CPU
    milliseconds for the whole workload; 0 for servers that paint on their own and say
    how long that took.

    @param pause: Milliseconds between frames.
    """
    if kind.program != "xvnc":
        return 0.0
    with running(kind, work, pace=str(pause)) as server:
        assert server.feeder is not None and server.feeder.stdin is not None
        for frame in range(2):
            if frame == skipped(work):
                before = cpuSeconds(server.pid)
            server.feeder.stdin.write("\n")
            server.feeder.stdin.flush()
            time.sleep(0.1)
        while server.shown() < len(work):
            time.sleep(0.02)
        time.sleep(0.05)
        return 1000 * (cpuSeconds(server.pid) - before)


def skipped(work: Workload) -> int:
    """
    How many first frames of a workload are not counted: where a single screen is only
    the scene for what is measured.
    """
    return 1 if work.name in ("typing", "idle", "video") else 0


def measure(
    kind: Kind,
    work: Workload,
    encoding: str,
    viewers: int,
    base: float = 0.0,
    options: tuple[str, ...] = (),
) -> Result:
    """
    Start a server, let viewers drain a workload in lock step, and say what it cost.

    @param base: CPU milliseconds to take off for drawing; see L{baseline}.
    @raise OSError: if the server or the client fails.
    """
    with running(kind, work) as server:
        command = [str(built("drain")), "--frames", str(work.path)]
        command += ["--progress", str(server.progress), "--port", str(server.port)]
        command += ["--pid", str(server.pid), "--viewers", str(viewers)]
        command += ["--encodings", encodings(encoding, kind), "--cover", kind.cover]
        command += ["--copies", "yes" if kind.copies else "no"]
        command += ["--skip", str(skipped(work)), *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{kind.name}: {done.stderr.strip()}")
    raw = json.loads(done.stdout)
    if "--fps" not in options and raw["updates"] < raw["expected"]:
        raise OSError(f"{kind.name} merged frames: {raw['updates']} updates")
    return Result(
        cpu=(raw["cpu_ms"] - raw["paint_ms"] - base) / raw["frames"],
        bytes=raw["bytes"] / raw["frames"] / viewers,
        memory=raw["memory_peak_kib"] - raw["memory_start_kib"],
        p50=raw["p50_ms"],
        p99=raw["p99_ms"],
        raw=raw,
    )


def main(argv: list[str]) -> int:
    """
    Measure what the options say.
    """
    parser = argparse.ArgumentParser(prog="benchmarks.serve", description=main.__doc__)
    parser.add_argument("--servers", default="txrfb,txrfb+hints,lvs,xvnc")
    parser.add_argument("--workloads", default="office")
    parser.add_argument("--encodings", default="tight")
    parser.add_argument("--viewers", default="1")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args(argv)
    print(
        "workload encoding viewers, server   CPU ms   kB a frame    MiB   p50    p99 ms"
    )
    for name in options.workloads.split(","):
        work = workload(name)
        for encoding in options.encodings.split(","):
            for viewers in map(int, options.viewers.split(",")):
                for _ in range(options.repeat):
                    for server in options.servers.split(","):
                        kind = KINDS[server]
                        if not available(kind):
                            continue
                        base = baseline(kind, work)
                        r = measure(kind, work, encoding, viewers, base)
                        print(
                            f"{name:8} {encoding:8} {viewers:4} {server:14}"
                            f" {r.cpu:8.3f} {r.bytes / 1000:10.1f}"
                            f" {r.memory / 1024:8.1f} {r.p50:6.2f} {r.p99:8.2f}",
                            flush=True,
                        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
