# -*- test-case-name: tests.benchmarks.test_latency -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
How late pixels are on a slow link: C{python -m benchmarks.latency}.

A viewer with continuous updates looks at a full-screen animation over a link of 2
Mbit/s and 40 ms each way (L{benchmarks.link}), of which the animation needs several
times as much as there is.  Each frame has its number in its pixels; the latency is the
time from when a frame is painted to when the viewer has it painted.  txrfb and
TigerVNC's Xvnc play the same frames to the same viewer, one after the other.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import mmap
import os
import statistics
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.building import built
from benchmarks.link import FAR, Link, LinkUnavailable, Shape, slowLink
from benchmarks.scenes import Shot
from benchmarks.servers import KINDS, available
from benchmarks.workloads import cacheDirectory, write
from txrfb.client import (
    ExtensionEvent,
    RFBClient,
    RFBClientFactory,
    Updated,
)
from txrfb.client.picture import Canvas
from txrfb.encodings import constants as c
from txrfb.geometry import Rectangle

WIDTH, HEIGHT = 640, 360
_PORT = 5971
_DISPLAY = 87
_BITS, _SIDE = 12, 16
ENCODINGS = (
    *(c.TIGHT, c.ZRLE, c.COPY_RECT, c.RAW, c.DESKTOP_SIZE, c.LAST_RECT),
    *(c.FENCE, c.CONTINUOUS_UPDATES, c.COMPRESSION_LEVEL_0 + 2),
)


def animation(frames: int) -> Iterator[Shot]:
    """
    Bands and blocks that move all over the screen, and the number of the frame.
    """
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    for number in range(frames):
        pixels = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
        band = (x + 3 * y // 2 + 7 * number) // 41 % 6 * 40
        pixels[..., 0] = band
        pixels[..., 1] = np.where((x + 5 * number) // 60 + y // 45 & 1, band // 3, 200)
        pixels[..., 2] = np.where((x * x + y * y) // 900 + number & 16, 220, 30)
        for bit in range(_BITS):
            value = 255 if number >> bit & 1 else 0
            pixels[:_SIDE, bit * _SIDE : (bit + 1) * _SIDE, :3] = value
        yield Shot(pixels, whole=True)


def numberIn(canvas: Canvas) -> int:
    """
    @param canvas: A viewer's picture.

    @return: The number of the frame that is in it.
    """
    middles = canvas[_SIDE // 2, _SIDE // 2 : _BITS * _SIDE : _SIDE]
    return sum(1 << bit for bit, value in enumerate(middles) if value & 0x80)


@dataclass(frozen=True)
class Lateness:
    """
    What came of a run, in milliseconds, frames and kilobits a second.
    """

    server: str
    median: float
    p95: float
    worst: float
    frames: float
    kilobits: float


class Painted:
    """
    When each frame was painted, by a file that the painter writes its number into.
    """

    def __init__(self, path: Path) -> None:
        path.write_bytes(bytes(4096))
        self.times: dict[int, float] = {}
        with path.open("r+b") as file:
            self._shown = mmap.mmap(file.fileno(), 0)
        self._isOver = False
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        seen = 0
        while not self._isOver:
            [shown] = struct.unpack_from("<Q", self._shown)
            if shown != seen:
                now = time.monotonic()
                for number in range(seen, shown):
                    self.times[number] = now
                seen = shown
            time.sleep(0.0005)

    def stop(self) -> None:
        """
        Watch no more.
        """
        self._isOver = True
        self._thread.join()


class Watcher(RFBClient):
    """
    The viewer: asks for continuous updates as soon as it can, and looks at numbers.
    """

    painted: Painted
    seen = -1

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.samples: list[tuple[float, float]] = []
        self.bytes = 0

    def dataReceived(self, data: bytes) -> None:
        """
        Count.
        """
        self.bytes += len(data)
        super().dataReceived(data)

    def extensionReceived(self, event: ExtensionEvent) -> None:
        """
        Let the server go on by itself, once it says that it can.
        """
        if self.canContinue and self.isUpdating:
            self.isUpdating = False
            screen = Rectangle(0, 0, self.width, self.height)
            self.enableContinuousUpdates(screen)

    def updateReceived(self, update: Updated) -> None:
        """
        How late is it?
        """
        now = time.monotonic()
        number = numberIn(self.canvas)
        painted = self.painted.times.get(number)
        if number > self.seen and painted is not None:
            self.seen = number
            self.samples.append((now, now - painted))


@contextlib.contextmanager
def _children() -> Iterator[list[subprocess.Popen[str]]]:
    children: list[subprocess.Popen[str]] = []
    try:
        yield children
    finally:
        for child in reversed(children):
            child.terminate()
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            for stream in (child.stdin, child.stdout):
                if stream is not None:
                    stream.close()


def _start(words: list[str], **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=None if os.environ.get("BENCHMARKS_VERBOSE") else subprocess.DEVNULL,
        text=True,
        cwd=Path(__file__).parent.parent,
        env={**os.environ, **environment},
    )


def _ready(child: subprocess.Popen[str]) -> None:
    assert child.stdout is not None
    if child.stdout.readline() != "ready\n":
        raise OSError(f"{child.args!r} does not start")


@contextlib.contextmanager
def _playing(
    server: str, link: Link, path: Path, progress: Path
) -> Iterator[Callable[[], None]]:
    """
    A server at the far end.

    @return: Starts playing; to be called when a viewer is connected.
    """
    with _children() as children:
        if server == "txrfb":
            words = ["--frames", str(path), "--progress", str(progress)]
            words += ["--port", str(_PORT), "--interface", FAR, "--play", "33"]
            python = [sys.executable, "-m", "benchmarks.txrfb_server"]
            children.append(_start(link.command(*python, *words)))
            _ready(children[-1])
            player = children[-1]
        else:
            words = [f":{_DISPLAY}", "-geometry", f"{WIDTH}x{HEIGHT}", "-depth", "24"]
            words += ["-rfbport", str(_PORT), "-SecurityTypes=None", "-br", "-ac"]
            children.append(_start(link.command("Xvnc", *words, "-nolisten", "tcp")))
            end = time.monotonic() + 10
            socket = Path(f"/tmp/.X11-unix/X{_DISPLAY}")
            while not socket.exists() and time.monotonic() < end:
                time.sleep(0.05)
            feeder = [str(built("xfeed")), str(path), str(progress), "plain", "33"]
            children.append(_start(link.command(*feeder), DISPLAY=f":{_DISPLAY}"))
            _ready(children[-1])
            player = children[-1]

        def play() -> None:
            assert player.stdin is not None
            player.stdin.write("\n\n")
            player.stdin.flush()

        yield play


def measure(server: str, link: Link, frames: int) -> Lateness:
    """
    Have a server play, and a viewer watch.

    @raise OSError: if the server does not start, or the viewer cannot log in.
    """
    from twisted.internet.endpoints import TCP4ClientEndpoint
    from twisted.internet.selectreactor import SelectReactor

    reactor: Any = SelectReactor()
    path = cacheDirectory() / f"latency-{frames}.frames"
    write(path, animation(frames), WIDTH, HEIGHT)
    progress = cacheDirectory() / f"latency-{os.getpid()}.progress"
    painted = Painted(progress)
    found: list[Watcher] = []
    try:
        with _playing(server, link, path, progress) as play:
            factory = RFBClientFactory(encodings=ENCODINGS, clock=reactor)
            factory.protocol = Watcher
            Watcher.painted = painted
            endpoint = TCP4ClientEndpoint(reactor, FAR, _PORT, timeout=10)
            endpoint.connect(factory).addCallbacks(
                lambda client: found.append(client), lambda failure: reactor.stop()
            )
            reactor.callLater(2.0, play)
            reactor.callLater(2.0 + frames * 0.035 + 2, reactor.stop)
            reactor.run()
    finally:
        painted.stop()
        progress.unlink()
    if not found or len(found[0].samples) < 10:
        raise OSError(f"the viewer saw little of {server}")
    samples = found[0].samples
    begin = samples[0][0] + 3
    late = sorted(1000 * seconds for at, seconds in samples if at > begin)
    duration = samples[-1][0] - begin
    return Lateness(
        server,
        statistics.median(late),
        late[int(len(late) * 0.95)],
        late[-1],
        len(late) / duration,
        found[0].bytes * 8 / 1000 / (samples[-1][0] - samples[0][0]),
    )


def main(argv: list[str] | None = None) -> int:
    """
    Measure and print.
    """
    parser = argparse.ArgumentParser(prog="benchmarks.latency", description=__doc__)
    parser.add_argument("--frames", type=int, default=450, help="30 of them a second")
    parser.add_argument("--rate", type=int, default=2000, help="kilobits a second")
    parser.add_argument("--delay", type=float, default=40, help="milliseconds each way")
    parser.add_argument("--json", action="store_true", help="one JSON object a server")
    options = parser.parse_args(argv)
    shape = Shape(options.rate * 1000, options.delay / 1000)
    try:
        with slowLink(shape) as link:
            print(
                f"{options.rate} kbit/s, {options.delay:g} ms each way, a queue of"
                f" {shape.limit} packets, by {link.how}"
            )
            for server in ("txrfb", "xvnc"):
                if server == "xvnc" and not available(KINDS["xvnc"]):
                    print("Xvnc is not installed")
                    continue
                result = _measured(server, link, options.frames)
                if options.json:
                    print(json.dumps(asdict(result)))
                else:
                    print(
                        f"{server:6} latency: median {result.median:6.0f} ms, 95 %"
                        f" {result.p95:6.0f} ms, worst {result.worst:6.0f} ms;"
                        f" {result.frames:4.1f} frames/s, {result.kilobits:5.0f} kbit/s"
                    )
    except LinkUnavailable as problem:
        print(f"There can be no slow link on this machine, nothing measured: {problem}")
    return 0


def _measured(server: str, link: Link, frames: int) -> Lateness:
    """
    Measure in a process of its own: a reactor runs once.
    """
    words = ["--inside", link.namespace, server, str(frames)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.latency", *words],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent.parent,
    )
    if done.returncode:
        raise OSError(done.stderr.strip().splitlines()[-1])
    return Lateness(**json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        _namespace, _server, _frames = sys.argv[2:5]
        _result = measure(_server, Link(_namespace, ""), int(_frames))
        print(json.dumps(asdict(_result)))
        sys.exit(0)
    sys.exit(main())
