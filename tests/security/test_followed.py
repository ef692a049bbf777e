# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.security.accounts.followed}.
"""

from __future__ import annotations

from pathlib import Path

from twisted.logger import Logger, capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from txrfb.error import UnusableFile
from txrfb.security.accounts.followed import FollowedFile


class FollowedFileTests(SynchronousTestCase):
    """
    A file with a number in it.
    """

    def setUp(self) -> None:
        """
        The file.
        """
        self.path = Path(self.mktemp())

    def follow(self) -> FollowedFile[int]:
        """
        @return: The file, followed.
        """
        return FollowedFile(str(self.path), int, 0, Logger(), "{path}: {why}")

    def test_content(self) -> None:
        """
        It is as the file is; while that cannot be read there is nobody, which is said
        once.
        """
        self.path.write_text("7")
        file = self.follow()
        self.assertEqual(file.content(), 7)
        self.path.write_text("123")
        self.assertEqual(file.content(), 123)
        for wrong in ("four", None):
            if wrong is None:
                self.path.unlink()
            else:
                self.path.write_text(wrong)
            with capturedLogs() as events:
                self.assertEqual([file.content(), file.content()], [0, 0])
            [event] = events
            self.assertIn(f"{self.path}: ", formatEvent(event))
        self.path.write_text("12345")
        self.assertEqual(file.content(), 12345)

    def test_first(self) -> None:
        """
        At first it must be there, and right.
        """
        self.assertRaises(OSError, self.follow)
        self.path.write_text("four")
        self.assertRaises(UnusableFile, self.follow)
