# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A codec of videos for tests, which loses nothing, and of which no frame decodes without
the frame before.
"""

from __future__ import annotations

import zlib
from collections.abc import Generator
from itertools import count
from typing import Any

import numpy as np
from zope.interface import implementer

from txrfb.geometry import Rectangle
from txrfb.interfaces import IDecoder, IVideoEncoder
from txrfb.pixels import PixelFormat, Words

_streams = count(1)


@implementer(IVideoEncoder)
class ExactEncoder:
    """
    Writes the number of its stream and of the frame, and what is other than in the
    frame before.
    """

    def begin(self, width: int, height: int, quality: int) -> None:
        """
        Have no frame yet.
        """
        self._stream = next(_streams)
        self._count = 0
        self._last: Any = np.zeros((height, width, 4), np.uint8)

    def encode(self, pixels: Any, key: bool) -> bytes:
        """
        Write a frame.
        """
        self._count += 1
        if key:
            self._last = np.zeros_like(self._last)
        changed = zlib.compress((pixels ^ self._last).tobytes(), 1)
        self._last = pixels.copy()
        numbers = self._stream, self._count, int(key)
        return b"".join(number.to_bytes(4, "big") for number in numbers) + changed

    def close(self) -> None:
        """
        There is nothing to be closed.
        """


@implementer(IDecoder)
class ExactDecoder:
    """
    Reads that.
    """

    def __init__(self) -> None:
        self._contexts: dict[Rectangle, tuple[int, int, Any]] = {}

    def decode(
        self, rectangle: Rectangle, format: PixelFormat, canvas: Words
    ) -> Generator[int, bytes, None]:
        """
        Paint a frame.

        @raise ValueError: if that before is missing.
        """
        head = yield 8
        length, flags = int.from_bytes(head[:4], "big"), int.from_bytes(head[4:], "big")
        data = yield length
        if flags & 1:
            self._contexts.pop(rectangle, None)
        stream, number, key = (
            int.from_bytes(data[at : at + 4], "big") for at in (0, 4, 8)
        )
        x, y, width, height = rectangle
        last: Any = np.zeros((height, width, 4), np.uint8)
        if not key:
            has = self._contexts.get(rectangle)
            if has is None or has[:2] != (stream, number - 1):
                raise ValueError(f"frame {number} of {stream} after {has and has[:2]}")
            last = has[2]
        changed = np.frombuffer(zlib.decompress(data[12:]), np.uint8)
        pixels = last ^ changed.reshape(last.shape)
        self._contexts[rectangle] = stream, number, pixels
        canvas[y : y + height, x : x + width] = pixels.view("<u4")[..., 0] & 0xFFFFFF
