# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb._endpoints}.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.protocol import Factory
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from txrfb._endpoints import parsed, serverEndpoint
from txrfb._session.proxy import ProxiedEndpoint


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
