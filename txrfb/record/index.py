# -*- test-case-name: tests.record.test_player -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Where in a recording whole pictures are, and how long it is.

Beside C{NAME.fbs} there may be C{NAME.fbs.idx}: JSON, a line for each whole picture,
with C{ms}, C{offset}, and C{key}, which is true.  What it says is believed if the
recording says the same at these places; else, and after them, the heads of the blocks
are read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from struct import Struct
from typing import Any, BinaryIO, NamedTuple

from txrfb.record.fbs import (
    HEAD,
    LONGEST,
    MAGIC,
    nameIn,
    openRecording,
    readBlocks,
    sizeOf,
)

__all__ = ["SUFFIX", "Index", "Key", "entriesOf"]

#: What is added to the name of a recording for that of its index.
SUFFIX = ".idx"

#: How many bytes of a line of an index are looked at: those that a recorder writes are
#: much shorter.
_LINE = 1 << 16

_NUMBER = Struct(">I")


class Key(NamedTuple):
    """
    A whole picture.

    @ivar milliseconds: When it was there, since the recording began.
    @ivar offset: Where its block begins, in bytes.
    """

    milliseconds: int
    offset: int


def entriesOf(path: Path) -> Iterator[dict[str, Any]]:
    """
    @param path: A recording.

    @return: What its index has that can be read, whole pictures and other things, each
        with its time, C{ms}, as blocks have it.
    """
    try:
        file = openRecording(Path(f"{path}{SUFFIX}"))
    except (OSError, ValueError):
        return
    with file:
        while line := file.readline(_LINE):
            try:
                entry = json.loads(line)
            except (ValueError, RecursionError):
                continue  # it was cut off in mid-write, or is somebody else's
            if isinstance(entry, dict) and _isTime(entry.get("ms")):
                yield entry


def _isTime(milliseconds: object) -> bool:
    return type(milliseconds) is int and 0 <= milliseconds <= 0xFFFFFFFF


class Index:
    """
    What is known of a recording without looking at its pictures.

    @ivar keys: Its whole pictures, the first first.  There are none in those of other
        programs, of which one can begin only at the beginning.
    @ivar end: Where the last block that is whole ends, in bytes.
    @ivar milliseconds: The time of that.
    @ivar wrong: Why the recording ends there though it goes on; empty if it does not.
    @ivar isOurs: Whether each update can be read by who has the picture before it: no
        compressed stream goes on from one to the next, and blocks have whole messages.
    @ivar name: What the desktop is called at the beginning, if it is ours.
    """

    def __init__(self, path: Path, file: BinaryIO) -> None:
        """
        @param path: Where the recording is.

        @param file: The same, opened for reading bytes without a buffer.

        @raise ValueError: if it is no recording.

        @raise OSError: if it cannot be read.
        """
        self.keys: list[Key] = []
        self.end = len(MAGIC)
        self.milliseconds = 0
        self.wrong = ""
        self.isOurs, self.name = False, ""
        file.seek(0)
        first = next(readBlocks(file), None)
        if first is None:
            return
        name = nameIn(first.data)
        if name is not None:
            self.isOurs, self.name = True, name
            self._believe(path, file)
        self.extend(file)

    def extend(self, file: BinaryIO) -> None:
        """
        Look at what was written since.

        @raise OSError: if it cannot be read.
        """
        if self.wrong:
            return
        size = os.fstat(file.fileno()).st_size
        file.seek(self.end)
        head = file.read(4 + HEAD)
        while len(head) >= 4:
            (length,) = _NUMBER.unpack_from(head)
            if length > LONGEST:
                self.wrong = f"a block of {length} bytes; the longest is {LONGEST}"
                return
            after = self.end + 4 + length + -length % 4
            if after + 4 > size:
                return
            file.seek(after)
            tail = file.read(4 + 4 + HEAD)
            # Times that go back are taken for pauses of none.
            (milliseconds,) = _NUMBER.unpack_from(tail)
            self.milliseconds = max(milliseconds, self.milliseconds)
            if self.isOurs and sizeOf(head[4 : 4 + length]) is not None:
                self.keys.append(Key(self.milliseconds, self.end))
            self.end = after + 4
            head = tail[4:]

    def keyAt(self, milliseconds: int) -> Key | None:
        """
        @return: The last whole picture at that time or before.
        """
        found = None
        for key in self.keys:
            if key.milliseconds > milliseconds:
                break
            found = key
        return found

    def cut(self, offset: int, milliseconds: int, wrong: str) -> None:
        """
        The recording ends before a block that cannot be understood.

        @param offset: Where that begins.

        @param milliseconds: The time of the one before it.

        @param wrong: What is wrong with it.
        """
        self.end, self.milliseconds, self.wrong = offset, milliseconds, wrong
        self.keys = [key for key in self.keys if key.offset < offset]

    def distrust(self) -> None:
        """
        What looks like whole pictures are none.
        """
        self.isOurs = False
        self.keys = []

    def _believe(self, path: Path, file: BinaryIO) -> None:
        """
        Take the whole pictures of the index, if they are where it says.
        """
        keys = [
            Key(entry["ms"], entry["offset"])
            for entry in entriesOf(path)
            if entry.get("key") is True and type(entry.get("offset")) is int
        ]
        size = os.fstat(file.fileno()).st_size
        before = Key(-1, len(MAGIC) - 1)
        for key in keys:
            isLater = key.offset > before.offset
            if not isLater or key.milliseconds < before.milliseconds:
                return
            if key.offset >= size:
                return
            before = key
            file.seek(key.offset)
            head = file.read(4 + HEAD)
            if len(head) < 4 + HEAD or sizeOf(head[4:]) is None:
                return
            (length,) = _NUMBER.unpack_from(head)
            after = key.offset + 4 + length + -length % 4
            if length > LONGEST or after + 4 > size:
                return
            file.seek(after)
            if _NUMBER.unpack(file.read(4))[0] != key.milliseconds:
                return
        if keys:
            # The last of them is looked at again.
            self.end = keys[-1].offset
            self.keys = keys[:-1]
            self.milliseconds = keys[-1].milliseconds
