# -*- test-case-name: tests.benchmarks.test_benchmarks -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
All benchmarks: C{python -m benchmarks}, or C{--quick} in under two minutes.

Builds the peers, has a viewer decode and compare every frame of everything that is to
be measured, and then measures: runs of all servers are interleaved, and medians of five
count.  Prints for each workload, encoding and number of viewers the CPU time and the
bytes of a frame, the peak of memory, the latency from a key to the last byte of its
update, and txrfb's CPU time in relation to each peer's; then the targets.  Writes
C{results.json} and C{results.png}.

The CPU time is that of the server's process.  What it takes to paint the frames is the
application's and is taken off: libvncserver and txrfb measure it themselves, and for
Xvnc it is what the same drawing costs without viewers.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from benchmarks import plan, report
from benchmarks.building import built, requireKernels
from benchmarks.encode import encode
from benchmarks.memory import printSizes, printStalls
from benchmarks.serve import Result, baseline, measure
from benchmarks.servers import KINDS, Kind, available
from benchmarks.steps import Steps
from benchmarks.thousand import thousand
from benchmarks.verifying import verify
from benchmarks.workloads import Workload, cacheDirectory, workload


def verifyAll(
    cells: list[plan.Cell], own: bool, steps: Steps
) -> set[tuple[str, str, str]]:
    """
    Let a viewer look at every server, workload and encoding that will be measured.

    @param own: See L{verify}.
    @return: Those that showed something wrong: server, workload, encoding.
    """
    wrong = set()
    seen = set()
    for cell in cells:
        for server in cell.servers:
            case = (server, cell.workload, cell.encoding)
            if case in seen or not available(KINDS[server]):
                continue
            seen.add(case)
            steps.next(f"verify {cell.workload} {cell.encoding} {server}")
            try:
                work = workload(cell.workload)
                said = verify(KINDS[server], work, cell.encoding, own)
            except OSError as problem:
                wrong.add(case)
                said = f"WRONG, not measured: {problem}"
            print(f"verified {cell.workload:8} {cell.encoding:8} {server:14} {said}")
    return wrong


class Bases:
    """
    What drawing costs Xvnc, by kind and workload: the median of a few runs.
    """

    def __init__(self, runs: int) -> None:
        self._runs = runs
        self._known: dict[tuple[str, str], float] = {}

    def of(self, kind: Kind, work: Workload) -> float:
        """
        See L{baseline}.
        """
        key = (kind.name, work.name)
        if key not in self._known:
            runs = sorted(baseline(kind, work) for _ in range(self._runs))
            self._known[key] = runs[len(runs) // 2]
        return self._known[key]


def measureCell(
    cell: plan.Cell,
    repeat: int,
    bases: Bases,
    wrong: set[tuple[str, str, str]],
    steps: Steps,
) -> dict[str, Result]:
    """
    Measure one cell: each server once, and that several times.
    """
    work = workload(cell.workload)
    runs: dict[str, list[Result]] = {}
    for _ in range(repeat):
        for server in cell.servers:
            kind = KINDS[server]
            case = (server, cell.workload, cell.encoding)
            if case in wrong or not available(kind):
                continue
            steps.next(f"{cell.mode} {cell.workload} {cell.encoding} {server}")
            base = bases.of(kind, work)
            try:
                if cell.mode == "encode":
                    result = encode(kind, work, cell.encoding, base)
                else:
                    result = measure(kind, work, cell.encoding, cell.viewers, base)
            except OSError as problem:
                print(f"benchmarks: {cell}: {problem}", file=sys.stderr)
                continue
            runs.setdefault(server, []).append(result)
    return {server: report.median(results) for server, results in runs.items()}


def main(argv: list[str]) -> int:
    """
    Run what the options say.

    @return: 0 if every target that was measured is met.
    """
    parser = argparse.ArgumentParser(prog="benchmarks", description=main.__doc__)
    parser.add_argument("--quick", action="store_true", help="less than two minutes")
    parser.add_argument("--repeat", type=int, help="runs of each (5; quick: 1)")
    parser.add_argument("--workload", help="only this workload")
    parser.add_argument("--encoding", help="only this encoding")
    parser.add_argument("--mode", choices=("encode", "serve"))
    parser.add_argument("--no-verify", action="store_true")
    parser.add_argument("--no-extras", action="store_true", help="only the tables")
    parser.add_argument("--output", type=Path, default=cacheDirectory())
    options = parser.parse_args(argv)
    try:
        requireKernels()
    except OSError as problem:
        print(f"benchmarks: {problem}", file=sys.stderr)
        return 2
    if built("drain") is None:
        return 2
    repeat = options.repeat or (1 if options.quick else 5)
    cells = [
        cell
        for cell in plan.CELLS
        if (cell.quick or not options.quick)
        and options.workload in (None, cell.workload)
        and options.encoding in (None, cell.encoding)
        and options.mode in (None, cell.mode)
    ]
    begun = time.monotonic()
    cases = {
        (server, cell.workload, cell.encoding)
        for cell in cells
        for server in cell.servers
        if available(KINDS[server])
    }
    count = repeat * sum(
        available(KINDS[server]) for cell in cells for server in cell.servers
    )
    steps = Steps(count + (0 if options.no_verify else len(cases)))
    wrong = set() if options.no_verify else verifyAll(cells, not options.quick, steps)
    bases = Bases(1 if options.quick else 3)
    table: plan.Table = {}
    print(report.HEADING)
    for cell in cells:
        found = measureCell(cell, repeat, bases, wrong, steps)
        steps.end()
        for server, result in found.items():
            key = (cell.mode, cell.workload, cell.encoding, cell.viewers, server)
            table[key] = result
        print("\n".join(report.cellLines(cell, table)), flush=True)
    lines, gates = report.gateLines(table)
    print("\n" + "\n".join(lines))
    if not (options.no_extras or options.workload or options.encoding or options.mode):
        print()
        printStalls(5 if options.quick else 60)
        if not options.quick:
            printSizes(["txrfb", "lvs", "xvnc"], "tight")
        r = thousand(rounds=1 if options.quick else 3)
        print(
            f"1000 viewers at 10 frames a second: {100 * r['share']:.1f} % of a core,"
            f" {r['behind']} frames late at some viewer"
        )
    options.output.mkdir(exist_ok=True, parents=True)
    report.writeJson(options.output / "results.json", table, gates)
    report.plot(options.output / "results.png", table)
    print(f"{options.output}/results.json, {time.monotonic() - begun:.0f} s")
    return 0 if all(gate["passed"] for gate in gates) and not wrong else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
