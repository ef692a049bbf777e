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

from txrfb.encodings.wanted import Wanted

#: What a parser yields to wait for somebody's decision instead of for bytes.
WAIT = -1

#: What comes in shorter pieces than that is joined while it waits.
_PIECE = 1 << 12


class Stepper:
    """
    Feeds a parser.

    What has come and was not asked for yet is kept, so whoever feeds decides
    how much that may be: a parser asks for little at a time, and takes what it
    can at once, unless it is told that it is enough.

    @ivar isWaiting: Whether the parser waits for L{resume}, not for bytes.
    @ivar isPaused: Whether there is what the parser waits for, and it was enough.
    @ivar isDone: Whether the parser has come to its end.
    """

    def __init__(self, parser: Generator[int, Any, None]) -> None:
        """
        @param parser: It is started at once, and so may have effects at once.
        """
        self._parser = parser
        self._buffer = b""
        # What comes after the buffer, while the parser cannot go on.
        self._pieces: list[bytes] = []
        self._later = 0
        self._taken = 0
        self._wanted = self._most = 0
        self._before = 0
        self.isWaiting = False
        self.isPaused = False
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
        if self.isWaiting or self.isPaused or self.isDone:
            return 0
        return self._wanted - self.held

    @property
    def consumed(self) -> int:
        """
        How many bytes the parser has taken.
        """
        return self._before + self._taken

    def feed(self, data: bytes, isEnough: Callable[[], bool] | None = None) -> None:
        """
        Let the parser have more bytes.

        @param isEnough: Asked between two steps of the parser; if it is enough, what
            is left waits for L{goOn}.

        @raise Exception: whatever the parser raises.
        """
        if (
            self.isWaiting
            or self.isPaused
            or self._feeding
            or len(data) < self._wanted - self.held
        ):
            self._hold(data)
        else:
            self._advance(data, isEnough)

    def goOn(self, isEnough: Callable[[], bool] | None = None) -> None:
        """
        Let a parser go on for which it was enough.

        @param isEnough: As for L{feed}.
        """
        if self.isPaused:
            self.isPaused = False
            self._advance(b"", isEnough)

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
        if not self._feeding:  # else the loop that it is resumed in goes on
            self._advance(b"", None)

    def convert(self, convert: Callable[[bytes], bytes]) -> None:
        """
        Replace what has come and was not taken by the parser yet.
        """
        self._before += self._taken
        rest = b"".join((self._buffer[self._taken :], *self._pieces))
        self._taken = self._later = 0
        self._pieces.clear()
        self._buffer = convert(rest)

    def close(self) -> None:
        """
        End the parser, wherever it is, and forget what is held.
        """
        self._parser.close()
        self._buffer = b""
        self._pieces.clear()
        self._later = self._taken = 0
        self.isDone = True
        self.isWaiting = self.isPaused = False

    def _hold(self, data: bytes) -> None:
        """
        Keep what the parser cannot take yet.  A buffer that grows is moved again and
        again, and takes more room than it is long: so long pieces stay as they came.
        """
        pieces = self._pieces
        if pieces and len(pieces[-1]) < _PIECE and len(data) < _PIECE:
            pieces[-1] += data
        elif data:
            pieces.append(data)
        self._later += len(data)

    def _join(self, data: bytes) -> None:
        """
        Have all that came in the buffer.
        """
        if self._pieces or self._taken < len(self._buffer):
            data = b"".join((self._buffer[self._taken :], *self._pieces, data))
        self._before += self._taken
        self._taken = self._later = 0
        self._pieces.clear()
        self._buffer = data

    def _step(self, value: Any) -> None:
        try:
            wanted = self._parser.send(value)
        except StopIteration:
            self._wanted = self._most = 0
            self.isDone = True
            return
        self._wanted = wanted
        if type(wanted) is Wanted:
            self._most = wanted.most
            self._taken -= wanted.unused
        else:
            self._most = 0
            self.isWaiting = wanted == WAIT

    def _advance(self, data: bytes, isEnough: Callable[[], bool] | None) -> None:
        self._feeding = True
        if self._buffer or self._pieces:
            self._join(data)
        else:
            self._buffer = data
        isFirst = True
        try:
            while not (self.isWaiting or self.isDone):
                start = self._taken
                end = start + self._wanted
                buffer = self._buffer
                if end > len(buffer):
                    if not self._pieces:
                        break
                    self._join(b"")
                    continue
                if isEnough is not None:
                    if not isFirst and isEnough():
                        self.isPaused = True
                        break
                    isFirst = False
                if self._most:
                    end = min(len(buffer), start + self._most)
                self._taken = end
                self._step(buffer[start:end])
        finally:
            self._feeding = False
            if self._taken == len(self._buffer):
                self._before += self._taken
                self._taken = 0
                self._buffer = b""
            elif self._taken:
                self._join(b"")
