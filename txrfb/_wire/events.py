# -*- test-case-name: tests.wire.test_connection -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What a conversation tells whoever drives it, besides the messages, which are events
themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from twisted.cred.credentials import ICredentials

from txrfb._wire.messages import ClientMessage, Message
from txrfb._wire.messages.clipboard import CutTextPiece
from txrfb._wire.messages.extensions import ExtensionMessage, Fence


@dataclass(frozen=True, slots=True)
class Output(Message):
    """
    Bytes of the handshake for the other side.

    @ivar name: What they are, for the log.
    """

    name: str
    data: bytes = field(repr=False)

    @property
    def label(self) -> str:
        """
        Its name in the log.
        """
        return self.name

    def toBytes(self) -> bytes:
        """
        @return: The bytes.
        """
        return self.data


@dataclass(frozen=True, slots=True)
class SecurityChosen:
    """
    There is agreement on a security type: from here on it is a person who may take
    time, for a password or to compare keys.
    """


@dataclass(frozen=True, slots=True)
class TurnRequested:
    """
    Something is to be computed; L{ServerConnection.turnCame} must be called when it is
    this viewer's turn.

    @ivar later: See L{txrfb.security.Turn}.
    """

    later: float


@dataclass(frozen=True, slots=True)
class TLSRequested:
    """
    TLS must begin now, and L{ServerConnection.tlsStarted} be called when it has.

    @ivar kind: See L{txrfb.security.StartTLS}.
    """

    kind: str


@dataclass(frozen=True, slots=True)
class SealRequested:
    """
    What is written from now on must be sealed.

    @ivar send: What seals it, or C{None} to write in clear again.
    """

    send: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class LoginRequested:
    """
    Credentials must be judged, which ends in a call of
    L{ServerConnection.loginSucceeded} or L{ServerConnection.loginFailed}.
    """

    securityType: str
    credentials: ICredentials | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClientInit:
    """
    The viewer has logged in, and L{ServerConnection.initialize} must be called
    (section 7.3.1).

    @ivar shared: Whether it would share the screen with others.
    """

    shared: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """
    The connection is at its end, after what was to be written is.  It is always
    the last event.

    @ivar reason: Why, in words that may be logged.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class SyncedMessage:
    """
    A message, and the fence right before it, which must be answered so that what is
    written before the answer is as it was, and what is written after it is new
    (rfbproto, Fence, SyncNext).
    """

    fence: Fence
    message: ClientMessage | ExtensionMessage


Event = (
    Output
    | SecurityChosen
    | TurnRequested
    | TLSRequested
    | SealRequested
    | LoginRequested
    | ClientInit
    | Failed
    | SyncedMessage
    | ClientMessage
    | ExtensionMessage
    | CutTextPiece
)
