# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb._unixpath}.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile

from twisted.trial.unittest import SynchronousTestCase

from txrfb._unixpath import checkUnixPath


class CheckUnixPathTests(SynchronousTestCase):
    """
    Tests for L{checkUnixPath}.
    """

    def test_empty(self) -> None:
        """
        Nothing is no path: the system would choose one that nobody knows.
        """
        self.assertRaises(ValueError, checkUnixPath, "")

    def test_bytes(self) -> None:
        """
        A path is taken if a socket can be there; if it is too long the error has it,
        and how many bytes are too many.
        """
        directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, directory)
        most = 107 if sys.platform.startswith("linux") else 103
        room = most - len(os.fsencode(directory)) - 1
        for name in ("s" * room, "ö" * (room // 2) + "s" * (room % 2)):
            path = os.path.join(directory, name)
            self.assertEqual(checkUnixPath(path), path)
            with socket.socket(socket.AF_UNIX) as one:
                one.bind(path)
            long = path + "s"
            with socket.socket(socket.AF_UNIX) as one:
                self.assertRaises(OSError, one.bind, long)
            error = self.assertRaises(ValueError, checkUnixPath, long)
            self.assertEqual(
                str(error),
                f"the path of a UNIX socket has at most {most} bytes, and {long!r} has"
                f" {most + 1}; a shorter one is needed, such as one in /run",
            )
