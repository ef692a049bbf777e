# -*- test-case-name: tests.framebuffers.test_x11 -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
An X display as a framebuffer.

Nothing here waits for the X server: a display that hangs is shown as it was.
"""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Sequence
from typing import Any

from twisted.application.service import IService
from twisted.internet.defer import (
    Deferred,
    inlineCallbacks,
    maybeDeferred,
    succeed,
)
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import Interface, implementer

from txrfb.error import DisplayError
from txrfb.framebuffers._service import FramebufferService
from txrfb.framebuffers._x11controls import ControlledFramebuffer, DisplayPart
from txrfb.geometry import Rectangle, Region, Screen
from txrfb.interfaces import IFramebufferOwner, IPrepared, IScreens, IViewer
from txrfb.pixels import Cursor
from txrfb.x11.auth import (
    Authority,
    DisplayName,
    authorityFile,
    parseDisplay,
    readAuthorities,
)
from txrfb.x11.connection import X11Connection
from txrfb.x11.cursor import CursorWatch
from txrfb.x11.opening import connectDisplay
from txrfb.x11.screens import Screens
from txrfb.x11.view import ScreenView

__all__ = ["X11Framebuffer", "framebufferFromString"]

#: Seconds after which a display that is not there is looked for again: at first, and at
#: the most.
_MIN_PAUSE, _MAX_PAUSE = 0.5, 5.0


@implementer(IPrepared, IScreens)
class X11Framebuffer(ControlledFramebuffer):
    """
    Shows an X display.

    It connects to the display when its service is started (C{IService(framebuffer)}),
    which C{twistd rfb} and C{serve} do by themselves.

    @ivar display: The name of the display.
    @ivar connection: The connection to it, while there is one.
    """

    _log = Logger()

    # What X servers write there is their own affair.
    paddingVaries = True

    def __init__(
        self,
        display: str,
        *,
        authority: str | Sequence[Authority] | None = None,
        reconnect: bool = False,
        primary: bool = False,
        private: bool = False,
        reactor: Any = None,
    ) -> None:
        """
        @param display: The display, as C{DISPLAY} has it.

        @param authority: What lets us in: the path of an authority file, or entries of
            one; C{None} for the file of the user (C{XAUTHORITY}, or C{.Xauthority} in
            the home directory).

        @param reconnect: Whether to look for the display again when it is not there,
            or no longer.  Viewers keep the last picture meanwhile.

        @param primary: Whether what is selected with the mouse belongs to the
            clipboard, both ways, besides what is copied.

        @param private: Whether nobody sits in front of the display: then its keys
            repeat only as viewers say.

        @param reactor: What connections are made with; the global reactor if not given.

        @raise ValueError: if that is no display.
        """
        self.display: DisplayName = parseDisplay(display)
        super().__init__(f"X display {self.display}", private, primary)
        if reactor is None:
            from twisted.internet import reactor
        self.width = self.height = self.stride = 0
        self.pixels: Any = b""
        self.connection: X11Connection | None = None
        self._reactor = reactor
        self._reconnects = reconnect
        self._authority = authority
        self._authorities: Sequence[Authority] = ()
        self._service = _DisplayService(self)
        self._parts: list[DisplayPart] = []
        self._view: ScreenView | None = None
        self._screens: Screens | None = None
        self._isStarted = self._isReady = self._isWatched = False
        self._opening: Deferred[Any] | None = None
        self._retry: IDelayedCall | None = None
        self._pause = _MIN_PAUSE
        self._lastReason = ""
        self._waiting: list[Deferred[None]] = []

    def __conform__(self, interface: type[Interface]) -> Any:
        """
        The connection is a service.
        """
        return self._service if interface is IService else None

    # -- The connection --------------------------------------------------------------

    def readAuthority(self) -> None:
        """
        Read what lets us in, while we may.
        """
        given = self._authority
        if given is not None and not isinstance(given, str):
            self._authorities = given
            return
        path = authorityFile(os.environ) if given is None else given
        try:
            if path:
                self._authorities = readAuthorities(path)
        except (OSError, ValueError) as error:
            # There need be none; and one that was read before may still be good.
            isMissing = given is None and isinstance(error, FileNotFoundError)
            if not isMissing and not self._authorities:
                self._log.warn(
                    "The authority file {path} cannot be read: {reason}",
                    path=path,
                    reason=getattr(error, "strerror", None) or error,
                )

    def start(self) -> None:
        """
        Connect.
        """
        if not self._isStarted:
            self._isStarted = True
            self._connect()

    @inlineCallbacks
    def stop(self) -> Generator[Deferred[Any], Any, None]:
        """
        Give everything back, and connect no more.
        """
        self._isStarted = False
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        if self._opening is not None:
            self._opening.cancel()
        for part in self._parts:
            yield maybeDeferred(part.stop).addErrback(self._partFailed)
        connection = self.connection
        if connection is not None:
            ended: Deferred[None] = Deferred()
            connection.lost.addCallback(_passedOn, ended)
            connection.close()
            yield ended

    def _partFailed(self, failure: Failure) -> None:
        if not failure.check(DisplayError):
            self._log.failure("A part of the X display failed", failure)

    def _connect(self) -> None:
        self._retry = None
        self.readAuthority()
        self._opening = connectDisplay(self._reactor, self.display, self._authorities)
        self._opening.addCallbacks(self._connected, self._notConnected)

    def _notConnected(self, failure: Failure) -> None:
        self._opening = None
        if not self._isStarted:
            return
        if not failure.check(DisplayError):
            self._log.failure("The X display cannot be opened", failure)
        self._over(failure.getErrorMessage())

    def _connected(self, connection: X11Connection) -> None:
        self._opening = None
        self.connection = connection
        connection.onSilence = self._silent
        connection.lost.addCallback(self._lost)
        self._prepare(connection).addErrback(self._notPrepared, connection)

    @inlineCallbacks
    def _prepare(
        self, connection: X11Connection
    ) -> Generator[Deferred[Any], Any, None]:
        """
        Find out all that is to be known before viewers are let in.
        """
        view = self._view = ScreenView(
            self._reactor, connection, self._changed, self._sizeChanged
        )
        yield view.start()
        self._parts = self._makeParts(connection, view)
        for part in self._parts:
            started = maybeDeferred(part.start)
            yield started.addErrback(self._partNotStarted, connection)
        view.sentences.extend(self._offer())
        # It may have changed before we were told of that.
        yield view.checkSize()
        self._sizeChanged()
        sentences = view.sentences
        if self._screens is not None and self._screens.missing:
            sentences.append("it has no RANDR 1.3, so it keeps its size")
        for sentence in sentences:
            self._log.info("{name}: {sentence}", name=self._name, sentence=sentence)
        self._isReady = True
        self._pause, self._lastReason = _MIN_PAUSE, ""
        if self._isWatched:
            self._look(True)
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if not one.called:
                one.callback(None)

    def _partNotStarted(
        self, failure: Failure, connection: X11Connection
    ) -> Failure | None:
        if connection.isLost:
            return failure
        # It is shown without.
        self._log.failure("{name}: a part of it failed", failure, name=self._name)
        return None

    def _makeParts(
        self, connection: X11Connection, view: ScreenView
    ) -> list[DisplayPart]:
        """
        @return: What there is besides pixels.
        """
        self._screens = Screens(connection, view, self._screensChanged)
        controls = self._makeControls(self._reactor, connection)
        parts: list[DisplayPart] = [self._screens, *controls]
        if view.hasXFixes:
            parts.append(CursorWatch(connection, self._cursorFound))
        return parts

    def _notPrepared(self, failure: Failure, connection: X11Connection) -> None:
        if not failure.check(DisplayError):
            self._log.failure("The X display cannot be shown", failure)
        if not connection.isLost:
            connection.abort(DisplayError(failure.getErrorMessage()))

    def _lost(self, reason: DisplayError) -> DisplayError:
        self._isReady = False
        view, self._view, self.connection = self._view, None, None
        self._screens = None
        parts, self._parts = self._parts, []
        for part in parts:
            maybeDeferred(part.stop).addErrback(self._partFailed)
        if view is not None:
            view.lost()
        if self._isStarted:
            self._over(str(reason))
        return reason

    def _over(self, reason: str) -> None:
        """
        There is no connection any more.
        """
        said = f"X display {self.display}: {reason}"
        if self._reconnects:
            if reason != self._lastReason:
                self._lastReason = reason
                self._log.warn("{said}; it is looked for again", said=said)
            self._retry = self._reactor.callLater(self._pause, self._connect)
            self._pause = min(self._pause * 2, _MAX_PAUSE)
            return
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if not one.called:
                one.errback(DisplayError(said))
        owner = IFramebufferOwner(self._service.parent, None)
        if owner is None:
            self._log.error("{said}", said=said)
        else:
            owner.framebufferEnded(said)

    def _silent(self, isSilent: bool) -> None:
        if isSilent:
            self._log.warn(
                "{name}: the display does not answer; viewers see what it showed last",
                name=self._name,
            )
        else:
            self._log.info("{name}: the display answers again", name=self._name)

    # -- What it shows ---------------------------------------------------------------

    def prepared(self) -> Deferred[None]:
        """
        See L{IPrepared.prepared}.
        """
        # While it is looked for again there is the last picture.
        if self.width:
            return succeed(None)
        waiting: Deferred[None] = Deferred(self._waiting.remove)
        self._waiting.append(waiting)
        return waiting

    def resumeProducing(self) -> None:
        """
        Somebody looks.
        """
        self._isWatched = True
        if self._isReady:
            self._look(True)

    def pauseProducing(self) -> None:
        """
        Nobody does.
        """
        self._isWatched = False
        if self._isReady:
            self._look(False)

    def _look(self, isWanted: bool) -> None:
        assert self._view is not None
        self._view.watch(isWanted)
        for part in self._parts:
            part.watch(isWanted)

    def _sizeChanged(self) -> None:
        """
        The pixels are elsewhere, and may have another size.
        """
        assert self._view is not None
        source = self._view.source
        self.width, self.height = source.width, source.height
        self.stride, self.pixels = source.width * 4, source.pixels
        self._resized()

    def _changed(self) -> None:
        """
        Something may have been drawn; what, a capture will tell.
        """
        self._damaged(())

    def _screensChanged(self) -> None:
        for listener in self.listeners():
            listener.screensChanged()

    @property
    def screens(self) -> Sequence[Screen]:
        """
        The monitors of the display; one if it does not tell.
        """
        found = () if self._screens is None else self._screens.screens
        bounds = Rectangle(0, 0, self.width, self.height)
        if found and all(bounds.contains(Rectangle(*one[1:5])) for one in found):
            return found
        return (Screen(1, *bounds),)

    def layoutRequested(
        self, width: int, height: int, screens: Sequence[Screen], viewer: IViewer
    ) -> Deferred[bool] | bool:
        """
        See L{IScreens.layoutRequested}.  A display with one monitor can have another
        size, and be divided; several monitors are not moved.
        """
        if self._screens is None or not self._isReady:
            return False
        return self._screens.resize(width, height, screens)

    def _cursorFound(self, cursor: Cursor) -> None:
        self.cursor = cursor

    def capture(self) -> Deferred[Region]:
        """
        See L{txrfb.interfaces.IFramebuffer.capture}.

        @raise DisplayError: if there never was anything to show.
        """
        if self._view is None or not self._isReady:
            if not self.width:
                raise DisplayError(f"X display {self.display} is not there yet")
            # What was shown last is still there.
            return super().capture()
        pending, self._damage = self._damage, []
        self._framed()
        captured = self._view.capture()
        if pending:
            captured.addCallback(self._withPending, pending)
        return captured

    def _withPending(self, region: Region, pending: list[Rectangle]) -> Region:
        return Region([*self._inside(pending).parts, *region.parts])


def _passedOn(reason: DisplayError, ended: Deferred[None]) -> DisplayError:
    ended.callback(None)
    return reason


class _DisplayService(FramebufferService["X11Framebuffer"]):
    """
    The connection to a display.
    """

    def privilegedStartService(self) -> None:
        """
        Read what lets us in, while we may.
        """
        self._framebuffer.readAuthority()


_USAGE = (
    "expected x11:DISPLAY, as x11::0, with reconnect=yes, primary=yes or"
    " authority=FILE after commas; or x11 alone for that of the environment variable"
    " DISPLAY"
)

#: The options.
_OPTIONS = ("reconnect", "primary", "authority")


def framebufferFromString(reactor: Any, argument: str) -> X11Framebuffer:
    """
    @param argument: A display, and options after commas: C{":0,reconnect=yes"}.  If it
        names no display, C{DISPLAY} does.

    @raise ValueError: if it is anything else.
    """
    name, *options = re.split(f",({'|'.join(_OPTIONS)})=", argument)
    given = dict(zip(options[::2], options[1::2]))
    name = name or os.environ.get("DISPLAY", "")
    if not name:
        raise ValueError(f"there is no display, and DISPLAY is not set; {_USAGE}")
    switches = {name: given.get(name, "no") for name in ("reconnect", "primary")}
    for key, value in switches.items():
        if value not in ("yes", "no"):
            raise ValueError(f"{key}={value}: expected yes or no; {_USAGE}")
    try:
        return X11Framebuffer(
            name,
            authority=given.get("authority"),
            reconnect=switches["reconnect"] == "yes",
            primary=switches["primary"] == "yes",
            reactor=reactor,
        )
    except ValueError as error:
        raise ValueError(f"{error}; {_USAGE}") from None
