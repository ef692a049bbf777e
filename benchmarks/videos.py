# -*- test-case-name: tests.benchmarks.test_videos -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What a film costs as JPEG and as H.264, frame by frame in turns: C{python -m
benchmarks.videos}.

Viewers are transports that take whatever comes, and ask for more; so what is measured
is the server without sockets: what it captures, compares, encodes and writes.  What the
viewer then sees is measured with one that decodes, on its own.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from benchmarks import painting
from txrfb._wire.messages import FramebufferUpdateRequest, SetEncodings
from txrfb.encodings.constants import (
    COPY_RECT,
    OPEN_H264,
    QUALITY_LEVEL_0,
    TIGHT,
)
from txrfb.encodings.h264 import H264Encoder
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.interfaces import IVideoEncoder
from txrfb.protocol import RFBFactory
from txrfb.testing import Viewer

#: The screen, and the films on it.
_SCREEN = 1920, 1080
SIZES = ((640, 360), (1280, 720))

#: How many viewers there are.
COUNTS = (1, 16)

#: Frames a second, those before it is known to be a video, and those that are measured.
_RATE, _BEFORE, _FRAMES = 30, 60, 90

#: As noVNC asks for it by itself.
LEVEL = 6


def film(width: int, height: int) -> Iterator[Any]:
    """
    @return: Frames without end: a view that moves over a large picture and back, with
        a little fresh grain in its brightness.
    """
    scenery = painting.photo(width + 300, height + 180, 8, grain=0)
    noise = np.random.default_rng(9)
    while True:
        for number in (*range(60), *range(60, 0, -1)):
            y, x = 3 * number, 5 * number
            view = scenery[y : y + height, x : x + width]
            grain = noise.standard_normal((height, width, 1), np.float32)
            yield np.clip(view + 0.7 * grain, 0, 255).astype(np.uint8)


class Server:
    """
    A server with viewers that take whatever comes.

    @ivar seconds: What each frame took, of the processor.
    @ivar sizes: The bytes of each frame, for one viewer.
    """

    def __init__(self, make: Callable[[], IVideoEncoder] | None, count: int) -> None:
        self.clock = Clock()
        self.framebuffer = MemoryFramebuffer(*_SCREEN)
        self.factory = RFBFactory(self.framebuffer, video=make, reactor=self.clock)
        self.seconds: list[float] = []
        self.sizes: list[int] = []
        self._ask = FramebufferUpdateRequest(True, Rectangle(0, 0, *_SCREEN)).toBytes()
        numbers = (COPY_RECT, OPEN_H264, TIGHT, QUALITY_LEVEL_0 + LEVEL)
        self._viewers = []
        for _ in range(count):
            transport: Any = StringTransport()
            protocol: Any = self.factory.buildProtocol(None)
            protocol.makeConnection(transport)
            protocol.dataReceived(b"RFB 003.008\n\1\1")
            protocol.dataReceived(SetEncodings(numbers).toBytes() + self._ask)
            self._viewers.append((protocol, transport))

    def show(self, picture: Any, x: int, y: int) -> None:
        """
        Show a frame, and have all viewers take it.
        """
        height, width = picture.shape[:2]
        self.framebuffer.array[y : y + height, x : x + width, :3] = picture[..., ::-1]
        begun = time.process_time()
        self.framebuffer.damage(Rectangle(x, y, width, height), exact=True)
        while not self._viewers[-1][1].io.tell():
            self.clock.advance(1 / _RATE)
        self.clock.advance(0)
        for protocol, _ in self._viewers:
            protocol.dataReceived(self._ask)
        self.seconds.append(time.process_time() - begun)
        self.sizes.append(self._viewers[0][1].io.tell())
        for _, transport in self._viewers:
            transport.clear()


@dataclass(frozen=True)
class Cost:
    """
    What a film costs.

    @ivar jpeg: Milliseconds of the processor for a frame as JPEG.
    @ivar h264: Likewise as H.264.
    @ivar jpegSize: Bytes of a frame for one viewer, as JPEG.
    @ivar h264Size: Likewise as H.264.
    """

    jpeg: float
    h264: float
    jpegSize: float
    h264Size: float


def cost(width: int, height: int, count: int, frames: int = _FRAMES) -> Cost:
    """
    @param count: How many viewers there are.

    @param frames: How many frames are measured.

    @return: What each costs, in turns.
    """
    servers = [Server(None, count), Server(H264Encoder, count)]
    shown = film(width, height)
    for _ in range(_BEFORE + frames):
        picture = next(shown)
        for server in servers:
            server.show(picture, 100, 100)
    jpeg, h264 = (
        (
            median(server.seconds[_BEFORE:]) * 1000,
            sum(server.sizes[_BEFORE:]) / frames,
        )
        for server in servers
    )
    return Cost(jpeg[0], h264[0], jpeg[1], h264[1])


def likeness(
    make: Callable[[], IVideoEncoder] | None, width: int, height: int, frames: int = 30
) -> tuple[float, bool]:
    """
    @return: How like the film what a viewer sees is: PSNR in dB; and whether that is
        sent H.264.
    """
    framebuffer = MemoryFramebuffer(*_SCREEN)
    factory = RFBFactory(framebuffer, video=make, reactor=Clock())
    numbers = (COPY_RECT, OPEN_H264, TIGHT, QUALITY_LEVEL_0 + LEVEL)
    viewer = Viewer(factory, encodings=numbers)
    shown = film(width, height)
    errors = []
    for number in range(_BEFORE + frames):
        picture = next(shown)
        framebuffer.paste(picture, 100, 100)
        viewer.advance(1 / _RATE)
        if number >= _BEFORE:
            seen = viewer.client.canvas[100 : 100 + height, 100 : 100 + width]
            colors = np.stack([seen >> 16, seen >> 8 & 255, seen & 255], 2) & 255
            errors.append(float(((colors - picture.astype(float)) ** 2).mean()))
    isVideo = OPEN_H264 in viewer.updates[-1].encodings
    return float(10 * np.log10(255**2 / np.mean(errors))), isVideo


def main(arguments: Sequence[str] | None = None) -> None:
    """
    Measure, and print.
    """
    parser = argparse.ArgumentParser(description="JPEG and H.264, in turns.")
    parser.add_argument("--frames", type=int, default=_FRAMES)
    frames = parser.parse_args(arguments).frames
    for width, height in SIZES:
        print(f"film of {width}x{height}, level {LEVEL}:")
        for name, make in (("JPEG", None), ("H.264", H264Encoder)):
            print(f"  {name}: {likeness(make, width, height)[0]:.1f} dB")
        for count in COUNTS:
            found = cost(width, height, count, frames)
            print(
                f"  {count} viewers: JPEG {found.jpeg:.2f} ms, "
                f"{found.jpegSize / 1024:.1f} KiB; H.264 {found.h264:.2f} ms,"
                f" {found.h264Size / 1024:.1f} KiB; ratios"
                f" {found.h264 / found.jpeg:.2f}, {found.h264Size / found.jpegSize:.3f}"
            )


if __name__ == "__main__":
    main()
