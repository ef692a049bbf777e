# -*- test-case-name: tests.web.test_api_operator -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A viewer without a window: what a program does by HTTP comes in by the door by which all
viewers come, on a connection that begins and ends with the request.

So the same logins, rights and limits hold for it, it is in the log and in the list of
viewers, the application knows it as a viewer, and what it holds down is released.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from twisted.cred.credentials import ICredentials
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.internet.interfaces import IConsumer, IPushProducer, ITransport
from twisted.logger import ILogObserver, Logger, globalLogPublisher
from twisted.python.failure import Failure
from zope.interface import implementer

from txrfb._wire.messages import FramebufferUpdateRequest, Limits
from txrfb._wire.messages.extensions import Fence
from txrfb.client import RFBClient
from txrfb.client.events import ExtensionEvent, ScreensChanged, Updated
from txrfb.encodings import constants
from txrfb.encodings.desktop import BY_THIS_VIEWER, FORWARDED
from txrfb.error import ConnectionFailed
from txrfb.geometry import Rectangle
from txrfb.interfaces import IViewerStream
from txrfb.web.api.problems import FULL

if TYPE_CHECKING:
    from twisted.internet.interfaces import IAddress, IDelayedCall, IReactorTime

    from txrfb._session.server import RFBServer
    from txrfb.protocol import RFBFactory
    from txrfb.web.visitors import Visitor

__all__ = ["Operator", "operatorOf"]

#: What it reads.  It asks for no pixels.
_ENCODINGS = (
    constants.RAW,
    constants.EXTENDED_DESKTOP_SIZE,
    constants.FENCE,
    constants.EXTENDED_CLIPBOARD,
    constants.EXTENDED_MOUSE_BUTTONS,
)

#: What it asks for where it must ask for something.
_CORNER = Rectangle(0, 0, 1, 1)

#: It holds no picture, however large the screen is.
_LIMITS = Limits(pixels=1 << 32)


@implementer(ITransport, IConsumer, IPushProducer, IViewerStream)
class _End:
    """
    One end of a connection in memory.  Nothing arrives in the turn of the reactor in
    which it was written.
    """

    isProxied = isWebSocket = awaitsViewer = canStartTLS = False
    disconnecting = False

    def __init__(
        self, clock: IReactorTime, visitor: Visitor, credentials: ICredentials | None
    ) -> None:
        self.host = visitor.host
        self.isSecure, self.isSecureContext = visitor.isSecure, True
        self.credentials = credentials
        self._address = visitor.address
        self._clock = clock
        self._protocol: Any = None
        self._unread: list[bytes] = []
        self._isPaused = False
        self._call: IDelayedCall | None = None
        self.other: _End

    def start(self, protocol: Any) -> None:
        """
        Carry a protocol.
        """
        self._protocol = protocol
        protocol.makeConnection(self)

    def getPeer(self) -> IAddress:
        """
        See L{ITransport.getPeer}.
        """
        return self._address

    def getHost(self) -> IAddress:
        """
        See L{ITransport.getHost}.
        """
        return self._address

    def write(self, data: bytes) -> None:
        """
        See L{ITransport.write}.
        """
        if not self.disconnecting:
            self.other.arrive(data)

    def writeSequence(self, data: Any) -> None:
        """
        See L{ITransport.writeSequence}.
        """
        self.write(b"".join(data))

    def arrive(self, data: bytes) -> None:
        """
        Something was written at the other end.
        """
        self._unread.append(data)
        self._wake()

    def _wake(self) -> None:
        if self._call is None and not self._isPaused:
            self._call = self._clock.callLater(0, self._read)

    def _read(self) -> None:
        self._call = None
        unread, self._unread = self._unread, []
        if unread and self._protocol is not None and not self._isPaused:
            self._protocol.dataReceived(b"".join(unread))

    def pauseProducing(self) -> None:
        """
        See L{IPushProducer.pauseProducing}: read nothing more for now.
        """
        self._isPaused = True
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def resumeProducing(self) -> None:
        """
        See L{IPushProducer.resumeProducing}.
        """
        self._isPaused = False
        if self._unread:
            self._wake()

    def stopProducing(self) -> None:
        """
        See L{IPushProducer}.
        """
        self.loseConnection()

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """
        See L{IConsumer.registerProducer}: the other end takes all.
        """

    def unregisterProducer(self) -> None:
        """
        See L{IConsumer.unregisterProducer}.
        """

    def loseConnection(self) -> None:
        """
        See L{ITransport.loseConnection}.
        """
        self._close(ConnectionDone())

    def abortConnection(self) -> None:
        """
        End it at once.
        """
        self._close(ConnectionAborted())

    def _close(self, reason: Exception) -> None:
        if not self.disconnecting:
            self.disconnecting = self.other.disconnecting = True
            for end in (self.other, self):
                self._clock.callLater(0, end.lost, reason)

    def lost(self, reason: Exception) -> None:
        """
        The connection is no more.
        """
        # What came before the end, such as a reason, is read.
        self.resumeProducing()
        if self._call is not None:
            self._call.cancel()
            self._read()
        protocol, self._protocol = self._protocol, None
        protocol.connectionLost(Failure(reason))


@implementer(ILogObserver)
def _failures(event: Any) -> None:
    """
    Log what should never happen: for all else the server has its lines.
    """
    if "log_failure" in event:
        globalLogPublisher(event)


class Operator(RFBClient):
    """
    Does what a request is for.

    @ivar server: The server's protocol for this viewer.
    """

    _log = Logger(observer=cast(ILogObserver, _failures))

    server: RFBServer

    def __init__(self, clock: IReactorTime) -> None:
        """
        @param clock: What time is taken from.
        """
        super().__init__(encodings=_ENCODINGS, format=None, limits=_LIMITS, clock=clock)
        self.isUpdating = False
        self.ended: Deferred[None] = Deferred()
        self._awaited: list[Deferred[Any]] = []
        self._fences: list[Deferred[Any]] = []
        self._updating: Deferred[Any] | None = None
        self._sizing: Deferred[Any] | None = None

    async def taken(self) -> None:
        """
        Wait until the application has taken all that was done.

        @raise ConnectionFailed: if it has failed to.
        """
        await self._synchronize()
        await self.server.whenTaken()
        if self.server.hasEnded:
            # The server's end knows why, and has logged it.
            raise ConnectionFailed("the server closed the connection")

    async def extend(self) -> None:
        """
        Wait until it is known what else than usual the server understands.
        """
        # That is told, as any news, in an update.
        self._updating = self._wait_()
        self.send(FramebufferUpdateRequest(False, _CORNER))
        await self._updating

    async def _synchronize(self) -> None:
        """
        Wait until the server has acted on all that was sent.
        """
        answered = self._wait_()
        self._fences.append(answered)
        self.fence(b"taken")
        await answered

    async def copy(self, text: str) -> None:
        """
        Give the application a text for its clipboard.
        """
        # Whether the server takes more than Latin-1 it has said by then.
        await self._synchronize()
        self.cutText(text)
        # It asks for what there is before it takes it.
        await self._synchronize()
        await self.taken()

    async def resize(self, width: int, height: int) -> int:
        """
        Ask for another size of the screen.

        @return: The status: see L{txrfb.encodings.desktop}.
        """
        await self.extend()
        sizing = self._sizing = self._wait_()
        self.setDesktopSize(width, height)
        self.send(FramebufferUpdateRequest(True, _CORNER))
        told: ScreensChanged = await sizing
        return told.status

    def close(self) -> Deferred[None]:
        """
        Let go of everything, and end the connection.

        @return: Fires when it is so.
        """
        self.disconnect()
        return self.ended

    def _wait_(self) -> Deferred[Any]:
        def cancelled(one: Deferred[Any]) -> None:
            if one in self._awaited:
                self._awaited.remove(one)

        if not self.isReady:
            raise ConnectionFailed(self._ending)
        one: Deferred[Any] = Deferred(cancelled)
        self._awaited.append(one)
        return one

    def _fire(self, one: Deferred[Any], result: Any) -> None:
        if one in self._awaited:
            self._awaited.remove(one)
            one.callback(result)

    def extensionReceived(self, event: ExtensionEvent) -> None:
        """
        See L{ClientExtensions.extensionReceived
        <txrfb.client.extensions.ClientExtensions.extensionReceived>}.
        """
        if isinstance(event, Fence):
            if self._fences and event.payload == b"taken":
                self._fire(self._fences.pop(0), None)
        elif isinstance(event, ScreensChanged) and event.reason == BY_THIS_VIEWER:
            if event.status == FORWARDED:
                self.send(FramebufferUpdateRequest(True, _CORNER))
            elif self._sizing is not None:
                sizing, self._sizing = self._sizing, None
                self._fire(sizing, event)

    def updateReceived(self, update: Updated) -> None:
        """
        See L{RFBClient.updateReceived}.
        """
        updating = self._updating
        if updating is None:
            return
        if update.rectangles:
            # Pixels come when there are no news any more.
            self._updating = None
            self._fire(updating, None)
        else:
            self.send(FramebufferUpdateRequest(False, _CORNER))

    def connectionFailed(self, reason: str) -> None:
        """
        See L{RFBClient.connectionFailed}.
        """
        awaited, self._awaited = self._awaited, []
        for one in awaited:
            one.errback(ConnectionFailed(reason))


class _Ending:
    """
    Carries the server's protocol, and tells when it has ended.
    """

    def __init__(self, server: RFBServer, ended: Callable[[], None]) -> None:
        self._server = server
        self._ended = ended
        self.makeConnection = server.makeConnection
        self.dataReceived = server.dataReceived

    def connectionLost(self, reason: Failure) -> None:
        """
        The connection is no more.
        """
        self._server.connectionLost(reason)
        self._ended()


async def operatorOf(
    factory: RFBFactory, visitor: Visitor, proof: ICredentials | None
) -> Operator:
    """
    Connect a viewer in memory, and log it in.

    @param factory: The server.

    @param visitor: Whose viewer it is.

    @param proof: What it has proved; C{None} if it was asked nothing.

    @return: The viewer, which must be closed.

    @raise ConnectionFailed: if it is not let in.
    """
    server = factory.buildProtocol(visitor.address)
    if server is None:
        raise ConnectionFailed(FULL)
    operator = Operator(factory.clock)
    operator.server = server
    ours = _End(factory.clock, visitor, proof)
    theirs = _End(factory.clock, visitor, None)
    ours.other, theirs.other = theirs, ours
    ready = operator.whenReady()
    theirs.start(operator)
    ours.start(_Ending(server, lambda: operator.ended.callback(None)))
    try:
        await ready
    except BaseException:
        operator.disconnect()
        raise
    return operator
