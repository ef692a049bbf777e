# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.accounts.passwords}.
"""

from __future__ import annotations

import codecs
import os
import re

from hypothesis import example, given, settings
from hypothesis import strategies as st
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from tests.security.driver import temporary
from txrfb.security.accounts.credentials import VNCPassword
from txrfb.security.accounts.passwords import (
    Passwords,
    obfuscated,
    parsePasswords,
    readPasswords,
    warningsFor,
)


class ParseTests(SynchronousTestCase):
    """
    What is in a password file.
    """

    def test_text(self) -> None:
        """
        The first line is the password, the second the view-only password; the ends of
        lines are taken as any system writes them, and blanks belong to a password.
        """
        for data, expected in (
            (b"secret", (b"secret", None)),
            (b"secret\n", (b"secret", None)),
            (b"secret\r\nlook\r\n", (b"secret", b"look")),
            (b"secret\nlook", (b"secret", b"look")),
            (b"secret\n\n\n", (b"secret", None)),
            (b" se cret \n", (b" se cret ", None)),
            (b"8letters", (b"8letters", None)),
            ("pässe\n".encode(), ("pässe".encode(), None)),
        ):
            self.assertEqual(parsePasswords(data), expected, data)

    def test_vncpasswd(self) -> None:
        """
        What C{vncpasswd -f} wrote for "secret12" and "look1234" is understood.
        """
        one = bytes.fromhex("24b5ae4ce15503c6")
        self.assertEqual(obfuscated(b"secret12"), one)
        self.assertEqual(parsePasswords(one), (b"secret12", None))
        self.assertIsInstance(parsePasswords(one).password, VNCPassword)
        self.assertNotIsInstance(parsePasswords(b"secret12").password, VNCPassword)
        both = one + bytes.fromhex("04364788d2a90304")
        self.assertEqual(parsePasswords(both), (b"secret12", b"look1234"))

    @settings(max_examples=60, deadline=None)
    @given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1))
    @example("Bv'\\Tc6")  # Ends in what may be the end of a line.
    def test_roundTrip(self, text: str) -> None:
        """
        Whatever is written as C{vncpasswd} does is read back, as far as eight bytes
        go; the file is mistaken for text only if it is that.
        """
        data = obfuscated(text.encode())
        try:
            isText = not re.search("[\0-\x08\x0b\x0c\x0e-\x1f\x7f]", data.decode())
        except UnicodeDecodeError:
            isText = False
        if not isText:
            self.assertEqual(parsePasswords(data).password, text.encode()[:8])

    def test_kinds(self) -> None:
        """
        What it is depends on what it can be, not on how long it is; a byte order mark
        is no part of a password.
        """
        for text in (
            "m\u00fcsli-x",
            "sch\u00f6n",
            "\u00e4\u00f6\u00fc\u00df",
            "\u65e5\u672c",
        ):
            data = text.encode()
            self.assertEqual(parsePasswords(data).password, data)
            both = codecs.BOM_UTF8 + data + b"\r\nlook\r\n"
            self.assertEqual(parsePasswords(both), (data, b"look"))
        self.assertEqual(parsePasswords(b"caf\xe9").password, b"caf\xe9")
        self.assertEqual(parsePasswords(obfuscated(b"secret")).password, b"secret")
        for data, words in (
            ("secret".encode("utf-16"), "UTF-16"),
            (b"sec\0ret", "neither text nor what vncpasswd writes"),
            (obfuscated(b"secret") + b"\n", "neither text nor"),
            (codecs.BOM_UTF8, "empty"),
        ):
            error = self.assertRaises(ValueError, parsePasswords, data)
            self.assertIn(words, str(error))

    def test_wrong(self) -> None:
        """
        A file without a password, or with too much in it, is an error.
        """
        for data in (
            b"",
            b"\n",
            b"\nlook\n",
            b"a\nb\nc\n",
            obfuscated(b""),
            b"x" * 5000,
        ):
            self.assertRaises(ValueError, parsePasswords, data)

    def test_repr(self) -> None:
        """
        What was read does not print.
        """
        self.assertNotIn("secret", repr(Passwords(b"secret", None)))


class ReadTests(SynchronousTestCase):
    """
    Password files on disk.
    """

    def write(self, data: bytes, mode: int) -> str:
        """
        @return: The path of a file of these bytes.
        """
        path = temporary(self, data)
        os.chmod(path, mode)
        return path

    def test_read(self) -> None:
        """
        A file is read, and without cause there is no warning.
        """
        path = self.write(b"secret\n", 0o600)
        self.assertEqual(readPasswords(path).password, b"secret")
        self.assertEqual(warningsFor(path, readPasswords(path)), [])

    def test_told(self) -> None:
        """
        The log hears of which kind it is.
        """
        for data, words in (
            (b"secret\n", "a password, as text"),
            (b"secret\nlook\n", "a password and a view-only password, as text"),
            (obfuscated(b"secret"), "a password, as vncpasswd writes it"),
        ):
            with capturedLogs() as events:
                readPasswords(self.write(data, 0o600))
            line = formatEvent(events[0]) or ""
            self.assertIn(words, line)
            self.assertNotIn("secret", line)

    def test_pipe(self) -> None:
        """
        A pipe, such as of C{<(pass show vnc)} or C{/dev/stdin}, is read once, and has
        no readers to be warned of.
        """
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        os.write(writing, b"secret\n")
        os.close(writing)
        path = f"/dev/fd/{reading}"
        passwords = readPasswords(path)
        self.assertEqual(passwords.password, b"secret")
        self.assertEqual(warningsFor(path, passwords), [])

    def test_warnings(self) -> None:
        """
        The administrator hears of a file that others can read and of a password
        that is longer than VncAuth looks, and not the password.
        """
        path = self.write(b"secretive1\n", 0o640)
        warnings = warningsFor(path, readPasswords(path))
        self.assertEqual(len(warnings), 2)
        self.assertIn("can be read by others", warnings[0])
        self.assertIn("eight bytes", warnings[1])
        self.assertNotIn("secretive1", "".join(warnings))

    def test_wrong(self) -> None:
        """
        An error names the file.
        """
        path = self.write(b"", 0o600)
        error = self.assertRaises(ValueError, readPasswords, path)
        self.assertIn(repr(path), str(error))
        self.assertRaises(FileNotFoundError, readPasswords, path + "x")
