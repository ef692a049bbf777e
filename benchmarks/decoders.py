# -*- test-case-name: tests.benchmarks.test_decoders -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What it costs a viewer to decode: C{python -m benchmarks.decoders} has the same updates
decoded by L{txrfb.client} and by libvncclient (C{peers/decode.c}), in turns.

A screen of each scene is written in each encoding, as our server does it, and goes to
the viewer by a socket.  What counts is the processor time of the viewer's thread,
reading included, the least of several runs.  Both must come to the picture that was
written.

The exit status is 1 if an encoding takes us more than twice what libvncclient takes, or
more than 10 ns a pixel.
"""

from __future__ import annotations

import argparse
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from twisted.internet.task import Clock

from benchmarks.building import built, requireKernels
from benchmarks.scenes import SCENES
from txrfb._wire.messages import FramebufferUpdate, RectangleHeader, ServerInit
from txrfb._wire.transcript import Transcript
from txrfb.client import ClientConnection, Updated
from txrfb.client.protocol import READ
from txrfb.encodings import ENCODINGS, Level, constants, jpeg
from txrfb.encodings.copyrect import encodeCopyRect
from txrfb.geometry import Rectangle
from txrfb.interfaces import IEncoder
from txrfb.pixels import NATIVE, Surface, Words
from txrfb.security.client import securityFor

WIDTH, HEIGHT = 1920, 1080

#: The most that is allowed: times of libvncclient's processor time, and nanoseconds a
#: pixel.
RATIO, COST = 2.0, 10.0

#: How high a rectangle is at the most.
_ROWS = 64

#: What libvncclient does not read.
_ALONE = (constants.TIGHT_PNG, constants.JPEG)


@dataclass(frozen=True)
class Stream:
    """
    What a server says.

    @ivar scene: What it shows.
    @ivar name: How it is written.
    @ivar data: FramebufferUpdates.
    @ivar updates: How many of them.
    @ivar pixels: How many pixels they have.
    @ivar picture: What is seen then; C{None} if something was lost.
    @ivar isKnown: Whether libvncclient knows the encoding.
    """

    scene: str
    name: str
    data: bytes
    updates: int
    pixels: int
    picture: Words | None
    isKnown: bool


def pieces(encoder: IEncoder) -> Iterator[Rectangle]:
    """
    @return: A screen in rectangles that an encoder takes.
    """
    high = min(_ROWS, encoder.maxHeight)
    wide = min(WIDTH, encoder.maxWidth, max(encoder.maxArea // high, 1))
    for y in range(0, HEIGHT, high):
        for x in range(0, WIDTH, wide):
            yield Rectangle(x, y, min(wide, WIDTH - x), min(high, HEIGHT - y))


def written(surface: Surface, number: int, level: Level) -> bytes:
    """
    @return: An update with all of a screen.
    """
    encoder = ENCODINGS[number].encoder(NATIVE, level)
    bodies: list[bytes] = []
    for where in pieces(encoder):
        write = encoder.encodePhoto if level.quality >= 0 else encoder.encode
        body = write(surface, where)
        if encoder.opens and not bodies:
            body = encoder.opening(body)
        bodies.append(RectangleHeader(where, number).toBytes() + body)
    return FramebufferUpdate(len(bodies)).toBytes() + b"".join(bodies)


def copies(colors: Words) -> tuple[bytes, Words]:
    """
    @return: Updates that scroll a screen up by some rows, and down again, and what is
        seen then.
    """
    parts = []
    shown = colors.copy()
    for fromY, y in ((24, 0), (0, 40)):
        high = HEIGHT - max(fromY, y)
        where = Rectangle(0, y, WIDTH, high)
        header = RectangleHeader(where, constants.COPY_RECT).toBytes()
        parts.append(FramebufferUpdate(1).toBytes() + header)
        parts.append(encodeCopyRect(0, fromY))
        shown[y : y + high] = shown[fromY : fromY + high].copy()
    return b"".join(parts), shown


def streams(scenes: list[str]) -> Iterator[Stream]:
    """
    @return: Each scene in each encoding.
    """
    for scene in scenes:
        shot = next(iter(SCENES[scene](WIDTH, HEIGHT)))
        pixels = np.ascontiguousarray(shot.pixels)
        surface = Surface(pixels, WIDTH * 4, WIDTH, HEIGHT)
        colors = pixels.view("<u4").reshape(HEIGHT, WIDTH) & np.uint32(0xFFFFFF)
        area = WIDTH * HEIGHT
        for number, encoding in ENCODINGS.items():
            if number == constants.JPEG and scene == "text":
                continue
            data = written(surface, number, Level())
            shown = None if number == constants.JPEG else colors
            isKnown = number not in _ALONE
            yield Stream(scene, encoding.name, data, 1, area, shown, isKnown)
        if jpeg.AVAILABLE and scene != "text":
            data = written(surface, constants.TIGHT, Level(quality=80, subsampling=1))
            yield Stream(scene, "Tight JPEG", data, 1, area, None, True)
        raw = written(surface, constants.RAW, Level())
        data, shown = copies(colors)
        yield Stream(scene, "CopyRect", raw + data * 8, 17, area * 17, None, True)


def connected() -> ClientConnection:
    """
    @return: A viewer's side that is logged in.
    """
    connection = ClientConnection(
        securityFor(names=["None"]), Transcript(0, Clock()), limits=None
    )
    connection.start()
    init = ServerInit(WIDTH, HEIGHT, NATIVE, "").toBytes()
    connection.receive(b"RFB 003.008\n\1\1\0\0\0\0" + init)
    return connection


def ours(stream: Stream, path: str) -> tuple[int, Words]:
    """
    Decode a stream.

    @param path: A file that has it.

    @return: Nanoseconds of processor time, and the picture.
    """
    connection = connected()
    # Who looks at a screen for long has memory for it.
    connection.canvas.fill(1)
    near, far = socket.socketpair()
    left = stream.updates
    with subprocess.Popen(["cat", path], stdout=far.fileno()), near:
        far.close()
        start = time.thread_time_ns()
        while left:
            for event in connection.receive(near.recv(READ)):
                left -= isinstance(event, Updated)
        took = time.thread_time_ns() - start
    return took, connection.canvas


def checksum(colors: Words) -> int:
    """
    @return: What C{decode.c} makes of a picture.
    """
    result = 0
    for color in colors.ravel().tolist():
        result = (result * 31 + color) & 0xFFFFFFFF
    return result


def compare(stream: Stream, runs: int, peer: Path | None) -> tuple[float, float]:
    """
    Have a stream decoded by both.

    @return: Nanoseconds a pixel that we take, and that libvncclient takes; the latter
        is 0 if it is not there, or does not know the encoding.

    @raise ValueError: if somebody sees another picture.
    """
    least, theirs = [], []
    with tempfile.NamedTemporaryFile() as file:
        file.write(stream.data)
        file.flush()
        for _ in range(runs):
            took, canvas = ours(stream, file.name)
            least.append(took)
            if stream.picture is not None and not np.array_equal(
                canvas, stream.picture
            ):
                raise ValueError(f"{stream.name}, {stream.scene}: another picture")
            if peer is None or not stream.isKnown:
                continue
            command = [str(peer), file.name, str(WIDTH), str(HEIGHT)]
            said = json.loads(
                subprocess.check_output([*command, str(stream.updates), "1"])
            )
            theirs += said["ns"]
        if theirs and "JPEG" not in stream.name and said["sum"] != checksum(canvas):
            raise ValueError(f"{stream.name}, {stream.scene}: it sees another picture")
    pixels = stream.pixels
    return min(least) / pixels, min(theirs) / pixels if theirs else 0.0


def main(arguments: list[str]) -> int:
    """
    Print the table.

    @return: The exit status.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.decoders")
    parser.add_argument("scenes", nargs="*", metavar="SCENE", help=", ".join(SCENES))
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args(arguments)
    requireKernels()
    peer = built("decode")
    missed = 0
    print("scene   encoding      bytes/px   ours ns/px   libvncclient   ratio")
    for stream in streams(options.scenes or ["text", "photo"]):
        cost, other = compare(stream, options.runs, peer)
        ratio = cost / other if other else 0.0
        isBad = cost > COST or ratio > RATIO
        missed += isBad
        print(
            f"{stream.scene:7} {stream.name:12} {len(stream.data) / stream.pixels:9.2f}"
            f" {cost:12.2f} {other:14.2f} {ratio:7.2f}{'  MISSED' * isBad}",
            flush=True,
        )
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
