# -*- test-case-name: tests.framebuffers.test_x11 -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A screen of a display, seen through one connection: its pixels, its size, and when they
change, in the best way that the display offers.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.interfaces import IDelayedCall
from twisted.python.failure import Failure

from txrfb.error import DisplayError
from txrfb.geometry import Region, checkSize
from txrfb.x11 import core, damage, shm, xfixes
from txrfb.x11.capture import (
    ConnectionImages,
    Damages,
    PixelSource,
    SegmentImages,
    SharedPixmap,
)
from txrfb.x11.connection import X11Connection
from txrfb.x11.depths import ConvertedPixels, PixelKind, pixelKind
from txrfb.x11.gather import gathered
from txrfb.x11.watch import DamageWatch, PollingWatch
from txrfb.x11.wire import CORE, Packet, X11Error

__all__ = ["ScreenView"]

#: The first version of XFIXES that has regions.
_MIN_XFIXES = 2


class ScreenView:
    """
    The screen that a connection was made for.

    @ivar source: What has the pixels.
    @ivar hasXFixes: Whether the display tells of regions and cursors.
    @ivar sentences: What the display lacks, and what follows, for the log.
    """

    source: PixelSource

    def __init__(
        self,
        reactor: Any,
        connection: X11Connection,
        changed: Callable[[], None],
        resized: Callable[[], None],
    ) -> None:
        """
        @param reactor: What time is taken from.

        @param connection: A connection on which the server has let us in.

        @param changed: Called when something may have been drawn.

        @param resized: Called when the size of C{source} has changed.
        """
        self._reactor = reactor
        self._connection = connection
        self._changed = changed
        self._resized = resized
        self.hasXFixes = False
        self.sentences: list[str] = []
        self._watch: DamageWatch | PollingWatch | None = None
        # Whether the size is being looked at, whether it may have changed since, and
        # who waits for that.
        self._isSizing = False
        self._isDoubtful = False
        self._sized: list[Deferred[None]] = []
        # The capture that is under way, and who waits for it.
        self._isCapturing = False
        self._captured: list[Deferred[Region]] = []
        self._capturedAt: float | None = None
        self._isWhole = True
        self._later: IDelayedCall | None = None

    # -- What the display can do -----------------------------------------------------

    @inlineCallbacks
    def start(self) -> Generator[Deferred[Any], Any, None]:
        """
        Find the best way, and have the pixels.

        @raise DisplayError: (by the Deferred) if they cannot be shown.
        """
        connection = self._connection
        kind = pixelKind(connection.setup, connection.screen)
        names = (shm.NAME, damage.NAME, xfixes.NAME)
        found = yield gathered([connection.extension(name) for name in names])
        hasShm, hasDamage, hasXFixes = (one is not None for one in found)
        if hasXFixes:
            version = yield connection.ask(xfixes.queryVersion())
            hasXFixes = version[0] >= _MIN_XFIXES
        self.hasXFixes = hasXFixes
        if not hasXFixes:
            self.sentences.append(
                "it has no XFIXES, so there is no cursor, and all of the screen is"
                " looked at whenever something is drawn"
            )
        damages = None
        if hasDamage:
            yield connection.ask(damage.queryVersion())
            region = 0
            if hasXFixes:
                region = connection.newId()
                connection.send(xfixes.createRegion(region))
            damages = Damages(connection.newId(), region)
            self._watch = DamageWatch(self._reactor, connection, damages, self._changed)
        else:
            self._watch = PollingWatch(self._reactor, self._changed)
            self.sentences.append(
                "it has no DAMAGE, so it is looked at ten times a second"
            )
        connection.addListener(CORE, core.CONFIGURE_NOTIFY, self._configured)
        root = connection.screen.root
        connection.send(core.selectEvents(root, core.STRUCTURE_NOTIFY_MASK))
        yield from self._open(kind, damages, hasShm)

    def _open(
        self, pixels: PixelKind, damages: Damages | None, hasShm: bool
    ) -> Generator[Deferred[Any], Any, None]:
        connection = self._connection
        geometry = yield connection.ask(core.getGeometry(connection.screen.root))
        size = geometry.width, geometry.height
        self._checkSize(*size)
        kinds: list[type[PixelSource]] = []
        if hasShm and connection.passesDescriptors and not connection.setup.isBigEndian:
            version = yield connection.ask(shm.queryVersion())
            if version.takesDescriptors:
                kinds = [SharedPixmap, SegmentImages]
            if not version.hasPixmaps:
                kinds = kinds[1:]
        for kind in kinds:
            try:
                yield self._make(kind, damages, pixels).open(*size)
            except X11Error:
                # It says that it can, and cannot: as one of another machine.
                continue
            if kind is SegmentImages:
                self.sentences.append(
                    "it has no pixmaps in shared memory, so images are asked for one"
                    " by one"
                )
            return
        yield self._make(ConnectionImages, damages, pixels).open(*size)
        self.sentences.append(
            "it shares no memory with us, so pixels come through the connection, and"
            " there are ten frames a second at the most"
        )

    def _make(
        self, kind: type[PixelSource], damages: Damages | None, pixels: PixelKind
    ) -> PixelSource:
        source = kind(self._connection, damages, pixels.size)
        if pixels.layout is not None:
            source = ConvertedPixels(source, pixels.layout)
        self.source = source
        return source

    def _checkSize(self, width: int, height: int) -> None:
        try:
            checkSize(width, height)
        except ValueError as error:
            raise DisplayError(f"the display has {error}") from None

    # -- When ------------------------------------------------------------------------

    def watch(self, isWanted: bool) -> None:
        """
        Somebody looks, or nobody.
        """
        assert self._watch is not None
        if isWanted:
            self._watch.start()
        else:
            self._watch.stop()

    def lost(self) -> None:
        """
        The connection has ended.
        """
        if self._watch is not None:
            self._watch.lost()
        if self._later is not None:
            self._later.cancel()
            self._later = None
        self._finish(Region())

    # -- How large -------------------------------------------------------------------

    def _configured(self, event: Packet) -> None:
        self.checkSize()

    def checkSize(self) -> Deferred[None]:
        """
        The size may have changed.

        @return: Fires when C{source} has it, if it has.
        """
        waiting: Deferred[None] = Deferred(_ignore)
        self._sized.append(waiting)
        self._isDoubtful = True
        if not self._isSizing:
            self._isSizing = True
            self._size().addErrback(self._notSized)
        return waiting

    @inlineCallbacks
    def _size(self) -> Generator[Deferred[Any], Any, None]:
        connection, source = self._connection, self.source
        root = core.getGeometry(connection.screen.root)
        while self._isDoubtful:
            self._isDoubtful = False
            geometry = yield connection.ask(root)
            size = geometry.width, geometry.height
            if size != (source.width, source.height):
                self._checkSize(*size)
                yield source.open(*size)
                self._isWhole = True
                self._resized()
        self._sizeKnown()

    def _sizeKnown(self) -> None:
        self._isSizing = False
        waiting, self._sized = self._sized, []
        for one in waiting:
            if not one.called:
                one.callback(None)

    def _notSized(self, failure: Failure) -> None:
        """
        There can be no such source.  Who shows the old size shows what is wrong.
        """
        self._sizeKnown()
        if not self._connection.isLost:
            self._connection.abort(
                DisplayError(f"its new size cannot be shown: {failure.value}")
            )

    # -- What ------------------------------------------------------------------------

    def capture(self) -> Deferred[Region]:
        """
        Bring the pixels up to date.  While that is under way others wait for the same.

        @return: Fires with what may have changed.  It may be canceled, but then that is
            lost.
        """
        waiting: Deferred[Region] = Deferred(_ignore)
        self._captured.append(waiting)
        if not self._isCapturing:
            self._isCapturing = True
            now = self._reactor.seconds()
            interval = self.source.minInterval
            left = 0.0
            if interval and self._capturedAt is not None:
                left = self._capturedAt + interval - now
            self._capturedAt = now + max(left, 0)
            if left > 0:
                self._later = self._reactor.callLater(left, self._capture)
            else:
                self._capture()
        return waiting

    def _capture(self) -> None:
        self._later = None
        watch = self._watch
        assert watch is not None
        watch.taken()
        isWhole, self._isWhole = self._isWhole, False
        capture = self.source.capture(watch.isOn, isWhole)
        capture.addCallbacks(self._fetched, self._failed)
        self._connection.flush()

    def _fetched(self, region: Region) -> None:
        if self._watch is not None:
            self._watch.fetched(region)
        self._finish(region)

    def _finish(self, region: Region) -> None:
        self._isCapturing = False
        waiting, self._captured = self._captured, []
        for one in waiting:
            if not one.called:
                one.callback(region)

    def _failed(self, failure: Failure) -> None:
        if self._connection.isLost:
            # That is told, and there is nothing new.
            self._finish(Region())
            return
        failure.trap(DisplayError)
        # It is not known what was drawn meanwhile.
        self._isWhole = True
        waiting, self._captured = self._captured, []
        self._isCapturing = False
        for one in waiting:
            if not one.called:
                one.errback(failure)


def _ignore(waiting: Deferred[Any]) -> None:
    """
    Nobody waits for it any more.
    """
