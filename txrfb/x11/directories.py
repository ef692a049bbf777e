# -*- test-case-name: tests.x11.test_directories -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Directories for cookies.  Who is killed cannot remove its own: so each is locked for as
long as somebody needs it, and whoever makes one removes those that nobody locks.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile

__all__ = ["COOKIES", "PrivateDirectory"]

#: How the names begin.
_PREFIX = "txrfb-display-"

#: The file that may be in one; others were put there by somebody else.
COOKIES = "Xauthority"

_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class PrivateDirectory:
    """
    A directory that nobody else can look into.

    @ivar path: Where it is.
    @ivar descriptor: What holds the lock, of this process and of those that are given
        it.
    """

    def __init__(self) -> None:
        """
        Make one, when those that were left behind are removed.

        @raise OSError: if there cannot be any.
        """
        parent = _parent()
        _removeOld(parent)
        while True:
            self.path = tempfile.mkdtemp(prefix=_PREFIX, dir=parent)
            self.descriptor = os.open(self.path, _FLAGS)
            if _lock(self.descriptor) is not False and os.path.isdir(self.path):
                return
            # Somebody was faster, and took it for one that was left behind.
            os.close(self.descriptor)

    def remove(self) -> None:
        """
        Remove it.
        """
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self.descriptor)


def _parent() -> str:
    """
    @return: Where such directories are: where the system removes them when the user
        logs out, if there is such a place.
    """
    home = os.environ.get("XDG_RUNTIME_DIR", "")
    if os.path.isdir(home) and os.access(home, os.W_OK | os.X_OK):
        return home
    return tempfile.gettempdir()


def _lock(descriptor: int) -> bool | None:
    """
    @return: Whether it is ours now; C{None} where there are no locks.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _removeOld(parent: str) -> None:
    """
    Remove what others of the same user have left behind.
    """
    try:
        names = os.listdir(parent)
    except OSError:
        return
    for name in names:
        if name.startswith(_PREFIX):
            _removeUnlocked(os.path.join(parent, name))


def _removeUnlocked(path: str) -> None:
    """
    Remove one that nobody needs, if it is such a directory.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError:
        return
    try:
        found = os.fstat(descriptor)
        isOurs = found.st_uid == os.geteuid()
        if not isOurs or stat.S_IMODE(found.st_mode) != 0o700:
            return
        if not _lock(descriptor) or os.listdir(descriptor) not in ([], [COOKIES]):
            return
        if os.listdir(descriptor):
            os.unlink(COOKIES, dir_fd=descriptor)
        os.rmdir(path)
    except OSError:
        # Somebody else does the same.
        pass
    finally:
        os.close(descriptor)
