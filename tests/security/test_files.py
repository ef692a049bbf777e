# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.accounts.files}.
"""

from __future__ import annotations

import os
import stat
import struct
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from tests.security.driver import temporary
from txrfb.security.accounts.files import (
    WRITE,
    createSecret,
    openToOthers,
    replaceSecret,
    secretWarnings,
)

#: The id of an entry that names nobody.
NOBODY = 0xFFFFFFFF


class SecretTests(SynchronousTestCase):
    """
    Files that hold secrets.
    """

    def content(self, path: str) -> bytes:
        """
        @return: What is in the file; nothing else may be beside it.
        """
        self.assertEqual(len(os.listdir(os.path.dirname(path))), 1)
        with open(path, "rb") as file:
            return file.read()

    def test_create(self) -> None:
        """
        A new file is its owner's, whatever the umask is.
        """
        path = temporary(self)
        self.addCleanup(os.umask, os.umask(0))
        createSecret(path, b"secret")
        self.assertEqual(self.content(path), b"secret")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)

    def test_createTwice(self) -> None:
        """
        What is there stays.
        """
        path = temporary(self, b"first")
        createSecret(path, b"second")
        self.assertEqual(self.content(path), b"first")

    def test_replace(self) -> None:
        """
        What is there is replaced, and keeps its permissions; what is not is made.
        """
        path = temporary(self)
        replaceSecret(path, b"first")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        os.chmod(path, 0o640)
        replaceSecret(path, b"second")
        self.assertEqual(self.content(path), b"second")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o640)

    def test_replaceOwner(self) -> None:
        """
        It keeps its owner and its group, and where that cannot be, nothing is replaced.
        """
        path = temporary(self, b"first")
        if os.geteuid() == 0:
            os.chown(path, 12345, 23456)
            os.chmod(path, 0o640)
            replaceSecret(path, b"second")
            found = os.stat(path)
            self.assertEqual((found.st_uid, found.st_gid), (12345, 23456))
            self.assertEqual(found.st_mode & 0o777, 0o640)
            os.unlink(path)
            Path(path).write_bytes(b"first")

        def refuse(*arguments: Any) -> None:
            raise PermissionError(1, "Operation not permitted")

        real = os.stat

        def other(file: Any, **options: Any) -> Any:
            # As if it were somebody else's.
            found = list(real(file, **options))
            if file == path:
                found[stat.ST_UID] += 1
            return os.stat_result(found)

        self.patch(os, "chown", refuse)
        self.patch(os, "stat", other)
        self.assertRaises(PermissionError, replaceSecret, path, b"second")
        self.patch(os, "stat", real)
        self.assertEqual(self.content(path), b"first")

    def acl(self, path: str, *entries: tuple[int, int, int]) -> None:
        """
        Give a file an access control list of tags, permissions and ids.
        """
        data = struct.pack("<I", 2)
        data += b"".join(struct.pack("<HHI", *entry) for entry in entries)
        try:
            os.setxattr(path, "system.posix_acl_access", data)
        except (AttributeError, OSError):
            raise SkipTest("there are no access control lists here") from None

    def test_replaceACL(self) -> None:
        """
        It keeps its access control list.
        """
        path = temporary(self, b"first")
        entries = [(1, 6, NOBODY), (2, 4, 4711), (4, 0, NOBODY), (16, 4, NOBODY)]
        self.acl(path, *entries, (32, 0, NOBODY))
        before = os.getxattr(path, "system.posix_acl_access")
        replaceSecret(path, b"second")
        self.assertEqual(self.content(path), b"second")
        self.assertEqual(os.getxattr(path, "system.posix_acl_access"), before)

    def test_open(self) -> None:
        """
        What the group or everybody may read is open, and so is what may be written.
        """
        path = temporary(self, b"x")
        for mode, readable, writable in (
            (0o600, False, False),
            (0o400, False, False),
            (0o640, True, False),
            (0o604, True, False),
            (0o620, False, True),
            (0o666, True, True),
        ):
            os.chmod(path, mode)
            found = (openToOthers(path), openToOthers(path, WRITE))
            self.assertEqual(found, (readable, writable), oct(mode))
            self.assertEqual(bool(secretWarnings(path, "it")), readable)
        self.assertFalse(openToOthers("/dev/null"))
        self.assertRaises(FileNotFoundError, openToOthers, path + "x")

    def test_openACL(self) -> None:
        """
        An access control list says who may: the credentials that systemd gives to a
        service are its own, though they seem to be readable by a group.
        """
        path = temporary(self, b"x")
        me, other = os.geteuid(), 4711
        base = [(1, 4, NOBODY), (4, 0, NOBODY), (32, 0, NOBODY)]
        for more, isOpen in (
            ([(2, 4, me), (16, 4, NOBODY)], False),
            ([(2, 4, other), (16, 4, NOBODY)], True),
            ([(2, 4, other), (16, 0, NOBODY)], False),
            ([(8, 4, other), (16, 4, NOBODY)], True),
        ):
            self.acl(path, *sorted(base + more))
            self.assertEqual(openToOthers(path), isOpen, more)
            if more[-1] == (16, 4, NOBODY):
                self.assertTrue(os.stat(path).st_mode & 0o040)
        self.acl(path, (1, 4, NOBODY), (4, 4, NOBODY), (32, 0, NOBODY))
        self.assertTrue(openToOthers(path))

    def test_replaceLink(self) -> None:
        """
        A symbolic link stays one.
        """
        path, link = temporary(self, b"first"), temporary(self)
        os.symlink(path, link)
        replaceSecret(link, b"second")
        self.assertTrue(os.path.islink(link))
        self.assertEqual(self.content(path), b"second")

    def test_fails(self) -> None:
        """
        Where nothing can be written, nothing is left behind.
        """
        path = temporary(self, b"first")
        self.patch(os, "fsync", lambda descriptor: os.close(-1))
        self.assertRaises(OSError, replaceSecret, path, b"second")
        self.assertEqual(self.content(path), b"first")
