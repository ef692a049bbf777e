# -*- test-case-name: tests.framebuffers.test_mapped -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Part of a file, mapped into memory.
"""

from __future__ import annotations

import os
import stat
from mmap import ALLOCATIONGRANULARITY, PROT_READ, mmap

__all__ = ["MappedFile"]


class MappedFile:
    """
    A file that another program writes to, from its beginning or from the middle on.

    Memory of a file that has become shorter cannot be read: the process would end with
    C{SIGBUS}.  L{check} tells before.
    """

    def __init__(self, path: str) -> None:
        """
        @param path: A regular file, or a device that can be mapped.

        @raise OSError: if it cannot be opened.

        @raise ValueError: if it is something else.
        """
        # What is no file, such as a pipe, may not keep us waiting.
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        self._map: mmap | None = None
        self._end = 0
        status = os.fstat(self._descriptor)
        self._identity = (status.st_dev, status.st_ino)
        self._isRegular = stat.S_ISREG(status.st_mode)
        if not (self._isRegular or stat.S_ISCHR(status.st_mode)):
            raise ValueError("it is neither a file nor a device")

    def __del__(self) -> None:
        descriptor = getattr(self, "_descriptor", None)
        if descriptor is not None:
            os.close(descriptor)

    def isAt(self, path: str) -> bool:
        """
        @return: Whether this is still the file of that name.
        """
        try:
            status = os.stat(path)
        except OSError:
            return False
        return (status.st_dev, status.st_ino) == self._identity

    def read(self, size: int) -> bytes:
        """
        @return: What is at the beginning.
        """
        return os.pread(self._descriptor, size, 0)

    def map(self, start: int, end: int) -> memoryview:
        """
        @param start: Where the part begins, in bytes.

        @param end: Where it ends.

        @return: The part.

        @raise ValueError: if the file is too short.
        """
        self._end = end
        self.check()
        page = start // ALLOCATIONGRANULARITY * ALLOCATIONGRANULARITY
        self._map = mmap(self._descriptor, end - page, prot=PROT_READ, offset=page)
        return memoryview(self._map)[start - page :]

    def check(self) -> None:
        """
        See that what is mapped is there.

        @raise ValueError: if the file is too short.
        """
        size = os.fstat(self._descriptor).st_size
        if self._isRegular and size < self._end:
            raise ValueError(f"it has {size} bytes; {self._end} are needed")
