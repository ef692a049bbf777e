# -*- test-case-name: tests.benchmarks.test_benchmarks -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
What is measured, and what the numbers must be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.serve import Result


@dataclass(frozen=True)
class Cell:
    """
    One line of the tables: the same work for several servers.

    @ivar mode: C{"encode"}: encoders alone; C{"serve"}: whole servers over TCP.
    @ivar servers: Names of L{benchmarks.servers.KINDS}.
    @ivar quick: It belongs to the quick run, too.
    """

    mode: str
    workload: str
    encoding: str
    viewers: int
    servers: tuple[str, ...]
    quick: bool = False


_PEERS = ("lvs", "neatvnc", "xvnc")

#: neatvnc has no Hextile.
_NOT_NEATVNC = ("lvs", "xvnc")
_TOLD = "txrfb+hints"


def _cells() -> list[Cell]:
    encode, serve = "encode", "serve"
    encoders = ("txrfb", *_NOT_NEATVNC)
    cells = [
        Cell(encode, "office", "tight", 1, ("txrfb", "txrfb-numpy", *_NOT_NEATVNC)),
        Cell(encode, "text", "tight", 1, encoders),
        Cell(encode, "photo", "tight", 1, encoders),
        Cell(encode, "office", "jpeg8", 1, encoders),
        Cell(encode, "office", "zrle", 1, encoders),
        Cell(encode, "office", "hextile", 1, encoders),
        Cell(encode, "office", "zlib", 1, ("txrfb", "lvs")),
        Cell(encode, "office", "rre", 1, encoders),
        Cell(encode, "flat", "tight", 1, encoders),
        Cell(encode, "mix", "tight", 1, encoders),
        Cell(encode, "noise", "tight", 1, encoders),
        Cell(encode, "photo", "jpeg8", 1, encoders),
    ]
    both = (_TOLD, "txrfb", *_PEERS)
    some = (_TOLD, "txrfb", *_NOT_NEATVNC)
    many = (_TOLD, "txrfb", "lvs")
    moves = ("txrfb+copy", "lvs+copy", "xvnc+copy")
    cells += [
        Cell(serve, "office", "tight", 1, ("txrfb+scroll", *both), True),
        Cell(serve, "office", "tight", 16, both, True),
        Cell(serve, "office", "tight", 1, moves),
        Cell(serve, "office", "jpeg8", 1, both, True),
        Cell(serve, "office", "zrle", 1, both, True),
        Cell(serve, "office", "zrle2", 1, both, True),
        Cell(serve, "office", "hextile", 1, some, True),
        Cell(serve, "office", "raw", 1, both, True),
        Cell(serve, "slides", "tight", 1, both),
        Cell(serve, "video", "jpeg444", 1, both, True),
        Cell(serve, "video", "jpeg8", 1, both, True),
        Cell(serve, "video", "jpeg444", 16, many),
        Cell(serve, "video", "raw", 1, both, True),
        Cell(serve, "video", "hextile", 1, some, True),
        Cell(serve, "video", "tight", 1, both, True),
        Cell(serve, "video", "zrle", 1, both, True),
        Cell(serve, "typing", "tight", 1, both, True),
        Cell(serve, "typing", "tight", 16, both, True),
        Cell(serve, "typing", "tight", 64, many, True),
        Cell(serve, "noise", "tight", 1, both),
        Cell(serve, "idle", "tight", 1, ("txrfb", "xvnc+compare"), True),
    ]
    return cells


CELLS = _cells()

Key = tuple[str, str, str, int, str]
"""
Mode, workload, encoding, viewers and server.
"""

Table = dict[Key, Result]
"""
The median results.
"""


@dataclass(frozen=True)
class Gate:
    """
    A target.

    @ivar name: What it is about.
    @ivar limit: What the ratio must not exceed.
    @ivar ratio: Takes it from a table.
    """

    name: str
    limit: float
    ratio: Callable[[Table], float]


def _value(table: Table, key: Key, what: str) -> float:
    return float(getattr(table[key], what))


def _ratio(
    what: str,
    mode: str,
    load: str,
    encoding: str,
    viewers: int = 1,
    ours: str = "txrfb",
    peers: tuple[str, ...] = _PEERS,
) -> Callable[[Table], float]:
    """
    Ours to the best of some peers.
    """

    def ratio(table: Table) -> float:
        found = [
            _value(table, (mode, load, encoding, viewers, peer), what)
            for peer in peers
            if (mode, load, encoding, viewers, peer) in table
        ]
        if not found:
            raise KeyError(peers)
        mine = _value(table, (mode, load, encoding, viewers, ours), what)
        return mine / min(found)

    return ratio


def _office(table: Table, what: str, viewers: int = 1, server: str = "txrfb") -> float:
    return _value(table, ("serve", "office", "tight", viewers, server), what)


def _scroll(table: Table) -> float:
    return _office(table, "bytes", server="txrfb+scroll") / _office(table, "bytes")


def _marginal(table: Table) -> float:
    one = _office(table, "cpu", server=_TOLD)
    return (_office(table, "cpu", 16, _TOLD) - one) / 15 / one


def _memory(table: Table) -> float:
    more = _office(table, "memory", 16) - _office(table, "memory")
    return max(0.0, more / 15 / 1024)


def _latency(viewers: int) -> Callable[[Table], float]:
    return lambda table: _value(
        table, ("serve", "typing", "tight", viewers, _TOLD), "p50"
    )


def _served(
    load: str,
    encoding: str,
    viewers: int,
    told: float,
    comparing: float | None = None,
    what: str = "cpu",
) -> list[Gate]:
    """
    Whole servers, in relation to the best of the peers: where ours is told what has
    changed, and where it compares all of the screen.
    """
    count = "" if viewers == 1 else f", {viewers} viewers"
    name = f"{load}, {encoding}{count}{'' if what == 'cpu' else ', ' + what}"
    gates = []
    for form, server, limit in (
        ("told", _TOLD, told),
        ("comparing", "txrfb", comparing),
    ):
        if limit is not None:
            ratio = _ratio(what, "serve", load, encoding, viewers, server)
            gates.append(Gate(f"{name}: {form}", limit, ratio))
    return gates


GATES = [
    *_served("office", "tight", 1, 0.38, 0.48),
    *_served("office", "tight", 1, 1.0, 1.02, "bytes"),
    *_served("office", "jpeg8", 1, 0.70, 0.90),
    *_served("office", "zrle", 1, 0.35, 0.45),
    # From compression level 2 on: as few bytes as others, for no more than they take.
    *_served("office", "zrle2", 1, 1.0, 1.0),
    *_served("office", "zrle2", 1, 1.2, 1.2, "bytes"),
    *_served("office", "hextile", 1, 0.75, 0.95),
    *_served("office", "raw", 1, 0.9),
    *_served("video", "jpeg444", 1, 1.05),
    # Where a viewer leaves it to the level, what moves is 4:2:0 here, and not there.
    *_served("video", "jpeg8", 1, 1.0),
    *_served("video", "raw", 1, 1.0),
    *_served("video", "hextile", 1, 1.0),
    *_served("video", "tight", 1, 0.24),
    *_served("video", "zrle", 1, 0.28),
    *_served("typing", "tight", 1, 1.8, 4.0),
    *_served("typing", "tight", 1, 2.5, 3.0, "bytes"),
    *_served("typing", "tight", 64, 0.75, 0.9),
    *_served("office", "tight", 16, 0.035),
    Gate("office, tight: one more viewer / the first, told", 0.012, _marginal),
    Gate("typing: a key to the last byte, median, ms, told", 0.2, _latency(1)),
    *_served("typing", "tight", 16, 1.0, what="p50"),
    Gate("office, tight: scrolls found, bytes / without", 0.75, _scroll),
    Gate(
        "idle: a frame without change, comparing / TigerVNC comparing",
        0.6,
        _ratio("cpu", "serve", "idle", "tight", peers=("xvnc+compare",)),
    ),
    Gate("office, tight: memory of one more viewer, MiB", 0.5, _memory),
    Gate(
        "encoder alone, office, tight / libvncserver's",
        0.40,
        _ratio("cpu", "encode", "office", "tight", peers=("lvs",)),
    ),
    Gate(
        "encoder alone, text, tight / libvncserver's",
        0.35,
        _ratio("cpu", "encode", "text", "tight", peers=("lvs",)),
    ),
    Gate(
        "encoder alone, photo, tight / libvncserver's",
        0.30,
        _ratio("cpu", "encode", "photo", "tight", peers=("lvs",)),
    ),
    Gate(
        "encoder alone, without C, office, tight / libvncserver's",
        1.0,
        _ratio("cpu", "encode", "office", "tight", ours="txrfb-numpy", peers=("lvs",)),
    ),
]
