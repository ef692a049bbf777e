# -*- test-case-name: tests.security.test_files -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Files that hold secrets.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator

__all__ = ["createSecret", "replaceSecret"]


@contextlib.contextmanager
def _draft(path: str, data: bytes, mode: int) -> Iterator[str]:
    """
    A new file next to C{path}, which is removed in the end unless it was renamed.
    """
    draft = f"{path}.{secrets.token_hex(8)}"
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if mode != 0o600:
            os.chmod(draft, mode)
        yield draft
    except OSError as error:
        # The draft is nobody's business.
        raise OSError(error.errno, error.strerror, path) from error
    finally:
        with contextlib.suppress(OSError):
            os.unlink(draft)


def createSecret(path: str, data: bytes) -> None:
    """
    Make a file that only its owner can read, whole or not at all.  If somebody else
    makes it first, that one stays.

    @raise OSError: if it cannot be written.
    """
    with _draft(path, data, 0o600) as draft, contextlib.suppress(FileExistsError):
        os.link(draft, path)


def replaceSecret(path: str, data: bytes) -> None:
    """
    Write a file anew, so that whoever reads it finds all of the old or all of the
    new.  It keeps its permissions; if it was not there, only its owner can read it.

    @raise OSError: if it cannot be written.
    """
    # What a symbolic link points to is replaced, not the link.
    path = os.path.realpath(path)
    try:
        mode = stat.S_IMODE(os.stat(path).st_mode)
    except FileNotFoundError:
        mode = 0o600
    with _draft(path, data, mode) as draft:
        os.replace(draft, path)
