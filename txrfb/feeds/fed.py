# -*- test-case-name: tests.feeds.test_fed -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A framebuffer that is painted by what a VNC server says: the part of it that is the
same for a connection to a server, a recording, or anything else that brings the bytes.

What brings them, the I{feed}, has a
L{ClientConnection<txrfb.client.connection.ClientConnection>}, which makes pixels and
events of the bytes.  The framebuffer shows the connection's canvas, without a copy, and
is given the events::

    framebuffer.use(connection)       # as often as there is a new one
    for event in connection.receive(data):
        framebuffer.take(event)
    framebuffer.lost("the server went away")

A feed of bytes alone, to which nothing is answered, is shorter::

    framebuffer.begin()
    framebuffer.feed(data)            # any number of times

  - B{An update is one picture.}  What it painted is told when all of it has come, its
    copies as copies; a viewer that comes in its midst waits for the rest of it, but no
    longer than L{PATIENCE}.

  - B{A picture stays until there is another}: when the feed is lost, when the next has
    said no more than its size, and when the size has changed and no pixels have come.

  - B{The rest is told when it happens}: name, shape and place of the pointer, screens,
    lights, bell, and clipboard.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from twisted.internet.defer import Deferred, fail, succeed
from zope.interface import alsoProvides, implementer, noLongerProvides

from txrfb._wire.clipboard import ClipboardExchange
from txrfb._wire.events import Failed
from txrfb._wire.messages import (
    Bell,
    Limits,
    ServerCutText,
    ServerInit,
    SetColorMapEntries,
)
from txrfb._wire.messages.clipboard import CutTextPiece, ExtendedCutText
from txrfb._wire.transcript import Transcript
from txrfb.client.connection import ClientConnection
from txrfb.client.events import (
    ClientEvent,
    CursorChanged,
    LedsChanged,
    NameChanged,
    PointerMoved,
    ScreensChanged,
    SizeChanged,
    Updated,
)
from txrfb.client.login import securityFor
from txrfb.error import ConnectionFailed, ProtocolError
from txrfb.framebuffers._base import BaseFramebuffer
from txrfb.geometry import Rectangle, Region, Screen
from txrfb.interfaces import ILedSource, IPrepared, IScreens, IViewer

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall, IReactorTime

__all__ = ["PATIENCE", "FedFramebuffer"]

#: For how many seconds nobody is shown a picture that has come in part.
PATIENCE = 2.0


@implementer(IPrepared, IScreens)
class FedFramebuffer(BaseFramebuffer):
    """
    Shows what a VNC server says.

    It has no size before the first picture has come, for which viewers wait
    (L{IPrepared}).  A subclass may take what viewers do.

    @ivar connection: What makes pixels of the bytes; C{None} before the first feed.
    """

    def __init__(self, name: str = "", *, clock: IReactorTime | None = None) -> None:
        """
        @param name: The desktop's name until the feed says one.

        @param clock: What time is taken from; the global reactor if not given.
        """
        super().__init__(name)
        if clock is None:
            from twisted.internet import reactor

            clock = reactor
        assert clock is not None
        self.connection: ClientConnection | None = None
        self.width = self.height = self.stride = 0
        self.pixels: Any = b""
        self._clock = clock
        # Whether the canvas of the connection is another than what is shown.
        self._isNew = False
        # Whether it is of a time before who looks came.
        self._isStale = False
        # Why there is nothing that could be waited for.
        self._ending = ""
        self._captures: list[Deferred[Any]] = []
        self._waiting: list[Deferred[Any]] = []
        self._late: IDelayedCall | None = None
        self._leds = 0
        # As the feed said them last, and with the picture that is shown.
        self._told: tuple[Screen, ...] = ()
        self._screens: tuple[Screen, ...] = ()
        self._clipboard: ClipboardExchange | None = None

    # -- What a feed does ------------------------------------------------------------

    def use(self, connection: ClientConnection) -> None:
        """
        Show what this connection paints, from its next picture on.

        @param connection: It may be logged in already, or not.
        """
        self.connection = connection
        self._isNew = True
        if connection.isReady:
            self.name = connection.name
        self._ending = ""
        self._told = ()
        self._clipboard = None
        if ILedSource.providedBy(self):
            noLongerProvides(self, ILedSource)
        self._bePatient()

    def take(self, event: ClientEvent) -> None:
        """
        Something has come of what the feed said.  Events that have nothing to do with
        what is shown may be taken as well: nothing happens.

        @param event: An event of L{connection}.
        """
        handler = self._EVENTS.get(type(event))
        if handler is not None:
            handler(self, event)

    def lost(self, reason: str) -> None:
        """
        The feed is at its end, for now or for good.  The picture stays; who waits for
        the first is told the reason.
        """
        self._ending = reason
        self._isNew = False
        # Of what it was in the midst of there will be no more.
        self.connection = None
        self._show()
        waiting = [*self._waiting, *self._captures]
        self._waiting, self._captures = [], []
        for one in waiting:
            one.errback(ConnectionFailed(reason))

    def begin(self, limits: Limits | None = None) -> None:
        """
        Show a feed of bytes alone, to which nothing is answered: what a server says to
        a viewer that speaks RFB 3.3, from its version on, without a login.  Recordings
        are such.

        @param limits: How long what comes may be.
        """
        connection = ClientConnection(
            securityFor(names=["None"]),
            Transcript(0, self._clock),
            limits=limits,
            newest=3,
        )
        connection.start()
        self.use(connection)

    def feed(self, data: bytes, isEnough: Callable[[], bool] | None = None) -> None:
        """
        More bytes of what the server says.

        @param data: Any number of them.

        @param isEnough: See L{ClientConnection.receive}.

        @raise ProtocolError: if they cannot be understood; there can be no more of
            this feed then.
        """
        if self.connection is None:
            raise RuntimeError("feed() was called before begin() or use()")
        for event in self.connection.receive(data, isEnough):
            if isinstance(event, Failed):
                raise ProtocolError(event.reason)
            self.take(event)

    # -- The picture -----------------------------------------------------------------

    @property
    def _isHalf(self) -> bool:
        """
        Whether there is no whole picture to be shown now.
        """
        connection = self.connection
        if not self.width or connection is None:
            return not self.width
        if self._isStale:
            return True
        return connection.isPainting and self.pixels is connection.canvas

    def capture(self) -> Deferred[Region]:
        """
        See L{txrfb.interfaces.IFramebuffer.capture}.
        """
        if not self._isHalf:
            region = super().capture()
            self._captured()
            return region
        captured: Deferred[Any] = Deferred(self._captures.remove)
        self._captures.append(captured)
        self._bePatient()
        return captured

    def _captured(self) -> None:
        """
        Viewers are about to be sent what there is: they have room for more.
        """

    def prepared(self) -> Deferred[None]:
        """
        See L{IPrepared.prepared}.
        """
        if self.width:
            return succeed(None)
        if self._ending:
            return fail(ConnectionFailed(self._ending))
        waiting: Deferred[Any] = Deferred(self._waiting.remove)
        self._waiting.append(waiting)
        self._bePatient()
        return waiting

    def _bePatient(self) -> None:
        """
        Somebody may wait for a picture, from when on its size is known.
        """
        connection = self.connection
        if self._late is not None or not (self._captures or self._waiting):
            return
        if connection is not None and connection.width:
            self._late = self._clock.callLater(PATIENCE, self._isLate)

    def _isLate(self) -> None:
        self._late = None
        self._isStale = False
        if not self.width and self.connection is not None:
            self._exchange(self.connection)
        # Of what comes slowly, viewers see so much every time.
        self._damaged((Rectangle(0, 0, self.width, self.height),))
        self._show()

    def _show(self) -> None:
        """
        What there is may be seen.
        """
        if self._late is not None:
            self._late.cancel()
            self._late = None
        if not self.width:
            return
        captures, self._captures = self._captures, []
        for one in captures:
            super().capture().chainDeferred(one)
            self._captured()
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            one.callback(None)

    def _exchange(self, connection: ClientConnection) -> None:
        """
        Show the canvas that the connection has now.
        """
        self._isNew = False
        canvas = connection.canvas
        self.pixels = canvas
        self.height, self.width = canvas.shape
        self.stride = self.width * 4
        isOther = self._told != self._screens
        self._screens = self._told
        self._resized()
        if isOther:
            self._screensChanged()
        self.cursor = connection.cursor

    def _onUpdated(self, event: Updated) -> None:
        connection = self.connection
        if connection is None or not event.rectangles:
            return
        if self._isNew:
            self._exchange(connection)
        else:
            for copy in event.copies:
                for listener in self.listeners():
                    listener.copied(*copy)
            self._damaged(event.rectangles)
        if not self._isHalf:
            self._show()

    def _onSizeChanged(self, event: SizeChanged) -> None:
        self._isNew = True

    def _onServerInit(self, event: ServerInit) -> None:
        self.name = event.name
        self._isNew = True
        self._bePatient()

    def _onColors(self, event: SetColorMapEntries) -> None:
        self._damaged((Rectangle(0, 0, self.width, self.height),))

    # -- The rest --------------------------------------------------------------------

    @property
    def screens(self) -> Sequence[Screen]:
        """
        The screens that the desktop is divided into; one if the feed has not said.
        """
        return self._screens or (Screen(1, 0, 0, self.width, self.height),)

    def layoutRequested(
        self, width: int, height: int, screens: Sequence[Screen], viewer: IViewer
    ) -> Deferred[bool] | bool:
        """
        See L{IScreens.layoutRequested}.  A feed has the size that it has.
        """
        return False

    @property
    def leds(self) -> int:
        """
        The lights of the keyboard; they are told of (L{ILedSource}) when the feed has
        said something of them.
        """
        return self._leds

    def _onScreens(self, event: ScreensChanged) -> None:
        if event.status:
            return
        self._told = event.screens
        # With another size they are told when there is a picture of it.
        isShown = not self._isNew and (event.width, event.height) == (
            self.width,
            self.height,
        )
        if isShown and event.screens != self._screens:
            self._screens = event.screens
            self._screensChanged()

    def _screensChanged(self) -> None:
        for listener in self.listeners():
            listener.screensChanged()

    def _onLeds(self, event: LedsChanged) -> None:
        isKnown = ILedSource.providedBy(self)
        if isKnown and event.leds == self._leds:
            return
        self._leds = event.leds
        if not isKnown:
            alsoProvides(self, ILedSource)
        for listener in self.listeners():
            listener.ledsChanged()

    def _onName(self, event: NameChanged) -> None:
        self.name = event.name

    def _onCursor(self, event: CursorChanged) -> None:
        # One that comes before the first picture is shown with it.
        if self.width:
            self.cursor = event.cursor

    def _onPointer(self, event: PointerMoved) -> None:
        self.movePointer(event.x, event.y)

    def _onBell(self, event: Bell) -> None:
        self.bell()

    def _clipboardOfFeed(self) -> ClipboardExchange:
        if self._clipboard is None:
            # Nothing is answered, so only what is provided unasked comes.
            self._clipboard = ClipboardExchange(
                Limits().clipboard, True, lambda message: None, self._copied
            )
        return self._clipboard

    def _copied(self, formats: dict[str, bytes]) -> None:
        text = formats.pop("text", b"").decode("utf-8", "replace")
        self.cutText(text, **formats)

    def _onCutText(self, event: ServerCutText) -> None:
        self._clipboardOfFeed().latinReceived(event.text)

    def _onExtendedCutText(self, event: ExtendedCutText) -> None:
        if event.data:
            self._clipboardOfFeed().extendedReceived(event.data, rest=event.rest)

    def _onCutTextPiece(self, event: CutTextPiece) -> None:
        self._clipboardOfFeed().pieceReceived(event.data, event.isLast)

    _EVENTS: ClassVar[dict[type[Any], Callable[[Any, Any], None]]] = {
        ServerInit: _onServerInit,
        Updated: _onUpdated,
        SizeChanged: _onSizeChanged,
        ScreensChanged: _onScreens,
        SetColorMapEntries: _onColors,
        NameChanged: _onName,
        CursorChanged: _onCursor,
        PointerMoved: _onPointer,
        LedsChanged: _onLeds,
        Bell: _onBell,
        ServerCutText: _onCutText,
        ExtendedCutText: _onExtendedCutText,
        CutTextPiece: _onCutTextPiece,
    }
