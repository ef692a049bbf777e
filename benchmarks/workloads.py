# -*- test-case-name: tests.benchmarks.test_benchmarks -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
Workloads: scenes turned into a file of frames that every server plays.

A file holds, for each frame, the rectangles an application would report as damaged
with their new pixels, the moves it could announce instead, the rectangles that remain
damaged after those moves, and a bit map of the pixels that really changed, from which
the drain client knows when a viewer holds the frame.  All servers paint the same
rectangles, so they show the very same pixels.  All numbers are little-endian::

    header   "TXRFBWL1", u32 width, height, frames, 0
    index    u64 offset of each frame's record
    record   u32 damages, copies, residues, top, bottom, 0; u64 offset of the bit map
             damages:  u32 x, y, w, h; u64 offset of w*h pixels (B G R 0)
             copies:   u32 from x, from y, to x, to y, w, h
             residues: u32 x, y, w, h
    bit map  rows top to bottom - 1, ceil(width / 64) * 8 bytes each, low bit first

The screen before the first frame is black.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import struct
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.painting import Pixels
from benchmarks.scenes import SCENES, Copy, Shot

Rect = tuple[int, int, int, int]
"""x, y, width, height."""

GAP = 13
"""Pixels between two things on the screen that are not one."""

_HEADER = struct.Struct("<8sIIII")
_RECORD = struct.Struct("<IIIIIIQ")
_DAMAGE = struct.Struct("<IIIIQ")
_MAGIC = b"TXRFBWL1"


def changedPixels(old: Pixels, new: Pixels) -> NDArray[np.bool_]:
    """
    Where two screens differ, C{(height, width)}.
    """
    one = np.ascontiguousarray(old).view(np.uint32)[..., 0]
    other = np.ascontiguousarray(new).view(np.uint32)[..., 0]
    return np.not_equal(one, other)


def changedBoxes(changed: NDArray[np.bool_], gap: int = GAP) -> list[Rect]:
    """
    What an application would say of a change: for each thing that changed the smallest
    rectangle around it.  Pixels are of one thing if less than about C{gap} are between
    them.  No server's tiles have to do with these rectangles.

    @return: Rectangles that do not overlap, in reading order.
    """
    height, width = changed.shape
    rows, columns = -(-height // gap), -(-width // gap)
    padded = np.zeros((rows * gap, columns * gap), bool)
    padded[:height, :width] = changed
    cells = padded.reshape(rows, gap, columns, gap).any(axis=(1, 3))
    boxes: list[Rect] = []
    left = {(int(row), int(column)) for row, column in np.argwhere(cells)}
    while left:
        thing = [left.pop()]
        for row, column in thing:
            for near in (
                (row + down, column + right)
                for down in (-1, 0, 1)
                for right in (-1, 0, 1)
            ):
                if near in left:
                    left.remove(near)
                    thing.append(near)
        where = [min(cell[axis] for cell in thing) * gap for axis in (0, 1)]
        ends = [(max(cell[axis] for cell in thing) + 1) * gap for axis in (0, 1)]
        part = padded[where[0] : ends[0], where[1] : ends[1]]
        down, right = np.flatnonzero(part.any(1)), np.flatnonzero(part.any(0))
        x, y = where[1] + int(right[0]), where[0] + int(down[0])
        boxes.append((x, y, int(np.ptp(right)) + 1, int(np.ptp(down)) + 1))
    return sorted(_apart(boxes), key=lambda box: (box[1], box[0]))


def _apart(boxes: list[Rect]) -> list[Rect]:
    """
    Those that overlap become one.
    """
    apart: list[Rect] = []
    while boxes:
        x, y, w, h = boxes.pop()
        for other in apart:
            ox, oy, ow, oh = other
            if x < ox + ow and ox < x + w and y < oy + oh and oy < y + h:
                left, top = min(x, ox), min(y, oy)
                right, bottom = max(x + w, ox + ow), max(y + h, oy + oh)
                apart.remove(other)
                boxes.append((left, top, right - left, bottom - top))
                break
        else:
            apart.append((x, y, w, h))
    return apart


def applyCopies(screen: Pixels, copies: Sequence[Copy]) -> None:
    """
    Move pixels of a screen, one copy after the other.
    """
    for sx, sy, dx, dy, w, h in copies:
        screen[dy : dy + h, dx : dx + w] = screen[sy : sy + h, sx : sx + w].copy()


@dataclass(frozen=True)
class Frame:
    """
    A step of a workload.

    @ivar number: 0 for the first.
    @ivar damage: What an application that announces no moves reports as damaged.
    @ivar patches: The new pixels of each of C{damage}, C{(h, w, 4)}, read only.
    @ivar copies: The moves that can be announced.
    @ivar residue: What is damaged besides the moves.
    """

    number: int
    damage: list[Rect]
    patches: list[Pixels]
    copies: list[Copy]
    residue: list[Rect]
    top: int
    bottom: int
    bits: memoryview

    def paint(self, screen: Pixels) -> None:
        """
        Bring a screen that shows the frame before this one up to date.
        """
        for (x, y, w, h), patch in zip(self.damage, self.patches, strict=True):
            screen[y : y + h, x : x + w] = patch

    def changed(self, width: int) -> NDArray[np.bool_]:
        """
        The pixels that changed, rows C{top} to C{bottom} of the screen.
        """
        rows = self.bottom - self.top
        packed = np.frombuffer(self.bits, np.uint8).reshape(rows, -(-width // 64) * 8)
        unpacked = np.unpackbits(packed, axis=1, bitorder="little")
        return unpacked[:, :width].astype(bool)


class Workload(Sequence[Frame]):
    """
    The frames of a file, mapped into memory.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name.split("-")[0]
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        magic, self.width, self.height, count, _ = _HEADER.unpack_from(self._map)
        if magic != _MAGIC:
            raise ValueError(f"not a workload: {path}")
        self._index = struct.unpack_from(f"<{count}Q", self._map, _HEADER.size)

    def __len__(self) -> int:
        return len(self._index)

    def __getitem__(self, number: int) -> Frame:  # type: ignore[override]
        """
        One frame.

        @raise IndexError: if there is no such frame.
        """
        at = self._index[number]
        n, m, k, top, bottom, _, bits = _RECORD.unpack_from(self._map, at)
        at += _RECORD.size
        damage: list[Rect] = []
        patches: list[Pixels] = []
        for _ in range(n):
            x, y, w, h, offset = _DAMAGE.unpack_from(self._map, at)
            at += _DAMAGE.size
            damage.append((x, y, w, h))
            flat = np.frombuffer(self._map, np.uint8, w * h * 4, offset)
            patches.append(flat.reshape(h, w, 4))
        copies: list[Copy] = [
            struct.unpack_from("<6I", self._map, at + 24 * i) for i in range(m)
        ]
        at += 24 * m
        residue: list[Rect] = [
            struct.unpack_from("<4I", self._map, at + 16 * i) for i in range(k)
        ]
        size = (bottom - top) * (-(-self.width // 64) * 8)
        view = memoryview(self._map)[bits : bits + size]
        return Frame(
            number % len(self), damage, patches, copies, residue, top, bottom, view
        )

    def screens(self) -> Iterator[Pixels]:
        """
        The whole screen after each frame; the same array each time.
        """
        screen = np.zeros((self.height, self.width, 4), np.uint8)
        for frame in self:
            frame.paint(screen)
            yield screen


def _packed(changed: NDArray[np.bool_]) -> tuple[int, int, bytes]:
    rows = np.flatnonzero(changed.any(axis=1))
    if not len(rows):
        return 0, 0, b""
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    width = -(-changed.shape[1] // 64) * 64
    padded = np.zeros((bottom - top, width), bool)
    padded[:, : changed.shape[1]] = changed[top:bottom]
    return top, bottom, np.packbits(padded, axis=1, bitorder="little").tobytes()


def _describe(
    old: Pixels, shot: Shot
) -> tuple[list[Rect], list[Rect], NDArray[np.bool_]]:
    """
    Damage without and with the moves of a shot, and the pixels that changed.
    """
    height, width = old.shape[:2]
    changed = changedPixels(old, shot.pixels)
    if shot.whole:
        return [(0, 0, width, height)], [(0, 0, width, height)], changed
    damage = shot.damage or changedBoxes(changed)
    if not shot.copies:
        return damage, damage, changed
    moved = old.copy()
    applyCopies(moved, shot.copies)
    return damage, changedBoxes(changedPixels(moved, shot.pixels)), changed


def write(path: Path, shots: Iterator[Shot], width: int, height: int) -> None:
    """
    Write the file of a workload.
    """
    records: list[bytes] = []
    screen = np.zeros((height, width, 4), np.uint8)
    known: dict[bytes, int] = {}
    with path.open("wb") as file:
        # Pixels first, at a place that does not depend on the number of frames.
        file.seek(4096)
        for shot in shots:
            damage, residue, changed = _describe(screen, shot)
            body = b""
            for x, y, w, h in damage:
                pixels = np.ascontiguousarray(
                    shot.pixels[y : y + h, x : x + w]
                ).tobytes()
                offset = known.get(pixels)
                if offset is None:
                    file.seek(-file.tell() % 64, os.SEEK_CUR)
                    offset = file.tell()
                    file.write(pixels)
                    known = {pixels: offset}
                body += _DAMAGE.pack(x, y, w, h, offset)
            for copy in shot.copies:
                body += struct.pack("<6I", *copy)
            for rect in residue:
                body += struct.pack("<4I", *rect)
            top, bottom, bits = _packed(changed)
            file.seek(-file.tell() % 64, os.SEEK_CUR)
            counts = (len(damage), len(shot.copies), len(residue), top, bottom, 0)
            records.append(_RECORD.pack(*counts, file.tell()) + body)
            file.write(bits)
            screen = shot.pixels
        offsets = []
        for record in records:
            file.seek(-file.tell() % 8, os.SEEK_CUR)
            offsets.append(file.tell())
            file.write(record)
        file.seek(0)
        file.write(_HEADER.pack(_MAGIC, width, height, len(records), 0))
        file.write(struct.pack(f"<{len(offsets)}Q", *offsets))


def cacheDirectory() -> Path:
    """
    Where the files of workloads, built programs and results of runs are kept.
    """
    path = Path(tempfile.gettempdir()) / "txrfb-benchmarks"
    path.mkdir(exist_ok=True)
    return path


@cache
def _edition() -> str:
    """
    Names the sources that make workloads, so that no file outlives a change of them.
    """
    digest = hashlib.sha256()
    for name in ("painting.py", "scenes.py", "workloads.py"):
        digest.update((Path(__file__).parent / name).read_bytes())
    return digest.hexdigest()[:8]


def workload(name: str, width: int = 1920, height: int = 1080) -> Workload:
    """
    A workload by name, written at the first use.

    @raise ValueError: if there is no such workload.
    """
    if name not in SCENES:
        raise ValueError(f"no workload {name!r}, only {', '.join(sorted(SCENES))}")
    path = cacheDirectory() / f"{name}-{width}x{height}-{_edition()}.frames"
    if not path.exists():
        part = path.with_suffix(f".{os.getpid()}")
        write(part, SCENES[name](width, height), width, height)
        part.rename(path)
    return Workload(path)
