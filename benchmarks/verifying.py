# -*- test-case-name: tests.test_benchmarks -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
Before any number counts: a viewer decodes every frame and compares it.

The viewer is a program on libvncclient, a decoder that none of us wrote.
"""

from __future__ import annotations

import json
import subprocess

from benchmarks.building import built
from benchmarks.servers import Kind, running
from benchmarks.workloads import Workload

NAMES = {
    "raw": ("raw", -1),
    "tight": ("tight", -1),
    "jpeg8": ("tight", 8),
    "jpeg6": ("tight", 6),
    "zrle": ("zrle", -1),
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


def verify(kind: Kind, work: Workload, encoding: str) -> str:
    """
    Let a viewer decode a workload and compare every frame.

    @return: A phrase that says what was seen: the quality of lossy frames, or that
        nothing was verified because the viewer could not be built.
    @raise OSError: if a frame does not come or is wrong.
    """
    program = built("verify")
    if program is None:
        return "not verified"
    names, quality = NAMES[encoding]
    if kind.copies or kind.copyRect:
        names = "copyrect " + names
    with running(kind, work) as server:
        command = [str(program), str(work.path), str(server.port), names, "1"]
        command += [str(quality), "0" if quality < 0 else str(FLOOR)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{kind.name}, {encoding}: {done.stderr.strip()}")
    said = json.loads(done.stdout)
    if quality < 0 or not said["psnr"]:
        return "equal"
    return f">= {said['psnr']:.1f} dB"
