# -*- test-case-name: tests.wire.test_messages -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What all messages share: how they are parsed, how much is taken, and how those that
are sent are named.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

#: How much is skipped at a time of what is too long to be held.
_PIECE = 4096

Parsed = Generator[int, bytes, Any]


def skip(size: int) -> Generator[int, bytes, None]:
    """
    Take so many bytes, and hold no more than a few of them at a time.
    """
    while size > 0:
        size -= len((yield min(size, _PIECE)))


class Message(ABC):
    """
    A message to be sent.
    """

    __slots__ = ()

    @property
    def label(self) -> str:
        """
        Its name in the log.
        """
        return type(self).__name__

    @property
    def tail(self) -> bytes:
        """
        What stands at its end, if that is large and may be shared by the messages of
        many viewers.
        """
        return b""

    @abstractmethod
    def toBytes(self) -> bytes:
        """
        @return: The message, as it is sent.
        """

    def head(self) -> bytes:
        """
        @return: The message without its L{tail}.
        """
        return self.toBytes()


@dataclass(frozen=True)
class Limits:
    """
    How long what a peer sends may be, and how long it may take: a policy, the same
    for all connections.

    @ivar handshakeTimeout: Seconds for each of the two parts of the handshake that no
        person has to do with: from the connection to the choice of a security type, and
        from the login to ClientInit.
    @ivar loginTimeout: Seconds from the choice of a security type to the credentials,
        for somebody who looks for a password, types it, and compares keys; and as many
        again until these are judged.
    @ivar cutText: Bytes kept of a cut text; the rest is skipped.
    @ivar clipboard: Bytes taken of a clipboard by the extended messages, inflated, of
        all its formats together; what is longer is dropped.
    @ivar encodings: Entries kept of a SetEncodings list; the rest is skipped.
    @ivar name: Bytes of a desktop's name.
    @ivar reason: Bytes of the reason of a refusal.
    @ivar held: Bytes a peer may send ahead while its login is being decided.
    @ivar handshake: Bytes a viewer may send before ClientInit, as they come from the
        transport: sealed, where the stream is.  The longest login has 4 KiB.
    @ivar pending: Connections that may be in their handshake at a time; one more is
        welcome, and another one closed for it.
    @ivar pixels: Pixels of the screen that a server may have.
    """

    handshakeTimeout: float = 30.0
    loginTimeout: float = 120.0
    cutText: int = 1 << 20
    clipboard: int = 1 << 22
    encodings: int = 1024
    name: int = 1 << 16
    reason: int = 1 << 16
    held: int = 1024
    handshake: int = 1 << 14
    pending: int = 64
    pixels: int = 1 << 25
