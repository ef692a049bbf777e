# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb._endpoints}.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from twisted.internet import endpoints, reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import (
    TCP4ClientEndpoint,
    TCP4ServerEndpoint,
    connectProtocol,
    wrapClientTLS,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.ssl import (
    Certificate,
    optionsForClientTLS,
    trustRootFromCertificates,
)
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase

from txrfb._endpoints import parsed, serverEndpoint
from txrfb._session.proxy import ProxiedEndpoint
from txrfb.security.tls.certificates import selfSigned


class EndpointTests(SynchronousTestCase):
    """
    Descriptions of endpoints.
    """

    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()

    def test_parsed(self) -> None:
        """
        A description is taken apart, what is quoted in it stays together.
        """
        self.assertEqual(
            parsed(r"haproxy:tcp:5900:interface=\:\:1"),
            ("tcp", ["5900"], {"interface": "::1"}),
        )
        self.assertEqual(parsed(r"unix:/a\:b"), ("unix", ["/a:b"], {}))

    def test_mode(self) -> None:
        """
        A UNIX socket is its owner's, however it is described, unless a mode is said.
        """
        for description, mode in (
            ("unix:/run/x", 0o600),
            (r"unix:/run/a\:b", 0o600),
            ("unix:address=/run/x", 0o600),
            ("unix:/run/x:backlog=5", 0o600),
            ("unix:backlog=5:address=/run/x", 0o600),
            ("haproxy:unix:/run/x", 0o600),
            ("unix:/run/x:660", 0o660),
            ("unix:/run/x:mode=666", 0o666),
            ("unix:mode=660:address=/run/x", 0o660),
            ("unix:660:address=/run/x", 0o660),
            ("haproxy:unix:/run/x:mode=660", 0o660),
        ):
            self.setUp()
            try:
                endpoint = serverEndpoint(self.reactor, description)
            except TypeError:
                # Twisted does not know it.
                self.assertEqual(description, "unix:660:address=/run/x")
                continue
            self.successResultOf(endpoint.listen(Factory()))
            self.assertEqual(self.reactor.unixServers[0][3], mode, description)

    def test_proxied(self) -> None:
        """
        Behind C{haproxy:} there is our own reader of headers; all else is Twisted's.
        """
        made: Any = serverEndpoint(self.reactor, "haproxy:tcp:5900")
        self.assertIsInstance(made, ProxiedEndpoint)
        self.assertIsInstance(made._endpoint, TCP4ServerEndpoint)
        other = serverEndpoint(self.reactor, "tcp:5900")
        self.assertIsInstance(other, TCP4ServerEndpoint)


class Greeting(Protocol):
    """
    Says hello.
    """

    def connectionMade(self) -> None:
        assert self.transport is not None
        self.transport.write(b"hello")


class Listening(Protocol):
    """
    Waits for a word.
    """

    def __init__(self) -> None:
        self.heard: Deferred[bytes] = Deferred()
        self.lost: Deferred[None] = Deferred()

    def dataReceived(self, data: bytes) -> None:
        self.heard.callback(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.lost.callback(None)
        if not self.heard.called:
            self.heard.errback(reason)


class TLSTests(TestCase):
    """
    Endpoints with TLS.
    """

    timeout = 10

    async def test_protocols(self) -> None:
        """
        A viewer that names protocols (ALPN) is welcome, as others are.
        """
        directory = Path(self.mktemp())
        directory.mkdir()
        pem = selfSigned(["localhost"], datetime.datetime.now(datetime.timezone.utc))
        path = directory / "localhost.pem"
        path.write_bytes(pem)
        descriptions = [f"ssl:0:privateKey={path}:certKey={path}:interface=127.0.0.1"]
        if hasattr(endpoints, "wrapServerTLS"):
            descriptions.append(f"tls:{directory}:port=0:interface=127.0.0.1")
        trust = trustRootFromCertificates([Certificate.loadPEM(pem)])
        for description in descriptions:
            endpoint: Any = serverEndpoint(reactor, description)
            port = await endpoint.listen(Factory.forProtocol(Greeting))
            self.addCleanup(port.stopListening)
            for names in ([], [b"rfb", b"h2"]):
                options = optionsForClientTLS(
                    "localhost", trust, acceptableProtocols=names
                )
                viewer = await connectProtocol(
                    wrapClientTLS(
                        options,
                        TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port),
                    ),
                    Listening(),
                )
                self.assertEqual(await viewer.heard, b"hello")
                viewer.transport.abortConnection()
                await viewer.lost
