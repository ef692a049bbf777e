# -*- test-case-name: tests.framebuffers.test_mapped -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Memory that another program shares, and draws into: an emulator, a hypervisor, an
instrument, an X server.

It is a file that is mapped.  Pixels of four bytes, blue first, are shown where they
are; those of another layout are compared in that layout, and converted where they have
changed.

A file that is made shorter while it is read ends the process with C{SIGBUS}, as the
system has it: its length is looked at before each frame, so whoever shares it should
make a new file, or tell another layout first and wait for a moment.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from typing import Any

from twisted.application.service import IService
from twisted.internet.defer import Deferred, inlineCallbacks, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall, deferLater
from twisted.logger import Logger
from zope.interface import Interface, implementer

from txrfb import kernels
from txrfb.framebuffers._base import BaseFramebuffer
from txrfb.framebuffers._mapping import MappedFile
from txrfb.framebuffers.layouts import FORMATS, XWD_SIZE, Layout, layoutOfXWD
from txrfb.geometry import Rectangle, Region
from txrfb.interfaces import IPrepared

__all__ = ["MappedFramebuffer"]

#: How wide and high what is compared at a time is, in pixels.
_TILE = 64

#: For how many seconds a file is left alone that cannot be shown.
_PAUSE = 0.1


@implementer(IPrepared)
class MappedFramebuffer(BaseFramebuffer):
    """
    Shows the pixels in a file that another program has mapped, too.

    Nobody tells when they change, so they are compared as often as frames are shown,
    while somebody looks.  Whoever knows better says so by C{tellsDamage}, and then
    calls C{damage}.

    @ivar path: The file.
    @ivar layout: Where the pixels are in it; it may be set to another at any time, and
        counts from the next frame on.  C{None} if the file says it itself, or if it is
        not known yet.
    @ivar isXWD: Whether the file says it itself.
    """

    _log = Logger()

    paddingVaries = True

    def __init__(
        self,
        path: str,
        layout: Layout | None = None,
        *,
        isXWD: bool = False,
        rate: float = 60.0,
        reactor: Any = None,
    ) -> None:
        """
        The file is opened when it is first looked at.

        @param path: The file.

        @param layout: Where the pixels are in it.

        @param isXWD: Whether the file says it itself, as that of C{Xvfb -fbdir} does.

        @param rate: How many times a second it is compared at the most.

        @param reactor: What time is taken from; the global reactor if not given.

        @raise ValueError: if the rate is not above 0.
        """
        super().__init__(os.path.basename(path) or path)
        if not 0 < rate <= 1000:
            raise ValueError(
                f"a rate of {rate:g}: it must be above 0, 1000 at the most"
            )
        if reactor is None:
            from twisted.internet import reactor
        self.path = path
        self.layout = layout
        self.isXWD = isXWD
        self.width, self.height = (0, 0) if layout is None else layout[:2]
        self.stride = 0
        self.pixels = b""
        self._clock: IReactorTime = reactor
        self._rate = rate
        self._file: MappedFile | None = None
        # What is shown, where it is, and, unless it is shown as it is, what it was.
        self._shown: Layout | None = None
        self._source: memoryview = memoryview(b"")
        self._before: bytearray | None = None
        self._tellsDamage = False
        self._isWatched = False
        self._loop = LoopingCall(self.damage)
        self._loop.clock = reactor
        #: What the socket is served by, if there is one.
        self.control: Any = None

    def __conform__(self, interface: type[Interface]) -> Any:
        """
        The socket is a service.
        """
        return self.control if interface is IService else None

    # -- When ------------------------------------------------------------------------

    @property
    def tellsDamage(self) -> bool:
        """
        Whether C{damage} is called whenever something has changed.
        """
        return self._tellsDamage

    @tellsDamage.setter
    def tellsDamage(self, tells: bool) -> None:
        self._tellsDamage = tells
        self._watch()
        self.damage()

    def resumeProducing(self) -> None:
        """
        Somebody looks.
        """
        self._isWatched = True
        self._watch()
        # Whatever has happened when nobody did.
        self.damage()

    def pauseProducing(self) -> None:
        """
        Nobody does.
        """
        self._isWatched = False
        self._watch()

    def _watch(self) -> None:
        isNeeded = self._isWatched and not self._tellsDamage
        if isNeeded and not self._loop.running:
            self._loop.start(1 / self._rate, now=False)
        elif not isNeeded and self._loop.running:
            self._loop.stop()

    # -- What ------------------------------------------------------------------------

    @inlineCallbacks
    def prepared(self) -> Generator[Deferred[None], None, None]:
        """
        Wait until there is something to show.
        """
        hasComplained = False
        while True:
            try:
                self._open()
                return
            except (OSError, ValueError) as error:
                if not hasComplained:
                    hasComplained = True
                    self._log.warn(
                        "There is nothing to show yet in {path}: {reason}",
                        path=self.path,
                        reason=getattr(error, "strerror", None) or error,
                    )
            yield deferLater(self._clock, _PAUSE)

    def capture(self) -> Deferred[Region]:
        """
        See L{txrfb.interfaces.IFramebuffer.capture}.

        @raise ValueError: if the file is too short, or there is no layout yet.

        @raise OSError: if there is no file.
        """
        self._open()
        region = self._inside(self._damage)
        if self._before is not None:
            region = Region(self._refresh(region))
        self._damage = []
        return succeed(region)

    def _open(self) -> None:
        """
        Have what there is to show, and its size.
        """
        file = self._file
        if file is None or not file.isAt(self.path):
            file, self._shown = MappedFile(self.path), None
            self._file = file
        layout = layoutOfXWD(file.read(XWD_SIZE)) if self.isXWD else self.layout
        if layout is None:
            raise ValueError("nobody has told its layout yet")
        if layout == self._shown:
            file.check()
        else:
            self._use(layout, file.map(layout.offset, layout.end))

    def _use(self, layout: Layout, source: memoryview) -> None:
        number, size = FORMATS[layout.format]
        self._shown, self._source = layout, source
        if number == 0 and not (layout.offset | layout.stride) % size:
            self._before, self.pixels, stride = None, source, layout.stride
        else:
            area = layout.width * layout.height
            self._before, stride = bytearray(area * size), layout.width * 4
            self.pixels = bytearray(area * 4)
        self.width, self.height, self.stride = layout.width, layout.height, stride
        self._resized()

    def _refresh(self, region: Region) -> Iterator[Rectangle]:
        """
        Convert what has changed.

        @return: What that is: of each row of tiles as much as is around it.
        """
        layout, before = self._shown, self._before
        assert layout is not None and before is not None
        number, size = FORMATS[layout.format]
        for part in region.rectangles:
            flags = kernels.refreshTiles(
                *(before, layout.width * size),
                *(self._source, layout.stride),
                *(self.pixels, self.stride),
                *part,
                number,
                _TILE,
            )
            left, top = part.x // _TILE, part.y // _TILE
            columns = (part.right - 1) // _TILE - left + 1
            for row in range(len(flags) // columns):
                found = flags[row * columns : (row + 1) * columns]
                first, last = found.find(1), found.rfind(1)
                if first >= 0:
                    x, y = (left + first) * _TILE, (top + row) * _TILE
                    width = (last - first + 1) * _TILE
                    yield part.intersection(Rectangle(x, y, width, _TILE))
