# -*- test-case-name: tests.record.test_recorder -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The files of recordings, as they are written.  All of it waits for the disk: it is for a
thread.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, BinaryIO, TypeAlias

from txrfb.record.fbs import MAGIC, blockParts
from txrfb.record.index import SUFFIX

__all__ = ["Order", "RecordingFiles"]

#: How many recordings may begin in one second.
_NAMES = 1000

#: What is to be done: a method, and its arguments.
Order: TypeAlias = tuple[Callable[..., None], tuple[Any, ...]]


class RecordingFiles:
    """
    Writes recordings, one after the other, each with its index.

    @ivar path: The recording that is being written; empty before the first.
    @ivar size: How many bytes it has.
    @ivar indexSize: How many its index has.
    """

    def __init__(self, directory: str) -> None:
        """
        @param directory: Where; it is made if it is not there.
        """
        self.path = ""
        self.size = self.indexSize = 0
        self._directory = directory
        self._file: BinaryIO | None = None
        self._index: BinaryIO | None = None
        # How many bytes of each surely make sense: a block is not in it in part.
        self._whole = (0, 0)

    def do(self, orders: Sequence[Order]) -> None:
        """
        Do some things, and have the system take what they write.

        @raise OSError: if that fails.  What was written of it is cut off, as far as
            the system lets that be done, and the files are closed.
        """
        try:
            for call, arguments in orders:
                call(*arguments)
            self._flush()
        except BaseException:
            self._cut()
            raise

    # -- Orders ----------------------------------------------------------------------

    def begin(self, name: str) -> None:
        """
        Begin a recording; the one before it has ended.

        @param name: Its name, without C{.fbs}.  If there is one of that name it has a
            number, too: nothing is written over.
        """
        self.end()
        os.makedirs(self._directory, mode=0o700, exist_ok=True)
        for number in range(1, _NAMES):
            which = name if number == 1 else f"{name}-{number}"
            path = os.path.join(self._directory, f"{which}.fbs")
            if os.path.lexists(path + SUFFIX):
                continue
            try:
                self._file = _created(path)
            except FileExistsError:
                continue
            break
        else:
            raise FileExistsError(f"there are {_NAMES} recordings of this second")
        self.path, self._whole = path, (0, 0)
        self.size = self.indexSize = 0
        self._index = _created(path + SUFFIX)
        self._write([MAGIC])

    def block(
        self, data: Sequence[bytes], milliseconds: int, isWhole: bool = False
    ) -> None:
        """
        Write a block.

        @param data: What the server says, in parts.

        @param milliseconds: When, since the recording began.

        @param isWhole: Whether a whole picture is in it: the index has where.
        """
        offset = self.size
        self._write(blockParts(data, milliseconds))
        if isWhole:
            self.line({"ms": milliseconds, "offset": offset, "key": True})

    def line(self, what: Mapping[str, Any]) -> None:
        """
        Write a line of the index.
        """
        if self._index is not None:
            line = json.dumps(what).encode("ascii") + b"\n"
            self._index.write(line)
            self.indexSize += len(line)

    def end(self) -> None:
        """
        End the recording, if there is one.
        """
        if self._file is None:
            return
        self._flush()
        for file in (self._file, self._index):
            if file is not None:
                file.close()
        self._file = self._index = None

    # --------------------------------------------------------------------------------

    def _write(self, parts: Sequence[bytes]) -> None:
        assert self._file is not None, "no recording has begun"
        self._file.writelines(parts)
        self.size += sum(map(len, parts))

    def _flush(self) -> None:
        if self._file is None or self._index is None:
            return
        # The index speaks of what is there.
        self._file.flush()
        self._index.flush()
        self._whole = self.size, self._index.tell()

    def _cut(self) -> None:
        """
        Leave what surely makes sense; no files if nothing does.
        """
        files, self._file, self._index = (self._file, self._index), None, None
        for file, end, size in zip(files, ("", SUFFIX), self._whole, strict=True):
            if file is None:
                continue
            with suppress(OSError):
                # It tries again to write what it could not.
                file.close()
            with suppress(OSError):
                if self._whole[0]:
                    os.truncate(self.path + end, size)
                else:
                    os.remove(self.path + end)


def _created(path: str) -> BinaryIO:
    """
    @return: A new file, which its owner alone may read.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    return os.fdopen(os.open(path, flags, 0o600), "wb")
