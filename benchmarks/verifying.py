# -*- test-case-name: tests.benchmarks.test_benchmarks -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
Before any number counts: a viewer decodes every frame and compares it.

One viewer is a program on libvncclient, a decoder that none of us wrote; txrfb is
looked at by its own client, too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

from benchmarks.building import HERE, built
from benchmarks.serve import encodings
from benchmarks.servers import Kind, running
from benchmarks.workloads import Workload

NAMES = {
    "raw": ("raw", -1),
    "tight": ("tight", -1),
    "jpeg8": ("tight", 8),
    "jpeg444": ("tight", 8),
    "jpeg6": ("tight", 6),
    "zrle": ("zrle", -1),
    "zrle2": ("zrle", -1),
    "hextile": ("hextile", -1),
    "zlib": ("zlib", -1),
    "rre": ("rre", -1),
    "trle": ("trle", -1),
}
"""
The encodings of L{benchmarks.serve.ENCODINGS} as libvncclient names them, and the JPEG
quality.
"""

FLOOR = 31.0
"""
What a lossy frame must reach, in dB within its damage: more than a frame of the film
has in comparison with the one before it.
"""


def verify(kind: Kind, work: Workload, encoding: str, own: bool = True) -> str:
    """
    Let viewers decode a workload and compare every frame: libvncclient's, and for
    txrfb its own, too.

    @param own: Whether txrfb's is to look, which is slow with some encodings.
    @return: A phrase that says what was seen: the quality of lossy frames, or that
        nothing was verified because the viewer could not be built.
    @raise OSError: if a frame does not come or is wrong.
    """
    names, quality = NAMES[encoding]
    moves = kind.copies or kind.copyRect
    floor = "0" if quality < 0 else str(FLOOR)
    found = []
    if (program := built("verify")) is not None:
        wanted = ("copyrect " if moves else "") + names
        found.append([str(program), wanted, "1", str(quality), floor])
    if own and kind.program == "txrfb":
        module = f"{sys.executable} -m benchmarks.own_viewer"
        found.append([module, encodings(encoding, kind), floor])
    worst = 0.0
    for viewer, *options in found:
        with running(kind, work) as server:
            command = [*viewer.split(), str(work.path), str(server.port), *options]
            env = {**os.environ, "PYTHONPATH": str(HERE.parent)}
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, env=env
            )
        if done.returncode:
            raise OSError(f"{kind.name}, {encoding}: {done.stderr.strip()[-500:]}")
        worst = float(json.loads(done.stdout)["psnr"])
    if not found:
        return "not verified"
    said = f">= {worst:.1f} dB" if worst else "equal"
    return said + (", twice" if len(found) == 2 else "")
