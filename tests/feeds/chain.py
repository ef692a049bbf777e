# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A server, a relay of it, and viewers of that, on one clock.
"""

from __future__ import annotations

from typing import Any, cast

from twisted.application.service import IService
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionRefusedError as RefusedError
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.task import Clock
from twisted.logger import ILogObserver, formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from tests.framebuffers.owner import Owner
from txrfb.feeds import RelayFramebuffer
from txrfb.protocol import RFBFactory
from txrfb.testing import Link, Viewer
from txrfb.testing.wire import connect


@implementer(IStreamClientEndpoint)
class Endpoint:
    """
    Connects to a factory, if there is one.

    @ivar factory: What serves; C{None} while nothing does.
    @ivar attempts: When somebody tried to connect.
    @ivar isSilent: Whether attempts are never answered.
    """

    def __init__(self, clock: Clock, factory: Any) -> None:
        self.clock = clock
        self.factory = factory
        self.attempts: list[float] = []
        self.isSilent = False
        self.link = Link()
        self.transports: Any = None

    def connect(self, protocolFactory: Any) -> Deferred[Any]:
        """
        Connect.
        """
        self.attempts.append(self.clock.seconds())
        if self.isSilent:
            return Deferred()
        if self.factory is None:
            return fail(RefusedError())
        server = self.factory.buildProtocol(None)
        client = protocolFactory.buildProtocol(None)
        port = 40000 + len(self.attempts)
        self.transports = connect(self.clock, server, client, self.link, port)
        return succeed(client)

    def cut(self) -> None:
        """
        Cut the connection that there is.
        """
        self.transports[0].abortConnection()
        self.clock.advance(0)


class ChainCase(SynchronousTestCase):
    """
    The server upstream shows C{self.source}; C{self.relay} shows that.
    """

    source: Any

    def setUp(self) -> None:
        """
        Begin.
        """
        self.clock = Clock()
        self.events: list[Any] = []
        observer = cast(ILogObserver, self.events.append)
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)
        self.source = self.makeSource()
        self.upstream = self.serve()
        self.endpoint = Endpoint(self.clock, self.upstream)
        self.owner = Owner()
        self.relay = self.makeRelay()
        IService(self.relay).setServiceParent(self.owner)
        self.owner.startService()
        self.factory = RFBFactory(self.relay, reactor=self.clock)
        self.addCleanup(self.owner.stopService)

    def makeSource(self) -> Any:
        """
        @return: What is shown upstream.
        """
        raise NotImplementedError("a test says what is shown")

    def serve(self, **options: Any) -> RFBFactory:
        """
        @return: What serves upstream.
        """
        return RFBFactory(self.source, reactor=self.clock, **options)

    def makeRelay(self, **options: Any) -> RelayFramebuffer:
        """
        @return: The relay.
        """
        options.setdefault("jitter", lambda: 1.0)
        return RelayFramebuffer(
            self.endpoint, called="vnc:there", reactor=self.clock, **options
        )

    def view(self, **options: Any) -> Viewer:
        """
        @return: A viewer of the relay that has a picture.
        """
        viewer = Viewer(self.factory, **options)
        viewer.settle()
        return viewer

    @property
    def log(self) -> str:
        """
        What was logged.
        """
        return "\n".join(formatEvent(event) for event in self.events)
