# -*- test-case-name: tests.wire.test_extensions -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The messages of the extended clipboard (rfbproto, Extended Clipboard
Pseudo-Encoding): cut texts of negative length, from either side.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import ClassVar

from txrfb._wire.messages.parsing import Limits, Message, Parsed, skip
from txrfb._wire.messages.server import ServerCutText
from txrfb._wire.messages.viewer import ClientCutText
from txrfb.error import ProtocolError

#: What an extended clipboard message does, by its flags.
CLIPBOARD_ACTIONS = {
    1 << 24: "Caps",
    1 << 25: "Request",
    1 << 26: "Peek",
    1 << 27: "Notify",
    1 << 28: "Provide",
}


#: All of these; and what provides something, whose data come in pieces.
_ACTIONS = sum(CLIPBOARD_ACTIONS)
_PROVIDE = 1 << 28

#: How many bytes a piece has at the most: what they are inflated to is acted on in one
#: turn.
PIECE = 1 << 10

#: The label of the message that tells what clipboard messages are understood.
CLIPBOARD_CAPS = "ClipboardCaps"


@dataclass(frozen=True, slots=True)
class ExtendedCutText(Message):
    """
    Either side says something about its clipboard (rfbproto, Extended Clipboard).

    @ivar data: All after the length: four bytes of flags come first.
    @ivar dropped: How many bytes it had, if they were more than L{Limits.cutText};
        then there is no data.
    @ivar type: The type of the cut text that it extends, by who sends it.
    @ivar tail: More data, which the messages of many viewers share.
    @ivar rest: How many bytes of data follow, in L{CutTextPiece}s.
    """

    data: bytes = field(repr=False)
    dropped: int = 0
    type: int = ClientCutText.type
    tail: bytes = field(default=b"", repr=False)
    rest: int = 0

    @property
    def size(self) -> int:
        """
        How many bytes it has on the wire.
        """
        return 8 + len(self.data) + len(self.tail) + self.dropped + self.rest

    @property
    def label(self) -> str:
        """
        Its name in the log.
        """
        flags = int.from_bytes(self.data[:4], "big")
        actions = (name for bit, name in CLIPBOARD_ACTIONS.items() if flags & bit)
        return f"Clipboard{next(actions, '')}"

    def head(self) -> bytes:
        """
        @return: All before the shared data.
        """
        length = -len(self.data) - len(self.tail)
        return (
            bytes((self.type, 0, 0, 0))
            + length.to_bytes(4, "big", signed=True)
            + self.data
        )

    def toBytes(self) -> bytes:
        """
        @return: The message.
        """
        return self.head() + self.tail

    @classmethod
    def parseBody(cls, length: int, limits: Limits) -> Parsed:
        """
        Take it, or skip it if it is too long: a part of it is useless.  Of one that
        provides something the data are left to L{piecesOf}.

        @raise ProtocolError: if it is too short to be one.
        """
        if length < 4:
            raise ProtocolError(f"an extended clipboard message of {length} bytes")
        flags = yield 4
        rest = length - 4
        if int.from_bytes(flags, "big") & _ACTIONS == _PROVIDE:
            return cls(flags, rest=rest)
        if length > limits.cutText:
            yield from skip(rest)
            return cls(b"", length)
        return cls(flags + (yield rest))


@dataclass(frozen=True, slots=True)
class CutTextPiece:
    """
    More of the data of an L{ExtendedCutText}: of a stream that is not held whole.

    @ivar data: The next bytes.
    @ivar isLast: Whether these are the last.
    """

    data: bytes = field(repr=False)
    isLast: bool


def piecesOf(
    message: ExtendedCutText, take: Callable[[CutTextPiece], object]
) -> Generator[int, bytes, None]:
    """
    Read the data that follow a message.

    @param take: Called with each piece of them.
    """
    rest = message.rest
    while rest:
        data = yield min(rest, PIECE)
        rest -= len(data)
        take(CutTextPiece(data, not rest))


class AnyClientCutText:
    """
    A L{ClientCutText}, or an L{ExtendedCutText} where the length is negative.
    """

    type: ClassVar[int] = ClientCutText.type

    @classmethod
    def parse(cls, limits: Limits) -> Parsed:
        """
        Take as much as the limit allows, and skip the rest.
        """
        return (yield from _parseCutText(ClientCutText, limits))


class AnyServerCutText:
    """
    A L{ServerCutText}, or an L{ExtendedCutText} where the length is negative.
    """

    type: ClassVar[int] = ServerCutText.type

    @classmethod
    def parse(cls, limits: Limits) -> Parsed:
        """
        Take as much as the limit allows, and skip the rest.
        """
        return (yield from _parseCutText(ServerCutText, limits))


def _parseCutText(
    plain: type[ClientCutText] | type[ServerCutText], limits: Limits
) -> Parsed:
    length = int.from_bytes((yield 7)[3:], "big", signed=True)
    if length < 0:
        return (yield from ExtendedCutText.parseBody(-length, limits))
    return (yield from plain.parseBody(length, limits))
