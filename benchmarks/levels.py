# -*- test-case-name: tests.benchmarks.test_benchmarks -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What compression levels and JPEG qualities cost and save: C{python -m
benchmarks.levels} prints the tables that are in the documentation of
L{txrfb.encodings.deflate}, L{txrfb.encodings.level} and L{txrfb.encodings.content}.

Pieces of text and photos of the workloads are compressed as the encoders do it.
Processor time is the least of several runs.  At last whole pictures are looked at
beside those of other servers (L{benchmarks.qualities}).
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

import numpy as np

from benchmarks.qualities import qualityTable
from benchmarks.scenes import SCENES
from benchmarks.workloads import workload
from txrfb import kernels
from txrfb.encodings import content, deflate, jpeg
from txrfb.encodings.level import FULL_COLOR, QUALITIES, QUARTER_COLOR, Level
from txrfb.geometry import Rectangle
from txrfb.pixels import Surface

T = TypeVar("T")

WIDTH, HEIGHT = 1920, 1080


def cost(
    work: Callable[[T], bytes], arguments: Sequence[T], runs: int = 5
) -> tuple[float, int]:
    """
    @return: Seconds of processor time, the least of several runs, and the bytes that
        were made.
    """
    least = float("inf")
    size = 0
    for _ in range(runs):
        start = time.thread_time()
        size = sum(len(work(argument)) for argument in arguments)
        least = min(least, time.thread_time() - start)
    return least, size


def screens(scene: str, count: int) -> Iterator[Surface]:
    """
    @return: The first screens of a scene.
    """
    for _, shot in zip(range(count), SCENES[scene](WIDTH, HEIGHT), strict=False):
        pixels = np.ascontiguousarray(shot.pixels)
        yield Surface(pixels, WIDTH * 4, WIDTH, HEIGHT)


def pieces(width: int, height: int) -> list[Rectangle]:
    """
    @return: A screen in pieces.
    """
    return [
        Rectangle(x, y, width, height)
        for y in range(0, HEIGHT - height + 1, height)
        for x in range(0, WIDTH - width + 1, width)
    ]


def deflateTable() -> None:
    """
    Print what each compression level makes of what Tight deflates.
    """
    text, photo = [], []
    for surface in screens("text", 2):
        for where in pieces(192, 64):
            found = kernels.palette(
                surface.pixels, surface.stride, *where, 0xFFFFFF, 256
            )
            if found is not None and found[1]:
                text.append(found[1])
    for surface in screens("photo", 1):
        for where in pieces(1920, 34):
            photo.append(kernels.gradient(surface.pixels, surface.stride, *where))
    for name, data in (("text", text), ("photo", photo)):
        base, size = cost(lambda one: zlib.compress(one, 1), data)
        print(
            f"{name}: {sum(map(len, data))} bytes; zlib 1: {size}, {base * 1e3:.1f} ms"
        )
        for level in (0, 1, 6, 9):
            took, made = cost(partial(deflate.deflateRaw, level=level), data)
            print(f"  level {level}: time {took / base:.2f}, bytes {made / size:.2f}")


def jpegTable() -> None:
    """
    Print what each quality level makes of photos.
    """
    parts = pieces(1920, 34)
    pixels = sum(part.area for part in parts)
    surface = next(screens("photo", 1))
    array = surface.array()[..., :3].astype(float)
    for number, (quality, subsampling) in enumerate(QUALITIES):
        compress = partial(jpeg.compress, surface, level=Level(1, quality, subsampling))
        took, size = cost(compress, parts)
        square = 0.0
        for part in parts:
            got = jpeg.decompress(compress(part), part.width, part.height)[..., :3]
            square += float(((got - array[part.y : part.bottom]) ** 2).mean())
        signal = 10 * np.log10(255**2 / (square / len(parts)))
        print(
            f"  level {number}: quality {quality}, subsampling {subsampling},"
            f" {size / pixels:.3f} bytes a pixel, {signal:.1f} dB,"
            f" {took / pixels * 1e9:.1f} ns a pixel"
        )


def filmTable() -> None:
    """
    Print what the subsamplings make of a film at level 8, and of its brightness.
    """
    work = workload("video")
    screen = np.zeros((work.height, work.width, 4), np.uint8)
    film = []
    for number, frame in enumerate(work):
        frame.paint(screen)
        if number % 6 == 3:
            x, y, width, height = frame.damage[0]
            part = screen[y : y + height, x : x + width].copy()
            film.append(Surface(part.tobytes(), 4 * width, width, height))
    where = Rectangle(0, 0, width, height)
    brightness = np.array([0.114, 0.587, 0.299])
    for subsampling, name in ((FULL_COLOR, "4:4:4"), (QUARTER_COLOR, "4:2:0")):
        level = Level(1, QUALITIES[8][0], subsampling)
        compress = partial(jpeg.compress, rectangle=where, level=level)
        took, size = cost(compress, film)
        errors = []
        for surface in film:
            colors = jpeg.decompress(compress(surface), width, height)
            got = np.stack([colors & 255, colors >> 8 & 255, colors >> 16], axis=2)
            error = got - surface.array()[..., :3].astype(float)
            errors.append(((error**2).mean(), ((error @ brightness) ** 2).mean()))
        all, bright = 10 * np.log10(255**2 / np.mean(errors, axis=0))
        print(
            f"  {name}: {1e3 * took / len(film):.2f} ms, {size / len(film) / 1024:.1f}"
            f" KiB, {all:.1f} dB, {bright:.1f} dB of brightness"
        )


def contentTable() -> None:
    """
    Print how like their neighbors pixels are, and bytes a pixel copied, predicted and
    as JPEG, for pieces of more than 256 colors; sorted, every tenth.
    """
    rows = []
    for scene in ("text", "mix", "photo", "video"):
        for surface in screens(scene, 2):
            for where in pieces(480, 32):
                memory = (surface.pixels, surface.stride, *where)
                if kernels.palette(*memory, 0xFFFFFF, 256) is not None:
                    continue
                sizes = [
                    len(deflate.deflateRaw(kernels.packRgb(*memory, False))),
                    len(deflate.deflateRaw(kernels.gradient(*memory))),
                    len(jpeg.compress(surface, where, Level(1, 92, 0))),
                    len(jpeg.compress(surface, where, Level(1, 80, 1))),
                ]
                alike = content.likeNeighbors(surface, where)
                rows.append((alike, [size / where.area for size in sizes], scene))
    for alike, parts, scene in sorted(rows)[::10]:
        copied, predicted, high, low = parts
        print(
            f"  {alike:.2f}  copied {copied:.2f}  gradient {predicted:.2f}"
            f"  JPEG {high:.2f} {low:.2f}  {scene}"
        )


def main() -> None:
    """
    Print all tables.
    """
    deflateTable()
    print("JPEG, photo:")
    jpegTable()
    print("film of 640x360, level 8:")
    filmTable()
    print("more than 256 colors:")
    contentTable()
    qualityTable(1280, 720)


if __name__ == "__main__":
    main()
