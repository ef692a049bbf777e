# -*- test-case-name: tests.web.test_site -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.web.site}.
"""

from __future__ import annotations

from typing import Any
from unittest import mock

from twisted.internet.address import IPv4Address
from twisted.internet.interfaces import ISSLTransport
from twisted.internet.task import Clock
from twisted.logger import LogLevel, capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.static import Data
from zope.interface import directlyProvides

from tests.web.scenes import Browser, factoryOn
from txrfb.log import traceMessages
from txrfb.security import makeGate, portalFor
from txrfb.web import Forwarding, WebSocketResource
from txrfb.web.site import WebSite, treeOf


class SiteTests(SynchronousTestCase):
    """
    A site.
    """

    def setUp(self) -> None:
        """
        Make one.
        """
        self.clock = Clock()
        self.site = self.made()

    def made(
        self, prefix: str = "", proxies: Any = (), ancestors: Any = (), **gate: Any
    ) -> WebSite:
        """
        @return: A site with a page, and a WebSocket.
        """
        factory = factoryOn(self.clock, gate=makeGate(self.clock, portalFor(), **gate))
        page: Any = Data(b"hello", "text/plain")
        leaves = {"": page, "a/b.js": page, "websockify": WebSocketResource(factory)}
        root: Any = treeOf(leaves, prefix)
        site = WebSite(root, factory.gate, Forwarding(proxies), ancestors)
        self.calls = Clock()
        site.sessionCheckTime = 0
        return site

    def connected(self, site: Any = None, peer: str = "192.0.2.7") -> Browser:
        """
        @return: Somebody who has connected, and said nothing.
        """
        made: Any = self.site if site is None else site
        build = made.buildProtocol

        def withClock(address: Any) -> Any:
            channel = build(address)
            channel.callLater = self.calls.callLater
            return channel

        with mock.patch.object(made, "buildProtocol", withClock):
            return Browser(made, IPv4Address("TCP", peer, 40312))

    def get(
        self, path: str = "/", site: Any = None, method: str = "GET", **headers: str
    ) -> Browser:
        """
        @return: Somebody who has asked for a page.
        """
        browser = self.connected(site)
        lines = [
            f"{method} {path} HTTP/1.1",
            "Host: desk",
            *map(": ".join, headers.items()),
        ]
        browser.request = ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")
        return browser.open()

    def test_headers(self) -> None:
        """
        Pages may do nothing but what is theirs, and nobody may frame them.
        """
        browser = self.get()
        self.assertEqual((browser.status, browser.body), (200, b"hello"))
        policy = browser.header("content-security-policy") or ""
        for rule in (
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
        ):
            self.assertIn(rule, policy)
        self.assertNotIn("unsafe", policy)
        self.assertEqual(browser.header("x-content-type-options"), "nosniff")
        self.assertEqual(browser.header("referrer-policy"), "no-referrer")
        self.assertIsNone(browser.header("strict-transport-security"))

    def test_frames(self) -> None:
        """
        Those may frame them that were named.
        """
        site = self.made(ancestors=["https://a.example", "https://b.example"])
        policy = self.get(site=site).header("content-security-policy") or ""
        self.assertIn("frame-ancestors https://a.example https://b.example", policy)

    def test_https(self) -> None:
        """
        Browsers that have come by https come by nothing else any more; also if it is a
        proxy that has it.
        """
        browser = self.connected()
        directlyProvides(browser.transport, ISSLTransport)
        browser.request = b"GET / HTTP/1.1\r\nHost: desk\r\n\r\n"
        found = browser.open().header("strict-transport-security") or ""
        self.assertRegex(found, r"^max-age=\d{8}$")
        site = self.made(proxies=["192.0.2.7"])
        headers = {"X-Forwarded-For": "203.0.113.5", "X-Forwarded-Proto": "https"}
        browser = self.get("/", site, **headers)
        self.assertIsNotNone(browser.header("strict-transport-security"))
        browser = self.get("/", **headers)
        self.assertIsNone(browser.header("strict-transport-security"))

    def test_paths(self) -> None:
        """
        There is what there is, below a prefix if there is to be one, and nothing else.
        """
        for prefix, path, status in (
            ("", "/", 200),
            ("", "/a/b.js", 200),
            ("", "/a", 404),
            ("", "/a/b.js/c", 404),
            ("", "/websockify", 426),
            ("", "/../etc/passwd", 404),
            ("desk/1", "/desk/1/", 200),
            ("desk/1", "/desk/1/a/b.js", 200),
            ("desk/1", "/desk/1/websockify", 426),
            ("desk/1", "/", 404),
            ("desk/1", "/desk", 404),
            ("desk/1", "/websockify", 404),
        ):
            browser = self.get(path, self.made(prefix))
            self.assertEqual(browser.status, status, (prefix, path))
            self.assertIsNotNone(browser.header("content-security-policy"))

    def test_methods(self) -> None:
        """
        Whatever is asked, and in whatever way, is no line in the log; HEAD has all that
        GET has but the body.
        """
        site = self.made("desk")
        with capturedLogs() as logs:
            for path in ("/desk/", "/desk", "/desk/a", "/nothing", "/desk/websockify"):
                for method in ("POST", "PUT", "OPTIONS", "BREW", "get"):
                    browser = self.get(path, site, method=method)
                    self.assertGreaterEqual(browser.status, 400)
                asked, told = self.get(path, site, method="HEAD"), self.get(path, site)
                self.assertEqual((asked.status, asked.body), (told.status, b""))
                length = asked.header("content-length") or "0"
                self.assertEqual(length, str(len(told.body)), path)
        self.assertEqual(logs, [])

    def test_noSlash(self) -> None:
        """
        A prefix without its slash leads to the page, whose files are below it.
        """
        browser = self.get("/desk?scale=1", self.made("desk"))
        self.assertEqual(browser.status, 308)
        self.assertEqual(browser.header("location"), "desk/?scale=1")

    def test_networks(self) -> None:
        """
        Who may not connect may ask for nothing.
        """
        with capturedLogs() as logs:
            browser = self.connected(self.made(denied=["192.0.2.0/24"]))
        self.assertTrue(browser.transport.aborting)
        self.assertIn("address not allowed", str(formatEvent(logs[0])))
        # But a proxy may, as it is no viewer.
        site = self.made(denied=["192.0.2.0/24"], proxies=["192.0.2.7"])
        self.assertFalse(self.connected(site).transport.aborting)

    def test_crowd(self) -> None:
        """
        However many connections say nothing, there is room for others: those of the
        address that has most are closed.
        """
        crowd = [self.connected() for _ in range(200)]
        other = self.connected(peer="198.51.100.1")
        more = [self.connected() for _ in range(200)]
        left = [one for one in (*crowd, *more) if not one.transport.aborting]
        self.assertLessEqual(len(left), 128)
        self.assertFalse(other.transport.aborting)
        self.assertEqual(len(self.site.waiting), 128)

    def test_counted(self) -> None:
        """
        A WebSocket is no longer one of them, and neither is who has gone.
        """
        browser = self.connected()
        self.assertEqual(len(self.site.waiting), 1)
        browser.open()
        self.assertEqual(browser.status, 101)
        self.assertEqual(len(self.site.waiting), 0)
        browser.vanish()
        other = self.connected()
        other.vanish()
        self.assertEqual(len(self.site.waiting), 0)

    def test_slow(self) -> None:
        """
        Who asks for nothing is closed after a while.
        """
        browser = self.connected()
        self.calls.advance(31)
        self.assertTrue(browser.transport.disconnecting)

    def test_body(self) -> None:
        """
        Nothing is kept of what nobody has asked for.
        """
        for header in (
            "Content-Length: 100000000000",
            "Content-Length: 1",
            "Content-Length: x",
            "Transfer-Encoding: chunked",
            "content-length:5",
        ):
            browser = self.connected()
            request = f"POST / HTTP/1.1\r\nHost: desk\r\n{header}\r\n\r\nhello"
            browser.channel.dataReceived(request.encode("ascii"))
            self.assertTrue(browser.transport.value().startswith(b"HTTP/1.1 4"))
            self.assertTrue(browser.transport.disconnecting)

    def test_headersAreBounded(self) -> None:
        """
        Nor is what is too long.
        """
        for lines in (["X: " + "y" * 20000], [f"X-{n}: y" for n in range(100)]):
            browser = self.connected()
            head = "\r\n".join(["GET / HTTP/1.1", "Host: desk", *lines, "", ""])
            browser.channel.dataReceived(head.encode("ascii"))
            self.assertIn(browser.transport.value()[:12], (b"", b"HTTP/1.1 400"))
            self.assertTrue(browser.transport.disconnecting)

    def test_log(self) -> None:
        """
        Requests are lines for debugging, without what stands behind the path.
        """
        with capturedLogs() as logs:
            self.get("/?token=secret")
            self.get("/nothing")
        self.assertEqual(logs, [])
        self.addCleanup(traceMessages, False)
        traceMessages()
        with capturedLogs() as logs:
            self.get("/?token=secret")
        self.assertEqual({event["log_level"] for event in logs}, {LogLevel.debug})
        text = "".join(str(formatEvent(event)) for event in logs)
        self.assertIn("192.0.2.7 GET / 200", text)
        self.assertNotIn("secret", text)

    def test_close(self) -> None:
        """
        A site that ends closes those that are no WebSockets.
        """
        page, silent, webSocket = self.get(), self.connected(), self.connected().open()
        self.site.close()
        self.assertTrue(page.transport.aborting and silent.transport.aborting)
        self.assertFalse(webSocket.transport.aborting)
        self.assertEqual(len(self.site.waiting), 0)

    def test_drain(self) -> None:
        """
        A site that takes nobody any more closes connections that were kept for another
        request, and others when theirs is answered; WebSockets stay.
        """
        asked, kept, silent = self.connected(), self.get(), self.connected()
        webSocket = self.connected().open()
        asked.channel.dataReceived(b"GET / HTTP/1.1\r\n")
        self.assertFalse(kept.transport.disconnecting)
        self.site.drain()
        self.assertTrue(kept.transport.disconnecting)
        self.assertFalse(asked.transport.disconnecting)
        self.assertFalse(silent.transport.disconnecting)
        asked.channel.dataReceived(b"Host: rfb.example\r\n\r\n")
        self.assertIn(b"connection: close", asked.transport.value().lower())
        self.assertIn(b"hello", asked.transport.value())
        self.assertTrue(asked.transport.disconnecting)
        self.assertFalse(webSocket.transport.disconnecting)
        silent.channel.dataReceived(b"GET / HTTP/1.1\r\nHost: rfb.example\r\n\r\n")
        self.assertIn(b"hello", silent.transport.value())
        self.assertTrue(silent.transport.disconnecting)
        # Somebody who had connected before that is served once.
        late = self.get()
        self.assertEqual((late.status, late.header("connection")), (200, "close"))
        self.assertTrue(late.transport.disconnecting)
