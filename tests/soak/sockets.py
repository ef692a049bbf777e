# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The crowd on real sockets of this machine, in real time.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from twisted.internet.endpoints import clientFromString, serverFromString
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import deferLater

from tests.soak.census import Census, census, leftovers, population
from tests.soak.crowd import Crowd

#: How many seconds pass between two things that happen.
_PAUSE = 0.01

#: How many seconds it may take until everything is closed, and whatever was waited for
#: is given up: the login's time limit, and some more.
_PATIENCE = 20


async def _round(reactor: Any, source: random.Random, seconds: float) -> list[str]:
    """
    One crowd comes and goes.

    @return: What was wrong.
    """

    def reach(protocol: Protocol) -> None:
        endpoint = clientFromString(reactor, f"tcp:127.0.0.1:{port.getHost().port}")
        connected = endpoint.connect(Factory.forProtocol(lambda: protocol))
        connected.addErrback(lambda failure: setattr(protocol, "isOpen", False))

    people = population()
    before = {id(call) for call in reactor.getDelayedCalls()}
    crowd = Crowd(source, reactor, reach)
    port = await serverFromString(reactor, "tcp:0:interface=127.0.0.1").listen(
        crowd.factory
    )
    end = reactor.seconds() + seconds
    while reactor.seconds() < end:
        crowd.step()
        await deferLater(reactor, source.uniform(0, 2 * _PAUSE))
    await port.stopListening()
    # Who is not connected yet would never leave.
    await deferLater(reactor, 0.2)
    crowd.end()
    end = reactor.seconds() + _PATIENCE
    while True:
        timers = [call for call in reactor.getDelayedCalls() if id(call) not in before]
        wrong = leftovers(crowd.factory, timers, people)
        if not wrong or reactor.seconds() > end:
            return wrong
        await deferLater(reactor, 0.1)


async def soak(
    reactor: Any, seed: int, seconds: float, rounds: int, note: Callable[[Census], None]
) -> list[str]:
    """
    Let crowds come and go, as L{tests.soak.simulated.soak} does.

    @param reactor: The reactor, which runs.
    """
    source = random.Random(seed)
    wrong: list[str] = []
    for _ in range(rounds):
        wrong += await _round(reactor, source, seconds / rounds)
        note(census())
    return wrong
