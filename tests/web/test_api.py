# -*- test-case-name: tests.web.test_api -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.web.api.resource}: what all operations have in common.
"""

from __future__ import annotations

import json
from typing import Any
from unittest import mock

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from tests.web.programs import ProgramTestCase
from txrfb.web import ApiResource, Forwarding
from txrfb.web.api.resource import MAX_BODY, OPERATIONS, Nothing
from txrfb.web.site import WebSite, treeOf


class AnswerTests(ProgramTestCase):
    """
    Answers.
    """

    def test_nothing(self) -> None:
        """
        What is not there has a sentence, too.
        """
        for path in ("/api", "/api/", "/api/nothing", "/api/keys/more", "/healthz/x"):
            self.assertProblem(self.get(path), 404, "nothing here")

    def test_methods(self) -> None:
        """
        What cannot be asked in that way says in which it can.
        """
        for method, path, allowed in (
            ("POST", "/healthz", "GET, HEAD"),
            ("GET", "/api/keys", "POST"),
            ("PUT", "/api/clipboard", "GET, HEAD, POST"),
            ("OPTIONS", "/api/type", "POST"),
            ("BREW", "/metrics", "GET, HEAD"),
        ):
            asked = self.begin(method, path)
            self.assertProblem(asked, 405, allowed)
            self.assertEqual(asked.header("allow"), allowed)

    def test_head(self) -> None:
        """
        HEAD has all but the body.
        """
        asked, told = self.begin("HEAD", "/healthz"), self.get("/healthz")
        self.assertEqual((asked.status, asked.body), (200, b""))
        self.assertEqual(asked.header("content-length"), told.header("content-length"))
        self.assertEqual(told.json, {"status": "ok"})

    def test_headers(self) -> None:
        """
        Nothing is kept by others, sniffed at, or embedded in strange pages.
        """
        asked = self.get("/status.json")
        self.assertEqual(asked.header("cache-control"), "no-store")
        self.assertEqual(asked.header("x-content-type-options"), "nosniff")
        self.assertEqual(asked.header("cross-origin-resource-policy"), "same-origin")
        self.assertEqual(asked.header("referrer-policy"), "no-referrer")

    def test_bodies(self) -> None:
        """
        A body is JSON, says so, and is not too long: no form of a strange page can say
        that.
        """
        kind = {"Content-Type": "application/json"}
        for headers, body, status, words in (
            ({}, b'{"text": "x"}', 415, "application/json"),
            ({"Content-Type": "text/plain"}, b'{"text": "x"}', 415, "content type"),
            (kind, b"{", 400, "not JSON"),
            (kind, b"", 400, "not JSON"),
            (kind, b"[" * 100000, 400, "not JSON"),
            (kind, b"[]", 400, "JSON object, not []"),
            (kind, b"{}", 400, "'text' is missing"),
            (kind, b'{"text": 5}', 400, "'text': expected a string"),
            (kind, b'{"text": "x", "more": 1}', 400, '"more" is not known'),
            (kind, b'{"text": "\\ud800"}', 400, "surrogate"),
            (kind, b" " * MAX_BODY + b"{}", 413, "longer"),
        ):
            asked = self.begin("POST", "/api/type", headers, body)
            self.assertProblem(asked, status, words)
        self.assertEqual(self.screen.events, [])

    def test_failure(self) -> None:
        """
        What fails inside is in the log, and the program is told no more than that.
        """
        with mock.patch.object(
            type(self.factory.display), "isLate", property(lambda _: 1 / 0)
        ):
            self.assertProblem(self.get("/healthz"), 500, "its log")
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_late(self) -> None:
        """
        Nobody waits for ever.
        """
        self.screen.answer = Deferred
        asked = self.post("type", text="x")
        self.assertEqual(asked.status, 0)
        self.pass_(61)
        self.assertProblem(asked, 409, "failed to take it")
        self.flushLoggedErrors()

    def test_gone(self) -> None:
        """
        Whoever leaves before the answer has what it held down released, and nothing
        goes on.
        """
        asked = self.post("keys", keys=["shift-a", "b"], hold=5)
        self.assertEqual(self.screen.events, [("0xffe1", True), ("a", True)])
        self.assertEqual(len(self.factory.viewers), 1)
        asked.channel.connectionLost(Failure(ConnectionDone()))
        self.pass_()
        self.assertEqual(self.screen.events[2:], [("0xffe1", False), ("a", False)])
        self.assertEqual(self.factory.connections, [])
        self.pass_(10)
        self.assertEqual(len(self.screen.events), 4)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_description(self) -> None:
        """
        All that there is, is described, with all answers that there may be.
        """
        told = self.get("/openapi.json").json
        self.assertEqual(
            sorted((f"/{one.path}", one.method.lower()) for one in OPERATIONS),
            sorted((path, m) for path, ms in told["paths"].items() for m in ms),
        )
        body = told["paths"]["/api/type"]["post"]["requestBody"]["content"]
        schema = body["application/json"]["schema"]
        self.assertEqual(schema["required"], ["text"])
        self.assertEqual(schema["properties"]["text"]["maxLength"], 4096)
        for methods in told["paths"].values():
            for one in methods.values():
                self.assertTrue(one["summary"].endswith("."))
                self.assertIn("429", one["responses"])

    def test_embedded(self) -> None:
        """
        On a site of an application all of it is below one path.
        """
        from twisted.web.resource import Resource
        from twisted.web.server import Site

        root = Resource()
        root.putChild(b"screen", ApiResource(self.factory, inThread=maybeDeferred))
        self.site = Site(root, timeout=None)
        self.assertEqual(self.get("/screen/healthz").status, 200)
        asked = self.begin("POST", "/screen/api/type", None, {"text": "a"})
        self.assertEqual(asked.status, 204)
        self.assertEqual(self.screen.events, [("a", True), ("a", False)])
        self.assertProblem(self.get("/screen"), 404, "nothing here")

    def test_arguments(self) -> None:
        """
        What is no origin, and no network, is refused.
        """
        self.assertRaises(ValueError, ApiResource, self.factory, ["nowhere"])
        self.assertRaises(ValueError, ApiResource, self.factory, (), ["nowhere"])


class SiteTests(ProgramTestCase):
    """
    The site of the daemon, which refuses bodies before they have come.
    """

    def siteOf(self, api: Any) -> Any:
        """
        @return: A site of the daemon.
        """
        root: Any = treeOf(api.leaves, "desk", Nothing())
        site = WebSite(root, self.factory.gate, Forwarding(), (), MAX_BODY)
        # Its timer would be the real reactor's.
        site.timeOut = None
        return site

    def refused(self, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """
        @return: The answer to a head, of which no body has come.
        """
        asked = self.begin("POST", "/desk/api/type", headers)
        self.assertTrue(asked.transport.disconnecting)
        return asked.status, json.loads(asked.body)

    def test_bodies(self) -> None:
        """
        A body that is too long, or of which nobody knows how long it is, is refused
        before it has come.
        """
        status, told = self.refused({"Content-Length": str(MAX_BODY + 1)})
        self.assertEqual((status, told["status"]), (413, 413))
        self.assertIn(str(MAX_BODY), told["detail"])
        for length in ("-1", "1e3", "9" * 5000, "+1", "\u00b2"[:0] or "x"):
            self.assertEqual(self.refused({"Content-Length": length})[0], 413)
        status, told = self.refused({"Transfer-Encoding": "chunked"})
        self.assertEqual((status, told["title"]), (411, "Length Required"))

    def test_good(self) -> None:
        """
        Others are taken.
        """
        asked = self.begin("POST", "/desk/api/type", None, {"text": "ab"})
        self.assertEqual(asked.status, 204)
        self.assertIsNone(asked.header("content-type"))
        self.assertEqual(len(self.screen.events), 4)

    def test_nothing(self) -> None:
        """
        Where there is nothing is JSON, anywhere.
        """
        for path in ("/", "/desk", "/nothing", "/desk/nothing", "/desk/api/x"):
            self.assertEqual(self.get(path).status, 404)
        self.assertProblem(self.get("/nothing"), 404, "nothing here")
