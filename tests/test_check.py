# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.check}, by the option that asks for it.
"""

from __future__ import annotations

import os
from io import StringIO

from tests.test_tap import TapTestCase
from txrfb import kernels
from txrfb.tap import Options


class CheckTests(TapTestCase):
    """
    What the options come to.
    """

    def check(self, *arguments: str) -> str:
        """
        @return: What C{--check} prints.
        """
        options = Options(self.reactor)
        options.authOutput = StringIO()
        end = self.assertRaises(
            SystemExit, options.parseOptions, ["--check", *arguments]
        )
        self.assertEqual(end.code, 0)
        return str(options.authOutput.getvalue())

    def test_nothing(self) -> None:
        """
        Without other options everybody on this machine may come.
        """
        text = self.check()
        which = "C" if kernels.NATIVE else "numpy"
        for line in (
            "  'desk', 640x480\n",
            "  tcp:5900:interface=127.0.0.1, by this machine only\n",
            "  all addresses; 100 at a time\n",
            "  everybody, without a password\n",
            "  None      asks for nothing; nothing is encrypted\n",
            f", kernels in {which}\n",
        ):
            self.assertIn(line, text)
        self.assertNotIn("Warnings", text)
        self.assertEqual(self.reactor.tcpServers, [])

    def test_much(self) -> None:
        """
        Everything is there: addresses, networks, users, types and warnings.
        """
        path = self.file(b"secret\n", mode=0o644)
        text = self.check(
            *("--password-file", path, "--auth", "memory:ada:pw", "--view-only"),
            *("--port", "5901", "--port", "unix:/run/x:mode=600"),
            *("--port", "haproxy:unix:/run/y:mode=600", "--connect", "viewer.example"),
            *("--allow", "192.0.2.0/24", "--allow", "::1", "--deny", "192.0.2.9"),
            *("--max-viewers", "7", "--name", "office"),
        )
        for line in (
            "  'office', 640x480, view only\n",
            "  tcp:5901, by all who can reach it\n",
            "  unix:/run/x:mode=600, by those who may open it\n",
            "  haproxy:unix:/run/y:mode=600, by whom its proxy lets through\n",
            "  viewer.example, where it connects to\n",
            "  192.0.2.0/24, ::1/128, but not 192.0.2.9/32; 7 at a time\n",
            f"  whoever knows a password in {path}\n",
            "  users that --auth knows, of whom there are 1\n",
            "  TLSPlain  asks for a name and a password; all is encrypted, but not",
            "  VncAuth   asks for a password; DES with eight bytes",
            "            viewers: all\n",
            "Warnings:\n  the password file",
        ):
            self.assertIn(line, text)

    def test_hostKey(self) -> None:
        """
        What would be made when the server starts is not made by the check.
        """
        path = self.mktemp()
        text = self.check("--host-key", path, "--password-file", self.file(b"x"))
        self.assertIn("RA2_256", text)
        self.assertFalse(os.path.exists(path))

    def test_wrong(self) -> None:
        """
        What is wrong is said as ever.
        """
        self.assertIn("--users", self.refusal("--check", "--users", "/nonexistent"))
