# -*- test-case-name: tests.encodings.test_tight -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tight: what a rectangle needs - one color, a palette, JPEG, or pixels with or without
prediction - then deflated (rfbproto, Tight Encoding).

Every deflated rectangle made here resets the zlib stream that it uses and is a stream
of its own.  The stream is not ended: gtk-vnc takes the end of a stream for an error.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable

import numpy as np
from zope.interface import implementer

from txrfb import kernels
from txrfb.encodings import constants, jpeg
from txrfb.encodings.content import isDrawn
from txrfb.encodings.deflate import HEADER, Inflater, deflateRaw, effort
from txrfb.encodings.level import Level
from txrfb.encodings.painting import (
    Place,
    Plain,
    Source,
    fill,
    paintPixels,
    paintRows,
)
from txrfb.encodings.raw import writer
from txrfb.encodings.values import (
    LITTLE,
    TPIXEL,
    ValueEncoder,
    checkInside,
    colorsFor,
    layoutKey,
)
from txrfb.geometry import Rectangle
from txrfb.interfaces import IDecoder, IEncoding
from txrfb.pixels import PixelFormat, Surface, Words

# The first byte of a rectangle: four bits of what it is, four of streams to reset.
FILL = 0x80
JPEG = 0x90
PNG = 0xA0
_WITHOUT_ZLIB = 0xA0
_COPY_0 = b"\x01"
_PALETTE_1 = b"\x52\x01\x01"
_PALETTE_2 = b"\x64\x01"
_GRADIENT_3 = b"\x78\x02"

#: What is shorter is not deflated.
MIN_DEFLATED = 12

#: The most pixels of a rectangle: their bytes and the deflated ones can be counted in
#: the 22 bits that Tight has for a length.
MAX_AREA = 1 << 19

#: Photos of this many pixels are sent as JPEG.  From 1024 pixels up that is smaller
#: than anything lossless: 32x32 pixels of a photo are 650 to 1250 bytes by quality, of
#: which 620 are tables, and 1300 to 2000 lossless.  But what is that small are icons.
MIN_PHOTO = 4096

#: What has fewer pixels is no photo, whatever it looks like: letters with soft edges
#: are 20 % smaller without prediction.
_MIN_GRADIENT = 1024

#: Up to this quality photos have half of the bytes a pixel that anything else may have:
#: so they may be twice as large, which takes 3 % less time and bytes.
_USUAL_QUALITY = 92

#: What has no more colors is no photo, whatever it looks like: a dithered picture.
_FEW_COLORS = 96


def compactLength(length: int) -> bytes:
    """
    @param length: 0 to 2^22 - 1.

    @return: It in one to three bytes.

    @raise ValueError: if it does not fit.
    """
    if length < 0x80:
        return bytes((length,))
    if length < 0x4000:
        return bytes((length & 0x7F | 0x80, length >> 7))
    if length < 0x400000:
        return bytes((length & 0x7F | 0x80, length >> 7 & 0x7F | 0x80, length >> 14))
    raise ValueError(f"{length} bytes are more than a Tight length can count")


def readCompactLength() -> Generator[int, bytes, int]:
    """
    Read a length of one to three bytes.
    """
    length = byte = (yield 1)[0]
    if byte > 127:
        byte = (yield 1)[0]
        length = length & 0x7F | (byte & 0x7F) << 7
        if byte > 127:
            length |= (yield 1)[0] << 14
    return length


def maxColors(area: int, size: int = 4) -> int:
    """
    @param size: How many bytes a pixel has.

    @return: How many colors a palette for so many pixels may have.  Of few pixels,
        the palette is most of the bytes, and more colors are written as they are.  Of
        pixels of one byte, numbers of colors are no shorter than they are; and
        TightVNC's viewer in Java takes two colors at the most.
    """
    if size == 1:
        return 2
    return 256 if area >= 2048 else max(2, area >> 3)


class TightBase(ValueEncoder):
    """
    What Tight and TightPNG have in common: limits, one color, and JPEG.
    """

    maxWidth = 2048
    # Measured on full frames: text takes 5 % fewer bytes and 10 % less time than with
    # half of both, and slides 3 % and 5 %; photos do not care.
    maxArea = maxPhotoArea = 1 << 17
    solidArea = 8192

    def __init__(self, format: PixelFormat, level: Level) -> None:
        ValueEncoder.__init__(self, format)
        self._format = format
        self._level = self._filmLevel = level
        if level.film >= 0:
            self._filmLevel = level._replace(subsampling=level.film)
        self.photoArea = MIN_PHOTO if usesJpeg(format, level) else 0
        if level.quality <= _USUAL_QUALITY:
            self.maxPhotoArea = 2 * self.maxArea
        self._effort = tightEffort(format, level)
        self._short = format.is888
        # Of formats with short pixels, memory has the values whatever their order.
        if self._short and LITTLE:
            self._native = True
            self.mask = 0xFFFFFF
        self._pixel = f"{'>' if format.bigEndian else '<'}u{self.size}"

    def check(self, surface: Surface, rectangle: Rectangle) -> None:
        """
        @raise ValueError: if the rectangle is not inside the surface, or too large.
        """
        checkInside(surface, rectangle)
        _, _, width, height = rectangle
        if width > 2048 or width * height > MAX_AREA:
            raise ValueError(
                f"{width}x{height} pixels: Tight takes rectangles at most 2048 wide"
                f" and of at most {MAX_AREA} pixels"
            )

    def tightPixels(self, values: bytes) -> bytes:
        """
        @param values: Values of pixels, as C{uint32} of this machine.

        @return: The same as TPIXELs.
        """
        if self._short:
            if LITTLE:
                size = len(values)
                return kernels.packRgb(values, size, 0, 0, size >> 2, 1, False)
            return np.frombuffer(values, np.uint8).reshape(-1, 4)[:, 1:].tobytes()
        return np.frombuffer(values, np.uint32).astype(self._pixel).tobytes()

    def encodeSolid(self, rectangle: Rectangle, color: int) -> bytes:
        """
        See L{txrfb.interfaces.IEncoder.encodeSolid}.
        """
        if self._short:
            return (FILL << 24 | color & 0xFFFFFF).to_bytes(4, "big")
        value = self._format.valueOf(color)
        order = "big" if self.bigEndian else "little"
        return b"\x80" + value.to_bytes(self.size, order)  # type: ignore[arg-type]

    def encodePhoto(self, surface: Surface, rectangle: Rectangle) -> bytes:
        """
        See L{txrfb.interfaces.IEncoder.encodePhoto}.
        """
        return self._asPhoto(surface, rectangle, self._level)

    def encodeFilm(self, surface: Surface, rectangle: Rectangle) -> bytes:
        """
        See L{Encoder.encodeFilm<txrfb.encodings.values.Encoder.encodeFilm>}.
        """
        return self._asPhoto(surface, rectangle, self._filmLevel)

    def _asPhoto(self, surface: Surface, rectangle: Rectangle, level: Level) -> bytes:
        self.check(surface, rectangle)
        where = (surface.pixels, surface.stride, *rectangle)
        if kernels.palette(*where, 0xFFFFFF, _FEW_COLORS) is not None:
            return self.encode(surface, rectangle)
        data = jpeg.compress(surface, rectangle, level)
        return b"".join((b"\x90", compactLength(len(data)), data))

    def isLossy(self, body: bytes) -> bool:
        """
        See L{txrfb.interfaces.IEncoder.isLossy}.
        """
        return body[0] == JPEG


def usesJpeg(format: PixelFormat, level: Level) -> bool:
    """
    @return: Whether a viewer can be sent JPEG in Tight rectangles.
    """
    return (
        level.quality >= 0
        and jpeg.AVAILABLE
        and format.trueColor
        and format.bitsPerPixel > 8
    )


def tightEffort(format: PixelFormat, level: Level) -> int:
    """
    Who can do with JPEG, and asks for the lowest level of compression, wants speed:
    what is beside photos is deflated in half of the time, for a sixth more of an
    office's bytes, which are a third of those of servers that write text as JPEG.

    @return: See L{effort}.
    """
    if level.compression == 1 and usesJpeg(format, level):
        return 0
    return effort(level)


def formatKey(format: PixelFormat) -> Hashable:
    """
    @return: What TPIXELs depend on.
    """
    return "RGB" if format.is888 else layoutKey(format)


def jpegKey(format: PixelFormat, level: Level) -> Hashable:
    """
    @return: What JPEG in Tight rectangles depends on.
    """
    return usesJpeg(format, level) and (
        level.quality,
        level.subsampling,
        level.film,
    )


class TightEncoder(TightBase):
    """
    Writes each rectangle as what it is.
    """

    number = constants.TIGHT

    def __init__(self, format: PixelFormat, level: Level) -> None:
        TightBase.__init__(self, format, level)
        self._gradient = self._short and level.gradient
        self._write = writer(format)

    def encode(self, surface: Surface, rectangle: Rectangle) -> bytes:
        """
        See L{txrfb.interfaces.IEncoder.encode}.
        """
        self.check(surface, rectangle)
        _, _, width, height = rectangle
        area = width * height
        values, stride, x, y = self.values(surface, rectangle)
        most = maxColors(area, self.size)
        found = kernels.palette(values, stride, x, y, width, height, self.mask, most)
        if found is None:
            return self._full(surface, rectangle)
        colors, packed = found
        count = len(colors) >> 2
        pixels = self.tightPixels(colors)
        if count == 1:
            return b"\x80" + pixels
        if count == 2:
            head = _PALETTE_1 + pixels
        else:
            head = _PALETTE_2 + bytes((count - 1,)) + pixels
        return self._deflated(head, packed)

    def _deflated(self, head: bytes, data: bytes) -> bytes:
        """
        @return: C{head} and C{data} as it is written after it.
        """
        if len(data) < MIN_DEFLATED:
            return head + data
        data = deflateRaw(data, self._effort)
        size = compactLength(len(HEADER) + len(data))
        return b"".join((head, size, HEADER, data))

    def _full(self, surface: Surface, rectangle: Rectangle) -> bytes:
        """
        Write the pixels themselves, of photos as what they differ from a prediction.
        """
        if not self._short:
            return self._deflated(_COPY_0, self._write(surface, rectangle, b""))
        where = (surface.pixels, surface.stride, *rectangle)
        if (
            self._gradient
            and rectangle.area >= _MIN_GRADIENT
            and not isDrawn(surface, rectangle)
        ):
            return self._deflated(_GRADIENT_3, kernels.gradient(*where))
        return self._deflated(_COPY_0, kernels.packRgb(*where, False))


@implementer(IDecoder)
class TightDecoder:
    """
    Reads Tight rectangles, of other servers too: with streams that go on from one
    rectangle to the next, and without zlib.
    """

    def __init__(self) -> None:
        self._streams = [Inflater() for _ in range(4)]

    def decode(
        self, rectangle: Rectangle, format: PixelFormat, canvas: Words
    ) -> Generator[int, bytes, None]:
        """
        See L{IDecoder.decode}.
        """
        colors = colorsFor(format)
        control = (yield 1)[0]
        for number, stream in enumerate(self._streams):
            if control >> number & 1:
                stream.reset()
        kind = control & 0xF0
        if kind == FILL:
            color = int(colors.tight((yield colors.tightSize))[0])
            yield from fill(canvas, rectangle, color)
        elif kind == JPEG or (kind == PNG and self.readsPng):
            length = yield from readCompactLength()
            data = yield length
            if kind == JPEG:
                jpeg.paint(canvas, rectangle, data)
            else:
                yield from self._png(canvas, rectangle, data)
        elif (kind < FILL or kind & ~0x40 == _WITHOUT_ZLIB) and not self.readsPng:
            yield from self._basic(kind, rectangle, format, canvas)
        else:
            raise ValueError(f"unknown {self.name} compression type {kind >> 4}")

    #: Whether compression 10 is PNG, and there is nothing that is deflated.
    readsPng = False

    #: The encoding's name, for errors.
    name = "Tight"

    def _png(
        self, canvas: Words, rectangle: Rectangle, data: bytes
    ) -> Generator[int, bytes, None]:
        """
        Paint a PNG picture.
        """
        raise ValueError("there is no PNG in Tight")

    def _basic(
        self, kind: int, rectangle: Rectangle, format: PixelFormat, canvas: Words
    ) -> Generator[int, bytes, None]:
        """
        Read what may be filtered and deflated.

        @param kind: The upper half of the first byte.
        """
        _, _, width, height = rectangle
        colors = colorsFor(format)
        filter = (yield 1)[0] if kind & 0x40 else 0
        row = width * colors.tightSize
        paint: Callable[[Place, bytes], None] | None = None
        if filter == 1:
            count = (yield 1)[0] + 1
            palette = colors.tight((yield count * colors.tightSize)).tobytes()
            bits = 1 if count <= 2 else 8
            row = (width * bits + 7) // 8

            def paint(place: Place, data: bytes) -> None:
                kernels.paintIndices(*place, data, palette, bits)

        elif filter == 2:
            if format.bitsPerPixel == 8:
                raise ValueError("the gradient filter needs 16 or 32 bits per pixel")
            above = bytes(6 * width)

            def paint(place: Place, data: bytes) -> None:
                nonlocal above
                above = kernels.undoGradient(*place, data, above, format)

        elif filter:
            raise ValueError(f"unknown Tight filter {filter}")
        size = row * height
        source: Source = Plain(size)
        if size >= MIN_DEFLATED and kind < FILL:
            length = yield from readCompactLength()
            source = self._streams[kind >> 4 & 3].piece(length)
        if paint is None:
            yield from paintPixels(
                canvas, rectangle, source, colors.tightSize, TPIXEL, format
            )
        elif size:
            yield from paintRows(canvas, rectangle, row, source, paint)


@implementer(IEncoding)
class Tight:
    """
    The encoding of best reach: what each rectangle needs, deflated.
    """

    number = constants.TIGHT
    name = "Tight"

    def key(self, format: PixelFormat, level: Level) -> Hashable:
        """
        See L{IEncoding.key}.
        """
        return (
            self.number,
            formatKey(format),
            tightEffort(format, level),
            jpegKey(format, level),
            level.gradient and format.is888,
        )

    def encoder(self, format: PixelFormat, level: Level) -> TightEncoder:
        """
        See L{IEncoding.encoder}.
        """
        return TightEncoder(format, level)

    def decoder(self) -> TightDecoder:
        """
        See L{IEncoding.decoder}.
        """
        return TightDecoder()


TIGHT = Tight()
