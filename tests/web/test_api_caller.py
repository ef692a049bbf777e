# -*- test-case-name: tests.web.test_api_caller -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.web.api.caller}: who may ask.
"""

from __future__ import annotations

import os
from typing import Any

from twisted.internet.defer import maybeDeferred
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent

from tests.web.programs import Application, ProgramTestCase, Users, basic
from txrfb.protocol import RFBFactory
from txrfb.security import makeGate, portalFor
from txrfb.security.accounts.tokens import TokensFile
from txrfb.web import ApiResource

#: All that is to be had only by those who may come in.
GUARDED = ("screenshot.png", "status.json", "metrics", "api/clipboard", "api/settled")


class OpenTests(ProgramTestCase):
    """
    A server without passwords, which is for those on its machine: no page of a stranger
    may ask in their name.
    """

    def test_program(self) -> None:
        """
        Programs may ask.
        """
        for host in ("127.0.0.1:6080", "localhost", "[::1]:6080", None):
            asked = self.get("/status.json", {"Host": host})
            if host is not None:
                self.assertEqual(asked.status, 200, host)

    def test_own(self) -> None:
        """
        So may pages from here.
        """
        own = {"Origin": "http://127.0.0.1:6080", "Sec-Fetch-Site": "same-origin"}
        self.assertEqual(self.get("/screenshot.png", own).status, 200)
        self.assertEqual(self.post("type", own, text="a").status, 204)
        self.pass_(1)
        seen = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
        self.assertEqual(self.get("/screenshot.png", seen).status, 200)

    def test_foreign(self) -> None:
        """
        Others may not, and the log says what would allow it.
        """
        for headers in (
            {"Origin": "http://evil.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
            {"Sec-Fetch-Site": "same-site"},
            # A name of a stranger that leads here: pages of the same origin that read
            # send no Origin.
            {"Host": "evil.example:6080"},
            {"Host": "evil.example:6080", "Origin": "http://evil.example:6080"},
            {"Host": "[broken"},
        ):
            with capturedLogs() as logs:
                for path in (*GUARDED, "healthz"):
                    self.assertProblem(
                        self.get(f"/{path}", headers), 403, "may not ask"
                    )
                asked = self.post("type", headers, text="x")
                self.assertProblem(asked, 403, "may not ask")
            if headers == {"Origin": "http://evil.example"}:
                text = "\n".join(str(formatEvent(event)) for event in logs)
                self.assertIn("--web-origin", text)
        self.assertEqual(self.screen.events, [])

    def test_allowed(self) -> None:
        """
        A page may ask whose origin is allowed.
        """
        self.site = self.siteOf(
            ApiResource(self.factory, ["https://desk.example"], inThread=maybeDeferred)
        )
        headers = {"Origin": "https://desk.example", "Sec-Fetch-Site": "cross-site"}
        self.assertEqual(self.post("type", headers, text="a").status, 204)

    def test_proxy(self) -> None:
        """
        It counts where a proxy says that somebody is, if that is trusted, and it must
        be possible to understand it.
        """
        self.site = self.siteOf(
            ApiResource(self.factory, (), ["127.0.0.1"], inThread=maybeDeferred)
        )
        headers = {"X-Forwarded-For": "192.0.2.1", "Host": "desk.example"}
        self.assertEqual(self.get("/status.json", headers).status, 200)
        headers["X-Forwarded-For"] = "nowhere"
        self.assertProblem(self.get("/status.json", headers), 400, "no address")


class LoginTests(ProgramTestCase):
    """
    A server of users.
    """

    options = {"portal": portalFor(checkers=[Users()])}  # type: ignore[list-item] # noqa: RUF012

    def test_nobody(self) -> None:
        """
        Without a login there is nothing but what is for all; programs are told how to
        log in.
        """
        for path in GUARDED:
            asked = self.get(f"/{path}")
            self.assertProblem(asked, 401, "is needed")
            self.assertEqual(
                asked.header("www-authenticate"), 'Basic realm="VNC", charset="UTF-8"'
            )
        self.assertProblem(self.post("type", text="x"), 401, "is needed")
        self.assertEqual(self.factory.connections, [])
        for path in ("/healthz", "/openapi.json"):
            self.assertEqual(self.get(path).status, 200)

    def test_rights(self) -> None:
        """
        Everybody may do what is granted, and no more.
        """
        view, keys = basic("view"), basic("keys")
        for path in GUARDED:
            wanted = 403 if path == "api/clipboard" else 200
            asked = self.get(f"/{path}", view)
            self.pass_(1)
            self.assertEqual(asked.status, wanted, path)
        self.assertProblem(self.post("type", view, text="x"), 403, "may not use keys")
        self.assertEqual(self.post("type", keys, text="x").status, 204)
        asked = self.post("pointer", keys, x=1, y=1)
        self.assertProblem(asked, 403, "may not use pointer")
        asked = self.post("clipboard", keys, text="a")
        self.assertProblem(asked, 403, "may not use clipboard")
        asked = self.post("resize", keys, width=9, height=9)
        self.assertProblem(asked, 403, "may not use resize")
        self.assertEqual(self.screen.events, [("x", True), ("x", False)])

    def test_viewOnly(self) -> None:
        """
        Where all only look, programs do.
        """
        self.factory.viewOnly = True
        self.assertEqual(self.get("/screenshot.png", basic("full")).status, 200)
        self.assertProblem(self.post("type", basic("full"), text="x"), 403, "may not")
        self.assertProblem(self.get("/api/clipboard", basic("full")), 403, "may not")

    def test_wrong(self) -> None:
        """
        Wrong passwords are refused after a while, and soon the address is locked out,
        which says for how long; whether it looks or does something.
        """
        wrong, far = basic("full", "no"), "192.0.2.1"
        for number in range(5):
            asked = self.begin(
                *(("GET", "/status.json") if number % 2 else ("POST", "/api/type")),
                headers=wrong,
                body=None if number % 2 else {"text": "x"},
                peer=far,
            )
            self.assertEqual(asked.status, 0)
            self.pass_(1.1)
            self.assertProblem(asked, 401, "uthentication failed")
            self.assertIsNotNone(asked.header("www-authenticate"))
        self.assertEqual(self.factory.gate.refused, 5)
        for method, path, body in (
            ("GET", "/status.json", None),
            ("POST", "/api/type", {"text": "x"}),
            ("GET", "/healthz", None),
        ):
            asked = self.begin(method, path, basic("full"), body, far)
            self.assertLocked(asked)
        self.assertEqual(self.get("/status.json", basic("full")).status, 200)
        self.assertEqual(self.screen.events, [])
        self.pass_(61)
        asked = self.get("/status.json", basic("full"), peer=far)
        self.assertEqual(asked.status, 200)

    def assertLocked(self, asked: Any) -> None:
        """
        Fail unless that is the answer.
        """
        self.assertProblem(asked, 429, "oo many failed logins")
        wait = int(asked.header("retry-after") or "")
        self.assertTrue(1 <= wait <= 60, wait)

    def test_name(self) -> None:
        """
        Where an address stands for many, such as this machine's, it is the name that is
        locked out.
        """
        for _ in range(8):
            asked = self.get("/status.json", basic("full", "no"))
            self.pass_(5)
        for asked in (
            self.get("/status.json", basic("full")),
            self.post("type", basic("full"), text="x"),
        ):
            self.pass_(1.1)
            self.assertLocked(asked)
        self.assertEqual(self.get("/status.json", basic("view")).status, 200)

    def test_full(self) -> None:
        """
        Where there is no room for a viewer, nobody does anything, but looks.
        """
        self.factory.maxViewers = 0
        asked = self.post("type", basic("full"), text="x")
        self.assertProblem(asked, 503, "oo many viewers")
        self.assertIsNotNone(asked.header("retry-after"))
        self.assertEqual(self.get("/status.json", basic("full")).status, 200)

    def test_exclusive(self) -> None:
        """
        Where one viewer drives, others wait for their turn.
        """
        self.factory.exclusive = True
        first = self.post("keys", basic("full"), keys=["a"], hold=5)
        asked = self.post("type", basic("full"), text="x")
        self.assertProblem(asked, 409, "nother viewer drives")
        self.pass_(6)
        self.assertEqual(first.status, 204)
        self.assertEqual(self.post("type", basic("full"), text="x").status, 204)


class GateTests(ProgramTestCase):
    """
    What else a gate asks for.
    """

    def make(self, checkers: Any = (), **options: Any) -> None:
        """
        Have another gate.
        """
        self.clock = Clock()
        self.screen = Application()
        portal = portalFor()
        for checker in checkers:
            portal.registerChecker(checker)
        gate = makeGate(self.clock, portal, **options)
        self.factory = RFBFactory(self.screen, gate=gate, reactor=self.clock)
        self.site = self.siteOf(ApiResource(self.factory, inThread=maybeDeferred))

    def test_approval(self) -> None:
        """
        Whoever approves viewers approves programs, knowing who asks.
        """
        asked: list[Any] = []
        answers = [True, False]

        def approve(viewer: Any, credentials: Any) -> bool:
            asked.append((viewer.peer, viewer.viewOnly))
            return answers.pop(0)

        self.make(approve=approve)
        self.assertEqual(self.get("/status.json").status, 200)
        refused = self.get("/status.json")
        self.pass_(2)
        self.assertProblem(refused, 403, "ccess was denied")
        self.assertEqual(asked, [("127.0.0.1:40312", True)] * 2)

    def test_networks(self) -> None:
        """
        Addresses that may not come may not ask.
        """
        self.make(allowed=["127.0.0.1"])
        self.assertEqual(self.get("/status.json").status, 200)
        asked = self.get("/status.json", peer="192.0.2.1")
        self.assertProblem(asked, 403, "address may not ask")

    def test_tokens(self) -> None:
        """
        Tokens log in, in the header or behind the path, each with its rights; without
        one nobody comes in.
        """
        path = self.mktemp()
        with open(path, "w") as file:
            os.chmod(path, 0o600)
            file.write("0123456789abcdef\nfedcba9876543210:view\n")
        self.make([TokensFile(path)])
        asked = self.get("/status.json")
        self.assertProblem(asked, 401, "token")
        self.assertIn("Bearer", asked.header("www-authenticate") or "")
        bearer = {"Authorization": "Bearer 0123456789abcdef"}
        self.assertEqual(self.get("/status.json", bearer).status, 200)
        self.assertEqual(self.post("type", bearer, text="x").status, 204)
        self.assertEqual(self.get("/screenshot.png?token=fedcba9876543210").status, 200)
        asked = self.begin(
            "POST", "/api/type?token=fedcba9876543210", None, {"text": "x"}
        )
        self.assertProblem(asked, 403, "may not use keys")
        wrong = self.get("/status.json?token=aaaaaaaaaaaaaaaa")
        self.pass_(2)
        self.assertProblem(wrong, 401, "uthentication failed")
