# -*- test-case-name: tests.web.test_proofs -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.web.proofs}; tokens are tried in L{tests.security.test_tokens}.
"""

from __future__ import annotations

import base64
from typing import Any

from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.static import Data

from tests.web.scenes import Browser, factoryOn, siteOf
from txrfb.security import portalFor
from txrfb.security.accounts.rights import VIEW_ONLY, RightfulId
from txrfb.web import Forwarding, WebSocketResource
from txrfb.web.proofs import guarded
from txrfb.web.site import WebSite, treeOf

VERSION = b"RFB 003.008\n"


class Users:
    """
    Knows one user.
    """

    credentialInterfaces = (IUsernamePassword,)

    def requestAvatarId(self, credentials: Any) -> bytes:
        """
        Let her in.
        """
        if (credentials.username, credentials.password) != (b"ann", b"se:same"):
            raise UnauthorizedLogin()
        return RightfulId(b"ann", VIEW_ONLY)


def basic(both: str) -> str:
    """
    @return: A header Authorization.
    """
    return "Basic " + base64.b64encode(both.encode("utf-8")).decode("ascii")


class BasicTestCase(SynchronousTestCase):
    """
    A server of users.
    """

    def setUp(self) -> None:
        """
        Make it.
        """
        self.clock = Clock()
        users: Any = Users()
        self.factory = factoryOn(self.clock, portal=portalFor(checkers=[users]))

    def pass_(self, seconds: float = 0) -> None:
        """
        Let time pass.
        """
        self.clock.advance(seconds)
        for _ in range(20):
            self.clock.advance(0)


class WebSocketTests(BasicTestCase):
    """
    HTTP Basic with the WebSocket.
    """

    def come(self, authorization: str | None, isOn: bool = True) -> bytes:
        """
        @return: What a browser hears that says all that None needs.
        """
        resource = WebSocketResource(self.factory, basic=isOn)
        headers = {"Authorization": authorization}
        browser = Browser(siteOf(resource), None, headers).open()
        self.assertEqual(browser.status, 101)
        browser.say(VERSION + b"\x01\x01" + b"\x02\0\0\x01\0\0\0\0")
        self.pass_()
        self.pass_(1)
        return browser.heard()

    def test_good(self) -> None:
        """
        Whoever is known is logged in with all rights that belong to the name.
        """
        with capturedLogs() as logs:
            self.assertIn(b"\x01\x01\0\0\0\0", self.come(basic("ann:se:same")))
        [viewer] = self.factory.viewers
        self.assertEqual((viewer.avatarId, viewer.viewOnly), (b"ann", True))
        text = "\n".join(str(formatEvent(event)) for event in logs)
        self.assertIn("logged in as 'ann' by Basic", text)

    def test_wrong(self) -> None:
        """
        A wrong password is a failed login.
        """
        for _ in range(5):
            self.assertIn(b"\x01\x01\0\0\0\x01", self.come(basic("ann:wrong")))
        self.assertEqual(self.factory.viewers, [])
        self.assertIn(b"too many failed logins", self.come(basic("ann:se:same")))

    def test_nothing(self) -> None:
        """
        What is no name and password is none, and then RFB asks; so it does where HTTP
        Basic was not wanted.
        """
        for authorization in (None, "Basic", "Basic !!", basic("ann"), "Digest x"):
            self.assertNotIn(b"\x01\x01\0\0\0\0", self.come(authorization))
        self.assertNotIn(b"\x01\x01\0\0\0\0", self.come(basic("ann:se:same"), False))
        self.assertEqual(self.factory.viewers, [])

    def test_password(self) -> None:
        """
        Where there is one password for all, the name does not matter.
        """
        self.factory = factoryOn(self.clock, portal=portalFor("secret"))
        self.assertIn(b"\x01\x01\0\0\0\0", self.come(basic("whoever:secret")))
        self.assertIn(b"\x01\x01\0\0\0\x01", self.come(basic("whoever:wrong")))


class GuardTests(BasicTestCase):
    """
    HTTP Basic before the page.
    """

    def get(self, authorization: str | None = None, path: str = "/") -> Browser:
        """
        @return: Who has asked for the page; the answer may be on its way.
        """
        page: Any = Data(b"the page", "text/html")
        forwarding = Forwarding()
        leaves = guarded({"": page, "page.js": page}, self.factory.gate, forwarding)
        root: Any = treeOf(leaves)
        site = WebSite(root, self.factory.gate, forwarding)
        site.timeOut = None
        browser = Browser(site)
        header = f"Authorization: {authorization}\r\n" if authorization else ""
        browser.request = f"GET {path} HTTP/1.0\r\n{header}\r\n".encode("ascii")
        browser.channel.dataReceived(browser.request)
        return browser

    def answer(self, browser: Browser) -> bytes:
        """
        @return: All of the answer so far.
        """
        answer: bytes = browser.transport.value()
        return answer

    def test_asks(self) -> None:
        """
        It asks, and shows nothing; the parts of the page are no secrets.
        """
        for authorization in (None, "Basic", basic("ann")):
            answer = self.answer(self.get(authorization))
            self.assertIn(b" 401 ", answer)
            self.assertIn(b'\r\nWWW-Authenticate: Basic realm="VNC"', answer)
            self.assertNotIn(b"the page", answer)
        self.assertIn(b" 200 ", self.answer(self.get(path="/page.js")))

    def test_good(self) -> None:
        """
        Whoever is known gets the page.
        """
        answer = self.answer(self.get(basic("ann:se:same")))
        self.assertIn(b" 200 ", answer)
        self.assertTrue(answer.endswith(b"the page"))
        self.assertEqual(self.factory.viewers, [])

    def test_wrong(self) -> None:
        """
        A wrong password is refused as late as elsewhere, counts, and locks out here and
        there.
        """
        for _ in range(5):
            browser = self.get(basic("ann:wrong"))
            self.assertEqual(self.answer(browser), b"")
            self.pass_(1)
            self.assertIn(b" 401 ", self.answer(browser))
        answer = self.answer(self.get(basic("ann:se:same")))
        self.assertIn(b" 401 ", answer)
        self.assertRegex(answer, rb"Try again in (9|10) seconds")
        self.assertIn("too many", str(self.factory.gate.objection("192.0.2.7")))

    def test_gone(self) -> None:
        """
        Who leaves while it is judged is forgotten.
        """
        browser = self.get(basic("ann:wrong"))
        browser.vanish()
        self.pass_(1)
        self.assertEqual(self.flushLoggedErrors(), [])
        self.assertEqual(self.answer(browser), b"")
