# -*- test-case-name: tests.security.test_files -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Files that hold secrets: who else can read them, and how they are written.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import struct
from collections.abc import Iterator

__all__ = [
    "READ",
    "WRITE",
    "checkReplaceable",
    "createSecret",
    "locked",
    "openToOthers",
    "replaceSecret",
    "secretWarnings",
]

#: Where Linux keeps the access control list of a file (C{linux/posix_acl_xattr.h}): a
#: version of four bytes, then a tag, permissions and an id for each entry.
_ACL = "system.posix_acl_access"
_ENTRY = struct.Struct("<HHI")
_USER, _GROUP_OBJECT, _GROUP, _MASK, _OTHER = 0x02, 0x04, 0x08, 0x10, 0x20

#: What somebody may be permitted.
READ, WRITE = 4, 2


def openToOthers(file: str | int, permission: int = READ) -> bool:
    """
    @param file: The path of a file, or its descriptor.

    @param permission: L{READ} or L{WRITE}.

    @return: Whether somebody else may do that: its group, everybody, or somebody whom
        an access control list names.  Its owner, root and who runs this are not
        somebody else; so a credential that systemd passes on is not open.  What is no
        regular file has no readers but this.

    @raise OSError: if there is no such file.
    """
    found = os.stat(file)
    if not stat.S_ISREG(found.st_mode):
        return False
    acl = b""
    with contextlib.suppress(AttributeError, OSError):
        acl = os.getxattr(file, _ACL)
    entries = [_ENTRY.unpack_from(acl, at) for at in range(4, len(acl), _ENTRY.size)]
    if not entries:
        # For the group, and for all others.
        return bool(found.st_mode & (permission << 3 | permission))
    mask = min([allowed for tag, allowed, _ in entries if tag == _MASK], default=7)
    ourselves = (os.geteuid(), 0)
    return any(
        allowed & permission
        for tag, allowed, who in (
            (tag, allowed if tag == _OTHER else allowed & mask, who)
            for tag, allowed, who in entries
        )
        if tag in (_GROUP_OBJECT, _GROUP, _OTHER)
        or (tag == _USER and who not in ourselves)
    )


def secretWarnings(path: str, what: str) -> list[str]:
    """
    @param what: What it is, such as "the password file".

    @return: That others can read a file, in sentences for the log; empty if they
        cannot.

    @raise OSError: if there is no such file.
    """
    if not openToOthers(path):
        return []
    return [
        f"{what} {path!r} can be read by others; chmod 600 {path} keeps it to yourself"
    ]


@contextlib.contextmanager
def locked(path: str) -> Iterator[None]:
    """
    Keep other processes that do the same from changing a file.  It is the directory
    that is locked: the file is replaced, or not there yet.

    @raise OSError: if there is no such directory.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    directory = os.open(os.path.dirname(os.path.realpath(path)), os.O_RDONLY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)


@contextlib.contextmanager
def _draft(path: str, data: bytes) -> Iterator[str]:
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
    with _draft(path, data) as draft, contextlib.suppress(FileExistsError):
        os.link(draft, path)


def checkReplaceable(path: str) -> None:
    """
    Find out whether L{replaceSecret} could work, as far as that can be told before.

    @raise OSError: if it could not.
    """
    directory = os.path.dirname(os.path.realpath(path))
    os.stat(directory)
    if not os.access(directory, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), directory)


def replaceSecret(path: str, data: bytes) -> None:
    """
    Write a file anew, so that whoever reads it finds all of the old or all of the
    new.  It keeps its owner, its group, its permissions and its access control list; if
    it was not there, only its owner can read it.

    @raise OSError: if it cannot be written, or would be somebody else's.
    """
    # What a symbolic link points to is replaced, not the link.
    path = os.path.realpath(path)
    with _draft(path, data) as draft:
        with contextlib.suppress(FileNotFoundError):
            _copyOwnership(path, draft)
        os.replace(draft, path)


def _copyOwnership(path: str, draft: str) -> None:
    """
    Give one file the owner and the permissions of another.

    @raise FileNotFoundError: if there is no other.

    @raise OSError: if that is not possible.
    """
    wanted, made = os.stat(path), os.stat(draft)
    if (wanted.st_uid, wanted.st_gid) != (made.st_uid, made.st_gid):
        os.chown(draft, wanted.st_uid, wanted.st_gid)
    os.chmod(draft, stat.S_IMODE(wanted.st_mode))
    for name in getattr(os, "listxattr", lambda path: [])(path):
        try:
            os.setxattr(draft, name, os.getxattr(path, name))
        except OSError:
            # Labels of the system's, which new files get by themselves.
            if name == _ACL:
                raise
