# -*- test-case-name: tests.client.test_connection -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The viewer's side of the protocol, without input or output: the mirror image of
L{txrfb._wire.connection}.

A server's bytes go in, events come out; the picture is painted on a
L{ClientConnection.canvas}.  Whatever a server sends, the worst that comes out is
L{Failed}, and the memory that is used depends on L{Limits} alone.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Any

from txrfb._wire.events import Failed, Output
from txrfb._wire.messages import (
    SERVER_MESSAGES,
    FramebufferUpdate,
    Limits,
    ServerInit,
    SetColorMapEntries,
    SetEncodings,
)
from txrfb._wire.messages.clipboard import (
    AnyServerCutText,
    ExtendedCutText,
    piecesOf,
)
from txrfb._wire.messages.extensions import (
    FENCE_FLAGS,
    REQUEST,
    SERVER_EXTENSIONS,
    AudioMessage,
    EndOfContinuousUpdates,
    Fence,
    Xvp,
)
from txrfb._wire.negotiation import negotiate
from txrfb._wire.stepper import Stepper
from txrfb._wire.transcript import ITranscript
from txrfb.client.events import (
    ClientEvent,
)
from txrfb.client.formats import FormatChanges
from txrfb.client.handshake import readResult, readSecurityType, readVersion
from txrfb.client.input import Message
from txrfb.client.picture import Canvas, Picture
from txrfb.client.updates import UpdateReader
from txrfb.encodings import ENCODINGS
from txrfb.encodings.constants import (
    CONTINUOUS_UPDATES,
    COPY_RECT,
    CURSOR,
    DESKTOP_NAME,
    DESKTOP_SIZE,
    EXTENDED_CLIPBOARD,
    FENCE,
    HEXTILE,
    LAST_RECT,
    OPEN_H264,
    QEMU_AUDIO,
    RAW,
    TIGHT,
    TRLE,
    XVP,
    ZLIB,
    ZRLE,
)
from txrfb.error import ProtocolError, SecurityError
from txrfb.pixels import Cursor, PixelFormat
from txrfb.security.steps import ClientSteps, Receiver

__all__ = ["DEFAULT_ENCODINGS", "ClientConnection"]

#: The encodings and pseudo-encodings that are asked for by default, the preferred
#: first.  None of them is lossy.
DEFAULT_ENCODINGS = (
    COPY_RECT,
    *(
        number
        for number in (TIGHT, ZRLE, ZLIB, HEXTILE, TRLE, RAW)
        if number in ENCODINGS
    ),
    DESKTOP_SIZE,
    LAST_RECT,
    DESKTOP_NAME,
    CURSOR,
    FENCE,
)

#: The types of the messages that belong to pseudo-encodings.
_MESSAGES = {
    FENCE: Fence.type,
    CONTINUOUS_UPDATES: EndOfContinuousUpdates.type,
    XVP: Xvp.type,
    QEMU_AUDIO: AudioMessage.type,
}


class ClientConnection:
    """
    One connection to a server.

    Every method that drives the connection returns the events that follow, in order.
    L{ServerInit} means that the viewer is logged in; L{Failed} is the last event.

    @ivar minor: The minor version that is spoken: 3, 7 or 8; 0 before it is known.
    @ivar securityType: The number of the security type; 0 before it is known.
    @ivar isReady: Whether the viewer is logged in and initialised.
    @ivar isPainting: Whether an update has come in part, and the canvas is between two
        pictures.
    """

    def __init__(
        self,
        security: Mapping[int, Callable[[], ClientSteps]],
        transcript: ITranscript,
        shared: bool = True,
        limits: Limits | None = None,
        newest: int = 8,
    ) -> None:
        """
        @param security: What makes the steps of each security type that may be
            used, by its number, the preferred first.

        @param transcript: What logs phases and messages.

        @param shared: Whether other viewers may stay connected.

        @param limits: How long what comes may be.

        @param newest: The newest minor version to speak: 3, 7 or 8.

        @raise ValueError: if it is none of these.
        """
        if newest not in (3, 7, 8):
            raise ValueError(f"version 3.{newest}; there are 3.3, 3.7 and 3.8")
        self.minor = 0
        self.securityType = 0
        self.isReady = False
        self.isPainting = False
        self._security = dict(security)
        self._transcript = transcript
        self._shared = shared
        self._limits = limits or Limits()
        self._kinds = dict(SERVER_MESSAGES)
        self._newest = newest
        self._picture = Picture(self._limits.pixels)
        self._updates = UpdateReader(self._picture, self._happened)
        self._formats = FormatChanges(self._picture.use)
        self._events: list[ClientEvent] = []
        self._receiver: Receiver | None = None
        self._over = False
        self._stepper: Stepper | None = None

    @property
    def width(self) -> int:
        """
        Columns of the screen; 0 before they are known.
        """
        return self._picture.width

    @property
    def height(self) -> int:
        """
        Rows of the screen.
        """
        return self._picture.height

    @property
    def name(self) -> str:
        """
        The desktop's name.
        """
        return self._updates.name

    @property
    def cursor(self) -> Cursor | None:
        """
        The shape of the pointer, or C{None} before there was one.
        """
        return self._updates.cursor

    @property
    def format(self) -> PixelFormat:
        """
        The format in which pixels come.
        """
        return self._picture.format

    @property
    def canvas(self) -> Canvas:
        """
        The picture; another object after each L{SizeChanged}.
        """
        return self._picture.canvas

    # -- What drives it --------------------------------------------------------------

    def start(self) -> list[ClientEvent]:
        """
        The connection is made.  The server speaks first.
        """
        return self._run(self._begin)

    @property
    def isPaused(self) -> bool:
        """
        Whether some of what came was not acted on, as it was enough: L{receive} goes
        on with it.
        """
        isPaused = self._stepper is not None and self._stepper.isPaused
        return isPaused or self._picture.isStale

    def receive(
        self, data: bytes, isEnough: Callable[[], bool] | None = None
    ) -> list[ClientEvent]:
        """
        Bytes came from the server.

        @param data: Any number of them; none, to go on with those that came before.

        @param isEnough: Asked between rectangles, and between parts of large ones; if
            it is enough, the rest is kept.
        """
        return self._run(self._feed, data, isEnough)

    def tlsStarted(self) -> list[ClientEvent]:
        """
        TLS has begun.
        """
        return self._run(self._resume)

    def send(self, message: Message) -> list[ClientEvent]:
        """
        Send a message to the server.

        A new pixel format may wait until it is known of each update in which format it
        is: see L{FormatChanges<txrfb.client.formats.FormatChanges>}.

        @raise RuntimeError: if the viewer is not logged in yet.
        """
        if not self.isReady:
            raise RuntimeError(f"a {type(message).__name__} before ServerInit")
        return self._run(self._say, message)

    def close(self) -> None:
        """
        End the conversation: nothing more is sent or read.
        """
        self._over = True
        if self._stepper is not None:
            self._stepper.close()

    # -- How it is driven ------------------------------------------------------------

    def _begin(self) -> None:
        self._stepper = Stepper(self._conversation())

    def _feed(self, data: bytes, isEnough: Callable[[], bool] | None) -> None:
        stepper = self._stepper
        assert stepper is not None
        if self._receiver is not None and data:
            data = self._receiver.unseal(data)
        wasPaused = stepper.isPaused
        stepper.feed(data, isEnough)
        if wasPaused:
            stepper.goOn(isEnough)
        self._picture.finish(isEnough)

    def _resume(self) -> None:
        assert self._stepper is not None
        self._stepper.resume()

    def _run(self, act: Callable[..., None], *arguments: object) -> list[ClientEvent]:
        if self._over:
            return []
        try:
            act(*arguments)
        except (ProtocolError, SecurityError, ValueError) as error:
            # ValueErrors come from decoders, pixel formats and what is sealed.
            self._events.append(Failed(str(error)))
        hasFailed = bool(self._events) and type(self._events[-1]) is Failed
        if self._picture.isStale and not hasFailed:
            return []  # what would be told of has not been painted yet
        events, self._events = self._events, []
        if hasFailed:
            self.close()
        return events

    def _say(self, message: Message) -> None:
        if isinstance(message, SetEncodings):
            self._understand(message.encodings)
        self._send(self._formats.say(message, self._picture.bounds))

    def _send(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self._output(type(message).__name__, message.toBytes())

    def _understand(self, encodings: tuple[int, ...]) -> None:
        """
        Accept the messages that belong to these pseudo-encodings from now on.
        """
        for encoding in encodings:
            number = _MESSAGES.get(encoding)
            if number is not None:
                self._kinds[number] = SERVER_EXTENSIONS[number]
        if OPEN_H264 in encodings:
            self._updates.readVideo()
        if EXTENDED_CLIPBOARD in encodings:
            self._kinds[AnyServerCutText.type] = AnyServerCutText

    def _happened(self, event: ClientEvent) -> None:
        self._events.append(event)

    def _output(self, name: str, data: bytes) -> None:
        self._events.append(Output(name, data))

    # -- The handshake ---------------------------------------------------------------

    def _conversation(self) -> Generator[int, Any, None]:
        transcript = self._transcript
        transcript.begin("ProtocolVersion")
        self.minor = yield from readVersion(self._newest, transcript)
        self._output("ProtocolVersion", b"RFB 003.%03d\n" % self.minor)
        transcript.end("ProtocolVersion")
        transcript.begin("Security")
        chosen = yield from readSecurityType(
            self.minor, self._security, self._limits, transcript
        )
        self.securityType = chosen
        if self.minor > 3:
            self._output("SecurityType", bytes([chosen]))
        yield from self._negotiate(chosen)
        yield from readResult(self.minor, chosen, self._limits, transcript)
        transcript.end("Security")
        transcript.begin("Init")
        self._output("ClientInit", b"\1" if self._shared else b"\0")
        init: ServerInit = yield from ServerInit.parse(self._limits)
        self._updates.name = init.name
        self._picture.resize(init.width, init.height)
        self._picture.use(init.format)
        self.isReady = True
        self._events.append(init)
        transcript.end("Init")
        transcript.begin("Messages")
        yield from self._messages()

    def _negotiate(self, number: int) -> Generator[int, Any, None]:
        """
        Go through a security type.
        """
        name, stepper = f"SecurityType{number}", self._stepper
        assert stepper is not None

        def unsealBy(receiver: Receiver | None) -> None:
            self._receiver = receiver
            if receiver is not None:
                stepper.convert(receiver.unseal)

        login = yield from negotiate(
            name,
            self._security[number](),
            stepper,
            self._transcript,
            self._happened,
            unsealBy,
        )
        if login is not None:
            raise SecurityError(f"{name} has a step {login!r}")

    # -- The messages ----------------------------------------------------------------

    def _messages(self) -> Generator[int, bytes, None]:
        """
        Read messages for ever (section 7.6).
        """
        transcript, kinds = self._transcript, self._kinds
        while True:
            number = (yield 1)[0]
            kind = kinds.get(number)
            if kind is None:
                raise ProtocolError(f"there is no message type {number}")
            assert self._stepper is not None
            start = self._stepper.consumed - 1
            message = yield from kind.parse(self._limits)
            if isinstance(message, FramebufferUpdate):
                yield from self._update(message.count)
                continue
            if isinstance(message, SetColorMapEntries):
                self._picture.setColors(message)
            if isinstance(message, Fence) and message.flags & REQUEST:
                # All that came before it has been painted.
                answer = Fence(message.flags & FENCE_FLAGS & ~REQUEST, message.payload)
                self._formats.fenced(message)
                self._output("Fence", answer.toBytes())
            elif not (isinstance(message, Fence) and self._formats.fenced(message)):
                self._events.append(message)
            if isinstance(message, EndOfContinuousUpdates):
                self._send(self._formats.ended())
            if isinstance(message, ExtendedCutText):
                yield from piecesOf(message, self._happened)
            name = type(message).__name__
            transcript.rx(name, self._stepper.consumed - start)

    def _update(self, count: int) -> Generator[int, bytes, None]:
        """
        Paint an update (section 7.6.1).
        """
        self.isPainting = True
        assert self._stepper is not None
        start = self._stepper.consumed - 4
        update, done = yield from self._updates.read(count)
        size = self._stepper.consumed - start
        self._transcript.rx("FramebufferUpdate", size, f"{done} rectangles")
        # Servers tell of a new size and the like without being asked, so an update
        # without pixels answers no request for sure.
        self._send(self._formats.updated(bool(update.rectangles) or not done))
        self.isPainting = False
        self._events.append(update)
