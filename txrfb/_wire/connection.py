# -*- test-case-name: tests.wire.test_connection -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The server's side of the conversation, without input or output: bytes go in, events
come out (RFC 6143, section 7).

Whoever drives a L{ServerConnection} writes what L{Output} events hold, decides what
is to be decided (L{LoginRequested}, L{ClientInit}), and acts on the messages, which
are events themselves.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from txrfb._wire.events import (
    ClientInit,
    Event,
    Failed,
    LoginRequested,
    Output,
    SecurityChosen,
    SyncedMessage,
    TurnRequested,
)
from txrfb._wire.messages import (
    CLIENT_MESSAGES,
    SHORT_MESSAGES,
    Limits,
    PointerEvent,
    ServerInit,
    SetEncodings,
)
from txrfb._wire.messages.clipboard import ExtendedCutText, piecesOf
from txrfb._wire.messages.extensions import SYNC_NEXT, Fence
from txrfb._wire.moves import lastMove
from txrfb._wire.negotiation import negotiate
from txrfb._wire.stepper import WAIT, Stepper
from txrfb._wire.transcript import ITranscript
from txrfb.encodings.constants import QEMU_POINTER_MOTION
from txrfb.error import PixelFormatError, ProtocolError, SecurityError
from txrfb.interfaces import ISecurityType
from txrfb.pixels import PixelFormat
from txrfb.security.steps import Context, Receiver

#: What the server greets with: the newest version there is (section 7.1.1).
GREETING = b"RFB 003.008\n"

#: Where so many bytes came at once, of moves of the pointer some are not told.
_MANY = 256

#: Security types that version 3.3, in which the server chooses, can name.
_CHOOSABLE = (1, 2)


class ServerConnection:
    """
    One viewer's connection.

    Every method that lets the conversation go on returns the events that follow
    from it, in order.  After L{Failed} there is nothing more.

    @ivar minor: The minor version that is spoken: 3, 7 or 8; 0 before it is known.
    @ivar mergesMoves: Whether of moves of the pointer that come together only some are
        told; not where they say how far it moved.
    @ivar isBetweenMessages: Whether what comes is the beginning of a message, in clear,
        which has nothing to do with one before it.
    @ivar extensions: What parses the message that a viewer may send because of a
        pseudo-encoding.
    """

    def __init__(
        self,
        transcript: ITranscript,
        limits: Limits | None = None,
        extensions: Mapping[int, type[Any]] | None = None,
    ) -> None:
        """
        @param transcript: Takes down phases and what came.

        @param limits: How long what comes may be.

        @param extensions: What parses the message that a viewer may send because of a
            pseudo-encoding: see L{txrfb._wire.messages.extensions}.
        """
        self.minor = 0
        self.mergesMoves = True
        self._limits = limits or Limits()
        self.extensions = extensions or {}
        self._kinds = dict(CLIENT_MESSAGES)
        self._types: dict[int, ISecurityType] = {}
        self._transcript = transcript
        self._context = Context()
        self._refusal = ""
        self._failing = ""
        self._events: list[Event] = []
        self._unseal: Any = None
        self._over = False
        # Whether ClientInit is still to come, and how many bytes came before it.
        self._isNew = True
        self._raw = 0
        # Whether the parser stands between two messages, of which the next has nothing
        # to do with the one before; in clear that is told, as it is asked often.
        self._isReading = self.isBetweenMessages = False
        # A fence that is to be answered together with the message after it.
        self._fence: Fence | None = None
        self._stepper: Stepper | None = None

    @property
    def held(self) -> int:
        """
        How many bytes of a message have come that is not whole yet.
        """
        return 0 if self._stepper is None else self._stepper.held

    @property
    def missing(self) -> int:
        """
        How many bytes of what has begun are still to come before anything follows from
        it.
        """
        if self._unseal is not None:
            # Of sealed bytes, whatever is in them: many small messages cost much.
            return int(self._unseal.missing)
        return 0 if self._stepper is None else self._stepper.missing

    # -- What drives it --------------------------------------------------------------

    def start(
        self,
        securityTypes: Sequence[ISecurityType],
        context: Context | None = None,
        refusal: str = "",
    ) -> list[Event]:
        """
        The connection is made: greet.

        @param securityTypes: What to offer, in this order.

        @param context: What the security types are to know.

        @param refusal: Why this viewer is refused, whoever it is; empty if it may
            come.
        """
        self._types = {one.number: one for one in securityTypes}
        self._context = context or Context()
        self._refusal = refusal
        return self._run(self._begin)

    def receive(self, data: bytes) -> list[Event]:
        """
        Bytes came from the viewer.

        @param data: Any number of them.
        """
        return self._run(self._feed, data)

    def turnCame(self) -> list[Event]:
        """
        It is this viewer's turn to have something computed.
        """
        return self._run(self._resume, None)

    def tlsStarted(self, certificate: bytes | None = None) -> list[Event]:
        """
        TLS has begun.

        @param certificate: The certificate that the viewer showed, as DER.
        """
        return self._run(self._resume, certificate)

    def loginSucceeded(self) -> list[Event]:
        """
        The credentials are good.
        """
        return self._run(self._resume, "")

    def loginFailed(self, reason: str, what: str = "login failed") -> list[Event]:
        """
        The credentials are not good, or there is nothing to see.

        @param reason: What the viewer is told; it may not be empty.

        @param what: What has failed, for the log.
        """
        self._failing = what
        return self._run(self._resume, reason)

    def initialize(
        self, width: int, height: int, format: PixelFormat, name: str
    ) -> list[Event]:
        """
        The viewer that said L{ClientInit} is sent ServerInit.
        """
        return self._run(self._resume, ServerInit(width, height, format, name))

    def understand(self, kind: type[Any]) -> None:
        """
        The viewer may send a message, or more of it than before: from now on messages
        of that type are parsed so.

        @param kind: What parses it; see L{txrfb._wire.messages.extensions}.
        """
        self._kinds[kind.type] = kind

    def refuse(self, reason: str) -> None:
        """
        The viewer is refused after all, if it is still in its handshake: it will be
        told so as soon as its version is known.
        """
        self._refusal = reason

    def close(self) -> None:
        """
        Nothing more is to be said or heard.
        """
        self._over = True
        if self._stepper is not None:
            self._stepper.close()

    # -- How it is driven ------------------------------------------------------------

    def _begin(self) -> None:
        # The parser runs up to its first question as soon as it is made, and may
        # not find itself missing then.
        self._stepper = Stepper(self._conversation())

    def _feed(self, data: bytes) -> None:
        stepper = self._stepper
        assert stepper is not None
        if self._isNew:
            self._count(len(data))
        if self._unseal is not None:
            data = self._unsealed(data)
        # Between two messages nothing is held, or it would have been read.
        if self._isReading:
            data = self._short(data)
            if not data:
                return
        stepper.feed(data)
        if stepper.isWaiting and stepper.held > self._limits.held:
            raise ProtocolError(
                f"{stepper.held} bytes came before the server answered;"
                f" {self._limits.held} are allowed"
            )

    def _count(self, size: int) -> None:
        """
        Count what comes before ClientInit, whether or not it comes to anything.
        """
        self._raw += size
        self._transcript.came(size)
        if self._raw > self._limits.handshake:
            raise ProtocolError(
                f"{self._raw} bytes came before ClientInit; {self._limits.handshake}"
                " are allowed"
            )

    def _short(self, data: bytes) -> bytes:
        """
        Read the short messages that come most often without the parser, which is
        between two messages, and so does not notice.

        @return: What is left: nothing, or something that begins with another
            message or with a part of one.
        """
        start, length = 0, len(data)
        while start < length:
            kind = SHORT_MESSAGES.get(data[start])
            if kind is None or length - start < kind.LENGTH:
                return data[start:] if start else data
            first = start
            if kind is PointerEvent and self.mergesMoves and length >= _MANY:
                start = lastMove(data, start)
            message = kind.fromBytes(data, start)
            if message is None:
                return data[first:] if first else data
            start += kind.LENGTH
            self._events.append(message)
            self._transcript.rx(kind.__name__, start - first)
        return b""

    def _unsealed(self, data: bytes) -> bytes:
        try:
            unsealed: bytes = self._unseal.unseal(data)
        except ValueError as error:
            raise ProtocolError(str(error)) from None
        return unsealed

    def _resume(self, value: Any) -> None:
        assert self._stepper is not None
        self._stepper.resume(value)

    def _run(self, act: Any, *arguments: Any) -> list[Event]:
        if self._over:
            return []
        try:
            act(*arguments)
        except (ProtocolError, PixelFormatError, SecurityError) as error:
            self._events.append(Failed(str(error)))
        events, self._events = self._events, []
        if events and type(events[-1]) is Failed:
            self.close()
        return events

    # -- The conversation ------------------------------------------------------------

    def _conversation(self) -> Generator[int, Any, None]:
        transcript = self._transcript
        transcript.begin("ProtocolVersion")
        self._output("ProtocolVersion", GREETING)
        yield from self._version()
        transcript.end("ProtocolVersion")
        transcript.begin("Security")
        yield from self._security()
        if self._events and type(self._events[-1]) is Failed:
            return
        transcript.end("Security")
        transcript.begin("Init")
        shared = yield 1
        transcript.rx("ClientInit", 1)
        self._isNew = False
        self._events.append(ClientInit(shared != b"\0"))
        message = yield WAIT
        self._output("ServerInit", message.toBytes())
        transcript.end("Init")
        transcript.begin("Messages")
        yield from self._messages()

    def _output(self, name: str, data: bytes) -> None:
        self._events.append(Output(name, data))

    def _version(self) -> Generator[int, bytes, None]:
        """
        Agree on a version (section 7.1.1).

        Whatever is not 3.7 or newer is taken for 3.3, as the specification has it;
        Apple's 3.889 and RealVNC's 4 and 5 understand 3.8.
        """
        data = yield 12
        self._transcript.rx("ProtocolVersion", 12)
        shape = data[:4] == b"RFB " and data[7:8] == b"." and data[11:] == b"\n"
        numbers = (data[4:7], data[8:11])
        if not (shape and all(number.isdigit() for number in numbers)):
            raise ProtocolError(f"{data!r} is no version of RFB")
        major, minor = map(int, numbers)
        if major < 3:
            raise ProtocolError(f"version {major}.{minor} is older than 3.3")
        if major > 3 or minor >= 8:
            self.minor = 8
        else:
            self.minor = 7 if minor == 7 else 3

    def _security(self) -> Generator[int, Any, None]:
        """
        Agree on a security type, go through it, and tell the result (sections
        7.1.2, 7.1.3 and 7.2).
        """
        reason = self._refusal
        types = self._types
        if self.minor == 3:
            types = {n: t for n, t in types.items() if n in _CHOOSABLE}
            if not types and not reason:
                reason = "version 3.3 has no security type that this server offers"
        if reason or not types:
            self._refuse(reason or "this server offers no security type")
            return
        if self.minor == 3:
            chosen = next(iter(types))
            self._output("Security", chosen.to_bytes(4, "big"))
        else:
            self._output("SecurityTypes", bytes([len(types), *types]))
            names = ", ".join(one.name for one in types.values())
            self._transcript.asked = f"to choose a security type of {names}"
            chosen = (yield 1)[0]
            self._transcript.asked = ""
            self._transcript.rx("SecurityType", 1)
            if chosen not in types:
                raise ProtocolError(
                    f"security type {chosen} was chosen; offered were"
                    f" {', '.join(map(str, types))}"
                )
        self._events.append(SecurityChosen())
        refusal = yield from self._negotiate(types[chosen])
        if refusal:
            data = b"\0\0\0\1"
            if self.minor == 8:
                data += _counted(refusal)
            self._output("SecurityResult", data)
            self._events.append(Failed(f"{self._failing}: {refusal}"))
        elif chosen != 1 or self.minor == 8:
            self._output("SecurityResult", b"\0\0\0\0")

    def _refuse(self, reason: str) -> None:
        """
        Say no before any security type is chosen (section 7.1.2).
        """
        zero = b"\0" if self.minor > 3 else b"\0\0\0\0"
        self._output("SecurityTypes", zero + _counted(reason))
        self._events.append(Failed(f"refused: {reason}"))

    def _negotiate(self, securityType: ISecurityType) -> Generator[int, Any, str]:
        """
        Drive a security type up to its judgment.

        @return: Why the viewer is refused; empty if it is not.
        """
        name, stepper = securityType.name, self._stepper
        assert stepper is not None

        def unsealBy(receiver: Receiver | None) -> None:
            self._unseal = receiver
            if receiver is not None:
                stepper.convert(self._unsealed)

        login = yield from negotiate(
            name,
            securityType.negotiate(self._context),
            stepper,
            self._transcript,
            lambda event: self._events.append(event),
            unsealBy,
            lambda later: self._events.append(TurnRequested(later)),
        )
        if login is None:
            raise SecurityError(f"{name} came to no login")
        self._events.append(LoginRequested(login.name or name, login.credentials))
        refusal: str = yield WAIT
        return refusal

    def _messages(self) -> Generator[int, bytes, None]:
        """
        Read messages for ever (section 7.5).
        """
        transcript, kinds = self._transcript, self._kinds
        while True:
            self._isReading = self._fence is None
            self.isBetweenMessages = self._isReading and self._unseal is None
            number = (yield 1)[0]
            self._isReading = self.isBetweenMessages = False
            kind = kinds.get(number)
            if kind is None:
                raise ProtocolError(f"there is no message type {number}")
            message = yield from kind.parse(self._limits)
            transcript.rx(type(message).__name__, message.size)
            if type(message) is SetEncodings:
                self._extend(message.encodings)
            self._join(message)
            if type(message) is ExtendedCutText:
                yield from piecesOf(message, lambda one: self._events.append(one))

    def _extend(self, encodings: Sequence[int]) -> None:
        """
        The viewer lists encodings.  What is announced because of that it may send from
        now on: it may not have waited for the announcement, if it has been here before.
        """
        self.mergesMoves = QEMU_POINTER_MOTION not in encodings
        for number in encodings:
            kind = self.extensions.get(number)
            if kind is not None:
                self.understand(kind)

    def _join(self, message: Any) -> None:
        """
        Make one event of a fence that asks for it and the message after it (rfbproto,
        Fence, SyncNext).
        """
        fence, self._fence = self._fence, None
        if type(message) is Fence and message.flags & SYNC_NEXT:
            # A fence changes nothing itself, so the one before need not be joined.
            self._fence = message
            message = fence
        elif fence is not None:
            message = SyncedMessage(fence, message)
        if message is not None:
            self._events.append(message)


def _counted(text: str) -> bytes:
    """
    @return: A string as the handshake has it: its length, and UTF-8.
    """
    data = text.encode("utf-8")
    return len(data).to_bytes(4, "big") + data
