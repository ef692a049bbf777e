# -*- test-case-name: tests.benchmarks.test_record -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
What a recording takes: C{python -m benchmarks.record}.

Scenes are painted at their pace and recorded, with nobody looking.  Time is simulated,
so a minute takes as long as its work.  It prints for each scene how large the recording
of a minute is, how much of that are whole pictures, and the CPU time of capturing,
encoding and writing; with C{--beside} also how much of that is left where a viewer
looks that reads the same encodings.  With C{--play} it also plays each recording, and
makes a film of it, as C{python -m txrfb.record export} does.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import Clock

from benchmarks.scenes import SCENES
from benchmarks.workloads import changedBoxes, changedPixels
from txrfb.framebuffers import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.protocol import TAPPED, RFBFactory
from txrfb.record import Recorder, RecordingFramebuffer
from txrfb.record.fbs import readBlocks
from txrfb.record.films import export
from txrfb.record.frames import Frames
from txrfb.testing import Viewer

#: Scenes, and how many of their frames there are a second.
_PACES = {"idle": 1, "typing": 5, "slides": 1, "office": 30, "video": 25}

_STEP = 1 / 60


def record(
    scene: str,
    size: tuple[int, int],
    seconds: float,
    directory: str | None,
    isSeen: bool = False,
) -> tuple[Path | None, float]:
    """
    Play a scene, again and again.

    @param size: Columns and rows of the screen.

    @param seconds: For how long.

    @param directory: Where it is recorded; C{None} for nowhere.

    @param isSeen: Whether a viewer looks.

    @return: The recording, and the CPU time in seconds.
    """
    shots = list(SCENES[scene](*size))
    clock = Clock()
    framebuffer = MemoryFramebuffer(*size)

    def inThread(*call: Any) -> Deferred[Any]:
        return maybeDeferred(*call)

    factory = RFBFactory(framebuffer, reactor=clock)
    viewer = Viewer(factory, encodings=TAPPED) if isSeen else None
    recorder = None
    if directory is not None:
        recorder = Recorder(factory, directory, inThread=inThread)
        recorder.startService()
    pause = 1 / _PACES[scene]
    spent, number = 0.0, 0
    while clock.seconds() < seconds:
        shot = shots[number % len(shots)]
        number += 1
        for x, y, left, top, width, height in shot.copies:
            framebuffer.copy(Rectangle(x, y, width, height), left, top)
        boxes = changedBoxes(changedPixels(framebuffer.array, shot.pixels))
        np.copyto(framebuffer.array, shot.pixels)
        for box in boxes:
            framebuffer.damage(Rectangle(*box))
        before = time.process_time()
        clock.pump([_STEP] * max(round(pause / _STEP), 1))
        spent += time.process_time() - before
    if viewer is not None:
        viewer.disconnect()
    if recorder is None:
        return None, spent
    path = Path(recorder.path)
    recorder.stopService()
    return path, spent


def beside(scene: str, size: tuple[int, int], seconds: float) -> float:
    """
    @return: How much more CPU time there is for a viewer and a recording than for a
        viewer alone, in milliseconds a second: the median of three runs in turns.
    """
    more = []
    for _ in range(3):
        with TemporaryDirectory() as directory:
            _, both = record(scene, size, seconds, directory, isSeen=True)
        _, alone = record(scene, size, seconds, None, isSeen=True)
        more.append((both - alone) / seconds * 1000)
    return median(more)


def play(path: Path, size: tuple[int, int]) -> float:
    """
    Play a recording from its beginning to its end, as if somebody looked.

    @return: The CPU time in seconds.
    """
    clock = Clock()
    player = RecordingFramebuffer(path, idle=0, clock=clock)
    player.start()
    player.resumeProducing()
    before = time.process_time()
    while player.isPlaying:
        clock.advance(_STEP)
    spent = time.process_time() - before
    assert (player.width, player.height) == size
    player.stop()
    return spent


def film(path: Path, out: Path) -> float:
    """
    Make a film of a recording.

    @return: The CPU time in seconds, of all threads.
    """
    before = time.process_time()
    export(Frames(path, idle=0), out)
    return time.process_time() - before


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Measure, and print.

    @return: The status for the process.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.record")
    parser.add_argument("--size", default="1920x1080", help="WIDTHxHEIGHT")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each scene")
    parser.add_argument("--beside", action="store_true", help="beside a viewer, too")
    parser.add_argument("--play", action="store_true", help="and made a film of, too")
    parser.add_argument("--scenes", default=",".join(_PACES), help="NAME,NAME...")
    options = parser.parse_args(arguments)
    width, height = map(int, options.size.split("x"))
    for scene in options.scenes.split(","):
        with TemporaryDirectory() as directory:
            path, spent = record(scene, (width, height), options.seconds, directory)
            assert path is not None
            size = path.stat().st_size
            with path.open("rb") as file:
                keys = [len(one.data) for one in readBlocks(file) if one.isWhole]
            played = filmed = 0.0
            if options.play:
                played = play(path, (width, height)) / options.seconds
                filmed = film(path, path.with_suffix(".webm")) / options.seconds
        print(
            f"{scene:8}{size / options.seconds * 60 / 1e6:9.2f} MB a minute,"
            f" {sum(keys) / size:4.0%} in {len(keys)} whole pictures;"
            f" {spent / options.seconds * 1000:6.1f} ms of CPU a second",
            flush=True,
        )
        if options.play:
            print(
                f"{'':8}{played * 1000:9.1f} ms of CPU a second to play it,"
                f" {filmed * 1000:.1f} to make a .webm of it",
                flush=True,
            )
        if options.beside:
            more = beside(scene, (width, height), options.seconds)
            print(f"{'':8}{more:9.1f} ms more than a viewer alone", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
