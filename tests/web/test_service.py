# -*- test-case-name: tests.web.test_service -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.web.service}: what C{twistd rfb --web} runs, on real sockets.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from typing import Any

from OpenSSL import SSL
from twisted.internet import reactor as _reactor
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.endpoints import (
    TCP4ClientEndpoint,
    UNIXClientEndpoint,
    connectProtocol,
    wrapClientTLS,
)
from twisted.internet.error import ConnectError
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.ssl import Certificate, optionsForClientTLS
from twisted.internet.task import deferLater
from twisted.logger import formatEvent, globalLogPublisher
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests.web.test_sockets import Client, request
from txrfb.security.tls.certificates import createSelfSigned
from txrfb.tap import Options, makeService
from txrfb.web.service import urlOf

reactor: Any = _reactor


class Getter(Protocol):
    """
    Asks for a page by HTTP/1.0, so that the connection ends with it.
    """

    transport: Any

    def __init__(self, path: str, header: str = "", first: bytes = b"") -> None:
        self.request = first + (
            f"GET {path} HTTP/1.0\r\nHost: desk.example\r\n{header}\r\n"
        ).encode("ascii")
        self.answer = b""
        self.ended: Deferred[bytes] = Deferred()
        self.certificate: Any = None

    def connectionMade(self) -> None:
        """
        Ask.
        """
        self.transport.write(self.request)

    def dataReceived(self, data: bytes) -> None:
        """
        Keep the answer.
        """
        if hasattr(self.transport, "getPeerCertificate"):
            self.certificate = self.transport.getPeerCertificate()
        self.answer += data

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        That was it.
        """
        self.ended.callback(self.answer)


class ServiceTests(TestCase):
    """
    The daemon.
    """

    timeout = 60

    def setUp(self) -> None:
        """
        Have a place for files, short enough for sockets.
        """
        self.directory = tempfile.mkdtemp(prefix="rfb-web-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.events: list[Any] = []
        heard: Any = self.events.append
        globalLogPublisher.addObserver(heard)
        self.addCleanup(globalLogPublisher.removeObserver, heard)

    def path(self, name: str) -> str:
        """
        @return: The path of a file.
        """
        return os.path.join(self.directory, name)

    @property
    def log(self) -> str:
        """
        All that was logged.
        """
        return "\n".join(str(formatEvent(event)) for event in self.events)

    def start(self, *arguments: str) -> Any:
        """
        Start the daemon, until the test is over.
        """
        options = Options(reactor)
        options.parseOptions(
            [
                *("--port", f"unix:{self.path('rfb')}"),
                *("--framebuffer", "testcard:64x48:still", *arguments),
            ]
        )
        service = makeService(options)
        service.privilegedStartService()
        service.startService()

        def stop() -> Deferred[None]:
            stopped: Deferred[None] = maybeDeferred(service.stopService)
            # Connections that are aborted end in the next turn of the reactor.
            return stopped.addCallback(lambda _: deferLater(reactor, 0))

        self.addCleanup(stop)
        return service

    @property
    def port(self) -> int:
        """
        The port for browsers.
        """
        found = re.search(r"Serving browsers at https?://[^ ]+:(\d+)/", self.log)
        assert found is not None, self.log
        return int(found[1])

    def endpoint(self, port: int) -> Any:
        """
        @return: Where that port is.
        """
        return TCP4ClientEndpoint(reactor, "127.0.0.1", port)

    async def get(self, endpoint: Any, path: str = "/", **more: Any) -> Getter:
        """
        @return: What has asked for a page, and has its answer.
        """
        getter: Getter = await connectProtocol(endpoint, Getter(path, **more))
        await getter.ended
        return getter

    async def look(self, endpoint: Any) -> Client:
        """
        @return: A viewer, once it is let in.
        """
        client: Client = await connectProtocol(endpoint, Client())

        def end() -> Deferred[None]:
            client.transport.abortConnection()
            return client.lost

        self.addCleanup(end)
        while not (b"test card" in client.content or client.closed):
            await deferLater(reactor, 0.01)
        return client

    async def test_http(self) -> None:
        """
        Browsers find a page, and viewers the screen.
        """
        self.start("--web", "0")
        self.assertIn("to this machine only, without a password", self.log)
        self.assertIn("--web tcp:", self.log)
        getter = await self.get(self.endpoint(self.port))
        self.assertTrue(getter.answer.startswith(b"HTTP/1."))
        self.assertIn(b" 200 OK\r\n", getter.answer)
        client = await self.look(self.endpoint(self.port))
        self.assertIn(b"test card", client.content)
        self.assertIn("logged in", self.log)

    async def test_paths(self) -> None:
        """
        All of it can be elsewhere.
        """
        self.start("--web", "0", "--web-prefix", "/desk", "--web-path", "ws")
        self.assertRegex(self.log, r"http://127\.0\.0\.1:\d+/desk/ to")
        for path, status in (
            ("/desk/", b" 200 "),
            ("/desk/ws", b" 426 "),
            ("/ws", b" 404 "),
            ("/desk/websockify", b" 404 "),
        ):
            getter = await self.get(self.endpoint(self.port), path)
            self.assertIn(status, getter.answer.partition(b"\r\n")[0])

    async def test_api(self) -> None:
        """
        Programs are served if that is wanted, below the prefix, too, and only then.
        """
        self.start("--web", "0", "--web-api", "--web-prefix", "desk")
        getter = Getter("/desk/status.json")
        getter.request = getter.request.replace(b"Host: desk.example\r\n", b"")
        await connectProtocol(self.endpoint(self.port), getter)
        answer = await getter.ended
        self.assertIn(b" 200 ", answer.partition(b"\r\n")[0])
        self.assertIn(b"test card", answer)
        for path, status in (("/desk/healthz", b" 403 "), ("/healthz", b" 404 ")):
            getter = await self.get(self.endpoint(self.port), path)
            self.assertIn(status, getter.answer.partition(b"\r\n")[0])

    async def test_noApi(self) -> None:
        """
        Without a word about it there is nothing for programs.
        """
        self.start("--web", "0")
        for path in ("/healthz", "/screenshot.png", "/api/type", "/openapi.json"):
            getter = await self.get(self.endpoint(self.port), path)
            self.assertIn(b" 404 ", getter.answer.partition(b"\r\n")[0])

    async def test_unix(self) -> None:
        """
        A Unix socket is its owner's.
        """
        where = self.path("web")
        self.start("--web", f"unix:{where}")
        self.assertIn(f"Serving browsers at {where} to those who may open it", self.log)
        self.assertEqual(os.stat(where).st_mode & 0o777, 0o600)
        client = await self.look(UNIXClientEndpoint(reactor, where))
        self.assertIn(b"test card", client.content)

    async def test_proxyProtocol(self) -> None:
        """
        A proxy may say by the PROXY protocol where a browser is, if it is one that may.
        """
        self.start(
            *("--web", "haproxy:tcp:0:interface=127.0.0.1"),
            *("--deny", "203.0.113.0/24"),
        )
        endpoint = self.endpoint(self.port)
        for host, isWelcome in (("192.0.2.7", True), ("203.0.113.5", False)):
            client = Client()
            made = client.connectionMade

            def both(made: Any = made, host: str = host, client: Any = client) -> None:
                header = f"PROXY TCP4 {host} 192.0.2.1 40312 6080\r\n"
                client.transport.write(header.encode("ascii"))
                made()

            client.connectionMade = both  # type: ignore[method-assign]
            await connectProtocol(endpoint, client)
            while not (b"test card" in client.content or client.closed):
                await deferLater(reactor, 0.01)
            self.assertEqual(client.closed, None if isWelcome else 1008)
            client.transport.abortConnection()
            await client.lost
        self.assertIn("192.0.2.7:40312", self.log)

    async def test_otherProxies(self) -> None:
        """
        From elsewhere nobody may say so.
        """
        self.start(
            *("--web", "haproxy:tcp:0:interface=127.0.0.1"),
            *("--proxy-from", "192.0.2.9"),
        )
        getter = await self.get(
            self.endpoint(self.port),
            first=b"PROXY TCP4 192.0.2.7 192.0.2.1 40312 6080\r\n",
        )
        self.assertEqual(getter.answer, b"")
        self.assertIn("PROXY headers are not taken from there", self.log)

    async def test_https(self) -> None:
        """
        With a certificate it is https, and a new certificate is taken without a
        restart.
        """
        path = self.path("pem")
        createSelfSigned(path, ["desk.example"])
        self.start("--web", "0", "--tls-certificate", path)
        self.assertIn("Serving browsers at https://127.0.0.1:", self.log)
        seen = []
        for number in range(2):
            with open(path, "rb") as file:
                authority = Certificate.loadPEM(file.read())
            options = optionsForClientTLS("desk.example", authority)
            endpoint = wrapClientTLS(options, self.endpoint(self.port))
            getter = await self.get(endpoint)
            self.assertIn(b" 200 OK\r\n", getter.answer)
            self.assertIn(b"\r\nStrict-Transport-Security: ", getter.answer)
            seen.append(getter.certificate.get_serial_number())
            if not number:
                os.remove(path)
                createSelfSigned(path, ["desk.example"])
        self.assertNotEqual(*seen)
        client = await self.look(endpoint)
        self.assertIn(b"test card", client.content)

    async def test_notTLS(self) -> None:
        """
        Who speaks http to https is closed, and nothing else happens.
        """
        path = self.path("pem")
        createSelfSigned(path, ["desk.example"])
        self.start("--web", "0", "--tls-certificate", path)
        getter = await self.get(self.endpoint(self.port))
        self.assertFalse(getter.answer.startswith(b"HTTP/1.1 200"))
        self.assertEqual(self.flushLoggedErrors(SSL.Error), [])

    async def test_stop(self) -> None:
        """
        A daemon that ends tells browsers so (RFC 6455, section 7.4.1), and keeps no
        connection.
        """
        service = self.start("--web", "0")
        client = await self.look(self.endpoint(self.port))
        idle: Getter = await connectProtocol(self.endpoint(self.port), Idle(""))
        await deferLater(reactor, 0.05)
        await maybeDeferred(service.stopService)
        await client.lost
        await idle.ended
        self.assertEqual(client.closed, 1001)

    async def test_drain(self) -> None:
        """
        One that takes no more viewers closes its port, and serves browsers on that have
        a viewer.
        """
        service = self.start("--web", "0")
        client = await self.look(self.endpoint(self.port))
        ended: list[None] = []
        drained = service.drain().addCallback(ended.append)
        await deferLater(reactor, 0)
        with self.assertRaises(ConnectError):
            await connectProtocol(self.endpoint(self.port), Idle(""))
        before = len(client.content)
        client.say(request(False, 8, 8))
        while len(client.content) == before:
            await deferLater(reactor, 0.01)
        self.assertFalse(client.lost.called or ended)
        client.transport.loseConnection()
        await client.lost
        await drained

    async def test_taken(self) -> None:
        """
        A port that is taken is said so.
        """
        self.start("--web", "0")
        port = self.port
        options = Options(reactor)
        options.parseOptions(
            ["--port", f"unix:{self.path('other')}", "--web", str(port)]
        )
        service = makeService(options)
        with self.assertRaises(SystemExit):
            service.privilegedStartService()
        self.assertIn(f"cannot listen at tcp:{port}:interface=127.0.0.1", self.log)
        await maybeDeferred(service.stopService)


class Idle(Getter):
    """
    Says nothing.
    """

    def connectionMade(self) -> None:
        """
        Wait.
        """


class URLTests(SynchronousTestCase):
    """
    What to type into a browser.
    """

    def test_urlOf(self) -> None:
        """
        Ports and prefixes where they are needed.
        """
        for address, isSecure, prefix, url in (
            (("127.0.0.1", 6080), False, "", "http://127.0.0.1:6080/"),
            (("127.0.0.1", 80), False, "", "http://127.0.0.1/"),
            (("127.0.0.1", 443), True, "a/b", "https://127.0.0.1/a/b/"),
            (("127.0.0.1", 443), False, "", "http://127.0.0.1:443/"),
        ):
            self.assertEqual(urlOf(IPv4Address("TCP", *address), isSecure, prefix), url)
        self.assertEqual(
            urlOf(IPv6Address("TCP", "::1", 6080), False, ""), "http://[::1]:6080/"
        )
        everywhere = urlOf(IPv6Address("TCP", "::", 6080), False, "")
        self.assertRegex(everywhere, r"^http://[^\[:/]+:6080/$")
