# -*- test-case-name: tests.security.test_followed -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Files that say who may come, and are read again when they have changed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Generic, TypeVar

from twisted.logger import Logger

from txrfb.error import UnusableFile

__all__ = ["FollowedFile", "stampOf"]

_Content = TypeVar("_Content")


def stampOf(*paths: str) -> object:
    """
    @return: Something that is another when one of some files has changed, or who may
        open it.
    """
    try:
        found = [os.stat(path) for path in paths]
    except OSError as error:
        return type(error)
    return [
        (one.st_mtime_ns, one.st_ctime_ns, one.st_ino, one.st_size) for one in found
    ]


class FollowedFile(Generic[_Content]):
    """
    What is in a file, as it changes.  While it cannot be read there is nobody in it: it
    may be for one who shall not come.
    """

    def __init__(
        self,
        path: str,
        parse: Callable[[bytes], _Content],
        nobody: _Content,
        log: Logger,
        complaint: str,
    ) -> None:
        """
        @param path: The file, which is read at once.

        @param parse: Understands what is in it, or raises C{ValueError}.

        @param nobody: What to make of it while it cannot be read.

        @param log: Where that is said.

        @param complaint: What is said then, with C{path} and C{why} in it.

        @raise OSError: if it cannot be read.

        @raise UnusableFile: if it is not as it should be.
        """
        self._path = path
        self._parse = parse
        self._nobody = nobody
        self._log = log
        self._complaint = complaint
        self._stamp = stampOf(path)
        self._content = self._read()

    def _read(self) -> _Content:
        with open(self._path, "rb") as file:
            data = file.read()
        try:
            return self._parse(data)
        except ValueError as error:
            raise UnusableFile(self._path, str(error)) from None

    def content(self) -> _Content:
        """
        @return: What is in it now.
        """
        stamp = stampOf(self._path)
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._content = self._read()
            except (OSError, UnusableFile) as error:
                self._content = self._nobody
                self._log.error(self._complaint, path=self._path, why=str(error))
        return self._content
