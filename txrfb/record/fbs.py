# -*- test-case-name: tests.record.test_fbs -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
FBS 001.000: what a server says, in blocks, with times (rfbproxy's format, which
TightVNC's and other players read).

A file begins with L{MAGIC}.  A block has the number of its bytes (4 bytes, the most
significant first, as all numbers), the bytes, as many more as make them a multiple of
four, and the milliseconds since the recording began.  The bytes of all blocks together
are what a server says to a viewer that speaks RFB 3.3 and need not log in: version,
security type 1, ServerInit, messages.  Other programs cut messages anywhere; here each
block has whole ones, and those of a whole picture begin with its size (DesktopSize), by
which they are found again.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from struct import Struct, error
from typing import BinaryIO, NamedTuple

from txrfb._wire.messages import packUpdate
from txrfb.encodings.constants import DESKTOP_SIZE
from txrfb.feeds.opening import opening, wholeHead

__all__ = [
    "HEAD",
    "LONGEST",
    "MAGIC",
    "Block",
    "begins",
    "blockOf",
    "blockParts",
    "nameIn",
    "openRecording",
    "opening",
    "readBlocks",
    "sizeOf",
    "wholeHead",
]

#: How a file begins; some programs write other digits at its end.
MAGIC = b"FBS 001.000\n"

#: The longest block that is read: of a whole picture of 64 megapixels, and more.
LONGEST = 1 << 29

_NUMBER = Struct(">I")

#: What the update before a whole picture begins with: one rectangle, of DesktopSize.
_WHOLE = packUpdate(1)
_SIZE = Struct(">4xHHi")

#: Where in an L{opening} ServerInit begins, and where in that the name.
_INIT, _NAME = 16, 24

_SIDES = Struct(">HH")

#: How many bytes L{wholeHead} has.
HEAD = len(_WHOLE) + _SIZE.size


class Block(NamedTuple):
    """
    A block of a recording.

    @ivar offset: Where in the file it begins, in bytes.
    @ivar milliseconds: When it was written, since the recording began.
    @ivar data: What the server said.
    """

    offset: int
    milliseconds: int
    data: bytes

    @property
    def isWhole(self) -> bool:
        """
        Whether a picture can be begun with it: see L{wholeHead}.
        """
        return begins(self.data)


def blockOf(data: bytes, milliseconds: int) -> bytes:
    """
    @param data: What the server says.

    @param milliseconds: When, since the recording began.

    @return: A block of a file.
    """
    return b"".join(blockParts([data], milliseconds))


def blockParts(data: Sequence[bytes], milliseconds: int) -> list[bytes]:
    """
    @param data: What the server says, in parts, which are not copied.

    @param milliseconds: When, since the recording began.

    @return: A block of a file, in parts: see L{blockOf}.
    """
    length = sum(map(len, data))
    end = bytes(-length % 4) + _NUMBER.pack(milliseconds & 0xFFFFFFFF)
    return [_NUMBER.pack(length), *data, end]


def begins(data: bytes) -> bool:
    """
    @param data: What a block has.

    @return: Whether that begins with L{wholeHead}.
    """
    return sizeOf(data) is not None


def sizeOf(data: bytes) -> tuple[int, int] | None:
    """
    @param data: What a block has, or its first L{HEAD} bytes.

    @return: Columns and rows of the whole picture that it begins; C{None} if it begins
        with anything else.
    """
    if data[: len(_WHOLE)] != _WHOLE or len(data) < HEAD:
        return None
    width, height, encoding = _SIZE.unpack_from(data, len(_WHOLE))
    return (width, height) if encoding == DESKTOP_SIZE else None


def nameIn(data: bytes) -> str | None:
    """
    @param data: What the first block has.

    @return: What the desktop is called, if that is an L{opening}, as it is written
        here; C{None} if not: other programs make several blocks of it.
    """
    try:
        width, height = _SIDES.unpack_from(data, _INIT)
        name = data[_INIT + _NAME :].decode()
        return name if data == opening(width, height, name) else None
    except (ValueError, error):
        return None


def _withoutWaiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def openRecording(path: Path, buffering: int = -1) -> BinaryIO:
    """
    @param path: Where a recording is, or its index.

    @param buffering: How large its buffer is, as C{open} takes it.

    @return: The file, opened for reading bytes.

    @raise ValueError: if it is a pipe, or a device: to read that could take for ever.

    @raise OSError: if it cannot be opened.
    """
    file = open(path, "rb", buffering, opener=_withoutWaiting)
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise ValueError("it is not an ordinary file")
    return file


def readBlocks(file: BinaryIO, offset: int | None = None) -> Iterator[Block]:
    """
    Read a recording.

    @param file: Opened for reading bytes.

    @param offset: That of a block to begin with; C{None} for the first, after the
        L{MAGIC} was looked at.

    @return: The blocks.  A recording that is cut off has those that are whole.

    @raise ValueError: if it is no such recording.

    @raise OSError: if it cannot be read.
    """
    if offset is None:
        magic = file.read(len(MAGIC))
        if magic[:8] != MAGIC[:8] or magic[-1:] != b"\n":
            raise ValueError(
                f"no recording: it begins with {magic!r}, not with {MAGIC!r}"
            )
        offset = len(MAGIC)
    else:
        file.seek(offset)
    while True:
        try:
            (length,) = _NUMBER.unpack(file.read(4))
        except error:
            return
        if length > LONGEST:
            raise ValueError(
                f"a block of {length} bytes at {offset}: the longest is {LONGEST}"
            )
        rest = length + -length % 4
        data = file.read(rest + 4)
        if len(data) < rest + 4:
            return
        (milliseconds,) = _NUMBER.unpack_from(data, rest)
        yield Block(offset, milliseconds, data[:length])
        offset += 4 + rest + 4
