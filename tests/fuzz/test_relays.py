# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A server that paints, changes its size, goes and comes back as another; a relay of it,
or one behind the other; and viewers at all paces: when all comes to rest each has the
server's picture exactly.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.application.service import IService
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.codec import FORMATS, expected
from tests.feeds.chain import Endpoint
from txrfb.encodings import constants as c
from txrfb.feeds import RelayFramebuffer
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.protocol import RFBFactory
from txrfb.testing import Link, Viewer

ENCODINGS = (
    (c.COPY_RECT, c.TIGHT, c.QUALITY_LEVEL_0 + 5, c.DESKTOP_SIZE),
    (c.COPY_RECT, c.ZRLE, c.DESKTOP_SIZE),
    (c.HEXTILE, c.DESKTOP_SIZE),
)

_FORMATS = tuple(FORMATS[name] for name in ("native", "big", "565", "map"))

SIZES = ((64, 48), (300, 201), (31, 17))

#: The seconds in which a relay has found its server, and lossy pixels were sent again.
_REST = 45

deeds = st.one_of(
    st.tuples(st.just("paint"), st.integers(0, 255)),
    st.tuples(st.just("scroll"), st.sampled_from([1, 8, 16])),
    st.tuples(st.just("resize"), st.sampled_from(SIZES)),
    st.tuples(st.just("cut"), st.none()),
    st.tuples(st.just("restart"), st.sampled_from(SIZES)),
    st.tuples(st.just("upstream"), st.sampled_from([0, 20_000, 300_000])),
    st.tuples(st.just("link"), st.sampled_from([0, 3000, 100_000])),
    st.tuples(st.just("come"), st.sampled_from(ENCODINGS)),
    st.tuples(st.just("leave"), st.none()),
)


class Chain:
    """
    A server, one relay or two, and viewers.
    """

    def __init__(self, relays: int) -> None:
        self.clock = Clock()
        self.count = 0
        self.source = self.painted(SIZES[0])
        factory = RFBFactory(self.source, reactor=self.clock)
        self.endpoint = Endpoint(self.clock, factory)
        self.services: list[Any] = []
        endpoint = self.endpoint
        for _ in range(relays):
            relay = RelayFramebuffer(endpoint, reactor=self.clock, jitter=lambda: 0.5)
            service: Any = IService(relay)
            service.startService()
            self.services.append(service)
            factory = RFBFactory(relay, reactor=self.clock)
            endpoint = Endpoint(self.clock, factory)
        self.factory = factory
        self.viewers: list[Viewer] = []

    def painted(self, size: tuple[int, int]) -> MemoryFramebuffer:
        """
        @return: What a server shows that has just come.
        """
        framebuffer = MemoryFramebuffer(*size)
        framebuffer.paste(self.noise(*size))
        return framebuffer

    def noise(self, width: int, height: int) -> Any:
        """
        @return: Colors that were not there before.
        """
        self.count += 1
        random = np.random.default_rng(self.count)
        return random.integers(0, 256, (height, width, 3), np.uint8)

    def do(self, what: str, how: Any) -> None:
        """
        Do something.
        """
        source = self.source
        if what == "paint":
            width, height = 1 + how % source.width, 1 + how % source.height
            source.paste(self.noise(width, height))
        elif what == "scroll":
            source.copy(Rectangle(0, 0, source.width, source.height), 0, how)
        elif what == "resize":
            source.resize(*how)
        elif what == "cut":
            self.cut()
        elif what == "restart":
            self.endpoint.factory = None
            self.cut()
            self.clock.pump([0.05] * 10)
            self.source = self.painted(how)
            self.endpoint.factory = RFBFactory(self.source, reactor=self.clock)
        elif what == "upstream":
            self.endpoint.link = Link(how)
        elif what == "link" and self.viewers:
            self.viewers[0].link = Link(how)
        elif what == "come" and len(self.viewers) < 3:
            format = _FORMATS[self.count % len(_FORMATS)]
            self.viewers.append(Viewer(self.factory, encodings=how, format=format))
        elif what == "leave" and len(self.viewers) > 1:
            self.viewers.pop().disconnect()

    def cut(self) -> None:
        """
        Cut the connection to the server, if there is one.
        """
        if self.endpoint.transports:
            self.endpoint.cut()

    def rest(self) -> None:
        """
        Let all come to rest.
        """
        self.endpoint.link = Link()
        self.cut()
        for viewer in self.viewers:
            viewer.link = Link()
        self.clock.pump([0.05] * (_REST * 20))

    def end(self) -> None:
        """
        Go.
        """
        for viewer in self.viewers:
            viewer.disconnect()
        for service in self.services:
            service.stopService()
        self.clock.pump([0.1] * 20)


class RelayTests(SynchronousTestCase):
    """
    Tests for L{RelayFramebuffer} between servers and viewers of all kinds.
    """

    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.sampled_from([1, 1, 2]),
        st.lists(
            st.tuples(deeds, st.sampled_from([0, 0.01, 0.05, 0.6])),
            min_size=5,
            max_size=25,
        ),
    )
    def test_exact(self, relays: int, steps: list[Any]) -> None:
        """
        Whatever the server does, and whoever looks.
        """
        chain = Chain(relays)
        chain.clock.pump([0.02] * 20)
        for encodings in ENCODINGS[:2]:
            chain.do("come", encodings)
        for (what, how), seconds in steps:
            chain.do(what, how)
            chain.clock.pump([seconds / 5] * 5)
        chain.rest()
        for viewer in chain.viewers:
            self.assertTrue(viewer.isConnected, viewer.log)
            colors = expected(chain.source, viewer.client.connection.format)
            np.testing.assert_array_equal(viewer.client.canvas, colors, str(viewer.log))
        chain.end()
        self.assertEqual(chain.clock.getDelayedCalls(), [])
        self.assertEqual(self.flushLoggedErrors(), [])
