# -*- test-case-name: tests.wire.test_stepper -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Parsers as generators that ask for their bytes, fed from a stream.

A parser here is a generator that yields how many bytes it wants next and is sent
exactly so many.  It reads like the specification, from top to bottom, and it makes
no difference to it in what pieces the bytes arrive.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

#: What a parser yields to wait for somebody's decision instead of for bytes.
WAIT = -1


#: Pieces of a long message are kept as they come if they are of so many bytes; a buffer
#: that grows is moved again and again, and takes more room than it is long.
_PIECE = 1 << 12


class Stepper:
    """
    Feeds a parser.

    What has come and was not asked for yet is kept, so whoever feeds decides
    how much that may be: a parser asks for little at a time, and takes what it
    can at once.

    @ivar isWaiting: Whether the parser waits for L{resume}, not for bytes.
    @ivar isDone: Whether the parser has come to its end.
    """

    def __init__(self, parser: Generator[int, Any, None]) -> None:
        """
        @param parser: It is started at once, and so may have effects at once.
        """
        self._parser = parser
        self._buffer = bytearray()
        # What comes after the buffer, while the parser waits for more than there is.
        self._pieces: list[bytes] = []
        self._later = 0
        self._taken = 0
        self._wanted = 0
        self._before = 0
        self.isWaiting = False
        self.isDone = False
        self._feeding = False
        self._step(None)

    @property
    def held(self) -> int:
        """
        How many bytes have come and were not taken by the parser yet.
        """
        return len(self._buffer) - self._taken + self._later

    @property
    def missing(self) -> int:
        """
        How many bytes the parser waits for before it can go on; 0 if it waits for
        something else.
        """
        return 0 if self.isWaiting or self.isDone else self._wanted - self.held

    @property
    def consumed(self) -> int:
        """
        How many bytes the parser has taken.
        """
        return self._before + self._taken

    def feed(self, data: bytes) -> None:
        """
        Let the parser have more bytes.

        @raise Exception: whatever the parser raises.
        """
        size = len(data)
        pieces = self._pieces
        if size >= self.missing:
            self._join()
            self._buffer += data
            self._advance()
        elif size >= _PIECE:
            pieces.append(data)
            self._later += size
        elif pieces:
            if len(pieces[-1]) < _PIECE:
                pieces[-1] += data
            else:
                pieces.append(data)
            self._later += size
        else:
            self._buffer += data

    def resume(self, value: Any = None) -> None:
        """
        Let a parser that waits go on.

        @param value: What it is sent.

        @raise RuntimeError: if it does not wait.
        """
        if not self.isWaiting:
            raise RuntimeError("the parser is not waiting to be resumed")
        self.isWaiting = False
        self._step(value)
        self._advance()

    def convert(self, convert: Callable[[bytes], bytes]) -> None:
        """
        Replace what has come and was not taken by the parser yet.
        """
        self._join()
        rest = bytes(self._buffer[self._taken :])
        self._buffer[:] = convert(rest)
        self._before += self._taken
        self._taken = 0

    def close(self) -> None:
        """
        End the parser, wherever it is, and forget what is held.
        """
        self._parser.close()
        self._buffer.clear()
        self._pieces.clear()
        self._later = self._taken = 0
        self.isDone = True
        self.isWaiting = False

    def _join(self) -> None:
        if self._pieces:
            self._buffer += b"".join(self._pieces)
            self._pieces.clear()
            self._later = 0

    def _step(self, value: Any) -> None:
        try:
            self._wanted = self._parser.send(value)
        except StopIteration:
            self._wanted = 0
            self.isDone = True
        else:
            self.isWaiting = self._wanted == WAIT

    def _advance(self) -> None:
        if self._feeding:  # resumed by an effect of its own: the loop below goes on
            return
        self._feeding = True
        buffer = self._buffer
        try:
            while not (self.isWaiting or self.isDone):
                start = self._taken
                end = start + self._wanted
                if end > len(buffer):
                    break
                chunk = bytes(buffer[start:end])
                self._taken = end
                self._step(chunk)
        finally:
            del buffer[: self._taken]
            self._before += self._taken
            self._taken = 0
            self._feeding = False
