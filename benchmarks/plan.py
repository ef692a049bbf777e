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


_PEERS = ("lvs", "xvnc")
_OURS = ("txrfb", *_PEERS)


def _cells() -> list[Cell]:
    encode, serve = "encode", "serve"
    cells = [
        Cell(encode, "office", "tight", 1, ("txrfb", "txrfb-numpy", *_PEERS), True),
        Cell(encode, "text", "tight", 1, _OURS, True),
        Cell(encode, "photo", "tight", 1, _OURS, True),
        Cell(encode, "office", "jpeg8", 1, _OURS, True),
        Cell(encode, "office", "zrle", 1, _OURS, True),
        Cell(encode, "office", "hextile", 1, _OURS, True),
        Cell(encode, "office", "raw", 1, _OURS),
        Cell(encode, "office", "zlib", 1, ("txrfb", "lvs")),
        Cell(encode, "office", "rre", 1, _OURS),
        Cell(encode, "flat", "tight", 1, _OURS),
        Cell(encode, "mix", "tight", 1, _OURS),
        Cell(encode, "noise", "tight", 1, _OURS),
        Cell(encode, "photo", "jpeg8", 1, _OURS),
        Cell(encode, "photo", "jpeg6", 1, _OURS),
    ]
    moves = ("txrfb+copy", "lvs+copy", "xvnc+copy")
    hinted = ("txrfb", "txrfb+hints", *_PEERS)
    cells += [
        Cell(serve, "office", "tight", 1, ("txrfb+scroll", *hinted), True),
        Cell(serve, "office", "tight", 4, hinted),
        Cell(serve, "office", "tight", 16, hinted, True),
        Cell(serve, "office", "tight", 64, ("txrfb", "lvs")),
        Cell(serve, "office", "tight", 1, moves),
        Cell(serve, "office", "tight", 16, moves),
        Cell(serve, "office", "jpeg8", 1, hinted),
        Cell(serve, "office", "zrle", 1, hinted),
        Cell(serve, "office", "zrle", 16, hinted),
        Cell(serve, "office", "hextile", 1, hinted),
        Cell(serve, "slides", "tight", 1, hinted),
        Cell(serve, "slides", "jpeg8", 1, hinted),
        Cell(serve, "video", "jpeg8", 1, hinted, True),
        Cell(serve, "video", "jpeg8", 16, ("txrfb", "txrfb+hints", "lvs"), True),
        Cell(serve, "video", "jpeg6", 1, hinted),
        Cell(serve, "video", "tight", 1, hinted),
        Cell(serve, "video", "zrle", 1, hinted),
        Cell(serve, "typing", "tight", 1, hinted, True),
        Cell(serve, "typing", "tight", 4, hinted),
        Cell(serve, "typing", "tight", 16, hinted),
        Cell(serve, "typing", "tight", 64, hinted, True),
        Cell(serve, "noise", "tight", 1, hinted),
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
    one = _office(table, "cpu")
    return (_office(table, "cpu", 16) - one) / 15 / one


def _memory(table: Table) -> float:
    more = _office(table, "memory", 16) - _office(table, "memory")
    return max(0.0, more / 15 / 1024)


GATES = [
    Gate(
        "office, Tight, encoder / libvncserver",
        0.40,
        _ratio("cpu", "encode", "office", "tight", peers=("lvs",)),
    ),
    Gate(
        "office, Tight, encoder / TigerVNC",
        0.40,
        _ratio("cpu", "encode", "office", "tight", peers=("xvnc",)),
    ),
    Gate(
        "office, Tight, bytes / the smaller of both",
        1.05,
        _ratio("bytes", "encode", "office", "tight"),
    ),
    Gate("text, Tight, encoder", 0.35, _ratio("cpu", "encode", "text", "tight")),
    Gate("text, Tight, bytes", 1.0, _ratio("bytes", "encode", "text", "tight")),
    Gate("photo, Tight, encoder", 0.30, _ratio("cpu", "encode", "photo", "tight")),
    Gate(
        "office, JPEG quality 8, encoder",
        1.0,
        _ratio("cpu", "encode", "office", "jpeg8"),
    ),
    Gate(
        "office, JPEG quality 8, bytes",
        0.5,
        _ratio("bytes", "encode", "office", "jpeg8"),
    ),
    Gate("office, Tight, scrolls found, bytes / without", 0.75, _scroll),
    Gate("office, ZRLE, encoder", 0.45, _ratio("cpu", "encode", "office", "zrle")),
    Gate(
        "office, Hextile, encoder", 0.75, _ratio("cpu", "encode", "office", "hextile")
    ),
    Gate(
        "office, Tight, server comparing every frame / libvncserver told the damage",
        0.55,
        _ratio("cpu", "serve", "office", "tight", peers=("lvs",)),
    ),
    Gate(
        "the same, 16 viewers",
        0.05,
        _ratio("cpu", "serve", "office", "tight", 16, peers=("lvs",)),
    ),
    Gate("office, Tight, one more viewer / the first", 0.03, _marginal),
    Gate(
        "video, JPEG quality 8, server",
        1.1,
        _ratio("cpu", "serve", "video", "jpeg8", ours="txrfb+hints"),
    ),
    Gate(
        "video, JPEG quality 8, server, 16 viewers / libvncserver",
        0.12,
        _ratio("cpu", "serve", "video", "jpeg8", 16, "txrfb+hints", ("lvs",)),
    ),
    Gate(
        "video, Tight, server",
        0.35,
        _ratio("cpu", "serve", "video", "tight", ours="txrfb+hints"),
    ),
    Gate(
        "video, ZRLE, server",
        0.35,
        _ratio("cpu", "serve", "video", "zrle", ours="txrfb+hints"),
    ),
    Gate(
        "typing, Tight, server / libvncserver",
        3.0,
        _ratio("cpu", "serve", "typing", "tight", 1, "txrfb+hints", ("lvs",)),
    ),
    Gate(
        "typing, Tight, server, 64 viewers / libvncserver",
        1.5,
        _ratio("cpu", "serve", "typing", "tight", 64, "txrfb+hints", ("lvs",)),
    ),
    Gate(
        "office, Tight, encoder without C",
        1.0,
        _ratio("cpu", "encode", "office", "tight", ours="txrfb-numpy"),
    ),
    Gate(
        "a frame without change, comparing / TigerVNC",
        0.6,
        _ratio("cpu", "serve", "idle", "tight", peers=("xvnc+compare",)),
    ),
    Gate("office, Tight, memory of one more viewer, MiB", 0.5, _memory),
]
