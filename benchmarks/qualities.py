# -*- test-case-name: tests.benchmarks.test_qualities -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What viewers see at each JPEG quality level, and what it costs, of txrfb, TigerVNC's
Xvnc and libvncserver: the whole picture that a viewer is sent when it comes is decoded
and compared with what the server was given.
"""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from benchmarks import painting
from benchmarks.painting import Pixels, toPixels
from benchmarks.scenes import SCENES, Shot
from benchmarks.servers import KINDS, Kind, Running, available, running
from benchmarks.workloads import Rect, Workload, write
from txrfb.client import RFBClient, Updated
from txrfb.encodings.constants import CURSOR, LAST_RECT, TIGHT

#: Who is compared.
SERVERS = ("txrfb+hints", "xvnc", "lvs")

#: The pseudo-encoding of quality level 0.
_QUALITY = -32

_SECONDS = 20.0


@dataclass(frozen=True)
class Still:
    """
    A picture that stands still.

    @ivar name: How tables call it.
    @ivar pixels: The picture.
    @ivar text: Where colored text is, if there is some.
    """

    name: str
    pixels: Pixels
    text: Rect | None = None


def stills(width: int, height: int) -> Iterator[Still]:
    """
    @return: An office desktop, a photo, colored text beside and over a photo, and a
        subtitle.
    """
    yield Still("office", next(iter(SCENES["office"](width, height))).pixels)
    photo = painting.photoImage(width, height, 70)
    yield Still("photo", toPixels(photo))
    text = (0, 0, width // 2 - 13, height)
    beside = photo.copy()
    beside.paste(Image.new("RGB", text[2:], (255, 255, 255)))
    painting.code(ImageDraw.Draw(beside), (20, 20, text[2] - 20, height - 20), 3)
    yield Still("text beside", toPixels(beside), text)
    over = photo.copy()
    text = (width // 4, height // 4, width // 2, height // 2)
    right, bottom = text[0] + text[2], text[1] + text[3]
    painting.code(ImageDraw.Draw(over), (*text[:2], right, bottom), 3)
    yield Still("text over", toPixels(over), text)
    under = photo.copy()
    draw = ImageDraw.Draw(under)
    font = painting.font("bold", 28)
    text = (width // 8, height - 120, 3 * width // 4, 80)
    for line, y in (("What is said in a film,", 0), ("and read below.", 40)):
        x = (width - font.getlength(line)) / 2
        draw.text((x, text[1] + y), line, "white", font, stroke_width=2, stroke_fill=0)
    yield Still("subtitle", toPixels(under), text)


class _Looker(RFBClient):
    """
    A viewer that notes what of the picture has come.
    """

    def ready(self) -> None:
        """
        Nothing has.
        """
        self.missing = np.ones((self.height, self.width), bool)
        super().ready()

    def updateReceived(self, update: Updated) -> None:
        """
        Some has.
        """
        for x, y, width, height in update.rectangles:
            self.missing[y : y + height, x : x + width] = False


@dataclass(frozen=True)
class Seen:
    """
    What a viewer has seen.

    @ivar canvas: The picture: C{0xRRGGBB}.
    @ivar size: In how many bytes it came.
    """

    canvas: Any
    size: int

    def psnr(self, still: Still, part: Rect | None = None) -> float:
        """
        @param part: Where; C{None} for everywhere.

        @return: The ratio of signal to noise in dB; infinity if all is equal.
        """
        x, y, width, height = part or (0, 0, *self.canvas.shape[::-1])
        here = np.s_[y : y + height, x : x + width]
        shifts = np.array([0, 8, 16], np.uint32)
        ours = (self.canvas[here][..., None] >> shifts & 255).astype(float)
        square = float(((ours - still.pixels[here][..., :3]) ** 2).mean())
        return 10 * math.log10(255**2 / square) if square else math.inf


def _drive(port: int, encodings: Iterable[int], server: Running, key: bool) -> Seen:
    """
    Look at a server.

    @param key: Whether to press a key and wait until the server has painted its next
        frame, and not for the picture.

    @raise OSError: if what is waited for does not come.
    """
    viewer: Any = _Looker(encodings=encodings, clock=Clock())
    transport = StringTransport()
    viewer.makeConnection(transport)
    size = 0
    until = time.monotonic() + _SECONDS
    frame = server.shown() + 1
    with socket.create_connection(("127.0.0.1", port), _SECONDS) as connection:
        connection.settimeout(0.05)
        while time.monotonic() < until:
            connection.sendall(transport.value())
            transport.clear()
            if viewer.isReady and (
                server.shown() >= frame if key else not viewer.missing.any()
            ):
                return Seen(viewer.canvas.copy(), size)
            wasReady = viewer.isReady
            try:
                data = connection.recv(1 << 16)
            except TimeoutError:
                continue
            if not data:
                raise OSError(f"{server.kind.name} hung up")
            viewer.dataReceived(data)
            if wasReady:
                size += len(data)
            elif viewer.isReady and key:
                viewer.keyPress("a")
    raise OSError(f"{server.kind.name} does not show its picture")


def look(kind: Kind, still: Still, levels: Iterable[int]) -> Iterator[Seen]:
    """
    @return: What is seen by a viewer with each quality level that comes to a server
        which shows a picture; -1 is without JPEG.

    @raise OSError: if the server does not start, or shows nothing.
    """
    height, width = still.pixels.shape[:2]
    with TemporaryDirectory() as directory:
        path = Path(directory) / "still"
        write(path, iter([Shot(still.pixels, whole=True)]), width, height)
        with running(kind, Workload(path)) as server:
            _drive(server.port, [TIGHT], server, True)
            for level in levels:
                quality = [] if level < 0 else [_QUALITY + level]
                # As viewers do: a pointer is not drawn into their picture, and servers
                # look for areas of one color only for those that know LastRect.
                encodings = [TIGHT, CURSOR, LAST_RECT, *quality]
                yield _drive(server.port, encodings, server, False)


def _cell(still: Still, seen: Seen) -> str:
    def said(psnr: float) -> str:
        return f"{psnr:5.1f}" if math.isfinite(psnr) else "equal"

    text = said(seen.psnr(still, still.text)) if still.text else ""
    return f"{seen.size / 1024:8.0f} {said(seen.psnr(still))} {text:>5}"


def qualityTable(width: int, height: int, levels: Iterable[int] = range(10)) -> None:
    """
    Print for each picture and level what the servers that are installed here send.
    """
    kinds = [KINDS[name] for name in SERVERS if available(KINDS[name])]
    print(f"pictures of {width}x{height}: KiB, dB, and dB of the text alone")
    print(f"{'':18}" + "".join(f"{kind.name:>22}" for kind in kinds))
    levels = [*levels]
    for still in stills(width, height):
        columns = [list(look(kind, still, levels)) for kind in kinds]
        for level, *row in zip(levels, *columns, strict=True):
            cells = "".join(f"{_cell(still, seen):>22}" for seen in row)
            print(f"{still.name:12}{level:6}{cells}", flush=True)
