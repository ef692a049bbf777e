# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
An origin, an engine, edges, and viewers of these, on one clock.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from twisted.application.service import IService
from twisted.internet.task import Clock
from twisted.logger import ILogObserver, formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from tests.broadcast.fake import EPOCH, FakeEndpoint, FakeRedis
from tests.framebuffers.owner import Owner
from txrfb.broadcast import Address, BroadcastFramebuffer, Publisher
from txrfb.framebuffers import MemoryFramebuffer
from txrfb.protocol import RFBFactory
from txrfb.testing import Link, Viewer

#: What a broadcast has in the engine.
FRAMES = b"txrfb:{lobby}:frames"
KEY = b"txrfb:{lobby}:key"
ORIGIN = b"txrfb:{lobby}:origin"
INFO = b"txrfb:{lobby}:info"
INPUT = b"txrfb:{lobby}:input"


class Edge:
    """
    An edge.

    @ivar framebuffer: What it shows.
    @ivar factory: What serves that.
    @ivar endpoint: Where it finds the engine.
    """

    def __init__(self, case: BroadcastCase, link: Link | None = None) -> None:
        self.endpoint = endpoint = FakeEndpoint(case.redis, link)
        address = Address(lambda reactor: endpoint, "lobby", "redis://here/lobby")
        self.framebuffer = BroadcastFramebuffer(
            address, reactor=case.clock, jitter=lambda: 1.0
        )
        self.owner = Owner()
        IService(self.framebuffer).setServiceParent(self.owner)
        self.owner.startService()
        self.factory = RFBFactory(self.framebuffer, reactor=case.clock)

    def cut(self) -> None:
        """
        Cut its connections.
        """
        for server, _ in self.endpoint.transports:
            server.abortConnection()

    def freeze(self, isFrozen: bool = True) -> None:
        """
        Have it read nothing, or read on.
        """
        for _, client in self.endpoint.transports:
            if not client.disconnected:
                client.pauseProducing() if isFrozen else client.resumeProducing()


class BroadcastCase(SynchronousTestCase):
    """
    An origin shows C{self.source}.
    """

    def setUp(self) -> None:
        """
        Begin.
        """
        self.clock = Clock()
        self.events: list[Any] = []
        observer = cast(ILogObserver, self.events.append)
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)
        self.redis = FakeRedis(self.clock)
        self.noise = np.random.default_rng(5)
        self.source = self.makeSource()
        self.origin = RFBFactory(self.source, reactor=self.clock)
        self.publisher = self.publish()

    def makeSource(self) -> Any:
        """
        @return: What is shown.
        """
        framebuffer = MemoryFramebuffer(120, 80, "lobby's")
        framebuffer.paste(self.picture(120, 80))
        return framebuffer

    def picture(self, width: int, height: int) -> Any:
        """
        @return: Noise.
        """
        return self.noise.integers(0, 256, (height, width, 3), np.uint8)

    def publish(self, factory: Any = None, link: Any = None, **options: Any) -> Any:
        """
        @return: What publishes, and has begun.
        """
        endpoint = FakeEndpoint(self.redis, link)
        publisher = Publisher(
            factory or self.origin,
            Address(lambda reactor: endpoint, "lobby", "redis://here/lobby"),
            now=lambda: EPOCH + round(self.clock.seconds() * 1000),
            jitter=lambda: 1.0,
            **options,
        )
        self.endpoint = endpoint
        publisher.startService()
        self.addCleanup(self.end, publisher.stopService)
        return publisher

    def end(self, stop: Any) -> None:
        """
        Stop something, and fail unless it has stopped and left nothing.
        """
        done = stop()
        self.pass_(0.1)
        if done is not None:
            self.successResultOf(done)

    def edge(self, link: Link | None = None) -> Edge:
        """
        @return: An edge that has begun.
        """
        edge = Edge(self, link)
        self.addCleanup(self.end, edge.owner.stopService)
        return edge

    def view(self, edge: Edge, **options: Any) -> Viewer:
        """
        @return: A viewer of an edge that has a picture.
        """
        viewer = Viewer(edge.factory, **options)
        viewer.settle()
        return viewer

    def pass_(self, seconds: float = 0.5) -> None:
        """
        Let time pass.
        """
        self.clock.pump([0.01] * round(seconds * 100))

    def draw(self, times: int = 1) -> None:
        """
        Change something, and let it be shown.
        """
        for _ in range(times):
            self.paint()
            self.pass_(0.05)

    def paint(self) -> None:
        """
        Change something.
        """
        x, y = map(int, self.noise.integers(0, 40, 2))
        area = self.source.array[y : y + 40, x : x + 60]
        area[:] = self.noise.integers(0, 256, area.shape, np.uint8)
        self.source.damage((x, y, 60, 40))

    @property
    def log(self) -> str:
        """
        What was logged.
        """
        return "\n".join(formatEvent(event) or "" for event in self.events)
