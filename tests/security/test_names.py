# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.accounts.names}.
"""

from __future__ import annotations

import os

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from tests.security.driver import temporary
from txrfb.error import UnusableFile
from txrfb.security.accounts.names import Names, NamesFile, parseNames
from txrfb.security.accounts.rights import FULL, VIEW_ONLY, Rights


class ParseTests(SynchronousTestCase):
    """
    Lists of names.
    """

    def test_lines(self) -> None:
        """
        A line is a name, perhaps with rights; a name that is there twice has what both
        lines allow.
        """
        data = b"# who\n\nann\r\nbob : view\neve:keys,pointer\neve:pointer,clipboard\n"
        self.assertEqual(
            parseNames(data),
            {b"ann": FULL, b"bob": VIEW_ONLY, b"eve": Rights(["pointer"])},
        )
        self.assertEqual(parseNames(b"@a:view", True), {b"@a": VIEW_ONLY})

    def test_wrong(self) -> None:
        """
        An error says in which line it is.
        """
        for data in (b"a\n:view", b"a\nb:all", b"a\nb:", b"a\n@b", b"a\n\xff"):
            error = self.assertRaises(ValueError, parseNames, data)
            self.assertIn("line 2", str(error))
        self.assertRaises(ValueError, parseNames, b"@", True)

    @settings(max_examples=60, deadline=None)
    @given(st.binary(max_size=60))
    def test_anything(self, data: bytes) -> None:
        """
        Any bytes are names or an error, and nobody is empty.
        """
        try:
            found = parseNames(data)
        except ValueError:
            return
        self.assertNotIn(b"", found)


class NamesTests(SynchronousTestCase):
    """
    Who may come.
    """

    def test_groups(self) -> None:
        """
        Who is named, or in a group that is, may come; of several rights the least
        counts.
        """
        groups = {b"ann": [b"staff"], b"bob": [b"staff", b"guests"], b"@staff": []}
        names = Names(
            {b"@staff": FULL, b"@guests": Rights(["keys"]), b"eve": VIEW_ONLY},
            lambda name: groups.get(name, []),
        )
        self.assertEqual(len(names), 3)
        for name, rights in (
            (b"ann", FULL),
            ("bob", Rights(["keys"])),
            (b"eve", VIEW_ONLY),
            (b"dan", None),
            (b"@staff", None),
        ):
            self.assertEqual(names.rightsOf(name), rights)


class FileTests(SynchronousTestCase):
    """
    A list in a file.
    """

    def setUp(self) -> None:
        self.path = temporary(self, b"ann\n")
        self.names = NamesFile(self.path)

    def write(self, data: bytes) -> None:
        """
        Replace the file.
        """
        with open(self.path + "x", "wb") as file:
            file.write(data)
        os.replace(self.path + "x", self.path)

    def test_changes(self) -> None:
        """
        It is read again when it has changed.
        """
        self.assertEqual(self.names.rightsOf(b"ann"), FULL)
        self.write(b"ann:view\nbob\n")
        self.assertEqual(self.names.rightsOf(b"ann"), VIEW_ONLY)
        self.assertEqual(self.names.rightsOf(b"bob"), FULL)

    def test_broken(self) -> None:
        """
        While it is missing or wrong nobody may come, and the log says so once.
        """
        for change in (lambda: self.write(b"@x"), lambda: os.unlink(self.path)):
            self.write(b"ann\n")
            self.assertEqual(self.names.rightsOf(b"ann"), FULL)
            change()
            with capturedLogs() as events:
                for _ in range(3):
                    self.assertIsNone(self.names.rightsOf(b"ann"))
            self.assertEqual(len(events), 1)

    def test_start(self) -> None:
        """
        At the start it is an error that names the file; groups are, too, where nobody
        knows them.
        """
        self.write(b"@staff")
        error = self.assertRaises(ValueError, NamesFile, self.path)
        self.assertIn(repr(self.path), str(error))
        self.assertIsNone(NamesFile(self.path, lambda name: ()).rightsOf(b"staff"))
        os.unlink(self.path)
        self.assertRaises(FileNotFoundError, NamesFile, self.path)

    def test_nobody(self) -> None:
        """
        It does not start with a list of nobody; who is on it may go later.
        """
        error = self.assertRaises(UnusableFile, NamesFile, temporary(self, b"# x\n"))
        self.assertIn("there are no names in it", error.reason)
        self.write(b"")
        self.assertIsNone(self.names.rightsOf(b"ann"))
