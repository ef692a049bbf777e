# -*- test-case-name: tests.benchmarks.test_fairness -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
What came of a run of L{benchmarks.fairness}, and whether it is good enough.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.abusers import ABUSES

CACHE = 8
"""
MiB that txrfb may keep of encoded rectangles for all viewers together.
"""

BUDGET = 1024
"""
KiB that a viewer may cost, besides what it is just sending.
"""

BUSY = 0.25
"""
The share of time that a server may wait for a core; beyond that, the machine had other
work and the numbers say little.
"""

NOISE = 0.03
"""
Frame rates that differ by less are the same.
"""


@dataclass(frozen=True)
class Outcome:
    """
    One run of one line with one server, or the medians of several.

    @ivar line: The name of the abuse.
    @ivar count: How many abusers there were.
    @ivar alone: Frames a second that the healthy viewer sees alone.
    @ivar beside: The same beside the abusers.
    @ivar gap: The longest time without a frame beside them, in milliseconds.
    @ivar keyAlone: The 99th percentile from a key to the application, alone, in
        milliseconds.
    @ivar key: The same beside them; infinite if keys did not arrive in time.
    @ivar growth: KiB that the server's memory has grown to at the most, pages of files
        left out.
    @ivar wrong: Pixels that are wrong at the end, some seconds after the last frame.
    @ivar messages: How many messages a second the server took from the abusers.
    @ivar closed: How many of the connections of abusers it has closed.
    @ivar cpu: What the server took of a core meanwhile.
    @ivar waited: The share of that time in which it had something to do, but no core.
    @ivar load: What the abusers took of a core; when this is 1 and C{cpu} is not, there
        could have been more of them.
    @ivar trouble: What else went wrong; empty if nothing did.
    """

    server: str
    line: str
    count: int
    alone: float
    beside: float
    gap: float
    keyAlone: float
    key: float
    growth: float
    wrong: float
    messages: float
    closed: float
    cpu: float
    waited: float
    load: float
    trouble: str = ""

    @property
    def share(self) -> float:
        """
        What is left of the frames.
        """
        return self.beside / self.alone if self.alone else 0.0


_NUMBERS = (
    *("alone", "beside", "gap", "keyAlone", "key"),
    *("growth", "wrong", "messages", "closed", "cpu", "waited", "load"),
)


def median(runs: Sequence[Outcome]) -> Outcome:
    """
    The median of each number of several runs of the same; but what is wrong in one is
    wrong.
    """
    first = runs[0]
    numbers = {
        name: statistics.median(float(getattr(run, name)) for run in runs)
        for name in _NUMBERS
    }
    numbers["wrong"] = max(run.wrong for run in runs)
    trouble = next((run.trouble for run in runs if run.trouble), "")
    return Outcome(first.server, first.line, first.count, **numbers, trouble=trouble)


@dataclass(frozen=True)
class Gate:
    """
    What must be.

    @ivar share: The least that must be left of the frames.
    @ivar key: The most milliseconds that a key may take, at the 99th percentile.
    @ivar growth: The most KiB that the server may grow.
    """

    share: float
    key: float
    growth: float


def gate(line: str, count: int) -> Gate:
    """
    What must be beside so many abusers of a kind.
    """
    growth = CACHE * 1024 + count * (BUDGET + ABUSES[line].own / 1024)
    return Gate(0.95, 20, growth) if count == 1 else Gate(0.80, 50, growth)


def complaints(outcome: Outcome) -> list[str]:
    """
    What does not hold.
    """
    must = gate(outcome.line, outcome.count)
    found = []
    if outcome.trouble:
        found.append(outcome.trouble)
    if outcome.share < must.share:
        found.append(f"frames {outcome.share:.0%} < {must.share:.0%}")
    if not outcome.key <= must.key:
        found.append(f"keys {outcome.key:.0f} ms > {must.key:.0f} ms")
    if outcome.wrong:
        found.append(f"{outcome.wrong:.0f} pixels wrong")
    if outcome.growth > must.growth:
        have, may = outcome.growth / 1024, must.growth / 1024
        found.append(f"memory {have:.1f} MiB > {may:.1f} MiB")
    return found


def worseThan(ours: Outcome, peer: Outcome) -> bool:
    """
    Does a peer leave more frames to the healthy viewer?
    """
    return min(1.0, ours.share) < min(1.0, peer.share) - NOISE


HEADING = (
    "line        abusers  server  fps alone  beside   share  gap ms  key p99 ms (alone)"
    "    MiB  KiB each  closed  messages/s   CPU  wait  load"
)


def row(outcome: Outcome) -> str:
    """
    The line of the table.
    """
    o = outcome
    return (
        f"{o.line:11} {o.count:7}  {o.server:6} {o.alone:10.1f} {o.beside:7.1f}"
        f" {o.share:7.1%} {o.gap:7.0f} {o.key:11.1f} {o.keyAlone:7.1f} "
        f" {o.growth / 1024:6.1f} {o.growth / max(1, o.count):9.1f} {o.closed:7.0f}"
        f" {o.messages:11.0f} {o.cpu:5.0%} {o.waited:5.0%} {o.load:5.0%}"
    )


def verdict(ours: Outcome, peers: Sequence[Outcome]) -> tuple[bool, str]:
    """
    Whether a line is good enough, and in words.

    @param peers: The same line with other servers.
    """
    found = complaints(ours)
    ratios = []
    for peer in peers:
        if worseThan(ours, peer):
            found.append(f"{peer.server} leaves {peer.share:.0%}")
        ratio = ours.share / peer.share if peer.share else math.inf
        ratios.append(f"{ratio:.2f} of {peer.server}")
    holds = not found
    words = f"{ours.line:11} {ours.count:7}  " + ("holds " if holds else "MISSED")
    words += f"  {', '.join(ratios):30}" if ratios else ""
    if ours.waited > BUSY:
        found.append(
            f"(the machine was busy: no core for {ours.waited:.0%} of the time)"
        )
    return holds, f"{words}  {'; '.join(found)}".rstrip()


_TITLES = {"txrfb": "txrfb", "lvs": "libvncserver", "xvnc": "Xvnc"}


def listTable(table: Sequence[Outcome]) -> str:
    """
    The table as the documentation has it: for each line and server the frames that the
    healthy viewer has left, and how long its keys take.
    """
    servers = [name for name in _TITLES if any(o.server == name for o in table)]
    titles = ", ".join(_TITLES[name] for name in servers)
    lines = [".. csv-table::", f"   :header: Abusers, what they do, {titles}", ""]
    cells = {(o.line, o.count, o.server): o for o in table}
    for line, count in dict.fromkeys((o.line, o.count) for o in table):
        words = [str(count), f'"{ABUSES[line].text}"']
        for name in servers:
            o = cells.get((line, count, name))
            if o is None:
                words.append("did not start")
            else:
                keys = "late" if math.isinf(o.key) else f"{o.key:.0f} ms"
                words.append(f'"{min(1.0, o.share):.0%}, {keys}"')
        lines.append("   " + ", ".join(words))
    return "\n".join(lines) + "\n"
