# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The crowd on a clock that is moved by hand, with links of any kind: an hour takes
minutes, and the same seed is the same hour.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock

from tests.codec import expected
from tests.soak.census import Census, census, leftovers, population
from tests.soak.crowd import Crowd, Member
from txrfb.pixels import NATIVE
from txrfb.testing.wire import Link, connect

#: How many times something happens in a second.
_RATE = 10.0

#: For how long all rest, so that all lossy pixels are sent again, in seconds.
_REST = 12.0

#: For how long nobody is there in the end: longer than any deadline and lock-out.
_EMPTY = 7200.0

_BANDWIDTHS = (0, 0, 2_000_000, 100_000, 10_000)
_DELAYS = (0, 0, 0.005, 0.1)


class Simulated:
    """
    One crowd with its clock.

    @ivar crowd: The crowd.
    @ivar wrong: What was not as it should be, in words.
    """

    def __init__(self, source: random.Random) -> None:
        """
        @param source: The chance.
        """
        self._before = population()
        self.crowd = Crowd(source, Clock(), self._reach)
        self.wrong: list[str] = []
        self._clock: Clock = self.crowd.factory.clock
        self._source = source
        self._port = 50000

    def run(self, seconds: float) -> None:
        """
        Let things happen for some seconds; then all rest, and leave.
        """
        end = self._clock.seconds() + seconds
        while self._clock.seconds() < end:
            self.crowd.step()
            self._changeLink()
            self._advance(self._source.expovariate(_RATE))
        self._rest()
        self.crowd.end()
        self._advance(_EMPTY)
        timers = self._clock.getDelayedCalls()
        self.wrong += leftovers(self.crowd.factory, timers, self._before)

    def _reach(self, protocol: Protocol) -> None:
        server = self.crowd.factory.buildProtocol(None)
        if server is None:
            protocol.isOpen = False  # type: ignore[attr-defined]
            return
        self._port = 50000 + (self._port + 1) % 10000
        connect(self._clock, server, protocol, self._link(), self._port)

    def _link(self) -> Link:
        return Link(self._source.choice(_BANDWIDTHS), self._source.choice(_DELAYS))

    def _changeLink(self) -> None:
        connections = self.crowd.connections
        if connections and self._source.random() < 0.1:
            ours: Any = self._source.choice(connections).transport
            if ours is not None:
                ours.link = ours._other.link = self._link()

    def _advance(self, seconds: float) -> None:
        """
        Let time pass, with everything at its own moment.
        """
        clock = self._clock
        end = clock.seconds() + seconds
        while True:
            calls = clock.getDelayedCalls()
            moment = min((call.getTime() for call in calls), default=end)
            if moment >= end:
                break
            clock.advance(max(0.0, moment - clock.seconds()) + 1e-9)
        clock.advance(max(0.0, end - clock.seconds()))

    def _rest(self) -> None:
        """
        Nothing happens any more: then all have the picture.
        """
        for one in self.crowd.connections:
            ours: Any = one.transport
            if ours is not None:
                ours.link = ours._other.link = Link()
        self._advance(1)
        viewers = self.crowd.calm()
        self._advance(_REST)
        for viewer in viewers:
            if viewer.isReady:
                self._compare(viewer)

    def _compare(self, viewer: Member) -> None:
        framebuffer, canvas = self.crowd.framebuffer, viewer.canvas
        colors = expected(framebuffer, viewer.connection.format)
        # PNG has all of a color, whatever the format has.
        isRight = (
            canvas.shape == colors.shape
            and ((canvas == colors) | (canvas == expected(framebuffer, NATIVE))).all()
        )
        if not isRight:
            lines = "\n".join(viewer.transcript.lines())
            self.wrong.append(f"a viewer has another picture:\n{lines}")


def soak(
    seed: int, seconds: float, rounds: int, note: Callable[[Census], None]
) -> list[str]:
    """
    Let crowds come and go.

    @param seed: Makes the same happen again.

    @param seconds: For how many seconds of the simulated clock.

    @param rounds: How many crowds, one after the other.

    @param note: Called with what is left after each.

    @return: What was wrong.
    """
    source = random.Random(seed)
    wrong: list[str] = []
    for _ in range(rounds):
        wrong += _round(source, seconds / rounds)
        note(census())
    return wrong


def _round(source: random.Random, seconds: float) -> list[str]:
    simulated = Simulated(source)
    simulated.run(seconds)
    return simulated.wrong
