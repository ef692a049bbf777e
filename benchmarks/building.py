# -*- test-case-name: tests.benchmarks.test_benchmarks -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
The C programs of the benchmarks: built at the first use, kept next to the workloads.

A program that cannot be built because a package is missing is reported once, and the
benchmarks go on without it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.workloads import cacheDirectory
from txrfb import kernels

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Program:
    """
    How to build one program.

    @ivar sources: Files under C{benchmarks/}; the first is compiled, all are watched.
    @ivar libraries: Linker options.
    @ivar package: The Debian packages it needs.
    """

    sources: tuple[str, ...]
    libraries: tuple[str, ...] = ()
    package: str = "gcc libc6-dev"


PROGRAMS = {
    "drain": Program(("drain.c", "drain.h", "peers/frames.h")),
    "spectators": Program(("spectators.c", "drain.h")),
    "lvs": Program(
        ("peers/lvs.c", "peers/frames.h"), ("-lvncserver",), "libvncserver-dev"
    ),
    "neatvnc": Program(
        ("peers/neatvnc.c", "peers/frames.h"),
        ("-I/usr/include/pixman-1", "-lneatvnc", "-laml", "-lpixman-1"),
        "libneatvnc-dev libaml-dev libpixman-1-dev",
    ),
    "xfeed": Program(
        ("peers/xfeed.c", "peers/frames.h"),
        ("-lX11", "-lXext"),
        "libx11-dev libxext-dev",
    ),
    "decode": Program(("peers/decode.c",), ("-lvncclient",), "libvncserver-dev"),
    "verify": Program(
        ("peers/verify.c", "peers/frames.h"), ("-lvncclient", "-lm"), "libvncserver-dev"
    ),
}

_failed: set[str] = set()


def complain(name: str, package: str) -> None:
    """
    Say once which package is missing.
    """
    if name not in _failed:
        _failed.add(name)
        print(
            f"benchmarks: {name} is left out; on Debian: apt-get install {package}",
            file=sys.stderr,
        )


def built(name: str) -> Path | None:
    """
    The path of a program, built if its sources changed.

    @param name: A key of L{PROGRAMS}.
    @return: C{None} if it cannot be built here.
    """
    program = PROGRAMS[name]
    digest = hashlib.sha256()
    for source in program.sources:
        digest.update((HERE / source).read_bytes())
    directory = cacheDirectory() / "bin"
    directory.mkdir(exist_ok=True)
    path = directory / f"{name}-{digest.hexdigest()[:12]}"
    if path.exists():
        return path
    if name in _failed:
        return None
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        complain("everything in C", "gcc libc6-dev")
        return None
    # Others may build it at the same time.
    part = path.with_suffix(f".{os.getpid()}")
    command = [compiler, "-O2", "-o", str(part), str(HERE / program.sources[0])]
    done = subprocess.run(
        [*command, *program.libraries], capture_output=True, text=True, check=False
    )
    if done.returncode:
        complain(name, program.package)
        print(done.stderr[-2000:], file=sys.stderr)
        return None
    part.rename(path)
    return path


def requireKernels() -> None:
    """
    Make sure that it is not numpy that is measured.

    @raise OSError: if the kernels in C are not there.
    """
    if not kernels.NATIVE:
        raise OSError(
            "the kernels in C are not built here, so that numpy would be measured:"
            " pip install -e ., or python setup.py build_ext --inplace"
        )
