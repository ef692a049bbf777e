# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.accounts.files}.
"""

from __future__ import annotations

import os

from twisted.trial.unittest import SynchronousTestCase

from tests.security.driver import temporary
from txrfb.security.accounts.files import createSecret, replaceSecret


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
