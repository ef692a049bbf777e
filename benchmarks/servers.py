# -*- test-case-name: tests.benchmarks.test_benchmarks -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
The servers under measurement: each a process that plays a workload at key presses.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.building import HERE, built, complain, requireKernels
from benchmarks.workloads import Workload, cacheDirectory

DISPLAYS = range(80, 90)

#: Seconds within which a server is ready.
_PATIENCE = 60


@dataclass(frozen=True)
class Kind:
    """
    A server in a mode.

    @ivar name: How tables call it.
    @ivar program: C{"txrfb"}, C{"lvs"}, C{"neatvnc"} or C{"xvnc"}.
    @ivar copies: Moves are announced (else they are damage).
    @ivar compares: The server looks itself for what changed within the damage, so that
        it need not send what did not change.
    @ivar options: More options of the program.
    @ivar copyRect: Viewers say that they take CopyRect, though no moves are announced:
        the server may find some.
    """

    name: str
    program: str
    copies: bool = False
    compares: bool = False
    options: tuple[str, ...] = field(default=())
    copyRect: bool = False

    @property
    def cover(self) -> str:
        """
        What a viewer must get to hold a frame.
        """
        return "pixels" if self.compares else "damage"


KINDS = {
    kind.name: kind
    for kind in (
        Kind("lvs", "lvs"),
        Kind("lvs+copy", "lvs", copies=True),
        Kind("neatvnc", "neatvnc", compares=True),
        Kind("xvnc", "xvnc", options=("-CompareFB=0",)),
        Kind("xvnc+copy", "xvnc", copies=True, options=("-CompareFB=0",)),
        Kind("xvnc+compare", "xvnc", compares=True, options=("-CompareFB=1",)),
        Kind("txrfb", "txrfb", compares=True, options=("--hints=full",)),
        Kind("txrfb+scroll", "txrfb", False, True, ("--hints=full",), True),
        Kind("txrfb+hints", "txrfb", compares=True, options=("--hints=exact",)),
        Kind("txrfb+copy", "txrfb", True, True, options=("--hints=exact",)),
        Kind(
            "txrfb-numpy", "txrfb", compares=True, options=("--hints=full", "--numpy")
        ),
    )
}


@dataclass
class Running:
    """
    A server that is ready for viewers.

    @ivar pid: The process whose CPU time and memory count.
    @ivar progress: The file of its progress page.
    @ivar feeder: The process that draws, for servers that do not draw on their own.
    """

    kind: Kind
    port: int
    pid: int
    progress: Path
    feeder: subprocess.Popen[str] | None = None

    def shown(self) -> int:
        """
        How many frames it has painted.
        """
        return int.from_bytes(self.progress.read_bytes()[:8], "little")


def freePort() -> int:
    """
    @return: A port on which nobody listens: drawn, so that other runs at the same time
        do not get the same, and none of those that the kernel gives away.
    """
    while True:
        port = 16384 + secrets.randbelow(16384)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def available(kind: Kind) -> bool:
    """
    Can this server run here?  Says what is missing if not.
    """
    if kind.program in ("lvs", "neatvnc"):
        return built(kind.program) is not None
    if kind.program == "xvnc":
        if shutil.which("Xvnc") is None:
            complain("Xvnc", "tigervnc-standalone-server")
            return False
        return built("xfeed") is not None
    return True


def _ready(process: subprocess.Popen[str]) -> None:
    """
    Wait for the line C{ready}.
    """
    assert process.stdout is not None
    there, _, _ = select.select([process.stdout], [], [], _PATIENCE)
    line = process.stdout.readline() if there else ""
    if line.strip() != "ready":
        raise OSError(f"{process.args!r} did not start: {line!r}")


def _listening(port: int, process: subprocess.Popen[str], seconds: float = 15) -> None:
    """
    Wait until a server that prints nothing accepts connections.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port), 1),
        ):
            return
        time.sleep(0.02)
    raise OSError(f"{process.args!r} does not listen on {port}")


@contextlib.contextmanager
def _process(
    command: list[str], env: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=None if os.environ.get("BENCHMARKS_VERBOSE") else subprocess.DEVNULL,
        env={**os.environ, **(env or {})},
        text=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


def _freeDisplay() -> int:
    for number in DISPLAYS:
        if not Path(f"/tmp/.X11-unix/X{number}").exists():
            return number
    raise OSError(f"no free display in {DISPLAYS}")


@contextlib.contextmanager
def _xvnc(
    kind: Kind, workload: Workload, port: int, progress: Path, pace: str
) -> Iterator[tuple[subprocess.Popen[str], subprocess.Popen[str]]]:
    number = _freeDisplay()
    copies = "copies" if kind.copies else "plain"
    server = [
        "Xvnc",
        f":{number}",
        "-geometry",
        f"{workload.width}x{workload.height}",
        "-depth",
        "24",
        "-rfbport",
        str(port),
        "-SecurityTypes=None",
        "-localhost",
        "-AlwaysShared=1",
        "-AcceptSetDesktopSize=0",
        "-FrameRate=1000",
        "-nolisten",
        "tcp",
        "-br",
        "-nocursor",
        "-ac",
        *kind.options,
    ]
    feeder = [str(built("xfeed")), str(workload.path), str(progress), copies, pace]
    with _process(server) as process:
        _listening(port, process)
        with _process(feeder, {"DISPLAY": f":{number}"}) as feed:
            _ready(feed)
            time.sleep(0.3)
            yield process, feed


@contextlib.contextmanager
def running(
    kind: Kind, workload: Workload, pace: str = "keys", fps: int = 0
) -> Iterator[Running]:
    """
    A server, from its start until it is ready and then to its end.

    @param pace: C{"keys"}, or for Xvnc a number of milliseconds between frames.
    @param fps: Frames a second that it plays by itself, over and over from the second
        one, while keys are noted (L{benchmarks.progress}); 0 for none.
    @raise OSError: if it does not start.
    """
    if kind.program == "txrfb" and "--numpy" not in kind.options:
        requireKernels()
    port = freePort()
    handle, name = tempfile.mkstemp(dir=cacheDirectory(), suffix=".progress")
    os.write(handle, bytes(4096))
    os.close(handle)
    progress = Path(name)
    try:
        if kind.program == "xvnc":
            pace = f"{fps}fps" if fps else pace
            with _xvnc(kind, workload, port, progress, pace) as (process, feeder):
                yield Running(kind, port, process.pid, progress, feeder)
            return
        if kind.program == "lvs":
            copies = "copies" if kind.copies else "plain"
            command = [str(built("lvs")), "serve", str(workload.path)]
            command += [str(port), str(progress), copies, *([str(fps)] if fps else [])]
        elif kind.program == "neatvnc":
            command = [str(built("neatvnc")), str(workload.path)]
            command += [str(port), str(progress)]
        else:
            command = [sys.executable, "-m", "benchmarks.txrfb_server"]
            command += [f"--frames={workload.path}", f"--port={port}"]
            command += [f"--progress={progress}", *kind.options]
            command += ["--copies"] if kind.copies else []
            command += [f"--timer={fps}"] if fps else []
        with _process(command, {"PYTHONPATH": str(HERE.parent)}) as process:
            _ready(process)
            yield Running(kind, port, process.pid, progress)
    finally:
        progress.unlink()


def cpuSeconds(pid: int) -> float:
    """
    The CPU time of a process with all its threads, to the nanosecond.
    """
    return time.clock_gettime((~pid << 3) | 2)


def anonymousKib(pid: int) -> int:
    """
    The anonymous resident memory of a process in KiB.
    """
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Anonymous:"):
            return int(line.split()[1])
    return 0


def waitedSeconds(pid: int) -> float:
    """
    For how long a process was ready to run, but had no processor.
    """
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9


def residentKib(pid: int) -> tuple[int, int, int]:
    """
    The resident memory of a process in KiB: now, the most since L{forgetPeak}, and how
    much of that now is pages of files; 0 if it has ended.
    """
    sizes = {"VmRSS": 0, "VmHWM": 0, "RssFile": 0}
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name in sizes:
                sizes[name] = int(value.split()[0])
    return sizes["VmRSS"], sizes["VmHWM"], sizes["RssFile"]


def forgetPeak(pid: int) -> None:
    """
    Let the peak of L{residentKib} begin anew (proc(5), clear_refs).
    """
    Path(f"/proc/{pid}/clear_refs").write_text("5")
