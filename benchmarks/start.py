# -*- test-case-name: tests.benchmarks.test_start -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
A daemon's start, and what it takes while nobody looks: C{python -m benchmarks.start}.

Beside it, in turns, the least that it could be: C{twistd} with a port, and with numpy
besides.  One run of each comes before, which may have to compile, and does not count.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

_ROOT = Path(__file__).parent.parent

_TWISTD = "from twisted.scripts.twistd import run; run()"

#: A port that says as much as the daemon does first.
_PORT = """
from twisted.application.service import Application, Service
from twisted.internet import reactor
from twisted.internet.protocol import Factory, Protocol

class Greeting(Protocol):
    def connectionMade(self):
        self.transport.write(b"RFB 003.008\\n")

class Port(Service):
    def privilegedStartService(self):
        reactor.listenUNIX({path!r}, Factory.forProtocol(Greeting))

application = Application("port")
Port().setServiceParent(application)
"""

#: The least, the same with numpy, and the daemon.
NAMES = ["twistd", "numpy", "txrfb"]

#: How long a start may take, in seconds.
_PATIENCE = 60.0

#: When the connection is forgotten, in seconds.
_REST = 1.5


class Start(NamedTuple):
    """
    One start.

    @ivar greeting: Milliseconds to the first bytes at who connects.
    @ivar memory: MiB in memory (VmRSS) when all that followed is over.
    @ivar idle: Milliseconds of the processor in the seconds that follow.
    """

    greeting: float
    memory: float
    idle: float


def arguments(name: str, directory: Path) -> list[str]:
    """
    @param name: One of L{NAMES}.

    @return: What to give to C{twistd}, to listen at C{socket} in a directory.
    """
    path = str(directory / "socket")
    if name == "txrfb":
        return ["rfb", "--port", f"unix:{path}"]
    program = _PORT.format(path=path)
    if name == "numpy":
        program = f"import numpy\n{program}"
    (directory / "port.tac").write_text(program)
    return ["--no_save", "--python", str(directory / "port.tac")]


def start(name: str, seconds: float) -> Start:
    """
    @param name: See L{arguments}.

    @param seconds: For how long to see what it takes while nobody looks; 0 not to.

    @return: What one start took.
    """
    with tempfile.TemporaryDirectory() as made:
        path = os.path.join(made, "socket")
        command = [sys.executable, "-c", _TWISTD, "--nodaemon", "--pidfile="]
        environ = {**os.environ, "PYTHONPATH": str(_ROOT)}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        options = arguments(name, Path(made))
        began = time.perf_counter()
        process = subprocess.Popen(
            [*command, *options], stdout=subprocess.DEVNULL, cwd=made, env=environ
        )
        try:
            _greeted(process, path, began + _PATIENCE)
            greeting = 1000 * (time.perf_counter() - began)
            time.sleep(_REST)
            status = Path(f"/proc/{process.pid}/status").read_text()
            memory = int(status.partition("VmRSS:")[2].split()[0]) / 1024
            before = _processor(process.pid)
            time.sleep(seconds)
            return Start(greeting, memory, _processor(process.pid) - before)
        finally:
            process.terminate()
            process.wait()


def _greeted(process: subprocess.Popen[bytes], path: str, end: float) -> None:
    """
    Wait until who connects to a socket is greeted.
    """
    while True:
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(path)
            except OSError:
                if process.poll() is not None or time.perf_counter() > end:
                    raise
                time.sleep(0.001)
            else:
                connection.recv(12)
                return


def _processor(process: int) -> float:
    """
    @return: What all threads of a process have taken, in milliseconds.
    """
    threads = Path(f"/proc/{process}/task").iterdir()
    return sum(int((one / "schedstat").read_text().split()[0]) for one in threads) / 1e6


def starts(names: Sequence[str], runs: int, seconds: float) -> dict[str, Start]:
    """
    @return: The medians of each.
    """
    for name in names:
        # What is compiled is compiled now.
        start(name, 0)
    found: dict[str, list[Start]] = {name: [] for name in names}
    for _ in range(runs):
        for name in names:
            found[name].append(start(name, seconds))
    return {
        name: Start(*(median(values) for values in zip(*every, strict=True)))
        for name, every in found.items()
    }


def main(argv: list[str]) -> int:
    """
    Measure and print it.
    """
    parser = argparse.ArgumentParser(prog="benchmarks.start")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=1.0)
    options = parser.parse_args(argv)
    found = starts(NAMES, options.runs, options.seconds)
    for name, one in found.items():
        print(
            f"{name:8} {one.greeting:6.0f} ms to the greeting, {one.memory:5.1f} MiB,"
            f" {one.idle:.2f} ms of the processor in {options.seconds:g} s"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
