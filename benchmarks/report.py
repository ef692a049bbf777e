# -*- test-case-name: tests.benchmarks.test_benchmarks -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
Results as text, JSON and a picture.
"""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from benchmarks.painting import font
from benchmarks.plan import GATES, Cell, Table
from benchmarks.serve import Result

_NAMES = {
    "txrfb": "txrfb",
    "txrfb+hints": "txrfb, told the damage",
    "lvs": "libvncserver",
    "neatvnc": "neatvnc",
    "xvnc": "TigerVNC Xvnc",
}
_NUMBERS = ("cpu", "bytes", "memory", "p50", "p99")
_COLORS = {
    "txrfb": (31, 119, 180),
    "txrfb+hints": (121, 178, 220),
    "lvs": (214, 120, 40),
    "neatvnc": (226, 166, 110),
    "xvnc": (120, 120, 126),
}


def median(results: list[Result]) -> Result:
    """
    The median of each number of several runs.
    """

    runs = [
        {name: float(getattr(result, name)) for name in _NUMBERS} for result in results
    ]
    middle = {name: statistics.median(run[name] for run in runs) for name in _NUMBERS}
    return Result(**middle, raw={"runs": runs})


def cellLines(cell: Cell, table: Table) -> list[str]:
    """
    The lines of one cell: each server's numbers, and ours in relation to each peer.
    """
    lines = []
    head = f"{cell.mode:6} {cell.workload:7} {cell.encoding:8} {cell.viewers:3}"

    def of(server: str) -> Result | None:
        return table.get(
            (cell.mode, cell.workload, cell.encoding, cell.viewers, server)
        )

    peers = [name for name in cell.servers if not name.startswith("txrfb") and of(name)]
    for server in cell.servers:
        result = of(server)
        if result is None:
            continue
        line = f"{head} {server:14} {result.cpu:9.3f} {result.bytes / 1000:10.1f}"
        if cell.mode == "serve":
            line += f" {result.memory / 1024:8.1f} {result.p50:8.2f} {result.p99:8.2f}"
        else:
            line += 27 * " "
        if server.startswith("txrfb"):
            for peer in peers:
                other = of(peer)
                if other is not None and other.cpu > 0:
                    line += f"   {result.cpu / other.cpu:6.3f} of {peer}"
        lines.append(line)
    return lines


HEADING = (
    "mode   work    encoding  viewers, server    CPU ms   kB a frame"
    "      MiB   p50 ms   p99 ms   CPU ratio"
)


def gateLines(table: Table) -> tuple[list[str], list[dict[str, Any]]]:
    """
    The table of targets.

    @return: Lines to print, and the same as data.
    """
    head = "whole server / the best peer's CPU, if it says nothing else"
    lines = [f"{head:76}  must     is"]
    data: list[dict[str, Any]] = []
    for gate in GATES:
        try:
            ratio = gate.ratio(table)
        except KeyError:
            lines.append(f"{gate.name:76} {gate.limit:6.3f}      -  not measured")
            continue
        passed = ratio <= gate.limit
        data.append(
            {"name": gate.name, "limit": gate.limit, "ratio": ratio, "passed": passed}
        )
        verdict = "" if passed else "  MISSED"
        lines.append(f"{gate.name:76} {gate.limit:6.3f} {ratio:6.3f}{verdict}")
    return lines, data


def environment() -> dict[str, Any]:
    """
    What the numbers were measured on and with.
    """
    model = ""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
    versions = {}
    for name in ("Twisted", "numpy", "isal", "simplejpeg"):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "missing"
    for package in ("libvncserver1", "libneatvnc0", "tigervnc-standalone-server"):
        done = subprocess.run(
            ["dpkg-query", "-W", "-f=${Version}", package],
            capture_output=True,
            text=True,
            check=False,
        )
        versions[package] = done.stdout or "missing"
    return {
        "processor": model,
        "kernel": platform.release(),
        "python": platform.python_version(),
        "versions": versions,
    }


def writeJson(path: Path, table: Table, gates: list[dict[str, Any]]) -> None:
    """
    Write everything that was measured.
    """
    rows = [
        {
            "mode": mode,
            "workload": load,
            "encoding": encoding,
            "viewers": viewers,
            "server": server,
            "cpu_ms": result.cpu,
            "bytes": result.bytes,
            "memory_kib": result.memory,
            "p50_ms": result.p50,
            "p99_ms": result.p99,
            "runs": result.raw["runs"],
        }
        for (mode, load, encoding, viewers, server), result in table.items()
    ]
    said = {"environment": environment(), "gates": gates, "results": rows}
    path.write_text(json.dumps(said, indent=1) + "\n")


def plot(path: Path, table: Table) -> bool:
    """
    Draw the CPU time a frame of whole servers, by workload and number of viewers.

    @return: Whether there was anything to draw.
    """
    groups: list[tuple[str, list[tuple[str, float]]]] = []
    wanted = [
        ("office", "tight", 1, "An office day, Tight, one viewer"),
        ("office", "tight", 16, "An office day, Tight, 16 viewers"),
        ("video", "jpeg444", 1, "Video in a window, JPEG 4:4:4, one viewer"),
        ("video", "jpeg444", 16, "Video in a window, JPEG 4:4:4, 16 viewers"),
        ("typing", "tight", 1, "Typing, Tight, one viewer"),
        ("typing", "tight", 64, "Typing, Tight, 64 viewers"),
    ]
    for load, encoding, viewers, title in wanted:
        bars = []
        for server in _NAMES:
            result = table.get(("serve", load, encoding, viewers, server))
            if result is not None:
                bars.append((server, result.cpu))
        if bars:
            groups.append((title, bars))
    if not groups:
        return False
    scale = 2
    row, left, right = 19, 190, 90
    height = 44 + sum(34 + row * len(bars) for _, bars in groups)
    image = Image.new("RGB", (860 * scale, height * scale), (255, 255, 255))
    draw = ImageDraw.Draw(image)

    def say(
        x: float, y: float, text: str, face: str, size: int, ink: tuple[int, int, int]
    ) -> None:
        draw.text((x * scale, y * scale), text, font=font(face, size * scale), fill=ink)

    say(16, 12, "CPU milliseconds a frame of 1920x1080", "bold", 15, (30, 30, 34))
    y = 44
    for title, bars in groups:
        say(16, y, title, "sans", 13, (30, 30, 34))
        y += 20
        most = max(value for _, value in bars)
        for server, value in bars:
            width = max(1.0, (860 - left - right) * value / most)
            box = (
                left * scale,
                y * scale,
                int((left + width) * scale),
                (y + row - 4) * scale,
            )
            draw.rectangle(box, fill=_COLORS[server])
            say(30, y - 1, _NAMES[server], "sans", 12, (70, 70, 76))
            say(left + width + 8, y - 1, f"{value:.2f}", "sans", 12, (30, 30, 34))
            y += row
        y += 14
    image.save(path, optimize=True)
    return True
