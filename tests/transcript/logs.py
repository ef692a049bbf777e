# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Logs of a conversation, by each of the observers.
"""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

from twisted.logger import ILogObserver, globalLogPublisher

from tests.scenes import serving
from txrfb._wire.transcript import Transcript
from txrfb.encodings.constants import CURSOR, EXTENDED_DESKTOP_SIZE, TIGHT, ZRLE
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.log import bunyanObserver, jsonObserver, textObserver, traceMessages
from txrfb.testing import Viewer

#: What makes each of the observers.
OBSERVERS: dict[str, Callable[[Any], ILogObserver]] = {
    "text": textObserver,
    "json": jsonObserver,
    "bunyan": bunyanObserver,
}

#: What the viewer of the conversation reads.
ENCODINGS = (TIGHT, ZRLE, CURSOR, EXTENDED_DESKTOP_SIZE, 4711)


class Observed:
    """
    All that is logged, by each of the observers, as long as this is entered.

    @ivar outs: What each has written.
    """

    def __init__(self, trace: bool = True) -> None:
        """
        @param trace: Whether messages are events.
        """
        self._trace = trace
        self.outs = {name: StringIO() for name in OBSERVERS}
        self._observers = [make(self.outs[name]) for name, make in OBSERVERS.items()]

    def __enter__(self) -> dict[str, StringIO]:
        self._before = Transcript.tracing
        traceMessages(self._trace)
        for observer in self._observers:
            globalLogPublisher.addObserver(observer)
        return self.outs

    def __exit__(self, *error: object) -> None:
        traceMessages(self._before)
        for observer in self._observers:
            globalLogPublisher.removeObserver(observer)


def converse(failing: bool = False) -> Any:
    """
    Connect a viewer that does a little of everything.

    @param failing: Whether it says something wrong at the end.

    @return: The viewer's session.
    """
    framebuffer = MemoryFramebuffer(100, 80)
    viewer = Viewer(serving(framebuffer), encodings=ENCODINGS)
    session = viewer.server
    viewer.press("a", "b")
    viewer.advance(0.5)
    viewer.move(10, 20)
    viewer.paste("secret text")
    framebuffer.fill("red")
    viewer.settle()
    if failing:
        viewer.client.transport.write(b"\x7f")  # type: ignore[union-attr]
        viewer.settle()
    else:
        viewer.disconnect()
    return session
