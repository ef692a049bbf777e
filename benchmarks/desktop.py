# -*- test-case-name: tests.benchmarks.test_desktop -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
A desktop that runs, shown by txrfb, x11vnc and x0vncserver (TigerVNC):
C{python -m benchmarks.desktop}.

One Xvfb of 1920x1080, on which something is done (L{benchmarks.desktopscenes}), and one
server at a time, with its default options; runs are interleaved, and medians count.
What is measured is the CPU time of the server's process, and what it adds to the CPU
time of Xvfb: the same is done without a server, too.  Viewers take Tight without loss,
and ask for the next update as soon as they have one.

Prints what each run was, and then the gates: ratios of txrfb to a peer.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.building import built, complain, requireKernels
from benchmarks.servers import freePort

SIZE = "1920x1080"

#: Tight, CopyRect, Raw, LastRect, the cursor's shape and place: no level, no quality.
ENCODINGS = "7,1,0,-224,-239,-232"

#: Milliseconds from a key to the next.
KEYS = 60

OURS = "txrfb"
PEERS = ("x11vnc", "x0vncserver")
NOBODY = "nobody"

#: What txrfb does before anything is encoded: L{benchmarks.desktopcapture}.
CAPTURE = "capture"

#: Programs, and their Debian packages.
PROGRAMS = {
    "Xvfb": "xvfb",
    "xterm": "xterm",
    "x11vnc": "x11vnc",
    "X0tigervnc": "tigervnc-scraping-server",
    "chromium": "chromium",
}


class Run(NamedTuple):
    """
    What came of a run.

    @ivar cpu: The server's CPU time, in seconds of ten.
    @ivar display: That of Xvfb.
    @ivar updates: Of a viewer, in ten seconds.
    @ivar bytes: Likewise.
    @ivar latency: Milliseconds from a key to the end of the next update; 0 without.
    """

    cpu: float
    display: float
    updates: float
    bytes: float
    latency: float


class Gate(NamedTuple):
    """
    What must be.

    @ivar words: Of what.
    @ivar peers: Against whom: the best of them counts.
    @ivar limit: The most that the ratio may be.
    @ivar server: Whose value it is.
    """

    words: str
    what: str
    scene: str
    viewers: int
    peers: tuple[str, ...]
    limit: float
    server: str = OURS


def gates() -> list[Gate]:
    """
    All that there are.
    """
    words = "CPU of capture and comparison alone"
    found = [
        Gate(words, "cpu", "scroll", 1, ("x0vncserver",), 0.45, CAPTURE),
        Gate("CPU", "cpu", "scroll", 1, ("x0vncserver",), 0.80),
        Gate("CPU", "cpu", "scroll", 1, ("x11vnc",), 0.50),
        Gate("bytes", "bytes", "scroll", 1, PEERS, 0.80),
    ]
    for scene, limit in (("window", 0.50), ("video", 0.30), ("chromium", 0.55)):
        found += [Gate("CPU", "cpu", scene, 1, (peer,), limit) for peer in PEERS]
    for scene in ("scroll", "window", "video", "chromium"):
        found += [Gate("CPU", "cpu", scene, 8, (peer,), 0.25) for peer in PEERS]
        for viewers in (1, 8):
            for peer, limit in (("x11vnc", 0.4), ("x0vncserver", 1.6)):
                gate = Gate("added Xvfb CPU", "display", scene, viewers, (peer,), limit)
                found.append(gate)
    found += [
        Gate("key to pixels", "latency", "typing", 1, ("x0vncserver",), 0.25),
        Gate("CPU a key", "cpu", "typing", 1, ("x0vncserver",), 1.3),
        Gate("CPU a key", "cpu", "typing", 1, ("x11vnc",), 0.8),
    ]
    return found


def cpuTime(pid: int) -> float:
    """
    @return: The CPU time of a process, in seconds.
    """
    # The clock of another process: see clock_getcpuclockid(3).
    return time.clock_gettime(~pid << 3 | 2)


@contextlib.contextmanager
def running(
    command: Sequence[str], environment: dict[str, str], passed: Sequence[int] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    """
    Run a program with all that it starts, for as long as it is needed.
    """
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=passed,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(3)
        process.wait()


@contextlib.contextmanager
def display() -> Iterator[tuple[int, dict[str, str]]]:
    """
    Have an Xvfb.

    @return: Its process, and the environment that leads to it.
    """
    reading, writing = os.pipe()
    environment = dict(os.environ)
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{SIZE}x24"]
    command += ["-nolisten", "tcp", "-noreset", "-s", "0"]
    with running(command, environment, [writing]) as process:
        os.close(writing)
        with open(reading, "rb") as file:
            number = int(file.readline())
        environment["DISPLAY"] = f":{number}"
        environment.pop("XAUTHORITY", None)
        yield process.pid, environment


def commandOf(server: str, port: int, name: str) -> list[str]:
    """
    @return: How a server is started.
    """
    if server == "x11vnc":
        command = ["x11vnc", "-display", name, "-rfbport", str(port), "-localhost"]
        return [*command, "-forever", "-shared", "-noxrecord", "-nopw", "-quiet"]
    if server == "x0vncserver":
        command = ["X0tigervnc", f"-display={name}", f"-rfbport={port}"]
        return [*command, "-localhost", "-SecurityTypes=None", "-AlwaysShared"]
    where = f"tcp:{port}:interface=127.0.0.1"
    command = [sys.executable, "-m", "twisted", "--log-level=error", "rfb"]
    return [*command, "--framebuffer", f"x11:{name}", "--port", where]


def awaitPort(port: int) -> None:
    """
    Wait until somebody listens.

    @raise OSError: if nobody does.
    """
    end = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def measure(server: str, scene: str, viewers: int, seconds: float) -> Run:
    """
    One run.
    """
    with contextlib.ExitStack() as stack:
        xvfb, environment = stack.enter_context(display())
        script = [sys.executable, "-m", "benchmarks.desktopscenes", scene]
        stack.enter_context(running(script, environment))
        time.sleep(4.0 if scene == "chromium" else 1.5)
        if server == NOBODY:
            began = cpuTime(xvfb)
            time.sleep(seconds)
            return Run(0, (cpuTime(xvfb) - began) * 10 / seconds, 0, 0, 0)
        if server == CAPTURE:
            return _capture(xvfb, environment, seconds)
        port = freePort()
        command = commandOf(server, port, environment["DISPLAY"])
        process = stack.enter_context(running(command, environment))
        awaitPort(port)
        spectators = built("spectators")
        assert spectators is not None
        keys = str(KEYS if scene == "typing" else 0)
        arguments = [str(port), str(viewers), ENCODINGS, str(seconds), keys]
        watching = stack.enter_context(
            subprocess.Popen(
                [str(spectators), *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        )
        assert watching.stdin is not None and watching.stdout is not None
        if watching.stdout.readline() != b"ready\n":
            raise OSError(f"{server} did not serve {scene}")
        time.sleep(1.5)
        before = cpuTime(process.pid), cpuTime(xvfb)
        watching.stdin.write(b"go\n")
        watching.stdin.flush()
        said = json.loads(watching.stdout.readline())
        after = cpuTime(process.pid), cpuTime(xvfb)
        watching.stdin.close()
        cpu, shown = (
            (after[number] - before[number]) * 10 / seconds for number in range(2)
        )
        updates, sent = (said[name] * 10 / seconds for name in ("updates", "bytes"))
        return Run(cpu, shown, updates, sent, said["p50_ms"])


def _capture(xvfb: int, environment: dict[str, str], seconds: float) -> Run:
    """
    One run without any viewers.
    """
    command = [sys.executable, "-m", "benchmarks.desktopcapture"]
    with subprocess.Popen(
        [*command, environment["DISPLAY"]],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None and process.stdout is not None

        def values() -> list[float]:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write(b"\n")
            process.stdin.flush()
            captures = int(process.stdout.readline())
            return [cpuTime(process.pid), cpuTime(xvfb), captures]

        if process.stdout.readline() != b"ready\n":
            raise OSError("the display was not captured")
        time.sleep(1.5)
        before = values()
        time.sleep(seconds)
        after = values()
        process.stdin.close()
    cpu, shown, captures = (
        (new - old) * 10 / seconds for old, new in zip(before, after)
    )
    return Run(cpu, shown, captures, 0, 0)


def median(runs: list[Run]) -> Run:
    """
    @return: The medians of several runs.
    """
    columns = [[run[number] for run in runs] for number in range(len(runs[0]))]
    return Run(*map(statistics.median, columns))


def ratio(
    gate: Gate, found: dict[tuple[str, str, int], Run], peer: str
) -> float | None:
    """
    @return: What txrfb has of what a peer has; C{None} if that was not measured.
    """
    ours = found.get((gate.server, gate.scene, gate.viewers))
    theirs = found.get((peer, gate.scene, gate.viewers))
    nobody = found.get((NOBODY, gate.scene, 1))
    if ours is None or theirs is None or nobody is None:
        return None
    values = [float(getattr(run, gate.what)) for run in (ours, theirs)]
    if gate.what == "display":
        # With so little more than the programs make by themselves it is noise.
        values = [max(value - nobody.display, 0.001) for value in values]
    return values[0] / values[1] if values[1] else None


def printGates(found: dict[tuple[str, str, int], Run]) -> bool:
    """
    Print all gates.

    @return: Whether all that were measured hold.
    """
    isGood = True
    for gate in gates():
        ratios = [ratio(gate, found, peer) for peer in gate.peers]
        if any(one is None for one in ratios):
            continue
        worst = max(one for one in ratios if one is not None)
        holds = worst <= gate.limit
        isGood = isGood and holds
        words = f"{gate.scene}, {gate.viewers} viewers: {gate.words}"
        peers = " and ".join(gate.peers)
        print(
            f"{'ok  ' if holds else 'FAIL'} {words} / {peers}: {worst:.2f}"
            f" (at most {gate.limit:.2f})"
        )
    idle = found.get((OURS, "idle", 1))
    if idle is not None:
        holds = idle.cpu <= 0.002
        isGood = isGood and holds
        verdict = "ok  " if holds else "FAIL"
        print(f"{verdict} idle, 1 viewer: {idle.cpu * 1000:.1f} ms of 10 s (at most 2)")
    return isGood


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Measure.
    """
    parser = argparse.ArgumentParser(description="A desktop, shown by three servers.")
    scenes = ["scroll", "window", "video", "chromium", "idle", "typing"]
    parser.add_argument("scenes", nargs="*", default=scenes, help=", ".join(scenes))
    parser.add_argument("--viewers", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--results", help="a file to keep results in, and to read")
    options = parser.parse_args(arguments)
    requireKernels()
    for program, package in PROGRAMS.items():
        if shutil.which(program) is None:
            complain(program, package)
            if program == "chromium":
                options.scenes = [one for one in options.scenes if one != program]
            else:
                return 2
    if built("spectators") is None:
        return 2
    found: dict[tuple[str, str, int], Run] = {}
    path = Path(options.results) if options.results else None
    if path is not None and path.exists():
        for name, *values in json.loads(path.read_text()):
            found[tuple(name)] = Run(*values)
    for scene in options.scenes:
        cases = [(NOBODY, 1)]
        for viewers in [1] if scene in ("idle", "typing") else options.viewers:
            cases += [(server, viewers) for server in (OURS, *PEERS)]
        if scene == "scroll":
            cases.append((CAPTURE, 1))
        runs: dict[tuple[str, int], list[Run]] = defaultdict(list)
        for number in range(options.rounds):
            # Each in another place of the row each time.
            for server, viewers in cases[number:] + cases[:number]:
                run = measure(server, scene, viewers, options.seconds)
                runs[server, viewers].append(run)
        for (server, viewers), several in runs.items():
            run = found[server, scene, viewers] = median(several)
            print(
                f"{scene:9} {server:12} {viewers} viewers: CPU {run.cpu:.3f} s, Xvfb"
                f" {run.display:.3f} s, {run.updates:.0f} updates,"
                f" {run.bytes / 1e6:.2f} MB, key {run.latency:.2f} ms",
                flush=True,
            )
    if path is not None:
        path.write_text(json.dumps([[[*name], *run] for name, run in found.items()]))
    return 0 if printGates(found) else 1


if __name__ == "__main__":
    sys.exit(main())
