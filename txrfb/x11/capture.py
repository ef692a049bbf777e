# -*- test-case-name: tests.framebuffers.test_x11 -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Ways to the pixels of a screen.

The best is a pixmap in memory that is shared with the server: what is damaged is copied
there by the server, all at one moment, and what comes back is a list of rectangles.
Where that cannot be, images are put into such memory one by one; where there is none,
they come through the connection.
"""

from __future__ import annotations

import os
import tempfile
from array import array
from collections.abc import Generator, Iterator
from mmap import mmap
from typing import Any

from twisted.internet.defer import Deferred, DeferredSemaphore, inlineCallbacks

from txrfb.geometry import Rectangle, Region, joined
from txrfb.x11 import core, damage, shm, xfixes
from txrfb.x11.connection import X11Connection
from txrfb.x11.gather import gathered
from txrfb.x11.wire import Question, Request, X11Error

__all__ = [
    "ConnectionImages",
    "Damages",
    "PixelSource",
    "SegmentImages",
    "SharedPixmap",
]

#: How many images are asked for at a time.
_MAX_IMAGES = 16

#: How many bytes of pixels are asked for at a time through the connection, and how
#: often before the first have come.
_MAX_BAND, _AHEAD = 1 << 18, 4

#: What a request fails with that is for what is not inside of the screen.
_BAD_MATCH = 8


class Damages:
    """
    Where a server collects what is drawn.

    @ivar id: The Damage object.
    @ivar region: A region that it is moved to; 0 if the server has no regions.
    """

    def __init__(self, id: int, region: int) -> None:
        self.id = id
        self.region = region


class PixelSource:
    """
    A way to the pixels of a screen.

    @ivar minInterval: Seconds from the beginning of a capture to that of the next, at
        the least.
    @ivar size: Bytes a pixel: 2 or 4.
    @ivar pixels: The pixels, rows of which each begins at a multiple of four bytes.
        Those of four bytes are blue, green, red and one without meaning, as a rule.
    @ivar width: Columns of C{pixels}.
    @ivar height: Rows of C{pixels}.
    """

    minInterval = 0.0
    size = 4
    width = 0
    height = 0
    pixels: Any = b""

    def __init__(
        self, connection: X11Connection, damages: Damages | None, size: int = 4
    ) -> None:
        """
        @param damages: Where damage is collected, if the server can do that.

        @param size: Bytes a pixel: 2 or 4.
        """
        self._connection = connection
        self._damages = damages
        self._root = connection.screen.root
        self.size = size

    def rowSize(self, width: int) -> int:
        """
        @return: How many bytes a row of so many pixels has.
        """
        return (width * self.size + 3) & ~3

    def open(self, width: int, height: int) -> Deferred[None]:
        """
        Have memory for a screen of this size.

        @return: Fires when the memory has the pixels: C{pixels}, C{width} and
            C{height} have changed together then.  Fails with L{X11Error} if there can
            be none.
        """
        raise NotImplementedError

    def close(self) -> None:
        """
        Free what the server has for this.
        """

    def capture(self, isWatched: bool, isWhole: bool) -> Deferred[Region]:
        """
        Bring C{pixels} up to date.

        @param isWatched: Whether damage is collected.

        @param isWhole: Whether to fetch all of them all the same.

        @return: Fires with what may have changed.
        """
        raise NotImplementedError

    @property
    def bounds(self) -> Rectangle:
        """
        All that there is.
        """
        return Rectangle(0, 0, self.width, self.height)


def _anonymousFile(size: int) -> int:
    """
    @return: The descriptor of a file without a name.
    """
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("txrfb")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, size)
    return descriptor


@inlineCallbacks
def _attach(
    connection: X11Connection, segment: int, size: int, *others: Request
) -> Generator[Deferred[Any], Any, mmap]:
    """
    Share memory with the server.

    @param segment: An identifier for it.

    @param others: Requests that are to follow.

    @return: Fires with the memory, when all was done.
    """
    descriptor = _anonymousFile(size)
    try:
        memory = mmap(descriptor, size)
        yield connection.check(shm.attachFd(segment), *others, descriptor=descriptor)
    finally:
        os.close(descriptor)
    return memory


class SharedPixmap(PixelSource):
    """
    A pixmap in shared memory, into which the server copies what was drawn: one write
    and one reply a frame.
    """

    def __init__(
        self, connection: X11Connection, damages: Damages | None, size: int = 4
    ) -> None:
        """
        See L{PixelSource}.
        """
        super().__init__(connection, damages, size)
        # The segment, the pixmap and the GC that are in use.
        self._ids: tuple[int, ...] = ()
        # What is sent for what is damaged, if that can be known; for all of the screen,
        # with the damage taken away; and without.
        self._frame: tuple[bytes, int, Question[Any]] | None = None
        self._taken: tuple[bytes, int, Question[Any]] | None = None
        self._whole: tuple[bytes, int, Question[Any]] | None = None

    @inlineCallbacks
    def open(self, width: int, height: int) -> Generator[Deferred[Any], Any, None]:
        """
        See L{PixelSource.open}.
        """
        connection, root = self._connection, self._root
        ids = segment, pixmap, gc = [connection.newId() for _ in range(3)]
        depth = connection.screen.depth
        # It is filled at once, or there would be a black frame.
        copy = core.copyArea(root, pixmap, gc, width, height)
        try:
            memory = yield _attach(
                connection,
                segment,
                self.rowSize(width) * height,
                shm.createPixmap(pixmap, root, width, height, depth, segment),
                core.createGC(gc, pixmap),
                copy,
            )
        except X11Error:
            connection.freeId(*ids)
            raise
        self.close()
        self._ids = tuple(ids)
        self.pixels, self.width, self.height = memory, width, height
        take, unclip = [], []
        self._frame = None
        damages = self._damages
        if damages is not None:
            take = [damage.subtract(damages.id)]
            if damages.region:
                region = damages.region
                unclip = [xfixes.setGCClipRegion(gc, 0)]
                self._frame = self._packed(
                    damage.subtract(damages.id, region),
                    xfixes.setGCClipRegion(gc, region),
                    copy,
                    last=xfixes.fetchRegion(region),
                )
        self._taken = self._packed(*take, *unclip, copy, last=self._all())
        self._whole = self._packed(*unclip, copy, last=self._all())

    def _packed(
        self, *requests: Request, last: Question[Any]
    ) -> tuple[bytes, int, Question[Any]]:
        data = b"".join(map(self._connection.pack, (*requests, last)))
        return data, len(requests) + 1, last

    def _all(self) -> Question[list[Rectangle]]:
        """
        @return: A question that is answered with all that there is.
        """
        question = core.getInputFocus()
        bounds = [self.bounds]
        return Question(
            question.extension, question.number, lambda packet: bounds, question.body
        )

    def close(self) -> None:
        """
        See L{PixelSource.close}.
        """
        if self._ids:
            segment, pixmap, gc = self._ids
            connection = self._connection
            connection.send(
                core.freePixmap(pixmap), core.freeGC(gc), shm.detach(segment)
            )
            connection.freeId(*self._ids)
            self._ids = ()

    def capture(self, isWatched: bool, isWhole: bool) -> Deferred[Region]:
        """
        See L{PixelSource.capture}.
        """
        packed = None if isWhole else self._frame
        packed = packed or self._taken
        if not isWatched:
            packed = self._whole
        assert packed is not None
        return self._connection.askPacked(*packed).addCallback(Region)


class _Images(PixelSource):
    """
    Images of what was drawn, asked for one by one.
    """

    @inlineCallbacks
    def capture(
        self, isWatched: bool, isWhole: bool
    ) -> Generator[Deferred[Any], Any, Region]:
        """
        See L{PixelSource.capture}.
        """
        wanted = [self.bounds]
        damages = self._damages
        if damages is not None and isWatched:
            self._connection.send(damage.subtract(damages.id, damages.region))
            if damages.region:
                found = yield self._connection.ask(xfixes.fetchRegion(damages.region))
                if not isWhole:
                    wanted = self._merged(found)
        images = [self._fetch(one, offset) for one, offset in self._placed(wanted)]
        try:
            yield gathered(images)
        except X11Error as error:
            if error.code != _BAD_MATCH:
                raise
            # The screen has become smaller: that will be told.
            return Region()
        return Region(wanted)

    def _merged(self, found: list[Rectangle]) -> list[Rectangle]:
        bounds = self.bounds
        inside = [one.intersection(bounds) for one in found]
        wanted = joined([one for one in inside if not one.isEmpty], _MAX_IMAGES)
        if sum(one.area for one in wanted) > bounds.area:
            return [bounds]
        return wanted

    def _placed(self, wanted: list[Rectangle]) -> Iterator[tuple[Rectangle, int]]:
        """
        @return: The rectangles, and where each may begin in memory that has room for
            all pixels of the screen.
        """
        offset = 0
        for one in wanted:
            yield one, offset
            offset += self.rowSize(one.width) * one.height

    def _fetch(self, rectangle: Rectangle, offset: int) -> Deferred[None]:
        raise NotImplementedError

    def _paste(self, rectangle: Rectangle, data: Any) -> None:
        """
        Put an image to its place.
        """
        x, y, width, height = rectangle
        pixels, stride, each = (
            self.pixels,
            self.rowSize(self.width),
            self.rowSize(width),
        )
        at, size = y * stride + x * self.size, width * self.size
        if width == self.width:
            pixels[at : at + each * height] = data[: each * height]
            return
        for row in range(height):
            start = at + row * stride
            pixels[start : start + size] = data[row * each : row * each + size]


class SegmentImages(_Images):
    """
    Images that the server puts into shared memory.
    """

    def __init__(
        self, connection: X11Connection, damages: Damages | None, size: int = 4
    ) -> None:
        """
        See L{PixelSource}.
        """
        super().__init__(connection, damages, size)
        self._segment = 0
        self._memory: Any = b""

    @inlineCallbacks
    def open(self, width: int, height: int) -> Generator[Deferred[Any], Any, None]:
        """
        See L{PixelSource.open}.
        """
        connection = self._connection
        segment = connection.newId()
        # Rows of images begin at multiples of four bytes, and there may be several side
        # by side.
        row = self.rowSize(width)
        room = row + (4 - self.size) * _MAX_IMAGES
        try:
            memory = yield _attach(connection, segment, room * height)
            yield connection.ask(
                shm.getImage(self._root, 0, 0, width, height, segment, 0)
            )
        except X11Error:
            connection.freeId(segment)
            raise
        self.close()
        self._segment, self._memory = segment, memoryview(memory)
        self.pixels = bytearray(memoryview(memory)[: row * height])
        self.width, self.height = width, height

    def close(self) -> None:
        """
        See L{PixelSource.close}.
        """
        if self._segment:
            self._connection.send(shm.detach(self._segment))
            self._connection.freeId(self._segment)
            self._segment = 0

    def _fetch(self, rectangle: Rectangle, offset: int) -> Deferred[None]:
        memory = self._memory
        size = self.rowSize(rectangle.width) * rectangle.height

        def fetched(_: None) -> None:
            if memory is self._memory:
                self._paste(rectangle, memory[offset : offset + size])

        question = shm.getImage(self._root, *rectangle, self._segment, offset)
        return self._connection.ask(question).addCallback(fetched)


class ConnectionImages(_Images):
    """
    Images that come through the connection.
    """

    minInterval = 0.1

    @inlineCallbacks
    def open(self, width: int, height: int) -> Generator[Deferred[Any], Any, None]:
        """
        See L{PixelSource.open}.
        """
        # Nothing is asked for: to fetch it takes long, and its turn comes.
        yield self._connection.check()
        self.pixels = bytearray(self.rowSize(width) * height)
        self.width, self.height = width, height

    @inlineCallbacks
    def _fetch(
        self, rectangle: Rectangle, offset: int
    ) -> Generator[Deferred[Any], Any, None]:
        pixels = self.pixels
        bands = rectangle.split(65535, _MAX_BAND // 4)
        room = DeferredSemaphore(_AHEAD)

        def fetched(data: memoryview, band: Rectangle) -> None:
            if pixels is self.pixels:
                self._paste(band, self._ordered(data))

        def fetch(band: Rectangle) -> Deferred[None]:
            question = core.getImage(self._root, *band, self.size)
            return self._connection.ask(question).addCallback(fetched, band)

        yield gathered([room.run(fetch, band) for band in bands])

    def _ordered(self, data: memoryview) -> Any:
        """
        @return: Pixels with the least significant byte first.
        """
        if not self._connection.setup.isBigEndian:
            return data
        words = array("I" if self.size == 4 else "H", data.tobytes())
        words.byteswap()
        return words.tobytes()
