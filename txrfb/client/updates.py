# -*- test-case-name: tests.client.test_connection -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Reads FramebufferUpdates (RFC 6143, section 7.6.1), and paints them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

from txrfb._wire.messages import RectangleHeader
from txrfb.client.events import (
    ClientEvent,
    CursorChanged,
    NameChanged,
    ScreensChanged,
    SizeChanged,
    Updated,
)
from txrfb.client.picture import Picture
from txrfb.client.pseudorectangles import readPseudoRectangle
from txrfb.encodings import ENCODINGS
from txrfb.encodings.constants import (
    COPY_RECT,
    CURSOR,
    LAST_RECT,
    OPEN_H264,
    nameOf,
)
from txrfb.encodings.copyrect import CopyRectDecoder
from txrfb.encodings.h264 import H264Decoder
from txrfb.error import ProtocolError
from txrfb.geometry import Copy, Rectangle
from txrfb.interfaces import IDecoder
from txrfb.pixels import Cursor

__all__ = ["UpdateReader"]

#: How many rectangles of one update are kept apart.
_RECTANGLES = 1024


def _inRectangle(rectangle: Rectangle, encoding: int, error: Exception) -> Exception:
    """
    @return: The error, with the rectangle that it is about.
    """
    x, y, width, height = rectangle
    return ProtocolError(f"{nameOf(encoding)} {width}x{height}+{x}+{y}: {error}")


class UpdateReader:
    """
    The updates of one connection, with the state of its decoders.

    @ivar name: The desktop's name.
    @ivar cursor: The shape of the pointer, or C{None} before there was one.
    """

    def __init__(
        self, picture: Picture, happened: Callable[[ClientEvent], None]
    ) -> None:
        """
        @param picture: What is painted on.

        @param happened: Called with what pseudo-rectangles tell.
        """
        self.name = ""
        self.cursor: Cursor | None = None
        self._picture = picture
        self._happened = happened
        self._decoders: dict[int, IDecoder] = {COPY_RECT: CopyRectDecoder()}

    def readVideo(self) -> None:
        """
        Expect H.264 from now on, too: what decodes that is large, and a server may use
        it only if it was asked to.

        @raise ValueError: if it cannot be decoded here.
        """
        self._decoders.setdefault(OPEN_H264, H264Decoder())

    def read(self, count: int) -> Generator[int, bytes, tuple[Updated, int]]:
        """
        Paint an update.

        @param count: How many rectangles it has, if it does not end before.

        @return: What has been painted, and how many rectangles came.

        @raise ProtocolError: (from the generator) with the rectangle and what is
            wrong in it.
        """
        rectangles: list[Rectangle] = []
        copies: list[Copy] = []
        met: set[int] = set()
        done = 0
        while done < count:
            header = yield from RectangleHeader.parse()
            done += 1
            encoding = header.encoding
            met.add(encoding)
            if encoding == LAST_RECT:
                break
            rectangle = header.rectangle
            if encoding == COPY_RECT:
                copy = yield from self._copy(rectangle)
                if len(copies) < _RECTANGLES:
                    copies.append(copy)
            elif encoding in ENCODINGS or encoding in self._decoders:
                yield from self._paint(rectangle, encoding)
            else:
                yield from self._tell(rectangle, encoding)
                continue
            if len(rectangles) == _RECTANGLES:
                for one in rectangles:
                    rectangle = rectangle.union(one)
                rectangles.clear()
            rectangles.append(rectangle)
        return Updated(tuple(rectangles), tuple(copies), frozenset(met)), done

    def _paint(
        self, rectangle: Rectangle, encoding: int
    ) -> Generator[int, bytes, None]:
        decoder = self._decoders.get(encoding)
        if decoder is None:
            decoder = self._decoders[encoding] = ENCODINGS[encoding].decoder()
        try:
            yield from self._picture.paint(decoder, rectangle)
        except ValueError as error:
            raise _inRectangle(rectangle, encoding, error) from None

    def _copy(self, rectangle: Rectangle) -> Generator[int, bytes, Copy]:
        """
        Paint a rectangle of CopyRect, and note where it is copied from.
        """
        painting = self._picture.paint(self._decoders[COPY_RECT], rectangle)
        data = b""
        try:
            data = yield next(painting)
            wanted = painting.send(data)
            while True:
                wanted = painting.send((yield wanted))
        except StopIteration:
            pass
        except ValueError as error:
            raise _inRectangle(rectangle, COPY_RECT, error) from None
        x, y = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:], "big")
        return Copy(rectangle, x, y)

    def _tell(self, rectangle: Rectangle, encoding: int) -> Generator[int, bytes, None]:
        """
        Read a pseudo-rectangle, and apply what it says.
        """
        try:
            event = yield from readPseudoRectangle(
                rectangle, encoding, self._picture.wire
            )
        except ValueError as error:
            raise _inRectangle(rectangle, encoding, error) from None
        if isinstance(event, ScreensChanged):
            size = event.width, event.height
            # If a request was refused, the rest has no meaning.
            if not event.status and size != (self._picture.width, self._picture.height):
                self._resize(SizeChanged(*size))
        elif isinstance(event, SizeChanged):
            self._resize(event)
            return
        elif isinstance(event, NameChanged):
            self.name = event.name
        elif isinstance(event, CursorChanged):
            if encoding == CURSOR:
                event = CursorChanged(self._picture.colored(event.cursor))
            self.cursor = event.cursor
        self._happened(event)

    def _resize(self, event: SizeChanged) -> None:
        self._picture.resize(event.width, event.height)
        self._happened(event)
