# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A crowd of viewers that do anything at any time, and an application that does, too.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from tests.codec import CONTENTS, FORMATS
from tests.machine import PSEUDO, Everything
from txrfb._wire.messages import Limits
from txrfb.client import RFBClient, securityFor
from txrfb.encodings import ENCODINGS, constants
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.protocol import RFBFactory
from txrfb.security.accounts.realm import portalFor

#: How large the screen becomes, in pixels.
_PIXELS = 320 * 240

#: How many viewers, and others, are connected at a time.
_CROWD = 12

_FORMATS = tuple(FORMATS.values())


class Loiterer(Protocol):
    """
    What connects and is no viewer: it says nothing, or nonsense.

    @ivar isOpen: Whether it is connected.
    """

    def __init__(self, data: bytes) -> None:
        self.isOpen = False
        self._data = data

    def connectionMade(self) -> None:
        """
        Say it.
        """
        self.isOpen = True
        assert self.transport is not None
        self.transport.write(self._data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        Sent away.
        """
        self.isOpen = False


class Member(RFBClient):
    """
    One viewer of the crowd.

    @ivar isOpen: Whether it is connected.
    @ivar isPlain: Whether the picture that it has must be right: whoever changes the
        format while sizes change cannot tell in which format an update comes.
    @ivar count: How many updates came.
    """

    isOpen = False
    isPlain = True
    count = 0

    def connectionMade(self) -> None:
        """
        Begin.
        """
        self.isOpen = True
        super().connectionMade()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        The end.
        """
        self.isOpen = False
        super().connectionLost(reason)

    def updateReceived(self, update: object) -> None:
        """
        Count.
        """
        self.count += 1


class Crowd:
    """
    All that happens, by chance.

    @ivar factory: What serves.
    @ivar framebuffer: What it shows.
    @ivar connections: Those who are, or will be, connected.
    @ivar counts: How often each thing happened.
    """

    def __init__(
        self,
        source: random.Random,
        clock: Any,
        reach: Callable[[Protocol], None],
    ) -> None:
        """
        @param source: The chance.

        @param clock: What time is taken from.

        @param reach: Connects a protocol to the L{factory}, at once or soon.
        """
        self.framebuffer = MemoryFramebuffer(200, 150)
        self.application = Everything(self.framebuffer, _PIXELS)
        self.factory = RFBFactory(
            self.framebuffer,
            self.application,
            portal=portalFor("secret", "view only"),
            limits=Limits(loginTimeout=5, cutText=10_000),
            maxViewers=_CROWD - 2,
            reactor=clock,
        )
        self.connections: list[Member | Loiterer] = []
        self.counts: Counter[str] = Counter()
        self._source = source
        self._clock = clock
        self._reach = reach
        self._acts: list[Callable[[], None]] = [
            act
            for act, weight in (
                (self._paint, 20),
                (self._scroll, 6),
                (self._resize, 2),
                (self._cutText, 2),
                (self._join, 6),
                (self._loiter, 2),
                (self._leave, 3),
                (self._abort, 2),
                (self._throwOut, 1),
                (self._fail, 1),
                (self._stall, 4),
                (self._goOn, 4),
                (self._keys, 6),
                (self._pointer, 6),
                (self._paste, 2),
                (self._setEncodings, 3),
                (self._setFormat, 1),
                (self._setSize, 2),
                (self._request, 3),
                (self._continue, 3),
            )
            for _ in range(weight)
        ]

    def step(self) -> None:
        """
        Something happens.
        """
        self.connections = [one for one in self.connections if one.isOpen]
        act = self._source.choice(self._acts)
        self.counts[act.__name__[1:]] += 1
        act()
        # What is recorded here is not to grow.
        application = self.application
        for record in (
            application.heard,
            application.keys,
            application.pointers,
            application.texts,
            application.audiences,
        ):
            del record[:-10]

    def calm(self) -> list[Member]:
        """
        Everybody reads on, and asks for everything.

        @return: Those who must have the right picture when time has passed.
        """
        viewers = self._viewers()
        for viewer in viewers:
            transport: Any = viewer.transport
            transport.resumeProducing()
            if viewer.isReady and viewer.isPlain:
                if viewer.canContinue:
                    viewer.enableContinuousUpdates(None)
                viewer.isUpdating = True
                viewer.requestUpdate()
        return [one for one in viewers if one.isReady and one.isPlain and one.count]

    def end(self) -> None:
        """
        Everybody leaves.
        """
        for one in self.connections:
            if one.isOpen:
                transport: Any = one.transport
                transport.resumeProducing()
                transport.loseConnection()
        self.connections = []

    # -- Who is there ----------------------------------------------------------------

    def _viewers(self) -> list[Member]:
        return [
            one for one in self.connections if isinstance(one, Member) and one.isOpen
        ]

    def _any(self) -> Member | None:
        """
        @return: A viewer that is logged in, if there is one.
        """
        ready = [one for one in self._viewers() if one.isReady]
        return self._source.choice(ready) if ready else None

    # -- What the application does ---------------------------------------------------

    def _part(self) -> Rectangle:
        width, height = self.framebuffer.width, self.framebuffer.height
        x, y = self._source.randrange(width), self._source.randrange(height)
        return Rectangle(
            x,
            y,
            self._source.randint(1, width - x),
            self._source.randint(1, height - y),
        )

    def _paint(self) -> None:
        part = self._part()
        content = self._source.choice(CONTENTS)
        chance = np.random.default_rng(self._source.randrange(1000))
        colors = content(chance, part.width, part.height)
        bands = [colors >> np.uint32(n) & np.uint32(255) for n in (16, 8, 0)]
        self.framebuffer.paste(np.stack(bands, 2).astype(np.uint8), part.x, part.y)

    def _scroll(self) -> None:
        part = self._part()
        self.framebuffer.copy(part, part.x, part.y + self._source.randint(-40, 40))

    def _resize(self) -> None:
        self.framebuffer.resize(
            self._source.randint(20, 320), self._source.randint(20, 240)
        )

    def _cutText(self) -> None:
        self.framebuffer.cutText("text " * self._source.randrange(1000))

    def _fail(self) -> None:
        self.application.broken = ZeroDivisionError("the application fails once")

    def _throwOut(self) -> None:
        if self.factory.viewers:
            self._source.choice(self.factory.viewers).disconnect("thrown out")

    # -- Who comes and goes ----------------------------------------------------------

    def _join(self) -> None:
        if len(self.connections) >= _CROWD:
            return
        source = self._source
        password = source.choice(["secret"] * 8 + ["view only"] * 2 + ["wrong"])
        member = Member(
            securityFor(password),
            encodings=self._encodings(),
            format=source.choice((None, *_FORMATS)),
            shared=source.random() < 0.9,
            newest=source.choice((3, 7, 8, 8, 8)),
            clock=self._clock,
        )
        self._come(member)

    def _loiter(self) -> None:
        if len(self.connections) < _CROWD:
            noise = self._source.randbytes(self._source.randrange(60))
            some = self._source.choice([b"", b"RFB 003.008\n", b"RFB 003.008\n\2"])
            self._come(Loiterer(some + noise if some else b""))

    def _come(self, one: Member | Loiterer) -> None:
        self.connections.append(one)
        one.isOpen = True  # or will be
        self._reach(one)

    def _leave(self) -> None:
        viewer = self._any()
        if viewer is not None:
            viewer.disconnect()

    def _abort(self) -> None:
        viewer = self._any()
        if viewer is not None:
            transport: Any = viewer.transport
            transport.abortConnection()

    # -- What viewers do -------------------------------------------------------------

    def _encodings(self) -> list[int]:
        source = self._source
        chosen = source.sample([*ENCODINGS], 3)
        if source.random() < 0.7:
            chosen.insert(0, constants.COPY_RECT)
        if source.random() < 0.7:
            chosen.append(constants.QUALITY_LEVEL_0 + source.randrange(10))
        # Without these a viewer cannot live through a change of size.
        chosen += [constants.DESKTOP_SIZE, constants.EXTENDED_DESKTOP_SIZE]
        return chosen + source.sample(PSEUDO, source.randrange(len(PSEUDO)))

    def _stall(self) -> None:
        viewer = self._any()
        if viewer is not None:
            transport: Any = viewer.transport
            transport.pauseProducing()

    def _goOn(self) -> None:
        for viewer in self._viewers():
            transport: Any = viewer.transport
            if transport is not None and self._source.random() < 0.5:
                transport.resumeProducing()

    def _keys(self) -> None:
        viewer = self._any()
        if viewer is not None:
            viewer.keyEvent(self._source.randint(32, 127), self._source.random() < 0.5)

    def _pointer(self) -> None:
        viewer = self._any()
        if viewer is not None:
            viewer.pointerEvent(
                self._source.randrange(200),
                self._source.randrange(150),
                self._source.choice((0, 0, 1, 4)),
            )

    def _paste(self) -> None:
        viewer = self._any()
        if viewer is not None:
            viewer.cutText("paste " * self._source.randrange(300))

    def _setEncodings(self) -> None:
        viewer = self._any()
        if viewer is not None:
            viewer.setEncodings(self._encodings())

    def _setFormat(self) -> None:
        viewer = self._any()
        if viewer is not None:
            viewer.isPlain = False
            viewer.setPixelFormat(self._source.choice(_FORMATS))

    def _setSize(self) -> None:
        viewer = self._any()
        if viewer is not None and viewer.screens:
            viewer.setDesktopSize(
                self._source.randint(20, 400), self._source.randint(20, 300)
            )

    def _request(self) -> None:
        viewer = self._any()
        if viewer is not None:
            viewer.requestUpdate(self._source.random() < 0.7, self._part())

    def _continue(self) -> None:
        viewer = self._any()
        if viewer is not None and viewer.canContinue:
            part = self._part() if self._source.random() < 0.7 else None
            viewer.enableContinuousUpdates(part)
