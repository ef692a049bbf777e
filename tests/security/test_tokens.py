# -*- test-case-name: tests.security.test_tokens -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.accounts.tokens} and L{txrfb.security.types.proved}.
"""

from __future__ import annotations

import os
from typing import Any

from twisted.cred.error import UnauthorizedLogin
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from tests.web.scenes import Browser, factoryOn
from txrfb.error import UnusableFile
from txrfb.security import portalFor
from txrfb.security.accounts.tokens import Token, TokensFile
from txrfb.web import WebSocketResource

FULL, VIEW = "full-0123456789abcdef", "view-0123456789abcdef"

VERSION = b"RFB 003.008\n"


class TokensTestCase(SynchronousTestCase):
    """
    A file of tokens.
    """

    def setUp(self) -> None:
        """
        Write it.
        """
        self.path: str = self.mktemp()
        self.write(f"# tokens\n\n{FULL}\n{VIEW}:view\n")

    def write(self, text: str) -> None:
        """
        Write it anew.
        """
        with open(f"{self.path}.new", "w") as file:
            file.write(text)
        os.rename(f"{self.path}.new", self.path)


class TokensFileTests(TokensTestCase):
    """
    Tests for L{TokensFile}.
    """

    def rights(self, tokens: TokensFile, token: str) -> Any:
        """
        @return: The names of what a bearer may do; C{None} if it is not let in.
        """
        answer = tokens.requestAvatarId(Token(token))
        if answer.result.__class__.__name__ == "Failure":
            self.failureResultOf(answer, UnauthorizedLogin)
            return None
        found: Any = self.successResultOf(answer)
        return found.rights.viewOnly

    def test_rights(self) -> None:
        """
        Each token has its rights, and what is not there has none.
        """
        tokens = TokensFile(self.path)
        for token, isViewOnly in (
            (FULL, False),
            (VIEW, True),
            (FULL[:-1], None),
            (f"{FULL} ", None),
            ("# tokens", None),
            ("", None),
        ):
            self.assertIs(self.rights(tokens, token), isViewOnly, token)

    def test_change(self) -> None:
        """
        It is read again when it has changed, and what cannot be read lets nobody in.
        """
        tokens = TokensFile(self.path)
        self.write(f"{VIEW}\n")
        self.assertIsNone(self.rights(tokens, FULL))
        self.assertIs(self.rights(tokens, VIEW), False)
        with capturedLogs() as logs:
            self.write("short\n")
            self.assertIsNone(self.rights(tokens, VIEW))
        text = str(formatEvent(logs[0]))
        self.assertIn("line 1: a token of 5 characters can be guessed", text)
        self.assertNotIn("short", text)
        os.remove(self.path)
        self.assertIsNone(self.rights(tokens, VIEW))
        self.write(f"{FULL}\n")
        self.assertIs(self.rights(tokens, FULL), False)

    def test_twice(self) -> None:
        """
        Of a token that is there twice the lesser rights count.
        """
        self.write(f"{FULL}\n{FULL}:view\n")
        self.assertIs(self.rights(TokensFile(self.path), FULL), True)

    def test_wrong(self) -> None:
        """
        A file that is none of tokens is refused, without a word of what is in it.
        """
        long = "tökentöken1234567"
        for text in ("", "# nothing\n", "secret\n", f"{FULL}:nonsense\n", long):
            self.write(text)
            error = self.assertRaises(UnusableFile, TokensFile, self.path)
            self.assertNotIn("secret", str(error))
        self.assertRaises(OSError, TokensFile, "/nowhere")

    def test_repr(self) -> None:
        """
        A token does not let itself out.
        """
        self.assertNotIn(FULL, repr(Token(FULL)))


class LoginTests(TokensTestCase):
    """
    Logins by token.
    """

    def setUp(self) -> None:
        """
        Make a server that knows tokens, and a password.
        """
        super().setUp()
        self.clock = Clock()
        self.serve(portalFor("secret"))

    def serve(self, portal: Any) -> None:
        """
        Make a server.
        """
        portal.registerChecker(TokensFile(self.path))
        self.factory = factoryOn(self.clock, portal=portal)
        self.resource = WebSocketResource(self.factory)

    def come(self, token: str = "", bearer: str = "") -> Browser:
        """
        @return: A browser that has opened a WebSocket, or tried to.
        """
        query = f"?token={token}" if token else ""
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        request = f"GET /websockify{query} HTTP/1.1"
        return Browser(self.resource, None, headers, request).open()

    def settle(self) -> None:
        """
        Let whatever waits for a turn have it.
        """
        for _ in range(20):
            self.clock.advance(0)

    def login(self, **how: str) -> bytes:
        """
        @return: What a browser hears that says all that None needs.
        """
        browser = self.come(**how)
        browser.say(VERSION + b"\x01\x01" + b"\x02\0\0\x01\0\0\0\0")
        self.settle()
        self.clock.advance(1)
        self.settle()
        return browser.heard()

    def test_good(self) -> None:
        """
        Whoever has a token is logged in with its rights, and asked nothing.
        """
        for how, isViewOnly in (
            ({"token": FULL}, False),
            ({"token": VIEW}, True),
            ({"bearer": FULL}, False),
        ):
            with capturedLogs() as logs:
                self.assertIn(b"\x01\x01\0\0\0\0", self.login(**how))
            self.assertIs(self.factory.viewers[-1].viewOnly, isViewOnly)
            text = "\n".join(str(formatEvent(event)) for event in logs)
            self.assertIn("by Token", text)
            self.assertNotIn(FULL, text)

    def test_wrong(self) -> None:
        """
        A wrong one is a failed login, of which there are five.
        """
        for _ in range(5):
            self.assertIn(b"\x01\x01\0\0\0\x01", self.login(token="x" * 20))
        self.assertEqual(self.factory.viewers, [])
        self.assertIn(b"too many failed logins", self.come(token=FULL).heard())

    def test_none(self) -> None:
        """
        Without one the password is asked for.
        """
        browser = self.come()
        browser.say(VERSION)
        self.assertEqual(browser.heard(), VERSION + b"\x01\x02")

    def test_open(self) -> None:
        """
        Where there is nothing else, nobody comes in by a browser who has none.
        """
        self.serve(portalFor())
        browser = self.come()
        self.assertEqual(browser.status, 401)
        self.assertEqual(browser.header("www-authenticate"), "Bearer")
        self.assertIn(b"\x01\x01\0\0\0\x01", self.login(token="x" * 20))
        self.assertIn(b"\x01\x01\0\0\0\0", self.login(token=VIEW))

    def test_unknown(self) -> None:
        """
        A server that knows no tokens takes no notice of them.
        """
        self.factory = factoryOn(self.clock, portal=portalFor("secret"))
        self.resource = WebSocketResource(self.factory)
        browser = self.come(token=FULL)
        browser.say(VERSION)
        self.assertEqual(browser.heard(), VERSION + b"\x01\x02")
