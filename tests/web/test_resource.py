# -*- test-case-name: tests.web.test_resource -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.web.resource}.
"""

from __future__ import annotations

from typing import Any

from twisted.cred.credentials import IUsernamePassword
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.interfaces import ISSLTransport
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import directlyProvides

from tests.web.scenes import (
    KEY,
    USUAL,
    Browser,
    Socket,
    browserOn,
    factoryOn,
    frame,
    siteOf,
)
from txrfb.security import Gate, portalFor
from txrfb.security.admission.assembly import makeGate
from txrfb.web import WebSocketResource

VERSION = b"RFB 003.008\n"

HTTPS = {"Origin": "https://desk.example", "Host": "desk.example"}


class ResourceTestCase(SynchronousTestCase):
    """
    What is needed to ask for WebSockets.
    """

    def setUp(self) -> None:
        """
        Have a clock.
        """
        self.clock = Clock()

    def settle(self) -> None:
        """
        Let whatever waits for a turn have it.
        """
        for _ in range(20):
            self.clock.advance(0)

    def said(self, logs: Any) -> str:
        """
        @return: All lines of the log.
        """
        return "\n".join(str(formatEvent(event)) for event in logs)


class HandshakeTests(ResourceTestCase):
    """
    The opening handshake (RFC 6455, section 4.2).
    """

    def test_accepted(self) -> None:
        """
        A WebSocket is opened, and the server greets the viewer.
        """
        browser = browserOn(self.clock)
        self.assertEqual(browser.status, 101)
        self.assertEqual(browser.header("upgrade"), "websocket")
        self.assertIsNone(browser.header("sec-websocket-protocol"))
        self.assertEqual(browser.heard(), VERSION)

    def test_subprotocol(self) -> None:
        """
        C{binary} is chosen where it is offered, as some browsers want it, and nothing
        else is.
        """
        for offered, chosen in (
            ("binary", "binary"),
            ("binary, base64", "binary"),
            ("base64,binary", "binary"),
            (["base64", "binary"], "binary"),
            ("base64", None),
            ("chat", None),
        ):
            browser = browserOn(self.clock, {"Sec-WebSocket-Protocol": offered})
            self.assertEqual(browser.status, 101)
            self.assertEqual(browser.header("sec-websocket-protocol"), chosen)

    def test_anyCase(self) -> None:
        """
        Words of headers mean the same in capitals.
        """
        browser = browserOn(
            self.clock, {"Upgrade": "WebSocket", "Connection": "UPGRADE, keep-alive"}
        )
        self.assertEqual(browser.status, 101)

    def test_upgradeRequired(self) -> None:
        """
        Who wants something else is told that there is nothing but a WebSocket, and
        which version.
        """
        for headers, request in (
            ({"Upgrade": None, "Connection": None}, "GET /websockify HTTP/1.1"),
            ({"Upgrade": "h2c"}, "GET /websockify HTTP/1.1"),
            ({"Sec-WebSocket-Version": "8"}, "GET /websockify HTTP/1.1"),
            ({"Sec-WebSocket-Version": None}, "GET /websockify HTTP/1.1"),
            ({}, "HEAD /websockify HTTP/1.1"),
        ):
            resource = WebSocketResource(factoryOn(self.clock))
            browser = Browser(resource, None, headers, request).open()
            self.assertEqual(browser.head[0], "HTTP/1.1 426 Upgrade Required", headers)
            self.assertEqual(browser.header("sec-websocket-version"), "13")
            self.assertEqual(browser.header("upgrade"), "websocket")

    def test_method(self) -> None:
        """
        A WebSocket is opened by GET.
        """
        resource = WebSocketResource(factoryOn(self.clock))
        for method in ("POST", "PUT", "OPTIONS"):
            request = f"{method} /websockify HTTP/1.1"
            browser = Browser(resource, None, {"Content-Length": "0"}, request).open()
            self.assertIn(browser.status, (405, 501))

    def test_wrong(self) -> None:
        """
        A request that is not right is refused, and the log says what is wrong with it.
        """
        wrong: tuple[dict[str, Any], ...] = (
            {"Connection": None},
            {"Connection": "keep-alive"},
            {"Sec-WebSocket-Key": None},
            {"Sec-WebSocket-Key": "short"},
            {"Sec-WebSocket-Key": KEY.decode("ascii") + "AAAA"},
            {"Sec-WebSocket-Key": "!" * 24},
            {"Sec-WebSocket-Key": [KEY.decode("ascii")] * 2},
            {"Host": "xn--\xff"},
            {"Host": None},
            {"Sec-WebSocket-Protocol": "\xff"},
        )
        for headers in wrong:
            with capturedLogs() as logs:
                browser = browserOn(Clock(), headers)
            self.assertEqual(browser.status, 400, headers)
            self.assertIn("refused connection from 192.0.2.7", self.said(logs))
            self.assertEqual(self.flushLoggedErrors(), [])

    def test_longHeaders(self) -> None:
        """
        Headers that are too long are not kept.
        """
        site = siteOf(WebSocketResource(factoryOn(self.clock)))
        browser = Browser(site, None, {"X-Long": "x" * 15000, "X-More": "y" * 15000})
        browser.channel.dataReceived(browser.request)
        self.assertIn(b"400", browser.transport.value())
        self.assertTrue(browser.transport.disconnecting)

    def test_full(self) -> None:
        """
        Where there is no room for a connection, the browser is told so.
        """
        gate = Gate(self.clock, portalFor(), [], maxConnections=1)
        factory = factoryOn(self.clock, gate=gate)
        site = siteOf(WebSocketResource(factory))
        first, second = Browser(site).open(), Browser(site).open()
        self.assertEqual((first.status, second.status), (101, 503))

    def test_embedded(self) -> None:
        """
        The site's own time limit does not concern a WebSocket, and the request ends
        with it.
        """
        site = siteOf(WebSocketResource(factoryOn(self.clock)))
        browser = Browser(site)
        channel = browser.channel._channel
        channel.callLater = self.clock.callLater
        channel.setTimeout(60)
        browser.open()
        self.assertEqual(browser.status, 101)
        [request] = channel.requests
        finished: list[Any] = []
        request.notifyFinish().addErrback(finished.append)
        self.clock.advance(61)
        self.assertFalse(browser.transport.disconnecting)
        browser.vanish()
        self.assertEqual(len(finished), 1)
        self.assertEqual(self.clock.getDelayedCalls(), [])


class AccessTests(ResourceTestCase):
    """
    Who may open a WebSocket, from where.
    """

    def test_origin(self) -> None:
        """
        A page of another origin may not, unless it is allowed; the log names the
        option.
        """
        foreign = {"Origin": "https://evil.example"}
        with capturedLogs() as logs:
            browser = browserOn(self.clock, foreign)
        self.assertEqual(browser.status, 403)
        self.assertIn("--web-origin https://evil.example", self.said(logs))
        self.assertNotIn("--web", browser.body.decode("utf-8"))
        browser = browserOn(self.clock, foreign, origins=["https://evil.example"])
        self.assertEqual(browser.status, 101)

    def test_twoOrigins(self) -> None:
        """
        Nobody is of two origins.
        """
        own = "http://192.0.2.1:6080"
        headers = {"Origin": [own, "http://evil.example"], "Host": "192.0.2.1:6080"}
        self.assertEqual(browserOn(self.clock, headers).status, 403)
        self.assertEqual(browserOn(self.clock, {**headers, "Origin": own}).status, 101)

    def test_rebinding(self) -> None:
        """
        Without a password the server's name must be its own; behind a password, or a
        proxy that is known, it may be any.
        """
        own = {"Origin": "http://desk.example:6080"}
        with capturedLogs() as logs:
            self.assertEqual(browserOn(self.clock, own).status, 403)
        self.assertIn("--web-origin http://desk.example:6080", self.said(logs))
        portal = portalFor("secret")
        self.assertEqual(browserOn(self.clock, own, portal=portal).status, 101)
        behind = {**own, "X-Forwarded-For": "203.0.113.5"}
        browser = browserOn(self.clock, behind, proxies=["192.0.2.7"])
        self.assertEqual(browser.status, 101)

    def test_networks(self) -> None:
        """
        Addresses that may not connect may not by WebSocket either.
        """
        for allowed, status in (("198.51.100.0/24", 1008), ("192.0.2.0/24", None)):
            gate = makeGate(self.clock, portalFor(), allowed=[allowed])
            browser = browserOn(self.clock, gate=gate)
            heard = browser.heard()
            closed = browser.closed
            self.assertEqual(None if closed is None else closed[0], status)
            self.assertEqual(heard, b"" if status else VERSION)

    def test_forwarded(self) -> None:
        """
        Behind a proxy it is the viewer's address that counts, and that the log has.
        """
        gate = makeGate(self.clock, portalFor(), denied=["203.0.113.0/24"])
        headers = {"X-Forwarded-For": "203.0.113.5"}
        browser = browserOn(self.clock, headers, proxies=["192.0.2.7"], gate=gate)
        browser.heard()
        assert browser.closed is not None
        self.assertEqual(browser.closed[0], 1008)
        # Who is no proxy is not believed.
        browser = browserOn(self.clock, headers, gate=gate)
        self.assertEqual(browser.heard(), VERSION)
        factory = factoryOn(self.clock)
        resource = WebSocketResource(factory, proxies=["192.0.2.7"])
        for text, peer in (
            ("203.0.113.5", "203.0.113.5"),
            ("2001:db8::5", "2001:db8::5"),
        ):
            browser = Browser(resource, None, {"X-Forwarded-For": text}).open()
            browser.say(VERSION)
            self.assertEqual(factory.connections[-1].peer, peer)

    def test_badProxy(self) -> None:
        """
        A proxy that cannot be understood is refused.
        """
        with capturedLogs() as logs:
            browser = browserOn(
                self.clock, {"X-Forwarded-For": "unknown"}, proxies=["192.0.2.7"]
            )
        self.assertEqual(browser.status, 400)
        self.assertIn("'unknown', which is no address", self.said(logs))

    def test_unix(self) -> None:
        """
        At a UNIX socket it is the same.
        """
        peer = UNIXAddress(b"")
        self.assertEqual(browserOn(self.clock, peer=peer).heard(), VERSION)
        gate = makeGate(self.clock, portalFor(), denied=["203.0.113.0/24"])
        browser = browserOn(
            self.clock,
            {"X-Forwarded-For": "203.0.113.5"},
            proxies=["unix"],
            peer=peer,
            gate=gate,
        )
        browser.heard()
        self.assertIsNotNone(browser.closed)


class LoginTests(ResourceTestCase):
    """
    The same logins as elsewhere, as far as browsers can do them.
    """

    def offered(self, browser: Browser) -> bytes:
        """
        @return: What a browser is offered.
        """
        browser.heard()
        browser.say(VERSION)
        return browser.heard()

    def test_lockout(self) -> None:
        """
        Wrong passwords lock out an address, whichever way it comes by.
        """
        factory = factoryOn(self.clock, portal=portalFor("secret"))
        site = siteOf(WebSocketResource(factory))
        for _ in range(5):
            browser = Browser(site).open()
            self.offered(browser)
            browser.say(b"\x02")
            self.settle()
            self.assertEqual(len(browser.heard()), 16)
            browser.say(bytes(16))
            self.settle()
            self.clock.advance(1)
            self.settle()
            self.assertIn(b"\0\0\0\x01", browser.heard())
            self.clock.advance(1)
            browser.vanish()
        browser = Browser(site).open()
        self.assertIn(b"too many failed logins", browser.heard())
        assert browser.closed is not None
        self.assertEqual(browser.closed[0], 1008)
        self.assertIn("try again in", browser.closed[1])
        # By another way.
        other = factory.buildProtocol(IPv4Address("TCP", "192.0.2.7", 1))
        assert other is not None
        transport = Socket(peerAddress=IPv4Address("TCP", "192.0.2.7", 1))
        other.makeConnection(transport)
        self.assertIn(b"too many failed logins", transport.value())
        # From elsewhere, by this one.
        browser = Browser(site, IPv6Address("TCP", "2001:db8::1", 1)).open()
        self.assertEqual(browser.heard(), VERSION)

    def test_limits(self) -> None:
        """
        A browser that does not log in is closed like others, and told why.
        """
        browser = browserOn(self.clock)
        self.clock.advance(29)
        browser.heard()
        self.assertIsNone(browser.closed)
        self.clock.advance(2)
        browser.heard()
        assert browser.closed is not None
        self.assertEqual(browser.closed, (1008, "login timed out after 30 s"))

    def test_maxViewers(self) -> None:
        """
        There is no room for more viewers than elsewhere.
        """
        factory = factoryOn(self.clock, maxViewers=1)
        site = siteOf(WebSocketResource(factory))
        for said in (b"txrfb", b"too many viewers"):
            browser = Browser(site).open()
            browser.say(VERSION + b"\x01\x01")
            self.settle()
            self.assertIn(said, browser.heard())

    def test_viewOnly(self) -> None:
        """
        A view-only password gives no more than elsewhere.
        """
        self.assertEqual(
            self.offered(browserOn(self.clock, portal=portalFor("x"))), b"\x01\x02"
        )

    def test_fragmented(self) -> None:
        """
        A viewer may cut what it says as it likes.
        """
        browser = browserOn(self.clock)
        browser.heard()
        browser.send(*(frame(bytes([byte])) for byte in VERSION))
        self.settle()
        self.assertEqual(browser.heard(), b"\x01\x01")

    def test_headersOfBrowsers(self) -> None:
        """
        The headers of these tests are those of browsers.
        """
        self.assertIn("Sec-WebSocket-Extensions", USUAL)


class OfferTests(ResourceTestCase):
    """
    What browsers are offered over http and https.
    """

    def gate(self, **options: Any) -> Gate:
        """
        @return: A gate with a host key, and users with names.
        """
        return makeGate(
            self.clock,
            portalFor(checkers=[_USERS]),
            hostKey=self.mktemp(),
            **options,
        )

    def offer(self, headers: dict[str, Any], isSecure: bool = False) -> bytes:
        """
        @return: What the server sends after the version.
        """
        factory = factoryOn(self.clock, gate=self.gate())
        browser = Browser(siteOf(WebSocketResource(factory)), None, headers)
        if isSecure:
            directlyProvides(browser.transport, ISSLTransport)
        browser.open()
        self.assertEqual(browser.status, 101)
        browser.heard()
        browser.say(VERSION)
        return browser.heard()

    def test_https(self) -> None:
        """
        Over https names and passwords may pass as they are, by VeNCrypt, and by RA2ne.
        """
        self.assertEqual(self.offer(HTTPS, isSecure=True), b"\x02\x13\x06")

    def test_httpsAtProxy(self) -> None:
        """
        A proxy that is known may be the one that has https.
        """
        factory = factoryOn(self.clock, gate=self.gate())
        resource = WebSocketResource(factory, proxies=["192.0.2.7"])
        headers = {
            **HTTPS,
            "X-Forwarded-For": "203.0.113.5",
            "X-Forwarded-Proto": "https",
        }
        browser = Browser(resource, None, headers).open()
        browser.say(VERSION)
        self.assertTrue(browser.heard().endswith(b"\x02\x13\x06"))

    def test_localhost(self) -> None:
        """
        On the browser's own machine RA2ne encrypts the password.
        """
        for host in ("localhost:6080", "127.0.0.1:6080", "[::1]:6080"):
            headers = {"Host": host, "Origin": f"http://{host}"}
            self.assertEqual(self.offer(headers), b"\x01\x06")

    def test_http(self) -> None:
        """
        From elsewhere, by http, browsers do no cryptography: they are told what to do
        about it, and so is the log.
        """
        headers = {"Host": "192.0.2.1:6080", "Origin": "http://192.0.2.1:6080"}
        with capturedLogs() as logs:
            said = self.offer(headers)
        self.assertEqual(said[:1], b"\0")
        self.assertIn(b"only from a page by https", said)
        self.assertIn("only from a page by https", self.said(logs))

    def test_program(self) -> None:
        """
        What is no page may know more than browsers.
        """
        self.assertEqual(self.offer({}), b"\x01\x06")


class Users:
    """
    Knows everybody.
    """

    credentialInterfaces = (IUsernamePassword,)

    def requestAvatarId(self, credentials: Any) -> bytes:
        """
        Let everybody in.
        """
        name: bytes = credentials.username
        return name


_USERS: Any = Users()
