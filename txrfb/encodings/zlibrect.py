# -*- test-case-name: tests.encodings.test_zrle -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Zlib: deflated pixels (rfbproto, zlib Encoding).

The encoding has one zlib stream a connection.  Every body made here is a piece of such
a stream that refers to nothing before it, so it is a piece of any stream.
"""

from __future__ import annotations

from collections.abc import Generator, Hashable

from zope.interface import implementer

from txrfb.encodings import constants
from txrfb.encodings.deflate import (
    HEADER,
    Inflater,
    deflateRaw,
    effort,
    maxDeflated,
)
from txrfb.encodings.level import Level
from txrfb.encodings.painting import paintPixels
from txrfb.encodings.raw import writer
from txrfb.encodings.values import PIXEL, Encoder, layoutKey, readU32
from txrfb.geometry import Rectangle
from txrfb.interfaces import IDecoder, IEncoding
from txrfb.pixels import PixelFormat, Surface, Words


class StreamEncoder(Encoder):
    """
    What Zlib and ZRLE have in common: a body is a length and a piece of the
    connection's stream.
    """

    opens = True

    def opening(self, body: bytes) -> bytes:
        """
        See L{txrfb.interfaces.IEncoder.opening}.
        """
        return (len(body) - 2).to_bytes(4, "big") + HEADER + body[4:]


class ZlibEncoder(StreamEncoder):
    """
    Deflates raw pixels.
    """

    number = constants.ZLIB
    maxArea = 1 << 17

    def __init__(self, format: PixelFormat, level: Level) -> None:
        self._write = writer(format)
        self._effort = effort(level)

    def encode(self, surface: Surface, rectangle: Rectangle) -> bytes:
        """
        See L{txrfb.interfaces.IEncoder.encode}.
        """
        data = deflateRaw(self._write(surface, rectangle, b""), self._effort)
        return len(data).to_bytes(4, "big") + data


@implementer(IDecoder)
class ZlibDecoder:
    """
    Inflates raw pixels.
    """

    def __init__(self) -> None:
        self._inflater = Inflater()

    def decode(
        self, rectangle: Rectangle, format: PixelFormat, canvas: Words
    ) -> Generator[int, bytes, None]:
        """
        See L{IDecoder.decode}.
        """
        size = format.bytesPerPixel
        most = maxDeflated(rectangle.area * size)
        length = yield from readU32(most, "bytes of zlib data")
        source = self._inflater.piece(length)
        yield from paintPixels(canvas, rectangle, source, size, PIXEL, format)


@implementer(IEncoding)
class Zlib:
    """
    Deflated raw pixels.
    """

    number = constants.ZLIB
    name = "Zlib"

    def key(self, format: PixelFormat, level: Level) -> Hashable:
        """
        See L{IEncoding.key}.
        """
        return self.number, layoutKey(format), effort(level)

    def encoder(self, format: PixelFormat, level: Level) -> ZlibEncoder:
        """
        See L{IEncoding.encoder}.
        """
        return ZlibEncoder(format, level)

    def decoder(self) -> ZlibDecoder:
        """
        See L{IEncoding.decoder}.
        """
        return ZlibDecoder()


ZLIB = Zlib()
