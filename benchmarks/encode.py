# -*- test-case-name: tests.benchmarks.test_benchmarks -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
Encoders alone, without sockets: the same frames and the same damage for each.

txrfb's encoders are called as a display calls them.  libvncserver's are called by
libvncserver, whose bytes are counted and thrown away.  Xvnc has no such door: for it
stands what one viewer adds to its CPU time, sockets and timers included.

C{python -m benchmarks.encode} measures what its options say and prints a line a run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.building import HERE, built, requireKernels
from benchmarks.serve import ENCODINGS, Result, baseline, encodings, measure, skipped
from benchmarks.servers import KINDS, Kind
from benchmarks.workloads import Workload, workload


def encodeOurs(path: Path, numbers: list[int]) -> tuple[int, int]:
    """
    Encode a workload with txrfb's encoders, in this process.

    @param numbers: The encodings that a viewer lists.
    @return: CPU nanoseconds and bytes.
    """
    from txrfb._screen.photos import Photos
    from txrfb._screen.plan import PHOTO, piecesOf
    from txrfb._session.capabilities import Capabilities
    from txrfb.geometry import Rectangle
    from txrfb.pixels import NATIVE, Surface

    work = Workload(path)
    first = skipped(work)
    screen = np.zeros((work.height, work.width, 4), np.uint8)
    surface = Surface(screen, work.width * 4, work.width, work.height)
    chosen = Capabilities.fromEncodings(numbers)
    encoder = chosen.encoding.encoder(NATIVE, chosen.level)
    photos = Photos()
    cpu = size = 0
    for frame in work:
        frame.paint(screen)
        damage = [Rectangle(*rectangle) for rectangle in frame.damage]
        start = time.thread_time_ns()
        made = 4
        pieces = piecesOf(surface, damage, encoder, photos, frame.number)
        for rectangle, color in pieces:
            if color == PHOTO:
                made += 12 + len(encoder.encodePhoto(surface, rectangle))
            elif color < 0:
                made += 12 + len(encoder.encode(surface, rectangle))
            else:
                made += 12 + len(encoder.encodeSolid(rectangle, color))
        if frame.number >= first:
            cpu += time.thread_time_ns() - start
            size += made
    return cpu, size


def encode(kind: Kind, work: Workload, encoding: str, base: float = 0.0) -> Result:
    """
    Encode a workload for one viewer.

    @param base: For Xvnc, see L{baseline}.
    @raise OSError: if the program fails.
    """
    if kind.program == "xvnc":
        return measure(kind, work, encoding, 1, base)
    env = dict(os.environ)
    if kind.program == "lvs":
        command = [str(built("lvs")), "encode", str(work.path)]
        command += [encodings(encoding, kind), "plain", str(skipped(work))]
    else:
        command = [sys.executable, "-m", "benchmarks.encode", "--child"]
        command += [str(work.path), ENCODINGS[encoding]]
        env["PYTHONPATH"] = str(HERE.parent)
        if "--numpy" in kind.options:
            env["TXRFB_KERNELS"] = "reference"
        else:
            requireKernels()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    if done.returncode:
        raise OSError(f"{kind.name}: {done.stderr.strip()[-500:]}")
    raw = json.loads(done.stdout)
    frames = raw["frames"]
    return Result(raw["cpu_ns"] / 1e6 / frames, raw["bytes"] / frames, 0, 0, 0, raw)


def main(argv: list[str]) -> int:
    """
    Measure what the options say.
    """
    if argv[:1] == ["--child"]:
        path = Path(argv[1])
        cpu, size = encodeOurs(path, [int(number) for number in argv[2].split(",")])
        work = Workload(path)
        frames = len(work) - skipped(work)
        print(json.dumps({"frames": frames, "cpu_ns": cpu, "bytes": size}))
        return 0
    parser = argparse.ArgumentParser(prog="benchmarks.encode", description=main.__doc__)
    parser.add_argument("--servers", default="txrfb,lvs,xvnc")
    parser.add_argument("--workloads", default="office")
    parser.add_argument("--encodings", default="tight")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args(argv)
    for name in options.workloads.split(","):
        work = workload(name)
        for encoding in options.encodings.split(","):
            for _ in range(options.repeat):
                for server in options.servers.split(","):
                    kind = KINDS[server]
                    result = encode(kind, work, encoding, baseline(kind, work))
                    print(
                        f"{name:8} {encoding:8} {server:12}"
                        f" {result.cpu:8.3f} ms {result.bytes / 1000:9.1f} kB a frame",
                        flush=True,
                    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
