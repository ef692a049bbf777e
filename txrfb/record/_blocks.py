# -*- test-case-name: tests.record.test_player -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The blocks of a recording, one after the other, from any of them on.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from txrfb.record.fbs import MAGIC, Block, openRecording, readBlocks
from txrfb.record.index import Index

__all__ = ["Blocks"]


class Blocks:
    """
    Reads a recording; one block is in memory at a time.

    @ivar path: Where it is.
    @ivar index: What is known of it.
    @ivar peeked: The block that comes next, if it has been read.
    @ivar isOpen: Whether the file is.
    """

    def __init__(self, path: Path) -> None:
        """
        @raise ValueError: if it is no recording.

        @raise OSError: if it cannot be read.
        """
        self.path = path
        with openRecording(path, 0) as file:
            self.index = Index(path, file)
        if self.index.wrong and self.index.end == len(MAGIC):
            raise ValueError(self.index.wrong)
        self.peeked: Block | None = None
        self._file: BinaryIO | None = None
        self._after = len(MAGIC)

    @property
    def isOpen(self) -> bool:
        """
        Whether the file is open.
        """
        return self._file is not None

    def open(self) -> None:
        """
        Open the file.

        @raise ValueError: if it has become a pipe or a device.

        @raise OSError: if that cannot be.
        """
        self._file = openRecording(self.path, 0)

    def close(self) -> None:
        """
        Close it.
        """
        if self._file is not None:
            self._file.close()
            self._file = None

    def grow(self) -> None:
        """
        Look at what was written since.

        @raise OSError: if it cannot be read.
        """
        if self._file is not None:
            self.index.extend(self._file)

    @property
    def offset(self) -> int:
        """
        Where the next block begins, in bytes.
        """
        return self._after if self.peeked is None else self.peeked.offset

    def jump(self, offset: int) -> None:
        """
        Go on with the block there.
        """
        self.peeked = None
        self._after = offset

    def peek(self) -> Block | None:
        """
        @return: The next block, which stays the next; C{None} at the end.

        @raise ValueError: if there is something else.

        @raise OSError: if it cannot be read.
        """
        file = self._file
        if self.peeked is None and file is not None:
            if self._after >= self.index.end:
                # It may have grown.
                self.index.extend(file)
            if self._after < self.index.end:
                block = next(readBlocks(file, self._after), None)
                if block is not None:
                    self.peeked = block
                    size = len(block.data)
                    self._after = block.offset + 8 + size + -size % 4
        return self.peeked
