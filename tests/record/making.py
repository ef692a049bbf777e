# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Recordings for tests, with the pictures that they have at each time.
"""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.scenes import serving
from txrfb._session.tap import TappedUpdate, UpdateTap
from txrfb._wire.messages import RectangleHeader, ServerInit, packUpdate
from txrfb.encodings.constants import TIGHT
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.pixels import NATIVE
from txrfb.record.fbs import MAGIC, blockOf, opening, sizeOf, wholeHead

Colors = NDArray[np.uint32]


def colorsOf(pixels: Any) -> Colors:
    """
    @return: What is to be seen, C{0xRRGGBB}, shape (height, width).
    """
    array = np.array(pixels)
    if array.ndim == 3:
        array = np.ascontiguousarray(array).view(np.uint32)[..., 0]
    return array & np.uint32(0xFFFFFF)


class Maker:
    """
    Records a framebuffer as a server does it.

    @ivar data: The file.
    @ivar index: The lines of its index.
    @ivar pictures: The picture of each time, in milliseconds.
    """

    def __init__(self, width: int = 80, height: int = 60) -> None:
        self.framebuffer = MemoryFramebuffer(width, height, "a recording")
        self.framebuffer.fill("navy")
        self.data = MAGIC + blockOf(opening(width, height, "a recording"), 0)
        self.index: list[dict[str, Any]] = []
        self.pictures: dict[int, Colors] = {}
        self.milliseconds = 0
        self._blocks: list[bytes] = []
        self._factory = serving(self.framebuffer)
        self._tap = UpdateTap(self._factory, self._take, told=self._blocks.append)
        self._tap.knownName = "a recording"
        self._tap.start()
        self.at(0)

    def _take(self, update: TappedUpdate) -> None:
        data = update.toBytes()
        if update.isWhole:
            data = wholeHead(update.width, update.height) + data
        self._blocks.append(data)

    def at(self, milliseconds: int, isWhole: bool = False) -> None:
        """
        Record what there is now.
        """
        clock: Any = self._factory.clock
        if isWhole:
            self._tap.wantWhole()
        clock.pump([0.01] * 30)
        for data in self._blocks:
            block = blockOf(data, milliseconds)
            if sizeOf(data) is not None:
                entry = {"ms": milliseconds, "offset": len(self.data), "key": True}
                self.index.append(entry)
            self.data += block
        self._blocks.clear()
        self.pictures[milliseconds] = colorsOf(self.framebuffer.array)

    def squares(self, number: int, every: int = 100, whole: int = 10) -> Maker:
        """
        Record that so many squares are painted.
        """
        random = np.random.default_rng(number)
        time = max(self.pictures)
        for count in range(number):
            x, y = int(random.integers(0, 60)), int(random.integers(0, 40))
            color = f"#{int(random.integers(0, 1 << 24)):06x}"
            self.framebuffer.fill(color, Rectangle(x, y, 20, 20))
            time += every
            self.at(time, isWhole=count % whole == whole - 1)
        return self

    def write(self, path: Path, hasIndex: bool = False) -> Path:
        """
        Write it to a file.
        """
        path.write_bytes(self.data)
        if hasIndex:
            lines = "".join(json.dumps(entry) + "\n" for entry in self.index)
            Path(f"{path}.idx").write_text(lines, "utf-8")
        return path


def pictureAt(pictures: dict[int, Colors], milliseconds: int) -> Colors:
    """
    @return: The last of the pictures at that time or before.
    """
    return pictures[max(time for time in pictures if time <= milliseconds)]


def othersFile(
    updates: int = 20, every: int = 100, cut: int = 7, isLikeOurs: bool = False
) -> tuple[bytes, dict[int, Colors]]:
    """
    What rfbproxy records of a server whose updates are Tight with one compressed stream
    for all of them: messages are cut anywhere.

    @param cut: How many bytes a block has at first; each next one has more.

    @param isLikeOurs: Whether messages are not cut, and one in the midst looks like a
        whole picture to begin with.

    @return: The file, and the pictures of the times.
    """
    width, height = 60, 50
    deflate = zlib.compressobj()
    random = np.random.default_rng(updates)
    init = ServerInit(width, height, NATIVE, "another's").toBytes()
    said = [b"RFB 003.003\n", b"\0\0\0\1", init]
    if isLikeOurs:
        said, cut = [b"".join(said)], 1 << 20
    blocks = b"".join(blockOf(data, 0) for data in said)
    picture = np.zeros((height, width), np.uint32)
    pictures = {}
    for number in range(updates):
        isWhole = isLikeOurs and number == updates // 2
        area = Rectangle(0, 0, width, height)
        if number and not isWhole:
            x, y = random.integers(0, width - 12), random.integers(0, height - 12)
            area = Rectangle(int(x), int(y), 12, 12)
        colors = random.integers(0, 256, (area.height, area.width, 3), np.uint8)
        packed = deflate.compress(colors.tobytes())
        packed += deflate.flush(zlib.Z_SYNC_FLUSH)
        length = len(packed)
        size = bytes([length & 127 | 128, length >> 7 & 127 | 128, length >> 14])
        message = packUpdate(1) + RectangleHeader(area, TIGHT).toBytes()
        message += b"\0" + size + packed
        if isWhole:
            message = wholeHead(width, height) + message
        wide = colors.astype(np.uint32)
        left, top = area[:2]
        picture[top : top + area.height, left : left + area.width] = (
            wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]
        )
        time = number * every
        pictures[time] = picture.copy()
        start = 0
        while start < len(message):
            blocks += blockOf(message[start : start + cut], time)
            start += cut
            cut += 61
    return MAGIC + blocks, pictures
