# -*- test-case-name: tests.encodings.test_jpeg -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
JPEG, in rectangles of its own (rfbproto, JPEG Encoding) and for Tight.

It needs the package C{simplejpeg}; without that no viewer is sent JPEG.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Hashable
from typing import Any

import numpy as np
from zope.interface import implementer

from txrfb import kernels
from txrfb.encodings import constants
from txrfb.encodings.level import FULL_COLOR, Level
from txrfb.encodings.painting import placeOf
from txrfb.encodings.values import PIXEL, Encoder, checkInside
from txrfb.encodings.wanted import Wanted
from txrfb.geometry import Rectangle
from txrfb.interfaces import IDecoder, IEncoding
from txrfb.pixels import NATIVE, PixelFormat, Surface, Words

try:
    import simplejpeg  # type: ignore[import-untyped]

    AVAILABLE = True
except ImportError:
    AVAILABLE = False

#: The widest and highest picture that libjpeg makes.
MAX_SIDE = 65500

#: libjpeg's names of the values of L{Level.subsampling}.
_subsamplings = ("444", "420", "422", "Gray")


def compress(surface: Surface, rectangle: Rectangle, level: Level) -> bytes:
    """
    @param rectangle: Inside the surface.

    @param level: Its quality, which must not be -1, and its subsampling.

    @return: A JFIF stream with all tables in it.
    """
    x, y, width, height = rectangle
    stride = surface.stride
    view: Any = np.ndarray(
        (height, width, 4),
        np.uint8,
        surface.pixels,
        y * stride + x * 4,
        (stride, 4, 1),
    )
    result: bytes = simplejpeg.encode_jpeg(
        view, level.quality, "BGRX", _subsamplings[level.subsampling]
    )
    return result


def decompress(data: bytes, width: int, height: int) -> Any:
    """
    @param data: A JFIF stream.

    @return: Its pixels, blue, green, red and one that is ignored: of shape
        (height, width, 4).

    @raise ValueError: if it is damaged or of another size.
    """
    if not AVAILABLE:
        raise ValueError("JPEG cannot be read: the package simplejpeg is missing")
    try:
        has = simplejpeg.decode_jpeg_header(data)
        # The size is looked at before memory is taken for the pixels.
        if has[:2] != (height, width):
            raise ValueError(
                f"a JPEG picture of {has[1]}x{has[0]} pixels for a rectangle of"
                f" {width}x{height}"
            )
        return simplejpeg.decode_jpeg(data, "BGRX")
    except (ValueError, TypeError, MemoryError) as problem:
        raise ValueError(f"the JPEG data cannot be read: {problem}") from None


def paint(canvas: Words, rectangle: Rectangle, data: bytes) -> None:
    """
    Paint a picture.

    @param data: A JFIF stream.

    @raise ValueError: if it is damaged or of another size.
    """
    pixels = decompress(data, rectangle.width, rectangle.height)
    kernels.paintPixels(*placeOf(canvas, rectangle), pixels, 0, PIXEL, NATIVE)


class JpegEncoder(Encoder):
    """
    Compresses whatever it is.
    """

    number = constants.JPEG
    maxWidth = MAX_SIDE
    maxHeight = MAX_SIDE

    #: What is sent to viewers who ask for no quality.
    USUAL = Level(quality=92, subsampling=FULL_COLOR)

    def __init__(self, level: Level) -> None:
        self._level = level if level.quality >= 0 else self.USUAL

    def encode(self, surface: Surface, rectangle: Rectangle) -> bytes:
        """
        See L{txrfb.interfaces.IEncoder.encode}.
        """
        checkInside(surface, rectangle)
        return compress(surface, rectangle, self._level)

    def isLossy(self, body: bytes) -> bool:
        """
        See L{txrfb.interfaces.IEncoder.isLossy}.
        """
        return True


_FILL = 0xFF
_HUFFMAN, _START, _END, _SCAN, _TABLES = 0xC4, 0xD8, 0xD9, 0xDA, 0xDB
_restarts = frozenset(range(0xD0, 0xD8))
#: Markers that no length and no data follow.
_bare = _restarts | {0x01, _START, _END}
#: What ends compressed data.
_marker = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")

#: How many bytes are looked through for it at a time.
_PIECE = 4096


@implementer(IDecoder)
class JpegDecoder:
    """
    Reads one stream after the other.  Tables that one does not have are those of
    the last that had some.
    """

    def __init__(self) -> None:
        self._kept: dict[int, bytes] = {_HUFFMAN: b"", _TABLES: b""}

    def decode(
        self, rectangle: Rectangle, format: PixelFormat, canvas: Words
    ) -> Generator[int, bytes, None]:
        """
        See L{IDecoder.decode}.
        """
        # There is no length in front, so the segments are walked through.
        limit = rectangle.area * 6 + (1 << 17)
        segments = bytearray()
        found = dict.fromkeys(self._kept, b"")
        if (yield 2) != bytes((_FILL, _START)):
            raise ValueError("JPEG data does not begin with a start of image")
        kind = _START
        while kind != _END:
            if kind == _SCAN:
                kind = yield from _scanned(segments, limit)
            else:
                kind = yield from _nextMarker(limit)
            segment = bytes((_FILL, kind))
            if kind not in _bare:
                length = yield 2
                size = int.from_bytes(length, "big")
                if size < 2:
                    raise ValueError(f"a JPEG segment of {size} bytes")
                segment += length + (yield size - 2)
            if kind in found:
                found[kind] += segment
            segments += segment
            if len(segments) > limit:
                raise ValueError(f"more than {limit} bytes of JPEG data")
        tables = b"".join(
            self._kept[kind] for kind, segment in found.items() if not segment
        )
        self._kept.update((kind, part) for kind, part in found.items() if part)
        if not rectangle.isEmpty:
            data = bytes((_FILL, _START)) + tables + segments
            paint(canvas, rectangle, data)


def _scanned(into: bytearray, limit: int) -> Generator[int, bytes, int]:
    """
    Read compressed data, and the marker after it.

    @param into: What is before the marker is appended here.

    @param limit: How long C{into} may become.

    @return: The marker's kind.

    @raise ValueError: if there is none.
    """
    unused = 0
    while True:
        data = yield Wanted(2, _PIECE, unused)
        found = _marker.search(data)
        if found is not None:
            into += data[: found.start()]
            yield Wanted(0, 0, len(data) - found.end())
            return data[found.end() - 1]
        # The last byte may be the first of a marker.
        unused = int(data[-1] == _FILL)
        into += data[: len(data) - unused]
        if len(into) > limit:
            raise ValueError(f"more than {limit} bytes of JPEG data")


def _nextMarker(limit: int) -> Generator[int, bytes, int]:
    """
    Read the marker of the next segment.

    @param limit: How many bytes it may be filled up with.

    @return: Its kind.

    @raise ValueError: if there is none.
    """
    first, kind = yield 2
    if first != _FILL:
        raise ValueError(f"{first} where a JPEG marker should be")
    while kind == _FILL:
        limit -= 1
        if limit < 0:
            raise ValueError("a JPEG marker that does not end")
        kind = (yield 1)[0]
    return kind


@implementer(IEncoding)
class Jpeg:
    """
    Nothing but JPEG.
    """

    number = constants.JPEG
    name = "JPEG"

    def key(self, format: PixelFormat, level: Level) -> Hashable:
        """
        See L{IEncoding.key}.
        """
        level = level if level.quality >= 0 else JpegEncoder.USUAL
        return self.number, level.quality, level.subsampling

    def encoder(self, format: PixelFormat, level: Level) -> JpegEncoder:
        """
        See L{IEncoding.encoder}.
        """
        return JpegEncoder(level)

    def decoder(self) -> JpegDecoder:
        """
        See L{IEncoding.decoder}.
        """
        return JpegDecoder()


JPEG = Jpeg()
