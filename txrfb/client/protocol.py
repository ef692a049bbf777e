# -*- test-case-name: tests.client.test_client -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A viewer on a transport.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure

from txrfb._wire.events import Failed, Output, SealRequested, TLSRequested
from txrfb._wire.messages import (
    Bell,
    FramebufferUpdateRequest,
    Limits,
    ServerCutText,
    ServerInit,
    SetColorMapEntries,
    SetEncodings,
    SetPixelFormat,
)
from txrfb._wire.transcript import Transcript
from txrfb.client.connection import DEFAULT_ENCODINGS, ClientConnection
from txrfb.client.events import (
    ClientEvent,
    CursorChanged,
    NameChanged,
    SizeChanged,
    Updated,
)
from txrfb.client.extensions import ClientExtensions
from txrfb.client.input import Message
from txrfb.client.login import Security, securityFor
from txrfb.client.milestones import Milestone
from txrfb.client.outgoing import Outgoing
from txrfb.client.picture import Canvas, imageOf
from txrfb.client.reading import Reading
from txrfb.error import ConnectionFailed
from txrfb.geometry import Rectangle
from txrfb.pixels import NATIVE, Cursor, PixelFormat
from txrfb.security.tls.failures import serverProblem

if TYPE_CHECKING:
    from PIL.Image import Image
    from twisted.internet.interfaces import (
        IDelayedCall,
        IOpenSSLClientConnectionCreator,
        IReactorTime,
    )

    from txrfb.security.steps import Sender

__all__ = ["READ", "RFBClient"]

#: How many bytes are read at a time, where the transport lets itself be told
#: (C{bufferSize} of Twisted's): of pixels that are copied as they come, reads of the
#: usual 64 KiB take a fifth more.
READ = 1 << 18


class RFBClient(ClientExtensions, Protocol):
    """
    The protocol of a viewer.

    Left alone it asks for the whole picture, and then for what changes, as fast as
    the server sends it.  The methods under I{What happens} do little or nothing, and
    are there to be overridden.

    @ivar isUpdating: Whether another update is asked for when one has come.
    @ivar isReady: Whether the login is done and the connection has not ended.
    @ivar transcript: The messages of the connection, for a log.
    """

    _log = Logger()
    # For how many seconds the server may close, too; None for as long as it likes.
    _PATIENCE: float | None = None
    _ENDED = "A viewer's connection ended: {reason}{transcript}"

    def __init__(
        self,
        security: Security | None = None,
        *,
        shared: bool = True,
        encodings: Iterable[int] = DEFAULT_ENCODINGS,
        format: PixelFormat | None = NATIVE,
        limits: Limits | None = None,
        newest: int = 8,
        startTLS: Callable[[str], IOpenSSLClientConnectionCreator] | None = None,
        clock: IReactorTime | None = None,
    ) -> None:
        """
        @param security: How to log in; by default without being asked.
            L{loginFor<txrfb.client.login.loginFor>} makes it, together with
            C{startTLS}.

        @param shared: Whether other viewers may stay connected.

        @param encodings: The encodings to ask for, the preferred first.

        @param format: The pixel format to ask for; C{None} to take the server's.

        @param limits: How long what the server sends may be, and how long the login
            may take.

        @param newest: The newest minor version to speak: 3, 7 or 8.

        @param startTLS: Given the kind of TLS that the security type asks for
            (L{txrfb.security.StartTLS.kind}), returns what a transport's
            C{startTLS} takes.

        @param clock: What time is taken from; the global reactor if not given.
        """
        if clock is None:
            from twisted.internet import reactor

            clock = reactor
        assert clock is not None
        self.isUpdating = True
        self.transcript = Transcript(0, clock)
        self.connection = ClientConnection(
            securityFor(names=["None"]) if security is None else security,
            self.transcript,
            shared,
            limits,
            newest,
        )
        self._beginExtensions(limits or Limits())
        self._encodings = tuple(encodings)
        self._format = format
        self._limits = limits or Limits()
        self._startTLS = startTLS
        # What it began with, if it has begun.
        self._tls: IOpenSSLClientConnectionCreator | None = None
        self._clock = clock
        self._deadline: IDelayedCall | None = None
        self._sealer: Sender | None = None
        self._hasEnded = False
        self._outgoing = Outgoing(clock)
        self._isAnswering = False
        self._reading = Reading(self.connection, clock, self._hear)
        self._login, self._picture = (
            Milestone(self, lambda: self._end("cancelled", failed=False))
            for _ in range(2)
        )
        self._ending = "no connection was made yet"

    # -- What is seen ----------------------------------------------------------------

    @property
    def isReady(self) -> bool:
        """
        Whether the login is done and the connection has not ended.
        """
        return self.connection.isReady and not self._hasEnded

    @property
    def width(self) -> int:
        """
        Columns of the screen; 0 before it is known.
        """
        return self.connection.width

    @property
    def height(self) -> int:
        """
        Rows of the screen.
        """
        return self.connection.height

    @property
    def name(self) -> str:
        """
        The desktop's name.
        """
        return self.connection.name

    @property
    def canvas(self) -> Canvas:
        """
        The picture: an array of C{uint32}, shape (height, width), of colors
        C{0xRRGGBB}.  It is painted on as bytes come, and is another object when the
        size changes.
        """
        return self.connection.canvas

    @property
    def cursor(self) -> Cursor | None:
        """
        The shape of the pointer, if the server has sent one; without pixels if the
        pointer is invisible.
        """
        return self.connection.cursor

    def image(self) -> Image:
        """
        @return: The picture as a Pillow image of mode C{RGB}.

        @raise ValueError: if there is none yet.
        """
        return imageOf(self.canvas)

    # -- What is said ----------------------------------------------------------------

    def requestUpdate(
        self, incremental: bool = True, rectangle: Rectangle | None = None
    ) -> None:
        """
        Ask for pixels.

        @param incremental: Whether only what changed is wanted, when something did.

        @param rectangle: Which part of the screen; C{None} for all.
        """
        if rectangle is None:
            rectangle = Rectangle(0, 0, self.width, self.height)
        self.send(FramebufferUpdateRequest(incremental, rectangle))

    def setPixelFormat(self, format: PixelFormat) -> None:
        """
        Have pixels sent in another format from the next update on that is requested.
        """
        self.send(SetPixelFormat(format))

    def setEncodings(self, encodings: Iterable[int]) -> None:
        """
        Have pixels sent in other encodings, the preferred first.
        """
        self.send(SetEncodings(tuple(encodings)))

    def send(self, message: Message) -> None:
        """
        Send any message.

        @raise ConnectionFailed: if the viewer is not logged in, or not any more.
        """
        if not self.isReady:
            raise ConnectionFailed(f"not connected: {self._ending}")
        self._act(self.connection.send, message)

    def disconnect(self) -> None:
        """
        Close the connection.
        """
        self._end("the viewer disconnected", failed=False)

    def whenReady(self) -> Deferred[RFBClient]:
        """
        @return: Fires with this viewer when the login is done, or fails with
            L{ConnectionFailed}.
        """
        return self._login.when()

    def whenSeen(self) -> Deferred[RFBClient]:
        """
        @return: Fires with this viewer when there is a picture, or when the login is
            done, if it does not ask for one; or fails with L{ConnectionFailed}.
        """
        return self._picture.when()

    # -- What happens ----------------------------------------------------------------

    def ready(self) -> None:
        """
        The login is done.  Send pixel format and encodings, and ask for a first
        picture.
        """
        if self._format is not None:
            self.setPixelFormat(self._format)
        self.setEncodings(self._encodings)
        if self.isUpdating:
            self.requestUpdate(incremental=False)

    def updateReceived(self, update: Updated) -> None:
        """
        There are new pixels.
        """

    def sizeChanged(self) -> None:
        """
        The size of the screen has changed; L{canvas} is a new array, black at
        first.
        """

    def nameChanged(self) -> None:
        """
        The desktop's name has changed.
        """

    def cursorChanged(self) -> None:
        """
        The shape of the pointer has changed.
        """

    def colorsChanged(self) -> None:
        """
        The server has changed the colors of a screen with a color map, and
        L{canvas} has changed with them.
        """

    def bellRang(self) -> None:
        """
        The server's bell rings.
        """

    def cutTextReceived(self, text: str) -> None:
        """
        The server has new clipboard text.
        """

    def connectionFailed(self, reason: str) -> None:
        """
        The connection was closed, and not by L{disconnect}.
        """

    # -- The transport ---------------------------------------------------------------

    def connectionMade(self) -> None:
        """
        The connection is made: begin the handshake, and the time limit for the
        login.
        """
        transport = self.transport
        assert transport is not None
        if hasattr(transport, "setTcpNoDelay"):
            transport.setTcpNoDelay(True)
        if hasattr(transport, "bufferSize"):
            transport.bufferSize = READ
        self._outgoing.use(transport)
        self._ending = "the login is not done yet"
        seconds = self._limits.loginTimeout
        self._deadline = self._clock.callLater(
            seconds, self._end, f"login timed out after {seconds:g} s"
        )
        self._act(self.connection.start)

    def dataReceived(self, data: bytes) -> None:
        """
        Bytes came from the server.
        """
        self._reading.received(data, self.transport)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        The connection is closed.
        """
        problem = serverProblem(reason.value, self._tls)
        if problem is not None:
            ending = f"TLS failed: {problem}"
        elif reason.check(ConnectionDone):
            ending = "the server closed the connection"
        else:
            ending = f"the connection was lost: {reason.getErrorMessage()}"
        self._outgoing.lost()
        self._reading.finish(lambda: self._lost(ending))

    def _lost(self, reason: str) -> None:
        """
        The connection is closed, and all that came by it was acted on.
        """
        self._end(reason)

    def _hear(self, receive: Callable[..., list[ClientEvent]], *data: object) -> None:
        """
        The server says something: what is sent meanwhile answers it.
        """
        self._isAnswering = True
        try:
            self._act(receive, *data)
        finally:
            self._isAnswering = False

    def _act(self, say: Callable[..., list[ClientEvent]], *arguments: object) -> None:
        """
        Drive the connection, and handle the events that follow.  No exception in it
        reaches the reactor.
        """
        try:
            for event in say(*arguments):
                if self._hasEnded:
                    return
                self._EVENTS[type(event)](self, event)
        except Exception as error:
            self._end(f"{type(error).__name__}: {error}", failure=Failure())

    def _end(
        self, reason: str, failed: bool = True, failure: Failure | None = None
    ) -> None:
        """
        The one way in which a connection ends; only the first reason counts.
        """
        if self._hasEnded:
            return
        self._hasEnded = True
        self._ending = reason
        self.connection.close()
        self._reading.stop()
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = None
        self._outgoing.close(self._PATIENCE)
        if failure is not None:
            self._log.failure("A viewer failed: {reason}", failure, reason=reason)
        self._login.miss(reason)
        self._picture.miss(reason)
        if failed:
            self._log.info(
                self._ENDED,
                reason=reason,
                transcript="".join(f"\n    {e}" for e in self.transcript.lines()),
            )
            self.connectionFailed(reason)

    def _onOutput(self, event: Output) -> None:
        self.transcript.tx(event.name, len(event.data))
        data = event.data
        if self._sealer is not None:
            data = self._sealer.seal(data)
        if not self._outgoing.write(data, self._isAnswering):
            self._end("the server does not take the answers that it asks for")

    def _onTLSRequested(self, event: TLSRequested) -> None:
        transport = self.transport
        assert transport is not None
        if self._startTLS is None or not hasattr(transport, "startTLS"):
            self._end("the server requires TLS, which is not set up")
            return
        self._tls = self._startTLS(event.kind)
        transport.startTLS(self._tls)
        self._act(self.connection.tlsStarted)

    def _onSealRequested(self, event: SealRequested) -> None:
        self._sealer = event.send

    def _onServerInit(self, event: ServerInit) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        self._ending = "the connection is open"
        self.ready()
        self._login.reach()
        if not self.isUpdating:
            self._picture.reach()

    def _onUpdated(self, event: Updated) -> None:
        self.updateReceived(event)
        if event.rectangles and not self._picture.isReached:
            self._picture.reach()
        if self.isUpdating and not self._hasEnded:
            self.requestUpdate()

    def _onSizeChanged(self, event: SizeChanged) -> None:
        self.sizeChanged()

    def _onNameChanged(self, event: NameChanged) -> None:
        self.nameChanged()

    def _onCursorChanged(self, event: CursorChanged) -> None:
        self.cursorChanged()

    def _onSetColorMapEntries(self, event: SetColorMapEntries) -> None:
        self.colorsChanged()

    def _onBell(self, event: Bell) -> None:
        self.bellRang()

    def _onServerCutText(self, event: ServerCutText) -> None:
        self.clipboard.latinReceived(event.text)

    def _onFailed(self, event: Failed) -> None:
        self._end(event.reason)

    _EVENTS: ClassVar[dict[type[Any], Callable[[Any, Any], None]]] = {
        Output: _onOutput,
        TLSRequested: _onTLSRequested,
        SealRequested: _onSealRequested,
        ServerInit: _onServerInit,
        Updated: _onUpdated,
        SizeChanged: _onSizeChanged,
        NameChanged: _onNameChanged,
        CursorChanged: _onCursorChanged,
        SetColorMapEntries: _onSetColorMapEntries,
        Bell: _onBell,
        ServerCutText: _onServerCutText,
        Failed: _onFailed,
        **ClientExtensions._EXTENSION_EVENTS,
    }
