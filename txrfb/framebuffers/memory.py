# -*- test-case-name: tests.framebuffers.test_memory -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A framebuffer that an application paints on.

Threads
=======

Pixels may be painted in any thread, and reported there: C{damage} and what calls it
(L{MemoryFramebuffer.draw}, C{fill}, C{paste}, C{copy}), a name, a cursor, a bell and
text for the clipboard are handed over to the reactor's thread.  To change the size, use
C{reactor.callFromThread}: who asks for it elsewhere gets an error.

  - Painting in place, into L{MemoryFramebuffer.array} or by any of these methods, needs
    no lock.  Viewers may see a half-painted picture for one frame; once damage is
    reported after the last stroke, they end up with the whole.

  - Pictures given to L{MemoryFramebuffer.show} are seen only whole, for the price of
    one more copy of those that are seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from mmap import mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor
from twisted.internet.defer import Deferred

from txrfb.framebuffers._base import Area, BaseFramebuffer, toRectangle
from txrfb.framebuffers._canvas import Canvas, toImage
from txrfb.framebuffers._threads import inReactorThread, isElsewhere
from txrfb.geometry import Rectangle, Region, checkSize
from txrfb.pixels import Cursor, Surface

__all__ = ["Canvas", "Color", "MemoryFramebuffer"]

#: A color as Pillow takes it: C{"orange"}, C{"#ff8000"}, C{(255, 128, 0)}.
Color = str | tuple[int, int, int]

#: A Pillow image of any mode, or an array of C{uint8}, shape (height, width, 3) for
#: red, green and blue or (height, width, 4) with alpha.
Picture = Image.Image | NDArray[np.uint8]


class MemoryFramebuffer(BaseFramebuffer):
    """
    Pixels in memory, black at first.  Paint on them with L{draw}, L{fill},
    L{paste} and L{copy}, which report damage by themselves; or write into
    L{array} and call C{damage}.

    Frames are captured in the reactor's thread, so that everything painted by one
    callback arrives as one frame.
    """

    _array: NDArray[np.uint8]
    # The mapped file that the pixels are in, and how long it was.
    _file: mmap | None = None
    _fileSize = 0
    # What L{show} was given last, and nobody has taken yet.
    _next: NDArray[np.uint8] | None = None

    def __init__(self, width: int, height: int, name: str = "txrfb") -> None:
        """
        @param width: Columns, 1 to 65535.

        @param height: Rows, 1 to 65535.

        @param name: The desktop's name, shown by viewers.

        @raise ValueError: if there can be no framebuffer of this size.
        """
        super().__init__(name)
        checkSize(width, height)
        self._use(np.zeros(width * height * 4, np.uint8), width, height, width * 4)

    @classmethod
    def fromBuffer(
        cls,
        buffer: Any,
        width: int,
        height: int,
        stride: int | None = None,
        name: str = "txrfb",
        paddingVaries: bool = False,
    ) -> MemoryFramebuffer:
        """
        Show memory that the application has already, without copying it.

        @param buffer: An object with the buffer protocol: a C{bytearray}, an
            C{mmap}, shared memory, an array.  Its pixels are four bytes, blue,
            green, red and one without meaning.  It need not be writable if it
            is painted on elsewhere.  A file that is mapped must not be made shorter:
            that is looked at before each frame, but to read of what is gone by then
            ends the process with C{SIGBUS}.

        @param width: Columns, 1 to 65535.

        @param height: Rows, 1 to 65535.

        @param stride: Bytes from the start of a row to the next; C{None} if
            there is nothing between rows.

        @param name: The desktop's name, shown by viewers.

        @param paddingVaries: Whether the fourth bytes change, as those of some
            libraries with alpha do.

        @raise ValueError: if the buffer is too small for the size.
        """
        self = cls.__new__(cls)
        BaseFramebuffer.__init__(self, name)
        self.paddingVaries = paddingVaries
        self._use(buffer, width, height, width * 4 if stride is None else stride)
        return self

    def useBuffer(
        self, buffer: Any, width: int, height: int, stride: int | None = None
    ) -> None:
        """
        Show another buffer from now on: after a change of size, or the second of
        two buffers.  The arguments are those of L{fromBuffer}.

        @raise ValueError: if the buffer is too small for the size.

        @raise RuntimeError: in another thread than the reactor's.
        """
        _checkThread("useBuffer")
        self._use(buffer, width, height, width * 4 if stride is None else stride)
        self._resized()

    def _use(self, buffer: Any, width: int, height: int, stride: int) -> None:
        checkSize(width, height)
        size = memoryview(buffer).nbytes
        if stride < width * 4 or size < stride * (height - 1) + width * 4:
            raise ValueError(
                f"{size} bytes in rows of {stride} do not hold {width}x{height} pixels"
            )
        self.pixels = buffer
        self.width = width
        self.height = height
        self.stride = stride
        self._array = Surface(buffer, stride, width, height).array()
        self._file, self._fileSize = _mappedFile(buffer)

    @property
    def array(self) -> NDArray[np.uint8]:
        """
        The pixels as an array of C{uint8}, shape (height, width, 4): blue, green, red,
        and a byte without meaning.  L{resize} and L{useBuffer} replace it.
        """
        self._beforeUse()
        return self._array

    @array.setter
    def array(self, picture: object) -> None:
        if picture is self._array:  # from array += 1 and the like, which has painted
            self.damage()
            return
        # Who assigns it sees no error otherwise, and no picture.
        raise AttributeError(
            "array cannot be replaced: write into it, array[...] = picture, or call"
            " paste or useBuffer"
        )

    def capture(self) -> Deferred[Region]:
        """
        See L{BaseFramebuffer.capture}.

        @raise ValueError: if the pixels are in a file that was made shorter.
        """
        self._beforeUse()
        if self._file is not None:
            size = self._file.size()
            if size < self._fileSize:
                raise ValueError(
                    f"the mapped file has {size} bytes of {self._fileSize} that it had"
                )
        # In one step, as another thread may give the next one in this moment.
        picture = vars(self).pop("_next", None)
        if picture is not None:
            self._damage.append(self._paste(picture, 0, 0))
        return super().capture()

    def resize(self, width: int, height: int) -> None:
        """
        Change the size.  What fits of the picture stays; the rest is black.

        @raise ValueError: if there can be no framebuffer of this size.

        @raise RuntimeError: in another thread than the reactor's.
        """
        _checkThread("resize")
        checkSize(width, height)
        old = self._array
        self._use(np.zeros(width * height * 4, np.uint8), width, height, width * 4)
        common = old[:height, :width]
        self._array[: common.shape[0], : common.shape[1]] = common
        self._resized()

    @contextmanager
    def draw(self) -> Iterator[Canvas]:
        """
        Draw with Pillow::

            with framebuffer.draw() as canvas:
                canvas.text((20, 20), "Hello", fill="orange")

        @return: A context manager for a L{Canvas}, which is a
            C{PIL.ImageDraw.ImageDraw}.  Viewers see what was drawn when the
            block ends, all at once.
        """
        self._beforeUse()
        canvas = Canvas(Surface(self.pixels, self.stride, self.width, self.height))
        try:
            yield canvas
        finally:
            rectangles = canvas.finish()
            if rectangles:
                self._damaged(rectangles)

    def fill(self, color: Color, rectangle: Area | None = None) -> None:
        """
        Paint a rectangle in one color.

        @param rectangle: Which pixels, as far as they are inside; C{None} for
            all.

        @raise ValueError: if there is no such color, or it is no rectangle.
        """
        # By the pixel, this is much faster than by the byte.
        value = np.frombuffer(_pixelOf(color), np.uint32)
        whole = Rectangle(0, 0, self.width, self.height)
        area = (
            whole if rectangle is None else whole.intersection(toRectangle(rectangle))
        )
        self._part(area).view(np.uint32)[:] = value
        self.damage(area)

    def show(self, picture: Picture) -> None:
        """
        Show a whole picture, at the next frame: viewers see it all or not at all.  It
        may be called in any thread and at any rate, as only the newest picture is
        painted, and only when some viewer takes it.

        @param picture: As for L{paste}, of the size of the framebuffer.  It is read
            later: make the next one in other memory.

        @raise ValueError: if it is an array of another shape or type.
        """
        self._next = _toArray(picture)
        self._damaged(())

    def paste(self, picture: Picture, x: int = 0, y: int = 0) -> None:
        """
        Paint a picture, as far as it is inside.

        @param picture: A Pillow image, or an array of red, green and blue.  If
            it has alpha it is laid over what is there.

        @param x: The column of its left edge.

        @param y: The row of its top edge.

        @raise ValueError: if it is an array of another shape or type.
        """
        self.damage(self._paste(_toArray(picture), x, y))

    def _paste(self, picture: NDArray[np.uint8], x: int, y: int) -> Rectangle:
        """
        @return: Where something was painted.
        """
        height, width, bands = picture.shape
        area = Rectangle(0, 0, self.width, self.height).intersection(
            Rectangle(x, y, width, height)
        )
        part = self._part(area)
        new = picture[area.y - y : area.bottom - y, area.x - x : area.right - x]
        if bands == 4 and not (new[..., 3] == 255).all():
            alpha = new[..., 3:].astype(np.uint16)
            old = part[..., 2::-1].astype(np.uint16)
            new = (new[..., :3] * alpha + old * (255 - alpha) + 127) // 255
        # Three plain copies are faster than one with the bands turned round.
        for band in range(3):
            part[..., 2 - band] = new[..., band]
        return area

    def copy(self, source: Area, toX: int, toY: int) -> None:
        """
        Copy pixels from one place to another, which may overlap: scrolling.
        Most viewers can do it by themselves (CopyRect), and need no pixels for it.

        @param source: Which pixels, as far as they are inside.

        @param toX: The column where the left edge of C{source} goes.

        @param toY: The row where the top edge of C{source} goes.

        @raise ValueError: if it is no rectangle.
        """
        source = toRectangle(source)
        whole = Rectangle(0, 0, self.width, self.height)
        dx, dy = toX - source.x, toY - source.y
        target = whole.intersection(whole.intersection(source).translated(dx, dy))
        if target.isEmpty or (dx, dy) == (0, 0):
            return
        source = target.translated(-dx, -dy)
        self._part(target)[:] = self._part(source)
        self._copied(target, source.x, source.y)

    @inReactorThread
    def _copied(self, target: Rectangle, x: int, y: int) -> None:
        for listener in self.listeners():
            listener.copied(target, x, y)
        self.damage(target)

    def setCursor(
        self, image: Image.Image | None, hotspot: tuple[int, int] = (0, 0)
    ) -> None:
        """
        Give the pointer a shape, which viewers draw by themselves.

        @param image: The shape, with alpha; C{None} for none of its own.

        @param hotspot: The column and row of the shape that point.

        @raise ValueError: if it is no image, or the hotspot is outside of it.
        """
        if image is None:
            self.cursor = None
            return
        if not hasattr(image, "convert"):
            raise ValueError(f"{image!r} is no picture; expected a Pillow image")
        x, y = hotspot
        width, height = image.size
        if not (0 <= x < width and 0 <= y < height):
            raise ValueError(f"the hotspot {x}, {y} is not inside {width}x{height}")
        pixels = np.asarray(image.convert("RGBA"))[..., [2, 1, 0, 3]]
        self.cursor = Cursor(width, height, x, y, pixels.tobytes())

    def toImage(self) -> Image.Image:
        """
        @return: A picture of the pixels as they are, of mode C{RGB}.
        """
        return toImage(self.array)

    def _beforeUse(self) -> None:
        """
        The pixels are about to be read or painted on, for the first time or again.  A
        subclass whose picture is never looked at need not paint it.
        """

    def _part(self, area: Rectangle) -> NDArray[np.uint8]:
        return self.array[area.y : area.bottom, area.x : area.right]


def _pixelOf(color: Color) -> bytes:
    """
    @return: The bytes of a pixel.

    @raise ValueError: if there is no such color.
    """
    try:
        red, green, blue = (
            ImageColor.getrgb(color)[:3] if isinstance(color, str) else color
        )
        return bytes((blue, green, red, 0))
    except (TypeError, ValueError):
        raise ValueError(
            f"{color!r} is no color; expected a name or a number as Pillow has them,"
            " 'navy' or '#000080', or a tuple of red, green and blue from 0 to 255"
        ) from None


def _toArray(picture: Picture) -> NDArray[np.uint8]:
    """
    @return: A picture as an array of red, green, blue, and perhaps alpha.

    @raise ValueError: if it is an array of another shape or type.
    """
    if isinstance(picture, Image.Image):
        mode = "RGBA" if picture.has_transparency_data else "RGB"
        if picture.mode != mode:
            picture = picture.convert(mode)
        picture = np.asarray(picture)
    if not hasattr(picture, "ndim"):
        raise ValueError(
            f"{picture!r} is no picture; expected a Pillow image, or an array of"
            " uint8 of shape (height, width, 3 or 4)"
        )
    if picture.ndim != 3 or picture.shape[2] not in (3, 4) or picture.dtype != np.uint8:
        raise ValueError(
            f"an array of {picture.dtype}, shape {picture.shape}: uint8 of shape"
            " (height, width, 3 or 4) is wanted"
        )
    return picture


def _checkThread(method: str) -> None:
    """
    @raise RuntimeError: in another thread than the reactor's.
    """
    if isElsewhere():
        raise RuntimeError(
            f"{method}() was called in another thread; use"
            f" reactor.callFromThread(framebuffer.{method}, ...)"
        )


def _mappedFile(buffer: Any) -> tuple[mmap | None, int]:
    """
    @return: The mapped file that a buffer is in, if it is in one, and its length.
    """
    while not isinstance(buffer, mmap):
        if isinstance(buffer, memoryview):
            buffer = buffer.obj
        elif isinstance(buffer, np.ndarray):
            buffer = buffer.base
        else:
            return None, 0
    try:
        return buffer, buffer.size()
    except OSError:  # it is of no file
        return None, 0
