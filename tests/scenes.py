# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Applications, and what the tests of the server have in common.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from zope.interface import implementer

from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Region
from txrfb.interfaces import (
    IAudience,
    IClipboard,
    IFramebuffer,
    IInputReceiver,
    IPrepared,
    IViewer,
)
from txrfb.protocol import RFBFactory


@implementer(IInputReceiver, IClipboard, IAudience)
class Application:
    """
    Records all that viewers do.

    @ivar keys: Key symbol, whether down, and the viewer's number.
    @ivar pointers: x, y, buttons and the viewer's number.
    @ivar texts: Texts and the viewer's number.
    @ivar audiences: The numbers of all viewers, whenever these changed.
    @ivar broken: An exception to raise at the next call.
    """

    def __init__(self) -> None:
        self.keys: list[tuple[int, bool, int]] = []
        self.pointers: list[tuple[int, int, int, int]] = []
        self.texts: list[tuple[str, int]] = []
        self.audiences: list[list[int]] = []
        self.broken: Exception | None = None

    def _break(self) -> None:
        broken, self.broken = self.broken, None
        if broken is not None:
            raise broken

    def keyEvent(self, keysym: int, down: bool, viewer: IViewer) -> None:
        """
        A key.
        """
        self.keys.append((keysym, down, viewer.number))
        self._break()

    def pointerEvent(self, x: int, y: int, buttons: int, viewer: IViewer) -> None:
        """
        The pointer.
        """
        self.pointers.append((x, y, buttons, viewer.number))
        self._break()

    def cutTextReceived(self, text: str, viewer: IViewer) -> None:
        """
        A text.
        """
        self.texts.append((text, viewer.number))
        self._break()

    def viewersChanged(self, viewers: Sequence[IViewer]) -> None:
        """
        The audience.
        """
        self.audiences.append([viewer.number for viewer in viewers])
        self._break()


class SlowFramebuffer(MemoryFramebuffer):
    """
    Takes its time to capture, like a display or a relay.

    @ivar captures: The captures that were started, in order; L{deliver} fires the
        last.
    @ivar isResting: Whether production is paused.
    """

    def __init__(self, width: int = 100, height: int = 80) -> None:
        super().__init__(width, height)
        self.captures: list[Deferred[Region]] = []
        self.isResting = True

    def capture(self) -> Deferred[Region]:
        """
        Start a capture.
        """
        captured: Deferred[Region] = Deferred()
        self.captures.append(captured)
        return captured

    def deliver(self) -> None:
        """
        Finish the last capture.
        """
        super().capture().addCallback(self.captures[-1].callback)

    def pauseProducing(self) -> None:
        """
        Rest.
        """
        self.isResting = True

    def resumeProducing(self) -> None:
        """
        Work.
        """
        self.isResting = False


@implementer(IPrepared)
class RemoteFramebuffer(SlowFramebuffer):
    """
    Learns its size when it is told, like a relay.

    @ivar questions: What it was asked for, in order.
    @ivar canceled: Those of them that nobody wants to know any more.
    """

    def __init__(self) -> None:
        super().__init__()
        self.width = self.height = 0
        self.questions: list[Deferred[None]] = []
        self.canceled: list[Deferred[None]] = []

    def prepared(self) -> Deferred[None]:
        """
        Be known, some time.
        """
        self.questions.append(Deferred(self.canceled.append))
        return self.questions[-1]

    def connected(self, width: int, height: int) -> None:
        """
        The size is known.
        """
        self.resize(width, height)
        self.questions[-1].callback(None)


def serving(
    framebuffer: IFramebuffer | None = None,
    application: object = None,
    **options: Any,
) -> RFBFactory:
    """
    @param framebuffer: What is shown; 100x80 pixels of memory if not given.

    @return: A factory on a clock.
    """
    return RFBFactory(
        MemoryFramebuffer(100, 80) if framebuffer is None else framebuffer,
        application,
        reactor=Clock(),
        **options,
    )


def photo(width: int, height: int, seed: int = 0) -> Any:
    """
    @return: A picture that is best sent as JPEG: soft, with many colors.
    """
    y, x = np.mgrid[:height, :width].astype(np.float64)
    source = np.random.default_rng(seed)
    bands = [
        127 + 90 * np.sin(x / source.uniform(9, 30) + y / source.uniform(9, 30))
        for _ in range(3)
    ]
    noise = source.normal(0, 6, (height, width, 3))
    return np.clip(np.stack(bands, 2) + noise, 0, 255).astype(np.uint8)
