# -*- test-case-name: tests.benchmarks.test_fairness -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
Is a viewer served well beside others who mean harm?  C{python -m benchmarks.fairness}.

The viewer (L{benchmarks.healthy}) watches 60 frames a second and presses keys: alone,
then beside abusers of one kind (L{benchmarks.abusers}), then alone again; in the end
its pixels are compared.  What it sees beside them counts in relation to what it sees
alone, the better time of both, as the machine may have other work.  A line is a kind of
abuse and a number of abusers; txrfb, libvncserver and Xvnc show the same frames, one
after the other in each line.

Prints for each line what the healthy viewer saw and how much the server's memory grew,
and then whether the gate holds: with one abuser 95 % of the frames, and keys that take
at most 20 ms at the 99th percentile; with more of them 80 % and 50 ms; no wrong pixel;
memory within the budget; and no peer that leaves more frames.  A server may disconnect
abusers; these are counted.  Writes C{benchmarks/out/fairness.json}.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

from benchmarks.abusers import ABUSES
from benchmarks.abusing import Done, abusing
from benchmarks.building import HERE
from benchmarks.healthy import Healthy, animated, screenAfter
from benchmarks.progress import Progress
from benchmarks.report import environment
from benchmarks.servers import (
    KINDS,
    Running,
    available,
    cpuSeconds,
    forgetPeak,
    residentKib,
    running,
    waitedSeconds,
)
from benchmarks.steps import Steps
from benchmarks.verdicts import (
    CACHE,
    HEADING,
    Outcome,
    listTable,
    median,
    row,
    verdict,
)
from benchmarks.workloads import Workload

FPS = 60
_FILES = 8192
_WARM = 1.0
_SETTLE = 10.0
_LOGIN = 60.0

SERVERS = {
    "txrfb": replace(
        KINDS["txrfb"], options=("--hints=exact", f"--fps={FPS}", f"--cache={CACHE}")
    ),
    "lvs": KINDS["lvs"],
    "xvnc": KINDS["xvnc"],
}
"""
The servers by the names of the options.  txrfb is as it comes, apart from its cache:
next to 64 MiB the budget of one abuser would not be seen.
"""


def measure(
    name: str, work: Workload, line: str, count: int, seconds: float
) -> Outcome:
    """
    One line with one server.

    @param seconds: How long abusers send; the viewer is alone for as long, half of it
        before and half of it after.
    @raise OSError: if the server or the abusers do not start.
    """
    with running(SERVERS[name], work, fps=FPS) as server:
        progress = Progress(server.progress)
        viewer = Healthy(server.port, progress)
        try:
            return _measured(name, server, viewer, progress, work, line, count, seconds)
        finally:
            viewer.close()


def _measured(
    name: str,
    server: Running,
    viewer: Healthy,
    progress: Progress,
    work: Workload,
    line: str,
    count: int,
    seconds: float,
) -> Outcome:
    viewer.watch(_WARM)
    before = viewer.watch(seconds / 2)
    forgetPeak(server.pid)
    start, _, files = residentKib(server.pid)
    with abusing(ABUSES[line], count, server.port, seconds + 5) as abusers:
        viewer.watch(_LOGIN, abusers.isReady)
        abusers.begin()
        used = Used(server.pid)
        beside = viewer.watch(seconds)
        cpu, waited = used.shares()
        try:
            done = abusers.end()
        except OSError as problem:
            # That is no reason to lose what the healthy viewer saw.
            print(f"benchmarks: {problem}", file=sys.stderr)
            done = Done()
    _, peak, filesAfter = residentKib(server.pid)
    # Code that nobody had a use for before is no memory that a viewer takes.
    peak -= max(0, filesAfter - files)
    trouble = viewer.trouble
    viewer.watch(_WARM / 2)
    after = viewer.watch(seconds / 2)
    progress.halt()
    wrong = _settled(viewer, progress, work)
    return Outcome(
        server=name,
        line=line,
        count=count,
        alone=max(before.frames, after.frames),
        beside=beside.frames,
        gap=beside.gap,
        keyAlone=before.keyP99,
        key=beside.keyP99,
        growth=max(0, peak - start),
        wrong=wrong,
        messages=done.messages / max(done.seconds, 1e-9),
        closed=done.closed,
        cpu=cpu,
        waited=waited,
        load=done.cpu / max(done.seconds, 1e-9),
        trouble=trouble or viewer.trouble,
    )


def _settled(viewer: Healthy, progress: Progress, work: Workload) -> int:
    """
    Let the last frame arrive.

    @return: How many pixels are wrong then.
    """
    end = time.monotonic() + _SETTLE
    shown = -1
    wrong = 1
    while wrong and time.monotonic() < end and not viewer.trouble:
        # A painter that the server holds up may be in the midst of one more frame.
        if progress.shown != shown:
            shown = progress.shown
            expected = screenAfter(work, shown)
        wrong = viewer.settle(expected, 0.5)
    return wrong


class Used:
    """
    What a server takes of a core.
    """

    def __init__(self, pid: int) -> None:
        """
        Count from now on.
        """
        self._pid = pid
        self._begun = time.monotonic()
        self._before = self._now()

    def _now(self) -> tuple[float, float]:
        return cpuSeconds(self._pid), waitedSeconds(self._pid)

    def shares(self) -> tuple[float, float]:
        """
        The share of the time that it ran, and that it would have run if there had been
        a core for it; zeros if it has ended.
        """
        passed = time.monotonic() - self._begun
        try:
            cpu, waited = self._now()
        except OSError:
            return 0.0, 0.0
        return (cpu - self._before[0]) / passed, (waited - self._before[1]) / passed


def cells(lines: list[str], counts: list[int]) -> Iterator[tuple[str, int]]:
    """
    What is to be measured: kinds of abuse and numbers of abusers.
    """
    for line in lines:
        fixed = ABUSES[line].viewers
        for count in counts if fixed is None else [fixed]:
            yield line, count


def _among(known: Iterable[str]) -> Callable[[str], list[str]]:
    """
    The type of an option: a list of names.
    """

    def parse(given: str) -> list[str]:
        names = given.split(",")
        for name in names:
            if name not in known:
                words = f"{name!r} is none of {', '.join(known)}"
                raise argparse.ArgumentTypeError(words)
        return names

    return parse


def _numbers(given: str) -> list[int]:
    numbers = [int(one) for one in given.split(",")]
    if not all(0 < number <= 1000 for number in numbers):
        raise argparse.ArgumentTypeError(f"{given!r} is not from 1 to 1000")
    return numbers


def _seconds(given: str) -> float:
    seconds = float(given)
    if not 0.1 <= seconds <= 20:
        raise argparse.ArgumentTypeError(f"{given!r} is not from 0.1 to 20")
    return seconds


def main(argv: list[str] | None = None) -> int:
    """
    Measure and print.

    @return: 0 if the gate holds in every line.
    """
    parser = argparse.ArgumentParser(prog="benchmarks.fairness", description=__doc__)
    parser.add_argument("--servers", type=_among(SERVERS), default=list(SERVERS))
    parser.add_argument(
        "--lines", type=_among(ABUSES), default=list(ABUSES), help="kinds of abuse"
    )
    parser.add_argument("--counts", type=_numbers, default=[1, 10, 50])
    parser.add_argument("--seconds", type=_seconds, default=4.0, help="of each")
    parser.add_argument("--repeat", type=int, default=1, help="medians of so many")
    parser.add_argument("--output", type=Path, default=HERE / "out" / "fairness.json")
    options = parser.parse_args(argv)
    # A thousand connections are more files than many systems let a process have.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = _FILES if most == resource.RLIM_INFINITY else min(_FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))
    servers = [name for name in options.servers if available(SERVERS[name])]
    work = animated()
    planned = list(cells(options.lines, options.counts))
    steps = Steps(len(planned) * options.repeat * len(servers))
    table: list[Outcome] = []
    passed = True
    print(HEADING)
    for line, count in planned:
        runs: dict[str, list[Outcome]] = {name: [] for name in servers}
        for _ in range(options.repeat):
            for name in servers:
                steps.next(f"{count} {ABUSES[line].text}: {name}")
                try:
                    found = measure(name, work, line, count, options.seconds)
                except OSError as problem:
                    print(f"benchmarks: {name}: {problem}", file=sys.stderr)
                    passed = passed and name != "txrfb"
                else:
                    runs[name].append(found)
        steps.end()
        medians = [median(found) for found in runs.values() if found]
        table += medians
        for outcome in medians:
            trouble = f"  {outcome.trouble}" if outcome.trouble else ""
            print(row(outcome) + trouble, flush=True)
    print()
    verdicts = judge(table)
    for holds, words in verdicts:
        print(words)
        passed = passed and holds
    options.output.parent.mkdir(exist_ok=True, parents=True)
    options.output.write_text(
        json.dumps(
            {
                "environment": environment(),
                "seconds": options.seconds,
                "repeat": options.repeat,
                "outcomes": [_plain(outcome) for outcome in table],
                "verdicts": [
                    {"holds": holds, "words": words} for holds, words in verdicts
                ],
            },
            indent=1,
        )
    )
    options.output.with_suffix(".rst").write_text(listTable(table))
    print(f"{sum(holds for holds, _ in verdicts)} of {len(verdicts)} lines hold")
    print(options.output)
    return 0 if passed else 1


def _plain(outcome: Outcome) -> dict[str, object]:
    """
    An outcome as JSON takes it, which knows no infinity.
    """
    values = {**asdict(outcome), "share": outcome.share}
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in values.items()
    }


def judge(table: list[Outcome]) -> list[tuple[bool, str]]:
    """
    The verdict of each line that txrfb was measured in.
    """
    found = []
    for ours in table:
        if ours.server == "txrfb":
            same = [one for one in table if (one.line, one.count) == _key(ours)]
            peers = [one for one in same if one.server != ours.server]
            found.append(verdict(ours, peers))
    return found


def _key(outcome: Outcome) -> tuple[str, int]:
    return outcome.line, outcome.count


if __name__ == "__main__":
    sys.exit(main())
