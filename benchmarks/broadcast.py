# -*- test-case-name: tests.benchmarks.test_broadcast -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
What a broadcast costs: C{python -m benchmarks.broadcast}.

A Redis, an origin (a test card that moves, C{--publish}) and four edges
(C{--framebuffer redis:}), each in a process of its own; viewers that decode nothing at
some of the edges, in turns.  Of each turn the processor time that origin, engine and
edges take in a second.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from benchmarks.building import built
from benchmarks.relay import processor
from benchmarks.servers import freePort

_ROOT = Path(__file__).parent.parent

#: What moves, and how many times a second.
_MOVING = "testcard:1280x720"
_RATE = 10

#: The most edges.
_EDGES = 4

#: How many edges have viewers, and how many each.
TURNS = ((1, 1), (2, 1), (4, 1), (1, 50), (1, 400), (4, 100))

#: What viewers list: Tight, CopyRect, DesktopSize, and compression as most ask for it.
_ENCODINGS = "7,1,-223,-254"

#: Seconds that anything may take.
_PATIENCE = 30.0


class Children(NamedTuple):
    """
    The processes.

    @ivar ports: Where the edges serve.
    """

    engine: int
    origin: int
    edges: list[int]
    ports: list[int]


def _waitFor(port: int) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        if time.monotonic() > end:
            raise TimeoutError(f"nothing serves at port {port}")
        time.sleep(0.05)


@contextlib.contextmanager
def processes(edges: int) -> Iterator[Children]:
    """
    Run an engine, an origin and edges.
    """
    with contextlib.ExitStack() as ending:
        directory = ending.enter_context(TemporaryDirectory(prefix="rfb-"))
        where = f"redis://{directory}/redis.sock/bench"

        def begin(*command: str) -> int:
            child = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.DEVNULL)
            ending.callback(child.wait)
            ending.callback(child.terminate)
            return child.pid

        engine = begin(
            *("redis-server", "--port", "0", "--save", "", "--dir", directory),
            *("--unixsocket", f"{directory}/redis.sock"),
        )
        python = sys.executable, "-m", "txrfb"
        origin = begin(
            *(*python, "--port", f"unix:{directory}/origin", "--framebuffer", _MOVING),
            *("--frame-rate", str(_RATE), "--publish", where),
        )
        ports = [freePort() for _ in range(edges)]
        children = [
            begin(
                *(*python, "--port", f"tcp:{port}:interface=127.0.0.1"),
                *("--max-viewers", "1000", "--framebuffer", where),
            )
            for port in ports
        ]
        for port in ports:
            _waitFor(port)
        yield Children(engine, origin, children, ports)


def turn(
    children: Children, edges: int, viewers: int, seconds: float
) -> dict[str, float]:
    """
    @param edges: How many edges have viewers.

    @param viewers: How many each; 0 for none.

    @return: C{origin}, C{engine} and C{edge}: milliseconds of the processor that they
        take in a second, C{edge} on average; C{updates} and C{bytes} of a viewer in a
        second.
    """
    program = str(built("spectators"))
    words = str(viewers), _ENCODINGS, str(seconds), "0"
    watching = [
        subprocess.Popen(
            [program, str(port), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for port in children.ports[: edges if viewers else 0]
    ]
    for one in watching:
        assert one.stdout is not None
        if one.stdout.readline().strip() != "ready":
            raise RuntimeError("the viewers have no picture")
    if not watching:
        time.sleep(4)  # until edges are known to have no viewers
    pids = [children.origin, children.engine, *children.edges[:edges]]
    before = [processor(pid) for pid in pids]
    began = time.monotonic()
    for one in watching:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    if not watching:
        time.sleep(seconds)
    said: list[Any] = []
    for one in watching:
        assert one.stdout is not None
        said.append(json.loads(one.stdout.readline()))
    passed = time.monotonic() - began
    origin, engine, *each = (
        (processor(pid) - cpu) / passed for pid, cpu in zip(pids, before, strict=True)
    )
    for one in watching:
        one.communicate()
    return {
        "origin": origin,
        "engine": engine,
        "edge": sum(each) / len(each),
        "updates": min((one["updates"] for one in said), default=0) / passed,
        "bytes": min((one["bytes"] for one in said), default=0) / passed,
    }


def measured(
    turns: Sequence[tuple[int, int]], runs: int, seconds: float
) -> dict[tuple[int, int], dict[str, float]]:
    """
    @return: The medians of all runs of each turn; first that without viewers.
    """
    every = [(1, 0), *turns]
    found: dict[tuple[int, int], list[dict[str, float]]] = {one: [] for one in every}
    with processes(max(edges for edges, _ in every)) as children:
        for _ in range(runs):
            for one in every:
                found[one].append(turn(children, *one, seconds))
    return {
        one: {name: median(run[name] for run in all_) for name in all_[0]}
        for one, all_ in found.items()
    }


def main(argv: list[str]) -> int:
    """
    Measure and print it.
    """
    parser = argparse.ArgumentParser(prog="benchmarks.broadcast")
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--viewers", type=int, help="at the most, in all")
    options = parser.parse_args(argv)
    if built("spectators") is None or shutil.which("redis-server") is None:
        print("it needs redis-server, and a compiler")
        return 1
    most = options.viewers or sys.maxsize
    turns = [(edges, count) for edges, count in TURNS if edges * count <= most]
    found = measured(turns, options.runs, options.seconds)
    print("edges viewers   origin   engine     edge  (ms of a processor in a second)")
    for (edges, count), one in found.items():
        print(
            f"{edges:5} {edges * count:7} {one['origin']:8.1f} {one['engine']:8.1f}"
            f" {one['edge']:8.1f}  {one['updates']:.1f} updates,"
            f" {one['bytes'] / 1000:.0f} kB a second each"
        )
    busy = [one["origin"] for (_, count), one in found.items() if count]
    print(f"origin: {max(busy) / min(busy):.2f} times between these (target 1.10)")
    few, many = found[1, 1], found.get((1, 400))
    if many is not None:
        more = (many["edge"] - few["edge"]) / 399 / many["updates"]
        print(f"edge: {1000 * more:.1f} us for an update to one more viewer")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
