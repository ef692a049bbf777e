# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.x11.auth}.
"""

from __future__ import annotations

import os
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from txrfb.x11 import auth
from txrfb.x11.auth import Authority, DisplayName, parseDisplay

#: An entry as C{xauth add :7 . 000102...0f} on a machine "pc" writes it.
RECORDED = bytes.fromhex(
    "0100 0002 7063 0001 37 0012 4d49542d4d414749432d434f4f4b49452d31"
    "0010 000102030405060708090a0b0c0d0e0f"
)


class DisplayNameTests(SynchronousTestCase):
    """
    What DISPLAY may be.
    """

    def test_names(self) -> None:
        """
        All that X(7) has, but for DECnet.
        """
        for text, expected in (
            (":0", DisplayName("", 0)),
            (":10.1", DisplayName("", 10, 1)),
            ("unix:3", DisplayName("", 3)),
            ("unix/pc:3", DisplayName("", 3)),
            ("localhost:10.0", DisplayName("localhost", 10)),
            ("192.0.2.1:1", DisplayName("192.0.2.1", 1)),
            ("[2001:db8::1]:0", DisplayName("2001:db8::1", 0)),
            ("::1:0", DisplayName("::1", 0)),
            ("tcp/pc:2", DisplayName("pc", 2)),
            ("inet6/:2", DisplayName("localhost", 2)),
            ("/tmp/.X11-unix/X5", DisplayName("", 5, 0, "/tmp/.X11-unix/X5")),
            ("/run/launchd/org.x:0", DisplayName("", 0, 0, "/run/launchd/org.x:0")),
            ("/tmp/s:1.2", DisplayName("", 1, 2, "/tmp/s:1")),
        ):
            self.assertEqual(parseDisplay(text), expected, text)

    def test_where(self) -> None:
        """
        There is a UNIX socket on this machine, and a port on others.
        """
        self.assertEqual(parseDisplay(":7").socket, "/tmp/.X11-unix/X7")
        self.assertEqual(parseDisplay("/a/b:7").socket, "/a/b:7")
        self.assertEqual(parseDisplay("pc:7").socket, "")
        self.assertEqual(parseDisplay("pc:7").port, 6007)

    def test_written(self) -> None:
        """
        A name is written as it is read.
        """
        for text in (":0", ":1.2", "pc:0", "[::1]:4.1", "/tmp/s:1", "/tmp/s:1.2"):
            self.assertEqual(str(parseDisplay(text)), text)

    def test_wrong(self) -> None:
        """
        Everything else is an error that has it.
        """
        for text in (
            *("", "0", ":", ":x", ":-1", ":1.x", ":1.", ":99999", ":123456789", "pc"),
            *("pc::0", "smb/pc:0", ":\u0661", ":0.\u0661", ":0 ", ": 0"),
        ):
            with self.assertRaises(ValueError) as caught:
                parseDisplay(text)
            self.assertIn(repr(text), str(caught.exception))

    @given(st.text())
    def test_anything(self, text: str) -> None:
        """
        Any text is a display or no display.
        """
        try:
            display = parseDisplay(text)
        except ValueError:
            return
        self.assertEqual(parseDisplay(str(display)), display)


class AuthorityTests(SynchronousTestCase):
    """
    Files of authorities.
    """

    entry = Authority(auth.FAMILY_LOCAL, b"pc", b"7", auth.COOKIE, bytes(range(16)))

    def test_recorded(self) -> None:
        """
        An entry is what C{xauth} writes.
        """
        self.assertEqual(auth.unpackAuthorities(RECORDED), [self.entry])
        self.assertEqual(auth.packAuthorities([self.entry]), RECORDED)

    def test_truncated(self) -> None:
        """
        A file that ends in an entry is none.
        """
        for size in range(1, len(RECORDED)):
            with self.assertRaises(ValueError):
                auth.unpackAuthorities(RECORDED + RECORDED[:size])

    @given(st.binary())
    def test_anything(self, data: bytes) -> None:
        """
        Any bytes are entries, or an error.
        """
        try:
            entries = auth.unpackAuthorities(data)
        except ValueError:
            return
        self.assertEqual(auth.packAuthorities(entries), data)

    def test_files(self) -> None:
        """
        A file that is written can be read by its owner, and by nobody else.
        """
        path = self.mktemp()
        auth.writeAuthorities(path, [self.entry])
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        self.assertEqual(auth.readAuthorities(path), [self.entry])
        with self.assertRaises(FileExistsError):
            auth.writeAuthorities(path, [])

    def test_noFile(self) -> None:
        """
        What is no such file is said with its name.
        """
        path = self.mktemp()
        with open(path, "wb") as file:
            file.write(b"\0")
        with self.assertRaisesRegex(ValueError, path):
            auth.readAuthorities(path)
        with open(path, "wb") as file:
            file.truncate((1 << 20) + 1)
        with self.assertRaisesRegex(ValueError, "too large"):
            auth.readAuthorities(path)

    def test_whichFile(self) -> None:
        """
        XAUTHORITY, or a file in the home directory.
        """
        self.assertEqual(auth.authorityFile({"XAUTHORITY": "/a", "HOME": "/b"}), "/a")
        self.assertEqual(auth.authorityFile({"HOME": "/b"}), "/b/.Xauthority")
        self.assertEqual(auth.authorityFile({}), "")

    def found(self, display: str, peer: str = "", **changes: Any) -> bool:
        """
        @return: Whether the entry, changed, is one for C{display}.
        """
        entry = self.entry._replace(**changes)
        name = parseDisplay(display)
        return auth.authorityFor([entry], name, "pc", peer) is entry

    def test_which(self) -> None:
        """
        An entry is for a display if machine, number and kind agree.
        """
        self.assertTrue(self.found(":7"))
        self.assertTrue(self.found(":7", number=b""))
        self.assertTrue(self.found(":7", family=auth.FAMILY_WILD, address=b""))
        self.assertFalse(self.found(":8"))
        self.assertFalse(self.found(":7", address=b"mac"))
        self.assertFalse(self.found(":7", name=b"XDM-AUTHORIZATION-1"))

    def test_whichByTCP(self) -> None:
        """
        Those of other machines are for their addresses; ssh's displays are of this
        machine.
        """
        self.assertTrue(self.found("localhost:7", "127.0.0.1"))
        self.assertFalse(self.found("mac:7", "192.0.2.1"))
        four: dict[str, Any] = {
            "family": auth.FAMILY_INTERNET,
            "address": bytes([192, 0, 2, 1]),
        }
        self.assertTrue(self.found("mac:7", "192.0.2.1", **four))
        self.assertTrue(self.found("mac:7", "::ffff:192.0.2.1", **four))
        self.assertFalse(self.found("mac:7", "192.0.2.2", **four))
        six: dict[str, Any] = {
            "family": auth.FAMILY_INTERNET6,
            "address": bytes(15) + b"\1",
        }
        self.assertTrue(self.found("[::1]:7", "::1", **six))
