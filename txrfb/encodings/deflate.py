# -*- test-case-name: tests.encodings.test_deflate -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Deflate (RFC 1950, 1951) without memory of what came before, and inflate with a bound.

Whatever is made here decodes on its own, so that every viewer can be given the same.

Viewers ask for compression by a number from 0 (fast) to 9 (small).  This is what they
get, in processor time and bytes relative to C{zlib} level 1, for what Tight deflates:
palette indices of text, and photos after the gradient filter (C{python -m
benchmarks.levels} measures it)::

    ======  ============  ===================  ====================
    asked   engine        text: time, bytes    photo: time, bytes
    ======  ============  ===================  ====================
    0       isal 0        0.15, 1.19           0.26, 1.19
    1 to 5  isal 1        0.36, 0.96           0.26, 0.96
    6 to 8  zlib 4        1.6, 0.90            1.7, 0.94
    9       zlib 6        2.2, 0.85            5.5, 0.90
    ======  ============  ===================  ====================

In Tight with JPEG, 1 is as 0.  Levels 2 and 3 of isal cost more and save next to
nothing; level 9 of C{zlib} takes eleven times as long as 6 for another 2.5 %.  Without
isal, 0 to 5 are C{zlib} 1.

The tiles of ZRLE are palettes and runs already, of which a fast engine leaves a fifth
that others do not.  So who asks for 2 to 8 there gets C{zlib} 5, but for photos.
Bytes of an office frame, and time of the deflating::

    ========  ==========  ==========  ==========  ==========
    isal 1    zlib 1      zlib 4      zlib 5      zlib 6
    ========  ==========  ==========  ==========  ==========
    33.5 kB   31.6 kB     27.7 kB     26.4 kB     25.8 kB
    0.22 ms   0.86 ms     1.08 ms     1.29 ms     1.66 ms
    ========  ==========  ==========  ==========  ==========
"""

from __future__ import annotations

import zlib
from collections.abc import Generator
from typing import Any, Protocol

from txrfb.encodings.level import Level
from txrfb.encodings.wanted import Wanted

__all__ = [
    "FAST",
    "HEADER",
    "Held",
    "Inflated",
    "Inflater",
    "deflate",
    "deflateRaw",
    "effort",
    "maxDeflated",
]


class _Engine(Protocol):
    """
    What C{zlib} and C{isal.isal_zlib} have in common.
    """

    def compress(self, data: Any, level: int) -> bytes: ...

    def compressobj(self, level: int, method: int, wbits: int) -> Any: ...

    def decompressobj(self) -> Any: ...

    error: Any


fast: _Engine
try:
    from isal import isal_zlib

    fast = isal_zlib
    FAST = True
except ImportError:
    fast = zlib
    FAST = False

_low = (fast, 0 if FAST else 1)
_usual = (fast, 1)
#: Of so few bytes zlib makes 3 % less than isal, in 1 us more, if it has no more memory
#: to prepare than it needs: a window of 1 KiB.
_FEW, _FEW_DEGREE, _FEW_WINDOW, _FEW_MEMORY = 256, 6, -10, 2

_engines = (_low,) + (_usual,) * 5 + ((zlib, 4),) * 3 + ((zlib, 6),)
_thorough = (_low, _usual) + ((zlib, 5),) * 7 + ((zlib, 6),)

#: How many bytes are inflated at a time, which become a thousand times as many at the
#: most.
_INPUT = 1 << 16

#: The first two bytes of a zlib stream with a window of 32 KiB.
HEADER = b"\x78\x01"


def effort(level: Level, thorough: bool = False) -> int:
    """
    @param level: What a viewer asked for.

    @param thorough: See L{deflateRaw}.

    @return: The lowest of the compression levels that mean the same here; 1 if the
        viewer left it to the server.
    """
    compression = level.compression
    if compression < 0:
        return 1
    if compression > 9:
        raise ValueError(f"compression level {compression}: 0 to 9 are allowed")
    if thorough and compression > 1:
        return (2, 6, 9)[(compression >= 6) + (compression == 9)]
    return (0, 1, 1, 1, 1, 1, 6, 6, 6, 9)[compression]


def deflate(data: Any, level: int = 1) -> bytes:
    """
    @param data: Bytes.

    @param level: The compression level as viewers count, 0 to 9.

    @return: A complete zlib stream.
    """
    engine, degree = _engines[level]
    stream: bytes = engine.compress(data, degree)
    return stream


def deflateRaw(data: Any, level: int = 1, thorough: bool = False) -> bytes:
    """
    @param data: Bytes.

    @param level: The compression level as viewers count, 0 to 9.

    @param thorough: Whether from level 2 on fewer bytes are worth the time that other
        servers take.

    @return: A piece of a raw deflate stream, ended by a sync flush, that refers to
        nothing before it and does not end the stream.  Such pieces in any order
        after one L{HEADER} are a zlib stream.
    """
    engine, degree = (_thorough if thorough else _engines)[level]
    compressor: Any
    if level and len(data) < _FEW:
        compressor = zlib.compressobj(
            _FEW_DEGREE, zlib.DEFLATED, _FEW_WINDOW, _FEW_MEMORY
        )
    else:
        compressor = engine.compressobj(degree, zlib.DEFLATED, -15)
    piece: bytes = compressor.compress(data)
    end: bytes = compressor.flush(zlib.Z_SYNC_FLUSH)
    return piece + end if piece else end


class Inflater:
    """
    One zlib stream that is read in pieces.
    """

    __slots__ = ("_stream",)

    def __init__(self) -> None:
        self._stream = fast.decompressobj()

    def reset(self) -> None:
        """
        Expect a new stream.
        """
        self._stream = fast.decompressobj()

    def piece(self, length: int) -> Inflated:
        """
        @param length: How many bytes the next piece of the stream has.

        @return: What comes out of it.
        """
        return Inflated(self, length)

    def inflate(self, data: bytes, most: int) -> tuple[bytes, bytes]:
        """
        @param data: The next bytes of the stream.

        @param most: How many bytes may come out of them, at least 1.

        @return: What comes out, and what is to be given again.  If as much comes out as
            may, there can be more, even of no bytes.

        @raise ValueError: if it is not deflated data, or there is data after its end.
        """
        stream = self._stream
        if stream.eof:
            if data:
                raise ValueError("there is data after the end of the zlib stream")
            return b"", b""
        try:
            result = stream.decompress(data, most)
        except fast.error as problem:
            raise ValueError(f"the zlib data is damaged: {problem}") from None
        if stream.unused_data:
            raise ValueError("there is data after the end of the zlib stream")
        return result, stream.unconsumed_tail


class Inflated:
    """
    What comes out of one piece of a zlib stream, as it comes; see
    L{txrfb.encodings.painting.Source}.
    """

    __slots__ = ("_inflater", "_isFull", "_left", "_made", "_rest")

    def __init__(self, inflater: Inflater, length: int) -> None:
        self._inflater = inflater
        self._left = length
        self._rest = b""
        self._isFull = False
        self._made = 0

    def read(self, most: int) -> Generator[int, bytes, bytes]:
        """
        @param most: How many bytes may come out.

        @return: What comes out next; nothing at the end.

        @raise ValueError: (from the generator) if it is damaged.
        """
        while True:
            data = self._rest
            if not data and not self._isFull:
                if not self._left:
                    return b""
                data = yield Wanted(1, min(self._left, _INPUT))
                self._left -= len(data)
            else:
                yield 0
            made, self._rest = self._inflater.inflate(data, most)
            self._isFull = len(made) == most
            if made:
                self._made += len(made)
                return made

    def finish(self) -> Generator[int, bytes, None]:
        """
        Read to the end.

        @raise ValueError: (from the generator) if more comes out.
        """
        made = self._made
        if (yield from self.read(1)):
            raise ValueError(f"the zlib data holds more than {made} bytes")


class Held:
    """
    What comes out of a zlib stream that is there already, likewise.
    """

    __slots__ = ("_inflater", "_rest")

    def __init__(self, data: bytes) -> None:
        """
        @param data: All of the stream.
        """
        self._inflater = Inflater()
        self._rest = data

    def read(self, most: int) -> Generator[int, bytes, bytes]:
        """
        See L{Inflated.read}.
        """
        yield 0
        made, self._rest = self._inflater.inflate(self._rest, most)
        return made

    def finish(self) -> Generator[int, bytes, None]:
        """
        What may still be there is left out.
        """
        return
        yield


def maxDeflated(size: int) -> int:
    """
    @param size: A number of bytes.

    @return: More bytes than any sensible compressor makes of them.
    """
    return size + size // 4 + 4096
