# -*- test-case-name: tests.security.test_steps -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The steps of which security types are made.

Every step is a value that a generator yields to its driver
(L{txrfb._wire.negotiation}); what the generator is sent in return stands with each.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from twisted.cred.credentials import ICredentials

__all__ = [
    "ClientSteps",
    "Context",
    "Login",
    "Read",
    "Receiver",
    "Seal",
    "Sender",
    "StartTLS",
    "Step",
    "Steps",
    "Turn",
    "Unseal",
    "Write",
]


class Receiver(Protocol):
    """
    Unseals what comes in.
    """

    @property
    def held(self) -> int:
        """
        How many bytes wait for the rest of their message.
        """

    @property
    def missing(self) -> int:
        """
        How many bytes are missing of the message that has begun; 0 if none has.
        """

    def unseal(self, data: bytes) -> bytes:
        """
        @param data: What came, cut anywhere.

        @return: The clear bytes of all messages that are now complete.

        @raise ValueError: if a message is forged, or empty.
        """


class Sender(Protocol):
    """
    Seals what goes out.
    """

    def seal(self, data: bytes) -> bytes:
        """
        @return: C{data} as one or more sealed messages.
        """


@dataclass(frozen=True, slots=True)
class Read:
    """
    The generator waits for bytes and is sent exactly so many.

    @ivar size: How many; at most 8192.
    @ivar asked: What was asked, if a viewer that leaves here may leave for it, in words
        for the log: "to choose ...".
    """

    size: int
    asked: str = ""


@dataclass(frozen=True, slots=True)
class Write:
    """
    Bytes for the other side.  The generator is sent C{None}, at once.
    """

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Turn:
    """
    What comes next computes for milliseconds, in which nobody else is served.  The
    generator is resumed, with C{None}, when it is this viewer's turn to have that done.
    Only servers wait for turns.

    @ivar later: How many seconds of computing follow when the generator waits again,
        and nobody can measure them.
    """

    later: float = 0.0


@dataclass(frozen=True, slots=True)
class StartTLS:
    """
    From here on the connection is TLS.  Bytes that the other side sent before,
    and nobody read, end the connection: they were not protected.

    The generator is sent the certificate that the viewer proved to own, as the
    C{bytes} of its DER form, or C{None} if it showed none.

    @ivar kind: C{"anonymous"} for TLS without a certificate, C{"x509"} with one.
    """

    kind: str


@dataclass(frozen=True, slots=True)
class Seal:
    """
    From here on bytes pass through C{receive} and C{send}.  The generator is sent
    C{None}, at once.

    @ivar receive: Unseals what comes in, also what came already.
    @ivar send: Seals what goes out.
    """

    receive: Receiver = field(repr=False)
    send: Sender = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unseal:
    """
    From here on bytes pass in clear again.  The generator is sent C{None}, at
    once.
    """


@dataclass(frozen=True, slots=True)
class Login:
    """
    The last step: these credentials are for the portal to judge.  The generator
    is not resumed, and the result (RFC 6143, section 7.1.3) is not its business.

    @ivar credentials: What the viewer proved; C{None} if it was asked nothing.
    @ivar name: By which security type, if that is one inside of another.
    """

    credentials: ICredentials | None = field(repr=False)
    name: str = ""


Step: TypeAlias = Read | Write | Turn | StartTLS | Seal | Unseal | Login

#: What a server's security type is, once begun.
Steps: TypeAlias = Generator[Step, Any, None]

#: The same seen from the viewer: no L{Login}; when it returns, the server's result
#: is what comes next.
ClientSteps: TypeAlias = Generator[Step, Any, None]


@dataclass(frozen=True, slots=True)
class Context:
    """
    What a security type knows of its connection.

    @ivar random: Makes as many unpredictable bytes as it is asked for.
    @ivar canStartTLS: Whether L{StartTLS} is possible.
    @ivar isSecure: Whether the connection is inside TLS already.
    """

    random: Callable[[int], bytes] = secrets.token_bytes
    canStartTLS: bool = False
    isSecure: bool = False
